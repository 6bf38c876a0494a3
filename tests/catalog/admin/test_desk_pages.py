"""The desk's pages: what they show, what each act does, and what is refused."""

import datetime
import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin import desk_pages
from catalog.curation.changeset import Curation
from catalog.curation.tags import merge_tags
from catalog.desk.fits import Fits, fits
from catalog.desk.proposals import Proposer
from catalog.desk.walks import DateRoute
from catalog.models import Change, ChangeBatch, Issue, Tag
from catalog.search.engine import TooBroad
from tests.catalog.db.test_plans import faults
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

DAY = datetime.date(2024, 1, 1)
# The address of each act, with what it takes.
ACTS = {
    "issue_tier": {"tier": "5"},
    "issue_cluster": {"cluster": ""},
    "issue_tags": {"tags": "Moon"},
    "issue_summary": {"summary": "Another one."},
    "issue_review": {},
    "issue_accept": {"tier": "5", "tag": "Moon"},
}


@pytest.fixture(autouse=True)
def _nothing_is_fitted():
    fits.clear()


@pytest.fixture
def curator(client):
    user = make_user(username="vera", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def change(issue, user=None, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=user) as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)


def ask(client, status=200, **asked):
    response = client.get(reverse("desk:desk"), asked)
    assert response.status_code == status, response.get("Location")
    return response


def act(client, name, issue, query="?walk=unrated", **data):
    """Send a form of the page of an issue, as the page made it."""
    data = {"seen": Issue.objects.get(pk=issue.pk).version} | data
    return client.post(reverse(f"desk:{name}", args=[issue.pk]) + query, data)


def undo(client, query="?walk=unrated"):
    return client.post(reverse("desk:undo") + query)


def stored(issue):
    return Issue.objects.get(pk=issue.pk)


def said(response):
    return [str(message) for message in response.context["messages"]]


# The choice of a walk


def test_the_desk_offers_its_walks_with_how_many_issues_each_has(client, curator):
    cluster = make_cluster()
    make_issue(cluster=cluster, tier=None)
    make_issue(cluster=cluster, tier=4, tags_guessed=True)
    make_issue(publication=cluster.publication, tier=5)
    make_issue(tier=None)

    def numbers(**asked):
        walks = ask(client, **asked).context["walks"]
        return {walk.key: str(number) for walk, _, number in walks}

    assert numbers() == {
        "unrated": "2", "guessed": "1", "unfiled": "1", "disagreements": "None",
    }  # fmt: skip
    assert numbers(publication=cluster.publication.slug)["unrated"] == "1"


def test_disagreements_are_counted_once_they_were_found(client, curator):
    issue = make_issue()

    assert "not looked for yet" in ask(client).content.decode()
    ask(client, walk="disagreements", publication=issue.publication.slug)
    assert [str(number) for *_, number in ask(client).context["walks"]][-1] == "0"


def test_disagreements_are_of_one_publication_which_is_chosen_first(client, curator):
    make_issue()
    make_issue()

    text = ask(client, walk="disagreements").content.decode()

    assert "choose it first" in text
    assert 'name="walk" value="disagreements"' in text


def test_while_disagreements_are_looked_for_the_page_says_so(client, curator, monkeypatch):
    issue = make_issue()
    may_end = threading.Event()
    monkeypatch.setattr(Proposer, "disagreements", lambda proposer: may_end.wait(20) and [])
    monkeypatch.setattr(desk_pages, "WAIT_SECONDS", 0)
    asked = {"walk": "disagreements", "publication": issue.publication.slug}

    assert "Look again" in ask(client, **asked).content.decode()
    may_end.set()
    monkeypatch.setattr(desk_pages, "WAIT_SECONDS", 20)
    assert "No issue disagrees" in ask(client, **asked).content.decode()


def test_an_empty_walk_says_so_and_what_to_go_on_with(client, curator):
    make_issue(tier=4)

    text = ask(client, walk="unrated").content.decode()

    assert "No issue is without a tier." in text
    assert "What to go on with" in text
    assert "?walk=unfiled" in text


def test_at_its_end_a_walk_says_what_was_passed(client, curator):
    issue = make_issue(tier=None)
    page = ask(client, walk="unrated")

    response = client.get(page.context["next"])

    assert response.context["left"].number == 1
    text = response.content.decode()
    assert "You are through" in text
    assert "Begin again" in text
    assert issue.title not in text


def test_what_takes_too_long_is_given_up_and_said(client, curator, monkeypatch):
    make_issue(tier=None)

    def never(*args):
        raise TooBroad

    monkeypatch.setattr(DateRoute, "left", never)
    monkeypatch.setattr(DateRoute, "next", never)

    assert "many" in ask(client).content.decode()
    assert "Choose a publication" in ask(client, walk="unrated").content.decode()


# The page of an issue


def test_it_shows_an_issue_with_all_that_is_judged_of_it(client, curator):
    cluster = make_cluster(title="Shores")
    issue = make_issue(
        cluster=cluster, title="Tides", date=datetime.date(2024, 5, 1), tier=None,
        summary="What the moon does.", url="https://example.org/tides", tags_guessed=True,
    )  # fmt: skip
    change(issue, tags=["moon", "Open Sea"])
    Issue.objects.update(cited_count=17)

    text = ask(client, walk="unrated").content.decode()

    for expected in (
        '<h1 dir="auto" id="desk-title" tabindex="-1">Tides</h1>',
        "1 May 2024", "What the moon does.", "moon\nOpen Sea", "Cited by 17 issues", "Tags guessed",
        str(issue.publication),
        f'<option value="{cluster.pk}" data-number="1"',
        ' selected dir="auto">Shores</option>',
        '<a href="https://example.org/tides" target="_blank" rel="noopener"',
        "<strong>1 of 1</strong>",
    ):  # fmt: skip
        assert expected in text


@pytest.fixture
def shelf():
    """Five clusters of six issues each, of which those of one share words, a tag and a tier."""
    publication = make_publication()
    clusters = {}
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for number, subject in enumerate(("Tides", "Stars", "Bread", "Music", "Ice")):
            cluster = make_cluster(publication=publication, title=f"On {subject}")
            clusters[subject] = cluster
            text = f"{subject} {subject}ward {subject}like"
            for _ in range(6):
                issue = make_issue(cluster=cluster, title=text, summary=text, tier=3 + number % 2)
                curation.change(issue, {"tags": [subject]})
    return clusters


def drafted(shelf, **fields):
    fields = {"title": "Tides Tidesward", "summary": "", "tier": None} | fields
    return make_issue(publication=shelf["Tides"].publication, **fields)


def test_it_proposes_tier_cluster_and_tags_with_their_reasons_and_who_is_near(
    client, curator, shelf
):
    drafted(shelf)

    text = ask(client, walk="unrated").content.decode()

    for expected in (
        "6 of the 6 nearest are of tier 3", "6 of the 6 nearest are in it", "its title names it",
        "Shares Tides, tidesward", "Likely, and not so yet: tier 3, “On Tides”, Tides.",
        f'name="cluster" value="{shelf["Tides"].pk}"', 'name="tag" value="Tides"', "99%",
    ):  # fmt: skip
        assert expected.lower() in text.lower()


def test_where_issues_disagree_what_stands_is_what_is_in_doubt(client, curator, shelf):
    wrong = make_issue(cluster=shelf["Stars"], title="Tides Tidesward", summary="", tier=3)

    page = ask(client, walk="disagreements", publication=wrong.publication.slug)

    assert page.context["issue"] == wrong
    assert "Likely, and not so yet: “On Tides”, Tides." in page.content.decode()


def test_one_goes_on_without_a_change_and_what_was_passed_does_not_come_back(client, curator):
    issues = [make_issue(tier=None, date=DAY) for _ in range(3)]
    page = ask(client, walk="unrated")
    shown = [page.context["issue"]]
    for expected in ("1 of 3", "2 of 3"):
        assert str(page.context["position"]) == expected
        page = client.get(page.context["next"])
        shown.append(page.context["issue"])

    assert shown == issues[::-1]
    assert not ChangeBatch.objects.exists()


def test_the_page_asks_as_often_for_twice_as_many_issues(client, curator, shelf):
    issue = drafted(shelf)
    asked = {"walk": "unrated", "publication": issue.publication.slug}

    def count(**asked):
        with CaptureQueriesContext(connection) as queries:
            assert ask(client, **asked).context["issue"] == issue
        return len(queries)

    # The first request for a publication makes additional queries.
    ask(client, **asked)
    few = count(**asked)
    for cluster in shelf.values():
        for other in list(cluster.issues.all()):
            twin = make_issue(cluster=cluster, title=other.title, tier=other.tier, date=DAY)
            change(twin, tags=[name for name, _ in other.tag_list])
        make_issue(cluster=cluster, tier=None, date=DAY)
    fits.clear()
    ask(client, **asked)

    assert count(**asked) == few


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the plans are SQLite's")
@pytest.mark.parametrize("walk", ["unrated", "guessed", "unfiled"])
@pytest.mark.parametrize("is_of_one", [False, True])
def test_a_walk_is_read_from_an_index_in_its_order(client, curator, walk, is_of_one):
    for _ in range(3):
        make_issue(tier=None, tags_guessed=True)
    issue = make_issue(tier=4, tags_guessed=True)
    asked = {"walk": walk, "after": f"{issue.date + datetime.timedelta(days=1)}.{issue.pk}"}
    if is_of_one:
        asked["publication"] = issue.publication.slug

    with CaptureQueriesContext(connection) as queries:
        ask(client, **asked)

    lists = [
        query["sql"] for query in queries
        if "FROM \"catalog_issue\"" in query["sql"] and "LIMIT" in query["sql"]
    ]  # fmt: skip
    # At most a thousand issues are counted.
    found = {sql: [step for step in faults(sql) if step != "SCAN subquery"] for sql in lists}
    assert lists
    assert not any(found.values()), found


@pytest.mark.parametrize(
    "asked",
    [
        {"walk": "everything"},
        {"walk": "unrated", "publication": "none"},
        {"walk": "unrated", "publication": "\0"},
        {"walk": "unrated", "after": "yesterday"},
        {"walk": "unrated", "after": "2024-01-01"},
        {"walk": "unrated", "issue": "x"},
        {"walk": "unrated", "issue": "٣"},
        {"walk": "unrated", "issue": "0"},
        {"walk": "unrated", "issue": "9" * 30},
    ],
)
def test_what_is_not_there_is_not_found(client, curator, asked):
    make_issue(tier=None)

    ask(client, status=404, **asked)


def test_a_place_among_disagreements_is_none_by_date(client, curator):
    slug = make_issue().publication.slug

    ask(client, status=404, walk="disagreements", publication=slug, after="2024-01-01.1")


def test_an_archived_issue_is_not_at_the_desk(client, curator):
    issue = make_issue(archived_at=timezone.now())

    ask(client, status=404, walk="unrated", issue=issue.pk)
    assert act(client, "issue_tier", issue, tier="5").status_code == 404


# Acts


def test_a_tier_is_given_and_the_page_stays_with_the_issue(client, curator):
    issue = make_issue(tier=None)
    make_issue(tier=None, date=DAY, publication=issue.publication)

    response = act(client, "issue_tier", issue, tier="5")
    page = client.get(response["Location"])

    assert stored(issue).tier == 5
    assert page.context["issue"] == issue
    assert said(page) == ["Tier: Unrated → 5 Landmark."]
    assert str(page.context["position"]) == "1 to go"
    batch = ChangeBatch.objects.get()
    assert (batch.kind, batch.source, batch.user) == ("edit", "desk", curator)


def test_a_tier_is_taken_away(client, curator):
    issue = make_issue(tier=3)

    act(client, "issue_tier", issue, tier="")

    assert stored(issue).tier is None


def test_a_cluster_is_set_and_the_issue_goes_to_its_end(client, curator):
    cluster = make_cluster(title="Shores")
    last = make_issue(cluster=cluster, position=7)
    issue = make_issue(publication=cluster.publication)

    response = act(client, "issue_cluster", issue, cluster=cluster.pk)

    assert (stored(issue).cluster, stored(issue).position) == (cluster, last.position + 1)
    assert said(client.get(response["Location"])) == ["Cluster: In no cluster → Shores."]
    assert ChangeBatch.objects.count() == 1
    act(client, "issue_cluster", issue, cluster="")
    assert stored(issue).cluster is None


def test_tags_are_written_one_a_line(client, curator):
    issue = make_issue()
    change(issue, tags=["tide", "moon"])

    response = act(client, "issue_tags", issue, tags="moon\r\n\r\n Open Sea \r\n")

    assert stored(issue).tag_list == [["moon", "moon"], ["Open Sea", "open-sea"]]
    assert said(client.get(response["Location"])) == ["Tags: + Open Sea, − tide."]


def test_a_summary_is_one_paragraph(client, curator):
    issue = make_issue(summary="")

    act(client, "issue_summary", issue, summary=" One line\r\nand another. ")

    assert stored(issue).summary == "One line and another."


def test_a_summary_is_as_long_as_a_file_may_have_it(client, curator):
    issue = make_issue(summary="")

    refused = act(client, "issue_summary", issue, summary="x" * 20_001)

    assert refused.status_code == 422
    assert "20000" in refused.content.decode()
    assert stored(issue).summary == ""
    act(client, "issue_summary", issue, summary="x" * 20_000)
    assert len(stored(issue).summary) == 20_000


def test_what_was_reviewed_is_no_guess_any_more_and_leaves_the_walk(client, curator):
    issue = make_issue(tags_guessed=True)

    response = act(client, "issue_review", issue, query="?walk=guessed")
    page = client.get(response["Location"])

    assert stored(issue).reviewed_at
    assert not stored(issue).tags_guessed
    assert said(page) == ["Reviewed."]
    assert str(page.context["position"]) == "0 to go"


def test_all_that_is_likely_is_accepted_as_one_act(client, curator, shelf):
    issue = drafted(shelf)
    change(issue, tags=["Own"])
    page = ask(client, walk="unrated")
    taken = page.context["advice"]

    response = act(
        client, "issue_accept", issue, tier=taken.tier.value, cluster=taken.taken_cluster.value,
        tag=[offer.value for offer in taken.taken_tags],
    )  # fmt: skip

    after = stored(issue)
    assert (after.tier, after.cluster) == (3, shelf["Tides"])
    assert [name for name, _ in after.tag_list] == ["Own", "Tides"]
    assert ChangeBatch.objects.filter(source="desk").count() == 1
    page = client.get(response["Location"])
    assert said(page) == [
        "Tier: Unrated → 3 of 5. Cluster: In no cluster → On Tides. Tags: + Tides."
    ]
    assert page.context["advice"].taken == []


def test_one_proposal_is_accepted_by_its_own_button_and_nothing_else_is_touched(client, curator):
    issue = make_issue(tier=3, cluster=make_cluster())
    change(issue, tags=["Own"])

    act(client, "issue_accept", issue, tag="Moon")

    assert [name for name, _ in stored(issue).tag_list] == ["Own", "Moon"]
    assert (stored(issue).tier, stored(issue).cluster) == (3, issue.cluster)


def test_what_is_so_already_changes_nothing_and_is_said(client, curator):
    issue = make_issue(tier=5)

    page = client.get(act(client, "issue_tier", issue, tier="5")["Location"])

    assert said(page) == ["It was so already: nothing was changed."]
    assert not ChangeBatch.objects.exists()
    assert "disabled" in page.content.decode()


def test_an_act_among_disagreements_does_not_begin_the_walk_anew(
    client, curator, shelf, monkeypatch
):
    wrong = [
        make_issue(cluster=shelf["Stars"], title=f"{subject} {subject}ward", summary="", tier=3)
        for subject in ("Tides", "Bread")
    ]
    slug = wrong[0].publication.slug
    page = ask(client, walk="disagreements", publication=slug)
    first, query = page.context["issue"], page.context["pinned"]
    right = shelf["Tides" if first == wrong[0] else "Bread"]
    # To look for them again may take minutes.
    monkeypatch.setattr(Fits, "SHARE", 0)
    monkeypatch.setattr(Proposer, "disagreements", lambda proposer: 1 / 0)

    response = act(client, "issue_cluster", first, query, cluster=right.pk)
    page = client.get(response["Location"])

    assert page.context["issue"] == first
    assert str(page.context["position"]) == "1 to go"
    assert {first, client.get(page.context["next"]).context["issue"]} == {*wrong}


@pytest.mark.parametrize("name", ACTS)
def test_no_act_touches_what_is_not_its_own(client, curator, name):
    issue = make_issue(tier=3, title="Tides", cluster=make_cluster())
    own = ACTS[name].keys()
    others = {
        "title": "Other", "tier": "1", "cluster": "", "tags": "Other", "summary": "Other",
        "date": "2000-01-01", "url": "", "publication": "1", "archived_at": "2024-01-01",
        "tags_guessed": "on", "position": "99", "words": "1", "slug": "other",
    }  # fmt: skip
    if name == "issue_accept":
        others = {key: value for key, value in others.items() if key != "cluster"}

    act(client, name, issue, **(others | ACTS[name]))

    written = {*Change.objects.values_list("field", flat=True)}
    allowed = {"tag": {"tags"}, "cluster": {"cluster", "position"}}
    mine = {each for key in own for each in allowed.get(key, {key})}
    assert written <= mine | ({"reviewed_at", "tags_guessed"} if name == "issue_review" else set())
    assert stored(issue).title == "Tides"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("issue_tier", {"tier": "6"}, "6 is not one of the available choices"),
        ("issue_tier", {}, "Nothing was sent of it."),
        ("issue_tags", {"tags": "---"}, "no letter or digit"),
        ("issue_tags", {"tags": "x" * 101}, "longer than 100 characters"),
        ("issue_tags", {}, "Nothing was sent of it."),
        ("issue_summary", {"summary": "Ti\u202edes"}, "bidi override"),
        ("issue_summary", {}, "Nothing was sent of it."),
        ("issue_cluster", {"cluster": "0"}, "There is no such cluster."),
        ("issue_accept", {"tag": "---"}, "no letter or digit"),
        ("issue_accept", {"tier": "9", "tag": "Moon"}, "9 is not one of the available choices"),
    ],
)
def test_bad_input_is_named_and_nothing_is_saved(client, curator, name, data, words):
    issue = make_issue(tier=None)

    response = act(client, name, issue, **data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ChangeBatch.objects.exists()
    # The text is not lost.
    for written in data.values():
        if name in ("issue_tags", "issue_summary"):
            assert written in response.content.decode()


@pytest.mark.parametrize("name", ["issue_cluster", "issue_accept"])
def test_a_cluster_of_another_publication_is_refused_by_name(client, curator, name):
    issue = make_issue(tier=None)
    cluster = make_cluster(title="Peaks", publication=make_publication(name="Mountains"))

    response = act(client, name, issue, cluster=cluster.pk)

    assert response.status_code == 422
    assert "“Peaks” is a cluster of another publication, “Mountains”." in (
        response.content.decode()
    )
    assert stored(issue).cluster is None


def test_a_cluster_that_is_merged_in_that_moment_is_refused(client, curator, monkeypatch):
    cluster = make_cluster(title="Shores")
    issue = make_issue(publication=cluster.publication, tier=None)

    def too_late(*args):
        raise ValueError("“Shores” is no longer a cluster.")

    monkeypatch.setattr(desk_pages, "save_issue", too_late)
    response = act(client, "issue_accept", issue, cluster=cluster.pk, tier="4")

    assert response.status_code == 422
    assert "“Shores” is no longer a cluster." in response.content.decode()


@pytest.mark.parametrize("name", ACTS)
def test_over_a_newer_version_nothing_is_saved(client, curator, name):
    issue = make_issue(tier=3)
    seen = issue.version
    change(issue, make_user(username="nora"), title="Tides", tier=2)
    number = Change.objects.count()

    response = act(client, name, issue, **(ACTS[name] | {"seen": seen}))

    assert response.status_code == 409
    assert "Nothing is saved: nora changed this just now" in response.content.decode()
    assert Change.objects.count() == number
    assert stored(issue).tier == 2


@pytest.mark.parametrize("seen", ["", "x", "-1"])
def test_a_form_that_does_not_say_what_it_saw_saves_nothing(client, curator, seen):
    issue = make_issue(tier=3)

    assert act(client, "issue_tier", issue, tier="5", seen=seen).status_code == 409
    assert stored(issue).tier == 3


def test_what_was_given_and_what_stands_are_shown_and_can_be_given_again(client, curator):
    issue = make_issue(tier=3, summary="Before.")
    seen = issue.version
    change(issue, tier=2, summary="Theirs.")

    tier = act(client, "issue_tier", issue, tier="5", seen=seen)
    summary = act(client, "issue_summary", issue, summary="Mine.", seen=seen)

    assert tier.context["form"].clashes == [("Tier", "5 Landmark", "2 of 5")]
    assert summary.context["form"].clashes == [("Summary", "Mine.", "Theirs.")]
    text = summary.content.decode()
    assert 'data-stands="Theirs."' in text
    assert ">\nMine.</textarea>" in text
    assert f'name="seen" value="{stored(issue).version}"' in text
    assert summary.context["issue"] == issue
    act(client, "issue_summary", issue, summary="Mine.", seen=stored(issue).version)
    assert stored(issue).summary == "Mine."


# Undo


def test_undo_walks_back_through_the_acts_of_the_session(client, curator):
    first, second = make_issue(tier=None), make_issue(tier=None)
    act(client, "issue_tier", first, tier="5")
    act(client, "issue_tags", first, tags="Moon")
    page = client.get(act(client, "issue_tier", second, tier="4")["Location"])

    assert page.context["undoes"] == "Tier: Unrated → 4 Notable."
    shown = []
    for _ in range(3):
        page = client.get(undo(client)["Location"])
        shown.append((page.context["issue"], *said(page)))
    assert shown == [
        (second, "Taken back: Tier: Unrated → 4 Notable."),
        (first, "Taken back: Tags: + Moon."),
        (first, "Taken back: Tier: Unrated → 5 Landmark."),
    ]
    assert [stored(issue).tier for issue in (first, second)] == [None, None]
    assert stored(first).tag_list == []
    assert {*ChangeBatch.objects.values_list("kind", "source")} == {
        ("edit", "desk"), ("revert", "desk"),
    }  # fmt: skip
    assert said(client.get(undo(client)["Location"])) == ["There is nothing more to undo here."]


def test_undo_gives_back_all_of_an_act(client, curator):
    cluster = make_cluster()
    make_issue(cluster=cluster)
    issue = make_issue(publication=cluster.publication, tier=None, tags_guessed=True, position=3)
    act(client, "issue_accept", issue, tier="4", cluster=cluster.pk, tag="Moon")
    act(client, "issue_review", issue)

    undo(client)
    undo(client)

    after = stored(issue)
    assert (after.tier, after.cluster, after.tag_list, after.position) == (None, None, [], 3)
    assert (after.reviewed_at, after.tags_guessed) == (None, True)


def test_what_has_been_changed_since_stays_as_it_is_and_is_told(client, curator):
    issue = make_issue(tier=None)
    act(client, "issue_tier", issue, tier="5")
    change(issue, tier=2)

    page = client.get(undo(client)["Location"])

    assert stored(issue).tier == 2
    assert "stays as it is" in said(page)[-1]


def test_undo_of_an_issue_that_was_archived_meanwhile_stays_where_one_is(client, curator):
    issue = make_issue(tier=None)
    act(client, "issue_tier", issue, tier="5")
    change(issue, archived_at=timezone.now())

    page = client.get(undo(client)["Location"])

    assert stored(issue).tier is None
    assert page.status_code == 200
    assert "Taken back: Tier: Unrated → 5 Landmark." in said(page)


def test_undo_takes_back_what_this_session_did_at_the_desk_and_nothing_else(client, curator):
    issue = make_issue(tier=3)
    change(issue, curator, tier=2)

    undo(client)

    assert stored(issue).tier == 2


def test_a_session_never_takes_back_what_another_did(client, curator):
    issue = make_issue(tier=3)
    with Curation(ChangeBatch.Kind.EDIT, source="desk", user=make_user()) as curation:
        curation.change(stored(issue), {"tier": 2})
    session = client.session
    session[desk_pages.ACTS] = [[curation.batch.pk, issue.pk, "Tier"]]
    session.save()

    assert undo(client).status_code == 404
    assert stored(issue).tier == 2


def test_a_session_keeps_its_last_acts_alone(client, curator, monkeypatch):
    monkeypatch.setattr(desk_pages, "MOST_ACTS", 2)
    issue = make_issue(tier=None)
    for tier in "123":
        act(client, "issue_tier", issue, tier=tier)

    for _ in range(3):
        undo(client)

    assert stored(issue).tier == 1


def test_after_undo_one_goes_on_behind_all_that_was_passed(client, curator):
    oldest, middle, newest = (
        make_issue(tier=None, date=DAY + datetime.timedelta(days=number)) for number in range(3)
    )
    act(client, "issue_tier", newest, tier="5")
    passed = client.get(ask(client, walk="unrated").context["next"])
    assert passed.context["issue"] == oldest

    page = client.get(undo(client, passed.context["pinned"])["Location"])

    assert page.context["issue"] == newest
    assert client.get(page.context["next"]).context["issue"] == oldest
    assert stored(middle).tier is None


# Completion


def complete(client, text):
    response = client.get(reverse("desk:tags"), {"q": text})
    assert response.status_code == 200
    return response.json()["tags"]


def test_tags_are_completed(client, curator):
    change(make_issue(), tags=["rlhf", "human feedback"])
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        old, new = Tag.objects.get(name="human feedback"), Tag.objects.get(name="rlhf")
        merge_tags([old], new, curation)

    assert complete(client, "rl") == [{"name": "rlhf", "uses": 1, "instead_of": ""}]
    assert complete(client, "human") == [
        {"name": "rlhf", "uses": 1, "instead_of": "human feedback"}
    ]
    assert complete(client, "") == []


# Who may


@pytest.mark.parametrize("name", ["desk", "tags", "undo", *ACTS])
def test_only_who_may_change_issues_is_at_the_desk(client, name):
    issue = make_issue()
    address = reverse(f"desk:{name}", args=[issue.pk] if name in ACTS else [])
    ask = client.get if name in ("desk", "tags") else client.post
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_issue"))

    assert ask(address).status_code == 302
    client.force_login(make_user())
    assert ask(address).status_code in (302, 403)
    client.force_login(viewer)
    assert ask(address).status_code == 403
    assert not ChangeBatch.objects.exists()


@pytest.mark.parametrize("name", ["desk", "tags", "undo", *ACTS])
def test_each_address_takes_its_own_methods_and_looking_changes_nothing(client, curator, name):
    issue = make_issue()
    address = reverse(f"desk:{name}", args=[issue.pk] if name in ACTS else [])
    wrong = ["post", "put", "delete"] if name in ("desk", "tags") else ["get", "put", "delete"]

    for method in wrong:
        assert getattr(client, method)(address).status_code == 405
    assert not ChangeBatch.objects.exists()


@pytest.mark.parametrize("name", ACTS)
def test_an_issue_that_there_is_not_is_not_found(client, curator, name):
    assert client.post(reverse(f"desk:{name}", args=[0]), ACTS[name]).status_code == 404


def test_a_forged_form_is_refused(curator, client):
    issue = make_issue(tier=3)
    client.handler.enforce_csrf_checks = True

    assert act(client, "issue_tier", issue, tier="5").status_code == 403
    assert stored(issue).tier == 3


NOT_JUDGED = [
    "No other issue of this publication has a tier to go by.",
    "No other issue of this publication has been put in a cluster yet.",
    "No other issue of this publication has tags yet.",
    "No other issue of this publication has been judged yet",
]
NOTHING_ALIKE = [
    "It shares nothing with the issues of any cluster.",
    "No tag is likelier than not.",
    "None of the issues judged in this publication has anything in common with it.",
]


def test_where_nothing_is_judged_the_desk_says_so_and_not_that_nothing_is_alike(client, curator):
    publication = make_publication()
    for _ in range(2):
        # Alike to the letter, and neither says anything of the other.
        make_issue(publication=publication, title="Tides", summary="On tides.", tier=None)
    # Issues that were rated elsewhere are not compared.
    change(make_issue(cluster=make_cluster(), tier=5), tags=["Moon"])

    text = ask_first(client, publication)

    assert [words for words in NOT_JUDGED if words not in text] == []
    assert [words for words in NOTHING_ALIKE if words in text] == []
    assert "No issue here is known to cite it." in text


def test_where_others_are_judged_and_none_is_alike_the_desk_says_that(client, curator):
    publication = make_publication()
    make_issue(
        publication=publication, title="Tides", summary="Sea.", url="", tier=None,
        date=DAY + datetime.timedelta(days=900),
    )  # fmt: skip
    other = make_issue(
        cluster=make_cluster(publication=publication), title="Kerbs", summary="Stone.", url="",
        tier=4,
    )  # fmt: skip
    change(other, tags=["Moon"])

    text = ask_first(client, publication)

    assert [words for words in NOTHING_ALIKE if words not in text] == []
    assert [words for words in NOT_JUDGED if words in text] == []


def test_what_the_issue_itself_has_is_not_what_others_have(client, curator):
    publication = make_publication()
    issue = make_issue(cluster=make_cluster(publication=publication), tier=None)
    change(issue, tags=["Moon"])

    text = ask_first(client, publication)

    assert [words for words in NOT_JUDGED if words not in text] == []


def ask_first(client, publication):
    """Return the page of the first issue of a publication without a tier."""
    response = client.get(
        reverse("desk:desk"), {"walk": "unrated", "publication": publication.slug}, follow=True
    )
    return response.content.decode()
