"""Formulir: which forms there are, what each asks, and publishing the next version of one.

Rule: what a phone will show is shown here before it is published, and publishing says what changes.
"""

import logging
from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.form import Angka, Field, Form, Multi, Option, Pilihan, Tabel, Turunan
from server.access import may
from server.services.form_publishing import Examined, Out, differences, next_text
from server.services.people import Denied
from server.services.room_held import Refusal
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.turns import BUSY, Busy

logger = logging.getLogger("server.web")

GLYPHS = {
    "foto": "camera", "berkas": "form", "tanda_tangan": "signature", "gps": "location", "tanggal": "calendar",
    "bulan": "calendar", "jam": "clock", "wilayah": "map", "rujukan": "search", "tabel": "table",
}  # fmt: skip
"""What stands in the place of an answer, by kind of field."""
CHOICES = (Pilihan, Multi, Turunan)


class Line(Data, frozen=True, kw_only=True):
    """One form in the list, in words."""

    id: str
    title: str
    service: str
    versions: str
    since: str
    sealed: bool


class FieldView(Data, frozen=True, kw_only=True):
    """One field as the phone shows it, in words; `sometimes`: only where other answers ask for it."""

    label: str
    hint: str
    kind: str
    glyph: str
    unit: str
    options: tuple[str, ...]
    columns: tuple[str, ...]
    required: bool
    sometimes: bool


class PageView(Data, frozen=True, kw_only=True):
    """One page of a form."""

    title: str
    fields: tuple[FieldView, ...]


class Change(Data, frozen=True, kw_only=True):
    """One field that is not as it was: tone, icon, what happened to it, and its label."""

    tone: str
    icon: str
    how: str
    label: str


HOWS = {"baru": ("good", "add"), "berubah": ("notice", "edit"), "hilang": ("bad", "delete")}


def form_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""
    work = site.publishing

    async def allowed(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_forms"):
            raise ForbiddenError
        return visitor

    async def draw_new(
        visitor: Visitor,
        text: str,
        examined: Examined | None,
        notice: Notice | None = None,
        status: int = 200,
    ) -> Response[str]:
        lost = await site.work(work.may_have_lost)
        values = {"text": text, "notice": notice, "may_have_lost": lost, **_examined(site, examined)}
        return await site.page("forms/new.html", visitor, "formulir", values, status=status)

    @get("/formulir")
    async def forms(request: Asking) -> Response[str]:
        visitor = await allowed(request)
        lines = await site.work(lambda: _lines(site))
        values = {"lines": lines, "may_publish": may(visitor.person, "publish_forms")}
        return await site.page("forms/list.html", visitor, "formulir", values)

    @get("/formulir/baru")
    async def new(request: Asking) -> Response[str]:
        visitor = await _publisher(allowed, request)
        form = request.query_params.get("dari", "")
        known = site.deps.forms.versions(form)
        text = next_text(site.deps.forms.text_of(form, known[-1]), known[-1]) if known else ""
        return await draw_new(visitor, text, None)

    @post("/formulir/baru")
    async def publish(request: Asking) -> Response[Any]:
        visitor = await _publisher(allowed, request)
        given = await site.form(request, visitor.csrf)
        text = given.get("toml", "")
        if given.get("langkah") != "terbit":
            examined = await site.work(lambda: work.examine(text))
            return await draw_new(visitor, text, examined, status=200 if examined.form else 422)
        # a passphrase is stretched, so it waits its turn beside the logins
        outcome = await site.turns.work(lambda: work.publish(visitor.person, text, given.get("frasa", "")))
        match outcome:
            case Out(form=form):
                await site.work(lambda: _judge_again(site))
                return onward(f"/formulir/{form.id}?versi={form.version}&hasil=terbit")
            case Denied():
                raise ForbiddenError
            case Examined():
                return await draw_new(visitor, text, outcome, status=422)
            case Busy():
                said, icon, status = site.text("kantor.masuk.ramai"), "error", BUSY
            case Refusal():
                said = site.text(f"ruang.tolak.{outcome.say}", **outcome.values)
                icon, status = "lock", outcome.status
        examined = await site.work(lambda: work.examine(text))
        return await draw_new(visitor, text, examined, Notice(tone="bad", icon=icon, title=said), status)

    @get("/formulir/{form:str}")
    async def one(request: Asking, form: FromPath[str]) -> Response[str]:
        visitor = await allowed(request)
        known = {str(number): number for number in site.deps.forms.versions(form)}
        asked = request.query_params.get("versi", next(reversed(known), ""))
        if asked not in known:
            raise MissingError
        shown = site.deps.forms.get(form, known[asked])
        since = await site.work(work.since)
        stays = _stays(site, shown.version, max(known.values()))
        done = Notice(tone="good", icon="check", title=site.text("kantor.formulir.terbit"), text=stays)
        values = {
            "form": shown,
            "service": site.text(f"layanan.{shown.service}"),
            "pages": pages_of(shown, site),
            "versions": [
                (number, _since(site, shown.id, number, since)) for number in reversed(known.values())
            ],
            "text": site.deps.forms.text_of(form, shown.version),
            "may_publish": may(visitor.person, "publish_forms"),
            "notice": done if request.query_params.get("hasil") == "terbit" else None,
        }
        return await site.page("forms/one.html", visitor, "formulir", values)

    return [forms, new, publish, one]


async def _publisher(allowed: Any, request: Asking) -> Visitor:
    visitor: Visitor = await allowed(request)
    if not may(visitor.person, "publish_forms"):
        raise ForbiddenError
    return visitor


def _judge_again(site: Site) -> None:
    """Judge visits of a form that came before it. It is out whatever comes of that."""
    try:
        site.quarantine.judge_after_upgrade()
    except Exception as error:  # noqa: BLE001 - the next start judges them too
        # the kind only: a message may hold what a person wrote
        logger.error("%s while judging again", type(error).__name__)


def _lines(site: Site) -> list[Line]:
    since, forms = site.publishing.since(), site.deps.forms
    return [
        Line(
            id=form.id,
            title=form.title,
            service=site.text(f"layanan.{form.service}"),
            versions=site.text("kantor.formulir.versi", nomor=form.version),
            since=_since(site, form.id, form.version, since),
            sealed=form.privacy == "rahasia",
        )
        for form in forms.all()
    ]


def _since(site: Site, form: str, version: int, since: dict[tuple[str, int], int]) -> str:
    at_ms = since.get((form, version))
    if at_ms is None:
        return site.text("kantor.formulir.bawaan")
    return site.text("kantor.formulir.sejak", kapan=written.date_and_clock(at_ms))


def _stays(site: Site, version: int, newest: int) -> str:
    """Say that phones go on with another version where a newer one is out."""
    return site.text("kantor.formulir.tetap", nomor=newest) if version < newest else ""


def _examined(site: Site, examined: Examined | None) -> dict[str, Any]:
    form = examined.form if examined else None
    changes = differences(examined.before, form) if examined and form else []
    return {
        "form": form,
        "mistakes": examined.mistakes if examined else (),
        "is_new": examined is not None and examined.before is None,
        "pages": pages_of(form, site) if form else (),
        "changes": [
            Change(
                tone=HOWS[each.how][0],
                icon=HOWS[each.how][1],
                how=site.text(f"kantor.formulir.isian_{each.how}"),
                label=each.field.label,
            )
            for each in changes
        ],
        "stays": _stays(site, form.version, examined.newest) if examined and form else "",
        "sealed": form is not None and form.privacy == "rahasia",
    }


def pages_of(form: Form, site: Site) -> tuple[PageView, ...]:
    """Return a form's pages as its reader sees them, without what the office or the phone fills in."""
    found = (
        PageView(
            title=page.title,
            fields=tuple(
                _field(form.fields[name], site) for name in page.fields if _is_asked(form.fields[name])
            ),
        )
        for page in form.pages
    )
    return tuple(page for page in found if page.fields)


def _is_asked(field: Field) -> bool:
    return field.filled_by in ("lapangan", "perangkat")


def _field(field: Field, site: Site) -> FieldView:
    kind = type(field).__struct_config__.tag
    return FieldView(
        label=field.label,
        hint=field.hint,
        kind=site.text(f"kantor.formulir.macam.{kind}"),
        glyph=GLYPHS.get(str(kind), ""),
        unit=field.unit if isinstance(field, Angka) else "",
        options=_labels(field.options) if isinstance(field, CHOICES) else (),
        columns=tuple(column.label for column in field.columns) if isinstance(field, Tabel) else (),
        required=field.required,
        sometimes=field.visible_when is not None,
    )


def _labels(options: Sequence[Option]) -> tuple[str, ...]:
    return tuple(option.label for option in options)
