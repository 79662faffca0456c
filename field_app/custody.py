"""What this phone and the office say of the phone itself, after a sync. Rule: an order counts only under the
office's signature and for this very device, and nothing is wiped before all was handed over: also what was
recorded while the office was being told.

The phone says what waits on it, brings its rescue letter, and learns the rescue key and whether it is to be
wiped. It speaks after the first sync of each opening and then once an hour; at once with news, and when
it had to log in anew: the office ends the sessions of a phone that it revokes or orders to be wiped.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from field_app.devices import Keystore, Timepiece
from field_app.durable import write_whole
from field_app.keys import Keys, KeysError
from field_app.link import Door, Failure, Link
from field_app.office_word import OFFICE_KEY, OfficeWord
from field_app.owner import Owner
from field_app.sealed import CLOSED
from field_app.sealing import seal_key
from field_app.store import Store
from field_app.vault import StorageFailedError
from field_app.views import HandedOver, Refused, SyncStatus
from field_app.wiping import KEPT, PAPER, Paper, read_paper, write_paper
from schemas.base import decode
from schemas.device_word import (
    MAX_CLOSED,
    DeviceOrders,
    DeviceReport,
    HandedBy,
    Step,
    WipeOrder,
    WipeWord,
    kept_info,
    letter_info,
    order_message,
    rescue_message,
    word_message,
)
from sync.chain import Tip

EVERY_MS = 60 * 60_000
ORDER = "perintah/hapus"
"""The order as it was verified, kept until it is carried out."""
KEY_ENDING, CODE_ENDING = ".kunci", ".kode"
"""Beside a kept vault: its key, sealed to the office, and what the code that the office keeps opens."""
SEALED_ENDINGS = (KEY_ENDING, CODE_ENDING)


class Custody:
    """One open vault's word with the office. `hand_over(folder)` writes a hand-over file, `drafts()` counts
    visits under work, `door()` says where the office is by now, `key` is the vault's.
    """

    def __init__(
        self,
        *,
        folder: Path,
        key: bytes,
        keys: Keys,
        keystore: Keystore,
        store: Store,
        owner: Owner,
        word: OfficeWord,
        link: Link,
        door: Callable[[], Door],
        time: Timepiece,
        status: Callable[[], SyncStatus],
        drafts: Callable[[], int],
        hand_over: Callable[[Path], HandedOver | Refused],
    ) -> None:
        self._folder, self._key, self._keys, self._keystore = folder, key, keys, keystore
        self._store, self._owner, self._link, self._time = store, owner, link, time
        self._word_of_office = word
        self._door = door
        self._status, self._drafts, self._hand_over = status, drafts, hand_over
        self._spoke: tuple[int, int] | None = None
        self._told: tuple[tuple[Tip, int], HandedBy] | None = None

    def after_sync(self) -> None:
        """Say what there is to say; what fails is said after a later sync."""
        order = self._store.get(ORDER, bytes, b"")
        if order:
            self._carry_out(decode(order, WipeOrder))
            return
        now = self._time.elapsed_ms()
        news = self._letter_waits()
        if self._spoke is not None and not news:
            spoke_ms, logins = self._spoke
            if logins == self._link.logins and now - spoke_ms < EVERY_MS:
                return
        answer = self._link.report(self._report())
        if isinstance(answer, Failure):
            return
        self._spoke = (now, self._link.logins)
        self._heed(answer)

    def _heed(self, orders: DeviceOrders) -> None:
        wrap = self._rescue()
        if wrap is not None and not wrap.delivered:
            self._keys.rescue_delivered(wrap.letter)
        if orders.rescue_key and self._signed(orders.rescue_signature, rescue_message(orders.rescue_key)):
            self._take_rescue_key(orders.rescue_key)
        if orders.wipe and self._signed(orders.wipe_signature, order_message(orders.wipe)):
            self._take_order(orders.wipe)

    def _take_rescue_key(self, public: bytes) -> None:
        info = letter_info(self._owner.office_device, self._owner.device)
        try:
            self._keys.set_rescue(public, info, self._key)
        except (KeysError, ValueError):
            return
        if self._letter_waits():
            self._bring_letter()

    def _bring_letter(self) -> None:
        wrap = self._rescue()
        if wrap is not None and not isinstance(self._link.report(self._report()), Failure):
            self._keys.rescue_delivered(wrap.letter)

    def _take_order(self, raw: bytes) -> None:
        try:
            order = decode(raw, WipeOrder)
        except msgspec.DecodeError:
            return
        if (order.office, order.device) == (self._owner.office_device, self._owner.device):
            self._store.put(ORDER, raw)
            self._carry_out(order)

    def _carry_out(self, order: WipeOrder) -> None:
        """Hand over, say so, and only then write the paper that has the phone wiped."""
        if read_paper(self._folder) is not None:
            return
        standing = self._standing()
        handed_by = self._handed()
        if handed_by is None:
            return  # not all could be handed over: tried again after the next sync
        if self._link.tell_wipe(self._word(order.order, "diserahkan", handed_by)) is not None:
            return
        # She may record more until the vault closes, and a phone that dies before never asks again: so it is
        # kept, unless `settle` finds that nothing came.
        keep, door = self._kept() or "", self._door()
        self._told = (standing, handed_by)
        write_paper(
            self._folder,
            Paper(
                step="siap",
                address=door.address,
                word=self._word(order.order, "dihapus", "berkas" if keep else handed_by),
                keep=keep,
                authority=door.authority,
            ),
        )

    def settle(self) -> None:
        """Hand over what was recorded after the office was told, before the vault closes to be wiped, and let
        the vault go where nothing in it is under work. What cannot be handed over stays in the kept vault.
        """
        paper = read_paper(self._folder)
        if paper is None or paper.step != "siap":
            return
        try:
            handed_by, is_working = self._handed_since(), bool(self._drafts())
        except (sqlcipher.Error, StorageFailedError):
            return  # what is left of it is kept as it is
        if not paper.keep and (handed_by is None or is_working):
            (self._folder / PAPER).unlink()  # the order stands, and is carried out after another sync
            return
        if handed_by is None:
            return
        keep = paper.keep if is_working else ""
        word = self._word(paper.word.order, "dihapus", "berkas" if keep else handed_by)
        write_paper(self._folder, msgspec.structs.replace(paper, keep=keep, word=word))
        if paper.keep and not keep:
            self._let_go(paper.keep)

    def _handed_since(self) -> HandedBy | None:
        """Hand over what came after the office was told; return as `_handed` how all of it was."""
        if self._told is None:
            return self._handed()
        standing, before = self._told
        now = before if self._standing() == standing else self._handed()
        return before if now == "sinkron" else now

    def _standing(self) -> tuple[Tip, int]:
        """Return how far her work is: the newest change, and how many photos wait."""
        return self._store.head(), self._status().photos_pending

    def _handed(self) -> HandedBy | None:
        """Hand over what the office has not, and return how; None if it failed."""
        status, drafts = self._status(), self._drafts()
        waits = bool(status.data_pending or status.photos_pending)
        if not waits and not drafts:
            return "sinkron"
        place = self._folder / KEPT
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            if waits and isinstance(self._hand_over(place), Refused):
                return None
        except OSError:
            return None
        return "berkas" if not drafts or self._kept() else None

    def _kept(self) -> str | None:
        """Seal the vault to the office, and return the name that it is kept under; None if that failed."""
        place = self._folder / KEPT
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            return self._seal_vault(place)
        except OSError:
            return None

    def _let_go(self, name: str) -> None:
        """Take away what would open a vault that is not kept after all."""
        place = self._folder / KEPT
        for ending in SEALED_ENDINGS:
            (place / f"{name}{ending}").unlink(missing_ok=True)
        with suppress(OSError):  # hand-over files stay
            place.rmdir()

    def _seal_vault(self, place: Path) -> str:
        """Seal the vault's key to the office, so that the vault can be kept: what is under work is in no
        change yet, and no file for the office holds it. Sealed drafts in it stay closed to the office's key:
        they need the code that was handed over when the phone joined, too. Raises OSError.
        """
        office_key = self._store.get(OFFICE_KEY, bytes, b"")
        if not office_key:
            raise OSError("the office's key is not known")
        name = f"brankas-{self._owner.device[:8]}.db"
        sealed = seal_key(self._key, office_key, kept_info(self._owner.device))
        write_whole(place / f"{name}{KEY_ENDING}", sealed)
        try:
            second = self._keys.second_by_code()
        except KeysError as error:
            raise OSError(str(error)) from error
        if second:
            write_whole(place / f"{name}{CODE_ENDING}", second)
        return name

    def _word(self, order: bytes, step: Step, handed_by: HandedBy) -> WipeWord:
        word = WipeWord(
            order=order,
            device=self._owner.device,
            step=step,
            handed_by=handed_by,
            at_ms=self._time.now_ms(),
        )
        return msgspec.structs.replace(word, signature=self._store.sign(word_message(word)))

    def _report(self) -> DeviceReport:
        status, wrap = self._status(), self._rescue()
        return DeviceReport(
            changes=status.data_pending,
            photos=status.photos_pending,
            drafts=self._drafts(),
            lock="berkas" if self._keystore.for_development() else "perangkat_keras",
            rescue_key=wrap.public if wrap else b"",
            letter=wrap.letter if wrap else b"",
            closed=tuple(self._store.get(CLOSED, list[str], [])[:MAX_CLOSED]),
        )

    def _rescue(self):
        try:
            return self._keys.rescue_letter()
        except KeysError:
            return None

    def _letter_waits(self) -> bool:
        wrap = self._rescue()
        return wrap is not None and not wrap.delivered

    def _signed(self, signature: bytes, message: bytes) -> bool:
        return self._word_of_office.signed(self._link, signature, message)
