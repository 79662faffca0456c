"""The word list: what is compared by eye and by ear must not be mistaken."""

import pytest

from schemas.words import COUNT, UNIT_WORDS, propose, tidy, unknown, word_list, words_of


def near(word: str) -> set[str]:
    """All that one wrong, missing or additional letter, or two that changed places, make of a word."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return (
        {left + letter + right[1:] for left, right in cuts if right for letter in letters}
        | {left + right[1:] for left, right in cuts if right}
        | {left + letter + right for left, right in cuts for letter in letters}
        | {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    ) - {word}


def test_there_are_1024_different_words_in_order() -> None:
    words = word_list()
    assert len(words) == COUNT
    assert list(words) == sorted(set(words))


def test_each_word_is_four_to_eight_plain_letters() -> None:
    assert [
        word for word in word_list() if not (4 <= len(word) <= 8 and word.isascii() and word.islower())
    ] == []


def test_a_mistyped_word_is_no_other_word() -> None:
    words = set(word_list())
    assert {word: found for word in words if (found := near(word) & words)} == {}


def test_the_list_is_the_one_that_papers_were_printed_from() -> None:
    # a fingerprint on a wall must say the same words in ten years
    assert words_of(b"uji", b"sambang", UNIT_WORDS) == EIGHT


EIGHT = ("ahli", "tradisi", "buntil", "profil", "parkir", "betis", "camar", "album")


def test_words_depend_on_each_bit_and_on_the_purpose() -> None:
    first = words_of(b"uji", b"a", 4)
    assert len({first, words_of(b"uji", b"b", 4), words_of(b"lain", b"a", 4)}) == 3
    assert words_of(b"uji", b"a", 8)[:4] == first


@pytest.mark.parametrize("count", [0, 26])
def test_more_words_than_the_hash_has_bits_for_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="25"):
        words_of(b"uji", b"a", count)


def test_each_two_random_bytes_propose_one_word() -> None:
    words = word_list()
    assert propose(bytes([0, 0, 0, 1, 0, 2, 3, 255, 4, 0])) == (*words[:3], words[1023], words[0])
    with pytest.raises(ValueError, match="five"):
        propose(bytes(9))


def test_what_was_typed_is_read_whatever_stands_between() -> None:
    words = word_list()[:3]
    assert tidy(f"  {words[0].upper()} - {words[1]},\n{words[2]}. ") == words
    assert unknown(f"{words[0]} xyzzy") == ("xyzzy",)
