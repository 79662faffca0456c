"""Ekspor: lists that go out. Rule: what a list is for is asked before it is made, and its file waits."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from server.services.exporting import Source
from server.tables.order import Asked, Given
from server.tables.writing import MEDIA_TYPES
from server.web.errors import MissingError
from server.web.export_views import form_values, order_values, record_view
from server.web.replies import onward, streamed
from server.web.site import Asking, Notice, Site, Visitor
from server.web.spans import FOREVER_MS, span

SHOWN = 50


def export_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""
    exports = site.exporting

    async def draw(visitor: Visitor, name: str, typed: Mapping[str, str], said: str = "") -> Response[str]:
        values = await site.work(lambda: _shown(site, visitor, name, typed))
        values["notice"] = Notice(tone="bad", icon="error", title=said) if said else None
        return await site.page("export/list.html", visitor, "ekspor", values, status=422 if said else 200)

    @get("/ekspor")
    async def every(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "export_data")
        return await draw(visitor, request.query_params.get("data", "")[:40], {})

    @post("/ekspor")
    async def make(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "export_data")
        given = await site.form(request, visitor.csrf)
        name = given.get("data", "")
        asked = _asked(given, _source(site, visitor, name))
        if asked is None:
            return await draw(visitor, name, given, site.text("ekspor.masalah.tanggal"))
        made = await site.work(lambda: exports.start(visitor.person, asked, _given(given)))
        if isinstance(made, str):
            return await draw(visitor, name, given, site.text(f"ekspor.masalah.{made}"))
        return onward(f"/ekspor/{made.id}")

    @get("/ekspor/{name:str}")
    async def one(request: Asking, name: FromPath[str]) -> Response[str]:
        visitor = await site.allowed(request, "export_data")
        values = await site.work(lambda: _one(site, visitor, RecordId(name)))
        page = await site.page("export/one.html", visitor, "ekspor", values)
        if values["running"]:
            page.headers["refresh"] = "2"
        return page

    @post("/ekspor/{name:str}")
    async def step(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, "export_data")
        given = await site.form(request, visitor.csrf)
        do = {"buang": exports.drop, "ulangi": exports.again}.get(given.get("langkah", ""))
        if do is None or not await site.work(lambda: do(visitor.person, RecordId(name))):
            raise MissingError
        return onward(f"/ekspor/{name}")

    @get("/ekspor/{name:str}/berkas")
    async def fetch(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, "export_data")
        order = await site.work(lambda: exports.order(visitor.person, RecordId(name)))
        if order is None or order.state != "selesai":
            raise MissingError
        day, kind = written.local_date(order.at_ms).isoformat(), order.asked.kind
        how = "lengkap" if order.asked.whole else "tersamar"
        file = f"ekspor-{order.asked.source}-{how}-{day}.{kind}"
        return streamed(exports.file(order), MEDIA_TYPES[kind], file)

    return [every, make, one, step, fetch]


def _shown(site: Site, visitor: Visitor, name: str, typed: Mapping[str, str]) -> dict[str, Any]:
    sources = site.exporting.sources(visitor.person)
    source = next((each for each in sources if each.name == name), None)
    found = site.exporting.made(visitor.person, SHOWN + 1)
    values: dict[str, Any] = {
        "sources": sources,
        "source": None,
        "rows": [record_view(site, each) for each in found[:SHOWN]],
        "more": len(found) > SHOWN,
    }
    return values | form_values(site, visitor.person, source, typed) if source is not None else values


def _source(site: Site, visitor: Visitor, name: str) -> Source:
    found = next((each for each in site.exporting.sources(visitor.person) if each.name == name), None)
    if found is None:
        raise MissingError
    return found


def _one(site: Site, visitor: Visitor, name: RecordId) -> dict[str, Any]:
    record = site.exporting.record(visitor.person, name)
    if record is None:
        raise MissingError
    order, running = site.exporting.standing(visitor.person, name)
    own = record.fields.get("oleh") == visitor.person.id
    return {"record": record_view(site, record), "own": own, **order_values(site, order, running=running)}


def _asked(given: Mapping[str, str], source: Source) -> Asked | None:
    """Read what the form asks for; None when a date cannot be read."""
    first_ms, before_ms, unreadable = span(given.get("dari", ""), given.get("sampai", ""))
    if unreadable:
        return None
    whole, visits = "lengkap" in given, source.is_visits
    chosen = [each for each in source.columns if f"kolom.{each.name}" in given]
    return Asked(
        source=source.name,
        kind="csv" if given.get("bentuk") == "csv" else "xlsx",
        service=given.get("layanan", ""),
        region=given.get("wilayah", ""),
        state=given.get("keadaan", "")[:80],
        first_ms=first_ms if visits else 0,
        before_ms=before_ms if visits and before_ms != FOREVER_MS else 0,
        columns=tuple(each.name for each in chosen if whole or not each.whole),
        codes="kode" in given,
        whole=whole,
        purpose=given.get("keperluan", ""),
    )


def _given(given: Mapping[str, str]) -> Given:
    recipient = given.get("penerima", "")
    return (
        Given(recipient=recipient, letter=given.get("surat", ""), basis=given.get("dasar", ""))
        if recipient
        else Given()
    )
