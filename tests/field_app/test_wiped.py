"""An ordered wipe, from two people at the office to the phone's last word, over real HTTP."""

import shutil
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.custody import ORDER
from field_app.enrol import VAULT
from field_app.keys import FILE, GUARD, Opened
from field_app.link import Door, Failure
from field_app.phone import Phone
from field_app.vault import open_vault
from field_app.views import DraftView, Finalised, Refused
from field_app.wiping import KEPT, PAPER, Paper, read_paper, wipe, write_paper
from field_app.wraps import SECOND_CODE_INFO, CodeWrap, open_by_code, read_code
from schemas.base import decode, encode
from schemas.device_word import DeviceOrders, WipeOrder, WipeWord, kept_info, order_message, word_message
from schemas.handover import ENDING
from schemas.ids import DeviceId, PersonId, RecordId
from server import device_store
from server.access import Person
from server.compose import unlock
from server.lost_store import Wipe
from server.sealing import open_key
from server.services.lost_phones import LostPhones, NotDone
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_phone_and_office import PIN, enrolled, record_visit  # noqa: F401
from tests.server.conftest import Running, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import let_in

ADMIN = Person(id=PersonId("a" * 32), nama="Admin", roles=("admin",))
KABID = Person(id=PersonId("b" * 32), nama="Kabid", roles=("kabid",))
BOTH = Person(id=PersonId("c" * 32), nama="Dua peran", roles=("admin", "kabid"))


@pytest.fixture
def lost(office: Running) -> LostPhones:  # noqa: F811
    deps = office.deps
    return LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)


def order(lost: LostPhones, device: DeviceId) -> str:
    made = lost.order(ADMIN, device, "HP dicuri di pasar")
    assert isinstance(made, str)
    assert lost.approve(KABID, made) is None
    return made


def state(lost: LostPhones, device: DeviceId) -> Wipe:
    return lost.wipes(device)[0]


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def start_visit(phone: Phone, subject: RecordId | None = None) -> DraftView:
    draft = phone.visits.start("bpnt_kpm", subject or phone.visits.home().today[0].subjek, None)
    assert isinstance(draft, DraftView), draft
    return draft


def test_an_order_hands_over_then_wipes_and_the_office_hears_each_step(
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
) -> None:
    assert enrolled.worker.run_once() is None
    done = record_visit(enrolled, start_visit(enrolled))
    device, folder = enrolled.owner.device, tmp_path / "phone"
    order(lost, device)
    assert enrolled.worker.run_once() is None
    assert enrolled.wipe_due() and (folder / VAULT).exists()
    seen = state(lost, device)
    assert seen.handed_by == "sinkron" and seen.handed_ms and not seen.wiped_ms
    enrolled.lock()
    assert enrolled.state() == "baru" and left(folder) == set()
    assert state(lost, device).wiped_ms
    found = office.deps.engine.read(lambda tx: device_store.device(tx, device))
    assert found and found.revoked_ms
    assert done.number and office.faults() == []


def test_what_is_under_work_stays_sealed_to_the_office(
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
) -> None:
    assert enrolled.worker.run_once() is None
    start_visit(enrolled)
    device, folder = enrolled.owner.device, tmp_path / "phone"
    order(lost, device)
    assert enrolled.worker.run_once() is None
    assert state(lost, device).handed_by == "berkas", "from the first word on"
    enrolled.lock()
    name = f"brankas-{device[:8]}.db"
    assert left(folder) == {f"{KEPT}/{name}", f"{KEPT}/{name}.kunci", f"{KEPT}/{name}.kode"}
    assert state(lost, device).handed_by == "berkas"
    opened = unlock(office.data, None)
    assert isinstance(opened, tuple)
    sealed = (folder / KEPT / f"{name}.kunci").read_bytes()
    key = open_key(sealed, opened[0].exchange_key(), kept_info(device))
    assert key and key not in (folder / KEPT / name).read_bytes()
    vault = open_vault(folder / KEPT / name, key)
    with vault.read() as connection:
        assert connection.execute("SELECT count(*) FROM drafts").fetchone() == (1,)
    vault.close()


def test_a_sealed_draft_under_work_opens_later_by_the_offices_code_and_not_by_its_key(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
) -> None:
    assert enrolled.worker.run_once() is None
    folder, key_of_draft = tmp_path / "phone", b"kunci draf yang tersegel"
    keys = enrolled._keys
    first, second = keys.unlock(PIN), keys.second(PIN)
    assert isinstance(first, Opened) and isinstance(second, Opened)
    code = keys.renew(PIN, first.key, second.key)
    (folder / "draf-1.kunci").write_bytes(key_of_draft)
    with open_vault(folder / VAULT, first.key).write() as connection:  # a sealed draft, and no plain one
        connection.execute(
            "INSERT INTO sealed_drafts"
            " (id, visit, kasus, kode, is_new, number, due, started_ms, touched_ms, head)"
            " VALUES ('1', '1', '1', 'KS-2026-BCDFGH', 1, 1, '', 0, 0, x'00')"
        )
    order(lost, enrolled.owner.device)
    assert enrolled.worker.run_once() is None
    name = f"brankas-{enrolled.owner.device[:8]}.db"
    enrolled.lock()
    assert (folder / KEPT / f"{name}.draf-1.kunci").read_bytes() == key_of_draft
    wrap = decode((folder / KEPT / f"{name}.kode").read_bytes(), CodeWrap)
    assert open_by_code(read_code(code), wrap, SECOND_CODE_INFO) == second.key
    assert not (folder / "draf-1.kunci").exists()


def test_what_is_begun_while_the_office_is_told_is_not_lost_with_the_phone(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    subject = enrolled.visits.home().today[0].subjek
    order(lost, device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    start_visit(enrolled, subject)  # the window has not looked yet
    enrolled.lock()
    assert (folder / KEPT / f"brankas-{device[:8]}.db").exists()
    assert state(lost, device).handed_by == "berkas"  # so that the office asks for the folder


@pytest.mark.parametrize("has_photos", [True, False])
def test_a_visit_finalised_while_the_office_is_told_is_handed_over_as_a_file(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    has_photos: bool,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    draft = start_visit(enrolled)
    order(lost, device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    if has_photos:
        record_visit(enrolled, draft)
    else:
        enrolled.visits.save(draft.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
        assert isinstance(enrolled.visits.finalise(draft.id), Finalised)
    enrolled.lock()
    assert [name.endswith(ENDING) for name in left(folder)] == [True]
    assert state(lost, device).wiped_ms and state(lost, device).handed_by == "berkas"


def test_a_visit_of_which_no_file_could_be_written_stays_in_the_vault_that_is_kept(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    draft = start_visit(enrolled)
    order(lost, device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    record_visit(enrolled, draft)
    refused = Refused(say="lapangan.penyimpanan_penuh")
    monkeypatch.setattr(enrolled._opened()._custody, "_hand_over", lambda _place: refused)
    enrolled.lock()
    assert (folder / KEPT / f"brankas-{device[:8]}.db").exists()
    assert state(lost, device).wiped_ms and state(lost, device).handed_by == "berkas"


@pytest.mark.parametrize("is_finished", [False, True])
def test_without_a_key_to_seal_the_vault_or_a_file_to_nothing_that_is_begun_is_wiped(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_finished: bool,
) -> None:
    assert enrolled.worker.run_once() is None
    subject, custody = enrolled.visits.home().today[0].subjek, enrolled._opened()._custody
    monkeypatch.setattr(custody, "_kept", lambda: None)
    monkeypatch.setattr(custody, "_hand_over", lambda _place: Refused(say="lapangan.serah.belum_ada_kunci"))
    order(lost, enrolled.owner.device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    draft = start_visit(enrolled, subject)
    if is_finished:
        record_visit(enrolled, draft)
    enrolled.lock()
    assert (tmp_path / "phone" / VAULT).exists() and enrolled.state() == "terkunci"


@pytest.mark.parametrize("failing", ["_kept", "_hand_over"], ids=["the vault", "a file"])
def test_nothing_is_wiped_and_the_office_told_of_nothing_when_handing_over_failed(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    assert enrolled.worker.run_once() is None
    custody = enrolled._opened()._custody
    start_visit(enrolled)
    waiting = msgspec.structs.replace(enrolled.worker.status(), photos_pending=1)
    refused = {"_kept": lambda: None, "_hand_over": lambda _place: Refused(say="lapangan.serah.penuh")}
    monkeypatch.setattr(custody, "_status", lambda: waiting)
    monkeypatch.setattr(custody, failing, refused[failing])
    order(lost, enrolled.owner.device)
    assert enrolled.worker.run_once() is None and not enrolled.wipe_due()
    assert not state(lost, enrolled.owner.device).handed_ms


def test_what_was_handed_over_once_is_not_written_again_as_the_vault_closes(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    custody = enrolled._opened()._custody
    waiting = msgspec.structs.replace(enrolled.worker.status(), photos_pending=1)
    monkeypatch.setattr(custody, "_status", lambda: waiting)
    order(lost, device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    enrolled.lock()
    assert [name.endswith(ENDING) for name in left(folder)] == [True]
    assert state(lost, device).handed_by == "berkas"


def test_a_phone_that_dies_before_it_locks_keeps_what_was_begun_since(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    time: SetTime,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    subject = enrolled.visits.home().today[0].subjek
    order(lost, device)
    assert enrolled.worker.run_once() is None and enrolled.wipe_due()
    start_visit(enrolled, subject)
    dead = Path(shutil.copytree(folder, tmp_path / "mati"))
    again = make_phone(dead, time)
    assert again.state() == "baru" and again.tell_wiped()
    assert state(lost, device).wiped_ms and state(lost, device).handed_by == "berkas"
    assert (dead / KEPT / f"brankas-{device[:8]}.db").exists() and not (dead / VAULT).exists()


def test_a_wipe_leaves_nothing_of_a_key_file_that_was_being_written(tmp_path: Path) -> None:
    from field_app.devices.desktop import FileKeystore

    (tmp_path / f"{FILE}.baru").write_bytes(b"bungkus kunci")
    word = WipeWord(order=b"o" * 16, device=DeviceId("1" * 32), step="dihapus", handed_by="berkas", at_ms=1)
    write_paper(tmp_path, Paper(step="siap", address="", word=word, keep="brankas-1.db"))
    (tmp_path / VAULT).write_bytes(b"isi")
    assert wipe(tmp_path, FileKeystore(tmp_path / "rahasia"))
    assert left(tmp_path) == {PAPER, f"{KEPT}/brankas-1.db"}


@pytest.mark.parametrize("cut", [FILE, GUARD, VAULT, PAPER])
def test_a_wipe_cut_off_at_any_step_ends_when_the_phone_starts_again(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    time: SetTime,
    monkeypatch: pytest.MonkeyPatch,
    cut: str,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    order(lost, device)
    assert enrolled.worker.run_once() is None
    unlink = Path.unlink

    def dies(path: Path, missing_ok: bool = False) -> None:
        if path.name == cut:
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", dies)
    with pytest.raises(KeyboardInterrupt):
        enrolled.lock()
    monkeypatch.undo()
    again = make_phone(folder, time)
    assert again.state() == "baru"
    again.tell_wiped()
    assert left(folder) == set() and state(lost, device).wiped_ms


def test_a_wiped_phone_without_a_line_says_so_later_and_may_join_anew(
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    lost: LostPhones,
    tmp_path: Path,
    time: SetTime,
) -> None:
    assert enrolled.worker.run_once() is None
    device, folder = enrolled.owner.device, tmp_path / "phone"
    order(lost, device)
    assert enrolled.worker.run_once() is None
    paper = read_paper(folder)
    assert paper
    write_paper(folder, msgspec.structs.replace(paper, address="http://127.0.0.1:1"))
    enrolled.lock()
    assert left(folder) == {PAPER} and not state(lost, device).wiped_ms
    wiped = read_paper(folder)
    assert wiped and wiped.step == "terhapus"
    write_paper(folder, msgspec.structs.replace(wiped, address=office.address))
    again = make_phone(folder, time)
    let_in(again, office.deps, office.address, office.code(office.person()), PIN)
    assert state(lost, device).wiped_ms
    assert again.owner.device != device
    again.lock()


class Forging:
    """A line on which somebody slips in an order of their own."""

    def __init__(self, link, orders: DeviceOrders) -> None:
        self._link, self._orders = link, orders

    def __getattr__(self, name: str):
        return getattr(self._link, name)

    def report(self, report) -> DeviceOrders:
        return self._orders


@pytest.mark.parametrize("forged", ["signature", "other_device", "other_office", "garbage"])
def test_a_forged_order_wipes_nothing(
    office: Running,  # noqa: F811
    tmp_path: Path,
    time: SetTime,
    forged: str,
) -> None:
    from field_app.transport import HttpLink

    orders: list[DeviceOrders] = []
    text = office.deps.text

    def connect(at: Door):
        link = HttpLink(at.address, text.__contains__)
        return Forging(link, orders[0]) if orders else link

    phone = make_phone(tmp_path / "p", time, connect)
    let_in(phone, office.deps, office.address, office.code(office.person()), PIN)
    owner = phone.owner
    phone.lock()
    office_key = Ed25519PrivateKey.from_private_bytes(unlock(office.data, None)[0].signing)  # type: ignore[index]
    signer = Ed25519PrivateKey.generate() if forged == "signature" else office_key
    raw = encode(
        WipeOrder(
            order=b"o" * 16,
            office=DeviceId("1" * 32) if forged == "other_office" else owner.office_device,
            device=DeviceId("2" * 32) if forged == "other_device" else owner.device,
            ordered_ms=1,
        )
    )
    raw = b"\x01" if forged == "garbage" else raw
    orders.append(DeviceOrders(wipe=raw, wipe_signature=signer.sign(order_message(raw))))
    assert phone.unlock(PIN) is None
    assert phone.worker.run_once() is None
    assert not phone.wipe_due()
    assert phone.worker._store.get(ORDER, bytes, b"") == b"", "the phone itself does not believe it"
    phone.lock()
    assert phone.unlock(PIN) is None
    phone.lock()


def test_a_true_order_on_the_same_line_is_obeyed(office: Running, tmp_path: Path, time: SetTime) -> None:  # noqa: F811
    """What makes the forged ones fail is what is wrong with them: this one differs in nothing else."""
    from field_app.transport import HttpLink

    orders: list[DeviceOrders] = []
    text = office.deps.text

    def connect(at: Door):
        link = HttpLink(at.address, text.__contains__)
        return Forging(link, orders[0]) if orders else link

    phone = make_phone(tmp_path / "p", time, connect)
    let_in(phone, office.deps, office.address, office.code(office.person()), PIN)
    lost = LostPhones(office.deps.engine, office.deps.office, office.deps.now_ms, office.deps.randomness)
    made = order(lost, phone.owner.device)
    raw = encode(
        WipeOrder(
            order=bytes.fromhex(made),
            office=phone.owner.office_device,
            device=phone.owner.device,
            ordered_ms=1,
        )
    )
    signer = Ed25519PrivateKey.from_private_bytes(unlock(office.data, None)[0].signing)  # type: ignore[index]
    orders.append(DeviceOrders(wipe=raw, wipe_signature=signer.sign(order_message(raw))))
    phone.lock()
    assert phone.unlock(PIN) is None
    assert phone.worker.run_once() is None
    assert phone.wipe_due()
    phone.lock()
    assert phone.state() == "baru"


def test_nothing_but_a_paper_wipes(tmp_path: Path, time: SetTime, enrolled: Phone) -> None:  # noqa: F811
    folder = tmp_path / "phone"
    enrolled.lock()
    before = left(folder)
    for _ in range(12):
        time.pass_s(3600)
        enrolled.unlock("111112")
    time.pass_s(400 * 86_400)
    (folder / PAPER).write_bytes(b"bukan surat")
    again = make_phone(folder, time)
    assert again.state() == "terkunci" and left(folder) - {PAPER} == before


def test_one_person_alone_wipes_nothing(enrolled: Phone, lost: LostPhones) -> None:  # noqa: F811
    device = enrolled.owner.device
    assert lost.order(KABID, device, "x") == NotDone(why="bukan_wewenang")
    made = lost.order(BOTH, device, "Hilang")
    assert isinstance(made, str)
    assert lost.approve(BOTH, made) == NotDone(why="orang_yang_sama")
    assert lost.approve(ADMIN, made) == NotDone(why="bukan_wewenang")
    assert enrolled.worker.run_once() is None
    assert not enrolled.wipe_due()
    assert lost.withdraw(ADMIN, made) is None
    assert lost.approve(KABID, made) == NotDone(why="perintah")


def test_a_word_on_wiping_needs_the_phones_signature_and_an_approved_order(
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    lost: LostPhones,
) -> None:
    owner = enrolled.owner
    made = lost.order(ADMIN, owner.device, "Hilang")
    assert isinstance(made, str)
    word = WipeWord(
        order=bytes.fromhex(made), device=owner.device, step="dihapus", handed_by="sinkron", at_ms=1
    )
    key = Ed25519PrivateKey.from_private_bytes(owner.private_key)
    signed = msgspec.structs.replace(word, signature=key.sign(word_message(word)))
    from field_app.transport import HttpLink

    link = HttpLink(office.address, office.deps.text.__contains__)
    for told, say in ((word, "tanda_tangan_salah"), (signed, "perintah_tidak_dikenal")):
        failure = link.tell_wipe(told)
        assert isinstance(failure, Failure) and failure.say == f"masalah.{say}"
    assert lost.approve(KABID, made) is None
    assert link.tell_wipe(signed) is None and state(lost, owner.device).wiped_ms
    link.close()


def test_a_revoked_phone_hands_over_and_is_shown_nothing_more(
    enrolled: Phone,  # noqa: F811
    office: Running,  # noqa: F811
    lost: LostPhones,
) -> None:
    assert enrolled.worker.run_once() is None
    assert [card.nama for card in enrolled.visits.home().today] == ["Warga Uji"]
    assert not enrolled.worker.status().ended
    record_visit(enrolled, start_visit(enrolled))
    device = enrolled.owner.device
    assert isinstance(lost.report(ADMIN, device, office.deps.now_ms(), "Dicuri di pasar"), str)
    assert enrolled.worker.run_once() is None
    assert enrolled.visits.home().today == ()  # what others know of her people left the phone
    status = enrolled.worker.status()
    assert (status.data_pending, status.photos_pending, status.ended) == (0, 0, True)
    said = lost.all()[0]
    assert said.facts.people >= 1 and said.facts.locked == "berkas" and said.facts.said_ms
    assert office.faults() == []


def test_an_unfinished_paper_of_another_folder_is_no_order(tmp_path: Path) -> None:
    from field_app.devices.desktop import FileKeystore

    keystore = FileKeystore(tmp_path / "rahasia")
    keystore.mac(b"x")
    (tmp_path / FILE).write_bytes(b"kunci")
    assert not wipe(tmp_path, keystore) and (tmp_path / FILE).exists()
    word = WipeWord(order=b"o" * 16, device=DeviceId("1" * 32), step="dihapus", handed_by="sinkron", at_ms=1)
    write_paper(tmp_path, Paper(step="siap", address="", word=word))
    assert wipe(tmp_path, keystore) and left(tmp_path) == {PAPER}


def test_the_order_is_kept_until_it_could_be_obeyed(
    enrolled: Phone,  # noqa: F811
    lost: LostPhones,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert enrolled.worker.run_once() is None
    order(lost, enrolled.owner.device)
    link = enrolled._opened()._link
    real = link.tell_wipe
    monkeypatch.setattr(link, "tell_wipe", lambda _word: Failure(kind="jaringan", say="x"))
    assert enrolled.worker.run_once() is None
    assert not enrolled.wipe_due() and enrolled.worker._store.get(ORDER, bytes, b"")
    monkeypatch.setattr(link, "tell_wipe", real)
    assert enrolled.worker.run_once() is None
    assert enrolled.wipe_due()
