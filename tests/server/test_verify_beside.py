"""Chains are checked by a process of their own: what it finds is told, and so is that it did not finish."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.ids import DeviceId, Regency
from schemas.text import load_text
from server import children
from server import verify as verifying
from server.children import ChildProcess
from server.compose import Refused, close_office, init_office, open_office, unlock
from server.engines.connecting import connect
from server.services.checks import Checks
from server.verifying import beside
from server.verifying.findings import Findings
from server.verifying.messages import FAULTS_TOGETHER, Done, Said, Step, Task, frame
from sync.change import Patch
from tests.contract.people import OpenRules, record_id
from tests.server.conftest import DESA, Silent

TEXT = load_text()
STOPPED = TEXT("periksa.salah.pemeriksa_terhenti")
PEOPLE = 40
LIVES = {"kode_desa": DESA, "layanan": ["bpnt"]}
ANOTHER_BYTE = "UPDATE links SET raw = CAST(raw || x'00' AS BLOB)"
SLOW = (
    "import sys; sys.path.insert(0, {root!r}); import server.verifying.child as child;"
    " import server.verifying.apart as apart; look = apart.check_chains;"
    " apart.check_chains = lambda *given: (sys.stdin.buffer.read(), look(*given)); child.main()"
)
"""A child that looks at chains only once the office has hung up: so it never finishes before it is ended."""
FEW_TOGETHER = (
    "import sys; sys.path.insert(0, {root!r}); import server.verifying.child as child;"
    " child.FAULTS_TOGETHER = child.TELLINGS = 7; child.main()"
)


class Steps(Silent):
    """Remembers what steps there were, and how far each came."""

    def __init__(self, at: Callable[[str], None] = lambda name: None) -> None:
        self.seen: dict[str, list[int]] = {}
        self._at, self._name = at, ""

    def step(self, name: str, total: int) -> None:
        self._name = name
        self.seen[name] = [0, total]
        self._at(name)

    def advance(self, count: int = 1) -> None:
        self.seen[self._name][0] += count


@pytest.fixture(autouse=True)
def _no_office_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an office of few pages have a process of its own, as one of many has."""
    monkeypatch.setattr(beside, "FEW_PAGES", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An office with a few people, closed."""
    folder = tmp_path / "office"
    assert init_office(folder, None, Regency("33.14"), "Uji") is None
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    bodies = [
        Patch(record=record_id(number), kind="warga", base={}, new={"nama": f"W {number}", **LIVES})
        for number in range(PEOPLE)
    ]
    for body in bodies:
        deps.office.act(deps.office.person, body)
    close_office(deps)
    return folder


def found(folder: Path, progress: Steps | None = None) -> Findings:
    opened = unlock(folder, None)
    assert isinstance(opened, tuple)
    keys, database = opened
    return verifying.verify(folder, database, keys, lambda _: OpenRules(), TEXT, progress or Steps())


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give the numbers of the processes that are started from now on."""
    started: list[int] = []

    class Watched(ChildProcess):
        def __init__(self, module: str) -> None:
            super().__init__(module)
            started.append(self.pid)

    monkeypatch.setattr(beside, "ChildProcess", Watched)
    return started


def rewrite(folder: Path, *statements: str) -> None:
    """What somebody with the key does."""
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    for sql in statements:
        assert deps.engine.write(lambda writer, sql=sql: writer.execute(sql)).result() != 0
    close_office(deps)


def test_both_parts_count_and_show_how_far_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "START", FEW_TOGETHER)
    steps = Steps()
    counts = found(folder, steps).counts
    assert counts["catatan"] == counts["tautan"] == counts["tanda_tangan"] == PEOPLE + 1
    assert counts["rantai"] == 1 and counts["halaman"] > 0
    assert {"halaman", "putar_ulang", "baris", "jejak", "berkas", "susunan", "rantai"} == steps.seen.keys()
    assert all(done == total for done, total in steps.seen.values()), steps.seen


def test_faults_of_both_parts_are_told_together(folder: Path) -> None:
    rewrite(
        folder,
        "UPDATE signatures SET signature = zeroblob(64)",
        "UPDATE rows SET body = x'80'",
        f"DELETE FROM records WHERE id = '{record_id(1)}'",
    )
    faults = found(folder).faults
    assert sum("Tanda tangan pada rantai" in fault for fault in faults) == PEOPLE + 1
    assert TEXT("periksa.salah.data_berbeda", id=record_id(1)) in faults
    assert TEXT("periksa.salah.baris_berbeda", id=record_id(2)) in faults
    assert STOPPED not in faults


def test_more_faults_than_one_message_holds_are_all_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(folder, ANOTHER_BYTE)
    few = [fault for fault in found(folder).faults if "Tautan" in fault]
    assert len(few) == PEOPLE + 1 < FAULTS_TOGETHER
    monkeypatch.setattr(children, "START", FEW_TOGETHER)
    assert [fault for fault in found(folder).faults if "Tautan" in fault] == few


def test_an_index_that_tells_another_story_than_its_table_is_found(folder: Path) -> None:
    rewrite(folder, "CREATE INDEX extra ON records (kabupaten, kind)")
    assert found(folder).faults == []
    opened = unlock(folder, None)
    assert isinstance(opened, tuple)
    connection = connect(opened[1], opened[0].database).conn
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = 'CREATE INDEX extra ON records (kabupaten, id)' WHERE name = 'extra'"
    )
    connection.close()
    assert [fault for fault in found(folder).faults if "Susunan basis data rusak" in fault]


def test_the_chains_of_a_small_office_are_checked_without_another_process_and_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = watched(monkeypatch)
    pages = found(folder).counts["halaman"]
    for told in (
        "SELECT 1",
        "UPDATE signatures SET signature = zeroblob(64)",
        ANOTHER_BYTE,
        "UPDATE changes SET outcome = x'00' WHERE seq = (SELECT max(seq) FROM changes)",
    ):
        rewrite(folder, told)
        there = found(folder)
        before = len(started)
        with monkeypatch.context() as small:
            small.setattr(beside, "FEW_PAGES", pages + 1)
            here = found(folder)
        assert len(started) == before
        assert (here.faults, here.counts) == (there.faults, there.counts)


def test_a_process_that_cannot_start_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "START", "raise SystemExit(0)")
    findings = found(folder)
    assert findings.faults == [STOPPED]
    assert findings.counts["catatan"] == PEOPLE + 1 and findings.counts["tautan"] == 0


def test_a_computer_that_has_no_room_for_another_process_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(command: list[str], **options: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(children.subprocess, "Popen", full)
    assert found(folder).faults == [STOPPED]


def test_a_process_that_is_killed_while_it_works_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = watched(monkeypatch)

    def kill(name: str) -> None:
        if name == "susunan":  # it has said that it begins, and waits for nothing
            os.kill(started[0], signal.SIGKILL)

    monkeypatch.setattr(children, "START", SLOW)
    steps = Steps(kill)
    assert found(folder, steps).faults == [STOPPED]
    assert "susunan" in steps.seen and "rantai" not in steps.seen


@pytest.mark.parametrize(
    "said",
    [b"", b"\x00", b"\x00\x00\x00\x01\xc1", b"\xff\xff\xff\xff", frame(Step(name="rantai", total=3))],
)
def test_a_process_that_says_what_none_of_ours_says_is_a_fault(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STOPPED in heard(said, monkeypatch).faults
    done: Said = Done(counts={"tautan": 3})
    good = heard(frame(done) + said, monkeypatch)
    assert good.faults == [] and good.counts["tautan"] == 3


def heard(said: bytes, monkeypatch: pytest.MonkeyPatch) -> Findings:
    """What is made of a process that says this, and ends."""
    monkeypatch.setattr(children, "START", f"import sys; sys.stdout.buffer.write({said!r})")
    findings = Findings(TEXT)
    task = Task(database="/tidak/ada", key=bytes(32), office=DeviceId("ab" * 16), office_keys=(bytes(32),))
    with beside.beside(task, 1) as chains:
        chains.finish(findings, Steps())
    return findings


def test_a_process_whose_key_does_not_fit_says_so(folder: Path) -> None:
    findings = Findings(TEXT)
    task = Task(
        database=str(folder / "office.db"),
        key=bytes(32),
        office=DeviceId("ab" * 16),
        office_keys=(bytes(32),),
    )
    with beside.beside(task, 1) as chains:
        chains.finish(findings, Steps())
    assert findings.faults == [TEXT("periksa.salah.tidak_terbuka")]


def test_the_key_stands_neither_on_the_command_line_nor_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[str], dict[str, Any]]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:
            started.append((command, options))
            super().__init__(command, **options)

    monkeypatch.setattr(children.subprocess, "Popen", Watched)
    assert found(folder).faults == []
    opened = unlock(folder, None)
    assert isinstance(opened, tuple)
    [(command, options)] = started
    assert options["env"] == {}
    key = opened[0].database
    assert not any(said in part for part in command for said in (key.hex(), repr(key), str(folder)))


def test_the_process_ends_with_the_check_also_when_that_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = watched(monkeypatch)

    def fail(name: str) -> None:
        if name == "putar_ulang":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(folder, Steps(fail))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_check_from_the_page_tells_of_a_process_that_died(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "START", "raise SystemExit(1)")
    deps = open_office(folder, None)
    assert not isinstance(deps, Refused)
    checks = Checks(deps.engine, deps.verify, deps.now_ms)
    assert checks.start(deps.office.person)
    checks.wait()
    newest = checks.newest()
    close_office(deps)
    assert not checks.failed and newest is not None and newest.faults == (STOPPED,)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE changes SET outcome = x'00' WHERE seq = (SELECT max(seq) FROM changes)",
        "UPDATE records SET body = x'c1'",
    ],
)
def test_bytes_that_say_nothing_are_a_fault_and_no_crash(folder: Path, sql: str) -> None:
    rewrite(folder, sql)
    assert found(folder).faults == [TEXT("periksa.salah.terputus")]
