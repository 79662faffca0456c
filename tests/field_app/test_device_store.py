import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.store import Store
from field_app.vault import Vault, open_vault
from sync.store import DeviceStore, Entry
from tests.contract.device_contract import DeviceContract
from tests.contract.log_contract import LogContract
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
