"""Rows of the places where the office's chain got another key. Rule: all of them follow from the chain."""

from schemas.base import Data
from schemas.ids import DeviceId, LinkHash
from schemas.office_keys import KeyTurn
from server.engine import Reader, Writer
from sync.chain import Tip


class Turn(Data, frozen=True, kw_only=True):
    """A link of the office's chain whose change gives it another key (32 bytes) from there on."""

    counter: int
    link: LinkHash
    public_key: bytes


def add_turn(writer: Writer, turn: Turn) -> None:
    """Note a place; one that is known already stays as it is."""
    writer.execute(
        "INSERT INTO office_keys (kabupaten, counter, link, public_key)"
        " VALUES (:kabupaten, :counter, :link, :public_key)"
        " ON CONFLICT (kabupaten, counter, link) DO NOTHING",
        {"counter": turn.counter, "link": turn.link, "public_key": turn.public_key},
    )


def all_turns(reader: Reader) -> list[Turn]:
    """Return every place, on whatever branch, by counter."""
    found = reader.query(
        "SELECT counter, link, public_key FROM office_keys WHERE kabupaten = :kabupaten"
        " ORDER BY counter, link"
    )
    return [Turn(counter=counter, link=LinkHash(link), public_key=key) for counter, link, key in found]


def last_turn(reader: Reader, office: DeviceId, place: Tip) -> Turn | None:
    """Return the newest place at this link of the office's chain or before it, None where there is none."""
    turns = [turn for turn in all_turns(reader) if turn.counter <= place.counter]
    if not turns:
        return None
    [(branches,)] = reader.query(
        "SELECT count(*) FROM tips WHERE kabupaten = :kabupaten AND device = :office", {"office": office}
    )
    if branches == 1:
        return turns[-1]
    # an office that was put back twice may hold branches: only what this link rests on counts for it
    found = reader.query(
        "WITH RECURSIVE way (counter, link) AS (SELECT :counter, :link UNION ALL"
        " SELECT l.counter - 1, l.prev FROM way JOIN links l ON l.kabupaten = :kabupaten"
        " AND l.device = :office AND l.counter = way.counter AND l.hash = way.link"
        " WHERE way.counter > :first AND NOT EXISTS (SELECT 1 FROM office_keys k"
        " WHERE k.kabupaten = :kabupaten AND k.counter = way.counter AND k.link = way.link))"
        " SELECT way.link FROM way JOIN office_keys k ON k.kabupaten = :kabupaten"
        " AND k.counter = way.counter AND k.link = way.link",
        {"office": office, "counter": place.counter, "link": place.hash, "first": turns[0].counter},
    )
    return next((turn for turn in turns if found and turn.link == found[0][0]), None)


def told(reader: Reader, office: DeviceId) -> list[KeyTurn]:
    """Return each place with what shows it to whoever knows the key before: link, content and signature."""
    found = reader.query(
        "SELECT l.raw, c.raw, s.signature FROM office_keys k"
        " JOIN links l ON l.kabupaten = k.kabupaten AND l.device = :office AND l.counter = k.counter"
        " AND l.hash = k.link JOIN changes c ON c.kabupaten = l.kabupaten AND c.id = l.change"
        " JOIN signatures s ON s.kabupaten = l.kabupaten AND s.device = l.device AND s.counter = l.counter"
        " AND s.head = l.hash WHERE k.kabupaten = :kabupaten AND c.raw IS NOT NULL"
        " ORDER BY k.counter, k.link",
        {"office": office},
    )
    return [KeyTurn(link=link, content=content, signature=signature) for link, content, signature in found]
