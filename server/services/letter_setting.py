"""A letter put together out of template, letterhead and facts. Rule: pure; all that stands on it comes in."""

from collections.abc import Mapping, Sequence
from datetime import date

from schemas import format as written
from schemas.base import Data
from schemas.letters import Kind, Letterhead, Wording, fill, letter_number, paragraphs
from schemas.text import Text
from server.parsing.letter import Block, Grid, Letter, Pairs, Paragraph, Photos, Signer

BY_HAND = ("nama", "umur", "alamat", "pekerjaan")
"""What a person writes on a statement with their own hand."""


class Order(Data, frozen=True, kw_only=True):
    """What is to be set. `number` is 0 for one that has none; `made_ms` is UTC; `mark` is for samples.

    `version` is that of `wording`.
    """

    name: str
    kind: Kind
    wording: Wording
    version: int
    head: Letterhead
    office: str
    day: date
    made_ms: int
    number: int
    values: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...] = ()
    photos: tuple[tuple[bytes, str], ...] = ()
    table: Grid | None = None
    mark: str = ""


def number_of(order: Order) -> str:
    """Return the letter's number as it is written, empty for one that has none."""
    if not order.number:
        return ""
    return letter_number(order.head, order.wording.kode, order.number, order.day.year, order.day.month)


def letter_of(order: Order, text: Text) -> Letter:
    """Put a letter together. Raises KeyError for a template that names what this kind has not."""
    number, head, wording, kind = number_of(order), order.head, order.wording, order.kind
    values = {
        **order.values,
        "nomor": number or "–",
        "tanggal": written.short_date(order.day),
        "hari": written.DAYS[order.day.weekday()],
        "tanggal_terbilang": spelled_date(order.day),
        "kantor": order.office,
        "jabatan": " ".join(head.jabatan.split()),
        "tempat": head.tempat,
    }
    to = _lines(fill(wording.kepada, values))
    day = f"{head.tempat}, {order.day.day} {written.month_name(order.day)}"
    is_statement = kind.tentang == "kosong"
    heading = fill(wording.hal, values)
    facts = (("nomor", number or "–"), ("sifat", wording.sifat), ("lampiran", wording.lampiran))
    return Letter(
        name=f"{text(f'surat.jenis.{order.name}')} {number}".strip(),
        office=order.office,
        head=_lines(head.baris),
        address=head.alamat.strip(),
        day=f"{head.tempat}, {'.' * 40}" if is_statement else day,
        made_ms=order.made_ms,
        title="" if to else heading,
        number=text("surat.kertas.nomor_isi", nomor=number) if number else "",
        facts=(
            *((text(f"surat.kertas.{name}"), fill(value, values)) for name, value in facts if value.strip()),
            (text("surat.kertas.hal"), heading),
        ),
        to_title=text("surat.kertas.kepada"),
        to=to,
        body=tuple(_block(each, order, values, text) for each in paragraphs(wording.isi)),
        signer=_declarer(text) if is_statement else _signer(head, text),
        copies_title=text("surat.kertas.tembusan"),
        copies=_lines(fill(wording.tembusan, values)),
        footer=f"{order.office} · {number}" if number else order.office,
        mark=order.mark,
    )


def spelled_date(day: date) -> str:
    """Spell a date: "dua puluh enam November dua ribu dua puluh enam"."""
    return f"{written.terbilang(day.day)} {written.MONTHS[day.month - 1]} {written.terbilang(day.year)}"


def _block(paragraph: str, order: Order, values: Mapping[str, str], text: Text) -> Block:
    match paragraph:
        case "{data}":
            return Pairs(rows=order.pairs)
        case "{foto}":
            return Photos(items=order.photos) if order.photos else Paragraph(text="–")
        case "{tabel}" if order.table is not None:
            return order.table
        case "{isian_tangan}":
            return Pairs(rows=tuple((text(f"surat.isi.{name}"), "") for name in BY_HAND))
        case _:
            return Paragraph(text=fill(paragraph, values))


def _signer(head: Letterhead, text: Text) -> Signer:
    below = (head.pangkat, text("surat.kertas.nip", nip=head.nip) if head.nip.strip() else "")
    return Signer(above=head.jabatan, name=head.pejabat, below=_lines("\n".join(below)))


def _declarer(text: Text) -> Signer:
    return Signer(above=text("surat.kertas.menyatakan"), name="")


def _lines(said: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in said.splitlines() if line.strip())


def example(kind: Kind, text: Text) -> tuple[dict[str, str], Grid]:
    """Return made-up values for every field of a kind, and a table, for a sample of its template."""
    values = {name: text(f"surat.contoh.{name}") for name in kind.fields if f"surat.contoh.{name}" in text}
    rows: Sequence[tuple[str, ...]] = tuple((values.get("nama", "Contoh"), "1") for _ in range(2))
    head = (text("surat.isi.nama"), text("surat.isi.jumlah"))
    return values, Grid(head=head, widths=(3.0, 1.0), rows=tuple(rows), right=(1,))
