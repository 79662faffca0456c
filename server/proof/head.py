"""The head of the office's chain as a sheet that is printed each day and signed, and the check against one.

Rule: who holds the server and its keys can make another chain that agrees with itself, but none that leads to
what was printed or to what phones were shown. So a check asks for what is on paper, not for what is stored.
"""

from collections.abc import Sequence

from schemas import format as written
from schemas.base import UNREADABLE, Data
from schemas.ids import NO_LINK, DeviceId, LinkHash
from schemas.text import Text
from schemas.words import tidy, unknown, words_of
from server import head_store
from server.engine import Reader
from server.parsing.paper import Fact, Paper, Section
from server.proof.custody_paper import grouped
from sync.chain import read_link

HEAD_DOMAIN = b"sambang office head v1"
HEAD_WORDS = 12
"""120 bits: nobody finds a second chain whose head has the same words."""
HASH_DIGITS = 64
TEXTS = "lembar_harian"


class Sheet(Data, frozen=True, kw_only=True):
    """What is printed: the newest link of the office's chain, its number, and the office's public key.

    `before` is the key that signed this one, empty where it is the first.
    """

    number: int
    head: LinkHash
    key: bytes
    before: bytes
    made_ms: int

    @property
    def words(self) -> tuple[str, ...]:
        """The head as words."""
        return words_of(HEAD_DOMAIN, self.head, HEAD_WORDS)


class Same(Data, frozen=True, kw_only=True):
    """The present chain leads through what was printed; `newest` is its end."""

    number: int
    newest: int


class Other(Data, frozen=True, kw_only=True):
    """At this number the present chain has another link. Up to `agreed` phones still agree with it."""

    number: int
    agreed: int


class Shorter(Data, frozen=True, kw_only=True):
    """The present chain ends before what was printed."""

    number: int
    newest: int


class Unknown(Data, frozen=True, kw_only=True):
    """Nowhere in the present chain; without its number nobody can say from where on it differs."""


class Mistyped(Data, frozen=True, kw_only=True):
    """This is neither a hash nor words of the list; `words` are those that are not."""

    words: tuple[str, ...] = ()


Verdict = Same | Other | Shorter | Unknown | Mistyped


def sheet(tx: Reader, office: DeviceId, keys: Sequence[bytes], now_ms: int) -> Sheet | None:
    """Return what is to be printed now; None where the chain has not begun. `keys`: its own, oldest first.

    Whether all links before it are there is asked by `check` and by verify, which walk the chain.
    """
    newest = head_store.newest(tx, office)
    if newest is None:
        return None
    number, head = newest
    before = keys[-2] if len(keys) > 1 else b""
    return Sheet(number=number, head=head, key=keys[-1], before=before, made_ms=now_ms)


def check(tx: Reader, office: DeviceId, typed: str, number: int) -> Verdict:
    """Compare the present chain with a sheet: its hash or its words, and its number (0: not given)."""
    digits = "".join(typed.split()).lower()
    is_hash = len(digits) == HASH_DIGITS and set(digits) <= set("0123456789abcdef")
    words = tidy(typed)
    if not is_hash and (len(words) != HEAD_WORDS or unknown(typed)):
        return Mistyped(words=unknown(typed))

    def fits(head: LinkHash) -> bool:
        return head.hex() == digits if is_hash else words_of(HEAD_DOMAIN, head, HEAD_WORDS) == words

    chain = _chain(tx, office)
    if number > len(chain):
        return Shorter(number=number, newest=len(chain))
    if number:
        if fits(chain[number - 1]):
            return Same(number=number, newest=len(chain))
        return Other(number=number, agreed=_agreed(tx, office, chain[: number - 1]))
    for place in range(len(chain), 0, -1):
        if fits(chain[place - 1]):
            return Same(number=place, newest=len(chain))
    return Unknown()


def sheet_paper(made: Sheet, office: str, text: Text) -> Paper:
    """Return the sheet as a paper with room for two signatures."""

    def say(key: str, **values: object) -> str:
        return text(f"{TEXTS}.{key}", **values)

    signed_by = [Fact(label=say("kunci_lama"), value=grouped(made.before.hex()), mono=True)]
    facts = (
        Fact(label=say("tanggal"), value=written.date_and_clock(made.made_ms)),
        Fact(label=say("nomor"), value=written.number(made.number)),
        Fact(label=say("kata"), value=" ".join(made.words)),
        Fact(label=say("ujung"), value=grouped(made.head.hex()), mono=True),
        Fact(label=say("kunci"), value=grouped(made.key.hex()), mono=True),
        *(signed_by if made.before else ()),
    )
    return Paper(
        title=say("judul"),
        office=office,
        made=written.long_date(written.local_date(made.made_ms)),
        made_ms=made.made_ms,
        footer=say("kaki"),
        note=say("arti"),
        sections=(
            Section(title=say("rantai"), facts=facts),
            Section(title=say("cara"), text=say("cara_arti")),
        ),
        signers=(say("tanda_kepala"), say("tanda_pengawas")),
    )


def _chain(tx: Reader, office: DeviceId) -> list[LinkHash]:
    """Return the present chain: the links that lead to the newest, from the first on."""
    before: dict[LinkHash, LinkHash] = {}
    at = NO_LINK
    for name, prev in head_store.links(tx, office):
        before[name] = prev
        at = name
    way: list[LinkHash] = []
    while at in before:
        way.append(at)
        at = before[at]
    return way[::-1]


def _agreed(tx: Reader, office: DeviceId, chain: Sequence[LinkHash]) -> int:
    """Return the newest place of this part of the chain that a phone was shown and signed for, 0 for none."""
    place = {name: number for number, name in enumerate(chain, 1)}
    newest = 0
    for raw in head_store.links_of_phones(tx, office):
        try:
            newest = max(newest, place.get(read_link(raw).seen, 0))
        except UNREADABLE:
            continue
    return newest
