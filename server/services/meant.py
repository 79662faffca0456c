"""The other visits that a sign on a visit points to. Rule: only those that the reader may see are told.

"Two visits in one quarter", "a photo used before" and "a photo that looks like another" ask for a look at the
other one: it is named and linked, and the photos stand side by side.
"""

from collections import Counter
from collections.abc import Callable

from schemas.base import Data
from schemas.ids import BlobId, RecordId
from server import sign_store
from server.engine import Engine
from server.services.visit_page import Words, bounds, name_of
from server.services.visits import Visit

MOST = 5
"""Of each kind of sign."""


class Meant(Data, frozen=True, kw_only=True):
    """Another visit: whom it was about, what it was, when and by whom, and how it stands.

    `blob` is the photo that came from it and `theirs` what it is there, both empty where it is another visit
    to the same target; `alike`: the two are not the same, but look it. `here` and `there`: whether the office
    has them, to be shown side by side.
    """

    visit: RecordId
    blob: BlobId
    theirs: BlobId
    alike: bool
    here: bool
    there: bool
    name: str
    title: str
    when: str
    author: str
    state: str


class Others(Data, frozen=True, kw_only=True):
    """The other visits; `more`: there are further ones."""

    shown: tuple[Meant, ...]
    more: bool


def meant(engine: Engine, words: Words, visit: Visit, readable: Callable[[RecordId], Visit | None]) -> Others:
    """Return the visits that the signs of one mean; `readable` loads one that the reader may see, or None.

    Blocks its thread.
    """
    others = engine.read(lambda tx: sign_store.visits_meant(tx, visit.record.id, MOST + 1))
    seen = {other: readable(other) for other in {each.visit for each in others}}
    found: list[Meant] = []
    counts = Counter[tuple[bool, bool]]()
    for each in others:
        kind = bool(each.own), each.alike
        counts[kind] += 1
        there = seen[each.visit]
        if there is None or counts[kind] > MOST:
            continue
        submit = there.newest.submit
        found.append(
            Meant(
                visit=each.visit,
                blob=each.own,
                theirs=each.theirs,
                alike=each.alike,
                here=_is_held(visit, each.own),
                there=_is_held(there, each.theirs),
                name=name_of(there),
                title=words.forms.get(submit.form, submit.forms[submit.form].version).title,
                when=bounds(there.newest, words.text),
                author=there.names.get(there.newest.content.author, "–"),
                state=str(there.record.fields["state"]),
            )
        )
    return Others(shown=tuple(found), more=max(counts.values(), default=0) > MOST)


def _is_held(visit: Visit, blob: BlobId) -> bool:
    return any(blob in version.held for version in visit.versions)
