"""A list goes in: read, matched, checked, applied; nothing twice, nothing mended overwritten."""

import io
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import PersonId, RecordId
from schemas.wilayah import load_wilayah
from schemas.wire import Applied, Outcome, Rejected
from server import table_store
from server.engine import ClosedError, Reader, Writer
from server.parsing import sheets
from server.parsing.messages import PIECE, NoSheet, Sheet
from server.queries import records_of_kind
from server.services import importing
from server.services.import_steps import ImportSteps
from server.services.importing import Importing
from server.services.one_by_one import OneByOne
from server.tables.job import Job
from sync.change import Patch
from sync.scope import NIK_PREFIXES
from tests.server.lists import HEADS, NIK, person, workbook
from tests.server.web_office import Office, open_at, shut


class Desk:
    """An office that takes lists in."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.by = office.people["petugas"]
        self.importing = self.opened()

    def opened(self) -> Importing:
        deps = self.office.deps
        return Importing(
            deps.engine,
            deps.office,
            deps.parsers,
            deps.forms,
            load_wilayah(),
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        )

    def take(self, rows: list[list[object]], **more: Any) -> Job:
        job = self.importing.take(self.by, "danom.xlsx", workbook(rows, **more))
        assert isinstance(job, Job), job
        return job

    def check(self, job: Job, service: str = "bpnt") -> Job:
        assert self.importing.check(job.id, service, job.matched) == ()
        return self.after(job)

    def apply(self, job: Job) -> Job:
        assert self.importing.apply(job.id, self.by)
        return self.after(job)

    def after(self, job: Job) -> Job:
        self.importing.wait()
        found = self.importing.job(job.id)
        assert found is not None
        return found

    def all_in(self, rows: list[list[object]], service: str = "bpnt") -> Job:
        return self.apply(self.check(self.take(rows), service))

    def warga(self) -> dict[str, dict[str, Any]]:
        found = self.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
        return {str(record.fields.get("nik")): record.fields for record in found}

    def of(self, number: int) -> dict[str, Any]:
        return self.warga()[NIK.format(number)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    desk = Desk(office)
    yield desk
    desk.importing.close()
    shut(office)


def test_a_danom_as_it_comes_becomes_warga(desk: Desk) -> None:
    job = desk.take([person(number) for number in (11, 12, 13)], other_sheets=("Catatan",))
    assert [sheet.name for sheet in job.sheets] == ["Danom", "Catatan"] and job.sheet == 0
    assert dict(zip(job.heads, job.matched, strict=True)) == dict(zip(HEADS, (
        "", "nik", "no_kk", "nama", "alamat", "rt", "rw", "desa", "kecamatan", "penyalur", "status_kpm",
    ), strict=True))  # fmt: skip
    checked = desk.check(job)
    assert (checked.state, checked.counts["baru"]) == ("diperiksa", 3)
    assert NIK.format(11) not in desk.warga(), "nothing changes before it is applied"
    done = desk.apply(checked)
    assert done.state == "selesai" and done.conflicts == 0
    assert desk.of(11)["nama"] == "Sutarmi CC" and desk.of(11)["rt"] == "003"
    assert desk.of(11)["layanan"] == ["bpnt"] and desk.of(11)["status_kpm"] == "sukses_spm"


def test_the_nik_regions_that_the_office_named_are_known_to_a_list_too(desk: Desk) -> None:
    assert desk.check(desk.take([person(11)])).noted == 1
    known = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    desk.office.deps.office.act(desk.by, known)
    assert desk.check(desk.take([person(12)])).noted == 0


def test_the_same_list_again_changes_nothing(desk: Desk) -> None:
    rows = [person(number) for number in (11, 12)]
    desk.all_in(rows)
    head = desk.office.deps.engine.read(lambda tx: tx.query("SELECT max(seq) FROM changes"))
    again = desk.all_in(rows)
    assert again.counts["sama"] == 2 and "baru" not in again.counts and "berubah" not in again.counts
    assert desk.office.deps.engine.read(lambda tx: tx.query("SELECT max(seq) FROM changes")) == head


def test_a_list_that_still_has_both_of_two_who_were_merged_makes_nobody_anew(desk: Desk) -> None:
    rows = [person(11), person(12, **{"Nama Penerima": "Sutarmi CC Uji"})]
    desk.all_in(rows)
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    ids = {str(each.fields.get("nik")): each.id for each in found}
    keep, gone = ids[NIK.format(11)], ids[NIK.format(12)]
    merge = Patch(record=gone, kind="warga", base={}, new={"digabung_ke": keep})
    desk.office.deps.office.act(desk.by, merge)
    again = desk.all_in(rows)
    assert again.counts["sama"] == 2 and not {"baru", "berubah", "masalah"} & again.counts.keys()
    # a service that only the number of the one that went is in goes to the one that lives on
    desk.all_in(rows[1:], "kis")
    assert desk.of(11)["layanan"] == ["bpnt", "kis"] and desk.of(11)["nama"] == "Sutarmi CC"
    assert desk.of(12)["layanan"] == ["bpnt"]
    assert len(desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))) == len(found)


def test_a_newer_list_updates_and_leaves_alone_what_was_mended_at_the_door(desk: Desk) -> None:
    desk.all_in([person(11), person(12)])
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    name = next(each.id for each in found if each.fields.get("nik") == NIK.format(11))
    mended = Patch(record=name, kind="warga", base={"alamat": "Dukuh Ngrombo"}, new={"alamat": "Dukuh Baru"})
    desk.office.deps.office.act(desk.by, mended)
    done = desk.all_in([person(11, **{"Ket.": "EXCLUDE"}), person(12)])
    assert (done.counts["berubah"], done.counts["sama"]) == (1, 1)
    assert desk.of(11)["alamat"] == "Dukuh Baru" and desk.of(11)["status_kpm"] == "exclude"


def test_what_list_and_door_both_changed_is_left_to_a_person(desk: Desk) -> None:
    desk.all_in([person(11)])
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    name = next(each.id for each in found if each.fields.get("nik") == NIK.format(11))
    mended = Patch(record=name, kind="warga", base={"alamat": "Dukuh Ngrombo"}, new={"alamat": "Dukuh Baru"})
    desk.office.deps.office.act(desk.by, mended)
    done = desk.all_in([person(11, Alamat="Dukuh Lain")])
    assert done.conflicts == 1 and desk.of(11)["alamat"] == "Dukuh Baru"


def test_a_row_that_cannot_be_taken_holds_up_no_other(desk: Desk) -> None:
    rows = [person(11), person(12, NIK="3314"), person(13, **{"Desa/Kelurahan": "Atlantis"}), person(14)]
    checked = desk.check(desk.take(rows))
    assert (checked.counts["baru"], checked.counts["masalah"]) == (2, 2)
    found = list(desk.importing.problems(checked, 10))
    assert [(number, notes[0].code) for number, _, notes in found] == [
        (5, "BUKAN_16_ANGKA"), (6, "desa_tidak_dikenal")
    ]  # fmt: skip
    done = desk.apply(checked)
    assert desk.of(14)["nama"] and len(list(desk.importing.problems(done, 10))) == 2


def test_what_was_applied_keeps_no_cells_but_those_of_rows_to_mend(desk: Desk) -> None:
    done = desk.all_in([person(11), person(12, NIK="3314")])
    kept = desk.office.deps.engine.read(lambda tx: table_store.piece(tx, done.id, 0, 0))
    assert kept is not None and NIK.format(11).encode() not in kept and b"3314" in kept


def cells_kept(desk: Desk) -> bytes:
    """Return all that is still there of lists, and of what they said."""
    found = desk.office.deps.engine.read(
        lambda tx: [
            *tx.query("SELECT cells FROM import_rows WHERE kabupaten = :kabupaten"),
            *tx.query("SELECT body FROM import_said WHERE kabupaten = :kabupaten"),
        ]
    )
    return b"".join(bytes(row[0]) for row in found)


def test_sheets_that_were_not_chosen_go_when_the_list_is_applied(desk: Desk) -> None:
    job = desk.take([person(11)])
    other = encode([["Lembar lain", NIK.format(12)]])
    desk.office.deps.engine.write(lambda tx: table_store.put_piece(tx, job.id, 1, 0, other)).result()
    desk.apply(desk.check(job))
    assert NIK.format(12).encode() not in cells_kept(desk)


def destroy(desk: Desk, nik: str) -> None:
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    [name] = [each.id for each in found if each.fields.get("nik") == nik]
    desk.office.deps.destruction.destroy(desk.by, [], [name], "BA 1/2026")


def test_lists_keep_nothing_of_a_person_who_was_destroyed(desk: Desk) -> None:
    desk.all_in([person(11), person(13)])
    again = desk.take([person(11, Alamat="Dukuh Dua"), person(12), person(13)])
    checked = desk.check(again)
    destroy(desk, NIK.format(11))
    kept = cells_kept(desk)
    assert NIK.format(11).encode() not in kept and NIK.format(13).encode() in kept
    desk.apply(checked)
    assert NIK.format(11) not in desk.warga() and NIK.format(12) in desk.warga()


def test_a_list_that_was_under_way_says_nothing_of_a_person_who_was_destroyed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.all_in([person(11)])
    checked = desk.check(desk.take([person(11, Alamat="Dukuh Dua")]))

    def nothing(*_: object) -> None:
        """Leave the cells, as if the list had been read before the person was gone."""

    monkeypatch.setattr(table_store, "_blank_rows", nothing)
    destroy(desk, NIK.format(11))
    desk.apply(checked)
    found = desk.office.deps.engine.read(
        lambda tx: tx.query("SELECT raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL")
    )
    assert not [raw for (raw,) in found if b"Dukuh Dua" in bytes(raw)]
    assert NIK.format(11).encode() not in cells_kept(desk)


def test_a_row_of_somebody_who_was_destroyed_since_the_check_is_not_counted_as_taken_and_says_so(
    desk: Desk,
) -> None:
    desk.all_in([person(11), person(12)])
    checked = desk.check(desk.take([person(11, Alamat="Dukuh Dua"), person(12, Alamat="Dukuh Dua")]))
    destroy(desk, NIK.format(11))
    done = desk.apply(checked)
    assert (done.counts["berubah"], done.counts["masalah"]) == (1, 1)
    [(number, row, [note])] = desk.importing.problems(done, 9)
    assert (number, row, note.code, note.value) == (4, [], "musnah", "4"), "with whom it was about"


def merge(desk: Desk, gone: int, keep: int | None) -> None:
    """Merge one of two into the other, or tell them apart again."""
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    ids = {str(each.fields.get("nik")): each for each in found}
    record, into = ids[NIK.format(gone)], ids[NIK.format(keep)].id if keep else None
    base = {"digabung_ke": record.fields.get("digabung_ke")}
    patch = Patch(record=record.id, kind="warga", base=base, new={"digabung_ke": into})
    assert isinstance(desk.office.deps.office.act(desk.by, patch), Applied)


def test_a_row_of_somebody_who_was_merged_or_told_apart_since_the_check_waits_for_another_list(
    desk: Desk,
) -> None:
    desk.all_in([person(11), person(12)])
    newer = [person(12, Alamat="Dukuh Dua")]
    checked = desk.check(desk.take(newer), "kis")
    merge(desk, 12, 11)
    done = desk.apply(checked)
    assert (done.counts["berubah"], done.counts["masalah"]) == (0, 1)
    [(_, row, [note])] = desk.importing.problems(done, 9)
    assert NIK.format(12) in row and note.code == "digabung"
    assert desk.of(11)["layanan"] == ["bpnt"] and desk.of(12)["alamat"] == "Dukuh Ngrombo"
    again = desk.check(desk.take(newer), "kis")
    merge(desk, 12, None)
    assert desk.apply(again).counts["masalah"] == 1 and desk.of(12)["alamat"] == "Dukuh Ngrombo"
    assert desk.all_in(newer).counts["berubah"] == 1 and desk.of(12)["alamat"] == "Dukuh Dua"


def test_a_row_that_says_what_somebody_set_since_the_check_is_counted_as_the_same(desk: Desk) -> None:
    desk.all_in([person(11)])
    newer = [person(11, Alamat="Dukuh Dua")]
    first, second = desk.check(desk.take(newer)), desk.check(desk.take(newer))
    assert desk.apply(first).counts["berubah"] == 1
    assert desk.apply(second).counts == {"kosong": second.counts["kosong"], "berubah": 0, "sama": 1}


def test_a_row_that_is_refused_is_not_counted_as_taken_and_the_next_list_tries_it_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = desk.check(desk.take([person(11, **{"Ket.": "?"}), person(12)]))
    act_in = desk.office.deps.office.act_in

    def refuses_the_first(tx: Writer, by: PersonId, bodies: Sequence[Patch]) -> list[Outcome]:
        return [Rejected(problem="uji"), *act_in(tx, by, bodies[1:])]

    with monkeypatch.context() as patched:
        patched.setattr(desk.office.deps.office, "act_in", refuses_the_first)
        done = desk.apply(checked)
    assert (done.counts["baru"], done.counts["masalah"], done.noted) == (1, 1, checked.noted - 1)
    [(_, row, [note])] = desk.importing.problems(done, 9)
    assert NIK.format(11) in row and note.code == "ditolak" and NIK.format(11) not in desk.warga()
    assert desk.all_in([person(11)]).counts["baru"] == 1


def test_of_a_long_list_only_the_pieces_that_a_page_shows_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = [f"331499020190{number:04}" for number in range(4 * PIECE)]
    rows = [person(number, **{"No. KK": card}) for number, card in enumerate(cards, 2)]
    rows[3 * PIECE] = person(1, NIK="3314")
    checked, piece, read = desk.check(desk.take(rows)), table_store.piece, list[int]()

    def counted(tx: Reader, name: RecordId, sheet: int, place: int) -> bytes | None:
        read.append(place)
        return piece(tx, name, sheet, place)

    monkeypatch.setattr(table_store, "piece", counted)
    [(_, row, _)] = desk.importing.problems(checked, 20)
    assert "3314" in row and read == [3]
    assert len(list(desk.importing.odd(checked, 20))) == 20 and read == [3, 0]
    uncounted = "UPDATE import_rows SET problems = NULL WHERE kabupaten = :kabupaten"
    desk.office.deps.engine.write(lambda tx: tx.execute(uncounted)).result()
    assert [row for _, row, _ in desk.importing.problems(checked, 20)] == [row]
    assert read == [3, 0, *range(5)], "what was judged before pieces were counted is looked through"


def test_another_sheet_and_header_can_be_chosen_and_a_matching_is_remembered(desk: Desk) -> None:
    heads = ["Identitas", "Siapa", "Wilayah"]
    rows: list[list[object]] = [[NIK.format(11), "Sutarmi", "Jetis Karangpung"]]
    job = desk.take(rows, heads=heads, title="")
    assert job.matched == ("", "", "")
    assert desk.importing.check(job.id, "bpnt", ("nik", "", "desa")) == ("nama",)
    assert desk.importing.check(job.id, "bpnt", ("nik", "nama", "desa")) == ()
    assert desk.after(job).counts["baru"] == 1
    assert desk.take(rows, heads=heads, title="").matched == ("nik", "nama", "desa")
    other = desk.importing.look_at(job.id, "ewarong", 0, 0)
    assert other is not None and other.state == "dicocokkan" and other.kind == "ewarong"


def test_a_step_that_was_cut_off_goes_on_where_it_stopped(desk: Desk) -> None:
    rows = [person(number) for number in range(2, 1202)]
    checked = desk.check(desk.take(rows))
    engine = desk.office.deps.engine
    begun = replace(checked, state="menerapkan", done=2 * PIECE)
    engine.write(lambda tx: table_store.put_job(tx, begun)).result()
    desk.importing.go_on(checked.id)
    done = desk.after(checked)
    assert done.state == "selesai" and done.done == done.rows
    found = {nik for nik in desk.warga() if nik.startswith(NIK[:12])}
    assert NIK.format(2) not in found and NIK.format(1201) in found, "the first piece was said to be done"


def test_nobody_is_made_twice_by_a_list_that_names_them_twice(desk: Desk) -> None:
    done = desk.all_in([person(11), person(11), person(12), person(12, Alamat="Dukuh Lain")])
    assert (done.counts["baru"], done.counts["sama"], done.counts["masalah"]) == (2, 1, 1)
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    assert len([each for each in found if each.fields.get("nik") == NIK.format(11)]) == 1


def test_nobody_is_made_twice_by_two_lists_that_were_checked_before_either_was_applied(desk: Desk) -> None:
    first = desk.check(desk.take([person(11), person(12)]))
    second = desk.check(desk.take([person(11), person(13), person(14)]), "kis")
    other = person(12, NIK=NIK.format(15))  # the same name and family card under another NIK
    third = desk.check(desk.take([other]))
    desk.apply(first)
    done = desk.apply(second)
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "warga"))
    [twice] = [each for each in found if each.fields.get("nik") == NIK.format(11)]
    assert twice.fields["layanan"] == ["bpnt", "kis"]
    assert done.counts == {"baru": 2, "berubah": 1, "kosong": done.counts["kosong"]}
    done = desk.apply(third)
    [(_, row, notes)] = desk.importing.problems(done, 9)
    assert NIK.format(15) in row and [note.code for note in notes] == ["nik_lain"]
    assert NIK.format(15) not in desk.warga() and done.counts["masalah"] == 1


def test_shops_go_in_too(desk: Desk) -> None:
    job = desk.take(
        [["e-warong Bu Tini", "Tini", *("Jetis Karangpung", "Kalijambe")]],
        heads=("Nama e-warong", "Pemilik", "Desa", "Kecamatan"),
    )
    chosen = desk.importing.look_at(job.id, "ewarong", 0, None)
    assert chosen is not None
    assert desk.apply(desk.check(chosen)).counts["baru"] == 1
    found = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "ewarong"))
    assert [each.fields["nama_ewarong"] for each in found] == ["e-warong Bu Tini"]


def test_shops_that_differ_by_their_number_alone_are_two_and_one_that_comes_twice_is_named(
    desk: Desk,
) -> None:
    place = ("Jetis Karangpung", "Kalijambe")
    rows = [["Berkah 1", "Tini", *place], ["BERKAH 02", "Yem", *place], ["Berkah 1", "Sri", *place]]
    job = desk.take(
        [list[object](row) for row in rows], heads=("Nama e-warong", "Pemilik", "Desa", "Kecamatan")
    )
    checked = desk.check(job)
    assert (checked.counts["baru"], checked.counts["masalah"]) == (2, 1)
    [(_, _, notes)] = desk.importing.problems(checked, 9)
    assert [(note.code, note.field) for note in notes] == [("baris_kembar", "nama_ewarong")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "tidak_terbaca"),
        (b"\x89PNG\r\n", "tidak_terbaca"),
        (b"PK\x03\x04rusak", "tidak_terbaca"),
        (b"satu;\n", "kosong"),
    ],
)
def test_what_is_no_list_says_so(desk: Desk, data: bytes, why: str) -> None:
    assert desk.importing.take(desk.by, "x", data) == why


def test_the_sheet_and_the_kind_that_look_most_like_a_list_are_chosen(desk: Desk) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    codes = book.add_worksheet("ref")
    codes.hide()
    for row in range(300):
        codes.write_row(row, 0, ["Jetis Karangpung", "33.14.01.2001", row])
    for number in range(9):
        book.add_worksheet(f"Desa {number}").write(0, 0, "catatan")
    shops = book.add_worksheet("E-WARONG")
    shops.write_row(0, 0, ["NO", "NAMA E-WARONG", "NAMA PEMILIK", "ALAMAT", "DESA", "KECAMATAN"])
    shops.write_row(1, 0, [1, "e-warong Bu Tini", "Tini", "Pasar", "Jetis Karangpung", "Kalijambe"])
    book.close()
    job = desk.importing.take(desk.by, "x.xlsx", out.getvalue())
    assert isinstance(job, Job)
    assert (job.sheets[job.sheet].name, job.kind, job.matched[1]) == ("E-WARONG", "ewarong", "nama_ewarong")
    assert desk.take([person(11)]).kind == "warga"


def test_a_page_that_calls_itself_a_workbook_is_read_by_its_table(desk: Desk) -> None:
    page = """<html><head><style>td {mso-number-format: "\\@"}</style></head><body><table border="1">
      <tr><td colspan=4><b>DATA&nbsp;KPM</b></td></tr>
      <tr><th rowspan="2">NIK<th rowspan="2">Nama<th colspan="2">Alamat</tr>
      <tr><th>Desa</th><th>Kecamatan</th></tr>
      <tr><td>3314990101800011</td><td>Sutarmi<br>B &amp; C</td><td>Jetis Karangpung<td>Kalijambe</tr>
    </table></body></html>"""
    job = desk.importing.take(desk.by, "data.xls", page.encode())
    assert isinstance(job, Job), job
    assert job.matched == ("nik", "nama", "desa", "kecamatan")
    counts = desk.check(job).counts
    assert (counts.get("baru"), counts.get("masalah", 0)) == (1, 0)
    assert desk.importing.top(job, 9)[job.heading + 1][1] == "Sutarmi B & C"


def test_a_workbook_with_a_password_is_told_as_such(desk: Desk) -> None:
    locked = b"\xd0\xcf\x11\xe0" + bytes(1020) + "EncryptedPackage".encode("utf-16-le") + bytes(1024)
    assert desk.importing.take(desk.by, "x.xlsx", locked) == "terkunci"


def test_a_text_in_utf_16_is_read_also_where_it_does_not_say_so(desk: Desk) -> None:
    text = "NIK\tNama\tDesa\n3314990101800011\tSutarmi\tJetis Karangpung\n"
    assert isinstance(desk.importing.take(desk.by, "x.txt", text.encode("utf-16-le")), Job)


def test_sheets_that_are_too_large_together_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, more = workbook([person(11)]), workbook([person(11)], other_sheets=("Dua", "Tiga"))
    read = sheets.sheet(one, 0)
    assert isinstance(read, Sheet)
    monkeypatch.setattr(importing, "MOST_CELL_BYTES", sum(len(piece) for piece in read.pieces))
    assert isinstance(desk.importing.take(desk.by, "x.xlsx", one), Job)
    assert desk.importing.take(desk.by, "x.xlsx", more) == "terlalu_besar"


def test_a_list_that_is_too_long_is_told_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 4)
    assert isinstance(sheets.sheet(b"a;b\n" * 4, 0), Sheet)
    long = [sheets.sheet(b"a;b\n" * 5, 0), sheets.sheet(workbook([person(11)] * 4, title=""), 0)]
    assert long == [NoSheet(why="terlalu_panjang")] * 2


@pytest.mark.parametrize("endless", ["1e999", "-1e999", "NaN"])
def test_a_number_without_end_is_told_as_none_and_holds_up_no_list(desk: Desk, endless: str) -> None:
    data = spoiled(workbook([person(11), person(12, **{"No. KK": 1234567.5})]), "1234567.5", endless)
    job = desk.importing.take(desk.by, "x.xlsx", data)
    assert isinstance(job, Job)
    checked = desk.check(job)
    assert (checked.state, checked.counts["baru"], checked.counts["masalah"]) == ("diperiksa", 1, 1)


def spoiled(data: bytes, old: str, new: str) -> bytes:
    """Write other text into a workbook's sheets than its program would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(out, "w") as other:
        for name in whole.namelist():
            other.writestr(name, whole.read(name).replace(old.encode(), new.encode()))
    return out.getvalue()


def test_a_matching_that_is_sent_while_rows_are_checked_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, put, said = desk.take([person(11)]), table_store.put_fates, list[tuple[str, ...]]()
    other = tuple("" if field == "alamat" else field for field in job.matched)

    def put_as_another_sends(*given: Any) -> None:
        put(*given)
        monkeypatch.setattr(table_store, "put_fates", put)
        ask = threading.Thread(target=lambda: said.append(desk.importing.check(job.id, "kis", other)))
        ask.start()
        asked.append(ask)

    asked = list[threading.Thread]()
    monkeypatch.setattr(table_store, "put_fates", put_as_another_sends)
    checked = desk.check(job)
    asked[0].join()
    checked = desk.after(job)
    assert said == [()] and (checked.service, checked.matched) == ("bpnt", job.matched)


def test_a_list_whose_check_was_cut_off_can_be_dropped_and_one_under_way_cannot(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = desk.take([person(11)])
    engine = desk.office.deps.engine
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="memeriksa"))).result()
    with monkeypatch.context() as patched:
        patched.setattr(OneByOne, "is_begun", lambda _lists, name: name == job.id)
        assert not desk.importing.drop(job.id)
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="menerapkan"))).result()
    with monkeypatch.context() as patched:
        patched.setattr(desk.importing, "job", lambda _name: job)  # as it was read before somebody applied it
        assert not desk.importing.drop(job.id)
    engine.write(lambda tx: table_store.put_job(tx, replace(job, state="memeriksa"))).result()
    assert desk.importing.drop(job.id) and desk.importing.job(job.id) is None


def test_a_list_that_changed_nothing_can_be_dropped(desk: Desk) -> None:
    job = desk.take([person(11)])
    assert desk.importing.drop(job.id) and desk.importing.job(job.id) is None
    assert isinstance(desk.importing.take(desk.by, "x", workbook([person(11)])), Job)


def test_a_step_that_ends_while_it_is_looked_at_does_not_seem_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = desk.take([person(11)])
    under_way = {job.id}
    monkeypatch.setattr(OneByOne, "is_begun", lambda _lists, name: name in under_way)
    read = desk.importing.job

    def ends(name: RecordId) -> Job | None:
        under_way.discard(name)
        return read(name)

    monkeypatch.setattr(desk.importing, "job", ends)
    assert desk.importing.standing(job.id)[1]
    assert not desk.importing.standing(job.id)[1]


def test_a_list_whose_last_rows_were_in_when_the_office_ended_has_the_same_counts_afterwards(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = desk.check(desk.take([person(number) for number in range(2, 2 + PIECE + 10)]))
    with monkeypatch.context() as cut:
        cut.setattr(ImportSteps, "_end", ending)
        cut_off = desk.apply(checked)
    told = list(desk.importing.problems(cut_off, PIECE))
    assert cut_off.state == "menerapkan"
    desk.importing.go_on(checked.id)
    done = desk.after(checked)
    assert done.state == "selesai"
    assert (done.counts, done.desa, done.done) == (cut_off.counts, cut_off.desa, done.rows)
    assert list(desk.importing.problems(done, PIECE)) == told


def ending(*_: object) -> None:
    """The office ends before a step does."""
    raise ClosedError
