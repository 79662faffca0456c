"""Penugasan: whom to visit, by whom, until when. Rule: a list shows of a number its ending only."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form_values import day_of
from schemas.ids import PersonId, RecordId
from server.access import within
from server.services.assigning import SHOWS, Candidate, Given, Order, Show
from server.services.importing import SERVICES, may_see
from server.services.people import Denied
from server.tables.job import Job
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import Filter, Group, Option, choices, whole_regions
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.warga import closed_words
from server.web.workers import allowed, told, worker_views

KINDS = ("warga", "ewarong")
MOST_ROWS = 400
PICK = "orang."


class Asked(Data, frozen=True, kw_only=True):
    """What is listed: a region of any level; `only` is the one that was picked elsewhere, `imported` a list
    that was taken in, of which alone people are listed. Both are empty for all.
    """

    service: str
    region: str
    kind: str
    show: Show
    only: str = ""
    imported: str = ""

    def fields(self) -> dict[str, str]:
        """Return it as the address has it."""
        found = {"layanan": self.service, "desa": self.region, "siapa": self.kind, "tampil": self.show}
        more = {"satu": self.only, "daftar": self.imported}
        return found | {name: value for name, value in more.items() if value}


class Kept(Data, frozen=True, kw_only=True):
    """What was chosen and not done, to be shown again."""

    picked: frozenset[str] = frozenset()
    all: bool = False
    whom: str = ""
    form: str = ""
    due: str = ""
    reason: str = ""


class RowView(Data, frozen=True, kw_only=True):
    """One person in the list, in words; `owner` has an open tugas for them.

    `closed` says that a shop is, `gone` that somebody died or moved.
    """

    id: RecordId
    name: str
    nik: str
    address: str
    owner: str
    visited: str
    state: str
    closed: str
    gone: str


def assign_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""

    async def draw(
        visitor: Visitor, asked: Asked, notices: list[Notice], kept: Kept | None = None, status: int = 200
    ) -> Response[str]:
        values = await site.work(lambda: _values(site, visitor, asked))
        return await site.page(
            "assign/list.html",
            visitor,
            "penugasan",
            {**values, "notices": notices, "kept": kept or Kept()},
            status=status,
        )

    @get("/penugasan")
    async def people(request: Asking) -> Response[str]:
        visitor = await allowed(site, request)
        asked = _asked(request.query_params)
        kept = Kept(picked=frozenset(filter(None, [asked.only])))
        return await draw(visitor, asked, told(site, request, ("diberi", "sudah")), kept)

    @post("/penugasan")
    async def give(request: Asking) -> Response[Any]:
        visitor = await allowed(site, request)
        given = await site.form(request, visitor.csrf)
        asked, kept = _asked(given), _kept(given)
        lack = await site.work(lambda: _lacking(site, visitor, asked, kept))
        if lack:
            said = Notice(tone="bad", icon="error", title=site.text(f"penugasan.kurang.{lack}"))
            return await draw(visitor, asked, [said], kept, 422)
        done = await site.work(lambda: _give(site, visitor, asked, kept))
        if isinstance(done, Denied):
            raise ForbiddenError
        return onward(f"/penugasan?{_query(replace(asked, only=''))}&diberi={done.made}&sudah={done.before}")

    return [people, give]


def _asked(given: Mapping[str, str]) -> Asked:
    service, kind, show = (given.get(name, "") for name in ("layanan", "siapa", "tampil"))
    only = given.get("satu", "")[:32]
    return Asked(
        service=service if service in SERVICES else SERVICES[0],
        region=given.get("desa", "")[:13],
        kind=kind if kind in KINDS else KINDS[0],
        show="semua" if only else _show(show),
        only=only,
        imported=given.get("daftar", "")[:32],
    )


def _show(text: str) -> Show:
    for each in SHOWS:
        if each == text:
            return each
    return "belum"


def _kept(given: Mapping[str, str]) -> Kept:
    return Kept(
        picked=frozenset(name.removeprefix(PICK) for name in given if name.startswith(PICK)),
        all=given.get("semua") == "ya",
        whom=given.get("petugas", ""),
        form=given.get("form", ""),
        due=given.get("tenggat", "").strip(),
        reason=given.get("alasan", "").strip()[:200],
    )


def _lacking(site: Site, visitor: Visitor, asked: Asked, kept: Kept) -> str:
    """Return what has to be chosen yet, as a key under `penugasan.kurang`; empty when nothing."""
    day = day_of(kept.due) if kept.due else None
    if kept.due and (day is None or day < written.local_date(site.deps.now_ms())):
        return "tenggat"
    if not kept.picked and not kept.all:
        return "orang"
    if kept.form not in {form for form, _ in site.assigning.forms(asked.service, asked.kind)}:
        return "form"
    workers = {load.person.id for load in site.assigning.loads(visitor.person) if not load.left}
    return "" if kept.whom in workers else "petugas"


def _give(site: Site, visitor: Visitor, asked: Asked, kept: Kept) -> Given | Denied:
    targets = [RecordId(name) for name in sorted(kept.picked)]
    if kept.all and not asked.only:
        found = _found(site, visitor, asked)
        if isinstance(found, Denied):
            return found
        targets = [each.id for each in found if not each.is_out]
    order = Order(
        service=asked.service,
        region=asked.region,
        kind=asked.kind,
        form=kept.form,
        whom=PersonId(kept.whom),
        due=day_of(kept.due) if kept.due else None,
        reason=kept.reason,
    )
    return site.assigning.give(visitor.person, order, targets)


def _values(site: Site, visitor: Visitor, asked: Asked) -> dict[str, Any]:
    wide = _wide(site, asked)
    found = _found(site, visitor, asked)
    if isinstance(found, Denied):
        raise ForbiddenError
    if asked.only:
        found = [each for each in found if each.id == asked.only]
    loads = site.assigning.loads(visitor.person)
    near = sorted(
        (load for load in loads if not load.left),
        key=lambda load: (not within(asked.region, load.person.areas), load.open),
    )
    owners = {load.person.id: load.person.nama for load in loads}
    days = site.assigning.long_ago_days()
    return {
        "asked": asked.fields() if asked.region else {"desa": ""},
        "too_wide": _too_wide(site, asked),
        "imported": imported.name if (imported := _imported(site, visitor, asked)) else "",
        "filters": _filters(site, asked, days),
        "everyone": f"/penugasan?{_query(replace(asked, show='semua', only='', imported=''))}",
        "days": days,
        "rows": [_row(site, each, owners, wide=wide) for each in found[:MOST_ROWS]],
        "total": len(found),
        "free": sum(each.owner is None and not each.is_out for each in found),
        "region": site.words.region(asked.region),
        "forms": site.assigning.forms(asked.service, asked.kind),
        "workers": worker_views(site, near),
    }


def _found(site: Site, visitor: Visitor, asked: Asked) -> list[Candidate] | Denied:
    """Return who is asked for; nobody where no region, or too much, is asked for."""
    if not asked.region or _too_wide(site, asked):
        return []
    job = _imported(site, visitor, asked)
    among = site.importing.taken(job) if job else None
    return site.assigning.candidates(
        visitor.person, asked.service, asked.region, asked.kind, asked.show, among
    )


def _imported(site: Site, visitor: Visitor, asked: Asked) -> Job | None:
    """Return the list of which alone people are asked for. Raises MissingError."""
    if not asked.imported:
        return None
    job = site.importing.job(RecordId(asked.imported))
    if job is None or not may_see(visitor.person, job):
        raise MissingError
    return job


def _wide(site: Site, asked: Asked) -> bool:
    """Whether several desa are listed."""
    region = site.words.wilayah.get(asked.region)
    return region is not None and not region.is_desa


def _too_wide(site: Site, asked: Asked) -> bool:
    """Whether more people are asked for than a page is for: the shops of the kabupaten can be listed, and who
    is in a list that was taken in, not all its people.
    """
    region = site.words.wilayah.get(asked.region)
    whole = region is not None and region.level == "kabupaten"
    return whole and asked.kind != "ewarong" and not asked.imported


def _row(site: Site, each: Candidate, owners: Mapping[PersonId, str], *, wide: bool) -> RowView:
    desa = site.words.region(each.desa) if wide else ""
    return RowView(
        id=each.id,
        name=each.name or "–",
        nik=f"…{each.nik_ending}" if each.nik_ending else "",
        address=" · ".join(filter(None, (each.address, desa))),
        owner=owners.get(each.owner, "–") if each.owner else "",
        visited=written.short_date(written.local_date(each.visited_ms)) if each.visited_ms else "",
        state=each.visit_state,
        closed=closed_words(site, each.closed),
        gone=site.text(f"penugasan.{each.gone}") if each.gone else "",
    )


def _filters(site: Site, asked: Asked, days: int) -> list[Filter]:
    text = site.text

    services = [(each, text(f"layanan.{each}")) for each in SERVICES]
    kinds = [(each, text(f"impor.jenis.{each}")) for each in KINDS]
    shows = [(each, text(f"penugasan.tampilkan.{each}", hari=days)) for each in SHOWS]
    none = Option(value="", label=text("penugasan.pilih_desa"))
    every = Option(value=site.words.wilayah.kabupaten.kode, label=text("penugasan.seluruh"))
    groups = (Group(label="", options=(none, every)), *whole_regions(site.words))
    return [
        Filter(name="desa", label=text("penugasan.desa"), value=asked.region, groups=groups),
        choices("layanan", text("penugasan.layanan"), asked.service, services),
        choices("siapa", text("penugasan.tentang"), asked.kind, kinds),
        choices("tampil", text("penugasan.tampil"), asked.show, shows),
    ]


def _query(asked: Asked) -> str:
    return urlencode(asked.fields())
