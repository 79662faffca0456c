"""A conflict in words. Rule: pure; from facts to what a page shows, with no database and no clock."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Literal, cast

from schemas import format as written
from schemas.base import Data, encode
from schemas.ids import RecordId
from server.services.answers import Reading, covered, show
from server.services.visit_page import Words
from server.services.written_value import Ask, ask_of, field_of
from server.shelves import conflict_shelf
from sync.merge import TOGETHER
from sync.store import Record

NUMBERS = frozenset({"nik", "no_kk", "no_kks", "no_rekening", "no_hp"})
Side = Literal["base", "theirs", "mine"]
STALE_STATE = "mundur"
"""A state, decision or choice that came too late: there is no value to choose, only something to know."""


NO_LABELS: Mapping[str, str] = {}
SILENT = frozenset({"decided_by"})
"""Parked with a decision, and said already by who wrote it."""


class Difference(Data, frozen=True, kw_only=True):
    """One field that differs, in words; `ask` says how a third value is typed, None where none can be."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str
    ask: Ask | None


class Choice(Data, frozen=True, kw_only=True):
    """What is chosen at once: one field, or fields that mean something only together.

    `has_base`: the author said what they saw before; where they did not, nothing may be set back to it.
    `writable`: each of its fields can be typed.
    """

    key: str
    fields: tuple[Difference, ...]
    has_base: bool
    writable: bool


class ConflictView(Data, frozen=True, kw_only=True):
    """A conflict as a page shows it. `seen` names the state that was read, office values and all, as hex.

    `asks`: there are values to choose from; else it can only be noted. `masked`: numbers are covered.
    """

    id: RecordId
    title: str
    kind: str
    reason: str
    said: str
    region: str
    choices: tuple[Choice, ...]
    labels: tuple[str, ...]
    seen: str
    asks: bool
    resolvable: bool
    masked: bool


def conflict_view(
    conflict: Record,
    target: Record | None,
    words: Words,
    names: Mapping[str, str],
    spoken: Mapping[str, str],
    *,
    resolvable: bool,
    opened: bool = False,
) -> ConflictView:
    """Word a conflict about `target`. `opened`: numbers of persons are shown in full.

    `names` are those of people and subjects by id, `spoken` the labels of a case's states and steps by code.
    """
    text, fields = words.text, conflict.fields
    known: dict[str, Any] = target.fields if target else {}
    kind = f"kantor.jenis.{fields['kind']}"
    choices = tuple(_choices(conflict, known, words, spoken, opened))
    said = written.date_and_clock(fields["at_ms"])
    return ConflictView(
        id=conflict.id,
        title=_title(known, names) or text("kantor.antrean.tanpa_nama"),
        kind=text(kind if kind in text else "kantor.jenis.lain"),
        reason=text(f"kantor.konflik.{fields['reason']}"),
        said=text("kantor.konflik.ditulis", nama=names.get(fields["petugas"], "–"), waktu=said),
        region=words.region(conflict_shelf(conflict, target).desa),
        choices=choices,
        labels=tuple(each.label for choice in choices for each in choice.fields),
        seen=seen_of(conflict, known),
        asks=fields["reason"] != STALE_STATE,
        resolvable=resolvable,
        masked=not opened and not NUMBERS.isdisjoint(cases_of(conflict)),
    )


def subject_of(target: Record | None) -> str:
    """Return whom a visit or a case is about, by id; empty for what is somebody itself."""
    return str(target.fields.get("subjek") or "") if target else ""


def _title(known: Mapping[str, Any], names: Mapping[str, str]) -> str:
    own = known.get("nama") or known.get("nama_ewarong")
    return str(own or names.get(str(known.get("subjek") or ""), ""))


def cases_of(conflict: Record) -> dict[str, dict[str, Any]]:
    """Return what differs, by field; that a conflict was to be closed is no value of the record."""
    fields: dict[str, dict[str, Any]] = conflict.fields["fields"]
    closes = conflict.fields["kind"] == "konflik"
    return {name: case for name, case in fields.items() if not (closes and name == "state")}


def seen_of(conflict: Record, present: Mapping[str, Any]) -> str:
    """Name what a reader saw: the conflict's head, and the office's values beside it."""
    shown = {name: present.get(name) for name in conflict.fields["fields"]}
    head = conflict.head.hex() if conflict.head else ""
    return head + sha256(encode(shown)).hexdigest()[:16]


def label_of_field(kind: str, name: str, words: Words) -> str:
    """Name a field of a record as its readers do."""
    key = f"kantor.isian.{name}"
    if key in words.text:
        return words.text(key)
    field = field_of(words.forms, kind, name)
    return field.short if field else name


def value_words(
    kind: str, name: str, value: Any, words: Words, spoken: Mapping[str, str] = NO_LABELS, *, opened: bool
) -> str:
    """Write a value of a record's field; numbers of persons covered unless `opened`."""
    text = words.text
    if _is_nothing(value):
        return text("kantor.konflik.kosongkan")
    if name in NUMBERS:
        return str(value) if opened else covered(str(value))
    if name == "kode_desa":
        return words.region(str(value))
    if name == "layanan":
        known = [f"layanan.{each}" for each in _items(value)]
        return ", ".join(text(key) if key in text else key.removeprefix("layanan.") for key in known)
    if name in ("state", "event"):
        key = f"status.{value}"
        return spoken.get(str(value)) or (text(key) if key in text else str(value))
    field = field_of(words.forms, kind, name)
    return _plain(value) if field is None else show(field, value, _reading(words, opened))


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _items(value: Any) -> list[str]:
    return [str(each) for each in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_items(value))
    if isinstance(value, dict):
        return "; ".join(str(each) for each in cast("dict[str, Any]", value).values())
    return str(value)


def _reading(words: Words, opened: bool) -> Reading:
    return Reading(text=words.text, name_of=lambda _: "", region_of=words.region, opened=opened)


def _choices(
    conflict: Record, present: Mapping[str, Any], words: Words, spoken: Mapping[str, str], opened: bool
) -> Iterable[Choice]:
    kind, cases = str(conflict.fields["kind"]), cases_of(conflict)
    if conflict.fields["reason"] == STALE_STATE:
        cases = {name: case for name, case in cases.items() if name not in SILENT and case.get("mine")}
    for group in _groups(kind, cases):
        fields = tuple(
            _difference(kind, name, cases[name], present.get(name), words, spoken, opened) for name in group
        )
        has_base = all(cases[name].get("base") is not None for name in group)
        writable = all(field.ask is not None for field in fields)
        yield Choice(key=group[0], fields=fields, has_base=has_base, writable=writable)


def _difference(
    kind: str,
    name: str,
    case: Mapping[str, Any],
    theirs: Any,
    words: Words,
    spoken: Mapping[str, str],
    opened: bool,
) -> Difference:
    base, mine = case.get("base"), case.get("mine")
    shown = {
        side: value_words(kind, name, value, words, spoken, opened=opened)
        for side, value in (("base", base), ("theirs", theirs), ("mine", mine))
    }
    return Difference(
        name=name,
        label=label_of_field(kind, name, words),
        ask=ask_of(kind, name, field_of(words.forms, kind, name), (base, theirs, mine), words.text),
        **shown,
    )


def _groups(kind: str, cases: Mapping[str, Any]) -> list[list[str]]:
    """Split the fields of a conflict into what is chosen at once, in the order of the conflict."""
    left: list[str] = list(cases)
    groups: list[list[str]] = []
    while left:
        alone: frozenset[str] = frozenset({left[0]})
        together = next((group for group in TOGETHER.get(kind, ()) if left[0] in group), alone)
        groups.append([name for name in left if name in together])
        left = [name for name in left if name not in together]
    return groups
