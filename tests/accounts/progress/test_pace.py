"""The pace of reading and what is projected from it, each figure worked out by hand."""

import datetime
import re
from itertools import pairwise

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.progress.charts import Dial, PaceChart
from accounts.progress.figures import Progress
from accounts.progress.pace import Pace
from catalog.models import Issue
from tests.factories import (
    make_cluster,
    make_issue,
    make_publication,
    make_reading,
    make_user,
)
from tests.machine import IS_CI
from tests.nonempty import some

TODAY = datetime.date(2026, 12, 1)
DAY = datetime.timedelta(days=1)
NOW = "2026-12-01T12:00Z"


def pace(*backs, left, since=400, **options):
    """Return the pace of landmarks read so many days ago, by a reader of `since` days."""
    days = sorted(TODAY - back * DAY for back in backs)
    return Pace([(day, 1) for day in days], left, TODAY, TODAY - since * DAY, **options)


def test_six_landmarks_in_eight_weeks_with_twelve_left_take_sixteen_weeks():
    found = pace(50, 40, 30, 20, 10, 0, 56, left=12)

    # The one of 56 days ago is before the eight weeks that end today.
    assert (found.recent, found.window_words, found.a_week) == (6, "8 weeks", 0.75)
    assert found.finish == TODAY + datetime.timedelta(weeks=16) == datetime.date(2027, 3, 23)


def test_a_part_of_a_day_is_a_day():
    # 12 × 56 / 5 is 134.4.
    assert pace(40, 30, 20, 10, 0, left=12).finish == TODAY + 135 * DAY


def test_who_began_six_days_ago_is_measured_over_six_days():
    found = pace(0, 1, 2, 3, 4, 5, left=20, since=5)

    assert (found.recent, found.window_words, found.a_week) == (6, "6 days", 7)
    assert found.finish == TODAY + 20 * DAY


@pytest.mark.parametrize(
    ("since", "words"),
    [(0, "day"), (1, "2 days"), (6, "7 days"), (13, "2 weeks"), (54, "55 days"), (55, "8 weeks"),
     (900, "8 weeks"), (-1, "day")],
)  # fmt: skip
def test_the_window_is_said_in_words(since, words):
    assert pace(left=1, since=since).window_words == words


def test_a_reader_of_nothing_has_the_whole_window():
    found = Pace([], 5, TODAY)

    assert (found.recent, found.window_words, found.finish) == (0, "8 weeks", None)


def test_nothing_is_projected_from_fewer_than_four_readings_or_days_or_over_fifty_years():
    assert pace(0, 1, 2, left=4).finish is None
    assert pace(0, 0, 1, 2, left=4, since=2).finish is None
    assert pace(0, 1, 2, 3, left=4, since=3).finish == TODAY + 4 * DAY
    assert pace(0, 1, 2, 3, left=0).finish is None
    assert pace(0, 1, 2, 3, left=10**9).finish is None


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def read(user, number, tier, *, since=0, every=1):
    """Let a reader read so many issues of a tier, one every few days up to `since` days ago."""
    for index in range(number):
        day = TODAY - (since + index * every) * DAY
        make_reading(user=user, issue=make_issue(tier=tier), on=day)


def progress_text(client):
    html = client.get(reverse("accounts:progress")).content.decode()
    text = html.replace("<b ", " <b ").replace("</b>", "</b> ").replace("</dt>", " ")
    return " ".join(re.sub(r"<[^>]*>", "", text).split())


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_landmarks_and_the_canon_are_projected_each_by_itself(client, reader):
    make_reading(user=reader, issue=make_issue(tier=None), on="2026-01-01")
    read(reader, 6, 5, every=9)
    read(reader, 13, 4, every=4)
    for _ in range(12):
        make_issue(tier=5)
    for _ in range(40):
        make_issue(tier=4)

    text = progress_text(client)

    # The canon weighs 18 × 5 + 53 × 2 = 196; 6 × 5 + 13 × 2 = 56 were read in eight weeks, one a
    # day; 12 × 5 + 40 × 2 = 140 are left.
    assert "You have read 6 of 18 landmarks and 19 of 71 keepers." in text
    assert (
        "At the pace of the last 8 weeks, you will have read all 18 landmarks around "
        "23 March 2027 and closed the canon around 20 April 2027 ." in text
    )
    assert (
        "In the last 8 weeks you read 6 landmarks, and 56 of the canon’s 196; "
        "12 landmarks and 140 of the 196 are left." in text
    )
    assert "landmarks in the last 8 weeks 6" in text
    assert "0.8" not in text


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_the_canon_does_not_close_before_its_last_landmark(client, reader):
    make_reading(user=reader, issue=make_issue(tier=None), on="2026-01-01")
    read(reader, 4, 5)
    read(reader, 50, 4)
    make_issue(tier=5)

    progress = Progress.of(reader)

    # By weight the canon's last 5 would be read within three days.
    assert progress.pace.finish == TODAY + 14 * DAY
    assert progress.canon_pace.finish == progress.pace.finish
    assert (
        "you will have read all 5 landmarks and closed the canon around 15 December 2026"
        in progress_text(client)
    )


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_a_canon_whose_landmarks_are_read_is_closed_only_with_its_last_keeper(client, reader):
    make_reading(user=reader, issue=make_issue(tier=None), on="2026-01-01")
    read(reader, 5, 5)
    last = make_issue(tier=4)

    text = progress_text(client)
    assert "You have read 5 of 5 landmarks and 5 of 6 keepers. No landmark is left." in text
    # 2 are left, at 25 in 56 days.
    assert "you will have closed the canon around 6 December 2026" in text
    assert "The canon is closed" not in text

    make_reading(user=reader, issue=last)
    cache.clear()
    text = progress_text(client)
    assert "You have read all 6 keepers, 5 landmarks among them. The canon is closed." in text


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("rough", ["2026", "2026-11", "2026-12", "2019"])
def test_a_landmark_with_a_rough_date_keeps_the_pace_of_its_known_day(reader, rough):
    issue = make_issue(tier=5)
    make_reading(user=reader, issue=issue, on=rough)
    assert Progress.of(reader).pace.readings == []

    make_reading(user=reader, issue=issue, on=TODAY)
    cache.clear()
    assert Progress.of(reader).pace.readings == [(TODAY, 1)]


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_the_first_known_day_of_anything_begins_the_window(reader):
    make_reading(user=reader, issue=make_issue(tier=2), on=TODAY - 20 * DAY)
    make_reading(user=reader, issue=make_issue(tier=5), on="2020")
    make_reading(user=reader, issue=make_issue(tier=5), on=TODAY)

    assert Progress.of(reader).pace.window_words == "3 weeks"


CANONS = [
    ({5: 5, 4: 2}, [], [], "There is no canon yet: no issue is a landmark or a notable issue."),
    ({5: 5, 4: 2}, [3], [], "There is no canon yet"),
    ({3: 1}, [5, 4], [5], "There is no canon yet: no issue is an issue of tier 3."),
    ({5: 5, 4: 2}, [5], [], "1 landmark makes the canon."),
    ({5: 5, 4: 2}, [4, 4], [], "2 notable issues make the canon."),
    ({5: 5, 4: 2, 1: 1}, [5, 4, 1, 1], [], "1 landmark , 1 notable issue and 2 issues of tier 1"),
    ({5: 5, 4: 2}, [5], [5], "You have read the one keeper, a landmark . The canon is closed."),
    ({5: 5, 4: 2}, [4], [4], "You have read the one keeper. The canon is closed."),
    ({5: 5, 4: 2}, [5, 5], [5, 5], "all 2 keepers, all of them landmarks . The canon is closed."),
    ({5: 5, 4: 2}, [4, 4], [4], "You have read 1 of 2 keepers."),
    # Weights of one's own: the canon is what they count.
    ({5: 1}, [5, 4], [5], "You have read 1 of 1 landmark and 1 of 2 keepers. No landmark is left. "
                          "The canon is closed."),
    ({1: 1}, [1, 1], [1], "You have read 1 of the 2 issues of the canon."),
    ({5: 1, 1: 1}, [5, 1], [5], "You have read the one keeper, a landmark ."),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("weights", "tiers", "done", "words"), CANONS)
def test_the_sentence_is_true_of_every_canon(client, reader, settings, weights, tiers, done, words):
    settings.CANON_WEIGHTS = weights
    issues = [make_issue(tier=tier) for tier in tiers]
    for tier in done:
        issue = next(issue for issue in issues if issue.tier == tier)
        issues.remove(issue)
        make_reading(user=reader, issue=issue, on="2024")

    text = progress_text(client)

    assert words in text
    is_closed = not any(weights.get(issue.tier) for issue in issues) and any(
        weights.get(tier) for tier in tiers
    )
    assert ("The canon is closed" in text) == is_closed
    assert "0 of 0" not in text


@pytest.mark.django_db
def test_a_page_without_a_canon_says_no_percentage(client, reader):
    make_issue(tier=None)

    html = client.get(reverse("accounts:progress")).content.decode()

    assert 'aria-label="There is no canon yet."' in html
    assert "dial-number" not in html
    assert "Each tick" not in html


@pytest.mark.django_db
def test_clusters_and_parts_without_keepers_have_no_rows(client, reader):
    bare = make_issue(tier=2, cluster=make_cluster(title="Bare"))
    make_issue(tier=4, cluster=make_cluster(title="Full"))
    make_reading(user=reader, issue=bare)

    for name in ("progress", "progress_parts"):
        html = client.get(reverse(f"accounts:{name}")).content.decode()
        assert "0 of 0" not in html
        assert "Bare" not in html
        assert "Full" in html
    assert "0 of 1, 0%" in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("unread", "words"),
    [
        ([230 * 60, None, None], "60 minutes of reading are left in the 1 unread keeper whose "
                                 "length is known; 2 more have no known length."),
        ([230 * 600, 230 * 180, None], "13 hours of reading are left in the 2 unread keepers whose "
                                       "length is known; 1 more has no known length."),
        ([10], "1 minute of reading is left in the 1 unread keeper whose length is known."),
        ([None], "The one unread keeper has no known length."),
        ([None, None], "None of the 2 unread keepers has a known length."),
    ],
)  # fmt: skip
def test_what_is_left_tells_the_keepers_of_unknown_length(client, reader, unread, words):
    for index, length in enumerate(unread):
        make_issue(tier=4 + index % 2, words=length)
    for tier in (5, 4):
        make_reading(user=reader, issue=make_issue(tier=tier, words=None))
        make_reading(user=reader, issue=make_issue(tier=tier, words=900))
    make_issue(tier=3, words=None)

    assert words in progress_text(client)


@pytest.mark.django_db
def test_nothing_is_said_of_what_is_left_where_nothing_is(client, reader):
    make_reading(user=reader, issue=make_issue(tier=5, words=None))

    text = progress_text(client)

    assert "unread keeper" not in text


def shape(backs, rough, left, since):
    days = sorted(TODAY - back * DAY for back in backs)
    found = Pace([(day, 1) for day in days], left, TODAY, TODAY - since * DAY)
    return found, len(backs) + rough


@settings(max_examples=300 if IS_CI else 50)
@given(
    backs=st.lists(st.integers(-1, 500), min_size=1, max_size=60),
    rough=st.integers(0, 300),
    left=st.one_of(st.integers(0, 5), st.integers(0, 2000)),
    today=st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31)),
    size=st.sampled_from([(640, 250), (358, 220)]),
)
def test_no_label_of_the_chart_is_over_another_or_outside_it(backs, rough, left, today, size):
    width, height = size
    days = sorted(today - back * DAY for back in backs)
    found = Pace([(day, 1) for day in days], left, today, days[0])
    chart = PaceChart.of(found, len(days) + rough, width, height)

    texts = [*chart.labels, *chart.ticks]
    assert [label.text for label in chart.labels][-1] == f"Today, {len(days) + rough}"
    assert len(chart.labels) == (2 if found.finish else 1)
    for index, label in enumerate(texts):
        assert not any(label.collides(other) for other in texts[:index])
        assert chart.left <= label.x
        assert label.right <= width
        assert label.top >= 0
        assert label.bottom <= height
    # The numbers of the axis stand to the left of all of these.
    assert len(str(len(days) + rough + left)) * 8 <= chart.left - 8
    heights = sorted([y for y, _ in chart.grid] + [chart.total_y])
    assert all(below - above >= 13 for above, below in pairwise(heights))


@settings(max_examples=200 if IS_CI else 50)
@given(
    backs=st.lists(st.integers(0, 500), min_size=1, max_size=40),
    left=st.integers(0, 100),
)
def test_the_line_of_the_chart_rises_only_on_days_with_a_reading(backs, left):
    found, number = shape(backs, 0, left, 500)
    chart = PaceChart.of(found, number, 640, 250)

    finish = found.finish or TODAY
    start = min(max(found.readings[0][0], TODAY - 371 * DAY), TODAY - 182 * DAY)
    scale = (640 - 14 - chart.left) / (finish - start).days
    days = {(day - start).days * scale + chart.left for day, _ in found.readings}
    for (x, y), (next_x, next_y) in some(pairwise(chart.points)):
        assert next_x >= x
        assert next_y <= y
        if next_y < y:
            assert next_x - x <= scale + 0.001
            assert any(abs(next_x - each) < 0.001 for each in days)


@pytest.mark.parametrize(
    ("read", "begun", "total"), [(999, 1, 1000), (999, 0, 1000), (101, 102, 203)]
)
def test_a_dial_of_a_hundred_ticks_is_full_only_where_all_is_read(read, begun, total):
    dial = Dial.of(read, begun, total)
    counts = [path.count("M") for path in (dial.read, dial.reading, dial.rest)]

    assert sum(counts) == 100
    assert counts[0] == 100 * read // total
    assert counts[0] < 100


@pytest.mark.django_db
def test_readings_count_as_read_whatever_is_known_of_their_date(reader):
    make_reading(user=reader, issue=make_issue(tier=5), on="2024")
    progress = Progress.of(reader)

    assert (progress.canon(), progress.days.counts.total(), progress.first_day) == (100, 0, None)
    assert Issue.objects.count() == 1


@pytest.mark.django_db
def test_more_landmarks_in_the_queue_than_are_shown_are_told_of(client, reader):
    for _ in range(3):
        make_reading(user=reader, issue=make_issue(tier=5), state="queued")
    assert "More in your queue" not in progress_text(client)

    make_reading(user=reader, issue=make_issue(tier=5), state="queued")
    cache.clear()

    assert "More in your queue" in progress_text(client)


@pytest.mark.django_db
def test_a_part_of_which_nothing_counts_in_the_canon_has_no_percentage(client, reader, settings):
    settings.CANON_WEIGHTS = {5: 1}
    make_issue(tier=4, cluster=make_cluster())
    make_issue(tier=5, cluster=make_cluster())

    html = client.get(reverse("accounts:progress_parts")).content.decode()

    assert '<span class="figure">0 of 1</span>' in html
    assert '<span class="figure">0 of 1, 0%</span>' in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tier", "words"), [(None, []), (4, ["of the canon"]), (5, ["of the canon", "landmarks read"])]
)
def test_home_has_figures_of_what_there_is(client, reader, tier, words):
    make_issue(tier=tier)

    html = client.get(reverse("library")).content.decode()

    for each in ("of the canon", "landmarks read"):
        assert (f"<dt>{each}</dt>" in html) == (each in words)


@pytest.mark.django_db
def test_home_calls_complete_only_what_is_read_to_the_last_issue(client, reader):
    publication = make_publication()
    keeper, other = (make_issue(publication=publication, tier=tier) for tier in (5, 2))
    make_reading(user=reader, issue=keeper)
    html = client.get(reverse("library")).content.decode()
    assert "All keepers read" in html
    assert "Complete" not in html

    make_reading(user=reader, issue=other)
    cache.clear()
    assert "Complete" in client.get(reverse("library")).content.decode()
