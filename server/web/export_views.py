"""Lists that go out, in words for their pages. Rule: what stands on record is shown as it stands there."""

from collections.abc import Mapping
from typing import Any

from schemas import format as written
from schemas.base import Data
from schemas.ids import RecordId
from server.access import Person, may, scope, within
from server.services.exporting import OPEN_SERVICES, Source
from server.services.handouts import MOST_TEXT, RECIPIENTS
from server.tables.order import KEPT_MS, Order
from server.tables.outgoing import CASES
from server.web.filters import Filter, Group, Option, choices
from server.web.site import Site
from sync.store import Record

LOOKS = {"menulis": ("info", "hourglass"), "selesai": ("good", "done"), "gagal": ("bad", "error")}
Typed = Mapping[str, str]


class ColumnChoice(Data, frozen=True, kw_only=True):
    """A column that may be taken."""

    name: str
    head: str
    chosen: bool


class RecordView(Data, frozen=True, kw_only=True):
    """A list that stands on record, in words."""

    id: RecordId
    title: str
    by: str
    size: str
    purpose: str
    whole: bool
    facts: tuple[tuple[str, str], ...]


def form_values(site: Site, person: Person, source: Source, typed: Typed) -> dict[str, Any]:
    """Build what the form of one source shows; `typed` is empty for one that nobody filled in yet."""
    whole = may(person, "export_full")
    columns = [
        (
            column.whole,
            ColumnChoice(
                name=column.name, head=column.head, chosen=_chosen(column.name, column.whole, typed)
            ),
        )
        for column in source.columns
    ]
    return {
        "source": source,
        "filters": _filters(site, person, source, typed),
        "plain": [choice for only_whole, choice in columns if not only_whole],
        "whole": [choice for only_whole, choice in columns if only_whole] if whole else [],
        "may_whole": whole,
        "may_give": may(person, "handle_requests"),
        "recipients": RECIPIENTS,
        "typed": {
            name: typed.get(name, "")
            for name in (
                "dari",
                "sampai",
                "keperluan",
                "surat",
                "dasar",
                "penerima",
                "bentuk",
                "kode",
                "lengkap",
            )
        },
        "most": MOST_TEXT,
    }


def record_view(site: Site, record: Record) -> RecordView:
    """Put what stands on record of a list into words."""
    text, fields = site.text, record.fields
    author = str(fields.get("oleh") or "")
    known = site.names({author})
    at_ms, rows = int(fields.get("at_ms") or 0), fields.get("baris")
    when = written.date_and_clock(at_ms)
    size = text("ekspor.baris", jumlah=written.number(rows)) if isinstance(rows, int) else "–"
    facts = [
        ("isi", source_title(site, str(fields.get("apa") or ""))),
        ("oleh", known.get(author, "–")),
        ("waktu", when),
        ("keperluan", str(fields.get("keperluan") or "–")),
        ("saringan", _narrowed(site, fields)),
        ("jumlah_kolom", written.number(len(fields.get("kolom") or ()))),
        ("jumlah_baris", written.number(rows) if isinstance(rows, int) else "–"),
        *_held(site, fields.get("ditahan")),
        ("serah", _recipient(site, str(fields.get("penerima") or ""))),
        ("sidik", str(fields.get("sha256") or "–")),
    ]
    return RecordView(
        id=record.id,
        title=source_title(site, str(fields.get("apa") or "")),
        by=text("ekspor.riwayat_arti", nama=known.get(author, "–"), waktu=when),
        size=size,
        purpose=str(fields.get("keperluan") or ""),
        whole=bool(fields.get("lengkap")),
        facts=tuple((text(f"ekspor.{name}"), value) for name, value in facts),
    )


def _held(site: Site, count: object) -> list[tuple[str, str]]:
    """Say how many rows are left out of a list, where there are any."""
    if not isinstance(count, int) or not count:
        return []
    return [("ditahan", site.text("ekspor.ditahan_arti", jumlah=written.number(count)))]


def order_values(site: Site, order: Order | None, *, running: bool) -> dict[str, Any]:
    """Build what the page of one list shows of its file; None when no file waits for the reader."""
    if order is None:
        return {"state": "", "running": False}
    tone, icon = LOOKS[order.state]
    return {
        "state": order.state,
        "running": running and order.state == "menulis",
        "tone": tone,
        "icon_name": icon,
        "at": order.done,
        "most": max(1, order.count),
        "done": written.number(order.done),
        "all": written.number(order.count),
        "fetch": site.text(
            "ekspor.unduh", bentuk=order.asked.kind.upper(), ukuran=written.size(order.size_bytes)
        ),
        "until": site.text("ekspor.sampai_kapan", waktu=written.date_and_clock(order.at_ms + KEPT_MS)),
    }


def source_title(site: Site, name: str) -> str:
    """Name what a list is of; one of a form that is gone is called by its code."""
    try:
        return site.exporting.source(name).title
    except KeyError:
        return name


def _chosen(name: str, only_whole: bool, typed: Typed) -> bool:
    if typed:
        return f"kolom.{name}" in typed
    return not only_whole and name not in ("id", "kunjungan", "versi", "kode_desa")


def _filters(site: Site, person: Person, source: Source, typed: Typed) -> list[Filter]:
    text, everything = site.text, ("", site.text("ekspor.semua"))
    reach = scope(person, "export_data")
    areas = reach.areas if reach else ()
    found: list[Filter] = []
    if source.name in ("warga", CASES):
        served = [
            each
            for each in OPEN_SERVICES
            if reach is None or reach.services is None or each in reach.services
        ]
        pairs = [everything, *((each, text(f"layanan.{each}")) for each in served)]
        found.append(choices("layanan", text("ekspor.layanan"), typed.get("layanan", ""), pairs))
    found.append(
        Filter(
            name="wilayah",
            label=text("ekspor.wilayah"),
            value=typed.get("wilayah", ""),
            groups=regions_within(site, areas, Option(value="", label=everything[1])),
        )
    )
    if states := site.exporting.states(source):
        pairs = [everything, *states.items()]
        found.append(choices("keadaan", text("ekspor.keadaan"), typed.get("keadaan", ""), pairs))
    return found


def regions_within(site: Site, areas: tuple[str, ...] | None, everything: Option) -> tuple[Group, ...]:
    """Return every kecamatan as a whole and its desa, as far as an area goes; None for all of them."""
    groups = [Group(label="", options=(everything,))]
    for group in site.regions:
        desa = [each for each in group.options if areas is None or within(each.value, areas)]
        if not desa:
            continue
        whole = desa[0].value.rpartition(".")[0]
        kecamatan = site.words.wilayah.get(whole)
        said = site.text("kantor.antrean.seluruh", nama=kecamatan.nama if kecamatan else group.label)
        first = [Option(value=whole, label=said)]
        groups.append(
            Group(label=group.label, options=(*(first if len(desa) == len(group.options) else []), *desa))
        )
    return tuple(groups)


def _narrowed(site: Site, fields: Mapping[str, Any]) -> str:
    text, said = site.text, list[str]()
    if service := fields.get("layanan"):
        said.append(text(f"layanan.{service}"))
    if region := fields.get("wilayah"):
        said.append(site.words.region(str(region)))
    if state := fields.get("keadaan"):
        said.append(_state_words(site, str(fields.get("apa") or ""), str(state)))
    if first := fields.get("dari_ms"):
        said.append(f"{text('ekspor.dari')} {written.short_date(written.local_date(int(first)))}")
    if before := fields.get("sampai_ms"):
        said.append(f"{text('ekspor.sampai')} {written.short_date(written.local_date(int(before) - 1))}")
    return ", ".join(said) or text("ekspor.tanpa_saringan")


def _state_words(site: Site, source: str, state: str) -> str:
    try:
        return site.exporting.states(site.exporting.source(source)).get(state, state)
    except KeyError:
        return state


def _recipient(site: Site, recipient: str) -> str:
    return site.text(f"kantor.penerima.pihak.{recipient}" if recipient else "ekspor.serah_tidak")
