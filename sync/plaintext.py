"""What is refused because it speaks of a sealed case in plaintext. Rule: by whomever it comes.

It is refused as `harus_tersegel`, from phones and in the office's own chain alike: nothing of it takes
effect, is parked, or is told to a phone.
"""

from schemas.ids import RecordId
from schemas.sealed import SEALED_SERVICES
from schemas.wire import Rejected
from sync.change import Patch
from sync.desk import Desk
from sync.neutral import FIXED, IN_CONFLICT, OUTSIDE, SEEN, is_id, is_sealed, unfit_field
from sync.rules import Rules
from sync.scope import SUBJECT_KINDS
from sync.store import Fields, Record

MUST_BE_SEALED = "harus_tersegel"
NAMES = frozenset({"kasus", "sasaran"})
"""Fields that name a case, or what a task is about."""
MOST_STEPS = 10
"""A conflict about a conflict about a conflict … is followed so far."""


def sealed_about(desk: Desk, name: object) -> Record | None:
    """Return the sealed thing of this id, or that the conflict of this id is about; None if there is none."""
    record = desk.get(RecordId(name)) if isinstance(name, str) and name else None
    for _ in range(MOST_STEPS):
        if record is None or record.kind != "konflik":
            break
        record = desk.get(RecordId(record.fields["record"]))
    return record if is_sealed(record) else None


def refuse_plain(desk: Desk, *names: object) -> Rejected | None:
    """Refuse what speaks in plaintext of the things of these ids, if one of them is sealed."""
    is_about_sealed = any(sealed_about(desk, name) is not None for name in names)
    return Rejected(problem=MUST_BE_SEALED) if is_about_sealed else None


def refuse_values(record: Record, values: Fields) -> Rejected | None:
    """Refuse values for a conflict about a sealed thing that are not neutral."""
    return _refused(unfit_field(record.kind, values, IN_CONFLICT))


def refuse_patch(desk: Desk, body: Patch, record: Record | None, rules: Rules) -> Rejected | None:
    """Refuse a patch that says more of a sealed thing than may stand outside; `record` as it stands now.

    What was written in the open does not become sealed by a patch, nor the other way about.
    """
    if (
        body.kind in SUBJECT_KINDS
        and (record is None or record.kind == body.kind)
        and NAMES.isdisjoint(body.new)
    ):
        return None  # most patches, by far
    makes_sealed = record is None and is_made_sealed(desk, body)
    if makes_sealed and not _leads_elsewhere(body, rules):
        return _refuse_fields(body)
    if record is not None and is_sealed(record) and record.kind == body.kind:
        other = [name for name in FIXED if name in body.new and body.new[name] != record.fields.get(name)]
        return _refuse_fields(body) or _refused(other[0] if other else None)
    if makes_sealed or is_sealed(record) or _speaks_of_sealed(desk, body, rules):
        return Rejected(problem=MUST_BE_SEALED)
    return None


def is_made_sealed(desk: Desk, body: Patch) -> bool:
    """Say whether a patch that makes a kasus or tugas makes a sealed one."""
    if body.kind == "kasus":
        return _text(body.new, "service") in SEALED_SERVICES
    return body.kind == "tugas" and sealed_about(desk, body.new.get("kasus")) is not None


def _speaks_of_sealed(desk: Desk, body: Patch, rules: Rules) -> bool:
    new = body.new
    if body.kind == "kasus":
        workflow = _text(new, "workflow")
        return bool(SEALED_SERVICES & {_text(new, "service"), rules.service_of(workflow) or ""})
    names_sealed = any(sealed_about(desk, new.get(name)) is not None for name in NAMES)
    return names_sealed or (body.kind == "tugas" and rules.is_sealed_form(_text(new, "form")))


def _leads_elsewhere(body: Patch, rules: Rules) -> bool:
    """Say whether a new kasus has a workflow of another service than its own; an unknown one is no answer."""
    service = rules.service_of(_text(body.new, "workflow")) if body.kind == "kasus" else None
    return service is not None and service != body.new.get("service")


def _refuse_fields(body: Patch) -> Rejected | None:
    if not is_id(body.record):
        return _refused(body.kind)
    shapes = OUTSIDE.get(body.kind, {})
    wrong = unfit_field(body.kind, body.new, shapes) or unfit_field(body.kind, body.base, {**shapes, **SEEN})
    return _refused(wrong)


def _refused(field: str | None) -> Rejected | None:
    return Rejected(problem=MUST_BE_SEALED, field=field) if field else None


def _text(values: Fields, name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
