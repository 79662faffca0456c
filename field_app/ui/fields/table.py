"""Rows that are added in one tap; each is a small card that opens where it stands."""

from typing import Any

from kivy.metrics import dp

from field_app.ui.fields.base import Editor
from field_app.ui.values import is_computed, shown
from field_app.ui.widgets.buttons import Link, Pill, Tappable, appear
from field_app.ui.widgets.containers import Card
from field_app.ui.widgets.words import Column, Words
from schemas.form_cells import Cell
from schemas.form_conditions import visible_among
from schemas.form_types import Berkas, Field, Foto


class RowHead(Tappable):
    """A row as one line: its number, what it says, and whether it is open."""

    def __init__(self, **kwargs):
        kwargs.setdefault("size_hint_y", None)
        self.title, self.under, self.open = "", "", False
        super().__init__(**kwargs)

    def set(self, title: str, under: str, is_open: bool) -> None:
        """Show a row's content."""
        self.title, self.under, self.open = title, under, is_open
        self.refresh()

    def _room(self):
        return max(1, self.width - dp(40))

    def needed_height(self):
        if not self.look:
            return None
        words = (
            self.measure(self.title, "label", self._room())[1]
            + self.measure(self.under, "small", self._room())[1]
        )
        return max(dp(48), words + dp(12))

    def paint(self):
        look, room = self.look, self._room()
        title = self.measure(self.title, "label", room)[1]
        under = self.measure(self.under, "small", room)[1]
        y = (self.height + title + under) / 2 - title
        self.write(self.title, "label", look.ink, 0, y, room)
        self.write(self.under, "small", look.ink_soft, 0, y - under, room)
        self.draw_icon(
            "collapse" if self.open else "expand", look.primary, self.width - dp(14), self.height / 2, 24
        )


def is_evidence(column: Field) -> bool:
    """Whether a column holds photos or scans."""
    return isinstance(column, (Foto, Berkas))


class RowHost:
    """What an editor of photos in a row asks of the screen, with the row's own name for its column."""

    def __init__(self, host: Any, table: str, row: int):
        self._host, self._table, self._row = host, table, row

    def _name(self, column: str) -> str:
        return Cell(table=self._table, column=column).in_row(self._row)

    def photos(self, column: str) -> tuple[Any, ...]:
        """The photos of this row."""
        return self._host.photos(self._name(column))

    def take_photo(self, column: str) -> None:
        """Open the camera for this row."""
        self._host.take_photo(self._name(column))

    def view_photo(self, column: str, blob: str) -> None:
        """Look at one photo of this row."""
        self._host.view_photo(self._name(column), blob)


class TabelEditor(Editor):
    """Keeps a list of rows; a change in any cell hands over the whole list."""

    def build(self):
        self.opened: int | None = None
        self.cards: list[Card] = []
        self.editors: dict[str, Editor] = {}
        self.list = Column(spacing=dp(8))
        self.add_widget(self.list)
        self.more = Pill(kind="soft", icon="add")
        self.more.bind(on_release=lambda *_: self.add_row())
        self.add_widget(self.more)
        self.undo = Link(text=self.say("aplikasi.formulir.kembalikan_baris"), icon="undo")
        self.undo.bind(on_release=lambda *_: self.put_back())
        self._removed: tuple[int, dict[str, Any]] | None = None
        self.show(self.value)

    def rows(self) -> list[dict[str, Any]]:
        """The rows as they are now."""
        return [dict(row) for row in self.value] if isinstance(self.value, list) else []

    def show(self, value):
        rows_before = len(self.cards)
        self.value = value
        if len(self.rows()) != rows_before:
            self._draw()
        else:
            self._heads()
            self._from_elsewhere()

    def _draw(self):
        self.list.clear_widgets()
        self.cards, self.editors = [], {}
        for index, row in enumerate(self.rows()):
            card = Card(line="line", shade=False, padding=(dp(14), dp(6), dp(14), dp(8)), spacing=dp(6))
            card.head = RowHead()
            card.head.bind(on_release=lambda _h, n=index: self.toggle(n))
            card.add_widget(card.head)
            if index == self.opened:
                self._open(card, index, row)
            self.cards.append(card)
            self.list.add_widget(card)
        is_full = self.more.disabled = len(self.cards) >= self.field.max_rows
        word = "baris_penuh" if is_full else "tambah_baris"
        self.more.text = self.say(f"aplikasi.formulir.{word}", jumlah=self.field.max_rows)
        self._heads()

    def _open(self, card, index, row):
        from field_app.ui.fields.editors import editor_for

        seen = visible_among({column.name: column for column in self.field.columns}, row)
        for column in self.field.columns:
            if column.name not in seen:
                continue
            cell = Column(spacing=dp(6))
            cell.add_widget(Words(text=column.label, style="strong"))
            if not (column.required or column.required_when or is_computed(column)):
                cell.add_widget(Words(text=self.say("umum.boleh_kosong"), style="caption", ink="ink_soft"))
            if column.hint:
                cell.add_widget(Words(text=column.hint, style="small", ink="ink_soft"))
            host = RowHost(self.host, self.field.name, index) if is_evidence(column) else self.host
            editor = editor_for(
                column, row.get(column.name), lambda v, c=column.name: self.cell(index, c, v), host
            )
            self.editors[column.name] = editor
            cell.add_widget(editor)
            card.add_widget(cell)
        remove = Link(text=self.say("aplikasi.formulir.hapus_baris"), icon="delete", ink="bad")
        remove.bind(on_release=lambda *_: self.remove(index))
        card.add_widget(remove)

    def _from_elsewhere(self):
        """Photos come from the camera and some figures are computed: show what the open row holds now."""
        rows = self.rows()
        if self.opened is None or self.opened >= len(rows):
            return
        for column in self.field.columns:
            if (is_evidence(column) or is_computed(column)) and column.name in self.editors:
                self.editors[column.name].show(rows[self.opened].get(column.name))

    def _heads(self):
        for index, (card, row) in enumerate(zip(self.cards, self.rows(), strict=True)):
            words = [text for column in self.field.columns if (text := self._brief(column, row))]
            title = words[0] if words else self.say("aplikasi.formulir.baris", nomor=index + 1)
            card.head.set(title, " · ".join(words[1:]), index == self.opened)

    def _brief(self, column, row):
        """A cell as the head says it: nobody typed a computed figure, so its name stands before it."""
        said = shown(column, row.get(column.name), self.say)
        return f"{column.short} {said}" if said and is_computed(column) else said

    def add_row(self):
        """One tap: a new row, open and in sight."""
        self.flush()
        rows = [*self.rows(), {}]
        self.opened = len(rows) - 1
        self.offer(rows)
        self._draw()
        appear(self.cards[-1])
        self.host.bring_new(self.cards[-1])

    def open_row(self, index):
        """Open the row that somebody was sent to."""
        if index < len(self.cards):
            self.opened = index
            self._draw()
            self.host.bring_new(self.cards[index])

    def remove(self, index):
        """Take a row away; it can be brought back until the next one goes."""
        self.flush()
        rows = self.rows()
        self._removed = (index, rows.pop(index))
        self.opened = None
        self.offer(rows or None)
        self._draw()
        if not self.undo.parent:
            self.add_widget(self.undo)

    def put_back(self):
        """Bring the row back that was taken away last, to its place."""
        if self._removed is None:
            return
        index, row = self._removed
        self._removed = None
        self.remove_widget(self.undo)
        rows = self.rows()
        rows.insert(index, row)
        self.opened = None
        self.offer(rows)
        self._draw()

    def toggle(self, index):
        """Open or close a row."""
        self.flush()
        self.opened = None if self.opened == index else index
        self._draw()

    def cell(self, index, column, value):
        """One cell changed."""
        rows = self.rows()
        if value is None:
            rows[index].pop(column, None)
        else:
            rows[index][column] = value
        self.offer(rows)
        self._heads()

    def flush(self):
        for editor in list(self.editors.values()):
            editor.flush()
