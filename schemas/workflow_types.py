"""The parts of a workflow, as its TOML file holds them: states, events and what each event asks for.

One rule: these are plain values; how a kasus moves is in schemas/workflow.py.
"""

from typing import Literal

import msgspec

Role = Literal["pendamping", "verifikator", "petugas", "kabid", "pengawas", "pdp", "admin"]
NeedType = Literal["nomor", "tanggal", "berkas", "teks", "pilihan", "uang"]


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A state of a kasus; at most one of days and months says how long it may stay there."""

    label: str
    source: tuple[str, ...]
    days_allowed: int | None = None
    working_days: bool = False
    months_allowed: int | None = None
    final: bool = False


class Need(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event asks for. `options` (code to label) belong to a pilihan alone."""

    name: str
    label: str
    type: NeedType
    required: bool = True
    options: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step from any of some states to one. `when` holds answers that it demands, so that no event can
    contradict them; `two_people` forbids it to whoever took the step before; `days_allowed` takes the place
    of the figure of the state that it leads to.
    """

    code: str
    label: str
    from_: tuple[str, ...] = msgspec.field(name="from")
    to: str
    who: tuple[Role, ...]
    source: tuple[str, ...]
    needs: tuple[Need, ...] = ()
    when: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    two_people: bool = False
    days_allowed: int | None = None


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """A service's steps. `privacy` is that of every kasus in it."""

    id: str
    version: int
    title: str
    service: str
    privacy: Literal["biasa", "spesifik", "rahasia"]
    start: str
    states: dict[str, State]
    events: tuple[Event, ...]

    def event(self, code: str) -> Event | None:
        """Give the event of a code, or None."""
        return next((event for event in self.events if event.code == code), None)
