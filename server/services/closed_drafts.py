"""Sealed drafts that nothing on a phone opens any more, after a rescue or where their key was damaged.

Rule: the office knows of each no more than the neutral code of its case, and hears of it once: the word
stands in its chain, a record of its own for each phone, and only grows.
"""

from collections.abc import Mapping, Sequence

from schemas.ids import DeviceId
from server import device_store
from server.engine import Reader, Writer
from server.queries import records_of_kind
from server.services.chain_record import word_id, word_on, write_record
from server.services.people import Actor
from sync.store import Record

KIND = "draf_tertutup"


def note_closed(tx: Writer, office: Actor, device: DeviceId, codes: Sequence[str], now_ms: int) -> None:
    """Put codes that a phone told of into the chain, if there are new ones among them."""
    known = word_on(tx, KIND, device)
    before = set[str](known.fields["kode"]) if known else set[str]()
    phone = device_store.device(tx, device)
    if phone is None or before.issuperset(codes):
        return
    fields = {"perangkat": device, "kode": sorted(before.union(codes)), "at_ms": now_ms}
    write_record(tx, office, phone.person, KIND, word_id(tx, KIND, device), fields)


def closed_drafts(tx: Reader) -> Mapping[DeviceId, Record]:
    """Return the word on each phone that told of any."""
    return {DeviceId(str(word.fields["perangkat"])): word for word in records_of_kind(tx, KIND)}
