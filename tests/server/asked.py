"""What a database is asked meanwhile, each statement with its plan. Rule: it only listens."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from server.engine import NOTHING, Params, SqlRow
from server.engines.sqlite import Transaction

query: Any = Transaction.query
execute: Any = Transaction.execute


@dataclass(frozen=True)
class Asked:
    """One statement: how many rows it gave or touched, and the lines of its plan."""

    sql: str
    rows: int
    plan: tuple[str, ...]

    def reads_all_of(self, table: str, but: str = "") -> bool:
        """Whether it goes through all that the regency has in a table, by whatever way `but` this index."""
        return any(
            table in line and (not but or but not in line)
            for line in self.plan
            if line.startswith("SCAN") or line.endswith("(kabupaten=?)")
        )


@contextmanager
def listening() -> Generator[list[Asked]]:
    """Give what is asked of every database of this process, as it is asked."""
    found: list[Asked] = []

    def listen(self: Transaction, sql: str, params: Params = NOTHING) -> list[SqlRow]:
        rows = query(self, sql, params)
        plan = tuple(str(row[3]) for row in query(self, f"EXPLAIN QUERY PLAN {sql}", params))
        found.append(Asked(sql=sql, rows=len(rows), plan=plan))
        return rows

    def listen_to_writes(self: Transaction, sql: str, params: Params = NOTHING) -> int:
        plan = tuple(str(row[3]) for row in query(self, f"EXPLAIN QUERY PLAN {sql}", params))
        count: int = execute(self, sql, params)
        found.append(Asked(sql=sql, rows=count, plan=plan))
        return count

    with patch.object(Transaction, "query", listen), patch.object(Transaction, "execute", listen_to_writes):
        yield found
