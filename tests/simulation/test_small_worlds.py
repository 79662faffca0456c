"""Worlds of two phones in which Hypothesis chooses what happens, and makes what breaks as small as it can.

The stories of scenario.py are days as they may be; here anything may follow anything.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulation import story
from tests.simulation.checks import check
from tests.simulation.scenario import FIELDS, SIZES, VALUES
from tests.simulation.story import AnyEvent, Story, Trouble
from tests.simulation.world import World, sizes

phones = st.sampled_from([0, 1, 2, 3])
"""Two phones, and the two clones that may come of them."""
picks = st.integers(0, 7)
fields = st.sampled_from(FIELDS)
values = st.sampled_from(VALUES[:3])
maybe = st.booleans()
troubles = st.lists(
    st.builds(Trouble, step=st.integers(0, 6), kind=st.sampled_from(story.TROUBLES), at=st.integers(0, 200)),
    max_size=2,
).map(tuple)

DECISIONS = ["setujui", "kembalikan", "tolak", "tahan", "biarkan"]


class SmallWorld(RuleBasedStateMachine):
    @initialize(size=st.sampled_from(SIZES))
    def start(self, size: tuple[int, int]) -> None:
        page_rows, message_bytes = self.size = size
        self.n = 0
        self.world = World(
            Story(seed=0, devices=2, days=0, page_rows=page_rows, message_bytes=message_bytes, events=())
        )

    def happens(self, kind: type[AnyEvent], **about: object) -> None:
        self.n += 1
        with sizes(*self.size):
            self.world.do(kind(n=self.n, **about))  # type: ignore[arg-type]

    @rule(phone=phones, pick=picks, again=maybe)
    def visit(self, phone: int, pick: int, again: bool) -> None:
        self.happens(story.Visit, phone=phone, pick=pick, photos=1, again=again)

    @rule(phone=phones, pick=picks, field=fields, value=values)
    def edit(self, phone: int, pick: int, field: str, value: str) -> None:
        self.happens(story.Edit, phone=phone, pick=pick, field=field, value=value)

    @rule(phone=phones, office=st.integers(0, 1), troubles=troubles)
    def sync(self, phone: int, office: int, troubles: tuple[Trouble, ...]) -> None:
        self.happens(story.Sync, phone=phone, office=office, troubles=troubles)

    @rule(phone=phones)
    def copy(self, phone: int) -> None:
        self.happens(story.Copy, phone=phone)

    @rule(phone=phones)
    def put_back(self, phone: int) -> None:
        self.happens(story.PutBack, phone=phone)

    @rule(phone=phones, into=st.integers(2, 3))
    def clone(self, phone: int, into: int) -> None:
        self.happens(story.Clone, phone=phone, into=into)

    @rule(phone=phones, pick=picks, many=st.integers(1, 3), links=maybe)
    def lose(self, phone: int, pick: int, many: int, links: bool) -> None:
        self.happens(story.Lose, phone=phone, pick=pick, many=many, links=links)

    @rule(phone=phones)
    def forget(self, phone: int) -> None:
        self.happens(story.Safe)
        self.happens(story.Forget, phone=phone)

    @rule(phone=phones)
    def write_file(self, phone: int) -> None:
        self.happens(story.WriteFile, phone=phone)

    @rule(phone=phones, pick=picks, office=st.integers(0, 1))
    def take_file(self, phone: int, pick: int, office: int) -> None:
        self.happens(story.TakeFile, phone=phone, pick=pick, office=office)

    @rule(phone=phones, pick=picks, office=st.integers(0, 1))
    def answer_file(self, phone: int, pick: int, office: int) -> None:
        self.happens(story.AnswerFile, phone=phone, pick=pick, office=office)

    @rule(phone=phones, pick=picks)
    def read_answer(self, phone: int, pick: int) -> None:
        self.happens(story.ReadAnswer, phone=phone, pick=pick)

    @rule(pick=picks, field=fields, value=values)
    def amend(self, pick: int, field: str, value: str) -> None:
        self.happens(story.Amend, pick=pick, field=field, value=value)

    @rule(pick=picks, into=st.none() | picks, back=maybe)
    def remove(self, pick: int, into: int | None, back: bool) -> None:
        self.happens(story.Remove, pick=pick, into=into, back=back)

    @rule(pick=picks, desa=st.integers(0, 1))
    def move(self, pick: int, desa: int) -> None:
        self.happens(story.Move, pick=pick, desa=desa)

    @rule(phone=phones, pick=picks)
    def assign(self, phone: int, pick: int) -> None:
        self.happens(story.Assign, phone=phone, pick=pick)

    @rule(pick=picks, decision=st.sampled_from(DECISIONS), stale=maybe)
    def decide(self, pick: int, decision: str, stale: bool) -> None:
        self.happens(story.Decide, pick=pick, decision=decision, stale=stale)

    @rule(pick=picks, choice=st.sampled_from(["mine", "theirs", "third"]), stale=maybe)
    def resolve(self, pick: int, choice: str, stale: bool) -> None:
        self.happens(story.Resolve, pick=pick, choice=choice, stale=stale)

    @rule(pick=picks, phone=st.none() | phones, is_new=maybe, stale=maybe)
    def case(self, pick: int, phone: int | None, is_new: bool, stale: bool) -> None:
        if is_new:
            self.happens(story.Case, pick=pick)
        self.happens(story.Step, pick=pick, phone=phone, stale=stale)

    @rule(pick=picks, phone=phones, is_new=maybe, again=maybe)
    def sealed_visit(self, pick: int, phone: int, is_new: bool, again: bool) -> None:
        if is_new:
            self.happens(story.SealedCase, phone=phone)
        self.happens(story.SealedVisit, phone=phone, pick=pick, again=again)

    @rule(pick=picks, phone=st.none() | phones, stale=maybe)
    def sealed_step(self, pick: int, phone: int | None, stale: bool) -> None:
        self.happens(story.SealedStep, pick=pick, phone=phone, stale=stale)

    @rule(pick=picks, decision=st.sampled_from(["setujui", "kembalikan"]), stale=maybe)
    def sealed_decision(self, pick: int, decision: str, stale: bool) -> None:
        self.happens(story.SealedDecision, pick=pick, decision=decision, stale=stale)

    @rule(pick=picks, phone=phones, over=maybe, stale=maybe)
    def sealed_task(self, pick: int, phone: int, over: bool, stale: bool) -> None:
        self.happens(story.SealedTask, pick=pick, phone=phone, over=over)
        self.happens(story.SealedNote, pick=pick, stale=stale)

    @rule(pick=picks, way=picks, phone=st.none() | phones)
    def blurt(self, pick: int, way: int, phone: int | None) -> None:
        self.happens(story.Blurt, pick=pick, way=way, phone=phone)

    @rule(phone=phones, desa=st.lists(st.integers(0, 1), max_size=2).map(tuple), active=maybe)
    def people(self, phone: int, desa: tuple[int, ...], active: bool) -> None:
        self.happens(story.Area, phone=phone, desa=desa)
        self.happens(story.Duty, phone=phone, active=active)

    @rule(pick=picks)
    def destroy(self, pick: int) -> None:
        self.happens(story.Destroy, pick=pick)

    @rule()
    def backup(self) -> None:
        self.happens(story.Backup)

    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        self.happens(story.Restore, pick=pick)

    @rule(crash=st.none() | st.integers(0, 11))
    def new_key(self, crash: int | None) -> None:
        self.happens(story.NewKey, crash=crash)

    @rule(pick=picks, keep=st.none() | st.integers(0, 1))
    def fork_or_join(self, pick: int, keep: int | None) -> None:
        if keep is None:
            self.happens(story.Fork, pick=pick)
        else:
            self.happens(story.Join, keep=keep)

    @invariant()
    def nothing_that_waits_is_closed(self) -> None:
        for office in self.world.offices if hasattr(self, "world") else ():
            records = office.store.record_table  # type: ignore[attr-defined]
            for record in records.values():
                for conflict in record.parked.values():
                    assert records[conflict].fields["state"] == "menunggu"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            with sizes(*self.size):
                self.world.settle()
            check(self.world)


SmallWorld.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
test_a_small_world_comes_to_rest_with_nothing_lost = SmallWorld.TestCase
