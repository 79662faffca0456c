"""The shapes of a form: conditions, rules, kinds of field, pages and the form itself.

One rule: only data and no behaviour beyond saying whether a value is of the right shape to exist. A form is a
TOML file under schemas/forms; whoever wants to read one goes through schemas.form.
"""

from typing import Literal

from msgspec import Struct

Privacy = Literal["biasa", "spesifik", "rahasia"]
FilledBy = Literal["lapangan", "kantor", "impor", "perangkat"]
Service = Literal["bpnt", "ktkpm", "kis", "umum"]
Subject = Literal["warga", "ewarong", "pendamping", "kasus", "none"]
CodedCheck = Literal["nik", "no_kk", "telepon", "lokasi", "nomor_surat"]
Scalar = bool | int | float | str

OF_THE_VISIT = ("kunjungan", "kunjungan_usaha")
"""The blocks that tell of the visit itself."""

TESTS = ("is_", "in_", "has", "above", "below", "answered", "before", "after")
TESTS_OF_TODAY = ("future", "older_days", "older_months")


class Condition(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"not_": "not", "is_": "is", "in_": "in"},
):
    """Exactly one of `all`, `any`, `not_`, or a `field` with exactly one test; a test of a blank is false.

    `above` and `below` compare numbers (of a gps answer the accuracy in metres); `before` and `after` name
    another field and compare dates, months or times; `future`, `older_days` and `older_months` compare a date
    or month with today and may stand in rules only.
    """

    all: "tuple[Condition, ...] | None" = None
    any: "tuple[Condition, ...] | None" = None
    not_: "Condition | None" = None
    field: str | None = None
    is_: Scalar | None = None
    in_: tuple[Scalar, ...] | None = None
    has: str | None = None
    above: float | None = None
    below: float | None = None
    answered: bool | None = None
    before: str | None = None
    after: str | None = None
    future: bool | None = None
    older_days: int | None = None
    older_months: int | None = None

    def __post_init__(self) -> None:
        shapes = [name for name in ("all", "any", "not_", "field") if getattr(self, name) is not None]
        tests = [name for name in (*TESTS, *TESTS_OF_TODAY) if getattr(self, name) is not None]
        if len(shapes) != 1:
            raise ValueError("a condition is exactly one of all, any, not, or a field with one test")
        if len(tests) != (1 if shapes == ["field"] else 0):
            raise ValueError("a condition on a field has exactly one test, any other has none")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the condition holds, the sentence with the key `say` is shown; a `block` must be mended first."""

    when: Condition
    say: str
    block: bool = False


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One choice: the stable code that is stored and the label that is shown."""

    code: str
    label: str


class Base(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """What every kind of field has.

    `label` is the question asked; `official` its name in the office's own list (the label itself when empty).
    `checks` names rules that need code (schemas.check_coded). `block` is the included block that the field
    comes from. `privacy` is never None after loading. What is not `skippable` cannot be passed over with a
    reason.
    """

    name: str
    label: str
    official: str = ""
    hint: str = ""
    required: bool = False
    required_when: Condition | None = None
    visible_when: Condition | None = None
    rules: tuple[Rule, ...] = ()
    checks: tuple[CodedCheck, ...] = ()
    filled_by: FilledBy = "lapangan"
    source: tuple[str, ...] = ()
    privacy: Privacy | None = None
    read_only: bool = False
    skippable: bool = True
    block: str = ""

    @property
    def short(self) -> str:
        """The official name, for tables, exports and letters."""
        return self.official or self.label

    @property
    def is_of_visit(self) -> bool:
        """Whether it is of the visit itself, and asked whatever the visit's result."""
        return self.block in OF_THE_VISIT


class Teks(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="teks"):
    """One line; with `digits`, exactly that many digits and nothing else."""

    max_length: int = 200
    digits: int | None = None


class TeksPanjang(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="teks_panjang"):
    """Several lines."""

    max_length: int = 2000


class Angka(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="angka"):
    """A number, both bounds included; `decimal` allows a fraction; `unit` is shown behind it."""

    min: float = 0
    max: float = 1_000_000
    decimal: bool = False
    unit: str = ""


class Uang(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="uang"):
    """Whole rupiah, never negative."""


class Tanggal(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tanggal"):
    """A day, YYYY-MM-DD."""


class Bulan(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bulan"):
    """A month, YYYY-MM."""


class Jam(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="jam"):
    """A time of day, HH:MM."""


class Pilihan(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pilihan"):
    """Exactly one of the options."""

    options: tuple[Option, ...]


class Multi(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="multi"):
    """Any of the options; one of `exclusive` stands alone."""

    options: tuple[Option, ...]
    exclusive: tuple[str, ...] = ()


class YaTidak(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="yatidak"):
    """Yes (True) or no (False)."""


class Wilayah(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="wilayah"):
    """A region by its code, of the level named."""

    level: Literal["kecamatan", "desa"] = "desa"


class Rujukan(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rujukan"):
    """The id of another thing."""

    to: Literal["petugas", "pendamping", "ewarong", "warga", "kasus"]


USUAL_PHOTOS = 4
"""For how many photos a field has room whose form says nothing of it."""


class Foto(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="foto"):
    """Photos by their SHA-256, between `min_count` (when answered) and `max_count`."""

    min_count: int = 1
    max_count: int = USUAL_PHOTOS


class Berkas(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="berkas"):
    """Scans of papers by their SHA-256; never shown as a thumbnail when `thumbnail` is false."""

    max_count: int = 5
    thumbnail: bool = True


class TandaTangan(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tanda_tangan"):
    """A signature or thumbprint by its SHA-256."""


class Gps(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="gps"):
    """A place with its accuracy in metres."""


class Tabel(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="tabel"):
    """Rows of columns; a condition in a column looks at its own row."""

    columns: "tuple[Field, ...]"
    max_rows: int = 50


class Turunan(Base, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="turunan"):
    """A value that schemas.derive computes under the name `compute`; nobody types it."""

    compute: str
    value: Literal["angka", "uang", "teks", "tanggal", "yatidak", "pilihan"]
    options: tuple[Option, ...] = ()


Field = (
    Teks
    | TeksPanjang
    | Angka
    | Uang
    | Tanggal
    | Bulan
    | Jam
    | Pilihan
    | Multi
    | YaTidak
    | Wilayah
    | Rujukan
    | Foto
    | Berkas
    | TandaTangan
    | Gps
    | Tabel
    | Turunan
)


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic on one screen; in a block, a `last` page comes after the form's own."""

    title: str
    fields: tuple[str, ...]
    last: bool = False


class Opens(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another form that joins the visit when the condition holds."""

    form: str
    when: Condition


class Form(Struct, frozen=True, kw_only=True):
    """A form with its blocks resolved; `sha256` names its content, and never changes once published."""

    id: str
    version: int
    title: str
    service: Service
    subject: Subject
    filled_by: tuple[str, ...]
    privacy: Privacy
    pages: tuple[Page, ...]
    fields: dict[str, Field]
    opens: tuple[Opens, ...] = ()
    annex: bool = False
    sha256: str = ""

    @property
    def startable(self) -> bool:
        """Whether a visit may begin with it: an annex is opened by another form."""
        return not self.annex
