"""An office that is somewhere else now: at another address, at TLS only, or under another authority.

Rule: its own signature is believed, or TLS under the authority that the phone knows, and nothing else; the
way never leads back from TLS. What is found is kept only after the office has let the phone log in by it.

Where nobody answers as before, the phone tries by itself the addresses that the office named while it could
(office_word.py). One that joined before there was TLS knows an address with http:// and pins nothing: it
looks under the same name with https:// and takes the authority that the key of the office's chain signed,
which it was given when it joined. So it is when an office lost its authority. And the worker may bring an
address, which proves itself in the same ways (new_address.py). Source: docs/operations.md, "Another address".
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from field_app.link import OUT_OF_DATE, STRANGER, UNREACHABLE, Door, Failure, Link, Reply
from field_app.owner import Owner
from schemas.addresses import (
    MOST_ADDRESSES,
    NONCE_BYTES,
    PLAIN,
    TLS,
    AddressProof,
    AddressQuestion,
    OfficeAddress,
    OfficeAddresses,
    address_message,
)
from schemas.device_word import DeviceOrders, DeviceReport, WipeWord
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import DeviceId
from schemas.joining import authority_message
from schemas.office_keys import KeyTurn, OfficeKeys
from schemas.problem import TEXTS
from schemas.wire import (
    EnrolRequest,
    JoinedAnswer,
    JoinedRequest,
    Joining,
    SignedAuthority,
    SyncRequest,
    SyncResponse,
)

NOBODY = (UNREACHABLE, STRANGER, f"{TEXTS}.alamat_lain")
"""What is said where the office is no more, or does not go by that name."""
GATEWAYS = (502, 504)
"""Statuses of a proxy that was left behind."""
CLOSED = Failure(kind="jaringan", say="lapangan.sambungan_putus")
UNPROVED = Failure(kind="rusak", say="lapangan.pindah.tidak_terbukti")


class Word(Protocol):
    """The office's word (office_word.py), as far as it says where the office is."""

    @property
    def addresses(self) -> Sequence[str]:
        """Addresses over TLS that the office named."""
        ...

    def believes(self, turns: Sequence[KeyTurn], signature: bytes, message: bytes) -> bool:
        """Say whether the office signed something, by a key to which turns of its key lead."""
        ...


class Shown(NamedTuple):
    """What somebody shows at an address: an authority's certificate that the office signed, empty where it
    signed none, what leads to its present key, and whether it is the office, which goes by that address now.
    """

    certificate: bytes
    turns: Sequence[KeyTurn]
    is_proved: bool


class MovingLink:
    """See field_app.link.Link: the link to a phone's office, wherever it has moved. `keep(owner)` stores what
    was found.
    """

    def __init__(
        self,
        owner: Owner,
        connect: Callable[[Door], Link],
        keep: Callable[[Owner], None],
        word: Word,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._owner, self._connect, self._keep, self._word = owner, connect, keep, word
        self._randomness = randomness
        self._link, self._earlier = connect(door_of(owner)), 0
        self._tried: Link | None = None
        self._sought = random.randrange(MOST_ADDRESSES)
        self._is_silent = self._closed = False

    @property
    def door(self) -> Door:
        """Where the office is by now."""
        return door_of(self._owner)

    @property
    def logged_in(self) -> bool:
        """See Link."""
        return self._link.logged_in

    @property
    def logins(self) -> int:
        """See Link; those before it moved count too."""
        return self._earlier + self._link.logins

    def close(self) -> None:
        """See Link; a search that is under way keeps nothing any more, and ends where it waits."""
        self._closed = True
        for link in (self._tried, self._link):  # in this order: what is tried no more is the link by then
            if link is not None:
                link.close()

    def login(self, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """See Link; where nobody answers as before, the office is looked for elsewhere."""
        refused = self._link.login(device, sign)
        if refused is None:
            return None
        for owner in self._elsewhere(refused):
            outcome = self._enter(owner, device, sign)
            if outcome is None or not _is_nobody(outcome):  # it is there, and what it says is what counts
                return outcome
        return refused

    def go(self, brought: OfficeAddress, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """Go to an address that the worker brought, and stay there if the office lets the phone in by it.

        Where nobody answers, or nothing proves who does, all stays as it was.
        """
        refused = UNPROVED
        if self._is_tls() and not brought.is_tls:
            return refused
        if self._owner.authority:
            refused = self._enter(replace(self._owner, address=brought.address), device, sign)
            if refused is None or refused.say != STRANGER:
                return refused
        shown = self._shown(brought.address)
        if isinstance(shown, Failure):
            return shown
        for owner in self._at(brought, shown):
            refused = self._enter(owner, device, sign)
            if refused is None or refused.kind == "kantor":
                return refused
        return refused

    def _enter(self, owner: Owner, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """Log in where the office may be, and stay if it lets the phone in."""
        self._tried = unused = self._connect(door_of(owner))
        try:
            refused = CLOSED if self._closed else self._tried.login(device, sign)
            if refused is not None or self._closed:
                return refused or CLOSED
            self._keep(owner)
            self._earlier += self._link.logins
            unused, self._link, self._owner = self._link, self._tried, owner
            return None
        finally:
            self._tried = None
            unused.close()

    def forget_token(self) -> None:
        """See Link."""
        self._link.forget_token()

    def authority(self) -> bytes | Failure:
        """See Link."""
        return self._link.authority()

    def signed_authority(self) -> SignedAuthority | Failure:
        """See Link."""
        return self._link.signed_authority()

    def enrol(self, request: EnrolRequest) -> Joining | Failure:
        """See Link."""
        return self._link.enrol(request)

    def joined(self, request: JoinedRequest) -> JoinedAnswer | Failure:
        """See Link."""
        return self._link.joined(request)

    def office_key(self, request: OfficeKeyRequest) -> OfficeKey | Failure:
        """See Link."""
        return self._link.office_key(request)

    def office_keys(self) -> OfficeKeys | Failure:
        """See Link."""
        return self._link.office_keys()

    def addresses(self) -> OfficeAddresses | Failure:
        """See Link."""
        return self._link.addresses()

    def prove(self, question: AddressQuestion) -> AddressProof | Failure:
        """See Link."""
        return self._link.prove(question)

    def report(self, report: DeviceReport) -> DeviceOrders | Failure:
        """See Link."""
        return self._link.report(report)

    def tell_wipe(self, word: WipeWord) -> Failure | None:
        """See Link."""
        return self._link.tell_wipe(word)

    def prepare(self, request: SyncRequest) -> None:
        """See Link."""
        self._link.prepare(request)

    def sync(self, request: SyncRequest) -> SyncResponse | Failure:
        """See Link; after trouble that moving would explain, the next call logs in anew, and looks around."""
        answer = self._link.sync(request)
        was_silent, self._is_silent = (
            self._is_silent,
            isinstance(answer, Failure) and answer.say == UNREACHABLE,
        )
        if isinstance(answer, Failure) and self._may_have_moved(answer, was_silent):
            self._link.forget_token()
        return answer

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        """See Link."""
        return self._link.send(method, path, headers, content)

    def _may_have_moved(self, failure: Failure, was_silent: bool) -> bool:
        """Whether it is worth a login. What cannot be reached once is out of reach more often than gone."""
        is_gone = _is_nobody(failure) and (was_silent or failure.say != UNREACHABLE)
        return self._may_speak_tls(failure) or (is_gone and bool(self._others()))

    def _may_speak_tls(self, failure: Failure) -> bool:
        """Whether an office that speaks TLS only now, or under another authority, would explain this."""
        unanswered = failure.kind == "jaringan" and failure.status == 0
        return unanswered and (not self._is_tls() or failure.say in (STRANGER, OUT_OF_DATE))

    def _is_tls(self) -> bool:
        return not self._owner.address.lower().startswith(PLAIN)

    def _others(self) -> list[str]:
        return [address for address in self._word.addresses if address != self._owner.address]

    def _elsewhere(self, failure: Failure) -> Iterator[Owner]:
        """Give where the office may be by its own word: one address that it named, another each time, so that
        a phone out of reach does not wait for many; and its address over TLS.
        """
        others = self._others()
        if others and _is_nobody(failure):
            address = others[self._sought % len(others)]
            self._sought += 1
            if self._owner.authority or self._is_proved(address):
                yield replace(self._owner, address=address)
        if self._may_speak_tls(failure):
            address = self._owner.address
            if not self._is_tls():
                address = TLS + address[len(PLAIN) :]
            shown = self._shown(address)
            if isinstance(shown, Shown) and shown.certificate not in (b"", self._owner.authority):
                yield replace(self._owner, address=address, authority=shown.certificate)

    def _at(self, brought: OfficeAddress, shown: Shown) -> Iterator[Owner]:
        """Give as what the office can be believed at an address that the worker brought."""
        moved = replace(self._owner, address=brought.address)
        if brought.is_tls and shown.certificate not in (b"", self._owner.authority):
            yield replace(moved, authority=shown.certificate)
        message = address_message(brought.address)
        if shown.is_proved and self._word.believes(shown.turns, brought.signature, message):
            yield moved

    def _is_proved(self, address: str) -> bool:
        shown = self._shown(address)
        return isinstance(shown, Shown) and shown.is_proved

    def _shown(self, address: str) -> Shown | Failure:
        """Return what somebody shows at an address; a failure where nobody answers."""
        if self._closed:
            return CLOSED
        self._tried = link = self._connect(Door(address=address, checked=False))
        try:
            found = link.signed_authority()
            if isinstance(found, Failure) and found.status == 0:
                return found
            keys = link.office_keys()
            turns = [] if isinstance(keys, Failure) else keys.turns  # an office of before has none
            is_proved = not self._owner.authority and self._proves(link, address, turns)
        finally:
            self._tried = None
            link.close()
        if isinstance(found, Failure):
            return Shown(b"", turns, is_proved)
        is_signed = self._word.believes(turns, found.signature, authority_message(found.certificate))
        return Shown(found.certificate if is_signed else b"", turns, is_proved)

    def _proves(self, link: Link, address: str, turns: Sequence[KeyTurn]) -> bool:
        """Ask whoever answers what only the office can say, of an address that is its own now. What it signed
        of one before may be shown by whoever has that address after it.
        """
        question = AddressQuestion(address=address, nonce=self._randomness(NONCE_BYTES))
        proof = link.prove(question)
        return not isinstance(proof, Failure) and self._word.believes(
            turns, proof.signature, question.message()
        )


def _is_nobody(failure: Failure) -> bool:
    """Whether the office seems to be elsewhere: nobody answers, a stranger, or what is no office at all."""
    return failure.say in NOBODY or failure.status in GATEWAYS or failure.kind == "rusak"


def door_of(owner: Owner) -> Door:
    """Return where a phone's office is, and by what it is known."""
    return Door(address=owner.address, authority=owner.authority, office=owner.office_device)
