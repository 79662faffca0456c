"""Which phones joined, lost their rights, are lost or to be wiped, outside the database. Rule: it only grows.

A database that comes back from a backup knows nothing of what befell phones since: one that was stolen would
be let in again and never be wiped, and the work of one that joined refused for good. The list lies beside the
key file and is encrypted; it follows the database within a second, and is applied before anybody is answered.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from schemas.base import UNREADABLE, Data, decode, encode
from schemas.ids import DeviceId
from server import device_store
from server.beside_key import Beside, DamagedListError
from server.device_store import Device
from server.disk import replace_durably
from server.engine import Engine, Writer
from server.key_file import KeyFile
from server.keys import Keys
from server.lost_store import Lost, Wipe
from server.office import Office
from server.phone_orders import Listed, Marks, all_listed, lay_in, marks, merged
from sync.change import Enrolled

ENDING = ".hp"
logger = logging.getLogger("server.phones")


def phones_path(key_path: Path) -> Path:
    """Return where the list lies: beside the key file."""
    return key_path.with_name(key_path.name + ENDING)


class Relearned(Data, frozen=True, kw_only=True):
    """What the list told a database of before: which phones were let in again, which lost their rights, and
    of which it learned that they are to be wiped, or lost.
    """

    joined: list[Device]
    revoked: list[DeviceId]
    ordered: list[DeviceId]


class PhoneList:
    """Every phone that the office ever knew, sealed. Under older keys it is believed until all is changed."""

    def __init__(
        self,
        engine: Engine,
        office: Office,
        key_file: KeyFile,
        keys: Keys,
        randomness: Callable[[int], bytes],
    ) -> None:
        self.path = phones_path(key_file.path)
        self._file = _beside(key_file, keys, randomness)
        self._engine, self._office = engine, office
        self._kept: Marks | None = None
        self.is_failing = False

    def apply(self) -> Relearned:
        """Let in again who is listed and not known here, take the rights of those who had lost them, and have
        orders to wipe and reports of lost phones count as far as they were.

        Blocks until it is durable. Raises DamagedListError, OSError.
        """
        listed = self.read()
        known = {phone.id: phone for phone in self._engine.read(all_listed)}
        joined = [phone for phone in listed if phone.id not in known]
        revoked = [
            (phone.id, phone.revoked_ms)
            for phone in listed
            if phone.revoked_ms is not None and phone.id in known and known[phone.id].revoked_ms is None
        ]

        full = [merged(phone, known[phone.id]) if phone.id in known else phone for phone in listed]
        ordered = [phone for phone in full if _asked(phone) != _asked(known.get(phone.id))]

        def work(writer: Writer) -> None:
            for phone in joined:
                device_store.add_device(writer, phone)
            for name, revoked_ms in revoked:
                device_store.revoke(writer, name, revoked_ms)
            said = [patch for phone in ordered for patch in lay_in(writer, known.get(phone.id), phone)]
            self._office.act_in(writer, self._office.person, [*map(_enrolled, joined), *said])

        if joined or revoked or ordered:
            self._engine.write(work).result()
        return Relearned(
            joined=[*joined],
            revoked=[name for name, _ in revoked],
            ordered=[phone.id for phone in ordered],
        )

    def follow(self) -> None:
        """Keep the list, and remember whether that cannot be done; the next call tries again."""
        try:
            self.keep()
        except (OSError, DamagedListError) as error:
            if not self.is_failing:
                logger.error("%s while listing phones", type(error).__name__)
            self.is_failing = True
        else:
            self.is_failing = False

    def keep(self) -> None:
        """Write down what the database says and the list does not. Raises DamagedListError, OSError.

        Where the key file is away it waits until that is back.
        """
        now = self._engine.read(marks)
        if now == self._kept or not self._file.is_here():
            return
        with self._alone():
            before, is_present = self._read()
            listed = {phone.id: phone for phone in before}
            for phone in self._engine.read(all_listed):
                listed[phone.id] = merged(listed.get(phone.id, phone), phone)
            all_of_them = list(listed.values())
            if all_of_them != before or not is_present:
                replace_durably(self.path, self._file.seal(encode(all_of_them)))
        self._kept = now

    def read(self) -> list[Listed]:
        """Return every phone that is listed. Raises DamagedListError, UnreadableListError."""
        return self._read()[0]

    def _read(self) -> tuple[list[Listed], bool]:
        """Return them, and whether the list is under the present keys."""
        raw = self._file.read()
        if raw is None:
            return [], True
        return _opened(self._file, raw)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other processes of this office from writing at the same time."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def joined_lists(
    key_path: Path, keys: Keys, other: bytes, randomness: Callable[[int], bytes]
) -> bytes | None:
    """Return the list that lies there together with another of the same office; None where it says all.

    Raises DamagedListError, UnreadableListError.
    """
    file = _beside(KeyFile(key_path, keys), keys, randomness)
    raw = file.read()
    if raw is None or not other:
        return other or None
    (here, _), (there, _) = _opened(file, raw), _opened(file, other)
    more = {phone.id: phone for phone in there}
    both = [merged(more.pop(phone.id, phone), phone) for phone in here] + [*more.values()]
    return file.seal(encode(both)) if both != here else None


def _beside(key_file: KeyFile, keys: Keys, randomness: Callable[[int], bytes]) -> Beside:
    # whoever has a key file of before could list phones of theirs
    masters = keys.blob_masters() if keys.unfinished else (keys.blobs,)
    if keys.following:  # which may count already
        masters = (*masters, keys.following.blobs)
    return Beside(phones_path(key_file.path), key_file, masters, "phones", "daftar_hp_rusak", randomness)


def _opened(file: Beside, raw: bytes) -> tuple[list[Listed], bool]:
    """Return the phones of a list, and whether that is under the present keys."""
    plain, is_present = file.open(raw)
    try:
        return decode(plain, list[Listed]), is_present
    except (ValueError, *UNREADABLE) as error:
        raise file.damaged() from error


def _asked(phone: Listed | None) -> tuple[tuple[Wipe, ...], tuple[Lost, ...]]:
    return (phone.wipes, phone.lost) if phone else ((), ())


def _enrolled(phone: Device) -> Enrolled:
    return Enrolled(device=phone.id, person=phone.person, public_key=phone.public_key)
