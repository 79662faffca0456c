"""What other systems read: people, e-warong, cases and visits, by the commit in which they last changed.

Rule: what a phone of the desa may see is the most that is given, and less of it: no number of anybody but the
last four digits of a NIK, and names and addresses only where the key is for that. Sealed cases are in no part
that a key reaches; what was destroyed, or went elsewhere, is told as gone. Visits are given to
keys for visits only. Nothing is told of whoever objects while that holds (objections.py), and then all that
was held is told.
"""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from schemas.base import Data
from schemas.form import Forms
from schemas.format import local_date
from schemas.ids import Part, RecordId
from schemas.problem import Problem
from schemas.sealed import SEALED_SERVICES
from schemas.text import Text
from schemas.wilayah import Wilayah
from schemas.workflow import Workflows
from server import api_store, subject_store
from server.access import within
from server.engine import Engine, Reader
from server.services.api_keys import ApiKey
from server.services.data_visits import Id, KodeDesa, Kunjungan, VisitPresenter, read_visits
from server.services.objections import held_and_freed
from server.store import SqlOfficeStore
from server.tables.outgoing import initials
from sync.scope import desa_part

PartKind = Literal["warga", "ewarong", "kasus"]
"""What stands in the parts of a desa, as phones have it."""
Kind = Literal[PartKind, "kunjungan"]
KINDS: tuple[Kind, ...] = get_args(Kind)
START = "0-"
CURSOR = r"^(0|[1-9][0-9]{0,17})-([0-9a-f]{2}){0,16}$"
MOST_ROWS, ROWS = 1_000, 500
CALLS_A_MINUTE = 60
MINUTE_MS = 60_000
PLAIN = ("jenis_kelamin", "penyalur", "status_kpm", "periode")
"""Of a warga, besides who and where: choices, and the period that a list named."""

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Tanggal, YYYY-MM-DD")]


class Warga(Data, frozen=True, kw_only=True, omit_defaults=True):
    """Seorang warga penerima atau pemohon."""

    id: Id
    nama: Annotated[str, Meta(description="Huruf depan saja, kecuali kuncinya untuk nama")]
    kode_desa: KodeDesa
    layanan: list[str]
    nik_akhir: Annotated[str, Meta(description="Empat angka terakhir NIK; hanya dengan kunci untuk nama")] = (
        ""
    )
    alamat: Annotated[str, Meta(description="Hanya dengan kunci untuk nama")] = ""
    rt: str = ""
    rw: str = ""
    jenis_kelamin: str = ""
    penyalur: str = ""
    status_kpm: str = ""
    periode: str = ""


class Ewarong(Data, frozen=True, kw_only=True, omit_defaults=True):
    """Sebuah e-warong."""

    id: Id
    nama_ewarong: str
    kode_desa: KodeDesa
    layanan: list[str]
    pemilik: Annotated[str, Meta(description="Huruf depan saja, kecuali kuncinya untuk nama")] = ""
    alamat: Annotated[str, Meta(description="Hanya dengan kunci untuk nama")] = ""


class Kasus(Data, frozen=True, kw_only=True, omit_defaults=True):
    """Sebuah kasus layanan; bukan kasus tertutup."""

    id: Id
    alur: str
    layanan: str
    keadaan: str
    kode_desa: KodeDesa
    keadaan_nama: str = ""
    subjek: Annotated[str, Meta(description="Kode warga atau e-warong yang disangkutkan")] = ""
    sejak: Annotated[str, Meta(description="Tanggal keadaan itu mulai, YYYY-MM-DD")] = ""
    batas: Annotated[str, Meta(description="Tanggal batas langkah ini, YYYY-MM-DD")] = ""


class _Page(Data, frozen=True, kw_only=True):
    """Satu halaman perubahan, urut dari yang paling lama."""

    hilang: Annotated[
        list[Id], Meta(description="Yang tidak ada lagi bagi kunci ini: pindah, dihapus, atau musnah")
    ]
    lanjut: Annotated[
        str, Meta(pattern=CURSOR, description="Dipakai sebagai `sesudah` pada panggilan berikutnya")
    ]
    masih: Annotated[bool, Meta(description="Benar bila masih ada halaman berikutnya sekarang")]


class WargaPage(_Page, frozen=True, kw_only=True):
    """Perubahan data warga."""

    data: list[Warga]


class EwarongPage(_Page, frozen=True, kw_only=True):
    """Perubahan data e-warong."""

    data: list[Ewarong]


class KasusPage(_Page, frozen=True, kw_only=True):
    """Perubahan data kasus."""

    data: list[Kasus]


class KunjunganPage(_Page, frozen=True, kw_only=True):
    """Perubahan data kunjungan."""

    data: list[Kunjungan]


Page = WargaPage | EwarongPage | KasusPage | KunjunganPage
PAGES: dict[Kind, type[Page]] = {
    "warga": WargaPage,
    "ewarong": EwarongPage,
    "kasus": KasusPage,
    "kunjungan": KunjunganPage,
}


class Pace:
    """How often each key asked within the present minute. `now_ms` gives UTC milliseconds."""

    def __init__(self, now_ms: Callable[[], int], most: int = CALLS_A_MINUTE) -> None:
        self._now_ms, self._most = now_ms, most
        self._counts: dict[RecordId, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: RecordId) -> int:
        """Count a call; return how many seconds to wait where it is one too many, else 0."""
        now = self._now_ms()
        with self._lock:
            begun, count = self._counts.get(key, (now, 0))
            if not begun <= now < begun + MINUTE_MS:
                begun, count = now, 0
            self._counts[key] = (begun, count + 1)
        return 0 if count < self._most else -(-(begun + MINUTE_MS - now) // 1000)


class Presenter:
    """Says of a row what other systems are told."""

    def __init__(self, workflows: Workflows) -> None:
        self._states = {
            (flow.id, code): state.label for flow in workflows.all() for code, state in flow.states.items()
        }

    def show(self, kind: PartKind, row: api_store.PartRow, *, named: bool) -> Warga | Ewarong | Kasus:
        """Return what stands in a row; with names and addresses when it is for that."""
        fields: dict[str, Any] = msgspec.msgpack.decode(row.body or b"\x80")
        match kind:
            case "warga":
                return _warga(row.id, fields, named)
            case "ewarong":
                return _ewarong(row.id, fields, named)
            case "kasus":
                return self._kasus(row.id, fields)

    def _kasus(self, name: RecordId, fields: dict[str, Any]) -> Kasus:
        flow, state, since = _text(fields, "workflow"), _text(fields, "state"), fields.get("since_ms")
        return Kasus(
            id=name,
            alur=flow,
            layanan=_text(fields, "service"),
            keadaan=state,
            keadaan_nama=self._states.get((flow, state), ""),
            kode_desa=_text(fields, "kode_desa"),
            subjek=_text(fields, "subjek"),
            sejak=local_date(since).isoformat() if isinstance(since, int) and since > 0 else "",
            batas=_text(fields, "due"),
        )


class DataApi:
    """Reads pages. Blocks its thread."""

    def __init__(
        self, engine: Engine, wilayah: Wilayah, workflows: Workflows, forms: Forms, text: Text
    ) -> None:
        self._engine = engine
        self._desa = [each.kode for each in wilayah if each.is_desa]
        self._presenter = Presenter(workflows)
        self._visits = VisitPresenter(forms, text)

    def page(self, key: ApiKey, kind: Kind, after: str, limit: int) -> Page | Problem:
        """Return what changed beyond a cursor, as far as a key reaches."""
        cursor = read_cursor(after)
        if cursor is None:
            return Problem(code="kursor_salah")
        if kind == "kunjungan":
            if not key.visits:
                return Problem(code="kunci_data_tanpa_kunjungan")
            return self._engine.read(lambda tx: self._read_visits(tx, key, cursor, limit))
        parts = self._parts(key)
        return self._engine.read(lambda tx: self._read(tx, key, kind, cursor, limit, parts))

    def _read(
        self,
        tx: Reader,
        key: ApiKey,
        kind: PartKind,
        cursor: tuple[int, bytes],
        limit: int,
        parts: list[Part],
    ) -> Page | Problem:
        store, (after, tag) = SqlOfficeStore.reading(tx), cursor
        if store.tag_at(after) != tag:
            return Problem(code="kursor_tidak_dikenal")
        moved = api_store.moved_parts(tx, parts, after)
        found = api_store.beyond(tx, moved, kind, after, limit) if moved else []
        more = len(found) >= limit
        last = found[-1].seq if more else store.last_seq()
        held, freed = held_and_freed(tx, after, last)
        about = [*freed, *subject_store.cases_of(tx, freed)] if freed else []
        again = api_store.shown_before(tx, parts, kind, about, after) if about else []
        shown = {row.id: row for row in (*again, *found) if row.body is not None}
        shown = {name: row for name, row in shown.items() if _about(kind, row) not in held}
        gone = {row.id for row in found if row.body is None} - shown.keys()
        gone -= api_store.still_there(tx, parts, gone) if gone else set()
        rows = [self._presenter.show(kind, row, named=key.named) for row in shown.values()]
        return PAGES[kind](
            data=rows,  # type: ignore[arg-type]
            hilang=sorted(gone),
            lanjut=_named(store, last),
            masih=more,
        )

    def _read_visits(
        self, tx: Reader, key: ApiKey, cursor: tuple[int, bytes], limit: int
    ) -> KunjunganPage | Problem:
        store, (after, tag) = SqlOfficeStore.reading(tx), cursor
        if store.tag_at(after) != tag:
            return Problem(code="kursor_tidak_dikenal")
        told = self._visits.forms_of(key.services)
        desa = self._reached(key) if key.areas else None
        found = api_store.visits_beyond(tx, after, limit, told, desa)
        more = len(found) >= limit
        last = found[-1][0] if more else store.last_seq()
        held, freed = held_and_freed(tx, after, last)
        again = api_store.visits_to(tx, freed, told, desa, after) if freed else []
        names = [*again, *(name for _, name in found)]
        shown, gone = read_visits(tx, names, self._visits, told, named=key.named)
        # whoever begins has nothing yet that could be gone
        hilang: list[Id] = sorted(gone) if after else []
        shown = [each for each in shown if each.subjek not in held]
        return KunjunganPage(data=shown, hilang=hilang, lanjut=_named(store, last), masih=more)

    def _reached(self, key: ApiKey) -> list[str]:
        return [kode for kode in self._desa if not key.areas or within(kode, key.areas)]

    def _parts(self, key: ApiKey) -> list[Part]:
        return [desa_part(kode, service) for kode in self._reached(key) for service in key.services]


def _about(kind: PartKind, row: api_store.PartRow) -> str:
    """Return whom a row is about: a case is about somebody else."""
    if kind != "kasus":
        return row.id
    fields: dict[str, Any] = msgspec.msgpack.decode(row.body or b"\x80")
    return _text(fields, "subjek")


def _named(store: SqlOfficeStore, seq: int) -> str:
    """Write the cursor of a commit: its seq and its tag."""
    return f"{seq}-{(store.tag_at(seq) or b'').hex()}"


def read_cursor(text: str) -> tuple[int, bytes] | None:
    """Read a cursor, seq and tag; None for what is none."""
    if re.fullmatch(CURSOR[1:-1], text) is None:
        return None
    seq, _, tag = text.partition("-")
    return int(seq), bytes.fromhex(tag)


def _warga(name: RecordId, fields: dict[str, Any], named: bool) -> Warga:
    own = {each: _text(fields, each) for each in PLAIN}
    full = ("nik_akhir", "alamat", "rt", "rw") if named else ()
    return Warga(
        id=name,
        nama=_text(fields, "nama") if named else initials(_text(fields, "nama")),
        kode_desa=_text(fields, "kode_desa"),
        layanan=_open(fields.get("layanan") or ()),
        **own,
        **{each: _text(fields, each) for each in full},
    )


def _ewarong(name: RecordId, fields: dict[str, Any], named: bool) -> Ewarong:
    owner = _text(fields, "pemilik")
    return Ewarong(
        id=name,
        nama_ewarong=_text(fields, "nama_ewarong"),
        kode_desa=_text(fields, "kode_desa"),
        layanan=_open(fields.get("layanan") or ()),
        pemilik=owner if named else initials(owner),
        alamat=_text(fields, "alamat") if named else "",
    )


def _open(services: Iterable[Any]) -> list[str]:
    """Leave out the services whose cases are sealed."""
    return sorted(str(each) for each in services if each not in SEALED_SERVICES)


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
