"""The log in words for readers: on an issue's page, and for a publication."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.changes import publication_changes, wording
from catalog.changes.publication_changes import ActPage
from catalog.curation.changeset import CHANGE_COLUMNS, Curation
from catalog.curation.clusters import merge_clusters, split_cluster
from catalog.curation.reverting import revert
from catalog.curation.tags import merge_tags
from catalog.db import bulk
from catalog.models import Change, ChangeBatch, Cluster, Issue, Publication
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
GONE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def publication():
    return make_publication(name="Tides", slug="tides")


def edit(*changes, kind=ChangeBatch.Kind.EDIT, **how):
    """Change stored rows in one act: `edit((issue, {"tier": 5}), …)`; return its batch."""
    with Curation(kind, **({"source": "secret-file.txt"} | how)) as curation:
        for row, values in changes:
            curation.change(type(row).objects.get(pk=row.pk), values)
    return curation.batch


def load(publication, *made):
    """Log things as made by one load."""
    with Curation(ChangeBatch.Kind.LOAD, source="secret-file.txt") as curation:
        for thing in made:
            curation.made(Change.Kind(thing._meta.model_name), publication.pk, thing.pk)
    return curation.batch


def great_load(publication, number):
    """Log so many issues as made by one load, of which only some are there."""
    batch = ChangeBatch.objects.create(kind=ChangeBatch.Kind.LOAD, source="secret-file.txt")
    first = make_issue(publication=publication, title="First of many").pk
    rows = (
        (batch.pk, publication.pk, "issue", first + each, "", "null", "null")
        for each in range(number)
    )
    bulk.insert(Change, CHANGE_COLUMNS, rows)
    return batch


def rated(issue):
    issue = Issue.objects.select_related("publication").get(pk=issue.pk)
    return [(str(each.line), each.reason) for each in wording.ratings(issue)]


def told(publication, **place):
    """The lines of each act, newest first."""
    return [[str(line) for line in act.lines] for act in ActPage.of(publication, **place).acts]


def page(client, publication, query=""):
    address = reverse("catalog:publication_changes", args=[publication.slug])
    return client.get(address + query).content.decode()


# How an issue was rated.


def test_an_issues_page_tells_how_its_tier_and_cluster_changed_newest_first(
    client, reader, publication
):
    sea, moon = (make_cluster(publication=publication, title=title) for title in ("Sea", "Moon"))
    issue = make_issue(cluster=sea, tier=4)
    with time_machine.travel("2026-03-04T12:00Z"):
        edit((issue, {"tier": 5, "cluster": moon}), reason="Read again: it holds up.")
    with time_machine.travel("2026-03-05T12:00Z"):
        edit((issue, {"cluster": None}), user=make_user(username="the-curator"))

    assert rated(issue) == [
        ("left “Moon”", ""),
        (
            "from tier 4 · notable to tier 5 · landmark and moved from “Sea” to “Moon”",
            "Read again: it holds up.",
        ),
    ]
    shown = client.get(issue.get_absolute_url()).content.decode()
    assert "How it was rated" in shown
    assert '<q dir="auto">Read again: it holds up.</q>' in shown
    assert "4 Mar 2026" in shown
    assert "the-curator" not in shown
    assert "secret-file" not in shown


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, 3, "from unrated to tier 3 · the rest"),
        (5, None, "from tier 5 · landmark to unrated"),
        (1, 4, "from tier 1 · the rest to tier 4 · notable"),
    ],
)
def test_tiers_are_told_by_number_and_word(before, after, words):
    issue = make_issue(tier=before)
    edit((issue, {"tier": after}))

    assert rated(issue) == [(words, "")]


def test_what_an_issue_was_made_with_is_no_change_of_it(publication):
    issue = make_issue(publication=publication, tier=None)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.made(Change.Kind.ISSUE, publication.pk, issue.pk)
        curation.change(issue, {"tier": 5})

    assert rated(issue) == []


def test_what_was_changed_back_in_one_act_is_not_told():
    issue = make_issue(tier=4)
    edit((issue, {"tier": 5}), (issue, {"tier": 4}))

    assert rated(issue) == []


def test_a_merged_cluster_keeps_its_title_and_its_link_leads_on(client, reader, publication):
    sea, moon = (make_cluster(publication=publication, title=title) for title in ("Sea", "Moon"))
    issue = make_issue(cluster=sea)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters([sea], moon, curation)

    assert rated(issue) == [("moved from “Sea” to “Moon”", "")]
    link = sea.get_absolute_url()
    assert f'href="{link}"' in client.get(issue.get_absolute_url()).content.decode()
    assert client.get(link).url == moon.get_absolute_url()


def test_a_cluster_that_is_no_more_is_told_without_its_name(publication):
    sea = make_cluster(publication=publication, title="Sea")
    issue = make_issue(publication=publication)
    edit((issue, {"cluster": sea}))
    Cluster.objects.filter(pk=sea.pk).update(slug="another")

    assert rated(issue) == [("moved to another cluster", "")]


def test_an_issue_of_unchanged_tier_and_cluster_has_no_such_section(client, reader):
    issue = make_issue()
    edit((issue, {"title": "Another", "position": 7}))

    assert "How it was rated" not in client.get(issue.get_absolute_url()).content.decode()


def test_the_history_of_an_issue_takes_two_queries_at_most_and_none_without_one(
    publication, django_assert_num_queries
):
    issue = make_issue(publication=publication, tier=1)
    with django_assert_num_queries(0):
        assert not wording.ratings(issue)

    for number in range(60):
        home = make_cluster(publication=publication)
        edit((issue, {"tier": number % 5 + 1, "cluster": home}))
    shown = Issue.objects.select_related("publication").get(pk=issue.pk)
    with django_assert_num_queries(2):
        assert len(wording.ratings(shown)) == wording.MOST_CHANGE_SETS

    plain = make_issue(tier=1)
    edit((plain, {"tier": 2}))
    shown = Issue.objects.select_related("publication").get(pk=plain.pk)
    with django_assert_num_queries(1):
        assert len(wording.ratings(shown)) == 1


# Changes of a publication.


def test_acts_are_told_by_day_newest_first_as_a_loads_or_the_curators(client, reader, publication):
    issue = make_issue(publication=publication, title="Ebb & <flow>", tier=4)
    with time_machine.travel("2026-03-04T12:00Z"):
        load(publication, publication, issue)
    with time_machine.travel("2026-03-05T12:00Z"):
        edit((issue, {"tier": 5}), user=make_user(username="the-curator"), reason="It <holds> up.")

    shown = page(client, publication)

    assert told(publication) == [
        ["“Ebb & <flow>” went from notable to landmark"],
        ["The publication was added", "“Ebb & <flow>” was added"],
    ]
    places = [
        shown.index(words)
        for words in (
            "Thursday 5 March 2026", "The curators", "It &lt;holds&gt; up.", "went from notable",
            "Wednesday 4 March 2026", "A load", "The publication was added",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert f'<a dir="auto" href="{issue.get_absolute_url()}">Ebb &amp; &lt;flow&gt;</a>' in shown
    assert "the-curator" not in shown
    assert "secret-file" not in shown


def test_every_kind_of_change_has_its_words(publication):
    sea, moon = (make_cluster(publication=publication, title=title) for title in ("Sea", "Moon"))
    issues = [make_issue(publication=publication, title=f"Issue {each}") for each in range(4)]
    date = issues[2].date
    edit(
        (publication, {"name": "Tides and moons", "author": "Others", "issue_count": 12}),
        (sea, {"title": "The sea", "blurb": "On the sea."}),
        (issues[0], {"cluster": moon, "title": "Called so now"}),
        (issues[1], {"archived_at": GONE}),
        (issues[2], {"date": datetime.date(2020, 2, 29)}),
        (issues[3], {"cluster": moon}),
    )

    (lines,) = told(publication)

    assert sorted(lines) == sorted([
        "The publication was called “Tides” and has a new author and number of issues",
        "The cluster “The sea” was called “Sea” and has a new introduction",
        "“Called so now” moved to “Moon” and was called “Issue 0”",
        "“Issue 1” was withdrawn",
        f"“Issue 2” was dated {date.day} {date:%b} {date.year}",
        "“Issue 3” moved to “Moon”",
    ])  # fmt: skip
    assert lines[0].startswith("The publication")
    assert lines[1].startswith("The cluster")


def test_issues_of_which_the_same_is_told_are_told_in_one_line(publication):
    home = make_cluster(publication=publication, title="Home")
    few = [make_issue(publication=publication, title=f"N{each}", tier=4) for each in range(3)]
    many = [make_issue(publication=publication, title=f"M{each}") for each in range(9)]
    edit(*((issue, {"tier": 5}) for issue in few), *((issue, {"cluster": home}) for issue in many))

    assert told(publication) == [
        [
            "3 issues went from notable to landmark: “N0”, “N1” and “N2”",
            "9 issues moved to “Home”: “M0”, “M1”, “M2” and 6 more",
        ]
    ]


def test_a_merge_of_clusters_is_two_lines_however_many_issues_move(client, reader, publication):
    sea, moon = (make_cluster(publication=publication, title=title) for title in ("Sea", "Moon"))
    for each in range(7):
        make_issue(cluster=sea, title=f"S{each}")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters([sea], moon, curation)
    revert(curation.batch, user=None, source="test")

    assert told(publication) == [
        [
            "The cluster “Sea” is back",
            "7 issues moved from “Moon” to “Sea”: “S0”, “S1”, “S2” and 4 more",
        ],
        [
            "The cluster “Sea” was merged into “Moon”",
            "7 issues moved from “Sea” to “Moon”: “S0”, “S1”, “S2” and 4 more",
        ],
    ]
    assert "The curators took something back" in page(client, publication)


def test_a_split_tells_the_new_cluster_and_what_moved_into_it(publication):
    sea = make_cluster(publication=publication, title="Sea")
    issue = make_issue(cluster=sea, title="Ebb")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        split_cluster(sea, [issue], "Shore", "", curation)

    assert told(publication) == [
        ["The cluster “Shore” was added", "“Ebb” moved from “Sea” to “Shore”"]
    ]


def test_tags_and_summaries_are_counted(publication):
    issues = [make_issue(publication=publication) for _ in range(3)]
    edit(*((issue, {"tags": ["moon"]}) for issue in issues))
    edit((issues[0], {"tags": ["sea"], "summary": "Anew."}), (issues[1], {"summary": "Anew."}))
    edit((issues[2], {"summary": "Anew."}))

    assert told(publication) == [
        ["The summary of 1 issue changed"],
        ["The tags of 1 issue and the summaries of 2 issues changed"],
        ["The tags of 3 issues changed"],
    ]


def test_a_merge_of_tags_is_told_as_tags_of_so_many_issues(publication):
    issues = [make_issue(publication=publication) for _ in range(4)]
    edit(*((issue, {"tags": ["moon", "the moon"]}) for issue in issues))
    moon, the_moon = issues[0].tags.order_by("key")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_tags([the_moon], moon, curation)

    assert told(publication)[0] == ["The tags of 4 issues changed"]


def test_what_only_curators_need_is_not_told(client, reader, publication):
    issue = make_issue(publication=publication, words=None)
    edit((
        issue,
        {
            "position": 9, "tags_guessed": True, "url": "https://example.org/moved", "words": 7,
            "reviewed_at": GONE, "cites": ["https://example.org/other"],
        },
    ))  # fmt: skip
    edit((make_cluster(publication=publication), {"position": 99}))

    assert Change.objects.count() == 7
    assert told(publication) == []
    assert "No changes yet" in page(client, publication)


def test_what_was_changed_and_changed_back_in_one_act_is_no_news(publication):
    issue, other = (make_issue(publication=publication, tier=4, title=each) for each in "AB")
    edit((issue, {"tier": 5}), (issue, {"tier": 4}))
    edit((issue, {"tier": 5}), (issue, {"tier": 3}), (other, {"tier": 1}), (other, {"tier": 4}))

    assert told(publication) == [["“A” went from notable to 3 of 5"]]


def test_what_is_withdrawn_is_named_and_not_linked(client, reader, publication):
    issue = make_issue(publication=publication, title="Ebb")
    load(publication, issue)
    edit((issue, {"archived_at": GONE}))

    shown = page(client, publication)

    assert told(publication) == [["“Ebb” was withdrawn"], ["“Ebb” was added"]]
    assert issue.get_absolute_url() not in shown

    edit((issue, {"archived_at": None}))
    assert told(publication)[0] == ["“Ebb” is back"]
    assert issue.get_absolute_url() in page(client, publication)


def test_each_publication_is_told_its_own_part_of_a_load(publication):
    other = make_publication()
    mine, theirs = make_issue(publication=publication), make_issue(publication=other)
    with Curation(ChangeBatch.Kind.LOAD, source="test") as curation:
        curation.made(Change.Kind.ISSUE, publication.pk, mine.pk)
        curation.made(Change.Kind.ISSUE, other.pk, theirs.pk)

    assert told(publication) == [[f"“{mine.title}” was added"]]
    assert told(other) == [[f"“{theirs.title}” was added"]]


def test_an_act_of_many_different_changes_is_cut_and_the_rest_counted(client, reader, publication):
    issues = [
        make_issue(publication=publication) for _ in range(publication_changes.MOST_LINES + 5)
    ]
    edit(*((issue, {"title": f"Now {issue.pk}"}) for issue in issues))

    (act,) = ActPage.of(publication).acts

    assert len(act.lines) == publication_changes.MOST_LINES
    assert act.more == 5
    assert "and 5 more" in page(client, publication)


def test_a_great_load_is_one_line_with_its_first_titles(publication, django_assert_max_num_queries):
    great_load(publication, 100_000)
    with django_assert_max_num_queries(8):
        lines = told(publication)
    assert lines == [["100,000 issues were added: “First of many” and 99,999 more"]]

    # The changes of a large change set are counted once.
    with django_assert_max_num_queries(5):
        assert told(publication) == lines


def test_a_great_act_is_told_by_numbers_alone(publication):
    issues = [
        make_issue(publication=publication, tier=4)
        for _ in range(publication_changes.MOST_CHANGES_READ + 1)
    ]
    edit(*((issue, {"tier": 5, "tags": ["moon"]}) for issue in issues))

    assert told(publication) == [["201 issues were rated anew", "The tags of 201 issues changed"]]


def test_pages_go_on_by_whole_acts_older_and_newer_and_lose_none(publication, monkeypatch):
    monkeypatch.setattr(publication_changes, "MOST_CHANGES_READ", 4)
    other = make_issue()
    issues = [make_issue(publication=publication) for _ in range(9)]
    done = []
    # Small acts and great ones, some of them side by side, and between them another publication's.
    for turn, number in enumerate((1, 2, 6, 4, 9, 9, 9, 9, 4, 1, 7, 4)):
        batch = edit(*((issue, {"tags": [f"tag {turn}"]}) for issue in issues[:number]))
        noun = "issue" if number == 1 else "issues"
        done.append((batch.pk, f"The tags of {number} {noun} changed"))
        edit((other, {"tier": turn % 2 + 1}))

    def shown(page):
        return [(act.batch.pk, str(*act.lines)) for act in page.acts]

    at = ActPage.of(publication, most=3)
    assert at.newer is None
    down = [shown(at)]
    while at.older:
        at = ActPage.of(publication, before=at.older, most=3)
        down.append(shown(at))
    assert [each for page in down for each in page] == done[::-1]
    assert {len(each) for each in down} == {3}

    up = [shown(at)]
    while at.newer:
        at = ActPage.of(publication, after=at.newer, most=3)
        up.append(shown(at))
    assert [each for page in up for each in reversed(page)] == done


def test_older_and_newer_are_links(client, reader, publication):
    issue = make_issue(publication=publication)
    for turn in range(publication_changes.ACTS_A_PAGE + 1):
        edit((issue, {"title": f"Title {turn}"}))

    newest = page(client, publication)
    assert ">Older<" in newest
    assert ">Newer<" not in newest
    older = ActPage.of(publication).older
    assert ">Newer<" in page(client, publication, f"?before={older}")
    assert "was called “Title 0”" not in page(client, publication, f"?before={older}")
    assert page(client, publication, f"?before={older}").count("change-act") == 1


@pytest.mark.parametrize(
    "query", ["before=x", "before=", "after=-1", "before=1.5", "after=" + "9" * 19]
)
def test_a_place_in_the_log_that_is_none_is_a_404(client, reader, publication, query):
    address = reverse("catalog:publication_changes", args=[publication.slug])

    assert client.get(f"{address}?{query}").status_code == 404


def test_a_place_beyond_all_changes_is_an_empty_page(client, reader, publication):
    edit((make_issue(publication=publication, tier=4), {"tier": 5}))

    assert "No changes" in page(client, publication, "?before=0")
    assert "No changes" in page(client, publication, f"?after={10**17}")


def test_more_acts_and_more_issues_need_no_more_queries(
    client, reader, publication, django_assert_num_queries
):
    def acts_of(number):
        for _ in range(number):
            home = make_cluster(publication=publication)
            issues = [make_issue(publication=publication, tier=1) for _ in range(number)]
            load(publication, home, *issues)
            edit(*((issue, {"tier": 5, "cluster": home, "tags": ["sea"]}) for issue in issues))

    address = reverse("catalog:publication_changes", args=[publication.slug])
    acts_of(2)
    # The session and the reader, the publication, and what its acts need.
    with django_assert_num_queries(8):
        client.get(address)
    acts_of(6)
    with django_assert_num_queries(8):
        client.get(address)


def test_a_publications_page_leads_to_its_changes_and_their_feed(client, reader, publication):
    shown = client.get(publication.get_absolute_url()).content.decode()

    assert f'href="{reverse("catalog:publication_changes", args=["tides"])}"' in shown
    assert (
        '<link rel="alternate" type="application/atom+xml" title="What changed in Tides"'
        ' href="/tides/changes.atom">'
    ) in shown


def test_a_publication_that_is_not_there_has_no_changes(client, reader):
    assert client.get("/nothing/changes/").status_code == 404
    assert not Publication.objects.exists()


def on(year, **values):
    """Change an issue on New Year’s Day, and return the batch."""
    with time_machine.travel(datetime.datetime(year, 1, 1, tzinfo=datetime.UTC), tick=False):
        return edit((Issue.objects.get(), values))


def years():
    issue = Issue.objects.get()
    return issue.rated_at.year, issue.clustered_at.year


def taken_back(batch):
    revert(batch, user=None, source="test")


def an_issue_of(year):
    with time_machine.travel(datetime.datetime(year, 1, 1, tzinfo=datetime.UTC), tick=False):
        return make_issue(cluster=make_cluster(), tier=4)


def test_a_reverted_change_of_tier_or_cluster_leaves_the_instants_before_it():
    home = an_issue_of(2019).cluster
    other = make_cluster(publication=home.publication)
    on(2020, tier=5)
    on(2021, cluster=other)

    taken_back(on(2022, tier=3, cluster=home))

    assert years() == (2020, 2021)


def test_a_reverted_change_of_first_values_leaves_the_instant_of_making():
    an_issue_of(2019)

    taken_back(on(2022, tier=3, cluster=None))
    taken_back(on(2023, tier=2, cluster=None))

    assert years() == (2019, 2019)


def test_a_reverted_archiving_is_no_new_rating():
    an_issue_of(2019)
    on(2020, tier=5)

    taken_back(on(2022, archived_at=timezone.now()))

    assert years() == (2020, 2019)


def test_a_rating_given_before_coming_back_counts_from_the_return():
    an_issue_of(2019)
    on(2020, archived_at=timezone.now())
    on(2021, archived_at=None)

    taken_back(on(2022, tier=3))

    assert years() == (2021, 2021)


def test_instants_of_many_issues_are_restored_by_one_query():
    home = make_publication()
    for number in range(2):
        make_issue(publication=home, tier=4)
        batches = []
        for tier in (3, 5):
            with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
                for issue in Issue.objects.all():
                    curation.change(issue, {"tier": tier})
            batches.append(curation.batch)
        with CaptureQueriesContext(connection) as queries:
            taken_back(batches[-1])
        log = [
            query["sql"] for query in queries
            if query["sql"].startswith("SELECT") and '"at"' in query["sql"]
            and '"catalog_change"' in query["sql"]
        ]  # fmt: skip
        assert len(log) == 1, number
