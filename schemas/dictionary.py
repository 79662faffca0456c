"""How the words that both ends know beforehand are gathered: what one says to the other again and again.

Rule: a dictionary that was published never changes, since phones and offices tell it by the checksum of its
bytes; whoever would gather better words publishes the next number. `python -m schemas.dictionary` says
whether the newest is what this recipe gives, and with `--publish` writes the next. See docs/protocol.md,
"Packed messages".
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from schemas.base import encode
from schemas.folding import fold
from schemas.form import Form, Forms, load_forms
from schemas.form_types import (
    Angka,
    Bulan,
    Field,
    Jam,
    Multi,
    Pilihan,
    Tabel,
    Tanggal,
    Teks,
    TeksPanjang,
    Turunan,
    Uang,
    YaTidak,
)
from schemas.packing import FOLDER, read_dictionaries

FORMS = (
    ("usul_dtsen", 1), ("uep", 1), ("sosek", 1), ("skm", 1), ("pm", 1), ("pengaduan", 1), ("pendamping", 1),
    ("ktk", 1), ("kks_masalah", 1), ("kis", 1), ("ewarong", 1), ("bpnt_kpm", 1),
)  # fmt: skip
"""Whose words are in it. What is said most often stands last: near words take fewer bits to name."""

NOBODY = "0" * 32
BLOB = "0" * 64
AT_MS = 1_795_000_000_000
CURSOR: Any = [1_000, bytes(8), bytes(8), {}]
PLACE = [-7.4, 111.0, 5.0, AT_MS, False, "gps"]
WARGA = (
    "tanggal_lahir", "tempat_lahir", "jenis_kelamin", "status_kawin", "pekerjaan", "alamat", "no_hp",
    "no_rekening", "bank", "desil", "periode", "nik", "nik_akhir", "no_kk", "nama", "rt", "rw", "kode_desa",
    "status_kpm", "penyalur", "no_kks", "layanan", "rumah",
)  # fmt: skip
OUTCOMES = ("rejected", "held", "conflict", "applied")
PARTS = ("ref", "desa/33.14.", "/ktkpm", "/kis", "/bpnt")
NO_REASONS: dict[str, str] = {}
VISIT: Any = {
    "form": "", "tugas": None, "subjek": NOBODY, "petugas": NOBODY, "state": "diterima",
    "reasons": NO_REASONS, "note": "", "decided_by": "", "decided_ms": 0, "kode_desa": "33.14.01.2001",
    "versions": [{
        "change": BLOB, "author": NOBODY, "follows": None, "received_ms": AT_MS, "wall_ms": AT_MS,
        "photos": 0, "versi": 1, "flags": list[str](),
    }],
}  # fmt: skip
TASK: Any = {
    "petugas": NOBODY, "sasaran": NOBODY, "sasaran_kind": "warga", "form": "", "jatuh_tempo": "2026-12-01",
    "state": "baru", "kode_desa": "33.14.01.2001",
}  # fmt: skip


def gathered(forms: Sequence[Form]) -> bytes:
    """Return the words of these forms, and of the messages that carry their answers, as they travel."""
    words: list[object] = [*PARTS, *OUTCOMES, *WARGA]
    said = [encode(word) for word in words]
    said += [encode(_answer(kind, fields)) for kind, fields in (("tugas", TASK), ("kunjungan", VISIT))]
    said.append(encode(_content(["patch", NOBODY, "warga", {}, {"nama": ""}])))
    for form in forms:
        said += dict.fromkeys(each for field in form.fields.values() for each in _choices(field))
        said.append(encode(form.id) + encode(_filled(form)))
    said.append(encode(_request(_content(_submit(forms[-1])))))
    return fold(b"".join(said))


def _request(content: object) -> list[Any]:
    return [3, "", CURSOR, [bytes(32)], [encode(content)], bytes(64), {}, None, [1, bytes(32)]]


def _answer(kind: str, fields: object) -> list[object]:
    row = [f"mine/{NOBODY}", NOBODY, 1_000, kind, encode(fields)]
    results: Any = [[b"", ["applied", 1_000, []]]]
    known = [1, bytes(32)]
    said: list[object] = [results, [known], [], [row], [], CURSOR, CURSOR, False, None, bytes(16), []]
    return [3, *said, bytes(32), AT_MS, [], known]


def _content(body: object) -> list[object]:
    return [bytes(16), NOBODY, [AT_MS, 100_000_000, "0" * 12, AT_MS], body]


def _submit(form: Form) -> list[object]:
    photo = [BLOB, form.id, "foto", 300_000, "image/jpeg", BLOB, AT_MS, PLACE]
    return ["submit", NOBODY, None, NOBODY, form.id, _filled(form), [photo], PLACE, None]


def _filled(form: Form) -> dict[str, Any]:
    return {form.id: [form.version, _answers(form.fields.values())]}


def _answers(fields: Iterable[Field]) -> dict[str, Any]:
    """Return a plain answer to each field that can have one, in the form's order."""
    answers = {field.name: _plain(field) for field in fields}
    return {name: value for name, value in answers.items() if value is not None}


def _plain(field: Field) -> Any:
    match field:
        case Pilihan():
            return field.options[0].code
        case Multi():
            return [field.options[0].code]
        case YaTidak():
            return False
        case Angka() | Uang():
            return 0
        case Teks() | TeksPanjang():
            return ""
        case Tanggal():
            return "2026-11-25"
        case Bulan():
            return "2026-11"
        case Jam():
            return "08:00"
        case Tabel():
            return [_answers(field.columns)]
        case _:
            return None


def _choices(field: Field) -> list[bytes]:
    """Return what else may be chosen, each with the name of its field before it where one alone is chosen."""
    match field:
        case Pilihan():
            return [encode(field.name) + encode(option.code) for option in field.options[1:]]
        case Multi() | Turunan():
            return [encode(option.code) for option in field.options]
        case Tabel():
            return [each for column in field.columns for each in _choices(column)]
        case _:
            return []


def recipe(forms: Forms) -> bytes:
    """Return the dictionary that this recipe gives."""
    return gathered([forms.get(name, version) for name, version in FORMS])


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Run the command; the result is 1 when the newest published dictionary is another one."""
    parser = argparse.ArgumentParser(prog="python -m schemas.dictionary", description=__doc__)
    parser.add_argument(
        "--publish", action="store_true", help="write what the recipe gives as the next number"
    )
    publish = parser.parse_args(arguments).publish
    given, published = recipe(load_forms()), read_dictionaries(folder)
    if published and published[-1] == given:
        return 0
    path = folder / f"dictionary.{len(published) + 1}.bin"
    if publish:
        path.write_bytes(given)
    sys.stdout.write(f"{path.name}: {'written' if publish else 'is not published'}, {len(given)} bytes\n")
    return 0 if publish else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
