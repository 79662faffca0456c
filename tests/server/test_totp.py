"""Codes by time: as the RFC says, once each, and forgiving of a clock that is a little off."""

import pytest

from server.totp import STEP_MS, code_at, matching_step, provisioning, recovery_codes, recovery_hash, step_of

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    # RFC 6238, appendix B (SHA-1), the last six of its eight digits
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert code_at(SECRET, step_of(seconds * 1000)) == code


def test_a_code_is_taken_a_step_early_or_late_and_no_further() -> None:
    now = 1_790_000_000_000
    taken = [matching_step(SECRET, code_at(SECRET, step_of(now) + by), now, 0) for by in range(-2, 3)]
    assert taken == [None, step_of(now) - 1, step_of(now), step_of(now) + 1, None]


def test_a_code_that_was_used_is_over_and_so_are_those_before_it() -> None:
    now = 1_790_000_000_000
    used = step_of(now)
    for step in (used - 1, used):
        assert matching_step(SECRET, code_at(SECRET, step), now, used) is None
    assert matching_step(SECRET, code_at(SECRET, used + 1), now + STEP_MS, used) == used + 1


def test_spaces_in_a_code_do_not_count_and_nonsense_fits_nothing() -> None:
    now = 1_790_000_000_000
    code = code_at(SECRET, step_of(now))
    assert matching_step(SECRET, f" {code[:3]} {code[3:]} ", now, 0) == step_of(now)
    for typed in ("", "1", code[:5], code + "0", "abcdef", "١٢٣٤٥٦"):
        assert matching_step(SECRET, typed, now, 0) is None


def test_an_app_is_told_the_office_and_the_account() -> None:
    assert provisioning(SECRET, "Dinas Sosial Sragen", "wati") == (
        "otpauth://totp/Dinas%20Sosial%20Sragen%3Awati"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Dinas%20Sosial%20Sragen&digits=6&period=30"
    )


def test_recovery_codes_are_ten_different_ones_and_forgive_how_they_are_typed() -> None:
    codes = recovery_codes(bytes(range(100)))
    assert len(set(codes)) == 10
    assert {len(code) for code in codes} == {19}
    typed = codes[3].lower().replace("-", " ").replace("o", "0").replace("i", "1")
    assert recovery_hash(typed) == recovery_hash(codes[3]) != recovery_hash(codes[4])
    with pytest.raises(ValueError, match="100"):
        recovery_codes(bytes(99))
