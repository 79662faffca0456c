"""Offices for tests: a real encrypted database in a temporary folder, and a store handle over it."""

import queue
import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from schemas.ids import Regency
from server.engine import Reader, Writer
from server.engines.sqlite import SqliteEngine, create

KEY = bytes(range(32))
REGENCY = Regency("33.14")
NOW_MS = 1_790_000_000_000


def make_engine(folder: Path) -> SqliteEngine:
    rng = random.Random(5)
    create(folder / "office.db", KEY, REGENCY, "Dinas Sosial Uji", NOW_MS)
    return SqliteEngine(folder / "office.db", KEY, REGENCY, now_ms=lambda: NOW_MS, randomness=rng.randbytes)


class Handle:
    """Looks like one store: reads on a snapshot, or all inside the open transaction."""

    def __init__(self, engine: SqliteEngine, make: Callable[[Reader, Writer | None], Any]) -> None:
        self._engine, self._make = engine, make
        self._calls: queue.SimpleQueue[tuple[str, tuple[Any, ...], Future[Any]] | None] | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if self._calls is None:
                return self._engine.read(lambda reader: getattr(self._make(reader, None), name)(*args))
            answer: Future[Any] = Future()
            self._calls.put((name, args, answer))
            return answer.result(timeout=30)

        return call

    @contextmanager
    def transaction(self) -> Iterator[None]:
        calls = self._calls = queue.SimpleQueue()
        broken: list[BaseException] = []

        def work(writer: Writer) -> None:
            store = self._make(writer, writer)
            while (asked := calls.get()) is not None:
                name, args, answer = asked
                try:
                    answer.set_result(getattr(store, name)(*args))
                except Exception as error:  # noqa: BLE001 - it is raised again where it was asked
                    answer.set_exception(error)
            for error in broken:
                raise error

        done = self._engine.write(work)
        try:
            yield
        except Exception as error:
            broken.append(error)
            raise
        finally:
            calls.put(None)
            self._calls = None
            done.exception(timeout=30)
        done.result()
