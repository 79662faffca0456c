"""Kunci data: which other systems read, how far, until when. Rule: a key is shown once, when it is made."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.api_store import Day
from server.services.api_keys import DAYS, MOST_NAME, SERVICES, ApiKey, Made, NewKey
from server.services.handouts import MOST_TEXT
from server.web.errors import MissingError
from server.web.export_views import regions_within
from server.web.filters import Filter, Option
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

TYPED = ("sistem", "wilayah", "bernama", "kunjungan", "masa", "surat", "dasar")


class KeyView(Data, frozen=True, kw_only=True):
    """A key, in words."""

    id: RecordId
    system: str
    reach: str
    by: str
    until: str
    used: str
    named: bool
    visits: bool
    word: str
    tone: str
    icon: str
    good: bool


def data_key_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(
        visitor: Visitor, given: dict[str, str], *, said: str = "", made: Made | None = None
    ) -> Response[str]:
        values: dict[str, Any] = {
            "rows": await site.work(lambda: _views(site)),
            "services": [(each, f"layanan.{each}" in given) for each in SERVICES],
            "regions": _regions(site, given.get("wilayah", "")),
            "days": DAYS,
            "typed": {name: given.get(name, "") for name in TYPED},
            "made": made,
            "notice": Notice(tone="bad", icon="error", title=said) if said else None,
            "most": MOST_TEXT,
            "most_name": MOST_NAME,
        }
        status = 422 if said else 200
        return await site.page("data_keys/list.html", visitor, "kunci_data", values, status=status)

    @get("/kunci-data")
    async def page(request: Asking) -> Response[str]:
        return await draw(await site.allowed(request, "manage_api"), {})

    @post("/kunci-data")
    async def make(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "manage_api")
        given = await site.form(request, visitor.csrf)
        made = await site.work(lambda: site.api_keys.make(visitor.person, _asked(given)))
        if isinstance(made, str):
            return await draw(visitor, given, said=site.text(f"kunci_data.masalah.{made}"))
        return await draw(visitor, {"sistem": given["sistem"]}, made=made)

    @post("/kunci-data/{name:str}")
    async def end(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await site.allowed(request, "manage_api")
        await site.form(request, visitor.csrf)
        if not await site.work(lambda: site.api_keys.end(visitor.person, RecordId(name))):
            raise MissingError
        return onward("/kunci-data")

    return [page, make, end]


def _asked(given: dict[str, str]) -> NewKey:
    days = given.get("masa", "")
    return NewKey(
        system=given.get("sistem", ""),
        services=tuple(each for each in SERVICES if f"layanan.{each}" in given),
        area=given.get("wilayah", ""),
        named="bernama" in given,
        days=int(days) if days in map(str, DAYS) else 0,
        letter=given.get("surat", ""),
        basis=given.get("dasar", ""),
        visits="kunjungan" in given,
    )


def _regions(site: Site, value: str) -> Filter:
    everything = Option(value="", label=site.text("kunci_data.seluruh"))
    return Filter(
        name="wilayah",
        label=site.text("kunci_data.wilayah"),
        value=value,
        groups=regions_within(site, None, everything),
    )


def _views(site: Site) -> list[KeyView]:
    found = site.api_keys.all()
    people = {key.by for key, _ in found}
    known = site.names(people)
    return [_view(site, key, day, known) for key, day in found]


def _view(site: Site, key: ApiKey, day: Day | None, known: dict[str, str]) -> KeyView:
    text, now = site.text, site.deps.now_ms()
    word, tone, icon = _standing(key, now)
    where = ", ".join(site.words.region(each) for each in key.areas) or text("kunci_data.seluruh")
    served = ", ".join(text(f"layanan.{each}") for each in key.services)
    used = text("kunci_data.belum_dipakai")
    if day is not None:
        used = text(
            "kunci_data.dipakai",
            waktu=written.date_and_clock(day.last_ms),
            panggilan=written.number(day.calls),
            baris=written.number(day.rows),
        )
    made = written.date_and_clock(key.made_ms)
    return KeyView(
        id=key.id,
        system=key.system,
        reach=f"{served} · {where}",
        by=text("kunci_data.oleh", nama=known.get(key.by, "–"), waktu=made),
        until=text("kunci_data.sampai", waktu=written.date_and_clock(key.until_ms)),
        used=used,
        named=key.named,
        visits=key.visits,
        word=text(f"kunci_data.{word}"),
        tone=tone,
        icon=icon,
        good=key.is_good(now),
    )


def _standing(key: ApiKey, now_ms: int) -> tuple[str, str, str]:
    if key.ended_ms:
        return "diakhiri", "quiet", "stop"
    if key.restored:
        return "dipulihkan", "notice", "warning"
    return ("berlaku", "good", "done") if key.is_good(now_ms) else ("lewat", "quiet", "clock")
