"""One phone: reported lost, its clock and its letters, and orders to wipe it.

Rule: every deed is a use case of services/lost_phones.py, which asks who may; letters name people, so they
are drawn only by a posted form and leave their mark in the chain.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import DeviceId, PersonId
from server import device_store
from server.access import may
from server.engine import Reader
from server.services.lost_phones import MOST_STORY, OUTCOMES, LostPhone, NotDone
from server.services.lost_views import PAGE, facts_lines, lost_view, wipe_view
from server.services.visits import names
from server.store import SqlOfficeStore
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

LETTERS_A_PAGE = 50
DONE = ("lapor", "hapus", "setuju", "tarik", "diberitahu", "tutup")


class Phone(Data, frozen=True, kw_only=True):
    """Whose phone a page is about."""

    device: DeviceId
    person: PersonId
    owner: str
    model: str
    enrolled: str
    revoked: bool


class Letter(Data, frozen=True, kw_only=True):
    """Whom one letter goes to."""

    nama: str
    alamat: str


def lost_routes(site: Site) -> list[Any]:
    """Return the handlers of these pages."""

    async def draw(
        visitor: Visitor, phone: Phone, notice: Notice | None, kept: dict[str, str], status: int = 200
    ) -> Response[str]:
        values = await site.work(lambda: _values(site, visitor, phone))
        values |= {"phone": phone, "notice": notice, "kept": kept, "outcomes": OUTCOMES, "most": MOST_STORY}
        return await site.page("devices/lost.html", visitor, "perangkat", values, status=status)

    @get(PAGE + "{device:str}")
    async def page(request: Asking, device: FromPath[str]) -> Response[str]:
        visitor = await _allowed(site, request)
        phone = await site.work(lambda: _phone(site, device))
        done = request.query_params.get("hasil", "")
        said = site.text(f"hilang.selesai.{done}") if done in DONE else ""
        notice = Notice(tone="good", icon="done", title=said) if said else None
        return await draw(visitor, phone, notice, {})

    @post(PAGE + "{device:str}")
    async def act(request: Asking, device: FromPath[str]) -> Response[Any]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        phone = await site.work(lambda: _phone(site, device))
        step = given.get("langkah", "")
        answer = await site.work(lambda: _done(site, visitor, phone.device, step, given))
        if isinstance(answer, NotDone):
            if answer.why == "bukan_wewenang":
                raise ForbiddenError
            title = site.text(f"hilang.masalah.{answer.why}", jumlah=MOST_STORY)
            return await draw(visitor, phone, Notice(tone="bad", icon="error", title=title), given, 422)
        return onward(f"{PAGE}{phone.device}?hasil={step}")

    @post(PAGE + "{device:str}/surat")
    async def letters(request: Asking, device: FromPath[str]) -> Response[str]:
        visitor = await _allowed(site, request)
        given = await site.form(request, visitor.csrf)
        phone = await site.work(lambda: _phone(site, device))
        found = await site.work(lambda: site.lost.one(given.get("laporan", "")))
        if not may(visitor.person, "print_notices"):
            raise ForbiddenError
        if found is None or found.lost.device != phone.device:
            raise MissingError
        values = await site.work(lambda: _letters(site, visitor, found, given))
        if values is None:
            raise ForbiddenError
        values |= {"phone": phone}
        return await site.page("devices/letters.html", visitor, "perangkat", values)

    return [page, act, letters]


def _done(site: Site, visitor: Visitor, device: DeviceId, step: str, given: dict[str, str]) -> object:
    work, person = site.lost, visitor.person
    match step:
        case "lapor":
            known_ms = _moment(given.get("tanggal", ""), given.get("jam", ""))
            if known_ms is None:
                return NotDone(why="waktu_tidak_terbaca")
            return work.report(person, device, known_ms, given.get("cerita", ""))
        case "hapus":
            return work.order(person, device, given.get("alasan", ""))
        case "setuju" | "tarik":
            if given.get("perintah") not in {wipe.id for wipe in work.wipes(device)}:
                return NotDone(why="perintah")
            deed = work.approve if step == "setuju" else work.withdraw
            return deed(person, given["perintah"])
        case "diberitahu" | "tutup":
            found = work.one(given.get("laporan", ""))
            if found is None or found.lost.device != device:
                return NotDone(why="laporan")
            if step == "diberitahu":
                return work.told(person, found.lost.id, given.get("siapa", ""))
            return work.close(person, found.lost.id, given.get("hasil", ""), given.get("catatan", ""))
        case _:
            return NotDone(why="laporan")


def _moment(day: str, clock: str) -> int | None:
    """Read a day and an hour of the office's clock as UTC ms; None for what is neither."""
    date, parts = written.parse_date(day), clock.replace(".", ":").split(":")
    if date is None or len(parts) < 2 or not all(part.isdecimal() and len(part) <= 2 for part in parts):
        return None
    hour, minute = int(parts[0]), int(parts[1])
    return written.moment_ms(date, hour, minute) if hour < 24 and minute < 60 else None


def _values(site: Site, visitor: Visitor, phone: Phone) -> dict[str, Any]:
    person = visitor.person
    reports = [each for each in site.lost.all() if each.lost.device == phone.device]
    wipes = site.lost.wipes(phone.device)
    who = {phone.person}
    for each in reports:
        who |= {each.lost.reported_by, each.lost.closed_by or phone.person}
    for wipe in wipes:
        who |= {wipe.ordered_by, wipe.approved_by or phone.person}

    known = site.names(who)
    named = {PersonId(key): value for key, value in known.items()}
    now = written.local(site.deps.now_ms())
    return {
        "reports": [lost_view(each, site.text, named) for each in reports],
        "wipes": [wipe_view(wipe, site.text, named, person) for wipe in wipes],
        "facts": facts_lines(site.lost.facts(phone.device), site.text),
        "may_report": may(person, "report_lost") and all(each.lost.closed_ms for each in reports),
        "may_print": may(person, "print_notices"),
        "may_close": may(person, "close_lost"),
        "may_order": may(person, "order_wipes") and not any(wipe.is_open for wipe in wipes),
        "today": now.date().isoformat(),
        "clock": f"{now.hour:02}:{now.minute:02}",
    }


def _letters(site: Site, visitor: Visitor, found: LostPhone, given: dict[str, str]) -> dict[str, Any] | None:
    """Return what the letters say; None where this person may not see whom they go to."""
    values: dict[str, Any] = {
        "report": found.lost.id,
        "office": site.deps.office_name,
        "today": written.long_date(written.local_date(site.deps.now_ms())),
        "known": written.date_and_clock(found.lost.known_ms),
        "story": found.lost.story,
        "facts": facts_lines(found.facts, site.text),
        "people": written.number(len(found.facts.who) or found.facts.people),
        "whom": "lembaga",
        "letters": [],
        "next": 0,
        "total": 0,
    }
    if given.get("untuk") != "warga":
        return values
    records = site.lost.concerned(visitor.person, found.lost.id)
    if isinstance(records, NotDone):
        return None
    start = given.get("mulai", "0")
    at = min(int(start), len(records)) if start.isdecimal() and len(start) < 7 else 0
    page = [_letter(site, record.fields) for record in records[at : at + LETTERS_A_PAGE]]
    following = at + LETTERS_A_PAGE if at + LETTERS_A_PAGE < len(records) else 0
    return values | {
        "whom": "warga",
        "letters": page,
        "next": following,
        "first": at + 1,
        "total": len(records),
    }


def _letter(site: Site, fields: dict[str, Any]) -> Letter:
    region = site.words.wilayah.get(str(fields.get("kode_desa") or ""))
    parts = [str(fields.get("alamat") or "")]
    if fields.get("rt") and fields.get("rw"):
        parts.append(site.text("hilang.surat.rt_rw", rt=fields["rt"], rw=fields["rw"]))
    parts.append(region.nama if region else "")
    return Letter(nama=str(fields.get("nama") or "–"), alamat=", ".join(part for part in parts if part))


def _phone(site: Site, name: str) -> Phone:
    def look(tx: Reader) -> Phone | None:
        found = device_store.device(tx, DeviceId(name))
        if found is None:
            return None
        return Phone(
            device=found.id,
            person=found.person,
            owner=names(SqlOfficeStore.reading(tx), {found.person}).get(found.person, "–"),
            model=found.model or "–",
            enrolled=written.short_date(written.local_date(found.enrolled_ms)),
            revoked=found.revoked_ms is not None,
        )

    phone = site.deps.engine.read(look)
    if phone is None:
        raise MissingError
    return phone


async def _allowed(site: Site, request: Asking) -> Visitor:
    visitor = await site.visitor(request)
    if not may(visitor.person, "see_devices"):
        raise ForbiddenError
    return visitor
