"""The device's secret: one contract for a desktop's file and Android's keystore, and what only that does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from field_app.android.keystore import ALIAS, AndroidKeystore
from field_app.devices import Keystore, KeystoreError
from field_app.devices.desktop import FileKeystore
from field_app.enrol import VAULT
from field_app.keys import Cost, Keys, Locked, Opened, PinGone
from field_app.unstored import unstored
from field_app.views import Refused
from field_app.wiping import Paper, read_paper, wipe, write_paper
from schemas.device_word import WipeWord
from schemas.ids import DeviceId
from tests.field_app.android.fake_android import FakePhone
from tests.field_app.conftest import SetTime

Make = Callable[[], Keystore]
CHEAP = Cost(memory_kib=64, passes=1)


@pytest.fixture(params=["file", "android"])
def make(request: pytest.FixtureRequest, tmp_path: Path, handset: FakePhone) -> Make:
    """Make the secret of one and the same device."""
    if request.param == "file":
        return lambda: FileKeystore(tmp_path / "hp" / "rahasia-perangkat")
    return lambda: AndroidKeystore(handset.java())


def test_the_secret_is_the_same_after_a_restart(make: Make) -> None:
    assert make().mac(b"pesan") == make().mac(b"pesan")
    assert len(make().mac(b"pesan")) == 32
    assert make().mac(b"pesan") != make().mac(b"pesan lain")


def test_each_worker_has_a_secret_of_their_own(make: Make) -> None:
    first, second = make().of(""), make().of("kedua")
    assert first.mac(b"pesan") == make().mac(b"pesan")
    assert second.mac(b"pesan") != first.mac(b"pesan")
    assert make().of("kedua").mac(b"pesan") == second.mac(b"pesan")


def test_a_forgotten_secret_never_comes_back_and_takes_no_other_along(make: Make) -> None:
    first, second = make().mac(b"pesan"), make().of("kedua").mac(b"pesan")
    make().forget()
    make().forget()  # nothing is left to forget
    assert make().mac(b"pesan") != first
    assert make().of("kedua").mac(b"pesan") == second


def test_only_the_desktop_says_that_it_is_for_development(handset: FakePhone, tmp_path: Path) -> None:
    assert FileKeystore(tmp_path / "rahasia").for_development()
    assert not AndroidKeystore(handset.java()).for_development()


def test_the_key_is_made_in_a_chip_of_its_own_where_there_is_one(handset: FakePhone) -> None:
    AndroidKeystore(handset.java()).mac(b"pesan")
    assert handset.in_strongbox == {ALIAS}


@pytest.mark.parametrize(("release", "strongbox"), [(35, False), (27, True)])
def test_without_such_a_chip_the_key_is_in_the_keystore_all_the_same(
    handset: FakePhone, release: int, strongbox: bool
) -> None:
    handset.release, handset.has_strongbox = release, strongbox
    AndroidKeystore(handset.java()).mac(b"pesan")
    assert set(handset.secrets) == {ALIAS} and not handset.in_strongbox


def test_a_keystore_that_does_not_answer_loses_no_key(handset: FakePhone) -> None:
    keystore = AndroidKeystore(handset.java())
    before = keystore.mac(b"pesan")
    handset.failing["getKey"] = "java.security.UnrecoverableKeyException"
    with pytest.raises(KeystoreError):
        keystore.mac(b"pesan")
    del handset.failing["getKey"]
    assert keystore.mac(b"pesan") == before


def test_no_key_is_made_weaker_because_making_one_failed(handset: FakePhone) -> None:
    handset.failing["generateKey in StrongBox"] = "java.security.ProviderException"
    with pytest.raises(KeystoreError):
        AndroidKeystore(handset.java()).mac(b"pesan")
    assert handset.secrets == {}


def test_a_silent_keystore_is_said_in_words_of_its_own() -> None:
    assert unstored(KeystoreError("diam")) == Refused(say="lapangan.rahasia_perangkat_diam")


def test_where_android_gave_the_key_up_the_offices_code_still_opens(
    handset: FakePhone, tmp_path: Path, time: SetTime
) -> None:
    keys = Keys(tmp_path, AndroidKeystore(handset.java()), time, cost=CHEAP)
    code = keys.create("482913", b"k" * 32)
    assert isinstance(keys.unlock("482913"), Opened)
    handset.invalid.add(ALIAS)
    assert keys.unlock("482913") == PinGone(other_device=True)
    opened = keys.unlock_by_code(code)
    assert isinstance(opened, Opened) and opened.key == b"k" * 32
    keys.renew("719264", opened.key, opened.second)
    assert isinstance(keys.unlock("719264"), Opened)


def test_a_silent_keystore_costs_a_try_at_most_and_no_data(
    handset: FakePhone, tmp_path: Path, time: SetTime
) -> None:
    keys = Keys(tmp_path, AndroidKeystore(handset.java()), time, cost=CHEAP)
    keys.create("482913", b"k" * 32)
    handset.failing["getKey"] = "java.security.UnrecoverableKeyException"
    with pytest.raises(KeystoreError):
        keys.unlock("482913")
    handset.failing.clear()
    assert isinstance(keys.tries(), Locked)
    assert isinstance(keys.unlock("482913"), Opened)


def test_a_wipe_goes_on_at_the_next_start_until_the_secret_is_gone(
    handset: FakePhone, tmp_path: Path
) -> None:
    keystore = AndroidKeystore(handset.java())
    keystore.mac(b"pesan")
    (tmp_path / VAULT).write_bytes(b"rahasia")
    word = WipeWord(order=b"o" * 16, device=DeviceId("1" * 32), step="dihapus", handed_by="sinkron", at_ms=1)
    write_paper(tmp_path, Paper(step="siap", address="", word=word))
    handset.failing["deleteEntry"] = "java.security.KeyStoreException"
    assert wipe(tmp_path, keystore) and not (tmp_path / VAULT).exists()
    paper = read_paper(tmp_path)
    assert paper is not None and paper.step == "siap"
    handset.failing.clear()
    assert wipe(tmp_path, keystore) and handset.secrets == {}
    paper = read_paper(tmp_path)
    assert paper is not None and paper.step == "terhapus"
