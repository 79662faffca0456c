"""Insiden: failures of protecting data, each with its 3 × 24 hours, and the letters that tell of them.

Rule: no person of the data is named here; the letter to those concerned is addressed by hand.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.ids import RecordId
from server.access import may
from server.services.incidents import KINDS, MOST_PEOPLE, MOST_TEXT, TOLD, Incident, NotDone, Said
from server.web.errors import MissingError
from server.web.paper import Paper, paper_page
from server.web.protection import protector
from server.web.register_form import count_of, moment_of
from server.web.replies import onward
from server.web.requests import clock_of
from server.web.site import Asking, Notice, Site, Visitor


def incident_routes(site: Site) -> list[Any]:
    """Return the handlers of the list and of taking an incident down."""

    async def draw(visitor: Visitor, notice: Notice | None, status: int = 200) -> Response[str]:
        found = await site.work(lambda: site.incidents.all(visitor.person))
        lost = await site.work(site.lost.all)
        values = {
            "rows": [
                (each, clock_of(site, each.clock), written.date_and_clock(each.known_ms)) for each in found
            ],
            "lost": [(each, clock_of(site, each.clock)) for each in lost],
            "may_handle": may(visitor.person, "handle_incidents"),
            "kinds": KINDS,
            "most": MOST_TEXT,
            "now": written.local(site.deps.now_ms()).strftime("%Y-%m-%dT%H:%M"),
            "notice": notice,
        }
        return await site.page("incidents/list.html", visitor, "pelindungan", values, status=status)

    @get("/insiden")
    async def page(request: Asking) -> Response[str]:
        return await draw(await protector(site, request), None)

    @post("/insiden")
    async def report(request: Asking) -> Response[Any]:
        visitor = await protector(site, request, "handle_incidents")
        given = await site.form(request, visitor.csrf)
        known, said = moment_of(given.get("diketahui", "")), _said(given)
        if known is None or said is None:
            return await draw(visitor, _problem(site, NotDone(why="waktu" if known is None else "isi")), 422)
        answer = await site.work(
            lambda: site.incidents.report(visitor.person, given.get("jenis", ""), known, said)
        )
        if isinstance(answer, NotDone):
            return await draw(visitor, _problem(site, answer), 422)
        return onward(f"/insiden/{answer}")

    return [page, report]


def one_incident_routes(site: Site) -> list[Any]:
    """Return the handlers of one incident's page and letters."""

    async def draw(visitor: Visitor, name: str, notice: Notice | None, status: int = 200) -> Response[str]:
        found = await _one(site, visitor, name)
        values = {
            "one": found,
            "clock": clock_of(site, found.clock),
            "known": written.date_and_clock(found.known_ms),
            "until": written.date_and_clock(found.clock.until_ms),
            "told": {whom: written.date_and_clock(at) if at else "" for whom, at in found.told_ms.items()},
            "may_handle": may(visitor.person, "handle_incidents"),
            "most": MOST_TEXT,
            "notice": notice,
        }
        return await site.page("incidents/one.html", visitor, "pelindungan", values, status=status)

    @get("/insiden/{name:str}")
    async def one(request: Asking, name: FromPath[str]) -> Response[str]:
        return await draw(await protector(site, request), name, None)

    @post("/insiden/{name:str}")
    async def act(request: Asking, name: FromPath[str]) -> Response[Any]:
        visitor = await protector(site, request, "handle_incidents")
        given = await site.form(request, visitor.csrf)
        refused = await site.work(lambda: _done(site, visitor, RecordId(name), given))
        if refused is not None:
            return await draw(visitor, name, _problem(site, refused), 422)
        return onward(f"/insiden/{name}")

    @get("/insiden/{name:str}/surat/{whom:str}")
    async def letter(request: Asking, name: FromPath[str], whom: FromPath[str]) -> Response[str]:
        visitor = await protector(site, request)
        found = await _one(site, visitor, name)
        if whom not in TOLD:
            raise MissingError
        return await paper_page(site, visitor, _letter(site, found, whom))

    return [one, act, letter]


async def _one(site: Site, visitor: Visitor, name: str) -> Incident:
    found = await site.work(lambda: site.incidents.one(visitor.person, RecordId(name)))
    if found is None:
        raise MissingError
    return found


def _done(site: Site, visitor: Visitor, name: RecordId, given: dict[str, str]) -> NotDone | None:
    work, person = site.incidents, visitor.person
    match given.get("langkah"):
        case "simpan":
            said = _said(given)
            return work.say(person, name, said) if said is not None else NotDone(why="isi")
        case "diberitahu":
            return work.told(person, name, given.get("kepada", ""))
        case "tutup":
            return work.close(person, name, given.get("hasil", ""))
        case _:
            return NotDone(why="berubah")


def _said(given: dict[str, str]) -> Said | None:
    people = count_of(given.get("jumlah", ""), MOST_PEOPLE)
    if people is None:
        return None
    story, data = given.get("uraian", ""), given.get("data", "")
    return Said(story=story, data=data, people=people, handling=given.get("penanganan", ""))


def _problem(site: Site, refused: NotDone) -> Notice:
    return Notice(tone="bad", icon="error", title=site.text(f"kantor.insiden.masalah.{refused.why}"))


def _letter(site: Site, found: Incident, whom: str) -> Paper:
    text = site.text
    facts = {
        "kejadian": text(f"kantor.insiden.jenis.{found.kind}"),
        "diketahui": written.date_and_clock(found.known_ms),
        "uraian": found.said.story,
        "data": found.said.data,
        "penanganan": found.said.handling,
    }
    if whom == "lembaga":
        facts["jumlah"] = written.number(found.said.people)
    return Paper(
        back=f"/insiden/{found.id}",
        title=text("kantor.insiden.surat.judul"),
        opening=(text(f"kantor.insiden.surat.kepada_{whom}"), text("kantor.insiden.surat.pembuka")),
        facts=tuple((text(f"kantor.insiden.surat.{name}"), value) for name, value in facts.items()),
        closing=(text(f"kantor.insiden.surat.penutup_{whom}"),),
        signs=((text("kantor.insiden.surat.kepala"), ""),),
    )
