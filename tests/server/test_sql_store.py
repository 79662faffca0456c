"""The SQL store keeps the contract of every office store."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import pytest

from server.store import SqlOfficeStore
from sync.store import Log, OfficeStore, Rows
from tests.contract.log_contract import LogContract
from tests.contract.office_contract import OfficeContract
from tests.contract.people import Writer
from tests.contract.rows_contract import RowsContract
from tests.server.offices import Handle, make_engine


class TestSqlOfficeStore(OfficeContract, LogContract, RowsContract):
    @pytest.fixture(autouse=True)
    def _engine(self, tmp_path: Path) -> Any:
        self.engine = make_engine(tmp_path)
        yield
        self.engine.close()

    def handle(self) -> Any:
        return Handle(self.engine, SqlOfficeStore)

    def make_store(self, writer: Writer) -> Log:
        return self.handle()

    def make_rows(self) -> Rows:
        return self.handle()

    def make_office(self) -> OfficeStore:
        return self.handle()

    def transaction(self, store: Any) -> AbstractContextManager[Any]:
        return cast(Handle, store).transaction()

    def test_a_cursor_and_what_a_device_changed_are_found_by_an_index(self) -> None:
        """With each sync, or each that begins at zero: neither may look at all that was ever committed."""
        by_tag = "EXPLAIN QUERY PLAN SELECT last_seq FROM commits WHERE kabupaten = :kabupaten AND tag = :tag"
        newest = (
            "EXPLAIN QUERY PLAN SELECT change FROM links WHERE kabupaten = :kabupaten AND device = :device"
            " ORDER BY counter DESC, hash DESC LIMIT 10"
        )
        plans = self.engine.read(
            lambda tx: [tx.query(by_tag, {"tag": b"x"}), tx.query(newest, {"device": "x"})]
        )
        assert "commits_by_tag" in str(plans[0])
        assert "USING INDEX" in str(plans[1]) and "TEMP B-TREE" not in str(plans[1])
