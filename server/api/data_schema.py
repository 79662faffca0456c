"""The data API described as OpenAPI 3.1. Rule: made of the types that are sent, so it says no other."""

from typing import Any

import msgspec

from schemas.problem import MEDIA_TYPE, ProblemDetails
from schemas.text import Text
from server.services.data_api import CALLS_A_MINUTE, CURSOR, KINDS, MOST_ROWS, PAGES, ROWS, START, Kind

VERSION = "1.0.0"
TITLE = "Sambang: data untuk sistem lain"
FORBIDDEN = 403
REFUSALS = {
    400: "Parameter salah",
    401: "Kunci data tidak ada, salah, lewat, atau diakhiri",
    FORBIDDEN: "Kunci data ini tidak untuk kunjungan",
    409: "Riwayat itu tidak ada lagi; mulai dari awal",
    429: f"Lebih dari {CALLS_A_MINUTE} panggilan per menit",
}


def described(text: Text) -> dict[str, Any]:
    """Return the whole description."""
    pages = [PAGES[kind] for kind in KINDS]
    _, parts = msgspec.json.schema_components(
        [*pages, ProblemDetails], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": text("kunci_data.tentang")},
        "paths": {f"/api/v1/data/{kind}": {"get": _operation(kind, text)} for kind in KINDS},
        "components": {
            "schemas": parts,
            "securitySchemes": {"kunci": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"kunci": []}],
    }


def _operation(kind: Kind, text: Text) -> dict[str, Any]:
    page = {"$ref": f"#/components/schemas/{PAGES[kind].__name__}"}
    tag = {"ETag": {"schema": {"type": "string"}, "description": "Sidik jawaban ini"}}
    refusals = {
        str(status): _refusal(status, said)
        for status, said in REFUSALS.items()
        if status != FORBIDDEN or kind == "kunjungan"
    }
    return {
        "operationId": kind,
        "summary": text(f"kunci_data.jenis.{kind}"),
        "parameters": [
            {
                "name": "sesudah",
                "in": "query",
                "description": "Nilai `lanjut` dari jawaban sebelumnya; kosong untuk mulai dari awal",
                "schema": {"type": "string", "pattern": CURSOR, "default": START},
            },
            {
                "name": "jumlah",
                "in": "query",
                "description": "Baris dalam satu halaman, kira-kira",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": ROWS},
            },
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "ETag yang sudah dimiliki",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {
                "description": "Satu halaman",
                "headers": tag,
                "content": {"application/json": {"schema": page}},
            },
            "304": {"description": "Sama dengan yang sudah dimiliki", "headers": tag},
            **refusals,
        },
    }


def _refusal(status: int, said: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    found: dict[str, Any] = {"description": said, "content": {MEDIA_TYPE: {"schema": schema}}}
    if status == 429:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Detik"}}
    return found
