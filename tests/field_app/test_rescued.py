"""The officers' rescue key, from its making at the office to a phone that opens again with all it had."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from field_app.bench import guarded
from field_app.devices import Grey
from field_app.keys import FILE, PinGone
from field_app.phone import Phone
from field_app.qr import QrReader
from field_app.scanned import opening_in
from field_app.store import Store
from field_app.vault import StorageFullError
from field_app.views import DraftView, Refused
from server import lost_store
from server.__main__ import main
from server.access import Person
from server.services.alarms import Alarm, Alarms
from server.services.lost_phones import LostPhones
from server.services.rescuing import KEY, USE
from server.store import SqlOfficeStore
from sync.change import Patch, read
from tests.contract.people import record_id
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.nursery import Nursery
from tests.faults.test_sealed_deaths import SealedVictim
from tests.faults.world import PIN, World, pending, start, sync, visit, words

FRESH = "710362"
PHRASE = "kereta jendela pisang lampu sungai"
Line = pytest.CaptureFixture[str]
Run = Callable[..., tuple[int, str, str]]


class Table:
    """The office's computer, at which an officer types; what is asked for is answered from a list."""

    def __init__(self, world: World, capsys: Line, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self._capsys, self._monkeypatch = world, capsys, monkeypatch
        self.papers: list[list[str]] = []
        world.act(
            Patch(
                record=record_id(700), kind="petugas", base={},
                new={"nama": "Kabid", "kode": "K1", "peran": ["kabid"], "wilayah": [], "layanan": [],
                     "aktif": True},
            ),
            Patch(
                record=record_id(701), kind="petugas", base={},
                new={"nama": "Admin", "kode": "A1", "peran": ["admin"], "wilayah": [], "layanan": [],
                     "aktif": True},
            ),
        )  # fmt: skip

    def run(self, *words: str, typed: str = "", by: str = "K1") -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["rescue", "--data", str(self.world.office), "--by", by, *words])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def new_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make a rescue key as an officer does who copies each paper and types it back."""
        self.papers = []
        table = self

        class Reading(io.StringIO):
            """Answers with what stood on the screen before."""

            def __init__(self) -> None:
                super().__init__()
                self.waiting = [PHRASE, PHRASE]

            def readline(self, *_: int) -> str:
                if not self.waiting:
                    shown = table._capsys.readouterr().out
                    lines = re.findall(r"^  \d  ([0-9A-Z-]+)$", shown, re.M)
                    table.papers.append(lines)
                    self.waiting = list(lines)
                return self.waiting.pop(0) + "\n"

        monkeypatch.setattr("sys.stdin", Reading())
        assert main(["rescue", "--data", str(self.world.office), "--by", "K1", "new"]) == 0
        assert [len(paper) for paper in self.papers] == [8, 8]

    def code(self, phone: str, *more: str, typed: str = PHRASE + "\n") -> str:
        ended, said, wrong = self.run("open", "--device", phone, "--purpose", "PIN lupa", *more, typed=typed)
        assert ended == 0, wrong
        found = re.search(r"Kode pembuka: ([A-Z2-7-]+)", said)
        assert found
        return found[1]

    def halves(self) -> str:
        """Return what is typed from both papers."""
        return "".join(f"{line}\n" for paper in self.papers for line in paper)

    def uses(self) -> list[Patch]:
        with self.world.hand() as deps:
            entries = deps.engine.read(
                lambda tx: SqlOfficeStore.reading(tx).entries(deps.office.device, 0, 500)
            )
        bodies = [read(entry.content or b"").body for entry in entries]
        return [body for body in bodies if isinstance(body, Patch) and body.kind == USE]


BLOCKS = {"\u2588": (1, 1), "\u2580": (1, 0), "\u2584": (0, 1), " ": (0, 0)}
"""Signs of a terminal: whether their upper and lower half is lit."""


@pytest.fixture
def world(regency: Make) -> World:  # noqa: F811 - the fixture above
    return regency()


@pytest.fixture
def case(world: World, nursery: Nursery) -> SealedVictim:  # noqa: F811 - the fixture above
    return SealedVictim(world, nursery)


def synced_again(case: SealedVictim) -> None:
    """Open the phone anew and let it sync: a rescue letter comes with the first sync of each opening."""
    case.phone.lock()
    assert case.phone.unlock(PIN) is None
    sync(case.phone)


@pytest.fixture
def table(world: World, capsys: Line, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(world, capsys, monkeypatch)


def test_a_terminal_shows_the_code_to_be_scanned_and_a_file_does_not(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    asked = ("open", "--device", phone.owner.device, "--purpose", "PIN lupa")
    phone.lock()
    assert "\u2588" not in table.run(*asked, typed=PHRASE + "\n")[1]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _ended, said, wrong = table.run(*asked, typed=PHRASE + "\n")
    found = re.search(r"Kode pembuka: ([A-Z2-7-]+)", said)
    assert found, wrong
    lines = [line for line in said.splitlines() if line and set(line) <= set(BLOCKS)]
    width = len(lines[0])
    dots = bytes(255 * BLOCKS[sign][half] for line in lines for half in (0, 1) for sign in line)
    grey = Image.frombytes("L", (width, 2 * len(lines)), dots)
    grey = grey.resize((4 * width, 8 * len(lines)), Image.Resampling.NEAREST)
    read = QrReader().in_frame(Grey(grey.width, grey.height, grey.tobytes()))
    assert [opening_in(text) for text in read] == [found[1]]


def test_a_dead_keystore_loses_neither_draft_nor_outbox(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    visit(phone, world.beats[0], 1)
    draft = start(phone, world.beats[0].warga)
    before = pending(phone)
    assert before != (0, 0)
    device, folder = phone.owner.device, world.folder / "hp-0"
    phone.lock()
    (folder / "rahasia-perangkat").unlink()
    dead = world.phone_at(folder)
    assert isinstance(dead.unlock(PIN), PinGone)
    code = table.code(device)
    assert isinstance(dead.rescue(code, FRESH), str)
    assert pending(dead) == before and dead.visits.draft(draft.id).id == draft.id
    sync(dead)
    assert words(dead) == ["diterima"]
    dead.lock()
    assert dead.unlock(FRESH) is None
    assert dead.rescue(code, PIN) == Refused(say="lapangan.kode_salah"), "a code that was told is used up"
    [use] = table.uses()
    assert (use.new["perangkat"], use.new["keperluan"], use.new["oleh"]) == (
        device, "PIN lupa", record_id(700),
    )  # fmt: skip
    assert world.faults() == []
    again = table.code(device)  # the letter that followed opens the next time
    assert again != code
    dead.lock()
    assert isinstance(dead.rescue(again, PIN), str)


def test_a_sealed_draft_opens_after_the_rescue_as_before(
    case: SealedVictim, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.new_key(monkeypatch)
    draft = case.begin()
    for _ in range(2):
        synced_again(case)  # the first brings the office's rescue key, the second a letter that opens both
    device = case.phone.owner.device
    case.phone.lock()
    (case.folder / "rahasia-perangkat").unlink()
    dead = case.world.phone_at(case.folder)
    assert isinstance(dead.unlock(PIN), PinGone)
    assert isinstance(dead.rescue(table.code(device, "--paper", typed=table.halves()), FRESH), str)
    assert dead.sealed.unlock(FRESH) is None
    whole = dead.visits.draft(draft)
    assert isinstance(whole, DraftView) and whole.forms["ktk"].answers["nama"] == "Penanda Rahasia"


def test_what_a_rescue_leaves_closed_is_told_before_and_stays_as_it_is(
    case: SealedVictim, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.new_key(monkeypatch)
    draft = case.begin()
    synced_again(case)  # a letter goes, while the key of the second unlock is known to nobody
    device = case.phone.owner.device
    case.phone.lock()
    before = (case.folder / FILE).read_bytes()
    code = table.code(device, "--paper", typed=table.halves())
    dead = case.world.phone_at(case.folder)
    told = Refused(say="lapangan.tersegel.tidak_ikut_terbuka", values={"jumlah": "1"})
    assert dead.rescue(code, FRESH) == told and dead.rescue(code, FRESH) == told
    assert dead.state() == "terkunci" and (case.folder / FILE).read_bytes() == before, "nothing was used up"
    assert isinstance(dead.rescue(code, FRESH, lose_sealed=True), str)
    assert dead.sealed.unlock(FRESH) is None
    assert guarded(lambda: dead.visits.draft(draft)) == Refused(say="lapangan.tersegel.kunci_draf_hilang")
    dead.lock()
    assert case.folder.joinpath(f"draf-{draft}.kunci").exists(), "what may help later stays"


def test_what_a_rescue_left_closed_is_told_to_the_office_by_its_code_once(
    case: SealedVictim, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.new_key(monkeypatch)
    draft = case.begin()
    [cover] = case.phone.visits._bench.sealed.covers()
    synced_again(case)
    assert closed_alarms(case.world) == []
    device = case.phone.owner.device
    case.phone.lock()
    dead = case.world.phone_at(case.folder)
    assert isinstance(
        dead.rescue(table.code(device, "--paper", typed=table.halves()), FRESH, lose_sealed=True), str
    )
    assert dead.sealed.left_s() == 0 and dead.visits._bench.sealed.holds(draft)
    sync(dead)
    [told] = closed_alarms(case.world)
    assert cover.kode in told.text and told.title.startswith("1 draf kasus tertutup")
    assert draft not in told.text and "Penanda" not in told.title + told.text
    dead.lock()
    assert dead.unlock(FRESH) is None
    sync(dead)
    assert closed_alarms(case.world) == [told], "the same word again is no news"


def test_a_full_phone_opens_after_a_rescue_and_tells_of_what_is_closed_later(
    case: SealedVictim, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.new_key(monkeypatch)
    case.begin()
    synced_again(case)
    device = case.phone.owner.device
    case.phone.lock()
    code = table.code(device, "--paper", typed=table.halves())
    dead = case.world.phone_at(case.folder)

    def full(*_: object) -> None:
        raise StorageFullError

    with monkeypatch.context() as no_room:
        no_room.setattr(Store, "put", full)
        assert isinstance(dead.rescue(code, FRESH, lose_sealed=True), str), (
            "the new code is shown all the same"
        )
    sync(dead)
    assert closed_alarms(case.world) == []
    assert dead.sealed.unlock(FRESH) is None
    dead.lock()
    assert dead.unlock(FRESH) is None
    sync(dead)
    assert len(closed_alarms(case.world)) == 1


def closed_alarms(world: World) -> list[Alarm]:
    with world.hand() as deps:
        found = Alarms(deps.engine, deps.text, deps.now_ms).attention()
    return [alarm for alarm in found if alarm.key.startswith("draf_tertutup/")]


def test_a_letter_that_never_arrived_is_read_from_the_phones_folder(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    device, folder = phone.owner.device, world.folder / "hp-0"
    with world.hand() as deps:
        forget = "DELETE FROM device_words WHERE kabupaten = :kabupaten"
        deps.engine.write(lambda tx: tx.execute(forget)).result()
    phone.lock()
    ended, _, wrong = table.run("open", "--device", device, "--purpose", "x", typed=PHRASE)
    assert ended == 1 and "--letter" in wrong
    dead = world.phone_at(folder)
    assert isinstance(dead.rescue(table.code(device, "--letter", str(folder / FILE)), FRESH), str)
    (folder / "lain.json").write_text("[1]")
    odd = table.run("open", "--device", device, "--purpose", "x", "--letter", str(folder / "lain.json"))
    assert odd[0] == 1 and "kunci.json" in odd[2]


def test_a_key_counts_only_when_both_papers_were_typed_back(world: World, table: Table) -> None:
    ended, _, wrong = table.run("new", typed=f"{PHRASE}\n{PHRASE}\n" + "0000-0000\n" * 8)
    assert ended == 1 and "Kertas tidak cocok" in wrong
    for typed, said in ((f"{PHRASE}\n{PHRASE} lagi\n", "tidak sama"), ("satu satu satu\n" * 2, "lima kata")):
        ended, _, wrong = table.run("new", typed=typed)
        assert ended == 1 and said in wrong
    with world.hand() as deps:
        assert deps.engine.read(lost_store.rescue_keys) == []


@pytest.mark.parametrize("by", ["A1", "P900", "tidak-ada"])
def test_only_an_officer_uses_the_rescue_key(table: Table, by: str) -> None:
    ended, _, wrong = table.run("new", typed=PHRASE, by=by)
    assert ended == 1 and "petugas dan kabid" in wrong


def test_a_wrong_passphrase_or_paper_opens_nothing_and_an_empty_purpose_neither(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    device = phone.owner.device
    swapped = "".join(f"{line}\n" for paper in reversed(table.papers) for line in paper)
    for more, typed, said in (
        ((), "kereta jendela pisang lampu laut\n", "tidak cocok"),
        (("--paper",), swapped, "Kertas tidak cocok"),
        (("--purpose", " "), PHRASE + "\n", "keperluan"),
    ):
        ended, out, wrong = table.run("open", "--device", device, "--purpose", "x", *more, typed=typed)
        assert ended == 1 and said in wrong and "Kode pembuka" not in out
    assert table.uses() == []


def test_nothing_of_the_key_lies_in_the_offices_files(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither key file nor database open a letter: what is kept is wrapped, also where SQLCipher is open."""
    table.new_key(monkeypatch)
    from server import rescue
    from server.recovery_paper import read_half

    first, second = (read_half("\n".join(paper), at) for at, paper in enumerate(table.papers, 1))
    assert isinstance(first, bytes) and isinstance(second, bytes)
    with world.hand() as deps:
        [key] = deps.engine.read(lost_store.rescue_keys)
    private = rescue.open_by_paper(key, (first, second))
    assert private and private == rescue.open_by_passphrase(key, PHRASE.upper())
    assert private not in key.wrapped and first not in key.wrapped and second not in key.wrapped
    assert rescue.open_by_paper(key, (first, first)) is None


def test_every_use_sounds_an_alarm_until_somebody_has_seen_to_it(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.services.alarms import Alarms
    from server.services.handling import Handling

    phone: Phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    table.code(phone.owner.device)
    kabid = Person(id=record_id(700), nama="Kabid", roles=("kabid",))  # type: ignore[arg-type]
    with world.hand() as deps:
        alarms = Alarms(deps.engine, deps.text, deps.now_ms)
        handling = Handling(deps.engine, deps.office, alarms, deps.text, deps.now_ms)
        [made] = handling.new_keys(kabid)
        assert handling.mark(kabid, made.key, "Dibuat bersama")
        [alarm] = handling.attention(kabid)
        assert alarm.tone == "bad" and "kunci penyelamat" in alarm.title and "PIN lupa" in alarm.text
        assert handling.mark(kabid, alarm.key, "Petugasnya di sini") and handling.attention(kabid) == []
        kept = LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)
        assert kept.wipes(phone.owner.device) == []
    assert KEY != USE


def test_a_letter_of_another_phone_is_no_letter_of_this_one(
    regency: Make, capsys: Line, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    world = regency(2)
    table = Table(world, capsys, monkeypatch)
    table.new_key(monkeypatch)
    one, two = world.phone(0), world.phone(1)
    sync(one)
    sync(two)
    file: Path = world.folder / "hp-1" / FILE
    ended, out, wrong = table.run(
        "open", "--device", one.owner.device, "--purpose", "x", "--letter", str(file), typed=PHRASE
    )
    assert ended == 1 and "milik HP atau kantor lain" in wrong and "Kode pembuka" not in out
