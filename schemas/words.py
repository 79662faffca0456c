"""Short words that people compare and type instead of hexadecimal digits. Rule: the list never changes.

1,024 everyday Indonesian words of four to eight letters, so each stands for ten bits; no two differ by one
letter only, or by two that changed places: one misheard or mistyped is then no other word. Four compare a
phone with the office, eight are the fingerprint of a unit's identity, five and more make a passphrase.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

DATA = Path(__file__).parent / "data" / "kata.txt"
BITS = 10
COUNT = 1 << BITS
ENROLMENT_WORDS = 4
UNIT_WORDS = 8
PASSPHRASE_WORDS = 6
"""As many are proposed for a passphrase: 60 bits, before Argon2id."""
LEAST_PASSPHRASE_WORDS = 5
UNIT_DOMAIN = b"sambang unit identity v1"


@lru_cache(maxsize=1)
def word_list() -> tuple[str, ...]:
    """Return all words, in alphabetical order."""
    return tuple(DATA.read_text("utf-8").split())


def words_of(domain: bytes, data: bytes, count: int) -> tuple[str, ...]:
    """Return the words that stand for some bytes: the first bits of SHA-256 over domain and data.

    Raises ValueError for more than 25 words.
    """
    if not 1 <= count <= 25:
        raise ValueError("one to 25 words")
    bits = int.from_bytes(sha256(domain + b"\0" + data).digest(), "big")
    return tuple(word_list()[bits >> (256 - BITS * place) & (COUNT - 1)] for place in range(1, count + 1))


def unit_words(identity: bytes) -> tuple[str, ...]:
    """Return the fingerprint of a unit's identity (32 bytes): what hangs on paper and what phones show."""
    return words_of(UNIT_DOMAIN, identity, UNIT_WORDS)


def propose(randomness: bytes) -> tuple[str, ...]:
    """Return a passphrase from random bytes, two for each word. Raises ValueError for too few."""
    if len(randomness) < 2 * LEAST_PASSPHRASE_WORDS:
        raise ValueError("two random bytes for each of five words or more")
    pairs = (randomness[at : at + 2] for at in range(0, len(randomness) - 1, 2))
    return tuple(word_list()[int.from_bytes(pair, "big") & (COUNT - 1)] for pair in pairs)


def tidy(typed: str) -> tuple[str, ...]:
    """Return the words somebody typed: in lower case, whatever stood between them."""
    return tuple("".join(sign if sign.isalpha() else " " for sign in typed.casefold()).split())


def unknown(typed: str) -> tuple[str, ...]:
    """Return those of the typed words that are not in the list: most likely mistyped."""
    known = set(word_list())
    return tuple(word for word in tidy(typed) if word not in known)
