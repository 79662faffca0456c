"""Pages of a database file, as bytes. Rule: they say whether a key is the wrong one or the file is damaged.

SQLCipher looks at the first page only, and calls both the same. Each page ends with an HMAC of its own;
format: zetetic.net/sqlcipher/design.
"""

import hmac
from hashlib import pbkdf2_hmac
from pathlib import Path

PAGE_BYTES, SALT_BYTES, HMAC_BYTES = 4096, 16, 64
SALT_MASK, ROUNDS = 0x3A, 2
MOST_PAGES = 1000


def is_of_another_key(path: Path, key: bytes) -> bool:
    """Say whether a database that a raw key (32 bytes) does not open is under another, and not damaged.

    Looks for one page that is whole under the key; in a large file, among pages all over it. Where only the
    salt at the file's beginning was changed, another key and damage cannot be told apart: this says yes.
    Raises OSError.
    """
    with path.open("rb") as file:
        salt = file.read(SALT_BYTES)
        if not any(salt):
            return False  # emptied, or nothing but zeros
        count = path.stat().st_size // PAGE_BYTES
        mac_key = pbkdf2_hmac("sha512", key, bytes(each ^ SALT_MASK for each in salt), ROUNDS, len(key))
        for number in range(0, count, count // MOST_PAGES + 1):
            file.seek(number * PAGE_BYTES)
            page = file.read(PAGE_BYTES)[0 if number else SALT_BYTES :]
            told = hmac.digest(mac_key, page[:-HMAC_BYTES] + (number + 1).to_bytes(4, "little"), "sha512")
            if hmac.compare_digest(told, page[-HMAC_BYTES:]):
                return False
    return True
