"""Whom a row is about, and what it changes. Rule: nobody is made twice, and nothing mended is overwritten.

Somebody is known by NIK; without one by family card and name, else by name, birth date and desa. What a list
says again, as it said before, is no news: whatever was mended at the door since then stays.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.base import Data
from schemas.identity import search_key
from schemas.ids import RecordId
from server.tables.columns import Kind
from server.tables.entries import Entry, Note, Value
from server.tables.job import Fate
from sync.records import MERGED
from sync.store import Fields, Record

NO_RECORD = RecordId("")
Name = tuple[str, ...]


class Match(Data, frozen=True, kw_only=True):
    """Whom a row is about; `record` is empty for somebody new, `why` says why it cannot be told."""

    record: RecordId = NO_RECORD
    why: tuple[Note, ...] = ()


class Known:
    """Everybody of a kind, by what lists know them by, and the rows of this list that came before."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._by: dict[Name, RecordId] = {}
        self._nik: dict[RecordId, str] = {}
        self._merged: list[Record] = []
        self._rows: dict[Name, tuple[int, dict[str, Value]]] = {}

    def add(self, records: Iterable[Record]) -> None:
        """Learn of records that stand. One that was merged keeps its names where nobody living has them: a
        list that still has both makes nobody anew.
        """
        for record in records:
            if record.fields.get("dihapus"):
                continue
            if record.fields.get(MERGED):
                self._merged.append(record)
            else:
                self.learn(record.id, record.fields)

    def learn(self, record: RecordId, fields: Mapping[str, Any]) -> None:
        """Learn of one record; the first that has a name keeps it."""
        for name in self._names(fields):
            self._by.setdefault(name, record)
        if fields.get("nik"):
            self._nik[record] = str(fields["nik"])

    def find(self, entry: Entry, row: int) -> Match:
        """Return whom the row of this number is about: for a merged record itself, not who lives on."""
        for record in self._merged:
            self.learn(record.id, record.fields)
        self._merged.clear()
        fields = entry.fields
        nik = str(fields.get("nik") or "")
        found = next((self._by[name] for name in self._names(fields) if name in self._by), NO_RECORD)
        exact = self._by.get(("nik", nik)) if nik else None
        if exact is None and entry.unsure_nik:
            return Match(why=(Note(code="nik_dibulatkan", field="nik"),))
        if exact is None and found and nik and self._nik.get(found, nik) != nik:
            return Match(why=(Note(code="nik_lain", field="nik"),))
        earlier = next((self._rows[name] for name in self._names(fields) if name in self._rows), None)
        if earlier is not None and earlier[1] != fields:
            named = "nama_ewarong" if self._kind == "ewarong" else "nik"
            return Match(why=(Note(code="baris_kembar", field=named, value=str(earlier[0])),))
        for name in self._names(fields):
            self._rows.setdefault(name, (row, fields))
        return Match(record=exact or found)

    def _names(self, fields: Mapping[str, Any]) -> Iterable[Name]:
        """Yield what somebody is known by, the surest first."""
        desa = str(fields.get("kode_desa") or "")
        if self._kind == "ewarong":
            called = str(fields.get("nama_ewarong") or "")
            name = search_key(called)
            if name and desa:
                # shops are numbered: Berkah 1 and Berkah 2 are two
                yield ("ewarong", name, *re.findall(r"[1-9][0-9]*", called), desa)
            return
        if fields.get("nik"):
            yield ("nik", str(fields["nik"]))
        name = search_key(str(fields.get("nama") or ""))
        if name and fields.get("no_kk"):
            yield ("kk", str(fields["no_kk"]), name)
        if name and desa and fields.get("tanggal_lahir"):
            yield ("lahir", name, str(fields["tanggal_lahir"]), desa)


class News(Data, frozen=True, kw_only=True):
    """What a row would change: the patch of a record, and what its list now has said."""

    fate: Fate
    base: Fields
    new: Fields


def news(
    entry: Entry, service: str, record: Record | None, said: Mapping[str, Value], *, merged: bool = False
) -> News:
    """Return what a row changes in a record, or makes when there is none yet.

    `merged`: the row is about a record that lives on in this one, which then gains the service and no more.
    """
    if record is None:
        return News(fate="baru", base={}, new={**entry.fields, "layanan": [service]})
    base: Fields = {}
    new: Fields = {}
    for field, value in entry.fields.items() if not merged else ():
        now = record.fields.get(field)
        if value == now or value == said.get(field):
            continue
        new[field], base[field] = value, said.get(field, now)
    served: list[str] = list(record.fields.get("layanan") or ())
    if service not in served:
        new["layanan"], base["layanan"] = sorted({*served, service}), served
    return News(fate="berubah" if new else "sama", base=base, new=new)
