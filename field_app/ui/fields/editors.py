"""Which editor a field has. Rule: every kind of field has one; the type checker sees when one is
forgotten.
"""

from typing import Any, assert_never

from field_app.statement import SIGNATURE
from field_app.ui.fields import (
    choose,
    derived,
    evidence,
    moment,
    notice,
    pick,
    place,
    statement,
    table,
    write,
)
from field_app.ui.fields.base import Commit, Editor, Host
from schemas import form_types as kinds


def editor_for(field: kinds.Field, value: Any, commit: Commit, host: Host, earlier: Any = None) -> Editor:
    """Build the editor of a field with its present value; `earlier` is the answer of the last visit."""
    if isinstance(field, kinds.TandaTangan) and field.name == SIGNATURE:
        return statement.StatementEditor(field, value, commit, host, earlier)
    if isinstance(field, kinds.YaTidak) and field.name == notice.FIELD:
        return notice.NoticeEditor(field, value, commit, host, earlier)
    read_only = field.read_only and not isinstance(field, kinds.Turunan)
    kind = derived.ReadOnlyEditor if read_only else _class_for(field)
    return kind(field, value, commit, host, earlier)


def _class_for(field: kinds.Field) -> type[Editor]:  # noqa: C901 - one flat table
    match field:
        case kinds.Teks():
            return write.TeksEditor
        case kinds.TeksPanjang():
            return write.TeksPanjangEditor
        case kinds.Angka():
            return write.AngkaEditor
        case kinds.Uang():
            return write.UangEditor
        case kinds.Tanggal():
            return moment.TanggalEditor
        case kinds.Bulan():
            return moment.BulanEditor
        case kinds.Jam():
            return moment.JamEditor
        case kinds.Pilihan():
            return choose.PilihanEditor
        case kinds.Multi():
            return choose.MultiEditor
        case kinds.YaTidak():
            return choose.YaTidakEditor
        case kinds.Wilayah():
            return pick.WilayahEditor
        case kinds.Rujukan():
            return pick.RujukanEditor
        case kinds.Foto() | kinds.Berkas():
            return evidence.FotoEditor
        case kinds.TandaTangan():
            return evidence.TandaTanganEditor
        case kinds.Gps():
            return place.GpsEditor
        case kinds.Tabel():
            return table.TabelEditor
        case kinds.Turunan():
            return derived.TurunanEditor
        case _:
            assert_never(field)
