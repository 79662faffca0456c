"""Beranda: what needs attention, and a few counts, each a way to what it counts."""

from typing import Any

from litestar import Response, get
from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from server.access import Person, may
from server.services import lost_views
from server.services.alarms import DAY_MS, Alarm
from server.services.backups import Standing
from server.services.holidays import missing_year
from server.services.incident_clock import Deadline
from server.settings import OLD_CONFLICT
from server.web.queue import MINE
from server.web.requests import clock_of
from server.web.site import Asking, Site, Visitor

MOST_ALARMS = 8
LEAST_OF_PHONES = 3
"""So many alarms of phones are shown however much else there is."""
PHONES = "/perangkat"
HANDED = {"diterima": "diserahkan_diterima", "ditahan": "diserahkan_ditahan"}
"""What is said of visits that a colleague left to somebody, by the state that they wait in."""


class Tile(Data, frozen=True, kw_only=True):
    """One count."""

    href: str
    icon: str
    count: int
    label: str
    hint: str


VISITS = (
    ("menunggu", "diterima", "inbox"),
    ("ditahan", "ditahan", "hourglass"),
    ("dikembalikan", "dikembalikan", "returned"),
    ("disetujui", "disetujui", "approved"),
)


def home_routes(site: Site) -> list[Any]:
    """Return the handler of the first page."""

    @get("/")
    async def home(request: Asking) -> Response[str]:
        visitor = await site.visitor(request)
        found = await site.work(lambda: _alarms(site, visitor))
        in_field = visitor.person.roles == ("pendamping",)
        values = {
            "tiles": await site.work(lambda: _tiles(site, visitor)),
            "alarms": _shown(found),
            "alarm_count": len(found),
            "today": written.long_date(written.local_date(site.deps.now_ms())),
            "warning": await site.work(lambda: _warning(site, visitor)),
            "unsent": [
                (each.target, written.clock(each.at_ms)) for each in site.typing.unsent.all(visitor.person.id)
            ],
            "note": site.text("kantor.beranda.lapangan") if in_field else "",
        }
        return await site.page("home/home.html", visitor, "beranda", values)

    return [home]


def _tiles(site: Site, visitor: Visitor) -> list[Tile]:
    person, found = visitor.person, list[Tile]()
    if may(person, "see_visits"):
        for name, state, icon in VISITS:
            count = site.queue.count(person, state)
            found.append(_tile(site, name, f"/antrean?status={state}", icon, count))
    if may(person, "see_conflicts"):
        found.append(_tile(site, "konflik", "/konflik", "conflict", site.conflicts.count(person)))
    if may(person, "see_cases"):
        count, late = site.cases.count(person, written.local_date(site.deps.now_ms()))
        tile = _tile(site, "kasus", "/kasus", "task", count)
        hint = site.text("kantor.beranda.kasus_lewat", jumlah=late) if late else tile.hint
        found.append(replace(tile, hint=hint))
    if may(person, "match_warga"):
        waiting = site.matching.counts(person)
        found.append(_tile(site, "baru", "/orang-baru", "help", waiting.fresh))
        found.append(_tile(site, "ganda", "/kemungkinan-ganda", "double", waiting.pairs))
    if site.room.custodian.is_officer(person):
        found.append(_tile(site, "ruang", "/ruang", "lock", site.room.cases.count()))
    if may(person, "see_devices"):
        found.append(_tile(site, "perangkat", PHONES, "device", site.device_count()))
    return found


def _warning(site: Site, visitor: Visitor) -> Standing | None:
    """Tell admins on their first page when the office is not safe."""
    standing = site.backups.standing() if may(visitor.person, "see_backups") else None
    return standing if standing is not None and standing.tone != "good" else None


def _alarms(site: Site, visitor: Visitor) -> list[Alarm]:
    """List what needs attention, for those who look after the office."""
    person = visitor.person
    found = [*site.room.alarms.attention(person), *_asked(site, person)]
    found += _own_tries(site, person)
    found += [
        *_unnumbered(site, person),
        *_days_off(site, person),
        *_left_behind(site, person),
        *_handed(site, person),
        *_incidents(site, visitor),
        *_requests(site, visitor),
    ]
    if may(person, "see_devices"):
        found = lost_views.attention(site.lost, site.text, person, site.owners()) + found
    if not may(person, "handle_alarms"):
        return found
    if may(person, "see_backups") and not site.deps.key_file.is_printed():
        found.append(_alarm(site, "lock", "kunci", 1, "/cadangan"))
    kept = site.quarantine.count(person)
    if kept:
        found.append(_alarm(site, "pause", "karantina", kept, "/karantina"))
    days = site.settings.now().value(OLD_CONFLICT)
    waiting = site.conflicts.count(person, site.deps.now_ms() - days * DAY_MS)
    if waiting:
        found.append(_alarm(site, "conflict", "konflik_lama", waiting, "/konflik", hari=days))
    return found + site.alarms.attention(person)


def _shown(found: list[Alarm]) -> list[Alarm]:
    """Put the grave ones first. Left out is only what stands on the page of phones too: these may be many."""
    found = sorted(found, key=_is_light)
    phones = [alarm for alarm in found if alarm.href == PHONES]
    others = [alarm for alarm in found if alarm.href != PHONES]
    room = max(MOST_ALARMS - len(others), LEAST_OF_PHONES)
    return sorted([*others, *phones[:room]], key=_is_light)


def _is_light(alarm: Alarm) -> bool:
    return alarm.tone != "bad"


def _handed(site: Site, person: Person) -> list[Alarm]:
    """Tell somebody that a colleague left visits to them, by the state that these wait in."""
    if not may(person, "decide_visits"):
        return []
    counts = {state: site.queue.count(person, state, handed=True) for state in HANDED}
    return [
        _alarm(site, "forward", HANDED[state], count, f"/antrean?status={state}&untuk={MINE}")
        for state, count in counts.items()
        if count
    ]


def _left_behind(site: Site, person: Person) -> list[Alarm]:
    """Tell whoever gives out work that some lies with somebody who left."""
    return [
        _alarm(site, "task_add", "tugas_tertinggal", count, f"/penugasan/petugas/{each.id}", nama=each.nama)
        for each, count in site.assigning.left_behind(person)
    ]


def _unnumbered(site: Site, person: Person) -> list[Alarm]:
    """Tell whoever keeps the numbers of letters in time that a year has none."""
    year = site.letter_numbers.lacking() if may(person, "set_letters") else None
    return [_alarm(site, "file", "tanpa_nomor", 1, "/surat/nomor", tahun=year)] if year else []


def _days_off(site: Site, person: Person) -> list[Alarm]:
    """Tell whoever records the days off in time that a year has none."""
    if not may(person, "set_holidays"):
        return []
    year = missing_year(site.holidays.now(), written.local_date(site.deps.now_ms()))
    return (
        [_alarm(site, "calendar", "hari_libur", 1, f"/hari-libur?tahun={year}", tahun=year)] if year else []
    )


def _asked(site: Site, person: Person) -> list[Alarm]:
    """Tell who may allow it that something about accounts is asked."""
    count = len(site.permits.waiting()) if may(person, "approve_people") else 0
    return [_alarm(site, "person", "izin_akun", count, "/pengguna")] if count else []


def _own_tries(site: Site, person: Person) -> list[Alarm]:
    """Tell whoever logged in what failed on their account since they did so before."""
    found = site.wrong_logins.own(person.id)
    text = site.text("kantor.percobaan.milik_sendiri_arti")
    return [Alarm(tone="notice", icon="lock", title=found.said, text=text, href="/akun")] if found else []


def _alarm(site: Site, icon: str, key: str, count: int, href: str, **more: int | str) -> Alarm:
    said, todo = f"kantor.alarm.{key}", f"kantor.alarm.{key}_arti"
    values = {"jumlah": count, **more}
    title, text = site.text(said, **values), site.text(todo, **values)
    return Alarm(tone="notice", icon=icon, title=title, text=text, href=href)


def _incidents(site: Site, visitor: Visitor) -> list[Alarm]:
    """List the failures of protection that who reads must tell of, with the hours that are left."""
    return [
        _timed(site, f"insiden.jenis.{each.kind}", "insiden", f"/insiden/{each.id}", each.clock)
        for each in site.incidents.waiting(visitor.person)
    ]


def _requests(site: Site, visitor: Visitor) -> list[Alarm]:
    """List what people asked about their data and who reads must answer, with the hours that are left."""
    return [
        _timed(site, f"permintaan.jenis.{each.kind}", "permintaan", f"/permintaan/{each.id}", each.clock)
        for each in site.requests.waiting(visitor.person)
    ]


def _timed(site: Site, what: str, page: str, href: str, deadline: Deadline) -> Alarm:
    clock = clock_of(site, deadline)
    return Alarm(
        tone="info" if clock.tone == "quiet" else clock.tone,
        icon=clock.icon,
        title=f"{site.text(f'kantor.{what}')}: {clock.word}",
        text=site.text(f"kantor.{page}.alarm_arti"),
        href=href,
    )


def _tile(site: Site, name: str, href: str, icon: str, count: int) -> Tile:
    label, hint = site.text(f"kantor.beranda.{name}"), site.text(f"kantor.beranda.{name}_arti")
    return Tile(href=href, icon=icon, count=count, label=label, hint=hint)
