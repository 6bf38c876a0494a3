"""Changes since the last visit, through the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch
from tests.api import is_problem
from tests.factories import make_issue, make_reading

pytestmark = pytest.mark.django_db


def retier(issue, tier):
    """Rate an issue anew, and return the batch."""
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"tier": tier})
    return ChangeBatch.objects.latest("id").pk


@pytest.fixture
def issue(user):
    return make_reading(user=user, issue=make_issue(tier=4)).issue


def lines(api, query=""):
    groups = api.get(f"changes{query}").json()["publications"]
    return [(each["id"], each["words"]) for group in groups for each in group["changes"]]


def test_what_a_curator_changed_is_told_once_it_has(api, issue):
    assert api.get("changes").json() == {
        "batch": 0, "first_at": None, "publications": [], "more": 0, "is_partial": False,
    }  # fmt: skip

    batch = retier(issue, 5)

    found = api.get("changes").json()
    assert (found["batch"], found["publications"][0]["publication"]["id"]) == (
        batch, issue.publication_id,
    )  # fmt: skip
    assert lines(api) == [(issue.pk, "went from notable to landmark")]


def test_what_is_put_aside_is_told_no_more_and_stays_aside(api, user, issue):
    first, last = retier(issue, 5), retier(issue, 3)

    for _ in range(2):
        assert api.put("changes/seen", {"batch": first}).json() == {"batch": first}
        assert lines(api) == [(issue.pk, "went from landmark to 3 of 5")]
    assert api.put("changes/seen", {"batch": 10**15}).json() == {"batch": last}
    assert lines(api) == []
    assert api.put("changes/seen", {"batch": first}).json() == {"batch": last}
    assert User.objects.get(pk=user.pk).version == 2


def test_changes_after_any_batch_can_be_asked_for(api, issue):
    first, last = retier(issue, 5), retier(issue, 3)
    api.put("changes/seen", {"batch": last})

    assert lines(api, "?since=0") == [(issue.pk, "went from notable to 3 of 5")]
    assert lines(api, f"?since={first}") == [(issue.pk, "went from landmark to 3 of 5")]
    assert lines(api, f"?since={last}") == []


def test_publications_that_were_not_begun_are_no_news(other, issue):
    retier(issue, 5)

    assert lines(other) == []


@pytest.mark.parametrize("batch", [-1, 2**63, "1", None, 1.5, True])
def test_a_batch_that_cannot_be_is_refused(api, batch):
    assert is_problem(api.put("changes/seen", {"batch": batch}), 422)


def test_twice_as_many_changes_take_as_many_queries(api, user):
    counted = []
    api.get("me")
    for number in (2, 8):
        for _ in range(number):
            retier(make_reading(user=user, issue=make_issue(tier=4)).issue, 5)
        with CaptureQueriesContext(connection) as queries:
            assert api.get("changes").status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 8
