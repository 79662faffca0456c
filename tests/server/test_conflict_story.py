"""What stands around a conflict, third values, stale tabs, neighbours: the whole way to a choice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import httpx
import pytest

from schemas.ids import ChangeId, RecordId
from server.services.conflicts import ConflictFilter, ConflictPage
from server.services.review import Decided, Stale
from server.web.building import build_site
from server.web.site import Site
from sync.change import Accessed, Patch, read
from tests.server.web_office import DESA, ELSEWHERE, PASSWORD, Office, Phone, open_at, serving, shut

EVERYTHING = ConflictFilter()


class Story:
    """A served office with two phones of one desa."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address
        self.site: Site = build_site(office.deps)
        self.second = Phone(office.deps, office.add_person("kedua", "Petugas Kedua", "U50", ("pendamping",)))

    def person(self, name: str):
        return self.office.person(name)

    def warga(self, name: str, **fields: object) -> RecordId:
        warga = self.office.add_warga(name, DESA)
        office = self.office.deps.office
        office.act(office.person, Patch(record=warga, kind="warga", base={}, new=fields))
        return warga

    def patch(self, phone: Phone, warga: RecordId, base: dict, **new: object) -> ChangeId:
        return phone.push(Patch(record=warga, kind="warga", base=base, new=new))

    def conflict(self, warga: RecordId, field: str | None = None) -> RecordId:
        found = self.office.deps.engine.read(
            lambda tx: tx.query(
                "SELECT conflict FROM konflik WHERE kabupaten = :kabupaten AND about = :about"
                " AND state = 'menunggu'",
                {"about": warga},
            )
        )
        ids = [RecordId(row[0]) for row in found]
        wanted = [each for each in ids if field is None or field in self.office.fields(each)["fields"]]
        assert len(wanted) == 1
        return wanted[0]

    def page(self, conflict: RecordId, by: str = "kabid", *, opened: bool = False) -> ConflictPage:
        found = self.site.conflicts.page(self.person(by), conflict, EVERYTHING, opened=opened)
        assert isinstance(found, ConflictPage), found
        return found

    def born(self, name: str) -> tuple[RecordId, RecordId]:
        """A date of birth that two phones saw differently, each with a visit."""
        warga = self.warga(name, tanggal_lahir="1980-01-01")
        for phone, day in ((self.second, "1980-11-01"), (self.office.phone, "1980-01-11")):
            self.office.add_visit(warga=warga, phone=phone, photos=("foto_rumah_depan",))
            self.patch(phone, warga, {"tanggal_lahir": "1980-01-01"}, tanggal_lahir=day)
        return warga, self.conflict(warga)

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=20) as client:
            form = {"csrf": hidden(client.get("/masuk"), "csrf"), "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    office = open_at(tmp_path_factory.mktemp("story"))
    with serving(office) as address:
        yield Story(office, address)
    shut(office)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)
    assert found, page.text[:500]
    return found[1]


def form_of(page: httpx.Response, **more: str) -> dict[str, str]:
    """What a browser sends of a conflict's form, with what an officer chose and typed."""
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    return {**kept, **{name.replace("__", "."): value for name, value in more.items()}}


def test_both_writers_are_named_with_bounds_place_and_the_photos_of_their_visits(town: Story) -> None:
    _, conflict = town.born("Warga Bukti")
    story = town.page(conflict).story
    assert (story.theirs.who, story.mine.who) == ("Petugas Kedua", "Pendamping Uji")
    assert all("antara" in side.when.lower() for side in (story.mine, story.theirs))
    assert "110,78" in story.mine.place
    assert [len(visit.shots) for side in (story.mine, story.theirs) for visit in side.evidence] == [1, 1]
    assert story.mine.evidence[0].visit != story.theirs.evidence[0].visit


def test_photos_of_a_visit_that_a_reader_may_not_see_are_not_shown_beside_a_conflict(town: Story) -> None:
    warga, conflict = town.born("Warga Pindah")
    office = town.office.deps.office
    moved = {"kode_desa": ELSEWHERE}
    office.act(office.person, Patch(record=warga, kind="warga", base={"kode_desa": DESA}, new=moved))
    town.office.add_person("jauh", "Jauh Uji", "U91", ("verifikator",), (ELSEWHERE,))
    story = town.page(conflict, "jauh").story
    assert story.mine.who == "Pendamping Uji"
    assert story.mine.evidence == story.theirs.evidence == ()
    assert town.page(conflict, "kabid").story.mine.evidence != ()


def test_a_value_of_no_visit_is_laid_at_nobodys_door(town: Story) -> None:
    warga = town.warga("Warga Impor", alamat="Dukuh Impor")
    town.office.add_visit(warga=warga, phone=town.second)
    town.patch(town.office.phone, warga, {"alamat": "Dukuh Lama"}, alamat="Dukuh Lapangan")
    story = town.page(town.conflict(warga)).story
    assert story.theirs.who == "" and story.theirs.evidence == ()
    assert story.mine.who == "Pendamping Uji"


def test_an_author_is_never_named_for_the_offices_value_because_it_is_theirs_too(town: Story) -> None:
    warga = RecordId("5" * 32)
    new = {"nama": "Warga Sama", "kode_desa": ELSEWHERE, "layanan": ["bpnt"]}
    town.patch(town.office.phone, warga, {}, **new)
    conflict = town.conflict(warga)
    office = town.office.deps.office
    office.act(office.person, Patch(record=warga, kind="warga", base={}, new=new))
    page = town.page(conflict)
    assert {field.theirs == field.mine for choice in page.view.choices for field in choice.fields} == {True}
    assert page.story.theirs.who == "" and page.story.mine.who == "Pendamping Uji"


def test_who_chose_in_an_earlier_conflict_wrote_the_offices_value(town: Story) -> None:
    warga = town.warga("Warga Pilihan", alamat="Dukuh A")
    town.patch(town.second, warga, {"alamat": "Dukuh Lain"}, alamat="Dukuh B")
    first = town.conflict(warga)
    seen = town.page(first).view.seen
    assert town.site.conflicts.resolve(town.person("petugas"), first, seen, {"alamat": "mine"}) == Decided()
    town.patch(town.office.phone, warga, {"alamat": "Dukuh A"}, alamat="Dukuh C")
    assert town.page(town.conflict(warga)).story.theirs.who == "Petugas Uji"


def test_fields_that_were_merged_are_listed_beside_the_conflict_and_on_the_visit(town: Story) -> None:
    warga = town.warga("Warga Gabung", alamat="Dukuh A", rt="001", pekerjaan="Tani", status_kawin="kawin")
    town.office.add_visit(warga=warga, phone=town.second)
    town.patch(town.second, warga, {"status_kawin": "kawin"}, status_kawin="cerai_mati")
    visit, _ = town.office.add_visit(warga=warga)
    base = {"status_kawin": "kawin", "pekerjaan": "Tani", "nama": "Warga Dulu"}
    town.patch(town.office.phone, warga, base, pekerjaan="Buruh", nama="Warga Kini")
    assert town.page(town.conflict(warga)).story.merged == ("Status perkawinan",)
    with town.log_in("verifikator") as client:
        assert "digabung" in client.get(f"/kunjungan/{visit}").text


@pytest.mark.parametrize(
    ("written", "stands"),
    [("1980-01-21", "1980-01-21"), ("21-1-1980", "1980-01-21"), ("1980-02-30", None), ("2999-01-01", None)],
)
def test_a_third_date_is_read_as_a_date_or_refused(town: Story, written: str, stands: str | None) -> None:
    warga, conflict = town.born(f"Warga {written}")
    with town.log_in("kabid") as client:
        page = client.get(f"/konflik/{conflict}")
        sent = form_of(page, pilih__tanggal_lahir="lain", tulis__tanggal_lahir=written)
        answer = client.post(f"/konflik/{conflict}", data=sent)
    assert answer.status_code == (303 if stands else 422)
    assert town.office.fields(warga)["tanggal_lahir"] == (stands or "1980-11-01")
    if stands is None:
        assert f'value="{written}"' in answer.text and 'aria-invalid="true"' in answer.text
        assert re.search(r'value="lain" checked', answer.text)


@pytest.mark.parametrize(
    ("field", "base", "mine", "written", "stands"),
    [
        ("nik", "3314990101800009", "3314990101800002", "3314 9901 0180 0003", "3314990101800003"),
        ("nik", "3314990101800009", "3314990101800002", "33149901", None),
        ("jenis_kelamin", "x", "laki_laki", "perempuan", "perempuan"),
        ("jenis_kelamin", "x", "laki_laki", "lainnya", None),
        ("nama", "Dulu", "Nama Lapangan", "  Nama Ketiga ", "Nama Ketiga"),
        ("nama", "Dulu", "Nama Lapangan", " ", None),
        ("nama", "Dulu", "Nama Lapangan", "N" * 121, None),
        ("kode_desa", ELSEWHERE, "33.14.01.2002", "33.14.01.2003", "33.14.01.2003"),
        ("kode_desa", ELSEWHERE, "33.14.01.2002", "33.14.99.9999", None),
    ],
)
def test_each_kind_of_field_takes_only_values_of_its_kind(
    town: Story, field: str, base: str, mine: str, written: str, stands: str | None
) -> None:
    warga = town.warga("Warga Ketiga", jenis_kelamin="wanita")
    before = town.office.fields(warga)[field]
    town.patch(town.office.phone, warga, {field: base}, **{field: mine})
    conflict = town.conflict(warga)
    with town.log_in("petugas") as client:
        page = client.get(f"/konflik/{conflict}")
        sent = form_of(page, **{f"pilih__{field}": "lain", f"tulis__{field}": written})
        answer = client.post(f"/konflik/{conflict}", data=sent)
    assert answer.status_code == (303 if stands else 422)
    assert town.office.fields(warga)[field] == (stands or before)


def test_services_are_ticked_and_never_left_as_a_text(town: Story) -> None:
    warga = town.office.add_warga("Warga Layanan", ELSEWHERE)
    town.patch(town.office.phone, warga, {"layanan": ["kis"]}, layanan=["bpnt", "kis"])
    conflict = town.conflict(warga)
    with town.log_in("kabid") as client:
        page = client.get(f"/konflik/{conflict}")
        wrong = form_of(page, pilih__layanan="lain", tulis__layanan="bpnt")
        assert client.post(f"/konflik/{conflict}", data=wrong).status_code == 422
        right = form_of(page, pilih__layanan="lain", tulis__layanan__kis="ya")
        assert client.post(f"/konflik/{conflict}", data=right).status_code == 303
    assert town.office.fields(warga)["layanan"] == ["kis"]


def test_a_stale_tab_writes_nothing_keeps_what_was_typed_and_shows_what_moved(town: Story) -> None:
    warga, conflict = town.born("Warga Basi")
    with town.log_in("kabid") as client:
        page = client.get(f"/konflik/{conflict}")
        town.patch(town.office.phone, warga, {"tanggal_lahir": "1980-01-01"}, tanggal_lahir="1980-01-12")
        sent = form_of(page, pilih__tanggal_lahir="lain", tulis__tanggal_lahir="1980-01-21")
        answer = client.post(f"/konflik/{conflict}", data=sent)
        assert answer.status_code == 409
        assert 'value="1980-01-21"' in answer.text and re.search(r'value="lain" checked', answer.text)
        assert re.search(r'class="was">[^<]*11 Januari 1980</span> [^<]*12 Januari 1980', answer.text)
        assert town.office.fields(warga)["tanggal_lahir"] == "1980-11-01"
        # the page that came back names the newest state, so that it can be sent again
        again = form_of(answer, pilih__tanggal_lahir="lain", tulis__tanggal_lahir="1980-01-21")
        assert client.post(f"/konflik/{conflict}", data=again).status_code == 303
    assert town.office.fields(warga)["tanggal_lahir"] == "1980-01-21"


def test_of_two_officers_at_once_one_decides_and_the_other_sees_who_did(town: Story) -> None:
    warga, conflict = town.born("Warga Berdua")
    with town.log_in("kabid") as one, town.log_in("petugas") as two:
        pages = [client.get(f"/konflik/{conflict}") for client in (one, two)]
        sent = [
            form_of(page, pilih__tanggal_lahir=side)
            for page, side in zip(pages, ("mine", "base"), strict=True)
        ]
        assert one.post(f"/konflik/{conflict}", data=sent[0]).status_code == 303
        late = two.post(f"/konflik/{conflict}", data=sent[1])
    assert late.status_code == 409 and "Diputuskan Kabid Uji" in late.text
    assert "11 Januari 1980" in late.text and 'name="pilih.' not in late.text
    assert town.office.fields(warga)["tanggal_lahir"] == "1980-01-11"


def test_numbers_stay_covered_until_a_purpose_is_written_into_the_chain(town: Story) -> None:
    warga = town.warga("Warga Nomor")
    town.patch(town.office.phone, warga, {"nik": "3314990101800009"}, nik="3314990101810001")
    conflict = town.conflict(warga)
    with town.log_in("verifikator") as client:
        page = client.get(f"/konflik/{conflict}")
        assert "3314990101810001" not in page.text
        token = {"csrf": hidden(page, "csrf")}
        assert client.post(f"/konflik/{conflict}/buka", data={**token, "keperluan": "x"}).status_code == 422
        opened = client.post(f"/konflik/{conflict}/buka", data={**token, "keperluan": "Cocokkan dengan KTP"})
        assert "3314990101810001" in opened.text and "3314990101800001" in opened.text
        assert "3314990101810001" not in client.get(f"/konflik/{conflict}").text
    raws = town.office.deps.engine.read(
        lambda tx: tx.query("SELECT raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL")
    )
    looks = [body for (raw,) in raws if isinstance(body := read(raw).body, Accessed)]
    assert [(each.subject, each.purpose) for each in looks] == [(conflict, "Cocokkan dengan KTP")]


def test_a_merged_records_conflict_says_where_it_lives_on(town: Story) -> None:
    keeps, gone = town.warga("Warga Bertahan"), town.warga("Warga Lebur")
    office = town.office.deps.office
    office.act(office.person, Patch(record=gone, kind="warga", base={}, new={"digabung_ke": keeps}))
    town.office.add_visit(warga=gone, photos=("foto_rumah_depan",))
    town.patch(town.office.phone, gone, {"nama": "Warga Lebur"}, nama="Warga Lebur Baru")
    page = town.page(town.conflict(keeps))
    assert page.view.title == "Warga Bertahan" and "digabung ke data Warga Bertahan" in page.story.why
    assert len(page.story.mine.evidence) == 1


def test_the_list_is_narrowed_and_walked_within_what_it_was_narrowed_to(town: Story) -> None:
    here = [town.born(f"Warga Jalan {number}")[1] for number in range(3)]
    far = town.office.add_warga("Warga Jauh", ELSEWHERE)
    town.patch(town.office.phone, far, {"nama": "Dulu"}, nama="Warga Jauh Sekali")
    kabid = town.person("kabid")
    desa = ConflictFilter(desa=ELSEWHERE)
    listed = town.site.conflicts.all(kabid, desa)
    assert town.conflict(far) in [each.id for each in listed.shown]
    assert not {each.id for each in listed.shown} & set(here)
    assert {DESA, ELSEWHERE} <= set(listed.desa) and "warga" in listed.kinds
    assert town.site.conflicts.all(kabid, ConflictFilter(service="kis", desa=DESA)).total == 0
    assert town.site.conflicts.all(kabid, ConflictFilter(kind="kasus")).total == 0
    # next and previous follow the list, and stay inside the filter
    order = [each.id for each in town.site.conflicts.all(kabid).shown]
    for one, two in pairwise(order):
        assert town.page(one).next == two and town.page(two).previous == one
    alone = town.site.conflicts.page(kabid, town.conflict(far), desa)
    assert isinstance(alone, ConflictPage)
    assert {alone.next, alone.previous} & set(here) == set()


def test_after_a_choice_the_next_conflict_opens(town: Story) -> None:
    _, conflict = town.born("Warga Lanjut")
    town.born("Warga Sesudahnya")
    with town.log_in("kabid") as client:
        assert '<a href="/konflik">Hapus saringan' in client.get("/konflik?jenis=warga").text
        assert "Hapus saringan" not in client.get("/konflik").text
        page = client.get(f"/konflik/{conflict}?jenis=warga")
        following = hidden_button(page)
        sent = form_of(page, pilih__tanggal_lahir="mine", lalu=following)
        answer = client.post(f"/konflik/{conflict}?jenis=warga", data=sent)
        assert answer.headers["location"] == f"/konflik/{following}?jenis=warga&selesai=ya"
        assert client.get(answer.headers["location"]).status_code == 200
        # a value from elsewhere leads nowhere else
        further = client.get(f"/konflik/{following}")
        odd = client.post(f"/konflik/{following}", data=form_of(further, lalu="../perangkat?x="))
        assert odd.headers["location"] == "/konflik?selesai=ya"


def hidden_button(page: httpx.Response) -> str:
    found = re.search(r'name="lalu" value="([0-9a-f]{32})"', page.text)
    assert found
    return found[1]


def test_an_open_conflict_outlives_all_that_comes_after_it(town: Story) -> None:
    warga, conflict = town.born("Warga Setia")
    for number in range(5):
        town.office.add_visit(warga=warga, photos=())
        town.patch(town.office.phone, warga, {"pekerjaan": None}, pekerjaan=f"Kerja {number}")
    town.patch(town.second, warga, {"tanggal_lahir": "1980-11-01"}, tanggal_lahir="1980-12-01")
    assert town.conflict(warga, "tanggal_lahir") == conflict
    view = town.page(conflict).view
    assert view.choices[0].fields[0].theirs.endswith("1 Desember 1980") and view.resolvable
    assert town.site.conflicts.resolve(town.person("kabid"), conflict, "0" * 80, {}) == Stale()
    assert town.conflict(warga, "tanggal_lahir") == conflict
