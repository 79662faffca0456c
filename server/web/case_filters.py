"""What the list of cases is narrowed by. Rule: a filter is in the address, and goes along to a case."""

from collections.abc import Mapping

from schemas import format as written
from server.services.cases import CaseFilter, CaseList
from server.web.filters import Filter, Group, Option, choices, whole_regions
from server.web.site import Site

ASKED = ("layanan", "langkah", "wilayah", "giliran", "tenggat")
LATE = "lewat"


def asked_in(params: Mapping[str, str]) -> dict[str, str]:
    """Return what an address asks to be listed."""
    return {name: params.get(name, "")[:80] for name in ASKED}


def wanted_of(asked: Mapping[str, str]) -> CaseFilter:
    """Return what that means."""
    return CaseFilter(
        service=asked["layanan"],
        step=asked["langkah"],
        region=asked["wilayah"],
        turn=asked["giliran"],
        late=asked["tenggat"] == LATE,
    )


def case_filters(site: Site, found: CaseList, asked: Mapping[str, str]) -> list[Filter]:
    """Return the filters with how many cases each choice holds; what holds none is offered only if chosen."""
    text = site.text

    def counted(label: str, count: int) -> str:
        return text("kantor.kasus.pilihan", pilihan=label, jumlah=written.number(count))

    def plain(name: str, label: str, pairs: list[tuple[str, str]]) -> Filter:
        every = ("", text("kantor.antrean.semua_wilayah"))
        return choices(name, text(label), asked[name], [every, *pairs])

    every = Group(label="", options=(Option(value="", label=text("kantor.antrean.semua_wilayah")),))
    services = [(each, counted(text(f"layanan.{each}"), n)) for each, n in sorted(found.services.items())]
    turns = [(each, counted(text(f"peran.{each}"), n)) for each, n in sorted(found.turns.items())]
    steps = [(each, counted(label, n)) for each, (label, n) in found.steps.items()]
    late = [(LATE, counted(text("kantor.kasus.lewat"), found.late))]
    return [
        plain("layanan", "kantor.kasus.saring.layanan", services),
        plain("langkah", "kantor.kasus.saring.langkah", steps),
        Filter(
            name="wilayah",
            label=text("kantor.kasus.saring.wilayah"),
            value=asked["wilayah"],
            groups=(every, *whole_regions(site.words)),
        ),
        plain("giliran", "kantor.kasus.saring.giliran", turns),
        plain("tenggat", "kantor.kasus.saring.tenggat", late),
    ]
