"""A visit as the review page shows it. Rule: pure; from facts to words, with no database and no clock."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from schemas import format as written
from schemas.base import Data
from schemas.form import Form, Forms
from schemas.form_cells import label_at
from schemas.ids import BlobId, RecordId
from schemas.text import Text
from schemas.wilayah import Wilayah
from server.periods import Period
from server.services.answers import (
    Answer,
    Mark,
    PageOfAnswers,
    Reading,
    is_covered,
    pages,
    place_words,
    show,
)
from server.services.proofs import Badge, badges, distance_m
from server.services.signs import ALIKE, DIFFERS, REUSED, TWICE, signs_of
from server.services.visits import Version, Visit, place_of
from sync.change import Evidence, Place
from sync.losses import DESTROYED
from sync.visits import DECIDED


class Photo(Data, frozen=True, kw_only=True):
    """One piece of evidence. `key` names it in reasons: its hash."""

    blob: BlobId
    key: str
    label: str
    taken: str
    place: str
    held: bool
    is_drawing: bool
    reason: str
    warnings: tuple[str, ...]


class Asked(Data, frozen=True, kw_only=True):
    """One thing that a decision asked to be mended."""

    label: str
    text: str


class Event(Data, frozen=True, kw_only=True):
    """One line of the timeline; times of devices as bounds."""

    title: str
    when: str
    text: str = ""
    asked: tuple[Asked, ...] = ()


class MapView(Data, frozen=True, kw_only=True):
    """The map's data as JSON for the script, and the same in words."""

    data: str
    words: str
    home: bool


class VisitPage(Data, frozen=True, kw_only=True):
    """All that the review page shows. `seen` is the change that a decision made here follows, as hex;
    `destroyed` on what basis its subject was, before the visit came; `left`
    is the name of whoever made the newest version, where they work here no more.
    """

    id: RecordId
    name: str
    title: str
    region: str
    state: str
    version: int
    flags: tuple[str, ...]
    findings: tuple[Mark, ...]
    pages: tuple[PageOfAnswers, ...]
    photos: tuple[Photo, ...]
    map: MapView | None
    badges: tuple[Badge, ...]
    timeline: tuple[Event, ...]
    seen: str
    masked: bool
    several_forms: bool
    subject: RecordId | None = None
    service: str
    is_of_warga: bool
    destroyed: str = ""
    left: str = ""


class Words(Data, frozen=True, kw_only=True):
    """What wording a visit needs: forms, texts and regions, loaded once."""

    forms: Forms
    text: Text
    wilayah: Wilayah
    kecamatan: frozenset[str]

    def region(self, kode: str) -> str:
        """Name a region with what lies above it."""
        found = self.wilayah.get(kode) if kode else None
        if found is None:
            return self.text("umum.tidak_ditemukan") if kode else "–"
        above = self.wilayah.get(found.parent) if found.is_desa else None
        level = self.text(f"tingkat_wilayah.{found.level}")
        own = found.nama if found.nama.startswith(f"{level} ") else f"{level} {found.nama}"
        return f"{own}, {self.text('tingkat_wilayah.kecamatan')} {above.nama}" if above else own

    def period(self, period: Period) -> str:
        """Name a month, a quarter or a year as people say it."""
        match period.kind:
            case "bulan":
                return written.month_name(period.start)
            case "triwulan":
                return self.text("dasbor.triwulan_nama", nomor=period.number, tahun=period.start.year)
            case "tahun":
                return self.text("dasbor.tahun_nama", tahun=period.start.year)

    def flag(self, name: str) -> str:
        """Name a flag; one that is not known yet is still shown."""
        key = f"kantor.tanda.{name}"
        return self.text(key if key in self.text else "kantor.tanda.lain")


def visit_page(visit: Visit, words: Words, *, opened: bool) -> VisitPage:
    """Lay out a visit's newest version. `opened`: numbers of persons are shown in full."""
    newest, text = visit.newest, words.text
    reasons = _asked(visit)
    found = _all_pages(visit, words, reasons, opened)
    form = words.forms.get(newest.submit.form, newest.submit.forms[newest.submit.form].version)
    home = place_of(visit.subject.fields.get("rumah")) if visit.subject else None
    region = str(visit.record.fields.get("kode_desa") or "")
    return VisitPage(
        id=visit.record.id,
        name=name_of(visit),
        title=form.title,
        region=words.region(region),
        state=str(visit.record.fields["state"]),
        version=len(visit.versions),
        flags=tuple(words.flag(flag) for flag in _flags(visit, home, words.wilayah, region)),
        findings=_findings(found),
        pages=tuple(found),
        photos=tuple(_photo(item, visit, reasons, words) for item in newest.photos),
        map=_map(newest, region, home, words),
        badges=badges(visit, text, words.wilayah, region, home),
        timeline=tuple(_timeline(visit, words)),
        seen=visit.record.head.hex() if visit.record.head else "",
        several_forms=len(newest.submit.forms) > 1,
        subject=visit.subject.id if visit.subject else None,
        service=form.service,
        is_of_warga=visit.subject is not None and visit.subject.kind == "warga",
        left=visit.left,
        destroyed=str(visit.subject.fields.get(DESTROYED, "")) if visit.subject else "",
        masked=not opened and any(_covers(form) for form in _filled(newest, words)),
    )


def _findings(found: Sequence[PageOfAnswers]) -> tuple[Mark, ...]:
    """All findings, what must be mended before what is only odd."""
    order = ("blocked", "warning", "missing")
    marks = [mark for page in found for answer in page.answers for mark in answer.findings]
    return tuple(sorted(marks, key=lambda mark: order.index(mark.kind)))


def name_of(visit: Visit) -> str:
    """Whom or what the visit was about: the record's name, or else what was written down."""
    if visit.subject is not None and visit.subject.id in visit.names:
        return visit.names[visit.subject.id]
    fields = visit.subject.fields if visit.subject else {}
    given = fields.get("nama") or fields.get("nama_ewarong")
    for form in visit.newest.submit.forms.values():
        given = given or form.answers.get("nama") or form.answers.get("nama_ewarong")
    return given if isinstance(given, str) else ""


def bounds(version: Version, text: Text) -> str:
    """When a version was made, as far as the office can know: last office time seen … received."""
    return between(version.content.clock.server_ms, version.received_ms, text)


def between(start_ms: int, end_ms: int, text: Text) -> str:
    """Write the bounds of a moment (UTC ms), as one time where both are in one minute.

    A start of 0 or after the end is not known.
    """
    if not 0 < start_ms <= end_ms:
        return text("kantor.riwayat.sebelum", akhir=written.date_and_clock(end_ms))
    day = written.local_date(end_ms)
    if day == written.local_date(start_ms):
        start, end = written.clock(start_ms).removesuffix(" WIB"), written.clock(end_ms)
        if written.clock(start_ms) == end:
            return text("kantor.riwayat.pukul", hari=written.long_date(day), jam=end)
        return text("kantor.riwayat.antara_jam", hari=written.long_date(day), awal=start, akhir=end)
    start, end = written.date_and_clock(start_ms), written.date_and_clock(end_ms)
    return text("kantor.riwayat.antara", awal=start, akhir=end)


def label_of(item: Evidence, version: Version, forms: Forms) -> str:
    """Name a photo by the field it answers, in a table by its row too: "Syarat lain · 2 · Berkas"."""
    answers = version.submit.forms.get(item.form)
    form = forms.get(item.form, answers.version) if answers else None
    return label_at(form.fields, item.field, str, short=True) if form else item.field


def _filled(version: Version, words: Words) -> list[Form]:
    return [words.forms.get(form_id, given.version) for form_id, given in version.submit.forms.items()]


def _covers(form: Form) -> bool:
    return any(is_covered(field) for field in form.fields.values())


def _asked(visit: Visit) -> Mapping[str, str]:
    """What the newest decision asked for; it stands beside the answers of the version that came after it."""
    return visit.decisions[-1].decide.reasons if visit.decisions else {}


def _all_pages(visit: Visit, words: Words, reasons: Mapping[str, str], opened: bool) -> list[PageOfAnswers]:
    newest = visit.newest
    before = _before(visit)
    reading = Reading(
        text=words.text,
        name_of=lambda name: visit.names.get(name, ""),
        region_of=words.region,
        opened=opened,
    )
    day = written.local_date(newest.received_ms)
    found: list[PageOfAnswers] = []
    for form in _filled(newest, words):
        earlier = before.submit.forms.get(form.id) if before else None
        found += pages(
            form,
            newest.submit.forms[form.id].answers,
            earlier.answers if earlier else ({} if before else None),
            reasons,
            reading,
            day,
            words.kecamatan | visit.kecamatan_nik,
        )
    return [_with_record(page, visit, words, reading) for page in found]


def _with_record(page: PageOfAnswers, visit: Visit, words: Words, reading: Reading) -> PageOfAnswers:
    """Write beside each answer that contradicts the record what stood there."""
    form_id = visit.newest.submit.form
    form = words.forms.get(form_id, visit.newest.submit.forms[form_id].version)
    said = {
        f"{form_id}.{name}": (form.fields[name], value)
        for name, value in visit.differs.items()
        if name in form.fields  # a phone may answer what its form does not ask
    }

    def marked(answer: Answer) -> Answer:
        if answer.key not in said:
            return answer
        field, value = said[answer.key]
        told = words.text("kantor.tinjau.beda_catatan", nilai=show(field, value, reading))
        mark = Mark(
            key=answer.key, label=answer.label, text=told, tone="notice", icon="warning", kind="warning"
        )
        return replace(answer, findings=(*answer.findings, mark))

    return replace(page, answers=tuple(map(marked, page.answers)))


def _before(visit: Visit) -> Version | None:
    """The version that the newest one corrects."""
    follows = visit.newest.submit.follows
    return next((version for version in visit.versions if version.change == follows), None)


def _flags(visit: Visit, home: tuple[float, float] | None, wilayah: Wilayah, region: str) -> list[str]:
    own = signs_of(visit.newest, home, wilayah, region, visit.limits)
    flags = [*visit.record.fields.get("flags", ()), *own]
    flags += [DIFFERS] * bool(visit.differs)
    flags += [TWICE] * visit.visited_twice + [REUSED] * bool(visit.reused)
    return flags + [ALIKE] * bool(visit.alike)


def _photo(item: Evidence, visit: Visit, reasons: Mapping[str, str], words: Words) -> Photo:
    text, version = words.text, visit.newest
    warnings: list[str] = []
    if item.blob in visit.reused:
        warnings.append(text("kantor.tinjau.foto_pernah_ada"))
    if item.blob in visit.alike:
        warnings.append(text("kantor.tinjau.foto_mirip"))
    if item.place and item.place.mock:
        warnings.append(text("kantor.tinjau.foto_tiruan"))
    if item.place and version.submit.place:
        apart = distance_m((item.place.lat, item.place.lng), _point(version.submit.place))
        if apart > visit.limits.far_photo_m:
            warnings.append(text("kantor.tinjau.foto_jauh", jarak=written.distance(apart)))
    return Photo(
        blob=item.blob,
        key=item.blob,
        label=label_of(item, version, words.forms),
        taken=f"{written.short_date(written.local_date(item.taken_ms))}, {written.clock(item.taken_ms)}",
        place=text("kantor.tinjau.teliti", meter=written.number(item.place.accuracy_m)) if item.place else "",
        held=item.blob in version.held,
        is_drawing=item.media_type == "image/png",
        reason=reasons.get(item.blob, ""),
        warnings=tuple(warnings),
    )


def _timeline(visit: Visit, words: Words) -> list[Event]:
    text = words.text
    events: list[tuple[int, Event]] = []
    for number, version in enumerate(visit.versions, 1):
        name = visit.names.get(version.content.author, "–")
        key = "kantor.riwayat.dibuat" if number == 1 else "kantor.riwayat.dibuat_versi"
        values: dict[str, Any] = {"nama": name} if number == 1 else {"nama": name, "versi": number - 1}
        at = version.received_ms
        events.append((at, Event(title=text(key, **values), when=bounds(version, text))))
        events.append((at, Event(title=text("kantor.riwayat.diterima"), when=written.date_and_clock(at))))
    for past in visit.decisions:
        state = DECIDED.get(past.decide.decision, "dibiarkan")
        title = text(f"kantor.riwayat.{state}", nama=visit.names.get(past.by, "–"))
        when = written.date_and_clock(past.at_ms)
        asked = tuple(
            Asked(label=_name_of_key(key, visit, words.forms), text=reason)
            for key, reason in past.decide.reasons.items()
        )
        events.append((past.at_ms, Event(title=title, when=when, text=past.decide.note, asked=asked)))
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def _name_of_key(key: str, visit: Visit, forms: Forms) -> str:
    """Name what a reason was pinned to: a photo of any version, or a field."""
    for version in visit.versions:
        for item in version.photos:
            if item.blob == key:
                return label_of(item, version, forms)
    form_id, _, name = key.partition(".")
    field = forms.get(form_id).fields.get(name) if form_id in forms.ids() else None
    return field.short if field else key


def _map(version: Version, region: str, home: tuple[float, float] | None, words: Words) -> MapView | None:
    text, place = words.text, version.submit.place
    known = words.wilayah.get(region) if region else None
    photos = [
        {"lat": item.place.lat, "lng": item.place.lng, "label": label_of(item, version, words.forms)}
        for item in version.photos
        if item.place
    ]
    if place is None and home is None and not photos:
        return None
    area = [list(point) for point in words.wilayah.outline(known.kode)] if known else []
    above = words.wilayah.get(known.parent) if known else None
    around = [[list(point) for point in words.wilayah.outline(above.kode)]] if above else []
    data = {
        "area": area,
        "around": around,
        "photos": photos,
        "visit": {**_pin(place, text("kantor.tinjau.peta_kunjungan")), "accuracy_m": place.accuracy_m}
        if place
        else None,
        "home": {"lat": home[0], "lng": home[1], "label": text("kantor.tinjau.peta_rumah")} if home else None,
        "credit": text("kantor.tinjau.peta_batas"),
    }
    said = [place_words(place.lat, place.lng, place.accuracy_m, text)] if place else []
    if place and home:
        said.append(text("kantor.bukti.jarak_rumah", jarak=written.distance(distance_m(_point(place), home))))
    # the browser must never read an end of script in here
    return MapView(
        data=json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c"),
        words=" ".join(said),
        home=home is not None,
    )


def _pin(place: Place, label: str) -> dict[str, Any]:
    return {"lat": place.lat, "lng": place.lng, "label": label}


def _point(place: Place) -> tuple[float, float]:
    return place.lat, place.lng
