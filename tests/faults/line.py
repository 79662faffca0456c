"""A TCP line between phones and one office, with faults in it. Rule: bytes are never changed, only kept back.

Phones know the line's address; the office behind it may die, move to another port and come back.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPResponse

PIECE_BYTES = 4096
UP, DOWN = "up", "down"


class Line:
    """Carries every connection to `office`. `carried` counts bytes each way since the line was made."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.office: tuple[str, int] | None = None
        self.carried = {UP: 0, DOWN: 0}
        self.cuts = 0
        self.most_at_once = 0
        self.requests: list[bytearray] = []
        self.answer_waits = threading.Event()
        self._left: dict[str, list[int]] = {UP: [], DOWN: []}
        self._at: list[tuple[int, Callable[[], None]]] = []
        self._dies = self._is_dead = False
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._asking: dict[socket.socket, bytearray] = {}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.release()
        # a thread that still waits on a closed socket would take what comes to the next one of that number
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Cut every connection that is open now."""
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            _shut(end)

    def cut(self, way: str, *after_bytes: int) -> None:
        """Cut the line after so many more bytes that way; each further number counts from the last cut."""
        with self._lock:
            self._left[way] += after_bytes

    def die(self, way: str, after_bytes: int) -> None:
        """Cut the line after so many more bytes that way, and let nobody through until it is mended."""
        self._dies = True
        self.cut(way, after_bytes)

    def mend(self) -> None:
        self._dies = self._is_dead = False

    def lose_answer(self) -> None:
        """Let the next request reach the office, and nothing of its answer come back."""
        self.cut(DOWN, 0)

    def hold(self) -> None:
        """Keep answers back until `release`; `answer_waits` is set when one is there."""
        self.answer_waits.clear()
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def when_up(self, after_bytes: int, act: Callable[[], None]) -> None:
        """Do something as soon as so many more bytes of phones went to the office."""
        with self._lock:
            self._at.append((self.carried[UP] + after_bytes, act))

    def repeat(self, request: bytes | bytearray) -> tuple[int, bytes]:
        """Send the bytes of a request once more, as a line that delivers twice would; return its answer."""
        assert self.office is not None
        with socket.create_connection(self.office, timeout=20) as there:
            there.sendall(request)
            answer = HTTPResponse(there)
            answer.begin()
            return answer.status, answer.read()

    def _accept(self) -> None:
        while True:
            try:
                phone, _ = self._listener.accept()
            except OSError:
                return
            if self._is_dead:
                phone.close()
                continue
            try:
                there = socket.create_connection(self.office or ("127.0.0.1", 1))
            except OSError:
                phone.close()
                continue
            with self._lock:
                self._ends |= {phone, there}
            threading.Thread(target=self._join, args=(phone, there), daemon=True).start()

    def _join(self, phone: socket.socket, there: socket.socket) -> None:
        """Carry both ways until the line is down; only then are the sockets closed."""
        for end in (phone, there):
            with suppress(OSError):  # it may be gone already
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up = threading.Thread(target=self._carry, args=(UP, phone, there), daemon=True)
        up.start()
        self._carry(DOWN, there, phone)
        up.join()
        with self._lock:
            self._ends -= {phone, there}
            self._asking.pop(phone, None)
        phone.close()
        there.close()

    def _carry(self, way: str, source: socket.socket, target: socket.socket) -> None:
        """Move bytes one way until an end closes or the line is cut."""
        with suppress(OSError):
            while data := source.recv(PIECE_BYTES):
                if way == DOWN and not self._open.is_set():
                    self.answer_waits.set()
                    self._open.wait(30)
                if not self._pass(way, data, source, target):
                    break
        for end in (source, target):
            _shut(end)

    def _pass(self, way: str, data: bytes, source: socket.socket, target: socket.socket) -> bool:
        """Carry one piece, or what of it comes before the cut; say whether the line still stands."""
        with self._lock:
            cut = bool(self._left[way]) and len(data) > self._left[way][0]
            if cut:
                data = data[: self._left[way].pop(0)]
                self.cuts += 1
                self._is_dead = self._dies
            elif self._left[way]:
                self._left[way][0] -= len(data)
            self.carried[way] += len(data)
            self._note(way, data, source, target)
            due = [act for at, act in self._at if at <= self.carried[UP]]
            self._at = [(at, act) for at, act in self._at if at > self.carried[UP]]
        if data:
            target.sendall(data)
        for act in due:
            act()
        return not cut

    def _note(self, way: str, data: bytes, source: socket.socket, target: socket.socket) -> None:
        """Keep each request's bytes whole, and count how many wait for an answer at one moment."""
        if way == DOWN:
            self._asking.pop(target, None)
            return
        if source not in self._asking:
            self._asking[source] = bytearray()
            self.requests.append(self._asking[source])
            self.most_at_once = max(self.most_at_once, len(self._asking))
        self._asking[source] += data


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
