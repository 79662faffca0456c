"""What one person asks about another's account and a second allows. Rule: more rights take two people.

A request is a record of kind `izin_akun` in the office's chain, and so is its answer: both names stay. Who is
to be let in gets words that the approver alone sees, once, and that open nothing but a password of their own.
"""

from collections.abc import Callable
from typing import Literal, get_args

from msgspec.structs import replace

from schemas.base import Data
from schemas.ids import PersonId, RecordId, uuid7
from schemas.words import propose
from server import custody_store, device_store, factor_store, people_store, queries
from server.access import ROLES, Person, may
from server.engine import Engine, Reader, Writer
from server.passwords import Passwords
from server.services.people import Actor, fields_of, left_of, load_person, people
from server.services.room_custody import load_custody
from sync.change import Patch
from sync.store import Fields, Record

KIND = "izin_akun"
EXPIRES_MS = 7 * 86_400_000
STARTING_WORDS = 5
MOST_NAME, MOST_CODE = 120, 12

What = Literal["tambah", "hak", "nama", "sandi", "kode", "kembali"]
RESETS: tuple[What, ...] = ("sandi", "kode")
RIGHTS = ("peran", "wilayah", "layanan")


class Request(Data, frozen=True, kw_only=True):
    """A request that waits. `about`: the person as they would be; `before`: their rights when it was made."""

    id: RecordId
    what: What
    by: PersonId
    at_ms: int
    about: Person
    username: str
    before: tuple[tuple[str, ...], ...]


class Asked(Data, frozen=True, kw_only=True):
    """It waits for a second person now."""


class Done(Data, frozen=True, kw_only=True):
    """It is done; `password` is to be shown once, empty where none was made."""

    password: str = ""


class Refused(Data, frozen=True, kw_only=True):
    """It was not done: a key under `kantor.pengguna.tolak`."""

    why: str


class Permits:
    """The use cases. Times are UTC ms; `randomness(n)` gives n random bytes; blocks its thread."""

    def __init__(
        self,
        engine: Engine,
        office: Actor,
        passwords: Passwords,
        now_ms: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._engine, self._office, self._passwords = engine, office, passwords
        self._now_ms, self._randomness = now_ms, randomness

    def waiting(self) -> list[Request]:
        """Return the requests that wait, the oldest first."""
        return self._engine.read(lambda tx: _waiting(tx, self._now_ms()))

    def ask_new(self, by: Person, about: Person, username: str) -> Asked | Refused:
        """Ask that somebody be let in. `about.id` is given here."""
        name = username.strip().casefold()
        if not name or len(name) > 64 or any(sign.isspace() for sign in name):
            return Refused(why="nama_akun")
        if not about.nama.strip() or not about.kode.strip() or len(about.kode) > MOST_CODE:
            return Refused(why="nama")
        new = Person(
            id=PersonId(uuid7(self._now_ms(), self._randomness(10))),
            nama=about.nama.strip()[:MOST_NAME],
            kode=about.kode.strip(),
            roles=about.roles,
            areas=about.areas,
            services=about.services,
        )

        def fits(tx: Reader) -> str:
            if queries.find_petugas(tx, new.kode) is not None:
                return "kode_terpakai"
            waits = [each for each in _waiting(tx, self._now_ms()) if each.what == "tambah"]
            taken = people_store.account_by_name(tx, name) or name in [each.username for each in waits]
            return "nama_terpakai" if taken else ""

        return self._ask(by, "tambah", new, fits, username=name)

    def ask_rights(self, by: Person, about: Person) -> Asked | Done | Refused:
        """Change somebody's roles, regions and services: at once where that only takes roles, else by two."""

        def work(tx: Writer) -> Done | Refused | None:
            now = load_person(tx, about.id)
            same = now is not None and (about.areas, about.services) == (now.areas, now.services)
            if now is None or not same or not set(about.roles) < set(now.roles):
                return None
            if "kabid" not in about.roles and _is_last_kabid(tx, about.id):
                return Refused(why="kabid_terakhir")
            self._patch(tx, by, about.id, {"peran": list(about.roles)})
            return Done()

        if not may(by, "manage_people"):
            return Refused(why="peran")
        if about.id == by.id:
            return Refused(why="diri")
        return self._engine.write(work).result() or self._ask(by, "hak", about, lambda _: "")

    def ask_name(self, by: Person, person: PersonId, nama: str) -> Asked | Refused:
        """Ask that somebody be called otherwise from now on: letters and pages of before keep their name."""
        known, new = self._engine.read(lambda tx: load_person(tx, person)), nama.strip()[:MOST_NAME]
        if known is None:
            return Refused(why="berubah")
        if person == by.id:
            return Refused(why="diri")
        if new in ("", known.nama):
            return Refused(why="nama_sama")
        return self._ask(by, "nama", replace(known, nama=new), lambda _: "")

    def ask_reset(self, by: Person, person: PersonId, what: What) -> Asked | Refused:
        """Ask for a new password, or that the second step be set up anew."""
        about = self._engine.read(lambda tx: load_person(tx, person))
        if about is None or what not in RESETS:
            return Refused(why="berubah")

        def fits(tx: Reader) -> str:
            has = people_store.password_of(tx, person) is not None
            if what == "kode":
                return "" if factor_store.is_set_up(tx, person) else "tanpa_kode"
            return "" if has else "tanpa_akun"

        return self._ask(by, what, about, fits)

    def ask_return(self, by: Person, person: PersonId) -> Asked | Refused:
        """Ask that somebody who left be let in again, with the rights that they had."""
        about = self._engine.read(lambda tx: _left(tx, person))
        if about is None:
            return Refused(why="berubah")

        def fits(tx: Reader) -> str:
            room = load_custody(tx)
            # the room would open for them again by the passphrase of then
            return "masih_ruang" if room is not None and person in room.officers else ""

        return self._ask(by, "kembali", about, fits)

    def approve(self, by: Person, name: str) -> Done | Refused:
        """Allow what somebody else asked; neither of the two may be the person it is about."""
        if not may(by, "approve_people"):
            return Refused(why="peran")
        asked = next((each for each in self.waiting() if each.id == name), None)
        if asked is None:
            return Refused(why="berubah")
        if by.id in (asked.by, asked.about.id):
            return Refused(why="orang_yang_sama")
        password, hashed = "", ""
        if self._engine.read(lambda tx: _gets_password(tx, asked)):
            password = " ".join(propose(self._randomness(2 * STARTING_WORDS)))
            hashed = self._passwords.hash(password)

        def work(tx: Writer) -> Done | Refused:
            if asked not in _waiting(tx, self._now_ms()):
                return Refused(why="berubah")
            why = self._carry_out(tx, by, asked, hashed)
            if why:
                return Refused(why=why)
            self._answer(tx, by, asked, "disetujui")
            return Done(password=password)

        return self._engine.write(work).result()

    def refuse(self, by: Person, name: str) -> Done | Refused:
        """Refuse a request, or take back one's own."""

        def work(tx: Writer) -> Done | Refused:
            asked = next((each for each in _waiting(tx, self._now_ms()) if each.id == name), None)
            if asked is None:
                return Refused(why="berubah")
            if asked.by != by.id and not may(by, "approve_people"):
                return Refused(why="peran")
            self._answer(tx, by, asked, "ditarik" if asked.by == by.id else "ditolak")
            return Done()

        return self._engine.write(work).result()

    def leave(self, by: Person, person: PersonId) -> Done | Refused:
        """Note that somebody left: their sessions, phones' rights and what they have open end at once."""
        if not may(by, "manage_people"):
            return Refused(why="peran")
        if person == by.id:
            return Refused(why="diri")
        now = self._now_ms()

        def work(tx: Writer) -> Done | Refused:
            if load_person(tx, person) is None:
                return Refused(why="berubah")
            if _is_last_kabid(tx, person):
                return Refused(why="kabid_terakhir")
            for device in device_store.devices(tx):
                if device.person == person:
                    device_store.revoke(tx, device.id, now)
            people_store.set_active(tx, person, is_active=False, changed_ms=now)
            end_all(tx, person)
            self._patch(tx, by, person, {"aktif": False})
            return Done()

        return self._engine.write(work).result()

    def end_sessions(self, by: Person, person: PersonId) -> Done | Refused:
        """End all sessions of somebody who stays: of a lost laptop, or a screen left open. On record."""
        if not may(by, "manage_people"):
            return Refused(why="peran")
        now, name = self._now_ms(), RecordId(self._randomness(16).hex())

        def work(tx: Writer) -> Done | Refused:
            if load_person(tx, person) is None:
                return Refused(why="berubah")
            end_all(tx, person)
            new: Fields = {
                "perihal": "sesi",
                "orang": person,
                "oleh": by.id,
                "at_ms": now,
                "state": "selesai",
            }
            self._office.act_in(tx, by.id, [Patch(record=name, kind=KIND, base={}, new=new)])
            return Done()

        return self._engine.write(work).result()

    def _ask(
        self, by: Person, what: What, about: Person, fits: Callable[[Reader], str], username: str = ""
    ) -> Asked | Refused:
        if not may(by, "manage_people"):
            return Refused(why="peran")
        if what in ("tambah", "hak") and not about.roles:
            return Refused(why="tanpa_peran")
        now, name = self._now_ms(), RecordId(self._randomness(16).hex())

        def work(tx: Writer) -> Asked | Refused:
            known = _left(tx, about.id) if what == "kembali" else load_person(tx, about.id)
            if what != "tambah" and known is None:
                return Refused(why="berubah")
            if any((each.what, each.about.id) == (what, about.id) for each in _waiting(tx, now)):
                return Refused(why="sudah_diminta")
            if why := fits(tx):
                return Refused(why=why)
            before = [list(each) for each in _rights(known or about)]
            new: Fields = {
                **{key: value for key, value in fields_of(about).items() if key != "aktif"},
                "perihal": what, "orang": about.id, "oleh": by.id, "at_ms": now, "akun": username,
                "semula": before, "state": "diminta",
            }  # fmt: skip
            self._office.act_in(tx, by.id, [Patch(record=name, kind=KIND, base={}, new=new)])
            return Asked()

        return self._engine.write(work).result()

    def _carry_out(self, tx: Writer, by: Person, asked: Request, hashed: str) -> str:
        """Do what was asked. Returns why not, empty where it was done."""
        about, now = asked.about, self._now_ms()
        if asked.what == "tambah":
            if people_store.account_by_name(tx, asked.username) or queries.find_petugas(tx, about.kode):
                return "nama_terpakai"
            people_store.add_account(
                tx, person=about.id, username=asked.username, password=hashed, active=True, changed_ms=now
            )
            people_store.put_starting(tx, about.id, now)
            self._patch(tx, by, about.id, fields_of(about))
            return ""
        known = _left(tx, about.id) if asked.what == "kembali" else load_person(tx, about.id)
        if known is None or (asked.what in ("hak", "kembali") and _rights(known) != asked.before):
            return "berubah"
        match asked.what:
            case "hak":
                self._patch(tx, by, about.id, {key: fields_of(about)[key] for key in RIGHTS})
            case "nama":
                self._patch(tx, by, about.id, {"nama": about.nama})
            case "sandi":
                people_store.set_password(tx, about.id, hashed, now)
                people_store.put_starting(tx, about.id, now)
                end_all(tx, about.id)
            case "kode":
                factor_store.drop_factor(tx, about.id)
                end_all(tx, about.id)
            case "kembali":
                if hashed:
                    people_store.set_password(tx, about.id, hashed, now)
                    people_store.put_starting(tx, about.id, now)
                    people_store.set_active(tx, about.id, is_active=True, changed_ms=now)
                factor_store.drop_factor(tx, about.id)  # made on a phone that they had then
                self._patch(tx, by, about.id, {"aktif": True})
        return ""

    def _patch(self, tx: Writer, by: Person, person: PersonId, new: Fields) -> None:
        known = queries.record(tx, RecordId(person))
        base = {name: known.fields.get(name) for name in new} if known else {}
        body = Patch(record=RecordId(person), kind="petugas", base=base, new=new)
        self._office.act_in(tx, by.id, [body])

    def _answer(self, tx: Writer, by: Person, asked: Request, state: str) -> None:
        new = {"state": state, "kedua": by.id, "dijawab_ms": self._now_ms()}
        body = Patch(record=asked.id, kind=KIND, base={"state": "diminta"}, new=new)
        self._office.act_in(tx, by.id, [body])


def end_all(tx: Writer, person: PersonId) -> None:
    """End a person's sessions, half logins, and what they have open in the sealed room."""
    people_store.drop_sessions_of(tx, person)
    factor_store.drop_halves(tx, person)
    custody_store.drop_held_of(tx, person)


def _left(tx: Reader, person: PersonId) -> Person | None:
    record = queries.record(tx, RecordId(person))
    return left_of(record) if record is not None else None


def _is_last_kabid(tx: Reader, person: PersonId) -> bool:
    """Whether without this kabid nobody could allow anything: no other kabid is here who can log in."""
    kabid = {each.id for each in people(tx, "kabid")}
    return person in kabid and not any(people_store.password_of(tx, each) for each in kabid - {person})


def _gets_password(tx: Reader, asked: Request) -> bool:
    """Whether what was asked comes with a starting password; not for who comes back without an account."""
    if asked.what == "kembali":
        return people_store.has_account(tx, asked.about.id)
    return asked.what in ("tambah", "sandi")


def _rights(person: Person) -> tuple[tuple[str, ...], ...]:
    return (tuple(person.roles), person.areas, person.services)


def _waiting(tx: Reader, now_ms: int) -> list[Request]:
    found = [_request(record) for record in queries.records_of_kind(tx, KIND)]
    waits = [each for each in found if each is not None and abs(now_ms - each.at_ms) < EXPIRES_MS]
    return sorted(waits, key=lambda each: (each.at_ms, each.id))


def _request(record: Record) -> Request | None:
    fields = record.fields
    what = next((each for each in get_args(What) if each == fields.get("perihal")), None)
    if fields.get("state") != "diminta" or what is None:
        return None
    return Request(
        id=record.id,
        what=what,
        by=PersonId(str(fields["oleh"])),
        at_ms=int(fields["at_ms"]),
        about=Person(
            id=PersonId(str(fields["orang"])),
            nama=str(fields["nama"]),
            kode=str(fields["kode"]),
            roles=tuple(role for role in ROLES if role in fields["peran"]),
            areas=tuple(str(each) for each in fields["wilayah"]),
            services=tuple(str(each) for each in fields["layanan"]),
        ),
        username=str(fields["akun"]),
        before=tuple(tuple(str(each) for each in part) for part in fields["semula"]),
    )
