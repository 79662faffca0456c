"""Names folded to a key under which old and new spellings of one name are found together.

One rule: a key is only for searching and comparing; the name itself is stored and shown as it was written.

What `search_key` does, in order:

1. Lower case; accents and apostrophes go; whatever stands after the first comma goes (academic titles).
2. Any other sign separates words. Titles in front (H., Hj., Drs., Bapak, R. …) and degrees at the end (S.Sos,
   SH …) go, as long as a word of the name remains.
3. Muh., Moh., Moch., Mohd., Muhammad, Mohammad, Mochamad … become one word.
4. Spelling before 1972: oe→u, dj→j, tj→c, sj→sy. In a word that shows oe, dj or tj, any other j is an old y
   (Soerjadi = Suryadi, Joewono = Yuwono); elsewhere j stays (Joko), save after h, where only y can stand
   (Wahjudi = Wahyudi), and in a few names that are common in both spellings (Jusuf = Yusuf).
5. Sounds that are written both ways: ch and kh→h, th→t, dh→d, ph and v→f, q→k; a glide between vowels goes
   (Sugiyanto = Sugianto, Suwarni = Suarni); y that ends a word after a consonant →i (Rudy = Rudi).
6. Double letters become one (Tutty = Tuti).

Known limits: Soejono may be Sujono or Suyono and is read as Suyono; a lone M. stays a letter.
"""

import re
import unicodedata
from functools import lru_cache

_IN_WORDS = re.compile(r"['\u2019`\u0300-\u036f]")
_WORD = re.compile(r"[a-z]+")
_MUHAMMAD = re.compile(r"m[uo](h|kh|ch)(d|am+[ae][dt])?")
_TITLE = re.compile(
    r"hj?|hajj?ah|haji|kh|rr?|rd|raden|tn|ny|nn|sdri?|dr[agsh]?|ir|prof|almh?|almarhum(ah)?"
    r"|bp|bpk|bapak|pak|ibu|bu|mbah"
)
_DEGREE = re.compile(
    r"amd|amk|amkeb|s(ag|e|farm|h|hi|ip|kep|km|kom|pdi?|psi|sos|st|t|tp)|m(ag|ap|h|kes|kom|m|pd|s|si|t)"
)
_OLD_WORDS = {"jusuf": "yusuf", "jahja": "yahya", "jahya": "yahya", "jakub": "yakub", "jogja": "yogya"}
_OLD_MARKS = ("oe", "dj", "tj")
_FOLDS = (
    (re.compile(r"[ck]h"), "h"),
    (re.compile(r"th"), "t"),
    (re.compile(r"dh"), "d"),
    (re.compile(r"ph|v"), "f"),
    (re.compile(r"q"), "k"),
    (re.compile(r"iy(?=[aeou])"), "i"),
    (re.compile(r"uw(?=[aeio])"), "u"),
    (re.compile(r"(?<=[b-df-hj-np-tv-z])y$"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def search_key(name: str) -> str:
    """Fold a name to words of a–z for searching and comparing; empty when the name has no letters."""
    letters = name.partition(",")[0] or name
    if not letters.isascii():
        letters = unicodedata.normalize("NFKD", letters)
    words = _WORD.findall(_IN_WORDS.sub("", letters).lower())
    return " ".join(map(_fold, _without_titles(words)))


def _without_titles(words: list[str]) -> list[str]:
    first, last = 0, len(words)
    while last - first > 1 and _is_title(words[first]):
        first += 1
    while last - first > 1:
        if _is_degree(words[last - 1]):
            last -= 1
        elif last - first > 2 and _is_degree(words[last - 2] + words[last - 1]):
            last -= 2
        else:
            break
    return words[first:last]


@lru_cache(maxsize=4096)
def _is_title(word: str) -> bool:
    return _TITLE.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def _is_degree(word: str) -> bool:
    return _DEGREE.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    if _MUHAMMAD.fullmatch(word):
        return "muhamad"
    word = _OLD_WORDS.get(word, word)
    if any(mark in word for mark in _OLD_MARKS):
        # A capital keeps the new j apart from the old one, which is y.
        word = word.replace("oe", "u").replace("dj", "J").replace("tj", "c").replace("j", "y").lower()
    word = re.sub(r"(?<=[hs])j", "y", word)
    for pattern, replacement in _FOLDS:
        word = pattern.sub(replacement, word)
    return word
