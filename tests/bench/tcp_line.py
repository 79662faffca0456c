"""A line between a client and a server: a process that passes bytes on, counts them, and can cut.

Rule: it knows nothing of what passes but how an HTTP request begins. The same line lies before every server
that is compared, so what it costs, it costs all of them.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

CHUNK_BYTES = 256 * 1024
CUT_CHUNK_BYTES = 8 * 1024
"""A line that is cut takes little at a time, so that what it counts is what was really on the way."""
REQUEST = b" HTTP/1.1\r\n"


@dataclass
class Traffic:
    """What passed: payload bytes of TCP each way, HTTP headers included, requests and connections."""

    up_bytes: int = 0
    down_bytes: int = 0
    requests: int = 0
    connections: int = 0

    @property
    def total_bytes(self) -> int:
        """Bytes both ways."""
        return self.up_bytes + self.down_bytes


class TcpLine:
    """Asks the process of a line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.address = f"http://127.0.0.1:{self._answer()}"

    def take(self) -> Traffic:
        """Return what passed since the last time it was asked."""
        assert self._process.stdin is not None
        self._process.stdin.write("take\n")
        self._process.stdin.flush()
        return Traffic(**json.loads(self._answer()))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def line_to(address: str, *, cut_after_bytes: int = 0) -> Iterator[TcpLine]:
    """Lay a line to a server at `http://127.0.0.1:port`.

    With `cut_after_bytes`, each connection ends when that many bytes went up.
    """
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "tests.bench.tcp_line", port, str(cut_after_bytes)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield TcpLine(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


class _Passing:
    def __init__(self, port: int, cut_after_bytes: int) -> None:
        self._port, self._cut = port, cut_after_bytes
        self._lock = threading.Lock()
        self._traffic = Traffic()
        self._listener = socket.socket()
        if cut_after_bytes:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CUT_CHUNK_BYTES)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(512)

    def run(self) -> None:
        print(self._listener.getsockname()[1], flush=True)
        threading.Thread(target=self._accept, daemon=True).start()
        for _ in sys.stdin:
            with self._lock:
                taken, self._traffic = self._traffic, Traffic()
            print(json.dumps(vars(taken)), flush=True)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with self._lock:
                self._traffic.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                client.close()
                continue
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        tail, left = b"", self._cut
        try:
            while data := client.recv(min(CUT_CHUNK_BYTES, left) if self._cut else CHUNK_BYTES):
                seen = tail + data
                with self._lock:
                    self._traffic.up_bytes += len(data)
                    self._traffic.requests += seen.count(REQUEST)
                tail = seen[-len(REQUEST) + 1 :]
                server.sendall(data)
                if self._cut:
                    left -= len(data)
                    if left <= 0:
                        break
        except OSError:
            pass
        finally:
            _end(client, server)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while data := server.recv(CHUNK_BYTES):
                with self._lock:
                    self._traffic.down_bytes += len(data)
                client.sendall(data)
        except OSError:
            pass
        finally:
            _end(client, server)


def _end(*ends: socket.socket) -> None:
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


if __name__ == "__main__":
    _Passing(int(sys.argv[1]), int(sys.argv[2])).run()
