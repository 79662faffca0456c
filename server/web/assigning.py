"""Penugasan: whom to visit, by whom, until when. Rule: a list shows of a number its ending only."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form_values import day_of
from schemas.ids import PersonId, RecordId
from schemas.printed import printed_code
from server.access import may, within
from server.services.assigning import SHOWS, Assigning, Candidate, Given, Load, Order, Show
from server.services.importing import SERVICES
from server.services.people import Denied
from server.web.errors import ForbiddenError, MissingError
from server.web.filters import Filter, Group, Option, choices
from server.web.qr import qr_svg
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

KINDS = ("warga", "ewarong")
MOST_ROWS = 400
MOST_NAMED = 3
PICK, TASK = "orang.", "tugas."


class Asked(Data, frozen=True, kw_only=True):
    """What is listed."""

    service: str
    desa: str
    kind: str
    show: Show

    def fields(self) -> dict[str, str]:
        """Return it as the address has it."""
        return {"layanan": self.service, "desa": self.desa, "siapa": self.kind, "tampil": self.show}


class Kept(Data, frozen=True, kw_only=True):
    """What was chosen and not done, to be shown again."""

    picked: frozenset[str] = frozenset()
    all: bool = False
    whom: str = ""
    form: str = ""
    due: str = ""
    reason: str = ""


class RowView(Data, frozen=True, kw_only=True):
    """One person in the list, in words; `owner` has an open tugas for them."""

    id: RecordId
    name: str
    nik: str
    address: str
    owner: str
    visited: str
    state: str


class TaskView(Data, frozen=True, kw_only=True):
    """One open tugas, in words; `code` is its QR where that was asked for, and never of a sealed one."""

    id: RecordId
    name: str
    form: str
    due: str
    tone: str
    icon: str
    sealed: bool
    code: str = ""


class WorkerView(Data, frozen=True, kw_only=True):
    """One field worker, in words; `label` is for choosing."""

    id: PersonId
    name: str
    label: str
    area: str
    open: int
    late: int
    returned: int
    left: bool


def assign_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""
    work = site.assigning

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
        visitor = await _allowed(site, request)
        notices = _done(site, request, ("diberi", "sudah"))
        return await draw(visitor, _asked(request.query_params), notices)

    @post("/penugasan")
    async def give(request: Asking) -> Response[Any]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        asked, kept = _asked(given), _kept(given)
        lack = await site.work(lambda: _lacking(site, visitor, asked, kept))
        if lack:
            said = Notice(tone="bad", icon="error", title=site.text(f"penugasan.kurang.{lack}"))
            return await draw(visitor, asked, [said], kept, 422)
        done = await site.work(lambda: _give(work, visitor, asked, kept))
        if isinstance(done, Denied):
            raise ForbiddenError
        return onward(f"/penugasan?{_query(asked)}&diberi={done.made}&sudah={done.before}")

    @get("/penugasan/petugas")
    async def workers(request: Asking) -> Response[str]:
        visitor = await _allowed(site, request)
        loads = await site.work(lambda: work.loads(visitor.person))
        rows = _workers(site, [load for load in loads if load.open or not load.left])
        return await site.page("assign/workers.html", visitor, "penugasan", {"rows": rows})

    @get("/penugasan/petugas/{worker:str}")
    async def tasks(request: Asking, worker: FromPath[str]) -> Response[str]:
        visitor = await _allowed(site, request)
        coded = request.query_params.get("kode") == "ya"
        return await draw_tasks(visitor, worker, _done(site, request, ("pindah", "batal")), coded=coded)

    async def draw_tasks(
        visitor: Visitor, worker: str, notices: list[Notice], *, coded: bool = False
    ) -> Response[str]:
        values = await site.work(lambda: _tasks(site, visitor, PersonId(worker), coded=coded))
        return await site.page(
            "assign/worker.html", visitor, "penugasan", {**values, "notices": notices, "worker": worker}
        )

    @post("/penugasan/petugas/{worker:str}")
    async def move(request: Asking, worker: FromPath[str]) -> Response[Any]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        chosen = [RecordId(name.removeprefix(TASK)) for name in given if name.startswith(TASK)]
        whom = PersonId(given.get("petugas", "")) if given.get("langkah") == "pindah" else None
        if not chosen or whom == "":
            key = "kurang.petugas" if chosen else "tugas.pilih_dulu"
            said = Notice(tone="bad", icon="error", title=site.text(f"penugasan.{key}"))
            return await draw_tasks(visitor, worker, [said])
        moved = await site.work(lambda: work.move(visitor.person, chosen, whom))
        return onward(f"/penugasan/petugas/{worker}?{'pindah' if whom else 'batal'}={moved}")

    return [people, give, workers, tasks, move]


async def _allowed(site: Site, request: Asking) -> Visitor:
    visitor = await site.visitor(request)
    if not may(visitor.person, "assign_tasks"):
        raise ForbiddenError
    return visitor


def _asked(given: Mapping[str, str]) -> Asked:
    service, kind, show = (given.get(name, "") for name in ("layanan", "siapa", "tampil"))
    return Asked(
        service=service if service in SERVICES else SERVICES[0],
        desa=given.get("desa", "")[:13],
        kind=kind if kind in KINDS else KINDS[0],
        show=_show(show),
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


def _give(work: Assigning, visitor: Visitor, asked: Asked, kept: Kept) -> Given | Denied:
    targets = [RecordId(name) for name in sorted(kept.picked)]
    if kept.all:
        found = work.candidates(visitor.person, asked.service, asked.desa, asked.kind, asked.show)
        if isinstance(found, Denied):
            return found
        targets = [each.id for each in found]
    order = Order(
        service=asked.service,
        desa=asked.desa,
        kind=asked.kind,
        form=kept.form,
        whom=PersonId(kept.whom),
        due=day_of(kept.due) if kept.due else None,
        reason=kept.reason,
    )
    return work.give(visitor.person, order, targets)


def _values(site: Site, visitor: Visitor, asked: Asked) -> dict[str, Any]:
    found = (
        site.assigning.candidates(visitor.person, asked.service, asked.desa, asked.kind, asked.show)
        if asked.desa
        else []
    )
    if isinstance(found, Denied):
        raise ForbiddenError
    loads = site.assigning.loads(visitor.person)
    near = sorted(
        (load for load in loads if not load.left),
        key=lambda load: (not within(asked.desa, load.person.areas), load.open),
    )
    owners = {load.person.id: load.person.nama for load in loads}
    days = site.assigning.long_ago_days()
    return {
        "asked": asked.fields() if asked.desa else {"desa": ""},
        "filters": _filters(site, asked, days),
        "everyone": f"/penugasan?{_query(replace(asked, show='semua'))}",
        "days": days,
        "rows": [_row(each, owners) for each in found[:MOST_ROWS]],
        "total": len(found),
        "free": sum(each.owner is None for each in found),
        "region": site.words.region(asked.desa),
        "forms": site.assigning.forms(asked.service, asked.kind),
        "workers": _workers(site, near),
    }


def _row(each: Candidate, owners: Mapping[PersonId, str]) -> RowView:
    return RowView(
        id=each.id,
        name=each.name or "–",
        nik=f"…{each.nik_ending}" if each.nik_ending else "",
        address=each.address,
        owner=owners.get(each.owner, "–") if each.owner else "",
        visited=written.short_date(written.local_date(each.visited_ms)) if each.visited_ms else "",
        state=each.visit_state,
    )


def _workers(site: Site, loads: list[Load]) -> list[WorkerView]:
    return [
        WorkerView(
            id=load.person.id,
            name=load.person.nama,
            label=site.text("penugasan.beban_pilihan", nama=load.person.nama, buka=load.open),
            area=_area(site, load.person.areas),
            open=load.open,
            late=load.late,
            returned=load.returned,
            left=load.left,
        )
        for load in loads
    ]


def _area(site: Site, areas: tuple[str, ...]) -> str:
    """Name a few desa; of more say how many they are, and where."""
    desa = [region for kode in areas if (region := site.words.wilayah.get(kode)) and region.is_desa]
    if len(areas) <= MOST_NAMED or len(desa) < len(areas):
        return ", ".join(site.words.region(kode) for kode in areas)
    upper = {region.parent for region in desa}
    several = site.text("penugasan.beban.kecamatan", jumlah=len(upper))
    where = site.words.region(min(upper)) if len(upper) == 1 else several
    return site.text("penugasan.beban.wilayah", jumlah=len(areas), tempat=where)


def _tasks(site: Site, visitor: Visitor, worker: PersonId, *, coded: bool) -> dict[str, Any]:
    loads = site.assigning.loads(visitor.person)
    if worker not in {load.person.id for load in loads}:
        raise MissingError
    found = site.assigning.tasks(visitor.person, worker)
    targets = {str(each.target) for each in found if each.target}
    known = site.names({*targets, worker})
    today = written.local_date(site.deps.now_ms()).isoformat()
    sealed = site.text("penugasan.tugas.tersegel")
    rows: list[TaskView] = []
    for each in found:
        late = bool(each.due) and each.due < today
        day = day_of(each.due) if each.due else None
        title = site.deps.forms.get(each.form).title if each.form in site.deps.forms.ids() else ""
        rows.append(
            TaskView(
                id=each.id,
                name=sealed if each.sealed else known.get(str(each.target), "–"),
                form=title,
                due=written.long_date(day) if day else site.text("penugasan.tugas.tanpa_tenggat"),
                tone="bad" if late else "quiet",
                icon="late" if late else "calendar",
                sealed=each.sealed,
                code=qr_svg(printed_code("tugas", each.id), scale=3) if coded and not each.sealed else "",
            )
        )
    others = [load for load in loads if load.person.id != worker and not load.left]
    title = site.text("penugasan.tugas.judul", nama=known.get(worker, "–"))
    return {"rows": rows, "title": title, "workers": _workers(site, others), "coded": coded}


def _filters(site: Site, asked: Asked, days: int) -> list[Filter]:
    text = site.text

    services = [(each, text(f"layanan.{each}")) for each in SERVICES]
    kinds = [(each, text(f"impor.jenis.{each}")) for each in KINDS]
    shows = [(each, text(f"penugasan.tampilkan.{each}", hari=days)) for each in SHOWS]
    none = Group(label="", options=(Option(value="", label=text("penugasan.pilih_desa")),))
    return [
        Filter(name="desa", label=text("penugasan.desa"), value=asked.desa, groups=(none, *site.regions)),
        choices("layanan", text("penugasan.layanan"), asked.service, services),
        choices("siapa", text("penugasan.tentang"), asked.kind, kinds),
        choices("tampil", text("penugasan.tampil"), asked.show, shows),
    ]


def _done(site: Site, request: Asking, said: tuple[str, ...]) -> list[Notice]:
    """Say what was done, as the address has it: counts, and nothing else."""
    found = [(name, request.query_params.get(name, "")) for name in said]
    return [
        Notice(
            tone="good" if name != "sudah" else "info",
            icon="done" if name != "sudah" else "info",
            title=site.text(f"penugasan.selesai.{name}", jumlah=int(count)),
        )
        for name, count in found
        if count.isascii() and count.isdigit() and len(count) < 7 and (int(count) or name != "sudah")
    ]


def _query(asked: Asked) -> str:
    return urlencode(asked.fields())
