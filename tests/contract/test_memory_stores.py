"""The reference stores keep their own contract."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.ids import ChangeId
from sync.memory import MemoryDevice, MemoryOffice
from sync.store import DeviceStore, Entry, Log, Record, Rows
from tests.contract.device_contract import DeviceContract
from tests.contract.log_contract import LogContract
from tests.contract.office_contract import OfficeContract
from tests.contract.people import Writer, record_id
from tests.contract.rows_contract import RowsContract


def office() -> MemoryOffice:
    rng = Writer(1).rng
    return MemoryOffice(lambda: rng.randbytes(8))


class TestMemoryOffice(OfficeContract, LogContract, RowsContract):
    def make_store(self, writer: Writer) -> Log:
        return office()

    def make_rows(self) -> Rows:
        return office()

    def make_office(self) -> MemoryOffice:
        return office()

    @contextmanager
    def transaction(self, store: Log | Rows) -> Iterator[None]:
        assert isinstance(store, MemoryOffice)
        with store.transaction():
            yield

    def test_what_a_savepoint_kept_goes_with_the_transaction_around_it(self) -> None:
        store = office()
        with pytest.raises(InterruptedError), store.transaction():
            with store.transaction():
                store.put_records([Record(id=record_id(1), kind="warga", head=None, fields={})])
            raise InterruptedError
        assert store.records([record_id(1)]) == {}


class TestMemoryDevice(LogContract, RowsContract, DeviceContract):
    own_device_only = True

    def make_store(self, writer: Writer) -> Log:
        return MemoryDevice(writer.device, writer.key.sign)

    def make_rows(self) -> Rows:
        return self.make_device(Writer(7))

    def make_device(self, writer: Writer) -> MemoryDevice:
        return MemoryDevice(writer.device, writer.key.sign)

    def append(self, store: DeviceStore, change: bytes, content: bytes) -> Entry:
        assert isinstance(store, MemoryDevice)
        return store.append(ChangeId(change), content)
