"""Small registers in the office's own chain: records that no phone sees. Rule: each edit is a change.

Who wrote what and when then stands there for good, and the register comes back with every restore.
"""

from collections.abc import Callable, Iterable

from schemas.ids import PersonId, RecordId
from schemas.wire import Applied
from server import protection_store
from server.engine import Reader, Writer
from server.services.people import Actor
from server.store import SqlOfficeStore
from sync.applying import readable
from sync.change import Content, Patch
from sync.places import place_at, place_of
from sync.store import Fields, Record


def record_of(tx: Reader, name: RecordId, kind: str) -> Record | None:
    """Return a record of this kind, None where there is none."""
    found = SqlOfficeStore.reading(tx).records([name]).get(name)
    return found if found is not None and found.kind == kind else None


def word_id(tx: Reader, kind: str, about: str = "") -> RecordId:
    """Return the id of the register's word on something.

    Where a phone put somebody under it, the word stands at the next (sync/places.py), and stays there.
    """
    return _word(tx, kind, about)[0]


def word_on(tx: Reader, kind: str, about: str = "") -> Record | None:
    """Return the register's word on something, None before there is one."""
    return _word(tx, kind, about)[1]


def words_on(tx: Reader, kind: str, about: Iterable[str]) -> dict[str, Record]:
    """Return the register's words on several things, by thing, without those on which there is none."""
    places = {place_at(kind.encode() + each.encode()): each for each in about}
    found = SqlOfficeStore.reading(tx).records(places)
    words = {
        places[name]: record if record.kind == kind else word_on(tx, kind, places[name])
        for name, record in found.items()
    }
    return {each: word for each, word in words.items() if word is not None}


def patches_of(tx: Reader, kind: str, about: str = "") -> list[tuple[Content, Patch]]:
    """Return every word on something that took effect in the register, the last that did so first."""
    name = word_id(tx, kind, about)
    contents = [readable(raw) for _, raw in protection_store.contents_of(tx, name)]
    return [
        (each, each.body)
        for each in reversed(contents)
        if each is not None
        and isinstance(each.body, Patch)
        and (each.body.record, each.body.kind) == (name, kind)
    ]


def write_record(
    tx: Writer, office: Actor, author: PersonId, kind: str, name: RecordId, fields: Fields
) -> bool:
    """Set fields of a record, which is made if need be. Return whether it was taken as it stands."""
    known = SqlOfficeStore.writing(tx).records([name]).get(name)
    base = {field: known.fields[field] for field in fields if field in known.fields} if known else {}
    body = Patch(record=name, kind=kind, base=base, new=fields)
    return isinstance(office.act_in(tx, author, [body])[0], Applied)


def write_new(
    tx: Writer,
    office: Actor,
    author: PersonId,
    kind: str,
    fields: Fields,
    randomness: Callable[[int], bytes],
) -> None:
    """Write a record that nobody knows yet. Raises RuntimeError if the office's own chain did not take it."""
    # by chance: under an id that can be worked out a phone could have put somebody first
    name = RecordId(randomness(16).hex())
    if not write_record(tx, office, author, kind, name, fields):
        raise RuntimeError(f"the office's own chain did not take a record of kind {kind}")


def _word(tx: Reader, kind: str, about: str) -> tuple[RecordId, Record | None]:
    store = SqlOfficeStore.reading(tx)
    return place_of(
        kind.encode() + about.encode(),
        lambda name: store.records([name]).get(name),
        lambda record: record.kind == kind,
    )
