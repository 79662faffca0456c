"""What a benchmark gives, and how it is printed. Rule: medians, with a limit from the same run beside."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number. `budget` is what we build for; `limit` what the bare machine does in this run.

    `more_is_better` turns the comparison round. A figure without a budget is for information.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    limit: float | None = None
    limit_name: str = ""
    more_is_better: bool = False

    def kept(self) -> bool:
        """Whether the budget is kept."""
        if self.budget is None:
            return True
        return self.value >= self.budget if self.more_is_better else self.value <= self.budget


def scaled(count: int, least: int = 1) -> int:
    """Return a size for this run: `SCALE=0.1` in the environment makes everything ten times smaller."""
    return max(least, round(count * float(os.environ.get("SCALE", "1"))))


def with_peers() -> bool:
    """Whether others' programs are measured too: `PEERS=1` in the environment."""
    return os.environ.get("PEERS", "0") not in ("", "0")


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of them lie; the largest for few values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median_ms(work: Callable[[], object], runs: int) -> float:
    """Return the median time of `work` in milliseconds, after one run that is not counted."""
    work()
    return statistics.median(timed_ms(work) for _ in range(runs))


def timed_ms(work: Callable[[], object]) -> float:
    """Return how long one run took, in milliseconds."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def peak_memory_mb(process: int | str = "self") -> float:
    """Return the largest resident size that a process has had since it was started, in MB (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def machine() -> str:
    """Return one line about the machine."""
    name = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0].partition(":")[2].strip() if names else name
    return f"{os.cpu_count()} × {name}, {platform.system()}, Python {platform.python_version()}"


def table(figures: list[Figure]) -> str:
    """Return the figures as lines of text."""
    lines: list[str] = []
    for figure in figures:
        line = f"{figure.name:<58} {figure.value:>10,.2f} {figure.unit:<10}"
        if figure.budget is not None:
            sign = "≥" if figure.more_is_better else "≤"
            line += f" budget {sign} {figure.budget:,g} {'kept' if figure.kept() else 'MISSED'}"
        if figure.limit is not None:
            ratio = figure.value / figure.limit if figure.limit else 0
            line += f"   {figure.limit_name}: {figure.limit:,.2f} (ratio {ratio:.2f})"
        lines.append(line)
    return "\n".join(lines)
