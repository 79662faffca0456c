"""Writes the shapes and examples of docs/protocol.md, by letting a phone and an office talk in memory.

Rule: every byte comes from the code that serves and sends; keys, ids, salts and times are fixed, so that a
second run changes nothing. `python -m server.protocol_docs --check` says whether the page is current.
"""

import argparse
import base64
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from zlib import adler32

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.base import encode
from schemas.folding import fold
from schemas.packing import FOLDED, read_dictionaries
from schemas.wire import Applied, Cursor, Declared, SyncResponse
from server.protocol_joining import CHALLENGE, HANDOVER_KEY, OPENING
from server.protocol_joining import example as joining_example
from server.protocol_rows import fields_of, rows
from server.protocol_sealed import examples as sealed_examples
from server.protocol_sealed import open_case, sealed_visit
from server.protocol_shapes import render as shapes
from server.protocol_talk import DEVICE, DEVICE_KEY, OFFICE_KEY, PERSON, WARGA, Speaker, Talk, request
from sync.chain import head_message
from sync.change import Gap, Patch
from sync.digest import row_hash
from sync.store import Entry
from sync.thin_links import thin_request

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/protocol.md"
BEGIN, END = "<!-- examples: begin, written by `make docs` -->\n", "<!-- examples: end -->\n"
WIDTH = 104
SHORTEST = 12
"""Byte strings up to this length are shown whole in the notation."""

PHOTO = b"not really a photo"


def render() -> str:
    """Return the sections of shapes and of examples."""
    talk = Talk()
    first = talk.ask(request(Cursor()))
    quiet = request(first.cursor)
    still = talk.ask(quiet)
    patch = Patch(record=WARGA, kind="warga", base={"pekerjaan": "Tani"}, new={"pekerjaan": "Buruh"})
    entry = talk.phone.write(patch)
    push = request(
        first.cursor, links=[entry.raw_link], contents=_contents(entry), signature=talk.phone.sign(entry)
    )
    answer = talk.ask(push)
    gap = talk.phone.write(Gap(first=1, last=1))
    declared = Declared(link=gap.raw_link, content=_contents(gap)[0], signature=talk.phone.sign(gap))
    parts = [
        shapes() + "## Examples",
        "Made by the code itself with fixed keys, ids, salts, tags and times. `h'…'` are bytes in",
        "hexadecimal, long ones by their first four with their length behind; the blocks below are whole.",
        "",
        _example(
            "A content", "Its id is the SHA-256 of these bytes.", _contents(entry)[0], entry.link.change
        ),
        _example("Its link", "Its hash is what the next link names as `prev`.", entry.raw_link, entry.hash),
        _signature(talk.phone, entry),
        _example("A quiet request", "Nothing to say since the cursor.", encode(quiet)),
        _folded(encode(quiet)),
        _example("Its answer", "No rows; the digest is that of all that the phone holds.", encode(still)),
        _example("A push of that content", "Cursor as above.", encode(push)),
        _example(
            "Its answer",
            f"Applied, and the row as the desa now sees it: `{_row_hash(answer)}` of what the digest takes.",
            encode(answer),
        ),
        _example(
            "The same push, thin",
            "Its link follows the start: only the head that was seen travels. The session names the device.",
            encode(thin_request(push)),
        ),
        _rows(),
        _dictionary(),
        _joining(),
        _example("A gap", "`[link, content, signature]`; the content at place 1 is lost.", encode(declared)),
        _tus(),
        *_sealed(),
    ]
    return "\n".join(parts)


def _sealed() -> list[str]:
    """Write the examples of a sealed case that a phone opens and visits."""
    talk = Talk()
    visit, *_ = sealed_visit(PERSON, DEVICE)
    entries = (talk.phone.write(open_case()), talk.phone.write(visit))
    if not all(isinstance(result.outcome, Applied) for result in talk.push(*entries).results):
        raise RuntimeError("the examples are refused by the code that they are made by")
    found = sealed_examples(*entries, PERSON, DEVICE)
    return [_example(each.title, each.said, each.raw, each.name) for each in found]


def page_with(text: str, section: str) -> str:
    """Return a page with its examples replaced. Raises ValueError where it has no place for them."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError("the page has no place for examples")
    return before + BEGIN + section + END + after


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command; with --check nothing is written, and the result is 1 when the page is out of date."""
    parser = argparse.ArgumentParser(prog="python -m server.protocol_docs", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the page is out of date"
    )
    only_check = parser.parse_args(arguments).check
    path = root / PAGE
    text = path.read_text("utf-8")
    wanted = page_with(text, render())
    if wanted == text:
        return 0
    if not only_check:
        path.write_text(wanted, "utf-8")
    sys.stdout.write(f"{PAGE}: {'out of date' if only_check else 'written'}\n")
    return 1 if only_check else 0


def _contents(entry: Entry) -> list[bytes]:
    return [entry.content or b""]


def _example(title: str, said: str, raw: bytes, name: bytes = b"") -> str:
    block = [*_wrapped(_spelt(raw)), "", *_hexadecimal(raw)]
    named = [f"SHA-256: {name.hex()}"] if name else []
    return "\n".join([f"**{title}**, {len(raw)} bytes. {said}", "```text", *block, *named, "```", ""])


def _folded(raw: bytes) -> str:
    """Write a message as it goes into deflate; what that makes of it is each program's choice."""
    folded = FOLDED + fold(raw)
    said = f"**The same, folded**, {len(folded)} bytes, to be deflated with a dictionary."
    return "\n".join([said, "```text", *_hexadecimal(folded), "```", ""])


def _row_hash(answer: SyncResponse) -> str:
    [row] = answer.rows
    return f"{row_hash(row.part, row.id, row.seq, row.body):032x}"


def _spelt(raw: bytes) -> str:
    """Write bytes as what they say; what begins with a domain is that, two bytes of a format, and a value."""
    domain, found, rest = raw.partition(b"\0")
    if not found or not domain.startswith(b"sambang "):
        return notation(msgspec.msgpack.decode(raw))
    number, value = (rest[:2], rest[2:]) if rest[:1] == b"\0" else (b"", rest)
    spelt = [f'"{domain.decode()}\\0"', *([notation(number)] if number else [])]
    return " + ".join([*spelt, notation(msgspec.msgpack.decode(value))])


def _rows() -> str:
    """Write what rows of each kind hold, without their bytes."""
    said = (
        "Of each kind one, decoded; of the warga both, as her desa and as whoever has the tugas is shown her."
    )
    lines = [f"{row.kind} {notation(row.id)} in {notation(row.part)}" for row in rows()]
    bodies = [[f"  {line}" for line in _wrapped(notation(fields_of(row)))] for row in rows()]
    block = [line for title, body in zip(lines, bodies, strict=True) for line in (title, *body)]
    return "\n".join([f"**Rows.** {said}", "```text", *block, "```", ""])


def _dictionary() -> str:
    """Tell the newest dictionary by its sums; what deflate makes of a message is each program's choice."""
    published = read_dictionaries()
    words, name = published[-1], f"dictionary.{len(published)}.bin"
    sums = [f"Adler-32: {adler32(words):08x}", f"SHA-256: {sha256(words).hexdigest()}"]
    said = f"`schemas/data/{name}`, {len(words)} bytes."
    return "\n".join([f"**The newest dictionary**, {said}", "```text", *sums, "```", ""])


def _joining() -> str:
    """Write what a phone comes to that joins; by hand nobody would find where one byte is another."""
    device, office = (Ed25519PrivateKey.from_private_bytes(key) for key in (DEVICE_KEY, OFFICE_KEY))
    fixed = {"handover_key": HANDOVER_KEY, "challenge": CHALLENGE, "opening": OPENING}
    office_key = office.public_key().public_bytes_raw()
    lines = [f"office_key: {office_key.hex()}", "public_key: as above"]
    lines += [f"{name}: 32 times {value[0]:02x}" for name, value in fixed.items()]
    for name, value in joining_example(device, office):
        lines += [f"{name}: {value}"] if len(value) <= len(CHALLENGE.hex()) else [f"{name}:", *_broken(value)]
    return "\n".join(["**A joining**, without a pinned authority.", "```text", *lines, "```", ""])


def _signature(speaker: Speaker, entry: Entry) -> str:
    lines = [
        "private key:",
        *_hexadecimal(DEVICE_KEY),
        "public key:",
        *_hexadecimal(speaker.key.public_key().public_bytes_raw()),
        "signs:",
        *_hexadecimal(head_message(entry.hash)),
        "signature:",
        *_hexadecimal(speaker.sign(entry)),
    ]
    return "\n".join(["**Its signature**, by Ed25519 (RFC 8032).", "```text", *lines, "```", ""])


def _tus() -> str:
    """Write how a photo goes up, cut once on its way."""
    name = sha256(PHOTO).hexdigest()
    metadata = base64.b64encode(name.encode()).decode()
    lines = [
        "POST /tus/                                  (the line is cut after 7 bytes)",
        "  Tus-Resumable: 1.0.0",
        f"  Upload-Length: {len(PHOTO)}",
        f"  Upload-Metadata: sha256 {metadata[:44]}",
        f"                          {metadata[44:]}",
        "  Content-Type: application/offset+octet-stream",
        f"  Content-Length: {len(PHOTO)}",
        "POST /tus/                                  201 Created",
        "  (as before, with `,begun` behind the        Location: https://<office>/tus/<upload>",
        "  metadata, and without a body)               Upload-Offset: 7",
        "PATCH /tus/<upload>                         204 No Content",
        "  Content-Type: application/offset+octet-stream",
        "  Upload-Offset: 7                            " + f"Upload-Offset: {len(PHOTO)}",
    ]
    photo = f'the {len(PHOTO)} bytes of "{PHOTO.decode()}"'
    said = f"**A photo**, here {photo}; each request carries `Authorization`."
    return "\n".join([said, "```text", *lines, "```", ""])


def notation(value: Any) -> str:
    """Write a decoded MessagePack value for a reader."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case bytes():
            shown = value.hex() if len(value) <= SHORTEST else f"{value[:4].hex()}…"
            return f"h'{shown}'" + (f"({len(value)})" if len(value) > SHORTEST else "")
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(notation(each) for each in cast('list[Any]', value))}]"
        case dict():
            pairs = cast("dict[Any, Any]", value).items()
            return "{" + ", ".join(f"{notation(key)}: {notation(each)}" for key, each in pairs) + "}"
        case _:
            return str(value)


def _wrapped(text: str) -> list[str]:
    """Break a line between its members."""
    lines, line = list[str](), ""
    for piece in text.split(", "):
        if line and len(line) + len(piece) + 2 > WIDTH:
            lines.append(line.rstrip())
            line = "  "
        line += piece + ", "
    return [*lines, line.removesuffix(", ")]


def _hexadecimal(raw: bytes) -> list[str]:
    return _broken(raw.hex())


def _broken(text: str) -> list[str]:
    return [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
