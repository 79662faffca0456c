"""A published workflow stays as it is: cases began with it."""

import tomllib
from hashlib import sha256
from pathlib import Path

from schemas.base import encode
from schemas.workflow import load_workflows

PUBLISHED = Path(__file__).parent / "published_workflows.toml"


def test_a_published_version_of_a_workflow_never_changes() -> None:
    now = {
        f"{workflow.id}.{workflow.version}": sha256(encode(workflow)).hexdigest()
        for workflow in load_workflows().all()
    }
    recorded = tomllib.loads(PUBLISHED.read_text("utf-8"))
    changed = [f'"{name}" = "{digest}"' for name, digest in now.items() if recorded.get(name) != digest]
    assert not changed, f"{PUBLISHED.name} says otherwise; if it is new, write there:\n" + "\n".join(changed)
