"""One form from its TOML: blocks included, every mistake named with its file and field.

One rule: a form that leaves here is whole (targets exist, codes are known, no field is lost or shown twice),
so nobody downstream checks again. FormError says what is broken in a definition; it is ours, never a user's.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from schemas.form_audit import mistakes_in
from schemas.form_mistakes import FormError, Mistake, mistake, shape_mistake, toml_mistake
from schemas.form_types import Field, Form, Opens, Page, Privacy, Service, Subject

T = TypeVar("T")
_FIELD: Any = Field


class Include(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A block that comes into a form, but for the fields named in `without`."""

    block: str
    version: int
    without: tuple[str, ...] = ()


class BlockFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A block as it stands in its file; fields are decoded singly, so that a mistake can name its field."""

    id: str
    version: int
    pages: tuple[Page, ...]
    fields: dict[str, dict[str, Any]]


class FormFile(BlockFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form as it stands in its file."""

    title: str
    service: Service
    subject: Subject
    filled_by: tuple[str, ...]
    privacy: Privacy
    include: tuple[Include, ...] = ()
    opens: tuple[Opens, ...] = ()
    annex: bool = False


def form_hash(raw: Mapping[str, Any], blocks: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 (hex) of a form's content with its blocks: comments and line breaks do not count."""
    content = json.dumps([raw, *blocks], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def read_form(text: str, file: str, block: Callable[[str], dict[str, Any]]) -> Form:
    """Read one form from TOML; `block(name)` gives what an included block's file holds.

    Raises FormError with every mistake found, each beginning with the file's name.
    """
    raw = read_toml(text, file)
    head = _convert(raw, FormFile, file)
    holds = f"{head.id}.{head.version}"
    mistakes = [] if f"{holds}.toml" == file else [mistake("isi_berkas", holds=holds).of(file)]
    fields: dict[str, Field] = {}
    pages: list[Page] = list(head.pages)
    first: list[Page] = []
    raw_blocks: list[dict[str, Any]] = []
    for include in head.include:
        name = f"{include.block}.{include.version}.toml"
        raw_block = block(name)
        raw_blocks.append(raw_block)
        read = _convert(raw_block, BlockFile, name)
        unknown = sorted(set(include.without) - read.fields.keys())
        mistakes += [mistake("blok_tanpa_isian", block=name, field=field).of(file) for field in unknown]
        # Whatever class a block gives its fields, in a secret form they are secret.
        secret = {"privacy": head.privacy} if head.privacy == "rahasia" else dict[str, Any]()
        kept = {key: value | secret for key, value in read.fields.items() if key not in include.without}
        _read_fields(kept, fields, {"privacy": head.privacy, "block": read.id}, name, mistakes)
        for page in _pages_without(read.pages, include.without):
            (pages if page.last else first).append(page)
    _read_fields(head.fields, fields, {"privacy": head.privacy}, file, mistakes)
    if mistakes:
        raise FormError(mistakes)
    pages = first + pages
    in_order = {name: fields[name] for page in pages for name in page.fields if name in fields}
    form = Form(
        id=head.id,
        version=head.version,
        title=head.title,
        service=head.service,
        subject=head.subject,
        filled_by=head.filled_by,
        privacy=head.privacy,
        pages=tuple(pages),
        fields=in_order | fields,
        opens=head.opens,
        annex=head.annex,
        sha256=form_hash(raw, raw_blocks),
    )
    mistakes = [found.of(file) for found in mistakes_in(form)]
    if mistakes:
        raise FormError(mistakes)
    return form


def read_toml(text: str, file: str) -> dict[str, Any]:
    """What a TOML text holds. Raises FormError naming the file."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError([toml_mistake(error).of(file)]) from None


def _convert(raw: dict[str, Any], kind: type[T], file: str) -> T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise FormError([shape_mistake(error).of(file)]) from None


def _read_fields(
    raw: Mapping[str, dict[str, Any]],
    into: dict[str, Field],
    given: Mapping[str, Any],
    file: str,
    mistakes: list[Mistake],
) -> None:
    for name, members in raw.items():
        if name in into:
            mistakes.append(mistake("juga_dari_blok").within("field", name).of(file))
            continue
        try:
            into[name] = msgspec.convert(_spelled_out(name, dict(given) | members), _FIELD)
        except msgspec.ValidationError as error:
            mistakes.append(shape_mistake(error).within("field", name).of(file))


def _spelled_out(name: str, members: dict[str, Any]) -> dict[str, Any]:
    """Turn the short spelling of TOML (tables by code and by column) into lists with the names inside."""
    full: dict[str, Any] = {"name": name, **members}
    options, columns = full.get("options"), full.get("columns")
    if isinstance(options, dict):
        labels = cast("dict[str, Any]", options)
        full["options"] = [{"code": code, "label": label} for code, label in labels.items()]
    if isinstance(columns, dict):
        inner = cast("dict[str, dict[str, Any]]", columns)
        inherited = {key: full.get(key) for key in ("privacy", "block", "filled_by", "source") if key in full}
        full["columns"] = [_spelled_out(column, inherited | dict(raw)) for column, raw in inner.items()]
    return full


def _pages_without(pages: Iterable[Page], without: tuple[str, ...]) -> list[Page]:
    left = [(page, tuple(name for name in page.fields if name not in without)) for page in pages]
    return [msgspec.structs.replace(page, fields=names) for page, names in left if names]
