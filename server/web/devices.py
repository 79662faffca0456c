"""Perangkat: the phones, and a one-use code for a new one. Rule: a code is shown once, kept as a hash."""

import io
from typing import Any

import segno
from litestar import Response, get, post
from markupsafe import Markup

from schemas import format as written
from schemas.base import Data
from schemas.problem import Problem
from server import device_store, page_store
from server.access import Person, may
from server.engine import Reader
from server.services.people import people
from server.services.visits import names
from server.store import SqlOfficeStore
from server.web.errors import ForbiddenError
from server.web.site import Asking, Notice, Site, Visitor

FIELD_ROLES = ("pendamping", "verifikator")


class DeviceRow(Data, frozen=True, kw_only=True):
    """One phone in words."""

    owner: str
    model: str
    enrolled: str
    last: str
    revoked: bool


class CodeView(Data, frozen=True, kw_only=True):
    """A new code, with what a phone scans."""

    code: str
    said: str
    address: str


def device_routes(site: Site) -> list[Any]:
    """Return the handlers of the devices page."""

    def listed(tx: Reader) -> tuple[list[DeviceRow], list[Person]]:
        phones, heard = device_store.devices(tx), page_store.last_heard(tx)
        owners = names(SqlOfficeStore.reading(tx), {phone.person for phone in phones})
        never = site.text("kantor.perangkat.belum_pernah")
        rows = [
            DeviceRow(
                owner=owners.get(phone.person, "–"),
                model=phone.model or "–",
                enrolled=written.date_and_clock(phone.enrolled_ms),
                last=written.date_and_clock(heard[phone.id]) if phone.id in heard else never,
                revoked=phone.revoked_ms is not None,
            )
            for phone in phones
        ]
        found = {person.id: person for role in FIELD_ROLES for person in people(tx, role)}
        return rows, sorted(found.values(), key=lambda person: person.nama)

    async def draw(
        visitor: Visitor, code: CodeView | None, notice: Notice | None, status: int = 200
    ) -> Response[str]:
        rows, workers = await site.work(lambda: site.deps.engine.read(listed))
        values: dict[str, Any] = {"rows": rows, "workers": workers, "code": code, "notice": notice}
        values["qr"] = Markup(qr_svg(code)) if code else ""  # noqa: S704 - made by segno from our own code
        return await site.page("devices/devices.html", visitor, "perangkat", values, status=status)

    @get("/perangkat")
    async def devices(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_devices"):
            raise ForbiddenError
        return await draw(visitor, None, None)

    @post("/perangkat")
    async def new_code(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        if not may(visitor.person, "enrol_devices"):
            raise ForbiddenError
        given = await site.form(request, visitor.csrf)
        _, workers = await site.work(lambda: site.deps.engine.read(listed))
        person = next((worker for worker in workers if worker.id == given.get("petugas")), None)
        made = await site.work(lambda: site.deps.devices.new_code(person.id)) if person else None
        if person is None or made is None or isinstance(made, Problem):
            said = site.text("kantor.perangkat.salah_petugas")
            return await draw(visitor, None, Notice(tone="bad", icon="error", title=said), 422)
        until = written.clock(made.expires_ms)
        said = site.text("kantor.perangkat.kode_arti", nama=person.nama, waktu=until)
        address = f"{request.url.scheme}://{request.url.netloc}"
        return await draw(visitor, CodeView(code=made.code, said=said, address=address), None)

    return [devices, new_code]


def qr_svg(code: CodeView) -> str:
    """Draw address and code, parted by a space, as an SVG of their own."""
    out = io.BytesIO()
    drawn = segno.make(f"{code.address} {code.code}", error="m", micro=False)
    drawn.save(out, kind="svg", scale=5, border=2, xmldecl=False, svgns=True, nl=False, omitsize=False)
    return out.getvalue().decode()
