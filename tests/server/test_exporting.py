"""A list goes out: what stands in it, who may have it, what stands on record, and when it is forgotten."""

import csv
import io
import secrets
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from python_calamine import CalamineWorkbook

from schemas.ids import RecordId
from server import device_store, export_store
from server.access import Person
from server.services.exporting import EXPORT, Exporting
from server.store import SqlOfficeStore
from server.tables.order import KEPT_MS, Asked, Given, Order
from server.web.building import build_site
from sync.change import Decide, FormAnswers, Patch, Submit
from tests.server.web_office import DESA, ELSEWHERE, Office, Phone, open_at, shut

NIK, HP, KKS = "3314990101800001", "081234567890", "0032989900014821"
FORMULA = "=HYPERLINK(1)"
PURPOSE = "Bahan rapat penyaluran"
COVERED = ("nama", "nik", "desa", "kecamatan", "layanan")


class Desk:
    """An office whose lists are written at once, with the people who ask for them."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.site = build_site(office.deps)
        self.lists: Exporting = self.site.exporting
        office.add_person("kabid2", "Kabid Penuh", "KP", ("kabid",), services=())

    def person(self, name: str) -> Person:
        return self.office.person(name)

    def made(self, who: str = "petugas", **asked: Any) -> Order:
        """Ask for a list, and wait until it is written."""
        given = asked.pop("given", Given())
        wanted = Asked(**{"source": "warga", "kind": "xlsx", "columns": COVERED, "purpose": PURPOSE, **asked})
        order = self.lists.start(self.person(who), wanted, given)
        assert isinstance(order, Order), order
        self.lists.wait()
        done = self.lists.order(self.person(who), order.id)
        assert done is not None and done.state == "selesai", done
        return done

    def bytes_of(self, order: Order) -> bytes:
        return b"".join(self.lists.file(order))

    def rows(self, order: Order) -> list[list[Any]]:
        """Read a list again, by a program that did not write it."""
        data = self.bytes_of(order)
        if order.asked.kind == "csv":
            return [list(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()

    def add_warga(self, desa: str = DESA, **fields: Any) -> RecordId:
        warga = RecordId(secrets.token_hex(16))
        new = {"nama": "Sutarmi Binti", "kode_desa": desa, "layanan": ["bpnt"], "nik": NIK, **fields}
        office = self.office.deps.office
        office.act(office.person, Patch(record=warga, kind="warga", base={}, new=new))
        return warga


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = open_at(tmp_path_factory.mktemp("going out"))
    yield (desk := Desk(office))
    desk.lists.close()
    shut(office)


WHOLE = ("nama", "nik", "no_hp", "no_kks", "alamat", "rt", "penyalur")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_numbers_keep_every_digit_and_formulas_are_text(desk: Desk, kind: Any) -> None:
    desa = {"xlsx": "33.14.05.2001", "csv": "33.14.05.2002"}[kind]
    desk.add_warga(desa, no_hp=HP, no_kks=KKS, alamat=FORMULA, rt="003", penyalur="bni")
    rows = desk.rows(desk.made("kabid", kind=kind, columns=WHOLE, whole=True, region=desa))
    row = dict(zip(rows[0], rows[1], strict=True))
    assert len(rows) == 2
    assert (row["NIK"], row["Nomor HP"], row["Nomor KKS"], row["RT"]) == (NIK, HP, KKS, "003")
    assert row["Nama"] == "Sutarmi Binti" and row["Penyalur"] == "BNI"
    assert row["Alamat"] == (FORMULA if kind == "xlsx" else f"'{FORMULA}")


@pytest.mark.parametrize("begins", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", "＝1"])
def test_whatever_may_begin_a_formula_is_guarded(desk: Desk, begins: str) -> None:
    desa = f"33.14.06.20{secrets.randbelow(10):02}"
    name = desk.add_warga(desa, alamat=begins)
    asked = {"columns": ("id", "alamat"), "whole": True}
    by_id = {row[0]: row[1] for row in desk.rows(desk.made("kabid", kind="csv", **asked))}
    assert by_id[name] == f"'{begins}"
    data = desk.bytes_of(desk.made("kabid", kind="xlsx", **asked))
    assert b"<f>" not in sheet_of(data) and styles_of(data).count("quotePrefix") == 1
    cell = sheet_of(data).decode().split(name)[1].split("</row>")[0]
    assert 's="2"' in cell  # the style that keeps it text when somebody edits the cell


def sheet_of(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        return book.read("xl/worksheets/sheet1.xml")


def styles_of(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return book.read("xl/styles.xml").decode()


def test_unless_the_whole_is_asked_for_nobody_is_named(desk: Desk) -> None:
    desk.add_warga(no_hp=HP, no_kks=KKS, alamat="Dukuh Ngrombo 7")
    source = desk.lists.source("warga")
    columns = tuple(column.name for column in source.columns if not column.whole)
    order = desk.made(columns=columns)
    told = "\n".join(str(cell) for row in desk.rows(order) for cell in row)
    assert "S. B." in told and "•••• 0001" in told
    for secret in (NIK, HP, KKS, "Sutarmi", "Ngrombo"):
        assert secret not in told


def test_what_a_form_holds_to_be_special_stands_in_whole_lists_only(desk: Desk) -> None:
    whole = {column.name: column.whole for column in desk.lists.source("bpnt_kpm").columns}
    for name in ("nominal_diterima", "status_kawin", "tanggal_lahir", "belanja", "foto_kk", "no_kks"):
        assert whole[name], f"{name} is spesifik"
    for name in ("alamat", "pekerjaan", "lokasi"):
        assert whole[name], f"{name} says where or who"
    for name in ("penyalur", "kks_kondisi", "nama", "nik", "tanggal_kunjungan"):
        assert not whole[name], name
    order = desk.lists.start(
        desk.person("petugas"),
        Asked(source="bpnt_kpm", kind="csv", columns=("penyalur", "nominal_diterima"), purpose=PURPOSE),
        Given(),
    )
    assert order == "kolom"


def test_a_column_of_whole_lists_is_not_had_without_the_right_to_it(desk: Desk) -> None:
    asked = Asked(source="warga", kind="csv", columns=("no_hp",), purpose=PURPOSE)
    assert desk.lists.start(desk.person("petugas"), asked, Given()) == "kolom"
    assert desk.lists.start(desk.person("petugas"), replace(asked, whole=True), Given()) == "peran"
    assert desk.lists.start(desk.person("pengawas"), replace(asked, whole=True), Given()) == "peran"
    for name in ("pendamping", "verifikator", "pdp", "admin"):
        allowed = replace(asked, columns=("nama",))
        assert desk.lists.start(desk.person(name), allowed, Given()) == "peran", name


def test_no_list_without_a_purpose(desk: Desk) -> None:
    for purpose in ("", "    ", "uji"):
        asked = Asked(source="warga", kind="csv", columns=("nama",), purpose=purpose)
        assert desk.lists.start(desk.person("petugas"), asked, Given()) == "keperluan"


def test_a_list_ends_where_its_readers_area_and_services_end(desk: Desk) -> None:
    office = desk.office
    office.add_person("sini", "Petugas Sini", "PS", ("petugas",), areas=("33.14.01",), services=("kis",))
    here, there = desk.add_warga(layanan=["kis"]), desk.add_warga(ELSEWHERE, layanan=["kis"])
    other, both = desk.add_warga(), desk.add_warga(layanan=["bpnt", "kis", "ktkpm"])
    rows = desk.rows(desk.made("sini", columns=("id", "layanan")))
    listed = {row[0]: row[1] for row in rows[1:]}
    assert here in listed and both in listed and there not in listed and other not in listed
    assert "KTKPM" not in str(rows)
    assert desk.rows(desk.made("sini", columns=("id",), region=ELSEWHERE))[1:] == []
    names = {source.name for source in desk.lists.sources(desk.person("sini"))}
    assert "kis" in names and "bpnt_kpm" not in names and "ewarong" not in names


def test_shops_and_the_visits_to_shops_are_two_lists(desk: Desk) -> None:
    shop = RecordId(secrets.token_hex(16))
    fields = {"nama_ewarong": "Warung Sari", "kode_desa": DESA, "layanan": ["bpnt"]}
    act = desk.office.deps.office
    act.act(act.person, Patch(record=shop, kind="ewarong", base={}, new=fields))
    answers = {"nama_ewarong": "Warung Sari", "masih_aktif": True, "jumlah_kpm": 40}
    visit = RecordId(secrets.token_hex(16))
    desk.office.phone.push(
        Submit(
            visit=visit,
            follows=None,
            subject=shop,
            form="ewarong",
            forms={"ewarong": FormAnswers(version=1, answers=answers)},
            evidence=[],
            place=None,
            tugas=None,
        )
    )
    shops = desk.rows(desk.made(source="ewarong", columns=("id", "nama_ewarong")))
    visits = desk.rows(
        desk.made(source="kunjungan_ewarong", columns=("kunjungan", "sasaran", "masih_aktif", "jumlah_kpm"))
    )
    assert shops[1:] == [[shop, "Warung Sari"]]
    assert [row[0] for row in visits[1:]] == [visit] and "Warung Sari" in visits[1] and 40 in visits[1]
    titles = [source.title for source in desk.lists.sources(desk.person("kabid2"))]
    assert len(titles) == len(set(titles))


def test_who_is_known_for_a_sealed_service_alone_is_in_no_list(desk: Desk) -> None:
    secret = desk.add_warga(layanan=["ktkpm"], nama="Terlindung")
    for who in ("kabid", "kabid2"):
        told = desk.rows(desk.made(who, columns=("id", "nama"), whole=True))
        assert secret not in str(told) and "Terlindung" not in str(told), who


def test_no_sealed_form_is_a_source(desk: Desk) -> None:
    names = {source.name for source in desk.lists.sources(desk.person("kabid2"))}
    assert {"bpnt_kpm", "kis", "ewarong", "kunjungan_ewarong"} <= names and not {
        "ktk",
        "pm",
        "uep",
        "cabut_setuju",
    } & names
    for name in ("ktk", "kunjungan_ktk", "kunjungan_bpnt_kpm"):
        with pytest.raises(KeyError):
            desk.lists.source(name)
    columns = [column for source in desk.lists.sources(desk.person("kabid2")) for column in source.columns]
    assert not [each for each in columns if each.field and each.field.privacy == "rahasia"]


VISIT = ("diterima", "keadaan", "desa", "petugas", "nama", "nominal_diterima", "kks_kondisi", "edukasi")


def test_visits_go_out_with_their_answers_in_words_and_numbers_as_numbers(desk: Desk) -> None:
    office = desk.office
    office.add_visit(answers={"periode": "Uji"})
    order = desk.made("kabid", source="bpnt_kpm", columns=(*VISIT, "periode"), codes=True, whole=True)
    heads, codes, *rows = desk.rows(order)
    row = dict(zip(codes, rows[-1], strict=True))
    assert "Kondisi KKS" in heads and row["nominal_diterima"] == 600_000
    assert row["diterima"] == row["diterima"] and hasattr(row["diterima"], "year")
    assert row["keadaan"] == "Diterima" and row["petugas"] == "Pendamping Uji"
    assert row["nama"] == "Sutarmi" and row["kks_kondisi"] == "Baik" and "; " in row["edukasi"]


def test_of_an_approved_visit_the_version_that_was_approved_is_named_and_told(desk: Desk) -> None:
    office, phone = desk.office, Phone(desk.office.deps, desk.office.people["pendamping"])
    visit, first = office.add_visit(phone=phone, photos=(), answers={"kks_kondisi": "baik"})
    decide = Decide(visit=visit, follows=first, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.people["verifikator"], decide)
    office.deps.engine.write(lambda tx: device_store.revoke(tx, phone.device, 0)).result()
    office.add_visit(phone=phone, visit=visit, follows=first, photos=(), answers={"kks_kondisi": "rusak"})
    order = desk.made(source="bpnt_kpm", columns=("kunjungan", "versi", "kks_kondisi"))
    assert [visit, 1, "Baik"] in desk.rows(order)


def test_answers_to_hidden_questions_stay_at_home(desk: Desk) -> None:
    visit, _ = desk.office.add_visit(answers={"potongan": False, "potongan_jumlah": 98_765})
    shown, _ = desk.office.add_visit(answers={"potongan": True, "potongan_jumlah": 12_345})
    columns = ("kunjungan", "potongan", "potongan_jumlah")
    rows = desk.rows(desk.made("kabid", source="bpnt_kpm", columns=columns, whole=True))
    listed = {row[0]: row[1:] for row in rows[1:]}
    assert listed[visit] == ["Tidak", ""] and listed[shown] == ["Ya", 12_345]


def test_a_form_that_another_opened_is_a_list_of_its_own(desk: Desk) -> None:
    more = {"kks_masalah": FormAnswers(version=1, answers={"jenis_masalah": "kks_hilang"})}
    visit, _ = desk.office.add_visit(more=more)
    rows = desk.rows(desk.made(source="kks_masalah", columns=("kunjungan", "sasaran", "jenis_masalah")))
    assert [row for row in rows[1:] if row[0] == visit] == [[visit, "S.", "KKS hilang"]]
    assert all(row[2] for row in rows[1:]), "visits without that form are not in it"


def test_visits_are_narrowed_by_state_place_and_days(desk: Desk) -> None:
    columns, now = ("kunjungan", "keadaan"), desk.office.deps.now_ms()
    visit, _ = desk.office.add_visit()

    def listed(**asked: Any) -> list[str]:
        rows = desk.rows(desk.made(source="bpnt_kpm", columns=columns, **asked))
        return [row[0] for row in rows[1:]]

    assert visit in listed() and visit in listed(region="33.14.01") and visit in listed(region=DESA)
    assert visit not in listed(region=ELSEWHERE) and listed(state="ditolak") == []
    assert visit in listed(state="diterima", first_ms=now - 1_000)
    assert visit not in listed(before_ms=now - 1_000)
    assert listed(first_ms=now + 3_600_000) == []


def test_cases_go_out_with_where_they_stand_and_sealed_ones_do_not(desk: Desk) -> None:
    office, open_case, sealed = desk.office.deps.office, RecordId("c1" * 16), RecordId("c2" * 16)
    new = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": desk.office.warga, "kode_desa": DESA}
    office.act(office.person, Patch(record=open_case, kind="kasus", base={}, new=new))
    new = {"workflow": "ktkpm", "service": "ktkpm", "kode": "KS-2026-BCDFGH", "petugas": "a" * 32}
    office.act(office.person, Patch(record=sealed, kind="kasus", base={}, new=new))
    columns = ("id", "layanan", "alur", "keadaan", "desa", "sasaran")
    for who in ("petugas", "kabid2"):
        rows = desk.rows(desk.made(who, source="kasus", columns=columns))
        assert [row[0] for row in rows[1:]] == [open_case], who
    assert rows[1][1] == "BPNT/Sembako" and rows[1][3].startswith(rows[1][2]) and rows[1][5] == "S."
    states = desk.lists.states(desk.lists.source("kasus"))
    here = next(name for name, said in states.items() if said == rows[1][3])
    other = next(name for name in states if name.startswith("kis:"))
    assert not any(name.startswith("ktkpm") for name in states)
    assert len(desk.rows(desk.made(source="kasus", columns=columns, state=here))) == 2
    assert len(desk.rows(desk.made(source="kasus", columns=columns, state=other))) == 1


def test_a_list_stands_on_record_with_who_why_what_and_its_hash(desk: Desk) -> None:
    order = desk.made(region=DESA, service="bpnt")
    fields = desk.office.fields(order.id)
    assert fields["oleh"] == desk.office.people["petugas"] and fields["keperluan"] == PURPOSE
    assert (fields["apa"], fields["wilayah"], fields["layanan"]) == ("warga", DESA, "bpnt")
    assert fields["kolom"] == list(COVERED) and fields["lengkap"] is False
    data = desk.bytes_of(order)
    assert fields["sha256"] == sha256(data).hexdigest() and fields["ukuran"] == len(data)
    assert fields["baris"] == len(desk.rows(order)) - 1
    links = desk.office.deps.engine.read(
        lambda tx: tx.query("SELECT count(*) FROM records WHERE kind = :kind", {"kind": EXPORT})
    )
    assert links[0][0] >= 1


def test_what_is_given_away_stands_in_the_register_of_recipients(desk: Desk) -> None:
    given = Given(recipient="bni", letter="400.9/12/09/2026", basis="Perjanjian kerja sama")
    order = desk.made(given=given)
    noted = [each for each in desk.site.handouts.all() if order.id[:8] in each.what]
    assert [(each.recipient, each.letter, each.people) for each in noted] == [
        ("bni", given.letter, order.rows)
    ]
    for wrong in (replace(given, letter=" "), replace(given, basis=""), replace(given, recipient="siapa")):
        asked = Asked(source="warga", kind="csv", columns=("nama",), purpose=PURPOSE)
        assert desk.lists.start(desk.person("petugas"), asked, wrong) == "penerima"
        assert desk.lists.start(desk.person("pengawas"), asked, given) == "penerima"


def test_only_whoever_asked_has_the_file_and_only_while_they_may(desk: Desk) -> None:
    order = desk.made("kabid", columns=("nama", "nik"), whole=True)
    assert desk.lists.order(desk.person("kabid2"), order.id) is None
    assert desk.lists.order(replace(desk.person("kabid"), roles=("petugas",)), order.id) is None
    assert desk.lists.record(desk.person("kabid2"), order.id) is not None
    assert desk.lists.record(desk.person("petugas"), order.id) is None
    assert desk.lists.drop(desk.person("kabid2"), order.id) is False
    assert desk.lists.drop(desk.person("kabid"), order.id) is True
    assert desk.bytes_of(order) == b"" and desk.office.fields(order.id)["baris"] == order.rows


def test_a_file_is_forgotten_when_its_time_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order = desk.made()
    now = desk.office.deps.now_ms()
    monkeypatch.setattr(desk.lists, "_now_ms", lambda: now + KEPT_MS - 60_000)
    desk.lists.forget_old()
    assert desk.bytes_of(order)
    monkeypatch.setattr(desk.lists, "_now_ms", lambda: now + KEPT_MS + 60_000)
    assert desk.lists.order(desk.person("petugas"), order.id) is None
    desk.lists.forget_old()
    assert desk.bytes_of(order) == b"" and desk.lists.record(desk.person("petugas"), order.id) is not None


def test_a_list_that_was_cut_off_is_begun_anew_and_comes_out_whole(desk: Desk) -> None:
    order = desk.made()
    cut = replace(order, state="menulis", sha256="", done=1)

    def work(tx: Any) -> None:
        export_store.put_order(tx, cut)
        export_store.drop_pieces(tx, order.id, 1_000)
        export_store.put_piece(tx, order.id, 0, b"half of it")

    desk.office.deps.engine.write(work).result()
    assert desk.lists.standing(desk.person("petugas"), order.id) == (cut, False)
    assert desk.lists.again(desk.person("petugas"), order.id)
    desk.lists.wait()
    done = desk.lists.order(desk.person("petugas"), order.id)
    assert (
        done is not None
        and done.state == "selesai"
        and sha256(desk.bytes_of(done)).hexdigest() == done.sha256
    )
    assert desk.lists.again(desk.person("petugas"), order.id) is False


def test_a_list_that_fails_says_so_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("something that a list said")

    monkeypatch.setattr("server.services.exporting.table_writer", broken)
    asked = Asked(source="warga", kind="csv", columns=("nama",), purpose=PURPOSE)
    order = desk.lists.start(desk.person("petugas"), asked, Given())
    assert isinstance(order, Order)
    desk.lists.wait()
    failed = desk.lists.order(desk.person("petugas"), order.id)
    assert failed is not None and failed.state == "gagal" and desk.bytes_of(failed) == b""


def test_what_was_destroyed_is_in_no_file_that_waits(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    desk = Desk(office)
    order = desk.made()
    assert desk.bytes_of(order)
    _, change = office.add_visit()
    office.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([change], [])).result()
    assert desk.bytes_of(order) == b"" and desk.lists.order(desk.person("petugas"), order.id) is None
    desk.lists.close()
    shut(office)
