"""Opening a sealed case: passphrase and purpose, for ten minutes. Rule: every look is a change in the chain.

Only what this case needs is opened, and rests in a row that one browser's cookie opens (room_held.py). The
unit's own keys leave with the request. Breaking the glass with the recovery key does the same, and alarms.
"""

import hmac
from typing import Literal

from msgspec.structs import replace

from schemas.base import Data, Message, decode, encode
from schemas.form import Forms
from schemas.form_values import day_of
from schemas.format import local_date
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.sealed_notes import Purpose
from server import custody_store, sealed_store
from server.access import Person
from server.blobs import BlobStore, DamagedBlobError
from server.engine import Engine, Writer
from server.recovery_paper import WrongLines, joined, read_half
from server.sealing import Gcm, seal_key
from server.services.looks import note_looks
from server.services.people import Actor
from server.services.room_ceremony import wrong_lines
from server.services.room_custody import HALVES, Custodian, Unlocked, load_unit_keys, vouched_for
from server.services.room_held import Held, Refusal, session_name
from server.services.room_layers import Layers, layers
from server.services.room_reading import CaseFacts, Fact, Unsealed, load_case, unseal
from server.thumbnails import whole
from sync.change import SealedAccess, SealedSubmit
from sync.sealed_case import Container, Expected, NotReadableError, info_of, read_container, seal_note
from sync.versions import UNDECIDED

WHAT = "kasus"
OPEN_MS = 10 * 60_000
SHORTEST_PURPOSE = 10
DOUBLE_DOMAIN = b"sambang double v1\0"
Look = Literal["buka", "unduh", "cetak", "darurat"]


class OpenCase(Message, frozen=True, kw_only=True):
    """What rests while a case is open. `unit` is the public key that the unit's own secrets vouch for."""

    kasus: RecordId
    unit: bytes
    keys: dict[ChangeId, bytes]
    notes: dict[ChangeId, bytes]
    doubles: list[RecordId]


class Opened(Data, frozen=True, kw_only=True):
    """An open case, until then."""

    case: OpenCase
    until_ms: int


class Openings:
    """The use cases of opening. Blocks its thread; times are UTC ms."""

    def __init__(
        self, engine: Engine, office: Actor, blobs: BlobStore, custodian: Custodian, held: Held, forms: Forms
    ) -> None:
        self._engine, self._office, self._blobs, self._forms = engine, office, blobs, forms
        self._custodian, self._held = custodian, held

    def open(
        self, person: Person, session: str, kasus: RecordId, passphrase: str, purpose: str
    ) -> str | Refusal:
        """Open a case. Returns the secret of the cookie."""
        unfit = _unfit(purpose)
        if unfit is not None:
            return unfit
        unlocked = self._custodian.unlock(person, passphrase)
        if isinstance(unlocked, Refusal):
            return unlocked
        return self._enter(person, session, kasus, unlocked, purpose, "buka")

    def break_glass(
        self, person: Person, session: str, kasus: RecordId, halves: tuple[str, str], purpose: str
    ) -> str | Refusal:
        """Open a case with the recovery key from both halves of paper, and sound the alarm."""
        unfit = _unfit(purpose)
        if unfit is not None:
            return unfit
        refused = self._held.count_try(HALVES, person.id)
        if refused is not None:
            return refused
        read = [read_half(typed, number) for number, typed in enumerate(halves, 1)]
        for number, half in enumerate(read, 1):
            if isinstance(half, WrongLines):
                wrong = wrong_lines(half)
                return replace(
                    wrong, say=f"{wrong.say}_darurat", values={**wrong.values, "kertas": str(number)}
                )
        first, second = (half for half in read if isinstance(half, bytes))
        unlocked = self._custodian.unlock_by_halves(person, joined(first, second))
        if isinstance(unlocked, Refusal):
            return unlocked
        return self._enter(person, session, kasus, unlocked, purpose, "darurat")

    def current(self, token: str, session: str, person: PersonId, kasus: RecordId) -> Opened | None:
        """Return what this browser has open of a case; None when it is closed, or another is open."""
        found = self._engine.read(lambda tx: self._held.get(tx, token, WHAT, session, OPEN_MS))
        if found is None or found.person != person:
            return None
        case = decode(found.body, OpenCase)
        return Opened(case=case, until_ms=found.until_ms) if case.kasus == kasus else None

    def close(self, token: str) -> None:
        """Close the room."""
        self._held.drop(token)

    def note_in(
        self,
        tx: Writer,
        token: str,
        session: str,
        person: PersonId,
        opened: Opened,
        change: ChangeId,
        plain: bytes,
    ) -> Opened:
        """Keep what was just written in the room readable there, unless it was closed meanwhile."""
        if self._held.get(tx, token, WHAT, session, OPEN_MS) is None:
            return opened
        case = replace(opened.case, notes={**opened.case.notes, change: plain})
        self._held.put_in(tx, token, WHAT, person, session, opened.until_ms, encode(case))
        return Opened(case=case, until_ms=opened.until_ms)

    def look(self, person: Person, case: OpenCase, action: Look, purpose: str, what: str) -> Refusal | None:
        """Record that something was printed or taken out, and why, before it is."""
        unfit = _unfit(purpose)
        if unfit is not None:
            return unfit
        said = encode(Purpose(by=person.id, text=purpose.strip(), what=what))
        body = self._access(case.kasus, action, said, case.unit)
        self._engine.write(lambda tx: note_looks(tx, self._office, person.id, body)).result()
        return None

    def container(self, opened: OpenCase, fact: Fact) -> Container | None:
        """Read a version's container; None when it has not come whole, or does not open."""
        body, key = fact.content.body, opened.keys.get(fact.change)
        if key is None or not isinstance(body, SealedSubmit):
            return None
        return self._read(fact, body, key)

    def layers(self, opened: OpenCase, facts: CaseFacts, visit: RecordId) -> Layers | None:
        """Read a visit with its corrections; None when its newest version does not open. But where that is
        not what a decision is about, and its file has not come, the visit is as it was before.
        """
        found = layers(facts, visit, opened.notes, lambda fact: self.container(opened, fact), self._forms)
        if found is None or not found.behind:
            return found
        record = next(each for each in facts.visits if each.id == visit)
        is_opened = facts.versions(visit)[-1].change in opened.keys
        return found if is_opened and record.fields["state"] != UNDECIDED["state"] else None

    def _enter(
        self, person: Person, session: str, kasus: RecordId, unlocked: Unlocked, purpose: str, action: Look
    ) -> str | Refusal:
        keys = self._engine.read(load_unit_keys)
        facts = self._engine.read(lambda tx: load_case(tx, kasus))
        if facts is None or keys is None:
            return Refusal(say="kasus_tidak_ada", status=404)
        if not vouched_for(keys, unlocked.secrets):
            return Refusal(say="kunci_rusak", status=409)
        unit = keys.newest.public_key
        unsealed = unseal(facts, unlocked.secrets, keys, self._custodian.regency)
        tokens = self._doubles(facts, unsealed, unlocked.secrets.doubles)
        said = encode(Purpose(by=person.id, text=purpose.strip()))
        access = self._access(kasus, action, said, unit)
        token, now = self._held.token(), self._custodian.now_ms()
        kode = str(facts.record.fields.get("kode") or "")

        def work(tx: Writer) -> None:
            note_looks(tx, self._office, person.id, access)
            custody_store.put_doubles(tx, kasus, tokens)
            this_look = sealed_store.about(tx, [kasus])[-1]
            case = OpenCase(
                kasus=kasus,
                unit=unit,
                keys=unsealed.keys,
                notes={**unsealed.notes, this_look: said},
                doubles=custody_store.doubles(tx, kasus, tokens),
            )
            custody_store.drop_held_of_session_kind(tx, session_name(session), WHAT)
            self._held.put_in(tx, token, WHAT, person.id, session, now + OPEN_MS, encode(case))
            if action == "darurat":
                alarm = self._custodian.randomness(16).hex()
                custody_store.add_alarm(tx, alarm, kasus, kode, person.id, now)

        self._engine.write(work).result()
        return token

    def _access(self, kasus: RecordId, action: Look, said: bytes, unit: bytes) -> SealedAccess:
        info = info_of(self._custodian.regency, "tujuan", kasus, 0, unit)
        return SealedAccess(kasus=kasus, action=action, note=seal_note(said, seal_key, unit, info))

    def _doubles(self, facts: CaseFacts, unsealed: Unsealed, key: bytes) -> list[bytes]:
        """Return a token for each NIK and year that this case's visits hold, as they stand."""

        def read(fact: Fact) -> Container | None:
            body, opening = fact.content.body, unsealed.keys.get(fact.change)
            return self._read(fact, body, opening) if opening and isinstance(body, SealedSubmit) else None

        stand = (layers(facts, visit.id, unsealed.notes, read, self._forms) for visit in facts.visits)
        return [token for one in stand if one for token in double_tokens(one, key)]

    def _read(self, fact: Fact, body: SealedSubmit, key: bytes) -> Container | None:
        expected = Expected(
            regency=self._custodian.regency, author=fact.content.author, device=fact.device, submit=body
        )
        try:
            return read_container(whole(self._blobs, body.blob), Gcm(key), expected)
        except (NotReadableError, DamagedBlobError, ValueError):
            return None


def double_tokens(visit: Layers, key: bytes) -> list[bytes]:
    """Return a token for each NIK in a visit, with the year of the visit."""
    found: list[bytes] = []
    for answers in visit.answers.values():
        nik = answers.get("nik")
        if not isinstance(nik, str) or not nik:
            continue
        day = day_of(answers.get("tanggal_kunjungan"))
        year = (day or local_date(visit.begun_ms)).year
        found.append(hmac.new(key, DOUBLE_DOMAIN + f"{nik}\0{year}".encode(), "sha256").digest())
    return found


def _unfit(purpose: str) -> Refusal | None:
    return Refusal(say="perlu_keperluan") if len(purpose.strip()) < SHORTEST_PURPOSE else None
