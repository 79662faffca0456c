"""The phone as one object: enrolled, locked, opened, rescued."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_app.enrol import VAULT, Enrolled
from field_app.forgetting import Keeping
from field_app.keys import TRIES, WAITS_S, Locked, PinGone
from field_app.link import Door, Failure
from field_app.phone import LockedError, Phone
from field_app.settings import MEGABYTE
from field_app.unit import PINNED
from field_app.vault import open_vault
from field_app.views import Refused, Waiting, Welcomed
from field_app.worker import Worker
from schemas.joining import Parties, code_hash, commitment, invitation
from schemas.text import load_text
from schemas.wire import Enrolment, EnrolRequest, JoinedAnswer, JoinedRequest, Joining, SyncRequest
from server.problems import STATUS
from tests.field_app.conftest import SetTime, make_phone

AUTHORITY, CHALLENGE = b"sertifikat kantor", bytes(range(1, 33))
PIN, WRONG = "280945", "111112"
AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")


CODE, OTHER_CODE = invitation(b"kode1", b"").typed(), invitation(b"kode2", b"").typed()
PINNED_CODE = invitation(b"kode3", AUTHORITY).typed()
HTTP, HTTPS = "http://kantor.test", "https://kantor.test"
STRANGER = "lapangan.kantor_lain"
WELCOME = Enrolment(
    regency="33.14", office_name="Dinas Uji", office_device="0" * 32, office_key=bytes(32),  # type: ignore[arg-type]
    device="d" * 32, person="a" * 32, person_name="Petugas Uji", person_code="P017",  # type: ignore[arg-type]
    roles=["pendamping"], server_ms=1, unit_identity=bytes(range(32)),
)  # fmt: skip


class Office:
    """Joins whoever has the code; the next answer is lost when `lose` is set."""

    def __init__(self) -> None:
        self.lose = False
        self.asked: list[EnrolRequest] = []
        self.questions: list[JoinedRequest] = []
        self.doors: list[Door] = []
        self.certificate = AUTHORITY
        self.lets_in: Enrolment | Failure | None = None

    def at(self, door: Door) -> "Office":
        self.doors.append(door)
        return self

    def authority(self) -> bytes | Failure:
        assert self.doors[-1].checked is False, "asked of whoever answers, and checked by the code"
        return self.certificate

    def enrol(self, request: EnrolRequest) -> Joining | Failure:
        self.asked.append(request)
        if self.lose:
            self.lose = False
            return AWAY
        if request.code == "A" * 8:
            return Failure(kind="kantor", say="masalah.kode_salah", status=403)
        return Joining(office_key=bytes(32), challenge=CHALLENGE)

    def joined(self, request: JoinedRequest) -> JoinedAnswer | Failure:
        self.questions.append(request)
        if self.lose:
            self.lose = False
            return AWAY
        if isinstance(self.lets_in, Failure):
            return self.lets_in
        return JoinedAnswer(enrolment=self.lets_in)

    logged_in = True

    def prepare(self, request: SyncRequest) -> None:
        pass

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
    made = make_phone(tmp_path / "hp", time, office.at)  # type: ignore[arg-type,return-value]
    yield made
    made.lock()


def reborn(tmp_path: Path, time: SetTime, office: Office) -> Phone:
    """The same phone after its process died."""
    return make_phone(tmp_path / "hp", time, office.at)  # type: ignore[arg-type,return-value]


def wait(phone: Phone, code: str = CODE) -> Waiting:
    waiting = phone.join(f"{HTTP}/", f" {code} ")
    assert isinstance(waiting, Waiting), waiting
    return waiting


def join(phone: Phone, welcome: Enrolment = WELCOME) -> Enrolled:
    office: Office = phone._connect.__self__  # type: ignore[attr-defined]
    wait(phone)
    office.lets_in = welcome
    assert phone.ask_joined() == Welcomed(office="Dinas Uji", person_name="Petugas Uji")
    done = phone.finish(PIN)
    assert isinstance(done, Enrolled), done
    return done


def test_a_new_phone_joins_and_is_open(phone: Phone, office: Office, tmp_path: Path) -> None:
    assert phone.state() == "baru" and phone.waiting() is None
    done = join(phone)
    assert (done.office, done.person_code, done.for_development) == ("Dinas Uji", "P017", True)
    assert phone.state() == "terbuka"
    assert phone.owner.address == HTTP
    public = Ed25519PublicKey.from_public_bytes(office.asked[0].public_key)
    message = b"sambang"
    public.verify(phone.visits._bench.store.sign(message), message)
    assert list((tmp_path / "hp").glob("pendaftaran*")) == [], "nothing waits when it has joined"
    assert phone.visits._bench.store.get(PINNED, bytes, b"") == WELCOME.unit_identity


def test_the_words_stand_for_every_key_and_number_of_both_sides(phone: Phone, office: Office) -> None:
    waiting = wait(phone)
    [asked] = office.asked
    phone.ask_joined()
    [question] = office.questions
    assert asked.commitment == commitment(question.opening), "settled before the office's number was known"
    whole = Parties(
        office_key=bytes(32), authority=b"", public_key=asked.public_key, handover_key=asked.handover_key,
        code=code_hash(CODE), challenge=CHALLENGE, opening=question.opening,
    )  # fmt: skip
    assert waiting.words == whole.words() and len(set(waiting.words)) >= 3
    Ed25519PublicKey.from_public_bytes(asked.public_key).verify(question.signature, whole.signed())
    for name in Parties.__struct_fields__:
        changed = msgspec.structs.replace(whole, **{name: b"lain".ljust(32)})
        assert changed.words() != whole.words() and changed.signed() != whole.signed(), name


def test_no_vault_and_no_pin_before_an_officer_let_it_in(
    phone: Phone, office: Office, tmp_path: Path
) -> None:
    waiting = wait(phone)
    assert phone.ask_joined() == waiting
    assert phone.finish(PIN) == Refused(say="lapangan.belum_diterima")
    assert phone.state() == "baru" and not (tmp_path / "hp" / VAULT).exists()
    office.lets_in = msgspec.structs.replace(WELCOME, office_key=bytes(range(32)))
    assert phone.ask_joined() == Refused(say=STRANGER), "another key than the words stood for"
    assert phone.finish(PIN) == Refused(say=STRANGER) and phone.state() == "baru"


def test_a_lost_answer_is_asked_for_again_with_the_same_key(phone: Phone, office: Office) -> None:
    office.lose = True
    assert phone.join(HTTP, CODE) == Refused(say="lapangan.tanpa_jaringan")
    assert phone.state() == "baru" and phone.waiting() is None
    waiting = wait(phone)
    assert office.asked[0] == office.asked[1]
    office.lose, office.lets_in = True, WELCOME
    assert phone.ask_joined() == msgspec.structs.replace(waiting, trouble="lapangan.tanpa_jaringan")
    assert isinstance(phone.ask_joined(), Welcomed)


def test_waiting_goes_on_after_the_process_died(
    phone: Phone, office: Office, tmp_path: Path, time: SetTime
) -> None:
    office.lose = True
    phone.join(HTTP, CODE)
    again = reborn(tmp_path, time, office)
    wait(again, OTHER_CODE)
    waiting = wait(again)
    assert office.asked[0] == office.asked[2] != office.asked[1], "a code in between takes no other's place"
    last = reborn(tmp_path, time, office)
    assert last.waiting() == waiting and last.users()[0].ready is False
    office.lets_in = WELCOME
    assert isinstance(last.ask_joined(), Welcomed)
    dead = reborn(tmp_path, time, office)
    assert isinstance(dead.finish(PIN), Enrolled), "let in before it died: the office says so again"
    assert list((tmp_path / "hp").glob("pendaftaran*")) == []
    dead.lock()


def test_what_waits_is_sealed_to_its_device(phone: Phone, office: Office, tmp_path: Path) -> None:
    wait(phone)
    [path] = (tmp_path / "hp").glob("pendaftaran-*")
    raw = path.read_bytes()
    for word in (CODE.replace("-", ""), "kantor.test", *phone.waiting().words):  # type: ignore[union-attr]
        assert word.encode() not in raw
    assert path.stat().st_mode & 0o077 == 0
    secret = (tmp_path / "hp" / "rahasia").read_bytes()
    (tmp_path / "hp" / "rahasia").write_bytes(bytes(32))
    assert phone.waiting() is None, "copied to another phone it opens nothing"
    (tmp_path / "hp" / "rahasia").write_bytes(secret)
    path.write_bytes(raw[:-1])
    assert phone.waiting() is None
    wait(phone)
    assert office.asked[0].public_key != office.asked[1].public_key


def test_a_wrong_code_or_pin_leaves_nothing_behind(phone: Phone, office: Office, tmp_path: Path) -> None:
    for typed in ("", "SALAH", f"{CODE}A", "1!8-9"):
        assert phone.join(HTTP, typed) == Refused(say="lapangan.kode_bukan_kode")
    assert phone.join(HTTP, "AAAA-AAAA") == Refused(say="masalah.kode_salah")
    assert list((tmp_path / "hp").glob("pendaftaran-*")) == []
    wait(phone)
    assert phone.finish("1234") == Refused(say="lapangan.pin_6_angka")
    assert phone.state() == "baru" and not (tmp_path / "hp" / "vault.db").exists()


@pytest.mark.parametrize("say", ["pendaftaran_ditolak", "pendaftaran_lewat"])
def test_a_phone_that_was_sent_away_says_why_and_forgets_its_key(
    phone: Phone, office: Office, tmp_path: Path, say: str
) -> None:
    wait(phone)
    office.lets_in = Failure(kind="kantor", say=f"masalah.{say}", status=STATUS[say])
    assert phone.ask_joined() == Refused(say=f"masalah.{say}")
    assert phone.waiting() is None and list((tmp_path / "hp").glob("pendaftaran-*")) == []
    assert phone.ask_joined() == Refused(say="lapangan.tidak_menunggu")


def test_a_code_that_names_an_authority_is_good_only_with_that_one(phone: Phone, office: Office) -> None:
    assert phone.join(HTTP, PINNED_CODE) == Refused(say="lapangan.alamat_https") and office.doors == []
    office.certificate = AUTHORITY + b"!"
    assert phone.join(HTTPS, PINNED_CODE) == Refused(say=STRANGER) and office.asked == []
    office.certificate = AUTHORITY
    assert isinstance(phone.join(HTTPS, PINNED_CODE), Waiting)
    assert office.doors[-1] == Door(address=HTTPS, authority=AUTHORITY)
    assert office.asked[0].authority == sha256(AUTHORITY).digest()
    office.lets_in = WELCOME
    phone.ask_joined()
    assert isinstance(phone.finish(PIN), Enrolled)
    assert phone.owner.authority == AUTHORITY
    assert office.doors[-1] == Door(address=HTTPS, authority=AUTHORITY, office="0" * 32)


def test_dying_between_vault_and_key_file_leaves_a_phone_that_can_join(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("field_app.keys.Keys.create", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            join(phone)
    assert phone.state() == "baru"
    join(phone)


def test_dying_after_the_key_file_leaves_no_key_outside_the_vault(
    phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("field_app.enrol.Enroller.tidy", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            join(phone)
    assert phone.state() == "terkunci" and len(list((tmp_path / "hp").glob("pendaftaran-*"))) == 1
    assert phone.unlock(PIN) is None and list((tmp_path / "hp").glob("pendaftaran-*")) == []


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
    assert phone.join(HTTP, CODE) == phone.finish(PIN) == Refused(say="lapangan.sudah_terdaftar")


def test_a_locked_phone_gives_nothing_until_the_pin_is_right(phone: Phone) -> None:
    join(phone)
    phone.lock()
    assert phone.state() == "terkunci"
    with pytest.raises(LockedError):
        phone.visits.home()
    assert phone.unlock(WRONG) == Locked(tries_left=9, wait_s=0)
    assert phone.unlock(PIN) is None
    assert phone.visits.home().drafts == ()


def test_a_lock_ends_what_still_waits_for_the_office_and_then_nothing_is_open(
    phone: Phone, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(phone)
    asked, closed = threading.Event(), threading.Event()

    def silent(_request: SyncRequest) -> Failure:
        asked.set()
        closed.wait(20)
        return AWAY

    monkeypatch.setattr(office, "sync", silent)
    monkeypatch.setattr(office, "close", closed.set)
    monkeypatch.setattr(Worker.close, "__defaults__", (0.5,))
    worker = phone.worker
    worker.start()
    assert asked.wait(20)
    phone.lock()
    assert closed.is_set() and worker._thread is not None and not worker._thread.is_alive()
    assert worker._vault._closed


def test_a_pin_and_a_code_are_tried_before_a_new_pin_and_the_pin_counts(phone: Phone) -> None:
    done = join(phone)
    assert phone.check_pin(WRONG) == Locked(tries_left=9, wait_s=0) == phone.tries()
    assert phone.check_pin(PIN) is None and phone.tries() == Locked(tries_left=10, wait_s=0)
    phone.lock()
    assert phone.check_code("AAAA-AAAA-AAAA-AAAA") == Refused(say="lapangan.kode_salah")
    assert phone.check_code(done.rescue_code) is None and phone.state() == "terkunci"
    assert isinstance(phone.rescue(done.rescue_code, "594028"), str), "it is good still"


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
