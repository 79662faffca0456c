"""What needs attention: alarms that are raised, those that are not, and who sees them."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from schemas.ids import NO_LINK, LinkHash, RecordId
from schemas.wire import PROTOCOL
from server import alarm_store
from server.access import Person
from server.hearing import clock_off_ms
from server.keys import default_path
from server.paper_key import note_printed
from server.services.alarms import DAY_MS, Alarms, branch_count
from server.services.handling import Handling
from server.services.people import load_person
from server.services.settings import OfficeSettings
from server.settings import CLOCK_OFF, OLD_CONFLICT
from sync.change import Clock, Content, Gap, Patch, read, seal
from sync.places import place_at
from tests.server.conftest import Running
from tests.server.web_office import DESA, PASSWORD, Office, Phone, open_at, serving, shut

NOW = 1_790_000_000_000
MINUTE = 60_000


class Watch:
    """A served office, its phone, and its alarms at any time."""

    def __init__(self, office: Office, address: str, key: Path) -> None:
        self.office, self.address = office, address
        self.key = key

    def attention(self, after_days: int = 0) -> list[str]:
        deps = self.office.deps
        alarms = Alarms(deps.engine, deps.text, lambda: deps.now_ms() + after_days * DAY_MS)
        return [alarm.title for alarm in alarms.attention()]

    def write(self, phone: Phone, pekerjaan: str = "Tani") -> None:
        phone.push(
            Patch(
                record=self.office.warga, kind="warga", base={"pekerjaan": None}, new={"pekerjaan": pekerjaan}
            )
        )

    def content(self, wall_ms: int, server_ms: int) -> bytes:
        body = Patch(record=self.office.warga, kind="warga", base={}, new={"pekerjaan": "Tani"})
        clock = Clock(wall_ms=wall_ms, elapsed_ms=1, boot="b", server_ms=server_ms)
        author = self.office.people["pendamping"]
        return seal(Content(salt=secrets.token_bytes(16), author=author, clock=clock, body=body))[1]

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=20) as client:
            token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/masuk").text)
            assert token
            form = {"csrf": token[1], "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    office = open_at(tmp_path)
    with serving(office) as address:
        yield Watch(office, address, default_path(tmp_path / "office"))
    shut(office)


def test_a_quiet_office_has_nothing_to_say(watch: Watch) -> None:
    for number in range(3):
        watch.write(watch.office.phone, f"Kerja {number}")
    assert watch.attention() == []
    with watch.log_in("admin") as client:
        assert "Kunci kantor belum ada di kertas" in client.get("/").text
        note_printed(watch.key, secrets.token_bytes(32), NOW)
        assert "kehilangan catatan" not in client.get("/").text


def test_a_restored_phone_that_goes_on_as_a_branch_is_an_alarm(watch: Watch) -> None:
    phone = watch.office.phone
    watch.write(phone)
    backup = phone._tip
    watch.write(phone, "Buruh")
    phone._tip = backup
    watch.write(phone, "Dagang")
    assert watch.attention() == ["HP Pendamping Uji bercabang menjadi 2 rantai catatan"]


def test_a_declared_gap_is_told_as_what_it_is(watch: Watch) -> None:
    for number in range(4):
        watch.write(watch.office.phone, f"Kerja {number}")
    watch.office.phone.push(Gap(first=2, last=3))
    assert watch.attention() == ["HP Pendamping Uji kehilangan catatan nomor 2 sampai 3"]


@pytest.mark.parametrize(
    ("tips", "gaps", "branches"),
    [
        ([], [], 1),
        ([7], [], 1),
        ([7, 5], [], 2),
        ([7, 2], [(3, 4)], 1),  # what ends where a gap begins goes on beyond it
        ([9, 6, 2], [(3, 4)], 2),
        ([9, 3, 2], [(3, 4)], 1),  # a link was held inside of the gap
        ([2], [(3, 4)], 1),
        ([9, 1, 5], [(2, 3), (6, 7)], 1),
    ],
)
def test_what_ends_at_a_declared_gap_is_no_branch(
    tips: list[int], gaps: list[tuple[int, int]], branches: int
) -> None:
    assert branch_count(tips, [{"awal": first, "akhir": last} for first, last in gaps]) == branches


@pytest.mark.parametrize(
    ("wall_ms", "server_ms", "off_ms"),
    [
        (NOW, NOW - DAY_MS, 0),
        (NOW - DAY_MS, NOW - DAY_MS, 0),
        (NOW + 1, NOW - DAY_MS, 1),
        (NOW - DAY_MS - 1, NOW - DAY_MS, -1),
        (0, NOW, -NOW),
        (5, 0, 0),  # never saw the office: any earlier time is possible
    ],
)
def test_a_clock_is_off_only_outside_of_what_can_be(wall_ms: int, server_ms: int, off_ms: int) -> None:
    clock = Clock(wall_ms=wall_ms, elapsed_ms=1, boot="b", server_ms=server_ms)
    assert clock_off_ms(clock, NOW) == off_ms


def test_a_clock_is_an_alarm_from_as_much_on_as_the_office_says(watch: Watch) -> None:
    deps, kabid = watch.office.deps, watch.office.people["kabid"]
    phone, now = watch.office.phone, deps.now_ms()
    phone.push_raw(watch.content(now - 9 * MINUTE, now))
    assert watch.attention() == []
    phone.push_raw(watch.content(now - 50 * MINUTE, now))
    assert watch.attention() == ["Jam HP Pendamping Uji terlambat 50 menit"]
    work = OfficeSettings(deps.engine, deps.office, deps.now_ms, deps.randomness)
    person = deps.engine.read(lambda tx: load_person(tx, kabid))
    assert person is not None and work.change(person, CLOCK_OFF.name, 60, 10) is None
    assert watch.attention() == []


def test_a_wrong_clock_is_an_alarm_until_it_is_right(watch: Watch) -> None:
    phone, now = watch.office.phone, watch.office.deps.now_ms()
    phone.push_raw(watch.content(now + 3 * DAY_MS, now))
    assert watch.attention() == ["Jam HP Pendamping Uji lebih cepat 3 hari"]
    phone.push_raw(watch.content(now - 50 * MINUTE, now))
    assert watch.attention() == ["Jam HP Pendamping Uji terlambat 50 menit"]
    phone.push_raw(b"\xc1 an unreadable content says nothing of a clock")
    assert "terlambat 50 menit" in watch.attention()[0]
    phone.push_raw(watch.content(now, now - 1))
    assert watch.attention() == []


def test_an_office_whose_clock_was_set_back_says_so_first(watch: Watch) -> None:
    [said] = watch.attention(after_days=-30)
    assert said.startswith("Jam komputer kantor menunjukkan ") and "padahal ada catatan dari" in said


def test_a_head_that_this_office_does_not_have_is_kept_and_shown(watch: Watch) -> None:
    office, phone = watch.office.deps.office, watch.office.phone
    read = watch.office.deps.engine.read
    tips = read(
        lambda tx: tx.query("SELECT hash FROM tips WHERE device = :device", {"device": office.device})
    )
    for seen in (NO_LINK, LinkHash(tips[0][0])):
        phone.push_raw(watch.content(watch.office.deps.now_ms(), 1), seen)
    assert watch.attention() == [] and read(alarm_store.unknown_heads) == []
    for _ in range(2):
        phone.push_raw(watch.content(watch.office.deps.now_ms(), 1), LinkHash(b"\x07" * 32))
    [unknown] = read(alarm_store.unknown_heads)
    assert (unknown.device, unknown.head, unknown.counter) == (phone.device, b"\x07" * 32, 3)
    assert watch.attention() == ["HP Pendamping Uji pernah melihat 1 catatan kantor yang tidak ada di sini"]


def test_the_head_of_a_phone_is_no_head_of_the_office(watch: Watch) -> None:
    phone = watch.office.phone
    watch.write(phone)
    phone.push_raw(watch.content(watch.office.deps.now_ms(), 1), phone._tip.hash)
    assert len(watch.attention()) == 1


def test_a_phone_that_is_silent_matters_when_it_has_tasks(watch: Watch) -> None:
    watch.write(watch.office.phone)
    assert watch.attention(after_days=8) == []
    office, tugas = watch.office.deps.office, RecordId(secrets.token_hex(16))
    fields = {"petugas": watch.office.people["pendamping"], "sasaran": watch.office.warga, "form": "bpnt_kpm"}
    office.act(office.person, Patch(record=tugas, kind="tugas", base={}, new={**fields, "state": "baru"}))
    assert watch.attention(after_days=6) == []
    assert watch.attention(after_days=8) == ["HP Pendamping Uji 8 hari tidak terhubung, masih ada 1 tugas"]
    watch.office.deps.devices.revoke(watch.office.phone.device)
    assert watch.attention(after_days=8) == []


def test_kabid_and_admin_see_on_their_first_page_what_to_do(watch: Watch) -> None:
    watch.office.phone.push(Gap(first=1, last=1))
    watch.office.phone.push_raw(b"\xc1")
    far = watch.office.add_warga("Warga Beda", DESA)
    watch.office.phone.push(Patch(record=far, kind="warga", base={"nama": "X"}, new={"nama": "Y"}))
    for role in ("admin", "kabid"):
        with watch.log_in(role) as client:
            page = client.get("/").text
            assert "kehilangan catatan nomor 1 sampai 1" in page and "mencatat ulang kunjungan" in page
            assert "1 kiriman di karantina" in page
            # a conflict of today is no alarm yet
            assert "konflik menunggu lebih dari" not in page
            assert "kehilangan catatan nomor 1" in client.get("/perangkat").text
    for role in ("verifikator", "petugas", "pengawas", "pendamping"):
        with watch.log_in(role) as client:
            assert "kehilangan catatan" not in client.get("/").text


def test_an_old_conflict_is_an_alarm_for_who_may_decide_it(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    warga = watch.office.add_warga("Warga Lama", DESA)
    watch.office.phone.push(Patch(record=warga, kind="warga", base={"nama": "X"}, new={"nama": "Y"}))
    at_once = replace(OLD_CONFLICT, default=-1, least=-1)
    monkeypatch.setattr("server.web.home.OLD_CONFLICT", at_once)
    with watch.log_in("kabid") as kabid, watch.log_in("admin") as admin:
        assert "1 konflik menunggu lebih dari" in kabid.get("/").text
        assert "konflik menunggu lebih dari" not in admin.get("/").text


def test_kabid_looks_at_phones_and_enrols_none(watch: Watch) -> None:
    with watch.log_in("kabid") as client:
        page = client.get("/perangkat")
        assert "Pendamping Uji" in page.text and "Buat kode" not in page.text
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert token
        sent = {"csrf": token[1], "petugas": watch.office.people["pendamping"]}
        assert client.post("/perangkat", data=sent).status_code == 403


def test_a_phone_with_nothing_to_say_is_heard_too(office: Running) -> None:
    phone = office.phone()
    phone.sync()
    office.deps.engine.write(lambda tx: None).result()  # what the office noted stands in the queue before
    heard = office.deps.engine.read(alarm_store.heard)[phone.device]
    assert heard.protocol == PROTOCOL and heard.clock_ms == 0
    assert 0 <= office.deps.now_ms() - heard.at_ms < 60_000
    # what a push said of its clock stays when it has nothing to say
    office.deps.engine.write(
        lambda tx: alarm_store.note_heard(tx, [(phone.device, heard.at_ms, PROTOCOL, 7)])
    ).result()
    office.deps.engine.write(
        lambda tx: alarm_store.note_heard(tx, [(phone.device, heard.at_ms + 1, PROTOCOL, None)])
    ).result()
    after = office.deps.engine.read(alarm_store.heard)[phone.device]
    assert (after.at_ms, after.clock_ms) == (heard.at_ms + 1, 7)


def test_photos_and_records_that_are_to_come_are_counted(watch: Watch) -> None:
    watch.office.add_visit(held=False)
    with watch.log_in("admin") as client:
        assert "3 foto" in client.get("/perangkat").text


def test_heads_of_this_office_are_found_by_an_index(watch: Watch) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT 1 FROM signatures WHERE kabupaten = :kabupaten AND head = :head"
    found = watch.office.deps.engine.read(lambda tx: tx.query(sql, {"head": b"x"}))
    assert "signatures_by_head" in str(found)


class Desk:
    """Kabid and admin at the page of the phones."""

    def __init__(self, watch: Watch) -> None:
        deps = watch.office.deps
        self.watch = watch
        alarms = Alarms(deps.engine, deps.text, deps.now_ms)
        self.handling = Handling(deps.engine, deps.office, alarms, deps.text, deps.now_ms)
        self.kabid = Person(id=watch.office.people["kabid"], nama="Kabid Uji", roles=("kabid",))

    def open(self) -> list[str]:
        return [alarm.title for alarm in self.handling.attention(self.kabid)]

    def keys(self) -> list[str]:
        return [alarm.key for alarm in self.handling.attention(self.kabid) if alarm.key]

    def seen(self) -> list[str]:
        return [one.said for page in self.handling.phones() for one in page.seen]


def branch(watch: Watch) -> None:
    phone = watch.office.phone
    backup = phone._tip
    watch.write(phone, "Buruh")
    phone._tip = backup
    watch.write(phone, "Dagang")


def test_an_alarm_that_was_seen_to_is_shown_as_such_and_a_new_one_all_the_same(watch: Watch) -> None:
    desk = Desk(watch)
    watch.write(watch.office.phone)
    branch(watch)
    [key] = desk.keys()
    assert desk.handling.mark(desk.kabid, key, "HP lama sudah ditarik")
    assert desk.open() == []
    [said] = desk.seen()
    assert said.startswith("Oleh Kabid Uji, ") and said.endswith(": HP lama sudah ditarik")

    for _ in range(2):
        watch.write(watch.office.phone, "Tani")
        assert desk.open() == [], "a branch that only grows is the same"
    branch(watch)
    assert desk.open() == ["HP Pendamping Uji bercabang menjadi 3 rantai catatan"]
    watch.office.phone.push(Gap(first=1, last=1))
    assert len(desk.open()) == 2


def test_each_gap_and_each_unknown_head_is_seen_to_by_itself(watch: Watch) -> None:
    desk, phone = Desk(watch), watch.office.phone
    for number in range(4):
        watch.write(phone, f"Kerja {number}")
    for first in (1, 3):
        phone.push(Gap(first=first, last=first))
    desk.handling.mark(desk.kabid, desk.keys()[0], "Sudah dicatat ulang")
    assert len(desk.open()) == 1 and len(desk.seen()) == 1
    desk.handling.mark(desk.kabid, desk.keys()[0], "Sudah dicatat ulang")
    for number in (7, 8):
        phone.push_raw(watch.content(watch.office.deps.now_ms(), 1), LinkHash(bytes([number]) * 32))
        [key] = desk.keys()
        assert desk.handling.mark(desk.kabid, key, "Verify sudah dijalankan")
    assert desk.open() == [] and len(desk.seen()) == 3


def test_a_mark_is_taken_back_and_both_stand_in_the_chain(watch: Watch) -> None:
    desk = Desk(watch)
    watch.office.phone.push(Gap(first=1, last=1))
    [key] = desk.keys()
    desk.handling.mark(desk.kabid, key, "Sudah dicatat ulang")
    assert desk.handling.take_back(desk.kabid, key)
    assert desk.keys() == [key] and desk.seen() == []
    assert not desk.handling.take_back(desk.kabid, key)
    assert desk.handling.mark(desk.kabid, key, "Sudah dicatat ulang, dua kali")
    rows = watch.office.deps.engine.read(
        lambda tx: tx.query(
            "SELECT raw FROM changes WHERE device = :it", {"it": watch.office.deps.office.device}
        )
    )
    bodies = [read(raw).body for (raw,) in rows]
    marks = [body for body in bodies if isinstance(body, Patch) and body.kind == "penanganan"]
    assert sorted(body.new["ditangani"] for body in marks) == [False, True, True]


def test_somebody_put_under_the_id_of_a_mark_does_not_hinder_it(watch: Watch) -> None:
    desk, phone = Desk(watch), watch.office.phone
    phone.push(Gap(first=1, last=1))
    [key] = desk.keys()
    new = {"nama": "Siapa Saja", "kode_desa": DESA, "layanan": ["bpnt"]}
    phone.push(Patch(record=place_at(f"penanganan{key}".encode()), kind="warga", base={}, new=new))
    assert desk.handling.mark(desk.kabid, key, "Sudah dicatat ulang") and desk.keys() == []
    assert desk.handling.take_back(desk.kabid, key) and desk.keys() == [key]


def test_what_is_not_there_is_not_marked_in_advance(watch: Watch) -> None:
    desk = Desk(watch)
    watch.write(watch.office.phone)
    assert not desk.handling.mark(desk.kabid, f"cabang/{watch.office.phone.device}/2/", "x")
    assert not desk.handling.mark(desk.kabid, "", "x")


def test_kabid_marks_an_alarm_on_the_page_with_a_note(watch: Watch) -> None:
    watch.office.phone.push(Gap(first=1, last=1))
    with watch.log_in("kabid") as client:
        page = client.get("/perangkat").text
        token, key = (re.search(f'name="{name}" value="([^"]+)"', page) for name in ("csrf", "alarm"))
        assert token and key
        form = {"csrf": token[1], "alarm": key[1]}
        for note in ("", "  ", "x" * 501):
            refused = client.post("/perangkat/alarm", data={**form, "catatan": note})
            assert refused.status_code == 422 and "Tulis dulu apa yang sudah dilakukan" in refused.text
        done = client.post("/perangkat/alarm", data={**form, "catatan": "Sudah <b>dicatat</b> ulang"})
        assert done.status_code == 303
        after = client.get(done.headers["location"]).text
        assert "Ditandai sudah ditangani" in after and "Sudah ditangani: 1" in after
        assert "Sudah &lt;b&gt;dicatat&lt;/b&gt; ulang" in after
        assert "kehilangan catatan" not in client.get("/").text
        assert (
            client.post("/perangkat/alarm", data={**form, "alarm": "celah/x", "catatan": "x"}).status_code
            == 409
        )
        assert client.post("/perangkat/alarm", data={**form, "buka": "1"}).status_code == 303
        assert "kehilangan catatan nomor 1" in client.get("/").text
    with watch.log_in("petugas") as client:
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/").text)
        assert token
        sent = {"csrf": token[1], "alarm": key[1], "catatan": "x"}
        assert client.post("/perangkat/alarm", data=sent).status_code == 403
