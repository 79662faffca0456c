"""Check a custody report and its photos without the office. Rule: one file, Python 3.9, nothing to install.

    python3 periksa.py laporan.json [--foto FOLDER] [--kunci HEX] [--lembar HEX]
    python3 periksa.py jejak.jsonl [--kunci HEX] [--lembar HEX]

It trusts neither the office's server nor this program's other files, so all it needs stands here: Ed25519
(RFC 8032), a reader of MessagePack, and its own sentences. `--kunci` is the office's public key, `--lembar`
the head of its chain, both as printed on a countersigned sheet; without them the report only agrees with
itself. Signatures are public, so nothing here needs to take the same time for every input.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

REPORT_DOMAIN = b"sambang report v1\0"
HEAD_DOMAIN = b"sambang head v1\0"
ACTS = {"submit": "versi", "decide": "keputusan", "accessed": "dilihat", "enrolled": "pendaftaran"}
UNREADABLE = (  # binascii's is a ValueError
    ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error, RecursionError,
)  # fmt: skip

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature holds (RFC 8032, 5.1.7, without cofactor)."""
    point = _point(key)
    if point is None or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= L:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, t = point
    return _bytes_of(_add(_times(scalar, BASE), _times(digest, (P - x, y, z, P - t)))) == signature[:32]


def _point(data: bytes) -> Any:
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _bytes_of(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


BASE: Point = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def unpack(data: bytes) -> Any:
    """Decode one MessagePack value, and nothing behind it. Raises ValueError."""
    value, at = _value(data, 0)
    if at != len(data):
        raise ValueError("more than one value")
    return value


def _value(data: bytes, at: int) -> tuple[Any, int]:
    first, at = data[at], at + 1
    if first < 0x80 or first >= 0xE0:
        return (first if first < 0x80 else first - 256), at
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    if first in NUMBERS:
        code, size = NUMBERS[first]
        return struct.unpack(code, data[at : at + size])[0], at + size
    if first < 0x90 or first in (0xDE, 0xDF):
        count, at = (first & 15, at) if first < 0x90 else _length(data, at, first - 0xDD)
        pairs: dict[Any, Any] = {}
        for _ in range(count):
            name, at = _value(data, at)
            pairs[name], at = _value(data, at)
        return pairs, at
    if first < 0xA0 or first in (0xDC, 0xDD):
        count, at = (first & 15, at) if first < 0xA0 else _length(data, at, first - 0xDB)
        items: list[Any] = []
        for _ in range(count):
            item, at = _value(data, at)
            items.append(item)
        return items, at
    if first >= 0xC0 and first not in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB):
        raise ValueError("a kind that is not used")
    size = first & 31
    if first >= 0xC0:
        size, at = _length(data, at, first - (0xC4 if first < 0xD9 else 0xD9))
    raw = data[at : at + size]
    if len(raw) != size:
        raise ValueError("cut off")
    return (raw if first in (0xC4, 0xC5, 0xC6) else raw.decode()), at + size


NUMBERS = {
    0xCA: (">f", 4), 0xCB: (">d", 8), 0xCC: (">B", 1), 0xCD: (">H", 2), 0xCE: (">I", 4), 0xCF: (">Q", 8),
    0xD0: (">b", 1), 0xD1: (">h", 2), 0xD2: (">i", 4), 0xD3: (">q", 8),
}  # fmt: skip


def _length(data: bytes, at: int, power: int) -> tuple[int, int]:
    size = 1 << power
    return int.from_bytes(data[at : at + size], "big"), at + size


def canonical(value: Any) -> bytes:
    """Write JSON in the one way in which its bytes were hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def written(value: Any) -> bytes:
    """Write the file as the office wrote it."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


class Check:
    """What was found wrong, and what held."""

    def __init__(self) -> None:
        self.faults, self.good = list[str](), list[str]()
        self.hashes: dict[str, dict[str, int]] = {}
        # a device that was put back from a copy has several branches, and so several links of one number
        self.changes: dict[str, dict[int, set[str]]] = {}
        self.seen: dict[str, dict[int, set[str]]] = {}

    def need(self, holds: bool, fault: str) -> bool:
        """Note a fault unless this holds."""
        if not holds:
            self.faults.append(fault)
        return holds


def check_report(raw: bytes, key: str = "", sheet: str = "", photos: Any = None) -> Check:
    """Check a report's bytes. `photos` is a folder; `key` and `sheet` are hexadecimal."""
    check = Check()
    try:
        whole = json.loads(raw.decode())
        report, seal = whole["report"], whole["seal"]
        ours = set(whole) == {"report", "seal"} and set(seal) == {"sections", "signature"}
        check.need(ours, "berkas laporan: ada bagian asing")
        check.need(written(whole) == raw, "berkas laporan: ada huruf yang berubah di luar isinya")
        _check_seal(check, report, seal)
        office = report["office"]
        _check_key(check, key, office["device"], office["key"], office.get("turns", []))
        keys = _keys(check, report)
        for chain in report["chains"]:
            _each(check, f"rantai {chain['device']}", lambda c=chain: _check_chain(check, c, keys))
        for act in report["acts"]:
            _each(check, f"{act['kind']} {act['change'][:12]}", lambda a=act: _check_act(check, a, report))
        for witness in report["witnesses"]:
            _check_witness(check, witness, office["device"])
        if sheet:
            found = check.hashes.get(office["device"], {}).get(sheet.lower())
            if check.need(found is not None, "lembar: ujung yang tercetak tidak ada di rantai kantor"):
                check.good.append(f"lembar tercetak: ada di rantai kantor, nomor {found}")
        _check_photos(check, report, photos)
    except UNREADABLE:
        check.faults.append("berkas laporan: rusak, tidak dapat dibaca seluruhnya")
    return check


def _check_key(check: Check, printed: str, office: str, key: str, turns: Any) -> None:
    """Check that the office's key is the printed one, or that this leads to it, each key signing the next."""
    at, known = printed.lower(), {printed.lower()}
    while at not in ("", key):
        at = next((new for turn in turns if (new := _turned(at, office, turn)) not in known), "")
        if not check.need(at != "", "kunci kantor: lain dari yang tercetak di lembar"):
            return
        known.add(at)
    if turned := len(known) - 1:
        check.good.append(f"kunci kantor: berganti {turned} kali, ditandatangani kunci sebelumnya")


def _turned(key: str, office: str, turn: Any) -> str:
    link, content = (base64.b64decode(turn[name], validate=True) for name in ("link", "content"))
    body = unpack(content)[3]
    fits = unpack(link)[::3] + body[:2] == [office, hashlib.sha256(content).digest(), "enrolled", office]
    signature, message = bytes.fromhex(turn["signature"]), HEAD_DOMAIN + hashlib.sha256(link).digest()
    typed_well = len(key) == 64 and set(key) <= set("0123456789abcdef")
    holds = fits and typed_well and verify(bytes.fromhex(key), signature, message)
    return body[3].hex() if holds else key


def _each(check: Check, name: str, part: Any) -> None:
    try:
        part()
    except UNREADABLE:
        check.faults.append(f"{name}: rusak, tidak dapat dibaca")


def _check_seal(check: Check, report: Any, seal: Any) -> None:
    for name in sorted(set(report) | set(seal["sections"])):
        digest = hashlib.sha256(canonical(report.get(name))).hexdigest()
        check.need(seal["sections"].get(name) == digest, f"bagian {name}: berubah setelah laporan dibuat")
    digest = hashlib.sha256(canonical(seal["sections"])).digest()
    key, signature = bytes.fromhex(report["office"]["key"]), bytes.fromhex(seal["signature"])
    holds = signature.hex() == seal["signature"] and verify(key, signature, REPORT_DOMAIN + digest)
    if check.need(holds, "tanda tangan laporan: tidak sah"):
        check.good.append("tanda tangan kantor atas laporan: sah")


def _keys(check: Check, report: Any) -> dict[str, bytes]:
    """Return the keys that the office's chain gives to devices; their places in it are checked later."""
    keys = {report["office"]["device"]: bytes.fromhex(report["office"]["key"])}
    for act in report["acts"]:
        if act["kind"] == "pendaftaran":
            body = unpack(base64.b64decode(act["content"], validate=True))[3]
            keys[body[1]] = body[3]
    for device in report["devices"]:
        same = keys.get(device["device"]) == bytes.fromhex(device["key"])
        check.need(same, f"perangkat {device['device']}: kuncinya bukan yang didaftarkan kantor")
    return keys


def _check_chain(check: Check, chain: Any, keys: dict[str, bytes]) -> None:
    device, before, place = chain["device"], None, 0
    hashes = check.hashes.setdefault(device, {})
    for place, text in enumerate(chain["links"], 1):
        raw = base64.b64decode(text, validate=True)
        name, link = hashlib.sha256(raw).hexdigest(), unpack(raw)
        whose, counter, prev, change, seen = link
        fits = before is None or (prev.hex(), counter) == (before[0], before[1] + 1)
        check.need(fits and whose == device, f"rantai {device}: tautan ke-{place} tidak menyambung")
        before = (name, counter)
        hashes[name] = counter
        check.changes.setdefault(device, {}).setdefault(counter, set()).add(change.hex())
        check.seen.setdefault(device, {}).setdefault(counter, set()).add(seen.hex())
    ends = before is not None and before[0] == chain["head"]
    check.need(ends, f"rantai {device}: ujungnya bukan yang ditandatangani")
    message = HEAD_DOMAIN + bytes.fromhex(chain["head"])
    held = verify(keys.get(device, b""), bytes.fromhex(chain["signature"]), message)
    if check.need(held, f"rantai {device}: tanda tangan tidak sah"):
        check.good.append(f"rantai {device}: {place} tautan menyambung ke tanda tangan yang sah")


def _check_act(check: Check, act: Any, report: Any) -> None:
    name, visit = f"{act['kind']} {act['change'][:12]}", report["visit"]
    if act["kind"] != "versi":
        check.need(act["device"] == report["office"]["device"], f"{name}: tidak ada di rantai kantor")
    placed = act["change"] in check.changes.get(act["device"], {}).get(act["counter"], ())
    check.need(placed, f"{name}: tidak ada di tempatnya dalam rantai")
    if not act["content"]:
        if placed:
            check.good.append(f"{name}: ada di rantai; isinya tidak ikut, hanya sidiknya")
        return
    raw = base64.b64decode(act["content"], validate=True)
    same = check.need(hashlib.sha256(raw).hexdigest() == act["change"], f"{name}: isinya berubah")
    _, author, _, body = unpack(raw)
    about = act["about"] if act["kind"] == "pendaftaran" else visit
    told = ACTS.get(body[0]) == act["kind"] and body[1] == about and author == act["by"]
    check.need(told, f"{name}: pelaku atau kunjungannya bukan yang tertulis")
    if body[0] == "submit":
        named = sorted(item[0] for item in body[6])
        listed = sorted(photo["sha256"] for photo in act["photos"])
        check.need(named == listed, f"{name}: daftar fotonya bukan yang dikirim")
    if same and told and placed:
        check.good.append(f"{name}: isi, pelaku dan tempatnya dalam rantai cocok")


def _check_witness(check: Check, witness: Any, office: str) -> None:
    device = witness["device"]
    seen = check.seen.get(device, {}).get(witness["counter"], ())
    known = check.hashes.get(office, {}).get(witness["seen"])
    holds = witness["seen"] in seen and known == witness["office_counter"]
    if check.need(holds, f"saksi {device}: ujung yang dilihatnya tidak cocok"):
        check.good.append(f"saksi {device}: HP ini melihat rantai kantor sampai nomor {known}")


def _check_photos(check: Check, report: Any, folder: Any) -> None:
    named = sorted({photo["sha256"] for act in report["acts"] for photo in act["photos"]})
    if folder is None:
        if named:
            check.good.append(f"foto: {len(named)} disebut, tidak diperiksa (--foto FOLDER)")
        return
    files = {path.stem: path for path in Path(folder).iterdir() if path.is_file()}
    for name in named:
        if check.need(name in files, f"foto {name}: tidak ada di folder"):
            same = hashlib.sha256(files[name].read_bytes()).hexdigest() == name
            if check.need(same, f"foto {name}: berubah"):
                check.good.append(f"foto {name}: utuh")
    for stray in sorted(set(files) - set(named)):
        check.faults.append(f"foto {stray}: tidak disebut laporan")


def check_lines(file: Iterable[bytes], key: str = "", sheet: str = "") -> Check:
    """Check an exported trail: each line against its link, links against each other, all against the seal.

    Of lines that were read no more is kept than the places of their links: an export has no upper size.
    """
    check, digest = Check(), hashlib.sha256()
    places: dict[Any, Any] = {}
    count, last = 0, b""
    for line in file:
        if last:
            count += 1
            digest.update(last)
            _each(check, f"baris {count}", lambda n=count, t=last: _check_line(check, n, t, places))
        last = line
    try:
        seal = json.loads(last.decode())
        told, signature = seal["segel"], bytes.fromhex(seal["tanda_tangan"])
        check.need(canonical(seal) + b"\n" == last and len(seal) == 2, "segel: berubah")
        same = digest.hexdigest() == told["sidik"] and count == told["baris"]
        check.need(same, "berkas jejak: ada baris yang berubah, hilang atau bertambah")
        message = REPORT_DOMAIN + hashlib.sha256(canonical(told) + b"\n").digest()
        held = signature.hex() == seal["tanda_tangan"]
        if check.need(held and verify(bytes.fromhex(told["kunci"]), signature, message), "segel: tidak sah"):
            check.good.append(f"tanda tangan kantor atas {count} baris: sah")
        turns = told.get("pergantian", [])
        _check_key(check, key, told.get("perangkat", ""), told["kunci"], turns)
        for (device, counter), links in places.items():
            before = places.get((device, counter - 1), {})
            for number, prev in links.values():
                fits = not before or prev in before
                check.need(fits, f"baris {number}: tidak menyambung ke catatan sebelumnya di rantai {device}")
        heads = {name.hex() for links in places.values() for name in links}
        check.need(not sheet or sheet.lower() in heads, "lembar: ujung yang tercetak tidak ada di berkas ini")
    except UNREADABLE:
        check.faults.append("berkas jejak: rusak, tidak dapat dibaca seluruhnya")
    return check


def _check_line(check: Check, number: int, written: bytes, places: dict[Any, Any]) -> None:
    line = json.loads(written.decode())
    raw = base64.b64decode(line["tautan"], validate=True)
    device, counter, prev, change, _ = unpack(raw)
    told = (line["perangkat"], line["urutan"], line["catatan"])
    check.need((device, counter, change.hex()) == told, f"baris {number}: lain dari tautannya dalam rantai")
    places.setdefault((device, counter), {})[hashlib.sha256(raw).digest()] = (number, prev)


def main() -> int:
    """Check what the command line names; 0 only if all of it holds."""
    parser = argparse.ArgumentParser(description="Periksa laporan bukti Sambang tanpa server kantor.")
    parser.add_argument("laporan", type=Path)
    parser.add_argument("--foto", type=Path, help="folder foto yang menyertai laporan")
    parser.add_argument("--kunci", default="", help="kunci publik kantor, seperti tercetak di lembar")
    parser.add_argument("--lembar", default="", help="ujung rantai kantor, seperti tercetak di lembar")
    given = parser.parse_args()
    try:
        if given.laporan.suffix == ".jsonl":
            with given.laporan.open("rb") as file:
                check = check_lines(file, given.kunci, given.lembar)
        else:
            check = check_report(given.laporan.read_bytes(), given.kunci, given.lembar, given.foto)
    except OSError as error:
        print(f"Tidak terbaca: {error.strerror}", file=sys.stderr)
        return 2
    for line in check.good:
        print(f"  cocok  {line}")
    for line in check.faults:
        print(f"  SALAH  {line}")
    if not given.kunci and not given.lembar:
        print("Perhatian: tanpa --kunci dan --lembar, laporan hanya terbukti cocok dengan dirinya sendiri.")
    print("TIDAK UTUH." if check.faults else "UTUH: tidak ada yang berubah.")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
