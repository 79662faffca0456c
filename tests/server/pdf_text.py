"""The words of a PDF as typst writes it: each font's ToUnicode map says what its glyphs are."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
DRAWN = re.compile(rb"/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\(", re.DOTALL)
IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)


def pdf_text(pdf: bytes) -> str:
    """Return all text in the order in which it is drawn, without blanks."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    told: list[str] = []
    for page in objects.values():
        drawn = re.search(rb"/Contents (\d+) 0 R", page)
        if drawn is None:
            continue
        apart = re.search(rb"/Resources (\d+) 0 R", page)
        # a name means a font on this page only
        named = re.findall(rb"/(f\d+) (\d+) 0 R", objects[int(apart[1])] if apart else page)
        fonts: dict[bytes, dict[int, str]] = {}
        for name, number in named:
            found = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
            if found:
                fonts[name] = _letters(_stream(objects[int(found[1])]))
        told.append(_drawn(_stream(objects[int(drawn[1])]), fonts))
    return "".join("".join(told).split())


def _drawn(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    told: list[str] = []
    letters: dict[int, str] = {}
    at = 0
    while (drawn := DRAWN.search(stream, at)) is not None:
        font, hexed = drawn.groups()
        raw, at = b"", drawn.end()
        if font:
            letters = fonts.get(font, {})
        elif not hexed:
            end = _closing(stream, at)
            raw, at = stream[at:end], end + 1
        data = bytes.fromhex(hexed.decode()) if hexed else _plain(raw)
        codes = (int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2))
        told += [letters.get(code, "") for code in codes]
    return "".join(told)


def _closing(stream: bytes, at: int) -> int:
    """Return where a string ends: parentheses in it stand as they are where they are pairs."""
    depth = 1
    for found in IN_STRING.finditer(stream, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.start()
    return len(stream)


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.DOTALL)
    if not found:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]


def _plain(raw: bytes) -> bytes:
    escapes = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda m: bytes([int(m[1], 8) & 255]) if m[1].isdigit() else escapes.get(m[1], m[1]),
        raw,
        flags=re.DOTALL,
    )


def _letters(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for code, value in re.findall(rb"^<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>$", cmap, re.MULTILINE):
        found[int(code, 16)] = bytes.fromhex(value.decode()).decode("utf-16-be")
    for first, last, value in re.findall(rb"<([0-9a-fA-F]{4})> ?<([0-9a-fA-F]{4})> ?<([0-9a-fA-F]+)>", cmap):
        begin = int(value, 16)
        for code in range(int(first, 16), int(last, 16) + 1):
            found[code] = chr(begin + code - int(first, 16))
    return found
