"""What must hold of sealed cases once a regency is at rest. Rule: looked at from outside, byte for byte."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import ChangeId, RecordId
from schemas.sealed import SEALED_FORM
from schemas.wire import Applied
from sync.change import Content, Patch, SealedSubmit
from sync.sealed_case import Expected, NotReadableError, name_of
from sync.store import Record
from tests.simulation import seals
from tests.simulation.faults import Violation
from tests.simulation.office import Office
from tests.simulation.phone import Phone
from tests.simulation.seals import MARK, REGENCY, SAID
from tests.simulation.state import OfficeState

if TYPE_CHECKING:
    from tests.simulation.world import World

_SAID = re.compile(rf"{SAID}(\d+)".encode())


def check_sealed(
    world: "World", office: Office, state: OfficeState, contents: dict[ChangeId, Content]
) -> None:
    """Check all that concerns sealed cases. Raises Violation."""
    _nothing_sealed_is_readable(world, state)
    _plaintext_came_to_nothing(world, state, contents)
    _sealed_things_show_themselves_to_their_petugas_only(world, office, state)
    _only_the_office_moved_sealed_cases(office, state)
    _every_container_is_there_once_and_opens(world, office, state, contents)
    _notes_open_for_whom_they_are_meant(world, state)


def _holds(name: str, is_so: bool, about: object = "") -> None:
    if not is_so:
        raise Violation(name, about)


def _sealed(state: OfficeState) -> Iterator[Record]:
    for record in state.records.values():
        by = record.fields.get("form") == SEALED_FORM or record.fields.get("service") == "ktkpm"
        if by and record.kind in ("kasus", "tugas", "kunjungan") and not record.fields.get("dihapus"):
            yield record


def _nothing_sealed_is_readable(world: "World", state: OfficeState) -> None:
    """No answer, reason, purpose or letter of a sealed case stands anywhere but in its seal."""
    mark = MARK.encode()
    for place, data in _everywhere(world, state):
        _holds("what is sealed can be read", mark not in data, place)


def _everywhere(world: "World", state: OfficeState) -> Iterator[tuple[str, bytes]]:
    yield "contents", b"".join(state.contents.values())
    yield from _shown(world, state)
    for office in world.offices:
        yield "files", b"".join(office.files.values())
    for phone in world.phones.values():
        yield "a phone's own chain", b"".join(entry.content or b"" for entry in phone.entries())
        yield "a phone's photos", b"".join(photo.data for photo in phone.photos.values())
    for files in world.handed.values():
        yield "hand-over files", b"".join(message for file in files for message in file.messages)


def _shown(world: "World", state: OfficeState) -> Iterator[tuple[str, bytes]]:
    """Give what is held and shown of the present state, and what is answered."""
    yield "records", encode([record.fields for record in state.records.values()])
    yield "rows", b"".join(row.body for row in state.rows.values())
    yield "outcomes", encode([change.outcome for change in state.changes.values()])
    for phone in world.phones.values():
        yield "a phone's rows", b"".join(row.body for row in phone.rows().values())
    for replies in world.replies.values():
        yield "answers in files", b"".join(message for reply in replies for message in reply.messages)


def _plaintext_came_to_nothing(world: "World", state: OfficeState, contents: dict[ChangeId, Content]) -> None:
    """What was said in the open of a sealed case took no effect, was not parked, and reached no phone.

    Unless the office did not know of the case then, as one that was restored: nothing says it is sealed.
    """
    known_from = _known_from(state, contents)
    unknown = set[bytes]()
    for name, raw in state.contents.items():
        said = _SAID.search(raw)
        if said is None:
            continue
        change = state.changes[name]
        if change.seq < known_from.get(world.blurted[int(said[1])], change.seq + 1):
            unknown.add(said[0])
        else:
            _holds("plaintext about a sealed case was not refused", not isinstance(change.outcome, Applied))
    for place, data in _shown(world, state):
        told = {found[0] for found in _SAID.finditer(data)}
        _holds("plaintext about a sealed case took effect", told <= unknown, place)


def _known_from(state: OfficeState, contents: dict[ChangeId, Content]) -> dict[RecordId, int]:
    """Return the seq at which each sealed thing came into this history."""
    found: dict[RecordId, int] = {}
    for name, content in contents.items():
        match content.body:
            case SealedSubmit(visit=record) | Patch(record=record):
                if isinstance(state.changes[name].outcome, Applied):
                    found[record] = min(found.get(record, state.last_seq), state.changes[name].seq)
            case _:
                pass
    return found


def _sealed_things_show_themselves_to_their_petugas_only(
    world: "World", office: Office, state: OfficeState
) -> None:
    rows: dict[str, set[str]] = {}
    for part, name in state.rows:
        rows.setdefault(name, set()).add(part)
    for record in _sealed(state):
        person = record.fields.get("petugas")
        expected = {f"mine/{person}"} if person else set[str]()
        _holds("a sealed thing is shown to others", rows.get(record.id, set()) == expected, record.kind)
        for phone in world.phones.values():
            may = phone.person == person and bool(office.parts_of(office.store, phone.device))
            _holds("a phone holds a sealed thing of others", (phone.sees(record.id) is not None) == may)


def _only_the_office_moved_sealed_cases(office: Office, state: OfficeState) -> None:
    for record in _sealed(state):
        changes = [entry["change"] for entry in record.fields.get("history", [])]
        changes += list(record.fields.get("notes_from", {}).values())
        for change in changes:
            device = state.changes[ChangeId(bytes.fromhex(change))].device
            _holds("a phone moved a sealed case", device == office.device)
        for entry in record.fields.get("history", []):
            _holds("a sealed case's history tells answers", "answers" not in entry)


def _every_container_is_there_once_and_opens(
    world: "World", office: Office, state: OfficeState, contents: dict[ChangeId, Content]
) -> None:
    """Each accepted visit has its own container; the unit opens it, and nobody else does."""
    seen = set[str]()
    for name, content in contents.items():
        body, change = content.body, state.changes.get(name)
        if not isinstance(body, SealedSubmit) or change is None or not isinstance(change.outcome, Applied):
            continue
        _holds("two visits share a container", body.blob not in seen)
        seen.add(body.blob)
        versions = state.records[body.visit].fields.get("versions", [])
        if not versions:
            continue  # destroyed
        _holds("a container is not named once", [each["blob"] for each in versions].count(body.blob) == 1)
        data = office.files.get(body.blob)
        if data is None:
            continue  # that it comes as long as a phone has it, checks.py holds
        submit = replace(body, size_bytes=len(data))  # a world's containers have smaller steps than they say
        try:
            found = seals.open_container(data, Expected(REGENCY, content.author, change.device, submit))
        except NotReadableError as error:
            raise Violation("a container does not open for the unit") from error
        said = str(found.answers.answers["ktk"]["kronologi"])
        _holds("a container holds something else", said.startswith(MARK))


def _notes_open_for_whom_they_are_meant(world: "World", state: OfficeState) -> None:
    """The author's phone reads the reasons that its device is named in, and no other note."""
    for phone in world.phones.values():
        for row in phone.rows().values():
            if row.kind not in ("kunjungan", "tugas", "kasus"):
                continue
            fields = decode(row.body, dict)
            for name, notes in (fields.get("notes") or {}).items():
                _read(phone, fields, row.id, name, notes)


def _read(phone: Phone, fields: dict, subject: str, name: str, notes: list) -> None:
    own = seals.reader(phone.device)
    role = name.partition(".")[0]
    numbers = [version["number"] for version in fields["versions"]] if role == "alasan" else [0]
    for key, data in notes:
        told: list[str] = []
        for number in numbers:
            with suppress(NotReadableError):
                told.append(seals.read_note(key, data, role, subject, number, own))  # type: ignore[arg-type]
        _holds("a phone reads just what is sealed to it", bool(told) == (key == name_of(own)))
        _holds("a note says something else", all(said.startswith(MARK) for said in told))
