"""A published workflow stays as it is: cases began with it."""

import tomllib
from hashlib import sha256
from pathlib import Path

from schemas.base import encode
from schemas.workflow import load_workflows

PUBLISHED = Path(__file__).parent / "published_workflows.toml"


def test_a_published_version_of_a_workflow_never_changes() -> None:
    known = load_workflows()
    versions = (known.get(newest.id, 1 + n) for newest in known.all() for n in range(newest.version))
    now = {f"{flow.id}.{flow.version}": sha256(encode(flow)).hexdigest() for flow in versions}
    recorded = tomllib.loads(PUBLISHED.read_text("utf-8"))
    changed = [f'"{name}" = "{digest}"' for name, digest in now.items() if recorded.get(name) != digest]
    assert not changed, f"{PUBLISHED.name} says otherwise; if it is new, write there:\n" + "\n".join(changed)
