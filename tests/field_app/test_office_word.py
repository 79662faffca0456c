"""Another key for the office's chain: phones follow from key to key, by sync and by file, and never back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.link import Failure
from field_app.office_word import OFFICE_KEY, OfficeWord
from field_app.sealing import seal_key
from field_app.views import AnswerRead, HandedOver, Refused
from schemas.addresses import OfficeAddress, OfficeAddresses, signed_address
from schemas.device_word import kept_info, rescue_message
from server.commands.rotate_keys import Rotated, rotate
from server.compose import Refused as NotOpened
from server.compose import open_office
from server.keys import Keys, default_path, read_keys
from server.services.handover import Taken, Written
from server.store import SqlOfficeStore
from sync.change import Patch
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_handover_round import visit
from tests.field_app.test_phone_and_office import PIN, TUGAS, WARGA
from tests.server.backup_office import Quiet
from tests.server.conftest import DESA, Running, make_office, serving
from tests.server.letting_in import let_in
from tests.server.test_tls import own_port

RESCUE = bytes(range(32))
AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")


class Regency:
    """An office that is served, or not, at one address, and one phone of it."""

    def __init__(self, folder: Path, time: SetTime) -> None:
        self.folder, self.data = folder, folder / "office"
        self.phone, self.port = make_phone(folder / "phone", time), own_port()
        self.first = True

    @contextmanager
    def open(self) -> Iterator[Running]:
        deps = make_office(self.folder) if self.first else open_office(self.data, None)
        assert not isinstance(deps, NotOpened)
        self.first = False
        with serving(deps, self.data, self.port) as running:
            yield running

    def keys(self) -> Keys:
        return read_keys(default_path(self.data))

    def turn(self) -> Keys:
        done = rotate(self.data, default_path(self.data), Quiet(), chain=True)
        assert isinstance(done, Rotated) and done.turned
        return self.keys()

    def join(self, running: Running) -> None:
        person = running.person()
        fields = {"nama": "Warga Uji", "kode_desa": DESA, "layanan": ["bpnt"]}
        task = {
            "petugas": person, "sasaran": WARGA, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru",
            "jatuh_tempo": "2026-11-21", "alasan": "Daftar", "kode_desa": DESA,
        }  # fmt: skip
        bodies = [
            Patch(record=WARGA, kind="warga", base={}, new=fields),
            Patch(record=TUGAS, kind="tugas", base={}, new=task),
        ]
        running.deps.office.act_all(running.deps.office.person, bodies)
        let_in(self.phone, running.deps, running.address, running.code(person), PIN)
        assert self.phone.worker.run_once() is None

    @property
    def word(self) -> OfficeWord:
        store: Any = self.phone.visits._bench.store
        return OfficeWord(store, self.phone.owner)

    def sealed_to(self) -> bytes:
        store: Any = self.phone.visits._bench.store
        return store.get(OFFICE_KEY, bytes, b"")

    def again(self) -> None:
        """Close the phone and open it: each opening asks once."""
        self.phone.lock()
        assert self.phone.unlock(PIN) is None

    def hand_over(self) -> Path:
        stick = self.folder / "usb"
        stick.mkdir(exist_ok=True)
        done = self.phone.handover.write(stick)
        assert isinstance(done, HandedOver), done
        return done.path

    def answer(self, running: Running, name: str) -> Path:
        path = self.folder / name
        with path.open("wb") as out:
            done = running.deps.handovers.answer(self.phone.owner.device, None, out)
        assert isinstance(done, Written), done
        return path


@pytest.fixture
def regency(tmp_path: Path, time: SetTime) -> Iterator[Regency]:
    made = Regency(tmp_path, time)
    yield made
    made.phone.lock()


def taken(running: Running, path: Path) -> int:
    with path.open("rb") as file:
        done = running.deps.handovers.take(file, running.deps.office.person)
    assert isinstance(done, Taken) and done.problems == (), done
    return done.counts.changes


def test_a_phone_that_was_away_follows_through_two_keys_and_seals_to_the_newest(
    regency: Regency, monkeypatch: pytest.MonkeyPatch
) -> None:
    with regency.open() as running:
        regency.join(running)
    first = regency.keys()
    assert regency.word.key == first.public_bytes()
    regency.turn()
    newest = regency.turn()
    with regency.open() as running:
        regency.again()
        done = visit(regency.phone)
        assert done is not None and regency.phone.worker.run_once() is None
        assert regency.word.key == newest.public_bytes()
        assert regency.sealed_to() == newest.exchange_bytes()
        link: Any = regency.phone._opened()._link
        asked: list[str] = []
        for name in ("office_key", "office_keys"):
            monkeypatch.setattr(link, name, lambda *_, name=name: asked.append(name) or AWAY)
        assert regency.phone.worker.run_once() is None
        assert asked == [], "what is known in this opening is not asked for at each sync"
        assert running.faults() == []


def test_what_the_office_signs_in_the_midst_of_an_opening_is_asked_about(regency: Regency) -> None:
    with regency.open() as running:
        regency.join(running)
    old, new = regency.keys(), regency.turn()
    with regency.open() as running:
        assert regency.phone.worker.run_once() is None
        link: Any = regency.phone._opened()._link
        message = rescue_message(RESCUE)
        word = regency.word
        assert not word.signed(link, new.private_key().sign(b"another"), message)
        assert word.signed(link, new.private_key().sign(message), message)
        assert not word.signed(link, old.private_key().sign(message), message), "a key that has ended"


def test_a_phone_that_joins_after_knows_the_new_key_alone(regency: Regency) -> None:
    with regency.open():
        pass
    old, new = regency.keys(), regency.turn()
    with regency.open() as running:
        regency.join(running)
        assert regency.phone.owner.office_key == new.public_bytes() == regency.word.key
        assert regency.sealed_to() == new.exchange_bytes()
        turns = running.deps.engine.read(running.deps.office.turns)
        assert regency.word.led(turns) == new.public_bytes()
        assert not regency.word.believes(turns, old.private_key().sign(b"x"), b"x")


def test_files_of_before_are_taken_after_and_an_answer_leads_to_the_new_key_without_a_network(
    regency: Regency,
) -> None:
    with regency.open() as running:
        regency.join(running)
        before = regency.answer(running, "sebelum.smb")
    visit(regency.phone)
    file = regency.hand_over()
    new = regency.turn()
    with regency.open() as running:
        assert taken(running, file) > 0
        after = regency.answer(running, "sesudah.smb")
    assert isinstance(regency.phone.handover.read(after), AnswerRead)
    assert regency.word.key == new.public_bytes() and regency.sealed_to() == new.exchange_bytes()
    # whoever has the old key could have made it: the office is asked for another
    assert regency.phone.handover.read(before) == Refused(say="lapangan.jawaban.serah_berubah")
    file = regency.hand_over()
    with regency.open() as running:
        assert taken(running, file) == 0  # what was received already is in no later file
        assert isinstance(regency.phone.handover.read(regency.answer(running, "lagi.smb")), AnswerRead)


def test_an_answer_of_before_is_read_by_a_phone_that_has_not_heard_of_the_new_key(regency: Regency) -> None:
    with regency.open() as running:
        regency.join(running)
        before = regency.answer(running, "sebelum.smb")
    regency.turn()
    assert isinstance(regency.phone.handover.read(before), AnswerRead)


def test_an_office_that_serves_changes_no_key_and_what_phones_push_meanwhile_is_all_there(
    regency: Regency,
) -> None:
    with regency.open() as running:
        regency.join(running)
        visit(regency.phone)
        refused = rotate(regency.data, default_path(regency.data), Quiet(), chain=True)
        assert isinstance(refused, NotOpened) and refused.say == "folder_dipakai"
        assert regency.phone.worker.run_once() is None and running.faults() == []
    visit(regency.phone)
    assert regency.phone.worker.run_once() is not None, "nobody answers while the keys are changed"
    new = regency.turn()
    with regency.open() as running:
        regency.again()
        assert regency.phone.worker.run_once() is None
        assert regency.phone.worker.status().data_pending == 0
        tips = running.deps.engine.read(
            lambda tx: SqlOfficeStore.reading(tx).tips(regency.phone.owner.device)
        )
        [head] = [tip.hash for tip in tips]
        store: Any = regency.phone.visits._bench.store
        assert store.head().hash == head and regency.word.key == new.public_bytes()
        assert running.faults() == []


def test_a_vault_that_was_kept_for_the_office_of_before_opens_for_the_office_of_after(
    regency: Regency,
) -> None:
    with regency.open() as running:
        regency.join(running)
    device = regency.phone.owner.device
    sealed = seal_key(b"k" * 32, regency.sealed_to(), kept_info(device))
    regency.turn()
    with regency.open() as running:
        assert running.deps.handovers.open_kept_key(sealed, device) == b"k" * 32


class Told:
    """An office that says where it may be, and nothing else."""

    def __init__(self, *told: OfficeAddress) -> None:
        self.told: list[OfficeAddress] | None = list(told)
        self.asked = 0

    def addresses(self) -> OfficeAddresses | Failure:
        self.asked += 1
        silent = Failure(kind="rusak", say="lapangan.jawaban_rusak", status=404)
        return silent if self.told is None else OfficeAddresses(addresses=self.told)

    def office_keys(self) -> Failure:
        return Failure(kind="rusak", say="lapangan.jawaban_rusak", status=404)

    def office_key(self, _request: Any) -> Failure:
        return self.office_keys()


def test_addresses_count_under_the_offices_signature_and_only_with_tls(regency: Regency) -> None:
    with regency.open() as running:
        regency.join(running)
    sign, other = regency.keys().private_key().sign, Ed25519PrivateKey.generate().sign
    first, second = (signed_address(f"https://{name}.test", sign) for name in ("satu", "dua"))
    assert regency.word.addresses == []
    both, one = ["https://dua.test", "https://satu.test"], ["https://satu.test"]
    for told, known, asked in (
        ([second, first], both, 1),
        ([first, signed_address("http://dua.test", sign)], one, 1),
        ([first, signed_address("https://tiga.test", other)], one, 1),
        ([first, OfficeAddress(address="https://tiga.test", signature=first.signature)], one, 1),
        ([signed_address("https://tiga.test", other)], one, 2),
        (None, one, 2),
        ([], [], 1),
    ):
        office: Any = Told()
        office.told = told
        word = regency.word
        word.after_sync(office)
        word.after_sync(office)
        assert regency.word.addresses == known
        assert office.asked == asked, "once in each opening is enough, where it was understood"
