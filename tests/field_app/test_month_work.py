"""How much of the month's work is done, as the first screen tells it."""

from pathlib import Path
from typing import Any

import pytest

from field_app.ui.cards import month_words
from field_app.views import MonthWork
from schemas.ids import RecordId
from schemas.text import load_text
from tests.contract.people import record_id
from tests.field_app.conftest import SetTime
from tests.field_app.field import TASK, TUGAS, Field


@pytest.fixture
def phone(tmp_path: Path, time: SetTime) -> Any:
    made = Field(tmp_path, time)
    yield made
    made.vault.close()


def give(phone: Field, *tasks: tuple[str, str]) -> None:
    rows = {
        record_id(number): ("tugas", {**TASK, "state": state, "jatuh_tempo": due})
        for number, (state, due) in enumerate(tasks, 500)
    }
    phone.pull(rows)


def test_tasks_of_this_month_are_done_or_left_and_no_others_count(phone: Field) -> None:
    assert phone.visits.home().month is None
    give(
        phone,
        ("baru", "2026-11-01"), ("baru", "2026-11-30"), ("dikembalikan", "2026-11-02"),
        ("dikirim", "2026-11-03"), ("selesai", "2026-11-04"),
        ("batal", "2026-11-05"), ("baru", "2026-10-31"), ("baru", "2026-12-01"), ("baru", ""),
    )  # fmt: skip
    assert phone.visits.home().month == MonthWork(done=2, left=3)


def test_what_was_recorded_is_done_before_the_office_knows(phone: Field) -> None:
    view = phone.start()
    assert phone.visits.home().month == MonthWork(done=0, left=1)
    phone.fill(view.id)
    assert phone.visits.home().month == MonthWork(done=0, left=1), "begun is not done"
    phone.finish(view.id)
    assert phone.visits.home().month == MonthWork(done=1, left=0)
    phone.pull({RecordId(TUGAS): ("tugas", {**TASK, "state": "dikembalikan"})})
    assert phone.visits.home().month == MonthWork(done=0, left=1)


@pytest.mark.parametrize(
    ("month", "words"),
    [
        (MonthWork(done=12, left=8), "Tugas bulan ini: 12 selesai, 8 lagi."),
        (MonthWork(done=20, left=0), "Semua tugas bulan ini (20) sudah selesai."),
    ],
)
def test_it_is_said_in_one_quiet_line(month: MonthWork, words: str) -> None:
    assert month_words(month, load_text()) == words
