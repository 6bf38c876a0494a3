"""Quick search: a few of everything, notes for their own reader alone, and no text is an error."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.browsing import quick
from accounts.models import State
from accounts.reading import marking
from catalog.models import Tag
from catalog.search import engine
from tests.factories import make_cluster, make_issue, make_note, make_publication, make_user

pytestmark = pytest.mark.django_db
URL = "/search/quick/"


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    # How long a query takes on a busy machine is not what is tested here.
    monkeypatch.setattr(engine, "SEARCH_BUDGET_MS", 60_000)


@pytest.fixture
def user():
    return make_user()


def find(user, text):
    """Return what quick search has for a text, as {group: titles}, marks left out."""
    results = quick.quick(user, text)
    return {
        group.key: [re.sub("</?mark>", "", hit.title) for hit in group.hits]
        for group in results.groups
    }


def make_tagged(name, **overrides):
    slug = name.lower().replace(" ", "-")
    key = name.lower().replace(" ", "")
    Tag.objects.get_or_create(name=name, slug=slug, key=key)
    return make_issue(tag_list=[[name, slug]], **overrides)


def test_a_few_of_each_kind_are_found(user):
    home = make_publication(name="Reward Weekly", slug="reward-weekly")
    cluster = make_cluster(title="Learning from rewards", slug="rewards", publication=home)
    issue = make_tagged("reward models", title="Why rewards matter", cluster=cluster, tier=5)
    note = make_note(user=user, issue=issue, body="On **rewards**, again")

    results = quick.quick(user, "rewa")

    urls = {group.key: [hit.url for hit in group.hits] for group in results.groups}
    assert urls == {
        "publications": [home.get_absolute_url()],
        "clusters": [cluster.get_absolute_url()],
        "tags": ["/tags/reward-models/"],
        "issues": [issue.get_absolute_url()],
        "notes": [note.get_absolute_url()],
    }
    issues = next(group for group in results.groups if group.key == "issues")
    assert issues.hits[0].title == "Why <mark>rewards</mark> matter"
    assert (issues.hits[0].tier, issues.hits[0].date) == (5, issue.date)
    assert results.said == "5 results."


def test_the_page_shows_what_was_found_marked_and_escaped(client, user):
    client.force_login(user)
    issue = make_issue(title="Rewards <b>& more")

    response = client.get(URL, {"q": "rewar"})

    html = response.content.decode()
    assert response.status_code == 200
    assert "<mark>Rewards</mark> &lt;b&gt;&amp; more" in html
    assert f'href="{issue.get_absolute_url()}"' in html
    assert "All results for “rewar”" in html
    assert not re.search(r"<(?:html|script|style)|style=", html)


def test_the_last_word_goes_on_unless_a_space_follows_it(user):
    make_issue(title="Rewards")

    assert find(user, "rewar")["issues"] == ["Rewards"]
    assert find(user, "rewards ")["issues"] == ["Rewards"]
    assert "issues" not in find(user, "rewar ")
    assert "issues" not in find(user, '"rewar')


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("openai", "OpenAI’s Łódź"),
        ("OpenAI's", "OpenAI’s Łódź"),
        ("lod", "OpenAI’s Łódź"),
        ("C++", "C++"),
        ("C#", "C#"),
        (".net", ".NET"),
        ("미래", "미래를"),
    ],
)
def test_names_are_found_in_issues_and_notes(user, text, title):
    for name in ("OpenAI’s Łódź", "C", "C++", "C#", ".NET", "net", "미래를"):
        make_note(user=user, issue=make_issue(title=name), body=f"On {name}.")

    assert find(user, text) == {"issues": [title], "notes": [f"On {title}."]}


@pytest.mark.parametrize(
    "text",
    ["https://www.tides.org/neap/?utm_source=x", "www.tides.org/neap", "http://tides.org/neap"],
)
def test_an_address_finds_its_issue(user, text):
    make_issue(title="Neap", url="https://tides.org/neap")
    make_issue(title="Ebb", url="https://tides.org/ebb")

    assert find(user, text) == {"issues": ["Neap"]}


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("🎉", "There is no word to look for in this search, so it finds nothing."),
        ("!!!", "There is no word to look for in this search, so it finds nothing."),
        ("https://x.org/", "There is no issue at the address “https://x.org/” here."),
    ],
)
def test_where_nothing_can_be_found_the_box_says_why(client, user, text, notice):
    client.force_login(user)
    make_issue(title="Rewards")

    results = quick.quick(user, text)

    assert (results.groups, results.notices) == ([], (notice,))
    assert results.said == f"Nothing found. {notice}"
    assert notice in client.get(URL, {"q": text}).content.decode()


def test_a_word_that_is_not_there_needs_no_explanation(user):
    assert quick.quick(user, "rewards").notices == ()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("rewar", "rewar%2A"),  # no word, so the catalog is asked for what begins so
        ("rewards", "rewards"),
        ("rewar ", "rewar"),
        ("nothing so", "nothing+so"),
        ("a&b", "a%26b"),
    ],
)
def test_all_results_lead_to_the_catalog(user, text, asked):
    make_issue(title="Rewards of reading")

    assert quick.quick(user, text).all_url == f"{reverse('issue_list')}?q={asked}"


def test_there_are_no_more_of_a_kind_than_fit(user):
    for number in range(9):
        home = make_publication(name=f"Stone {number}")
        cluster = make_cluster(title=f"Stones {number}", publication=home)
        issue = make_tagged(f"stone {number}", title=f"A stone {number}", cluster=cluster)
        make_note(user=user, issue=issue, body=f"The stone {number}")

    sizes = {key: len(titles) for key, titles in find(user, "stone").items()}

    assert sizes == {"publications": 3, "clusters": 3, "tags": 4, "issues": 8, "notes": 4}


def test_names_that_begin_so_come_first_then_those_used_most(user):
    for name, uses in (("old masonry", 3), ("masonry", 1), ("mason bees", 2), ("freemasons", 4)):
        for _ in range(uses):
            make_tagged(name)

    assert find(user, "mason")["tags"] == ["mason bees", "masonry", "freemasons", "old masonry"]
    assert find(user, "masonry old")["tags"] == ["old masonry"]


def test_issues_come_newest_first(user):
    for year in (2019, 2024, 2021):
        make_issue(title=f"Stone {year}", date=f"{year}-05-01")

    assert find(user, "stone")["issues"] == ["Stone 2024", "Stone 2021", "Stone 2019"]


def test_names_are_found_in_any_script_and_case(user):
    make_publication(name="Étude de l’École", slug="étude-de-lécole")
    make_issue(title="強化学習の基礎")

    assert find(user, "éTUDE école")["publications"] == ["Étude de l’École"]
    assert find(user, "強化")["issues"] == ["強化学習の基礎"]


def test_one_letter_alone_looks_for_names_only(user):
    issue = make_tagged("stone", title="s and so on", publication=make_publication(name="Sand"))
    make_publication(name="Masons")
    make_note(user=user, issue=issue, body="s")

    assert find(user, "s") == {
        "commands": ["Catalog", "Progress", "Account"],
        "publications": ["Sand"],
        "tags": ["stone"],
    }


def test_a_query_with_fields_is_about_issues(user):
    old = make_issue(title="Stone age", date="2019-05-01", tier=5)
    new = make_issue(title="Stone today", date="2024-05-01", tier=4)
    make_publication(name="Stone")
    marking.mark(user, [new.pk], State.READ)

    assert find(user, "stone after:2020") == {"issues": [new.title]}
    assert find(user, "stone tier:5") == {"issues": [old.title]}
    assert find(user, "stone -today") == {"issues": [old.title]}
    assert find(user, "tier:5") == {"issues": [old.title]}
    assert find(user, "state:read") == {"issues": [new.title]}
    assert find(user, "stone state:unread") == {"issues": [old.title]}


def test_archived_issues_are_not_found(user):
    make_issue(title="Stone", archived_at="2024-01-01T00:00:00Z")

    assert "issues" not in find(user, "stone")


def test_what_takes_too_long_is_said_and_the_rest_is_shown(client, user, monkeypatch):
    def give_up(*args):
        raise engine.TooBroad

    make_publication(name="Stone")
    monkeypatch.setattr(quick, "_issue_hits", give_up)

    results = quick.quick(user, "stone")

    assert [group.key for group in results.groups] == ["publications", "issues"]
    assert results.said == "1 result. Issues took too long."
    client.force_login(user)
    assert "took too long" in client.get(URL, {"q": "stone"}).content.decode()


# Commands


def test_nothing_typed_shows_the_commands(client, user):
    client.force_login(user)

    html = client.get(URL, {"q": "  "}).content.decode()

    for route in (
        "library", "issue_list", "accounts:queue", "accounts:progress", "accounts:note_list",
        "accounts:account_detail", "accounts:act_list",
    ):  # fmt: skip
        assert f'href="{reverse(route)}"' in html
    assert 'data-set-theme="dark"' in html
    assert "All results" not in html
    assert quick.quick(user, "").said == "9 commands."


def test_commands_are_found_by_what_they_are_called_otherwise(user):
    assert find(user, "dar")["commands"] == ["Dark theme"]
    assert find(user, "theme")["commands"] == ["Light theme", "Dark theme"]
    assert find(user, "undo")["commands"] == ["What I marked"]
    assert find(user, "time zo")["commands"] == ["Account"]
    assert "commands" not in find(user, "reward")


# Whose it is


def test_the_notes_of_others_are_never_found(client, user):
    client.force_login(user)
    issue = make_issue()
    make_note(issue=issue, body="A secret stone")
    make_note(user=user, issue=issue, body="A stone deleted", deleted_at="2024-01-01T00:00:00Z")
    own = make_note(user=user, issue=issue, kind="quote", quote="My own stone", body="")

    html = client.get(URL, {"q": "stone"}).content.decode()

    assert own.get_absolute_url() in html
    assert "secret" not in html
    assert "deleted" not in html


def test_a_note_is_shown_by_the_text_that_holds_the_words(user):
    make_note(user=user, kind="quote", quote="The quoted stone", body="A remark")
    make_note(user=user, body="The café of stones")

    assert find(user, "quot")["notes"] == ["The quoted stone"]
    assert find(user, "CAFE stone")["notes"] == ["The café of stones"]


def test_a_public_catalog_is_searched_without_notes(client, settings):
    settings.IS_PUBLIC = True
    issue = make_issue(title="A stone")
    make_note(issue=issue, body="A secret stone")

    response = client.get(URL, {"q": "stone"})

    html = response.content.decode()
    assert response.status_code == 200
    assert issue.get_absolute_url() in html
    assert "secret" not in html
    assert "My notes" not in html
    assert [hit.title for group in quick.quick(None, "").groups for hit in group.hits] == [
        "Library", "Catalog", "Sign in",
    ]  # fmt: skip


def test_a_catalog_that_is_not_public_asks_to_sign_in(client):
    response = client.get(URL, {"q": "stone"})

    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:sign_in"))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_asked(client, user, method):
    client.force_login(user)

    assert getattr(client, method)(URL).status_code == 405


# Cost and robustness

HOSTILE = [
    "\x00", "a\x00b", "\ud800", "a\udfff", "'", '"', '"a', "*", "a*b*c*", "a* b* c* d* e* f* g*",
    "%", "_", "\\", "a\\", "-", "-a", "(", ")", "((((a", "a OR", "OR", "tag:", "tag:a*", "tag:x y",
    "in:a", "cluster:a", "cluster:none", "state:read has:note", "state:read -state:read", "a" * 999,
    "a " * 300, "½ ㍿", "強", "İ", "ß", "e\u0301", "\u0301", "\u200d", "🏳️‍🌈", "after:9999-12-31",
    "minutes:<0", "'; DROP TABLE catalog_issue; --", "{{ 1 }}", "<script>", "“a b", "a:b",
    "https://x.org/a(b", "www.", "www.x*", "http://[", "C++ 🎉", "GPT를", "a" + "'s" * 90,
    "NEAR(a)", "a AND", "every=", "id=1", "before:0001", "after:0001-01-01 before:9999",
]  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_an_error(client, user, text):
    client.force_login(user)
    make_note(user=user, issue=make_tagged("a", title="a stone"), body="a")

    assert client.get(URL, {"q": text.encode("utf-8", "replace")}).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        quick.quick(user, text)
    assert len(queries) <= 8, [query["sql"] for query in queries]


PIECES = st.sampled_from(
    ["a", "stone", " ", "*", '"', "(", ")", "-", ":", " OR ", "tag:", "in:", "cluster:",
     "state:read", "has:note", "after:2020", "year:2024", "minutes:<5", "\x00", "\ud83d", "'", "%",
     "_", "\\", "é"]
)  # fmt: skip


@pytest.mark.full
@given(st.text() | st.lists(PIECES).map("".join))
@example("a" * 199 + " b")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_results(user, text):
    results = quick.quick(user, text)

    assert len(results.text) <= 200
    assert bool(results.text) == bool(results.all_url)
    assert all(hit.url or hit.theme for group in results.groups for hit in group.hits)


def test_twice_the_rows_cost_the_same_queries(client, user):
    client.force_login(user)

    def fill():
        for number in range(10):
            cluster = make_cluster(title="A stone", slug=f"stone-{number}")
            issue = make_tagged("stone", title="Stone", cluster=cluster)
            make_tagged(f"stone {issue.pk}")
            make_note(user=user, issue=issue, body="stone")

    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(URL, {"q": "ston"})
        return len(queries)

    fill()
    first = count()
    fill()

    assert count() == first <= 8
