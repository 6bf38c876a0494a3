"""Pages of a list: each issue once, in order."""

from collections.abc import Iterator

import pytest

from accounts.models import State
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from catalog.browsing import pagination
from catalog.models import Issue
from tests.accounts.views.catalog.rows import SORTS, ask, on, shown, tagged, titles
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def eight_issues(module_rows):
    """Eight issues in which each value but the id occurs twice."""
    with module_rows():
        for number in range(8):
            tagged(
                "moon", title=f"Issue {number // 2}", date=on(number // 2), tier=4 + number // 4,
                words=[None, 100][number % 2], summary="",
            )  # fmt: skip


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(pagination, "PAGE_SIZE", 3)


def chain(client, **asked) -> Iterator[list[str]]:
    """Follow a list to its end, page by page."""
    response = ask(client, **asked)
    yield shown(response)
    while place := response.context["listing"].page.next:
        response = ask(client, **asked, after=str(place))
        yield shown(response)


@pytest.mark.parametrize("where", [{}, {"tag": ["moon"]}, {"q": "issue"}, {"state": ["unread"]}])
@pytest.mark.parametrize("sort", ["", *SORTS])
def test_pages_chain_without_a_gap_or_an_issue_twice(client, reader, small_pages, sort, where):
    pages = list(chain(client, sort=sort, **where))

    assert [len(page) for page in pages] == [3, 3, 2]
    whole = [title for page in pages for title in page]
    assert sorted(whole) == sorted(f"Issue {number // 2}" for number in range(8))
    if sort == "oldest":
        assert whole == sorted(whole)
    if sort == "newest":
        assert whole == sorted(whole, reverse=True)


@pytest.mark.parametrize("sort", ["recent", "newest"])
@pytest.mark.parametrize("state", ["read", "queued"])
def test_pages_of_what_the_reader_has_marked_chain_too(client, reader, small_pages, sort, state):
    if (sort, state) == ("recent", "queued"):
        pytest.skip("what is queued was not read")
    for number in range(8):
        issue = make_issue(title=f"Issue {number}", date=on(9 - number))
        at = PartialDate.parse(f"2024-06-0{1 + number // 2}")
        marking.mark(reader, [issue.pk], State(state), on=at)

    pages = list(chain(client, state=state, sort=sort))

    order = [f"Issue {number}" for number in range(8)]
    assert [title for page in pages for title in page] == (
        order[::-1] if sort == "recent" else order
    )


def test_what_is_read_last_comes_first_and_a_second_reading_moves_it(client, reader):
    for title, day in (("First", "2024-01-01"), ("Second", "2024-02-01")):
        marking.mark(reader, [make_issue(title=title).pk], State.READ, on=PartialDate.parse(day))
    make_issue(title="Unread")
    assert titles(client, sort="recent") == ["Second", "First"]

    again = Issue.objects.get(title="First")
    marking.add(reader, again.pk, PartialDate.parse("2024-03-01"))

    assert titles(client, sort="recent") == ["First", "Second"]
    assert titles(client, sort="recent", q="issue OR first OR second") == ["First", "Second"]


def test_what_was_read_on_no_known_day_comes_last_of_what_is_read(client, reader, small_pages):
    known = [None, "2024-01-01", None, "2019", "2024-02-01", None]
    for number, date in enumerate(known):
        issue = make_issue(title=f"Issue {number}")
        at = PartialDate.parse(date) if date else UNKNOWN
        marking.mark(reader, [issue.pk], State.READ, on=at)

    found = [title for page in chain(client, sort="recent") for title in page]

    assert found == [f"Issue {number}" for number in (4, 1, 3, 5, 2, 0)]
    assert titles(client, read_from="2000-01-01", sort="title") == ["Issue 1", "Issue 3", "Issue 4"]
    assert titles(client, read_to="2020-01-01") == ["Issue 3"]
