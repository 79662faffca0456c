"""The line to the office as a port. Rule: trouble on it is a returned `Failure`, never an exception.

The adapter over HTTP is transport.py; it is loaded only when the phone is opened, so that the lock screen
need not wait.
"""

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from schemas.addresses import AddressProof, AddressQuestion, OfficeAddresses
from schemas.base import Data
from schemas.device_word import DeviceOrders, DeviceReport, WipeWord
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import DeviceId
from schemas.office_keys import OfficeKeys
from schemas.wire import (
    EnrolRequest,
    JoinedAnswer,
    JoinedRequest,
    Joining,
    SignedAuthority,
    SyncRequest,
    SyncResponse,
)

UNAUTHORISED = 401
UNREACHABLE = "lapangan.tanpa_jaringan"
"""What a failure says when there was no way to the office at all."""
STRANGER = "lapangan.kantor_lain"
"""What it says when somebody else answered."""
OUT_OF_DATE = "lapangan.tanggal_sertifikat"
"""The office's certificate ended or has not begun, by this phone's clock: one of the two is wrong."""


class Door(Data, frozen=True, kw_only=True):
    """Where an office is, and by what it is known: the certificate (DER) of its authority, if it has one, and
    the id of its device, to which alone this phone logs in. Unchecked, it is good for `authority` only.
    """

    address: str
    authority: bytes = b""
    office: str = ""
    checked: bool = True


class Failure(Data, frozen=True, kw_only=True):
    """Nothing came of it. `say` is a text key; `status` the HTTP status, 0 without an answer.

    `retry_s` is how long the office asks to be left alone, in seconds; 0 when it does not say.
    """

    kind: Literal["jaringan", "kantor", "rusak"]
    say: str
    status: int = 0
    retry_s: int = 0


def refused_again(failure: Failure) -> Failure:
    """Return what it means that somebody wants a login right after one: it does not get through the line."""
    if failure.status != UNAUTHORISED:
        return failure
    return Failure(kind="jaringan", say="lapangan.masuk_tertahan", status=failure.status)


class Reply(Data, frozen=True, kw_only=True):
    """A bare answer, for uploads."""

    status: int
    headers: dict[str, str]


class Link(Protocol):
    """One office."""

    @property
    def logged_in(self) -> bool:
        """Whether there is a token; whether it is still good shows when it is used."""
        ...

    @property
    def logins(self) -> int:
        """How often it was logged in: the office ends a session when it has something grave to say."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...

    def authority(self) -> bytes | Failure:
        """Ask for the certificate (DER) of the office's authority. Whoever asks checks it."""
        ...

    def signed_authority(self) -> SignedAuthority | Failure:
        """Ask for it with the office's signature, which whoever asks checks."""
        ...

    def enrol(self, request: EnrolRequest) -> Joining | Failure:
        """Begin to join the office with a one-use code."""
        ...

    def joined(self, request: JoinedRequest) -> JoinedAnswer | Failure:
        """Ask whether an officer has let this phone in."""
        ...

    def login(self, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """Get a token by signing the office's nonce."""
        ...

    def forget_token(self) -> None:
        """Log in anew before the next call."""
        ...

    def office_key(self, request: OfficeKeyRequest) -> OfficeKey | Failure:
        """Ask for the office's key for hand-over files."""
        ...

    def office_keys(self) -> OfficeKeys | Failure:
        """Ask what leads from one key of the office's chain to the next. Whoever asks checks it."""
        ...

    def addresses(self) -> OfficeAddresses | Failure:
        """Ask where the office is, or will be. Whoever asks checks it."""
        ...

    def prove(self, question: AddressQuestion) -> AddressProof | Failure:
        """Ask whoever answers whether it is the office, at this address. Whoever asks checks it."""
        ...

    def report(self, report: DeviceReport) -> DeviceOrders | Failure:
        """Say what there is to say of this phone, and hear what the office has for it."""
        ...

    def tell_wipe(self, word: WipeWord) -> Failure | None:
        """Bring a word on wiping, which needs no login."""
        ...

    def prepare(self, request: SyncRequest) -> None:
        """Do what can be done for a message before it is its turn; its cursor may be another one by then."""
        ...

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        """Exchange one message."""
        ...

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        """Send a bare request, for uploads."""
        ...
