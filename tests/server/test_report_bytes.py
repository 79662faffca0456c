"""Each kind of byte of a report is named when it is another: by section, chain, act or photo."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.proof import offline
from tests.server.test_custody_report import Case
from tests.server.web_office import shut

# RFC 8032, 7.1, TEST SHA(abc)
ABC = (
    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d"
    "4423643ce80e2a9ac94fa54ca49f",
    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca"
    "179c138ac17ad9bef1177331a704",
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = Case(tmp_path_factory.mktemp("bytes"))
    yield made
    shut(made.office)


@pytest.fixture(scope="module")
def raw(case: Case) -> bytes:
    return case.written(with_contents=True)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give every value of a report that is no list or map, with the way to it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path, value


def put(whole: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        whole = whole[step]
    whole[path[-1]] = value


def other(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        return value + 1
    return ("1" if value[:1] == "0" else "0") + value[1:]  # hex reads a and A alike


def test_every_value_of_a_report_is_guarded_and_its_section_named(raw: bytes) -> None:
    found = list(leaves(json.loads(raw)["report"]))
    assert len(found) > 60
    for path, value in found:
        whole = json.loads(raw)
        put(whole["report"], path, other(value))
        faults = offline.check_report(offline.written(whole)).faults
        assert f"bagian {path[0]}: berubah setelah laporan dibuat" in faults, path


def test_every_value_of_the_seal_is_guarded(raw: bytes) -> None:
    for path, value in leaves(json.loads(raw)["seal"]):
        whole = json.loads(raw)
        put(whole["seal"], path, other(value))
        assert offline.check_report(offline.written(whole)).faults, path


def test_what_is_sealed_anew_with_the_offices_own_key_is_named_by_what_phones_signed(
    case: Case, raw: bytes
) -> None:
    """Whoever holds the office's key can seal anything, but not change what phones signed."""

    def sealed(whole: Any) -> list[str]:
        sections = {
            name: offline.hashlib.sha256(offline.canonical(value)).hexdigest()
            for name, value in whole["report"].items()
        }
        digest = offline.hashlib.sha256(offline.canonical(sections)).digest()
        signature = case.office.deps.office.attest(digest).hex()
        return offline.check_report(
            offline.written(
                {"report": whole["report"], "seal": {"sections": sections, "signature": signature}}
            )
        ).faults

    assert sealed(json.loads(raw)) == []

    def changed(change: Callable[[Any], None]) -> list[str]:
        whole = json.loads(raw)
        change(whole["report"])
        return sealed(whole)

    def version(report: Any) -> Any:
        return next(act for act in report["acts"] if act["kind"] == "versi")

    def of_phone(report: Any) -> Any:
        return next(chain for chain in report["chains"] if chain["device"] == version(report)["device"])

    def bend(text: str) -> str:
        data = bytearray(offline.base64.b64decode(text))
        data[len(data) // 2] ^= 1
        return offline.base64.b64encode(bytes(data)).decode()

    change = version(json.loads(raw)["report"])["change"][:12]
    device = version(json.loads(raw)["report"])["device"]
    content = changed(lambda report: version(report).update(content=bend(version(report)["content"])))
    assert any(fault.startswith(f"versi {change}") for fault in content)
    link = changed(
        lambda report: of_phone(report)["links"].__setitem__(0, bend(of_phone(report)["links"][0]))
    )
    assert any(device in fault for fault in link), link
    signature = changed(
        lambda report: of_phone(report).update(signature=other(of_phone(report)["signature"]))
    )
    assert any(device in fault and "tanda tangan" in fault for fault in signature), signature
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    swapped = changed(lambda report: report["devices"][0].update(key=key))
    assert any("kuncinya bukan yang didaftarkan" in fault for fault in swapped)
    moved = changed(lambda report: version(report).update(counter=version(report)["counter"] + 1))
    assert any("tempatnya" in fault for fault in moved)
    witness = changed(lambda report: report["witnesses"][0].update(seen="ab" * 32))
    assert any(fault.startswith("saksi") for fault in witness)


def test_any_byte_of_any_photo_is_guarded(case: Case, raw: bytes, tmp_path: Path) -> None:
    photo = sorted(case.photos.iterdir())[0]
    data = photo.read_bytes()
    for one in case.photos.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    assert offline.check_report(raw, photos=tmp_path).faults == []
    for place in (0, 1, 2, 20, len(data) // 2, len(data) - 2, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        (tmp_path / photo.name).write_bytes(bytes(changed))
        assert offline.check_report(raw, photos=tmp_path).faults == [f"foto {photo.stem}: berubah"], place
    for wrong in (data[:-1], data + b"\0", b""):
        (tmp_path / photo.name).write_bytes(wrong)
        assert offline.check_report(raw, photos=tmp_path).faults == [f"foto {photo.stem}: berubah"]
    (tmp_path / photo.name).write_bytes(data)
    (tmp_path / ("0" * 64 + ".jpg")).write_bytes(b"x")
    assert offline.check_report(raw, photos=tmp_path).faults == [f"foto {'0' * 64}: tidak disebut laporan"]


def test_the_vector_over_a_hash_holds_and_no_bit_of_it_may_be_another() -> None:
    key, message, signature = (bytes.fromhex(text) for text in ABC)
    assert offline.verify(key, signature, message)
    for place in range(0, 512, 7):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << (place % 8)
        assert not offline.verify(key, bytes(changed), message)
    for place in range(0, 256, 31):
        changed = bytearray(key)
        changed[place // 8] ^= 1 << (place % 8)
        assert not offline.verify(bytes(changed), signature, message)
