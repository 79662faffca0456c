"""Failed logins, told to whose account it is and to who looks after accounts. Rule: only behind a login.

What a login answers says nothing of it, so nobody learns here which accounts there are.
"""

from schemas import format as written
from schemas.base import Data
from schemas.ids import PersonId
from schemas.text import Text
from server import wrong_login_store as rows
from server.access import Person, may
from server.engine import Engine, Reader
from server.limits import shown_network
from server.services.alarms import Alarm
from server.services.visits import names
from server.store import SqlOfficeStore
from server.wrong_login_store import DAY_MS, Crowd, WrongLogin

PAGE = "/pengguna/percobaan"
MANY_NAMES = 5
"""So many names from one network on one day look like somebody who tries one password on all."""
OFTEN = 10
"""So many tries on one account on one day look like somebody who tries all passwords on one."""
ALARM_DAYS = 14
MOST_SHOWN = 200
MOST_OWN = 20


class TryView(Data, frozen=True, kw_only=True):
    """One failed login in words; `account` is empty on one's own page, `is_code`: the password had fitted."""

    when: str
    account: str
    place: str
    what: str
    is_code: bool


class OwnTries(Data, frozen=True, kw_only=True):
    """What failed on one's own account since the login before this one; `said` is a sentence."""

    said: str
    newest: tuple[TryView, ...]


class WrongLogins:
    """What the pages tell of failed logins. Blocks its thread."""

    def __init__(self, engine: Engine, text: Text) -> None:
        self._engine, self._text = engine, text

    def own(self, person: PersonId) -> OwnTries | None:
        """Return what failed on somebody's account since their login before this one, None for nothing."""

        def look(tx: Reader) -> tuple[int, Crowd, list[WrongLogin]]:
            before = rows.login_before(tx, person)
            every = rows.crowd_of_person(tx, person, before)
            return before, every, rows.of_person(tx, person, before, MOST_OWN)

        before, every, newest = self._engine.read(look)
        if not newest:
            return None
        since, count = written.date_and_clock(before or every.first_ms), written.number(every.count)
        return OwnTries(
            said=self._text("kantor.percobaan.milik_sendiri", jumlah=count, waktu=since),
            newest=tuple(self._view(each, "") for each in newest),
        )

    def newest(self) -> list[TryView]:
        """Return the newest failed logins to any account."""

        def look(tx: Reader) -> tuple[list[WrongLogin], dict[str, str]]:
            found = rows.newest(tx, MOST_SHOWN)
            return found, names(SqlOfficeStore.reading(tx), {each.person for each in found if each.person})

        found, known = self._engine.read(look)
        nobody = self._text("kantor.percobaan.tanpa_akun")
        return [self._view(each, known.get(each.person, "–") if each.person else nobody) for each in found]

    def _view(self, wrong: WrongLogin, account: str) -> TryView:
        return TryView(
            when=written.date_and_clock(wrong.at_ms),
            account=account,
            place=shown_network(wrong.network) or self._text("kantor.saya.tanpa_alamat"),
            what=self._text(f"kantor.percobaan.{wrong.what}_salah"),
            is_code=wrong.what == "kode",
        )


def login_alarms(tx: Reader, text: Text, person: Person, now_ms: int) -> list[Alarm]:
    """List what looks like guessing in the last days, for who handles alarms."""
    if not may(person, "handle_alarms"):
        return []
    since = now_ms - ALARM_DAYS * DAY_MS
    places, people = rows.networks_with(tx, since, MANY_NAMES), rows.people_with(tx, since, OFTEN)
    known = names(SqlOfficeStore.reading(tx), {each.person for each in people})
    return [
        *(_alarm(text, "bad", "tempat", each, tempat=shown_network(each.network)) for each in places),
        *(_alarm(text, "notice", "akun", each, nama=known.get(each.person, "–")) for each in people),
    ]


def _alarm(text: Text, tone: str, kind: str, crowd: Crowd, **about: str) -> Alarm:
    day = written.short_date(written.local_date(crowd.first_ms))
    values = {**about, "jumlah": written.number(crowd.count), "hari": day}
    # twice as many on the same day is another alarm, also where the first was seen to
    key = f"percobaan/{kind}/{crowd.first_ms}/{crowd.count.bit_length()}"
    title, todo = (text(f"kantor.percobaan.alarm_{kind}{end}", **values) for end in ("", "_arti"))
    return Alarm(tone=tone, icon="lock", title=title, text=todo, href=PAGE, key=key)
