"""Makes a story from a seed. Rule: it looks at nothing but its own random numbers.

A device-day has at least 5 visits with 4 photos each and 20 syncs, and so many troubles that at least 2 of
them meet a message.
"""

import random
from collections.abc import Iterator

from tests.simulation import story
from tests.simulation.story import AnyEvent, Story, Trouble

VISITS, PHOTOS, SYNCS = 5, 4, 22
TROUBLED = 0.25
"""The share of syncs in which something goes wrong."""
HOT = 8
"""The warga of whom phones and office speak most."""
FIELDS = ("rt", "penyalur", "no_kks", "layanan", "nama", "alamat", "bank", "no_rekening", "pekerjaan")
VALUES = ("a", "b", "c", "d")
FAR = 0.4
"""The share of phones that have no signal until the evening of a day."""
SIZES = ((2_000, 512 * 1024), (6, 5_000), (40, 20_000))
"""Rows in a page and bytes in a message, from what is usual down to what makes everything come in pieces."""
KEYS_FROM = 1_000_000
"""New keys have numbers of their own, so that they shift those of no other event."""
CLOCKS = (0, 1, 4_102_444_800_000, 1_700_000_000_000)
"""1970, years ahead, years behind: UTC ms."""


def make_story(seed: int, devices: int, days: int) -> Story:
    """Return what happens to so many phones in so many days."""
    page_rows, message_bytes = SIZES[seed % len(SIZES)]
    return Story(
        seed=seed,
        devices=devices,
        days=days,
        page_rows=page_rows,
        message_bytes=message_bytes,
        events=tuple(_Maker(seed, devices).all(days)),
    )


class _Maker:
    def __init__(self, seed: int, devices: int) -> None:
        self._rng = random.Random(seed)
        self._keys = random.Random(f"{seed}/keys")  # so the rest of a story is the same with and without
        self._devices = devices
        self._phones = devices
        self._n = 0

    def all(self, days: int) -> Iterator[AnyEvent]:
        for phone in range(self._devices):
            yield story.Sync(n=self._number(), phone=phone)
        for _ in range(days):
            yield from self._day()

    def _day(self) -> list[AnyEvent]:
        rng = self._rng
        events: list[AnyEvent] = []
        for phone in range(self._phones):
            # a clone is a phone of its own but adds no device-day: it does less
            events += self._phone_day(phone) if phone < self._devices else self._clone_day(phone)
        for _ in range(self._devices):
            events += [*self._office_share(), *self._sealed_share()]
        events += self._whole_office()
        far = {phone for phone in range(self._devices) if rng.random() < FAR}
        events = sorted(events, key=lambda event: self._hour(event, far))
        if rng.random() < 0.15:
            # two offices go on from one copy for a part of the day
            at, until = sorted(rng.randrange(len(events)) for _ in range(2))
            events.insert(at, story.Fork(n=self._number(), pick=self._pick()))
            events.insert(until + 1, story.Join(n=self._number(), keep=rng.randrange(2)))
        self._new_keys(events)
        return events

    def _new_keys(self, events: list[AnyEvent]) -> None:
        """Now and then the office gives its chain another key, and sometimes soon one more."""
        rng = self._keys
        if rng.random() < 0.3:
            at = rng.randrange(len(events))
            for _ in range(rng.choice((1, 1, 2))):
                crash = rng.randrange(12) if rng.random() < 0.3 else None
                events.insert(at, story.NewKey(n=KEYS_FROM + rng.randrange(1_000_000), crash=crash))
                at = min(at + rng.randrange(40), len(events))

    def _hour(self, event: AnyEvent, far: set[int]) -> float:
        """When in the day something happens: who is far from any signal all day syncs in the evening."""
        hour = self._rng.random()
        return 0.8 + hour / 5 if isinstance(event, story.Sync) and event.phone in far else hour

    def _phone_day(self, phone: int) -> list[AnyEvent]:
        rng = self._rng
        events: list[AnyEvent] = [
            story.Visit(
                n=self._number(), phone=phone, pick=self._pick(), photos=PHOTOS, again=rng.random() < 0.15
            )
            for _ in range(VISITS + rng.randrange(2))
        ]
        for _ in range(1 + rng.randrange(4)):
            events += self._edits(phone)
        if rng.random() < 0.35:
            events.append(story.SealedCase(n=self._number(), phone=phone))
        if rng.random() < 0.9:
            again = rng.random() < 0.5
            events.append(story.SealedVisit(n=self._number(), phone=phone, pick=self._pick(), again=again))
        if rng.random() < 0.15:
            events.append(self._blurt(phone))
        if rng.random() < 0.15:
            events.append(story.SealedStep(n=self._number(), phone=phone, pick=self._pick()))
        events += [self._sync(phone) for _ in range(SYNCS)]
        events += self._phone_mishaps(phone)
        return events

    def _clone_day(self, phone: int) -> list[AnyEvent]:
        visit = story.Visit(n=self._number(), phone=phone, pick=self._pick(), photos=1)
        return [visit, *self._edits(phone), self._sync(phone), self._sync(phone)]

    def _edits(self, phone: int) -> list[AnyEvent]:
        """One edit, or two of the same field: she changes her mind."""
        pick, (field, value) = self._warga(), self._field_value()
        values = [value, self._field_value()[1]] if self._rng.random() < 0.4 else [value]
        return [
            story.Edit(n=self._number(), phone=phone, pick=pick, field=field, value=one) for one in values
        ]

    def _sync(self, phone: int) -> AnyEvent:
        rng = self._rng
        troubles: list[Trouble] = []
        if rng.random() < TROUBLED:
            step = 0 if rng.random() < 0.6 else rng.randrange(12)
            kind = rng.choice(story.TROUBLES)
            troubles.append(Trouble(step=step, kind=kind, at=rng.randrange(1, 5000)))
        return story.Sync(n=self._number(), phone=phone, office=rng.randrange(2), troubles=tuple(troubles))

    def _phone_mishaps(self, phone: int) -> Iterator[AnyEvent]:
        rng = self._rng
        if rng.random() < 0.2:
            yield story.Clock(n=self._number(), phone=phone, wall_ms=rng.choice(CLOCKS))
        if rng.random() < 0.5:
            yield story.Copy(n=self._number(), phone=phone)
        if rng.random() < 0.12:
            yield story.PutBack(n=self._number(), phone=phone)
        if rng.random() < 0.08 and self._phones < 2 * self._devices:
            yield story.Clone(n=self._number(), phone=phone, into=self._phones)
            self._phones += 1
        if rng.random() < 0.05:
            many, links = rng.randrange(1, 5), rng.random() < 0.5
            yield story.Lose(n=self._number(), phone=phone, pick=self._pick(), many=many, links=links)
        if rng.random() < 0.4:
            yield from self._handing_over(phone)
        if rng.random() < 0.3:
            yield story.Forget(n=self._number(), phone=phone)
        if rng.random() < 0.005:
            yield story.Revoke(n=self._number(), phone=phone)

    def _handing_over(self, phone: int) -> Iterator[AnyEvent]:
        """Files that go to and fro in whatever order, also more than once."""
        for _ in range(4):
            pick, office = self._pick(), self._rng.randrange(2)
            yield story.WriteFile(n=self._number(), phone=phone)
            yield story.TakeFile(n=self._number(), phone=phone, pick=pick, office=office)
            yield story.AnswerFile(n=self._number(), phone=phone, pick=pick, office=office)
            yield story.ReadAnswer(n=self._number(), phone=phone, pick=self._pick())

    def _office_share(self) -> list[AnyEvent]:
        """What the office does in a day for each of its phones."""
        rng, number, pick = self._rng, self._number, self._pick
        events: list[AnyEvent] = [
            story.Assign(n=number(), phone=rng.randrange(self._devices), pick=pick()),
            *(
                story.Decide(
                    n=number(),
                    pick=pick(),
                    decision=rng.choice(["setujui", "kembalikan", "tolak", "tahan"]),
                    stale=rng.random() < 0.1,
                )
                for _ in range(3)
            ),
            self._resolve(),
        ]
        for _ in range(1 + rng.randrange(2)):
            field, value = self._field_value()
            events.append(story.Amend(n=number(), pick=self._warga(), field=field, value=value))
        if rng.random() < 0.3:
            events.append(story.Move(n=number(), pick=pick(), desa=pick()))
        if rng.random() < 0.1:
            into = pick() if rng.random() < 0.5 else None
            events.append(story.Remove(n=number(), pick=pick(), into=into, back=rng.random() < 0.3))
        if rng.random() < 0.4:
            state = rng.choice(["", "selesai", "baru", "dikembalikan"])
            phone = rng.randrange(self._devices) if rng.random() < 0.4 else None
            events.append(story.Task(n=number(), pick=pick(), state=state, phone=phone))
        if rng.random() < 0.3:
            events.append(story.Case(n=number(), pick=pick()))
        if rng.random() < 0.5:
            phone = rng.randrange(self._devices) if rng.random() < 0.5 else None
            events.append(story.Step(n=number(), pick=pick(), phone=phone, stale=rng.random() < 0.15))
        if rng.random() < 0.1:
            desa = tuple(pick() for _ in range(rng.randrange(1, 4)))
            events.append(story.Area(n=number(), phone=rng.randrange(self._devices), desa=desa))
        if rng.random() < 0.06:
            active = rng.random() < 0.6
            events.append(story.Duty(n=number(), phone=rng.randrange(self._devices), active=active))
        return events

    def _sealed_share(self) -> Iterator[AnyEvent]:
        """What the office does in a day about sealed cases, for each of its phones."""
        rng, number, pick = self._rng, self._number, self._pick
        if rng.random() < 0.1:
            yield story.SealedCase(n=number())
        if rng.random() < 0.5:
            decision = rng.choice(["setujui", "kembalikan", "tolak", "tahan"])
            yield story.SealedDecision(n=number(), pick=pick(), decision=decision, stale=rng.random() < 0.15)
        if rng.random() < 0.4:
            yield story.SealedStep(n=number(), pick=pick(), stale=rng.random() < 0.2)
        if rng.random() < 0.3:
            yield story.SealedNote(n=number(), pick=pick(), stale=rng.random() < 0.2)
        if rng.random() < 0.3:
            phone, over = rng.randrange(self._devices), rng.random() < 0.4
            yield story.SealedTask(n=number(), pick=pick(), phone=phone, over=over)
        if rng.random() < 0.2:
            yield self._blurt(None)

    def _blurt(self, phone: int | None) -> AnyEvent:
        return story.Blurt(n=self._number(), pick=self._pick(), way=self._pick(), phone=phone)

    def _resolve(self) -> AnyEvent:
        choice = self._rng.choice(["mine", "theirs", "third"])
        stale = self._rng.random() < 0.1
        return story.Resolve(n=self._number(), pick=self._pick(), choice=choice, stale=stale)

    def _whole_office(self) -> list[AnyEvent]:
        rng = self._rng
        events: list[AnyEvent] = [story.Backup(n=self._number()) for _ in range(1 + rng.randrange(2))]
        events += [story.Safe(n=self._number()) for _ in range(2)]
        if rng.random() < 0.3:
            events.append(story.Destroy(n=self._number(), pick=self._pick()))
        if rng.random() < 0.4:
            events.append(story.Restore(n=self._number(), pick=self._pick()))
        if rng.random() < 0.5:
            events.append(story.Publish(n=self._number(), pick=self._pick(), value=str(self._pick())))
        return events

    def _field_value(self) -> tuple[str, str]:
        fields = FIELDS[:4] if self._rng.random() < 0.5 else FIELDS
        return self._rng.choice(fields), self._rng.choice(VALUES)

    def _warga(self) -> int:
        """Of whom many speak: mostly of the same few, so that they come into each other's way."""
        return self._rng.randrange(HOT) if self._rng.random() < 0.7 else self._pick()

    def _pick(self) -> int:
        return self._rng.randrange(1_000_000)

    def _number(self) -> int:
        self._n += 1
        return self._n
