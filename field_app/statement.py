"""The statement of a sealed case, read out whole before it is signed. Rule: what is signed is the text that
was read.

It is made of the answers as they stand, by the sentences in schemas/text. Signing keeps that very text beside
the signature; when an answer changes afterwards, the visit cannot be finished until it is read and signed
anew.
"""

from datetime import date
from typing import Any, cast

from field_app import evidence
from field_app.bench import Bench
from field_app.draft import Draft
from field_app.sheets import Sheet
from field_app.views import Listed, Refused, Statement
from schemas.form import Field, Form, Multi, Pilihan, Tabel, Tanggal, Uang
from schemas.form_values import is_blank, is_skipped
from schemas.format import long_date, rupiah
from schemas.ids import BlobId

SIGNATURE, READ = "tanda_tangan_pernyataan", "pernyataan_teks"
TEXTS = "tersegel.pernyataan"
CONSENT = "setuju_"
NEEDED: dict[str, tuple[str, ...]] = {
    "ktk": ("nama", "jenis_kekerasan", "pemohon_nama", "pemohon_hubungan"),
    "pm": ("nama", "negara", "masalah", "tanggal_pulang"),
}
"""Answers without which a statement would say nothing, by form."""


def statement_of(bench: Bench, draft: str) -> Statement | Refused:
    """Return the statement of a draft as it stands now. Raises ClosedError and LookupError."""
    known = bench.known(draft)
    sheet = bench.read(known)[known.form]
    if sheet.form.id not in NEEDED:
        return Refused(say="lapangan.tersegel.tanpa_pernyataan")
    return _statement(bench, sheet)


def sign_statement(bench: Bench, draft: str, png: bytes) -> BlobId | Refused:
    """Keep the signature with the text that was read out. Raises ClosedError and LookupError."""
    made = statement_of(bench, draft)
    if isinstance(made, Refused):
        return made
    if made.missing:
        return Refused(say="lapangan.tersegel.pernyataan_kurang", values={"isian": ", ".join(made.missing)})
    form = bench.known(draft).form
    with bench.vault.write():
        signed = evidence.sign(bench, draft, form, SIGNATURE, png)
        if not isinstance(signed, Refused):
            bench.shelf(draft).put_answer(
                draft, form, READ, _text(made), refused=False, now_ms=bench.time.now_ms()
            )
        return signed


def changed_since(bench: Bench, draft: Draft, sheet: Sheet) -> Listed | None:
    """Return a finding when answers changed after the statement was signed, None when it still says the
    same.
    """
    read = sheet.answers.get(READ)
    signed = sheet.answers.get(SIGNATURE)
    if draft.form not in NEEDED or is_blank(signed) or is_skipped(signed):
        return None
    if read == _text(_statement(bench, sheet)):
        return None
    return Listed(
        form=draft.form, field=SIGNATURE, kind="blocked", say="lapangan.tersegel.pernyataan_berubah"
    )


def _statement(bench: Bench, sheet: Sheet) -> Statement:
    form, answers, words = sheet.form, sheet.visible(), bench.words

    def shown(name: str) -> str:
        return _shown(form.fields[name], answers.get(name)) if name in form.fields else ""

    def say(key: str, **values: str) -> str:
        return words(f"{TEXTS}.{key}", **values)

    missing = tuple(form.fields[name].short for name in NEEDED[form.id] if not shown(name))
    alamat = ", ".join(part for part in (shown("alamat"), bench.desa(shown("kode_desa"))) if part)
    paragraphs = [
        say("pembuka", kode=shown("kode_kasus")),
        say("diri", nama=shown("nama"), lahir=shown("tanggal_lahir") or "…", alamat=alamat or "…"),
        _matter(form, shown, say),
        *_plan(form, answers, say),
        *_for_child(shown, say),
        *_consent(form, answers, say),
        say("penutup"),
    ]
    return Statement(title=say(f"judul_{form.id}"), paragraphs=tuple(paragraphs), missing=missing)


def _matter(form: Form, shown: Any, say: Any) -> str:
    if form.id == "ktk":
        return say(
            "ktk",
            jenis=shown("jenis_kekerasan"),
            pemohon=shown("pemohon_nama"),
            hubungan=shown("pemohon_hubungan"),
        )
    return say(
        "pm",
        negara=shown("negara_lainnya") or shown("negara"),
        masalah=shown("masalah"),
        pulang=shown("tanggal_pulang"),
    )


def _plan(form: Form, answers: dict[str, Any], say: Any) -> list[str]:
    """Return what the business grant is asked for, row by row."""
    table, rows = form.fields.get("rencana_uep"), answers.get("rencana_uep")
    if not isinstance(table, Tabel) or not isinstance(rows, list):
        return []
    lines = [
        ", ".join(said for column in table.columns if (said := _shown(column, row.get(column.name))))
        for row in cast("list[dict[str, Any]]", rows)
    ]
    return [say("rencana", daftar="; ".join(line for line in lines if line))]


def _for_child(shown: Any, say: Any) -> list[str]:
    """Who agrees in a child's place, and by what they may."""
    who, name, basis = shown("pemberi_persetujuan"), shown("nama_pemberi"), shown("dasar_pemberi")
    return [say("untuk_anak", siapa=who, nama=name or "…", dasar=basis or "…")] if name or basis else []


def _consent(form: Form, answers: dict[str, Any], say: Any) -> list[str]:
    """What she agrees to, and what not: a sentence that would name nothing is not read out."""
    lines: list[str] = []
    for key, granted in (("setuju", True), ("tidak_setuju", False)):
        names = [name for name in form.fields if name.startswith(CONSENT) and answers.get(name) is granted]
        if names:
            lines.append(say(key, daftar="; ".join(say(name) for name in names)))
    return lines


def _shown(field: Field, value: Any) -> str:
    if is_blank(value) or is_skipped(value):
        return ""
    match field:
        case Pilihan(options=options):
            return next((option.label for option in options if option.code == value), str(value))
        case Multi(options=options):
            return ", ".join(option.label for option in options if option.code in value)
        case Uang():
            return rupiah(value) if isinstance(value, int) else str(value)
        case Tanggal():
            return _day(str(value))
        case _:
            return str(value)


def _day(value: str) -> str:
    try:
        return long_date(date.fromisoformat(value))
    except ValueError:
        return value  # as it was typed: the check of the form blocks it


def _text(made: Statement) -> str:
    return "\n\n".join((made.title, *made.paragraphs))
