"""Pengguna: who works here and with which rights, what is asked about their accounts, and the answers.

Rule: a password that was made stands in one answer and nowhere else; nothing here shows a case.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId
from server import factor_store, people_store, queries
from server.access import ROLES, WHOLE_WHEN_UNLISTED, Person, may
from server.engine import Reader
from server.services.people import left_of, load_person, person_of
from server.services.permits import RESETS, Asked, Done, Refused, Request, What
from server.web.errors import ForbiddenError, MissingError
from server.web.replies import onward
from server.web.site import Asking, Notice, Site, Visitor
from server.web.turns import BUSY, Busy

ROLE, SERVICE, AREA, CHOSEN = "peran.", "layanan.", "wilayah.", "ya"
SERVICES = ("bpnt", "kis", "ktkpm", "pengaduan")


class Row(Data, frozen=True, kw_only=True):
    """One person in words."""

    person: Person
    username: str
    roles: str
    services: str
    areas: str
    has_code: bool


class Waiting(Data, frozen=True, kw_only=True):
    """One request in words, and what its reader may do with it. `places`: which desa, a line a kecamatan."""

    id: str
    title: str
    said: str
    rights: str
    places: tuple[str, ...]
    may_approve: bool
    is_own: bool


def people_routes(site: Site) -> list[Any]:
    """Return the handlers of the pages."""

    async def allowed(request: Asking) -> Visitor:
        visitor = await site.visitor(request)
        if not may(visitor.person, "see_people"):
            raise ForbiddenError
        return visitor

    async def draw(
        visitor: Visitor, notice: Notice | None = None, status: int = 200, password: str = ""
    ) -> Response[str]:
        values = {
            "rows": await site.work(lambda: site.deps.engine.read(lambda tx: _rows(site, tx))),
            "waiting": await site.work(lambda: _waiting(site, visitor.person)),
            "left": await site.work(lambda: site.deps.engine.read(lambda tx: _left(site, tx))),
            "may_manage": may(visitor.person, "manage_people"),
            "choices": _choices(site, None),
            "password": password,
            "notice": notice,
        }
        return await site.page("people/list.html", visitor, "pengguna", values, status=status)

    @get("/pengguna")
    async def people(request: Asking) -> Response[str]:
        done = request.query_params.get("hasil", "")
        notice = _good(site, done) if done in ("diminta", "selesai") else None
        return await draw(await allowed(request), notice)

    @post("/pengguna")
    async def answer(request: Asking) -> Response[Any]:
        visitor = await allowed(request)
        given = await site.form(request, visitor.csrf)
        # an approval may hash a password, so it waits its turn beside the logins
        turn = site.turns.work if given.get("langkah") == "setuju" else site.work
        outcome = await turn(lambda: _answered(site, visitor.person, given))
        if isinstance(outcome, Busy):
            notice = Notice(tone="bad", icon="error", title=site.text("kantor.masuk.ramai"))
            return await draw(visitor, notice, BUSY)
        if isinstance(outcome, Done) and outcome.password:
            return await draw(visitor, _good(site, "selesai"), password=outcome.password)
        return await told(visitor, outcome)

    async def told(visitor: Visitor, outcome: Asked | Done | Refused) -> Response[Any]:
        if isinstance(outcome, Refused):
            if outcome.why == "peran":
                raise ForbiddenError
            said = site.text(f"kantor.pengguna.tolak.{outcome.why}")
            return await draw(visitor, Notice(tone="bad", icon="error", title=said), 422)
        done = "diminta" if isinstance(outcome, Asked) else "selesai"
        return onward(f"/pengguna?hasil={done}")

    @get("/pengguna/{person:str}")
    async def one(request: Asking, person: FromPath[str]) -> Response[str]:
        visitor = await allowed(request)
        rows = await site.work(lambda: site.deps.engine.read(lambda tx: _rows(site, tx)))
        row = next((each for each in rows if each.person.id == person), None)
        if row is None:
            raise MissingError
        manages = may(visitor.person, "manage_people") and person != visitor.person.id
        values = {"row": row, "may_manage": manages, "choices": _choices(site, row.person)}
        return await site.page("people/one.html", visitor, "pengguna", values)

    @post("/pengguna/{person:str}")
    async def change(request: Asking, person: FromPath[str]) -> Response[Any]:
        visitor = await allowed(request)
        if not may(visitor.person, "manage_people"):
            raise ForbiddenError
        given = await site.form(request, visitor.csrf)
        return await told(
            visitor, await site.work(lambda: _changed(site, visitor.person, PersonId(person), given))
        )

    return [people, answer, one, change]


def _answered(site: Site, by: Person, given: dict[str, str]) -> Asked | Done | Refused:
    """Ask that somebody be let in, or answer a request."""
    name = given.get("izin", "")[:32]
    match given.get("langkah"):
        case "tambah":
            new = Person(id=PersonId(""), nama=given.get("nama", ""), kode=given.get("kode", ""))
            about = _typed(site, given, new)
            return site.permits.ask_new(by, about, given.get("akun", "")[:64])
        case "kembali":
            return site.permits.ask_return(by, PersonId(given.get("orang", "")[:32]))
        case "setuju":
            return site.permits.approve(by, name)
        case "tolak":
            return site.permits.refuse(by, name)
        case _:
            return Refused(why="berubah")


def _changed(site: Site, by: Person, name: PersonId, given: dict[str, str]) -> Asked | Done | Refused:
    """Ask for another standing of somebody, or note that they left."""
    step = given.get("langkah", "")
    reset: What | None = next((each for each in RESETS if each == step), None)
    if reset is not None:
        return site.permits.ask_reset(by, name, reset)
    if step == "keluar":
        return site.permits.leave(by, name)
    if step == "nama":
        return site.permits.ask_name(by, name, given.get("nama", ""))
    if step == "sesi":
        return site.permits.end_sessions(by, name)
    known = site.deps.engine.read(lambda tx: load_person(tx, name))
    if step != "hak" or known is None:
        return Refused(why="berubah")
    return site.permits.ask_rights(by, _typed(site, given, known))


def _good(site: Site, key: str) -> Notice:
    return Notice(tone="good", icon="done", title=site.text(f"kantor.pengguna.{key}"))


def _typed(site: Site, given: dict[str, str], known: Person) -> Person:
    """Read ticked roles, services and desa; what the page has no box for, as a whole kecamatan, stays."""
    desa = {option.value for group in site.regions for option in group.options}
    ticked = [key for key, value in given.items() if value == CHOSEN]
    here = desa.intersection(key.removeprefix(AREA) for key in ticked if key.startswith(AREA))
    ticked_services = [each for each in SERVICES if SERVICE + each in ticked]
    return Person(
        id=known.id,
        nama=known.nama,
        kode=known.kode,
        roles=tuple(role for role in ROLES if ROLE + role in ticked),
        services=(*ticked_services, *(each for each in known.services if each not in SERVICES)),
        areas=(*sorted(here), *(each for each in known.areas if each not in desa)),
    )


def _choices(site: Site, person: Person | None) -> dict[str, Any]:
    """What can be ticked, and what is: roles, services, and desa by kecamatan with how many are ticked."""
    held = person or Person(id=PersonId(""), nama="")
    groups = [
        (
            group.label,
            [(AREA + option.value, option.label, option.value in held.areas) for option in group.options],
            sum(option.value in held.areas for option in group.options),
        )
        for group in site.regions
    ]
    return {
        "roles": [(ROLE + role, site.text(f"peran.{role}"), role in held.roles) for role in ROLES],
        "services": [
            (SERVICE + each, site.text(f"layanan.{each}"), each in held.services) for each in SERVICES
        ],
        "groups": groups,
    }


def _rows(site: Site, tx: Reader) -> list[Row]:
    names = people_store.usernames(tx)
    found = [person for person in map(person_of, queries.petugas(tx)) if person is not None]
    return [
        Row(
            person=person,
            username=names.get(person.id, ""),
            roles=", ".join(site.text(f"peran.{role}") for role in person.roles),
            services=_services(site, person),
            areas=_areas(site, person),
            has_code=factor_store.is_set_up(tx, person.id),
        )
        for person in sorted(found, key=lambda each: each.nama.casefold())
    ]


def _left(site: Site, tx: Reader) -> list[tuple[Person, str]]:
    """Return who left, by name, and which roles they had, in words."""
    found = [person for person in map(left_of, queries.petugas(tx)) if person is not None]
    return [
        (each, ", ".join(site.text(f"peran.{role}") for role in each.roles))
        for each in sorted(found, key=lambda each: each.nama.casefold())
    ]


def _services(site: Site, person: Person) -> str:
    said = (
        site.text(f"layanan.{each}") if f"layanan.{each}" in site.text else each for each in person.services
    )
    return ", ".join(said) or site.text(f"kantor.pengguna.{_unlisted(person)}_layanan")


def _areas(site: Site, person: Person) -> str:
    if not person.areas:
        return site.text(f"kantor.pengguna.{_unlisted(person)}_wilayah")
    return site.text("kantor.pengguna.jumlah_wilayah", jumlah=len(person.areas))


def _places(site: Site, person: Person) -> tuple[str, ...]:
    """Name the desa of somebody, a line a kecamatan, or all of a larger region; whoever approves answers."""
    lines: dict[str, list[str]] = {}
    for code in sorted(person.areas):
        found = site.words.wilayah.get(code)
        if found is None or found.level in ("kabupaten", "kecamatan"):
            lines.setdefault(code, []).append(site.text("umum.semua"))
        else:
            lines.setdefault(found.parent, []).append(found.nama)
    return tuple(f"{site.words.region(above)}: {', '.join(names)}" for above, names in lines.items())


def _unlisted(person: Person) -> str:
    """What it means that nothing is listed: everything for roles of the office, nothing for the others."""
    return "semua" if WHOLE_WHEN_UNLISTED.intersection(person.roles) else "tanpa"


def _waiting(site: Site, reader: Person) -> list[Waiting]:
    found = site.permits.waiting()
    known = {
        each.id: each.nama
        for each in map(person_of, site.deps.engine.read(queries.petugas))
        if each is not None
    }
    return [_asked(site, each, known, reader) for each in found]


def _asked(site: Site, each: Request, known: dict[PersonId, str], reader: Person) -> Waiting:
    about = each.about
    by, before = known.get(each.by, "–"), known.get(about.id, "–")
    title = site.text(f"kantor.pengguna.minta.{each.what}", nama=about.nama, kode=about.kode, semula=before)
    roles = ", ".join(site.text(f"peran.{role}") for role in about.roles)
    rights = f"{roles} · {_services(site, about)} · {_areas(site, about)}"
    gives_rights = each.what in ("tambah", "hak", "kembali")
    return Waiting(
        id=each.id,
        title=title,
        said=site.text("kantor.pengguna.diminta_oleh", nama=by, waktu=written.date_and_clock(each.at_ms)),
        rights=rights if gives_rights else "",
        places=_places(site, about) if gives_rights else (),
        may_approve=may(reader, "approve_people") and reader.id not in (each.by, about.id),
        is_own=each.by == reader.id,
    )
