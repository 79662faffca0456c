from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from field_app.devices.desktop import FileKeystore
from field_app.keys import (
    TRIES,
    WAITS_S,
    Cost,
    KeyFile,
    Keys,
    KeysError,
    Locked,
    Opened,
    PinGone,
    WrongCode,
    advise,
)
from field_app.sealing import open_key
from field_app.wraps import PIN_INFO, PinWrap, kek_of_pin, written_code

KEY = bytes(range(32))
LIGHT = Cost(memory_kib=64, passes=1, lanes=1)
SECOND = bytes(range(32, 64))
PIN, WRONG = "280945", "111112"


@pytest.fixture
def keys(tmp_path: Path, time) -> Keys:
    return Keys(tmp_path, FileKeystore(tmp_path / "rahasia"), time, cost=LIGHT)


def opened_by(keys: Keys, code: str) -> bytes:
    outcome = keys.unlock_by_code(code)
    return outcome.key if isinstance(outcome, Opened) else b""


def fail(keys: Keys, time, times: int) -> None:
    for _ in range(times):
        time.pass_s(max(WAITS_S))
        keys.unlock(WRONG)


def test_the_right_pin_opens_and_a_wrong_one_says_how_many_tries_are_left(keys: Keys) -> None:
    keys.create(PIN, KEY)
    assert keys.unlock(WRONG) == Locked(tries_left=9, wait_s=0)
    assert keys.unlock(PIN) == Opened(key=KEY)
    assert keys.unlock(WRONG) == Locked(tries_left=9, wait_s=0)


def test_a_try_is_on_the_disk_before_the_key_is_derived(tmp_path: Path, time) -> None:
    counted: list[int] = []

    class Watching(FileKeystore):
        def mac(self, message: bytes) -> bytes:
            if message.startswith(b"sambang/coba"):
                return super().mac(message)  # the count itself
            if (tmp_path / "kunci.json").exists():
                file = msgspec.json.decode((tmp_path / "kunci.json").read_bytes(), type=KeyFile)
                counted.append(file.tries.wrong)
            return super().mac(message)

    keys = Keys(tmp_path, Watching(tmp_path / "rahasia"), time, cost=LIGHT)
    keys.create(PIN, KEY)
    keys.unlock(PIN)
    assert counted == [1]


def test_waiting_times_grow_and_a_try_in_between_is_not_counted(keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    fail(keys, time, 4)
    assert keys.tries() == Locked(tries_left=6, wait_s=30, waiting=True)
    assert keys.unlock(PIN) == Locked(tries_left=6, wait_s=30, waiting=True)
    time.pass_s(29)
    assert keys.unlock(PIN) == Locked(tries_left=6, wait_s=1, waiting=True)
    time.pass_s(1)
    assert keys.unlock(PIN) == Opened(key=KEY)


def test_moving_the_wall_clock_shortens_no_waiting(keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    fail(keys, time, 4)
    time.wall_ms += 10**9
    assert keys.unlock(PIN) == Locked(tries_left=6, wait_s=30, waiting=True)


def test_after_a_reboot_the_waiting_starts_again_in_full(keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    fail(keys, time, 4)
    time.boot_name, time.running_ms = "boot-2", 90_000_000
    assert keys.unlock(PIN) == Locked(tries_left=6, wait_s=30, waiting=True)
    time.pass_s(30)
    assert keys.unlock(PIN) == Opened(key=KEY)


def test_the_tenth_wrong_pin_ends_the_pin_but_the_offices_code_still_opens(keys: Keys, time) -> None:
    code = keys.create(PIN, KEY)
    fail(keys, time, TRIES - 1)
    time.pass_s(max(WAITS_S))
    assert keys.unlock(WRONG) == PinGone()
    assert keys.unlock(PIN) == PinGone()
    assert keys.unlock_by_code("AAAA-AAAA-AAAA-AAAA") == WrongCode()
    opened = keys.unlock_by_code("  " + code.lower().replace("-", " "))
    assert isinstance(opened, Opened) and opened.key == KEY
    fresh = keys.renew("594028", opened.key, opened.second)
    assert keys.unlock_by_code(code) == WrongCode()
    assert keys.unlock_by_code(fresh) == opened
    assert keys.unlock("594028") == Opened(key=KEY)


def test_on_another_device_the_right_pin_opens_nothing(tmp_path: Path, keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    elsewhere = Keys(tmp_path, FileKeystore(tmp_path / "lain"), time, cost=LIGHT)
    assert elsewhere.unlock(PIN) == PinGone(other_device=True)


def test_the_cost_stands_in_the_file_and_not_in_the_program(tmp_path: Path, keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    heavier = Keys(tmp_path, FileKeystore(tmp_path / "rahasia"), time, cost=Cost(memory_kib=128, passes=2))
    assert heavier.unlock(PIN) == Opened(key=KEY)
    heavier.change_pin("594028", KEY, SECOND)
    assert keys.unlock("594028") == Opened(key=KEY)


def test_the_second_unlock_opens_another_key_with_the_same_pin(keys: Keys) -> None:
    keys.create(PIN, KEY, SECOND)
    assert keys.second(PIN) == Opened(key=SECOND)
    assert keys.unlock(PIN) == Opened(key=KEY)


def test_wrong_tries_at_the_second_unlock_count_with_those_at_the_first(keys: Keys, time) -> None:
    code = keys.create(PIN, KEY, SECOND)
    fail(keys, time, TRIES - 2)
    time.pass_s(max(WAITS_S))
    assert keys.second(WRONG) == Locked(tries_left=1, wait_s=3600)
    assert keys.second(PIN) == Locked(tries_left=1, wait_s=3600, waiting=True)
    time.pass_s(3600)
    assert keys.second(WRONG) == PinGone()
    assert keys.second(PIN) == keys.unlock(PIN) == PinGone()
    assert keys.unlock_by_code(code) == Opened(key=KEY, second=SECOND)


def test_a_new_pin_and_a_forgotten_one_lose_no_key_of_the_second_unlock(keys: Keys) -> None:
    code = keys.create(PIN, KEY, SECOND)
    keys.change_pin("594028", KEY, SECOND)
    assert keys.second("594028") == Opened(key=SECOND)
    opened = keys.unlock_by_code(code)
    assert isinstance(opened, Opened)
    keys.renew("710362", opened.key, opened.second)
    assert keys.second("710362") == Opened(key=SECOND)


def test_a_key_file_from_before_gets_its_second_key_once_and_only_by_the_right_pin(
    tmp_path: Path, keys: Keys
) -> None:
    keys.create(PIN, KEY)
    path = tmp_path / "kunci.json"
    file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(file, second=None, second_office=None)))
    assert keys.second(WRONG) == Locked(tries_left=9, wait_s=0)
    made = keys.second(PIN)
    assert isinstance(made, Opened) and len(made.key) == 32
    assert keys.second(PIN) == made


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1}'])
def test_a_broken_or_newer_key_file_is_told_apart(tmp_path: Path, keys: Keys, content: bytes) -> None:
    (tmp_path / "kunci.json").write_bytes(content)
    with pytest.raises(KeysError):
        keys.unlock(PIN)


def test_neither_key_nor_pin_stands_in_the_files(tmp_path: Path, keys: Keys) -> None:
    keys.create(PIN, KEY, SECOND)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert KEY not in written and SECOND not in written and PIN.encode() not in written
    assert (tmp_path / "kunci.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "rahasia").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６"])
def test_a_pin_has_six_digits(pin: str) -> None:
    assert advise(pin).block


@pytest.mark.parametrize("pin", ["123456", "987654", "000000", "112211", "123123"])
def test_a_pin_that_is_tried_first_is_warned_of(pin: str) -> None:
    assert advise(pin).warn and not advise(pin).block


def test_an_ordinary_pin_passes() -> None:
    assert (advise(PIN).warn, advise(PIN).block) == ("", "")


# -- files that were altered, put back, or carried off ------------------------------------------------------


def test_an_older_key_file_put_back_wins_no_tries(tmp_path: Path, keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    early = (tmp_path / "kunci.json").read_bytes()
    for tried in range(1, TRIES):
        keys.tries()  # finds out, and has the waiting begin again
        time.pass_s(max(WAITS_S))
        assert keys.unlock(WRONG) == Locked(tries_left=TRIES - tried, wait_s=WAITS_S[tried - 1])
        (tmp_path / "kunci.json").write_bytes(early)
    keys.tries()
    time.pass_s(max(WAITS_S))
    assert keys.unlock(WRONG) == PinGone()
    (tmp_path / "kunci.json").write_bytes(early)
    assert keys.unlock(PIN) == PinGone()


@pytest.mark.parametrize("harm", ["guard_gone", "guard_other", "tries_rewritten"])
def test_what_was_altered_leaves_one_try_after_the_longest_wait(
    tmp_path: Path, keys: Keys, time, harm: str
) -> None:
    code = keys.create(PIN, KEY)
    fail(keys, time, 5)
    match harm:
        case "guard_gone":
            (tmp_path / "kunci.coba").unlink()
        case "guard_other":
            (tmp_path / "kunci.coba").write_bytes(b'{"total":0,"seal":"AAAA"}')
        case _:
            file = msgspec.json.decode((tmp_path / "kunci.json").read_bytes(), type=KeyFile)
            forged = msgspec.structs.replace(file, tries=msgspec.structs.replace(file.tries, wrong=0))
            (tmp_path / "kunci.json").write_bytes(msgspec.json.encode(forged))
    assert keys.unlock(PIN) == Locked(tries_left=1, wait_s=3600, waiting=True)
    time.pass_s(3600)
    assert keys.unlock(PIN) == Opened(key=KEY)
    assert opened_by(keys, code) == KEY


def test_a_guarded_wrap_relabelled_as_one_of_before_opens_nothing(tmp_path: Path, keys: Keys) -> None:
    keys.create(PIN, KEY)
    file = msgspec.json.decode((tmp_path / "kunci.json").read_bytes(), type=KeyFile)
    assert file.pin
    forged = msgspec.structs.replace(file, pin=msgspec.structs.replace(file.pin, guarded=False))
    (tmp_path / "kunci.json").write_bytes(msgspec.json.encode(forged))
    assert isinstance(keys.unlock(PIN), Locked)


def test_a_wrap_of_before_is_guarded_once_it_was_opened(tmp_path: Path, keys: Keys, time) -> None:
    keys.create(PIN, KEY)
    file = msgspec.json.decode((tmp_path / "kunci.json").read_bytes(), type=KeyFile)
    assert file.pin
    old = PinWrap(salt=b"s" * 16, nonce=b"n" * 12, sealed=b"", cost=LIGHT)
    kek = kek_of_pin(PIN, old, FileKeystore(tmp_path / "rahasia"))
    old = msgspec.structs.replace(old, sealed=AESGCM(kek).encrypt(old.nonce, KEY, PIN_INFO))
    (tmp_path / "kunci.coba").unlink()
    (tmp_path / "kunci.json").write_bytes(
        msgspec.json.encode(msgspec.structs.replace(file, pin=old, seal=b""))
    )
    assert keys.unlock(PIN) == Opened(key=KEY)
    assert keys.unlock(PIN) == Opened(key=KEY)
    (tmp_path / "kunci.coba").unlink()
    assert keys.unlock(PIN) == Locked(tries_left=1, wait_s=3600, waiting=True)


def test_a_try_cut_off_between_the_two_files_counts_as_a_wrong_one(tmp_path: Path, keys: Keys) -> None:
    keys.create(PIN, KEY)
    before = (tmp_path / "kunci.json").read_bytes()
    keys.unlock(WRONG)
    (tmp_path / "kunci.json").write_bytes(before)
    assert keys.tries() == Locked(tries_left=9, wait_s=0)


@pytest.mark.parametrize("shift_ms", [10**10, -(10**10)])
def test_restarts_and_a_wall_clock_set_either_way_shorten_no_waiting(
    tmp_path: Path, keys: Keys, time, shift_ms: int
) -> None:
    keys.create(PIN, KEY)
    fail(keys, time, 6)
    time.pass_s(100)
    time.wall_ms += shift_ms
    again = Keys(tmp_path, FileKeystore(tmp_path / "rahasia"), time, cost=LIGHT)
    assert again.tries() == Locked(tries_left=4, wait_s=20, waiting=True)
    time.boot_name, time.running_ms = "boot-2", 5
    assert again.unlock(PIN) == Locked(tries_left=4, wait_s=120, waiting=True)


def test_files_carried_to_another_device_open_by_the_office_code_only(
    tmp_path: Path, keys: Keys, time
) -> None:
    code = keys.create(PIN, KEY)
    other = Keys(tmp_path, FileKeystore(tmp_path / "lain"), time, cost=LIGHT)
    assert other.unlock(PIN) == other.tries() == PinGone(other_device=True)
    assert opened_by(other, code) == KEY
    assert keys.unlock(PIN) == Opened(key=KEY)  # trying elsewhere took nothing away here


# -- the rescue key ----------------------------------------------------------------------------------------


def test_with_keystore_pin_and_office_code_gone_the_rescue_key_opens_and_is_renewed(
    tmp_path: Path, keys: Keys, time
) -> None:
    private = X25519PrivateKey.generate()
    keys.create(PIN, KEY)
    keys.set_rescue(private.public_key().public_bytes_raw(), b"tentang", KEY)
    wrap = keys.rescue_letter()
    assert wrap and not wrap.delivered
    (tmp_path / "rahasia").unlink()
    assert isinstance(keys.unlock(PIN), PinGone)
    raw = open_key(wrap.letter, private, b"tentang")
    assert raw
    code = written_code(raw)
    assert opened_by(keys, code.lower()) == KEY
    keys.renew("594028", KEY, b"")
    assert keys.unlock_by_code(code) == WrongCode()
    fresh = keys.rescue_letter()
    assert fresh and fresh.letter != wrap.letter and keys.unlock("594028") == Opened(key=KEY)
    assert open_key(fresh.letter, private, b"lain") is None


def rescue_code(keys: Keys, private: X25519PrivateKey) -> str:
    wrap = keys.rescue_letter()
    raw = open_key(wrap.letter, private, b"tentang") if wrap else None
    assert raw
    return written_code(raw)


def test_the_rescue_code_opens_the_second_unlock_too_once_its_pin_was_given(keys: Keys) -> None:
    private = X25519PrivateKey.generate()
    keys.create(PIN, KEY)
    keys.set_rescue(private.public_key().public_bytes_raw(), b"tentang", KEY)
    assert keys.unlock_by_code(rescue_code(keys, private)) == Opened(key=KEY)
    second = keys.second(PIN)
    assert isinstance(second, Opened)
    both = Opened(key=KEY, second=second.key)
    code = rescue_code(keys, private)
    assert keys.unlock_by_code(code) == both
    assert keys.second(PIN) == second and rescue_code(keys, private) == code  # made once
    keys.renew("594028", KEY, second.key)
    assert keys.unlock_by_code(rescue_code(keys, private)) == both


def test_an_ordinary_unlock_is_enough_for_the_rescue_code_to_open_the_second_one_too(keys: Keys) -> None:
    private = X25519PrivateKey.generate()
    keys.create(PIN, KEY, SECOND)
    keys.set_rescue(private.public_key().public_bytes_raw(), b"tentang", KEY)
    keys.unlock("111112")
    assert keys.unlock_by_code(rescue_code(keys, private)) == Opened(key=KEY), "a wrong PIN adds nothing"
    assert keys.unlock(PIN) == Opened(key=KEY)
    code = rescue_code(keys, private)
    assert keys.unlock_by_code(code) == Opened(key=KEY, second=SECOND)
    assert keys.unlock(PIN) == Opened(key=KEY) and rescue_code(keys, private) == code  # made once


def test_until_a_new_letter_is_delivered_the_one_that_the_office_has_opens(keys: Keys) -> None:
    private = X25519PrivateKey.generate()
    keys.create(PIN, KEY)
    keys.set_rescue(private.public_key().public_bytes_raw(), b"tentang", KEY)
    first, held = rescue_code(keys, private), keys.rescue_letter()
    assert held
    keys.rescue_delivered(held.letter)
    assert isinstance(keys.second(PIN), Opened)
    fresh = keys.rescue_letter()
    assert fresh and not fresh.delivered
    assert keys.unlock_by_code(first) == Opened(key=KEY)
    keys.rescue_delivered(fresh.letter)
    assert keys.unlock_by_code(first) == WrongCode()


def test_a_letter_is_made_once_and_only_its_own_delivery_counts(keys: Keys) -> None:
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    keys.create(PIN, KEY)
    keys.set_rescue(public, b"x", KEY)
    first = keys.rescue_letter()
    keys.set_rescue(public, b"x", KEY)
    assert first and keys.rescue_letter() == first
    keys.rescue_delivered(b"lain")
    assert keys.rescue_letter() == first
    keys.rescue_delivered(first.letter)
    again = keys.rescue_letter()
    assert again and again.delivered


def test_the_choice_of_shuffled_digits_outlives_a_new_pin(keys: Keys) -> None:
    keys.create(PIN, KEY)
    keys.set_shuffled(True)
    keys.renew("594028", KEY, b"")
    assert keys.shuffled()
