"""What the lists are narrowed by. Rule: a filter stands in the address, personal data never does."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from schemas.base import Data
from server.services.visit_page import Words


class Option(Data, frozen=True, kw_only=True):
    """One choice of a filter."""

    value: str
    label: str


class Group(Data, frozen=True, kw_only=True):
    """Choices under one heading; without a heading when `label` is empty."""

    label: str
    options: tuple[Option, ...]


class Filter(Data, frozen=True, kw_only=True):
    """One filter with what is chosen in it."""

    name: str
    label: str
    value: str
    groups: tuple[Group, ...]

    @property
    def chosen(self) -> str:
        """What is chosen, where that narrows the list: any but the first choice."""
        options = [option for group in self.groups for option in group.options]
        return next((option.label for option in options[1:] if option.value == self.value), "")


def choices(name: str, label: str, value: str, pairs: Iterable[tuple[str, str]]) -> Filter:
    """Return a filter of plain choices, each a value and what it is called."""
    options = tuple(Option(value=each, label=said) for each, said in pairs)
    return Filter(name=name, label=label, value=value, groups=(Group(label="", options=options),))


def written_in(asked: Mapping[str, str]) -> str:
    """Return what is asked as the query of an address: what is blank is left out."""
    return urlencode({name: value for name, value in asked.items() if value})


def regions(words: Words) -> tuple[Group, ...]:
    """Return every desa under its kecamatan."""
    wilayah, above = words.wilayah, words.text("tingkat_wilayah.kecamatan")
    return tuple(
        Group(
            label=f"{above} {kecamatan.nama}",
            options=tuple(Option(value=desa.kode, label=desa.nama) for desa in wilayah.desa(kecamatan.kode)),
        )
        for kecamatan in wilayah.kecamatan()
    )


def whole_regions(words: Words) -> tuple[Group, ...]:
    """Return every desa under its kecamatan, and before them the kecamatan as a whole."""
    wilayah, text = words.wilayah, words.text
    return tuple(
        Group(
            label=group.label,
            options=(
                Option(value=kecamatan.kode, label=text("kantor.antrean.seluruh", nama=kecamatan.nama)),
                *group.options,
            ),
        )
        for kecamatan, group in zip(wilayah.kecamatan(), regions(words), strict=True)
    )
