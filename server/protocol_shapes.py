"""Writes the shapes of docs/protocol.md: each message as the array that it is, from the Structs themselves.

Rule: nothing is listed twice. What a message names is found by its types, so a new member shows.
"""

from textwrap import wrap
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas import addresses, device_word, handover, office_keys, sealed, sealed_notes, wire
from schemas.base import Message
from sync.chain import Link
from sync.change import Content
from sync.fields import PHONE_FIELDS
from sync.scope import HIDDEN

Shape = type[Message]

GROUPS: tuple[tuple[str, tuple[Shape, ...]], ...] = (
    ("POST /api/sync", (wire.SyncRequest, wire.SyncResponse)),
    ("What is hashed", (Link, Content)),
    (
        "POST /api/enrol, /api/enrol/joined",
        (wire.EnrolRequest, wire.Joining, wire.JoinedRequest, wire.JoinedAnswer),
    ),
    (
        "POST /api/login/nonce, /api/login, /api/addresses; GET /api/authority/signed, /api/authority/keys,"
        " /api/addresses",
        (
            wire.NonceRequest,
            wire.Nonce,
            wire.LoginRequest,
            wire.Login,
            wire.SignedAuthority,
            office_keys.OfficeKeys,
            addresses.OfficeAddresses,
            addresses.AddressQuestion,
            addresses.AddressProof,
        ),
    ),
    (
        "POST /api/device, /api/device/wipe",
        (
            device_word.DeviceReport,
            device_word.DeviceOrders,
            device_word.WipeOrder,
            device_word.WipeWord,
            device_word.WipeHeard,
        ),
    ),
    (
        "Hand-over files; POST /api/handover/key",
        (
            handover.Header,
            *get_args(handover.Record),
            handover.OfficeKeyRequest,
            handover.OfficeKey,
        ),
    ),
    (
        "Sealed cases",
        (
            sealed.UnitKey,
            sealed.Opening,
            sealed.Answers,
            sealed.Piece,
            sealed_notes.Reasons,
            sealed_notes.Assignment,
            sealed_notes.StepAnswers,
            sealed_notes.Purpose,
        ),
    ),
)
"""Where each stands for the first time; what they name follows them there."""

PLAIN: dict[Any, str] = {str: "str", bytes: "bin", int: "int", float: "float", bool: "bool", Any: "any"}
WIDTH = 104
SAID = (
    "## Shapes",
    "Each message is an array of its members in this order. `?`: one of an older program may end before it;",
    "whoever writes says it. `DeviceId`, `PersonId` and `RecordId` are `str` of 32 hexadecimal digits in",
    "lower case (of a new record a UUIDv7), `BlobId` of 64, a SHA-256; `ChangeId` and `LinkHash` are `bin`",
    "of 32 bytes, `Part` and `Regency` `str`; what ends in `_ms` is in milliseconds, places in degrees and",
    "metres. A row's `body` is the MessagePack of a map of names to values.",
)


def render() -> str:
    """Return the section of shapes."""
    shown: set[Shape] = set()
    lines = list[str]()
    for title, shapes in GROUPS:
        found = [each for shape in shapes for each in _named_by(shape, shown)]
        lines += ["", title, *(line for each in found for line in _wrapped(shape_of(each)))]
    lines += ["", "What a phone may set"]
    for kind, fields in PHONE_FIELDS.items():
        lines += _wrapped(f"{kind}: {', '.join(sorted(fields))}")
    lines += ["", "What a reduced warga lacks", *_wrapped(", ".join(sorted(HIDDEN)))]
    return "\n".join([*SAID, "", "```text", *lines[1:], "```", "", ""])


def shape_of(shape: Shape) -> str:
    """Write one message: its name, and the array with the types of its members."""
    hints = get_type_hints(shape)
    required = {field.name for field in msgspec.structs.fields(shape) if field.required}
    members = [f"{name}{'' if name in required else '?'}: {_type(hints[name])}" for name in _members(shape)]
    tag = shape.__struct_config__.tag
    tagged = [f'"{tag}"'] if tag else []
    return f"{shape.__name__} = [{', '.join([*tagged, *members])}]"


def _named_by(shape: Shape, shown: set[Shape]) -> list[Shape]:
    """Return the message and, behind it, those that it is the first to name."""
    if shape in shown:
        return []
    shown.add(shape)
    hints = get_type_hints(shape)
    inner = [each for name in _members(shape) for each in _messages(hints[name])]
    return [shape, *(found for each in inner for found in _named_by(each, shown))]


def _members(shape: Shape) -> tuple[str, ...]:
    return shape.__struct_fields__


def _messages(kind: Any) -> list[Shape]:
    """Return the messages that a type speaks of."""
    if isinstance(kind, type) and issubclass(kind, Message):
        return [kind]
    return [found for each in get_args(kind) for found in _messages(each)]


def _type(kind: Any) -> str:
    """Write a type as a reader of MessagePack needs it."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, NewType) or (isinstance(kind, type) and issubclass(kind, Message)):
        return kind.__name__
    inner = get_args(kind)
    match get_origin(kind):
        case origin if origin in (list, tuple):
            return f"[{_type(inner[0])}, …]"
        case origin if origin is dict:
            return f"{{{_type(inner[0])}: {_type(inner[1])}, …}}"
        case origin if origin is Literal:
            return " | ".join(f'"{each}"' for each in inner)
        case origin if origin in (Union, UnionType):
            return " | ".join("null" if each is NoneType else _type(each) for each in inner)
        case _:
            raise TypeError(f"no way to write {kind!r}")


def _wrapped(text: str) -> list[str]:
    """Break a line between its members, never within one."""
    held = text.replace(": ", ":\0").replace(", …", ",\0…")
    lines = wrap(held, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]
