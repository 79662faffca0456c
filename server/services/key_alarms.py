"""Rescue keys that were made: phones are wrapped to a new one at their next sync, so nobody makes one unseen.

Rule: each whom it concerns marks for themselves, so whoever made it cannot hide it from the others.
"""

from schemas import format as written
from schemas.ids import PersonId
from schemas.text import Text
from server.access import Person, may
from server.engine import Reader
from server.queries import records_of_kind
from server.services.alarms import Alarm
from server.services.rescuing import KEY
from server.services.visits import names
from server.store import SqlOfficeStore


def new_keys(tx: Reader, text: Text, person: Person) -> list[Alarm]:
    """List the rescue keys that were ever made, newest first, as alarms of this person's own."""
    if not may(person, "handle_alarms"):
        return []
    made = sorted(records_of_kind(tx, KEY), key=lambda key: -int(key.fields["dibuat_ms"]))
    known = names(SqlOfficeStore.reading(tx), {PersonId(str(key.fields["oleh"])) for key in made})
    found = list[Alarm]()
    for key in made:
        nama = known.get(PersonId(str(key.fields["oleh"])), "–")
        waktu = written.date_and_clock(int(key.fields["dibuat_ms"]))
        title, todo = (text(f"hilang.alarm.kunci_baru{end}", nama=nama, waktu=waktu) for end in ("", "_arti"))
        name = f"{KEY}/{key.id}/{person.id}"
        found.append(Alarm(tone="bad", icon="key", title=title, text=todo, href="/perangkat", key=name))
    return found
