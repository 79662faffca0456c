"""Where an office went: only its own signature is followed, only to TLS, and only if it lets the phone in."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.link import Door, Failure
from field_app.moving import UNPROVED, MovingLink
from field_app.owner import Owner
from field_app.signing import is_signed
from field_app.vault import StorageFullError
from schemas.addresses import (
    MOST_ADDRESSES,
    NONCE_BYTES,
    AddressProof,
    AddressQuestion,
    OfficeAddress,
    signed_address,
)
from schemas.ids import DeviceId, PersonId, Regency
from schemas.joining import authority_message
from schemas.office_keys import KeyTurn, OfficeKeys
from schemas.wire import SignedAuthority
from sync.chain import START, head_message, next_link, seal_link
from sync.change import SALT_BYTES, Clock, Content, Enrolled, seal
from sync.office_keys import follow

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
NEW = OTHER.public_key().public_bytes_raw()
AWAY = Failure(kind="jaringan", say="lapangan.tanpa_jaringan")
STRANGER = Failure(kind="jaringan", say="lapangan.kantor_lain")
UNKNOWN = Failure(kind="rusak", say="lapangan.jawaban_rusak", status=404)
SAYS_NO = Failure(kind="kantor", say="masalah.perangkat_dicabut", status=403)
BUSY = Failure(kind="kantor", say="masalah.sibuk", status=503)
OWNER = Owner(
    address="http://kantor.test:8314", regency=Regency("33.14"), office_name="", office_device=DeviceId("o"),
    office_key=KEY.public_key().public_bytes_raw(), device=DeviceId("d"), private_key=bytes(32),
    person=PersonId("p"), person_name="", person_code="", roles=[],
)  # fmt: skip


def signed(key: Ed25519PrivateKey, certificate: bytes = b"baru") -> SignedAuthority:
    return SignedAuthority(certificate=certificate, signature=key.sign(authority_message(certificate)))


Proves = Callable[[AddressQuestion], AddressProof | Failure]


def proved_by(key: Ed25519PrivateKey) -> Proves:
    return lambda question: AddressProof(signature=key.sign(question.message()))


def replayed(question: AddressQuestion) -> AddressProof:
    """What a stranger has who once asked the office the same."""
    return proved_by(KEY)(msgspec.structs.replace(question, nonce=bytes(NONCE_BYTES)))  # type: ignore[return-value]


def of_another_address(question: AddressQuestion) -> AddressProof | Failure:
    """What the office says of one that it still has, with this very number in hand."""
    return proved_by(KEY)(msgspec.structs.replace(question, address="https://kini.test"))


class Word:
    """The office's, by the key that it had when the phone joined."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def believes(self, turns: Sequence[KeyTurn], signature: bytes, message: bytes) -> bool:
        key = follow(OWNER.office_key, OWNER.office_device, turns, is_signed)
        return is_signed(key, signature, message)


class Network:
    """What answers behind each door: `refuses(door)` at login, and the authority that is shown."""

    def __init__(self, shown: SignedAuthority | Failure, refuses: Callable[[Door], Failure | None]) -> None:
        self.shown, self.refuses, self.doors, self.kept = shown, refuses, [], []  # type: ignore[var-annotated]
        self.open: list[Door] = []
        self.named: tuple[str, ...] = ()
        self.forgotten = 0
        self.turns: OfficeKeys | Failure = UNKNOWN
        self.proves = proved_by(KEY)
        self.nonces: list[bytes] = []

    def connect(self, door: Door) -> Any:
        self.doors.append(door)
        self.open.append(door)
        return Behind(self, door)

    def link(self, owner: Owner = OWNER) -> MovingLink:
        return MovingLink(owner, self.connect, self.kept.append, Word(*self.named), os.urandom)

    def login(self, owner: Owner = OWNER) -> Failure | None:
        return self.link(owner).login(owner.device, KEY.sign)


class Behind:
    """A link to whoever is behind a door."""

    logged_in, logins = False, 1

    def __init__(self, network: Network, door: Door) -> None:
        self._network, self._door = network, door

    def login(self, *_: Any) -> Failure | None:
        assert self._door.checked, "nobody logs in through a door that is not checked"
        return self._network.refuses(self._door)

    def signed_authority(self) -> SignedAuthority | Failure:
        return self._network.shown

    def office_keys(self) -> OfficeKeys | Failure:
        return self._network.turns

    def prove(self, question: AddressQuestion) -> AddressProof | Failure:
        assert question.address == self._door.address
        self._network.nonces.append(question.nonce)
        return self._network.proves(question)

    def sync(self, _: Any) -> Failure | None:
        return self._network.refuses(self._door)

    def forget_token(self) -> None:
        self._network.forgotten += 1

    def close(self) -> None:
        if self._door in self._network.open:  # closing twice does no harm
            self._network.open.remove(self._door)


def plain_is_silent(door: Door) -> Failure | None:
    return AWAY if door.address.startswith("http://") else None


def test_an_office_that_signs_for_itself_is_followed_to_tls_and_kept() -> None:
    network = Network(signed(KEY), plain_is_silent)
    link = network.link()
    assert link.login(OWNER.device, KEY.sign) is None and link.logins == 2
    moved = msgspec.structs.replace(OWNER, address="https://kantor.test:8314", authority=b"baru")
    assert network.kept == [moved]
    assert network.doors[-1] == Door(address=moved.address, authority=b"baru", office="o") == link.door
    assert network.open == [link.door], "every other line is closed"


def test_an_office_that_lets_it_in_is_looked_for_nowhere_else() -> None:
    network = Network(signed(KEY), lambda _door: None)
    assert network.login() is None and network.kept == [] and len(network.doors) == 1


def test_an_office_with_another_authority_is_followed_under_the_address_that_it_has() -> None:
    pinned = msgspec.structs.replace(OWNER, address="https://kantor.test", authority=b"lama")
    network = Network(signed(KEY), lambda door: STRANGER if door.authority == b"lama" else None)
    assert network.login(pinned) is None
    assert network.kept == [msgspec.structs.replace(pinned, authority=b"baru")]


@pytest.mark.parametrize(
    "shown",
    [signed(OTHER), SignedAuthority(certificate=b"lain", signature=signed(KEY).signature), AWAY,
     SignedAuthority(certificate=b"baru", signature=b"")],
)  # fmt: skip
def test_a_certificate_that_the_office_did_not_sign_is_not_followed(shown: SignedAuthority | Failure) -> None:
    network = Network(shown, plain_is_silent)
    assert network.login() == AWAY and network.kept == []
    assert [door.checked for door in network.doors] == [True, False], "it was not even connected to"


def test_an_authority_is_believed_by_a_key_to_which_the_known_one_leads_and_no_more_by_that_one() -> None:
    enrolled = Enrolled(device=OWNER.office_device, person=PersonId("p"), public_key=NEW)
    clock = Clock(wall_ms=1, elapsed_ms=1, boot="b", server_ms=1)
    name, content = seal(Content(salt=bytes(SALT_BYTES), author=PersonId("o"), clock=clock, body=enrolled))
    head, link = seal_link(next_link(START, OWNER.office_device, name, START.hash))
    turn = KeyTurn(link=link, content=content, signature=KEY.sign(head_message(head)))
    for key, kept in ((OTHER, 1), (KEY, 0)):
        network = Network(signed(key), plain_is_silent)
        network.turns = OfficeKeys(turns=[turn])
        network.login()
        assert len(network.kept) == kept


def test_an_office_that_does_not_let_it_in_that_way_is_not_kept() -> None:
    network = Network(signed(KEY), lambda _door: AWAY)
    assert network.login() == AWAY and network.kept == []
    assert network.open == network.doors[:1]


def test_no_way_leads_back_from_tls_and_an_old_authority_is_no_news() -> None:
    pinned = msgspec.structs.replace(OWNER, address="https://kantor.test", authority=b"baru")
    away = Network(signed(KEY, b"lebih baru"), lambda _door: AWAY)
    assert away.login(pinned) == AWAY and len(away.doors) == 1, "nobody answering is no reason to look"
    same = Network(signed(KEY), lambda _door: STRANGER)
    assert same.login(pinned) == STRANGER and same.kept == []
    assert len(same.doors) == 2, "the old authority is not tried again"
    assert all(door.address.startswith("https://") for door in (*away.doors, *same.doors))


@pytest.mark.parametrize(
    "said",
    [
        Failure(kind="kantor", say="masalah.perangkat_tidak_dikenal", status=403),
        Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=500),
        Failure(kind="rusak", say="lapangan.jawaban_rusak"),
    ],
)
def test_an_office_that_answers_has_not_moved(said: Failure) -> None:
    network = Network(signed(KEY), lambda _door: said)
    assert network.login() == said and len(network.doors) == 1


@pytest.mark.parametrize(("said", "forgotten"), [(AWAY, 1), (BUSY, 0), (None, 0)])
def test_after_a_sync_that_moving_would_explain_the_next_call_logs_in_anew(
    said: Failure | None, forgotten: int
) -> None:
    network = Network(signed(KEY), lambda _door: said)
    assert network.link().sync(None) == said  # type: ignore[arg-type]
    assert network.forgotten == forgotten


HERE = msgspec.structs.replace(OWNER, address="https://lama.test", authority=b"kita")
THERE = "https://baru.test:8314"
SLOW = Failure(kind="jaringan", say="lapangan.kantor_lambat")
GATEWAY = Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=502)
UNREADABLE = Failure(kind="rusak", say="lapangan.jawaban_rusak", status=200)
NO_AUTHORITY = Failure(kind="kantor", say="masalah.tidak_ada", status=404)
BY_ANOTHER_NAME = Failure(kind="kantor", say="masalah.alamat_lain", status=421)


def only(address: str, refused: Failure = AWAY) -> Callable[[Door], Failure | None]:
    return lambda door: None if door.address == address else refused


@pytest.mark.parametrize("refused", [AWAY, STRANGER, GATEWAY, UNREADABLE, BY_ANOTHER_NAME])
def test_where_nobody_answers_the_office_is_sought_where_it_said_it_may_be(refused: Failure) -> None:
    network = Network(AWAY, only(THERE, refused))
    network.named = (HERE.address, "https://tidak.test", THERE)
    link = network.link(HERE)
    for times in (1, 2) if refused == AWAY else (1,):
        assert link.sync(None) == refused  # type: ignore[arg-type]
        assert network.forgotten == (times if refused != AWAY else times - 1), "out of reach once is not gone"
    first = link.login(HERE.device, KEY.sign)
    assert first in (refused, None), "one address each time: nobody waits long for many"
    assert first is None or link.login(HERE.device, KEY.sign) is None
    assert network.kept == [msgspec.structs.replace(HERE, address=THERE)]
    assert link.door == Door(address=THERE, authority=b"kita", office="o"), (
        "under the authority that it knows"
    )
    assert network.open == [link.door]


def test_what_the_office_says_where_it_is_now_is_what_counts() -> None:
    network = Network(NO_AUTHORITY, lambda door: SAYS_NO if door.address == THERE else AWAY)
    network.named = (THERE,)
    assert network.login(HERE) == SAYS_NO and network.kept == []
    waits = Failure(kind="jaringan", say="lapangan.kantor_sibuk", status=503, retry_s=60)
    busy = Network(NO_AUTHORITY, lambda door: waits if door.address == THERE else AWAY)
    busy.named = (THERE,)
    assert busy.login(HERE) == waits
    link = network.link()
    assert link.go(brought(THERE, KEY), OWNER.device, KEY.sign) == SAYS_NO and network.kept == []


def test_one_that_does_not_go_by_a_named_address_is_still_sought_under_another_authority() -> None:
    def refuse(door: Door) -> Failure | None:
        if door.address == THERE:
            return BY_ANOTHER_NAME
        return None if door.authority == b"baru" else STRANGER

    network = Network(signed(KEY), refuse)
    network.named = (THERE,)
    assert network.login(HERE) is None
    assert network.kept == [msgspec.structs.replace(HERE, authority=b"baru")]


def test_each_address_has_its_turn_however_seldom_she_opens_the_phone() -> None:
    tried: set[str] = set()
    names = tuple(f"https://k{number}.test" for number in range(MOST_ADDRESSES))
    for _ in range(200):
        network = Network(AWAY, lambda _door: AWAY)
        network.named = names
        network.login(HERE)
        tried |= {door.address for door in network.doors}
    assert tried == {HERE.address, *names}


@pytest.mark.parametrize("named", [(THERE,), ()])
def test_a_search_ends_with_the_line(named: tuple[str, ...]) -> None:
    network = Network(signed(KEY), plain_is_silent)
    network.named = named
    link: MovingLink
    seen: list[str] = []

    def refuse(door: Door) -> Failure | None:
        seen.append(door.address)
        if len(seen) > 1:
            link.close()
        return AWAY if len(seen) == 1 else None

    network.refuses = refuse
    link = network.link()
    assert link.login(OWNER.device, KEY.sign) is not None and network.kept == []
    assert len(seen) == 2 and network.open == []
    assert link.go(brought(THERE, KEY), OWNER.device, KEY.sign) is not None and len(seen) == 2


@pytest.mark.parametrize(
    "said",
    [
        Failure(kind="kantor", say="masalah.perangkat_tidak_dikenal", status=403),
        Failure(kind="jaringan", say="lapangan.kantor_bermasalah", status=500),
        Failure(kind="jaringan", say="lapangan.sambungan_putus"),
        SLOW,
    ],
)
def test_an_office_that_is_there_is_sought_nowhere_else(said: Failure) -> None:
    network = Network(AWAY, only(THERE, said))
    network.named = (THERE,)
    assert network.login(HERE) == said and len(network.doors) == 1


def test_where_it_is_nowhere_all_stays_as_it_was() -> None:
    network = Network(AWAY, lambda _door: AWAY)
    network.named = (THERE,)
    link = network.link(HERE)
    assert link.login(HERE.device, KEY.sign) == AWAY and network.kept == []
    assert link.door.address == HERE.address and network.open == [link.door]


def brought(address: str, key: Ed25519PrivateKey | None = None) -> OfficeAddress:
    return signed_address(address, key.sign if key else lambda _message: b"")


@pytest.mark.parametrize("key", [None, KEY, OTHER])
def test_an_address_that_she_brings_is_taken_where_tls_shows_the_authority_that_is_known(
    key: Ed25519PrivateKey | None,
) -> None:
    network = Network(AWAY, only(THERE))
    assert network.link(HERE).go(brought(THERE, key), HERE.device, KEY.sign) is None
    assert network.kept == [msgspec.structs.replace(HERE, address=THERE)]


def test_she_may_bring_the_address_of_an_office_that_lost_its_authority_too() -> None:
    network = Network(signed(KEY), lambda door: None if door.authority == b"baru" else STRANGER)
    assert network.link(HERE).go(brought(THERE), HERE.device, KEY.sign) is None
    assert network.kept == [msgspec.structs.replace(HERE, address=THERE, authority=b"baru")]


@pytest.mark.parametrize("address", [THERE, "http://baru.test:8314"])
@pytest.mark.parametrize("key", [KEY, OTHER, None])
def test_where_no_authority_is_known_the_office_must_have_signed_the_address(
    address: str, key: Ed25519PrivateKey | None
) -> None:
    """Behind a proxy with a public certificate, or without TLS, nothing else shows whose it is."""
    network = Network(NO_AUTHORITY, only(address))
    refused = network.link().go(brought(address, key), OWNER.device, KEY.sign)
    if key is KEY:
        assert refused is None and network.kept == [msgspec.structs.replace(OWNER, address=address)]
    else:
        assert refused == UNPROVED and network.kept == []
        assert [door.checked for door in network.doors] == [True, False], "nobody logged in there"


STALE: dict[str, Proves] = {
    "an_old_answer": replayed,
    "of_another_address": of_another_address,
    "by_another": proved_by(OTHER),
    "an_office_of_before": lambda _question: UNKNOWN,
    "not_its_address_now": lambda _question: BY_ANOTHER_NAME,
}


@pytest.mark.parametrize("proves", STALE.values(), ids=STALE)
@pytest.mark.parametrize("address", [THERE, "http://baru.test:8314"])
def test_an_address_that_the_office_gave_up_is_not_gone_to_where_no_authority_is_known(
    address: str, proves: Proves
) -> None:
    """Whoever has it now shows what the office signed of it once, and would let anybody in."""
    network = Network(NO_AUTHORITY, only(address))
    network.proves = proves
    assert network.link().go(brought(address, KEY), OWNER.device, KEY.sign) == UNPROVED
    assert network.kept == [] and [door.checked for door in network.doors] == [True, False]


@pytest.mark.parametrize("proves", STALE.values(), ids=STALE)
def test_nor_is_one_that_it_named_itself(proves: Proves) -> None:
    network = Network(NO_AUTHORITY, only(THERE))
    network.named = (THERE,)
    network.proves = proves
    assert network.login() == AWAY and network.kept == []
    assert all(not door.checked for door in network.doors[1:]), "nobody logged in there"
    network.proves = proved_by(KEY)
    assert network.login() is None and network.kept == [msgspec.structs.replace(OWNER, address=THERE)]


def test_each_question_has_a_number_of_its_own_and_where_an_authority_is_known_none_is_asked() -> None:
    network = Network(NO_AUTHORITY, only(THERE))
    for _ in range(2):
        network.link().go(brought(THERE, KEY), OWNER.device, KEY.sign)
    assert len(set(network.nonces)) == 2 and all(len(nonce) == NONCE_BYTES for nonce in network.nonces)
    pinned = Network(signed(KEY), lambda door: None if door.authority == b"baru" else STRANGER)
    assert pinned.link(HERE).go(brought(THERE), HERE.device, KEY.sign) is None
    assert pinned.nonces == []


@pytest.mark.parametrize("key", [None, KEY])
def test_an_address_under_tls_is_taken_with_the_authority_that_the_office_signed(
    key: Ed25519PrivateKey | None,
) -> None:
    network = Network(signed(KEY), only(THERE))
    assert network.link().go(brought(THERE, key), OWNER.device, KEY.sign) is None
    assert network.kept == [msgspec.structs.replace(OWNER, address=THERE, authority=b"baru")]


def test_what_she_brings_leads_not_back_from_tls() -> None:
    network = Network(signed(KEY), lambda _door: None)
    assert network.link(HERE).go(brought("http://baru.test", KEY), HERE.device, KEY.sign) == UNPROVED
    assert network.kept == [] and len(network.doors) == 1


def test_an_office_that_does_not_let_it_in_where_she_says_is_not_kept() -> None:
    network = Network(AWAY, lambda _door: BUSY)
    link = network.link(HERE)
    assert link.go(brought(THERE), HERE.device, KEY.sign) == BUSY and network.kept == []
    assert link.door.address == HERE.address and network.open == [link.door]


def test_a_line_that_is_closed_while_an_address_is_kept_leaves_none_open() -> None:
    network = Network(AWAY, only(THERE))
    link = network.link(HERE)
    link._keep = lambda _owner: link.close()
    link.go(brought(THERE), HERE.device, KEY.sign)
    assert network.open == []


@pytest.mark.parametrize("owner", [OWNER, HERE])
def test_where_nobody_answers_she_hears_that_and_no_alarm(owner: Owner) -> None:
    network = Network(AWAY, lambda _door: AWAY)
    assert network.link(owner).go(brought(THERE), owner.device, KEY.sign) == AWAY


def test_a_new_address_that_cannot_be_kept_is_not_gone_to() -> None:
    network = Network(AWAY, only(THERE))
    link = network.link(HERE)
    network.kept = Full()  # type: ignore[assignment]
    link._keep = network.kept.append
    with pytest.raises(StorageFullError):
        link.go(brought(THERE), HERE.device, KEY.sign)
    assert link.door.address == HERE.address and network.open == [link.door]


class Full:
    def append(self, _owner: Owner) -> None:
        raise StorageFullError
