"""Writes the examples of docs/api.md. Rule: every answer comes from the code that serves.

`python -m server.api_docs --check` says whether the page is current.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from schemas.base import encode
from schemas.form import load_forms
from schemas.ids import RecordId
from schemas.problem import Problem
from schemas.text import Text, load_text
from schemas.workflow import load_workflows
from server.api.data_schema import described
from server.api_store import PartRow
from server.problems import problem_json, status_of
from server.services.data_api import PAGES, KunjunganPage, PartKind, Presenter
from server.services.data_visits import VisitPresenter
from sync.change import FormAnswers, Submit
from sync.store import Record

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/api.md"
BEGIN, END = "<!-- examples: begin, written by `make docs` -->\n", "<!-- examples: end -->\n"
TAG = "5f3a9c0e7d214b88"
RECORDS: dict[PartKind, dict[str, Any]] = {
    "warga": {
        "nama": "Sutarmi Binti",
        "kode_desa": "33.14.01.2001",
        "layanan": ["bpnt"],
        "nik_akhir": "0001",
        "alamat": "Dukuh Ngrombo",
        "rt": "003",
        "rw": "001",
        "penyalur": "bni",
        "status_kpm": "sukses_spm",
        "periode": "Okt–Des 2026",
    },
    "ewarong": {
        "nama_ewarong": "Warung Sari",
        "pemilik": "Suparno Jaya",
        "kode_desa": "33.14.01.2001",
        "layanan": ["bpnt"],
        "alamat": "Dukuh Ngrombo",
    },
    "kasus": {
        "workflow": "bpnt_masalah",
        "service": "bpnt",
        "subjek": "b1" * 16,
        "kode_desa": "33.14.01.2001",
        "state": "dicatat",
        "since_ms": 1_795_000_000_000,
        "due": "2026-12-02",
    },
}
VISIT: dict[str, Any] = {
    "state": "disetujui",
    "kode_desa": "33.14.01.2001",
    "versions": [{}, {"received_ms": 1_795_000_000_000}],
    "decided_ms": 1_795_100_000_000,
}
ANSWERS: dict[str, Any] = {
    "hasil_kunjungan": "terisi_lengkap",
    "nik": "3314990101800001",
    "nama": "Sutarmi Binti",
    "alamat": "Dukuh Ngrombo",
    "keberadaan_kpm": "ditemukan",
    "penyalur": "bni",
    "kks_kondisi": "tertelan_atm",
    "tanggal_kunjungan": "2026-11-18",
}
REFUSED = (
    Problem(code="kunci_data_salah"),
    Problem(code="kunci_data_tanpa_kunjungan"),
    Problem(code="parameter_salah", values={"nama": "jumlah"}),
    Problem(code="kursor_tidak_dikenal"),
    Problem(code="kunci_data_terlalu_sering", values={"batas": "60", "detik": "12"}),
)


def main(arguments: list[str]) -> int:
    """Write the page anew, or say whether it is current."""
    parser = argparse.ArgumentParser(prog="python -m server.api_docs", description="contoh di docs/api.md")
    parser.add_argument("--check", action="store_true", help="hanya periksa")
    path = ROOT / PAGE
    present = path.read_text("utf-8")
    wanted = page_with(present, render())
    if parser.parse_args(arguments).check:
        return 0 if present == wanted else 1
    path.write_text(wanted, "utf-8")
    return 0


def page_with(page: str, examples: str) -> str:
    """Put the examples between their marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{examples}{END}{rest.partition(END)[2]}"


def render() -> str:
    """Write every example."""
    text = load_text()
    presenter = Presenter(load_workflows())
    shown = [_page(presenter, kind, named=False) for kind in RECORDS]
    shown.insert(1, _page(presenter, "warga", named=True))
    shown.append(_visit_page(text))
    return "\n".join(["", *shown, *_refusals(text), *_fields(text), ""])


def _page(presenter: Presenter, kind: PartKind, *, named: bool) -> str:
    row = PartRow(seq=41_207, id=RecordId("b1" * 16), body=encode(RECORDS[kind]))
    shown = presenter.show(kind, row, named=named)
    gone = ["c4" * 16] if kind == "warga" and not named else []
    page = PAGES[kind](data=[shown], hilang=gone, lanjut=f"41207-{TAG}", masih=False)  # type: ignore[list-item]
    return _example(kind, ", dengan kunci untuk nama" if named else "", page)


def _visit_page(text: Text) -> str:
    forms = load_forms()
    presenter = VisitPresenter(forms, text)
    body = Submit(
        visit=RecordId("d5" * 16),
        follows=None,
        subject=RecordId("b1" * 16),
        form="bpnt_kpm",
        forms={
            "bpnt_kpm": FormAnswers(version=1, answers=ANSWERS),
            "kks_masalah": FormAnswers(version=1, answers={"jenis_masalah": "kks_tertelan"}),
        },
        evidence=[],
        place=None,
        tugas=None,
    )
    record = Record(id=body.visit, kind="kunjungan", head=None, fields=VISIT)
    shown = presenter.show(record, body, presenter.forms_of(["bpnt"]), named=False)
    assert shown is not None
    page = KunjunganPage(data=[shown], hilang=[], lanjut=f"41207-{TAG}", masih=False)
    return _example("kunjungan", ", dengan kunci untuk kunjungan", page)


def _example(kind: str, more: str, page: object) -> str:
    body = msgspec.json.format(msgspec.json.encode(page), indent=1).decode()
    return f"**`GET /api/v1/data/{kind}`**{more}\n\n```json\n{body}\n```\n"


def _refusals(text: Text) -> list[str]:
    lines = ["| status | kode | kalimatnya |", "|---|---|---|"]
    for problem in REFUSED:
        told = msgspec.json.decode(problem_json(problem, text))
        lines.append(f"| {status_of(problem)} | `{problem.code}` | {told['detail']} |")
    return ["**Penolakan** (`application/problem+json`, RFC 9457)\n", *lines, ""]


def _fields(text: Text) -> list[str]:
    parts: dict[str, Any] = described(text)["components"]["schemas"]
    lines: list[str] = []
    for name in ("Warga", "Ewarong", "Kasus", "Kunjungan"):
        lines += [f"**{name}**", "", "| isian | arti |", "|---|---|"]
        for field, about in parts[name]["properties"].items():
            lines.append(f"| `{field}` | {about.get('description', '')} |")
        lines.append("")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
