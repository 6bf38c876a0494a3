"""Days and weeks of reading, and the sentence about them."""

import datetime
from collections import Counter

import pytest

from accounts.progress.streaks import Days, occurred, runs
from tests.nonempty import some

DAY = datetime.timedelta(days=1)
DATELINE = [
    ("Pacific/Apia", datetime.date(2011, 12, 30)),
    ("Pacific/Fakaofo", datetime.date(2011, 12, 30)),
    ("Pacific/Kiritimati", datetime.date(1994, 12, 31)),
    ("Pacific/Kwajalein", datetime.date(1993, 8, 21)),
]


@pytest.mark.parametrize(("zone", "missing"), DATELINE)
def test_a_date_that_did_not_occur_breaks_no_streak_and_adds_nothing_to_it(zone, missing):
    read = [missing - DAY, missing + DAY]

    assert not occurred(missing, zone)
    assert all(occurred(day, zone) for day in read)
    assert [run.length for run in runs(read, zone)] == [2]
    found = Days(Counter(read), missing + DAY, zone)
    assert (found.streak, found.best) == (2, 2)
    # On the next day that there was, the one before is yesterday.
    assert Days(Counter([missing - DAY]), missing + DAY, zone).streak == 1


def test_elsewhere_the_same_date_is_a_day_that_was_missed():
    missing = datetime.date(2011, 12, 30)
    found = Days(Counter([missing - DAY, missing + DAY]), missing + DAY, "Europe/Paris")

    assert (found.streak, found.best) == (1, 1)


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/Berlin", [(2026, 3, 29), (2026, 10, 25)]),
        ("Africa/Cairo", [(2026, 4, 24), (2026, 10, 30)]),
        ("America/Havana", [(2026, 3, 8), (2026, 11, 1)]),
        ("Australia/Lord_Howe", [(2026, 4, 5), (2026, 10, 4)]),
        ("Pacific/Tongatapu", [(1, 1, 1)]),
    ],
)
def test_the_days_on_which_clocks_change_occurred(zone, changes):
    for change in some(changes):
        assert occurred(datetime.date(*change), zone)


TODAY = datetime.date(2026, 12, 15)  # a Tuesday


def sentence(*days, today=TODAY):
    return Days(Counter(days), today).sentence


def spread(first, *numbers):
    """Return readings on the first Wednesdays of months, so many for each month from `first`."""
    found = []
    for index, number in enumerate(numbers, first.year * 12 + first.month - 1):
        day = datetime.date(index // 12, index % 12 + 1, 1)
        wednesday = day + (2 - day.weekday()) % 7 * DAY
        found += [wednesday] * number
    return found


def test_the_quietest_month_is_one_since_the_reader_began():
    # From January to August nothing was read, for the reader had not begun.
    read = [datetime.date(2026, 8, 31), *spread(datetime.date(2026, 9, 1), 9, 4, 9)]

    assert sentence(*read) == "Quietest in October, busiest on Wednesdays."


def test_nothing_is_called_quietest_or_busiest_where_two_are_alike():
    began = datetime.date(2026, 7, 31)

    assert sentence(began, *spread(datetime.date(2026, 8, 1), 9, 4, 4, 9)) == (
        "Busiest on Wednesdays."
    )
    wednesdays = spread(datetime.date(2026, 8, 1), 9, 4, 4, 9)
    assert sentence(*wednesdays, *(day + 2 * DAY for day in wednesdays)) == ""


def test_two_months_are_too_few_to_compare():
    read = [datetime.date(2026, 9, 30), *spread(datetime.date(2026, 10, 1), 9, 12)]

    assert sentence(*read) == "Busiest on Wednesdays."


@pytest.mark.parametrize(
    ("last", "length", "words"),
    [
        (0, 3, "You have read every day since 13 December."),
        (1, 3, "You read every day from 12 December to yesterday."),
        (0, 1, ""),
        (0, 10, "You have read every day since 6 December."),
    ],
)
def test_a_streak_is_said_with_its_first_day_and_its_last(last, length, words):
    assert sentence(*(TODAY - (last + back) * DAY for back in range(length))) == words


def test_a_streak_that_began_in_another_year_says_which():
    found = sentence(*(TODAY - back * DAY for back in range(360)))

    assert found.endswith("You have read every day since 21 December 2025.")
