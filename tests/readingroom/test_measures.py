"""The code stays readable: names that identify, simple functions, plain sentences."""

import pytest

from tests.nonempty import some
from tests.readingroom import measures

# Shares of all names and of all functions. Lower them as the code gets simpler.
SHARED_NAMES = 0.01
COMPLEX_FUNCTIONS = 0.02
HIGHEST_COMPLEXITY = 15
# Sentences that begin with “What”, and banned words. Lower them as prose is rewritten.
HEADLESS_SENTENCES = 0
BANNED_WORDS = 1


@pytest.fixture(scope="module")
def code():
    return measures.read(some(measures.code_files()))


@pytest.fixture(scope="module")
def prose():
    return measures.read(some(measures.prose_files()))


def test_names_identify(code):
    shared, names = measures.shared_names(code)

    assert len(shared) <= SHARED_NAMES * names, shared


def test_functions_are_simple(code):
    every = measures.complexities(code)
    dense = {place: number for place, number in every.items() if number > measures.COMPLEX}

    assert len(dense) <= COMPLEX_FUNCTIONS * len(every), dense
    assert max(every.values()) <= HIGHEST_COMPLEXITY, dense


def test_sentences_do_not_begin_with_what(prose):
    found = measures.headless(prose)

    assert len(found) <= HEADLESS_SENTENCES, found


def test_prose_has_no_banned_words(prose):
    found = measures.banned(prose)

    assert len(found) <= BANNED_WORDS, found


def test_shared_name_is_found():
    sources = {"a.py": "def line(): ...\nLIMIT = 1", "b.py": "line: int = 1\nclass Own: ..."}

    assert measures.shared_names(sources) == ({"line": {"a.py", "b.py"}}, 3)


def test_complexity_counts_each_branch():
    source = "def f(a):\n    if a and a:\n        return [b for b in a if b]\n"

    assert measures.complexities({"a.py": source}) == {"a.py:1 f": 5}


@pytest.mark.parametrize(
    "source",
    [
        '"""What a module is for."""',
        "# What a comment says.",
        "# One line.\n# What the next\n# one says.",
        'def f():\n    """Return it.\n\n    What follows is a paragraph.\n    """',
    ],
)
def test_headless_sentence_is_found(source):
    assert len(measures.headless({"a.py": source})) == 1


@pytest.mark.parametrize("source", ["# What is this?", "# Return what is left.", "x = 'What a.'"])
def test_other_sentences_pass(source):
    assert measures.headless({"a.py": source}) == []


def test_banned_word_is_found_in_documents():
    assert len(measures.banned({"a.md": "The hits at hand are ranked."})) == 1
