"""What the decision on a visit leaves of its tugas. Rule: what is rejected closes nobody else's.

While a visit is on its way its tugas may be given to somebody else, and one tugas may have two visits, of two
phones. An approval closes it whoever has it: the family was met.
"""

from collections.abc import Callable, Iterable

from schemas.ids import PersonId, RecordId
from server import assign_store, sealed_store
from server.access import Person, Thing, refused
from server.engine import Engine, Reader, Writer
from server.services.closed_shops import says_closed
from server.services.deciding import ENDED_TUGAS, OPEN_STATES, RETURNED, waits
from server.services.finding import one_person, survivors
from server.services.gone_people import says_gone
from server.services.people import Actor
from server.services.visit_page import Words
from server.services.visits import APPROVED, Visit, names
from server.store import SqlOfficeStore
from sync.change import Patch
from sync.neutral import is_sealed
from sync.scope import OPEN_TUGAS
from sync.store import Fields, Record
from sync.versions import authors

NEW, SENT = "baru", "dikirim"
ASKED = OPEN_TUGAS - {SENT}
"""How a tugas stands that a phone shows as to be done."""


def sent_in_vain(engine: Engine, visit: Record) -> str:
    """Name who has the open tugas of a visit that waits, is none of its authors, and sent none of their own;
    empty for nobody.
    """

    def work(tx: Reader) -> str:
        store = SqlOfficeStore.reading(tx)
        tugas = _tugas_of(store, visit)
        if tugas is None or tugas.fields.get("state") not in ASKED or not _is_anothers(tugas, visit):
            return ""
        whom = PersonId(str(tugas.fields["petugas"]))
        if any(each["petugas"] == whom for each in _others(tx, tugas, visit)):
            return ""
        return names(store, {whom}).get(whom, "–")

    return engine.read(work) if waits(visit.fields) else ""


def others_sent(engine: Engine, person: Person, visit: Visit, words: Words) -> tuple[str, ...]:
    """Name who else has an open tugas about whom a visit found dead, gone or closed, each with its form; of
    a service whose visits this person does not see, only that there is somebody.
    """
    if visit.subject is None or not (says_gone(visit.counted) or says_closed(visit.counted)):
        return ()
    subject = visit.subject.id

    def work(tx: Reader) -> tuple[str, ...]:
        store, readers = SqlOfficeStore.reading(tx), survivors(tx, [subject])[subject].readers
        tasks = store.records(name for name in readers if name != visit.record.fields.get("tugas"))
        known = names(store, {readers[name] for name in tasks})
        found: set[str] = set()
        for each in tasks.values():
            name = str(each.fields.get("form"))
            if name not in words.forms.ids():
                continue
            form, region = words.forms.get(name), str(each.fields.get("kode_desa") or "")
            of_it = Thing(author=readers[each.id], region=region, service=form.service, privacy=form.privacy)
            closed = refused(person, "see_visits", of_it) is not None
            named = f"{known.get(readers[each.id], '–')} ({form.title})"
            found.add(words.text("kantor.tinjau.tugas_layanan_lain") if closed else named)
        return tuple(sorted(found))

    return engine.read(work)


def _tugas_of(store: SqlOfficeStore, visit: Record) -> Record | None:
    """Return the tugas that a visit was made for, if it was for one."""
    name = RecordId(str(visit.fields.get("tugas") or ""))
    found = store.records([name]).get(name)
    return found if found is not None and found.kind == "tugas" else None


def settling(tx: Writer, office: Actor, author: PersonId, visit: Record, decision: str) -> Callable[[], None]:
    """Return what a decision on a visit does to its tugas; to be asked before it is made, and done after."""
    tugas = _tugas_of(SqlOfficeStore.writing(tx), visit)
    left = _left_as(tx, tugas, visit) if decision == "tolak" else ""

    def settle() -> None:
        if tugas is not None and left:
            now = SqlOfficeStore.writing(tx).records([tugas.id])[tugas.id]
            _put_state(tx, office, author, now, left)
        if decision == "tahan" and visit.fields["state"] not in OPEN_STATES:
            _resume(tx, office, author, visit)

    return settle


def _left_as(tx: Reader, tugas: Record | None, visit: Record) -> str:
    """Return how a tugas stands when this visit of it is rejected: open for another visit that waits or was
    returned, or for somebody else who has it now; empty where it ends, as where another was approved.
    """
    state = str(tugas.fields.get("state")) if tugas is not None else ""
    if tugas is None or state not in OPEN_TUGAS:
        return ""
    others = _others(tx, tugas, visit)
    if _has(others, APPROVED):
        return ""
    if any(map(waits, others)):
        return state
    if not _is_anothers(tugas, visit):
        return RETURNED if _has(others, RETURNED) else ""
    return NEW if state == SENT else state


def _resume(tx: Writer, office: Actor, author: PersonId, visit: Record) -> None:
    """Let the tugas of a visit whose decision is taken back wait again: for the office, or for whom it went
    to meanwhile. It stays as it is where another visit of it was approved, or is still asked for.
    """
    tugas = _tugas_of(SqlOfficeStore.writing(tx), visit)
    if tugas is None or tugas.fields.get("state") not in ENDED_TUGAS:
        return
    others = _others(tx, tugas, visit)
    is_asked = tugas.fields["state"] == RETURNED and _has(others, RETURNED)
    if not is_asked and not _has(others, APPROVED):
        _put_state(tx, office, author, tugas, NEW if _is_anothers(tugas, visit) else SENT)


def _put_state(tx: Writer, office: Actor, author: PersonId, tugas: Record, state: str) -> None:
    """Let a tugas stand so."""
    body = Patch(record=tugas.id, kind="tugas", base={"state": tugas.fields["state"]}, new={"state": state})
    office.act_in(tx, author, [body])


def _others(tx: Reader, tugas: Record, visit: Record) -> list[Fields]:
    """Return the other visits of a tugas, also those to a record that is one person with this one's; of a
    sealed one those of its case.
    """
    if is_sealed(visit):
        found = sealed_store.visits_of_tugas(tx, RecordId(str(visit.fields["kasus"])), tugas.id)
    else:
        about = one_person(tx, RecordId(str(visit.fields.get("subjek") or "")))
        found = assign_store.visits_of_tugas(tx, tugas.id, about)
    sent = [each for each in found if each != visit.id]
    return [each.fields for each in SqlOfficeStore.reading(tx).records(sent).values()]


def _has(visits: Iterable[Fields], state: str) -> bool:
    return any(each["state"] == state for each in visits)


def _is_anothers(tugas: Record, visit: Record) -> bool:
    whom = tugas.fields.get("petugas")
    return bool(whom) and whom not in authors(visit.fields)
