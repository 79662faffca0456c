"""The audit trail as a file for others: a line of JSON for each act, then a seal. Rule: a line, a link.

The link places its act in a device's chain, so whoever reads the file sees that nothing was taken out between
two that follow each other; the seal is signed by the office (`periksa.py` checks all of it).
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import IO, Any

import msgspec

from schemas import format as written
from schemas.base import Data
from schemas.text import Text
from server.parsing.paper import Fact, Paper, Section, Table
from server.proof.custody_paper import grouped
from server.proof.report import TurnOf

TEXTS = "jejak_tercetak"
MOST_PEOPLE = 200
FORMAT = 2
"""Of format 1, which its seals did not name, there was no list beside the file."""


class Entry(Data, frozen=True, kw_only=True):
    """One act: what stands on its line."""

    waktu_ms: int
    perangkat: str
    urutan: int
    catatan: str
    tautan: str
    oleh: str
    oleh_nama: str
    perbuatan: str
    tentang: tuple[str, ...]
    kalimat: str
    keperluan: str
    hasil: str


class Order(Data, frozen=True, kw_only=True):
    """Who asked for the file, why, for which acts (in words), when (UTC ms), and of which office.

    `device` is the office's own, `turns` lead to its key from those that it had before.
    """

    office: str
    device: str
    key: str
    turns: tuple[TurnOf, ...]
    head: str
    by: str
    purpose: str
    search: str
    made_ms: int


class Summed(Data, frozen=True, kw_only=True):
    """What the file came to: lines, its hash before the seal and with it, and how many acts of each kind and
    person.
    """

    lines: int
    digest: str
    whole: str
    kinds: dict[str, int]
    people: dict[str, int]


def write(entries: Iterable[Entry], order: Order, attest: Callable[[bytes], bytes], out: IO[bytes]) -> Summed:
    """Write the lines and the seal. `attest` signs a digest with the office's key."""
    running, lines = sha256(), 0
    kinds, people = Counter[str](), Counter[str]()
    for entry in entries:
        line = _line({name: getattr(entry, name) for name in entry.__struct_fields__})
        out.write(line)
        running.update(line)
        lines += 1
        kinds[entry.perbuatan] += 1
        people[entry.oleh_nama] += 1
    seal: dict[str, Any] = {
        "format": FORMAT,
        "baris": lines,
        "sidik": running.hexdigest(),
        "kantor": order.office,
        "perangkat": order.device,
        "kunci": order.key,
        "pergantian": msgspec.to_builtins(order.turns),
        "ujung": order.head,
        "oleh": order.by,
        "keperluan": order.purpose,
        "saringan": order.search,
        "dibuat_ms": order.made_ms,
    }
    signature = attest(sha256(_line(seal)).digest()).hex()
    last = _line({"segel": seal, "tanda_tangan": signature})
    out.write(last)
    running.update(last)
    return Summed(
        lines=lines,
        digest=seal["sidik"],
        whole=running.hexdigest(),
        kinds=dict(kinds),
        people=dict(people),
    )


def link_text(raw: bytes) -> str:
    """Write a link's bytes as they stand on a line."""
    return b64encode(raw).decode()


def summary_paper(order: Order, summed: Summed, text: Text) -> Paper:
    """Return the summary as a paper."""

    def say(key: str, **values: object) -> str:
        return text(f"{TEXTS}.{key}", **values)

    def counted(title: str, column: str, counts: list[tuple[str, int]]) -> Section:
        rows = tuple((name, written.number(count)) for name, count in counts)
        head = (say(column), say("jumlah"))
        return Section(
            title=say(title), table=Table(head=head, widths=(3.0, 1.0), rows=rows) if rows else None
        )

    kinds = [(text(f"kantor.jejak.jenis_nama.{kind}"), count) for kind, count in summed.kinds.items()]
    people = sorted(summed.people.items(), key=lambda pair: (-pair[1], pair[0]))
    others = people[MOST_PEOPLE:]
    if others:
        rest = (say("orang_lain", jumlah=written.number(len(others))), sum(count for _, count in others))
        people = [*people[:MOST_PEOPLE], rest]
    facts = (
        Fact(label=say("oleh"), value=order.by),
        Fact(label=say("keperluan"), value=order.purpose),
        Fact(label=say("saringan"), value=order.search),
        Fact(label=say("baris"), value=written.number(summed.lines)),
        Fact(label=say("sidik"), value=grouped(summed.digest), mono=True),
        Fact(label=say("ujung"), value=grouped(order.head), mono=True),
        Fact(label=say("kunci"), value=grouped(order.key), mono=True),
    )
    return Paper(
        title=say("judul"),
        office=order.office,
        made=say("dibuat", waktu=written.date_and_clock(order.made_ms)),
        made_ms=order.made_ms,
        footer=say("judul"),
        note=say("arti"),
        sections=(
            Section(title=say("tentang"), facts=facts),
            counted("per_perbuatan", "perbuatan", sorted(kinds, key=lambda pair: -pair[1])),
            counted("per_orang", "orang", people),
            Section(title=say("cara"), text=say("cara_arti", kunci=order.key)),
        ),
    )


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
