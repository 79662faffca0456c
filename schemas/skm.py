"""The citizens' satisfaction index (IKM) of nine elements (PermenPANRB 14/2017; C40–C43).

One rule: only the final value is rounded. A missing answer leaves its element's count, and never counts as 0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

import msgspec

ELEMENTS = ("u1", "u2", "u3", "u4", "u5", "u6", "u7", "sarana", "pengaduan")

Weight = Literal["1/9", "0,11"]
Mutu = Literal["A", "B", "C", "D"]

_WEIGHTS: dict[Weight, Fraction] = {"1/9": Fraction(1, 9), "0,11": Fraction(11, 100)}
_BANDS: tuple[tuple[Decimal, Mutu], ...] = (
    (Decimal("88.31"), "A"),
    (Decimal("76.61"), "B"),
    (Decimal("65.00"), "C"),
    (Decimal("0.00"), "D"),
)
_CENT = Decimal("0.01")


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """One element: its mean (1 to 4) and how many answered."""

    mean: float
    count: int


class Ikm(msgspec.Struct, frozen=True, kw_only=True):
    """An index with two decimals, its quality letter, and the weight that was used, to be printed with it."""

    value: Decimal
    mutu: Mutu
    weight: Weight
    elements: dict[str, Element]


def ikm(responses: Iterable[Mapping[str, Any]], weight: Weight = "1/9") -> Ikm | None:
    """Compute the index of answer sheets; None while an element has no answer at all.

    An answer is 1 to 4, as number or text; anything else counts as not answered. With "0,11", as many offices
    shorten it, the best possible score is 99.
    """
    answers = Counter[tuple[str, int]]()
    for response in responses:
        for element in ELEMENTS:
            score = _score(response.get(element))
            if score is not None:
                answers[element, score] += 1
    return ikm_of(answers, weight)


def ikm_of(answers: Mapping[tuple[str, int], int], weight: Weight = "1/9") -> Ikm | None:
    """Compute the same from how often each element was given each score, 1 to 4."""
    totals, counts = Counter[str](), Counter[str]()
    for (element, score), count in answers.items():
        totals[element] += score * count
        counts[element] += count
    if not all(counts[element] for element in ELEMENTS):
        return None
    means = {element: Fraction(totals[element], counts[element]) for element in ELEMENTS}
    exact = 25 * _WEIGHTS[weight] * sum(means.values(), Fraction(0))
    value = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_CENT, ROUND_HALF_UP)
    return Ikm(
        value=value,
        mutu=next(letter for least, letter in _BANDS if value >= least),
        weight=weight,
        elements={
            element: Element(mean=float(means[element]), count=counts[element]) for element in ELEMENTS
        },
    )


def _score(answer: object) -> int | None:
    # An option's code is text on a form, and a number where sheets were imported.
    if isinstance(answer, bool) or str(answer) not in ("1", "2", "3", "4"):
        return None
    return int(str(answer))
