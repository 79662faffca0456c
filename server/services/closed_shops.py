"""E-warong that trade no longer, as visits found them. Rule: the newest approved visit that says so counts.

Nothing is written: a decision that is taken back, or a later visit that found the shop open, opens it again.
"""

from collections.abc import Iterable

from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import RecordId
from server import assign_store, subject_store
from server.engine import Reader
from server.services.six_rights import FORM
from server.services.visits import load_newest
from server.store import SqlOfficeStore

TRADES, ENDED = "masih_aktif", "tanggal_berhenti"
"""Whether a shop still trades, and since when it does not."""


def closed_shops(tx: Reader, shops: Iterable[RecordId]) -> dict[RecordId, str]:
    """Return which of these shops are closed, and since when (ISO): since the visit, if it says no day."""
    asked = list(shops)
    visits = assign_store.approved_visits(tx, asked, subject_store.lives_on_in(tx, asked), FORM)
    found: dict[RecordId, str] = {}
    while visits:
        newest = {names.pop(): shop for shop, names in visits.items()}
        said: set[RecordId] = set()
        for version in load_newest(tx, SqlOfficeStore.reading(tx).records(newest).values()):
            answers, shop = version.submit.forms[FORM].answers, newest[version.submit.visit]
            if isinstance(answers.get(TRADES), bool):
                said.add(shop)
                if not answers[TRADES]:
                    found[shop] = (day_of(answers.get(ENDED)) or local_date(version.received_ms)).isoformat()
        visits = {shop: names for shop, names in visits.items() if names and shop not in said}
    return found
