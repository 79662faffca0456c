"""Failed logins are told to whose account it is and to who looks after accounts, behind a login only."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.format import date_and_clock
from server import totp, wrong_login_store
from server.accounts import TRIES_ON_NAME, WINDOW_MS, Accounts, HalfLoggedIn, LoggedIn, WrongLogin
from server.limits import shown_network
from server.passwords import Passwords
from server.second_factor import SecondFactors
from server.services.alarms import HOUR_MS, Alarms
from server.services.handling import Handling
from server.services.wrong_logins import MANY_NAMES, MOST_OWN, OFTEN, WrongLogins
from server.wrong_login_store import DAY_MS
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import PASSWORD, Office, open_at, shut

PAGE = "/pengguna/percobaan"
NEAR, FAR, V6 = "192.168.7.21", "203.0.113.77", "2001:db8:1:2::9"


class Desk:
    """Logins at an office whose clock the test moves."""

    def __init__(self, office: Office) -> None:
        deps = office.deps
        # begins at noon of the office, so that no day ends in the midst of a test
        self.office, self.ahead_ms = office, -(deps.now_ms() + 19 * 3_600_000) % DAY_MS
        self.accounts = Accounts(
            deps.engine,
            Passwords(deps.randomness, memory_kib=64),
            now_ms=self.now_ms,
            randomness=deps.randomness,
        )
        self.told = WrongLogins(deps.engine, deps.text)
        alarms = Alarms(deps.engine, deps.text, self.now_ms)
        self.handling = Handling(deps.engine, deps.office, alarms, deps.text, self.now_ms)

    def now_ms(self) -> int:
        self.ahead_ms += 1
        return self.office.deps.now_ms() + self.ahead_ms

    def fail(self, name: str, address: str = FAR, times: int = 1) -> None:
        for number in range(times):
            if number and number % TRIES_ON_NAME == 0:
                self.ahead_ms += WINDOW_MS
            assert self.accounts.log_in(name, "sandi yang salah", address) == WrongLogin()

    def log_in(self, name: str) -> None:
        assert isinstance(self.accounts.log_in(name, PASSWORD, NEAR), LoggedIn)

    def own(self, name: str) -> list[tuple[str, str]]:
        found = self.told.own(self.office.people[name])
        return [(each.place, each.what) for each in found.newest] if found else []

    def guessing(self, name: str = "admin") -> list[str]:
        return [alarm.title for alarm in self.handling.guessing(self.office.person(name))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    yield Desk(office)
    shut(office)


def test_whoever_logs_in_is_told_what_failed_since_they_last_did(desk: Desk) -> None:
    wrong = "Kata sandi salah"
    desk.log_in("petugas")
    assert desk.own("petugas") == []
    desk.fail("petugas")
    desk.fail("petugas", V6)
    desk.fail("kabid")
    desk.log_in("petugas")
    assert desk.own("petugas") == [("2001:db8:1::/48", wrong), ("203.0.113.x", wrong)]
    found = desk.told.own(desk.office.people["petugas"])
    assert found and found.said.startswith("2 percobaan masuk ke akun Anda gagal sejak ")
    desk.fail("petugas", NEAR)
    assert len(desk.own("petugas")) == 3, "what fails while they are here is told too"
    desk.log_in("petugas")
    assert desk.own("petugas") == [("192.168.7.x", wrong)]
    desk.log_in("petugas")
    assert desk.own("petugas") == []


def test_of_many_tries_at_ones_account_all_are_counted_and_only_the_newest_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = date_and_clock(desk.now_ms())
    desk.fail("petugas", times=MOST_OWN)
    desk.ahead_ms += WINDOW_MS
    desk.fail("petugas", V6)
    person, read = desk.office.people["petugas"], list[int]()
    of_person = wrong_login_store.of_person

    def counted(*given: Any) -> list[wrong_login_store.WrongLogin]:
        found = of_person(*given)
        read.append(len(found))
        return found

    monkeypatch.setattr(wrong_login_store, "of_person", counted)
    found = desk.told.own(person)
    assert found and found.said.startswith(f"{MOST_OWN + 1} percobaan ") and first in found.said
    assert len(found.newest) == MOST_OWN == read[0] and found.newest[0].place == "2001:db8:1::/48"


def test_a_code_that_was_wrong_after_the_right_password_is_told_as_such(desk: Desk) -> None:
    deps, person = desk.office.deps, desk.office.people["petugas"]
    factors = SecondFactors(
        deps.engine, desk.accounts, bytes(32), now_ms=desk.now_ms, randomness=deps.randomness
    )
    secret = factors.begin(person)
    assert secret is not None
    assert isinstance(factors.confirm(person, totp.code_at(secret, totp.step_of(desk.now_ms())), NEAR), tuple)
    half = desk.accounts.log_in("petugas", PASSWORD, FAR)
    assert isinstance(half, HalfLoggedIn) and desk.own("petugas") == []
    assert factors.finish(half.token, "000000", FAR) == WrongLogin()
    desk.ahead_ms += totp.STEP_MS
    code = totp.code_at(secret, totp.step_of(desk.now_ms()))
    assert isinstance(factors.finish(half.token, code, NEAR), LoggedIn)
    assert desk.own("petugas") == [("203.0.113.x", "Kata sandi benar, kode langkah kedua salah")]
    half = desk.accounts.log_in("petugas", PASSWORD, NEAR)
    assert isinstance(half, HalfLoggedIn)
    desk.ahead_ms += totp.STEP_MS
    code = totp.code_at(secret, totp.step_of(desk.now_ms()))
    assert isinstance(factors.finish(half.token, code, NEAR), LoggedIn)
    assert desk.own("petugas") == [], "it was told at the login before this one"


def test_many_names_from_one_place_on_one_day_are_an_alarm_also_where_none_exists(desk: Desk) -> None:
    for number in range(MANY_NAMES - 1):
        desk.fail(f"tebakan{number}")
        desk.fail("tebakan0")
        desk.fail("lain", f"198.51.100.{number}")
    assert desk.guessing() == []
    desk.fail("petugas")
    [said] = desk.guessing()
    assert said.startswith(f"{MANY_NAMES} akun dicoba dari satu tempat (203.0.113.x) pada ")
    assert desk.guessing("kabid") == [said] and desk.guessing("petugas") == []


def test_a_wrong_password_and_a_wrong_code_of_one_person_are_one_account(desk: Desk) -> None:
    office, deps = desk.office, desk.office.deps
    for number in range(MANY_NAMES - 2):
        desk.fail(f"tebakan{number}")
    desk.fail("petugas")
    deps.engine.write(
        lambda tx: desk.accounts.note_wrong(tx, office.people["petugas"], b"factor", FAR, "kode")
    ).result()
    assert desk.guessing() == []
    desk.fail("kabid")
    [said] = desk.guessing()
    assert said.startswith(f"{MANY_NAMES} akun dicoba dari satu tempat")


def test_one_account_that_is_tried_often_is_an_alarm_and_a_name_that_is_none_is_not(desk: Desk) -> None:
    desk.fail("petugas", times=OFTEN - 1)
    desk.fail("tidak_ada", NEAR, times=OFTEN)
    assert desk.guessing() == []
    desk.ahead_ms += WINDOW_MS
    desk.fail("petugas")
    [said] = desk.guessing()
    assert said.startswith(f"Akun Petugas Uji dicoba {OFTEN} kali tanpa hasil pada ")


def test_names_and_tries_are_counted_by_days_of_the_office_and_told_for_two_weeks(desk: Desk) -> None:
    for number in range(MANY_NAMES - 1):
        desk.fail(f"siang{number}")
    desk.fail("petugas", NEAR, times=OFTEN - 1)
    desk.ahead_ms += 13 * HOUR_MS
    desk.fail("malam")
    desk.fail("petugas", NEAR)
    assert desk.guessing() == [], "after midnight here, on the same day by UTC"
    desk.ahead_ms += 8 * HOUR_MS
    for number in range(MANY_NAMES - 1):
        desk.fail(f"pagi{number}")
    desk.fail("petugas", NEAR, times=OFTEN - 1)
    assert [said.split(" dicoba ")[0] for said in desk.guessing()] == ["5 akun", "Akun Petugas Uji"]
    desk.ahead_ms += 15 * DAY_MS
    assert desk.guessing() == []


def test_twice_as_many_are_another_alarm_also_where_the_first_was_seen_to(desk: Desk) -> None:
    for number in range(MANY_NAMES):
        desk.fail(f"tebakan{number}")
    admin = desk.office.person("admin")
    [alarm] = desk.handling.guessing(admin)
    assert desk.handling.mark(admin, alarm.key, "Latihan") and desk.guessing() == []
    desk.fail("tebakan5")
    desk.fail("tebakan6")
    assert desk.guessing() == []
    desk.fail("tebakan7")
    [said] = desk.guessing()
    assert said.startswith("8 akun dicoba dari satu tempat")


def test_nothing_that_was_typed_is_kept(desk: Desk) -> None:
    typed = "sandi di kolom nama"
    desk.fail(typed)
    desk.fail("petugas")
    rows = desk.office.deps.engine.read(lambda tx: tx.query("SELECT * FROM wrong_logins ORDER BY at_ms"))
    assert typed not in str(rows) and "sandi yang salah" not in str(rows)
    assert [len(bytes(row[-1])) for row in rows] == [2, 2], "too little of a hash to try passwords on"
    assert [row[3] for row in rows] == ["", desk.office.people["petugas"]]


def test_old_tries_go_and_so_do_the_oldest_of_too_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.fail("petugas")
    desk.ahead_ms += wrong_login_store.KEPT_MS + 1
    desk.fail("kabid")
    assert [each.account for each in desk.told.newest()] == ["Kabid Uji"]
    monkeypatch.setattr(wrong_login_store, "MOST_KEPT", 3)
    for name in ("admin", "petugas", "pengawas"):
        desk.fail(name)
    assert [each.account for each in desk.told.newest()] == ["Pengawas Uji", "Petugas Uji", "Admin Uji"]


def test_who_tries_without_end_washes_out_no_trace_but_their_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, engine = desk.office, desk.office.deps.engine
    monkeypatch.setattr(wrong_login_store, "MOST_KEPT", 4 * OFTEN)
    desk.fail("petugas", NEAR, times=OFTEN)
    owner = office.people["petugas"]
    engine.write(lambda tx: desk.accounts.note_wrong(tx, owner, b"factor", NEAR, "kode")).result()
    desk.ahead_ms += DAY_MS
    first = desk.guessing()
    for number in range(6 * OFTEN):
        desk.fail(f"tebakan{number}", f"198.51.{number}.7")
    desk.fail("kabid", FAR, times=6 * OFTEN)
    told = {each.what: each.place for each in desk.told.newest() if each.account == "Petugas Uji"}
    assert told == {
        "Kata sandi salah": "192.168.7.x",
        "Kata sandi benar, kode langkah kedua salah": "192.168.7.x",
    }
    assert first and set(first) <= set(desk.guessing())
    count = engine.read(lambda tx: tx.query("SELECT count(*) FROM wrong_logins"))[0][0]
    assert count <= 4 * OFTEN


def test_pages_tell_the_owner_and_who_looks_after_accounts_and_no_one_else(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    with serving_cheaply(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        for name in ("petugas", *(f"tebakan{number}" for number in range(MANY_NAMES - 1))):
            form = {"csrf": csrf(client.get("/masuk")), "nama": name, "sandi": "salah sekali lagi"}
            answer = client.post("/masuk", data=form)
            assert answer.status_code == 401 and "percobaan" not in answer.text.lower()
        with httpx.Client(base_url=address, timeout=20) as petugas:
            log_in(petugas, "petugas")
            assert "1 percobaan masuk ke akun Anda gagal sejak" in petugas.get("/").text
            assert "127.0.0.x" in petugas.get("/akun").text
            assert petugas.get(PAGE).status_code == 403
        log_in(client, "admin")
        assert "5 akun dicoba dari satu tempat (127.0.0.x)" in client.get("/").text
        page = client.get(PAGE)
        assert page.text.count("Nama yang tidak ada") == MANY_NAMES - 1 and "Petugas Uji" in page.text
        assert "tebakan" not in page.text
        key = re.search(r'name="alarm" value="([^"]+)"', page.text)
        assert key is not None
        form = {"csrf": csrf(page), "alarm": key[1], "catatan": " "}
        assert client.post(PAGE, data=form).status_code == 422
        marked = client.post(PAGE, data={**form, "catatan": "Latihan di aula"})
        assert marked.headers["location"] == f"{PAGE}?alarm=ditandai"
        assert "akun dicoba dari satu tempat" not in client.get("/").text
        assert client.post(PAGE, data={**form, "catatan": "Lagi"}).status_code == 409
    shut(office)


@pytest.mark.parametrize(
    ("network", "said"),
    [("203.0.113.77", "203.0.113.x"), ("2001:db8:1:2::/64", "2001:db8:1::/48"), ("", ""), ("uji", "uji")],
)
def test_of_a_network_so_much_is_shown_as_tells_one_place_from_another(network: str, said: str) -> None:
    assert shown_network(network) == said
