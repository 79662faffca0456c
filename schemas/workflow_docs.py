"""The page about the workflows, drawn from their TOML: a diagram and two tables each.

One rule: nothing on the page is written by hand. What names J as its source waits for the office to confirm.
"""

from collections.abc import Iterable, Iterator

from schemas.reopening import reopening_event
from schemas.text import Text, load_text
from schemas.workflow import Event, Need, State, Workflow, Workflows, load_workflows

_HEAD = """# Workflows

Drawn from `schemas/workflows/*.toml`; do not edit. Sources: S1–S3 are the office's service standards, Cnn
other published sources, J is a value that seemed sensible and that the office should confirm or change.
Working days are Monday to Friday without the days off that the office records (*Hari libur*); a year that it
has not recorded takes none off.
"""


def render(workflows: Workflows | None = None, text: Text | None = None) -> dict[str, str]:
    """Give the page as {path in the repository: Markdown}; by default of the shipped workflows and words."""
    known, words = workflows or load_workflows(), text or load_text()
    lines = [_HEAD]
    for workflow in known.all():
        lines += [f"- [{workflow.title}](#{workflow.id})"]
    for workflow in known.all():
        lines += _section(workflow, words)
    lines += _of_every_case(reopening_event())
    return {"docs/workflows.md": "\n".join(lines).rstrip() + "\n"}


def _of_every_case(event: Event) -> Iterator[str]:
    yield "\n## Every case\n"
    yield (
        f"**{event.label}** (`{event.code}`): from any end back to where the step was taken that "
        f"ended the case, by who took it as {', '.join(event.who)}, or by the kabid. "
        f"It asks for: {_needs(event.needs)}. Source: {', '.join(event.source)}."
    )


def _section(workflow: Workflow, words: Text) -> Iterator[str]:
    yield f"\n## {workflow.id}\n"
    yield (
        f"{workflow.title}. Service `{workflow.service}`, version {workflow.version}, "
        f"privacy `{workflow.privacy}`, starts at `{workflow.start}`.\n"
    )
    yield from _diagram(workflow)
    yield "\n| state | code | time allowed | source |\n|---|---|---|---|"
    for code, state in workflow.states.items():
        yield f"| {state.label} | `{code}` | {_allowed(state)} | {', '.join(state.source)} |"
    yield "\n| step | from → to | who | what it asks for | source |\n|---|---|---|---|---|"
    for event in workflow.events:
        yield _event_row(workflow, event, words)


def _diagram(workflow: Workflow) -> Iterator[str]:
    yield "```mermaid\nstateDiagram-v2"
    for code, state in workflow.states.items():
        yield f'    state "{state.label}" as {code}'
    yield f"    [*] --> {workflow.start}"
    for event in workflow.events:
        # A colon or semicolon would end the label of an arrow.
        label = event.label.replace(":", " –").replace(";", ",")
        yield from (f"    {code} --> {event.to}: {label}" for code in event.from_)
    yield from (f"    {code} --> [*]" for code, state in workflow.states.items() if state.final)
    yield "```"


def _event_row(workflow: Workflow, event: Event, words: Text) -> str:
    ways = f"{', '.join(f'`{code}`' for code in event.from_)} → `{event.to}`"
    if event.days_allowed is not None:
        ways += f" ({_days(event.days_allowed, workflow.states[event.to].working_days)})"
    who = ", ".join(words(f"peran.{role}") for role in event.who)
    if event.two_people:
        who += "; not whoever took the step before"
    cells = (f"{event.label} (`{event.code}`)", ways, who, _needs(event.needs), ", ".join(event.source))
    return f"| {' | '.join(cells)} |"


def _needs(needs: Iterable[Need]) -> str:
    described = (
        f"{need.label} (`{need.name}`, {need.type}{'' if need.required else ', may stay blank'})"
        + (f": {' / '.join(need.options.values())}" if need.options else "")
        for need in needs
    )
    return "; ".join(described) or "–"


def _allowed(state: State) -> str:
    if state.final:
        return "final"
    if state.months_allowed is not None:
        return f"{state.months_allowed} month{'s' if state.months_allowed > 1 else ''}"
    return "–" if state.days_allowed is None else _days(state.days_allowed, state.working_days)


def _days(days: int, working: bool) -> str:
    return f"{days} {'working ' if working else ''}day{'s' if days > 1 else ''}"
