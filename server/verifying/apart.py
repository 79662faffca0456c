"""What can be checked without knowing what came before. Rule: it looks at a snapshot of its own.

Structure, chains and signatures need nothing of the replay, so they may be checked meanwhile. An office that
serves may have taken in more by then than what is replayed.
"""

from pathlib import Path

from server.engines.examining import examined
from server.verifying.chains import check_chains
from server.verifying.findings import Notes, Progress
from server.verifying.messages import Task


def check_apart(task: Task, notes: Notes, progress: Progress) -> None:
    """Check how the database hangs together, and where it does, all chains."""
    with examined(Path(task.database), task.key) as database:
        progress.step("susunan", 1)
        for line in database.structure():
            notes.fault("susunan", apa=line)
        progress.advance()
        if not notes.found:
            check_chains(database.reader(), task.office, task.office_keys, notes, progress)
