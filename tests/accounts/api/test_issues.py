"""Issues as a reader sees them: lists, one with all around it, facets, and quick search."""

import datetime
from urllib.parse import quote

import pytest

from accounts.api.issues import ListedIssue, WholeIssue
from accounts.api.search import HIT_KINDS, FacetCounts, Found
from accounts.models import State
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch, Citation, Issue
from catalog.search import indexing
from catalog.search.engine import TooBroad
from catalog.search.query import NO_WORDS
from tests.api import Api, described, is_problem, queries
from tests.factories import (
    make_cluster,
    make_issue,
    make_note,
    make_publication,
    make_reading,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_in_step(db):
    yield
    assert indexing.check() == []


@pytest.fixture
def api(user):
    asking = Api(user)
    # An address that is one.
    asking.client.defaults["SERVER_NAME"] = "localhost"
    return asking


@pytest.fixture
def tides(db):
    """A cluster of three issues, of which the last cites the first and an address elsewhere."""
    cluster = make_cluster(publication=make_publication(name="Shoreline", slug="shoreline"),
                           title="Tides", slug="tides")  # fmt: skip
    made = [
        make_issue(cluster=cluster, title=title, slug=title.lower(), tier=tier, position=place,
                   date=datetime.date(2024, 5, 1 + place), url=f"https://example.org/{title}")
        for place, (title, tier) in enumerate([("Ebb", 5), ("Flood", 4), ("Neap", None)])
    ]  # fmt: skip
    change(made[0], tags=["moon", "sea"])
    change(made[1], tags=["moon"])
    change(made[2], cites=["https://example.org/Ebb", "https://elsewhere.example/x"])
    return cluster


def change(issue, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test", reason="Why not") as curation:
        curation.change(Issue.objects.select_related("cluster").get(pk=issue.pk), values)


def named(title):
    return Issue.objects.get(title=title)


class TestLists:
    def test_each_has_the_readers_state(self, api, user, tides):
        marking.mark(user, [named("Ebb").pk], State.READ)

        rows = api.get("issues?sort=oldest").json()["results"]

        shown = [(row["title"], row["state"]) for row in rows]
        assert shown == [("Ebb", "read"), ("Flood", "unread"), ("Neap", "unread")]
        assert described(ListedIssue, rows[0])

    def test_the_words_of_notes_find_issues_for_a_token_that_may_read_notes(self, api, user, tides):
        make_note(user=user, issue=named("Ebb"), body="A sextant helps.")
        less = Api(user, ["read"])

        found = api.get("issues?q=sextant")
        assert [row["title"] for row in found.json()["results"]] == ["Ebb"]
        again = less.get("issues?q=sextant", If_None_Match=found["ETag"])
        assert (again.status_code, again.json()["results"]) == (200, [])
        assert less.get("facets?q=sextant").json()["total"] == 0

    def test_addresses_are_plain_in_any_script(self, api, user):
        home = make_publication(slug="журнал")
        issue = make_issue(publication=home, slug="潮汐", title="Tides")
        marking.mark(user, [issue.pk], State.READ)

        listed = api.get("issues").json()["results"][0]["url"]
        about = api.get("readings").json()["results"][0]["about"]["url"]

        assert listed == about == f"http://localhost{issue.get_absolute_url()}"
        assert listed.isascii()

    def test_fifty_take_as_many_queries_as_three(self, api, user, tides):
        few = queries(api, "issues")
        for number in range(60):
            issue = make_issue(tier=4, title=f"More {number}", cluster=make_cluster())
            if number % 2:
                make_reading(user=user, issue=issue)

        assert len(api.get("issues").json()["results"]) == 50
        assert queries(api, "issues") == few <= 10
        assert queries(api, "issues?tier=4&state=read&count=exact") <= 12


class TestOneIssue:
    def test_it_comes_with_all_that_its_page_shows(self, api, user, tides):
        change(named("Ebb"), tier=3)
        marking.mark(user, [named("Flood").pk], State.READING)
        make_note(user=user, issue=named("Ebb"))

        found = api.get(f"issues/{named('Ebb').pk}").json()

        assert (found["title"], found["tier"], found["words"]) == ("Ebb", 3, None)
        assert [tag["name"] for tag in found["tags"]] == ["moon", "sea"]
        assert (found["state"], found["note_count"]) == ("unread", 1)
        place = found["place"]
        assert (place["number"], place["total"], place["previous"]) == (1, 3, None)
        assert (place["next"]["title"], place["next"]["state"]) == ("Flood", "reading")
        assert [row["title"] for row in found["cited_by"]] == ["Neap"]
        assert {row["title"] for row in found["related"]} == {"Flood", "Neap"}
        assert [(row["text"], row["reason"]) for row in found["ratings"]] == [
            ("from tier 5 · landmark to tier 3 · the rest", "Why not")
        ]
        assert described(WholeIssue, found)

    def test_what_it_cites_is_an_issue_where_it_is_listed(self, api, tides):
        found = api.get(f"issues/{named('Neap').pk}").json()

        cites = [(row["address"], row["issue"] and row["issue"]["title"]) for row in found["cites"]]
        assert cites == [("https://example.org/Ebb", "Ebb"), ("https://elsewhere.example/x", None)]
        assert described(WholeIssue, found)

    def test_one_in_no_cluster_has_no_place(self, api, db):
        found = api.get(f"issues/{make_issue(url='').pk}").json()

        assert (found["place"], found["cluster"], found["cited_by"]) == (None, None, [])
        assert described(WholeIssue, found)

    def test_a_stranger_has_no_states_and_no_notes(self, tides, settings):
        settings.IS_PUBLIC = True
        make_note(issue=named("Ebb"))

        found = Api().get(f"issues/{named('Ebb').pk}").json()

        assert (found["state"], found["note_count"]) == (None, None)
        assert found["place"]["next"]["state"] is None

    def test_another_readers_notes_are_not_counted(self, api, tides):
        make_note(issue=named("Ebb"))

        assert api.get(f"issues/{named('Ebb').pk}").json()["note_count"] == 0

    def test_it_is_found_by_its_slug_in_its_publication(self, api, tides):
        whole = api.get(f"issues/{named('Ebb').pk}").json()

        assert api.get("publications/shoreline/issues/ebb").json() == whole
        assert api.get(f"publications/{tides.publication_id}/issues/{whole['id']}").json() == whole

    def test_it_is_sent_again_when_the_reader_has_marked_it(self, api, user, tides):
        address = f"issues/{named('Ebb').pk}"
        etag = api.get(address)["ETag"]
        assert api.get(address, If_None_Match=etag).status_code == 304

        marking.mark(user, [named("Ebb").pk], State.READ)

        assert api.get(address, If_None_Match=etag).json()["state"] == "read"

    @pytest.mark.parametrize(
        "address",
        ["issues/0", "issues/ebb", "issues/９", "issues/9223372036854775808", "issues/%00",
         "publications/nowhere/issues/ebb", "publications/shoreline/issues/nowhere",
         "publications/shoreline/issues/%00"],
    )  # fmt: skip
    def test_what_there_is_not_is_not_found(self, api, tides, address):
        assert is_problem(api.get(address), 404)

    def test_an_issue_of_another_publication_is_not_found_in_this_one(self, api, tides):
        other = make_issue()

        assert is_problem(api.get(f"publications/shoreline/issues/{other.pk}"), 404)

    def test_twice_as_much_around_it_takes_as_many_queries(self, api, user, tides):
        ebb = named("Ebb")

        def more():
            for _ in range(3):
                near = make_issue(cluster=tides, tier=5)
                change(near, tags=["moon", "sea"], cites=[ebb.url])
                change(ebb, tier=1 + Citation.objects.count() % 5)
                cited = make_issue()
                cites = list(Citation.objects.filter(issue=ebb).values_list("url", flat=True))
                change(ebb, cites=[*cites, cited.url])
                make_note(user=user, issue=ebb)
                marking.mark(user, [near.pk], State.READ)

        more()
        few = queries(api, f"issues/{ebb.pk}")
        more()

        assert queries(api, f"issues/{ebb.pk}") == few


class TestFacets:
    def test_each_choice_is_counted_with_the_readers_own(self, api, user, tides):
        marking.mark(user, [named("Ebb").pk], State.READ)

        found = api.get("facets").json()

        rows = {
            facet["name"]: {row["value"]: row["count"] for row in facet["rows"]}
            for facet in found["facets"]
        }
        assert rows["tier"] == {"5": 1, "4": 1, "none": 1}
        assert rows["tag"] == {"moon": 2, "sea": 1}
        assert rows["cluster"] == {"shoreline/tides": 3}
        assert rows["state"] == {"unread": 2, "read": 1}
        assert (found["total"], found["is_capped"]) == (3, False)
        assert described(FacetCounts, found)

    def test_they_are_of_what_a_filter_leaves(self, api, tides):
        found = api.get("facets?tag=moon&tier=5&q=ebb").json()

        assert found["total"] == 1
        tiers = next(facet for facet in found["facets"] if facet["name"] == "tier")
        assert [(row["value"], row["is_chosen"]) for row in tiers["rows"]] == [("5", True)]

    def test_a_stranger_has_no_states(self, tides, settings):
        settings.IS_PUBLIC = True

        names = [facet["name"] for facet in Api().get("facets").json()["facets"]]
        assert "state" not in names

    def test_what_cannot_be_is_refused_by_name(self, api, tides):
        for query, name in [("tier=9", "tier"), ("tag=nothing", "tag"), ("after=x", "after"),
                            ("state=lost", "state"), ("date_from=x", "date_from")]:  # fmt: skip
            response = api.get(f"facets?{query}")
            assert is_problem(response, 422)
            assert [each["parameter"] for each in response.json()["errors"]] == [name]

    def test_what_is_too_broad_is_told(self, api, tides, monkeypatch):
        def give_up(*_, **__):
            raise TooBroad

        monkeypatch.setattr("accounts.api.search.facet_block", give_up)

        response = api.get("facets?q=what")

        assert is_problem(response, 503)

    def test_the_rows_are_bounded(self, api, tides):
        for number in range(120):
            change(named("Ebb"), tags=[f"tag {n}" for n in range(number, number + 1)])
        names = [f"tag {n}" for n in range(150)]
        change(named("Ebb"), tags=names)

        tags = next(f for f in api.get("facets").json()["facets"] if f["name"] == "tag")

        assert (len(tags["rows"]), tags["has_more"]) == (100, True)


class TestSearch:
    def test_a_few_of_each_kind_are_found(self, api, user, tides):
        make_note(user=user, issue=named("Flood"), body="The **tide** turns & turns.")
        change(named("Neap"), title="Tidewrack", tags=["tidal"])

        found = api.get("search?q=tid").json()

        assert [row["title"] for row in found["clusters"]] == ["Tides"]
        assert [(row["name"], row["count"]) for row in found["tags"]] == [("tidal", 1)]
        assert "Tidewrack" in [row["title"] for row in found["issues"]]
        note = found["notes"][0]
        assert note["excerpt"] == "The **tide** turns & turns."
        assert (note["issue"], note["issue_title"]) == (named("Flood").pk, "Flood")
        assert found["all"].startswith("http://localhost/api/v1/issues?q=tid")
        assert api.client.get(found["all"], headers=api.headers).json()["results"]
        assert found["too_broad"] == []
        assert described(Found, found)

    def test_a_publication_is_found_by_its_name(self, api, tides):
        found = api.get("search?q=shore").json()["publications"]

        assert [(row["slug"], row["count"]) for row in found] == [("shoreline", 3)]

    def test_nothing_typed_finds_nothing(self, api, tides):
        for address in ("search", "search?q=", "search?q=%20"):
            found = api.get(address).json()
            assert (found["issues"], found["notes"], found["all"]) == ([], [], None)
            assert described(Found, found)

    def test_notes_are_found_by_a_token_of_their_scope_alone(self, api, user, tides):
        make_note(user=user, issue=named("Ebb"), body="A sextant helps.")
        asked = ["search?q=sextant", "search?q=sextant+state:unread", "search?q=sextant+has:note"]

        for address in asked:
            found = api.get(address)
            less = Api(user, ["read"]).get(address, If_None_Match=found["ETag"])
            assert less.status_code == 200
            assert (less.json()["notes"], less.json()["issues"]) == ([], []), address
        assert len(api.get("search?q=sextant").json()["notes"]) == 1
        session = Api()
        session.client.force_login(user)
        assert len(session.get("search?q=sextant").json()["notes"]) == 1

    def test_what_was_read_narrows_without_a_word_of_the_notes(self, user, tides):
        marking.mark(user, [named("Ebb").pk], State.READ)

        found = Api(user, ["read"]).get("search?q=state:read").json()

        assert [row["title"] for row in found["issues"]] == ["Ebb"]

    def test_an_address_finds_its_issue_here_and_in_the_list(self, api, tides):
        issue = named("Ebb")
        address = quote(issue.url.replace("https://", "http://www.") + "/#end", safe="")

        found = api.get(f"search?q={address}").json()
        listed = api.get(f"issues?q={address}").json()

        assert [row["id"] for row in found["issues"]] == [issue.pk]
        assert [row["id"] for row in listed["results"]] == [issue.pk]
        assert found["notices"] == []

    def test_a_search_without_words_finds_nothing_and_says_so(self, api, tides):
        found = api.get("search?q=%F0%9F%8E%89").json()
        listed = api.get("issues?q=%F0%9F%8E%89").json()

        assert not any(found[kind] for kind in HIT_KINDS)
        assert found["notices"] == [NO_WORDS]
        assert described(Found, found)
        assert (listed["results"], listed["notes"]) == ([], [NO_WORDS])

    def test_another_readers_notes_are_nobodys(self, api, tides, settings):
        make_note(user=make_user(), issue=named("Ebb"), body="A sextant helps.")
        settings.IS_PUBLIC = True

        assert api.get("search?q=sextant").json()["notes"] == []
        assert Api().get("search?q=sextant").json()["notes"] == []

    @pytest.mark.parametrize(
        "text",
        ["%00", "%22", "(", "a" * 5_000, "%F0%9F%8C%8A", "tag:", "*", "NEAR(a%20b)", "%ED%A0%80",
         "'%3B--", "-" * 500],
    )  # fmt: skip
    def test_any_text_is_an_answer(self, api, tides, text):
        assert api.get(f"search?q={text}").status_code == 200

    def test_twice_the_hits_take_as_many_queries(self, api, user, tides):
        def more():
            for number in range(2):
                cluster = make_cluster(title=f"Moon {number}")
                issue = make_issue(cluster=cluster, title="Moonrise")
                change(issue, tags=[f"moon {issue.pk}"])
                make_note(user=user, issue=issue, body="moon")

        more()
        few = queries(api, "search?q=moon")
        more()

        assert queries(api, "search?q=moon") == few
