"""The office's commands: `python -m server COMMAND --data DIR …`. Rule: each module of commands/ is one."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from schemas.text import load_text
from server.commands.shared import broken_off, of_another_user, refuse
from server.engine import EngineError

COMMANDS = (
    "init", "run", "user", "device", "verify", "head", "report", "backup", "restore", "print-key",
    "restore-key", "rotate-keys", "authority", "handover", "rescue", "demo",
)  # fmt: skip
STOPPED = 130
"""As a shell counts it."""


def _module(command: str) -> str:
    return f"server.commands.{command.replace('-', '_')}"


def office_parser(asked: str = "") -> argparse.ArgumentParser:
    """Return the parser of all commands and their options; of the one that is asked for, where it is one.

    The others would be loaded only to be told what they are called, which takes longer than most work.
    """
    parser = argparse.ArgumentParser(prog="python -m server", description="Sambang: kantor")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="PERINTAH")
    for name in (asked,) if asked in COMMANDS else COMMANDS:
        module = importlib.import_module(_module(name))
        module.add_options(subparsers.add_parser(name, help=module.HELP, description=module.HELP))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    args = office_parser(*given[:1]).parse_args(given)
    # Whatever is made from here on, database and photos above all, is its owner's alone.
    os.umask(0o077)
    text = load_text()
    refused = of_another_user(args)
    if refused is not None:
        code = refuse(text, refused)
        if args.command != "run":  # who lets root serve what belongs to another is only told
            return code
    try:
        return int(importlib.import_module(_module(args.command)).run(args, text))
    except EngineError as error:
        said = broken_off(text, error, args)
        if said is None:
            raise
        return said
    except (EOFError, KeyboardInterrupt):  # Ctrl-D or Ctrl-C where something was asked or waited for
        print(f"\n{text('perintah.dihentikan')}", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
