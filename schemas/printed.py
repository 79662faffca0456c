"""The code that stands as a QR on what the office prints. Rule: it names a row by its id and says nothing of
whom it is about: never a NIK, a name or a place.
"""

import re

from schemas.ids import RecordId

CODE = re.compile(r"SAMBANG:(WARGA|TUGAS):([0-9A-F]{32})")


def printed_code(kind: str, record: RecordId) -> str:
    """Return the code of a warga or a tugas, in the capitals that make a QR small."""
    return f"SAMBANG:{kind}:{record}".upper()


def read_printed(text: str) -> tuple[str, RecordId] | None:
    """Return kind (warga, tugas) and id of a printed code, None for any other text."""
    found = CODE.fullmatch(text.strip().upper())
    return (found[1].lower(), RecordId(found[2].lower())) if found else None
