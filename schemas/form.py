"""Forms as everybody meets them: the types, the published versions and what an answer is.

One rule: forms are data. Nothing here or below names a form's fields; to change a form, publish a new version
of its file in schemas/forms.
"""

from pathlib import Path
from typing import Any

from schemas.form_reading import FormError, form_hash, read_form, read_toml
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


class Forms:
    """All published forms by id and version; a form is read when it is first asked for."""

    def __init__(self, folder: Path, blocks: Path) -> None:
        self._blocks = blocks
        self._paths = {_named(path): path for path in sorted(folder.glob("*.toml"))}
        self._read: dict[tuple[str, int], Form] = {}
        self._read_blocks: dict[str, dict[str, Any]] = {}

    def ids(self) -> tuple[str, ...]:
        """The ids of all forms, sorted."""
        return tuple(sorted({form_id for form_id, _ in self._paths}))

    def versions(self, form_id: str) -> tuple[int, ...]:
        """The published versions of a form, oldest first; empty for an unknown id."""
        return tuple(sorted(version for known, version in self._paths if known == form_id))

    def get(self, form_id: str, version: int | None = None) -> Form:
        """The form, by default its newest version. Raises KeyError when unknown, FormError when broken."""
        if version is None:
            version = max(self.versions(form_id), default=0)
        key = (form_id, version)
        if key not in self._read:
            path = self._paths[key]
            form = read_form(path.read_text("utf-8"), path.name, self._block)
            lost = [opened.form for opened in form.opens if opened.form not in self.ids()]
            if lost:
                raise FormError([f"{path.name}: opens unknown form {name}" for name in lost])
            self._read[key] = form
        return self._read[key]

    def all(self) -> tuple[Form, ...]:
        """The newest version of every form, by id."""
        return tuple(self.get(form_id) for form_id in self.ids())

    def _block(self, name: str) -> dict[str, Any]:
        if name not in self._read_blocks:
            self._read_blocks[name] = read_toml((self._blocks / name).read_text("utf-8"), name)
        return self._read_blocks[name]


def load_forms(folder: Path = HERE / "forms", blocks: Path = HERE / "blocks") -> Forms:
    """Find the forms in `folder`; they are decoded strictly, each once, when asked for."""
    return Forms(folder, blocks)


def _named(path: Path) -> tuple[str, int]:
    form_id, _, version = path.stem.rpartition(".")
    if not form_id or not version.isdecimal():
        raise FormError([f"{path.name}: a form's file is named <id>.<version>.toml"])
    return form_id, int(version)
