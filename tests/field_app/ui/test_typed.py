"""What is typed and what is stored."""

from collections.abc import Callable

import pytest

from field_app.ui import typed


def test_sixteen_digits_stand_in_fours() -> None:
    assert typed.grouped("3314994107680002", 16) == "3314 9941 0768 0002"
    assert typed.grouped("3314-9941 07x68", 16) == "3314 9941 0768"
    assert typed.grouped("33149941076800029999", 16) == "3314 9941 0768 0002 9999", "cut it is another one"
    assert typed.grouped("003", 3) == "003"


def test_money_gets_its_dots_while_it_is_typed() -> None:
    assert [typed.rupiah(text) for text in ("6", "600", "6000", "600000", "1.2500000")] == [
        "6", "600", "6.000", "600.000", "12.500.000",
    ]  # fmt: skip
    assert typed.rupiah("0") == "0" and typed.rupiah("007") == "7" and typed.rupiah("") == ""
    assert typed.rupiah_value("600.000") == 600000
    assert typed.rupiah_value("0") == 0
    assert typed.rupiah_value("") is None
    assert typed.rupiah("1" * 16) == "1.111.111.111.111.111", "too much is seen and told, not cut"
    assert [typed.without_sen(text) for text in ("Rp1.250.000,00", "1.250.000", "600", "12,5")] == [
        "Rp1.250.000", "1.250.000", "600", "12,5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "text", "holds"),
    [
        (typed.rupiah, "007", True),
        (typed.rupiah, "1" * 19, False),
        (typed.day_text, "1/2/2026", True),
        (typed.day_text, "211120261", False),
        (typed.time_text, "14301", False),
        (lambda text: typed.number_text(text, True), "1,2345", False),
        (lambda text: typed.grouped(text, 16), "NIK 3314.9941.0768.0002", True),
    ],
    ids=["zeros", "rupiah", "day", "day_full", "time_full", "comma", "nik"],
)
def test_a_shape_that_would_drop_a_digit_is_known(
    shape: Callable[[str], str], text: str, holds: bool
) -> None:
    assert typed.keeps(shape(text), text) == holds


@pytest.mark.parametrize(
    ("text", "shown", "value"),
    [
        ("2111", "21-11", None),
        ("21112026", "21-11-2026", "2026-11-21"),
        ("1/2/2026", "01-02-2026", "2026-02-01"),
        ("31-02-2026", "31-02-2026", None),
        ("21-", "21-", None),
        ("", "", None),
    ],
)
def test_a_day_is_typed_with_or_without_marks(text: str, shown: str, value: str | None) -> None:
    assert typed.day_text(text) == shown
    assert typed.day_value(typed.day_text(text)) == value


def test_deleting_a_mark_deletes_it() -> None:
    assert typed.day_text("21-1"[:-1]) == "21-"
    assert typed.day_text("21-"[:-1]) == "21"


def test_months_and_times() -> None:
    assert typed.month_value(typed.month_text("112026")) == "2026-11"
    assert typed.month_value("13-2026") is None
    assert typed.time_value(typed.time_text("1430")) == "14:30"
    assert typed.time_value("24.00") is None
    assert typed.month_shown("2026-11") == "11-2026"
    assert typed.time_shown("14:30") == "14.30"


def test_steps_stay_in_the_calendar() -> None:
    assert typed.step_day("2026-01-31", "bulan", 1) == "2026-02-28"
    assert typed.step_day("2024-02-29", "tahun", 1) == "2025-02-28"
    assert typed.step_day("2026-12-31", "hari", 1) == "2027-01-01"
    assert typed.step_month("2026-12", "bulan", 1) == "2027-01"
    assert typed.step_time("23:59", "menit", 1) == "00:00"
    assert typed.step_time("00:00", "jam", -1) == "23:00"


def test_numbers_take_one_comma() -> None:
    assert typed.number_text("2,5,5", decimal=True) == "2,55"
    assert typed.number_text("2,5", decimal=False) == "25"
    assert typed.number_value("2,5") == 2.5
    assert typed.number_value("12") == 12
    assert typed.number_value(",") is None
    assert typed.number_shown(2.5) == "2,5"


def test_a_number_is_shown_with_all_its_digits() -> None:
    for value, shown in (
        (1_234_567, "1234567"),
        (123_456.789, "123456,789"),
        (100, "100"),
        (0, "0"),
        (-7.5, "-7,5"),
    ):
        assert typed.number_shown(value) == shown
        assert value < 0 or typed.number_value(typed.number_text(shown, decimal=True)) == value
