import html
import re
import time

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.marks import excerpt, mark
from catalog.search.query import parse
from catalog.search.tree import Phrase, Prefix, Tagged, WordTerm

# Few letters, so that the queries find something in the texts.
ANY_TEXT = st.text(st.characters(codec=None, categories=None) | st.sampled_from("ab½ -\u0301’深*"))


def looked_for(query):
    return parse(query).words


def plain(marked):
    return html.unescape(re.sub("</?mark>", "", marked))


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("cafe", "The Café.", "The <mark>Café</mark>."),
        ("cafe", "Cafe\u0301s, Cafe\u0301!", "Cafe\u0301s, <mark>Cafe\u0301</mark>!"),
        ("rlhf", "ＲＬＨＦ now", "<mark>ＲＬＨＦ</mark> now"),
        ("dont", "I don’t", "I <mark>don’t</mark>"),
        ("openai", "OpenAI’s plan", "<mark>OpenAI’s</mark> plan"),
        ("openai's", "OpenAI", "<mark>OpenAI</mark>"),
        ("lukasz", "by Łukasz", "by <mark>Łukasz</mark>"),
        ("Łukasz", "by Lukasz", "by <mark>Lukasz</mark>"),
        ("C++", "C, C++ and C#", "C, <mark>C++</mark> and C#"),
        ("C#", "é C++ and C#", "é C++ and <mark>C#</mark>"),
        ("C", "C and C++", "<mark>C</mark> and <mark>C</mark>++"),
        (".net", "the .NET, net", "the <mark>.NET</mark>, net"),
        ("미래", "미래를 봅니다", "<mark>미래를</mark> 봅니다"),
        ("rein*", "Reinforcement", "<mark>Reinforcement</mark>"),
        ("rein", "Reinforcement", "Reinforcement"),
        ('"reward models"', "Reward, models", "<mark>Reward, models</mark>"),
        ('"reward models"', "models reward", "models reward"),
        ('"a b a"', "a b a b a", "<mark>a b a b a</mark>"),
        ("reward models", "reward models", "<mark>reward models</mark>"),
        ('"a b c" b', "a b c d", "<mark>a b c</mark> d"),
        ('"a b"', "a < b", "<mark>a &lt; b</mark>"),
        ("o1 mini", "o1-mini", "<mark>o1-mini</mark>"),
        ("o1 mini", "o1\u2011mini", "<mark>o1\u2011mini</mark>"),
        ("o1 mini", "o1\u2010mini", "<mark>o1\u2010mini</mark>"),
        ("o1 mini", "o1\u00a0mini", "<mark>o1\u00a0mini</mark>"),
        ("a b", "a, b", "<mark>a</mark>, <mark>b</mark>"),
        ("a b", "a  b", "<mark>a</mark>  <mark>b</mark>"),
        ("深度", "学深度学", "学<mark>深度</mark>学"),
        ("1 2", "½", "<mark>½</mark>"),
        ("한국어", "한국어", "<mark>한국어</mark>"),
        ("b", "<b> & 'b'", "&lt;<mark>b</mark>&gt; &amp; &#x27;<mark>b</mark>&#x27;"),
        ("a -b", "a, b", "<mark>a</mark>, b"),
        ("", "<i>", "&lt;i&gt;"),
        ("a", "", ""),
    ],
)
def test_hits_are_marked_in_the_original(query, text, marked):
    assert mark(text, looked_for(query)) == marked
    assert isinstance(mark(text, looked_for(query)), SafeString)


def test_leaves_that_are_not_about_text_mark_nothing():
    assert mark("x y", [Tagged("x"), WordTerm("y")]) == "x <mark>y</mark>"


def test_text_that_is_called_safe_is_escaped_all_the_same():
    assert mark(SafeString("<i> a"), [WordTerm("a")]) == "&lt;i&gt; <mark>a</mark>"


@given(ANY_TEXT, ANY_TEXT)
def test_marks_change_nothing_but_the_marks(text, query):
    marked = mark(text, looked_for(query))

    # `unescape` reads what was escaped, and nothing that is not.
    assert plain(marked) == text
    assert excerpt(text, looked_for(query), length=max(len(text), 1)) == mark(
        text.strip(), looked_for(query)
    )


WORDS = " ".join(f"word{number}" for number in range(100))


def test_a_short_text_is_its_own_excerpt():
    assert excerpt(" a <b> ", [WordTerm("b")]) == "a &lt;<mark>b</mark>&gt;"


def test_an_excerpt_is_cut_between_words_on_both_sides_of_the_first_hit():
    assert excerpt(WORDS, [WordTerm("word50"), WordTerm("word90")], length=40) == (
        "…word49 <mark>word50</mark> word51 word52 word53…"
    )


def test_an_excerpt_at_an_end_is_cut_on_one_side():
    assert excerpt(WORDS, [WordTerm("word0")], length=20) == "<mark>word0</mark> word1 word2…"
    assert excerpt(WORDS, [WordTerm("word99")], length=20) == "…word97 word98 <mark>word99</mark>"


def test_an_excerpt_without_a_hit_is_the_beginning():
    assert excerpt(WORDS, [WordTerm("none")], length=20) == "word0 word1 word2…"
    assert excerpt("\n " + WORDS, [], length=20) == "word0 word1 word2…"


def test_an_excerpt_without_spaces_is_cut_between_characters():
    text = "学" * 50 + "深度" + "习" * 50

    assert excerpt(text, looked_for("深度"), length=12) == "…学学学学<mark>深度</mark>习习习习习习…"
    assert excerpt("x" * 50, [Prefix("x")], length=10) == "<mark>xxxxxxxxxx</mark>…"


def test_an_excerpt_marks_all_that_is_in_it():
    assert excerpt(WORDS, [WordTerm("word1"), WordTerm("word3")], length=30) == (
        "word0 <mark>word1</mark> word2 <mark>word3</mark> word4…"
    )


@given(ANY_TEXT, ANY_TEXT, st.integers(1, 20))
def test_an_excerpt_is_a_piece_of_the_text_and_no_longer_than_asked(text, query, length):
    shown = plain(excerpt(text, looked_for(query), length))

    assert len(shown) <= length + 2
    assert shown in text or shown.removeprefix("…").removesuffix("…") in text


@pytest.mark.parametrize(
    "text",
    [
        "a " * 10_000, "a" * 20_000, "a\u0301" * 10_000, "a" + "\u0301" * 19_999, "½" * 20_000,
        "'" * 20_000, "\ufdfa" * 20_000, "<" * 20_000, "a\n" * 10_000, "가" * 20_000,
    ],
)  # fmt: skip
def test_a_hostile_text_is_marked_at_once(text):
    leaves = [
        WordTerm("a"),
        Prefix("a"),
        Phrase(("a",) * 99 + ("b",)),
        Phrase(("1", "2")),
        WordTerm("½"),
    ]
    start = time.process_time()

    mark(text, leaves)
    excerpt(text, leaves)

    assert time.process_time() - start < 1
