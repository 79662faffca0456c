"""What every office store must do beyond chains and rows. Give `make_office` and `transaction`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import NO_LINK, BlobId, ChangeId, Part
from schemas.wire import Applied, Held, Removed
from sync.chain import Tip
from sync.change import Patch
from sync.store import BlobRef, Change, Entry, OfficeStore, Record, Signed
from tests.contract.people import Writer, record_id
from tests.contract.rows_contract import KEDEN, MINE, row

A, B = ChangeId(b"a" * 32), ChangeId(b"b" * 32)
BLOB = BlobId("b" * 64)
EMPTY_PATCH = Patch(record=record_id(1), kind="warga", base={}, new={})


def change(name: ChangeId, seq: int, waiting: str = "") -> Change:
    outcome = Held(waiting=waiting) if waiting else Applied(seq=seq)
    device = Writer(7).device
    return Change(
        id=name, device=device, counter=seq, outcome=outcome, received_ms=9, seq=seq, waiting=waiting
    )


class OfficeContract:
    def make_office(self) -> OfficeStore:
        raise NotImplementedError

    def transaction(self, store: OfficeStore) -> AbstractContextManager[Any]:
        """One transaction: what is taken in it lies in one commit."""
        return nullcontext()

    def add(self, store: Any, entries: Sequence[Entry]) -> None:
        """Store links, and their contents with an outcome: the office has no content without one."""
        store.add_links(entries)
        contents = {e.link.change: e.content for e in entries if e.content is not None}
        store.put_changes([change(name, 1, waiting="x") for name in contents], contents)

    def test_seqs_rise_and_are_never_used_again(self) -> None:
        store = self.make_office()
        taken: list[int] = []
        for _ in range(3):
            with self.transaction(store):
                taken += [store.take_seq(), store.take_seq()]
        assert taken == sorted(set(taken))
        assert store.last_seq() == taken[-1]

    def test_each_commit_has_a_tag_of_its_own_and_seq_zero_an_empty_one(self) -> None:
        store = self.make_office()
        seqs: list[int] = []
        for _ in range(2):
            with self.transaction(store):
                seqs += [store.take_seq(), store.take_seq()]
        with self.transaction(store):
            tags = [store.tag_at(seq) for seq in seqs]
            assert tags[0] == tags[1] != tags[2] == tags[3]
            assert tags[0] and len(tags[0]) == 8
            assert store.tag_at(0) == b""
            assert store.tag_at(seqs[-1] + 1) is None

    def test_the_newest_changes_of_a_device_are_those_its_links_name_on_any_branch(self) -> None:
        store, writer = self.make_office(), Writer(7)
        first = writer.write(Patch(record=record_id(1), kind="warga", base={}, new={}))
        before = writer.tip
        second = writer.write(Patch(record=record_id(2), kind="warga", base={}, new={}))
        writer.tip = before
        branch = writer.write(Patch(record=record_id(3), kind="warga", base={}, new={}), known=False)
        again = writer.entry(first.link.change, first.content or b"")
        with self.transaction(store):
            self.add(store, [first, second, branch, again])
        newest = store.newest_changes(writer.device, 10)
        assert newest[0] == first.link.change and set(newest[1:]) == {second.link.change, branch.link.change}
        assert len(newest) == 3 and len(store.newest_changes(writer.device, 2)) == 2
        assert store.newest_changes(Writer(8).device, 10) == []

    def test_a_content_that_turns_up_is_filled_in_and_one_that_is_there_stays(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            store.put_changes([change(A, 1), change(B, 2)], {B: b"as it came"})
        with self.transaction(store):
            store.put_changes([change(A, 3), change(B, 4)], {A: b"late", B: b"another"})
            assert store.contents([A, B]) == {A: b"late", B: b"as it came"}

    def test_what_waits_is_found_by_its_device(self) -> None:
        store = self.make_office()
        other = replace(change(A, 1, waiting="x"), device=Writer(8).device)
        with self.transaction(store):
            store.put_changes([other, change(B, 3, waiting="y"), change(ChangeId(b"c" * 32), 2)], {})
            assert store.waiting_of(Writer(7).device) == [change(B, 3, waiting="y")]
            assert store.waiting_of(Writer(8).device) == [other]
            store.put_changes([change(B, 4)], {})
            assert store.waiting_of(Writer(7).device) == []

    def test_a_commit_is_found_by_its_tag(self) -> None:
        store = self.make_office()
        ends: list[int] = []
        for _ in range(2):
            with self.transaction(store):
                ends.append([store.take_seq(), store.take_seq()][-1])
        with pytest.raises(InterruptedError), self.transaction(store):
            undone = store.tag_at(store.take_seq())
            raise InterruptedError
        with self.transaction(store):
            assert [store.commit_end(store.tag_at(end)) for end in ends] == ends
            assert [store.commit_end(store.tag_at(end - 1)) for end in ends] == ends
            assert store.commit_end(b"") == 0
            assert store.commit_end(undone) is None and store.commit_end(bytes(8)) is None

    def test_the_newest_commits_are_told_with_their_tags_oldest_first(self) -> None:
        store = self.make_office()
        ends: list[int] = []
        for _ in range(3):
            with self.transaction(store):
                ends.append([store.take_seq(), store.take_seq()][-1])
        with self.transaction(store):
            assert store.commits(2) == [(seq, store.tag_at(seq)) for seq in ends[1:]]
            assert [seq for seq, _ in store.commits(10)] == ends

    def test_a_tag_is_the_same_inside_its_transaction_and_after(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            seq = store.take_seq()
            inside = store.tag_at(seq)
        with self.transaction(store):
            assert store.tag_at(seq) == inside

    def test_a_transaction_that_raises_leaves_nothing_behind(self) -> None:
        store, seqs = self.filled_pages()
        before = self.everything(store)
        with pytest.raises(InterruptedError), self.transaction(store):
            self.write_a_bit_of_all(store)
            raise InterruptedError
        assert self.everything(store) == before
        with self.transaction(store):
            assert store.take_seq() == seqs[-1] + 1

    def write_a_bit_of_all(self, store: OfficeStore) -> None:
        """Change, add and take away something in every table."""
        writer = Writer(7)
        entries = [writer.write(Patch(record=record_id(1), kind="warga", base={}, new={})) for _ in range(2)]
        store.add_links(entries[:1])
        store.add_links([replace(entries[1], known=False)])
        store.add_signature(
            Signed(device=writer.device, counter=1, head=entries[0].hash, signature=b"s" * 64)
        )
        store.put_rows([row(3, store.take_seq()), row(1, store.take_seq())], [])
        store.put_rows([], [Removed(part=MINE, id=record_id(2), seq=store.take_seq())])
        store.put_records([Record(id=record_id(1), kind="warga", fields={})])
        store.put_changes([change(A, store.take_seq(), waiting="x"), change(B, store.take_seq())], {A: b"a"})
        ref = BlobRef(blob=BLOB, change=A, device=writer.device, visit=record_id(1), form="f", field="x")
        store.add_blob_refs([ref])
        store.tell(writer.device, [A])
        store.destroy([B], [BlobId("c" * 64)])

    def everything(self, store: OfficeStore) -> list[object]:
        """What can be asked of a store, as far as these tests write it."""
        device = Writer(7).device
        parts = {Part(KEDEN): 0, Part(MINE): 0}
        return [
            store.entries(device, 0, 10),
            store.tips(device),
            store.page(parts, 100, 10_000),
            store.digests(parts),
            sorted(store.rows([record_id(number) for number in (1, 2, 3)]), key=lambda one: one.seq),
            store.records([record_id(1)]),
            store.changes([A, B]),
            store.contents([A, B]),
            store.waiting_on(["x"]),
            store.news(device, 0, 1_000),
            store.held_after(device, [entry.hash for entry in store.entries(device, 0, 10)]),
            store.wanted(device, 10),
            store.last_seq(),
        ]

    def filled_pages(self) -> tuple[OfficeStore, list[int]]:
        store = self.make_office()
        with self.transaction(store):
            seqs = [store.take_seq() for _ in range(4)]
            store.put_rows([row(1, seqs[0]), row(2, seqs[1], MINE), row(3, seqs[2])], [])
            store.put_rows([], [Removed(part=KEDEN, id=record_id(1), seq=seqs[3])])
        return store, seqs

    def test_a_page_has_rows_and_removals_beyond_each_parts_own_seq(self) -> None:
        store, seqs = self.filled_pages()
        page = store.page({KEDEN: 0, MINE: seqs[1]}, 10, 10_000)
        assert page.rows == [row(3, seqs[2])]
        assert page.removed == [Removed(part=KEDEN, id=record_id(1), seq=seqs[3])]
        assert not page.more

    def test_a_page_stops_at_its_limit_and_says_so(self) -> None:
        store, seqs = self.filled_pages()
        page = store.page({KEDEN: 0, MINE: 0}, 2, 10_000)
        assert page.rows == [row(2, seqs[1], MINE), row(3, seqs[2])]
        assert (page.last, page.more) == (seqs[2], True)
        rest = store.page({KEDEN: page.last, MINE: page.last}, 2, 10_000)
        assert (rest.rows, len(rest.removed), rest.more) == ([], 1, False)

    def test_a_page_of_too_many_bytes_still_has_one_row(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            rows = [row(number, store.take_seq(), body=b"\xc4\x64" + b"x" * 100) for number in (1, 2)]
            store.put_rows(rows, [])
        page = store.page({KEDEN: 0}, 10, 50)
        assert (page.rows, page.more) == (rows[:1], True)

    def test_a_row_that_comes_back_is_no_longer_a_removal(self) -> None:
        store, _ = self.filled_pages()
        with self.transaction(store):
            again = row(1, store.take_seq())
            store.put_rows([again], [])
        page = store.page({KEDEN: 0}, 10, 10_000)
        assert (page.rows[-1], page.removed) == (again, [])

    def test_parts_outside_the_question_are_not_answered(self) -> None:
        store, _ = self.filled_pages()
        assert store.page({Part("desa/33.14.01.2002/bpnt"): 0}, 10, 10_000).rows == []

    def test_records_come_back_as_they_were_put(self) -> None:
        store = self.make_office()
        record = Record(
            id=record_id(1),
            kind="warga",
            fields={"nama": "Sutarmi", "layanan": ["bpnt"], "rumah": {"lat": -7.4}},
            head=A,
            readers={record_id(5): Writer(7).person},
            parked={"dev:nama": record_id(6)},
            seq=3,
        )
        with self.transaction(store):
            store.put_records([record])
        assert store.records([record_id(1), record_id(2)]) == {record_id(1): record}

    def test_a_change_keeps_its_newest_outcome(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            store.put_changes([change(A, 1, waiting="x"), change(B, 2)], {A: b"a", B: b"b"})
        with self.transaction(store):
            store.put_changes([change(A, 3)], {})
        assert store.changes([A, B]) == {A: change(A, 3), B: change(B, 2)}
        assert store.waiting_on(["x"]) == []

    def test_a_content_that_is_there_is_never_replaced(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            store.put_changes([change(A, 1, waiting="x"), change(B, 2)], {A: b"a"})
        with self.transaction(store):
            store.put_changes([change(A, 3)], {A: b"another"})
        assert store.contents([A, B, ChangeId(bytes(32))]) == {A: b"a"}

    def test_held_changes_are_found_by_what_they_wait_for_in_order(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            store.put_changes([change(B, 1, waiting="y"), change(A, 2, waiting="x")], {})
        assert store.waiting_on(["x", "y", "z"]) == [change(B, 1, waiting="y"), change(A, 2, waiting="x")]
        assert store.waiting_on([""]) == []

    def test_links_above_a_gap_are_found_by_what_they_follow(self) -> None:
        store = self.make_office()
        writer = Writer(7)
        body = Patch(record=record_id(1), kind="warga", base={}, new={})
        entries = [writer.write(body, known=False) for _ in range(2)]
        with self.transaction(store):
            self.add(store, entries[1:])
        assert store.held_after(writer.device, [entries[0].hash]) == entries[1:]
        assert store.held_after(writer.device, [NO_LINK]) == []
        assert store.held_after(Writer(8).device, [entries[0].hash]) == []

    def test_a_held_link_that_becomes_known_is_held_no_longer(self) -> None:
        store = self.make_office()
        writer = Writer(7)
        entries = [writer.write(EMPTY_PATCH, known=False) for _ in range(3)]
        with self.transaction(store):
            self.add(store, entries)
        names = [NO_LINK, *(entry.hash for entry in entries)]
        assert store.followed_by_held(names) == {NO_LINK, entries[0].hash, entries[1].hash}
        assert store.followed_by_held(names[1:2]) == {entries[0].hash}
        with self.transaction(store):
            store.add_links([replace(entry, known=True) for entry in entries[:2]])
        assert store.followed_by_held(names) == {entries[1].hash}
        assert store.held_after(writer.device, names) == entries[2:]
        with self.transaction(store):
            store.add_links(entries)
        assert store.held_after(writer.device, names) == entries[2:], "what is known stays so"
        assert [tip.hash for tip in store.tips(writer.device)] == [entries[1].hash]

    def test_two_branches_stand_in_order_of_their_places_and_then_of_their_names(self) -> None:
        store = self.make_office()
        writer = Writer(7)
        first, second, third = (writer.write(EMPTY_PATCH, known=False) for _ in range(3))
        others = Writer(7)
        others.tip, others.rng = Tip(counter=1, hash=first.hash), Writer(9).rng
        branch = [others.write(EMPTY_PATCH, known=False) for _ in range(2)]
        with self.transaction(store):
            self.add(store, [third, second, *reversed(branch), first])
        inner, outer = (sorted(pair, key=_hash) for pair in ((second, branch[0]), (third, branch[1])))
        assert store.entries(writer.device, 0, 9) == [first, *inner, *outer]
        assert store.held_after(writer.device, [first.hash, second.hash, branch[0].hash]) == [*inner, *outer]

    def test_a_branch_that_ends_below_another_has_a_tip_of_its_own(self) -> None:
        store = self.make_office()
        writer, again = Writer(7), Writer(7)
        chain = [writer.write(EMPTY_PATCH) for _ in range(3)]
        again.tip, again.rng = Tip(counter=1, hash=chain[0].hash), Writer(9).rng
        branch = again.write(EMPTY_PATCH)
        for run in (chain, [branch], chain[:2], [branch]):
            with self.transaction(store):
                self.add(store, run)
        assert [tip.hash for tip in store.tips(writer.device)] == [chain[2].hash, branch.hash]

    def test_a_page_over_parts_is_cut_in_the_order_of_their_seqs(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            taken = [
                row(9 - number, part=part, seq=store.take_seq())
                for number, part in enumerate((KEDEN, MINE, KEDEN, MINE))
            ]
            store.put_rows(list(reversed(taken)), [])
        for count in (1, 2, 3):
            page = store.page({MINE: taken[0].seq, KEDEN: 0}, count, 10_000)
            assert (page.rows, page.last, page.more) == (taken[:count], taken[count - 1].seq, True)

    def test_only_the_changes_that_were_asked_for_are_told(self) -> None:
        store = self.make_office()
        with self.transaction(store):
            store.put_changes([change(A, 1), change(B, 2)], {})
        assert store.changes([B]) == {B: change(B, 2)}

    def test_the_place_of_a_link_is_told_to_its_own_device(self) -> None:
        store = self.make_office()
        writer, other = Writer(7), Writer(8)
        entries = [writer.write(EMPTY_PATCH, known=number != 1) for number in range(2)]
        with self.transaction(store):
            self.add(store, [*entries, other.write(EMPTY_PATCH)])
        assert [store.counter_of(writer.device, entry.hash) for entry in entries] == [1, 2]
        assert store.counter_of(other.device, entries[0].hash) is None
        assert store.counter_of(writer.device, NO_LINK) is None

    def test_chains_and_contents_of_others_are_nobody_elses(self) -> None:
        store = self.make_office()
        writers = [Writer(7), Writer(8)]
        chains = [[writer.write(EMPTY_PATCH) for _ in range(2)] for writer in writers]
        with self.transaction(store):
            for chain in chains:
                self.add(store, chain[:1])
        with self.transaction(store):
            self.add(store, [chains[0][1]])
        assert store.entries(writers[1].device, 0, 9) == chains[1][:1]
        assert [tip.counter for writer in writers for tip in store.tips(writer.device)] == [2, 1]
        asked = chains[0][1].link.change
        assert store.contents([asked, A]) == {asked: chains[0][1].content}

    def test_a_named_blob_is_wanted_from_the_device_that_named_it(self) -> None:
        store = self.make_office()
        writer = Writer(7)
        blobs = [BlobId(f"{number:064x}") for number in (1, 2)]
        refs = [
            BlobRef(
                blob=blob,
                change=A,
                device=writer.device,
                visit=record_id(1),
                form="bpnt_kpm",
                field="foto_rumah_depan",
            )
            for blob in (*blobs, blobs[0])
        ]
        with self.transaction(store):
            store.add_blob_refs(refs)
            store.add_blob_refs(refs[:1])
        assert sorted(store.wanted(writer.device, 10)) == blobs
        assert len(store.wanted(writer.device, 1)) == 1
        assert store.wanted(Writer(8).device, 10) == []

    @pytest.mark.parametrize("count", [5, 12])
    def test_of_many_blobs_that_are_wanted_each_is_named_in_the_end(self, count: int) -> None:
        """Also if those that were named before never come: their phone may have lost them."""
        store = self.make_office()
        writer = Writer(7)
        blobs = [BlobId(sha256(bytes([number])).hexdigest()) for number in range(count)]
        whole = {"change": A, "device": writer.device, "visit": record_id(1), "form": "f", "field": "foto"}
        with self.transaction(store):
            store.add_blob_refs([BlobRef(blob=blob, **whole) for blob in blobs])
        named = set[BlobId]()
        for _ in range(200):
            with self.transaction(store):
                store.take_seq()
            with self.transaction(store):
                wanted = store.wanted(writer.device, 3)
                assert (
                    len(wanted) == 3 and wanted == store.standings([writer.device], 3)[writer.device].wanted
                )
            named |= set(wanted)
        assert named == set(blobs)


def _hash(entry: Entry) -> bytes:
    return entry.hash
