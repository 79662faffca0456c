"""What is asked of an officer who uses the rescue key. Rule: unseen at a terminal, else read as lines."""

import getpass
import sys

from schemas.text import Text
from server import rescue
from server.lost_store import RescueKey
from server.recovery_paper import LINES, WrongLines, read_half
from server.rescue import Letter
from server.services.rescuing import NotRescued, Rescuing

NOT_DONE = 1


def open_private(work: Rescuing, letter: Letter, text: Text, *, by_paper: bool) -> bytes | NotRescued:
    """Ask for what opens the rescue key that a letter is sealed to, and return its private half."""
    key = work.key_of(letter)
    if isinstance(key, NotRescued):
        return key
    private = _by_paper(key, text) if by_paper else None
    if not by_paper:
        private = rescue.open_by_passphrase(key, ask_unseen(text("penyelamat.frasa")))
    return private or NotRescued(why="kertas_salah" if by_paper else "frasa_salah")


def _by_paper(key: RescueKey, text: Text) -> bytes | None:
    halves = [ask_paper(number, text) for number in (1, 2)]
    first, second = halves
    if isinstance(first, WrongLines) or isinstance(second, WrongLines):
        return None
    return rescue.open_by_paper(key, (first, second))


def ask_unseen(prompt: str) -> str:
    """Ask for a passphrase: unseen at a terminal, else the next line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def ask_paper(number: int, text: Text) -> bytes | WrongLines:
    """Ask for the eight lines of a paper."""
    print(text("penyelamat.ketik", nomor=number))
    return read_half("".join(sys.stdin.readline() for _ in range(LINES)), number)


def say(text: Text, why: NotRescued) -> int:
    """Say in one line why not; return the exit code."""
    print(text(f"penyelamat.masalah.{why.why}"), file=sys.stderr)
    return NOT_DONE
