"""Field workers and what lies with each: looked at, moved, called off. Rule: sealed ones
are seen here and moved elsewhere."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.form_values import day_of
from schemas.ids import PersonId, RecordId
from schemas.printed import printed_code
from server.access import may
from server.services.assigning import Load
from server.services.open_tasks import OpenTask
from server.web.errors import ForbiddenError, MissingError
from server.web.qr import qr_svg
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

MOST_NAMED = 3
MOST_OPEN = 60
"""So many tugas are shown at once; of more, those of a desa are folded up."""
TASK, DESA = "tugas.", "desa."
LEFT_OUT = ("sudah", "lewat")
"""Counts of what was not done, as somebody else had done something of it already; none is not told."""


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


class GroupView(Data, frozen=True, kw_only=True):
    """The tugas of a worker in one desa, or the sealed ones, which no page tells the desa of."""

    desa: str
    title: str
    late: int
    sealed: bool
    rows: tuple[TaskView, ...]


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


def worker_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""
    work = site.assigning

    @get("/penugasan/petugas")
    async def workers(request: Asking) -> Response[str]:
        visitor = await allowed(site, request)
        loads = await site.work(lambda: work.loads(visitor.person))
        rows = worker_views(site, [load for load in loads if load.open or not load.left])
        return await site.page("assign/workers.html", visitor, "penugasan", {"rows": rows})

    @get("/penugasan/petugas/{worker:str}")
    async def tasks(request: Asking, worker: FromPath[str]) -> Response[str]:
        visitor = await allowed(site, request)
        coded = request.query_params.get("kode") == "ya"
        return await draw_tasks(
            visitor, worker, told(site, request, ("pindah", "batal", "lewat")), coded=coded
        )

    async def draw_tasks(
        visitor: Visitor, worker: str, notices: list[Notice], *, coded: bool = False
    ) -> Response[str]:
        values = await site.work(lambda: _tasks(site, visitor, PersonId(worker), coded=coded))
        return await site.page(
            "assign/worker.html", visitor, "penugasan", {**values, "notices": notices, "worker": worker}
        )

    @post("/penugasan/petugas/{worker:str}")
    async def move(request: Asking, worker: FromPath[str]) -> Response[Any]:
        visitor = await allowed(site, request)
        given = await site.form(request, visitor.csrf)
        chosen = await site.work(lambda: _chosen(site, visitor, PersonId(worker), given))
        whom = PersonId(given.get("petugas", "")) if given.get("langkah") == "pindah" else None
        unknown = whom is not None and not await site.work(lambda: work.is_worker(whom))
        if not chosen or unknown:
            key = "kurang.petugas" if chosen else "tugas.pilih_dulu"
            said = Notice(tone="bad", icon="error", title=site.text(f"penugasan.{key}"))
            return await draw_tasks(visitor, worker, [said])
        moved = await site.work(lambda: work.move(visitor.person, chosen, whom, PersonId(worker)))
        done, left = "pindah" if whom else "batal", len(chosen) - moved
        return onward(f"/penugasan/petugas/{worker}?{done}={moved}&lewat={left}")

    return [workers, tasks, move]


async def allowed(site: Site, request: Asking) -> Visitor:
    """Return who asks, when they may give out work. Raises ForbiddenError."""
    visitor = await site.visitor(request)
    if not may(visitor.person, "assign_tasks"):
        raise ForbiddenError
    return visitor


def worker_views(site: Site, loads: list[Load]) -> list[WorkerView]:
    """Return field workers in words."""
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
    groups: list[GroupView] = []
    for desa in sorted({each.desa for each in found}, key=lambda desa: (desa == "", desa)):
        tasks = [each for each in found if each.desa == desa]
        sealed = all(each.sealed for each in tasks)
        groups.append(
            GroupView(
                desa=desa,
                title=site.text("penugasan.tugas.tersegel") if sealed else site.words.region(desa) or "–",
                late=sum(_is_late(each, today) for each in tasks),
                sealed=sealed,
                rows=tuple(_task(site, each, known, today, coded=coded) for each in tasks),
            )
        )
    others = [load for load in loads if load.person.id != worker and not load.left]
    return {
        "groups": groups,
        "total": len(found),
        "movable": sum(not each.sealed for each in found),
        "folded": len(found) > MOST_OPEN and not coded,
        "title": site.text("penugasan.tugas.judul", nama=known.get(worker, "–")),
        "workers": worker_views(site, others),
        "coded": coded,
    }


def _task(site: Site, each: OpenTask, known: Mapping[str, str], today: str, *, coded: bool) -> TaskView:
    late = _is_late(each, today)
    day = day_of(each.due) if each.due else None
    sealed = site.text("penugasan.tugas.tersegel")
    return TaskView(
        id=each.id,
        name=sealed if each.sealed else known.get(str(each.target), "–"),
        form=site.deps.forms.get(each.form).title if each.form in site.deps.forms.ids() else "",
        due=written.long_date(day) if day else site.text("penugasan.tugas.tanpa_tenggat"),
        tone="bad" if late else "quiet",
        icon="late" if late else "calendar",
        sealed=each.sealed,
        code=qr_svg(printed_code("tugas", each.id), scale=3) if coded and not each.sealed else "",
    )


def _is_late(task: OpenTask, today: str) -> bool:
    return bool(task.due) and task.due < today


def _chosen(site: Site, visitor: Visitor, worker: PersonId, given: Mapping[str, str]) -> list[RecordId]:
    """Return the tugas that a form names: singly, by desa, or all that lie with the worker."""
    singly = {name.removeprefix(TASK) for name in given if name.startswith(TASK)}
    desa = {name.removeprefix(DESA) for name in given if name.startswith(DESA)}
    if not desa and given.get("semua") != "ya":
        return [RecordId(name) for name in sorted(singly)]
    found = site.assigning.tasks(visitor.person, worker)
    return [
        each.id
        for each in found
        if not each.sealed and (given.get("semua") == "ya" or each.id in singly or each.desa in desa)
    ]


def told(site: Site, request: Asking, said: tuple[str, ...]) -> list[Notice]:
    """Say what was done, as the address has it: counts, and nothing else."""
    found = [(name, request.query_params.get(name, "")) for name in said]
    return [
        Notice(
            tone="good" if name not in LEFT_OUT else "info",
            icon="done" if name not in LEFT_OUT else "info",
            title=site.text(f"penugasan.selesai.{name}", jumlah=int(count)),
        )
        for name, count in found
        if count.isascii() and count.isdigit() and len(count) < 7 and (int(count) or name not in LEFT_OUT)
    ]
