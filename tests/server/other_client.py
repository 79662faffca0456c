"""A phone written from docs/protocol.md alone: whatever that page says wrong or leaves out shows itself here.

Rule: nothing of `schemas/`, `sync/` or `field_app/` is used, but the word list and data that the page names.
"""

import base64
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

WORDS = (Path(__file__).parents[2] / "schemas/data/kata.txt").read_text("utf-8").split()
HIDDEN = {"nik", "no_kk", "no_kks", "no_rekening", "bank", "no_hp", "desil"}
HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
CHUNK, TAG, LAST = 64 * 1024, 16, 1 << 31
OCTETS = "application/offset+octet-stream"

pack, unpack = msgspec.msgpack.encode, msgspec.msgpack.decode


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


@dataclass
class OtherClient:
    """One phone: its keys, its chain, what it holds."""

    http: httpx.Client
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    exchange: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    chain: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Links and contents, from the first."""
    cursor: list[Any] = field(default_factory=lambda: [0, b"", b"", {}])
    parts: set[str] = field(default_factory=set)
    rows: dict[tuple[str, str], tuple[int, str, bytes]] = field(default_factory=dict)
    outcomes: dict[bytes, list[Any]] = field(default_factory=dict)
    known: int = 0
    wanted: list[str] = field(default_factory=list)
    head: bytes = bytes(32)
    token: str = ""

    def join(self, code: str, compare: Callable[[tuple[str, ...]], object]) -> None:
        """Join with a code of an office without TLS; `compare` is the officer, asked in between."""
        token = code.replace("-", "")[:8]
        opening = os.urandom(32)
        public, secret = (
            self.key.public_key().public_bytes_raw(),
            self.exchange.public_key().public_bytes_raw(),
        )
        commitment = digest(b"sambang joining opening v1\0" + opening)
        office_key, challenge = self.call("/api/enrol", [token, public, "lain", secret, b"", commitment])
        members = [office_key, b"", public, secret, digest(b"code\0" + token.encode()), challenge, opening]
        whole = b"".join(struct.pack(">H", len(each)) + each for each in members)
        asked = [token, opening, self.key.sign(b"sambang joining v1\0" + digest(whole))]
        assert self.call("/api/enrol/joined", asked) == [None]
        number = int.from_bytes(digest(b"sambang joining words v1\0" + whole)[:5], "big")
        compare(tuple(WORDS[number >> at & 1023] for at in (30, 20, 10, 0)))
        [enrolment] = self.call("/api/enrol/joined", asked)
        _, _, self.office, confirmed, self.device, self.person, _, _, _, _, self.office_exchange, _ = (
            enrolment
        )
        assert confirmed == office_key
        self.office_key = Ed25519PublicKey.from_public_bytes(office_key)

    def login(self) -> None:
        nonce, server = self.call("/api/login/nonce", [self.device])
        assert server == self.office
        signed = b"sambang login v1\0" + nonce + f"{self.device}\0{server}".encode()
        self.token, _ = self.call("/api/login", [self.device, nonce, self.key.sign(signed)])

    def call(self, path: str, message: list[Any]) -> Any:
        """Say a message and hear the answer; a problem is raised by its code."""
        content = {"Content-Type": "application/vnd.sambang.sync+msgpack", "Content-Encoding": "deflate"}
        answer = self.http.post(path, content=zlib.compress(pack(message)), headers=content | self._bearer())
        if answer.status_code != 200:
            raise PermissionError(answer.json()["code"])
        return unpack(answer.content)

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def write(self, *body: Any) -> bytes:
        """Make a change; return its id."""
        now = int(time.time() * 1000)
        content = pack([os.urandom(16), self.person, [now, 5000, "boot", now], body])
        prev = digest(self.chain[-1][0]) if self.chain else bytes(32)
        link = pack([self.device, len(self.chain) + 1, prev, digest(content), self.head])
        self.chain.append((link, content))
        return digest(content)

    def request(self, check: dict[str, bytes] | None = None) -> list[Any]:
        """Everything beyond what the office knows, from the cursor on."""
        new = self.chain[self.known :]
        links, contents = [link for link, _ in new], [content for _, content in new]
        signature = self.key.sign(b"sambang head v1\0" + digest(links[-1])) if links else b""
        return [3, self.device, self.cursor, links, contents, signature, check or {}, None, None]

    def sync(self) -> int:
        """Repeat rounds until all is said and heard; return how many it took."""
        for count in range(1, 20):
            quiet = self.take(self.call("/api/sync", self.request()))
            if quiet and self.known == len(self.chain):
                return count
        raise AssertionError("it never came to rest")

    def take(self, response: list[Any]) -> bool:
        """Store an answer; return whether it is the last, and the digests agree. Repairs them if not."""
        (
            _,
            results,
            known,
            self.wanted,
            rows,
            removed,
            start,
            cursor,
            more,
            parts,
            whole,
            resend,
            head,
            _,
            news,
            _,
        ) = response
        if start[0] == 0 and not start[3]:
            self.rows.clear()
        self.outcomes |= dict([*results, *news])
        mine = [n for n, name in known if 0 < n <= len(self.chain) and digest(self.chain[n - 1][0]) == name]
        self.known, self.head = max(mine, default=0), head
        self._store(rows)
        for part, thing, seq in removed:
            if self.rows.get((part, thing), (0,))[0] <= seq:
                self.rows.pop((part, thing), None)
        behind = set[str](resend)
        if parts is not None:
            behind |= set(parts) - self.parts if start[0] else set()
            self.parts = set(parts)
        self.rows = {key: row for key, row in self.rows.items() if key[0] in self.parts - set(resend)}
        self.cursor = [*cursor[:3], {**cursor[3], **dict.fromkeys(behind, 0)}]
        if more or self.cursor[3]:
            return False
        if whole and whole != self.digest(None):
            check = {part: self.digest(part) for part in self.parts}
            self.take(self.call("/api/sync", self.request(check)))
            return False
        return True

    def _store(self, rows: list[list[Any]]) -> None:
        full = {
            thing: unpack(body)
            for part, thing, _, kind, body in rows
            if kind == "warga" and part[:5] == "mine/"
        }
        for part, thing, seq, kind, body in rows:
            if not body:
                shown = {name: value for name, value in full[thing].items() if name not in HIDDEN}
                ending = {"nik_akhir": full[thing]["nik"][-4:]} if full[thing].get("nik") else {}
                body = pack(shown | ending)
            self.rows[part, thing] = (seq, kind, body)

    def digest(self, of: str | None) -> bytes:
        """The digest of one part, or of all."""
        total = 0
        for (part, thing), (seq, _, body) in self.rows.items():
            if of in (None, part):
                row = b"\0".join([part.encode(), thing.encode(), str(seq).encode(), body])
                total ^= int.from_bytes(digest(row)[:16], "big")
        return total.to_bytes(16, "big")

    def seen(self, thing: str) -> dict[str, dict[str, Any]]:
        """What each part shows of a thing."""
        return {part: unpack(body) for (part, one), (_, _, body) in self.rows.items() if one == thing}

    def upload(self, photo: bytes, first: int) -> int:
        """Send a photo in two pieces, by an upload that is asked for again in between; return its offset."""
        headers = {**self._bearer(), "Tus-Resumable": "1.0.0", "Content-Type": OCTETS}
        name = base64.b64encode(sha256(photo).hexdigest().encode()).decode()
        made = {**headers, "Upload-Length": str(len(photo)), "Upload-Metadata": f"sha256 {name}"}
        begun = self.http.post("/tus/", content=photo[:first], headers=made)
        again = self.http.post("/tus/", headers={**made, "Upload-Metadata": f"sha256 {name},begun"})
        assert again.headers["Location"] == begun.headers["Location"]
        offset = again.headers["Upload-Offset"]
        rest = {**headers, "Upload-Offset": offset}
        done = self.http.patch(begun.headers["Location"], content=photo[int(offset) :], headers=rest)
        return int(done.headers["Upload-Offset"])

    def hand_over(self, *photos: bytes) -> bytes:
        """Write what a sync would say, and photos, as a file for the office."""
        known = [self.known, digest(self.chain[self.known - 1][0]) if self.known else bytes(32)]
        head = [len(self.chain), digest(self.chain[-1][0]) if self.chain else bytes(32)]
        answer_key = self.exchange.public_key().public_bytes_raw()
        records: list[list[Any]] = [
            ["asked", known, head, sorted(self.parts), answer_key],
            ["sent", self.request()],
        ]
        for photo in photos:
            records.append(["blob", sha256(photo).hexdigest(), len(photo)])
            records += [["piece", photo[at : at + 60_000]] for at in range(0, len(photo), 60_000)]
        plain = b"".join(struct.pack(">I", len(raw)) + raw for raw in map(pack, records))
        to = self.office_exchange
        header = ["to_office", self.office, digest(to)[:16], self.device, os.urandom(16), 1, 1, b""]
        key = os.urandom(32)
        info = b"sambang handover seal v1\0" + struct.pack(">H", 1) + pack(header)
        sealed = HPKE.encrypt(key, X25519PublicKey.from_public_bytes(to), info)
        whole = pack([*header[:7], sealed])
        file = b"SAMBANG\0" + struct.pack(">HH", 1, len(whole)) + whole
        pieces = [plain[at : at + CHUNK] for at in range(0, len(plain), CHUNK)]
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            chunk = AESGCM(key).encrypt(number.to_bytes(12, "big"), piece, b"last" if last else b"more")
            file += struct.pack(">I", len(chunk) | (LAST if last else 0)) + chunk
        return file + self.key.sign(b"sambang handover v1\0" + digest(file))

    def take_answer(self, file: bytes) -> None:
        """Check the office's answer to its signature, and take it."""
        self.office_key.verify(file[-64:], b"sambang handover v1\0" + digest(file[:-64]))
        assert file[:10] == b"SAMBANG\0\0\1"
        (size,) = struct.unpack(">H", file[10:12])
        header, rest = unpack(file[12 : 12 + size]), file[12 + size : -64]
        assert (header[0], header[1], header[3]) == ("to_device", self.office, self.device)
        info = b"sambang handover seal v1\0" + struct.pack(">H", 1) + pack([*header[:7], b""])
        plain = b"".join(_opened(rest, HPKE.decrypt(header[7], self.exchange, info)))
        while plain:
            (size,) = struct.unpack(">I", plain[:4])
            record, plain = unpack(plain[4 : 4 + size]), plain[4 + size :]
            if record[0] == "answer":
                self.take([*record[1][:10], b"", *record[1][11:]])  # nobody can be asked again
            elif record[0] == "received":
                self.wanted = [name for name in self.wanted if bytes.fromhex(name) not in record[1]]


def _opened(rest: bytes, key: bytes) -> Iterator[bytes]:
    number = 0
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        size, last = length & ~LAST, bool(length & LAST)
        chunk, rest = rest[4 : 4 + size], rest[4 + size :]
        assert last == (not rest)
        yield AESGCM(key).decrypt(number.to_bytes(12, "big"), chunk, b"last" if last else b"more")
        number += 1
