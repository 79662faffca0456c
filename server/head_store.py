"""The office's chain for its printed head. Rule: one function a query, a piece at a time."""

from collections.abc import Iterator

from schemas.ids import DeviceId, LinkHash
from server.engine import Reader, batches, one

BATCH = 5_000


def newest(tx: Reader, office: DeviceId) -> tuple[int, LinkHash] | None:
    """Return the number and name of the newest known link of the office's chain, None before there is one."""
    found = one(
        tx.query(
            "SELECT counter, hash FROM links WHERE kabupaten = :kabupaten AND device = :device AND known = 1"
            " ORDER BY counter DESC, hash DESC LIMIT 1",
            {"device": office},
        )
    )
    return None if found is None else (int(found[0]), LinkHash(found[1]))


def links(tx: Reader, office: DeviceId) -> Iterator[tuple[LinkHash, LinkHash]]:
    """Give the known links of the office's chain by number, each with the one it follows."""
    for found in batches(
        tx,
        "SELECT counter, hash, prev FROM links WHERE kabupaten = :kabupaten AND device = :device"
        " AND counter >= :counter AND (counter > :counter OR hash > :name) AND known = 1"
        " ORDER BY counter, hash LIMIT :limit",
        BATCH,
        {"counter": (0, 0), "name": (1, b"")},
        {"device": office},
    ):
        for _, link, prev in found:
            yield LinkHash(link), LinkHash(prev)


def links_of_phones(tx: Reader, office: DeviceId) -> Iterator[bytes]:
    """Give the bytes of every link that is not the office's."""
    for found in batches(
        tx,
        "SELECT device, counter, hash, raw FROM links WHERE kabupaten = :kabupaten AND device >= :device"
        " AND (device > :device OR counter > :counter OR (counter = :counter AND hash > :name))"
        " AND device <> :office ORDER BY device, counter, hash LIMIT :limit",
        BATCH,
        {"device": (0, ""), "counter": (1, 0), "name": (2, b"")},
        {"office": office},
    ):
        for _, _, _, raw in found:
            yield raw


def office_name(tx: Reader) -> str:
    """Return what the office is called."""
    [(name,)] = tx.query("SELECT name FROM kabupaten WHERE kabupaten = :kabupaten")
    return str(name)
