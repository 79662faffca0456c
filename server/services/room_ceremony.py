"""The ceremony: two officers, one screen, and a recovery key that lies on paper only. Rule: until both halves
were typed back, nothing counts.

The officers log in by turns; what they have made so far rests under a cookie of that browser alone
(room_held.py). The same steps make new paper when the old is lost or was used.
"""

from typing import Literal

from msgspec.structs import replace

from schemas.base import Data, Message, decode, encode
from schemas.ids import PersonId
from schemas.words import PASSPHRASE_WORDS, propose
from server import custody, custody_store
from server.access import Person, may
from server.custody import RECOVERY, Reader, Secrets
from server.engine import Engine
from server.passwords import Passwords
from server.recovery_paper import WrongLines, lines_of, read_half, split
from server.services.room_custody import SERVICE, Custodian, UnitKeys
from server.services.room_held import LONGEST_MS, Held, Refusal, Resting

WHAT = "upacara"
LASTS_MS = LONGEST_MS
SAME_SCREEN = ""
"""A ceremony belongs to no login session: two people take turns."""
Stage = Literal["kedua", "belahan_1", "ketik_1", "belahan_2", "ketik_2"]
_AFTER: dict[Stage, Stage] = {
    "kedua": "belahan_1",
    "belahan_1": "ketik_1",
    "ketik_1": "belahan_2",
    "belahan_2": "ketik_2",
}
_HALF: dict[Stage, int] = {"belahan_1": 1, "ketik_1": 1, "belahan_2": 2, "ketik_2": 2}


class Draft(Message, frozen=True, kw_only=True):
    """A ceremony under way. `renews`: only the paper is made anew, for a unit that there is."""

    stage: Stage
    secrets: Secrets
    readers: list[Reader]
    halves: tuple[bytes, bytes]
    renews: bool = False


class CeremonyView(Data, frozen=True, kw_only=True):
    """Where a ceremony stands for whoever looks now; `lines` are those of the half that is to be noted."""

    stage: str
    people: tuple[PersonId, ...]
    mine: bool
    half: int = 0
    lines: tuple[str, ...] = ()
    renews: bool = False


class Done(Data, frozen=True, kw_only=True):
    """The ceremony counts now. `renewed`: only the paper was made anew."""

    renewed: bool


class Ceremonies:
    """The steps of a ceremony. Blocks its thread."""

    def __init__(self, engine: Engine, custodian: Custodian, held: Held, passwords: Passwords) -> None:
        self._engine, self._custodian, self._held, self._passwords = engine, custodian, held, passwords

    def proposal(self) -> str:
        """Propose a passphrase of six words."""
        return " ".join(propose(self._custodian.randomness(2 * PASSPHRASE_WORDS)))

    def look(self, person: Person, token: str) -> CeremonyView | None:
        """Say where the ceremony of this browser stands; None when there is none."""
        found = self._load(person, token)
        if found is None:
            return None
        draft, people = found[1], tuple(each.person for each in found[1].readers)
        shown = draft.stage in ("belahan_1", "belahan_2") and person.id in people
        half = _HALF.get(draft.stage, 0)
        return CeremonyView(
            stage=draft.stage,
            people=people,
            mine=person.id in people,
            half=half,
            lines=lines_of(draft.halves[half - 1], half) if shown else (),
            renews=draft.renews,
        )

    def begin(self, person: Person, passphrase: str, again: str) -> str | Refusal:
        """Let the first officer choose a passphrase. Returns the cookie's secret."""
        if self._custodian.current() is not None:
            return Refusal(say="sudah_ada", status=409)
        refused = self.unfit(person, passphrase, again)
        if refused is not None:
            return refused
        make = self._custodian.randomness
        secrets, recovery = custody.new_secrets(make), make(custody.KEY_BYTES)
        paper = custody.new_reader(RECOVERY, recovery, None, secrets, self._custodian.regency, self._now())
        draft = Draft(
            stage="kedua",
            secrets=secrets,
            readers=[self._reader(person.id, passphrase, secrets), paper],
            halves=split(recovery, make(custody.KEY_BYTES)),
        )
        return self._new(person.id, draft)

    def second(self, person: Person, token: str, passphrase: str, again: str) -> Refusal | None:
        """Let the second officer, who is another, choose theirs."""
        found = self._load(person, token)
        if found is None or found[1].stage != "kedua":
            return Refusal(say="upacara_lewat", status=409)
        resting, draft = found
        if any(reader.person == person.id for reader in draft.readers):
            return Refusal(say="harus_orang_lain", status=409)
        refused = self.unfit(person, passphrase, again)
        if refused is not None:
            return refused
        reader = self._reader(person.id, passphrase, draft.secrets)
        self._put(token, resting, replace(draft, stage="belahan_1", readers=[*draft.readers, reader]))
        return None

    def renew(self, person: Person, passphrase: str) -> str | Refusal:
        """Begin new paper: the recovery key of now ends once both halves of the new one were typed back."""
        opened = self._custodian.unlock(person, passphrase)
        if isinstance(opened, Refusal):
            return opened
        make = self._custodian.randomness
        recovery, now = make(custody.KEY_BYTES), self._now()
        paper = custody.new_reader(RECOVERY, recovery, None, opened.secrets, self._custodian.regency, now)
        officers = [each for each in opened.custody.readers if each.person != RECOVERY]
        draft = Draft(
            stage="belahan_1",
            secrets=opened.secrets,
            readers=[*officers, paper],
            halves=split(recovery, make(custody.KEY_BYTES)),
            renews=True,
        )
        return self._new(person.id, draft)

    def noted(self, person: Person, token: str) -> Refusal | None:
        """The half on the screen was noted down: now it is covered, to be typed back."""
        return self._step(person, token, ("belahan_1", "belahan_2"))

    def show_again(self, person: Person, token: str) -> Refusal | None:
        """Show the half once more, as it could not be typed back."""
        found = self._load(person, token)
        back: dict[Stage, Stage] = {"ketik_1": "belahan_1", "ketik_2": "belahan_2"}
        if found is None or found[1].stage not in back or not _takes_part(found[1], person):
            return Refusal(say="upacara_lewat", status=409)
        self._put(token, found[0], replace(found[1], stage=back[found[1].stage]))
        return None

    def type_back(self, person: Person, token: str, typed: str) -> Done | Refusal | None:
        """Take the half as it was typed back; with the second one, the ceremony is done."""
        found = self._load(person, token)
        if found is None or found[1].stage not in ("ketik_1", "ketik_2") or not _takes_part(found[1], person):
            return Refusal(say="upacara_lewat", status=409)
        draft = found[1]
        half = _HALF[draft.stage]
        read = read_half(typed, half)
        if isinstance(read, WrongLines):
            return wrong_lines(read)
        if read != draft.halves[half - 1]:
            return Refusal(say="belahan_lain")
        if draft.stage == "ketik_1":
            return self._step(person, token, ("ketik_1",))
        return self._finish(person, token, draft)

    def cancel(self, token: str) -> None:
        """Forget all that was made."""
        self._held.drop(token)

    def unfit(self, person: Person, passphrase: str, again: str) -> Refusal | None:
        """Say what is wrong with a new passphrase."""
        if not may(person, "open_room"):
            return Refusal(say="bukan_petugas", status=403)
        if passphrase != again:
            return Refusal(say="frasa_berbeda")
        if custody.unfit(passphrase):
            return Refusal(say="frasa_lemah")
        login = self._engine.read(lambda tx: custody_store.login_hash(tx, person.id))
        if login is not None and self._passwords.fits(passphrase, login):
            return Refusal(say="frasa_sama_sandi")
        return None

    def _finish(self, person: Person, token: str, draft: Draft) -> Done | Refusal:
        regency, seen = self._custodian.regency, self._custodian.current()
        if (seen is not None) != draft.renews:
            return Refusal(say="sudah_ada", status=409)
        readers, keys = draft.readers, None
        if seen is None:
            key = custody.new_unit_key(draft.secrets, 1, regency, SERVICE, self._now())
            keys = UnitKeys(identity=custody.identity_of(draft.secrets), keys=(key,))
        else:
            if seen.secrets.keys() != draft.secrets.named().keys() or seen.officers != _officers(draft):
                return Refusal(say="berubah", status=409)
            # somebody may have chosen another passphrase meanwhile: of the draft only the paper counts
            paper = [reader for reader in readers if reader.person == RECOVERY]
            readers = [*(each for each in seen.readers if each.person != RECOVERY), *paper]
        new = custody.sealed_to(draft.secrets, readers, regency)
        saved = self._engine.write(
            lambda tx: self._custodian.save_in(tx, person.id, new, keys, seen=seen)
        ).result()
        if not saved:
            return Refusal(say="berubah", status=409)
        self._held.drop(token)
        return Done(renewed=draft.renews)

    def _reader(self, person: PersonId, passphrase: str, secrets: Secrets) -> Reader:
        private = self._custodian.randomness(custody.KEY_BYTES)
        wrap = self._custodian.wrap(private, passphrase, person)
        return custody.new_reader(person, private, wrap, secrets, self._custodian.regency, self._now())

    def _step(self, person: Person, token: str, stages: tuple[Stage, ...]) -> Refusal | None:
        found = self._load(person, token)
        if found is None or found[1].stage not in stages or not _takes_part(found[1], person):
            return Refusal(say="upacara_lewat", status=409)
        self._put(token, found[0], replace(found[1], stage=_AFTER[found[1].stage]))
        return None

    def _load(self, person: Person, token: str) -> tuple[Resting, Draft] | None:
        if not may(person, "open_room"):
            return None
        found = self._engine.read(lambda tx: self._held.get(tx, token, WHAT, SAME_SCREEN, LASTS_MS))
        return (found, decode(found.body, Draft)) if found is not None else None

    def _new(self, person: PersonId, draft: Draft) -> str:
        token = self._held.token()
        self._put(token, Resting(person=person, until_ms=self._now() + LASTS_MS, body=b""), draft)
        return token

    def _put(self, token: str, at: Resting, draft: Draft) -> None:
        raw = encode(draft)
        self._engine.write(
            lambda tx: self._held.put_in(tx, token, WHAT, at.person, SAME_SCREEN, at.until_ms, raw)
        ).result()

    def _now(self) -> int:
        return self._custodian.now_ms()


def wrong_lines(wrong: WrongLines) -> Refusal:
    """Name the lines of a half that are not what was printed."""
    if wrong.lines == (0,):
        return Refusal(say="belahan_kelebihan")
    return Refusal(say="belahan_baris", values={"baris": ", ".join(map(str, wrong.lines))})


def _takes_part(draft: Draft, person: Person) -> bool:
    return any(reader.person == person.id for reader in draft.readers)


def _officers(draft: Draft) -> frozenset[PersonId]:
    return frozenset(reader.person for reader in draft.readers) - {RECOVERY}
