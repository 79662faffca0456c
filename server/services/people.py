"""Who somebody is, from their record in the chain. Rule: rights are read anew at each request."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from schemas.base import Data
from schemas.ids import PersonId, RecordId
from schemas.wire import Outcome
from server import page_store
from server.access import ROLES, Person, Role, Why, is_active
from server.accounts import Accounts, Created, NotCreated
from server.engine import Reader, Writer
from server.store import SqlOfficeStore
from sync.change import Body, Patch
from sync.store import Fields, Record

MOST_PEOPLE = 5_000


class Denied(Data, frozen=True, kw_only=True):
    """This person may not."""

    why: Why


class Actor(Protocol):
    """The office's own chain: a web page's deed becomes a change in it."""

    def act(self, author: PersonId, body: Body) -> Outcome:
        """Make a change, store and apply it durably, and return what became of it."""
        ...

    def act_in(self, writer: Writer, author: PersonId, bodies: Sequence[Body]) -> list[Outcome]:
        """Make changes within a transaction that is already under way."""
        ...


def load_person(tx: Reader, person: PersonId) -> Person | None:
    """Return an active person with their present rights, or None."""
    record = SqlOfficeStore.reading(tx).records([RecordId(person)]).get(RecordId(person))
    return person_of(record) if record is not None else None


def people(tx: Reader, *roles: Role) -> list[Person]:
    """Return the active people with one of these roles or more, each once, by name."""
    found = (person_of(record) for record in _everybody(tx))
    with_role = (each for each in found if each and not frozenset(roles).isdisjoint(each.roles))
    return sorted(with_role, key=lambda each: each.nama)


def people_who_left(tx: Reader) -> list[Person]:
    """Return those who worked here once, by name; the rights in them count no more."""
    left = (person for record in _everybody(tx) if (person := left_of(record)) is not None)
    return sorted(left, key=lambda each: each.nama)


def person_of(record: Record) -> Person | None:
    """Read a petugas record; None for another kind, or somebody who is not active."""
    return _read(record) if is_active(record) else None


def left_of(record: Record) -> Person | None:
    """Read the record of somebody who left, with the rights that they had; None for anybody else."""
    return _read(record) if record.kind == "petugas" and not is_active(record) else None


def _everybody(tx: Reader) -> Iterable[Record]:
    ids = page_store.record_ids(tx, "petugas", MOST_PEOPLE)
    return SqlOfficeStore.reading(tx).records(ids).values()


def _read(record: Record) -> Person:
    fields = record.fields
    return Person(
        id=PersonId(record.id),
        nama=str(fields.get("nama") or ""),
        kode=str(fields.get("kode") or ""),
        roles=tuple(role for role in ROLES if role in (fields.get("peran") or ())),
        areas=_texts(fields.get("wilayah")),
        services=_texts(fields.get("layanan")),
    )


def fields_of(person: Person) -> Fields:
    """Write a person as the fields of their record."""
    return {
        "nama": person.nama,
        "kode": person.kode,
        "peran": list(person.roles),
        "wilayah": list(person.areas),
        "layanan": list(person.services),
        "aktif": True,
    }


def joining(person: Person) -> Patch:
    """Return what makes somebody known."""
    return Patch(record=RecordId(person.id), kind="petugas", base={}, new=fields_of(person))


def create_user(
    accounts: Accounts, office: Actor, *, author: PersonId, person: Person, username: str, password: str
) -> Created | NotCreated:
    """Make somebody known in the chain and give them a login, both or neither. `author` answers for it."""

    def also(tx: Writer) -> None:
        office.act_in(tx, author, [joining(person)])

    return accounts.create(person.id, username, password, also=also)


def _texts(value: Any) -> tuple[str, ...]:
    values: Iterable[Any] = value or ()
    return tuple(each for each in values if isinstance(each, str))
