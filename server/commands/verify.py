"""`verify`: check everything in a data folder. Rule: exit code 0 only if all of it is whole."""

import argparse
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from schemas.form import load_forms
from schemas.text import Text
from schemas.workflow import load_workflows
from server.commands.shared import add_folder_options, refuse
from server.compose import Refused, unlock
from server.verify import verify
from sync.rules import DomainRules

HELP = "periksa setiap rantai, tanda tangan, baris dan berkas"
NOT_IN_ORDER = 1
SHOWN = 20


class RichProgress:
    """Shows each step as a bar on standard error."""

    def __init__(self, bar: Bar, text: Text) -> None:
        self._bar, self._text = bar, text
        self._task: TaskID | None = None

    def step(self, name: str, total: int) -> None:
        """Begin a step of `total` things."""
        self._task = self._bar.add_task(self._text(f"periksa.{name}"), total=max(total, 1))
        if not total:
            self._bar.advance(self._task)

    def advance(self, count: int = 1) -> None:
        """Note that so many were looked at."""
        if self._task is not None:
            self._bar.advance(self._task, count)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_folder_options(parser)


def run(args: argparse.Namespace, text: Text) -> int:
    """Check, and print what was counted and what is not in order; return the exit code."""
    opened = unlock(args.data, args.key)
    if isinstance(opened, Refused):
        return refuse(text, opened)
    keys, database = opened
    rules = DomainRules(load_forms(), load_workflows())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        findings = verify(args.data, database, keys, rules, text, RichProgress(bar, text))
    if findings.faults:
        for fault in findings.faults[:SHOWN]:
            print(fault, file=sys.stderr)
        if len(findings.faults) > SHOWN:
            print(text("periksa.lagi", jumlah=len(findings.faults) - SHOWN), file=sys.stderr)
        print(text("periksa.rusak", jumlah=len(findings.faults)))
        return NOT_IN_ORDER
    names = text.fields("periksa.baik")
    print(text("periksa.baik", **{name: findings.counts[name] for name in names}))
    return 0
