"""Objections that wait for an answer: of whom nothing goes out anew meanwhile. Rule: held, and said so.

Held are lists that go out, what other systems read, and letters. Duties of the law go on: visits, cases, and
what the person asks for themselves. Source: UU 27/2022, ps. 11 and 41.
"""

from collections.abc import Iterator
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
    """An objection that nobody has answered yet; `received_ms` is when it came (UTC ms)."""

    request: RecordId
    received_ms: int


def objections(tx: Reader) -> dict[RecordId, Objection]:
    """Return whose data is held, by every id that they go by: records that were merged are one person."""
    held: dict[RecordId, Objection] = {}
    for each in _raised(tx):
        if each.fields["state"] == "berjalan":
            raised = Objection(request=each.id, received_ms=int(each.fields["diterima_ms"]))
            held[RecordId(each.fields["warga"])] = raised
    return _by_every_id(tx, held)


def answered(tx: Reader, after: int) -> dict[RecordId, int]:
    """Return who was answered beyond a seq, by every id that they go by, each with the seq of the answer.

    Whoever reads on from place to place was told nothing of them meanwhile.
    """
    seqs: dict[RecordId, int] = {}
    for each in _raised(tx):
        if each.fields["state"] != "berjalan" and each.seq > after:
            warga = RecordId(each.fields["warga"])
            seqs[warga] = max(each.seq, seqs.get(warga, 0))
    return _by_every_id(tx, seqs) if seqs else {}


def _raised(tx: Reader) -> Iterator[Record]:
    for each in records_of_kind(tx, REQUEST):
        if not is_destroyed(each) and each.fields["jenis"] == "keberatan":
            yield each


def _by_every_id(tx: Reader, found: dict[RecordId, T]) -> dict[RecordId, T]:
    whole = dict(found)
    for name, living in survivors(tx, list(found)).items():
        same = (living.id, *subject_store.merged_into(tx, living.id))
        whole |= {other: found[name] for other in same if other not in whole}
    return whole
