"""A form's mistakes in the office's words: where, what is wrong, and what to do about it.

Rule: every code has a sentence (`kantor.formulir.kesalahan`); what a reader of TOML or of shapes says in
English is told by what it means, and what is not known here still by its place.
"""

import re
from typing import get_args

from schemas.form_mistakes import ENDS, Mistake
from schemas.form_types import Field, FilledBy, Privacy, Service, Subject
from schemas.text import Text

TOML = (
    (("Expected '='",), "toml_sama_dengan"),
    (("Expected newline",), "toml_baris"),
    (("Unclosed", "Expected ']"), "toml_kurung"),
    (("Unterminated", "Illegal character", "Found invalid character"), "toml_kutip"),
    (("Cannot", "Duplicate"), "toml_dua_kali"),
    (("Invalid initial character", "Invalid statement"), "toml_kunci"),
    (("Unescaped",), "toml_garis_miring"),
    (("Invalid",), "toml_nilai"),
)
"""What a reader of TOML says begins so, and what that means; the first that fits counts."""
SHAPES = (
    (re.compile(r"Object missing required field `(?P<nama>.+)`"), "bentuk_kurang"),
    (re.compile(r"Object contains unknown field `(?P<nama>.+)`"), "bentuk_asing"),
    (re.compile(r"Expected `(?P<perlu>.+)`, got `(?P<ada>.+)`"), "bentuk_jenis"),
    (re.compile(r"Invalid (?:enum )?value (?P<nilai>.+)"), "bentuk_nilai"),
    (re.compile(r"a condition is exactly one of .*"), "bentuk_syarat"),
    (re.compile(r"a condition on a field has exactly one .*"), "bentuk_uji"),
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "privacy": get_args(Privacy),
    "service": get_args(Service),
    "subject": get_args(Subject),
    "filled_by": get_args(FilledBy),
    "type": tuple(str(kind.__struct_config__.tag) for kind in get_args(Field)),
}
"""What may stand behind a name."""
KINDS = frozenset({"str", "int", "float", "bool", "array", "object"})


def sentences(mistakes: tuple[Mistake, ...], name: str, source: str, text: Text) -> tuple[str, ...]:
    """Tell mistakes of the form that is called `name`, with the lines in its TOML (`source`)."""
    return tuple(_told(each, name, source, text) for each in mistakes)


def _told(mistake: Mistake, name: str, source: str, text: Text) -> str:
    where = [_say(text, "tempat_blok", berkas=mistake.file)] if mistake.file != name else []
    line = mistake.values.get("line") or ("" if where else _line_of(mistake, source))
    if line:
        where.append(_say(text, "tempat_baris", baris=line))
    where += [_say(text, f"tempat_{kind}", nama=each) for kind, each in mistake.places]
    if path := mistake.values.get("path"):
        where.append(_path(path, text))
    said = _said(mistake, text)
    return f"{', '.join(where)}: {said}" if where else said


def _said(mistake: Mistake, text: Text) -> str:
    what = mistake.values.get("what", "")
    match mistake.code:
        case "toml":
            meaning = next((code for begins, code in TOML if what.startswith(begins)), "toml_lain")
            return _say(text, "toml_akhir" if mistake.values["said"].endswith(ENDS) else meaning)
        case "bentuk":
            return _shape(what, mistake.values.get("path", ""), text)
        case "syarat_tidak_cocok":
            kind = text(f"kantor.formulir.macam.{mistake.values['jenis']}")
            return _say(text, mistake.code, **{**mistake.values, "jenis": kind})
        case code:
            return _say(text, code, **mistake.values)


def _say(text: Text, code: str, **values: object) -> str:
    return text(f"kantor.formulir.kesalahan.{code}", **values)


def _shape(what: str, path: str, text: Text) -> str:
    for pattern, code in SHAPES:
        if found := pattern.fullmatch(what):
            values = {
                key: _kinds(value, text) if key in ("perlu", "ada") else value.strip("'")
                for key, value in found.groupdict().items()
            }
            allowed = ALLOWED.get(path.rpartition(".")[2], ()) if code == "bentuk_nilai" else ()
            if allowed:
                return _say(text, "bentuk_pilihan", **values, boleh=", ".join(allowed))
            return _say(text, code, **values)
    return _say(text, "bentuk_lain")


def _kinds(said: str, text: Text) -> str:
    """Name kinds of values, as in `str | null`, in words."""
    known = [text(f"kantor.formulir.jenis.{kind}") for kind in said.split(" | ") if kind in KINDS]
    return text("kantor.formulir.jenis.atau").join(known) or said


def _path(path: str, text: Text) -> str:
    """Write a path such as `rules[0].when` as it is counted by people."""

    def numbered(found: re.Match[str]) -> str:
        return _say(text, "tempat_nomor", nomor=int(found[1]) + 1)

    return re.sub(r"\[(\d+)\]", numbered, path.replace("[...]", "")).replace(".", ", ")


def _line_of(mistake: Mistake, source: str) -> str:
    """Return the number of the line on which the part begins that a mistake is in, if it is found."""
    names = [re.escape(name) for kind, name in mistake.places if kind == "field"]
    found = _field(names, source) if names else _other(mistake, source)
    return str(source.count("\n", 0, found.start()) + 1) if found else ""


def _field(names: list[str], source: str) -> re.Match[str] | None:
    """Find a field, or where a column of it is named, that one if it has a head of its own."""
    field, *column = names
    own = _at(rf"\[fields\.{field}\.columns\.{column[0]}\]", source) if column else None
    return own or _at(rf"\[fields\.{field}\]", source)


def _other(mistake: Mistake, source: str) -> re.Match[str] | None:
    """Find a key or a list of the form itself; of a list of tables the one that is meant."""
    kind = mistake.places[0][0] if mistake.places else ""
    key, number = re.match(r"(\w*)(?:\[(\d+)\])?", mistake.values.get("path", "") or kind).groups()  # type: ignore[union-attr]
    if not key:
        return None
    tables = list(re.finditer(rf"(?m)^[ \t]*\[\[{key}\]\]", source))
    if number is not None and int(number) < len(tables):
        return tables[int(number)]
    return _at(rf"{key}\s*=", source) or (tables[0] if tables else None)


def _at(begins: str, source: str) -> re.Match[str] | None:
    return re.search(rf"(?m)^[ \t]*{begins}", source)
