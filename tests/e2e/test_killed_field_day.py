"""The app is killed ten times in a field day, in the midst of whatever it does, and nothing is lost."""

import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time as clocks
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from field_app import __main__ as entry
from field_app.devices.desktop import SystemTime
from field_app.phone import Phone
from field_app.views import Refused
from schemas.base import encode
from schemas.ids import NO_LINK, BlobId, Part, RecordId
from schemas.text import load_text
from schemas.wire import Cursor, Row
from sync.change import Submit, read
from sync.store import Answered
from tests.e2e.field_day import PIN, Line
from tests.field_app.test_phone import CODE, WELCOME, Office

ROOT = Path(__file__).parents[2]
KILLS, SEED = 10, 20_261_121
PEOPLE = ("Warga Uji Satu", "Warga Uji Dua")
PERSON = "a" * 32
PATIENCE_S = 240  # for a busy machine; spent only by what hangs


def joined(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone as `python -m field_app` builds it, with two tasks, locked."""
    office = Office()
    monkeypatch.setattr(entry, "_connect", lambda door, _text: office.at(door))
    folder.mkdir()
    phone = entry.build(folder, load_text(), background=False)
    phone.join("http://kantor.test", CODE)
    office.lets_in = WELCOME
    phone.ask_joined()
    phone.finish(PIN)
    store: Any = phone.visits._bench.store
    mine, rows = Part(f"mine/{PERSON}"), list[Row]()
    for number, nama in enumerate(PEOPLE, 1):
        warga, tugas = RecordId(f"{number}" * 32), RecordId(f"{number + 4}" * 32)
        person = {
            "nama": nama, "nik": f"331499410768000{number}", "no_kk": "3314990101150003",
            "alamat": "Dukuh Uji", "kode_desa": "33.14.01.2001", "layanan": ["bpnt"],
            "rt": "001", "rw": "002", "penyalur": "bni",
        }  # fmt: skip
        task = {
            "petugas": PERSON, "sasaran": warga, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru",
            "jatuh_tempo": "2026-11-21", "alasan": "Daftar November", "kode_desa": "33.14.01.2001",
        }  # fmt: skip
        for name, kind, fields in ((warga, "warga", person), (tugas, "tugas", task)):
            rows.append(Row(part=mine, id=name, seq=len(rows) + 1, kind=kind, body=encode(fields)))
    page = Answered(
        rows=rows, cursor=Cursor(seq=len(rows)), parts=[mine], acknowledged=store.acknowledged(),
        office_head=NO_LINK, server_ms=SystemTime().now_ms(),
    )  # fmt: skip
    store.store_page(page)
    phone.lock()


class Life:
    """One process of the app, and what it told; it is gone at the end of `with`, whatever came between."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop("DISPLAY", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.field_day", str(folder)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.lines = queue.Queue[Line | None]()
        self.trouble = b""
        self._readers = [threading.Thread(target=read_on) for read_on in (self._hear, self._fail)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def _hear(self) -> None:
        assert self.process.stdout
        for raw in self.process.stdout:
            if raw.endswith(b"\n"):
                self.lines.put(msgspec.json.decode(raw, type=Line))
        self.lines.put(None)

    def _fail(self) -> None:
        assert self.process.stderr
        self.trouble = self.process.stderr.read()

    def next(self) -> Line | None:
        """The next thing it told; None when it is over."""
        return self.lines.get(timeout=PATIENCE_S)

    def kill(self) -> list[Line]:
        """End it as Android does, without a word; what it told before that counts too."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()

    def end(self) -> list[Line]:
        self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        rest = list[Line]()
        while (line := self.lines.get(timeout=PATIENCE_S)) is not None:
            rest.append(line)
        return rest


class Day:
    """All that was told over the lives of one phone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Line] = []
        self.landed: list[tuple[Line, Line]] = []
        """What was told last before a kill, and where the phone stood after the next unlocking."""

    def live(self, lines: int, seconds: float) -> None:
        """Let the app live until it told so many things and some time passed, then kill it."""
        with Life(self.folder) as life:
            heard = list[Line]()
            for _ in range(lines):
                line = life.next()
                assert line is not None, life.trouble.decode()
                heard.append(line)
            clocks.sleep(seconds)
            assert life.process.poll() is None, "it was over before it was killed: " + life.trouble.decode()
            self._hear([*heard, *life.kill()])

    def finish(self) -> None:
        """Let the app live to the end of the day."""
        with Life(self.folder) as life:
            rest = life.end()
            assert life.process.returncode == 0, life.trouble.decode()
            self._hear(rest)

    def _hear(self, lines: list[Line]) -> None:
        for line in lines:
            if line.what == "buka" and self.told:
                self.landed.append((self.told[-1], line))
            self.told.append(line)

    def kept(self) -> dict[str, dict[tuple[str, str], Any]]:
        """What each draft was said to keep."""
        drafts: dict[str, dict[tuple[str, str], Any]] = {}
        for line in self.told:
            if line.what == "simpan":
                drafts.setdefault(line.draft, {})[line.form, line.field] = line.value
        return drafts


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    joined(tmp_path / "hp", monkeypatch)
    lived = Day(tmp_path / "hp")
    chance = random.Random(SEED)
    early = set(chance.sample(range(KILLS), 2))
    for number in range(KILLS):
        # now and then before it told anything: while it starts, or while it is being unlocked
        lines = 0 if number in early else chance.randint(2, 6)
        lived.live(lines, chance.uniform(0.2, 2.0) if number in early else chance.uniform(0, 0.4))
    lived.finish()
    yield lived


def submits(phone: Phone) -> dict[str, Submit]:
    """The finalised visits in this phone's chain, by draft."""
    bench = phone.visits._bench
    bodies = [read(one.content or b"").body for one in bench.store.entries(bench.owner.device, 0, 1000)]
    versions = {draft.visit: draft.id for draft in bench.history.latest(0, 9)}
    return {versions[body.visit]: body for body in bodies if isinstance(body, Submit)}


def test_ten_deaths_in_a_field_day_lose_no_answer_no_photo_and_no_visit(day: Day) -> None:
    phone = entry.build(day.folder, load_text(), background=False)
    assert not isinstance(phone.unlock(PIN), Refused) and phone.state() == "terbuka"
    try:
        sent = submits(phone)
        kept = day.kept()
        assert len(sent) == len(PEOPLE) and set(kept) == set(sent), "each visit once, and none besides"
        for draft, answers in kept.items():
            assert len(answers) > 15
            for (form, field), value in answers.items():
                assert sent[draft].forms[form].answers[field] == value, field
        for submit in sent.values():
            assert len(submit.evidence) >= 2
            for one in submit.evidence:
                assert phone.visits.photo_bytes(BlobId(one.blob))
        home = phone.visits.home()
        assert not (home.drafts or home.overdue or home.today or home.upcoming)
    finally:
        phone.lock()
    for last, opened in day.landed:
        if last.what == "simpan":
            here = opened.draft == last.draft and opened.screen in ("form", "review")
            done = opened.screen == "home" and _finished_between(day, last)
            assert here or done, f"{last.field}: she found herself before {opened.screen}"


def _finished_between(day: Day, last: Line) -> bool:
    """Whether the visit was finalised before the app was killed, though it could not say so any more."""
    at = next(place for place, line in enumerate(day.told) if line is last)
    return all(line.draft != last.draft for line in day.told[at + 1 :])
