"""One child: a task in, an answer out, until the office hangs up. Rule: no task before the doors closed."""

import io
import sys
from typing import assert_never

from PIL import Image

from schemas.base import UNREADABLE
from server.parsing import pictures, sheets
from server.parsing.far_rows import small_workbook
from server.parsing.lockdown import close_doors
from server.parsing.messages import (
    Answer,
    AskGuard,
    Compare,
    Guard,
    Look,
    NoSheet,
    NotOne,
    ReadSheet,
    SetLetter,
    Stamp,
    Task,
    Thumbnail,
    Typeset,
    frame,
    read_frame,
    tasks,
)


def main() -> None:
    """Serve standard input and output. Ends when the office closes its end, or says what no office says."""
    _warm_up()
    guarded = close_doors()
    read, write, flush = sys.stdin.buffer.read, sys.stdout.buffer.write, sys.stdout.buffer.flush
    while (raw := read_frame(read)) is not None:
        try:
            task = tasks.decode(raw)
        except UNREADABLE:
            return
        del raw
        write(frame(_answer(task, guarded)))
        flush()


def _answer(task: Task, guarded: bool) -> Answer:
    try:
        match task:
            case Thumbnail(data=data):
                return pictures.thumbnail(data)
            case Look(data=data):
                return pictures.look(data)
            case Compare(data=data):
                return pictures.compare(data)
            case Stamp(data=data, words=words):
                return pictures.stamp(data, words)
            case ReadSheet(data=data, number=number):
                return sheets.sheet(data, number)
            case AskGuard():
                return Guard(is_up=guarded)
            case Typeset() | SetLetter():
                return NotOne()
            case _:
                assert_never(task)
    except MemoryError:
        return NoSheet(why="terlalu_besar") if isinstance(task, ReadSheet) else NotOne()


def _warm_up() -> None:
    """Load all that is loaded at first use: afterwards no file can be opened."""
    for kind in ("JPEG", "PNG"):
        out = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (64, 48)).save(out, kind, exif=exif)
        pictures.look(out.getvalue())
        pictures.thumbnail(out.getvalue())
        pictures.compare(out.getvalue())
        pictures.stamp(out.getvalue(), "Sambang")
    pictures.look(b"no picture")
    sheets.sheet(sheets.ZIP, 0)
    sheets.sheet(small_workbook(), 0)
    for text in ("a;b\né;d".encode(encoding) for encoding in ("utf-8", "cp1252", "utf-16")):
        sheets.sheet(text, 0)
