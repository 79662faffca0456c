"""A PIN or a code that somebody typed, tried on this phone's keys. Rule: what is wrong is told, never raised,
and whatever is tried counts as keys.py counts it.
"""

from collections.abc import Callable

from field_app.keys import Keys, KeysError, Locked, Opened, PinGone, WrongCode
from field_app.unstored import unstored
from field_app.views import Refused
from field_app.wraps import advise

BROKEN = Refused(say="lapangan.kunci_rusak")


def tries_of(keys: Keys) -> Locked | PinGone | Refused:
    """Say how many tries are left and how long to wait, without trying."""
    try:
        return keys.tries()
    except KeysError:
        return BROKEN
    except OSError as error:  # what was altered is counted, and that is written down
        return unstored(error)


def try_pin(keys: Keys, pin: str) -> Opened | Locked | PinGone | Refused:
    """Try a PIN; a try that cannot be counted is not made."""
    try:
        return keys.unlock(pin)
    except KeysError:
        return BROKEN
    except OSError as error:
        return unstored(error)


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
    try:
        outcome = keys.unlock(pin)
        if not isinstance(outcome, Opened):
            return outcome
        second = keys.second(pin)
        if not isinstance(second, Opened):
            return second
        keys.change_pin(fresh, outcome.key, second.key)
    except KeysError:
        return BROKEN
    except OSError as error:
        return unstored(error)
    return None
