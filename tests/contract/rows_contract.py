"""What every store's rows must do. Inherit, and give `make_rows` and `transaction`."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from schemas.ids import Part
from schemas.wire import Removed, Row
from sync.digest import EMPTY, combine, fold, row_hash
from sync.store import Rows
from tests.contract.people import record_id

KEDEN = Part("desa/33.14.01.2001/bpnt")
MINE = Part("mine/p1")


def row(number: int, seq: int, part: Part = KEDEN, body: bytes = b"\x80") -> Row:
    return Row(part=part, id=record_id(number), seq=seq, kind="warga", body=body)


def digest_of(*rows: Row) -> bytes:
    digest = EMPTY
    for one in rows:
        digest = fold(digest, row_hash(one.part, one.id, one.seq, one.body))
    return digest


class RowsContract:
    def make_rows(self) -> Rows:
        raise NotImplementedError

    def transaction(self, store: Rows) -> AbstractContextManager[Any]:
        return nullcontext()

    def put(self, store: Rows, rows: list[Row], removed: list[Removed] | None = None) -> None:
        with self.transaction(store):
            store.put_rows(rows, removed or [])

    def test_rows_are_found_in_every_part_they_stand_in(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1), row(1, 2, MINE), row(2, 3)])
        found = sorted(store.rows([record_id(1)]), key=lambda one: one.seq)
        assert found == [row(1, 1), row(1, 2, MINE)]

    def test_a_newer_row_takes_the_place_of_the_older(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1)])
        self.put(store, [row(1, 2, body=b"\x81\xa1a\x01")])
        assert store.rows([record_id(1)]) == [row(1, 2, body=b"\x81\xa1a\x01")]

    def test_a_removed_row_is_gone_from_its_part_only(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1), row(1, 2, MINE)])
        self.put(store, [], [Removed(part=KEDEN, id=record_id(1), seq=3)])
        assert store.rows([record_id(1)]) == [row(1, 2, MINE)]

    def test_an_empty_part_has_a_digest_of_zeros(self) -> None:
        assert self.make_rows().digests([KEDEN]) == {KEDEN: EMPTY}

    def test_a_digest_covers_exactly_the_rows_that_stand(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1), row(2, 2), row(3, 3, MINE)])
        self.put(store, [row(1, 4, body=b"\xc0")], [Removed(part=KEDEN, id=record_id(2), seq=5)])
        digests = store.digests([KEDEN, MINE])
        assert digests == {KEDEN: digest_of(row(1, 4, body=b"\xc0")), MINE: digest_of(row(3, 3, MINE))}
        assert combine(list(digests.values())) != EMPTY

    def test_removing_what_is_not_there_leaves_the_digest_alone(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1)])
        self.put(store, [], [Removed(part=KEDEN, id=record_id(9), seq=2)])
        self.put(store, [], [Removed(part=KEDEN, id=record_id(9), seq=3)])
        assert store.digests([KEDEN]) == {KEDEN: digest_of(row(1, 1))}

    def test_one_row_twice_in_one_call_counts_as_its_last(self) -> None:
        store = self.make_rows()
        self.put(store, [row(1, 1), row(1, 2, body=b"\xc3")])
        assert store.digests([KEDEN]) == {KEDEN: digest_of(row(1, 2, body=b"\xc3"))}
