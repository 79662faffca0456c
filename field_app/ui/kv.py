"""Reads the .kv beside a module, once. Rule: a module with a .kv calls load_kv(__file__) after its
imports.
"""

from pathlib import Path

from kivy.lang import Builder


def load_kv(module_file: str) -> None:
    """Load x.kv for x.py; a second call for the same file does nothing."""
    path = str(Path(module_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path)
