"""The other visits that a sign on a visit points to. Rule: only those that the reader may see are told.

"Two visits in one quarter" and "a photo used before" ask for a look at the other one: it is named and linked.
"""

from collections.abc import Callable

from schemas.base import Data
from schemas.ids import BlobId, RecordId
from server import sign_store
from server.engine import Engine
from server.services.visit_page import Words, bounds, name_of
from server.services.visits import Visit

MOST = 5


class Meant(Data, frozen=True, kw_only=True):
    """Another visit: whom it was about, what it was, when and by whom, and how it stands.

    `blob` is the photo that came from it, empty where it is another visit to the same target.
    """

    visit: RecordId
    blob: BlobId
    name: str
    title: str
    when: str
    author: str
    state: str


def meant(
    engine: Engine, words: Words, visit: RecordId, readable: Callable[[RecordId], Visit | None]
) -> tuple[Meant, ...]:
    """Return the visits that the signs of one mean; `readable` loads one that the reader may see, or None.

    Blocks its thread.
    """
    pairs = engine.read(lambda tx: sign_store.visits_meant(tx, visit, MOST))
    seen = {other: readable(other) for other in {other for other, _ in pairs}}
    found: list[Meant] = []
    for other, blob in pairs:
        there = seen[other]
        if there is None:
            continue
        submit = there.newest.submit
        found.append(
            Meant(
                visit=other,
                blob=blob,
                name=name_of(there),
                title=words.forms.get(submit.form, submit.forms[submit.form].version).title,
                when=bounds(there.newest, words.text),
                author=there.names.get(there.newest.content.author, "–"),
                state=str(there.record.fields["state"]),
            )
        )
    return tuple(found)
