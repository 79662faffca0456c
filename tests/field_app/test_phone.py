"""The phone as one object: enrolled, locked, opened, rescued."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_app.enrol import VAULT, Enrolled
from field_app.forgetting import Keeping
from field_app.keys import TRIES, WAITS_S, Locked, PinGone
from field_app.link import Failure
from field_app.phone import LockedError, Phone
from field_app.settings import MEGABYTE
from field_app.vault import open_vault
from field_app.views import Refused
from schemas.text import load_text
from schemas.wire import Enrolment, EnrolRequest, SyncRequest
from tests.field_app.conftest import SetTime, make_phone

PIN, WRONG = "280945", "111112"
AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")


class Office:
    """Enrols whoever has the code; the first answer is lost when `lose` is set."""

    def __init__(self) -> None:
        self.lose = False
        self.asked: list[EnrolRequest] = []

    def enrol(self, request: EnrolRequest) -> Enrolment | Failure:
        self.asked.append(request)
        if self.lose:
            self.lose = False
            return AWAY
        if request.code != "KODE":
            return Failure(kind="kantor", say="masalah.kode_salah", status=400)
        return Enrolment(
            regency="33.14", office_name="Dinas Uji", office_device="0" * 32, office_key=bytes(32),  # type: ignore[arg-type]
            device="d" * 32, person="a" * 32, person_name="Petugas Uji", person_code="P017",  # type: ignore[arg-type]
            roles=["pendamping"], server_ms=1,
        )  # fmt: skip

    logged_in = True

    def sync(self, request: SyncRequest) -> Failure:
        return AWAY

    def login(self, *_: Any) -> None: ...

    def forget_token(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def phone(tmp_path: Path, time: SetTime, office: Office) -> Iterator[Phone]:
    made = make_phone(tmp_path / "hp", time, lambda _: office)  # type: ignore[arg-type,return-value]
    yield made
    made.lock()


def join(phone: Phone) -> Enrolled:
    done = phone.enrol("http://kantor.test/", " KODE ", PIN)
    assert isinstance(done, Enrolled), done
    return done


def test_a_new_phone_joins_and_is_open(phone: Phone, office: Office) -> None:
    assert phone.state() == "baru"
    done = join(phone)
    assert (done.office, done.person_code, done.for_development) == ("Dinas Uji", "P017", True)
    assert phone.state() == "terbuka"
    assert phone.owner.address == "http://kantor.test"
    public = Ed25519PublicKey.from_public_bytes(office.asked[0].public_key)
    message = b"sambang"
    public.verify(phone.visits._bench.store.sign(message), message)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(phone: Phone, office: Office) -> None:
    office.lose = True
    assert phone.enrol("http://kantor.test", "KODE", PIN) == Refused(say="lapangan.tanpa_jaringan")
    assert phone.state() == "baru"
    join(phone)
    assert office.asked[0].public_key == office.asked[1].public_key


def test_a_lost_answer_is_asked_for_again_after_the_process_died(
    phone: Phone, office: Office, tmp_path: Path, time: SetTime
) -> None:
    office.lose = True
    phone.enrol("http://kantor.test", "KODE", PIN)
    reborn = make_phone(tmp_path / "hp", time, lambda _: office)  # type: ignore[arg-type,return-value]
    reborn.enrol("http://kantor.test", "KODO", PIN)
    assert isinstance(reborn.enrol("http://kantor.test", "KODE", PIN), Enrolled)
    reborn.lock()
    keys = [request.public_key for request in office.asked]
    assert keys[0] == keys[2] != keys[1]
    assert list((tmp_path / "hp").glob("pendaftaran*")) == [], "nothing waits when it has joined"


def test_a_waiting_key_opens_only_with_its_code_on_its_device(
    phone: Phone, office: Office, tmp_path: Path, time: SetTime
) -> None:
    office.lose = True
    phone.enrol("http://kantor.test", "KODE", PIN)
    (waiting,) = (tmp_path / "hp").glob("pendaftaran-*")
    assert b"KODE" not in waiting.read_bytes() and waiting.stat().st_mode & 0o077 == 0
    waiting.write_bytes(waiting.read_bytes()[:-1])
    join(phone)
    assert office.asked[0].public_key != office.asked[1].public_key


def test_a_wrong_code_or_pin_leaves_nothing_behind(phone: Phone, tmp_path: Path) -> None:
    assert phone.enrol("http://kantor.test", "SALAH", PIN) == Refused(say="masalah.kode_salah")
    assert phone.enrol("http://kantor.test", "KODE", "1234") == Refused(say="lapangan.pin_6_angka")
    assert phone.state() == "baru" and not (tmp_path / "hp" / "vault.db").exists()
    assert list((tmp_path / "hp").glob("pendaftaran-*")) == []


def test_dying_between_vault_and_key_file_leaves_a_phone_that_can_join(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("field_app.keys.Keys.create", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            phone.enrol("http://kantor.test", "KODE", PIN)
    assert phone.state() == "baru"
    join(phone)


def test_a_vault_whose_key_file_is_gone_is_set_aside_and_never_deleted(phone: Phone, tmp_path: Path) -> None:
    join(phone)
    phone.lock()
    key, whole = (tmp_path / "hp" / "kunci.json").read_bytes(), (tmp_path / "hp" / VAULT).read_bytes()
    for number in (1, 2):
        (tmp_path / "hp" / "kunci.json").unlink()
        join(phone)
        phone.lock()
        assert (tmp_path / "hp" / f"{VAULT}.lama-{number}").exists()
    assert (tmp_path / "hp" / f"{VAULT}.lama-1").read_bytes() == whole
    (tmp_path / "hp" / f"{VAULT}.lama-1").replace(tmp_path / "hp" / VAULT)
    (tmp_path / "hp" / "kunci.json").write_bytes(key)
    assert phone.unlock(PIN) is None, "the old key opens the old vault again"


def test_an_enrolled_phone_does_not_join_twice(phone: Phone) -> None:
    join(phone)
    assert phone.enrol("http://kantor.test", "KODE", PIN) == Refused(say="lapangan.sudah_terdaftar")


def test_a_locked_phone_gives_nothing_until_the_pin_is_right(phone: Phone) -> None:
    join(phone)
    phone.lock()
    assert phone.state() == "terkunci"
    with pytest.raises(LockedError):
        phone.visits.home()
    assert phone.unlock(WRONG) == Locked(tries_left=9, wait_s=0)
    assert phone.unlock(PIN) is None
    assert phone.visits.home().drafts == ()


def test_after_the_tenth_wrong_pin_the_offices_code_opens_with_all_the_data(
    phone: Phone, time: SetTime
) -> None:
    done = join(phone)
    started = phone.visits.start("bpnt_kpm", None, None)
    assert not isinstance(started, Refused)
    phone.visits.save(started.id, "bpnt_kpm", "nama", "Warga Uji")
    phone.lock()
    for _ in range(TRIES):
        time.pass_s(max(WAITS_S))
        outcome = phone.unlock(WRONG)
    assert outcome == phone.unlock(PIN) == phone.tries() == PinGone()
    assert phone.rescue("AAAA-AAAA-AAAA-AAAA", "594028") == Refused(say="lapangan.kode_salah")
    fresh = phone.rescue(done.rescue_code, "594028")
    assert isinstance(fresh, str) and fresh != done.rescue_code
    assert phone.visits.draft(started.id).forms["bpnt_kpm"].answers["nama"] == "Warga Uji"
    phone.lock()
    assert phone.unlock("594028") is None


def test_settings_are_kept_in_the_vault(phone: Phone) -> None:
    assert (phone.settings.text_scale, phone.settings.dark, phone.settings.wifi_only) == (1.0, False, False)
    join(phone)
    phone.settings.text_scale, phone.settings.dark, phone.settings.wifi_only = 9, True, True
    phone.lock()
    assert (phone.settings.text_scale, phone.settings.dark) == (1.0, False)
    phone.unlock(PIN)
    assert (phone.settings.text_scale, phone.settings.dark, phone.settings.wifi_only) == (1.6, True, True)


def test_how_much_stays_on_the_phone_is_kept_within_what_is_sensible(phone: Phone) -> None:
    join(phone)
    assert phone.settings.keeping == Keeping(most_bytes=512 * MEGABYTE, keep_days=30)
    phone.settings.keeping = Keeping(most_bytes=0, keep_days=10_000)
    phone.lock()
    phone.unlock(PIN)
    assert phone.settings.keeping == Keeping(most_bytes=256 * MEGABYTE, keep_days=180)
    assert 0 < phone.used_bytes() < MEGABYTE


def damage(folder: Path, what: str) -> None:
    match what:
        case "kunci.json":
            (folder / what).write_bytes(b"{}")
        case "vault.db":
            (folder / what).write_bytes(b"rusak" * 2000)
        case "tanpa vault":
            (folder / "vault.db").unlink()
        case _:
            raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "say"),
    [("kunci.json", "kunci_rusak"), ("vault.db", "brankas_rusak"), ("tanpa vault", "brankas_rusak")],
)
def test_a_damaged_folder_gets_a_sentence(phone: Phone, tmp_path: Path, what: str, say: str) -> None:
    join(phone)
    phone.lock()
    damage(tmp_path / "hp", what)
    assert phone.unlock(PIN) == Refused(say=f"lapangan.{say}")
    assert f"lapangan.{say}" in load_text()


def test_a_vault_of_a_newer_version_gets_a_sentence_and_is_left_alone(phone: Phone, tmp_path: Path) -> None:
    join(phone)
    with phone.visits._bench.vault.write() as connection:
        connection.execute("PRAGMA user_version = 99")
    phone.lock()
    before = (tmp_path / "hp" / "vault.db").read_bytes()
    assert phone.unlock(PIN) == Refused(say="lapangan.brankas_lebih_baru")
    assert (tmp_path / "hp" / "vault.db").read_bytes() == before


def test_the_folder_holds_no_readable_word_and_only_its_owner_may_read_it(
    phone: Phone, tmp_path: Path
) -> None:
    join(phone)
    started = phone.visits.start("bpnt_kpm", None, None)
    assert not isinstance(started, Refused)
    phone.visits.save(started.id, "bpnt_kpm", "nama", "Warga Uji")
    files = [path for path in (tmp_path / "hp").iterdir() if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    for word in ("Warga Uji", "Petugas Uji", "P017", "kantor.test", PIN):
        assert word.encode() not in written
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_a_vault_without_its_owner_is_not_opened(phone: Phone, tmp_path: Path) -> None:
    join(phone)
    key = phone.visits._bench.vault._key
    phone.lock()
    (tmp_path / "hp" / "vault.db").unlink()
    open_vault(tmp_path / "hp" / "vault.db", key).close()
    assert phone.unlock(PIN) == Refused(say="lapangan.brankas_rusak")
