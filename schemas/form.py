"""Forms as everybody meets them: the types, the published versions and what an answer is.

One rule: forms are data. Nothing here or below names a form's fields; to change a form, publish a new version
of its file in schemas/forms.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.folders import listed
from schemas.form_audit import RANK
from schemas.form_mistakes import FormError, mistake
from schemas.form_reading import form_hash, read_form, read_toml
from schemas.form_types import (
    Angka,
    Base,
    Berkas,
    Bulan,
    Condition,
    Field,
    FilledBy,
    Form,
    Foto,
    Gps,
    Jam,
    Multi,
    Opens,
    Option,
    Page,
    Pilihan,
    Privacy,
    Rujukan,
    Rule,
    Service,
    Subject,
    Tabel,
    TandaTangan,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
    Wilayah,
    YaTidak,
)
from schemas.form_values import is_skipped, skip_reason
from schemas.published import Published

__all__ = [
    "Angka",
    "Answers",
    "Base",
    "Berkas",
    "Bulan",
    "Condition",
    "Field",
    "FilledBy",
    "Form",
    "FormError",
    "Forms",
    "Foto",
    "Gps",
    "Jam",
    "Multi",
    "Opens",
    "Option",
    "Page",
    "Pilihan",
    "Privacy",
    "Rujukan",
    "Rule",
    "Service",
    "Subject",
    "Tabel",
    "TandaTangan",
    "Tanggal",
    "Teks",
    "TeksPanjang",
    "Turunan",
    "Uang",
    "UnsignedError",
    "Wilayah",
    "YaTidak",
    "form_hash",
    "is_skipped",
    "load_forms",
    "read_form",
    "skip_reason",
]

Answers = dict[str, Any]
"""Field name -> value or {"skipped": reason}; the shape of each value is in docs/forms.md."""

HERE = Path(__file__).parent


class UnsignedError(FormError):
    """A form that is *rahasia* came without the word of the unit that reads it."""


class Forms:
    """All published forms by id and version; a form is read when it is first asked for.

    Those that the program brings stand in files; those that the office published since are taken in.
    """

    def __init__(self, folder: Path, blocks: Path) -> None:
        self._blocks = blocks
        self._paths = {_named(path): path for path in listed(folder, "*.toml")}
        self._taken: dict[tuple[str, int], str] = {}
        self._known = set(self._paths)
        self._read: dict[tuple[str, int], Form] = {}
        self._read_blocks: dict[str, dict[str, Any]] = {}

    def ids(self) -> tuple[str, ...]:
        """The ids of all forms, sorted."""
        return tuple(sorted({form_id for form_id, _ in self._known}))

    def versions(self, form_id: str) -> tuple[int, ...]:
        """The published versions of a form, oldest first; empty for an unknown id."""
        return tuple(sorted(version for known, version in self._known if known == form_id))

    def text_of(self, form_id: str, version: int) -> str:
        """The TOML of a version. Raises KeyError when unknown."""
        key = (form_id, version)
        return self._taken[key] if key in self._taken else self._paths[key].read_text("utf-8")

    def get(self, form_id: str, version: int | None = None) -> Form:
        """The form, by default its newest version. Raises KeyError when unknown, FormError when broken."""
        if version is None:
            version = max(self.versions(form_id), default=0)
        key = (form_id, version)
        if key not in self._read:
            path = self._paths[key]
            self._read[key] = self._whole(path.read_text("utf-8"), path.name)
        return self._read[key]

    def all(self) -> tuple[Form, ...]:
        """The newest version of every form, by id."""
        return tuple(self.get(form_id) for form_id in self.ids())

    def examine(self, published: Published, says: Container[str]) -> Form:
        """Read a version that is about to be published: none is less private than one before it.

        Raises FormError for what cannot be taken in, too.
        """
        form = self._readable(published, says)
        if any(RANK[form.privacy] < RANK[earlier] for earlier in self._privacy_before(form)):
            fallen = mistake("di_bawah_versi_lama", privacy=form.privacy).within("privacy")
            raise FormError([fallen.of(published.name)])
        return form

    def accept(self, published: Published, says: Container[str], *, vouched: bool) -> Form:
        """Take in a version that the office published; one that is there already stays as it is.

        `vouched`: the unit's identity signed it. Raises FormError for one that this program cannot read, and
        UnsignedError for one not vouched for that is *rahasia* or follows one that is. Of two others neither
        puts the other out: a restored office gives numbers out in another order, and what is out must stay.
        """
        key = (published.form, published.version)
        if key in self._known:
            return self.get(*key)
        form = self._readable(published, says)
        if not vouched and "rahasia" in (form.privacy, *self._privacy_before(form)):
            raise UnsignedError([mistake("belum_ditandatangani").of(published.name)])
        self._read[key], self._taken[key] = form, published.text
        self._known = {*self._known, key}  # whoever goes through the old one is not disturbed
        return form

    def accept_all(
        self, published: Iterable[Published], says: Container[str], vouched: Callable[[Published], bool]
    ) -> dict[tuple[str, int], FormError]:
        """Take in versions as they were published, and again those that open one which came after them.

        Returns why the others were not taken, by id and version.
        """
        waiting: dict[tuple[str, int], Published] = {}
        for one in sorted(published, key=_by_age):
            waiting.setdefault((one.form, one.version), one)
        refused: dict[tuple[str, int], FormError] = {}
        while waiting:
            refused = {}
            for key, one in waiting.items():
                try:
                    self.accept(one, says, vouched=vouched(one))
                except FormError as error:
                    refused[key] = error
            if len(refused) == len(waiting):
                break
            waiting = {key: waiting[key] for key in refused}
        return refused

    def forget_taken(self) -> None:
        """Forget what was taken in: it was one office's, and another vault may be another's."""
        taken, self._taken, self._known = self._taken, {}, set(self._paths)
        for key in taken:
            del self._read[key]

    def _readable(self, published: Published, says: Container[str]) -> Form:
        """Read a version. What it opens must be there, and so must the sentences of its rules (`says` has
        their keys). Raises FormError.
        """
        form = self._whole(published.text, published.name)
        unsaid = [
            mistake("tanpa_kalimat", say=rule.say).within("field", field.name).of(published.name)
            for field in form.fields.values()
            for rule in _rules((field,))
            if rule.say not in says
        ]
        if unsaid:
            raise FormError(unsaid)
        return form

    def _privacy_before(self, form: Form) -> list[Privacy]:
        """Return the privacy of each known version of a form with a lower number."""
        lower = (version for version in self.versions(form.id) if version < form.version)
        return [self.get(form.id, version).privacy for version in lower]

    def _whole(self, text: str, file: str) -> Form:
        form = read_form(text, file, self._block)
        lost = [opened.form for opened in form.opens if opened.form not in {*self.ids(), form.id}]
        if lost:
            raise FormError([mistake("buka_asing", form=name).of(file) for name in lost])
        return form

    def _block(self, name: str) -> dict[str, Any]:
        if name not in self._read_blocks:
            path = self._blocks / name
            if path.name != name or not path.is_file():
                raise FormError([mistake("tanpa_blok").of(name)])
            self._read_blocks[name] = read_toml(path.read_text("utf-8"), name)
        return self._read_blocks[name]


def load_forms(folder: Path = HERE / "forms", blocks: Path = HERE / "blocks") -> Forms:
    """Find the forms in `folder`; they are decoded strictly, each once, when asked for."""
    return Forms(folder, blocks)


def _by_age(one: Published) -> tuple[int, str, int]:
    return one.made_ms, one.form, one.version


def _rules(fields: Iterable[Field]) -> Iterator[Rule]:
    for field in fields:
        yield from field.rules
        if isinstance(field, Tabel):
            yield from _rules(field.columns)


def _named(path: Path) -> tuple[str, int]:
    form_id, _, version = path.stem.rpartition(".")
    if not form_id or not version.isdecimal():
        raise FormError([mistake("nama_berkas").of(path.name)])
    return form_id, int(version)
