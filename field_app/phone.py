"""The whole phone: locked or open, with its use cases. Rule: what is open is closed by `lock`, whole."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.bench import Bench
from field_app.custody import Custody
from field_app.devices import Devices
from field_app.draft_keys import DraftKeys
from field_app.drafts import Drafts
from field_app.enrol import VAULT, Enrolled, Enroller, get_owner, put_owner
from field_app.handover import Handover
from field_app.items import labels
from field_app.keys import Cost, Keys, Locked, Opened, PinGone, advise
from field_app.link import Door, Link
from field_app.moving import MovingLink
from field_app.new_address import NewAddress
from field_app.office_word import OfficeWord
from field_app.open_vault import OpenVault
from field_app.owner import Owner
from field_app.pen import Pen
from field_app.published import PublishedForms
from field_app.put_away import sweep
from field_app.records import Records
from field_app.sealed import SERVICE, Sealed
from field_app.sealed_drafts import SealedDrafts
from field_app.second import Second
from field_app.settings import Settings
from field_app.shared import SharedPhone
from field_app.sheets import Sheets
from field_app.shipped import Shipped
from field_app.store import Store
from field_app.tried import change_pin, tries_of, try_code, try_pin
from field_app.unit import Unit
from field_app.unstored import unstored
from field_app.vault import Vault, VaultError, open_vault
from field_app.views import PhoneUser, Refused, Waiting, Welcomed
from field_app.visits import Visits
from field_app.wiping import left_sealed, read_paper, tell, wipe
from field_app.worker import Worker


class LockedError(Exception):
    """Something was asked of a phone that is locked: a mistake of the caller."""


class Phone:
    """See the module. `connect(door)` makes a link, `address` is the office's as far as it is known before
    joining, `background` lets the worker run by itself; `randomness(n)` gives so many bytes, `chance()` a
    number from 0 to 1, and `cost` is that of deriving a key from a PIN.
    """

    def __init__(
        self,
        folder: Path,
        *,
        devices: Devices,
        shipped: Shipped,
        connect: Callable[[Door], Link],
        address: str = "",
        background: bool = True,
        randomness: Callable[[int], bytes] = os.urandom,
        chance: Callable[[], float] = random.random,
        cost: Cost | None = None,
    ) -> None:
        self.forms = shipped.forms
        self.workflows = shipped.workflows
        self.wilayah = shipped.wilayah
        self.text = shipped.text
        self.settings = Settings(devices.system)
        self.address = address
        self._shared = SharedPhone(folder)
        self._devices, self._cost = devices, cost
        self._time = devices.time
        self._connect = connect
        self._background = background
        self._randomness = randomness
        self._chance = chance
        self._sheets = Sheets(shipped.forms, shipped.wilayah, shipped.parameters)
        self._open: OpenVault | None = None
        for name, at in self._shared.folders():
            with suppress(OSError):  # told when she goes on here: `unlock` and `join` try it again
                wipe(at, devices.keystore.of(name))  # one that was cut off goes on
        ready = self._shared.all()
        self._use(ready[0].id if ready else "")

    def users(self) -> tuple[PhoneUser, ...]:
        """Return who has a vault on this phone."""
        return self._shared.all()

    @property
    def chosen(self) -> str:
        """The id of the worker whose vault is asked for."""
        return self._chosen

    def choose(self, user: str) -> None:
        """Turn to another worker's vault; whatever is open is closed first. Raises ValueError."""
        self.lock()
        self._use(user)

    def add_user(self, sign: str) -> Refused | None:
        """Turn to a folder for one more worker, who joins next."""
        self.lock()
        try:
            self._use(self._shared.fresh(sign))
        except OSError as error:
            return unstored(error)
        return None

    def _use(self, user: str) -> None:
        self._chosen, self._folder = user, self._shared.path(user)
        self._keystore = self._devices.keystore.of(user)
        self._keys = Keys(self._folder, self._keystore, self._time, self._randomness, self._cost)
        self._enroller = Enroller(
            self._folder,
            self._keys,
            self._keystore,
            self._connect,
            self._randomness,
            model=self._devices.model,
        )

    def state(self) -> str:
        """Return baru (not enrolled), terkunci or terbuka."""
        if self._open is not None:
            return "terbuka"
        return "terkunci" if self._keys.exists() else "baru"

    def join(self, address: str, code: str) -> Waiting | Refused:
        """Use a one-use code at an office; the words are compared next."""
        refused = self._wipe()
        self.tell_wiped()
        return refused or self._enroller.join(address, code)

    def waiting(self) -> Waiting | None:
        """Return what this phone waits for, also after it was closed."""
        return self._enroller.waiting()

    def ask_joined(self) -> Waiting | Welcomed | Refused:
        """Ask once whether an officer has let this phone in."""
        return self._enroller.ask()

    def give_up(self) -> None:
        """Forget the code that waits."""
        self._enroller.give_up()

    def finish(self, pin: str) -> Enrolled | Refused:
        """Set the PIN of a phone that was let in, and open it."""
        done = self._enroller.finish(pin)
        if isinstance(done, Enrolled) and isinstance(refused := self.unlock(pin), Refused):
            return refused
        return done

    def tries(self) -> Locked | PinGone | Refused:
        """Say how many tries are left and how long to wait, without trying."""
        return tries_of(self._keys)

    def unlock(self, pin: str) -> Locked | PinGone | Refused | None:
        """Open with the PIN; None when it is open."""
        if refused := self._wipe():
            return refused
        try:
            self._enroller.tidy()
        except OSError as error:
            return unstored(error)
        outcome = try_pin(self._keys, pin)
        return self._enter(outcome.key) if isinstance(outcome, Opened) else outcome

    def rescue(self, code: str, pin: str, lose_sealed: bool = False) -> str | Refused:
        """Open by the office's code or a rescue code and set a new PIN; return the next code, for the office.
        One that opens no drafts of sealed cases here is refused, with how many, until she was told.
        """
        advice = advise(pin)
        if advice.block:
            return Refused(say=advice.block)
        outcome = self._by_code(code, lose_sealed)
        if isinstance(outcome, Refused):
            return outcome
        try:
            fresh = self._keys.renew(pin, outcome.key, outcome.second)
        except OSError as error:
            return unstored(error)
        refused = self._enter(outcome.key)
        if refused is None and not outcome.second:
            self.sealed.unlock(pin)  # it notes which drafts stay closed, for the office to be told
            self.sealed.lock()
        return refused or fresh

    def check_code(self, code: str, lose_sealed: bool = False) -> Refused | None:
        """Say what `rescue` would say of this code, and change nothing; None for one that opens."""
        outcome = self._by_code(code, lose_sealed)
        return outcome if isinstance(outcome, Refused) else None

    def _by_code(self, code: str, lose_sealed: bool) -> Opened | Refused:
        drafts = DraftKeys(self._folder, self._randomness).count
        return try_code(self._keys, drafts, code, lose_sealed=lose_sealed)

    def check_pin(self, pin: str) -> Locked | PinGone | Refused | None:
        """Try the PIN of the open vault, which counts as a try; None when it is right. Raises LockedError."""
        self._opened()
        outcome = try_pin(self._keys, pin)
        return None if isinstance(outcome, Opened) else outcome

    def change_pin(self, pin: str, fresh: str) -> Locked | PinGone | Refused | None:
        """Set a new PIN in the place of this one, which counts as a try; None when it is done."""
        self._opened()
        return change_pin(self._keys, pin, fresh)

    @property
    def shuffled_pin(self) -> bool:
        """Whether the digits of the pad are shuffled; known while locked."""
        return self._keys.shuffled()

    @shuffled_pin.setter
    def shuffled_pin(self, shuffled: bool) -> None:
        self._keys.set_shuffled(shuffled)

    def lock(self) -> Refused | None:
        """Close the vault; what was not sent waits in it. Say why a wipe that was ordered is not done yet."""
        if self._open is not None:
            self.settings.attach(None)
            closing, self._open = self._open, None
            closing.close()
        return self._wipe()

    def _wipe(self) -> Refused | None:
        """Wipe if the office ordered it, and tell it."""
        try:
            if wipe(self._folder, self._keystore):
                self.tell_wiped()
        except OSError as error:
            return unstored(error)
        return None

    def wipe_due(self) -> bool:
        """Say whether the office's order to wipe was obeyed as far as is possible while open: lock now."""
        return self._open is not None and read_paper(self._folder) is not None

    def left_sealed(self) -> bool:
        """Say whether a vault wiped by order left something here that only the office can open."""
        return any(left_sealed(folder) for _, folder in self._shared.folders())

    def tell_wiped(self) -> bool:
        """Tell the office that this phone was wiped, if that is still to be told; False if it failed."""
        told = [tell(folder, self._connect) for _, folder in self._shared.folders()]
        return all(failure is None for failure in told)

    @property
    def visits(self) -> Visits:
        """The use cases. Raises LockedError."""
        return self._opened().visits

    @property
    def worker(self) -> Worker:
        """The one that sends. Raises LockedError."""
        return self._opened().worker

    @property
    def handover(self) -> Handover:
        """Files for the office and from it. Raises LockedError."""
        return self._opened().handover

    @property
    def new_address(self) -> NewAddress:
        """For an office that is somewhere else now. Raises LockedError."""
        return self._opened().new_address

    def used_bytes(self) -> int:
        """Say how much room the vault takes. Raises LockedError."""
        return self._opened().used_bytes()

    @property
    def sealed(self) -> Sealed:
        """The second unlock, and what only it shows. Raises LockedError."""
        return self._opened().sealed

    @property
    def owner(self) -> Owner:
        """Whose phone this is. Raises LockedError."""
        return self._opened().owner

    def _opened(self) -> OpenVault:
        if self._open is None:
            raise LockedError
        return self._open

    def _enter(self, key: bytes) -> Refused | None:
        self.lock()
        if not (self._folder / VAULT).exists():
            return Refused(say="lapangan.brankas_rusak")
        try:
            vault = open_vault(self._folder / VAULT, key)
            try:
                owner = get_owner(vault)
                self._open = owner and self._build(vault, owner, key)
            finally:
                if self._open is None:
                    vault.close()
        except (VaultError, OSError, sqlcipher.Error) as error:
            return unstored(error)
        if self._open is None:
            return Refused(say="lapangan.brankas_rusak")
        if self._background:
            self._open.worker.start()
        return None

    def _build(self, vault: Vault, owner: Owner, key: bytes) -> OpenVault:
        sign = Ed25519PrivateKey.from_private_bytes(owner.private_key).sign
        store = Store(vault, owner.device, sign)
        self.settings.attach(store)
        second = Second(self._keys, self._time)
        sealed = SealedDrafts(vault, DraftKeys(self._folder, self._randomness), second, self._randomness)
        other = vault.another()
        sending = Store(other, owner.device, sign)
        word = OfficeWord(sending, owner)
        link = MovingLink(owner, self._connect, lambda moved: put_owner(other, moved), word, self._randomness)
        worker = Worker(
            store=sending,
            pen=Pen(sending, owner, self._time, self._randomness),
            link=link,
            network=self._devices.network,
            time=self._time,
            wishes=self.settings.of(sending),
            chance=self._chance,
            label=labels(self.forms, self.text),
            staying=self._devices.staying,
            first=lambda: new_address.seek(),
            after=lambda: after_sync(),
        )
        new_address = NewAddress(link, sending, worker.sync_at_once)
        handover = Handover(
            vault=vault,
            store=store,
            owner=owner,
            pen=Pen(store, owner, self._time, self._randomness),
            time=self._time,
            randomness=self._randomness,
            alone=worker.alone,
        )
        custody = Custody(
            folder=self._folder,
            key=key,
            keys=self._keys,
            keystore=self._keystore,
            store=sending,
            owner=owner,
            word=word,
            link=link,
            door=lambda: link.door,
            time=self._time,
            status=worker.status,
            drafts=Drafts(other).under_work,
            hand_over=handover.write,
        )
        unit = Unit(store, Records(store), owner.regency)
        published = PublishedForms(self.forms, unit, owner.regency, self.text)
        published.take(store)

        def after_sync() -> None:
            sealed.erase()  # the worker reads nothing now, so the WAL can be emptied
            word.after_sync(link)
            published.take(sending)
            custody.after_sync()

        bench = Bench(
            vault=vault,
            store=store,
            owner=owner,
            forms=self.forms,
            sheets=self._sheets,
            wilayah=self.wilayah,
            time=self._time,
            randomness=self._randomness,
            quality=lambda: self.settings.quality,
            words=self.text,
            sealed=sealed,
            unit=unit,
            published=published,
        )
        visits = Visits(bench, worker.status, worker.sync_soon)
        sweep(bench)
        sealed.erase()  # with what was put away long ago, what a death between finalising and erasing left
        return OpenVault(
            owner=owner,
            vault=vault,
            link=link,
            visits=visits,
            worker=worker,
            handover=handover,
            sealed=Sealed(bench, second, self.workflows.get(SERVICE)),
            custody=custody,
            new_address=new_address,
        )
