"""Keys with which other systems read. Rule: shown once, kept as a hash, narrow and for a time.

A key is a record of kind `kunci_data` in the office's chain: who gave it to which system, by which letter,
how far it reaches, until when, and when it was ended. So making and ending one stand on record, and come back
with every restore. After a restore every key made before is dead, for its end may have been lost.
"""

import base64
import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from schemas.base import Data
from schemas.format import local_date
from schemas.ids import PersonId, RecordId
from schemas.text import Text
from schemas.wilayah import Wilayah
from server import api_store, restore_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.limits import SLACK_MS
from server.queries import records_of_kind
from server.services.chain_record import record_of, write_record
from server.services.handouts import MOST_TEXT, Handout, note_handout
from server.services.looks import note_looks
from server.services.people import Actor
from sync.change import Accessed
from sync.store import Fields, Record

KEY = "kunci_data"
PREFIX = "sambang_"
KEY_BYTES = 32
SERVICES = ("bpnt", "kis", "pengaduan")
"""What a key may reach: sealed services never."""
DAYS = (30, 90, 180, 365)
DAY_MS = 86_400_000
MOST_NAME = 80
_LENGTH = len(PREFIX) + 43


class ApiKey(Data, frozen=True, kw_only=True):
    """A key. `areas` are regions with all below them, none for the whole kabupaten.

    `named`: names and addresses are given too; `visits`: visits are told of too. Times in UTC ms;
    `ended_ms` is 0 while nobody ended it.
    """

    id: RecordId
    system: str
    services: tuple[str, ...]
    areas: tuple[str, ...]
    named: bool
    letter: str
    basis: str
    by: PersonId
    made_ms: int
    until_ms: int
    ended_ms: int = 0
    restored: bool = False
    visits: bool = False

    def is_good(self, now_ms: int) -> bool:
        """Whether it opens anything; not what was made on a day that has not come."""
        is_in_time = self.made_ms - SLACK_MS <= now_ms < self.until_ms
        return not self.ended_ms and not self.restored and is_in_time


class NewKey(Data, frozen=True, kw_only=True):
    """What a key is asked for; `days` until it ends by itself."""

    system: str
    services: tuple[str, ...]
    area: str
    named: bool
    days: int
    letter: str
    basis: str
    visits: bool = False


class Made(Data, frozen=True, kw_only=True):
    """A key that was made, with the only copy of its text."""

    id: RecordId
    text: str


class ApiKeys:
    """The use cases. Each blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        office_person: PersonId,
        text: Text,
        wilayah: Wilayah,
        *,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._office_person = engine, office, office_person
        self._text, self._wilayah = text, wilayah
        self._now_ms, self._randomness = now_ms, randomness

    def make(self, person: Person, asked: NewKey) -> Made | str:
        """Make a key and note who is given data; a key under `kunci_data.masalah` when it is refused."""
        if not may(person, "manage_api"):
            return "peran"
        if refused := self._refused(asked):
            return refused
        text = PREFIX + base64.urlsafe_b64encode(self._randomness(KEY_BYTES)).decode().rstrip("=")
        digest, now = sha256(text.encode()).hexdigest(), self._now_ms()
        name = RecordId(digest[:32])
        fields: Fields = {"sistem": asked.system.strip(), "layanan": list(asked.services)}
        fields |= {"wilayah": [asked.area] if asked.area else [], "bernama": asked.named, "sidik": digest}
        fields |= {"kunjungan": asked.visits}
        fields |= {"surat": asked.letter.strip(), "dasar": asked.basis.strip(), "oleh": person.id}
        fields |= {"at_ms": now, "sampai_ms": now + asked.days * DAY_MS, "diakhiri_ms": 0}
        given = Handout(
            recipient="lain",
            day=local_date(now).isoformat(),
            what=self._text(
                f"kunci_data.{'penyerahan_kunjungan' if asked.visits else 'penyerahan'}",
                sistem=asked.system.strip(),
            ),
            people=0,
            letter=asked.letter,
            basis=asked.basis,
            by=person.id,
            at_ms=now,
        )

        def work(tx: Writer) -> bool:
            noted = RecordId(self._randomness(16).hex())
            return write_record(tx, self._office, person.id, KEY, name, fields) and note_handout(
                tx, self._office, noted, given
            )

        if not self._engine.write(work).result():
            raise RuntimeError("the office's own chain did not take a key")
        return Made(id=name, text=text)

    def end(self, person: Person, name: RecordId) -> bool:
        """End a key at once. Returns whether it was one that was not ended before."""
        if not may(person, "manage_api"):
            return False

        def work(tx: Writer) -> bool:
            found = record_of(tx, name, KEY)
            if found is None or found.fields.get("diakhiri_ms"):
                return False
            fields: Fields = {"diakhiri_ms": self._now_ms()}
            return write_record(tx, self._office, person.id, KEY, name, fields)

        return self._engine.write(work).result()

    def all(self) -> list[tuple[ApiKey, api_store.Day | None]]:
        """Return every key, the newest first, with the last day on which it was used."""

        def work(tx: Reader) -> list[tuple[ApiKey, api_store.Day | None]]:
            used = api_store.last_days(tx)
            keys = [_key(each, _restored_ms(tx)) for each in records_of_kind(tx, KEY)]
            return [(key, used.get(key.id)) for key in keys]

        return sorted(self._engine.read(work), key=lambda each: each[0].made_ms, reverse=True)

    def find(self, text: str) -> ApiKey | None:
        """Return the key of a text, if it opens anything."""
        if len(text) != _LENGTH or not text.startswith(PREFIX):
            return None
        digest = sha256(text.encode()).hexdigest()

        def work(tx: Reader) -> ApiKey | None:
            found = record_of(tx, RecordId(digest[:32]), KEY)
            if found is None or not hmac.compare_digest(str(found.fields.get("sidik")), digest):
                return None
            return _key(found, _restored_ms(tx))

        key = self._engine.read(work)
        return key if key is not None and key.is_good(self._now_ms()) else None

    def count(self, key: ApiKey, rows: int) -> None:
        """Count one call, durably."""
        now = self._now_ms()
        day = local_date(now).isoformat()
        self._engine.write(lambda tx: api_store.count_call(tx, key.id, day, rows, now)).result()

    def note_days(self) -> None:
        """Put the days that are over into the chain: one look for each key and day."""
        today = local_date(self._now_ms()).isoformat()
        if not self._engine.read(lambda tx: api_store.unnoted(tx, today)):
            return

        def work(tx: Writer) -> None:
            days = api_store.unnoted(tx, today)
            looks = [Accessed(subject=day.token, purpose=self._said(day)) for day in days]
            note_looks(tx, self._office, self._office_person, *looks)
            for day in days:
                api_store.noted(tx, day)

        self._engine.write(work).result()

    def _said(self, day: api_store.Day) -> str:
        return self._text(
            "kunci_data.catatan_hari", hari=day.day, panggilan=day.calls, baris=day.rows, kunci=day.token[:8]
        )

    def _refused(self, asked: NewKey) -> str | None:
        if not 0 < len(asked.system.strip()) <= MOST_NAME:
            return "sistem"
        if not asked.services or not set(asked.services) <= set(SERVICES):
            return "layanan"
        if asked.area and self._wilayah.get(asked.area) is None:
            return "wilayah"
        if asked.days not in DAYS:
            return "masa"
        texts = (asked.letter, asked.basis)
        return None if all(0 < len(each.strip()) <= MOST_TEXT for each in texts) else "dasar"


def _restored_ms(tx: Reader) -> int:
    restore = restore_store.last_restore(tx)
    return restore.at_ms if restore is not None else 0


def _key(record: Record, restored_ms: int) -> ApiKey:
    fields: dict[str, Any] = record.fields
    made_ms = int(fields["at_ms"])
    return ApiKey(
        id=record.id,
        system=str(fields["sistem"]),
        services=tuple(each for each in fields["layanan"] if each in SERVICES),
        areas=tuple(str(each) for each in fields["wilayah"]),
        named=bool(fields["bernama"]),
        letter=str(fields["surat"]),
        basis=str(fields["dasar"]),
        by=PersonId(fields["oleh"]),
        made_ms=made_ms,
        until_ms=int(fields["sampai_ms"]),
        ended_ms=int(fields.get("diakhiri_ms") or 0),
        restored=made_ms <= restored_ms,
        visits=bool(fields.get("kunjungan")),  # keys of before have no word on it
    )
