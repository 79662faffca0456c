"""Whoever objects is in no list that goes out and in no letter while that holds, and that is said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import RecordId
from server import protection_store
from server.services.exporting import EXPORT
from server.services.letters import Asked as LetterAsked
from server.services.letters import Made, NotMade
from server.services.profile import Profile
from server.services.requests import NotDone
from server.store import SqlOfficeStore
from server.tables.order import Asked, Given, Order
from sync.applying import readable
from sync.change import FormAnswers, Patch
from tests.server import test_conflict_pages
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, shut

PURPOSE = "Bahan rapat penyaluran"
HELD = "Data orang ini ditahan"
TOLD = "Datang ke loket tadi pagi dengan KTP"


class Desk(test_conflict_pages.Desk):
    """An office with two people, a visit and a case of one of them, and what goes out of it."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.other = office.add_warga("Warga Lain", DESA)
        problem = FormAnswers(version=1, answers={"jenis_masalah": "kks_tertelan"})
        self.visit, _ = office.add_visit(more={"kks_masalah": problem})
        self.case = RecordId("c" * 32)
        fields = {
            "workflow": "bpnt_masalah", "service": "bpnt", "subjek": office.warga, "kode_desa": DESA,
            "kunjungan": self.visit,
        }  # fmt: skip
        self.act(Patch(record=self.case, kind="kasus", base={}, new=fields))

    def act(self, body: Patch) -> None:
        self.office.deps.office.act(self.office.people["petugas"], body)

    def ask(self, kind: str = "keberatan", warga: RecordId | None = None, ago_ms: int = 0) -> RecordId:
        now = self.office.deps.now_ms() - ago_ms
        about = warga or self.office.warga
        made = self.site.requests.open(
            self.person("petugas"), about, kind, "sendiri", "Jangan dibagikan", now
        )
        assert isinstance(made, str)
        return RecordId(made)

    def answer(self, request: RecordId, outcome: str = "sebagian") -> None:
        assert self.site.requests.close(self.person("kabid"), request, outcome, "Sudah dijelaskan") is None

    def grant(self) -> RecordId:
        request = self.ask()
        self.answer(request, "dipenuhi")
        return request

    def withdraw(self, request: RecordId, name: str = "petugas", note: str = TOLD) -> NotDone | None:
        return self.site.requests.withdraw(self.person(name), request, note)

    def listed(self, source: str, *columns: str) -> Order:
        asked = Asked(source=source, kind="csv", columns=columns, purpose=PURPOSE)
        order = self.site.exporting.start(self.person("petugas"), asked, Given())
        assert isinstance(order, Order), order
        self.site.exporting.wait()
        done = self.site.exporting.order(self.person("petugas"), order.id)
        assert done is not None and done.state == "selesai"
        return done

    def counts(self) -> list[tuple[int, int]]:
        """Rows written and rows held, of people, of cases and of visits."""
        orders = [
            self.listed("warga", "id"),
            self.listed("kasus", "id"),
            self.listed("bpnt_kpm", "kunjungan"),
        ]
        return [(order.rows, order.held) for order in orders]

    def letter(self, token: str) -> Any:
        asked = LetterAsked(kind="rekomendasi_bni", case=self.case)
        typed = {"masalah": "KKS tertelan", "permohonan": "cetak ulang"}
        return self.site.letters.make(self.person("petugas"), asked, typed, (), token)

    def sample(self) -> Any:
        asked = LetterAsked(kind="rekomendasi_bni", case=self.case)
        typed = {"masalah": "KKS tertelan", "permohonan": "cetak ulang"}
        return self.site.letters.sample(self.person("petugas"), asked, typed, ())

    def shown(self, warga: RecordId) -> Profile:
        found = self.site.profiles.open(self.person("petugas"), warga)
        assert isinstance(found, Profile)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    desk = Desk(office)
    yield desk
    desk.site.exporting.close()
    shut(office)


def test_whoever_objects_is_in_no_list_until_they_are_answered_and_the_list_says_so(desk: Desk) -> None:
    assert desk.counts() == [(2, 0), (1, 0), (1, 0)]
    request = desk.ask()
    assert desk.counts() == [(1, 1), (0, 1), (0, 1)]
    name = desk.listed("warga", "id").id
    record = desk.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([name]))[name]
    assert record.kind == EXPORT and record.fields["ditahan"] == 1
    desk.answer(request)
    assert desk.counts() == [(2, 0), (1, 0), (1, 0)]


def test_who_only_asks_to_see_or_to_correct_is_held_nowhere(desk: Desk) -> None:
    desk.ask("akses")
    desk.ask("perbaikan")
    assert desk.counts() == [(2, 0), (1, 0), (1, 0)]
    assert desk.shown(desk.office.warga).objection is None


def test_no_letter_is_made_about_who_objects_and_no_number_is_used(desk: Desk) -> None:
    year = desk.site.letter_numbers.book().year
    assert desk.site.letter_numbers.add_block(desk.person("petugas"), year, 101, 110) is None
    request = desk.ask()
    assert desk.letter("a") == NotMade(why="keberatan")
    assert desk.site.letter_numbers.book().next == 101
    desk.answer(request, "ditolak")
    assert isinstance(desk.letter("a"), Made)


def test_records_that_were_merged_are_one_person_who_objects(desk: Desk) -> None:
    merged = {"digabung_ke": desk.office.warga}
    desk.act(Patch(record=desk.other, kind="warga", base={"digabung_ke": None}, new=merged))
    desk.site.indexing.catch_up()
    request = desk.ask(warga=desk.office.warga)
    shown = desk.shown(desk.office.warga).objection
    assert shown is not None and shown.request == request
    other = desk.shown(desk.other).objection
    assert other is not None and other.request == request


def test_who_objected_before_their_record_was_merged_is_held_as_who_they_are_now(desk: Desk) -> None:
    request = desk.ask(warga=desk.other)
    merged = {"digabung_ke": desk.office.warga}
    desk.act(Patch(record=desk.other, kind="warga", base={"digabung_ke": None}, new=merged))
    desk.site.indexing.catch_up()
    for warga in (desk.office.warga, desk.other):
        shown = desk.shown(warga).objection
        assert shown is not None and shown.request == request
    assert desk.letter("a") == NotMade(why="keberatan")
    assert desk.counts() == [(0, 1), (0, 1), (0, 1)]


def test_the_persons_page_and_the_lists_page_tell_of_it(desk: Desk) -> None:
    desk.ask()
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(f"/warga/{desk.office.warga}").text
        assert "Berkeberatan atas pemrosesan datanya, belum dijawab" in page and "Buka permintaannya" in page
        assert "Berkeberatan" not in client.get(f"/warga/{desk.other}").text
        order = desk.listed("warga", "id")
        assert (
            "1 baris: orangnya berkeberatan dan belum dijawab, atau keberatannya dipenuhi."
            in client.get(f"/ekspor/{order.id}").text
        )
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        page = client.get(f"/warga/{desk.office.warga}").text
        assert "belum dijawab" in page and "Buka permintaannya" not in page


def test_whoever_was_granted_stays_out_of_lists_until_they_withdraw(desk: Desk) -> None:
    request = desk.grant()
    assert desk.counts() == [(1, 1), (0, 1), (0, 1)]
    assert desk.withdraw(request) is None
    assert desk.counts() == [(2, 0), (1, 0), (1, 0)]


def test_no_letter_is_made_about_who_was_granted_until_they_withdraw(desk: Desk) -> None:
    year = desk.site.letter_numbers.book().year
    assert desk.site.letter_numbers.add_block(desk.person("petugas"), year, 101, 110) is None
    request = desk.grant()
    assert desk.letter("a") == NotMade(why="keberatan_dipenuhi")
    assert desk.site.letter_numbers.book().next == 101
    assert desk.withdraw(request) is None
    assert isinstance(desk.letter("a"), Made)


def test_no_sample_of_a_letter_is_set_either_while_an_objection_holds(desk: Desk) -> None:
    assert isinstance(desk.sample(), bytes)
    request = desk.ask()
    assert desk.sample() == NotMade(why="keberatan")
    desk.answer(request, "dipenuhi")
    assert desk.sample() == NotMade(why="keberatan_dipenuhi")
    assert desk.withdraw(request) is None
    assert isinstance(desk.sample(), bytes)


def test_the_list_of_requests_marks_those_that_hold_and_puts_them_before_what_is_closed(desk: Desk) -> None:
    desk.answer(desk.ask("akses"))
    granted = desk.grant()
    desk.answer(desk.ask(), "ditolak")
    opened = [desk.ask("perbaikan", ago_ms=60_000), desk.ask()]
    found = desk.site.requests.all(desk.person("petugas"))
    assert [each.id for each in found[:3]] == [*opened, granted]
    assert {each.id for each in found if each.holds} == {opened[1], granted}
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        rows = client.get("/permintaan").text.split('<li class="row')[1:]
        assert [HELD in row for row in rows] == [each.holds for each in found]
        assert desk.withdraw(granted) is None
        assert client.get("/permintaan").text.count(HELD) == 1


def test_of_two_objections_the_open_one_is_told_and_the_granted_one_holds_when_it_is_refused(
    desk: Desk,
) -> None:
    first, second = desk.grant(), desk.ask()
    shown = desk.shown(desk.office.warga).objection
    assert shown is not None and (shown.request, shown.granted) == (second, False)
    desk.answer(second, "ditolak")
    shown = desk.shown(desk.office.warga).objection
    assert shown is not None and (shown.request, shown.granted) == (first, True)
    assert desk.withdraw(first) is None
    assert desk.shown(desk.office.warga).objection is None


def test_only_who_may_answer_there_takes_a_withdrawal_down_and_with_a_note(desk: Desk) -> None:
    desk.office.add_person("jauh", "Petugas Jauh", "U50", ("petugas",), areas=(ELSEWHERE,))
    request = desk.grant()
    for name in ("pendamping", "verifikator", "pengawas", "admin", "jauh"):
        assert desk.withdraw(request, name) == NotDone(why="tidak_ada"), name
    assert desk.withdraw(request, note=" ") == NotDone(why="penarikan")
    assert desk.withdraw(request, note="a" * 2_001) == NotDone(why="penarikan")
    assert desk.shown(desk.office.warga).objection is not None
    assert desk.withdraw(request, "pdp") is None
    assert desk.withdraw(request) == NotDone(why="tidak_menahan")
    read = desk.office.deps.engine.read
    contents = [
        readable(raw) for _, raw in read(lambda tx: protection_store.contents_in_effect(tx, [request]))
    ]
    [said] = [
        each for each in contents if each and isinstance(each.body, Patch) and "penarikan" in each.body.new
    ]
    assert isinstance(said.body, Patch) and said.body.new["penarikan"] == TOLD
    assert said.author == desk.office.people["pdp"]


def test_only_an_objection_that_was_granted_is_withdrawn(desk: Desk) -> None:
    waiting = desk.ask()
    assert desk.withdraw(waiting) == NotDone(why="tidak_menahan")
    for outcome in ("sebagian", "ditolak"):
        request = desk.ask()
        desk.answer(request, outcome)
        assert desk.withdraw(request) == NotDone(why="tidak_menahan"), outcome
    access = desk.ask("akses")
    desk.answer(access, "dipenuhi")
    assert desk.withdraw(access) == NotDone(why="tidak_menahan")


def test_the_pages_tell_that_an_objection_was_granted_and_how_it_ended(desk: Desk) -> None:
    request = desk.ask()
    where, about = f"/permintaan/{request}", f"/warga/{desk.office.warga}"
    letter = {"isi.masalah": "KKS tertelan", "isi.permohonan": "cetak ulang"}
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")
        page = client.get(where).text
        assert "tetap ditahan sampai ia menarik keberatannya" in page and "/tarik" not in page
        assert "menarik keberatannya" not in client.get(f"/permintaan/{desk.ask('akses')}").text
        desk.answer(request, "dipenuhi")
        page = client.get(about).text
        assert "Keberatannya atas pemrosesan datanya dipenuhi" in page and "Sampai ditarik orangnya" in page
        assert "belum dijawab" not in page and f'href="{where}"' in page
        order = desk.listed("warga", "id")
        told = client.get(f"/ekspor/{order.id}").text
        assert "atau keberatannya dipenuhi" in told and "setelah ditarik orangnya" in told
        asking = f"/surat/baru?jenis=rekomendasi_bni&kasus={desk.case}"
        form = {"csrf": csrf(client.get(asking)), "jenis": "rekomendasi_bni", "kasus": desk.case}
        refused = client.post("/surat", data={**form, **letter, "tanda": "a"})
        assert "keberatannya dipenuhi" in refused.text and "Nomor tidak terpakai" in refused.text
        page = client.get(where).text
        assert "Data orang ini ditahan" in page and "catat permintaan baru" in page
        for path in ("/permintaan", where, f"{where}/surat"):
            assert "itarik orangnya" not in client.get(path).text.replace("Sampai ditarik", ""), path
        form = {"csrf": csrf(client.get(where)), "penarikan": " "}
        empty = client.post(f"{where}/tarik", data=form)
        assert empty.status_code == 422 and "Tulis kapan dan bagaimana" in empty.text
        assert client.post(f"{where}/tarik", data={**form, "penarikan": TOLD}).status_code == 303
        page = client.get(where).text
        assert "Keberatan ditarik orangnya" in page and TOLD in page and "Dicatat Petugas Uji" in page
        assert "/tarik" not in page and "Data orang ini ditahan" not in page
        assert "Ditarik orangnya" in client.get("/permintaan").text
        for path in (where, f"{where}/surat"):
            assert "(ditarik orangnya, dicatat " in client.get(path).text, path
        assert "Keberatannya" not in client.get(about).text
        again = client.post(f"{where}/tarik", data={**form, "penarikan": TOLD})
        assert again.status_code == 422 and "Hanya keberatan yang dipenuhi" in again.text


def test_who_may_only_look_sees_that_it_holds_and_no_button(desk: Desk) -> None:
    where = f"/permintaan/{desk.grant()}"
    with serving_cheaply(desk.office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "pengawas")
        page = client.get(where).text
        assert "Data orang ini ditahan" in page and "/tarik" not in page
        refused = client.post(f"{where}/tarik", data={"csrf": csrf(client.get(where)), "penarikan": TOLD})
        assert refused.status_code == 403


def test_the_copy_of_ones_data_tells_how_one_withdrew(desk: Desk) -> None:
    request = desk.grant()
    assert desk.withdraw(request) is None
    now = desk.office.deps.now_ms()
    made = desk.site.exports.make(desk.person("petugas"), desk.office.warga, "Diminta", "Dinas Uji", now)
    assert not isinstance(made, NotDone)
    assert ("Keberatan ditarik", TOLD) in [
        line for part in made.parts for entry in part.entries for line in entry.lines
    ]
