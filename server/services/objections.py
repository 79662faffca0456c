"""Objections that wait for an answer: of whom nothing goes out anew meanwhile. Rule: held, and said so.

Held are lists that go out and letters. What the data was given for goes on, as do duties of the law: visits,
cases, and what the person asks for themselves. Source: UU 27/2022, ps. 11 and 41.
"""

from schemas.base import Data
from schemas.ids import RecordId
from server import subject_store
from server.engine import Reader
from server.queries import records_of_kind
from server.services.belongings import REQUEST
from server.services.finding import survivors
from sync.losses import is_destroyed


class Objection(Data, frozen=True, kw_only=True):
    """An objection that nobody has answered yet; `received_ms` is when it came (UTC ms)."""

    request: RecordId
    received_ms: int


def objections(tx: Reader) -> dict[RecordId, Objection]:
    """Return whose data is held, by every id that they go by: records that were merged are one person."""
    found: dict[RecordId, Objection] = {}
    for each in records_of_kind(tx, REQUEST):
        fields = each.fields
        if not is_destroyed(each) and fields["jenis"] == "keberatan" and fields["state"] == "berjalan":
            held = Objection(request=each.id, received_ms=int(fields["diterima_ms"]))
            found[RecordId(fields["warga"])] = held
    for name, living in survivors(tx, list(found)).items():
        same = (living.id, *subject_store.merged_into(tx, living.id))
        found |= {other: found[name] for other in same if other not in found}
    return found
