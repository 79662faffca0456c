"""Codes of a second factor, by time. Rule: pure; who asks keeps the secret, the last step and the tries.

RFC 6238 with HMAC-SHA1, six digits and steps of 30 seconds, as every authenticator app reads it; a code of
the step before or after is taken too, as clocks are a little off. A step that was used once is over.
"""

import base64
import hmac
from hashlib import sha1, sha256
from urllib.parse import quote, urlencode

SECRET_BYTES = 20
DIGITS = 6
STEP_MS = 30_000
DRIFT_STEPS = 1
AHEAD_STEPS = 10
"""A step that lies further ahead was used while the clock was; it bars nobody until that day."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""Of each recovery code: 80 bits, sixteen letters and digits."""


def step_of(now_ms: int) -> int:
    """Return the time step of a UTC time in milliseconds."""
    return now_ms // STEP_MS


def code_at(secret: bytes, step: int) -> str:
    """Return the six digits of one step (RFC 4226, section 5.3)."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, typed: str, now_ms: int, last_step: int) -> int | None:
    """Return the step that a typed code belongs to, None when it fits none that is still to be used.

    `last_step` is the newest step that was used: neither it nor an earlier one is taken again.
    """
    code, now = "".join(typed.split()), step_of(now_ms)
    if last_step > now + AHEAD_STEPS:
        last_step = -1
    found: int | None = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        fits = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if fits and step > last_step:
            found = step
    return found


def provisioning(secret: bytes, issuer: str, account: str) -> str:
    """Return the text of the QR code that an authenticator app reads (Key URI Format)."""
    label = quote(f"{issuer}:{account}", safe="")
    values = {"secret": secret_text(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_MS // 1000}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def secret_text(secret: bytes) -> str:
    """Return a secret as it is typed where no camera is: base32 without filling."""
    return base64.b32encode(secret).decode().rstrip("=")


def recovery_codes(randomness: bytes) -> tuple[str, ...]:
    """Cut one-use codes from 100 random bytes. Raises ValueError for another length."""
    if len(randomness) != RECOVERY_CODES * RECOVERY_BYTES:
        raise ValueError("recovery codes need 100 random bytes")
    pieces = (
        base64.b32encode(randomness[at : at + RECOVERY_BYTES]).decode()
        for at in range(0, len(randomness), RECOVERY_BYTES)
    )
    return tuple("-".join(piece[at : at + 4] for at in range(0, 16, 4)) for piece in pieces)


def recovery_hash(typed: str) -> bytes:
    """Return what is kept of a recovery code; case, dashes, and 0 for O or 1 for I do not count."""
    bare = "".join(sign for sign in typed.upper() if sign.isalnum()).replace("0", "O").replace("1", "I")
    return sha256(b"sambang recovery v1\0" + bare.encode()).digest()
