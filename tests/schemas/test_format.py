from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.format import (
    clock,
    date_and_clock,
    local_date,
    long_date,
    month_name,
    number,
    parse_date,
    rupiah,
    short_date,
    size,
    span,
    terbilang,
)

DAY = date(2026, 11, 21)
UNITS = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]


def utc_ms(day: int, hour: int, minute: int) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def read(words: str) -> int:
    """Read a spelled number back, group by group."""
    total = group = 0
    pending = 0
    words = words.replace("sepuluh", "satu puluh").replace("sebelas", "satu belas")
    for word in words.replace("seratus", "satu ratus").replace("seribu", "satu ribu").split():
        match word:
            case "belas":
                group, pending = group + 10 + pending, 0
            case "puluh":
                group, pending = group + 10 * pending, 0
            case "ratus":
                group, pending = group + 100 * pending, 0
            case "ribu" | "juta" | "miliar" | "triliun":
                power = {"ribu": 3, "juta": 6, "miliar": 9, "triliun": 12}[word]
                total, group, pending = total + (group + pending) * 10**power, 0, 0
            case _:
                pending = UNITS.index(word)
    return total + group + pending


def test_dates_are_written_long_and_short() -> None:
    assert long_date(DAY) == "Sabtu, 21 November 2026"
    assert short_date(DAY) == "21-11-2026"
    assert short_date(date(2026, 1, 2)) == "02-01-2026"
    assert month_name(DAY) == "November 2026"


def test_times_are_local_whatever_the_machine_says() -> None:
    assert clock(utc_ms(21, 7, 30)) == "14.30 WIB"
    assert date_and_clock(utc_ms(21, 1, 5)) == "Sabtu, 21 November 2026, 08.05 WIB"


def test_the_day_changes_at_local_midnight() -> None:
    assert local_date(utc_ms(20, 16, 59)) == date(2026, 11, 20)
    assert local_date(utc_ms(20, 17, 0)) == DAY


def test_a_phone_that_thinks_it_is_1970_still_gets_a_time() -> None:
    assert clock(0) == "07.00 WIB"
    assert clock(-60_000) == "06.59 WIB"


@pytest.mark.parametrize(
    ("amount", "written"), [(0, "Rp0"), (999, "Rp999"), (1234567, "Rp1.234.567"), (-1500, "-Rp1.500")]
)
def test_money_has_dots_and_no_decimals(amount: int, written: str) -> None:
    assert rupiah(amount) == written


def test_numbers_have_a_decimal_comma() -> None:
    assert number(1234567.891, 2) == "1.234.567,89"
    assert number(208) == "208"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "nol"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (111, "seratus sebelas"),
        (1000, "seribu"),
        (2026, "dua ribu dua puluh enam"),
        (11_000, "sebelas ribu"),
        (100_000, "seratus ribu"),
        (1_001_000, "satu juta seribu"),
        (1_000_000_000, "satu miliar"),
        (-5, "minus lima"),
    ],
)
def test_numbers_are_spelled(value: int, words: str) -> None:
    assert terbilang(value) == words


@given(st.integers(0, 10**15 - 1))
def test_a_spelled_number_reads_back(value: int) -> None:
    assert read(terbilang(value)) == value


def test_a_number_beyond_words_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        terbilang(10**15)


@given(st.dates())
def test_a_written_date_reads_back(day: date) -> None:
    assert parse_date(short_date(day)) == day
    assert parse_date(short_date(day).replace("-", "/")) == day
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["", "31-02-2026", "21-11/2026", "21-11-26", "11-2026", "besok", "2026/11/21"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_short_days_and_spaces_are_read() -> None:
    assert parse_date(" 1/2/2026 ") == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [(0, "0 KB"), (1, "1 KB"), (1_023 * 1_024, "1.023 KB"), (1_024**2, "1,0 MB"), (5 * 1_024**3, "5,0 GB")],
)
def test_a_size_is_written_in_the_largest_unit_that_fits(size_bytes: int, said: str) -> None:
    assert size(size_bytes) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 detik"), (45, "45 detik"), (44.6, "45 detik"), (60, "1 menit"), (95, "2 menit"),
        (900, "15 menit"), (3600, "60 menit"), (5400, "2 jam"), (35 * 3600, "35 jam"), (36 * 3600, "2 hari"),
        (56 * 365 * 86_400, "20.440 hari"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
