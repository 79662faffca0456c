"""Publishing a form: a TOML read, looked at, sent to every phone. Rule: a version that is out never changes.

What is published is a change in the office's chain, as everything is; phones take it in at their next sync.
In an office that was restored a number may belong to a version that phones have and it lost: others may be
given out before it, until nothing is missing any more.
A form that is *rahasia* is signed by the unit's identity: an officer of the room gives a passphrase for that.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from schemas.base import UNREADABLE, Data
from schemas.form import Field, Form, FormError, Forms
from schemas.form_reading import read_toml
from schemas.ids import DeviceId
from schemas.published import KIND, Published
from schemas.text import Text
from server import custody, restore_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.published import published, take_published
from server.services.chain_record import write_new
from server.services.form_mistakes import sentences
from server.services.people import Actor, Denied
from server.services.room_custody import Custodian
from server.services.room_held import Refusal

How = Literal["baru", "berubah", "hilang"]
MOST_LOST = 9
"""Versions of one form that a restored office may have lost: so far ahead a number may be."""


class Examined(Data, frozen=True, kw_only=True):
    """What a text comes to. `form` is None where it has mistakes; `before` is the version that it follows.

    `newest`: the highest version that is out, 0 for none; a higher one than the form's stays in use.
    """

    form: Form | None
    mistakes: tuple[str, ...] = ()
    before: Form | None = None
    newest: int = 0


class Difference(Data, frozen=True, kw_only=True):
    """One field that is not as it was."""

    how: How
    field: Field


class Out(Data, frozen=True, kw_only=True):
    """It is published, durably."""

    form: Form


class FormPublishing:
    """The use cases of the pages *Formulir*. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        device: DeviceId,
        forms: Forms,
        text: Text,
        custodian: Custodian,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._device = engine, office, device
        self._forms, self._text = forms, text
        self._custodian, self._now_ms, self._randomness = custodian, now_ms, randomness

    def since(self) -> dict[tuple[str, int], int]:
        """Return when the office published each of its own versions, by id and version, in UTC ms."""

        def look(tx: Reader) -> dict[tuple[str, int], int]:
            return {(one.form, one.version): one.made_ms for one in published(tx)}

        return self._engine.read(look)

    def may_have_lost(self) -> bool:
        """Whether this office came back from a backup, and phones may hold what it had published since.

        So it is until all have come back and none names a link of the office that is not here.
        """

        def look(tx: Reader) -> bool:
            if restore_store.last_restore(tx) is None:
                return False
            missing = restore_store.missing(tx, self._device)
            return bool(missing.phones or missing.heads)

        return self._engine.read(look)

    def examine(self, text: str) -> Examined:
        """Read a text as the version that follows the newest one, and say what is wrong with it."""
        made = self._named(text)
        if isinstance(made, Examined):
            return made
        known = self._forms.versions(made.form)
        newest = max(known, default=0)
        is_free = made.version not in known and made.version <= newest + MOST_LOST
        if made.version != newest + 1 and not (is_free and self.may_have_lost()):
            wanted = self._text("kantor.formulir.nomor_salah", nomor=newest + 1, tertulis=made.version)
            return Examined(form=None, mistakes=(wanted,))
        try:
            form = self._forms.examine(made, self._text)
        except FormError as error:
            return self._refused(error, made.name, text)
        earlier = max((version for version in known if version < form.version), default=0)
        before = self._forms.get(form.id, earlier) if earlier else None
        return Examined(form=form, before=before, newest=newest)

    def publish(self, person: Person, text: str, passphrase: str) -> Out | Examined | Refusal | Denied:
        """Publish a text; for a *rahasia* form the passphrase must be that of an officer of the room."""
        if not may(person, "publish_forms"):
            return Denied(why="role")
        examined = self.examine(text)
        if examined.form is None:
            return examined
        form = examined.form
        one = Published(form=form.id, version=form.version, text=text, made_ms=self._now_ms())
        if form.privacy == "rahasia":
            unlocked = self._custodian.unlock(person, passphrase)
            if isinstance(unlocked, Refusal):
                return unlocked
            signature = custody.vouch(unlocked.secrets, one.message(self._engine.regency))
            one = msgspec.structs.replace(one, signature=signature)

        def work(tx: Writer) -> bool:
            if any(other.name == one.name for other in published(tx)):
                return False
            write_new(tx, self._office, person.id, KIND, one.fields(), self._randomness)
            return True

        if not self._engine.write(work).result():
            # somebody else was quicker, and the number is taken now
            self._engine.read(lambda tx: take_published(tx, self._forms, self._text))
            return self.examine(text)
        return Out(form=self._forms.accept(one, self._text, vouched=bool(one.signature)))

    def _named(self, text: str) -> Published | Examined:
        """Read which form and version a text says it is."""
        try:
            raw = read_toml(text, "TOML")
            return msgspec.convert(
                {
                    "form": raw.get("id"),
                    "version": raw.get("version"),
                    "text": text,
                    "made_ms": self._now_ms(),
                },
                Published,
            )
        except FormError as error:
            return self._refused(error, "TOML", text)
        except UNREADABLE:
            return Examined(form=None, mistakes=(self._text("kantor.formulir.tanpa_nama"),))

    def _refused(self, error: FormError, name: str, text: str) -> Examined:
        return Examined(form=None, mistakes=sentences(error.mistakes, name, text, self._text))


def differences(before: Form | None, after: Form) -> list[Difference]:
    """Return the fields that are new, changed or gone, in the order of the forms."""
    earlier = before.fields if before else {}
    changed = [
        Difference(how="berubah" if name in earlier else "baru", field=field)
        for name, field in after.fields.items()
        if earlier.get(name) != field
    ]
    return [
        *changed,
        *(Difference(how="hilang", field=earlier[name]) for name in _gone(earlier, after.fields)),
    ]


def next_text(text: str, version: int) -> str:
    """Return the TOML of a version with the number of the one that follows it."""
    return text.replace(f"version = {version}", f"version = {version + 1}", 1)


def _gone(earlier: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    return [name for name in earlier if name not in fields]
