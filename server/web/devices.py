"""Perangkat: the phones and how each stands, and a one-use code for a new one.

Rule: a code is shown once and kept as a hash. What follows, the comparing of words, is joinings.py. Beside it
stands where the office is, signed, for phones that do not find it any more.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post

from schemas import format as written
from schemas.addresses import signed_address
from schemas.base import Data
from schemas.problem import Problem
from server.access import Person, may
from server.hosts import host_of, is_loopback
from server.services.handling import MOST_NOTE
from server.services.people import people
from server.web.errors import ForbiddenError
from server.web.joinings import joining_view, outcome_notice
from server.web.qr import qr_svg
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor

FIELD_ROLES = ("pendamping", "verifikator")


class CodeView(Data, frozen=True, kw_only=True):
    """A new code, with what a phone scans."""

    code: str
    said: str
    address: str


def device_routes(site: Site) -> list[Any]:
    """Return the handlers of the devices page."""

    def workers() -> list[Person]:
        return site.deps.engine.read(lambda tx: people(tx, *FIELD_ROLES))

    def where(request: Asking) -> str:
        return site.deps.address or f"{request.url.scheme}://{request.url.netloc}"

    async def draw(
        request: Asking, visitor: Visitor, code: CodeView | None, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        may_enrol = may(visitor.person, "enrol_devices")
        values: dict[str, Any] = {
            "rows": await site.work(site.alarms.phones),
            "workers": await site.work(workers) if may_enrol else [],
            "may_enrol": may_enrol,
            "may_handle": may(visitor.person, "handle_alarms"),
            "most_note": MOST_NOTE,
            "code": code,
            "notice": notice,
            "new_keys": await site.work(lambda: site.alarms.new_keys(visitor.person)),
            "glass": await site.work(lambda: site.room.alarms.unseen(visitor.person)),
        }
        values["joining"] = await site.work(lambda: joining_view(site)) if may_enrol else None
        values["qr"] = qr_svg(f"{code.address} {code.code}") if code else ""
        values["address"] = where(request)
        values["address_qr"] = await site.work(lambda: _address_qr(site, where(request))) if may_enrol else ""
        return await site.page("devices/devices.html", visitor, "perangkat", values, status=status)

    @get("/perangkat")
    async def devices(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_devices"):
            raise ForbiddenError
        done = marked_notice(site, request.query_params.get("alarm", ""))
        done = done or outcome_notice(site, request.query_params.get("hasil", ""))
        return await draw(request, visitor, None, done)

    @post("/perangkat/alarm")
    async def handle(request: Asking) -> Response[Any]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "handle_alarms"):
            raise ForbiddenError
        given = await site.form(request, visitor.csrf)
        if "buka" in given:
            key = given.get("alarm", "")
            done = await site.work(lambda: site.alarms.take_back(visitor.person, key))
            refused, said = None if done else _moved(site), "dibuka"
        else:
            refused, said = await mark_alarm(site, visitor, given), "ditandai"
        if refused:
            return await draw(request, visitor, None, *refused)
        return onward(f"/perangkat?alarm={said}")

    @post("/perangkat")
    async def new_code(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "enrol_devices"):
            raise ForbiddenError
        given = await site.form(request, visitor.csrf)
        found = await site.work(workers)
        person = next((worker for worker in found if worker.id == given.get("petugas")), None)
        made = (
            await site.work(lambda: site.deps.joinings.new_code(person.id, pinned=bool(site.deps.address)))
            if person
            else None
        )
        if person is None or made is None or isinstance(made, Problem):
            said = site.text("kantor.perangkat.salah_petugas")
            return await draw(request, visitor, None, Notice(tone="bad", icon="error", title=said), 422)
        until = written.clock(made.expires_ms)
        said = site.text("kantor.perangkat.kode_arti", nama=person.nama, waktu=until)
        view = CodeView(code=made.code, said=said, address=where(request))
        return await draw(request, visitor, view, None)

    return [devices, handle, new_code]


async def mark_alarm(site: Site, visitor: Visitor, given: Mapping[str, str]) -> tuple[Notice, int] | None:
    """Mark an alarm as seen to, from the form `marking`; return why it was not, with the status."""
    key, note = given.get("alarm", ""), given.get("catatan", "").strip()
    if not 0 < len(note) <= MOST_NOTE:
        wrong = site.text("kantor.alarm.catatan_kosong", jumlah=MOST_NOTE)
        return Notice(tone="bad", icon="error", title=wrong), 422
    done = await site.work(lambda: site.alarms.mark(visitor.person, key, note))
    return None if done else _moved(site)


def _address_qr(site: Site, address: str) -> str:
    """Return the code that leads phones to an address; empty for one that leads each to itself."""
    if is_loopback(host_of(address.partition("://")[2])):
        return ""
    return qr_svg(signed_address(address, site.deps.office.sign).printed(), scale=4)


def _moved(site: Site) -> tuple[Notice, int]:
    return Notice(tone="notice", icon="info", title=site.text("kantor.alarm.berubah")), 409


def marked_notice(site: Site, said: str) -> Notice | None:
    """Say what became of an alarm, as the address after it tells."""
    key = {"ditandai": "kantor.alarm.ditandai", "dibuka": "kantor.alarm.dibuka"}.get(said)
    return Notice(tone="good", icon="done", title=site.text(key)) if key else None
