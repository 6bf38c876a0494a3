import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.search.words import LONGEST, fold, places, words

# Surrogates too: JSON and files may hold them, and a browser may send them.
ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Reward Models", "reward models"),
        ("  RLHF:\tnow,\n and then  ", "rlhf now and then"),
        ("o1-mini", "o1 mini"),
        ("snake_case = a=b", "snake case a b"),
        ("Café, naïve", "cafe naive"),
        ("Cafe\u0301", "cafe"),
        ("ＲＬＨＦ", "rlhf"),
        ("ﬁne", "fine"),
        ("x² ½ ①", "x2 1 2 1"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ ᾳ", "σισυφοσ α"),
        ("don’t don't dont donʼt", "dont dont dont dont"),
        ("‘quoted’ 'so'", "quoted so"),
        ("深度学习", "深 度 学 习"),
        ("GPT强化", "gpt 强 化"),
        ("ひらカタ", "ひ ら カ タ"),
        ("ｶﾞ ガ", "カ カ"),
        ("々〇ㇰㇱ", "々 〇 ㇰ ㇱ"),
        ("𠀀𠀁\ufa0e\ufa0f", "𠀀 𠀁 \ufa0e \ufa0f"),
        ("한국어 모델", "한국어 모델"),
        (unicodedata.normalize("NFD", "한국어"), "한국어"),
        ("a\x00b\ud800c\x1fd\u200be\ue000f", "a b c d e f"),
        ("🙂", ""),
        ("", ""),
    ],
)
def test_a_text_is_folded_to_words_with_single_spaces(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize("letter", ["x", "é", "한"])
def test_a_word_is_cut_at_its_longest(letter):
    assert fold(f"{letter * (LONGEST + 1)} end") == f"{fold(letter) * LONGEST} end"
    assert fold(letter * LONGEST) == fold(letter) * LONGEST


def test_every_character_folds_to_letters_and_digits_and_stays_so():
    every = " ".join(map(chr, range(sys.maxunicode + 1)))

    folded = fold(every)

    assert {unicodedata.category(char)[0] for char in set(folded) - {" "}} == {"L", "N"}
    assert fold(folded) == folded


@given(ANY_TEXT)
@example("a" * 99 + "각한")
@example("\u1100\u0301\u1161 \u1100’\u1161")
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert fold(text) == " ".join(words(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“Café”, now", [("cafe", "Café"), ("now", "now")]),
        ("Cafe\u0301 x", [("cafe", "Cafe\u0301"), ("x", "x")]),
        ("the dogs’ don’t", [("the", "the"), ("dogs", "dogs"), ("dont", "don’t")]),
        ("深度", [("深", "深"), ("度", "度")]),
        ("1½", [("11", "1½"), ("2", "½")]),
        ("ﬁne", [("fine", "ﬁne")]),
    ],
)
def test_places_say_where_each_word_stands_in_the_original(text, found):
    assert [(word, text[start:end]) for word, start, end in places(text)] == found


@given(ANY_TEXT)
@example("각".join("ab"))
@example("\u1100\u1161\u11a8½\u0301\u0301")
def test_places_are_of_the_same_words(text):
    assert [word for word, _, _ in places(text)] == words(text)
