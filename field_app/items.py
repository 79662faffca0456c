"""What is on its way, item by item. Rule: each photo is an item of its own, with the office's word on it."""

from collections import Counter
from collections.abc import Callable

from field_app.blobs import DITERIMA, Blobs
from field_app.drafts import Draft, Drafts
from field_app.records import Records
from field_app.standing import Standings
from field_app.store import Store
from field_app.vault import Vault
from field_app.views import SyncItem
from schemas.ids import BlobId

Label = Callable[[str, int | None, str], str]
"""Names a field of a form of some version for a reader."""
MOST_VISITS = 50
WORDS = {"lokal": "menunggu_kirim", "terkirim": "terkirim", DITERIMA: "diterima"}


def pending_data(store: Store, drafts: Drafts) -> int:
    """Return how many finalised versions the office does not have yet."""
    return drafts.count_beyond(store.acknowledged().counter)


def newest_handover(vault: Vault) -> tuple[int, int]:
    """Return the counter that the newest hand-over file reaches, and when it was written; zeros for none."""
    with vault.read() as connection:
        found = connection.execute(
            "SELECT counter, written_ms FROM handovers ORDER BY number DESC LIMIT 1"
        ).fetchone()
    return found or (0, 0)


def data_items(store: Store, drafts: Drafts) -> tuple[SyncItem, ...]:
    """Return the newest finalised versions, each with where it stands."""
    standings = Standings(store, drafts, Blobs(store.vault), Records(store))
    counter, handed_ms = newest_handover(store.vault)
    items: list[SyncItem] = []
    for version in drafts.finalised()[:MOST_VISITS]:
        standing = standings.of(version)
        waits = standing.status == "menunggu_kirim"
        in_file = waits and version.change is not None and store.counter_of(version.change) <= counter
        items.append(
            SyncItem(
                id=version.id,
                kind="data",
                title=title_of(version),
                status=standing.status,
                percent=0 if waits else 100,
                problem=standing.problem,
                handed_ms=handed_ms if in_file else None,
            )
        )
    return tuple(items)


def photo_items(blobs: Blobs, drafts: Drafts, label: Label) -> tuple[SyncItem, ...]:
    """Return the photos of the newest finalised versions, each with how far it is.

    Each is called by its field and its visit; the second and further ones of a field are counted.
    """
    items: list[SyncItem] = []
    for version in drafts.finalised()[:MOST_VISITS]:
        names = _names_of_photos(drafts, version, label)
        for blob in sorted(blobs.of(names).values(), key=lambda blob: list(names).index(blob.id)):
            items.append(
                SyncItem(
                    id=blob.id,
                    kind="foto",
                    title=names[blob.id],
                    status=WORDS[blob.state],
                    percent=100 * blob.sent_bytes // max(1, blob.size_bytes),
                    problem=blob.problem,
                    handed_ms=blob.handed_ms if blob.state != DITERIMA else None,
                )
            )
    return tuple(items)


def _names_of_photos(drafts: Drafts, version: Draft, label: Label) -> dict[BlobId, str]:
    """Return what each photo that a version names is called, in the order in which they were taken."""
    named = set(drafts.blobs_of(version.id))
    forms = drafts.forms(version.id)
    counts: Counter[str] = Counter()
    names: dict[BlobId, str] = {}
    for photo in drafts.photos(version.id):
        if photo.blob in named and photo.blob not in names:
            field = label(photo.form, forms.get(photo.form), photo.field)
            counts[field] += 1
            again = f" ({counts[field]})" if counts[field] > 1 else ""
            names[photo.blob] = " · ".join(part for part in (field + again, version.number) if part)
    return names


def title_of(version: Draft) -> str:
    """Return what a visit is called in a list: whom, and its number."""
    return " · ".join(part for part in (version.seen.nama, version.number) if part)
