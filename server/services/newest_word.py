"""What visits say of somebody. Rule: the newest word is of the visit that was paid last, not that came last.

A visit may come weeks after it was paid, when another was there meanwhile. It says its own day; where the
phone's clock was wrong, the day counts on which it came.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import RecordId
from server.assign_store import Came
from server.engine import Reader
from server.services.proofs import clock_is_wrong
from server.services.visits import Version, load_newest
from server.settings import Settings, settings
from server.store import SqlOfficeStore
from sync.store import Record

PAID = "tanggal_kunjungan"
T = TypeVar("T")


def newest_saying(
    tx: Reader, visits: Mapping[RecordId, list[Came]], says: Callable[[Record, Version], T | None]
) -> dict[RecordId, T]:
    """Return what the newest visit to each that says anything says: None is nothing, and the one before is
    asked. Of each the visits stand as they came: none that came before a day was paid on that day or later.
    """
    store, known = SqlOfficeStore.reading(tx), settings(tx)
    found, left = dict[RecordId, tuple[date, T]](), visits
    while left:
        whose = {came[-1].visit: subject for subject, came in left.items()}
        records = store.records(whose)
        for version in load_newest(tx, records.values()):
            subject, day = whose[version.submit.visit], paid_on(version, known)
            said = says(records[version.submit.visit], version)
            if said is not None and (subject not in found or day > found[subject][0]):
                found[subject] = day, said
        left = {
            subject: came[:-1]
            for subject, came in left.items()
            if came[1:] and (subject not in found or local_date(came[-2].at_ms) > found[subject][0])
        }
    return {subject: said for subject, (_, said) in found.items()}


def paid_on(version: Version, known: Settings) -> date:
    """Return the day on which a visit was paid."""
    came = local_date(version.received_ms)
    if clock_is_wrong(version, known.limits(version.received_ms)):
        return came
    day = day_of(version.submit.forms[version.submit.form].answers.get(PAID))
    return min(day, came) if day else came
