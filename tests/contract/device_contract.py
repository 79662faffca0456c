"""What every device store must do beyond chains and rows. Inherit, and give `make_device` and `append`."""

from msgspec.structs import replace

from schemas.ids import BlobId, LinkHash, Part
from schemas.wire import Applied, Cursor
from sync.chain import START, Tip
from sync.change import Patch
from sync.store import Answered, DeviceStore, Entry
from tests.contract.people import Writer, checker, record_id
from tests.contract.rows_contract import KEDEN, MINE, digest_of, row

PAGE = Answered(cursor=Cursor(), acknowledged=START, office_head=LinkHash(b"h" * 32), server_ms=5)


def patch(value: str) -> Patch:
    return Patch(record=record_id(1), kind="warga", base={}, new={"nama": value})


class DeviceContract:
    def make_device(self, writer: Writer) -> DeviceStore:
        raise NotImplementedError

    def append(self, store: DeviceStore, change: bytes, content: bytes) -> Entry:
        """Add one own change through the store's own way."""
        raise NotImplementedError

    def test_a_new_vault_has_sent_and_pulled_nothing(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        assert store.device() == writer.device
        assert (store.acknowledged(), store.cursor(), store.parts()) == (START, Cursor(), [])

    def test_own_changes_form_a_chain_that_names_the_office_head_seen(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        first = self.append(store, *writer.content(patch("a")))
        store.store_page(PAGE)
        second = self.append(store, *writer.content(patch("b")))
        assert (first.link.counter, second.link.counter) == (1, 2)
        assert second.link.prev == first.hash
        assert (first.link.seen, second.link.seen) == (bytes(32), b"h" * 32)
        assert store.entries(writer.device, 0, 10) == [first, second]

    def test_a_page_is_kept_with_its_cursor(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        entry = self.append(store, *writer.content(patch("a")))
        cursor = Cursor(seq=9, tag=b"t" * 8, scope=b"s" * 8, catching={MINE: 3})
        tip = Tip(counter=1, hash=entry.hash)
        outcome = {entry.link.change: Applied(seq=9)}
        page = replace(PAGE, rows=[row(1, 8)], cursor=cursor, parts=[KEDEN, MINE], acknowledged=tip)
        store.store_page(replace(page, outcomes=outcome, wanted=[BlobId("0" * 64)]))
        assert (store.cursor(), store.acknowledged(), store.parts()) == (cursor, tip, [KEDEN, MINE])
        assert store.rows([record_id(1)]) == [row(1, 8)]

    def test_a_part_that_was_taken_away_goes_with_its_rows(self) -> None:
        store = self.make_device(Writer(7))
        store.store_page(replace(PAGE, rows=[row(1, 1), row(2, 2, MINE)], parts=[KEDEN, MINE]))
        store.store_page(replace(PAGE, parts=[MINE]))
        assert store.rows([record_id(1), record_id(2)]) == [row(2, 2, MINE)]
        assert store.digests([KEDEN, MINE]) == {KEDEN: bytes(16), MINE: digest_of(row(2, 2, MINE))}

    def test_a_part_sent_anew_loses_its_old_rows_first(self) -> None:
        store = self.make_device(Writer(7))
        store.store_page(replace(PAGE, rows=[row(1, 1), row(2, 2)], parts=[KEDEN]))
        store.store_page(replace(PAGE, rows=[row(2, 4)], cleared=[Part(KEDEN)]))
        assert store.rows([record_id(1), record_id(2)]) == [row(2, 4)]
        assert store.digests([KEDEN]) == {KEDEN: digest_of(row(2, 4))}

    def test_parts_come_back_in_order_however_they_came(self) -> None:
        store = self.make_device(Writer(7))
        store.store_page(replace(PAGE, parts=[KEDEN, MINE]))
        store.store_page(replace(PAGE, parts=sorted([MINE, KEDEN, Part("aaa")])))
        assert store.parts() == sorted([MINE, KEDEN, Part("aaa")])

    def test_taking_parts_away_never_touches_own_changes(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        entry = self.append(store, *writer.content(patch("a")))
        store.store_page(replace(PAGE, parts=[]))
        assert store.entries(writer.device, 0, 10) == [entry]

    def test_it_signs_with_the_devices_key(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        assert checker(writer.key.public_key())(store.sign(b"message"), b"message")
