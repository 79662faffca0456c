"""Finding one of 20,000 warga: by name as heard, and by the last digits of a NIK."""

import sqlite3
from pathlib import Path

from field_app.phone import Phone
from schemas.identity import search_key
from tests.bench.figures import Figure, median_ms
from tests.bench.phones import synced_phone

COUNT = 20_000
RUNS = 101


def measure(folder: Path) -> list[Figure]:
    """Search on a phone that pulled all of them, and scan the same names in plain SQLite."""
    with synced_phone(folder, COUNT) as phone:
        hits = phone.visits.search("soetarmi oetami")
        by_name = median_ms(lambda: phone.visits.search("soetarmi oetami"), RUNS)
        by_prefix = median_ms(lambda: phone.visits.search("su"), RUNS)
        by_digits = median_ms(lambda: phone.visits.search("1234"), RUNS)
        scan = _plain(folder, phone)
    if not hits or any("utarmi" not in hit.nama.lower() for hit in hits):
        raise RuntimeError("the search did not find what it should")
    limit = {"limit": scan, "limit_name": "plain SQLite scanning the same names"}
    return [
        Figure(name="phone: search 20,000 by name as heard", value=by_name, unit="ms", budget=30, **limit),
        Figure(name="phone: search 20,000 by two letters", value=by_prefix, unit="ms", budget=30, **limit),
        Figure(name="phone: search 20,000 by NIK ending", value=by_digits, unit="ms", budget=30, **limit),
    ]


def _plain(folder: Path, phone: Phone) -> float:
    """Return how long plain SQLite takes to scan as many names without any index."""
    names = [hit.nama for hit in phone.visits.search("su", limit=COUNT)] or ["Sutarmi"]
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("CREATE TABLE warga (nama TEXT)")
    rows = ((search_key(names[number % len(names)]),) for number in range(COUNT))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO warga VALUES (?)", rows)
    connection.execute("COMMIT")
    query = "SELECT nama FROM warga WHERE nama LIKE '%utarmi u%'"
    try:
        return median_ms(lambda: connection.execute(query).fetchall(), RUNS)
    finally:
        connection.close()
