"""Lists: the first screen, search, one task. Rule: each thing stands in one group, the most pressing
first.
"""

import re
from collections.abc import Mapping
from datetime import date

from field_app.begin import may_start
from field_app.bench import Bench
from field_app.drafts import Draft
from field_app.records import Fields, Pulled, text_of
from field_app.sealed_begin import made_elsewhere
from field_app.sealed_draft import Cover
from field_app.search import KNOWN_DIGITS, Found, known_desa, search_subjects
from field_app.sent import MOST_SENT, finished, hinted, name_of, with_draft
from field_app.views import Card, Hit, Home, MonthWork, Reference, SyncStatus, TaskView
from field_app.wanted import (
    CALLED_OFF,
    CAME_BACK,
    NEW,
    NOT_ASKED,
    RETURNED,
    About,
    about,
    hint_of_begun,
    is_left,
    left_tugas,
    returned_elsewhere,
    returned_of,
)
from schemas.identity import search_key
from schemas.ids import ChangeId, RecordId
from schemas.printed import read_printed
from schemas.sealed import SEALED_FORM
from sync.scope import SUBJECT_KINDS

LONG_NUMBER = re.compile(r"(?<!\d)\d{16}(?!\d)")
"""A NIK, or the number of a KK or KKS."""
DRAFT, TASK = "draf", "tugas"

Rows = Mapping[RecordId, Fields]


def home(bench: Bench, sync: SyncStatus, most: int = MOST_SENT) -> Home:
    """Return the first screen's groups, with up to `most` of the visits that nothing has to be done for."""
    started, covers = bench.drafts.open(), bench.sealed.covers()
    corrections = {one.follows: one.id for one in reversed((*started, *covers)) if one.follows is not None}
    done = finished(bench, corrections, most)
    anew: set[About] = {(one.form, one.subject) for one in started if one.follows is None}
    anew |= {(SEALED_FORM, one.kasus) for one in covers if one.follows is None}
    elsewhere = returned_elsewhere(bench, anew)
    returned = (*done.returned, *_elsewhere(bench, elsewhere, corrections))
    in_hand = {card.draft for card in returned}
    begun = {draft.tugas for draft in (*started, *covers)}
    begun |= {RecordId(text_of(fields, "tugas")) for fields in elsewhere.values()}
    tasks = _open_tasks(bench, begun)
    today = bench.today().isoformat()
    return Home(
        returned=returned,
        overdue=tuple(card for card in tasks if card.due and card.due < today),
        today=tuple(card for card in tasks if card.due == today),
        upcoming=tuple(card for card in tasks if not card.due or card.due > today),
        drafts=(
            *(_begun(bench, one, sealed_card(bench, one)) for one in covers if one.id not in in_hand),
            *(_begun(bench, one, draft_card(bench, one)) for one in started if one.id not in in_hand),
        ),
        sent=done.sent,
        rest=done.rest,
        sync=sync,
        month=_month(bench, today[:7]),
    )


def find(
    bench: Bench, text: str, limit: int, kode_desa: str | None = None, kind: str | None = None
) -> tuple[Hit, ...]:
    """Return hits of a search, each with whether a task is open for it."""
    asked, printed = looked_for(text), read_printed(text)
    if printed is not None:
        found = [one for one in _printed(bench, *printed) if kind in (None, one.kind)]
    else:
        with bench.vault.read() as connection:
            found = search_subjects(connection, asked, limit, kode_desa, kind)
    if not found and LONG_NUMBER.fullmatch(asked):
        found = [
            one
            for one in _of_cards(bench, asked)
            if kode_desa in (None, one.kode_desa) and kind in (None, one.kind)
        ][:limit]
    wanted = {text_of(fields, "sasaran") for fields in left_tugas(bench).values()}
    return tuple(
        Hit(
            id=hit.id,
            kind=hit.kind,
            nama=hit.nama,
            desa=bench.desa(hit.kode_desa),
            alamat=hit.alamat,
            nik_akhir=hit.nik_akhir,
            has_task=hit.id in wanted,
        )
        for hit in found
    )


def looked_for(text: str) -> str:
    """Return what a typed or pasted text asks for: the number of 16 digits that a QR code holds among other
    things, else all of it.
    """
    digits = LONG_NUMBER.search(text.replace(" ", ""))
    return digits.group() if digits else text


def _of_cards(bench: Bench, number: str) -> list[Found]:
    """Return whose KKS or KK bears this number."""
    return [_found(record) for record in bench.records.with_number("warga", ("no_kks", "no_kk"), number)]


def _printed(bench: Bench, kind: str, name: RecordId) -> list[Found]:
    """Return whom a code of the office's papers is about: a warga, or the subject of a tugas."""
    if kind == "tugas":
        task = bench.records.get(name)
        name = RecordId(text_of(task.fields, "sasaran")) if task is not None and task.kind == kind else name
    record = bench.records.get(name)
    return [_found(record)] if record is not None and record.kind in SUBJECT_KINDS else []


def _found(record: Pulled) -> Found:
    return Found(
        id=record.id,
        kind=record.kind,
        nama=text_of(record.fields, "nama", "nama_ewarong"),
        kode_desa=text_of(record.fields, "kode_desa"),
        alamat=text_of(record.fields, "alamat"),
        nik_akhir=text_of(record.fields, "nik", "nik_akhir")[-KNOWN_DIGITS:],
    )


def desa_here(bench: Bench) -> tuple[Reference, ...]:
    """Return the desa that somebody who can be found here lives in, each under its kecamatan."""
    with bench.vault.read() as connection:
        regions = [region for kode in known_desa(connection) if (region := bench.region(kode))]
    found = [
        Reference(id=RecordId(region.kode), nama=region.nama, under=bench.desa(region.parent))
        for region in regions
    ]
    return tuple(sorted(found, key=lambda one: (one.nama, one.under)))


def references(bench: Bench, to: str, text: str, limit: int) -> tuple[Reference, ...]:
    """Return what a field may refer to: `to` is petugas, pendamping, warga, ewarong or kasus.

    Officers are found by any part of their name or by the beginning of their code; one who no longer works
    there is not offered.
    """
    match to:
        case "petugas" | "pendamping":
            found = _officers(bench, text, "" if to == "petugas" else to)
        case "kasus":
            found = _cases(bench, text)
        case _:
            hits = find(bench, text, limit, kind=to)
            found = [Reference(id=hit.id, nama=hit.nama, under=hit.desa) for hit in hits]
    return tuple(found[:limit])


def _officers(bench: Bench, text: str, role: str) -> list[Reference]:
    wanted = search_key(text)
    found: list[Reference] = []
    for name, fields in bench.records.of_kind("petugas").items():
        roles = fields.get("peran") or ()
        nama, kode = text_of(fields, "nama"), text_of(fields, "kode")
        meant = wanted in search_key(nama) or kode.lower().startswith(text.strip().lower())
        if meant and nama and fields.get("aktif", True) and (not role or role in roles):
            found.append(Reference(id=name, nama=nama, under=kode))
    return sorted(found, key=lambda one: (search_key(one.nama), one.under))


def _cases(bench: Bench, text: str) -> list[Reference]:
    wanted = search_key(text)
    found: list[Reference] = []
    for name, fields in bench.records.of_kind("kasus").items():
        nama = text_of(fields, "kode") or bench.name_of(RecordId(text_of(fields, "subjek")))
        if wanted in search_key(nama):
            found.append(Reference(id=name, nama=nama or name[:8], under=text_of(fields, "workflow")))
    return sorted(found, key=lambda one: (search_key(one.nama), one.id))


def task(bench: Bench, tugas: RecordId) -> TaskView:
    """Return one task with what is known of its subject. Raises LookupError."""
    record = bench.records.get(tugas)
    if record is None or record.kind != "tugas":
        raise LookupError("no such task")
    subject = bench.records.get(RecordId(text_of(record.fields, "sasaran")))
    versions = bench.history.of_tugas(tugas)
    standing = bench.standings.of(versions[0]) if versions else returned_of(bench, tugas)
    visited = bench.history.newest_to(subject.id) if subject is not None else []
    started = (*bench.drafts.open(), *bench.sealed.covers())
    draft = next((known for known in started if known.tugas == tugas), None)
    card = _task_card(bench, tugas, record.fields)
    return TaskView(
        card=with_draft(card, draft.id if draft else None),
        why=text_of(record.fields, "alasan"),
        subject=subject.fields if subject else {},
        due=text_of(record.fields, "jatuh_tempo", "due") or None,
        last_visit=max((version.finalised_ms or 0 for version in visited), default=0) or None,
        reasons=standing.reasons if standing and standing.status == RETURNED else {},
        note=standing.note if standing and standing.status == RETURNED else "",
    )


def _elsewhere(bench: Bench, back: Rows, begun: Mapping[ChangeId, str]) -> list[Card]:
    """Return cards of what came back and is on another phone of hers: a sealed one is mended here as it would
    be there, any other is visited anew where she may and whom it is about is known.
    """
    cards: list[Card] = []
    for visit, fields in back.items():
        form, subject = about(fields)
        title = bench.title_of(form)
        if form == SEALED_FORM:
            before = made_elsewhere(bench, visit, fields)
            card = Card(visit=visit, nama=before.kode, desa="", form=form, title=title, status=RETURNED)
            cards.append(with_draft(card, begun.get(before.change) if before.change else None))
        elif _may_go(bench, form, subject):
            nama, desa = bench.name_of(subject), bench.desa(text_of(fields, "kode_desa"))
            card = Card(
                visit=visit, subjek=subject, nama=nama, desa=desa, form=form, title=title, status=TASK
            )
            cards.append(hinted(card, CAME_BACK))
    return cards


def _may_go(bench: Bench, form: str, subject: RecordId | None) -> bool:
    """Say whether a visit may begin with a form, about whom this phone knows or nobody."""
    is_known = subject is None or bench.records.get(subject) is not None
    return is_known and form in bench.forms.ids() and may_start(bench, bench.forms.get(form)) is None


def draft_card(bench: Bench, draft: Draft) -> Card:
    """Return the card of a draft."""
    return Card(
        tugas=draft.tugas,
        draft=draft.id,
        visit=draft.visit,
        subjek=draft.subject,
        nama=name_of(bench, draft),
        desa=bench.desa(draft.seen.kode_desa),
        form=draft.form,
        title=bench.forms.get(draft.form).title,
        due=draft.seen.due or None,
        status=DRAFT,
        number=draft.number,
    )


def sealed_card(bench: Bench, cover: Cover) -> Card:
    """Return the card of a sealed draft: its code, the service and the due date, and nothing else."""
    return Card(
        tugas=cover.tugas,
        draft=cover.id,
        visit=cover.visit,
        nama=cover.kode,
        desa="",
        form=SEALED_FORM,
        title=bench.title_of(SEALED_FORM),
        due=cover.due or None,
        status=DRAFT,
    )


def _begun(bench: Bench, draft: Draft | Cover, card: Card) -> Card:
    """Return the card of a draft, with whether the office asks for it no more."""
    if draft.follows is not None:
        return hinted(card, NOT_ASKED)
    return hinted(card, hint_of_begun(bench, draft.tugas))


def _open_tasks(bench: Bench, begun: set[RecordId | None]) -> list[Card]:
    """Return tasks that nothing was begun for on this phone, by due date; a date that is none comes last."""
    every = left_tugas(bench)
    begun = begun | bench.history.recorded(every)
    cards = [
        hinted(_task_card(bench, name, fields), "" if text_of(fields, "state") == NEW else CAME_BACK)
        for name, fields in every.items()
        if name not in begun
    ]
    return sorted(cards, key=lambda card: (card.due or "9999", card.nama, card.tugas or ""))


def _month(bench: Bench, month: str) -> MonthWork | None:
    """Count the tasks that are due in this month, YYYY-MM."""
    due = bench.records.tugas_due(month)
    due = {name: fields for name, fields in due.items() if text_of(fields, "state") != CALLED_OFF}
    recorded = bench.history.recorded(due)
    left = sum(is_left(name, fields, recorded) for name, fields in due.items())
    done = len(due) - left
    return MonthWork(done=done, left=left) if done or left else None


def _task_card(bench: Bench, tugas: RecordId, fields: Fields) -> Card:
    if text_of(fields, "kasus"):
        return _sealed_task_card(bench, tugas, fields)
    form = text_of(fields, "form")
    subject = bench.records.get(RecordId(text_of(fields, "sasaran")))
    kode = text_of(fields, "kode_desa") or (text_of(subject.fields, "kode_desa") if subject else "")
    return Card(
        tugas=tugas,
        subjek=subject.id if subject else None,
        nama=bench.name_of(subject.id if subject else None),
        desa=bench.desa(kode),
        form=form,
        title=bench.title_of(form),
        due=_day(text_of(fields, "jatuh_tempo")),
        status=TASK,
    )


def _sealed_task_card(bench: Bench, tugas: RecordId, fields: Fields) -> Card:
    """Return the card of a task of a sealed case; what it is about is sealed to this device."""
    return Card(
        tugas=tugas,
        subjek=RecordId(text_of(fields, "kasus")),
        nama=text_of(fields, "kode"),
        desa="",
        form=SEALED_FORM,
        title=bench.title_of(SEALED_FORM),
        due=_day(text_of(fields, "due")),
        status=TASK,
    )


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
