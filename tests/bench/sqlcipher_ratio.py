"""What the encryption costs: the app's own operations on its vault, and on the same vault without a key.

Two phones that synced the same; each operation is done in turn on one and on the other, so that whatever else
the machine does befalls both. The vault without a key is there for this comparison only, by a connection that
is told no key: the product has no way to open one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from msgspec.structs import replace

from field_app import vault as vault_module
from field_app.phone import Phone
from field_app.store import Store
from field_app.views import DraftView
from sync.store import Row
from tests.bench.figures import Figure, percentile, scaled, timed_ms
from tests.bench.phones import synced_phone

COUNT = 20_000
PAGE_ROWS = 500
RUNS = 101
PAGES = 15
BUDGET = 1.3
FORM = "bpnt_kpm"


class Keyless(sqlcipher.Connection):
    """A connection that passes over being told a key, and so reads and writes plain SQLite."""

    def execute(self, sql: str, *given: Any) -> Any:
        return super().execute("SELECT 1" if sql.startswith("PRAGMA key") else sql, *given)


@dataclass
class Side:
    """One phone with a draft that is open, and its store."""

    phone: Phone
    draft: str
    store: Store
    rows: list[Row]
    turn: int = 0

    def save(self) -> None:
        self.turn += 1
        self.phone.visits.save(self.draft, FORM, "nominal_diterima", 100_000 + self.turn)

    def store_page(self) -> None:
        self.turn += 1
        self.store.put_rows([replace(row, seq=row.seq + self.turn) for row in self.rows], [])


def measure(folder: Path) -> list[Figure]:
    """Do each operation on both, again and again, and give how many times as long the encrypted one takes."""
    count = scaled(COUNT, PAGE_ROWS)
    with keyless_in(folder / "plain"), both(folder, count) as (sealed, plain):
        begins = ((folder / name / "phone" / "vault.db").read_bytes()[:6] for name in ("sealed", "plain"))
        if [begin == b"SQLite" for begin in begins] != [False, True]:
            raise RuntimeError("one of the vaults is not what it should be")
        operations: list[tuple[str, Callable[[Side], object], int]] = [
            ("save an answer", Side.save, RUNS),
            ("open a form", lambda side: side.phone.visits.draft(side.draft), RUNS),
            ("search by name as heard", lambda side: side.phone.visits.search("soetarmi oetami"), RUNS),
            ("search by two letters", lambda side: side.phone.visits.search("su"), RUNS),
            ("list tasks and visits", lambda side: side.phone.visits.home(), RUNS),
            ("count the outbox", lambda side: side.phone.worker.status(), RUNS),
            (f"store a page of {PAGE_ROWS} rows", Side.store_page, PAGES),
        ]
        return [figure(name, work, runs, sealed, plain) for name, work, runs in operations]


def figure(name: str, work: Callable[[Side], object], runs: int, sealed: Side, plain: Side) -> Figure:
    """Return the ratio of the lower quartiles: whatever else runs here lengthens the slower turns."""
    times: dict[int, list[float]] = {0: [], 1: []}
    for side in (sealed, plain):
        work(side)
    for run in range(runs):
        for at in (0, 1) if run % 2 else (1, 0):
            times[at].append(timed_ms(lambda at=at: work((sealed, plain)[at])))
    sealed_ms, plain_ms = (percentile(times[at], 0.25) for at in (0, 1))
    return Figure(
        name=f"vault: {name}, {sealed_ms:.2f} ms against {plain_ms:.2f} plain",
        value=sealed_ms / plain_ms,
        unit="times",
        budget=BUDGET,
    )


@contextmanager
def both(folder: Path, count: int) -> Iterator[tuple[Side, Side]]:
    """Yield the phone with a key and the one without."""
    with synced_phone(folder / "sealed", count) as sealed, synced_phone(folder / "plain", count) as plain:
        yield side_of(sealed), side_of(plain)


def side_of(phone: Phone) -> Side:
    """Begin a visit on a phone, and take a page of its rows to be stored again."""
    draft = phone.visits.start(FORM, phone.visits.search("su")[0].id, None)
    if not isinstance(draft, DraftView):
        raise RuntimeError(draft.say)
    opened = phone._opened()
    store = Store(opened._vault, phone.owner.device, lambda _: b"")
    return Side(phone, draft.id, store, store.rows_of_kind("warga")[:PAGE_ROWS])


@contextmanager
def keyless_in(folder: Path) -> Iterator[None]:
    """Have every vault in a folder opened without a key, and others as ever."""
    real = sqlcipher.connect

    def connect(path: Path, **named: Any) -> sqlcipher.Connection:
        if Path(path).is_relative_to(folder):
            named["factory"] = Keyless
        return real(path, **named)

    vault_module.sqlcipher.connect = connect
    try:
        yield
    finally:
        vault_module.sqlcipher.connect = real
