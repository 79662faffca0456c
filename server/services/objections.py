"""Objections that hold: of whom nothing goes out anew meanwhile. Rule: held, and said so.

An objection holds while nobody has answered it, and when it was granted until the person withdraws it; one
that was granted in part or refused holds no longer.

Held are lists that go out, what other systems read, and letters. Duties of the law go on: visits, cases, and
what the person asks for themselves. Source: UU 27/2022, ps. 10, 11 and 41.
"""

from collections.abc import Iterable
from typing import TypeVar

from schemas.base import Data
from schemas.ids import RecordId
from server import subject_store
from server.engine import Reader
from server.queries import records_of_kind
from server.services.belongings import REQUEST
from server.services.finding import survivors
from sync.losses import is_destroyed
from sync.store import Record

T = TypeVar("T")


class Objection(Data, frozen=True, kw_only=True):
    """An objection that holds; `received_ms` is when it came (UTC ms); unless `granted`, it waits."""

    request: RecordId
    received_ms: int
    granted: bool


def is_granted(request: Record) -> bool:
    """Whether a request was granted and is not withdrawn: an objection then holds on."""
    return request.fields.get("hasil") == "dipenuhi" and not request.fields.get("ditarik_ms")


def objections(tx: Reader) -> dict[RecordId, Objection]:
    """Return whose data is held, by every id that they go by: records that were merged are one person.

    Of several objections of one person the one that waits for an answer is told.
    """
    return _by_every_id(tx, _held(_raised(tx)))


def held_and_freed(tx: Reader, after: int, upto: int) -> tuple[dict[RecordId, Objection], list[RecordId]]:
    """Return what `objections` does, and whose objection ceased to hold within these seqs, by every id.

    Whoever reads on from place to place was told nothing of the latter meanwhile.
    """
    raised = _raised(tx)
    seqs: dict[RecordId, int] = {}
    for each in raised:
        if not _is_open(each) and not is_granted(each) and each.seq > after:
            warga = RecordId(each.fields["warga"])
            seqs[warga] = max(each.seq, seqs.get(warga, 0))
    freed = _by_every_id(tx, seqs) if seqs else {}
    return _by_every_id(tx, _held(raised)), [name for name, seq in freed.items() if seq <= upto]


def _raised(tx: Reader) -> list[Record]:
    return [
        each
        for each in records_of_kind(tx, REQUEST)
        if not is_destroyed(each) and each.fields["jenis"] == "keberatan"
    ]


def _held(raised: Iterable[Record]) -> dict[RecordId, Objection]:
    held: dict[RecordId, Objection] = {}
    for each in raised:
        warga, granted = RecordId(each.fields["warga"]), is_granted(each)
        if _is_open(each) or (granted and warga not in held):
            received_ms = int(each.fields["diterima_ms"])
            held[warga] = Objection(request=each.id, received_ms=received_ms, granted=granted)
    return held


def _is_open(request: Record) -> bool:
    return request.fields["state"] == "berjalan"


def _by_every_id(tx: Reader, found: dict[RecordId, T]) -> dict[RecordId, T]:
    whole = dict(found)
    for name, living in survivors(tx, list(found)).items():
        same = (living.id, *subject_store.merged_into(tx, living.id))
        whole |= {other: found[name] for other in same if other not in whole}
    return whole
