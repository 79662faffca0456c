"""Destroying a visit by two people. Rule: who proposed never approves, and what is held is never destroyed.

A proposal is a record of kind `usul_musnah` and a legal hold one of kind `penahanan`, both in the office's
own chain, so that who proposed, approved, held and released stands there. Source: UU 27/2022, ps. 43 and 44.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Literal, get_args

from schemas.base import Data
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.wire import Applied
from server import protection_store
from server.access import Person, may
from server.destruction import Destruction
from server.engine import Engine, Reader, Writer
from server.office import Office
from server.queries import records_of_kind
from server.services.kept_change import decoded
from server.store import SqlOfficeStore
from sync.change import Decide, Patch, Resolve, SealedDecide, SealedSubmit, Submit
from sync.losses import is_destroyed
from sync.store import Fields, Record

PROPOSAL, HOLD = "usul_musnah", "penahanan"
MOST_REASON = 500
"""Characters in a reason or in the number of a berita acara."""
DONE_STATES = ("disetujui", "ditolak")
"""Only a visit that was decided for good may be destroyed."""

State = Literal["diusulkan", "disetujui", "selesai", "dibatalkan"]
"""`disetujui`: the second person agreed and destroying has begun; it ends as `selesai`, after a crash too."""
Refusal = Literal[
    "peran", "kosong", "tidak_ada", "belum_diputus", "ditahan", "orang_sama", "sudah", "berubah"
]
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


class Proposal(Data, frozen=True, kw_only=True):
    """A proposal to destroy a visit under a berita acara. Times are UTC milliseconds."""

    visit: RecordId
    basis: str
    by: PersonId
    at_ms: int
    state: State
    approved_by: PersonId


class Refused(Data, frozen=True, kw_only=True):
    """Why not."""

    why: Refusal


def proposal_id(visit: RecordId) -> RecordId:
    """Return the id of the record that proposes to destroy a visit."""
    return RecordId(sha256(b"usul_musnah" + visit.encode()).hexdigest()[:32])


def hold_id(visit: RecordId) -> RecordId:
    """Return the id of the record that says whether a visit is held."""
    return RecordId(sha256(b"penahanan" + visit.encode()).hexdigest()[:32])


class Destroying:
    """Proposes, approves, withdraws and holds. Blocks its thread. Each answer is None, or why not."""

    def __init__(
        self, engine: Engine, office: Office, destruction: Destruction, now_ms: Callable[[], int]
    ) -> None:
        self._engine, self._office, self._destruction = engine, office, destruction
        self._now_ms = now_ms

    def proposals(self) -> list[Proposal]:
        """List every proposal, the newest first."""
        found = self._engine.read(lambda tx: [_proposal(r) for r in records_of_kind(tx, PROPOSAL)])
        return sorted(found, key=lambda each: -each.at_ms)

    def propose(self, person: Person, visit: RecordId, basis: str) -> Refused | None:
        """Propose to destroy a visit that was decided, under the berita acara of this number."""
        if not may(person, "propose_destruction"):
            return Refused(why="peran")
        if not 0 < len(basis.strip()) <= MOST_REASON:
            return Refused(why="kosong")

        def work(tx: Writer) -> Refused | None:
            why = _unfit(tx, visit)
            known = _record(tx, proposal_id(visit))
            if why is None and known and known.fields["state"] != "dibatalkan":
                why = "sudah"
            if why is not None:
                return Refused(why=why)
            fields: Fields = {"kunjungan": visit, "ba": basis.strip(), "oleh": person.id}
            fields |= {"at_ms": self._now_ms(), "state": "diusulkan", "disetujui_oleh": ""}
            return self._put(tx, person.id, PROPOSAL, proposal_id(visit), fields)

        return self._engine.write(work).result()

    def withdraw(self, person: Person, visit: RecordId) -> Refused | None:
        """Take back a proposal that nobody has approved yet."""
        if not may(person, "propose_destruction"):
            return Refused(why="peran")

        def work(tx: Writer) -> Refused | None:
            known = _record(tx, proposal_id(visit))
            if known is None or known.fields["state"] != "diusulkan":
                return Refused(why="berubah")
            return self._put(tx, person.id, PROPOSAL, known.id, {"state": "dibatalkan"})

        return self._engine.write(work).result()

    def approve(self, person: Person, visit: RecordId) -> Refused | None:
        """Agree to another's proposal, and destroy. Returns once it is durable.

        What was approved and not ended, as the office stopped in between, is ended by calling this again.
        """
        if not may(person, "approve_destruction"):
            return Refused(why="peran")

        def agree(tx: Writer) -> Refused | str:
            known = _record(tx, proposal_id(visit))
            if known is None or known.fields["state"] not in ("diusulkan", "disetujui"):
                return Refused(why="berubah")
            if known.fields["oleh"] == person.id:
                return Refused(why="orang_sama")
            begun = known.fields["state"] == "disetujui"
            why = None if begun else _unfit(tx, visit)
            if why is not None:
                return Refused(why=why)
            agreed: Fields = {"state": "disetujui", "disetujui_oleh": person.id}
            refused = None if begun else self._put(tx, person.id, PROPOSAL, known.id, agreed)
            return refused or str(known.fields["ba"])

        basis = self._engine.write(agree).result()
        if isinstance(basis, Refused):
            return basis
        # a hold is refused from here on, so nothing can come between
        changes, records = self._engine.read(lambda tx: belongings(tx, visit))
        self._destruction.destroy(person.id, changes, records, basis)

        def end(tx: Writer) -> Refused | None:
            return self._put(tx, person.id, PROPOSAL, proposal_id(visit), {"state": "selesai"})

        return self._engine.write(end).result()

    def hold(self, person: Person, visit: RecordId, reason: str) -> Refused | None:
        """Forbid to destroy a visit, for a reason: a court, an audit, a complaint."""
        return self._set_hold(person, visit, reason, held=True)

    def release(self, person: Person, visit: RecordId, reason: str) -> Refused | None:
        """End a hold, for a reason."""
        return self._set_hold(person, visit, reason, held=False)

    def _set_hold(self, person: Person, visit: RecordId, reason: str, *, held: bool) -> Refused | None:
        if not may(person, "hold_data"):
            return Refused(why="peran")
        if not 0 < len(reason.strip()) <= MOST_REASON:
            return Refused(why="kosong")

        def work(tx: Writer) -> Refused | None:
            record, proposal = _record(tx, visit), _record(tx, proposal_id(visit))
            if record is None or record.kind != "kunjungan":
                return Refused(why="tidak_ada")
            if proposal and proposal.fields["state"] in ("disetujui", "selesai"):
                return Refused(why="sudah")
            fields: Fields = {"kunjungan": visit, "ditahan": held, "alasan": reason.strip()}
            fields |= {"oleh": person.id, "at_ms": self._now_ms()}
            return self._put(tx, person.id, HOLD, hold_id(visit), fields)

        return self._engine.write(work).result()

    def _put(self, tx: Writer, author: PersonId, kind: str, name: RecordId, fields: Fields) -> Refused | None:
        known = _record(tx, name)
        base = {field: known.fields[field] for field in fields if field in known.fields} if known else {}
        body = Patch(record=name, kind=kind, base=base, new=fields)
        done = isinstance(self._office.act_in(tx, author, [body])[0], Applied)
        return None if done else Refused(why="berubah")


def belongings(tx: Reader, visit: RecordId) -> tuple[list[ChangeId], list[RecordId]]:
    """Return all that says something of a visit: its changes, refused ones too, and it with its conflicts."""
    conflicts = protection_store.conflicts_about(tx, visit)
    found: list[ChangeId] = []
    for name, raw in protection_store.contents(tx):
        content = decoded(raw)
        match content.body if content else None:
            case Submit(visit=of) | Decide(visit=of) | SealedSubmit(visit=of) | SealedDecide(visit=of):
                theirs = of == visit
            case Resolve(conflict=of):
                theirs = of in conflicts
            case _:
                theirs = False
        if theirs:
            found.append(name)
    return found, [visit, *conflicts]


def _unfit(tx: Reader, visit: RecordId) -> Refusal | None:
    record, held = _record(tx, visit), _record(tx, hold_id(visit))
    if record is None or record.kind != "kunjungan":
        return "tidak_ada"
    if is_destroyed(record):
        return "sudah"
    if record.fields.get("state") not in DONE_STATES:
        return "belum_diputus"
    return "ditahan" if held is not None and held.fields["ditahan"] else None


def _record(tx: Reader, name: RecordId) -> Record | None:
    return SqlOfficeStore.reading(tx).records([name]).get(name)


def _proposal(record: Record) -> Proposal:
    fields = record.fields
    return Proposal(
        visit=RecordId(fields["kunjungan"]),
        basis=str(fields["ba"]),
        by=PersonId(fields["oleh"]),
        at_ms=int(fields["at_ms"]),
        state=fields["state"],
        approved_by=PersonId(fields["disetujui_oleh"]),
    )
