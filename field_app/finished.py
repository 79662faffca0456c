"""Finalised visits as she sees them: where they stand, what is lost, what waits for the office's choice.

Rule: nothing open is ever left out, and of the office's values only what came with the pulled rows is shown.
"""

from collections.abc import Mapping
from typing import Any, cast

from field_app.bench import Bench
from field_app.blobs import FORGOTTEN
from field_app.drafts import Draft, Drafts
from field_app.items import keys_of, status_of, title_of
from field_app.records import Fields, text_of
from field_app.sealed_notes import has_reasons
from field_app.standing import DECIDED
from field_app.views import ConflictView, FieldConflict, Lost, VisitPhoto, VisitView
from schemas.ids import BlobId, RecordId
from schemas.sealed import SEALED_FORM
from sync.conflicts import OPEN


def visit_view(bench: Bench, visit: RecordId) -> VisitView:
    """Return the newest finalised version of a visit. Raises LookupError for one that is not here."""
    newest = bench.history.newest_of(visit)
    if newest is None:
        raise LookupError("no such visit")
    standing = bench.standings.of(newest)
    raised = bench.records.conflicts_of(bench.drafts.changes_of(visit))
    raised |= {each.id: each.fields for name in standing.conflicts if (each := bench.records.get(name))}
    seen = _conflicts(bench, raised)
    found = [each for each in seen if each.id in standing.conflicts]
    found += [each for each in seen if each.id not in standing.conflicts and each.visit == visit]
    waits_for = bench.history.by_key(standing.waits) if standing.waits else None
    return VisitView(
        visit=visit,
        version=newest.id,
        status=standing.status,
        problem=standing.problem,
        note=standing.note,
        reasons=standing.reasons,
        number=newest.number,
        finalised_ms=newest.finalised_ms or 0,
        versions=bench.drafts.forms(newest.id),
        photos=tuple(_photos(bench, newest)),
        conflicts=tuple(found),
        waits_for=title_of(waits_for) if waits_for else "",
        held_up=_held_up(bench, newest),
        again=standing.again,
        record_again=(
            standing.status == "hilang" and newest.form != SEALED_FORM and not _recorded_again(bench, newest)
        ),
        sealed=newest.form == SEALED_FORM,
        told=standing.status in DECIDED and has_reasons(bench, visit),
    )


def conflicts(bench: Bench) -> list[ConflictView]:
    """Return conflicts that she raised, open ones first, then by time."""
    return _conflicts(bench, bench.records.of_kind("konflik"))


def _conflicts(bench: Bench, names: Mapping[RecordId, Fields]) -> list[ConflictView]:
    views = [
        _conflict(bench, name, fields, _came_with(bench, text_of(fields, "change")))
        for name, fields in names.items()
        if fields.get("petugas") == bench.owner.person
    ]
    return sorted(views, key=lambda view: (not view.open, -view.received_ms, view.id))


def losses(drafts: Drafts) -> tuple[Lost, ...]:
    """Return the visits that were declared lost, the newest first."""
    found = drafts.lost()
    return tuple(
        Lost(
            visit=version.visit,
            number=version.number,
            nama=version.seen.nama,
            finalised_ms=version.finalised_ms or 0,
            why=why,
            again=again is None and version.form != SEALED_FORM,
        )
        for version, why, again in found
    )


def _conflict(bench: Bench, name: RecordId, fields: Fields, visit: RecordId | None) -> ConflictView:
    cases: dict[str, dict[str, Any]] = fields.get("fields") or {}
    is_open = fields.get("state") == OPEN
    values: dict[str, Any] = fields.get("values") or {}
    settles = fields.get("reason") != "mundur"
    return ConflictView(
        id=name,
        kind=text_of(fields, "kind"),
        nama=bench.name_of(RecordId(text_of(fields, "record"))) or _seen_name(bench, visit),
        reason=text_of(fields, "reason"),
        open=is_open,
        shown=bool(fields.get("shown")),
        fields=tuple(
            _field(field, case, values, is_decided=settles and not is_open) for field, case in cases.items()
        ),
        written_ms=_number(fields, "wall_ms"),
        received_ms=_number(fields, "at_ms"),
        resolved_ms=_number(fields, "resolved_ms"),
        resolved_by=bench.name_of(RecordId(text_of(fields, "resolved_by"))),
        visit=visit,
    )


def _came_with(bench: Bench, change: str) -> RecordId | None:
    """Return the visit on this phone that a change is of, None for another's."""
    version = bench.history.by_key(change) if change else None
    return version.visit if version else None


def _field(name: str, case: dict[str, Any], values: dict[str, Any], *, is_decided: bool) -> FieldConflict:
    mine, theirs = case.get("mine"), case.get("theirs")
    if not is_decided:
        return FieldConflict(name=name, base=case.get("base"), mine=mine, theirs=theirs)
    # a field that the office did not choose keeps what it held
    now = values.get(name, theirs)
    chosen = "mine" if now == mine else "theirs" if name not in values or now == theirs else "other"
    return FieldConflict(name=name, base=case.get("base"), mine=mine, theirs=theirs, now=now, chosen=chosen)


def _photos(bench: Bench, version: Draft) -> list[VisitPhoto]:
    named = bench.drafts.blobs_of(version.id)
    stored = bench.blobs.of(named)
    seen: set[BlobId] = set()
    photos: list[VisitPhoto] = []
    for shot in bench.drafts.photos(version.id):
        blob = stored.get(shot.blob)
        if blob is None or shot.blob not in named or shot.blob in seen:
            continue
        seen.add(shot.blob)
        photos.append(
            VisitPhoto(
                blob=shot.blob,
                form=shot.form,
                field=shot.field,
                thumbnail=bench.blobs.thumbnail(shot.blob),
                status=status_of(blob),
                kept=blob.gone == FORGOTTEN,
            )
        )
    return photos


def _held_up(bench: Bench, version: Draft) -> tuple[str, ...]:
    """Return the visits that wait for this one."""
    waiting = bench.history.waiting_for(keys_of(version))
    return tuple(title_of(one) for one in waiting if one.id != version.id)


def _recorded_again(bench: Bench, version: Draft) -> bool:
    return any(one.id == version.id and again is not None for one, _, again in bench.drafts.lost())


def _seen_name(bench: Bench, visit: RecordId | None) -> str:
    versions = bench.drafts.versions(visit) if visit else []
    return versions[0].seen.nama if versions else ""


def _number(fields: Fields, name: str) -> int:
    value = cast("object", fields.get(name))
    return value if isinstance(value, int) else 0
