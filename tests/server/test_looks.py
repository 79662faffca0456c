"""A look that the office's own chain does not take shows nothing, wherever data is looked at."""

import ast
import asyncio
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import server
from schemas.ids import DeviceId, PersonId, RecordId
from schemas.wire import Outcome, Rejected
from server import factor_store
from server.__main__ import main
from server.accounts import Accounts, HalfLoggedIn
from server.commands import run as running
from server.compose import close_office, open_office
from server.deps import Deps
from server.engine import Reader, Writer
from server.office import Office as Chain
from server.passwords import Passwords
from server.proof.making import Maker
from server.services.api_keys import Made as MadeKey
from server.services.api_keys import NewKey
from server.services.looks import NotOnRecordError
from server.services.requests import NotDone
from server.services.trail import Asked
from server.tables.job import Job
from sync.change import Accessed, Body, Patch, SealedAccess
from tests.server.room_office import PHRASES, PURPOSE, SITI
from tests.server.room_parts import SESSION, Parts
from tests.server.test_letters import Desk
from tests.server.web_office import PASSWORD, open_at, shut

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WHY = "Pemeriksaan aduan 12"
Look = Callable[[], object]


def visit(desk: Desk) -> Look:
    return lambda: desk.site.reviews.look(desk.who("kabid"), desk.visit, WHY)


def conflict(desk: Desk) -> Look:
    office = desk.office
    office.phone.push(Patch(record=office.warga, kind="warga", base={"nama": "Lain"}, new={"nama": "Baru"}))

    def waiting(tx: Reader) -> RecordId:
        [[name]] = tx.query("SELECT conflict FROM konflik WHERE kabupaten = :kabupaten")
        return RecordId(name)

    name = office.deps.engine.read(waiting)
    return lambda: desk.site.conflicts.look(desk.who("verifikator"), name, WHY)


def rows_of_a_list(desk: Desk) -> Look:
    job = Job(id=RecordId("a" * 32), by=PersonId("b" * 32), at_ms=0, name="danom.xlsx", sheets=())
    return lambda: desk.site.importing.taken_along(job, desk.office.people["petugas"], WHY, 10)


def copy_of_a_person(desk: Desk) -> Look:
    who, office = desk.who("petugas"), desk.office
    now = office.deps.now_ms()
    asked = desk.site.requests.open(who, office.warga, "akses", "sendiri", "Data apa saja?", now - HOUR_MS)
    assert not isinstance(asked, NotDone)
    return lambda: desk.site.exports.make(who, office.warga, WHY, "Dinas Sosial Uji", now)


def profile(desk: Desk) -> Look:
    return lambda: desk.site.profiles.open(desk.who("kabid"), desk.office.warga)


def numbers_of_a_profile(desk: Desk) -> Look:
    return lambda: desk.site.profiles.look(desk.who("kabid"), desk.office.warga, WHY)


def search_for_a_request(desk: Desk) -> Look:
    return lambda: desk.site.requests.find(desk.who("pdp"), "Sutarmi", WHY)


def search_for_a_hold(desk: Desk) -> Look:
    desk.site.indexing.catch_up()
    return lambda: desk.site.to_destroy.find(desk.who("pdp"), "Sutarmi")


def those_on_a_lost_phone(desk: Desk) -> Look:
    who, device = desk.who("petugas"), DeviceId(desk.office.phone.device)
    name = desk.site.lost.report(who, device, desk.office.deps.now_ms() - HOUR_MS, "Dicuri")
    assert isinstance(name, str)
    return lambda: desk.site.lost.concerned(who, name)


def letter(desk: Desk) -> Look:
    desk.block()
    name = desk.made("a").id
    return lambda: desk.pdf(name)


def new_letter(desk: Desk) -> Look:
    desk.block(111, 120)
    return lambda: desk.make("b")


def trail(desk: Desk) -> Look:
    asked = Asked(author="", kind="", code="", first_ms=0, before_ms=2**62)
    return lambda: desk.site.trail_export.make(desk.who("pengawas"), asked, WHY, "semua")


def report(desk: Desk) -> Look:
    deps = desk.office.deps
    maker = Maker.of(deps)
    made = maker.report(desk.visit, with_contents=False)
    assert made is not None
    return lambda: maker.record(desk.office.people["kabid"], made, WHY)


LOOKS: dict[str, Sequence[Callable[[Desk], Look]]] = {
    "proof/making.py": [report],
    "services/conflicts.py": [conflict],
    "services/found_looks.py": [search_for_a_request, search_for_a_hold],
    "services/importing.py": [rows_of_a_list],
    "services/letter_shelf.py": [letter],
    "services/letters.py": [new_letter],
    "services/lost_phones.py": [those_on_a_lost_phone],
    "services/person_export.py": [copy_of_a_person],
    "services/profile.py": [profile, numbers_of_a_profile],
    "services/review.py": [visit],
    "services/trail_export.py": [trail],
}
ELSEWHERE = {"commands/user.py", "services/api_keys.py", "services/room_opening.py"}
"""Where what is put on record is looked at by a test of its own below."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory):
    made = Desk(tmp_path_factory.mktemp("looks"))
    yield made
    shut(made.office)


def refuse_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the chain take everything but looks."""
    act = Chain.act_in

    def act_in(chain: Chain, writer: Writer, author: PersonId, bodies: Sequence[Body]) -> list[Outcome]:
        outcomes = act(chain, writer, author, bodies)
        refused = Rejected(problem="uji")
        looks = (Accessed, SealedAccess)
        return [
            refused if isinstance(body, looks) else one for body, one in zip(bodies, outcomes, strict=True)
        ]

    monkeypatch.setattr(Chain, "act_in", act_in)


@pytest.mark.parametrize(
    "prepare", [each for those in LOOKS.values() for each in those], ids=lambda each: each.__name__
)
def test_what_is_not_on_record_is_not_shown(
    desk: Desk, prepare: Callable[[Desk], Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = prepare(desk)
    refuse_looks(monkeypatch)
    with pytest.raises(NotOnRecordError):
        look()


def test_every_place_that_puts_a_look_on_record_is_tested_here() -> None:
    """What builds the body of a look is on the list above, and leaves the writing to one function."""
    folder = Path(server.__file__).parent
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        calls = [each.func for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)]
        names = {each.id for each in calls if isinstance(each, ast.Name)}
        if names & {"Accessed", "SealedAccess"}:
            found[path.relative_to(folder).as_posix()] = names
    assert found.keys() == LOOKS.keys() | ELSEWHERE
    assert [name for name, names in found.items() if "note_looks" not in names] == []


def test_a_sealed_case_neither_opens_nor_is_printed_without_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Parts(tmp_path)
    kasus, siti = room.case(), room.person(SITI)
    found = room.openings.current(room.open(kasus), SESSION, siti.id, kasus)
    assert found is not None
    refuse_looks(monkeypatch)
    with pytest.raises(NotOnRecordError):
        room.openings.look(siti, found.case, "cetak", PURPOSE, "")
    with pytest.raises(NotOnRecordError):
        room.openings.open(siti, SESSION, kasus, PHRASES[SITI], PURPOSE)
    with pytest.raises(NotOnRecordError):
        room.openings.break_glass(siti, SESSION, kasus, room.halves, PURPOSE)
    assert room.looks(kasus) == ["buka"]
    shut(room.office)


def test_a_day_of_the_data_api_that_is_not_on_record_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = desk.site.api_keys
    asked = NewKey(
        system="Satu Data", services=("bpnt",), area="", named=False, days=30, letter="1", basis="Perbup"
    )
    made = keys.make(desk.who("kabid"), asked)
    assert isinstance(made, MadeKey)
    key = keys.find(made.text)
    assert key is not None
    keys.count(key, 3)
    tomorrow = desk.office.deps.now_ms() + DAY_MS
    monkeypatch.setattr(keys, "_now_ms", lambda: tomorrow)
    with monkeypatch.context() as refusing:
        refuse_looks(refusing)
        with pytest.raises(NotOnRecordError):
            keys.note_days()
    before = said(desk)
    keys.note_days()
    keys.note_days()
    assert said(desk) == before + 1


def test_keeping_house_goes_on_after_a_day_that_was_not_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def note_days() -> None:
        tried.append(1)
        if len(tried) == 1:
            raise NotOnRecordError

    monkeypatch.setattr(desk.site.api_keys, "note_days", note_days)
    monkeypatch.setattr(running, "TIDY_EVERY_S", 0.001)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(running.keep_house(desk.site), 1))
    assert len(tried) > 1


def said(desk: Desk) -> int:
    """How many changes the office's chain has."""
    asked = "SELECT count(*) FROM changes WHERE kabupaten = :kabupaten"
    return desk.office.deps.engine.read(lambda tx: int(tx.query(asked)[0][0]))


def test_a_password_or_code_is_changed_at_the_machine_on_record_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_at(tmp_path)
    admin = office.people["admin"]

    def set_up(tx: Writer) -> None:
        factor_store.put_secret(tx, admin, b"x" * 48)
        factor_store.confirm(tx, admin, 1)

    office.deps.engine.write(set_up).result()
    shut(office)
    monkeypatch.setattr("sys.stdin", io.StringIO("sandi lain yang panjang\n"))
    with monkeypatch.context() as refusing:
        refuse_looks(refusing)
        for deed in ("--password", "--drop-code"):
            with pytest.raises(NotOnRecordError):
                main(["user", "--data", str(tmp_path / "office"), deed, "U06"])
    deps = open_office(tmp_path / "office", None)
    assert isinstance(deps, Deps)
    accounts = Accounts(
        deps.engine, Passwords(deps.randomness), now_ms=deps.now_ms, randomness=deps.randomness
    )
    assert isinstance(accounts.log_in("admin", PASSWORD, "127.0.0.1"), HalfLoggedIn)
    close_office(deps)
