"""A compiled filter: data that does not change, and what is left without one parameter."""

import datetime
from dataclasses import FrozenInstanceError

import pytest

from accounts.browsing.filters import ReaderIssueFilter
from catalog.browsing.filters import IssueFilter
from catalog.browsing.issue_query import UNBOUNDED, IssueQuery, Span
from catalog.models import Issue
from tests.factories import make_issue, make_publication, make_user

DAY = datetime.date(2024, 6, 30)


@pytest.fixture
def issues(db):
    publication = make_publication()
    for tier in (5, 4, 4):
        make_issue(publication=publication, tier=tier)
    return Issue.objects.all()


@pytest.fixture
def user(db):
    return make_user()


def compiled(user=None, **data) -> IssueQuery:
    asked = ReaderIssueFilter(data, user=user) if user else IssueFilter(data)
    assert asked.form.is_valid(), asked.form.errors
    return asked.compiled


@pytest.mark.django_db
def test_an_empty_filter_is_everything_and_has_no_node():
    query = compiled()
    assert query.is_everything
    assert (query.node, query.span, query.conditions, query.sort) == (None, UNBOUNDED, (), "newest")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("q", "attention"), ("q", "has:link"), ("tier_min", "4"), ("link", "no"),
        ("date_from", "2024-06-30"), ("q", "before:2024"), ("cited_min", "1"),
        ("minutes_max", "5"), ("words_max", "900"), ("tier", ["5"]), ("q", "minutes:<9"),
    ],
)  # fmt: skip
def test_each_parameter_makes_a_query_that_is_not_everything(issues, parameter, value):
    assert not compiled(**{parameter: value}).is_everything


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "parameter"),
    [
        ({"tier": ["5"]}, "tier"), ({"tier_min": "4"}, "tier_min"), ({"q": "word"}, ""),
        ({"minutes_max": "5", "q": "minutes:>2"}, "length"), ({"cited_min": "2"}, "cited_min"),
    ],
)  # fmt: skip
def test_without_the_only_parameter_a_query_is_everything(issues, data, parameter):
    query = compiled(**data)
    assert query.without(parameter).is_everything
    assert query.without("year") == query
    assert not query.is_everything


@pytest.mark.django_db
def test_without_a_facet_leaves_the_other_facets_and_the_order(issues):
    query = compiled(tier=["5"], q="word", sort="oldest", date_to="2024-06-30")
    rest = query.without("tier")
    assert [name for name, node in rest.nodes if node] == [""]
    assert (rest.sort, rest.span) == ("oldest", Span(None, DAY))
    assert query.chosen_facets == ("tier",)


@pytest.mark.django_db
def test_a_query_cannot_be_changed(issues):
    with pytest.raises(FrozenInstanceError):
        compiled().sort = "oldest"  # type: ignore[misc]


@pytest.mark.django_db
def test_the_order_is_not_part_of_the_fingerprint_but_each_selection_is(issues):
    first = compiled(tier=["5"]).fingerprint
    assert compiled(tier=["5"], sort="oldest").fingerprint == first
    assert len({first, compiled().fingerprint, compiled(tier=["4"]).fingerprint}) == 3


@pytest.mark.django_db
def test_a_reader_has_a_fingerprint_of_their_own_only_where_their_data_matter(issues, user):
    plain, own = compiled(user, tier=["5"]), compiled(user, tier=["5"], state=["read"])
    assert f":{user.pk}:" not in plain.fingerprint
    assert f":{user.pk}:" in own.fingerprint


@pytest.mark.django_db
def test_without_state_the_states_of_the_text_still_apply(issues, user):
    query = compiled(user, q="state:unread", state=["unread", "read"])
    assert [name for name, _ in query.without("state").conditions] == [""]
    assert query.filter(issues).count() == query.without("state").filter(issues).count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "walks"),
    [
        ({}, {"recent"}), ({"state": ["read"]}, {"recent", "newest"}),
        ({"state": ["unread"]}, {"recent"}), ({"state": ["read", "queued"]}, {"recent"}),
        ({"queue": "yes"}, {"recent", "newest"}), ({"q": "state:reading"}, {"recent", "newest"}),
    ],
)  # fmt: skip
def test_a_single_state_of_the_reader_is_walked_along_their_readings(issues, user, data, walks):
    assert compiled(user, **data).walks.keys() == walks
