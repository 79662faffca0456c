"""Letters: numbers without doubles, the same bytes again, whole numbers only where needed, nothing sealed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from schemas.ids import BlobId, RecordId
from schemas.letters import Wrong, letter_kinds
from schemas.wire import Applied
from server import access, restore_store
from server.access import Person
from server.letter_store import used_numbers
from server.parsing.letter import Letter
from server.parsing.typesetting import Typesetter
from server.queries import record, records_of_kind
from server.restore_store import Restore
from server.services.belongings import belongings
from server.services.letter_facts import Asked, Lacking
from server.services.letter_numbers import gaps
from server.services.letter_shelf import LetterView
from server.services.letter_templates import Moved, Saved
from server.services.letters import Draft, Letters, Made, NotMade
from server.services.people import Denied, load_person
from server.services.review import NotThere
from server.web.building import build_site
from sync.change import Advance, FormAnswers, Patch
from tests.server.pdf_text import pdf_text
from tests.server.room_office import FIELD, Sealer, add_officers, hold_ceremony, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

NIK = "3314990101800001"
TYPED = {
    "masalah": "KKS tertelan", "permohonan": "cetak ulang", "jawaban": "belum dapat dikabulkan",
    "alasan": "Berkas tidak datang",
}  # fmt: skip


class Desk:
    """An office with one case of a problem with a card, and a block of numbers."""

    def __init__(self, folder: Path) -> None:
        self.office = open_at(folder)
        self.site = build_site(self.office.deps)
        problem = FormAnswers(version=1, answers={"jenis_masalah": "kks_tertelan"})
        self.visit, _ = self.office.add_visit(more={"kks_masalah": problem})
        self.case = add_case(self.office, self.office.warga, DESA, self.visit)
        self.year = self.site.letter_numbers.book().year

    def who(self, name: str) -> Person:
        return self.office.person(name)

    def block(self, first: int = 101, last: int = 110) -> None:
        assert self.site.letter_numbers.add_block(self.who("petugas"), self.year, first, last) is None

    def asked(self, kind: str = "rekomendasi_bni") -> Asked:
        return Asked(kind=kind, case=self.case)

    def make(self, token: str, asked: Asked | None = None, name: str = "petugas", **typed: str) -> Any:
        return self.site.letters.make(self.who(name), asked or self.asked(), {**TYPED, **typed}, (), token)

    def made(self, token: str, asked: Asked | None = None, **typed: str) -> LetterView:
        out = self.make(token, asked, **typed)
        assert isinstance(out, Made), out
        found = self.site.letter_shelf.open(self.who("petugas"), out.id)
        assert isinstance(found, LetterView)
        return found

    def set_by(self, typeset: Callable[[Letter], bytes | None]) -> Letters:
        deps, site = self.office.deps, self.site
        return Letters(
            deps.engine, deps.office, deps.office.device, deps.blobs, site.thumbnails, site.words,
            site.handouts, deps.office_name, typeset, deps.now_ms, deps.randomness,
        )  # fmt: skip

    def pdf(self, name: RecordId, who: str = "petugas") -> bytes:
        found = self.site.letter_shelf.pdf(self.who(who), name)
        assert isinstance(found, bytes)
        return found

    def used(self) -> frozenset[int]:
        return self.office.deps.engine.read(lambda tx: used_numbers(tx, self.year))


def add_case(
    office: Office, warga: RecordId, desa: str, visit: RecordId, flow: str = "bpnt_masalah"
) -> RecordId:
    case, service = RecordId(office.deps.randomness(16).hex()), "kis" if flow == "kis" else "bpnt"
    fields = {
        "workflow": flow, "workflow_version": office.deps.workflows.get(flow).version, "service": service,
        "subjek": warga, "kode_desa": desa, "kunjungan": visit,
    }  # fmt: skip
    office.deps.office.act(office.deps.office.person, Patch(record=case, kind="kasus", base={}, new=fields))
    return case


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    shut(made.office)


def test_a_recommendation_has_its_number_the_whole_nik_and_comes_again_as_the_same_bytes(desk: Desk) -> None:
    desk.block()
    draft = desk.site.letters.draft(desk.who("petugas"), desk.asked())
    assert isinstance(draft, Draft) and draft.number.split("/")[1] == "101"
    assert draft.facts.prefill["masalah"] == "KKS tertelan ATM"
    assert NIK not in repr(draft.facts.about)
    letter = desk.made("a")
    assert letter.number == draft.number and letter.subject == "Sutarmi"
    first = desk.pdf(letter.id)
    told = pdf_text(first)
    for word in (NIK, "6032989900014821", letter.number, "KKStertelan", "cetakulang", "Sutarmi", "Camat"):
        assert word in told, word
    desk.office.deps.office.act(
        desk.office.people["petugas"],
        Patch(record=desk.office.warga, kind="warga", base={"nama": "Sutarmi"}, new={"nama": "Lain"}),
    )
    assert desk.pdf(letter.id) == first


def test_a_letter_about_who_was_merged_says_what_the_record_says_that_lives_on(desk: Desk) -> None:
    living, right = desk.office.add_warga("Sutarmi Hadi", DESA), "3314990101800019"
    office, author = desk.office.deps.office, desk.office.people["petugas"]
    was = {"nik": desk.office.fields(living)["nik"]}
    office.act(author, Patch(record=living, kind="warga", base=was, new={"nik": right}))
    into = Patch(record=desk.office.warga, kind="warga", base={}, new={"digabung_ke": living})
    office.act(author, into)
    for asked in (desk.asked(), Asked(kind="berita_acara", visit=desk.visit)):
        draft = desk.site.letters.draft(desk.who("petugas"), asked)
        assert isinstance(draft, Draft) and draft.facts.subject == desk.office.warga
        assert (draft.facts.values["nama"], draft.facts.values["nik"]) == ("Sutarmi Hadi", right)


def test_no_name_and_no_number_of_a_person_stands_in_the_record_of_a_letter(desk: Desk) -> None:
    desk.block()
    letter = desk.made("a")
    kept = desk.office.deps.engine.read(lambda tx: record(tx, letter.id))
    assert kept is not None
    for told in (NIK, "Sutarmi", "tertelan", "6032989900014821"):
        assert told not in repr(kept.fields), told
    assert kept.fields["berkas"] == letter.digest and kept.fields["oleh"] == desk.office.people["petugas"]


def test_number_register_of_recipients_and_look_come_with_the_letter(desk: Desk) -> None:
    desk.block()
    letter = desk.made("a", Asked(kind="rekomendasi_pos", visit=desk.visit))
    [given] = desk.site.handouts.all()
    assert (given.recipient, given.letter, given.people) == ("pos", letter.number, 1)
    before = looks(desk, desk.office.warga), looks(desk, letter.id)
    assert before == (1, 0)
    desk.pdf(letter.id)
    assert (looks(desk, desk.office.warga), looks(desk, letter.id)) == (1, 1)


def looks(desk: Desk, about: RecordId) -> int:
    found = desk.office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT count(*) FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL"
            " AND instr(raw, :told) > 0 AND instr(raw, :about) > 0",
            {"told": b"accessed", "about": about.encode()},
        )
    )
    return int(found[0][0])


def test_two_officers_at_once_get_two_numbers_and_a_form_sent_twice_is_one_letter(desk: Desk) -> None:
    desk.block()
    with ThreadPoolExecutor(6) as pool:
        out = list(pool.map(desk.make, ("a", "b", "c", "a", "b", "c")))
    assert all(isinstance(each, Made) for each in out)
    assert len({each.id for each in out}) == 3 and desk.used() == {101, 102, 103}


def test_a_number_that_went_while_a_letter_was_set_is_not_used_again(desk: Desk) -> None:
    desk.block()
    others = iter(("x", "y"))

    def meanwhile(letter: Letter) -> bytes | None:
        for token in others:
            assert isinstance(desk.make(token), Made)
        return Typesetter().letter(letter)

    out = desk.set_by(meanwhile).make(desk.who("petugas"), desk.asked(), TYPED, (), "a")
    assert isinstance(out, Made)
    found = desk.site.letter_shelf.open(desk.who("petugas"), out.id)
    assert isinstance(found, LetterView) and found.number.split("/")[1] == "103"
    assert found.number in pdf_text(desk.pdf(out.id)) and desk.used() == {101, 102, 103}


def test_a_letter_names_the_template_that_it_was_set_by_also_when_another_came_meanwhile(desk: Desk) -> None:
    desk.block()
    templates, kind = desk.site.letter_templates, "rekomendasi_bni"

    def meanwhile(letter: Letter) -> bytes | None:
        newer = replace(letter_kinds()[kind].surat, hal="Lain")
        assert isinstance(templates.save(desk.who("petugas"), kind, newer, 0), Saved)
        return Typesetter().letter(letter)

    out = desk.set_by(meanwhile).make(desk.who("petugas"), desk.asked(kind), TYPED, (), "a")
    assert isinstance(out, Made)
    found = desk.site.letter_shelf.open(desk.who("petugas"), out.id)
    assert isinstance(found, LetterView) and found.version == 0


def test_a_cancelled_letter_keeps_its_number_and_says_why(desk: Desk) -> None:
    desk.block(101, 102)
    letter, shelf = desk.made("a"), desk.site.letter_shelf
    assert shelf.cancel(desk.who("petugas"), letter.id, " ") == "alasan"
    assert shelf.cancel(desk.who("petugas"), letter.id, "Salah orang") is None
    assert shelf.cancel(desk.who("petugas"), letter.id, "Lagi") == "sudah_batal"
    now = shelf.open(desk.who("kabid"), letter.id)
    assert isinstance(now, LetterView) and (now.state, now.reason) == ("batal", "Salah orang")
    assert desk.made("b").number.split("/")[1] == "102"
    assert desk.make("c") == NotMade(why="nomor_habis")
    assert desk.used() == {101, 102} and desk.pdf(letter.id)


def test_without_a_block_no_number_is_made_up(desk: Desk) -> None:
    assert desk.make("a") == NotMade(why="nomor_habis")
    assert desk.used() == frozenset()


def test_blocks_do_not_overlap_and_skipped_numbers_say_why(desk: Desk) -> None:
    desk.block()
    work, petugas = desk.site.letter_numbers, desk.who("petugas")
    assert work.add_block(petugas, desk.year, 110, 120) == "sudah_ada"
    assert work.add_block(petugas, desk.year - 1, 1, 2) == "tahun"
    assert work.add_block(petugas, desk.year, 9, 8) == "rentang"
    assert work.add_block(desk.who("verifikator"), desk.year, 200, 210) == "peran"
    desk.made("a")
    assert work.skip(petugas, 101, 102, "Dipakai agenda") == "terpakai"
    assert work.skip(petugas, 102, 103, " ") == "alasan" and work.skip(petugas, 1, 2, "x") == "di_luar"
    assert work.skip(petugas, 102, 103, "Dipakai agenda") is None
    assert desk.made("b").number.split("/")[1] == "104"
    book = work.book()
    [span] = book.skipped
    assert gaps(book, span) == [(102, 103)] and span.reason == "Dipakai agenda" and book.left == 6


def test_after_a_restore_no_number_is_given_until_the_paper_book_was_looked_into(desk: Desk) -> None:
    desk.block()
    desk.made("a")
    deps = desk.office.deps
    came = Restore(at_ms=deps.now_ms(), medium="m", number=1, begun_ms=1, last_seq=1, replayed=0)
    deps.engine.write(lambda tx: restore_store.add_restore(tx, came)).result()
    assert desk.make("b") == NotMade(why="pemulihan")
    work = desk.site.letter_numbers
    assert work.confirm(desk.who("petugas"), 100) == "terlalu_kecil"
    assert work.confirm(desk.who("petugas"), 104) is None
    assert work.confirm(desk.who("petugas"), 104) == "sudah_pasti"
    assert desk.made("b").number.split("/")[1] == "105"
    book = work.book()
    assert gaps(book, book.skipped[0]) == [(102, 104)]
    desk.block(1, 50)
    desk.site.letter_numbers.skip(desk.who("petugas"), 106, 110, "habis")
    assert desk.make("c") == NotMade(why="nomor_habis")


def test_a_letter_is_made_only_of_what_one_reaches(desk: Desk) -> None:
    desk.block()
    desk.office.add_person("jauh", "Jauh", "U60", ("petugas",), areas=(ELSEWHERE,))
    desk.office.add_person("kis", "Kis", "U61", ("petugas",), services=("kis",))
    letter = desk.made("a")
    for name in ("jauh", "kis"):
        assert desk.make("b", name=name) == NotThere(), name
        assert desk.site.letter_shelf.open(desk.who(name), letter.id) == NotThere()
        assert desk.site.letter_shelf.find(desk.who(name), "2000-01-01", "2100-01-01", "", "") == []
        assert desk.site.letter_shelf.cancel(desk.who(name), letter.id, "x") == NotThere()
    assert desk.make("b", name="verifikator") == Denied(why="role")
    assert desk.make("b", name="admin") == Denied(why="role")
    assert desk.make("b", Asked(kind="tidak_ada")) == NotThere()
    assert desk.make("b", Asked(kind="rekomendasi_bni")) == NotThere()
    assert desk.make("b", Asked(kind="rekomendasi_bni", case=desk.office.warga)) == NotThere()


def test_whole_numbers_need_the_right_to_open_them_besides_that_to_letters(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.block()
    letter = desk.made("a")
    monkeypatch.setitem(access.TABLE, "open_numbers", {"kabid": "area"})
    assert desk.make("b") == Denied(why="role") and isinstance(desk.make("b", name="kabid"), Made)
    assert desk.site.letter_shelf.pdf(desk.who("petugas"), letter.id) == Denied(why="role")
    assert isinstance(desk.site.letter_shelf.pdf(desk.who("kabid"), letter.id), bytes)
    minutes = desk.make("c", Asked(kind="berita_acara", visit=desk.visit))
    assert isinstance(minutes, Made) and desk.pdf(minutes.id)


def test_a_letter_is_found_by_number_person_and_day(desk: Desk) -> None:
    desk.block()
    letter, shelf, who = desk.made("a"), desk.site.letter_shelf, desk.who("pengawas")
    day = letter.day
    for sought in ("", "101/", "sutarmi", " SUTARMI "):
        assert [each.row.id for each in shelf.find(who, day, day, "", sought)] == [letter.id], sought
    assert shelf.find(who, day, day, "", "Wagiman") == []
    assert shelf.find(who, "2000-01-01", "2000-12-31", "", "") == []
    assert shelf.find(who, "2999-01-01", "2999-12-31", "", "") == []
    assert shelf.find(who, day, day, "rekap", "") == []


def test_minutes_of_a_visit_show_its_photos_and_cover_the_nik(desk: Desk) -> None:
    desk.block()
    asked = Asked(kind="berita_acara", visit=desk.visit)
    draft = desk.site.letters.draft(desk.who("petugas"), asked)
    assert isinstance(draft, Draft)
    assert [proposed for _, _, proposed in draft.facts.photos] == [True, True, False]
    blobs = [blob for blob, _, _ in draft.facts.photos]
    out = desk.site.letters.make(desk.who("petugas"), asked, {"keterangan": "Baik."}, blobs[:2], "x")
    assert isinstance(out, Made)
    made = desk.pdf(out.id)
    told = pdf_text(made)
    assert NIK not in told and "0001" in told and "duaribuduapuluhenam" in told.lower()
    assert "BERITAACARAKUNJUNGAN" in told and made.count(b"/Subtype/Image") == 2
    stray = desk.site.letters.make(desk.who("petugas"), asked, {}, ["f" * 64], "y")
    assert isinstance(stray, Made) and desk.pdf(stray.id).count(b"/Subtype/Image") == 0


def test_a_recap_counts_the_visits_of_a_region_and_takes_no_number(desk: Desk) -> None:
    asked = Asked(kind="rekap", region="33.14.01")
    today = desk.site.letters.draft(desk.who("kabid"), asked)
    assert isinstance(today, Draft)
    letter = desk.made("a", asked, **today.facts.prefill)
    told = pdf_text(desk.pdf(letter.id))
    assert letter.number == "" and "1(satu)kunjungan" in told and "Jumlah100001" in told
    later = {**today.facts.prefill, "sampai": "2999-01-01"}
    assert desk.make("b", asked, **later) == Lacking(why="masa")
    assert desk.make("b", Asked(kind="rekap", region="99")) == NotThere()


def test_what_is_typed_is_asked_for_by_name(desk: Desk) -> None:
    desk.block()
    assert desk.make("a", masalah=" ") == Lacking(why="masalah")
    assert desk.make("a", jumlah="seribu") == Lacking(why="jumlah")
    assert desk.make("a", masalah="x" * 1001) == Lacking(why="panjang")
    assert desk.used() == frozenset()


def test_amounts_are_spelled_where_the_template_asks_for_them(desk: Desk) -> None:
    desk.block()
    work, kind = desk.site.letter_templates, letter_kinds()["rekomendasi_bni"]
    new = replace(
        kind.surat, isi="Sejumlah {jumlah} ({jumlah_terbilang}), {hari} {tanggal_terbilang}.\n\n{data}"
    )
    assert isinstance(work.save(desk.who("petugas"), "rekomendasi_bni", new, 0), Saved)
    letter = desk.made("a", jumlah="1.600.000")
    told = pdf_text(desk.pdf(letter.id))
    assert "Rp1.600.000(satujutaenamratusriburupiah)" in told and letter.version == 1


@pytest.mark.parametrize("name", letter_kinds())
def test_every_field_that_a_template_may_name_is_there_when_a_letter_is_made(desk: Desk, name: str) -> None:
    desk.block()
    desk.office.add_person("semua", "Semua", "U63", ("petugas",), services=())
    kind = letter_kinds()[name]
    every = " ".join(f"[{{{each}}}]" for each in kind.fields if each not in kind.bagian)
    new = replace(kind.surat, isi=f"{kind.surat.isi}\n\n{every}")
    assert isinstance(desk.site.letter_templates.save(desk.who("kabid"), name, new, 0), Saved)
    flow = "kis" if kind.layanan == "kis" else "bpnt_masalah"
    case = add_case(desk.office, desk.office.warga, DESA, desk.visit, flow)
    about = Asked(kind=name, case="" if kind.tentang == "kunjungan" else case, visit=desk.visit, region=DESA)
    begun = desk.site.letters.draft(desk.who("semua"), about)
    assert isinstance(begun, Draft)
    typed = {**begun.facts.prefill, "daftar": f"Nama;{NIK};Dukuh;1;2000"}
    out = desk.make("a", about, "semua", **{**typed, **TYPED})
    assert isinstance(out, Made)
    told = pdf_text(out.pdf or desk.pdf(out.id, "semua"))
    assert "{" not in told and told.count("[") == len(every.split())


def test_who_is_refused_a_card_is_told_why_and_how_to_object_without_a_whole_number(desk: Desk) -> None:
    desk.block()
    office = desk.office
    case = add_case(office, office.warga, DESA, desk.visit, "kis")
    kept = office.deps.engine.read(lambda tx: record(tx, case))
    assert kept is not None and kept.head is not None
    why = {"alasan": "Usulan desa tidak datang"}
    body = Advance(kasus=case, follows=kept.head, event="tutup", answers=why)
    assert isinstance(office.deps.office.act(office.people["verifikator"], body), Applied)
    about = Asked(kind="jawaban_kis", case=case)
    begun = desk.site.letters.draft(desk.who("petugas"), about)
    assert isinstance(begun, Draft) and begun.facts.prefill["alasan"] == why["alasan"]
    for lacking in ("jawaban", "alasan"):
        assert desk.make("x", about, **{**TYPED, lacking: " "}) == Lacking(why=lacking)
    made = desk.make("a", about, **{**TYPED, **why})
    assert isinstance(made, Made)
    told = pdf_text(desk.pdf(made.id))
    for word in ("Usulandesatidakdatang", "belumdapatdikabulkan", "21(duapuluhsatu)harikerja", "Sutarmi"):
        assert word in told.replace("\n", ""), word
    assert NIK not in told, "who it goes to knows it, and the envelope may be opened by others"


def test_templates_are_kept_in_versions_and_two_who_write_at_once_lose_nothing(desk: Desk) -> None:
    work, who, kind = desk.site.letter_templates, desk.who("petugas"), "rekomendasi_bni"
    first = letter_kinds()[kind].surat
    unknown = work.save(who, kind, replace(first, isi="{nama_ibu}"), 0)
    assert unknown == Wrong(why="tidak_dikenal", field="nama_ibu")
    assert isinstance(work.save(who, kind, replace(first, hal="Satu"), 0), Saved)
    assert work.save(desk.who("kabid"), kind, replace(first, hal="Dua"), 0) == Moved()
    assert isinstance(work.save(desk.who("kabid"), kind, replace(first, hal="Dua"), 1), Saved)
    assert work.wording(kind) == (replace(first, hal="Dua"), 2)
    assert [each.version for each in work.versions(kind)] == [2, 1]
    assert work.old(kind, 1) == replace(first, hal="Satu") and work.old(kind, 0) == first
    assert work.old(kind, 9) is None
    assert work.newest() == {**dict.fromkeys(("kop", *letter_kinds()), 0), kind: 2}


def test_every_template_makes_a_sample_with_made_up_values_that_is_marked(desk: Desk) -> None:
    head, _ = desk.site.letter_templates.letterhead()
    for name, kind in letter_kinds().items():
        every = " ".join(f"{{{each}}}" for each in kind.fields if each not in kind.bagian)
        wording = replace(kind.surat, isi=f"{kind.surat.isi}\n\n{every}")
        made = desk.site.letters.sample_of(name, wording, head)
        assert made is not None and "CONTOH" in pdf_text(made), name


def test_a_sample_of_a_letter_covers_whole_numbers_and_uses_none(desk: Desk) -> None:
    desk.block()
    made = desk.site.letters.sample(desk.who("petugas"), desk.asked(), TYPED, ())
    assert isinstance(made, bytes)
    told = pdf_text(made)
    assert NIK not in told and "6032989900014821" not in told and "CONTOH" in told
    assert desk.used() == frozenset() and desk.site.handouts.all() == []


def test_the_statement_is_blank_but_for_a_code(desk: Desk) -> None:
    desk.office.add_person("ktk", "Ktk", "U62", ("petugas",), services=("ktkpm",))
    shelf, ktk = desk.site.letter_shelf, desk.who("ktk")
    for token, code in (("a", ""), ("b", "ks-2026-abc")):
        out = desk.make(token, Asked(kind="pernyataan_ktk"), "ktk", kode_kasus=code)
        assert isinstance(out, Made)
        told = shelf.pdf(ktk, out.id)
        assert isinstance(told, bytes) and code.upper() in pdf_text(told)
        kept = desk.office.deps.engine.read(lambda tx, name=out.id: record(tx, name))
        assert kept is not None and "ABC" not in repr(kept.fields)
    wrong = desk.make("c", Asked(kind="pernyataan_ktk"), "ktk", kode_kasus="Nama Orang")
    assert wrong == Lacking(why="kode_kasus")
    assert desk.make("d", Asked(kind="pernyataan_ktk")) == NotThere()


def test_the_list_of_an_sk_is_handed_over_and_kept_nowhere(desk: Desk) -> None:
    desk.office.add_person("ktk", "Ktk", "U62", ("petugas",), services=("ktkpm",))
    asked, before = Asked(kind="lampiran_sk"), blob_count(desk)
    lines = f"Nama Satu;{NIK};Dukuh A;123;2.000.000\n\nNama Dua\t{NIK}\tDukuh B\t456\tRp3.000.000"
    out = desk.make("a", asked, "ktk", daftar=lines, nomor_sk="460/1/2026")
    assert isinstance(out, Made)
    told = pdf_text(out.pdf)
    assert "NamaDua" in told and "Rp5.000.000(limajutarupiah)" in told and "2(dua)orang" in told
    assert blob_count(desk) == before and desk.site.letter_shelf.pdf(desk.who("ktk"), out.id) == NotThere()
    kept = desk.office.deps.engine.read(lambda tx: records_of_kind(tx, "surat"))
    assert "Nama Satu" not in repr(kept) and NIK not in repr(kept)
    assert desk.make("b", asked, "ktk", daftar="Nama;1;2") == Lacking(why="daftar", line=1)
    assert desk.make("b", asked, "ktk", daftar=" ") == Lacking(why="daftar_kosong")


def blob_count(desk: Desk) -> int:
    [(count,)] = desk.office.deps.engine.read(
        lambda tx: tx.query("SELECT count(*) FROM blobs WHERE kabupaten = :kabupaten")
    )
    return int(count)


@pytest.mark.parametrize("about", ["warga", "kasus"])
def test_the_paper_goes_with_the_person_or_case_and_its_number_stays_used(desk: Desk, about: str) -> None:
    desk.block()
    letter, deps = desk.made("a"), desk.office.deps
    target = desk.office.warga if about == "warga" else desk.case
    theirs = deps.engine.read(lambda tx: belongings(tx, target))
    deps.destruction.destroy(desk.office.people["kabid"], theirs.changes, theirs.ids, "BA 1")
    now = desk.site.letter_shelf.open(desk.who("petugas"), letter.id)
    assert isinstance(now, LetterView) and now.is_destroyed and now.number == letter.number
    assert desk.site.letter_shelf.pdf(desk.who("petugas"), letter.id) == NotThere()
    assert not deps.blobs.has(BlobId(letter.digest)) and desk.used() == {101}
    assert faults(desk) == []


def test_an_office_with_letters_verifies_whole(desk: Desk) -> None:
    desk.block()
    letter = desk.made("a")
    desk.site.letter_shelf.cancel(desk.who("petugas"), letter.id, "Salah")
    deps = desk.office.deps
    assert faults(desk) == []
    deps.engine.write(
        lambda tx: tx.execute("UPDATE surat SET number = 7 WHERE kabupaten = :kabupaten")
    ).result()
    assert faults(desk) != []


def faults(desk: Desk) -> list[Any]:
    class Quiet:
        def step(self, key: str, total: int) -> None:
            pass

        def advance(self, count: int = 1) -> None:
            pass

    return list(desk.office.deps.verify(Quiet()).faults)  # type: ignore[arg-type]


def test_a_sealed_case_and_a_sealed_visit_give_nothing_to_a_letter(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    add_officers(office)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=30) as screen:
        hold_ceremony(screen)
    sealer = Sealer(office, office.people[FIELD])
    kasus, _ = sealer.case()
    visit, _ = sealer.visit(kasus)
    site = build_site(office.deps)
    office.add_person("ktk", "Ktk", "U62", ("kabid",), services=("ktkpm", "bpnt"))
    who = office.deps.engine.read(lambda tx: load_person(tx, office.people["ktk"]))
    assert who is not None
    assert site.letters.draft(who, Asked(kind="rekomendasi_bni", case=kasus)) == Denied(why="sealed")
    assert site.letters.draft(who, Asked(kind="rekomendasi_bni", visit=visit)) == NotThere()
    assert site.letters.draft(who, Asked(kind="berita_acara", visit=visit)) == NotThere()
    shut(office)
