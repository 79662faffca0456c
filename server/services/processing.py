"""Catatan pemrosesan: what is processed, whose, why, on what basis. Rule: what forms say is not typed again.

An activity is a form; its fields by privacy come from the form itself. What the office says of it is a
record of kind `catatan_pemrosesan` in its chain. Source: UU 27/2022, ps. 31.
"""

from schemas.base import Data
from schemas.form import Forms
from schemas.form_types import Form, Privacy
from schemas.protection import load_processing
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.services.chain_record import word_id, word_on, write_record
from server.services.people import Actor
from sync.store import Fields

NOTE = "catatan_pemrosesan"
MOST_TEXT = 1_000
CLASSES: tuple[Privacy, ...] = ("biasa", "spesifik", "rahasia")


class Activity(Data, frozen=True, kw_only=True):
    """One activity of processing; `counts` says how many fields each class of privacy has."""

    form: str
    title: str
    service: str
    subject: str
    privacy: Privacy
    filled_by: tuple[str, ...]
    counts: dict[Privacy, int]
    purpose: str
    basis: str
    recipients: str
    note: str


class ProcessingRegister:
    """The use cases. Each blocks its thread."""

    def __init__(self, engine: Engine, office: Actor, forms: Forms) -> None:
        self._engine, self._office, self._forms = engine, office, forms

    def all(self) -> list[Activity]:
        """Return every activity, by service and title."""

        def work(tx: Reader) -> list[Activity]:
            return [_activity(tx, self._forms.get(name)) for name in self._forms.ids()]

        return sorted(self._engine.read(work), key=lambda each: (each.service, each.title))

    def note(self, person: Person, form: str, purpose: str, basis: str, note: str) -> str | None:
        """Say of an activity why, on what basis and what else; return why not, or None."""
        if not may(person, "keep_registers"):
            return "peran"
        texts = (purpose.strip(), basis.strip(), note.strip())
        if (
            form not in self._forms.ids()
            or not all(texts[:2])
            or any(len(text) > MOST_TEXT for text in texts)
        ):
            return "isi"
        fields: Fields = {"form": form, "tujuan": texts[0], "dasar": texts[1], "catatan": texts[2]}

        def work(tx: Writer) -> str | None:
            done = write_record(tx, self._office, person.id, NOTE, word_id(tx, NOTE, form), fields)
            return None if done else "isi"

        return self._engine.write(work).result()


def _activity(tx: Reader, form: Form) -> Activity:
    given, own = load_processing()[form.service], word_on(tx, NOTE, form.id)
    said: Fields = own.fields if own else {}
    counts: dict[Privacy, int] = {
        each: sum(field.privacy == each for field in form.fields.values()) for each in CLASSES
    }
    return Activity(
        form=form.id,
        title=form.title,
        service=form.service,
        subject=form.subject,
        privacy=form.privacy,
        filled_by=form.filled_by,
        counts=counts,
        purpose=str(said.get("tujuan") or given.tujuan),
        basis=str(said.get("dasar") or given.dasar),
        recipients=given.penerima,
        note=str(said.get("catatan") or ""),
    )
