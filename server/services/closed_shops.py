"""E-warong that trade no longer, as visits found them. Rule: the newest approved visit that says so counts.

Nothing is written: a decision that is taken back, or a later visit that found the shop open, opens it again.
"""

from collections.abc import Iterable

from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import RecordId
from server import assign_store, subject_store
from server.engine import Reader
from server.services.newest_word import newest_saying
from server.services.six_rights import FORM
from server.services.visits import Version
from sync.store import Record

TRADES, ENDED = "masih_aktif", "tanggal_berhenti"
"""Whether a shop still trades, and since when it does not."""


def closed_shops(tx: Reader, shops: Iterable[RecordId]) -> dict[RecordId, str]:
    """Return which of these shops are closed, and since when (ISO): since the visit, if it says no day."""
    asked = list(shops)
    visits = assign_store.approved_visits(tx, asked, subject_store.lives_on_in(tx, asked), FORM)
    return {shop: day for shop, day in newest_saying(tx, visits, _closed_since).items() if day}


def _closed_since(_: Record, version: Version) -> str | None:
    """Return since when it trades no longer, nothing if it does; None when the visit says neither."""
    answers = version.submit.forms[FORM].answers
    match answers.get(TRADES):
        case True:
            return ""
        case False:
            return (day_of(answers.get(ENDED)) or local_date(version.received_ms)).isoformat()
        case _:
            return None


def says_closed(version: Version) -> bool:
    """Whether a visit found that a shop trades no longer."""
    given = version.submit.forms.get(FORM)
    return given is not None and given.answers.get(TRADES) is False
