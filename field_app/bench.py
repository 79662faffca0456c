"""What all use cases of a visit stand on. Rule: reads a draft as she sees it, and refuses to touch what is
finished.

Built once when the vault is opened. Times and randomness come from `time` and `randomness(n)`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypeVar, cast

from field_app.blobs import Blobs
from field_app.capture import Quality
from field_app.clock_check import ClockCheck
from field_app.devices import Timepiece
from field_app.draft_keys import DraftKeyError
from field_app.drafts import Draft, Drafts, Photo
from field_app.history import History
from field_app.owner import Owner
from field_app.pen import Pen
from field_app.published import PublishedForms
from field_app.records import Records, text_of
from field_app.rows import cells_of
from field_app.sealed_drafts import SealedDrafts
from field_app.second import ClosedError
from field_app.sheets import Sheet, Sheets, findings_of
from field_app.shelf import Shelf
from field_app.standing import Standings
from field_app.store import Store
from field_app.unit import Unit
from field_app.unstored import UNSTORED, unstored
from field_app.vault import Vault
from field_app.views import PhotoView, Refused, Saved
from schemas.form import Field, Forms
from schemas.form_cells import Cell
from schemas.format import local_date
from schemas.holidays import Holidays
from schemas.ids import RecordId, uuid7
from schemas.sealed import SEALED_FORM
from schemas.text import Text
from schemas.wilayah import Region, Wilayah
from sync.scope import HOLIDAYS

T = TypeVar("T")
CLOSED = "lapangan.tersegel.tertutup"
"""Why nothing of a sealed draft can be shown or kept: the PIN has to be given again."""


class Spot(NamedTuple):
    """One field of one form of a draft that may be written."""

    draft: Draft
    sheet: Sheet
    field: Field


class Bench:
    """See the module. `quality` is that of photos, `words` what is said, with the version of the notice that
    is read out; `sealed` holds the drafts of sealed cases, `unit` the keys that these are sealed to, and
    `published` the forms that came from the office.
    """

    def __init__(
        self,
        *,
        vault: Vault,
        store: Store,
        owner: Owner,
        forms: Forms,
        sheets: Sheets,
        wilayah: Wilayah,
        time: Timepiece,
        randomness: Callable[[int], bytes],
        quality: Callable[[], Quality],
        words: Text,
        sealed: SealedDrafts,
        unit: Unit,
        published: PublishedForms,
    ) -> None:
        self.vault = vault
        self.store = store
        self.owner = owner
        self.forms = forms
        self.time = time
        self.randomness = randomness
        self.pen = Pen(store, owner, time, randomness)
        self.quality = quality
        self.words = words
        self.notice = words("lapangan.versi_pemberitahuan")
        self.drafts, self.history = Drafts(vault), History(store)
        self.sealed = sealed
        self.unit = unit
        self.published = published
        self.blobs = Blobs(vault)
        self.records = Records(store)
        self.standings = Standings(store, self.drafts, self.blobs, self.records)
        self._sheets = sheets
        self._wilayah = wilayah
        self._clock = ClockCheck(store, time)

    def today(self) -> date:
        """Return the local day."""
        return local_date(self.time.now_ms())

    def latest_day(self) -> date:
        """Return the latest day that it may be: a clock that was set back makes no date one of the future."""
        return local_date(self._clock.latest_ms())

    def roles(self) -> frozenset[str]:
        """Return the worker's roles: as the office last said, else as it said when the phone joined."""
        record = self.records.get(RecordId(self.owner.person))
        said = record.fields.get("peran") if record else None
        roles = cast("list[str]", said) if isinstance(said, list) else self.owner.roles
        return frozenset(roles)

    def new_id(self) -> RecordId:
        """Make an id for a new thing."""
        return uuid7(self.time.now_ms(), self.randomness(10))

    def shelf(self, draft: str) -> Shelf:
        """Return where a draft lies; finalised versions and those that are nowhere are the plain one's."""
        return self.sealed if self.sealed.holds(draft) else self.drafts

    def known(self, draft: str) -> Draft:
        """Return a draft. Raises LookupError for one that is not there, ClosedError for a sealed one while
        the second unlock is closed.
        """
        found = self.shelf(draft).get(draft)
        if found is None:
            raise LookupError("no such draft")
        return found

    def read(self, draft: Draft) -> dict[str, Sheet]:
        """Return the sheets of a draft: its forms with answers as typed and derived."""
        shelf = self.shelf(draft.id)
        return self._sheets.read(
            draft.form,
            shelf.forms(draft.id),
            shelf.answers(draft.id),
            kode_desa=draft.seen.kode_desa,
            today=self.today(),
            holidays=self._holidays(),
        )

    def writable(self, draft: str, form: str, field: str) -> Spot | Refused:
        """Return the field to write to, or why it may not be written. Raises LookupError without a draft."""
        known = self.known(draft)
        if known.change is not None:
            return Refused(say="lapangan.sudah_selesai")
        sheet = self.read(known).get(form)
        if sheet is None:
            return Refused(say="lapangan.formulir_tidak_terbuka")
        definition = sheet.form.fields.get(field)
        if definition is None:
            return Refused(say="lapangan.isian_tidak_dikenal")
        if definition.read_only or definition.filled_by in ("kantor", "impor"):
            return Refused(say="lapangan.isian_hanya_baca")
        return Spot(known, sheet, definition)

    def put(self, spot: Spot, value: Any, *, refused: bool) -> Saved:
        """Keep one answer and say what the form lacks now."""
        draft, sheet, field = spot
        with self.vault.write():
            now_ms = self.time.now_ms()
            self.shelf(draft.id).put_answer(
                draft.id, sheet.form.id, field.name, value, refused=refused, now_ms=now_ms
            )
            return self.saved(draft, sheet.form.id)

    def saved(self, draft: Draft, form: str) -> Saved:
        """Say what one form lacks now, and pin the versions of the forms that are open."""
        sheets = self.read(draft)
        for name, sheet in sheets.items():
            self.shelf(draft.id).pin_form(draft.id, name, sheet.form.version)
        findings = findings_of(sheets[form], self.latest_day(), self.kecamatan())
        return Saved(findings=findings, forms=tuple(sheets))

    def kecamatan(self) -> frozenset[str]:
        """Return the six-digit beginnings of NIKs that this regency knows: its own and those that it
        names.
        """
        named = (fields.get("kecamatan_nik") or () for fields in self.records.of_kind("referensi").values())
        return self._wilayah.kecamatan_nik_prefixes(prefix for prefixes in named for prefix in prefixes)

    def _holidays(self) -> Holidays:
        """Return the days off that the office told of."""
        recorded = self.records.get(HOLIDAYS)
        return Holidays(recorded.fields if recorded else {})

    def desa(self, kode: str) -> str:
        """Return the name of a desa, its code for one that is not known."""
        region = self._wilayah.get(kode)
        return region.nama if region else kode

    def region(self, kode: str) -> Region | None:
        """Return the region of a code, None for one that is not known."""
        return self._wilayah.get(kode)

    def shown(self, draft: str, photo: Photo, field: str = "") -> PhotoView:
        """Return a shot as it is shown, with advice to take it again; `field` where it stands in a row."""
        return PhotoView(
            number=photo.number,
            blob=photo.blob,
            form=photo.form,
            field=field or photo.field,
            thumbnail=self.shelf(draft).thumbnail(draft, photo),
            camera_sha256=photo.camera_sha256,
            taken_ms=photo.taken_ms,
            place=photo.place,
            blurry=photo.blurry,
            dark=photo.dark,
            superseded=photo.superseded,
            warnings=_advice(photo),
        )

    def shown_all(self, draft: str, sheets: Mapping[str, Sheet]) -> tuple[PhotoView, ...]:
        """Return all shots of a draft; those that stand in a row with that row's cell as their field."""
        photos = self.shelf(draft).photos(draft)
        cells: dict[int, Cell] = {}
        for name, sheet in sheets.items():
            ours = [photo for photo in photos if photo.form == name]
            cells |= cells_of(sheet.form.fields, sheet.answers, ours, seen=False)
        return tuple(
            self.shown(draft, photo, cells[photo.number].name if photo.number in cells else "")
            for photo in photos
        )

    def title_of(self, form: str) -> str:
        """Return what a visit with this form is called; of a sealed one not even that is said."""
        if form == SEALED_FORM:
            return self.words("lapangan.tersegel.judul")
        return self.forms.get(form).title if form in self.forms.ids() else form

    def name_of(self, subject: RecordId | None) -> str:
        """Return the name of a subject, empty for one that is not on this phone."""
        record = self.records.get(subject)
        return text_of(record.fields, "nama", "nama_ewarong") if record else ""


def _advice(photo: Photo) -> tuple[str, ...]:
    """Return the keys of what she might do better; what covers the writing first."""
    paper = photo.paper
    found = {
        "lapangan.kertas_memantul": paper.glare,
        "lapangan.kertas_terpotong": paper.cut,
        "lapangan.kertas_jauh": paper.far,
        "lapangan.foto_kabur": photo.blurry,
        "lapangan.foto_gelap": photo.dark,
    }
    return tuple(key for key, holds in found.items() if holds)


def guarded(step: Callable[[], T]) -> T | Refused:
    """Run a step that stores something. A full phone, a storage that fails, a folder that cannot be written,
    a closed second unlock and the lost key of a draft are expected outcomes, and nothing of the step is kept.
    """
    try:
        return step()
    except UNSTORED as error:
        return unstored(error)
    except ClosedError:
        return Refused(say=CLOSED)
    except DraftKeyError:
        return Refused(say="lapangan.tersegel.kunci_draf_hilang")
