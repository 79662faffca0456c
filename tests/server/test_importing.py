"""A list goes in: read, matched, checked, applied; nothing twice, nothing mended overwritten."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from schemas.base import encode
from schemas.ids import PersonId, RecordId
from schemas.wire import Outcome, Rejected
from server import table_store
from server.commands import run as running
from server.engine import Reader, Writer
from server.parsing.messages import PIECE
from server.queries import records_of_kind
from server.services.alarms import DAY_MS
from server.web.building import build_site
from sync.change import Patch
from sync.scope import NIK_PREFIXES
from tests.server.import_desk import Desk, opened_desk
from tests.server.lists import CARD, HEADS, NIK, person


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from opened_desk(tmp_path)


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
    before = len(desk.records())
    desk.merge(12, into=11)
    again = desk.all_in(rows)
    assert again.counts["sama"] == 2 and not {"baru", "berubah", "masalah"} & again.counts.keys()
    # a service that only the number of the one that went is in goes to the one that lives on
    desk.all_in(rows[1:], "kis")
    assert desk.of(11)["layanan"] == ["bpnt", "kis"] and desk.of(11)["nama"] == "Sutarmi CC"
    assert desk.of(12)["layanan"] == ["bpnt"]
    assert len(desk.records()) == before


def test_a_newer_list_updates_and_leaves_alone_what_was_mended_at_the_door(desk: Desk) -> None:
    desk.all_in([person(11), person(12)])
    desk.mend_address(11)
    done = desk.all_in([person(11, **{"Ket.": "EXCLUDE"}), person(12)])
    assert (done.counts["berubah"], done.counts["sama"]) == (1, 1)
    assert desk.of(11)["alamat"] == "Dukuh Baru" and desk.of(11)["status_kpm"] == "exclude"


def test_what_list_and_door_both_changed_is_left_to_a_person(desk: Desk) -> None:
    desk.all_in([person(11)])
    desk.mend_address(11)
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


def test_a_list_that_nobody_took_in_goes_after_sixty_days_also_where_no_other_follows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms, site = desk.office.deps.now_ms(), build_site(desk.office.deps)
    job = desk.take([person(11)])

    async def once(_: float) -> None:
        raise asyncio.CancelledError

    for days, is_kept in ((59, True), (61, False)):
        monkeypatch.setattr(site.importing, "_now_ms", lambda days=days: now_ms + days * DAY_MS)
        with monkeypatch.context() as patch, pytest.raises(asyncio.CancelledError):
            patch.setattr(asyncio, "sleep", once)
            asyncio.run(running.keep_house(site))
        assert (NIK.format(11).encode() in cells_kept(desk)) is is_kept
    assert desk.importing.job(job.id) is None


def test_sheets_that_were_not_chosen_go_when_the_list_is_applied(desk: Desk) -> None:
    job = desk.take([person(11)])
    other = encode([["Lembar lain", NIK.format(12)]])
    desk.office.deps.engine.write(lambda tx: table_store.put_piece(tx, job.id, 1, 0, other)).result()
    desk.apply(desk.check(job))
    assert NIK.format(12).encode() not in cells_kept(desk)


def test_lists_keep_nothing_of_a_person_who_was_destroyed(desk: Desk) -> None:
    desk.all_in([person(11), person(13)])
    again = desk.take([person(11, Alamat="Dukuh Dua"), person(12), person(13)])
    checked = desk.check(again)
    desk.destroy(11)
    kept = cells_kept(desk)
    assert NIK.format(11).encode() not in kept and NIK.format(13).encode() in kept
    desk.apply(checked)
    assert NIK.format(11) not in desk.warga() and NIK.format(12) in desk.warga()


def test_a_row_without_a_nik_that_was_found_to_be_about_who_is_destroyed_goes_with_them(desk: Desk) -> None:
    desk.all_in([person(11), person(12)])
    # the first with the number of a card that nobody knows: only the check finds whom it is about
    rows = [person(11, No=CARD, NIK=None, Alamat="Dukuh Dua"), person(12, NIK=None, Alamat="Dukuh Tiga")]
    checked = desk.check(desk.take(rows))
    desk.destroy(11)
    assert b"Dukuh Dua" not in cells_kept(desk) and b"Dukuh Tiga" in cells_kept(desk)
    assert desk.apply(checked).counts["masalah"] == 1 and desk.of(12)["alamat"] == "Dukuh Tiga"


def test_a_row_of_who_is_destroyed_goes_from_a_list_that_nobody_checked(desk: Desk) -> None:
    desk.all_in([person(11), person(12)])
    rows = [person(11, NIK=None, Alamat="Dukuh Dua"), person(12, NIK=None, Alamat="Dukuh Tiga")]
    job = desk.take(rows)
    desk.destroy(11)
    assert b"Dukuh Dua" not in cells_kept(desk) and b"Dukuh Tiga" in cells_kept(desk)
    assert desk.check(job).counts == {"kosong": 4, "berubah": 1}


def test_a_list_that_was_under_way_says_nothing_of_a_person_who_was_destroyed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.all_in([person(11)])
    checked = desk.check(desk.take([person(11, Alamat="Dukuh Dua")]))

    def nothing(*_: object) -> None:
        """Leave the cells, as if the list had been read before the person was gone."""

    monkeypatch.setattr(table_store, "_blank_rows", nothing)
    desk.destroy(11)
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
    desk.destroy(11)
    done = desk.apply(checked)
    assert (done.counts["berubah"], done.counts["masalah"]) == (1, 1)
    [(number, row, [note])] = desk.importing.problems(done, 9)
    assert (number, row, note.code, note.value) == (4, [], "musnah", "4"), "with whom it was about"


def test_a_row_of_somebody_who_was_merged_or_told_apart_since_the_check_waits_for_another_list(
    desk: Desk,
) -> None:
    desk.all_in([person(11), person(12)])
    newer = [person(12, Alamat="Dukuh Dua")]
    checked = desk.check(desk.take(newer), "kis")
    desk.merge(12, into=11)
    done = desk.apply(checked)
    assert (done.counts["berubah"], done.counts["masalah"]) == (0, 1)
    [(_, row, [note])] = desk.importing.problems(done, 9)
    assert NIK.format(12) in row and note.code == "digabung"
    assert desk.of(11)["layanan"] == ["bpnt"] and desk.of(12)["alamat"] == "Dukuh Ngrombo"
    again = desk.check(desk.take(newer), "kis")
    desk.merge(12, into=None)
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


def test_nobody_is_made_twice_by_a_list_that_names_them_twice(desk: Desk) -> None:
    done = desk.all_in([person(11), person(11), person(12), person(12, Alamat="Dukuh Lain")])
    assert (done.counts["baru"], done.counts["sama"], done.counts["masalah"]) == (2, 1, 1)
    assert len([each for each in desk.records() if each.fields.get("nik") == NIK.format(11)]) == 1


def test_nobody_is_made_twice_by_two_lists_that_were_checked_before_either_was_applied(desk: Desk) -> None:
    first = desk.check(desk.take([person(11), person(12)]))
    second = desk.check(desk.take([person(11), person(13), person(14)]), "kis")
    other = person(12, NIK=NIK.format(15))  # the same name and family card under another NIK
    third = desk.check(desk.take([other]))
    desk.apply(first)
    done = desk.apply(second)
    assert desk.of(11)["layanan"] == ["bpnt", "kis"]
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
