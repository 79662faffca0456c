"""What was done about a sealed case too late: parked by the core, seen and closed in the room alone.

Rule: nothing is guessed and nothing is forgotten. What stands goes on standing; whoever wants what came late
does it anew, after having read what stands. An office that was restored, or two that went on from one copy,
make such conflicts.
"""

from collections.abc import Mapping
from typing import Any

from schemas import format as written
from schemas.ids import ChangeId, RecordId
from schemas.reopening import step_named
from schemas.wire import Applied
from schemas.workflow import Workflows
from server import conflict_store, sealed_store
from server.access import Person
from server.engine import Engine, Reader, Writer
from server.services.people import Actor
from server.services.room_held import Refusal
from server.services.room_reading import CaseFacts, load_case
from server.services.room_views import Late
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from sync.change import Resolve
from sync.store import Record


class RoomLate:
    """The use cases of what came late. Blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, words: Words, workflows: Workflows) -> None:
        self._engine, self._office = engine, office
        self._words, self._workflows = words, workflows

    def counts(self) -> dict[RecordId, int]:
        """Count what waits, by case."""
        return self._engine.read(sealed_store.late_by_case)

    def waiting(self, kasus: RecordId) -> tuple[Late, ...]:
        """Return what came late about a case, its visits and its tugas, oldest first."""

        def work(tx: Reader) -> tuple[Late, ...]:
            facts = load_case(tx, kasus)
            if facts is None:
                return ()
            store = SqlOfficeStore.reading(tx)
            found = [each for each in store.records(_parked(tx, facts)).values() if each.head is not None]
            known = names(store, {str(each.fields["petugas"]) for each in found})
            found.sort(key=lambda each: int(each.fields["at_ms"]))
            return tuple(self._late(each, facts, known) for each in found)

        return self._engine.read(work)

    def close(self, person: Person, kasus: RecordId, conflict: RecordId, seen: str) -> Refusal | None:
        """Let stand what stands, after the change `seen` (hex) of the conflict."""

        def work(tx: Writer) -> Refusal | None:
            facts = load_case(tx, kasus)
            record = SqlOfficeStore.writing(tx).records([conflict]).get(conflict)
            if facts is None or record is None or conflict not in _parked(tx, facts):
                return Refusal(say="usang", status=409)
            if record.head is None or record.head.hex() != seen:
                return Refusal(say="usang", status=409)
            body = Resolve(conflict=conflict, follows=ChangeId(bytes.fromhex(seen)), values={})
            [outcome] = self._office.act_in(tx, person.id, [body])
            if not isinstance(outcome, Applied):
                raise RuntimeError("a conflict about a sealed case did not close after its own head")
            return None

        return self._engine.write(work).result()

    def _late(self, record: Record, facts: CaseFacts, known: Mapping[str, str]) -> Late:
        cases: dict[str, dict[str, Any]] = record.fields["fields"]
        wanted = {name: case.get("mine") for name, case in cases.items()}
        nama = known.get(str(record.fields["petugas"]), "–")
        return Late(
            id=record.id,
            seen=record.head.hex() if record.head else "",
            title=self._title(wanted, facts, nama),
            when=written.date_and_clock(int(record.fields["at_ms"])),
        )

    def _title(self, wanted: Mapping[str, Any], facts: CaseFacts, nama: str) -> str:
        """Say what was wanted. A step also carries a state, so that it comes first."""
        if "event" in wanted:
            fields = facts.record.fields
            workflow = self._workflows.get(fields["workflow"], fields["workflow_version"])
            step = step_named(workflow, str(wanted["event"]))
            label = step.label if step else str(wanted["event"])
            return self._words.text("ruang.terlambat.langkah", nama=nama, langkah=label)
        if "decided_by" in wanted:
            state = self._words.text(f"status.{wanted['state']}")
            return self._words.text("ruang.terlambat.keputusan", nama=nama, keputusan=state)
        return self._words.text("ruang.terlambat.lain", nama=nama)


def _parked(tx: Reader, facts: CaseFacts) -> list[RecordId]:
    """Return the open conflicts about a case and what belongs to it."""
    things = [facts.record.id, *(each.id for each in (*facts.visits, *facts.tugas))]
    return conflict_store.open_about(tx, things)
