"""Rules of the sync broken on purpose, one at a time. Rule: the simulation must notice each of them.

Each function breaks one rule in the real code, by pytest's monkeypatch.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from field_app import office_word
from schemas.sealed import SEALED_FORM
from schemas.wire import Applied, Cursor, Held
from server.chain_keys import ChainKeys
from sync import (
    ahead,
    apply,
    client,
    conflicts,
    desk,
    handover,
    intake,
    merge,
    records,
    scope,
    sealed,
    server,
    visits,
)
from sync.chain import START, Tip
from sync.memory import MemoryDevice, MemoryOffice
from sync.memory_store import MemoryStore
from sync.neutral import is_sealed
from sync.store import Answered
from sync.undo import Journal
from tests.simulation import seals

Patch = Any
"""pytest.MonkeyPatch."""


class Behind:
    """A store with something in front of it."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def the_cursor_moves_before_its_page_is_stored(patch: Patch) -> None:
    """The page and the cursor are stored in two steps; a phone may stop between them."""
    real = client.receive

    class Split(Behind):
        def store_page(self, page: Answered) -> None:
            self.store.store_page(replace(page, rows=[], removed=[]))
            self.store.store_page(page)

    patch.setattr(client, "receive", lambda store, *rest: real(Split(store), *rest))


def known_tips_are_believed_without_looking(patch: Patch) -> None:
    """A restored or cloned phone takes the tip of its other branch for its own."""

    def believed(store: Any, response: Any) -> Tip:
        tips = (Tip(counter=tip.counter, hash=tip.hash) for tip in response.known)
        return max(tips, key=lambda tip: tip.counter, default=START)

    patch.setattr(client, "_acknowledged", believed)
    patch.setattr(client, "_answered", lambda store, request, received, answered: received)


def what_was_received_once_is_never_sent_again(patch: Patch) -> None:
    """A phone does not notice that the office was restored."""
    real = client._acknowledged

    def highest(store: Any, response: Any) -> Tip:
        return max(real(store, response), store.acknowledged(), key=lambda tip: tip.counter)

    patch.setattr(client, "_acknowledged", highest)


def an_answer_counts_as_a_receipt(patch: Patch) -> None:
    """A phone believes that all it has was received, whatever the office says."""

    def everything(store: Any, response: Any) -> Tip:
        return max(store.tips(store.device()), key=lambda tip: tip.counter, default=START)

    patch.setattr(client, "_acknowledged", everything)


def a_run_goes_ahead_of_any_answer(patch: Patch) -> None:
    """What was read ahead follows also where the office did not take what it rests on."""

    def at_once(store: Any, request: Any, response: Any, behind: Any) -> Any:
        return replace(behind, cursor=response.cursor) if behind is not None and behind.links else None

    patch.setattr(ahead, "follow_up", at_once)


def what_goes_ahead_asks_for_the_same_page(patch: Patch) -> None:
    """The cursor of what goes ahead is the stored one: each row comes twice."""
    real = ahead.follow_up

    def stale(store: Any, request: Any, *rest: Any) -> Any:
        following = real(store, request, *rest)
        return following and replace(following, cursor=request.cursor)

    patch.setattr(ahead, "follow_up", stale)


def the_last_writer_wins(patch: Patch) -> None:
    real = merge.merge_field

    def last(**asked: Any) -> Any:
        case = real(**asked)
        return merge.Set(value=case.mine) if isinstance(case, merge.Parked) else case

    patch.setattr(merge, "merge_field", last)


def fields_that_belong_together_are_parted(patch: Patch) -> None:
    """The office's value of a field in dispute is overwritten when its partner is not."""
    real = merge.merge_field

    def careless(**asked: Any) -> Any:
        case = real(**asked)
        return merge.Kept() if isinstance(case, merge.Parked) else case

    patch.setattr(merge, "merge_field", careless)


def a_tombstone_is_forgotten(patch: Patch) -> None:
    patch.setattr(desk, "gone", lambda old, new: [])


def a_part_that_is_gone_stays_on_the_phone(patch: Patch) -> None:
    real = MemoryDevice.store_page

    def keeps(self: Any, page: Answered) -> None:
        rows = dict(self._rows)
        real(self, page)
        self._rows = rows | self._rows

    patch.setattr(MemoryDevice, "store_page", keeps)


def a_new_part_is_not_caught_up(patch: Patch) -> None:
    patch.setattr(client, "caught_up", lambda response, held, parts: response.cursor)


def a_held_change_is_forgotten(patch: Patch) -> None:
    """What waited is not looked at again when that for which it waited comes."""
    patch.setattr(MemoryOffice, "waiting_on", lambda self, names: [])


def a_change_above_a_gap_is_dropped(patch: Patch) -> None:
    """It is answered as held, and not kept."""
    real = intake.take_in

    def drops(store: Any, run: Any, *rest: Any) -> Any:
        first = run.entries[0].link
        if first.counter > 1 and store.counter_of(first.device, first.prev) is None:
            return {entry.link.change: Held(waiting=first.prev.hex()) for entry in run.entries}
        return real(store, run, *rest)

    patch.setattr(server, "take_in", drops)


def a_repeated_push_is_applied_again(patch: Patch) -> None:
    """The office does not look whether it has a change already."""
    real = intake.take_in

    class Forgetful(Behind):
        def changes(self, ids: Any) -> Any:
            return {}

    patch.setattr(server, "take_in", lambda store, *rest: real(Forgetful(store), *rest))


def a_parked_value_is_overwritten(patch: Patch) -> None:
    """Two conflicts on one field share an id, and the newer takes the place of the older."""
    patch.setattr(conflicts, "conflict_seed", lambda change, key: merge.conflict_seed(bytes(32), key))


def a_newer_parked_value_is_dropped(patch: Patch) -> None:
    """The same branch writes a field again while it waits: the first value stays."""
    patch.setattr(records, "replace_parked", lambda *asked: None)


def a_conflict_is_closed_by_a_later_change(patch: Patch) -> None:
    """An open conflict is forgotten when the office's value moves on."""
    real = conflicts.renew_theirs

    def forgets(desk: Any, change: Any, record: Any, values: Any) -> None:
        real(desk, change, record, values)
        for name in record.parked.values():
            conflict = desk.get(name)
            desk.put(replace(conflict, fields={**conflict.fields, "state": conflicts.CLOSED}))

    patch.setattr(records, "renew_theirs", forgets)


def a_page_ends_one_too_far(patch: Patch) -> None:
    real = MemoryOffice.page

    def too_far(self: Any, *asked: Any) -> Any:
        page = real(self, *asked)
        return replace(page, last=page.last + 1) if page.more else page

    patch.setattr(MemoryOffice, "page", too_far)


def a_seq_is_taken_twice(patch: Patch) -> None:
    real = MemoryOffice.take_seq

    def twice(self: Any) -> int:
        seq = real(self)
        if seq % 50 == 0:
            self._seq -= 1
        return seq

    patch.setattr(MemoryOffice, "take_seq", twice)


def a_seq_is_used_again_after_a_failed_commit(patch: Patch) -> None:
    """What failed is not undone, and its seqs are given out once more."""
    patch.setattr(Journal, "transaction", _keeps_what_failed)


def what_another_device_sent_is_not_wanted(patch: Patch) -> None:
    real = MemoryOffice.wanted

    def ignores(self: Any, device: Any, limit: int) -> Any:
        sent = {blob for blob, _ in self.received}
        return [blob for blob in real(self, device, limit) if blob not in sent]

    patch.setattr(MemoryOffice, "wanted", ignores)


def wanted_blobs_are_never_asked_for(patch: Patch) -> None:
    patch.setattr(MemoryOffice, "wanted", lambda self, device, limit: [])


def a_cursor_is_known_by_the_commit_that_its_page_ended_in(patch: Patch) -> None:
    """What a phone was told in the midst of a pull counts as of each history that shares this page."""
    real = server._advance

    def behind(store: Any, *rest: Any) -> Cursor:
        cursor = real(store, *rest)
        return replace(cursor, tag=store.tag_at(cursor.seq) or b"")

    patch.setattr(server, "_advance", behind)


def a_phone_of_another_history_is_told_its_news_only(patch: Patch) -> None:
    """What its changes came to there, it goes on believing here."""
    patch.setattr(MemoryOffice, "newest_changes", lambda self, device, limit: [])


def what_was_lost_stays_lost(patch: Patch) -> None:
    """A copy of the phone that lost it brings it, and it is answered as before."""
    real = intake.take_in

    def drops(store: Any, run: Any, *rest: Any) -> Any:
        there = store.changes([entry.link.change for entry in run.entries])
        lost = {name for name, change in there.items() if change.outcome == intake.LOST}
        entries = [
            replace(entry, content=None) if entry.link.change in lost else entry for entry in run.entries
        ]
        return real(store, replace(run, entries=entries), *rest)

    patch.setattr(server, "take_in", drops)


def the_tag_of_a_cursor_is_not_looked_at(patch: Patch) -> None:
    """A restored office goes on from a position in another history."""
    patch.setattr(server, "_start", lambda store, cursor: cursor)


def every_cursor_is_of_another_history(patch: Patch) -> None:
    """Every pull begins at zero: right, and without end where pages are small."""
    patch.setattr(server, "_start", lambda store, cursor: Cursor())


def a_stale_step_takes_effect(patch: Patch) -> None:
    for module in ("sync.cases", "sync.visits"):
        patch.setattr(f"{module}.follows_current", lambda follows, head: True)


def a_run_above_a_gap_counts_as_known(patch: Patch) -> None:
    """A gap in a chain is not noticed."""
    real = MemoryStore.add_links

    def known(self: Any, entries: Any) -> None:
        real(self, [replace(entry, known=True) for entry in entries])

    patch.setattr(MemoryStore, "add_links", known)


def one_bad_change_blocks_the_rest(patch: Patch) -> None:
    """What follows a change that was not applied is answered, and not done."""
    real = intake.apply_jobs

    def stops(store: Any, jobs: Any, *rest: Any) -> Any:
        outcomes: dict[Any, Any] = {}
        for number, job in enumerate(jobs):
            outcomes |= real(store, [job], *rest)
            if not isinstance(outcomes[job.change], Applied):
                return outcomes | {other.change: Applied(seq=0) for other in jobs[number + 1 :]}
        return outcomes

    patch.setattr(intake, "apply_jobs", stops)


def a_signature_is_not_kept(patch: Patch) -> None:
    patch.setattr(MemoryStore, "add_signature", lambda self, signed: None)


def rows_of_one_part_are_skipped(patch: Patch) -> None:
    """A row is stored for one of the parts that see it, and not for the others."""
    real = MemoryOffice.put_rows

    def skips(self: Any, rows: Any, removed: Any) -> None:
        real(self, list({row.id: row for row in rows}.values()), removed)

    patch.setattr(MemoryOffice, "put_rows", skips)


def news_are_not_told(patch: Patch) -> None:
    """What was held and is applied later stays held to the phone that sent it."""
    patch.setattr(MemoryOffice, "tell", lambda self, device, changes: None)


def a_destroyed_content_is_taken_in_again(patch: Patch) -> None:
    """A phone that sends again what was destroyed, after a restore, brings it back."""
    real = MemoryOffice.destroy

    def forgets(self: Any, changes: Any, blobs: Any) -> None:
        real(self, changes, blobs)
        for name in changes:
            del self.change_table[name]

    patch.setattr(MemoryOffice, "destroy", forgets)


def a_gap_lets_everything_through(patch: Patch) -> None:
    """Whatever follows nothing is taken for known, gap or not."""
    patch.setattr(intake, "_stands_on", lambda store, first, hole, device: True)


def an_answer_out_of_a_file_is_taken_however_old_it_is(patch: Patch) -> None:
    patch.setattr(handover, "fits", lambda *asked: True)


def plaintext_about_sealed_cases_is_taken(patch: Patch) -> None:
    for module in ("sync.visits", "sync.cases", "sync.apply"):
        patch.setattr(f"{module}.refuse_plain", lambda desk, *names: None)
    patch.setattr(records, "refuse_patch", lambda *asked: None)


def a_sealed_case_is_shown_to_everybody(patch: Patch) -> None:
    real = scope.views

    def shows(record: Any) -> Any:
        shown = real(record)
        return shown | {scope.REFERENCE: {"kode": record.fields.get("kode")}} if is_sealed(record) else shown

    for module in ("sync.scope", "tests.simulation.checks"):
        patch.setattr(f"{module}.views", shows)


def a_phone_moves_sealed_cases(patch: Patch) -> None:
    real = apply.apply_sealed
    patch.setattr(
        apply,
        "apply_sealed",
        lambda desk, change, body, caller, rules: real(
            desk, change, body, replace(caller, office=True), rules
        ),
    )


def a_stale_sealed_step_takes_effect(patch: Patch) -> None:
    patch.setattr("sync.sealed.follows_current", lambda follows, head: True)


def containers_are_not_asked_for(patch: Patch) -> None:
    for module in ("sync.applying", "sync.intake"):
        patch.setattr(
            f"{module}.evidence_of",
            lambda content, *where: [
                ref for ref in visits.evidence_of(content, *where) if ref.form != SEALED_FORM
            ],
        )


def a_sealed_history_tells_answers(patch: Patch) -> None:
    real = sealed.moved
    patch.setattr(sealed, "moved", lambda *step: real(*step[:-1], {"answers": {}}))


def a_sealed_visit_is_written_in_the_open(patch: Patch) -> None:
    """A phone seals nothing: what it calls a container is what she wrote."""
    real = seals.container
    patch.setattr(seals, "container", lambda opening, said: (said.encode(), real(opening, said)[1]))


def a_new_key_of_the_office_signs_for_itself(patch: Patch) -> None:
    """The turn is signed by the key that it names, which nobody knows yet."""
    patch.setattr(ChainKeys, "sign_at", lambda self, reader, place, message: self.sign(message))


def an_ended_key_of_the_office_signs_on(patch: Patch) -> None:
    """The first key goes on to sign whatever it has led to."""

    def oldest(self: Any, reader: Any, place: Any, message: bytes) -> bytes:
        return self._private[0].sign(message)

    patch.setattr(ChainKeys, "sign_at", oldest)


def an_office_makes_no_turn_twice(patch: Patch) -> None:
    """Put back to before a turn, it goes on under the key of then."""
    real, made = ChainKeys.is_behind, set[bytes]()

    def behind(self: Any, reader: Any, tip: Any) -> bool:
        if not real(self, reader, tip) or (key := self.next_key(reader, tip)) in made:
            return False
        made.add(key)
        return True

    patch.setattr(ChainKeys, "is_behind", behind)


def a_phone_follows_no_turn(patch: Patch) -> None:
    """It knows the office by the key of joining for ever."""
    patch.setattr(office_word, "follow", lambda key, *asked: key)


def a_phone_follows_one_turn_at_once(patch: Patch) -> None:
    """Whoever missed two stays behind, and believes nothing that the office's present key signs."""
    real = office_word.follow

    def once(key: bytes, office: Any, turns: Any, is_signed: Any) -> bytes:
        led = (real(key, office, [turn], is_signed) for turn in turns)
        return next((new for new in led if new != key), key)

    patch.setattr(office_word, "follow", once)


def _keeps_what_failed(self: Any) -> Any:
    from contextlib import nullcontext

    return nullcontext()


MUTATIONS: tuple[Callable[[Patch], None], ...] = (
    the_cursor_moves_before_its_page_is_stored,
    known_tips_are_believed_without_looking,
    what_was_received_once_is_never_sent_again,
    an_answer_counts_as_a_receipt,
    a_run_goes_ahead_of_any_answer,
    what_goes_ahead_asks_for_the_same_page,
    the_last_writer_wins,
    fields_that_belong_together_are_parted,
    a_tombstone_is_forgotten,
    a_part_that_is_gone_stays_on_the_phone,
    a_new_part_is_not_caught_up,
    a_held_change_is_forgotten,
    a_change_above_a_gap_is_dropped,
    a_repeated_push_is_applied_again,
    a_parked_value_is_overwritten,
    a_newer_parked_value_is_dropped,
    a_conflict_is_closed_by_a_later_change,
    a_page_ends_one_too_far,
    a_seq_is_taken_twice,
    a_seq_is_used_again_after_a_failed_commit,
    what_another_device_sent_is_not_wanted,
    wanted_blobs_are_never_asked_for,
    a_phone_of_another_history_is_told_its_news_only,
    the_tag_of_a_cursor_is_not_looked_at,
    a_stale_step_takes_effect,
    a_run_above_a_gap_counts_as_known,
    one_bad_change_blocks_the_rest,
    a_signature_is_not_kept,
    rows_of_one_part_are_skipped,
    news_are_not_told,
    a_destroyed_content_is_taken_in_again,
    a_gap_lets_everything_through,
    an_answer_out_of_a_file_is_taken_however_old_it_is,
    plaintext_about_sealed_cases_is_taken,
    a_sealed_case_is_shown_to_everybody,
    a_phone_moves_sealed_cases,
    a_stale_sealed_step_takes_effect,
    containers_are_not_asked_for,
    a_sealed_history_tells_answers,
    a_sealed_visit_is_written_in_the_open,
    a_new_key_of_the_office_signs_for_itself,
    an_ended_key_of_the_office_signs_on,
    an_office_makes_no_turn_twice,
    a_phone_follows_no_turn,
    a_phone_follows_one_turn_at_once,
)
RARE: tuple[Callable[[Patch], None], ...] = (
    what_was_lost_stays_lost,
    a_cursor_is_known_by_the_commit_that_its_page_ended_in,
)
"""What shows only where many things meet: in larger worlds."""
