"""What a custody report says. Rule: plain JSON types only, so that thirty lines of Python read it anywhere.

Bytes that are names or keys stand as hexadecimal, links and contents as base64. Times are UTC milliseconds.
Each section's SHA-256 stands in the seal, which the office signs: an altered byte is one of a named section.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from schemas.base import Data
from schemas.office_keys import KeyTurn


class TurnOf(Data, frozen=True, kw_only=True):
    """Where the office's chain got another key: link, content, and the signature of the key before."""

    link: str
    content: str
    signature: str


class OfficeOf(Data, frozen=True, kw_only=True):
    """Whose report it is; `key` is the Ed25519 key that signs the office's chain.

    `turns` lead to it from each key that the chain had before, for whoever has a sheet with one of those.
    """

    name: str
    regency: str
    device: str
    key: str
    turns: tuple[TurnOf, ...] = ()


class PhotoOf(Data, frozen=True, kw_only=True):
    """One blob that a version names."""

    sha256: str
    size_bytes: int
    media_type: str
    field: str


class Act(Data, frozen=True, kw_only=True):
    """Something that was done: its change, its place in a chain, by whom, and its times as bounds.

    `about` is the visit, or the device that joined. `not_before_ms` is when the office made the head that the
    device had seen (0: it had seen none), `not_after_ms` when the change was received. `content` is empty
    where only the hash is told.
    """

    kind: str
    change: str
    device: str
    counter: int
    about: str
    by: str
    not_before_ms: int
    not_after_ms: int
    content: str
    photos: tuple[PhotoOf, ...] = ()


class DeviceOf(Data, frozen=True, kw_only=True):
    """A phone that wrote a version or witnessed it; `key` is that which the office's chain gives it."""

    device: str
    person: str
    key: str


class Chain(Data, frozen=True, kw_only=True):
    """Links of one device without a gap, up to a signed head."""

    device: str
    links: tuple[str, ...]
    head: str
    signature: str


class Witness(Data, frozen=True, kw_only=True):
    """A phone's link that names a head of the office's chain: that much it had been shown, and signed for."""

    device: str
    counter: int
    seen: str
    office_counter: int


class Contradiction(Data, frozen=True, kw_only=True):
    """A head that a phone was shown and that is not in the office's chain."""

    device: str
    head: str
    noticed_ms: int


class CopyOf(Data, frozen=True, kw_only=True):
    """A verified copy that was begun after the newest version came in."""

    medium: str
    number: int
    begun_ms: int
    verified_ms: int


class Report(Data, frozen=True, kw_only=True):
    """All of it. `contents` is `isi` (with answers), `sidik` (hashes only) or `tersegel` (a sealed visit)."""

    format: int
    office: OfficeOf
    visit: str
    state: str
    contents: str
    made_ms: int
    people: dict[str, str]
    acts: tuple[Act, ...]
    devices: tuple[DeviceOf, ...]
    chains: tuple[Chain, ...]
    witnesses: tuple[Witness, ...]
    contradictions: tuple[Contradiction, ...]
    backups: tuple[CopyOf, ...]

    @property
    def photos(self) -> tuple[PhotoOf, ...]:
        """Every blob that any version names, each once."""
        return tuple({photo.sha256: photo for act in self.acts for photo in act.photos}.values())


def write_report(report: Report, attest: Callable[[bytes], bytes]) -> bytes:
    """Write the file. `attest` signs a digest with the office's key."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    sections = {name: sha256(_canonical(value)).hexdigest() for name, value in told.items()}
    signature = attest(sha256(_canonical(sections)).digest()).hex()
    whole = {"report": told, "seal": {"sections": sections, "signature": signature}}
    return _written(whole)


def write_list(files: Mapping[str, str], attest: Callable[[bytes], bytes]) -> bytes:
    """Write the list of a package: the SHA-256 (hex) of each file by its name, signed by the office.

    What is signed has one name, and its value is no text as that of a section: neither stands for the other.
    """
    listed = {"berkas": dict(files)}
    signature = attest(sha256(_canonical(listed)).digest()).hex()
    return _written({**listed, "tanda_tangan": signature})


def turns_of(turns: Iterable[KeyTurn]) -> tuple[TurnOf, ...]:
    """Write turns of the office's key as plain JSON types."""
    return tuple(
        TurnOf(
            link=b64encode(turn.link).decode(),
            content=b64encode(turn.content).decode(),
            signature=turn.signature.hex(),
        )
        for turn in turns
    )


def _written(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
