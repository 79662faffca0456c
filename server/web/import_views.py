"""Lists that are taken in, in words for their pages. Rule: a number that names a person is covered."""

import re
from typing import Any
from urllib.parse import urlencode

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import Person
from server.services.importing import services_of
from server.tables.columns import COLUMNS, Kind
from server.tables.entries import Note
from server.tables.heading import text_of
from server.tables.job import Job
from server.web.site import Site

SHOWN = 20
SAMPLES = 3
MOST_DESA = 24
MOST_AT_ONCE = 5_000
"""Work about so many of a list may be given out at once; about more it is given out by desa."""
LOOKS = {
    "dicocokkan": ("notice", "edit"), "memeriksa": ("info", "hourglass"), "diperiksa": ("notice", "check"),
    "menerapkan": ("info", "hourglass"), "selesai": ("good", "done"), "gagal": ("bad", "error"),
}  # fmt: skip
FATES = (("baru", "add"), ("berubah", "edit"), ("sama", "done"), ("masalah", "warning"))
LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){8,}(?=(?:[ .-]?\d){4}\b)")
"""All but the last four digits of a number that could name a person, also where it is written in groups."""


class ListView(Data, frozen=True, kw_only=True):
    """A list, in words."""

    id: RecordId
    name: str
    by: str
    size: str
    code: str
    state: str
    tone: str
    icon: str


class ColumnView(Data, frozen=True, kw_only=True):
    """One column: its head, what it was matched to, and what stands in it."""

    head: str
    field: str
    sample: str


class MatchView(Data, frozen=True, kw_only=True):
    """How a list is matched; `heading` counts as the program that wrote the list does."""

    kind: Kind
    sheets: tuple[str, ...]
    sheet: int
    heading: int
    service: str
    services: tuple[str, ...]
    fields: tuple[str, ...]
    columns: tuple[ColumnView, ...]


class CountView(Data, frozen=True, kw_only=True):
    """How many rows have one fate."""

    icon: str
    count: str
    title: str
    text: str


class ProblemView(Data, frozen=True, kw_only=True):
    """A row of which something is told: why it is not taken, or what in it is odd."""

    row: int
    lines: tuple[str, ...]


def list_values(
    site: Site, person: Person, job: Job, typed: tuple[str, ...] | None, *, running: bool
) -> dict[str, Any]:
    """Build what the page of one list shows; `typed` is a matching that was not taken."""
    lists = site.importing
    counted = job.counts if job.state in ("diperiksa", "menerapkan", "selesai") else {}
    found = list(lists.problems(job, SHOWN)) if counted.get("masalah") else []
    odd = list(lists.odd(job, SHOWN)) if counted and job.noted else []
    suffix = "selesai" if job.state == "selesai" else "arti"
    done = min(job.done, job.rows)
    return {
        "job": list_view(site, job),
        "running": running,
        "at": done,
        "most": max(1, job.rows),
        "done": written.number(done),
        "all": written.number(job.rows),
        "counts": [
            CountView(
                icon=icon,
                count=written.number(counted.get(fate, 0)),
                title=site.text(f"impor.hasil.{fate}"),
                text=_fate_text(site, fate, suffix),
            )
            for fate, icon in FATES
        ]
        if counted
        else [],
        "to_do": written.number(counted.get("baru", 0) + counted.get("berubah", 0))
        if counted.get("baru", 0) + counted.get("berubah", 0)
        else "",
        "noted": written.number(job.noted),
        "odd_count": job.noted,
        "odd": [_told(site, row, notes) for row, _, notes in odd],
        "left_out": job.left_out,
        "onward": _onward(site, job) if job.state == "selesai" else [],
        "more_desa": max(0, len(job.desa) - MOST_DESA),
        "conflicts": written.number(job.conflicts) if job.conflicts else "",
        "problem_count": counted.get("masalah", 0),
        "problems": [_told(site, row, notes) for row, _, notes in found],
        "match": _match(site, person, job, typed),
    }


def _onward(site: Site, job: Job) -> list[tuple[str, str]]:
    """Return where to give out work about those of the list: addresses and titles, all at once and by desa,
    those with most first.
    """
    named = {each.kode: each.nama for each in site.words.wilayah}
    asked = {"layanan": job.service, "siapa": job.kind, "daftar": job.id}

    def onward(region: str, said: str, count: int) -> tuple[str, str]:
        title = site.text(said, desa=named.get(region, region), jumlah=written.number(count))
        return f"/penugasan?{urlencode({'desa': region, **asked})}", title

    total = sum(job.desa.values())
    most = sorted(job.desa.items(), key=lambda item: (-item[1], item[0]))[:MOST_DESA]
    whole = site.words.wilayah.kabupaten.kode
    every = [onward(whole, "impor.hasil.tugaskan_semua", total)] if 0 < total <= MOST_AT_ONCE else []
    return every + [onward(desa, "impor.hasil.tugaskan_desa", count) for desa, count in most]


def _fate_text(site: Site, fate: str, suffix: str) -> str:
    key = f"impor.hasil.{fate}_{suffix}"
    return site.text(key) if key in site.text else site.text(f"impor.hasil.{fate}_arti")


def _told(site: Site, row: int, notes: tuple[Note, ...]) -> ProblemView:
    return ProblemView(row=row, lines=tuple(LONG_NUMBER.sub("••••", line) for line in why_lines(site, notes)))


def _match(site: Site, person: Person, job: Job, typed: tuple[str, ...] | None) -> MatchView:
    below = site.importing.top(job, job.heading + 1 + SAMPLES)[job.heading + 1 :]
    matched = typed or job.matched
    columns: list[ColumnView] = []
    for place, head in enumerate(job.heads):
        cells = [LONG_NUMBER.sub("••••", text_of(row[place])) for row in below if place < len(row)]
        columns.append(
            ColumnView(
                head=head or site.text("impor.cocok.tanpa_judul", nomor=place + 1),
                field=matched[place] if place < len(matched) else "",
                sample=" · ".join(filter(None, cells))[:120],
            )
        )
    return MatchView(
        kind=job.kind,
        sheets=tuple(sheet.name for sheet in job.sheets),
        sheet=job.sheet,
        heading=job.sheets[job.sheet].before + job.heading + 1,
        service=job.service,
        services=services_of(person),
        fields=tuple(column.field for column in COLUMNS[job.kind]),
        columns=tuple(columns),
    )


def list_view(site: Site, job: Job) -> ListView:
    """Return a list in words."""
    tone, icon = LOOKS[job.state]
    known = site.names({job.by})
    return ListView(
        id=job.id,
        name=job.name,
        by=site.text("impor.oleh", nama=known.get(job.by, "–"), waktu=written.date_and_clock(job.at_ms)),
        size=site.text("impor.baris", jumlah=written.number(job.rows)),
        code=job.state,
        state=site.text(f"impor.keadaan.{job.state}"),
        tone=tone,
        icon=icon,
    )


def why_lines(site: Site, notes: tuple[Note, ...]) -> tuple[str, ...]:
    """Say in words why a row is not taken, each with the column that it is about."""
    said: list[str] = []
    for note in notes:
        key = f"impor.catatan.{note.code}"
        key = key if key in site.text else f"identitas.{note.code}"
        said.append(f"{site.text(f'impor.kolom.{note.field}')}: {site.text(key, nilai=note.value)}")
    return tuple(said)
