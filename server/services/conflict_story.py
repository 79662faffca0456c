"""What stands around a conflict, in words: why it waits, what choosing does, who wrote what, what they saw.

Rule: pure; whatever is not known is left out, never made up.
"""

from collections.abc import Mapping
from typing import Any, cast

from schemas import format as written
from schemas.base import Data
from schemas.ids import BlobId, RecordId
from server.services.answers import place_words
from server.services.conflict_facts import Facts, VisitAround, Written
from server.services.conflict_view import label_of_field, value_words
from server.services.visit_page import Words, between, label_of
from sync.store import Record


class Shot(Data, frozen=True, kw_only=True):
    """One photo of a visit."""

    blob: BlobId
    label: str
    held: bool


class Evidence(Data, frozen=True, kw_only=True):
    """The photos of one visit around a conflict."""

    visit: RecordId
    title: str
    shots: tuple[Shot, ...]


class SideWords(Data, frozen=True, kw_only=True):
    """Who wrote one side, when and where, and their visits."""

    who: str
    when: str
    place: str
    evidence: tuple[Evidence, ...]


class Closed(Data, frozen=True, kw_only=True):
    """Who ended a conflict, when, and what was chosen, by label."""

    said: str
    values: tuple[tuple[str, str], ...]


class Story(Data, frozen=True, kw_only=True):
    """What stands around the choice: why it is a conflict, what choosing does, and both sides' evidence."""

    why: str
    effect: str
    href: str
    href_label: str
    mine: SideWords
    theirs: SideWords
    merged: tuple[str, ...]
    closed: Closed | None


def story(
    conflict: Record,
    target: Record | None,
    facts: Facts,
    words: Words,
    names: Mapping[str, str],
    *,
    opened: bool = False,
) -> Story:
    """Word what is known around a conflict about `target`."""
    why, effect = _reasons(conflict, target, words, moved=facts.moved)
    href, label = _way(target, words)
    text, place = words.text, ""
    author = names.get(str(conflict.fields["petugas"]), "–")
    if facts.place is not None:
        place = place_words(facts.place.lat, facts.place.lng, facts.place.accuracy_m, text)
    return Story(
        why=why,
        effect=effect,
        href=href,
        href_label=label,
        mine=_side(facts.mine, author, facts.evidence_mine, place, words),
        theirs=_side(
            facts.theirs,
            names.get(facts.theirs.author, text("kantor.konflik.kantor_sendiri")) if facts.theirs else "",
            facts.evidence_theirs,
            "",
            words,
        ),
        merged=tuple(label_of_field(str(conflict.fields["kind"]), name, words) for name in facts.merged),
        closed=_closed(conflict, words, names, opened),
    )


def _reasons(conflict: Record, target: Record | None, words: Words, *, moved: bool) -> tuple[str, str]:
    """Say in a sentence why it waits, and in another what choosing does."""
    text, reason = words.text, str(conflict.fields["reason"])
    known: dict[str, Any] = target.fields if target else {}
    match reason:
        case "dihapus" if moved:
            name = known.get("nama") or known.get("nama_ewarong") or text("kantor.antrean.tanpa_nama")
            return text("kantor.konflik.jelas_digabung", nama=name), text("kantor.konflik.akibat_digabung")
        case "dihapus":
            return text("kantor.konflik.jelas_dihapus"), text("kantor.konflik.akibat_dihapus")
        case "wilayah" if target is None:
            return text("kantor.konflik.jelas_wilayah"), text("kantor.konflik.akibat_wilayah_baru")
        case "wilayah":
            return text("kantor.konflik.jelas_wilayah"), text("kantor.konflik.akibat_wilayah")
        case "mundur":
            return _too_late(str(conflict.fields["kind"]), known, words)
        case _:
            return text("kantor.konflik.jelas_nilai"), text("kantor.konflik.akibat_nilai")


def _too_late(kind: str, known: Mapping[str, Any], words: Words) -> tuple[str, str]:
    text, state = words.text, str(known.get("state") or "")
    match kind:
        case "konflik":
            return text("kantor.konflik.jelas_mundur_pilihan"), text("kantor.konflik.akibat_mundur_pilihan")
        case "kasus":
            return text("kantor.konflik.jelas_mundur_kasus"), text("kantor.konflik.akibat_mundur_kasus")
        case _:
            named = text(f"status.{state}") if f"status.{state}" in text else state or "–"
            why = text("kantor.konflik.jelas_mundur", keadaan=named)
            return why, text("kantor.konflik.akibat_mundur")


def _way(target: Record | None, words: Words) -> tuple[str, str]:
    """Return the page of what the conflict is about, where it has one."""
    text = words.text
    match target.kind if target else "":
        case "kunjungan" if target:
            return f"/kunjungan/{target.id}", text("kantor.konflik.ke_kunjungan")
        case "kasus" if target:
            return f"/kasus/{target.id}", text("kantor.konflik.ke_kasus")
        case _:
            return "", ""


def _side(
    side: Written | None, who: str, visits: tuple[VisitAround, ...], place: str, words: Words
) -> SideWords:
    when = between(side.server_ms, side.received_ms, words.text) if side else ""
    return SideWords(
        who=who,
        when=when,
        place=place,
        evidence=tuple(_evidence(visit, words) for visit in visits if visit.version.photos),
    )


def _evidence(visit: VisitAround, words: Words) -> Evidence:
    version = visit.version
    shots = tuple(
        Shot(blob=item.blob, label=label_of(item, version, words.forms), held=item.blob in version.held)
        for item in version.photos
    )
    form = words.forms.get(version.submit.form, version.submit.forms[version.submit.form].version)
    title = f"{form.title} · {written.short_date(written.local_date(version.received_ms))}"
    return Evidence(visit=visit.id, title=title, shots=shots)


def _closed(conflict: Record, words: Words, names: Mapping[str, str], opened: bool) -> Closed | None:
    fields = conflict.fields
    if "resolved_by" not in fields:
        return None
    kind, values = str(fields["kind"]), cast("dict[str, Any]", fields["values"])
    said = words.text(
        "kantor.konflik.diputuskan",
        nama=names.get(fields["resolved_by"], "–"),
        waktu=written.date_and_clock(int(fields["resolved_ms"])),
    )
    chosen = tuple(
        (label_of_field(kind, name, words), value_words(kind, name, value, words, opened=opened))
        for name, value in values.items()
    )
    return Closed(said=said, values=chosen)
