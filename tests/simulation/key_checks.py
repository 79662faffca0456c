"""What must hold of the office's keys once all is at rest. Rule: worked out from its chain alone."""

from collections.abc import Mapping

from field_app.office_word import OFFICE_KEY, TOLD_BY
from schemas.ids import NO_LINK, ChangeId, LinkHash
from schemas.wire import Applied
from sync.chain import Verifier, head_message
from sync.change import Content, Enrolled
from tests.simulation.faults import Violation
from tests.simulation.office import Office
from tests.simulation.phone import Phone
from tests.simulation.state import OfficeState


def check_keys(office: Office, state: OfficeState, contents: Mapping[ChangeId, Content]) -> None:
    """Each head was signed by the key of its place, and the chain ends under the newest. Raises Violation."""
    keys = office.ring.keys
    numbers: dict[LinkHash, int] = {NO_LINK: 0}
    own = [entry for entry in state.links.values() if entry.link.device == office.device]
    for entry in sorted(own, key=lambda entry: entry.link.counter):
        number = numbers[entry.link.prev]
        signature = state.signatures.get((office.device, entry.hash))
        if signature is not None:
            _signed(keys[number].verify, entry.hash, signature)
        body = contents[entry.link.change].body if entry.link.change in contents else None
        if isinstance(body, Enrolled) and body.device == office.device:
            outcome = state.changes[entry.link.change].outcome
            if not isinstance(outcome, Applied):
                raise Violation("a turn of the office's key was refused", outcome)
            if body.public_key != keys[number].public:
                number += 1
                if number == len(keys) or body.public_key != keys[number].public:
                    raise Violation("a key of the office leads to one that does not follow it", number)
        numbers[entry.hash] = number
    if max(numbers.values()) != len(keys) - 1:
        raise Violation("the office's chain does not come to its newest key")


def follows_the_office(phone: Phone, office: Office) -> None:
    """A phone knows the office by its present key, and seals to what that key says. Raises Violation."""
    present = office.ring.keys[-1].public
    if phone.word.key != present:
        raise Violation("a phone knows the office by an ended key", phone.ring.number(phone.word.key))
    kept = phone.kept()
    if kept.get(OFFICE_KEY, bytes, b"") != office.ring.exchange_bytes():
        raise Violation("a phone seals what it hands over to an ended key")
    if (kept.get(TOLD_BY, bytes, b"") or phone.owner.office_key) != present:
        raise Violation("a phone was told the key of hand-over files by an ended key")


def _signed(verify: Verifier, head: LinkHash, signature: bytes) -> None:
    if not verify(signature, head_message(head)):
        raise Violation("the office's chain is signed by another key than that of the place")
