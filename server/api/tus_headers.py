"""Headers of tus 1.0 (tus.io/protocols/resumable-upload). Rule: read once, strictly, into plain values."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from schemas.format import LAST_MS
from schemas.problem import Problem
from server.upload_store import Upload

VERSION = "1.0.0"
CHUNK_TYPE = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS: dict[str, Callable[[], Any]] = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
"""SHA-1 is what the tus specification asks every server to know; the whole file is always held to SHA-256."""
USUAL_PORTS = {"http": 80, "https": 443}
BEGUN = "begun"
"""A key of Upload-Metadata, without a value: whoever says it reads Upload-Offset in the answer."""
BETWEEN = ("via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
"""What somebody adds who speaks HTTP between us and whoever asks."""


def number(value: str | None) -> int | None:
    """Return a header's whole number of at most 15 digits, None for anything else."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 15 else None


def has_bytes(method: str, headers: dict[str, str]) -> bool:
    """Say whether a request carries bytes of a file; a creation without a body has none, of whatever type."""
    empty_creation = method == "POST" and headers.get("content-length") == "0"
    return method in ("POST", "PATCH") and headers.get("content-type") == CHUNK_TYPE and not empty_creation


def announced_hash(metadata: str | None) -> str | None:
    """Return the SHA-256 that Upload-Metadata names, as 64 hexadecimal digits."""
    for pair in (metadata or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "sha256":
            try:
                return base64.b64decode(value, validate=True).decode("ascii").lower()
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None


def asks_for_begun(metadata: str) -> bool:
    """Say whether a creation asks for what its device began or finished of the file before.

    Others know no other beginning than the first byte, and would go on from there for ever.
    """
    return BEGUN in (pair.strip() for pair in metadata.split(","))


def checksum(header: str | None) -> tuple[Any, bytes] | Problem | None:
    """Return hasher and expected digest of Upload-Checksum, None without one."""
    if header is None:
        return None
    name, _, value = header.partition(" ")
    make = ALGORITHMS.get(name)
    if make is None:
        return Problem(code="unggah_checksum_tidak_dikenal")
    try:
        return make(), base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        return Problem(code="unggah_checksum_tidak_dikenal")


def origin(scope: Any, headers: dict[str, str]) -> str:
    """Return scheme and name of the office where whoever asked is sure to come by them again; else empty.

    Not every client can read a Location that is only a path (RFC 9110, 10.2.2), and a path is always right:
    behind a proxy that is not ours or said no scheme, and where nobody named the port that we listen at.
    """
    scheme, host = scope["scheme"], headers.get("host", "")
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        return ""
    if any(each in headers for each in BETWEEN):
        is_sure = headers.get("x-forwarded-proto") == scheme
    else:
        is_sure = port is not None or (scope["server"] or ("", 0))[1] == USUAL_PORTS[scheme]
    return f"{scheme}://{host}" if host and is_sure else ""


def about(upload: Upload, offset: int) -> dict[str, str]:
    """Return the headers that tell where an upload stands."""
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size_bytes)}
    if not upload.done:
        headers["Upload-Expires"] = formatdate(min(upload.expires_ms, LAST_MS) / 1000, usegmt=True)
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return headers
