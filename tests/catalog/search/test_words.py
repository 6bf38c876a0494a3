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
        ("OpenAI's OpenAI’s OPENAI‘S OpenAI´s OpenAI`s OpenAIʼs", " ".join(["openai"] * 6)),
        ("ＯｐｅｎＡＩ＇ｓ GPT-4’s", "openai gpt 4"),
        ("James' James’s ‘James’s’", "james james james"),
        ("it's that’s let's its", "its thats lets its"),
        ("o’clock rock’n’roll ’s", "oclock rocknroll s"),
        (
            "Łódź Đỗ Ærø œuvre Strauß ð Þór ħ ı ŋ ŧ ĸ ǝ ɓ ꝁ",
            "lodz do aero oeuvre strauss d thor h i n t q e b k",
        ),
        ("ŁÓDŹ ÆRØ Ɖ Ə", "lodz aero d e"),
        ("ґ қ ё й", "г к е и"),
        (
            "C C++ c++17 Ｃ＋＋ Notepad++ 用C++写",
            "c c plusplus c plusplus 17 c plusplus notepad plusplus 用 c plusplus 写",
        ),
        ("C# c♯ F# 用C#写 C#7", "c sharp c sharp f sharp 用 c sharp 写 c sharp 7"),
        (".NET .net, ASP.NET example.net ．ＮＥＴ", "dot net dot net asp net example net dot net"),
        ("Node.js A* Q+ #tag PR#5 a+b + ++ #", "node js a q tag pr 5 a b"),
        ("rein\u00adforce a\u200db\ufeff", "reinforce ab"),
        ("GPT를 3월에 OpenAI’의", "gpt 를 3 월에 openai 의"),
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


@pytest.mark.full
def test_every_character_folds_to_letters_and_digits_and_stays_so():
    every = " ".join(map(chr, range(sys.maxunicode + 1)))

    folded = fold(every)

    assert {unicodedata.category(char)[0] for char in set(folded) - {" "}} == {"L", "N"}
    assert fold(folded) == folded


@given(ANY_TEXT)
@example("a" * 99 + "각한")
@example("\u1100\u0301\u1161 \u1100’\u1161")
@example("x's's ''s a'를 를'a C’++ C\u00ad# .\u0301net")
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
        ("by OpenAI’s,", [("by", "by"), ("openai", "OpenAI’s")]),
        ("‘it’s’ `x`", [("its", "it’s"), ("x", "x")]),
        ("Ærø", [("aero", "Ærø")]),
        ("é C++", [("e", "é"), ("c", "C"), ("plusplus", "+")]),
        ("GPT를", [("gpt", "GPT"), ("를", "를")]),
    ],
)
def test_places_say_where_each_word_stands_in_the_original(text, found):
    assert [(word, text[start:end]) for word, start, end in places(text)] == found


@given(ANY_TEXT)
@example("각".join("ab"))
@example("\u1100\u1161\u11a8½\u0301\u0301")
@example("a'를's é++ C\u0301# C++# .NET’s .\u00adnet \u0301\u0591++")
@example("'a''s' b's's `c`s C++'s it''s x++++y")
def test_places_are_of_the_same_words(text):
    assert [word for word, _, _ in places(text)] == words(text)
