"""What lasts minutes or days was begun while the office's clock was a year ahead, which is then put right.

Rule: it lasts no longer for that; a small step back, as the network's time makes it, takes nothing back.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from schemas.base import encode
from schemas.ids import DeviceId, PersonId, RecordId
from schemas.problem import Problem
from schemas.wire import Joining, LoginRequest, Nonce, NonceRequest
from server import export_store, people_store
from server.access import Person
from server.accounts import STARTING_MS, LoggedIn, WrongLogin
from server.compose import close_office
from server.devices import MOST_NONCES
from server.hearing import Hearing
from server.passwords import Passwords
from server.second_factor import GRACE_MS
from server.services.api_keys import ApiKey
from server.services.permits import Asked as RightsAsked
from server.services.permits import Permits
from server.services.presence import Presence
from server.services.unsent import Unsent, UnsentForms
from server.tables.order import Asked, Given, Order
from sync.chain import login_message
from tests.faults.conftest import Make
from tests.faults.test_office_clock import HERE, STEP_MS, YEAR_MS
from tests.server.conftest import Running, make_office
from tests.server.phones import OPENING, Phone
from tests.server.room_office import PHRASES, SITI
from tests.server.room_parts import Parts
from tests.server.test_second_factor import PASSWORD, PERSON, Desk, desk  # noqa: F401 - a fixture
from tests.server.web_office import shut


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path / "kantor")
    yield made
    shut(made.office)


def test_a_nonce_of_a_clock_that_ran_ahead_logs_nobody_in(regency: Make) -> None:
    """Row 87. Nor does it take the place of those that are asked for afterwards."""
    world = regency()
    phone = world.wire_phone()

    def asked() -> Nonce:
        return phone.call("/api/login/nonce", NonceRequest(device=phone.device), Nonce)

    def taken(nonce: Nonce) -> int:
        signature = phone.key.sign(login_message(nonce.nonce, phone.device, nonce.server))
        request = LoginRequest(device=phone.device, nonce=nonce.nonce, signature=signature)
        return phone.post("/api/login", encode(request)).status_code

    world.set_clock(YEAR_MS)
    nonces = [asked() for _ in range(MOST_NONCES)]
    world.set_clock(YEAR_MS - STEP_MS)
    assert taken(nonces[0]) == 200
    world.set_clock(0)
    assert taken(nonces[1]) == 403
    fresh = [asked() for _ in range(MOST_NONCES)]
    assert [taken(nonce) for nonce in fresh] == [200] * MOST_NONCES


def test_half_a_login_of_a_clock_that_ran_ahead_is_finished_by_no_code(desk: Desk) -> None:  # noqa: F811
    """Row 87. Nor does the code that was used then bar the codes of a year."""
    desk.clock.ms += YEAR_MS
    secret, _ = desk.set_up()
    older, half = desk.half(), desk.half()
    desk.clock.ms -= STEP_MS
    assert desk.factors.is_half(older)
    desk.clock.ms -= YEAR_MS - STEP_MS
    assert not desk.factors.is_half(half)
    assert desk.factors.finish(half, desk.code(secret), HERE) == WrongLogin()
    again = desk.half()
    assert isinstance(desk.factors.finish(again, desk.code(secret), HERE), LoggedIn)
    assert desk.factors.finish(desk.half(), desk.code(secret), HERE) == WrongLogin(), "a code opens once"


def test_what_is_granted_for_days_while_the_clock_ran_ahead_lasts_days(desk: Desk) -> None:  # noqa: F811
    """Row 87. A password that somebody else chose, and logging in without a second step."""
    desk.clock.ms += YEAR_MS
    starting = desk.clock.ms
    desk.engine.write(lambda tx: people_store.put_starting(tx, PERSON, starting)).result()
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    desk.clock.ms -= YEAR_MS
    assert isinstance(desk.accounts.log_in("rini", PASSWORD, HERE), LoggedIn)
    assert not desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))
    desk.clock.ms += GRACE_MS
    assert desk.engine.read(lambda tx: desk.factors.is_overdue(tx, PERSON))
    desk.clock.ms += STARTING_MS - GRACE_MS
    assert desk.accounts.log_in("rini", PASSWORD, HERE) == WrongLogin()


def test_a_phone_that_began_to_join_while_the_clock_ran_ahead_is_let_in_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 87. Its words would wait on the page for a year."""
    deps = make_office(tmp_path)
    try:
        right, ahead_ms = deps.now_ms(), YEAR_MS
        monkeypatch.setattr(deps.joinings, "_now_ms", lambda: right + ahead_ms)
        code = deps.joinings.new_code(Running(deps, "", tmp_path / "office").person())
        assert not isinstance(code, Problem)
        phone = Phone(httpx.Client())
        joining = deps.joinings.join(phone.request(code.code), HERE).result()
        assert isinstance(joining, Joining)
        asked = phone.question(code.code, phone.parties(code.code, joining))
        assert asked.opening == OPENING
        deps.joinings.joined(asked, HERE).result()
        ahead_ms = YEAR_MS - STEP_MS
        [waiting] = deps.joinings.waiting()
        assert deps.joinings.expects()
        ahead_ms = 0
        assert deps.joinings.waiting() == [] and not deps.joinings.expects()
        assert deps.joinings.joined(asked, HERE).result() == Problem(code="pendaftaran_lewat")
        refused = deps.joinings.confirm(waiting.id, PersonId("a" * 32))
        assert refused == Problem(code="pendaftaran_tidak_menunggu")
    finally:
        close_office(deps)


def test_a_case_that_was_opened_while_the_clock_ran_ahead_is_closed_and_erased(room: Parts) -> None:
    """Row 87. Ten minutes are ten minutes; so are those in which an officer takes another one in."""
    kasus, other = room.case(), room.case()
    ayu = room.office.add_person("ayu", "Ayu Uji", "AY", ("petugas",))
    room.now_ms += YEAR_MS
    token = room.open(kasus)
    adding = room.officers.begin_adding(room.person(SITI), PHRASES[SITI], ayu)
    assert isinstance(adding, str)

    def are_open() -> tuple[bool, bool]:
        return room.is_open(token, kasus), room.officers.adding(adding) is not None

    room.now_ms -= STEP_MS
    assert are_open() == (True, True)
    room.now_ms -= YEAR_MS - STEP_MS
    assert are_open() == (False, False)
    room.open(other, session="sesi lain")
    assert len(room.engine.read(lambda tx: tx.query("SELECT 1 FROM room_held"))) == 1


def test_what_was_asked_for_or_made_to_be_fetched_while_the_clock_ran_ahead_is_over(room: Parts) -> None:
    """Row 87. A right that waits for a second person, a list that waits to be fetched."""
    deps, ahead_ms = room.office.deps, YEAR_MS
    permits = Permits(
        deps.engine,
        deps.office,
        Passwords(deps.randomness, memory_kib=64),
        lambda: room.now_ms + ahead_ms,
        deps.randomness,
    )
    admin, gone = room.person("admin"), room.office.people["verifikator"]
    permits.leave(admin, gone)
    assert permits.ask_return(admin, gone) == RightsAsked()
    order = Order(
        id=RecordId("e" * 32),
        by=admin.id,
        at_ms=room.now_ms + ahead_ms,
        asked=Asked(source="kunjungan", kind="csv", columns=("kode",)),
        given=Given(),
    )
    deps.engine.write(lambda tx: export_store.put_order(tx, order)).result()

    def wait() -> tuple[int, list[RecordId]]:
        now_ms = room.now_ms + ahead_ms
        return len(permits.waiting()), deps.engine.read(lambda tx: export_store.too_old(tx, now_ms))

    assert wait() == (1, [])
    ahead_ms = YEAR_MS - STEP_MS
    assert wait() == (1, [])
    ahead_ms = 0
    assert wait() == (0, [order.id])


def test_a_key_for_another_system_that_was_made_while_the_clock_ran_ahead_opens_nothing() -> None:
    """Row 87. It would for its days and a year."""
    key = ApiKey(
        id=RecordId("k"),
        system="DTSEN",
        services=("bpnt",),
        areas=(),
        named=False,
        letter="1",
        basis="PKS",
        by=PersonId("p"),
        made_ms=YEAR_MS,
        until_ms=YEAR_MS + 30 * 86_400_000,
    )
    assert [key.is_good(now_ms) for now_ms in (YEAR_MS, YEAR_MS - STEP_MS, 0)] == [True, True, False]


def test_what_is_remembered_of_who_was_there_while_the_clock_ran_ahead_is_not_believed_for_a_year() -> None:
    """Row 87. Who has a visit open, what somebody typed, when a phone was last heard."""
    now_ms, noted = YEAR_MS, list[int]()
    presence, kept = Presence(lambda: now_ms), UnsentForms(lambda: now_ms)
    engine = SimpleNamespace(write=lambda _: noted.append(now_ms))
    hearing = Hearing(engine, lambda: now_ms)  # type: ignore[arg-type]
    siti, budi = (Person(id=PersonId(name), nama=name) for name in ("siti", "budi"))
    form = Unsent(id="1", action="/a", page="/", target="/", given={"catatan": "x"}, at_ms=now_ms)
    request = SimpleNamespace(device=DeviceId("d" * 32), protocol=1)
    presence.look(siti, RecordId("k"))
    kept.keep(siti.id, form)
    hearing.quiet(request)  # type: ignore[arg-type]
    now_ms = 0
    for _ in range(2):
        hearing.quiet(request)  # type: ignore[arg-type]
    assert noted == [YEAR_MS, 0]
    assert presence.look(budi, RecordId("k")) == () and kept.all(siti.id) == []
