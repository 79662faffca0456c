"""What is on its way, item by item. Rule: each photo is an item of its own, with the office's word on it."""

from collections import Counter
from collections.abc import Callable

from field_app.blobs import DITERIMA, FORGOTTEN, LOKAL, LOST, TERKIRIM, Blobs, Stored
from field_app.drafts import Draft, Drafts
from field_app.history import History
from field_app.records import Records
from field_app.standing import CURABLE, DECIDED, Standings
from field_app.store import Store
from field_app.vault import Vault
from field_app.views import SyncItem
from schemas.form import Forms
from schemas.form_cells import label_at
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.sealed import SEALED_FORM
from schemas.text import Text

Label = Callable[[str, int | None, str], str]
"""Names a field of a form of some version for a reader."""
MOST_VISITS = 50
"""Visits of which all photos are told, the newest; of older ones, what is not sent yet."""
SETTLED = DECIDED | {"diterima"}
"""Where an older version stands that no one has to know of beside the newer one."""
WORDS = {LOKAL: "menunggu_kirim", TERKIRIM: "terkirim", DITERIMA: "diterima"}
"""What she is told of a photo that is so far; see blobs.py."""


def labels(forms: Forms, text: Text) -> Label:
    """Return what names fields; one of a form that this app does not have is named as it is, and none of a
    sealed one.
    """

    def label(form: str, version: int | None, field: str) -> str:
        if form == SEALED_FORM:
            return text("lapangan.tersegel.berkas")
        if form not in forms.ids():
            return field
        fields = forms.get(form, version).fields
        return label_at(fields, field, lambda number: text("aplikasi.formulir.baris", nomor=number))

    return label


def pending_data(store: Store) -> int:
    """Return how many finalised versions the office does not have yet."""
    return History(store).count_beyond(store.acknowledged().counter)


def again_helps(store: Store, visit: RecordId | None) -> set[ChangeId]:
    """Return the refused changes of one visit, or of all, that the office may judge otherwise by now."""
    return History(store).refused(CURABLE, visit)


def newest_handover(vault: Vault) -> tuple[int, int]:
    """Return the counter that the newest hand-over file reaches, and when it was written; zeros for none."""
    with vault.read() as connection:
        found = connection.execute(
            "SELECT counter, written_ms FROM handovers ORDER BY number DESC LIMIT 1"
        ).fetchone()
    return found or (0, 0)


def data_items(store: Store, drafts: Drafts) -> tuple[SyncItem, ...]:
    """Return finalised versions, each with where it stands, why, and what waits for it."""
    standings = Standings(store, drafts, Blobs(store.vault), Records(store))
    history = History(store)
    counter, handed_ms = newest_handover(store.vault)
    versions = history.latest(store.acknowledged().counter, MOST_VISITS)
    newest = {version.visit: version.id for version in reversed(versions)}
    standing = ((version, standings.of(version)) for version in versions)
    shown = [
        (version, one)
        for version, one in standing
        if newest[version.visit] == version.id or one.status not in SETTLED
    ]
    waiting: dict[str, list[str]] = {}
    for version, standing in shown:
        if standing.waits:
            waiting.setdefault(standing.waits, []).append(title_of(version))

    def titled(key: str) -> str:
        found = history.by_key(key) if key else None
        return title_of(found) if found else ""

    def is_handed(version: Draft) -> bool:
        place = store.place_of(version.change) if version.change else None
        return place is not None and place <= counter

    return tuple(
        SyncItem(
            id=version.id,
            kind="data",
            title=title_of(version) or standing.status,
            status=standing.status,
            percent=0 if standing.status == "menunggu_kirim" else 100,
            problem=standing.problem,
            again=standing.again,
            visit=version.visit,
            waits_for=titled(standing.waits),
            held_up=tuple(name for key in keys_of(version) for name in waiting.get(key, ())),
            handed_ms=(handed_ms if standing.status == "menunggu_kirim" and is_handed(version) else None),
        )
        for version, standing in shown
    )


def photo_items(store: Store, blobs: Blobs, drafts: Drafts, label: Label) -> tuple[SyncItem, ...]:
    """Return the photos of the newest finalised versions and all on their way, each with how far it is.

    Each is called by its field and its visit; the second and further ones of a field are counted. One that
    several versions hold, or a visit and the one in its place, is one: of the newest.
    """
    items: list[SyncItem] = []
    listed: set[BlobId] = set()
    history = History(store)
    newest = history.latest(store.head().counter, MOST_VISITS)[:MOST_VISITS]
    seen = {version.id for version in newest}
    older = [one for one in history.naming(blob.id for blob in blobs.unsent()) if one.id not in seen]
    for version in (*newest, *older):
        names = _names_of_photos(drafts, version, label)
        for blob in sorted(blobs.of(names).values(), key=lambda blob: list(names).index(blob.id)):
            if blob.id in listed:
                continue
            listed.add(blob.id)
            items.append(
                SyncItem(
                    id=blob.id,
                    kind="foto",
                    title=names[blob.id],
                    status=status_of(blob),
                    percent=100 * blob.sent_bytes // max(1, blob.size_bytes),
                    problem=blob.problem or ("lapangan.foto_tidak_ada_lagi" if blob.gone == LOST else ""),
                    kept=blob.gone == FORGOTTEN,
                    handed_ms=blob.handed_ms if blob.state != DITERIMA else None,
                )
            )
    return tuple(items)


def status_of(blob: Stored) -> str:
    """Return how far a photo is on its way, as she is told it; one that is lost is that, wherever it was."""
    return LOST if blob.gone == LOST else WORDS[blob.state]


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


def keys_of(version: Draft) -> tuple[str, ...]:
    """Return the names by which a held change may wait for this version."""
    changes = (name.hex() for name in (version.patch, version.change) if name is not None)
    return (version.visit, *changes)
