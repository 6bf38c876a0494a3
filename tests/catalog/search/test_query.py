import datetime
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.search.query import (
    ADDRESS_LENGTH,
    LONGEST_QUERY,
    NO_WORDS,
    SIGNS,
    STATE_VALUES,
    TERMS,
    Query,
    parse,
)
from catalog.search.tree import (
    NO_ISSUE,
    Address,
    And,
    In,
    InCluster,
    Not,
    Or,
    Phrase,
    Prefix,
    Tagged,
    Tiers,
    WordTerm,
    Year,
    matches,
)  # fmt: skip
from catalog.search.words import fold

A, B, C, D = map(WordTerm, "abcd")
# Building blocks of queries, so that Hypothesis generates more than words.
PIECES = [
    "(", ")", "-", '"', "|", " OR ", " AND ", " ", "*", ":", "“", "a", "b c", "o1-mini", "\x00",
    "深度", "\ud800", "tag:x", "tier:>=4", "tier:9", "before:2024-02-31", "after:9999", "-has:",
    "C++", "c#", ".NET", "미래를", "’s", "https://x.org/", "www.x", "🎉",
    "state:read", "year:0000", "minutes:<10", "cluster:none", "in:", "sort:cited", "ſtate:read",
]  # fmt: skip
ANY_TEXT = st.text(st.characters(codec=None, categories=None))
ANY_QUERY = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def date(text):
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", None),
        ("a", A),
        ("RLHF", WordTerm("rlhf")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a and b", And((A, WordTerm("and"), B))),
        ("a OR b", Or((A, B))),
        ("a|b", Or((A, B))),
        ("a or b", And((A, WordTerm("or"), B))),
        ("ORB", WordTerm("orb")),
        ("ANDROID", WordTerm("android")),
        ("a b OR c", And((A, Or((B, C))))),
        ("a OR b c", And((Or((A, B)), C))),
        ("a OR b OR c d", And((Or((A, B, C)), D))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("a OR (b c)", Or((A, And((B, C))))),
        ("((a)) (b (c d))", And((A, B, C, D))),
        ("a OR (b OR c)", Or((A, B, C))),
    ],
)
def test_terms_are_joined_and_or_binds_tighter(text, node):
    assert parse(text) == Query(text, node)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ('"reward models"', Phrase(("reward", "models"))),
        ("“Reward Models”", Phrase(("reward", "models"))),
        ('"reward"', WordTerm("reward")),
        ('a"b c"d', And((A, Phrase(("b", "c")), D))),
        ('"a OR (b"', Phrase(("a", "or", "b"))),
        ("o1-mini", Phrase(("o1", "mini"))),
        ("don’t", WordTerm("dont")),
        ("深度", Phrase(("深", "度"))),
        ("OpenAI’s", WordTerm("openai")),
        ("C++", Phrase(("c", "plusplus"))),
        ("C#", Phrase(("c", "sharp"))),
        (".NET", Phrase(("dot", "net"))),
        ("Node.js", Phrase(("node", "js"))),
        ("미래", Prefix("미래")),
        ('"미래"', WordTerm("미래")),
        ("GPT를", And((WordTerm("gpt"), Prefix("를")))),
        ("rein*", Prefix("rein")),
        ("Réin*", Prefix("rein")),
        ("o1-mi*", And((WordTerm("o1"), Prefix("mi")))),
        ('"rein*"', WordTerm("rein")),
        ('a … !!! "?" * ""', A),
        ("a OR !!!", A),
    ],
)
def test_words_phrases_and_prefixes_are_folded_and_nothing_is_dropped(text, node):
    assert parse(text) == Query(text, node)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("-a", Not(A)),
        ("a -b", And((A, Not(B)))),
        ("a OR -b", Or((A, Not(B)))),
        ('-"a b"', Not(Phrase(("a", "b")))),
        ("-a*", Not(Prefix("a"))),
        ("-(a b)", Not(And((A, B)))),
        ("(-a)", Not(A)),
        ("b|-a", Or((B, Not(A)))),
        ("-(-a)", A),
        ("-tag:x", Not(Tagged("x"))),
        ("-OR", Not(WordTerm("or"))),
        ("a-b", Phrase(("a", "b"))),
        ("a - b", And((A, B))),
        ("--a", A),
        ('"a"-b', And((A, B))),
        ("-!!! a", A),
        ("-() a", A),
        ("-C++", Not(Phrase(("c", "plusplus")))),
        ("-미래", Not(Prefix("미래"))),
    ],
)
def test_a_minus_before_a_term_excludes_it(text, node):
    assert parse(text) == Query(text, node)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("tag:rlhf", Tagged("rlhf")),
        ("Tag:RLHF", Tagged("RLHF")),
        ('tag:"reward  models"', Tagged("reward models")),
        ("tier:5", Tiers(frozenset({5}))),
        ("tier:=5", Tiers(frozenset({5}))),
        ("tier:>=4", Tiers(frozenset({4, 5}))),
        ("tier:>3", Tiers(frozenset({4, 5}))),
        ("tier:<=2", Tiers(frozenset({1, 2}))),
        ("tier:<2", Tiers(frozenset({1}))),
        ("tier:none", Tiers(frozenset({None}))),
        ("in:interconnects", In("interconnects")),
        ('cluster:"reward models"', InCluster("reward models")),
        ("cluster:“reward models”", InCluster("reward models")),
        ("cluster:none", InCluster(None)),
        ("year:2025", Year(2025)),
        ("tag:x OR (a tier:5)", Or((Tagged("x"), And((A, Tiers(frozenset({5}))))))),
    ],
)
def test_fields_of_the_tree(text, node):
    assert parse(text) == Query(text, node)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("before:2024", {"before": date("2024-01-01")}),
        ("before:2024-06", {"before": date("2024-06-01")}),
        ("before:2024-06-15", {"before": date("2024-06-15")}),
        ("after:2023", {"after": date("2023-12-31")}),
        ("after:2023-06", {"after": date("2023-06-30")}),
        ("after:2024-2", {"after": date("2024-02-29")}),
        ("after:2023-06-15", {"after": date("2023-06-15")}),
        ("after:9999", {"after": date("9999-12-31")}),
        ("after:2022 after:2020", {"after": date("2022-12-31")}),
        ("before:2022 before:2024", {"before": date("2022-01-01")}),
        ("minutes:<10", {"minutes": (("<", 10),)}),
        ("minutes:10", {"minutes": (("=", 10),)}),
        ("minutes:>=5 minutes:<=20", {"minutes": ((">=", 5), ("<=", 20))}),
        ("state:unread", {"states": frozenset({"unread"})}),
        ("STATE:Read", {"states": frozenset({"read"})}),
        ("-state:read", {"states": STATE_VALUES - {"read"}}),
        ("-state:read -state:queued", {"states": frozenset({"unread", "reading"})}),
        ("state:read state:unread", {"states": frozenset()}),
        ("has:note -has:link", {"has_note": True, "has_link": False}),
        ("has:note -has:note", {"has_note": False}),
        ("sort:newest sort:cited", {"sort": "cited"}),
        ("a before:2024 b", {"node": And((A, B)), "before": date("2024-01-01")}),
        ("before:2024 (a OR b)", {"node": Or((A, B)), "before": date("2024-01-01")}),
    ],
)
def test_filters_stand_beside_the_tree(text, filters):
    assert parse(text) == Query(text, **filters)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("foo:bar", Phrase(("foo", "bar"))),
        ("http:x", Phrase(("http", "x"))),
        ("url:x", Phrase(("url", "x"))),
        ("https://", WordTerm("https")),
        ("ſtate:read", Phrase(("state", "read"))),
        ("retag:x", Phrase(("retag", "x"))),
    ],
)
def test_what_is_no_field_is_words_without_a_word_about_it(text, node):
    assert parse(text) == Query(text, node)


PLACE = "cannot stand beside OR or in parentheses"
PERIOD = "is not a day, month or year such as 2024-06-30, 2024-06 or 2024"


@pytest.mark.parametrize(
    ("text", "field", "fault"),
    [
        ("tier:9", "tier:9", "is not a tier from 1 to 5"),
        ("tier:<=9", "tier:<=9", "is not a tier from 1 to 5"),
        ("tier:>5", "tier:>5", "is not a tier from 1 to 5"),
        ("tier:x", "tier:x", "is not a tier from 1 to 5"),
        ("tier:=>4", "tier:=>4", "is not a tier from 1 to 5"),
        ("year:25", "year:25", "is not a year such as 2024"),
        ("year:0000", "year:0000", "is not a year such as 2024"),
        ("year:２０２４", "year:２０２４", "is not a year such as 2024"),
        ("before:2024-13", "before:2024-13", PERIOD),
        ("before:2024-00", "before:2024-00", PERIOD),
        ("after:2023-02-29", "after:2023-02-29", PERIOD),
        ("after:0000", "after:0000", PERIOD),
        ("after:soon", "after:soon", PERIOD),
        ("minutes:<x", "minutes:<x", "is not a number of minutes such as <10"),
        ("state:done", "state:done", "is not one of unread, queued, reading and read"),
        ("has:tag", "has:tag", "is not has:note or has:link"),
        (
            "sort:best",
            "sort:best",
            "is not one of relevance, newest, oldest, tier, cited, shortest, title and recent",
        ),
        ("tag:", "tag:", "has nothing after the colon"),
        ('tag:""', 'tag:""', "has nothing after the colon"),
        ("before:2024 OR a", "before:2024", PLACE),
        ("a OR state:read", "state:read", PLACE),
        ("(sort:cited)", "sort:cited", PLACE),
        ("-(has:note)", "has:note", PLACE),
        ("-before:2024", "before:2024", "cannot be excluded"),
        ("-sort:cited", "sort:cited", "cannot be excluded"),
    ],
)
def test_a_field_that_cannot_be_taken_is_searched_as_words_and_told(text, field, fault):
    query = parse(text)

    assert query.complaints == (f"“{field}” {fault}, so it is searched as words.",)
    assert parse(text.replace(field, f'"{field.replace('"', "")}"')).node == query.node
    assert query == Query(text, query.node, complaints=query.complaints)


OPEN_QUOTE = "A quotation mark is not closed; the rest is taken as a phrase."
OPEN_GROUP = "A parenthesis is not closed; it is taken to close at the end."
NO_GROUP = "A parenthesis is closed that was not opened; it is passed over."
LONE_OR = "“OR” needs a term on each side; it is passed over."


@pytest.mark.parametrize(
    ("text", "node", "complaints"),
    [
        ('a "b c', And((A, Phrase(("b", "c")))), [OPEN_QUOTE]),
        ('cluster:"b c', InCluster("b c"), [OPEN_QUOTE]),
        ("a (b OR c", And((A, Or((B, C)))), [OPEN_GROUP]),
        ("-((a", Not(A), [OPEN_GROUP]),
        ("a) b", And((A, B)), [NO_GROUP]),
        ("a ) OR b", Or((A, B)), [NO_GROUP]),
        ("OR", NO_ISSUE, [LONE_OR, NO_WORDS]),
        ("a OR", A, [LONE_OR]),
        ("OR a", A, [LONE_OR]),
        ("(a OR) b", And((A, B)), [LONE_OR]),
        ("(OR a) b", And((A, B)), [LONE_OR]),
        ("a OR OR b", And((A, B)), [LONE_OR]),
        ("a |", A, ["“|” needs a term on each side; it is passed over."]),
        ("AND a AND", A, []),
    ],
)
def test_what_does_not_close_or_join_is_mended_and_told(text, node, complaints):
    assert parse(text) == Query(text, node, complaints=tuple(complaints))


def test_a_filter_beside_an_or_that_joins_nothing_holds():
    assert parse("before:2024 OR").before == date("2024-01-01")


def test_a_long_text_is_cut_and_told():
    whole = parse("x" * LONGEST_QUERY)
    cut = parse("  " + "x" * LONGEST_QUERY + "y")

    assert whole.complaints == ()
    assert (cut.text, cut.node) == (whole.text, whole.node)
    assert cut.complaints == ("A search is read up to 200 characters; the rest is left out.",)


@pytest.mark.parametrize(
    "text", ["🎉", "++", "!!!", "()", '""', "*", "-!!!", "\u200b", "AND", "🎉 OR ♥"]
)
def test_a_search_without_a_word_finds_nothing_and_says_so(text):
    query = parse(text)

    assert query.node == NO_ISSUE
    assert query.complaints[-1] == NO_WORDS


def test_signs_beside_a_field_are_passed_over_and_told():
    assert parse("tier:5 *") == Query("tier:5 *", Tiers(frozenset({5})), complaints=(SIGNS,))
    assert parse("tag:x -") == Query("tag:x -", Tagged("x"), complaints=(SIGNS,))
    assert parse("before:2024 🎉") == Query(
        "before:2024 🎉", None, before=date("2024-01-01"), complaints=(SIGNS,)
    )


def test_an_order_is_nothing_to_look_for():
    assert parse("sort:cited ()").complaints == ()
    assert parse("sort:cited *").node == NO_ISSUE


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("https://x.org/a", Or((Phrase(("https", "x", "org", "a")), Address("https://x.org/a")))),
        ("HTTP://x", Or((Phrase(("http", "x")), Address("HTTP://x")))),
        ("www.x", Or((Phrase(("www", "x")), Address("www.x")))),
        ("x.org/a", Or((Phrase(("x", "org", "a")), Address("x.org/a")))),
        ("TCP/IP", Phrase(("tcp", "ip"))),
        ("24/7", Phrase(("24", "7"))),
        ("1.5/2.5", Phrase(("1", "5", "2", "5"))),
        ("-www.x", Not(Or((Phrase(("www", "x")), Address("www.x"))))),
        ("a www.x", And((A, Or((Phrase(("www", "x")), Address("www.x")))))),
        ("(a www.x)", And((A, Or((Phrase(("www", "x")), Address("www.x")))))),
        ("www.x/(b)", Or((Phrase(("www", "x", "b")), Address("www.x/(b)")))),
        ("www.x*", And((WordTerm("www"), Prefix("x")))),
        ('"www.x"', Phrase(("www", "x"))),
    ],
)
def test_a_web_address_is_one_and_the_words_in_it(text, node):
    assert parse(text) == Query(text, node)


def test_an_address_by_itself_is_read_whole():
    address = "https://x.org/" + "a" * 500

    query = parse(address)

    assert (query.text, query.complaints) == (address, ())
    assert Address(address) in query.node.parts
    assert len(parse(f"a {address}").text) == LONGEST_QUERY
    assert len(parse("https://x.org/" + "a" * ADDRESS_LENGTH).text) == LONGEST_QUERY


def test_terms_past_the_sixteenth_are_left_out_and_told():
    sixteen = [f"w{number}" for number in range(TERMS)]

    assert parse(" ".join(sixteen)).complaints == ()
    query = parse(" ".join([*sixteen, "-x", "tag:y", "before:2024"]))
    assert query.node == And(tuple(map(WordTerm, sixteen)))
    assert query.before == date("2024-01-01")
    assert query.complaints == ("A search has at most 16 terms; the rest are left out.",)


def test_controls_and_surrogates_never_reach_a_database():
    query = parse('tag:"a\x00b\ud800c" d\x00')

    assert query == Query('tag:"a b c" d', And((Tagged("a b c"), D)))


def test_the_wanted_words_are_in_order_and_without_what_is_excluded():
    query = parse('a -b (c* OR -(d)) tag:x "o p"')

    assert query.words == (A, Prefix("c"), Phrase(("o", "p")))
    assert query.has_text
    assert not parse("-a tag:x sort:cited").has_text


def depth(node):
    parts = node.parts if isinstance(node, And | Or) else [node.part] if type(node) is Not else []
    return 1 + max(map(depth, parts), default=0)


def leaves(node):
    if isinstance(node, And | Or):
        return [leaf for part in node.parts for leaf in leaves(part)]
    return leaves(node.part) if isinstance(node, Not) else [node]


@given(ANY_QUERY)
@example("(" * LONGEST_QUERY)
@example("-(a " * 50)
@example("(a OR -(b " * 20)
@example("OR" * 100 + "|" * 100)
def test_every_text_is_a_query(text):
    query = parse(text)

    assert len(query.text) <= LONGEST_QUERY or query.text.lower().startswith(("http", "www."))
    query.text.encode()
    if query.node:
        assert len({*leaves(query.node)} - {NO_ISSUE}) <= TERMS
        assert depth(query.node) <= 3 * TERMS
        assert isinstance(matches(query.node, fold(text), lambda leaf: True), bool)
    for word in query.words:
        folded = " ".join(word.words) if isinstance(word, Phrase) else word.text
        assert folded
        assert fold(folded) == folded
    assert parse(query.text).node == query.node


def test_a_hostile_text_is_read_at_once():
    for text in ("(" * 10**6, '"' * 10**6, "-" * 10**6, "tag:" * 10**5, " " * 10**6 + "a"):
        start = time.process_time()
        parse(text)
        assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("query", "is_met"),
    [
        ("", True),
        ("reward", True),
        ("rewar", False),
        ("ward", False),
        ("rewar*", True),
        ("ward*", False),
        ('"reward models"', True),
        ('"models reward"', False),
        ('"ward models"', False),
        ('"models again"', False),
        ("again", True),
        ("models again", True),
        ("last", True),
        ("reward missing", False),
        ("reward OR missing", True),
        ("missing OR absent", False),
        ("-missing", True),
        ("-reward", False),
        ("again -(reward missing)", True),
        ("again -(reward last)", False),
        ("tag:yes", True),
        ("tag:no", False),
        ("-tag:no reward", True),
        ("tag:no OR reward", True),
    ],
)
def test_a_tree_is_evaluated_on_a_folded_text_of_several_fields(query, is_met):
    text = "reward models\nagain at last"

    assert matches(parse(query).node, text, lambda leaf: leaf == Tagged("yes")) is is_met


def test_only_leaves_that_are_not_text_are_asked_for():
    asked = []
    node = parse('a b* "c d" tag:x tier:5 in:y cluster:z year:2024').node

    assert matches(node, "a b c d", lambda leaf: asked.append(leaf) or True)
    assert list(map(type, asked)) == [Tagged, Tiers, In, InCluster, Year]
