"""`python -m field_app`: everything of the phone is built here, once. Rule: nowhere else.

Without a command it opens the window; with one it works on the same folder without any window.
"""

import argparse
import importlib
import sys
import time
from pathlib import Path

from field_app.commands import FAILED, Commands
from field_app.devices.desktop import SystemTime, desktop_devices
from field_app.link import Door, Link
from field_app.phone import Phone
from field_app.shipped import load_shipped
from field_app.unstored import unstored
from schemas.text import Text, load_text

PAUSE = time.sleep
"""How the command waits before it asks again."""
DEVICE_FILE = "rahasia-perangkat"
INTERRUPTED = 130
"""The exit code that shells know for Ctrl-C."""
COMMANDS = ("enrol", "sync", "record", "status", "handover", "answer")


def build(folder: Path, text: Text, *, address: str = "", background: bool = True) -> Phone:
    """Build a phone for a desktop, on a folder."""
    return Phone(
        folder,
        devices=desktop_devices(folder / DEVICE_FILE),
        shipped=load_shipped(text),
        connect=lambda door: _connect(door, text),
        address=address,
        background=background,
    )


def _connect(door: Door, text: Text) -> Link:
    from field_app.transport import open_link  # half a second that the lock screen need not wait for

    return open_link(door, text.__contains__)


def main(arguments: list[str] | None = None) -> int:
    """Run one command, or open the window. Returns the exit code."""
    text = load_text()
    parser = _parser(text)
    given = parser.parse_args(arguments)
    if given.address and given.command not in (None, "enrol"):  # as it is said behind the word
        parser.error(f"unrecognized arguments: --address {given.address}")
    try:
        given.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        phone = build(given.dir, text, address=given.address, background=given.command is None)
        if given.command is None:
            return _window(phone, text)
        return _command(phone, given)
    except OSError as error:
        print(text(unstored(error).say), file=sys.stderr)
        return FAILED


def _command(phone: Phone, given: argparse.Namespace) -> int:
    commands = Commands(phone, lambda line: print(line, flush=True), SystemTime().now_ms)
    try:
        match given.command:
            case "enrol":
                return commands.enrol(given.address, given.code, given.pin, given.wait, PAUSE)
            case "sync":
                return commands.sync(given.pin)
            case "record":
                return commands.record(given.pin, twice=given.twice)
            case "handover":
                return commands.handover(given.pin, given.out)
            case "answer":
                return commands.answer(given.pin, given.file)
            case _:
                return commands.status(given.pin)
    finally:
        phone.lock()


def _window(phone: Phone, text: Text) -> int:
    try:
        # only now: Kivy takes over arguments and the log when it is imported
        app = importlib.import_module("field_app.ui.app")
    except ImportError:
        print(text("lapangan.perintah.tanpa_jendela"), file=sys.stderr)
        return FAILED
    try:
        app.run(phone)
    except app.NoWindowError:
        print(text("lapangan.perintah.tanpa_jendela"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        phone.lock()
    return 0


def _parser(text: Text) -> argparse.ArgumentParser:
    def say(key: str) -> str:
        return text(f"lapangan.perintah.{key}")

    parser = argparse.ArgumentParser(prog="python -m field_app", description=say("penjelasan"))
    commands = parser.add_subparsers(dest="command", metavar="{" + ",".join(COMMANDS) + "}")
    parser.add_argument("--dir", type=Path, default=Path("sambang-hp"), help=say("folder"))
    parser.add_argument("--address", default="", help=say("alamat"))
    for name in COMMANDS:
        command = commands.add_parser(name, help=say(f"bantuan_{name}"))
        command.add_argument("--dir", type=Path, required=True, help=say("folder"))
        command.add_argument("--pin", required=True, help=say("pin"))
        if name == "enrol":  # afterwards a phone knows its office, and where that moves
            command.add_argument("--address", required=True, help=say("alamat"))
            command.add_argument("--code", required=True, help=say("kode"))
            command.add_argument("--wait", type=int, default=600, metavar="DETIK", help=say("tunggu"))
        if name == "record":
            command.add_argument("--twice", action="store_true", help=say("dua_kali"))
        if name == "handover":
            command.add_argument("--out", type=Path, required=True, help=say("folder_tujuan"))
        if name == "answer":
            command.add_argument("--file", type=Path, required=True, help=say("berkas_jawaban"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
