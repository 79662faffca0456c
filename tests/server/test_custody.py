"""The unit's secrets: whom they open for, what a rotation and a removal change, and what paper proves."""

import secrets as random
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import PersonId, Regency
from schemas.sealed import UnitKey
from server import custody
from server.custody import RECOVERY, Custody, Reader, Secrets
from server.recovery_paper import WrongLines, joined, lines_of, read_half, split
from server.services.room_officers import without
from sync.sealed_case import newest_key, unit_message

REGENCY = Regency("33.14")
SITI, BUDI, AGUS = PersonId("a" * 32), PersonId("b" * 32), PersonId("c" * 32)
PHRASE = "kursi pagar sendok lampu daun meja"
CHEAP_KIB = 64


def taken_in(person: PersonId, secrets: Secrets, phrase: str = PHRASE) -> tuple[Reader, bytes]:
    private = random.token_bytes(32)
    wrap = custody.wrap(private, phrase, person, random.token_bytes, CHEAP_KIB) if person else None
    return custody.new_reader(person, private, wrap, secrets, REGENCY, 1), private


@dataclass
class Unit:
    """A unit with two officers and a recovery key."""

    secrets: Secrets = field(default_factory=lambda: custody.new_secrets(random.token_bytes))

    def __post_init__(self) -> None:
        self.privates: dict[PersonId, bytes] = {}
        readers: list[Reader] = []
        for person in (SITI, BUDI, RECOVERY):
            reader, self.privates[person] = taken_in(person, self.secrets)
            readers.append(reader)
        self.custody = custody.sealed_to(self.secrets, readers, REGENCY)

    def opened(self, person: PersonId, seen: Custody | None = None) -> Secrets | None:
        found = seen or self.custody
        reader = found.reader(person)
        return custody.open_secrets(found, reader, self.privates[person], REGENCY) if reader else None


@pytest.fixture(scope="module")
def unit() -> Unit:
    return Unit()


def test_each_officer_and_the_recovery_key_open_all_secrets(unit: Unit) -> None:
    for person in (SITI, BUDI, RECOVERY):
        assert unit.opened(person) == unit.secrets


def test_no_secret_stands_in_what_is_stored(unit: Unit) -> None:
    stored = encode(unit.custody)
    hidden = [*unit.secrets.named().values(), *unit.privates.values()]
    assert [secret for secret in hidden if secret in stored] == []
    assert decode(stored, Custody) == unit.custody


def test_a_wrap_opens_with_its_own_passphrase_and_for_its_own_officer_only() -> None:
    private = random.token_bytes(32)
    wrap = custody.wrap(private, PHRASE, SITI, random.token_bytes, CHEAP_KIB)
    assert custody.unwrap(wrap, PHRASE, SITI) == private
    assert custody.unwrap(wrap, f"  {PHRASE.upper().replace(' ', '  ')} ", SITI) == private
    assert custody.unwrap(wrap, PHRASE + " kuda", SITI) is None
    assert custody.unwrap(wrap, PHRASE, BUDI) is None
    assert custody.unwrap(replace(wrap, salt=bytes(16)), PHRASE, SITI) is None


def test_a_wrap_made_for_the_office_costs_64_mib_and_three_passes() -> None:
    wrap = custody.wrap(bytes(32), PHRASE, SITI, random.token_bytes)
    assert (wrap.memory_kib, wrap.passes) == (64 * 1024, 3)


def test_somebody_elses_key_opens_nothing(unit: Unit) -> None:
    siti = unit.custody.reader(SITI)
    assert siti is not None
    assert custody.open_secrets(unit.custody, siti, unit.privates[BUDI], REGENCY) is None


def test_a_seal_put_in_anothers_place_opens_nothing(unit: Unit) -> None:
    swapped = {name: {**seals, SITI: seals[BUDI]} for name, seals in unit.custody.secrets.items()}
    assert unit.opened(SITI, replace(unit.custody, secrets=swapped)) is None
    crossed = {**unit.custody.secrets, "kunci.1": unit.custody.secrets["kembar"]}
    assert unit.opened(SITI, replace(unit.custody, secrets=crossed)) is None


def test_nobody_slips_in_whom_the_identity_did_not_sign(unit: Unit) -> None:
    foreign, _ = taken_in(AGUS, custody.new_secrets(random.token_bytes))
    with pytest.raises(ValueError, match="did not sign"):
        custody.sealed_to(unit.secrets, [*unit.custody.readers, foreign], REGENCY)
    siti = unit.custody.reader(SITI)
    assert siti is not None
    stranger = custody.public_of(random.token_bytes(32))
    for bent in ({"person": AGUS}, {"public_key": stranger}, {"since_ms": 2}):
        assert not custody.is_genuine(replace(siti, **bent), unit.custody.identity, REGENCY), bent
    assert not custody.is_genuine(siti, unit.custody.identity, Regency("33.15"))
    assert not custody.is_genuine(siti, unit.custody.identity[:-1], REGENCY), (
        "a damaged identity signed nobody"
    )


def test_nothing_opens_for_a_reader_whose_word_from_the_identity_was_bent(unit: Unit) -> None:
    bent = [replace(each, signature=bytes(64)) for each in unit.custody.readers]
    assert unit.opened(SITI, replace(unit.custody, readers=bent)) is None


def test_nothing_opens_under_another_identity_that_signed_the_same_officers(unit: Unit) -> None:
    """Else phones would take keys from whoever put theirs in the place of the unit's."""
    foreign = custody.new_secrets(random.token_bytes)
    signed = [custody.new_reader(who, key, None, foreign, REGENCY, 1) for who, key in unit.privates.items()]
    taken = replace(unit.custody, identity=custody.identity_of(foreign), readers=signed)
    assert all(custody.is_genuine(each, taken.identity, REGENCY) for each in signed)
    assert unit.opened(SITI, taken) is None


def test_the_recovery_key_is_no_officer(unit: Unit) -> None:
    assert unit.custody.officers == {SITI, BUDI}


def test_a_new_key_reaches_everybody_who_is_named_without_a_passphrase(unit: Unit) -> None:
    fresh = replace(unit.secrets, keys={**unit.secrets.keys, 2: random.token_bytes(32)})
    rotated = custody.sealed_to(fresh, unit.custody.readers, REGENCY)
    assert unit.opened(BUDI, rotated) == fresh


def test_who_was_removed_opens_nothing_neither_old_nor_new(unit: Unit) -> None:
    removed = without(unit.custody, BUDI)
    assert unit.opened(BUDI, removed) is None and unit.opened(SITI, removed) == unit.secrets
    budi = unit.custody.reader(BUDI)
    assert budi is not None
    assert custody.open_secrets(removed, budi, unit.privates[BUDI], REGENCY) is None
    assert unit.opened(RECOVERY, removed) == unit.secrets


def test_phones_take_the_units_key_only_from_its_own_identity(unit: Unit) -> None:
    key = custody.new_unit_key(unit.secrets, 1, REGENCY, "ktkpm", 5)
    public = Ed25519PrivateKey.from_private_bytes(unit.secrets.identity).public_key()

    def verify(signature: bytes, message: bytes) -> bool:
        public.verify(signature, message)
        return True

    assert newest_key([key], REGENCY, "ktkpm", verify) == key
    assert unit_message(key) == unit_message(replace(key, signature=b""))
    assert isinstance(key, UnitKey) and key.public_key == custody.public_of(unit.secrets.keys[1])


@pytest.mark.parametrize(
    "phrase",
    ["", "satu dua tiga empat", "kata kata kata kata kata", "a b c d e f", "panjangsekalitanpaspasi"],
)
def test_a_weak_passphrase_is_refused(phrase: str) -> None:
    assert custody.unfit(phrase)
    assert not custody.unfit(PHRASE)
    assert not custody.unfit("satu dua tiga empat lima"), "five words of twenty letters are enough"


@given(key=st.binary(min_size=32, max_size=32), mask=st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_two_halves_make_the_key_and_are_read_as_they_were_printed(key: bytes, mask: bytes) -> None:
    halves = split(key, mask)
    read = [read_half("\n".join(lines_of(half, at)), at) for at, half in enumerate(halves, 1)]
    assert read == list(halves)
    assert joined(*halves) == key


def test_a_half_is_read_however_it_was_typed() -> None:
    half = bytes(range(32))
    typed = "\n\n".join(line.lower().replace("-", " ") for line in lines_of(half, 1))
    assert read_half(typed.replace("0", "o").replace("1", "l"), 1) == half


def test_a_mistyped_line_is_named_and_so_are_swapped_and_missing_ones() -> None:
    lines = list(lines_of(bytes(range(32)), 1))
    wrong = [*lines]
    wrong[2] = ("0" if wrong[2][0] != "0" else "1") + wrong[2][1:]
    assert read_half("\n".join(wrong), 1) == WrongLines(lines=(3,))
    swapped = [lines[1], lines[0], *lines[2:]]
    assert read_half("\n".join(swapped), 1) == WrongLines(lines=(1, 2))
    assert read_half("\n".join(lines[:6]), 1) == WrongLines(lines=(7, 8))
    assert read_half("\n".join([*lines, lines[0]]), 1) == WrongLines(lines=(0,))


def test_the_first_half_is_not_taken_for_the_second() -> None:
    half = random.token_bytes(32)
    found = read_half("\n".join(lines_of(half, 1)), 2)
    assert isinstance(found, WrongLines)
