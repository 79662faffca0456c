"""What a check against a printed sheet came to, in words. Rule: each answer says what to do next."""

from collections.abc import Mapping
from typing import assert_never

from schemas import format as written
from schemas.text import Text
from server.proof.head import Mistyped, Other, Same, Shorter, Unknown, Verdict

TEXTS = "lembar_harian.hasil"


def said(verdict: Verdict, text: Text) -> tuple[str, str]:
    """Return a title and a sentence."""
    number = written.number
    values: Mapping[str, object] = {}
    match verdict:
        case Same():
            key, values = "sama", {"nomor": number(verdict.number), "terbaru": number(verdict.newest)}
        case Other():
            key = "lain"
            values = {
                "nomor": number(verdict.number),
                "cocok": number(verdict.agreed),
                "mulai": number(verdict.agreed + 1),
            }
        case Shorter():
            key, values = "pendek", {"nomor": number(verdict.number), "terbaru": number(verdict.newest)}
        case Unknown():
            key = "tidak_ada"
        case Mistyped():
            key, values = "salah_ketik", {"kata": ", ".join(verdict.words[:5]) or "–"}
        case _:
            assert_never(verdict)
    return text(f"{TEXTS}.{key}", **values), text(f"{TEXTS}.{key}_arti", **values)
