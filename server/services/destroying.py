"""Destroying by two people. Rule: who proposed never approves, and what is held is never destroyed.

A visit, a case or a person is destroyed with all that says something of it. A proposal is a record of kind
`usul_musnah` and a legal hold one of kind `penahanan`, both in the office's own chain, so that who proposed,
approved, held and released stands there. Sealed things are destroyed only by officers of the sealed room.
Source: UU 27/2022, ps. 43 and 44.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

from schemas.base import Data
from schemas.form import Forms
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.workflow import Workflows
from server.access import Action, Person, may
from server.destruction import Destruction
from server.engine import Engine, Reader, Writer
from server.office import Office
from server.queries import records_of_kind
from server.services.belongings import OWN_SHELF, REQUEST, TARGETS, all_above, belongings, cases_on, members
from server.services.chain_record import word_id, word_on, write_record
from server.services.deciding import is_settled
from server.services.opening_cases import cases_joined
from server.services.shelf_rights import ShelfRights
from server.shelves import Shelf, read_shelf, shelf_of
from server.store import SqlOfficeStore
from sync.losses import is_destroyed
from sync.neutral import is_sealed
from sync.records import MERGED
from sync.scope import OPEN_TUGAS
from sync.store import Fields, Record

PROPOSAL, HOLD = "usul_musnah", "penahanan"
MOST_REASON = 500
"""Characters in a reason or in the number of a berita acara."""
NAMED_FOR: tuple[Action, ...] = ("propose_destruction", "hold_data")
"""Who may do either of a thing is told its name where it is chosen."""
DONE_STATES = ("disetujui", "ditolak")
"""Only a visit that was decided for good may be destroyed."""

State = Literal["diusulkan", "disetujui", "selesai", "dibatalkan"]
"""`disetujui`: the second person agreed and destroying has begun; it ends as `selesai`, after a crash too."""
Refusal = Literal[
    "peran", "kosong", "tidak_ada", "tersegel", "bukan_semua", "belum_diputus", "belum_selesai", "ditahan",
    "orang_sama", "bukan_pengusul", "sudah", "berubah", "kunci", "digabung",
]  # fmt: skip
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


class Proposal(Data, frozen=True, kw_only=True):
    """A proposal to destroy something under a berita acara. Times are UTC milliseconds.

    `shelf`: where it lay, see server/shelves.py, empty in proposals of before; `contents` are the ids of the
    changes that were destroyed and `blobs` how many files, once it is done.
    """

    target: RecordId
    kind: str
    basis: str
    by: PersonId
    at_ms: int
    state: State
    approved_by: PersonId
    shelf: str = ""
    sealed: bool = False
    contents: tuple[ChangeId, ...] = ()
    blobs: int = 0
    done_ms: int = 0


class Refused(Data, frozen=True, kw_only=True):
    """Why not."""

    why: Refusal


class Holding(Data, frozen=True, kw_only=True):
    """A legal hold that stands: on what, why, by whom and since when (UTC ms)."""

    target: RecordId
    reason: str
    by: PersonId
    at_ms: int


class Destroying:
    """Proposes, approves, withdraws and holds. Blocks its thread. Each answer is None, or why not.

    `is_officer` says whether somebody is a named officer of the sealed room.
    """

    def __init__(
        self,
        engine: Engine,
        office: Office,
        destruction: Destruction,
        now_ms: Callable[[], int],
        *,
        forms: Forms,
        workflows: Workflows,
        is_officer: Callable[[Person], bool],
    ) -> None:
        self._engine, self._office, self._destruction = engine, office, destruction
        self._now_ms, self._workflows, self._is_officer = now_ms, workflows, is_officer
        self._rights = ShelfRights(forms)
        self._one_at_a_time = threading.Lock()
        """Two who end the same approval at once would note each what the other left."""

    def proposals(self, person: Person) -> list[Proposal]:
        """List the proposals that this person may know of, the newest first."""
        found = self._engine.read(lambda tx: [_proposal(r) for r in records_of_kind(tx, PROPOSAL)])
        seen = [each for each in found if self._may_know(person, each)]
        return sorted(seen, key=lambda each: -each.at_ms)

    def proposal(self, person: Person, target: RecordId) -> Proposal | None:
        """Return one proposal, if this person may know of it."""
        record = self._engine.read(lambda tx: word_on(tx, PROPOSAL, target))
        found = _proposal(record) if record else None
        return found if found is not None and self._may_know(person, found) else None

    def holds(self, person: Person) -> list[Holding]:
        """List the holds that stand on what this person may know of, the newest first."""

        def work(tx: Reader) -> list[Holding]:
            held = [each for each in records_of_kind(tx, HOLD) if each.fields["ditahan"]]
            things = SqlOfficeStore.reading(tx).records([RecordId(each.fields["kunjungan"]) for each in held])
            known = [each for each in held if each.fields["kunjungan"] in things]
            return [
                _holding(each)
                for each in known
                if self._refused(person, "see_protection", things[RecordId(each.fields["kunjungan"])]) is None
            ]

        return sorted(self._engine.read(work), key=lambda each: -each.at_ms)

    def propose(self, person: Person, target: RecordId, basis: str) -> Refused | None:
        """Propose to destroy what was decided, under the berita acara of this number."""
        if not may(person, "propose_destruction"):
            return Refused(why="peran")
        if not 0 < len(basis.strip()) <= MOST_REASON:
            return Refused(why="kosong")

        def work(tx: Writer) -> Refused | None:
            record = _target(tx, target)
            why, _ = self._may_go(tx, person, "propose_destruction", record)
            known = word_on(tx, PROPOSAL, target)
            if why is None and known and known.fields["state"] != "dibatalkan":
                why = "sudah"
            if why is not None or record is None:
                return Refused(why=why or "tidak_ada")
            fields: Fields = {"kunjungan": target, "jenis": record.kind, "ba": basis.strip()}
            fields |= {"oleh": person.id, "at_ms": self._now_ms(), "state": "diusulkan", "disetujui_oleh": ""}
            fields |= {"rak": shelf_of(record.fields).text(), "tersegel": is_sealed(record)}
            return self._put(tx, person.id, PROPOSAL, target, fields)

        return self._engine.write(work).result()

    def may_propose(self, person: Person, shelf: Shelf, *, sealed: bool) -> bool:
        """Whether somebody may propose what lies there to be destroyed, whatever else forbids it now."""
        return self._refused_at(person, "propose_destruction", shelf, sealed=sealed) is None

    def needed(self, tx: Reader, visits: Iterable[Record]) -> dict[RecordId, Record]:
        """Return those of these visits on which a case rests that is under way, each with its case.

        It rests on those too that asked for what another visit had opened.
        """
        visits = list(visits)
        rests = cases_joined(tx, visits, self._workflows)
        for visit, case in cases_on(tx, visits):
            if "workflow" in case.fields and not self._is_finished(case):
                rests[visit] = case
        return rests

    def may_count(self, person: Person, shelf: Shelf, *, sealed: bool) -> bool:
        """Whether what lies there counts in what somebody is told of how much there is."""
        return self._refused_at(person, "see_protection", shelf, sealed=sealed) is None

    def may_name(self, person: Person, record: Record) -> bool:
        """Whether a thing may be named to somebody who would propose or hold it; not once it is destroyed."""
        return any(may(person, each) and self._refused(person, each, record) is None for each in NAMED_FOR)

    def withdraw(self, person: Person, target: RecordId) -> Refused | None:
        """Take back one's own proposal that nobody has approved yet; who may approve it turns it down so."""
        if not may(person, "propose_destruction"):
            return Refused(why="peran")

        def work(tx: Writer) -> Refused | None:
            record, known = _target(tx, target), word_on(tx, PROPOSAL, target)
            if known is None or known.fields["state"] != "diusulkan":
                return Refused(why="berubah")
            if known.fields["oleh"] != person.id:
                if not may(person, "approve_destruction"):
                    return Refused(why="bukan_pengusul")
                why = self._refused(person, "approve_destruction", record)
                if why is not None:
                    return Refused(why=why)
            return self._put(tx, person.id, PROPOSAL, target, {"state": "dibatalkan"})

        return self._engine.write(work).result()

    def approve(self, person: Person, target: RecordId) -> Refused | None:
        """Agree to another's proposal, and destroy. Returns once it is durable.

        What was approved and not ended, as the office stopped in between, is ended by calling this again.
        """
        if not may(person, "approve_destruction"):
            return Refused(why="peran")
        if not self._destruction.entries.is_here():
            return Refused(why="kunci")

        def agree(tx: Writer) -> Refused | str:
            record, known = _target(tx, target), word_on(tx, PROPOSAL, target)
            if known is None or known.fields["state"] not in ("diusulkan", "disetujui"):
                return Refused(why="berubah")
            if known.fields["oleh"] == person.id:
                return Refused(why="orang_sama")
            if known.fields["state"] == "disetujui":
                # what was emptied already has no area any more
                may_end = self._may_know(person, _proposal(known))
                return str(known.fields["ba"]) if may_end else Refused(why="tidak_ada")
            why, theirs = self._may_go(tx, person, "approve_destruction", record)
            if why is not None:
                return Refused(why=why)
            agreed: Fields = {"state": "disetujui", "disetujui_oleh": person.id}
            agreed["anggota"] = [each.id for each in theirs]
            return self._put(tx, person.id, PROPOSAL, target, agreed) or str(known.fields["ba"])

        with self._one_at_a_time:
            basis = self._engine.write(agree).result()
            if isinstance(basis, Refused):
                return basis
            # a hold is refused from here on, and what came since was not agreed on
            theirs = self._engine.read(lambda tx: belongings(tx, target, _agreed(tx, target)))
            if not all(is_destroyed(each) for each in theirs.records):
                self._destruction.destroy(person.id, theirs.changes, theirs.ids, basis)
            return self._end(person, target)

    def _end(self, person: Person, target: RecordId) -> Refused | None:
        """Note all that is gone, by the list outside the database, though the office stopped in between."""
        gone = [body for body in self._destruction.entries.bodies() if target in body.records]
        contents = dict.fromkeys(name for body in gone for name in body.changes)
        blobs = {blob for body in gone for blob in body.blobs}
        done: Fields = {"state": "selesai", "isi": [name.hex() for name in contents]}
        done |= {"berkas": len(blobs), "selesai_ms": self._now_ms()}
        return self._engine.write(lambda tx: self._put(tx, person.id, PROPOSAL, target, done)).result()

    def hold(self, person: Person, target: RecordId, reason: str) -> Refused | None:
        """Forbid to destroy something and what belongs to it, for a reason: a court, an audit."""
        return self._set_hold(person, target, reason, held=True)

    def release(self, person: Person, target: RecordId, reason: str) -> Refused | None:
        """End a hold, for a reason."""
        return self._set_hold(person, target, reason, held=False)

    def _set_hold(self, person: Person, target: RecordId, reason: str, *, held: bool) -> Refused | None:
        if not may(person, "hold_data"):
            return Refused(why="peran")
        if not 0 < len(reason.strip()) <= MOST_REASON:
            return Refused(why="kosong")

        def work(tx: Writer) -> Refused | None:
            record = _target(tx, target)
            why = self._refused(person, "hold_data", record)
            if why is not None or record is None:
                return Refused(why=why or "tidak_ada")
            if is_destroyed(record) or any(_is_begun(tx, name) for name in (target, *all_above(tx, record))):
                return Refused(why="sudah")
            fields: Fields = {"kunjungan": target, "ditahan": held, "alasan": reason.strip()}
            fields |= {"oleh": person.id, "at_ms": self._now_ms()}
            return self._put(tx, person.id, HOLD, target, fields)

        return self._engine.write(work).result()

    def _put(
        self, tx: Writer, author: PersonId, kind: str, about: RecordId, fields: Fields
    ) -> Refused | None:
        done = write_record(tx, self._office, author, kind, word_id(tx, kind, about), fields)
        return None if done else Refused(why="berubah")

    def _refused(self, person: Person, action: Action, record: Record | None) -> Refusal | None:
        """Say why somebody may not do this to a thing; of what is not in their area they learn nothing."""
        if record is None:
            return "tidak_ada"
        if is_destroyed(record):
            return "sudah"
        return self._refused_at(person, action, shelf_of(record.fields), sealed=is_sealed(record))

    def _refused_at(self, person: Person, action: Action, shelf: Shelf, *, sealed: bool) -> Refusal | None:
        match self._rights.why(person, action, shelf):
            case None:
                return None
            case "sealed" if sealed:
                return None if self._is_officer(person) else "tersegel"
            case "role":
                return "peran"
            case _:
                return "tidak_ada"

    def _may_go(
        self, tx: Reader, person: Person, action: Action, record: Record | None
    ) -> tuple[Refusal | None, list[Record]]:
        """Return why this person may not destroy a thing, or not now, and all that would go with it."""
        why = self._refused(person, action, record)
        if why is not None or record is None:
            return why or "tidak_ada", []
        if _lives_on(tx, record):
            return "digabung", []
        theirs = members(tx, record.id)
        parts = [each for each in theirs if not is_destroyed(each)]
        if any(self._refused(person, action, each) for each in parts if each.kind in OWN_SHELF):
            return "bukan_semua", theirs
        if any(_is_held(tx, name) for name in {*(each.id for each in theirs), *all_above(tx, record)}):
            return "ditahan", theirs
        if self.needed(tx, [record]):
            return "belum_selesai", theirs
        if all(self._is_finished(each) for each in parts):
            return None, theirs
        return "belum_diputus" if record.kind == "kunjungan" else "belum_selesai", theirs

    def _may_know(self, person: Person, proposal: Proposal) -> bool:
        if not proposal.shelf:
            return may(person, "see_protection")
        why = self._rights.why(person, "see_protection", read_shelf(proposal.shelf))
        return why is None or (why == "sealed" and proposal.sealed and self._is_officer(person))

    def _is_finished(self, record: Record) -> bool:
        fields = record.fields
        match record.kind:
            case "kunjungan":
                return is_settled(record)
            case "kasus":
                workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
                return workflow.states[fields["state"]].final
            case "tugas":
                return fields.get("state") not in OPEN_TUGAS
            case _ if record.kind == REQUEST:
                return fields["state"] == "selesai"
            case _:
                return True


def _target(tx: Reader, name: RecordId) -> Record | None:
    found = SqlOfficeStore.reading(tx).records([name]).get(name)
    return found if found is not None and found.kind in TARGETS else None


def _lives_on(tx: Reader, record: Record) -> bool:
    """Whether somebody lives on in another record: what was said of them since is parked at that one, and
    would be taken from under it.
    """
    into = RecordId(str(record.fields.get(MERGED) or ""))
    survivor = SqlOfficeStore.reading(tx).records([into]).get(into)
    return survivor is not None and not is_destroyed(survivor)


def _is_held(tx: Reader, name: RecordId) -> bool:
    held = word_on(tx, HOLD, name)
    return held is not None and bool(held.fields["ditahan"])


def _is_begun(tx: Reader, name: RecordId) -> bool:
    known = word_on(tx, PROPOSAL, name)
    return known is not None and known.fields["state"] in ("disetujui", "selesai")


def _agreed(tx: Reader, name: RecordId) -> list[RecordId] | None:
    known = word_on(tx, PROPOSAL, name)
    return known.fields.get("anggota") if known else None


def _holding(record: Record) -> Holding:
    fields = record.fields
    return Holding(
        target=RecordId(fields["kunjungan"]),
        reason=str(fields["alasan"]),
        by=PersonId(fields["oleh"]),
        at_ms=int(fields["at_ms"]),
    )


def _proposal(record: Record) -> Proposal:
    fields = record.fields
    contents: Sequence[str] = fields.get("isi") or ()
    return Proposal(
        target=RecordId(fields["kunjungan"]),
        kind=str(fields.get("jenis") or "kunjungan"),
        basis=str(fields["ba"]),
        by=PersonId(fields["oleh"]),
        at_ms=int(fields["at_ms"]),
        state=fields["state"],
        approved_by=PersonId(fields["disetujui_oleh"]),
        shelf=str(fields.get("rak") or ""),
        sealed=bool(fields.get("tersegel")),
        contents=tuple(ChangeId(bytes.fromhex(name)) for name in contents),
        blobs=int(fields.get("berkas") or 0),
        done_ms=int(fields.get("selesai_ms") or 0),
    )
