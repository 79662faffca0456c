"""Pengaturan: what the office sets for itself, each with its range and every word on it.

Rule: what another page sets already is led to from here, and set there alone.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId
from server.access import Action, may
from server.services.settings import NotSet
from server.settings import (
    CREDIT,
    MOST_ADDRESS,
    MOST_CREDIT,
    SETTINGS,
    TILES,
    Group,
    Setting,
    Settings,
    Unit,
    Word,
)
from server.web.protection import Way
from server.web.register_form import count_of
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

PAGE = "/pengaturan"
GROUPS: tuple[tuple[Group, str], ...] = (("tanda", "flag"), ("perhatian", "bell"), ("masuk", "login"))
ELSEWHERE: tuple[tuple[str, str, str, Action], ...] = (
    ("target", "/target", "flag", "see_dashboard"),
    ("langkah_kedua", "/pengguna/langkah-kedua", "key", "see_people"),
    ("masa_simpan", "/masa-simpan", "calendar", "see_protection"),
    ("kop", "/surat/templat/kop", "letter", "set_letters"),
    ("templat", "/surat/templat", "file", "set_letters"),
    ("nomor", "/surat/nomor", "number", "set_letters"),
    ("formulir", "/formulir", "form", "see_forms"),
    ("kunci_data", "/kunci-data", "key", "manage_api"),
    ("cadangan", "/cadangan", "save", "see_backups"),
)


class Row(Data, frozen=True, kw_only=True):
    """One value with what it does, its range, and what was said before in words, the newest first."""

    name: str
    title: str
    does: str
    value: int
    shown: str
    unit: str
    range: str
    digits: int
    past: tuple[str, ...]


def setting_routes(site: Site) -> list[Any]:
    """Return the handlers of the page."""

    async def draw(
        visitor: Visitor, notice: Notice | None, status: int = 200, typed: dict[str, str] | None = None
    ) -> Response[str]:
        known = await site.work(site.settings.now)
        people = await site.work(lambda: _people(site, known))
        values = {
            "groups": [
                (
                    group,
                    icon,
                    [_row(site, known, each, people) for each in SETTINGS.values() if each.group == group],
                )
                for group, icon in GROUPS
            ],
            "tiles": {
                "seen": known.text(TILES),
                "address": (typed or {}).get(TILES, known.text(TILES)),
                "credit": (typed or {}).get(CREDIT, known.text(CREDIT)),
                "past": _past(site, [each for each in known.words if each.name == TILES], people),
                "most_address": MOST_ADDRESS,
                "most_credit": MOST_CREDIT,
            },
            "leads": _leads(site, visitor),
            "may_set": may(visitor.person, "set_settings"),
            "notice": notice,
        }
        return await site.page("settings/list.html", visitor, "pengaturan", values, status=status)

    async def answered(
        visitor: Visitor, refused: NotSet | None, typed: dict[str, str] | None = None
    ) -> Response[Any]:
        if refused is None:
            return onward(f"{PAGE}?hasil=tersimpan")
        title = site.text(f"pengaturan.masalah.{refused.why}")
        return await draw(visitor, Notice(tone="bad", icon="error", title=title), 422, typed)

    @get(PAGE)
    async def page(request: Asking) -> Response[str]:
        visitor = await site.allowed(request, "see_settings")
        saved = request.query_params.get("hasil", "") == "tersimpan"
        done = Notice(tone="good", icon="done", title=site.text("pengaturan.tersimpan"))
        return await draw(visitor, done if saved else None)

    @post(PAGE)
    async def change(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "set_settings")
        given = await site.form(request, visitor.csrf)
        name = given.get("nama", "")
        setting = SETTINGS.get(name)
        most = setting.most if setting else 0
        value, seen = (count_of(given.get(key, ""), most) for key in ("nilai", "dilihat"))
        return await answered(
            visitor,
            await site.work(lambda: site.settings.change(visitor.person, name, value, seen)),
        )

    @post(f"{PAGE}/peta")
    async def tiles(request: Asking) -> Response[Any]:
        visitor = await site.allowed(request, "set_settings")
        given = await site.form(request, visitor.csrf)
        address, credit = given.get(TILES, ""), given.get(CREDIT, "")
        refused = await site.work(
            lambda: site.settings.set_tiles(visitor.person, address, credit, given.get("dilihat", ""))
        )
        return await answered(visitor, refused, {TILES: address, CREDIT: credit})

    return [page, change, tiles]


def _row(site: Site, known: Settings, setting: Setting, people: dict[str, str]) -> Row:
    text, value = site.text, known.value(setting)
    said = [each for each in known.words if each.name == setting.name]
    return Row(
        name=setting.name,
        title=text(f"pengaturan.nama.{setting.name}"),
        does=text(f"pengaturan.arti_nilai.{setting.name}"),
        value=value,
        shown=_measured(site, value, setting.unit),
        unit=text(f"pengaturan.satuan.{setting.unit}"),
        range=text(
            "pengaturan.rentang",
            bawaan=_measured(site, setting.default, setting.unit),
            paling_kecil=written.number(setting.least),
            paling_besar=_measured(site, setting.most, setting.unit),
        ),
        digits=len(str(setting.most)),
        past=_past(site, said, people),
    )


def _measured(site: Site, value: int, unit: Unit) -> str:
    return f"{written.number(value)} {site.text(f'pengaturan.satuan.{unit}')}"


def _past(site: Site, words: Sequence[Word], people: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        site.text(
            "pengaturan.riwayat_isi",
            waktu=written.date_and_clock(each.at_ms),
            nama=people.get(each.by, "–"),
            nilai=_said(site, each),
        )
        for each in reversed(words)
    )


def _said(site: Site, word: Word) -> str:
    setting = SETTINGS.get(word.name)
    if isinstance(word.value, int):
        return _measured(site, word.value, setting.unit) if setting else written.number(word.value)
    return word.value or site.text("pengaturan.tanpa_peta")


def _people(site: Site, known: Settings) -> dict[str, str]:
    who: set[PersonId] = {each.by for each in known.words}
    return site.names(who)


def _leads(site: Site, visitor: Visitor) -> list[Way]:
    return [
        Way(
            href=href,
            icon=icon,
            label=site.text(f"pengaturan.lain.{name}"),
            hint=site.text(f"pengaturan.lain.{name}_arti"),
        )
        for name, href, icon, action in ELSEWHERE
        if may(visitor.person, action)
    ]
