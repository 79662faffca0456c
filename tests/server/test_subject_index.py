"""The index of warga and e-warong follows their records, whatever befell them, and finds who is meant."""

import secrets
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.ids import RecordId
from server import subject_index, subject_store
from server.engine import Reader
from server.services import indexing
from server.services.finding import MOST, Finding, Hits
from server.services.indexing import FIRST, Indexing
from server.services.people import Denied
from server.subjects import LIKE, likeness_to
from server.web.building import build_site
from server.web.pages import page_routes
from server.web.site import Site
from sync.change import Destroyed, Patch
from tests.server.room_office import csrf, log_in
from tests.server.web_office import DESA, ELSEWHERE, Office, open_at, serving, shut

TABLES = ("subjects", "subject_words", "subject_cases", "subject_pairs")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    yield made
    shut(made)


@pytest.fixture
def site(office: Office) -> Site:
    return build_site(office.deps)


def add(office: Office, nama: str, kind: str = "warga", **fields: Any) -> RecordId:
    name = RecordId(secrets.token_hex(16))
    called = {"warga": "nama", "ewarong": "nama_ewarong"}[kind]
    new = {called: nama, "kode_desa": DESA, "layanan": ["bpnt"], **fields}
    office.deps.office.act(office.people["petugas"], Patch(record=name, kind=kind, base={}, new=new))
    return name


def change(office: Office, record: RecordId, base: dict[str, Any], **new: Any) -> None:
    office.deps.office.act(office.people["petugas"], Patch(record=record, kind="warga", base=base, new=new))


def found(site: Site, office: Office, typed: str, *, who: str = "petugas", **where: str) -> list[str]:
    hits = site.finding.search(office.person(who), where.get("kind", "warga"), typed, where.get("desa", ""))
    assert isinstance(hits, Hits)
    return [hit.name for hit in hits.shown]


def whole(tx: Reader) -> dict[str, list[Any]]:
    """Everything that the index holds, but for the numbers, which depend on what came first."""
    asked = {
        "subjects": "SELECT subject, kind, name_key, desa, birth, nik, kks, kk, s.shelf, merged_into, fresh"
        " FROM subjects JOIN subject_shelves s ON s.number = subjects.shelf",
        "words": "SELECT word, subject FROM subject_words w JOIN subjects s ON s.number = w.number",
        "cases": "SELECT kasus, subject FROM subject_cases",
        "pairs": "SELECT one, other, why FROM subject_pairs",
        "end": "SELECT seq FROM subject_end",
    }
    return {name: sorted(tuple(row) for row in tx.query(sql)) for name, sql in asked.items()}


@contextmanager
def held(office: Office) -> Generator[None]:
    """Keep the writer busy: nothing is taken into the index meanwhile, and no page waits long for it."""
    begun, done = threading.Event(), threading.Event()

    def busy(_: Reader) -> None:
        begun.set()
        done.wait(60)

    waiting = office.deps.engine.write(busy)
    assert begun.wait(30)
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(indexing, "PAGE_WAITS_S", 0.05)
            yield
            assert not waiting.done(), "a page came only when the writer was free"
    finally:
        done.set()
        waiting.result()


def test_every_list_that_stands_on_the_index_says_when_it_is_behind(office: Office, site: Site) -> None:
    with serving(office, page_routes(site)) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "petugas")

        def asked(path: str, page: str) -> str:
            given = {"csrf": csrf(client.get(page)), "dicari": "Sutarmi"}
            answer = client.post(path, data=given)
            return client.get(answer.headers["location"]).text if answer.is_redirect else answer.text

        pages = {
            "/warga": lambda: asked("/warga", "/warga"),
            "/antrean": lambda: asked("/antrean/cari", "/antrean"),
            "/pemusnahan": lambda: asked("/pemusnahan/cari", "/pemusnahan"),
            "/kemungkinan-ganda": lambda: client.get("/kemungkinan-ganda").text,
            "/orang-baru": lambda: client.get("/orang-baru").text,
        }
        for name, page in pages.items():
            assert "masih disiapkan" not in page(), name
            add(office, "Baru Masuk")
            with held(office):
                assert "masih disiapkan" in page(), name


@pytest.mark.parametrize(
    "typed", ["Suryadi", "soerjadi", "H. SURYADI", "muh suryadi", "Moch. Soerjadi, S.Pd", "surya"]
)
def test_a_name_is_found_in_any_spelling_and_by_any_of_its_words(
    office: Office, site: Site, typed: str
) -> None:
    add(office, "Muhammad Suryadi")
    add(office, "Suparno")
    assert found(site, office, typed) == ["Muhammad Suryadi"]


def test_names_that_begin_so_come_before_those_that_hold_the_word(office: Office, site: Site) -> None:
    for nama in ("Dewi Aminah", "Aminah Sari", "Siti Aminah"):
        add(office, nama)
    assert found(site, office, "aminah") == ["Aminah Sari", "Dewi Aminah", "Siti Aminah"]
    assert found(site, office, "am siti") == ["Siti Aminah"]


def test_a_number_is_found_whole_or_by_its_end_and_two_digits_find_nobody(office: Office, site: Site) -> None:
    add(office, "Ngatiyem", nik="3314990202800012", no_kks="6032989900777123")
    for typed in ("3314990202800012", "0012", "331499 020280 0012", "777123"):
        assert found(site, office, typed) == ["Ngatiyem"]
    assert found(site, office, "12") == []


def test_without_a_name_a_desa_shows_its_people_and_kinds_stay_apart(office: Office, site: Site) -> None:
    add(office, "Di Sana", kode_desa=ELSEWHERE)
    add(office, "Warung Berkah", kind="ewarong")
    assert found(site, office, "", desa=ELSEWHERE) == ["Di Sana"]
    assert found(site, office, "berkah") == []
    assert found(site, office, "berkah", kind="ewarong") == ["Warung Berkah"]


def test_a_large_desa_is_walked_a_page_at_a_time(office: Office, site: Site) -> None:
    for number in range(MOST + 3):
        add(office, f"Warga {number:03}", kode_desa=ELSEWHERE)
    site.indexing.catch_up()
    who = office.person("petugas")
    pages = [site.finding.search(who, "warga", "", ELSEWHERE, number) for number in (1, 2)]
    assert [(len(page.shown), page.more) for page in pages if isinstance(page, Hits)] == [
        (MOST, True),
        (3, False),
    ]


def test_nobody_is_found_outside_ones_desa_and_services(office: Office, site: Site) -> None:
    office.add_person("jauh", "Jauh Uji", "U90", ("verifikator",), (ELSEWHERE,))
    office.add_person("kis", "Kis Uji", "U91", ("verifikator",), (), ("kis",))
    add(office, "Orang Bpnt")
    assert found(site, office, "orang") == ["Orang Bpnt"]
    assert found(site, office, "orang", who="jauh") == found(site, office, "orang", who="kis") == []
    assert found(site, office, "", who="jauh", desa=DESA) == []
    assert site.finding.search(office.person("admin"), "warga", "orang") == Denied(why="role")


def test_somebody_of_a_sealed_service_never_appears(office: Office, site: Site) -> None:
    office.add_person("unit", "Unit Uji", "U92", ("kabid",), (), ("bpnt", "ktkpm"))
    add(office, "Orang Tertutup", layanan=["ktkpm"])
    assert found(site, office, "tertutup", who="unit") == []
    add(office, "Orang Keduanya", layanan=["bpnt", "ktkpm"])
    hits = site.finding.search(office.person("unit"), "warga", "keduanya")
    assert isinstance(hits, Hits) and hits.shown[0].services == ("BPNT/Sembako",)


def test_what_changed_is_found_as_it_is_now(office: Office, site: Site) -> None:
    warga = add(office, "Nama Lama", nik="3314990202800012")
    assert found(site, office, "lama") == ["Nama Lama"]
    change(
        office, warga, {"nama": "Nama Lama", "nik": "3314990202800012"}, nama="Baru", nik="3314990202800099"
    )
    assert found(site, office, "lama") == [] and found(site, office, "0012") == []
    assert found(site, office, "baru") == found(site, office, "0099") == ["Baru"]


def test_what_the_index_does_not_hold_may_change_and_the_index_stays_as_it_is(
    office: Office, site: Site
) -> None:
    warga = add(office, "Tetap Sama", pekerjaan="tani")
    add(office, "Datang Kemudian")  # so that another entry would have another number
    site.indexing.catch_up()
    before = number_of(office, warga)
    change(office, warga, {"pekerjaan": "tani"}, pekerjaan="dagang")
    site.indexing.catch_up()
    assert number_of(office, warga) == before
    assert not office.deps.engine.read(subject_index.is_behind)
    change(office, warga, {"no_kks": None}, no_kks="6032989900777123")
    site.indexing.catch_up()
    assert number_of(office, warga) != before
    assert found(site, office, "777123") == ["Tetap Sama"]


def number_of(office: Office, warga: RecordId) -> int:
    sql = "SELECT number FROM subjects WHERE kabupaten = :kabupaten AND subject = :subject"
    return office.deps.engine.read(lambda tx: tx.query(sql, {"subject": warga}))[0][0]


def test_who_was_destroyed_leaves_the_index_at_once(office: Office, site: Site) -> None:
    warga = add(office, "Akan Musnah", nik="3314990202800012")
    twin = add(office, "Kembar", nik="3314990202800012")
    site.indexing.catch_up()
    body = Destroyed(changes={}, blobs=[], records=[warga], basis="BA 1")
    office.deps.office.act(office.deps.office.person, body)
    held = office.deps.engine.read(whole)
    assert warga not in str(held) and twin in str(held["subjects"])
    site.indexing.catch_up()
    assert warga not in str(office.deps.engine.read(whole))
    assert found(site, office, "musnah") == [] and found(site, office, "0012") == ["Kembar"]


def test_it_catches_up_from_where_it_ended_and_comes_to_the_same_as_from_nothing(
    office: Office, site: Site
) -> None:
    kept = add(office, "Sutarmi Satu", tanggal_lahir="1980-01-01")
    twin = add(office, "Sutarmi Satu", tanggal_lahir="1980-01-01", nik="3314990202800012")
    site.indexing.catch_up()
    change(office, kept, {"nama": "Sutarmi Satu"}, nama="Sutarmo Satu")
    gone = add(office, "Sutarmi Tiga", nik="3314990202800012")
    site.indexing.catch_up()
    change(office, gone, {}, digabung_ke=twin)
    fields = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": kept, "kode_desa": DESA}
    case = Patch(record=RecordId("c" * 32), kind="kasus", base={}, new=fields)
    office.deps.office.act(office.people["kabid"], case)
    again = Indexing(office.deps.engine, office.deps.office.device)
    assert again.catch_up() is False
    followed = office.deps.engine.read(whole)
    assert all(followed.values())

    def empty(tx: Any) -> None:
        for table in (*TABLES, "subject_shelves", "subject_end"):
            tx.execute(f"DELETE FROM {table} WHERE kabupaten = :kabupaten")

    office.deps.engine.write(empty).result()
    again.catch_up()
    assert office.deps.engine.read(whole) == followed


def test_a_page_takes_in_a_batch_only_and_says_that_there_is_more(office: Office) -> None:
    bodies = [
        Patch(
            record=RecordId(secrets.token_hex(16)),
            kind="warga",
            base={},
            new={"nama": f"Banyak {number}", "kode_desa": DESA, "layanan": ["bpnt"]},
        )
        for number in range(FIRST + 1)
    ]
    office.deps.engine.write(
        lambda tx: office.deps.office.act_in(tx, office.deps.office.person, bodies)
    ).result()
    site = build_site(office.deps)
    first = site.finding.search(office.person("petugas"), "warga", "banyak")
    assert isinstance(first, Hits) and first.behind and first.more
    second = site.finding.search(office.person("petugas"), "warga", "banyak")
    assert isinstance(second, Hits) and not second.behind


def test_a_search_never_waits_long_for_a_writer_that_is_busy(office: Office, site: Site) -> None:
    site.indexing.catch_up()
    add(office, "Sutarmi Baru")
    with held(office):
        seen = site.finding.search(office.person("petugas"), "warga", "sutarmi")
    assert isinstance(seen, Hits) and seen.behind and [hit.id for hit in seen.shown] == [office.warga]
    site.indexing.catch_up()
    later = site.finding.search(office.person("petugas"), "warga", "sutarmi")
    assert isinstance(later, Hits) and not later.behind and len(later.shown) == 2


def test_it_follows_in_a_thread_of_its_own_until_it_is_stopped(office: Office) -> None:
    also = threading.Event()
    indexing = Indexing(office.deps.engine, office.deps.office.device, also=also.set)
    indexing.start()
    assert also.wait(30)
    indexing.stop()
    ids = office.deps.engine.read(lambda tx: subject_store.beginning(tx, "warga", "sutarmi", [1], 5))
    assert ids == [office.warga]


def test_a_number_that_many_share_makes_no_endless_list_of_pairs(office: Office) -> None:
    count = 3 * subject_index.MOST_ALIKE
    for number in range(count):
        add(office, f"Nama {number}", nik="3314990101800001")
    Indexing(office.deps.engine, office.deps.office.device).catch_up()
    pairs = office.deps.engine.read(lambda tx: tx.query("SELECT one FROM subject_pairs"))
    assert 0 < len(pairs) <= (count + 1) * subject_index.MOST_ALIKE


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("tukiyem", "tukiyem", True),
        ("tukiyem karto", "tukiyem", True),
        ("sutarmi", "sutarmo", True),
        ("sutarmi", "suparno", False),
        ("siti aminah", "dwi lestari", False),
        ("", "", False),
    ],
)
def test_names_are_alike_by_what_a_slip_of_the_pen_changes(one: str, other: str, alike: bool) -> None:
    assert (likeness_to(one)(other) >= 0.84) is alike


def test_two_names_are_as_alike_from_either_side() -> None:
    """Else it would be who was written last that says whether two may be one person."""
    one, other = "endang hartono", "eandn thartono"
    assert likeness_to(one)(other) == likeness_to(other)(one) >= LIKE


def test_rights_are_asked_anew_of_the_record_itself(office: Office, site: Site) -> None:
    """What the index says of a desa may be old: who moved away since is shown to nobody here."""
    office.add_person("sini", "Sini Uji", "U93", ("verifikator",), (DESA,))
    warga = add(office, "Orang Pindah")
    site.indexing.catch_up()
    still = Finding(office.deps.engine, _Stopped(office), site.words)
    change(office, warga, {"kode_desa": DESA}, kode_desa=ELSEWHERE)
    hits = still.search(office.person("sini"), "warga", "pindah")
    assert isinstance(hits, Hits) and hits.shown == ()


class _Stopped(Indexing):
    """An index that does not move on."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.deps.engine, office.deps.office.device)

    def catch_up(self, batches: int | None = None, wait_s: float | None = None) -> bool:
        return True
