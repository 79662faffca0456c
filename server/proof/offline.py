"""Check a package of proof without the office. Rule: one file, Python 3.9, nothing to install.

    python3 periksa.py laporan.json (or jejak.jsonl) [--foto FOLDER] [--kunci HEX] [--lembar HEX]

The folder of that file is the package: `paket.json` lists all files of it, signed by the office. All that it
needs stands here: Ed25519 (RFC 8032), a reader of MessagePack, and sentences. `--kunci` is the office's
public key, `--lembar` the head of its chain, as printed on a countersigned sheet; without them a report only
agrees with itself. Signatures are public: nothing here needs the same time for every input.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPORT_DOMAIN, HEAD_DOMAIN = b"sambang report v1\0", b"sambang head v1\0"
HEX = re.compile("[0-9a-f]{64}").fullmatch
LIST, FORMATS = "paket.json", (1, 2)  # of format 1 there was no list
ACTS = {"submit": "versi", "decide": "keputusan", "accessed": "dilihat", "enrolled": "pendaftaran"}
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error)

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature holds (RFC 8032, 5.1.7, without cofactor)."""
    point, scalar = _point(key), int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or scalar >= L:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, t = point
    x, y, z, _ = _add(_times(scalar, BASE), _times(digest, (P - x, y, z, P - t)))
    inverse = pow(z, P - 2, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little") == signature[:32]


def _point(data: bytes) -> Any:
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    if len(data) != 32 or y >= P:
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
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


BASE: Point = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def unpack(data: bytes) -> Any:
    """Decode one MessagePack value, and nothing behind it. Raises what UNREADABLE names."""
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
        size = struct.calcsize(NUMBERS[first])
        return struct.unpack(">" + NUMBERS[first], data[at : at + size])[0], at + size
    if first < 0xC0:
        kind = dict if first < 0x90 else list if first < 0xA0 else str
        size = first & (31 if kind is str else 15)
    else:
        kind, width = LENGTHS[first]
        size, at = int.from_bytes(data[at : at + width], "big"), at + width
    if kind in (str, bytes):
        raw = data[at : at + size]
        if len(raw) != size:
            raise ValueError("cut off")
        return (raw.decode() if kind is str else raw), at + size
    items: list[Any] = []
    for _ in range(size * 2 if kind is dict else size):
        item, at = _value(data, at)
        items.append(item)
    rest = iter(items)
    return ({name: next(rest) for name in rest} if kind is dict else items), at


NUMBERS = dict(enumerate("fdBHIQbhiq", 0xCA))
LENGTHS: dict[int, tuple[type, int]] = {
    0xC4: (bytes, 1), 0xC5: (bytes, 2), 0xC6: (bytes, 4), 0xD9: (str, 1), 0xDA: (str, 2), 0xDB: (str, 4),
    0xDC: (list, 2), 0xDD: (list, 4), 0xDE: (dict, 2), 0xDF: (dict, 4),
}  # fmt: skip


def canonical(value: Any) -> bytes:
    """Write JSON in the one way in which its bytes were hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def written(value: Any) -> bytes:
    """Write the file as the office wrote it."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


class Check:
    """What was found wrong, held, or was passed over; `format` and `key` are what a report says itself."""

    def __init__(self) -> None:
        self.faults, self.good, self.passed = list[str](), list[str](), list[str]()
        self.format, self.key = 0, ""
        self.hashes: dict[tuple[str, str], int] = {}
        # a device that was put back from a copy has several branches, and so several links of one number
        self.links: dict[tuple[str, int], list[tuple[str, str]]] = {}

    def need(self, holds: bool, what: str, fault: str, good: str = "") -> bool:
        """Note of what is checked that it is at fault, unless this holds."""
        if good or not holds:
            (self.good if holds else self.faults).append(f"{what}: {good if holds else fault}")
        return holds

    @contextmanager
    def reading(self, name: str) -> Generator[None]:
        """Note what cannot be read as a fault."""
        try:
            yield
        except UNREADABLE:
            self.need(False, name, "rusak, tidak dapat dibaca seluruhnya")


def check_report(raw: bytes, key: str = "", sheet: str = "", photos: Any = None) -> Check:
    """Check a report's bytes. `photos` is a folder; `key` and `sheet` are hexadecimal."""
    check = Check()
    with check.reading("berkas laporan"):
        whole = json.loads(raw.decode())
        report, seal, office = whole["report"], whole["seal"], whole["report"]["office"]
        ours = {"report": report, "seal": {name: seal[name] for name in ("sections", "signature")}}
        check.need(written(ours) == raw, "berkas laporan", "ada huruf yang berubah di luar isinya")
        _check_seal(check, report, seal)
        check.format, check.key = report["format"], office["key"]
        _check_office(check, key, office["device"], office.get("turns", []))
        keys = _keys(check, report)
        for chain in report["chains"]:
            with check.reading(f"rantai {chain['device']}"):
                _check_chain(check, chain, keys)
        for act in report["acts"]:
            with check.reading(f"{act['kind']} {act['change'][:12]}"):
                _check_act(check, act, report)
        for witness in report["witnesses"]:
            _check_witness(check, witness, office["device"])
        if sheet:
            number = check.hashes.get((office["device"], sheet.lower()))
            fault = "ujung yang tercetak tidak ada di rantai kantor"
            check.need(number is not None, "lembar", fault, f"ada di rantai kantor, nomor {number}")
        _check_photos(check, report, photos)
    return check


def _check_office(check: Check, printed: str, office: str, turns: Any) -> None:
    """Check that the office's key is the printed one, or that this leads to it, each key signing the next."""
    check.need(check.format in FORMATS, "laporan", "lebih baru dari program ini; pakai periksa.py yang baru")
    at, known = printed.lower(), {printed.lower()}
    while at not in ("", check.key):
        at = next((new for turn in turns if (new := _turned(at, office, turn)) not in known), "")
        if not check.need(at != "", "kunci kantor", "lain dari yang tercetak di lembar"):
            return
        known.add(at)
    if turned := len(known) - 1:
        check.good.append(f"kunci kantor: berganti {turned} kali, ditandatangani kunci sebelumnya")


def _turned(key: str, office: str, turn: Any) -> str:
    link, content = (base64.b64decode(turn[name], validate=True) for name in ("link", "content"))
    body = unpack(content)[3]
    fits = unpack(link)[::3] + body[:2] == [office, hashlib.sha256(content).digest(), "enrolled", office]
    signature, message = bytes.fromhex(turn["signature"]), HEAD_DOMAIN + hashlib.sha256(link).digest()
    return body[3].hex() if fits and HEX(key) and verify(bytes.fromhex(key), signature, message) else key


def _signed(key: str, signature: str, told: bytes) -> bool:
    """Say whether the office signed this, and the signature is written in its one way."""
    raw, message = bytes.fromhex(signature), REPORT_DOMAIN + hashlib.sha256(told).digest()
    return raw.hex() == signature and verify(bytes.fromhex(key), raw, message)


def _check_seal(check: Check, report: Any, seal: Any) -> None:
    for name in sorted(set(report) | set(seal["sections"])):
        digest = hashlib.sha256(canonical(report.get(name))).hexdigest()
        check.need(seal["sections"].get(name) == digest, f"bagian {name}", "berubah setelah laporan dibuat")
    holds = _signed(report["office"]["key"], seal["signature"], canonical(seal["sections"]))
    check.need(holds, "tanda tangan laporan", "tidak sah", "sah, dari kantor")


def _keys(check: Check, report: Any) -> dict[str, bytes]:
    """Return the keys that the office's chain gives to devices; their places in it are checked later."""
    keys = {report["office"]["device"]: bytes.fromhex(report["office"]["key"])}
    for act in report["acts"]:
        if act["kind"] == "pendaftaran":
            body = unpack(base64.b64decode(act["content"], validate=True))[3]
            keys[body[1]] = body[3]
    for device in report["devices"]:
        same = keys.get(device["device"]) == bytes.fromhex(device["key"])
        check.need(same, f"perangkat {device['device']}", "kuncinya bukan yang didaftarkan kantor")
    return keys


def _check_chain(check: Check, chain: Any, keys: dict[str, bytes]) -> None:
    device, what, before, place = chain["device"], f"rantai {chain['device']}", None, 0
    for place, text in enumerate(chain["links"], 1):
        raw = base64.b64decode(text, validate=True)
        name = hashlib.sha256(raw).hexdigest()
        whose, counter, prev, change, seen = unpack(raw)
        fits = before is None or (prev.hex(), counter) == (before[0], before[1] + 1)
        check.need(fits and whose == device, what, f"tautan ke-{place} tidak menyambung")
        before = (name, counter)
        check.hashes[device, name] = counter
        check.links.setdefault((device, counter), []).append((change.hex(), seen.hex()))
    check.need(before is not None and before[0] == chain["head"], what, "ujungnya bukan yang ditandatangani")
    message = HEAD_DOMAIN + bytes.fromhex(chain["head"])
    held = verify(keys.get(device, b""), bytes.fromhex(chain["signature"]), message)
    good = f"{place} tautan menyambung ke tanda tangan yang sah"
    check.need(held, what, "tanda tangan tidak sah", good)


def _check_act(check: Check, act: Any, report: Any) -> None:
    name, visit = f"{act['kind']} {act['change'][:12]}", report["visit"]
    if act["kind"] != "versi":
        check.need(act["device"] == report["office"]["device"], name, "tidak ada di rantai kantor")
    links = check.links.get((act["device"], act["counter"]), ())
    placed = act["change"] in [change for change, _ in links]
    good = "" if act["content"] else "ada di rantai; isinya tidak ikut, hanya sidiknya"
    check.need(placed, name, "tidak ada di tempatnya dalam rantai", good)
    if not act["content"]:
        return
    raw = base64.b64decode(act["content"], validate=True)
    same = check.need(hashlib.sha256(raw).hexdigest() == act["change"], name, "isinya berubah")
    _, author, _, body = unpack(raw)
    about = act["about"] if act["kind"] == "pendaftaran" else visit
    told = ACTS.get(body[0]) == act["kind"] and body[1] == about and author == act["by"]
    check.need(told, name, "pelaku atau kunjungannya bukan yang tertulis")
    if body[0] == "submit":
        named = sorted(item[0] for item in body[6])
        listed = sorted(photo["sha256"] for photo in act["photos"])
        check.need(named == listed, name, "daftar fotonya bukan yang dikirim")
    if same and told and placed:
        check.good.append(f"{name}: isi, pelaku dan tempatnya dalam rantai cocok")


def _check_witness(check: Check, witness: Any, office: str) -> None:
    device = witness["device"]
    seen = [head for _, head in check.links.get((device, witness["counter"]), ())]
    known = check.hashes.get((office, witness["seen"]))
    holds = witness["seen"] in seen and known == witness["office_counter"]
    good = f"HP ini melihat rantai kantor sampai nomor {known}"
    check.need(holds, f"saksi {device}", "ujung yang dilihatnya tidak cocok", good)


def _check_photos(check: Check, report: Any, folder: Any) -> None:
    named = sorted({photo["sha256"] for act in report["acts"] for photo in act["photos"]})
    if folder is None:
        check.passed.append(f"foto: {len(named)} disebut, tidak diperiksa (--foto FOLDER)")
        return
    files = {path.stem: path for path in Path(folder).iterdir() if path.is_file()}
    _check_files(check, "foto ", {name: name for name in named}, files)


def _check_files(check: Check, what: str, told: Mapping[str, str], found: Mapping[str, Path]) -> None:
    """Check that those files are there that were told, by their hashes, and no others."""
    for name, path in sorted(found.items()):
        if check.need(name in told, what + name, "tidak disebut laporan"):
            digest = hashlib.sha256()
            with path.open("rb") as file:
                for part in iter(lambda file=file: file.read(1 << 20), b""):
                    digest.update(part)
            check.need(digest.hexdigest() == told[name], what + name, "berubah", "utuh")
    for name in sorted(set(told) - set(found)):
        check.need(False, what + name, "tidak ada di folder")


def check_package(check: Check, folder: Path) -> None:
    """Check every file of a package against the list that the office signed, also for one too many."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    if LIST not in found:
        check.need(check.format == 1, LIST, "tidak ada. Buka seluruh ZIP kantor di folder baru, lalu ulangi")
        return
    raw = found.pop(LIST).read_bytes()
    with check.reading(LIST):
        whole = json.loads(raw.decode())
        files, signature = whole["berkas"], whole["tanda_tangan"]
        same = written({"berkas": files, "tanda_tangan": signature}) == raw
        held = same and _signed(check.key, signature, canonical({"berkas": files}))
        good = f"daftar {len(files)} berkas, ditandatangani kantor"
        check.need(held, LIST, "tidak ditandatangani dengan kunci kantor di laporan", good)
        _check_files(check, "", files, found)


def check_lines(file: Iterable[bytes], key: str = "", sheet: str = "") -> Check:
    """Check an exported trail of any size: of the lines that were read, only the places of links are kept."""
    check, digest, places, count, last = Check(), hashlib.sha256(), dict[Any, Any](), 0, b""
    for line in file:
        if last:
            count += 1
            digest.update(last)
            with check.reading(f"baris {count}"):
                _check_line(check, count, last, places)
        last = line
    with check.reading("berkas jejak"):
        seal = json.loads(last.decode())
        told = seal["segel"]
        check.format, check.key = told.get("format", 1), told["kunci"]
        check.need(canonical(seal) + b"\n" == last and len(seal) == 2, "segel", "berubah")
        same = digest.hexdigest() == told["sidik"] and count == told["baris"]
        check.need(same, "berkas jejak", "ada baris yang berubah, hilang atau bertambah")
        held = _signed(check.key, seal["tanda_tangan"], canonical(told) + b"\n")
        check.need(held, "segel", "tidak sah", f"tanda tangan kantor atas {count} baris sah")
        _check_office(check, key, told.get("perangkat", ""), told.get("pergantian", []))
        for (device, counter), links in places.items():
            before = places.get((device, counter - 1), {})
            for number, prev in links.values():
                fits = not before or prev in before
                check.need(fits, f"baris {number}", f"tidak menyambung ke yang sebelumnya di rantai {device}")
        heads = {name.hex() for links in places.values() for name in links}
        held = not sheet or sheet.lower() in heads
        check.need(held, "lembar", "ujung yang tercetak tidak ada di berkas ini")
    return check


def _check_line(check: Check, number: int, written: bytes, places: dict[Any, Any]) -> None:
    line = json.loads(written.decode())
    raw = base64.b64decode(line["tautan"], validate=True)
    device, counter, prev, change, _ = unpack(raw)
    told = (line["perangkat"], line["urutan"], line["catatan"])
    check.need((device, counter, change.hex()) == told, f"baris {number}", "lain dari tautannya dalam rantai")
    places.setdefault((device, counter), {})[hashlib.sha256(raw).digest()] = (number, prev)


def main() -> int:
    """Check what the command line names; 0 only if all of it holds."""
    parser = argparse.ArgumentParser(description="Periksa laporan bukti Sambang tanpa server kantor.")
    parser.add_argument("laporan", type=Path, help="laporan.json atau jejak.jsonl, di folder paketnya")
    parser.add_argument("--foto", type=Path, help="folder foto, bila tidak di samping laporan")
    for name, what in (("--kunci", "kunci publik"), ("--lembar", "ujung rantai")):
        parser.add_argument(name, nargs="+", default=[], help=f"{what} kantor, seperti tercetak di lembar")
    given = parser.parse_args()
    key, sheet = ("".join("".join(typed).split()).lower() for typed in (given.kunci, given.lembar))
    if not all(typed == "" or HEX(typed) for typed in (key, sheet)):
        parser.error("--kunci dan --lembar berisi 64 angka dan huruf a sampai f; periksa ketikannya")
    path, photos = given.laporan, given.laporan.parent / "foto"
    try:
        if path.suffix == ".jsonl":
            with path.open("rb") as file:
                check = check_lines(file, key, sheet)
        else:
            photos = given.foto or (photos if photos.is_dir() else None)
            check = check_report(path.read_bytes(), key, sheet, photos)
        check_package(check, path.parent)
    except OSError as error:
        print(f"Tidak terbaca: {error.filename!a}", file=sys.stderr)
        return 2
    for found, lines in (("cocok", check.good), ("lewat", check.passed), ("SALAH", check.faults)):
        for line in lines:
            print(f"  {found}  {ascii(line)[1:-1]}")  # a file's name has no line of its own
    if not key + sheet:
        print("Perhatian: tanpa --kunci dan --lembar, laporan hanya terbukti cocok dengan dirinya sendiri.")
    if old := check.format == 1:
        print(f"Perhatian: paket lama, tanpa {LIST}. PDF dan berkas lain di sampingnya tidak terbukti.")
    print("TIDAK UTUH." if check.faults else f"UTUH{', selain itu' if old else ''}: tidak ada yang berubah.")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
