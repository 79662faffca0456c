"""The page about the forms, drawn from their TOML: a table for each page, the shared blocks once.

One rule: nothing on the page is written by hand, except how an answer of each kind of field looks.
"""

from collections.abc import Iterable, Iterator, Mapping

from schemas.form import (
    Angka,
    Berkas,
    Condition,
    Field,
    Form,
    Forms,
    Foto,
    Multi,
    Rujukan,
    Tabel,
    Teks,
    TeksPanjang,
    Turunan,
    Wilayah,
    load_forms,
)
from schemas.text import Text, load_text

_HEAD = """# Forms

Drawn from `schemas/forms/*.toml` and `schemas/blocks/*.toml` by `make docs`; do not edit. Sources: S1–S3 are
the office's service standards, Cnn other published sources, J is judgement that the office should confirm.

A field that is not seen is neither missing nor exported. What is required may be passed over with a reason,
unless it says *always*. Only what is filled in at *lapangan* (in the field) counts as missing there; *kantor*
is the office, *impor* a list of the office, *perangkat* the device. When a visit met nobody, nothing outside
the blocks *kunjungan* and *kunjungan_usaha* is required. In a form that is *rahasia* every field is, the
blocks' fields too.

## How an answer looks

| type | value |
|---|---|
| teks, teks_panjang | text |
| angka | a number |
| uang | whole rupiah |
| tanggal, bulan, jam | `"2026-11-21"`, `"2026-11"`, `"14:30"` |
| pilihan, multi | the code of an option; a list of codes |
| yatidak | true or false |
| wilayah | the region's code, `"33.14.01.2001"` |
| rujukan | the id of another thing |
| foto, berkas | a list of SHA-256 of blobs, 64 hexadecimal digits each |
| tanda_tangan | the SHA-256 of a blob |
| gps | `{"lat", "lng", "accuracy_m", "at": UTC ms, "mock": bool}` |
| tabel | a list of rows, each a map of column to value |
| turunan | computed by `schemas/derive.py`, never typed |
| any, passed over | `{"skipped": "the reason"}` |
"""


def render(forms: Forms | None = None, text: Text | None = None) -> dict[str, str]:
    """Give the page as {path in the repository: Markdown}; by default of the shipped forms and words."""
    all_forms, words = (forms or load_forms()).all(), text or load_text()
    blocks = _blocks(all_forms)
    lines = [_HEAD, "## Contents\n"]
    lines += [f"- [block {name}](#block-{name})" for name in blocks]
    lines += [f"- [{form.title}](#{form.id})" for form in all_forms]
    for name, form in blocks.items():
        lines.append(f"\n## block {name}")
        lines += _pages(form, name, words)
    for form in all_forms:
        lines += _form(form, blocks, words)
    return {"docs/forms.md": "\n".join(lines).rstrip() + "\n"}


def _blocks(forms: Iterable[Form]) -> dict[str, Form]:
    """Each block's name with the form that holds most of it."""
    fullest: dict[str, Form] = {}
    for form in forms:
        for name in {field.block for field in form.fields.values() if field.block}:
            if name not in fullest or len(_of(form, name)) > len(_of(fullest[name], name)):
                fullest[name] = form
    return dict(sorted(fullest.items(), reverse=True))


def _of(form: Form, block: str) -> dict[str, Field]:
    return {name: field for name, field in form.fields.items() if field.block == block}


def _form(form: Form, blocks: Mapping[str, Form], words: Text) -> Iterator[str]:
    yield f"\n## {form.id}\n"
    start = "" if form.startable else ", opened by another form"
    roles = ", ".join(words(f"peran.{role}") for role in form.filled_by)
    yield (
        f"{form.title}. Version {form.version}, service `{form.service}`, about `{form.subject}`, "
        f"privacy `{form.privacy}`{start}. Filled in by {roles}."
    )
    for name, whole in blocks.items():
        if here := _of(form, name):
            left = [f"`{field}`" for field in _of(whole, name) if field not in here]
            yield f"\nBlock [{name}](#block-{name})" + (f", without {', '.join(left)}." if left else ".")
    for opened in form.opens:
        yield f"\nOpens [{opened.form}](#{opened.form}) when {_condition(opened.when)}."
    yield from _pages(form, "", words)


def _pages(form: Form, block: str, words: Text) -> Iterator[str]:
    for page in form.pages:
        fields = [form.fields[name] for name in page.fields if form.fields[name].block == block]
        if not fields:
            continue
        yield f"\n### {page.title}\n"
        yield "| name | label | type | required | seen when | says | filled in by | privacy | source |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for field in fields:
            yield _row(field, field.name, words)
            if isinstance(field, Tabel):
                yield from (_row(column, f"{field.name}.{column.name}", words) for column in field.columns)


def _row(field: Field, name: str, words: Text) -> str:
    label = f"{field.label} *({field.official})*" if field.official not in ("", field.label) else field.label
    cells = (
        f"`{name}`",
        label + (f"<br>{field.hint}" if field.hint else ""),
        _type(field),
        _required(field),
        _condition(field.visible_when) if field.visible_when else "",
        "<br>".join(_says(field, words)),
        field.filled_by + (", read only" if field.read_only else ""),
        field.privacy or "",
        ", ".join(field.source),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(field: Field) -> str:
    kind = str(field.__struct_config__.tag)
    match field:
        case Teks():
            kind += f", {field.digits} digits" if field.digits else f", up to {field.max_length}"
        case TeksPanjang():
            kind += f", up to {field.max_length}"
        case Angka():
            kind += f", {field.min:g} to {field.max:g}" + (f" {field.unit}" if field.unit else "")
        case Foto() | Berkas():
            kind += f", up to {field.max_count}"
        case Wilayah():
            kind += f", {field.level}"
        case Rujukan():
            kind += f", {field.to}"
        case Turunan():
            kind += f", {field.value} by `{field.compute}`"
        case Multi() if field.exclusive:
            kind += f", alone: {', '.join(field.exclusive)}"
        case _:
            pass
    options = [f"`{option.code}` {option.label}" for option in getattr(field, "options", ())]
    return "<br>".join([kind, *options])


def _required(field: Field) -> str:
    if field.required_when is not None:
        return f"when {_condition(field.required_when)}"
    return ("yes" if field.skippable else "yes, always") if field.required else ""


def _says(field: Field, words: Text) -> Iterator[str]:
    for rule in field.rules:
        yield f"{'blocks' if rule.block else 'warns'} when {_condition(rule.when)}: {words(rule.say)}"
    yield from (f"check `{name}`" for name in field.checks)


def _condition(condition: Condition) -> str:
    if condition.all is not None:
        return " and ".join(_inner(inner) for inner in condition.all)
    if condition.any is not None:
        return " or ".join(_inner(inner) for inner in condition.any)
    if condition.not_ is not None:
        return f"not ({_condition(condition.not_)})"
    return f"`{condition.field}` {_test(condition)}"


def _inner(condition: Condition) -> str:
    text = _condition(condition)
    return f"({text})" if condition.all is not None or condition.any is not None else text


def _test(test: Condition) -> str:
    if test.is_ is not None:
        return f"is {_value(test.is_)}"
    if test.in_ is not None:
        return f"is one of {', '.join(_value(value) for value in test.in_)}"
    if test.answered is not None:
        return "is answered" if test.answered else "is blank"
    if test.future is not None:
        return "lies ahead" if test.future else "does not lie ahead"
    signs = (("has", "has"), ("above", "is above"), ("below", "is below"), ("before", "is before"))
    signs += (("after", "is after"), ("older_days", "is older in days than"))
    signs += (("older_months", "is older in months than"),)
    return next(
        f"{words} {_value(getattr(test, name))}" for name, words in signs if getattr(test, name) is not None
    )


def _value(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return value if isinstance(value, str) else f"{value:g}"
