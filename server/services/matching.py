"""Who may be one person: possible doubles, and people whom phones made, merged or told apart at the office.

A merge writes `digabung_ke` into the record that goes and takes nothing away: its history, visits and cases
are shown with the record that stays, what that one lacked is filled in, and open tugas move to it. What was
done stands in a record of the pair, so that it can be undone. Rule: nothing is decided on what has moved on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from schemas.base import Data
from schemas.identity import search_key
from schemas.ids import PersonId, RecordId
from server import protection_store, subject_store
from server.access import Person, may
from server.engine import Engine, Reader, Writer
from server.services.chain_record import word_id, word_on, write_record
from server.services.conflict_view import label_of_field
from server.services.finding import Finding, Hit, hit_of
from server.services.indexing import Indexing
from server.services.match_rows import Fresh, FreshRow, PairRow, Pairs
from server.services.merging import EMPTY, GROUPS, filled, seen_of, told
from server.services.parting import CrowdedError, MovedError, part, put
from server.services.people import Actor, Denied
from server.services.record_history import field_words
from server.services.review import Decided, NotThere, Stale
from server.services.visit_page import Words
from server.services.visits import names
from server.store import SqlOfficeStore
from server.subject_index import told_apart
from server.subject_store import Neighbour
from server.subjects import LIKE, MATCHED, MERGED, PAIR, about_pair, likeness_to, name_of, pair_of
from sync.merge import NO_FIELDS, SETS
from sync.store import Fields, Record

MOST = 50
MOST_LIKELY = 3
MOST_COUNTED = 1_000


class Counts(Data, frozen=True, kw_only=True):
    """How much waits for somebody to match it."""

    pairs: int = 0
    fresh: int = 0


class Beside(Data, frozen=True, kw_only=True):
    """One field of two records."""

    label: str
    one: str
    other: str
    differs: bool


class PairPage(Data, frozen=True, kw_only=True):
    """Two records side by side. `seen` names what was read; `keep` is the one that had better stay; `visits`
    and `cases` count those of each, `workers` name who has an open tugas about each. `conflicts`: one of them
    has an open conflict, which is settled first.
    """

    one: Hit
    other: Hit
    fields: tuple[Beside, ...]
    visits: tuple[int, int]
    cases: tuple[int, int]
    workers: tuple[tuple[str, ...], tuple[str, ...]]
    keep: RecordId
    seen: str
    conflicts: bool


class Blocked(Data, frozen=True, kw_only=True):
    """It cannot be done as it stands; `say` is a text key."""

    say: str


Outcome = Decided | Stale | Blocked | NotThere | Denied


class Matching:
    """The use cases. Blocks its thread."""

    def __init__(
        self, engine: Engine, office: Actor, words: Words, finding: Finding, indexing: Indexing
    ) -> None:
        self._engine, self._office, self._words = engine, office, words
        self._finding, self._indexing = finding, indexing

    def counts(self, person: Person) -> Counts:
        """Count what waits for this person."""
        pairs, fresh = self._count(person, subject_store.pair_count, subject_store.fresh_count)
        return Counts(pairs=pairs, fresh=fresh)

    def pair_count(self, person: Person) -> int:
        """Count the possible doubles that wait for this person."""
        return self._count(person, subject_store.pair_count)[0]

    def fresh_count(self, person: Person) -> int:
        """Count whom phones made and who wait for this person."""
        return self._count(person, subject_store.fresh_count)[0]

    def _count(self, person: Person, *counts: Callable[[Reader, Sequence[int]], int]) -> list[int]:
        if not may(person, "match_warga"):
            return [0] * len(counts)

        def work(tx: Reader) -> list[int]:
            on = self._finding.shelves(tx, person, "match_warga")
            return [count(tx, on) for count in counts]

        return self._engine.read(work)

    def pairs(self, person: Person) -> Pairs | Denied:
        """List possible doubles, those with one NIK first, at most 50."""
        if not may(person, "match_warga"):
            return Denied(why="role")
        behind = self._indexing.for_a_page()

        def work(tx: Reader) -> Pairs:
            found = subject_store.pairs(tx, self._finding.shelves(tx, person, "match_warga"), MOST)
            ids = {name for pair in found for name in (pair.one, pair.other)}
            known = SqlOfficeStore.reading(tx).records(ids)
            fresh = subject_store.is_fresh(tx, known)
            hits = {
                name: hit_of(record, self._words, fresh=name in fresh)
                for name, record in known.items()
                if self._finding.may(person, "match_warga", record)
            }
            rows = (
                PairRow(one=hits[pair.one], other=hits[pair.other], why=pair.why)
                for pair in found
                if pair.one in hits and pair.other in hits
            )
            return Pairs(rows=tuple(rows), behind=behind)

        return self._engine.read(work)

    def fresh(self, person: Person) -> Fresh | Denied:
        """List whom phones made and nobody has matched, at most 50, each with whom they may be."""
        if not may(person, "match_warga"):
            return Denied(why="role")
        behind = self._indexing.for_a_page()

        def work(tx: Reader) -> Fresh:
            on = self._finding.shelves(tx, person, "match_warga")
            known = SqlOfficeStore.reading(tx).records(subject_store.fresh(tx, on, MOST))
            made = [each for each in known.values() if self._finding.may(person, "match_warga", each)]
            likely = self._likely(tx, person, made)
            rows = (
                FreshRow(hit=hit_of(record, self._words, fresh=True), likely=likely[record.id])
                for record in made
            )
            return Fresh(rows=tuple(rows), behind=behind)

        return self._engine.read(work)

    def compare(self, person: Person, one: RecordId, other: RecordId) -> PairPage | NotThere | Denied:
        """Lay two records side by side."""
        if not may(person, "match_warga"):
            return Denied(why="role")

        def work(tx: Reader) -> PairPage | NotThere:
            found = self._both(tx, person, one, other)
            return NotThere() if found is None else self._page(tx, *found)

        return self._engine.read(work)

    def merge(self, person: Person, keep: RecordId, gone: RecordId, seen: str) -> Outcome:
        """Let one record live on in another."""

        def work(tx: Writer) -> Outcome:
            found = self._both(tx, person, keep, gone)
            if found is None:
                return NotThere()
            kept, merged = found
            if seen != seen_of(kept, merged):
                return Stale()
            if _has_conflict(tx, kept) or _has_conflict(tx, merged):
                return Blocked(say="warga.ganda.konflik")
            self._merge(tx, person.id, kept, merged)
            return Decided()

        return self._decide(person, work)

    def tell_apart(self, person: Person, one: RecordId, other: RecordId, seen: str) -> Outcome:
        """Remember that two records are two people."""

        def work(tx: Writer) -> Outcome:
            found = self._both(tx, person, one, other)
            if found is None:
                return NotThere()
            if seen != seen_of(*found):
                return Stale()
            self._remember(tx, person.id, one, other, {"hasil": "beda"})
            return Decided()

        return self._decide(person, work)

    def confirm_new(self, person: Person, subject: RecordId) -> Outcome:
        """Say that somebody whom a phone made is nobody of the list."""

        def work(tx: Writer) -> Outcome:
            record = SqlOfficeStore.writing(tx).records([subject]).get(subject)
            if record is None or not self._finding.may(person, "match_warga", record):
                return NotThere()
            if record.fields.get(MERGED) or not subject_store.is_fresh(tx, [subject]):
                return Stale()
            put(tx, self._office, person.id, record, {MATCHED: True})
            return Decided()

        return self._decide(person, work)

    def split(self, person: Person, keep: RecordId, gone: RecordId) -> Outcome:
        """Undo a merge: what it filled in goes again where nobody has changed it since."""

        def work(tx: Writer) -> Outcome:
            found = SqlOfficeStore.writing(tx).records([keep, gone])
            kept, merged = found.get(keep), found.get(gone)
            if kept is None or merged is None:
                return NotThere()
            if not all(self._finding.may(person, "match_warga", each) for each in (kept, merged)):
                return NotThere()
            done = word_on(tx, PAIR, about_pair(keep, gone))
            if merged.fields.get(MERGED) != keep or kept.fields.get(MERGED) or done is None:
                return Stale()
            part(tx, self._office, person.id, kept, merged, done)
            self._remember(tx, person.id, keep, gone, {"hasil": ""})
            return Decided()

        return self._decide(person, work)

    def _decide(self, person: Person, work: Any) -> Outcome:
        if not may(person, "match_warga"):
            return Denied(why="role")
        self._indexing.catch_up(1)
        try:
            outcome: Outcome = self._engine.write(work).result()
        except CrowdedError:
            return Blocked(say="warga.ganda.konflik_pisah")
        except MovedError:
            return Stale()
        # what was decided is offered no more, and who was merged is one person from here on
        self._indexing.come_to_now()
        return outcome

    def _both(
        self, tx: Reader, person: Person, one: RecordId, other: RecordId
    ) -> tuple[Record, Record] | None:
        """Return two records of one kind that both live on by themselves, and that this person may match."""
        found = SqlOfficeStore.reading(tx).records([one, other])
        first, second = found.get(one), found.get(other)
        if one == other or first is None or second is None or first.kind != second.kind:
            return None
        fit = all(
            self._finding.may(person, "match_warga", each) and not each.fields.get(MERGED)
            for each in (first, second)
        )
        return (first, second) if fit else None

    def _page(self, tx: Reader, one: Record, other: Record) -> PairPage:
        fresh = subject_store.is_fresh(tx, [one.id, other.id])
        about = [[each.id, *subject_store.merged_into(tx, each.id)] for each in (one, other)]
        visits = [len(subject_store.visits_of(tx, names, MOST_COUNTED)) for names in about]
        cases = [len(subject_store.cases_of(tx, names)) for names in about]
        keep = other if one.id in fresh and other.id not in fresh else one
        if not fresh and len(told(other)) > len(told(one)):
            keep = other
        return PairPage(
            one=hit_of(one, self._words, fresh=one.id in fresh),
            other=hit_of(other, self._words, fresh=other.id in fresh),
            fields=tuple(self._beside(one, other)),
            visits=(visits[0], visits[1]),
            cases=(cases[0], cases[1]),
            workers=(_workers(tx, one), _workers(tx, other)),
            keep=keep.id,
            seen=seen_of(one, other),
            conflicts=_has_conflict(tx, one) or _has_conflict(tx, other),
        )

    def _beside(self, one: Record, other: Record) -> Iterable[Beside]:
        named = {**told(one), **told(other)}
        order = [name for _, group in GROUPS for name in group if name in named]
        for name in [*order, *(name for name in named if name not in order), "layanan"]:
            mine, theirs = one.fields.get(name), other.fields.get(name)
            if mine in EMPTY and theirs in EMPTY:
                continue
            words = [
                "–" if value in EMPTY else field_words(one.kind, name, value, self._words, opened=False)
                for value in (mine, theirs)
            ]
            label = label_of_field(one.kind, name, self._words)
            yield Beside(
                label=label,
                one=words[0],
                other=words[1],
                differs=mine != theirs and mine not in EMPTY and theirs not in EMPTY,
            )

    def _likely(self, tx: Reader, person: Person, made: Sequence[Record]) -> dict[RecordId, tuple[Hit, ...]]:
        """Return whom of the list each may be: by their NIK, or by a name alike in the same desa.

        All are asked for at once: so many statements for fifty as for one.
        """
        same = subject_store.same_nik(tx, {nik for each in made if (nik := _text(each, "nik"))})
        near = subject_store.neighbours(tx, "warga", {_text(each, "kode_desa") for each in made})
        may_be = {
            each.id: [
                name
                for name in dict.fromkeys(
                    [*same.get(_text(each, "nik"), ()), *_alike(each, near[_text(each, "kode_desa")])]
                )
                if name != each.id
            ]
            for each in made
        }
        apart = told_apart(tx, {pair_of(one, other) for one, others in may_be.items() for other in others})
        left = {
            one: [other for other in others if pair_of(one, other) not in apart]
            for one, others in may_be.items()
        }
        hits = self._finding.living(tx, person, {name for names in left.values() for name in names})
        return {
            one: tuple({hit.id: hit for name in names if (hit := hits.get(name))}.values())[:MOST_LIKELY]
            for one, names in left.items()
        }

    def _merge(self, tx: Writer, author: PersonId, kept: Record, merged: Record) -> None:
        gained = filled(kept, merged)
        fresh = subject_store.is_fresh(tx, [kept.id])
        put(tx, self._office, author, kept, {**gained, **({MATCHED: True} if kept.id in fresh else {})})
        tasks = SqlOfficeStore.writing(tx).records(merged.readers)
        for task in tasks.values():
            put(tx, self._office, author, task, {"sasaran": kept.id})
        put(tx, self._office, author, merged, {MERGED: kept.id})
        done: Fields = {"hasil": "gabung", "dipertahankan": kept.id, "tugas": sorted(tasks)}
        sets = SETS.get(kept.kind, NO_FIELDS)
        done["isian"] = sorted(gained.keys() - sets)
        done["ditambah"] = {
            name: [each for each in gained[name] if each not in (kept.fields.get(name) or [])]
            for name in sorted(gained.keys() & sets)
        }
        self._remember(tx, author, kept.id, merged.id, done)

    def _remember(self, tx: Writer, author: PersonId, one: RecordId, other: RecordId, done: Fields) -> None:
        first, second = pair_of(one, other)
        fields: Fields = {"satu": first, "dua": second, **done}
        name = word_id(tx, PAIR, about_pair(one, other))
        if not write_record(tx, self._office, author, PAIR, name, fields):
            raise MovedError


def _has_conflict(tx: Reader, record: Record) -> bool:
    conflicts = SqlOfficeStore.reading(tx).records(protection_store.conflicts_about(tx, record.id))
    return any(each.fields.get("state") == "menunggu" for each in conflicts.values())


def _workers(tx: Reader, record: Record) -> tuple[str, ...]:
    return tuple(sorted(names(SqlOfficeStore.reading(tx), set(record.readers.values())).values()))


def _alike(record: Record, near: Sequence[Neighbour]) -> list[RecordId]:
    """Return those of a desa whose names are most like somebody's, the most alike first."""
    alike_to = likeness_to(search_key(name_of(record.fields)))
    alike = sorted(((alike_to(each.name_key), each.subject) for each in near), reverse=True)
    return [name for how, name in alike[: 2 * MOST_LIKELY] if how >= LIKE]


def _text(record: Record, name: str) -> str:
    return str(record.fields.get(name) or "")
