"""The words that both ends share: each is said somewhere, so that nobody mends what nobody reads."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "schemas" / "text" / "id" / "umum.toml"
SAYING = ("schemas", "sync", "field_app", "server")


def said() -> str:
    """All code, screens and pages."""
    return "\n".join(
        path.read_text("utf-8")
        for where in SAYING
        for path in (ROOT / where).rglob("*")
        if path.suffix in (".py", ".kv", ".html")
    )


def test_every_shared_text_is_said_somewhere() -> None:
    everywhere = said()
    quoted = set(re.findall(r"""["'`]([\w.]+)["'`]""", everywhere))
    # tables whose keys are put together: f"peran.{role}", "peran." ~ role
    together = set(re.findall(r"""["'](\w+)\.(?:\{|["'])""", everywhere))
    tables = tomllib.loads(SHARED.read_text("utf-8"))
    keys = [f"{table}.{name}" for table, texts in tables.items() if table not in together for name in texts]
    assert "tombol.simpan" in keys and "peran.kabid" not in keys
    assert [key for key in keys if key not in quoted] == []
