"""The examples of docs/protocol.md, built once more by hand: by the page's rules, without our Structs."""

import base64
import inspect
import re
from hashlib import sha256
from pathlib import Path
from zlib import adler32

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas import addresses, device_word, handover, office_keys, wire
from schemas.base import Message
from schemas.packing import FOLDER
from server.protocol_docs import PAGE, main, notation, page_with, render
from server.protocol_rows import rows
from server.protocol_talk import Talk
from sync import change
from sync.conflicts import CLOSED, OPEN
from sync.scope import OPEN_TUGAS
from sync.versions import UNDECIDED
from sync.visits import DECIDED

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / PAGE).read_text("utf-8")
DEVICE, PERSON, WARGA = "d1" * 16, "a1" * 16, "b1" * 16
PARTS = ["desa/33.14.01.2001/bpnt", f"mine/{PERSON}", "ref"]
NO_LINK = bytes(32)


def pack(value: object) -> bytes:
    """MessagePack in its shortest form, as far as the protocol needs it."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int() if 0 <= value < 128:
            return bytes([value])
        case int():
            for code, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
                if value < 1 << (8 * size):
                    return bytes([code]) + value.to_bytes(size, "big")
        case bytes():
            return b"\xc4" + bytes([len(value)]) + value
        case str():
            raw = value.encode()
            return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])) + raw
        case list():
            head = bytes([0x90 | len(value)]) if len(value) < 16 else b"\xdc" + len(value).to_bytes(2, "big")
            return head + b"".join(map(pack, value))
        case dict():
            return bytes([0x80 | len(value)]) + b"".join(pack(k) + pack(v) for k, v in value.items())
    raise AssertionError(value)


def blocks() -> list[tuple[str, str]]:
    """The examples in their order: title, and what stands in the block."""
    return re.findall(r"^\*\*([^*\n]+)\*\*[^\n]*\n```text\n(.*?)```", TEXT, flags=re.M | re.S)


def example(title: str, nth: int = 0) -> bytes:
    """The whole bytes of an example, as the page gives them."""
    text = [block for name, block in blocks() if name == title][nth]
    lines = [line for line in text.splitlines() if re.fullmatch(r"[0-9a-f]+", line)]
    return bytes.fromhex("".join(lines))


def clock() -> list[object]:
    return [1764000000000, 5000, "b1", 1763999940000]


def content() -> bytes:
    body = ["patch", WARGA, "warga", {"pekerjaan": "Tani"}, {"pekerjaan": "Buruh"}]
    return pack([b"\x01" * 16, PERSON, clock(), body])


def link() -> bytes:
    return pack([DEVICE, 1, NO_LINK, sha256(content()).digest(), NO_LINK])


def signature(over: bytes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return key.sign(b"sambang head v1\0" + sha256(over).digest())


def cursor(seq: int, tag: int) -> list[object]:
    return [seq, bytes([tag]) * 8, sha256("\n".join(sorted(PARTS)).encode()).digest()[:8], {}]


def digest(rows: list[tuple[str, str, int, bytes]]) -> bytes:
    total = 0
    for part, name, seq, body in rows:
        hashed = sha256(b"\0".join([part.encode(), name.encode(), str(seq).encode(), body])).digest()
        total ^= int.from_bytes(hashed[:16], "big")
    return total.to_bytes(16, "big")


def warga(pekerjaan: str) -> bytes:
    return pack(
        {"nama": "Sutarmi", "pekerjaan": pekerjaan, "kode_desa": "33.14.01.2001", "layanan": ["bpnt"]}
    )


def person() -> bytes:
    return pack({"nama": "Uji", "kode": None, "peran": ["pendamping"], "aktif": None})


def office_head() -> bytes:
    """The office's second link: it made the person, then the warga."""
    person = {"nama": "Uji", "peran": ["pendamping"], "wilayah": ["33.14.01.2001"], "layanan": ["bpnt"]}
    fields = {"nama": "Sutarmi", "pekerjaan": "Tani", "kode_desa": "33.14.01.2001", "layanan": ["bpnt"]}
    bodies = [["patch", PERSON, "petugas", {}, person], ["patch", WARGA, "warga", {}, fields]]
    prev = NO_LINK
    for number, body in enumerate(bodies, 1):
        raw = pack([bytes([number]) * 16, "0f" * 16, clock(), body])
        prev = sha256(pack(["0f" * 16, number, prev, sha256(raw).digest(), NO_LINK])).digest()
    return prev


def test_a_content_and_its_id() -> None:
    assert example("A content") == content()
    assert f"SHA-256: {sha256(content()).hexdigest()}" in TEXT


def test_a_link_and_its_hash() -> None:
    assert example("Its link") == link()
    assert f"SHA-256: {sha256(link()).hexdigest()}" in TEXT


def test_a_signature_over_the_head() -> None:
    given = example("Its signature")
    key, public, message, signed = given[:32], given[32:64], given[64:-64], given[-64:]
    assert key == bytes(range(32)) and message == b"sambang head v1\0" + sha256(link()).digest()
    assert signed == signature(link())
    Ed25519PublicKey.from_public_bytes(public).verify(signed, message)


def test_a_quiet_request_and_its_answer() -> None:
    assert example("A quiet request") == pack([3, DEVICE, cursor(6, 2), [], [], b"", {}, None, None])
    rows = [("ref", PERSON, 3, person()), (PARTS[0], WARGA, 6, warga("Tani"))]
    here = cursor(6, 2)
    assert example("Its answer") == pack(
        [3, *[[]] * 5, here, here, False, None, digest(rows), [], office_head(), 1764000000000, [], None]
    )


def test_a_push_and_its_answer() -> None:
    pushed = [3, DEVICE, cursor(6, 2), [link()], [content()], signature(link()), {}, None, None]
    assert example("A push of that content") == pack(pushed)
    body = warga("Buruh")
    rows = [("ref", PERSON, 3, person()), (PARTS[0], WARGA, 9, body)]
    answer = [
        3,
        [[sha256(content()).digest(), ["applied", 7, []]]],
        [[1, sha256(link()).digest()]],
        [],
        [[PARTS[0], WARGA, 9, "warga", body]],
        [],
        cursor(6, 2),
        cursor(9, 3),
        False,
        None,
        digest(rows),
        [],
        office_head(),
        1764000000000,
        [],
        None,
    ]
    assert example("Its answer", 1) == pack(answer)
    assert f"`{digest(rows[1:]).hex()}` of what the digest takes" in TEXT


def test_a_message_is_folded_id_by_id() -> None:
    text, device = example("A quiet request"), bytes([0xD9, 32]) + DEVICE.encode()
    assert text.count(device) == 1 and b"\xc1" not in text
    assert example("The same, folded") == b"\xc1" + text.replace(device, b"\xc1\x20" + bytes.fromhex(DEVICE))


def test_a_push_without_what_follows_from_the_rest() -> None:
    thin = [3, "", cursor(6, 2), [NO_LINK], [content()], signature(link()), {}, None, None]
    assert example("The same push, thin") == pack(thin)


def test_the_dictionary_is_told_by_its_sums() -> None:
    [(_, block)] = [each for each in blocks() if each[0] == "The newest dictionary"]
    words = (FOLDER / "dictionary.1.bin").read_bytes()
    assert f"Adler-32: {adler32(words):08x}\nSHA-256: {sha256(words).hexdigest()}" in block


def test_a_gap() -> None:
    lost = pack([b"\x02" * 16, PERSON, clock(), ["gap", 1, 1]])
    place = pack([DEVICE, 2, sha256(link()).digest(), sha256(lost).digest(), NO_LINK])
    assert example("A gap") == pack([place, lost, signature(place)])


def test_a_row_of_each_kind_stands_on_the_page() -> None:
    [block] = [text for title, text in blocks() if title == "Rows."]
    shown = re.findall(r"^(\w+) ", block, flags=re.M)
    assert shown == [row.kind for row in rows()]
    told = set(re.findall(r"`(\w+)`", TEXT.partition("### What a row says\n")[2].partition("\n### ")[0]))
    assert {*shown, "ewarong", "formulir"} <= told
    assert {UNDECIDED["state"], *DECIDED.values(), *OPEN_TUGAS, OPEN, CLOSED} <= told


def test_a_photo_is_named_in_its_metadata() -> None:
    named = base64.b64encode(sha256(b"not really a photo").hexdigest().encode()).decode()
    [(_, block)] = [each for each in blocks() if each[0] == "A photo"]
    assert named in re.sub(r"\s+", "", block)


def test_the_page_is_current_and_a_second_run_changes_nothing() -> None:
    assert main(["--check"]) == 0, "`make docs` writes it anew"
    assert render() == render() and page_with(TEXT, render()) == TEXT


def test_a_page_that_is_out_of_date_is_told_of_and_written(tmp_path: Path) -> None:
    page = tmp_path / PAGE
    page.parent.mkdir()
    page.write_text(TEXT.replace("Its link", "His link"), "utf-8")
    assert main(["--check"], tmp_path) == 1
    assert main([], tmp_path) == 0 and page.read_text("utf-8") == TEXT
    with pytest.raises(ValueError, match="no place"):
        page_with("a page without examples", render())


def test_the_notation_says_what_the_bytes_hold() -> None:
    value = [1, True, None, "a", b"\x01", b"x" * 13, {"k": [False]}]
    assert notation(value) == "[1, true, null, \"a\", h'01', h'78787878…'(13), {\"k\": [false]}]"


def test_what_the_examples_say_is_accepted_by_an_office() -> None:
    assert Talk().office.last_seq() == 6


def test_a_joining_is_signed_and_put_into_words_as_the_page_says() -> None:
    [block] = [text for title, text in blocks() if title == "A joining"]
    said = dict(re.findall(r"^(.+?):\s+(\S[^:]*?)\s*$", block, flags=re.M))
    token = said["code"].strip('"')
    assert said["typed"].replace("-", "") == token
    public = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
    secret, challenge, opening = (bytes([value]) * 32 for value in (0x11, 0x12, 0x13))
    code = sha256(b"code\0" + token.encode()).digest()
    assert said["commitment"] == sha256(b"sambang joining opening v1\0" + opening).hexdigest()
    members = [bytes.fromhex(said["office_key"]), b"", public, secret, code, challenge, opening]
    whole = b"".join(len(each).to_bytes(2, "big") + each for each in members)
    signed = b"sambang joining v1\0" + sha256(whole).digest()
    assert said["signs"] == signed.hex()
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert f"signature:{key.sign(signed).hex()}words" in re.sub(r"\s", "", block)
    number = int.from_bytes(sha256(b"sambang joining words v1\0" + whole).digest()[:5], "big")
    every = (ROOT / "schemas/data/kata.txt").read_text("utf-8").split()
    assert said["words"] == " ".join(every[number >> at & 1023] for at in (30, 20, 10, 0))


def test_every_message_that_crosses_the_line_has_its_shape_on_the_page() -> None:
    """Whoever adds one to `schemas/wire.py` or to a body sees it here, with its members in their order."""
    shapes = dict(re.findall(r"^(\w+) = \[((?:.|\n  )*)\]$", TEXT, flags=re.M))
    modules = (wire, handover, device_word, office_keys, addresses, change)
    kinds = [kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)]
    messages = {kind for kind in kinds if issubclass(kind, Message) and kind is not Message}
    assert {kind.__name__ for kind in messages - {handover.Question}} <= shapes.keys()
    for kind in messages - {handover.Question}:
        members = re.findall(r"(?:^|[ \n])(\w+)\??: ", shapes[kind.__name__])
        assert tuple(members) == kind.__struct_fields__
