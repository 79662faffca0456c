"""Phones for benchmarks that are real but for the PIN: vault, store, worker and HTTP as in the app.

Rule: what they say to the office is what the app says. The vault's key is given instead of derived, because a
run makes many of them and the derivation is slow on purpose.
"""

import os
from pathlib import Path

import httpx

from field_app.blobs import Blobs, put_blob
from field_app.devices.desktop import DesktopNetwork, SystemTime
from field_app.owner import Owner
from field_app.pen import Pen
from field_app.settings import Settings
from field_app.store import Store
from field_app.transport import HttpLink
from field_app.vault import open_vault
from field_app.worker import Worker
from schemas.ids import BlobId, ChangeId, DeviceId, PersonId, Regency
from sync.change import Body
from tests.bench.offices import BenchOffice
from tests.contract.people import key_of
from tests.server.letting_in import beside
from tests.server.phones import Phone

VAULT_KEY = bytes(range(32))
PHOTO = (
    "INSERT INTO photos (draft, form, field, blob, camera_sha256, taken_ms, blurry, dark, named)"
    " VALUES (?, 'skm', ?, ?, '', 0, 0, 0, 1)"
)


class WorkerPhone:
    """One phone, enrolled and logged in at `address`; `folder` holds its vault."""

    def __init__(self, folder: Path, bench: BenchOffice, seed: int, address: str = "") -> None:
        self._begin(folder, bench.data, address or bench.server.address, bench.codes[seed], seed)

    @classmethod
    def at(cls, folder: Path, data: Path, address: str, code: str, seed: int) -> "WorkerPhone":
        """Make a phone in another process than the office's benchmark."""
        phone = cls.__new__(cls)
        phone._begin(folder, data, address, code, seed)
        return phone

    def _begin(self, folder: Path, data: Path, address: str, code: str, seed: int) -> None:
        key = key_of(seed)
        self._time = SystemTime()
        link = HttpLink(address, lambda _: True)
        with httpx.Client(base_url=address, timeout=60) as http, beside(data) as deps:
            welcome = Phone(http, key).enrol(code, deps)
        owner = Owner(
            address=address,
            regency=Regency(welcome.regency),
            office_name=welcome.office_name,
            office_device=welcome.office_device,
            office_key=welcome.office_key,
            device=DeviceId(welcome.device),
            private_key=key.private_bytes_raw(),
            person=PersonId(welcome.person),
            person_name=welcome.person_name,
            person_code=welcome.person_code,
            roles=welcome.roles,
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.vault = open_vault(folder / f"phone-{seed}.db", VAULT_KEY)
        self.store = Store(self.vault, owner.device, key.sign)
        self._pen = Pen(self.store, owner, self._time, os.urandom)
        self._use(link)
        refused = link.login(self.store.device(), self.store.sign)
        if refused is not None:
            raise RuntimeError(str(refused))

    def go_through(self, address: str) -> None:
        """Reach the office by another line from now on; the phone logs in anew when it must."""
        self.link.close()
        self._use(HttpLink(address, lambda _: True))

    def _use(self, link: HttpLink) -> None:
        self.link = link
        self.worker = Worker(
            store=self.store,
            link=link,
            network=DesktopNetwork(),
            time=self._time,
            pen=self._pen,
            wishes=Settings(),
            chance=lambda: 0.5,
            label=lambda form, version, field: field,
        )

    def write(self, bodies: list[Body]) -> list[ChangeId]:
        """Make changes, durably, in one transaction; they wait for the next sync."""
        with self.vault.write():
            return [self._pen.write(body, self._time.now_ms()) for body in bodies]

    def keep_photos(self, visit: str, change: ChangeId, photos: dict[BlobId, bytes]) -> None:
        """Keep photos as those of a visit that was finalised by `change`."""
        with self.vault.write() as connection:
            connection.execute(
                "INSERT INTO drafts (id, visit, form, seen, started_ms, touched_ms, change)"
                " VALUES (?, ?, 'skm', x'80', 0, 0, ?)",
                (visit, visit, change),
            )
            for number, (blob, data) in enumerate(photos.items()):
                put_blob(connection, blob, data, "image/jpeg", b"")
                connection.execute(PHOTO, (visit, f"foto{number}", blob))

    def unsent(self) -> int:
        """Return how many photos lack the office's receipt."""
        return len(Blobs(self.vault).unsent())

    def sync(self) -> None:
        """Sync until quiet, as the app does. Raises RuntimeError if that fails."""
        failure = self.worker.run_once()
        if failure is not None:
            raise RuntimeError(str(failure))

    def close(self) -> None:
        """Close the line and the vault."""
        self.link.close()
        self.vault.close()
