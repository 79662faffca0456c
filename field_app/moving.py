"""An office that speaks TLS only now, or whose authority is another one. Rule: its own signature is believed,
and nothing else; the way never leads back from TLS.

A phone that joined before knows an address with http:// and pins nothing. Where that stops answering it looks
under the same name with https:// and takes the authority that the key of the office's chain signed, which it
was given when it joined. So it is when an office lost its authority. What is found is kept only after the
office has let the phone log in by it. Source: docs/operations.md, "TLS".
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from field_app.link import OUT_OF_DATE, Door, Failure, Link, Reply
from field_app.owner import Owner
from schemas.device_word import DeviceOrders, DeviceReport, WipeWord
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import DeviceId
from schemas.joining import authority_message
from schemas.office_keys import KeyTurn, OfficeKeys
from schemas.wire import (
    EnrolRequest,
    JoinedAnswer,
    JoinedRequest,
    Joining,
    SignedAuthority,
    SyncRequest,
    SyncResponse,
)

PLAIN, TLS = "http://", "https://"
STRANGER = "lapangan.kantor_lain"


class MovingLink:
    """See field_app.link.Link: the link to a phone's office, wherever it has moved. `keep(owner)` stores what
    was found; `believes(turns, signature, message)` says whether the office signed something, by a key to
    which turns of its key lead.
    """

    def __init__(
        self,
        owner: Owner,
        connect: Callable[[Door], Link],
        keep: Callable[[Owner], None],
        believes: Callable[[Sequence[KeyTurn], bytes, bytes], bool],
    ) -> None:
        self._owner, self._connect, self._keep, self._believes = owner, connect, keep, believes
        self._link, self._earlier = connect(door_of(owner)), 0

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
        """See Link."""
        self._link.close()

    def login(self, device: DeviceId, sign: Callable[[bytes], bytes]) -> Failure | None:
        """See Link; where nobody answers as before, the office is looked for under TLS."""
        refused = self._link.login(device, sign)
        if refused is None or not self._may_have_moved(refused):
            return refused
        moved = self._find()
        if moved is None:
            return refused
        link = self._connect(door_of(moved))
        failure = link.login(device, sign)
        if failure is not None:
            link.close()
            return refused
        self._earlier += self._link.logins
        self._link.close()
        self._link, self._owner = link, moved
        self._keep(moved)
        return None

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
        """See Link; after trouble that moving would explain, the next call logs in anew."""
        answer = self._link.sync(request)
        if isinstance(answer, Failure) and self._may_have_moved(answer):
            self._link.forget_token()
        return answer

    def send(
        self, method: str, path: str, headers: dict[str, str], content: Iterable[bytes] | None = None
    ) -> Reply | Failure:
        """See Link."""
        return self._link.send(method, path, headers, content)

    def _may_have_moved(self, failure: Failure) -> bool:
        unanswered = failure.kind == "jaringan" and failure.status == 0
        is_stranger = failure.say in (STRANGER, OUT_OF_DATE)
        return unanswered and (is_stranger or self._owner.address.lower().startswith(PLAIN))

    def _find(self) -> Owner | None:
        """Return where the office is by its own signature; None where nobody shows one."""
        address = self._owner.address
        if address.lower().startswith(PLAIN):
            address = TLS + address[len(PLAIN) :]
        link = self._connect(Door(address=address, checked=False))
        try:
            found, keys = link.signed_authority(), link.office_keys()
        finally:
            link.close()
        if isinstance(found, Failure) or found.certificate == self._owner.authority:
            return None
        turns = [] if isinstance(keys, Failure) else keys.turns  # an office of before has none
        if not self._believes(turns, found.signature, authority_message(found.certificate)):
            return None
        return msgspec.structs.replace(self._owner, address=address, authority=found.certificate)


def door_of(owner: Owner) -> Door:
    """Return where a phone's office is, and by what it is known."""
    return Door(address=owner.address, authority=owner.authority, office=owner.office_device)
