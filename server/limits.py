"""How often somebody may fail, and how often call. Rule: what failed is a row, so that no restart forgets it;
calls that succeed are counted in memory only, and so high that no honest phone ever meets the limit.

A network is one IPv4 address, or one IPv6 network of 64 bits, as whoever has one of its addresses has all.
A whole office's phones may stand behind one: what counts there counts for 400 of them.
"""

import ipaddress
from collections import OrderedDict
from hashlib import sha256

from schemas.base import Data
from schemas.problem import Problem
from server import failure_store
from server.engine import Writer
from server.failure_store import Kind
from server.problems import WAIT_S

WINDOW_MS = 15 * 60_000
SLACK_MS = 5 * 60_000
"""A clock that is set back by less takes nothing back that was given out a moment before. What would be good
for longer was given out while the clock ran ahead, and would be good until that day.
"""
IPV6_BITS, IPV6_SHOWN_BITS = 64, 48
CODES = 60
"""Wrong enrolment codes from one network within a window: a code has 40 bits."""
CODES_EVERYWHERE = 600
"""So many from anywhere look like somebody who guesses from many places."""
CODES_WHILE_SPRAYED = 5
LOGINS = 1_000
"""Refused logins of phones from one network. Keys cannot be guessed; after a restore many may be unknown."""
TOO_OFTEN = "terlalu_sering"
MOST_KEPT = 20_000


def network_of(address: str) -> str:
    """Return the network of an address; what is no IP address is one of its own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), IPV6_BITS), strict=False))


def shown_network(network: str) -> str:
    """Return so much of a network as tells one place from another: of IPv4 three numbers, of IPv6 48 bits."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return network
    if isinstance(found, ipaddress.IPv4Network):
        return f"{str(found.network_address).rpartition('.')[0]}.x"
    return str(found.supernet(new_prefix=IPV6_SHOWN_BITS))


def network_hash(network: str) -> bytes:
    """Return what is kept of a network."""
    return sha256(b"network\0" + network.encode()).digest()


def too_often(wait_ms: int, code: str = TOO_OFTEN) -> Problem:
    """Say that somebody must wait so long."""
    return Problem(code=code, values={WAIT_S: str(max(1, -(-wait_ms // 1000)))})


def blocked(tx: Writer, kind: Kind, network: str, now_ms: int) -> Problem | None:
    """Say how long a network must wait after so many failures; None when its call is to be judged."""
    # what a clock noted that ran far ahead would bar a network until that day
    since, until, most = now_ms - WINDOW_MS, now_ms + WINDOW_MS, LOGINS
    if kind == "kode":
        sprayed = failure_store.count_between(tx, kind, since, until) >= CODES_EVERYWHERE
        most = CODES_WHILE_SPRAYED if sprayed else CODES
    oldest = failure_store.nth_newest(tx, kind, network_hash(network), since, until, most)
    return None if oldest is None else too_often(oldest + WINDOW_MS - now_ms)


def note_failure(tx: Writer, kind: Kind, network: str, now_ms: int, try_id: str) -> None:
    """Count a call that failed, and forget those that no longer count."""
    failure_store.drop_before(tx, now_ms - WINDOW_MS)
    failure_store.add(tx, kind, network_hash(network), now_ms, try_id)


class Allowance(Data, frozen=True, kw_only=True):
    """So many calls at once, and so many more a second."""

    at_once: int
    each_s: float


class Buckets:
    """Counts calls by whoever makes them, in memory. `elapsed_ms` is of a clock that nobody sets."""

    def __init__(self, allowance: Allowance, most_kept: int = MOST_KEPT) -> None:
        self._allowance, self._most_kept = allowance, most_kept
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, who: str, elapsed_ms: int) -> int:
        """Count a call. Returns ms to wait, 0 when it is allowed."""
        most, each_s = self._allowance.at_once, self._allowance.each_s
        left, at_ms = self._left.pop(who, (float(most), elapsed_ms))
        left = min(float(most), left + (elapsed_ms - at_ms) * each_s / 1000)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left, elapsed_ms)
        if len(self._left) > self._most_kept:
            self._left.popitem(last=False)  # whoever was quiet longest is full again, or nearly
        return 0 if allowed else max(1, int((1 - left) * 1000 / each_s))

    def knows(self, who: str) -> bool:
        """Whether calls of theirs were counted."""
        return who in self._left

    def forget(self, who: str) -> None:
        """Forget somebody."""
        self._left.pop(who, None)
