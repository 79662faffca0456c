"""Which beginnings of a NIK an office knows besides those of its own regions. Rule: read, never kept."""

from server import page_store
from server.engine import Reader
from server.store import SqlOfficeStore

MOST_REFERENCES = 100


def nik_prefixes(tx: Reader) -> frozenset[str]:
    """Return six digits each, as the reference records of this office list them."""
    names = page_store.record_ids(tx, "referensi", MOST_REFERENCES)
    references = SqlOfficeStore.reading(tx).records(names).values()
    return frozenset(prefix for each in references for prefix in each.fields.get("kecamatan_nik") or ())
