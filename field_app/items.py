"""What is on its way, item by item. Rule: each photo is an item of its own, with the office's word on it."""

from field_app.blobs import DITERIMA, Blobs
from field_app.drafts import Draft, Drafts
from field_app.records import Records
from field_app.standing import Standings
from field_app.store import Store
from field_app.views import SyncItem

MOST_VISITS = 50
WORDS = {"lokal": "menunggu_kirim", "terkirim": "terkirim", DITERIMA: "diterima"}


def pending_data(store: Store, drafts: Drafts) -> int:
    """Return how many finalised versions the office does not have yet."""
    return drafts.count_beyond(store.acknowledged().counter)


def data_items(store: Store, drafts: Drafts) -> tuple[SyncItem, ...]:
    """Return the newest finalised versions, each with where it stands."""
    standings = Standings(store, drafts, Blobs(store.vault), Records(store))
    items: list[SyncItem] = []
    for version in drafts.finalised()[:MOST_VISITS]:
        standing = standings.of(version)
        items.append(
            SyncItem(
                id=version.id,
                kind="data",
                title=title_of(version),
                status=standing.status,
                percent=0 if standing.status == "menunggu_kirim" else 100,
                problem=standing.problem,
            )
        )
    return tuple(items)


def photo_items(blobs: Blobs, drafts: Drafts) -> tuple[SyncItem, ...]:
    """Return the photos of the newest finalised versions, each with how far it is."""
    items: list[SyncItem] = []
    for version in drafts.finalised()[:MOST_VISITS]:
        for blob in blobs.of(drafts.blobs_of(version.id)).values():
            items.append(
                SyncItem(
                    id=blob.id,
                    kind="foto",
                    title=title_of(version),
                    status=WORDS[blob.state],
                    percent=100 * blob.sent_bytes // max(1, blob.size_bytes),
                    problem=blob.problem,
                )
            )
    return tuple(items)


def title_of(version: Draft) -> str:
    """Return what a visit is called in a list: whom, and its number."""
    return " · ".join(part for part in (version.seen.nama, version.number) if part)
