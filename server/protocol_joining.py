"""The example of docs/protocol.md about joining. Rule: as in protocol_docs.py, nothing is random."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.joining import Parties, code_hash, commitment, invitation

TOKEN = b"\x01\x02\x03\x04\x05"
HANDOVER_KEY, CHALLENGE, OPENING = b"\x11" * 32, b"\x12" * 32, b"\x13" * 32
"""Public halves and secrets are bytes like any other here: nothing of it is opened."""


def example(device_key: Ed25519PrivateKey, office_key: Ed25519PrivateKey) -> list[tuple[str, str]]:
    """Return what a phone comes to that joins with a typed code, without an authority: name and value."""
    code = invitation(TOKEN, b"")
    parties = Parties(
        office_key=office_key.public_key().public_bytes_raw(),
        authority=b"",
        public_key=device_key.public_key().public_bytes_raw(),
        handover_key=HANDOVER_KEY,
        code=code_hash(code.token),
        challenge=CHALLENGE,
        opening=OPENING,
    )
    return [
        ("typed", code.typed()),
        ("code", f'"{code.token}"'),
        ("commitment", commitment(OPENING).hex()),
        ('SHA-256("code\\0" + code)', code_hash(code.token).hex()),
        ("signs", parties.signed().hex()),
        ("signature", device_key.sign(parties.signed()).hex()),
        ("words", " ".join(parties.words())),
    ]
