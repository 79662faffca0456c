"""Who holds the server and its keys cannot rewrite a decision unseen: paper and phones remember the chain."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schemas.ids import LinkHash
from server import alarm_store, head_store
from server.__main__ import main
from server.compose import open_office
from server.deps import Deps
from server.proof.head import Mistyped, Other, Same, Sheet, Shorter, Unknown, Verdict, check, sheet
from server.services.alarms import Alarms
from server.store import SqlOfficeStore
from sync.change import Clock, Content, Decide, Patch, seal
from tests.server.pdf_text import pdf_text
from tests.server.room_office import csrf
from tests.server.web_office import PASSWORD, Office, open_at, serving, shut


class Silent:
    def step(self, name: str, total: int) -> None: ...
    def advance(self, count: int = 1) -> None: ...


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = open_at(tmp_path_factory.mktemp("head"))
    made.add_visit()
    yield made
    shut(made)


def printed(deps: Deps) -> Sheet:
    office = deps.office
    made = deps.engine.read(lambda tx: sheet(tx, office.device, office.public_keys, deps.now_ms()))
    assert made is not None
    return made


def compared(deps: Deps, typed: str, number: int = 0) -> Verdict:
    return deps.engine.read(lambda tx: check(tx, deps.office.device, typed, number))


def hear(office: Office, deps: Deps, seen: LinkHash) -> None:
    """Let the phone send something, having been shown this head."""
    office.phone._deps = deps
    clock = Clock(wall_ms=deps.now_ms(), elapsed_ms=1, boot="uji", server_ms=deps.now_ms())
    body = Patch(record=office.warga, kind="warga", base={}, new={"no_hp": "0810"})
    author = office.people["pendamping"]
    content = Content(salt=secrets.token_bytes(16), author=author, clock=clock, body=body)
    office.phone.push_raw(seal(content)[1], seen=seen)


def test_what_is_printed_takes_one_link_however_long_the_chain_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, deps = printed(office.deps), office.deps
    tip = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(deps.office.device))[0]
    assert (made.number, made.head) == (tip.counter, tip.hash)

    def walked(*_: object) -> None:
        raise AssertionError("the whole chain was read")

    monkeypatch.setattr(head_store, "links", walked)
    assert printed(deps).head == made.head


def grow(office: Office, deps: Deps, count: int) -> None:
    for number in range(count):
        body = Patch(record=office.warga, kind="warga", base={}, new={"alamat": f"Jalan {number}"})
        deps.office.act(office.people["petugas"], body)


def test_a_decision_rewritten_by_the_holder_of_all_keys_is_noticed(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    visit, change = office.add_visit()
    hear(office, office.deps, office.deps.engine.read(_head(office.deps)))
    agreed = printed(office.deps).number
    shut(office)
    shutil.copytree(tmp_path / "office", tmp_path / "kedua")
    shutil.copy(tmp_path / "keys" / "office.key", tmp_path / "keys" / "kedua.key")

    true = open_office(tmp_path / "office", None)
    assert isinstance(true, Deps)
    kabid = office.people["kabid"]
    decide = Decide(visit=visit, follows=change, decision="setujui", reasons={}, note="")
    true.office.act(kabid, decide)
    grow(office, true, 5)
    paper = printed(true)
    assert compared(true, " ".join(paper.words), paper.number) == Same(
        number=paper.number, newest=paper.number
    )
    shown = true.engine.read(_head(true))
    office.deps = true
    shut(office)

    # the same keys, another history: every signature, counter, row and digest agrees
    forged = open_office(tmp_path / "kedua", None)
    assert isinstance(forged, Deps)
    reasons = {"bpnt_kpm.nama": "Tidak layak"}
    forged.office.act(kabid, Decide(visit=visit, follows=change, decision="tolak", reasons=reasons, note=""))
    grow(office, forged, 9)
    assert forged.verify(Silent()).faults == []

    # (b) the printed sheet
    verdict = compared(forged, " ".join(paper.words), paper.number)
    assert verdict == Other(number=paper.number, agreed=agreed)
    assert compared(forged, paper.head.hex()) == Unknown()

    # (a) a phone, which was shown the true chain
    assert forged.engine.read(alarm_store.unknown_heads) == []
    hear(office, forged, shown)
    assert [one.head for one in forged.engine.read(alarm_store.unknown_heads)] == [shown]
    alarms = Alarms(forged.engine, forged.text, forged.now_ms).attention()
    assert forged.text("kantor.alarm.kepala_asing", nama="Pendamping Uji", jumlah=1) in [
        alarm.title for alarm in alarms
    ]
    office.deps = forged
    shut(office)


def _head(deps: Deps):
    return lambda tx: deps.office.head(SqlOfficeStore.reading(tx))


def test_a_sheet_agrees_for_ever_with_the_chain_that_grew_from_it(office: Office) -> None:
    paper = printed(office.deps)
    grow(office, office.deps, 3)
    newest = printed(office.deps).number
    same = Same(number=paper.number, newest=newest)
    assert newest == paper.number + 3
    for typed in (
        " ".join(paper.words),
        " ".join(paper.words).upper(),
        paper.head.hex(),
        ", ".join(paper.words),
    ):
        assert compared(office.deps, typed) == same
        assert compared(office.deps, typed, paper.number) == same
    spaced = " ".join(paper.head.hex()[at : at + 8] for at in range(0, 64, 8))
    assert compared(office.deps, spaced) == same


def test_a_wrong_number_a_shorter_chain_and_a_slip_of_the_pen_are_told_apart(office: Office) -> None:
    paper = printed(office.deps)
    words = list(paper.words)
    assert isinstance(compared(office.deps, " ".join(words), paper.number - 1), Other)
    assert compared(office.deps, " ".join(words), paper.number + 9) == Shorter(
        number=paper.number + 9, newest=paper.number
    )
    assert compared(office.deps, " ".join([*words[:-1], "salahketik"])) == Mistyped(words=("salahketik",))
    assert compared(office.deps, " ".join(words[:-1])) == Mistyped()
    assert compared(office.deps, "ab" * 32) == Unknown()
    assert compared(office.deps, "") == Mistyped()


def test_the_page_prints_a_sheet_and_checks_one(office: Office) -> None:
    paper = printed(office.deps)
    with (
        serving(office) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=20) as http,
    ):
        form = {"csrf": csrf(http.get("/masuk")), "nama": "pengawas", "sandi": PASSWORD}
        http.post("/masuk", data=form)
        page = http.get("/jejak/lembar")
        assert " ".join(paper.words) in page.text
        pdf = http.get("/jejak/lembar/cetak")
        typed = {"csrf": csrf(page), "jumlah": str(paper.number), "ujung": " ".join(paper.words)}
        assert "Cocok: rantai sekarang" in http.post("/jejak/lembar", data=typed).text
        wrong = http.post("/jejak/lembar", data={**typed, "ujung": "ab" * 32})
        assert "TIDAK COCOK" in wrong.text
        assert http.post("/jejak/lembar", data={**typed, "ujung": "x"}).status_code == 422
    words = pdf_text(pdf.content)
    assert "".join(paper.words) in words and paper.head.hex() in words and paper.key.hex() in words
    assert "Kepalabidang" in words and "Pengawas" in words


def test_the_command_prints_and_checks_while_the_office_is_open(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, data = printed(office.deps), str(_folder(office))
    out = tmp_path / "lembar.pdf"
    assert main(["head", "--data", data, "--pdf", str(out)]) == 0
    told = capsys.readouterr().out
    assert " ".join(made.words) in told and made.head.hex() in told
    assert "".join(made.words) in pdf_text(out.read_bytes())
    assert main(["head", "--data", data, "--pdf", str(out)]) == 3, "an older sheet is not written over"
    assert main(["head", "--data", data, "--check", " ".join(made.words), "--number", str(made.number)]) == 0
    assert main(["head", "--data", data, "--check", "ab" * 32, "--number", str(made.number)]) == 1
    assert main(["head", "--data", str(tmp_path / "x")]) == 3


def _folder(office: Office) -> Path:
    return office.deps.destruction.entries.path.parent.parent / "office"
