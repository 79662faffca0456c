"""Who can open the room, and its keys as time passes. Rule: contents never change; what they were sealed to
is sealed anew beside them.

A removed officer's seals are gone at once; what they may have kept of an older key opens nothing that is
sealed to a newer one, so a removal offers a rotation. Older keys stay readable for those who are named now:
a phone that was away for a year still seals to the one it knows, and nothing of hers may be lost.
"""

from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from schemas.base import Data, Message, decode, encode
from schemas.ids import ChangeId, PersonId
from schemas.words import unit_words
from server import custody, custody_store, sealed_store
from server.access import Person, may
from server.custody import RECOVERY, Custody, Secrets
from server.engine import Engine, Reader
from server.sealing import open_key, seal_key
from server.services.people import people
from server.services.room_ceremony import Ceremonies
from server.services.room_custody import (
    SERVICE,
    Custodian,
    UnitKeys,
    load_custody,
    load_unit_keys,
    vouched_for,
)
from server.services.room_held import Held, Refusal
from server.services.room_seals import seals_of
from server.store import SqlOfficeStore
from sync.change import read
from sync.sealed_case import info_of, name_of

WHAT = "petugas"
ADDING_MS = 15 * 60_000
SAME_SCREEN = ""
YEAR_MS = 365 * 86_400_000
BATCH = 200


class Adding(Message, frozen=True, kw_only=True):
    """An officer who is being taken in: by whom, and the secrets that they will open."""

    by: PersonId
    person: PersonId
    secrets: Secrets


class Officers(Data, frozen=True, kw_only=True):
    """Who is named, who might be, and how old the newest key is. `due`: it is more than a year old."""

    named: tuple[Person, ...]
    gone: tuple[PersonId, ...]
    others: tuple[Person, ...]
    words: tuple[str, ...]
    number: int
    made_ms: int
    due: bool


class OfficersOfRoom:
    """The use cases of naming officers and of rotating keys. Blocks its thread."""

    def __init__(self, engine: Engine, custodian: Custodian, held: Held, ceremonies: Ceremonies) -> None:
        self._engine, self._custodian, self._held, self._ceremonies = engine, custodian, held, ceremonies

    def all(self) -> Officers | None:
        """Return who is named; None before the ceremony."""
        return self._engine.read(self._all)

    def is_due(self) -> bool:
        """Whether the newest key is more than a year old."""
        keys = self._engine.read(load_unit_keys)
        return keys is not None and self._custodian.now_ms() - keys.newest.made_ms > YEAR_MS

    def begin_adding(self, person: Person, passphrase: str, whom: PersonId) -> str | Refusal:
        """Let an officer vouch for somebody, who logs in next on this screen. Returns a cookie's secret."""
        found = self.all()
        if found is None or whom not in {each.id for each in found.others}:
            return Refusal(say="petugas_salah")
        opened = self._custodian.unlock(person, passphrase)
        if isinstance(opened, Refusal):
            return opened
        token, until_ms = self._held.token(), self._custodian.now_ms() + ADDING_MS
        body = encode(Adding(by=person.id, person=whom, secrets=opened.secrets))
        self._engine.write(
            lambda tx: self._held.put_in(tx, token, WHAT, whom, SAME_SCREEN, until_ms, body)
        ).result()
        return token

    def adding(self, token: str) -> Adding | None:
        """Return who is being taken in on this screen."""
        found = self._engine.read(lambda tx: self._held.get(tx, token, WHAT, SAME_SCREEN, ADDING_MS))
        return decode(found.body, Adding) if found is not None else None

    def finish_adding(self, person: Person, token: str, passphrase: str, again: str) -> Refusal | None:
        """Take in whoever was vouched for, under a passphrase of their own."""
        asked = self.adding(token)
        if asked is None or asked.person != person.id:
            return Refusal(say="upacara_lewat", status=409)
        refused = self._ceremonies.unfit(person, passphrase, again)
        if refused is not None:
            return refused
        private, seen = self._custodian.randomness(custody.KEY_BYTES), self._custodian.current()
        wrap, now = self._custodian.wrap(private, passphrase, person.id), self._custodian.now_ms()
        regency = self._custodian.regency
        reader = custody.new_reader(person.id, private, wrap, asked.secrets, regency, now)
        if seen is None or seen.secrets.keys() != asked.secrets.named().keys():
            return Refusal(say="berubah", status=409)
        if asked.by not in seen.officers or person.id in seen.officers:
            return Refusal(say="berubah", status=409)
        new = custody.sealed_to(asked.secrets, [*seen.readers, reader], regency)
        # the two of them, together: in the chain the one who vouched is the author
        if not self._save(asked.by, new, None, seen):
            return Refusal(say="berubah", status=409)
        self._held.drop(token)
        return None

    def remove(self, person: Person, passphrase: str, whom: PersonId) -> Refusal | None:
        """Take somebody's seals away. The last officer stays."""
        opened = self._custodian.unlock(person, passphrase)
        if isinstance(opened, Refusal):
            return opened
        seen = opened.custody
        if whom not in seen.officers:
            return Refusal(say="petugas_salah")
        if len(seen.officers) == 1:
            return Refusal(say="petugas_terakhir")
        new = without(seen, whom)
        if not self._save(person.id, new, None, seen):
            return Refusal(say="berubah", status=409)
        self._engine.write(lambda tx: custody_store.drop_held_of(tx, whom)).result()
        return None

    def change_passphrase(self, person: Person, old: str, new: str, again: str) -> Refusal | None:
        """Wrap an officer's key under another passphrase."""
        refused = self._ceremonies.unfit(person, new, again)
        if refused is not None:
            return refused
        opened = self._custodian.unlock(person, old)
        if isinstance(opened, Refusal):
            return opened
        wrap = self._custodian.wrap(opened.private, new, person.id)
        readers = [
            replace(each, wrap=wrap) if each.person == person.id else each for each in opened.custody.readers
        ]
        saved = self._save(person.id, replace(opened.custody, readers=readers), None, opened.custody)
        return None if saved else Refusal(say="berubah", status=409)

    def rotate(self, person: Person, passphrase: str) -> int | Refusal:
        """Make the unit's next key, and seal anew to it what was sealed to older ones. Returns its number."""
        opened = self._custodian.unlock(person, passphrase)
        if isinstance(opened, Refusal):
            return opened
        keys = self._engine.read(load_unit_keys)
        if keys is None or not vouched_for(keys, opened.secrets):
            return Refusal(say="kunci_rusak", status=409)
        number, regency = keys.newest.number + 1, self._custodian.regency
        fresh = {**opened.secrets.keys, number: self._custodian.randomness(custody.KEY_BYTES)}
        secrets = replace(opened.secrets, keys=fresh)
        key = custody.new_unit_key(secrets, number, regency, SERVICE, self._custodian.now_ms())
        new = custody.sealed_to(secrets, opened.custody.readers, regency)
        added = UnitKeys(identity=keys.identity, keys=(*keys.keys, key))
        if not self._save(person.id, new, added, opened.custody):
            return Refusal(say="berubah", status=409)
        self._seal_anew(secrets, added)
        return number

    def _seal_anew(self, secrets: Secrets, keys: UnitKeys) -> None:
        """Seal to the newest key all that names an older one; cut short, older keys still read the rest."""
        read_by = X25519PrivateKey.from_private_bytes
        privates = {
            name_of(key.public_key): (key.public_key, read_by(secrets.keys[key.number])) for key in keys.keys
        }
        names = self._engine.read(sealed_store.all_changes)
        for at in range(0, len(names), BATCH):
            batch = names[at : at + BATCH]
            rows = self._engine.read(lambda tx, batch=batch: list(self._anew(tx, batch, privates, keys)))
            self._engine.write(lambda tx, rows=rows: custody_store.put_reseals(tx, rows)).result()

    def _anew(
        self,
        tx: Reader,
        changes: list[ChangeId],
        privates: Mapping[bytes, tuple[bytes, X25519PrivateKey]],
        keys: UnitKeys,
    ) -> Iterator[tuple[ChangeId, int, bytes, bytes]]:
        newest = keys.newest.public_key
        regency = self._custodian.regency
        for change, raw in SqlOfficeStore.reading(tx).contents(changes).items():
            for seal in seals_of(read(raw)):
                public, private = privates.get(seal.key, (newest, None))
                if private is None or public == newest:
                    continue
                for number, info in seal.infos(regency, public):
                    plain = open_key(seal.data, private, info)
                    if plain is not None:
                        about = info_of(regency, seal.role, seal.subject, number, newest)
                        yield change, seal.place, name_of(newest), seal_key(plain, newest, about)
                        break

    def _save(self, author: PersonId, new: Custody, keys: UnitKeys | None, seen: Custody) -> bool:
        return self._engine.write(
            lambda tx: self._custodian.save_in(tx, author, new, keys, seen=seen)
        ).result()

    def _all(self, tx: Reader) -> Officers | None:
        found, keys = load_custody(tx), load_unit_keys(tx)
        if found is None or keys is None:
            return None
        able = {each.id: each for role in ("petugas", "kabid") for each in people(tx, role)}
        able = {name: each for name, each in able.items() if may(each, "open_room")}
        newest = keys.newest
        return Officers(
            named=tuple(each for name, each in able.items() if name in found.officers),
            gone=tuple(sorted(found.officers - able.keys())),
            others=tuple(each for name, each in able.items() if name not in found.officers),
            words=unit_words(found.identity),
            number=newest.number,
            made_ms=newest.made_ms,
            due=self._custodian.now_ms() - newest.made_ms > YEAR_MS,
        )


def without(seen: Custody, whom: PersonId) -> Custody:
    """Return the custody without somebody's seals."""
    if whom == RECOVERY:
        raise ValueError("the recovery key is replaced, never removed")
    readers = [each for each in seen.readers if each.person != whom]
    secrets = {
        name: {person: seal for person, seal in seals.items() if person != whom}
        for name, seals in seen.secrets.items()
    }
    return replace(seen, readers=readers, secrets=secrets)
