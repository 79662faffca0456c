"""A PIN or a code that somebody typed, tried on this phone's keys. Rule: what is wrong is told, never raised,
and whatever is tried counts as keys.py counts it.
"""

from collections.abc import Callable
from typing import TypeVar

from field_app.keys import Keys, KeysError, Locked, Opened, PinGone, WrongCode
from field_app.unstored import unstored
from field_app.views import Refused
from field_app.wraps import advise

T = TypeVar("T")
BROKEN = Refused(say="lapangan.kunci_rusak")


def counted(step: Callable[[], T]) -> T | Refused:
    """Do something with the keys that counts tries: one that cannot be counted is not made."""
    try:
        return step()
    except KeysError:
        return BROKEN
    except OSError as error:
        return unstored(error)


def tries_of(keys: Keys) -> Locked | PinGone | Refused:
    """Say how many tries are left and how long to wait, without trying."""
    return counted(keys.tries)


def try_pin(keys: Keys, pin: str) -> Opened | Locked | PinGone | Refused:
    """Try a PIN."""
    return counted(lambda: keys.unlock(pin))


def try_code(keys: Keys, drafts: Callable[[], int], code: str, *, lose_sealed: bool) -> Opened | Refused:
    """Try the office's code or a rescue code; one that leaves drafts of sealed cases closed is refused, with
    how many they are (`drafts()` counts them), unless `lose_sealed`.
    """
    try:
        outcome = keys.unlock_by_code(code)
    except KeysError:
        return BROKEN
    if isinstance(outcome, WrongCode):
        return Refused(say="lapangan.kode_salah")
    sealed = 0 if outcome.second or lose_sealed else drafts()
    if sealed:
        return Refused(say="lapangan.tersegel.tidak_ikut_terbuka", values={"jumlah": str(sealed)})
    return outcome


def change_pin(keys: Keys, pin: str, fresh: str) -> Locked | PinGone | Refused | None:
    """Set a new PIN in the place of this one, which counts as a try; None when it is done."""
    advice = advise(fresh)
    if advice.block:
        return Refused(say=advice.block)
    outcome = try_pin(keys, pin)
    if not isinstance(outcome, Opened):
        return outcome
    second = counted(lambda: keys.second(pin))
    if not isinstance(second, Opened):
        return second
    return counted(lambda: keys.change_pin(fresh, outcome.key, second.key))
