"""Impor: lists of others, step by step. Rule: a long step shows how far it is, and its result waits."""

from collections.abc import Mapping
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from server.access import Person, may
from server.services.importing import areas_of, may_see, services_of
from server.tables.columns import COLUMNS, Kind
from server.tables.job import Job
from server.tables.mending import to_mend
from server.web.errors import ForbiddenError, MissingError
from server.web.import_views import list_values, list_view, why_lines
from server.web.replies import download, onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.upload_form import FormReader

LARGEST_LIST_BYTES = 25_000_000
LARGEST_FORM_BYTES = LARGEST_LIST_BYTES + 100_000
MOST_TO_MEND = 50_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def import_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""
    lists = site.importing

    async def allowed(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "import_lists"):
            raise ForbiddenError
        return visitor

    async def draw_all(visitor: Visitor, said: str = "", status: int = 200) -> Response[str]:
        found = await site.work(lambda: lists.jobs(visitor.person))
        values = {
            "rows": await site.work(lambda: [list_view(site, job) for job in found]),
            "notice": Notice(tone="bad", icon="error", title=said) if said else None,
            "limit": written.size(LARGEST_LIST_BYTES),
        }
        return await site.page("import/list.html", visitor, "impor", values, status=status)

    async def draw(
        visitor: Visitor, name: str, said: str = "", typed: tuple[str, ...] | None = None
    ) -> Response[str]:
        values = await site.work(lambda: _shown(site, visitor.person, name, typed))
        values["may_assign"] = may(visitor.person, "assign_tasks")
        values["notice"] = Notice(tone="bad", icon="error", title=said) if said else None
        page = await site.page("import/one.html", visitor, "impor", values, status=422 if said else 200)
        if values["running"]:
            page.headers["refresh"] = "2"
        return page

    @get("/impor")
    async def every(request: Asking) -> Response[str]:
        return await draw_all(await allowed(request))

    @post("/impor", request_max_body_size=LARGEST_FORM_BYTES)
    async def take(request: Asking) -> Response[Any]:
        visitor = await allowed(request)
        made = await _sent(site, visitor, request)
        return await draw_all(visitor, made, 422) if isinstance(made, str) else onward(f"/impor/{made.id}")

    @get("/impor/{name:str}")
    async def one(request: Asking, name: FromPath[str]) -> Response[str]:
        return await draw(await allowed(request), name)

    @post("/impor/{name:str}")
    async def step(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await allowed(request)
        given = await site.form(request, visitor.csrf)
        person = visitor.person
        said, matched = await site.work(lambda: _step(site, _found(site, person, name), person, given))
        if said:
            return await draw(visitor, name, said, matched)
        return onward("/impor" if given.get("langkah") == "buang" else f"/impor/{name}")

    @post("/impor/{name:str}/masalah.xlsx")
    async def mend(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await allowed(request)
        await site.form(request, visitor.csrf)
        data = await site.work(lambda: _mending(site, visitor.person, name))
        return download(data, XLSX, f"perlu-diperbaiki-{name[:8]}.xlsx")

    return [every, take, one, step, mend]


async def _sent(site: Site, visitor: Visitor, request: Asking) -> Job | str:
    """Read the file that was sent; returns what is wrong with it, in words, when it is no list."""
    with FormReader(visitor.csrf, site.deps.uploads.scratch, LARGEST_LIST_BYTES, site.work) as reader:
        file = await reader.only_file(request.headers.get("content-type", ""), request.stream())
        if isinstance(file, str):
            return site.text(f"impor.{file}")
        by = visitor.person.id
        made = await site.work(lambda: site.importing.take(by, file.name, file.file.read()))
    return site.text(f"impor.berkas.{made}") if isinstance(made, str) else made


def _shown(site: Site, person: Person, name: str, typed: tuple[str, ...] | None) -> dict[str, Any]:
    job, running = site.importing.standing(RecordId(name))
    if job is None or not may_see(person, job):
        raise MissingError
    return list_values(site, person, job, typed, running=running)


def _found(site: Site, person: Person, name: str) -> Job:
    job = site.importing.job(RecordId(name))
    if job is None or not may_see(person, job):
        raise MissingError
    return job


def _step(site: Site, job: Job, person: Person, given: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Do what was asked. Returns what is wrong with the matching, if anything, and the matching."""
    lists, matched = site.importing, tuple(given.get(f"kolom.{place}", "") for place in range(len(job.heads)))
    match given.get("langkah"):
        case "lihat":
            _look(site, job, given)
        case "periksa":
            return _check(site, person, job, matched, given.get("layanan", "")), matched
        case "terapkan":
            if not lists.apply(job.id, person.id, areas_of(person)) and job.state == "diperiksa":
                return site.text("impor.hasil.periksa_lagi"), job.matched
        case "lanjut":
            lists.go_on(job.id)
        case "buang":
            lists.drop(job.id)
        case _:
            raise MissingError
    return "", matched


def _look(site: Site, job: Job, given: Mapping[str, str]) -> None:
    """Read the header anew where it was said to stand; another sheet or kind lets it be guessed."""
    kind, sheet = given.get("jenis", ""), _number(given.get("lembar", ""))
    if kind not in COLUMNS or not 0 <= sheet < len(job.sheets):
        raise MissingError
    row = _number(given.get("judul", "")) - job.sheets[sheet].before - 1
    same = sheet == job.sheet and kind == job.kind and row == job.heading
    heading = None if sheet != job.sheet or same else max(0, row)
    site.importing.look_at(job.id, cast("Kind", kind), sheet, heading)


def _check(site: Site, person: Person, job: Job, matched: tuple[str, ...], service: str) -> str:
    """Begin to check the rows; returns what is wrong with the matching, empty when nothing is."""
    fields = {column.field for column in COLUMNS[job.kind]}
    if service not in services_of(person) or not set(matched) <= {"", *fields}:
        raise MissingError
    twice = next((field for field in matched if field and matched.count(field) > 1), "")
    if twice:
        return site.text("impor.cocok.dua_kali", kolom=site.text(f"impor.kolom.{twice}"))
    lack = site.importing.check(job.id, service, matched, areas_of(person))
    named = ", ".join(site.text(f"impor.kolom.{field}") for field in lack)
    return site.text("impor.cocok.kurang", kolom=named) if lack else ""


def _mending(site: Site, person: Person, name: str) -> bytes:
    """Return the rows with what is wrong with each, once it stands on record who takes them along."""
    job, why = _found(site, person, name), site.text("impor.hasil.sebab")
    count = min(MOST_TO_MEND, job.counts.get("masalah", 0))
    purpose = site.text("impor.hasil.unduh_tercatat", jumlah=written.number(count))
    rows = site.importing.taken_along(job, person.id, purpose, MOST_TO_MEND)
    return to_mend(job.heads, why, ((row, " ".join(why_lines(site, notes))) for _, row, notes in rows))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
