import datetime

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from accounts.home import suggestions, whats_new
from accounts.models import State, User
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Issue
from tests.factories import (
    make_cluster,
    make_issue,
    make_note,
    make_publication,
    make_reading,
    make_user,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    user = make_user(date_joined=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    client.force_login(user)
    return user


def edit(thing, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(thing, values)


def begun(reader, **fields):
    """Make an issue of a publication that the reader has begun."""
    issue = make_issue(**fields)
    make_reading(user=reader, issue=make_issue(publication=issue.publication))
    return issue


def told(reader):
    return [
        (line.thing.title, line.words)
        for _, lines in whats_new.news(reader).groups
        for line in lines
    ]


def test_home_goes_on_with_what_was_begun_last(client, reader):
    first, last, queued = (make_issue(title=title) for title in ("First", "Last", "Queued"))
    marking.mark(reader, [first.pk], State.READING)
    marking.mark(reader, [last.pk], State.READING)
    marking.mark(reader, [queued.pk], State.QUEUED)

    response = client.get(reverse("library"))

    desk = response.context["desk"]
    assert desk.lead == last
    assert [reading.issue for reading in desk.reading] == [last, first]
    assert [reading.issue for reading in desk.queue] == [queued]
    assert "Continue reading" in response.content.decode()


def test_home_leads_with_the_queue_and_then_with_a_landmark_not_yet_read(client, reader):
    read, landmark = make_issue(tier=5), make_issue(tier=5, title="Unread landmark")
    make_reading(user=reader, issue=read)
    assert suggestions.desk(reader).lead == landmark
    assert "Begin with a landmark" in client.get("/").content.decode()

    marking.mark(reader, [make_issue(title="Queued").pk], State.QUEUED)

    assert suggestions.desk(reader).lead.title == "Queued"
    assert "First in your queue" in client.get("/").content.decode()


def test_an_empty_room_and_a_finished_one_have_a_home(client, reader):
    assert "The shelves are empty" in client.get("/").content.decode()
    make_reading(user=reader, issue=make_issue(tier=5))
    assert "Complete" in client.get("/").content.decode()


def test_what_fits_the_time_goes_by_tier_and_then_by_the_clusters_order(client, reader):
    cluster = make_cluster(title="On kerbs")
    make_issue(cluster=cluster, tier=4, words=230 * 5, position=1)
    make_issue(cluster=cluster, tier=5, words=230 * 50, position=2)
    make_issue(cluster=cluster, tier=5, words=230 * 10, position=4)
    best = make_issue(cluster=cluster, tier=5, words=230 * 10, position=3)
    make_issue(cluster=cluster, tier=5, words=None, position=0)
    make_reading(user=reader, issue=make_issue(cluster=cluster, tier=5, words=230, position=0))

    found = suggestions.fit(reader, 10)

    assert found.issue == best
    assert found.why == (
        "The next unread landmark in “On kerbs” that fits, of those whose length is known: "
        "about 10 minutes."
    )
    assert suggestions.fit(reader, 5).issue.tier == 4
    assert suggestions.fit(reader, 2).why == (
        "Nothing unread whose length is known is that short; the shortest takes 5 minutes."
    )
    assert best.title in client.get("/?minutes=10").content.decode()


def test_publications_that_are_begun_come_before_others(reader):
    make_issue(tier=5, words=230, date="2020-01-01")
    mine = begun(reader, tier=5, words=230, date="2021-01-01")

    assert suggestions.fit(reader, 3).issue == mine


def test_lengths_that_are_not_known_are_not_guessed(reader):
    make_issue(tier=5, words=None)

    assert suggestions.fit(reader, 600).issue is None
    assert "not known" in suggestions.fit(reader, 600).why


def test_home_says_how_many_keepers_are_left_out_for_want_of_a_length(client, reader):
    cluster = make_cluster()
    make_issue(cluster=cluster, tier=4, words=230)
    assert "Left out" not in client.get("/?minutes=10").content.decode()

    for tier in (5, 4, 4, 3):
        make_issue(cluster=cluster, tier=tier, words=None)
    make_reading(user=reader, issue=make_issue(cluster=cluster, tier=5, words=None))
    cache.clear()

    assert (
        "Left out, their length not being known: 1 landmark and 2 notable issues that you have "
        "not read."
    ) in client.get("/?minutes=10").content.decode()
    assert "Left out" not in client.get("/").content.decode()


def test_an_issue_without_a_tier_is_not_called_the_next_of_its_cluster(reader):
    issue = make_issue(cluster=make_cluster(), tier=None, words=230 * 3)

    assert suggestions.fit(reader, 5) == suggestions.Fit(issue, "Not rated yet: about 3 minutes.")


def test_the_next_is_not_claimed_where_only_some_are_compared(reader, monkeypatch):
    monkeypatch.setattr(suggestions, "MOST_COMPARED", 2)
    cluster = make_cluster()
    for _ in range(3):
        make_issue(cluster=cluster, tier=5, words=230)

    assert suggestions.fit(reader, 5).why == "A landmark: about 1 minute."


def test_where_nothing_is_left_the_lengths_are_not_blamed(reader):
    make_reading(user=reader, issue=make_issue(words=None))

    assert (
        suggestions.fit(reader, 5).why
        == "No issue is left that you have not queued, begun or read."
    )


@pytest.mark.parametrize("minutes", ["0", "-5", "601", "soon", "9" * 400, "1.5", "", "\x00"])
def test_minutes_that_cannot_be_are_refused_beside_their_field(client, reader, minutes):
    make_issue()

    response = client.get("/", {"minutes": minutes})

    assert response.status_code == 200
    assert 'id="minutes-error"' in response.content.decode()
    assert response.context["fit"] is None


def test_news_tells_new_issues_tiers_clusters_and_what_was_withdrawn(reader):
    publication = make_publication()
    make_reading(user=reader, issue=make_issue(publication=publication))
    there = make_cluster(publication=publication, title="There")
    up, moved, gone = (
        make_issue(publication=publication, title=title) for title in ("Up", "Moved", "Gone")
    )
    edit(up, tier=5)
    edit(moved, cluster=there)
    edit(gone, archived_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    new = make_issue(publication=publication, title="New", tier=5)
    with Curation(ChangeBatch.Kind.LOAD, source="test") as curation:
        curation.made(Change.Kind.ISSUE, publication.pk, new.pk)
        curation.made(Change.Kind.CLUSTER, publication.pk, there.pk)

    assert told(reader) == [
        ("Up", "went from notable to landmark"),
        ("Moved", "moved to “There”"),
        ("Gone", "was withdrawn"),
        ("New", "is new, landmark"),
        ("There", "is a new cluster"),
    ]


def test_news_lead_to_what_there_is_and_not_to_what_was_withdrawn(client, reader):
    publication = make_publication()
    make_reading(user=reader, issue=make_issue(publication=publication))
    gone, stays = (make_issue(publication=publication, title=title) for title in ("Gone", "Stays"))
    edit(gone, archived_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    edit(stays, tier=5)
    client.force_login(reader)

    page = client.get("/").content.decode()

    assert "<li>Gone was withdrawn</li>" in page
    assert f'<li><a dir="auto" href="{stays.get_absolute_url()}">Stays</a>' in page


def test_what_was_changed_back_is_no_news(reader):
    issue = begun(reader, tier=4)
    edit(issue, tier=5)
    edit(Issue.objects.get(pk=issue.pk), tier=4)

    assert told(reader) == []


def test_news_is_of_publications_that_the_reader_has_begun_since_they_came(client, reader):
    edit(make_issue(), tier=5)
    issue = begun(reader)
    with time_machine.travel("2019-05-01T00:00Z"):
        edit(issue, tier=3)
    assert told(reader) == []

    edit(Issue.objects.get(pk=issue.pk), tier=5)
    assert told(reader) == [(issue.title, "went from 3 of 5 to landmark")]
    assert "What changed since your last visit" in client.get("/").content.decode()


def test_what_is_marked_as_seen_stays_so_and_what_came_since_is_shown(client, reader):
    issue = begun(reader, title="One")
    edit(issue, tier=5)
    shown = whats_new.news(reader).batch
    edit(Issue.objects.get(pk=issue.pk), title="Another")

    assert client.post(reverse("accounts:changes_seen"), {"batch": shown}).status_code == 302
    reader.refresh_from_db()
    assert told(reader) == [("Another", "was called “One”")]

    # Never backwards, and never past what there is.
    client.post(reverse("accounts:changes_seen"), {"batch": 0})
    client.post(reverse("accounts:changes_seen"), {"batch": 10**17})
    assert User.objects.get(pk=reader.pk).caught_up_batch == ChangeBatch.objects.latest("id").pk
    assert client.post(reverse("accounts:changes_seen"), {"batch": "x"}).status_code == 400


def test_a_great_load_is_told_in_twenty_lines(reader, django_assert_max_num_queries):
    publication = begun(reader).publication
    issues = [make_issue(publication=publication) for _ in range(30)]
    with Curation(ChangeBatch.Kind.LOAD, source="test") as curation:
        for issue in issues:
            curation.made(Change.Kind.ISSUE, publication.pk, issue.pk)
        for number in range(1200):
            curation.made(Change.Kind.ISSUE, publication.pk, issues[-1].pk + 1000 + number)

    with django_assert_max_num_queries(4):
        found = whats_new.news(reader)

    assert sum(len(lines) for _, lines in found.groups) == 20
    assert found.is_partial
    assert found.more > 900


def test_home_needs_as_many_queries_for_many_rows_as_for_few(
    client, reader, django_assert_max_num_queries
):
    counts = []
    for _ in range(2):
        for _ in range(4):
            issue = begun(reader, cluster=make_cluster(), tier=5, words=500)
            edit(issue, tier=4)
            marking.mark(reader, [issue.pk], State.QUEUED)
            marking.mark(reader, [make_issue().pk], State.READING)
            make_note(user=reader, issue=issue)
        client.get("/?minutes=10")
        with django_assert_max_num_queries(14) as queries:
            client.get("/?minutes=10")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_reader_chooses_the_zone_that_days_begin_in(client, reader):
    url = reverse("accounts:account_detail")

    client.post(url, {"time_zone": "Asia/Kathmandu"})
    assert User.objects.get(pk=reader.pk).time_zone == "Asia/Kathmandu"

    refused = client.post(url, {"time_zone": "Mars/Olympus"})
    assert refused.status_code == 422
    assert "This is not a time zone" in refused.content.decode()
    assert User.objects.get(pk=reader.pk).time_zone == "Asia/Kathmandu"
