"""Rows of lists, read: what is taken, what is left out and told, what blocks its row alone."""

from datetime import date

import pytest

from schemas.form import load_forms
from schemas.ids import RecordId
from schemas.text import load_text
from schemas.wilayah import Region, load_wilayah
from server.services.import_steps import choices_of
from server.tables.columns import guess, lacking
from server.tables.entries import LONGEST_TEXT, Entry, Reader
from server.tables.heading import find_heading, heading_at
from server.tables.judging import Known, news
from server.tables.outgoing import record_columns
from sync.store import Record

TODAY = date(2026, 11, 26)
NIK = "3314990101800001"
WILAYAH, OPTIONS = load_wilayah(), choices_of(load_forms())
KALIJAMBE = WILAYAH.find("Jetis Karangpung")[0].kode


def read(**cells: object) -> Entry:
    reader = Reader(
        "warga",
        tuple(cells),
        wilayah=WILAYAH,
        kecamatan=frozenset({"331499"}),
        options=OPTIONS,
        today=TODAY,
    )
    entry = reader.read([cell if isinstance(cell, str | int | float) else None for cell in cells.values()])
    assert entry is not None
    return entry


def codes(entry: Entry) -> set[str]:
    return {note.code for note in (*entry.blocked, *entry.notes)}


def test_a_header_is_found_below_titles_and_blank_rows() -> None:
    rows = [
        ["DATA BAYAR SP2D", None, None],
        [],
        ["Tahap IV", None, None],
        ["No", "NIK", "Nama KPM"],
        [1, NIK, "A"],
    ]
    found = find_heading(rows)
    assert (found.row, found.names) == (3, ("No", "NIK", "Nama KPM"))
    assert guess("warga", found.names, {}) == ("", "nik", "nama")


def test_a_header_of_two_rows_is_put_together() -> None:
    rows = [["NIK", "Nama", "Alamat", None, None], [None, None, "Jalan", "RT", "RW"], [NIK, "A", "x", 1, 2]]
    found = find_heading(rows)
    assert (found.row, found.rows, found) == (1, 2, heading_at(rows, 1))
    assert found.names == ("NIK", "Nama", "Alamat Jalan", "RT", "RW")


def test_what_was_matched_before_is_matched_again_and_no_field_twice() -> None:
    heads = ("NIK", "Nama", "Nama Pengurus", "Kode X")
    remembered = {"nama": "", "kodex": "no_kks"}
    assert guess("warga", heads, remembered) == ("nik", "", "nama", "no_kks")
    assert guess("warga", ("Nama", "Nama Lengkap"), {}) == ("nama", "")
    assert lacking("warga", ("nik", "alamat")) == ("nama", "desa")
    assert lacking("warga", ("nama", "kode_desa")) == ()


@pytest.mark.parametrize(
    "cell", [NIK, f"'{NIK}", f'="{NIK}"', "3314 9901 0180 0001", int(NIK), "3314.9901.0180.0001"]
)
def test_a_nik_is_read_as_text_number_or_with_an_apostrophe(cell: object) -> None:
    assert read(nik=cell, nama="Sutarmi").fields["nik"] == NIK


def test_a_nik_that_a_sheet_may_have_rounded_is_taken_for_unsure() -> None:
    assert read(nik=3314990101800000, nama="A").unsure_nik
    assert not read(nik=3314990101800001, nama="A").unsure_nik
    assert not read(nik="3314990101800000", nama="A").unsure_nik


def test_a_nik_without_its_digits_blocks_its_row() -> None:
    assert [note.code for note in read(nik="331499010180001", nama="A").blocked] == ["BUKAN_16_ANGKA"]


def test_a_doubtful_cell_is_left_out_and_told_and_voids_nothing() -> None:
    entry = read(nik=NIK, nama="Sutarmi", no_hp="123", tanggal_lahir="31/02/1980", penyalur="BRI", rt="tiga")
    assert not entry.blocked
    assert entry.fields == {"nik": NIK, "nama": "Sutarmi"}
    assert {"bukan_phone", "bukan_date", "bukan_choice", "bukan_three"} <= codes(entry)


def test_a_text_that_is_too_long_is_cut_and_told() -> None:
    for signs, told in ((LONGEST_TEXT, False), (LONGEST_TEXT + 1, True)):
        entry = read(nik=NIK, nama="S" * signs)
        assert entry.fields["nama"] == "S" * LONGEST_TEXT and ("terpotong" in codes(entry)) is told


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1980-01-02", "1980-01-02"), ("02/01/1980", "1980-01-02"), ("2-1-80", "1980-01-02"),
        ("2 Jan 1980", "1980-01-02"), ("02-Agt-1980", "1980-08-02"), (29222, "1980-01-02"),
        ("02.01.1980", "1980-01-02"), ("2 Pebruari 1980", "1980-02-02"), ("2 Nopember 1980", "1980-11-02"),
        ("Sragen, 2 Januari 1980", "1980-01-02"), ("Rabu 02-01-1980", "1980-01-02"),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(cell: object, day: str) -> None:
    assert read(nama="A", tanggal_lahir=cell).fields["tanggal_lahir"] == day


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("Sragen, 2 Januari 1980", "Sragen"), ("KOTA SURAKARTA / 02-01-1980", "KOTA SURAKARTA"),
        ("Karang Anyar 02/01/1980", "Karang Anyar"), (29222, None),
    ],
)  # fmt: skip
def test_where_and_when_somebody_was_born_are_read_from_one_cell(cell: object, place: str | None) -> None:
    assert guess("warga", ("Tempat, Tgl Lahir",), {}) == ("ttl",)
    fields = read(nama="A", ttl=cell).fields
    assert (fields.get("tempat_lahir"), fields["tanggal_lahir"]) == (place, "1980-01-02")
    assert "bukan_birth" in codes(read(nama="A", ttl="Sragen"))


def test_a_head_is_known_also_with_a_remark_in_brackets() -> None:
    heads = ("NIK (16 digit)", "Nama Lengkap (sesuai KTP)", "No. HP / WA", "Nama Kel.")
    assert guess("warga", heads, {}) == ("nik", "nama", "no_hp", "desa")
    assert find_heading([["Judul"], list(heads), [NIK, "A", "08", "B"]]).row == 1


def test_numbers_of_the_columns_below_their_heads_are_no_row() -> None:
    reader = Reader(
        "warga", ("", "nama", "nik"), wilayah=WILAYAH, kecamatan=frozenset(), options=OPTIONS, today=TODAY
    )
    assert reader.read([1, 2, 3]) is None
    assert reader.read(["(1)", "(2)", None, "(3)"]) is None
    assert reader.read([1, "Dua", 3]) is not None


def test_a_number_whose_digits_a_sheet_has_cut_off_is_told_as_such() -> None:
    entry = read(nik="3,31499E+15", no_kks="6.03E+15", nama="A")
    assert [note.code for note in entry.blocked] == ["nik_dibulatkan"]
    assert "dibulatkan" in codes(entry)


def test_a_sex_is_read_by_its_number_as_well() -> None:
    found = [read(nama="A", jenis_kelamin=cell).fields["jenis_kelamin"] for cell in (1, "2")]
    assert found == ["laki_laki", "perempuan"]


def test_a_birth_date_to_come_is_none() -> None:
    assert "tanggal_lahir" not in read(nama="A", tanggal_lahir="01/01/2031").fields


def test_words_of_others_are_read_as_ours() -> None:
    entry = read(
        nama="A",
        penyalur="PT. POS",
        status_kpm="Sukses SPM",
        jenis_kelamin="L",
        rt=1,
        rw="2.0",
        no_hp=81200000001,
    )
    wanted = {"penyalur": "pt_pos", "status_kpm": "sukses_spm", "jenis_kelamin": "laki_laki"}
    assert wanted.items() <= entry.fields.items()
    assert (entry.fields["rt"], entry.fields["rw"], entry.fields["no_hp"]) == ("001", "002", "081200000001")


@pytest.mark.parametrize(("cell", "decile"), [(3, 3), ("3", 3), ("03", 3), ("Desil 10", 10), (10.0, 10)])
def test_a_welfare_decile_is_read_as_a_number(cell: object, decile: int) -> None:
    assert read(nama="A", desil=cell).fields["desil"] == decile


@pytest.mark.parametrize("cell", [0, 11, "-", "1-4", "belum ada"])
def test_what_is_no_welfare_decile_is_left_out_and_told(cell: object) -> None:
    entry = read(nama="A", desil=cell)
    assert "desil" not in entry.fields and codes(entry) == {"bukan_decile"}


def test_a_desa_is_known_by_other_spellings_and_a_twin_needs_its_kecamatan() -> None:
    assert read(nama="A", desa="JETIS KARANGPUNG").fields["kode_desa"] == KALIJAMBE
    twins: dict[str, list[Region]] = {}
    for region in WILAYAH:
        if region.level in ("desa", "kelurahan"):
            twins.setdefault(region.nama, []).append(region)
    name, (first, *_) = next((name, found) for name, found in twins.items() if len(found) > 1)
    alone = read(nama="A", desa=name)
    assert [note.code for note in alone.blocked] == ["desa_kembar"]
    parent = WILAYAH.get(first.parent)
    assert parent is not None
    assert read(nama="A", desa=name, kecamatan=parent.nama).fields["kode_desa"] == first.kode
    assert codes(read(nama="A", desa="Atlantis")) == {"desa_tidak_dikenal"}
    assert codes(read(nama="A", desa="Jetis Karangpung", kecamatan="Gemolong")) == {"desa_kecamatan_beda"}
    assert read(nama="A", kode_desa=KALIJAMBE.replace(".", "")).fields["kode_desa"] == KALIJAMBE


@pytest.mark.parametrize("cell", ["3/1", "003 / 001", "RT 03 RW 01", "rt.3/rw.1", "03-01"])
def test_rt_and_rw_are_read_from_one_cell(cell: str) -> None:
    entry = read(nama="A", desa="Jetis Karangpung", rt_rw=cell)
    assert (entry.fields["rt"], entry.fields["rw"], entry.notes) == ("003", "001", ())
    assert guess("warga", ("RT/RW",), {}) == ("rt_rw",)


@pytest.mark.parametrize("cell", ["-", "5", "2026-01-03", "1/2/3"])
def test_a_cell_that_is_no_rt_and_rw_is_left_out_and_told(cell: str) -> None:
    entry = read(nama="A", desa="Jetis Karangpung", rt_rw=cell)
    assert "rt" not in entry.fields and codes(entry) == {"bukan_pair"}


def test_columns_of_their_own_say_rt_and_rw_better_than_one_of_both() -> None:
    entry = read(rt="7", rt_rw="3/1", nama="A", desa="Jetis Karangpung")
    assert (entry.fields["rt"], entry.fields["rw"]) == ("007", "001")


def test_what_goes_out_has_rt_and_rw_in_columns_of_their_own_alone() -> None:
    names = [column.name for column in record_columns(load_forms(), "warga", load_text())]
    assert {"rt", "rw"} <= set(names) and "rt_rw" not in names


def test_where_a_list_was_signed_is_no_row_of_it() -> None:
    reader = Reader(
        "warga", ("nama", "desa"), wilayah=WILAYAH, kecamatan=frozenset(), options=OPTIONS, today=TODAY
    )
    assert reader.read([None, "Sragen, 1 November 2026"]) is None
    assert reader.read(["Sutarmi", None]) is not None


def test_what_is_odd_about_a_nik_is_told_and_stops_nothing() -> None:
    entry = read(nik=NIK, nama="A", tanggal_lahir="02/01/1980")
    assert not entry.blocked and "TGL_LAHIR_BEDA_DGN_NIK" in codes(entry)


def record(number: int, **fields: object) -> Record:
    return Record(id=RecordId(f"{number:032x}"), kind="warga", head=None, fields=dict(fields))


def test_somebody_is_known_by_nik_then_by_card_and_name_then_by_birth() -> None:
    known = Known("warga")
    known.add(
        [
            record(1, nik=NIK, nama="Sutarmi", no_kk="3314990101100001", kode_desa=KALIJAMBE),
            record(2, nama="Soeharti", no_kk="3314990101100002", kode_desa=KALIJAMBE),
            record(3, nama="Muh. Ali", tanggal_lahir="1980-01-01", kode_desa=KALIJAMBE),
            record(4, nama="Pergi", nik="3314990101800009", digabung_ke="x"),
        ]
    )
    assert known.find(read(nik=NIK, nama="Ganti Nama"), 1).record == f"{1:032x}"
    assert known.find(read(nama="Suharti", no_kk="3314990101100002"), 2).record == f"{2:032x}"
    born = read(nama="Mohammad Ali", tanggal_lahir="1980-01-01", kode_desa=KALIJAMBE)
    assert known.find(born, 3).record == f"{3:032x}"
    assert known.find(read(nik="3314990101800009", nama="Pergi"), 4).record == f"{4:032x}"
    other = known.find(read(nik="3314990101800077", nama="Sutarmi", no_kk="3314990101100001"), 5)
    assert [note.code for note in other.why] == ["nik_lain"]


def test_a_row_that_comes_twice_is_told_unless_it_says_the_same() -> None:
    known = Known("warga")
    assert known.find(read(nik=NIK, nama="A"), 4).why == ()
    assert known.find(read(nik=NIK, nama="A"), 5).why == ()
    again = known.find(read(nik=NIK, nama="B"), 6)
    assert [(note.code, note.value) for note in again.why] == [("baris_kembar", "4")]


def test_a_rounded_nik_is_good_for_whoever_has_exactly_it() -> None:
    known = Known("warga")
    known.add([record(1, nik="3314990101800000", nama="A")])
    assert known.find(read(nik=3314990101800000, nama="A"), 1).record == f"{1:032x}"
    other = known.find(read(nik=3314990101800010, nama="B"), 2)
    assert [note.code for note in other.why] == ["nik_dibulatkan"]


def test_what_a_list_says_again_overwrites_nothing_that_was_mended() -> None:
    stands = record(1, nik=NIK, nama="Sutarmi", alamat="Dukuh Baru", layanan=["bpnt"])
    entry = read(nik=NIK, nama="Sutarmi", alamat="Dukuh Lama")
    assert news(entry, "bpnt", stands, {"alamat": "Dukuh Lama"}).fate == "sama"
    said_else = news(entry, "bpnt", stands, {"alamat": "Dukuh Asal"})
    assert (said_else.base, said_else.new) == ({"alamat": "Dukuh Asal"}, {"alamat": "Dukuh Lama"})
    first = news(entry, "kis", stands, {})
    assert first.base["alamat"] == "Dukuh Baru" and first.new["layanan"] == ["bpnt", "kis"]
