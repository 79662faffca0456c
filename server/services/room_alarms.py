"""Uses of the recovery key, until they were noted. Rule: each whom it concerns marks for themselves."""

from collections.abc import Callable

from schemas import format as written
from schemas.base import Data
from schemas.text import Text
from server import custody_store
from server.access import Person, may
from server.engine import Engine, Reader
from server.services.alarms import Alarm
from server.services.room_custody import Custodian
from server.services.room_officers import OfficersOfRoom
from server.services.visits import names
from server.store import SqlOfficeStore

PAGE = "/ruang/alarm"


class Glass(Data, frozen=True, kw_only=True):
    """One use of the recovery key that somebody has not marked as seen."""

    id: str
    title: str
    when: str


class RoomAlarms:
    """What Beranda tells of the room. Blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        text: Text,
        custodian: Custodian,
        officers: OfficersOfRoom,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._text, self._now_ms = engine, text, now_ms
        self._custodian, self._officers = custodian, officers

    def unseen(self, person: Person) -> list[Glass]:
        """List the uses of the recovery key that this person has not marked, newest first."""
        if not may(person, "see_broken_glass"):
            return []

        def work(tx: Reader) -> list[Glass]:
            rows = custody_store.alarms_unseen_by(tx, person.id)
            known = names(SqlOfficeStore.reading(tx), {row.person for row in rows})
            return [
                Glass(
                    id=row.alarm,
                    title=self._text("ruang.alarm.satu", kode=row.kode, nama=known.get(row.person, "–")),
                    when=written.date_and_clock(row.at_ms),
                )
                for row in rows
            ]

        return self._engine.read(work)

    def mark(self, person: Person, alarm: str) -> None:
        """Note that somebody has seen an alarm."""
        now = self._now_ms()
        self._engine.write(lambda tx: custody_store.mark_seen(tx, alarm, person.id, now)).result()

    def attention(self, person: Person) -> list[Alarm]:
        """Say what this person should know of the room: broken glass first, then a key that is old."""
        text = self._text
        found = [
            Alarm(
                tone="bad",
                icon="unlock",
                title=f"{glass.title}, {glass.when}",
                text=text("ruang.alarm.arti"),
                href=PAGE,
            )
            for glass in self.unseen(person)
        ]
        if self._custodian.is_officer(person) and self._officers.is_due():
            title, todo = text("ruang.alarm.kunci_lama"), text("ruang.alarm.kunci_lama_arti")
            found.append(Alarm(tone="notice", icon="key", title=title, text=todo, href="/ruang/kunci"))
        return found
