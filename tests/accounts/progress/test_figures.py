import datetime
from collections import Counter

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import State
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.progress.figures import WHOLE_CATALOG, Progress, spoken_minutes
from accounts.progress.streaks import Days, runs
from accounts.reading import marking
from catalog.models import Category, Issue
from tests.factories import (
    make_cluster,
    make_issue,
    make_note,
    make_publication,
    make_reading,
    make_user,
)  # fmt: skip
from tests.machine import IS_CI
from tests.nonempty import some

TODAY = datetime.date(2026, 6, 20)
DAY = datetime.timedelta(days=1)


def days(*backs, today=TODAY):
    return Days(Counter(today - back * DAY for back in backs), today)


@pytest.mark.django_db
def test_the_canon_weighs_a_landmark_five_and_a_notable_issue_two():
    user, publication = make_user(), make_publication()
    for tier in (5, 5, 4, 4, 4, 3, None):
        make_issue(publication=publication, tier=tier)
    for tier in (5, 4, 3):
        make_reading(user=user, issue=Issue.objects.filter(tier=tier).first(), on="2024")

    progress = Progress.of(user)

    assert progress.canon() == 100 * (5 + 2) // (2 * 5 + 3 * 2)
    assert progress.canon(("publication", publication.pk)) == progress.canon()
    assert (progress.landmarks_read, progress.keepers_read, progress.issues_read) == (1, 2, 3)


@pytest.mark.django_db
def test_the_weights_are_a_setting(settings):
    settings.CANON_WEIGHTS = {5: 1, 1: 1}
    user = make_user()
    make_issue(tier=5)
    make_reading(user=user, issue=make_issue(tier=1))

    assert Progress.of(user).canon() == 50


@pytest.mark.django_db
def test_an_issue_read_twice_counts_once_in_the_canon_and_on_each_of_its_days():
    user, issue = make_user(), make_issue(tier=5)
    make_reading(user=user, issue=issue, on="2024-03-05")
    make_reading(user=user, issue=issue, on="2024-03-06")

    progress = Progress.of(user)

    assert (progress.canon(), progress.landmarks_read) == (100, 1)
    assert progress.days.counts.total() == 2
    assert progress.pace.readings == [(datetime.date(2024, 3, 5), 1)]


@pytest.mark.django_db
def test_what_is_being_read_again_is_still_read():
    user, issue = make_user(), make_issue(tier=5)
    make_reading(user=user, issue=issue)
    marking.mark(user, [issue.pk], State.READING)

    meter = Progress.of(user).meter()

    assert (meter.read, meter.open) == (1, 0)


@pytest.mark.django_db
def test_archived_issues_and_other_readers_count_for_nothing():
    user, gone = make_user(), make_issue(tier=5)
    make_reading(user=user, issue=gone)
    make_reading(user=make_user(), issue=make_issue(tier=5))
    Issue.objects.filter(pk=gone.pk).update(archived_at="2026-01-01T00:00Z")

    progress = Progress.of(user)

    assert (progress.issues_read, progress.total().issues) == (0, 1)


@pytest.mark.django_db
def test_dates_below_a_day_count_in_the_canon_but_on_no_day():
    user = make_user()
    for on in ("2024", "2024-03", "2024-03-05"):
        make_reading(user=user, issue=make_issue(tier=5), on=on)

    progress = Progress.of(user)

    assert progress.canon() == 100
    assert list(progress.days.counts) == [datetime.date(2024, 3, 5)]


@pytest.mark.django_db
def test_minutes_left_rest_on_the_keepers_whose_length_is_known():
    user = make_user()
    make_issue(tier=5, words=2300)
    make_issue(tier=4, words=None)
    make_issue(tier=3, words=99_999)
    make_reading(user=user, issue=make_issue(tier=4, words=4600))

    progress = Progress.of(user)

    assert (progress.minutes_left, progress.worded_left) == (10, 1)
    assert [spoken_minutes(number) for number in (1, 90, 700)] == [
        "1 minute",
        "90 minutes",
        "12 hours",
    ]


@pytest.mark.parametrize(
    ("backs", "streak", "best"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),  # today is not over
        ((2,), 0, 1),
        ((0, 1, 2, 4, 5, 6, 7), 3, 4),
        ((1, 2, 3), 3, 3),
    ],
)
def test_a_streak_stands_until_a_whole_day_goes_by(backs, streak, best):
    found = days(*backs)

    assert (found.streak, found.best) == (streak, best)


def test_a_streak_goes_over_29_february_and_over_new_year():
    assert (
        len(runs([datetime.date(2024, 2, day) for day in (28, 29)] + [datetime.date(2024, 3, 1)]))
        == 1
    )
    assert len(runs([datetime.date(2023, 2, 28), datetime.date(2023, 3, 1)])) == 1
    assert len(runs([datetime.date(2023, 12, 31), datetime.date(2024, 1, 1)])) == 1


def test_a_week_begins_on_monday():
    # The 20th is a Saturday.
    found = days(0, 5, 6, 12, 13)

    assert (found.this_week, found.last_week) == (2, 2)


@pytest.mark.parametrize(
    ("first", "words"),
    [
        # No month before the first reading is quiet, nor one that had begun by then.
        (datetime.date(2026, 4, 1), "Busiest at weekends."),
        (datetime.date(2026, 3, 7), "Busiest at weekends."),
        (datetime.date(2026, 3, 1), "Quietest in March, busiest at weekends."),
        (datetime.date(2026, 2, 21), "Quietest in March, busiest at weekends."),
        # Where several months are as quiet, none is named.
        (datetime.date(2024, 2, 20), "Busiest at weekends."),
    ],
)
def test_the_quietest_month_is_one_since_the_first_reading(first, words):
    april, may = datetime.date(2026, 4, 11), datetime.date(2026, 5, 9)
    counts = Counter({first: 1, april: 2, may: 3, TODAY: 20})

    assert Days(counts, TODAY).sentence == words


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "instants", "dates"),
    [
        # The hour that is skipped, and the hour that comes twice.
        ("Europe/Paris", ["2026-03-29T00:59Z", "2026-03-29T01:01Z"], ["2026-03-29"] * 2),
        ("Europe/Paris", ["2026-10-25T00:30Z", "2026-10-25T01:30Z"], ["2026-10-25"] * 2),
        # Midnight itself is skipped in Cairo: the day begins at one.
        ("Africa/Cairo", ["2026-04-23T21:59Z", "2026-04-23T22:01Z"], ["2026-04-23", "2026-04-24"]),
        (
            "Pacific/Kiritimati",
            ["2024-02-28T09:59Z", "2024-02-28T10:00Z"],
            ["2024-02-28", "2024-02-29"],
        ),
        ("Etc/GMT+12", ["2024-03-01T11:59Z", "2024-03-01T12:00Z"], ["2024-02-29", "2024-03-01"]),
        ("Etc/GMT-14", ["2025-12-31T09:59Z", "2025-12-31T10:00Z"], ["2025-12-31", "2026-01-01"]),
    ],
)
def test_a_reading_counts_on_the_readers_own_day(zone, instants, dates):
    user = make_user(time_zone=zone)
    for instant in instants:
        with time_machine.travel(instant, tick=False):
            marking.mark(user, [make_issue().pk], State.READ)

    found = [finish.on.isoformat() for finish in Progress.of(user).finishes]

    assert found == dates


@pytest.mark.django_db
def test_a_changed_time_zone_moves_no_day_and_breaks_no_streak():
    user = make_user(time_zone="Pacific/Kiritimati")
    with time_machine.travel("2026-06-19T11:00Z", tick=False):
        marking.mark(user, [make_issue().pk], State.READ)
    with time_machine.travel("2026-06-20T11:00Z", tick=False):
        marking.mark(user, [make_issue().pk], State.READ)
        user.time_zone = "Etc/GMT+12"
        user.save()
        progress = Progress.of(user)

    # Where the reader is now it is the 19th; the second reading was on the 21st, over there.
    assert progress.today == datetime.date(2026, 6, 19)
    assert [str(finish.on) for finish in progress.finishes] == ["2026-06-20", "2026-06-21"]
    assert (progress.days.streak, progress.days.this_week) == (2, 2)


PLACES = st.tuples(st.integers(0, 1), st.integers(0, 2), st.sampled_from([5, 4, 3, 1, None]))


@pytest.mark.django_db
@settings(max_examples=30 if IS_CI else 15, suppress_health_check=list(HealthCheck))
@given(
    places=st.lists(PLACES, max_size=12),
    read=st.sets(st.integers(0, 11)),
    twice=st.sets(st.integers(0, 11)),
)
def test_every_figure_equals_a_plain_recount(places, read, twice):
    Issue.objects.exclude(pk=None).update(archived_at="2026-01-01T00:00Z")
    user = make_user()
    publications = [make_publication(), make_publication()]
    clusters = [
        [make_cluster(publication=each) for _ in range(2)] + [None] for each in publications
    ]
    issues = []
    for publication, cluster, tier in places:
        issues.append(
            make_issue(
                publication=publications[publication], cluster=clusters[publication][cluster],
                tier=tier,
            )
        )  # fmt: skip
    done = [issue for number, issue in enumerate(issues) if number in read]
    for number, issue in enumerate(issues):
        for _ in range((number in read) + (number in read & twice)):
            make_reading(user=user, issue=issue, on="2024-01-02")

    progress = Progress.of(user)

    weights = {5: 5, 4: 2}

    def share(part):
        whole = sum(weights.get(issue.tier, 0) for issue in part)
        mine = sum(weights.get(issue.tier, 0) for issue in part if issue in done)
        return 100 * mine // whole if whole else 0

    parts = {WHOLE_CATALOG: issues}
    for publication in publications:
        parts["publication", publication.pk] = [i for i in issues if i.publication == publication]
    for cluster in [*clusters[0][:2], *clusters[1][:2]]:
        parts["cluster", cluster.pk] = [i for i in issues if i.cluster == cluster]
    for year in (2024, 2025):
        parts["year", year] = [i for i in issues if i.date.year == year]
    parts["category", Category.objects.get().pk] = issues
    for key, part in some(parts.items()):
        assert progress.canon(key) == share(part), key
        keepers = [issue for issue in part if issue.tier in (5, 4)]
        meter = progress.meter(key)
        assert (meter.read, meter.total) == (sum(i in done for i in keepers), len(keepers)), key


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.mark.django_db
def test_the_progress_page_says_how_far_the_reader_has_come(client, reader):
    cluster = make_cluster(title="On kerbs")
    for _ in range(3):
        make_issue(cluster=cluster, tier=5)
    make_reading(user=reader, issue=Issue.objects.first())
    marking.mark(reader, [Issue.objects.last().pk], State.QUEUED)
    make_note(user=reader, issue=Issue.objects.first(), body="A *fine* one")

    html = client.get(reverse("accounts:progress")).content.decode()

    text = " ".join(html.replace("<b", " <b").split())
    assert "33 per cent of the canon is read: 1 of 3 landmarks" in text
    assert "1 read on 1 day" in text
    assert "Landmarks in your queue" in text
    assert "On kerbs" in text
    assert "A fine one" in text
    assert "will close the canon" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tiers", "read", "words"),
    [
        ([], 0, "There is no canon yet"),
        ([3], 1, "There is no canon yet"),
        ([5, 4], 0, "Your reading of it begins with the first one that you mark."),
        ([5, 4], 2, "The canon is closed."),
        ([4, 4], 1, "of 2 keepers"),
    ],
)
def test_the_sentence_has_words_for_every_case(client, reader, tiers, read, words):
    issues = [make_issue(tier=tier) for tier in tiers]
    for issue in issues[:read]:
        make_reading(user=reader, issue=issue)

    assert words in client.get(reverse("accounts:progress")).content.decode()


@pytest.mark.django_db
def test_the_progress_page_needs_at_most_twelve_queries(
    client, reader, django_assert_max_num_queries, django_assert_num_queries
):
    url = reverse("accounts:progress")
    for _ in range(2):
        for _ in range(6):
            issue = make_issue(cluster=make_cluster(), tier=5)
            make_reading(user=reader, issue=issue)
            make_note(user=reader, issue=issue)
            make_reading(user=reader, issue=make_issue(tier=5), state="queued")
        cache.clear()
        with django_assert_max_num_queries(12):
            client.get(url)
        with django_assert_num_queries(7):
            client.get(url)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["progress", "progress_parts", "coverage"])
def test_an_empty_room_has_these_pages_too(client, reader, name):
    assert client.get(reverse(f"accounts:{name}")).status_code == 200


@pytest.mark.django_db
def test_the_coverage_map_shows_the_blind_spots(client, reader):
    cluster = make_cluster(title="On kerbs")
    read = make_issue(cluster=cluster, date="2023-05-01")
    make_issue(cluster=cluster, date="2024-05-01")
    make_issue(cluster=cluster, date="2024-06-01", tier=2)
    make_reading(user=reader, issue=read)

    response = client.get(reverse("accounts:coverage"))

    assert [(c.title, year) for c, year in response.context["coverage"].blind] == [
        ("On kerbs", 2024)
    ]
    assert client.get(reverse("accounts:coverage") + "?publication=nowhere").status_code == 404


@pytest.mark.django_db
def test_a_year_is_reviewed_with_what_is_known_of_it(client, reader):
    for on in ("2024", "2024-03", "2024-03-05", "2024-03-06", "2023-12-31"):
        make_reading(user=reader, issue=make_issue(tier=5), on=on)

    review = client.get(reverse("accounts:year", args=[2024])).context["review"]

    assert (review.issues, review.undated, review.streak) == (4, 1, 2)
    assert dict(review.months)["Mar"] == 3
    assert client.get(reverse("accounts:year", args=[1987])).status_code == 200
    for year in (0, 10_000):
        assert client.get(reverse("accounts:year", args=[year])).status_code == 404


@pytest.mark.django_db
def test_a_year_says_how_many_landmarks_and_places_it_does_not_name(client, reader):
    for number in range(12):
        issue = make_issue(tier=5, cluster=make_cluster())
        make_reading(user=reader, issue=issue, on=f"2024-03-{number + 1:02}")
    make_reading(user=reader, issue=issue, on="2023")

    html = client.get(reverse("accounts:year", args=[2024])).content.decode()

    assert "10 of 12. " in html
    assert "The most read of 12 publications and 12 clusters." in html
    address = html.partition("10 of 12. ")[2].split('"')[1].replace("&amp;", "&")
    assert "12 issues" in " ".join(client.get(address).content.decode().split())
    whole = client.get(reverse("accounts:year", args=[2023])).content.decode()
    assert "1 of 1" not in whole
    assert "The most read" not in whole


@pytest.mark.django_db
def test_what_was_read_on_no_known_day_counts_as_read_and_in_no_calendar(client, reader):
    cluster = make_cluster()
    known, unknown, both = (make_issue(cluster=cluster, tier=5) for _ in range(3))
    marking.mark(reader, [unknown.pk, both.pk], State.READ, on=UNKNOWN)
    marking.mark(reader, [unknown.pk], State.QUEUED)
    marking.mark(reader, [known.pk], State.READ)
    marking.add(reader, both.pk, PartialDate.parse("2024-03-05"))
    reader.refresh_from_db()

    progress = Progress.of(reader)

    assert (progress.canon(), progress.landmarks_read, progress.keepers_read) == (100, 3, 3)
    assert progress.meter(("cluster", cluster.pk)).read == 3
    assert {str(day) for day in progress.days.counts} == {
        "2024-03-05", reader.local_date().isoformat(),
    }  # fmt: skip
    assert len(progress.pace.readings) == 2
    year = client.get(reverse("accounts:year", args=[1])).context
    assert (year["review"].issues, year["years"]) == (0, [2024, reader.local_date().year])
    for name in ("progress", "progress_parts"):
        assert client.get(reverse(f"accounts:{name}")).status_code == 200
    shown = client.get(reverse("accounts:coverage")).context["coverage"]
    assert sum(cell.read for _, cells in shown.rows for cell in cells) == 3


@pytest.mark.parametrize(
    ("text", "last", "when"),
    [
        ("2024-03-05", "2024-03-05", "on 5 March 2024"),
        ("2024-02", "2024-02-29", "in February 2024"),
        ("9999", "9999-12-31", "in 9999"),
    ],
)
def test_a_partial_date_has_a_last_day_and_an_adverb(text, last, when):
    date = PartialDate.parse(text)

    assert (str(date.last), date.when) == (last, when)


def test_a_partial_date_is_read_as_it_is_written():
    for text in ("2024-03-05", "2024-03", "2024"):
        assert str(PartialDate.parse(text)) == text
    assert [PartialDate.parse(t).spoken for t in ("2024-3-5", "2024-03", "2024")] == [
        "5 March 2024", "March 2024", "2024",
    ]  # fmt: skip
