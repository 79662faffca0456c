import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.store import Store
from field_app.vault import Vault, open_vault
from sync.store import DeviceStore, Entry
from tests.contract.device_contract import DeviceContract
from tests.contract.log_contract import LogContract
from tests.contract.office_contract import EMPTY_PATCH
from tests.contract.people import Writer
from tests.contract.rows_contract import RowsContract

KEY = bytes(range(32))


@pytest.fixture(scope="session")
def empty_vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vault") / "vault.db"
    open_vault(path, KEY).close()
    return path


class VaultStores:
    """Makes stores in real vaults for the contract suites, and closes them."""

    @pytest.fixture(autouse=True)
    def vaults(self, tmp_path: Path, empty_vault: Path) -> Iterator[None]:
        self.folder = tmp_path
        self.empty = empty_vault
        self.opened: list[Vault] = []
        yield
        for vault in self.opened:
            vault.close()

    def make_device(self, writer: Writer) -> Store:
        path = self.folder / f"{len(self.opened)}.db"
        shutil.copy(self.empty, path)
        self.opened.append(open_vault(path, KEY))
        return Store(self.opened[-1], writer.device, writer.key.sign)

    def make_store(self, writer: Writer) -> Store:
        return self.make_device(writer)

    def transaction(self, store: Store):
        return store.vault.write()

    def append(self, store: DeviceStore, change: bytes, content: bytes) -> Entry:
        return store.append(change, content)  # type: ignore[attr-defined]


class TestVaultStore(VaultStores, LogContract, RowsContract, DeviceContract):
    def make_rows(self) -> Store:
        return self.make_device(Writer(7))

    def test_a_change_that_was_written_again_stands_where_it_was_written_last(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        first, second = (store.append(*writer.content(EMPTY_PATCH)) for _ in range(2))
        assert first.content is not None
        again = store.append(first.link.change, first.content)
        assert store.place_of(first.link.change) == again.link.counter == 3
        assert store.place_of(second.link.change) == 2

    def test_links_that_were_spoiled_hide_none_behind_them(self) -> None:
        writer = Writer(7)
        store = self.make_device(writer)
        *_, last = [store.append(*writer.content(EMPTY_PATCH)) for _ in range(4)]
        with store.vault.write() as connection:
            connection.execute("UPDATE links SET raw = x'c0' WHERE counter < 4")
        assert store.entries(writer.device, 0, 2) == [last]
