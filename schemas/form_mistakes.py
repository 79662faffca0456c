"""What can be wrong with a form's definition, as data: a code, its place, and what stands there.

Rule: a mistake is told twice and written down once: to whoever works on this program in English, here; to the
office that publishes a form in its own words, by the same code (server/services/form_mistakes.py).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Kind = Literal["field", "opens", "pages", "privacy"]
Place = tuple[Kind, str]
"""A part of a form, and its name where there are several."""

ENGLISH = {
    "toml": "{said}",
    "bentuk": "{said}",
    "nama_berkas": "a form's file is named <id>.<version>.toml",
    "isi_berkas": "holds {holds}",
    "tanpa_blok": "no such block",
    "blok_tanpa_isian": "includes {block} without {field}, which it does not have",
    "juga_dari_blok": "comes from an included block as well",
    "halaman_asing": "unknown field {field}",
    "jumlah_halaman": "stands on {count} pages instead of one",
    "di_bawah_layanan": "{privacy} is below the floor of this service",
    "di_bawah_batas": "{privacy} is below the floor of this form",
    "di_bawah_formulir": "privacy {privacy} is below that of the form",
    "di_bawah_versi_lama": "{privacy} is below an earlier version's",
    "kolom": "columns are missing or named twice",
    "nama": "a name is lower-case letters, digits and _",
    "label_kosong": "label or source is empty",
    "wajib_ganda": "required and required_when exclude each other",
    "kunci_kalimat": "say {say}: is not a key under aturan",
    "tanpa_kalimat": "say {say}: there is no such sentence",
    "turunan_wajib": "a derived field cannot be required",
    "turunan_pilihan": "a derived field has options exactly when its value is pilihan",
    "batas_terbalik": "min is above max",
    "sendiri_asing": "exclusive names an unknown option",
    "kode_pilihan": "option {option}: a code is snake_case and has a label",
    "syarat_asing": "condition on unknown field {field}",
    "syarat_tidak_cocok": "condition on {field}: the test or its value does not fit a {jenis}",
    "syarat_hari_ini": "condition on {field}: only a rule may look at today's date",
    "melingkar": "its being visible depends on itself",
    "buka_asing": "opens unknown form {form}",
    "belum_ditandatangani": "not signed by the unit",
}
_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
ENDS = " (at end of document)"
"""What a TOML reader says instead of a line."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake: which, in what file and part (and column of it), and what stands there."""

    code: str
    file: str = ""
    places: tuple[Place, ...] = ()
    values: Mapping[str, str] = {}

    def within(self, kind: Kind, name: str = "") -> "Mistake":
        """Return the same mistake as one of a part."""
        return msgspec.structs.replace(self, places=((kind, name), *self.places))

    def of(self, file: str) -> "Mistake":
        """Return the same mistake as one of a file."""
        return msgspec.structs.replace(self, file=file)

    def __str__(self) -> str:
        """Tell it in English, its place first."""
        where = [self.file, *(f"{kind} {name}".rstrip() for kind, name in self.places)]
        return ": ".join([*filter(None, where), ENGLISH[self.code].format_map(self.values)])


class FormError(Exception):
    """A form definition is broken; `mistakes` has each with its place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def mistake(code: str, **values: object) -> Mistake:
    """Return a mistake with what stands at its place."""
    return Mistake(code=code, values={name: str(value) for name, value in values.items()})


def toml_mistake(error: Exception) -> Mistake:
    """Return what a TOML reader found, with the line where it says one."""
    said, at = str(error), _LINE.search(str(error))
    where = {"line": at[1]} if at else {}
    return mistake("toml", said=said, what=_LINE.sub("", said).removesuffix(ENDS), **where)


def shape_mistake(error: msgspec.ValidationError) -> Mistake:
    """Return what does not have the shape of a form: `what` it is, and the `path` to it, if any."""
    said = str(error)
    what, _, path = said.partition(" - at `$")
    return mistake("bentuk", said=said, what=what, path=path.rstrip("`").lstrip("."))
