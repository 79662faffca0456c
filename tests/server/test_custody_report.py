"""A custody report holds without the office: one altered byte anywhere is told, and where."""

import base64
import json
import random
import secrets
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from schemas.ids import RecordId
from server.__main__ import main
from server.commands.rotate_keys import Rotated, rotate
from server.keys import Keys, default_path, read_keys
from server.proof import offline
from server.proof.gathering import Asked, gather
from server.proof.report import OfficeOf, Report, write_list, write_report
from server.store import SqlOfficeStore
from sync.change import Accessed, Clock, Content, Decide, Patch, seal
from tests.server.backup_office import Quiet
from tests.server.sealed_office import SealedCase
from tests.server.web_office import Office, open_at, shut

# RFC 8032, 7.1: secret key, public key, message, signature
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


class Case:
    """A visit that was decided and looked at, its photos on disk, and a phone that spoke afterwards."""

    def __init__(self, folder: Path) -> None:
        self.office: Office = open_at(folder)
        self.visit, change = self.office.add_visit()
        deps, kabid = self.office.deps, self.office.people["kabid"]
        deps.office.act(kabid, Accessed(subject=self.visit, purpose="Memeriksa aduan"))
        decide = Decide(visit=self.visit, follows=change, decision="setujui", reasons={}, note="")
        deps.office.act(kabid, decide)
        self.hear()
        self.photos = folder / "foto"
        self.photos.mkdir()
        for blob in self.office.blobs_of(self.visit):
            (self.photos / f"{blob}.jpg").write_bytes(b"".join(deps.blobs.read(blob)))

    def hear(self) -> None:
        """Let the phone send something after it was shown the newest head."""
        deps, phone = self.office.deps, self.office.phone
        now = deps.now_ms()
        body = Patch(record=self.office.warga, kind="warga", base={}, new={"no_hp": "0810"})
        clock = Clock(wall_ms=now, elapsed_ms=1, boot="uji", server_ms=now)
        content = Content(
            salt=secrets.token_bytes(16), author=self.office.people["pendamping"], clock=clock, body=body
        )
        head = deps.engine.read(lambda tx: deps.office.head(SqlOfficeStore.reading(tx)))
        phone.push_raw(seal(content)[1], seen=head)

    def report(self, *, with_contents: bool) -> Report:
        deps = self.office.deps
        office = OfficeOf(
            name=deps.office_name,
            regency="33.14",
            device=deps.office.device,
            key=deps.office.public_key.hex(),
        )
        asked = Asked(visit=self.visit, with_contents=with_contents, office=office, now_ms=deps.now_ms())
        made = deps.engine.read(lambda tx: gather(tx, asked))
        assert made is not None
        return made

    def written(self, *, with_contents: bool) -> bytes:
        return write_report(self.report(with_contents=with_contents), self.office.deps.office.attest)


WRONG_KEY = "kunci kantor: lain dari yang tercetak di lembar"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = Case(tmp_path_factory.mktemp("custody"))
    yield made
    shut(made.office)


@pytest.fixture(scope="module")
def raw(case: Case) -> bytes:
    return case.written(with_contents=True)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_offline_signature_check_agrees_with_rfc_8032(key: str, message: str, signature: str) -> None:
    public, said, signed = (bytes.fromhex(text) for text in (key, message, signature))
    assert offline.verify(public, signed, said)
    assert not offline.verify(public, signed, said + b"x")
    for place in (0, 31, 32, 63):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert not offline.verify(public, bytes(changed), said)


def test_a_signature_with_a_larger_scalar_is_no_second_signature() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signed = private.public_key().public_bytes_raw(), private.sign(b"x")
    larger = int.from_bytes(signed[32:], "little") + offline.L
    assert offline.verify(public, signed, b"x")
    assert not offline.verify(public, signed[:32] + larger.to_bytes(32, "little"), b"x")


@pytest.mark.parametrize("with_contents", [True, False])
def test_a_report_and_its_photos_hold(case: Case, with_contents: bool) -> None:
    made = case.report(with_contents=with_contents)
    raw = write_report(made, case.office.deps.office.attest)
    check = offline.check_report(raw, key=made.office.key, sheet=made.chains[-1].head, photos=case.photos)
    assert check.faults == []
    kinds = sorted(act.kind for act in made.acts)
    assert kinds == ["dilihat", "keputusan", "pendaftaran", "versi"]
    assert len(made.witnesses) == 1 and len(made.photos) == 3


@pytest.mark.parametrize("longer", ["visit", "other"])
def test_a_visit_on_one_of_two_branches_of_a_restored_phone_holds(tmp_path: Path, longer: str) -> None:
    """The phone was put back from a copy: it goes on beside what it had sent, the visit among it."""
    case = Case(tmp_path)
    phone = case.office.phone
    fork = phone._tip
    case.visit, _ = case.office.add_visit()
    case.hear()
    one, phone._tip = phone._tip, fork
    for _ in range(4):
        case.hear()
    if longer == "visit":
        phone._tip = one
        for _ in range(5):
            case.hear()
    made = case.report(with_contents=True)
    raw = write_report(made, case.office.deps.office.attest)
    check = offline.check_report(raw, key=made.office.key)
    assert check.faults == [] and any(act.kind == "versi" for act in made.acts)
    again = next(act for act in made.acts if act.kind == "versi")
    moved = replace(made, acts=(*made.acts, replace(again, counter=again.counter + 1)))
    assert offline.check_report(write_report(moved, case.office.deps.office.attest)).faults
    shut(case.office)


def test_a_redacted_report_says_nothing_that_was_answered(case: Case) -> None:
    raw = case.written(with_contents=False)
    hidden = [act.content for act in case.report(with_contents=False).acts if act.kind != "pendaftaran"]
    assert set(hidden) == {""}
    for word in ("Sutarmi", "3314990101800001", "Memeriksa aduan"):
        assert word.encode() not in raw
        assert base64.b64encode(word.encode())[:12] not in raw


def test_a_byte_altered_anywhere_is_told(raw: bytes) -> None:
    rng = random.Random(7)
    for place in [0, len(raw) - 1, *(rng.randrange(len(raw)) for _ in range(40))]:
        changed = bytearray(raw)
        changed[place] ^= 1 << rng.randrange(7)
        assert offline.check_report(bytes(changed)).faults, place


def test_a_signature_written_in_capitals_is_an_alteration(raw: bytes) -> None:
    whole = json.loads(raw)
    whole["seal"]["signature"] = whole["seal"]["signature"].upper()
    assert offline.check_report(offline.written(whole)).faults == ["tanda tangan laporan: tidak sah"]


def test_a_blank_more_between_the_parts_is_an_alteration(raw: bytes) -> None:
    faults = offline.check_report(raw.replace(b",\n", b", \n", 1)).faults
    assert faults == ["berkas laporan: ada huruf yang berubah di luar isinya"]


def test_of_a_sealed_visit_only_the_outside_is_told(case: Case) -> None:
    sealed = SealedCase(case.office)
    sealed.work()
    deps = case.office.deps
    asked = Asked(
        visit=sealed.visit,
        with_contents=True,
        office=case.report(with_contents=False).office,
        now_ms=deps.now_ms(),
    )
    made = deps.engine.read(lambda tx: gather(tx, asked))
    assert made is not None and made.contents == "tersegel"
    assert [photo.sha256 for photo in made.photos] == [sealed.blob]
    assert {act.content for act in made.acts if act.kind != "pendaftaran"} == {""}
    assert offline.check_report(write_report(made, deps.office.attest)).faults == []


def altered(raw: bytes, change: Any) -> list[str]:
    whole = json.loads(raw)
    change(whole["report"])
    return offline.check_report(offline.written(whole)).faults


def test_what_was_altered_is_named(raw: bytes) -> None:
    whole = json.loads(raw)["report"]
    phone = next(chain["device"] for chain in whole["chains"] if chain["device"] != whole["office"]["device"])

    def of_phone(report: Any) -> Any:
        return next(chain for chain in report["chains"] if chain["device"] == phone)

    def other_link(report: Any) -> None:
        of_phone(report)["links"][0] = report["chains"][-1]["links"][0]

    def other_author(report: Any) -> None:
        next(act for act in report["acts"] if act["kind"] == "keputusan")["by"] = "0" * 32

    def other_photo(report: Any) -> None:
        next(act for act in report["acts"] if act["kind"] == "versi")["photos"][0]["sha256"] = "0" * 64

    def other_content(report: Any) -> None:
        act = next(act for act in report["acts"] if act["kind"] == "dilihat")
        content = base64.b64decode(act["content"]).replace(b"aduan", b"adnua")
        act["content"] = base64.b64encode(content).decode()

    assert any(fault.startswith("dilihat") and "isinya" in fault for fault in altered(raw, other_content))
    assert any(f"rantai {phone}: tautan ke-1" in fault for fault in altered(raw, other_link))
    assert any(fault.startswith("keputusan") and "pelaku" in fault for fault in altered(raw, other_author))
    assert any("daftar fotonya" in fault for fault in altered(raw, other_photo))


def test_a_photo_that_was_changed_or_is_missing_is_named(case: Case, raw: bytes, tmp_path: Path) -> None:
    first, second, third = sorted(case.photos.iterdir())
    changed = bytearray(first.read_bytes())
    changed[1000] ^= 1
    (tmp_path / first.name).write_bytes(bytes(changed))
    (tmp_path / second.name).write_bytes(second.read_bytes())
    faults = offline.check_report(raw, photos=tmp_path).faults
    assert faults == [f"foto {first.stem}: berubah", f"foto {third.stem}: tidak ada di folder"]


def test_a_forger_with_another_key_is_found_by_the_printed_key(case: Case) -> None:
    forger = Ed25519PrivateKey.generate()
    made = case.report(with_contents=False)
    whole = json.loads(write_report(made, lambda digest: forger.sign(offline.REPORT_DOMAIN + digest)))
    assert "tanda tangan laporan: tidak sah" in offline.check_report(offline.written(whole)).faults
    wrong = offline.check_report(case.written(with_contents=False), key="00" * 32)
    assert wrong.faults == ["kunci kantor: lain dari yang tercetak di lembar"]
    wrong = offline.check_report(case.written(with_contents=False), sheet="00" * 32)
    assert wrong.faults == ["lembar: ujung yang tercetak tidak ada di rantai kantor"]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[Keys, bytes, Keys, bytes]:
    """Keys and report of before, and of after two changes of the key of the chain."""
    folder = tmp_path_factory.mktemp("berganti")
    case = Case(folder)
    data, visit, before = folder / "office", case.visit, case.written(with_contents=True)
    shut(case.office)
    old = read_keys(default_path(data))
    for _ in range(2):
        done = rotate(data, default_path(data), Quiet(), chain=True)
        assert isinstance(done, Rotated) and done.turned
    out = folder / "laporan"
    command = ["report", "--data", str(data), "--visit", visit, "--purpose", "Aduan 12", "--out", str(out)]
    assert main([*command, "--answers"]) == 0
    return old, before, read_keys(default_path(data)), (out / "laporan.json").read_bytes()


def test_a_report_of_after_holds_for_whoever_has_any_sheet_of_before(
    after: tuple[Keys, bytes, Keys, bytes],
) -> None:
    _, _, new, raw = after
    for number, key in enumerate(new.chain_bytes()):
        check = offline.check_report(raw, key=key.hex().upper())
        assert check.faults == []
        told = [line for line in check.good if "berganti" in line]
        assert [f"berganti {2 - number} kali" in line for line in told] == ([True] if number < 2 else [])
    for other in ("00" * 32, "x", "ab"):
        assert offline.check_report(raw, key=other).faults == [WRONG_KEY]


def test_a_report_that_an_ended_key_signed_does_not_hold_under_the_present_one(
    after: tuple[Keys, bytes, Keys, bytes],
) -> None:
    """Also not where the turns stand in it: they lead forward only."""
    old, before, new, raw = after
    assert offline.check_report(before, key=old.public_bytes().hex()).faults == []
    assert offline.check_report(before, key=new.public_bytes().hex()).faults == [WRONG_KEY]
    whole = json.loads(raw)
    whole["report"]["office"]["key"] = old.public_bytes().hex()
    made = msgspec.convert(whole["report"], Report)
    sign = old.private_key().sign
    forged = write_report(made, lambda digest: sign(offline.REPORT_DOMAIN + digest))
    assert WRONG_KEY in offline.check_report(forged, key=new.public_bytes().hex()).faults
    # and with a sheet of before: the end of its chain is not signed by the key that had ended
    told = offline.check_report(forged, key=old.public_bytes().hex()).faults
    assert told == [f"rantai {new.device}: tanda tangan tidak sah"]


def test_a_key_with_a_mistyped_letter_is_another_key_and_no_damage(
    after: tuple[Keys, bytes, Keys, bytes],
) -> None:
    old, _, _, raw = after
    typed = "o" + old.public_bytes().hex()[1:]
    assert offline.check_report(raw, key=typed).faults == [WRONG_KEY]


@pytest.mark.parametrize("part", ["link", "content", "signature"])
def test_a_turn_that_is_not_the_word_of_the_key_before_leads_nowhere(
    after: tuple[Keys, bytes, Keys, bytes], part: str
) -> None:
    _, _, new, raw = after
    report = json.loads(raw)["report"]
    first, second = report["office"]["turns"]
    report["office"]["turns"] = [{**first, part: second[part]}, second]
    sign = new.private_key().sign
    made = msgspec.convert(report, Report)
    forged = write_report(made, lambda digest: sign(offline.REPORT_DOMAIN + digest))
    assert offline.check_report(forged, key=new.chain_bytes()[0].hex()).faults == [WRONG_KEY]
    assert offline.check_report(forged, key=new.chain_bytes()[1].hex()).faults == []


def test_the_file_runs_alone_far_from_the_office(case: Case, raw: bytes, tmp_path: Path) -> None:
    alone, report = tmp_path / "periksa.py", tmp_path / "laporan.json"
    alone.write_bytes(Path(offline.__file__).read_bytes())
    report.write_bytes(raw)
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in (alone, report)}
    (tmp_path / offline.LIST).write_bytes(write_list(hashes, case.office.deps.office.attest))
    command = [sys.executable, "-I", "-S", str(alone), str(report), "--foto", str(case.photos)]
    assert subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).returncode == 0
    report.write_bytes(raw.replace(b"setujui", b"tolak") + b" ")
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert done.returncode == 1 and "TIDAK UTUH" in done.stdout


def test_there_is_no_report_of_what_is_no_visit(case: Case) -> None:
    deps = case.office.deps
    office = OfficeOf(name="", regency="", device=deps.office.device, key="")
    for name in (case.office.warga, RecordId("0" * 32)):
        asked = Asked(visit=name, with_contents=False, office=office, now_ms=0)
        assert deps.engine.read(lambda tx, asked=asked: gather(tx, asked)) is None


def test_the_command_writes_a_report_that_holds_and_records_who_asked(tmp_path: Path) -> None:
    case = Case(tmp_path)
    data, visit, out = tmp_path / "office", case.visit, tmp_path / "laporan"
    key = case.office.deps.office.public_key.hex()
    shut(case.office)
    command = ["report", "--data", str(data), "--visit", visit, "--purpose", "Aduan 12", "--out", str(out)]
    assert main([*command, "--answers"]) == 0
    raw = (out / "laporan.json").read_bytes()
    assert offline.check_report(raw, key=key, photos=out / "foto").faults == []
    acts = json.loads(raw)["report"]["acts"]
    assert sum(act["kind"] == "dilihat" for act in acts) == 2
    assert any(b"Aduan 12" in base64.b64decode(act["content"]) for act in acts)
    assert main([*command, "--answers"]) == 1, "a folder that is there is not written to"


@pytest.mark.parametrize(("visit", "purpose"), [("0" * 32, "Aduan 12"), ("", "x")])
def test_the_command_says_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], visit: str, purpose: str
) -> None:
    data = tmp_path / "office"
    assert main(["init", "--data", str(data), "--name", "Uji"]) == 0
    capsys.readouterr()
    command = ["report", "--data", str(data), "--visit", visit, "--purpose", purpose]
    assert main([*command, "--out", str(tmp_path / "x")]) == 1
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "x").exists()
