"""The office's chain for its printed head. Rule: one function a query, a piece at a time."""

from collections.abc import Iterator

from schemas.ids import DeviceId, LinkHash
from server.engine import Reader

BATCH = 5_000


def links(tx: Reader, office: DeviceId) -> Iterator[tuple[LinkHash, LinkHash]]:
    """Give the known links of the office's chain by number, each with the one it follows."""
    counter, name = 0, b""
    while True:
        found = tx.query(
            "SELECT counter, hash, prev FROM links WHERE kabupaten = :kabupaten AND device = :device"
            " AND counter >= :counter AND (counter > :counter OR hash > :name) AND known = 1"
            " ORDER BY counter, hash LIMIT :limit",
            {"device": office, "counter": counter, "name": name, "limit": BATCH},
        )
        for _, link, prev in found:
            yield LinkHash(link), LinkHash(prev)
        if len(found) < BATCH:
            return
        counter, name = found[-1][0], found[-1][1]


def links_of_phones(tx: Reader, office: DeviceId) -> Iterator[bytes]:
    """Give the bytes of every link that is not the office's."""
    device, counter, name = "", 0, b""
    while True:
        found = tx.query(
            "SELECT device, counter, hash, raw FROM links WHERE kabupaten = :kabupaten AND device >= :device"
            " AND (device > :device OR counter > :counter OR (counter = :counter AND hash > :name))"
            " AND device <> :office ORDER BY device, counter, hash LIMIT :limit",
            {"device": device, "counter": counter, "name": name, "office": office, "limit": BATCH},
        )
        for _, _, _, raw in found:
            yield raw
        if len(found) < BATCH:
            return
        device, counter, name = found[-1][:3]


def office_name(tx: Reader) -> str:
    """Return what the office is called."""
    [(name,)] = tx.query("SELECT name FROM kabupaten WHERE kabupaten = :kabupaten")
    return str(name)
