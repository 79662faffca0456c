"""What a scanned code is taken for. Rule: a code only ever fills what she could have typed there; anything
else is refused by a sentence, and opens, sends and changes nothing.
"""

from collections.abc import Callable, Mapping

from field_app.home import LONG_NUMBER
from field_app.views import Refused
from field_app.wraps import read_code
from schemas.addresses import read_address
from schemas.joining import scanned
from schemas.printed import read_printed

MOST_SIGNS = 400
"""Of a code that is looked at at all; the office's own are shorter than half of it."""
STRANGE = Refused(say="aplikasi.pindai.asing")


def invitation_in(text: str) -> str | Refused:
    """Return the office's address and one-use code, parted by a space, as pasting them fills both fields."""
    said = scanned(text) if _is_plain(text) else None
    return " ".join(said) if said else Refused(say="aplikasi.pindai.bukan_pendaftaran")


def person_in(text: str) -> str | Refused:
    """Return whom a code is about: the office's own code as it is, else the number of 16 digits in it."""
    if not _is_plain(text):
        return STRANGE
    if read_printed(text):
        return text.strip()
    number = LONG_NUMBER.search(text)
    return number.group() if number else Refused(say="aplikasi.pindai.bukan_warga")


def opening_in(text: str) -> str | Refused:
    """Return a code that opens a vault, as it is written."""
    code = text.strip()
    return code if _is_plain(text) and read_code(code) else Refused(say="aplikasi.pindai.bukan_pembuka")


def address_in(text: str) -> str | Refused:
    """Return an address of the office, with the signature that stands beside it."""
    is_one = _is_plain(text) and "://" in text and read_address(text) is not None
    return text.strip() if is_one else Refused(say="aplikasi.pindai.bukan_alamat")


PURPOSES: Mapping[str, Callable[[str], str | Refused]] = {
    "daftar": invitation_in,
    "cari": person_in,
    "pembuka": opening_in,
    "alamat": address_in,
}
"""What is scanned for -> what a code is then taken for; the names are those of the texts."""


def _is_plain(text: str) -> bool:
    """Whether a text is at most one short line, without signs that are not seen."""
    return len(text) <= MOST_SIGNS and text.isprintable()
