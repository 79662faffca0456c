"""Copying SQLite's log into its file. Rule: beside the writer, so that no commit waits for it.

Inside a commit it would take a tenth of the writer's time while phones push much. The writer copies by itself
only a log that has become very long (`LOG_PAGES` in connecting.py), as where readers or a
slow disk hold this up.
"""

import threading

import sqlcipher3

GROWN_ROWS = 4_000
"""Changed rows after which the log is copied: pages that change again and again go over once for many."""


class Checkpoints:
    """A thread that copies, over the connection it is given, when the writer has changed enough."""

    def __init__(self, opened: sqlcipher3.Connection) -> None:
        self._connection = opened
        self._copied_at = 0
        self._wanted = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def written(self, rows: int) -> None:
        """Take note of a commit; `rows` is what the writer has changed since it was opened."""
        if rows - self._copied_at >= GROWN_ROWS:
            self._copied_at = rows
            self._wanted.set()

    def close(self) -> None:
        """Wait for the copy under way, and end."""
        self._closed = True
        self._wanted.set()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()  # before the look at what is wanted: what comes after it is seen next time
            if self._closed:
                return
            try:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlcipher3.Error:
                continue  # a full or failing disk: all is still in the log, and the writer's commit says so
