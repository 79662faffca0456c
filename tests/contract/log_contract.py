"""What every store's chains must do. Inherit, and give `make_store` and `transaction`."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from msgspec.structs import replace

from sync.chain import START, Tip
from sync.change import Patch
from sync.store import Entry, Log, Signed
from tests.contract.people import Writer, record_id


def patch(value: str) -> Patch:
    return Patch(record=record_id(1), kind="warga", base={}, new={"nama": value})


class LogContract:
    own_device_only = False
    """A phone's store keeps one device's chain."""

    def make_store(self, writer: Writer) -> Log:
        raise NotImplementedError

    def transaction(self, store: Log) -> AbstractContextManager[Any]:
        return nullcontext()

    def add(self, store: Any, entries: list[Entry]) -> None:
        """Store entries, links and contents, in the way of this kind of store."""
        store.add_entries(entries)

    def filled(self, count: int = 3) -> tuple[Log, Writer, list[Entry]]:
        writer = Writer(7)
        store = self.make_store(writer)
        entries = [writer.write(patch(str(number))) for number in range(count)]
        with self.transaction(store):
            self.add(store, entries)
        return store, writer, entries

    def test_entries_come_back_as_the_bytes_that_went_in(self) -> None:
        store, writer, entries = self.filled()
        assert store.entries(writer.device, 0, 10) == entries

    def test_entries_start_after_a_counter_and_stop_at_a_limit(self) -> None:
        store, writer, entries = self.filled(5)
        assert store.entries(writer.device, 2, 2) == entries[2:4]

    def test_an_empty_chain_has_no_tip(self) -> None:
        writer = Writer(7)
        assert self.make_store(writer).tips(writer.device) == []

    def test_the_tip_is_the_newest_link(self) -> None:
        store, writer, entries = self.filled()
        assert store.tips(writer.device) == [Tip(counter=3, hash=entries[-1].hash)]

    def test_adding_an_entry_again_changes_nothing(self) -> None:
        store, writer, entries = self.filled()
        with self.transaction(store):
            self.add(store, entries[:2])
        assert store.entries(writer.device, 0, 10) == entries
        assert store.tips(writer.device) == [Tip(counter=3, hash=entries[-1].hash)]

    def test_entries_are_found_by_place(self) -> None:
        store, writer, entries = self.filled()
        tips = [Tip(counter=3, hash=entries[2].hash), Tip(counter=2, hash=bytes(32))]
        assert store.entries_at(writer.device, tips) == {entries[2].hash: entries[2]}
        assert store.entries_at(Writer(8).device, tips) == {}

    def test_a_link_is_found_at_no_other_place_than_its_own(self) -> None:
        store, writer, entries = self.filled()
        swapped = [Tip(counter=3, hash=entries[1].hash), Tip(counter=2, hash=entries[2].hash)]
        assert store.entries_at(writer.device, swapped) == {}

    def test_a_run_that_came_in_part_before_leaves_one_tip(self) -> None:
        writer = Writer(7)
        store = self.make_store(writer)
        entries = [writer.write(patch(str(number))) for number in range(4)]
        for run in (entries[:2], entries, entries[:3], entries[1:2], entries[2:]):
            with self.transaction(store):
                self.add(store, run)
        assert store.tips(writer.device) == [Tip(counter=4, hash=entries[-1].hash)]

    def test_two_branches_have_two_tips(self) -> None:
        if self.own_device_only:
            return
        store, writer, entries = self.filled(2)
        tip = writer.tip
        writer.tip = Tip(counter=1, hash=entries[0].hash)
        other = writer.write(patch("branch"))
        with self.transaction(store):
            self.add(store, [other])
        expected = sorted([tip, Tip(counter=2, hash=other.hash)], key=lambda one: one.hash)
        assert store.tips(writer.device) == expected

    def test_a_held_link_is_no_tip_until_it_is_known(self) -> None:
        if self.own_device_only:
            return
        writer = Writer(7)
        store = self.make_store(writer)
        held = writer.write(patch("x"), known=False)
        with self.transaction(store):
            self.add(store, [held])
        assert store.tips(writer.device) == []
        with self.transaction(store):
            self.add(store, [replace(held, known=True)])
        assert store.tips(writer.device) == [Tip(counter=1, hash=held.hash)]

    def test_a_signature_may_be_kept_twice(self) -> None:
        store, writer, entries = self.filled()
        signed = Signed(device=writer.device, counter=3, head=entries[-1].hash, signature=b"s" * 64)
        with self.transaction(store):
            store.add_signature(signed)
            store.add_signature(signed)
        assert store.tips(writer.device) != [START]
