"""Taking in what the vault of a wiped or damaged phone still holds. Rule: it goes the way of a hand-over
file, signed with the device's key that lies in the vault, and that it was opened stands in the chain first.
"""

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.base import Data
from schemas.ids import BlobId, DeviceId
from schemas.problem import Problem
from schemas.wire import PROTOCOL, Cursor, SyncRequest
from server import device_store
from server.deps import Deps
from server.device_store import Device
from server.kept_store import KeptDraft, KeptEntry, KeptSealed, KeptVault, is_content, kept_vault
from server.rescue import FoundRescue, open_code_wrap
from server.services.handover import Counts
from server.services.rescuing import NotRescued, Rescuing
from server.store import SqlOfficeStore
from sync.answering import Photo
from sync.chain import Tip, head_message, read_link

RUN_LINKS, RUN_BYTES = 500, 1024 * 1024


class Emptied(Data, frozen=True, kw_only=True):
    """What was found in a vault. `lost`: changes whose content was not there any more and never came;
    `is_damaged`: there may be more in it that cannot be read.
    """

    device: Device
    counts: Counts
    problems: tuple[Problem, ...]
    lost: int
    drafts: tuple[KeptDraft, ...]
    sealed: tuple[KeptSealed, ...]
    is_damaged: bool


class KeptVaults:
    """The use case. Blocks its thread."""

    def __init__(self, deps: Deps, rescuing: Rescuing) -> None:
        self._deps, self._rescuing = deps, rescuing

    def device_named(self, beginning: str) -> Device | NotRescued:
        """Return the one device whose id begins so."""
        found = self._deps.engine.read(device_store.devices)
        fitting = [each for each in found if beginning and each.id.startswith(beginning)]
        return fitting[0] if len(fitting) == 1 else NotRescued(why="perangkat")

    def key_by_office(self, sealed: bytes, device: DeviceId) -> bytes | NotRescued:
        """Open the vault's key that a wiped phone sealed to this office."""
        key = self._deps.handovers.open_kept_key(sealed, device)
        return key or NotRescued(why="kunci_brankas")

    def key_by_rescue(self, code: bytes, rescue: FoundRescue) -> bytes | NotRescued:
        """Open the vault's key out of a phone's key file."""
        return open_code_wrap(code, rescue.wrap) or NotRescued(why="kunci_brankas")

    def take(self, path: Path, key: bytes, device: Device) -> Emptied | NotRescued:
        """Take in all that the office lacks. Raises OSError, EngineError."""
        deps = self._deps
        with kept_vault(path, key, deps.uploads.folder) as vault:
            if vault is None:
                return NotRescued(why="kunci_brankas")
            if vault.owner.office_device != deps.office.device or vault.owner.device != device.id:
                return NotRescued(why="brankas_lain")
            missing = list(self._missing(vault, device.id))
            whole = [entry for entry in missing if is_content(entry, read_link(entry.raw_link).change)]
            items = self._items(vault, device.id, whole)
            counts, problems = deps.handovers.take_items(device.id, items)
            return Emptied(
                device=device,
                counts=counts,
                problems=problems,
                lost=len(missing) - len(whole),
                drafts=tuple(vault.drafts()),
                sealed=tuple(vault.sealed_drafts()),
                is_damaged=vault.is_damaged,
            )

    def _missing(self, vault: KeptVault, device: DeviceId) -> Iterator[KeptEntry]:
        """Give the entries that this office does not have."""
        for entry in vault.entries():
            tip = Tip(counter=entry.counter, hash=entry.hash)
            known = self._deps.engine.read(
                lambda tx, tip=tip: SqlOfficeStore.reading(tx).entries_at(device, [tip])
            )
            if entry.hash not in known:
                yield entry

    def _items(
        self, vault: KeptVault, device: DeviceId, entries: list[KeptEntry]
    ) -> Iterator[SyncRequest | Photo]:
        sign = Ed25519PrivateKey.from_private_bytes(vault.owner.private_key).sign
        for run in _runs(entries):
            yield SyncRequest(
                protocol=PROTOCOL,
                device=device,
                cursor=Cursor(),
                links=[entry.raw_link for entry in run],
                contents=[entry.content for entry in run if entry.content is not None],
                signature=sign(head_message(run[-1].hash)),
            )
        for blob, size_bytes in vault.photos():
            data = vault.photo(BlobId(blob))
            if len(data) == size_bytes:
                yield Photo(blob=BlobId(blob), size_bytes=size_bytes, pieces=iter((data,)))


def _runs(entries: list[KeptEntry]) -> Iterator[list[KeptEntry]]:
    """Part a chain into runs of one request each; one ends where an entry is left out or a branch begins."""
    run: list[KeptEntry] = []
    size = 0
    for entry in entries:
        follows = run and read_link(entry.raw_link).prev == run[-1].hash
        if run and (not follows or len(run) >= RUN_LINKS or size + len(entry.content or b"") > RUN_BYTES):
            yield run
            run, size = [], 0
        run.append(entry)
        size += len(entry.content or b"")
    if run:
        yield run
