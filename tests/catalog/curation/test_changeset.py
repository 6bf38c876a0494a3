import datetime

import pytest

from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Issue, IssueTag, Tag
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


def change(row, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=make_user()) as curation:
        return curation.change(type(row).objects.get(pk=row.pk), values)


def test_each_changed_field_is_logged_with_before_and_after():
    issue = make_issue(tier=4, title="Tides")

    assert change(issue, tier=5, title="The tides") is True

    logged = {each.field: (each.before, each.after) for each in Change.objects.all()}
    assert logged == {"tier": (4, 5), "title": ("Tides", "The tides")}


def test_a_change_that_changes_nothing_leaves_no_trace():
    issue = make_issue(tier=4)

    assert change(issue, tier=4) is False

    assert not ChangeBatch.objects.exists()
    assert Issue.objects.get().version == issue.version


def test_tags_on_the_row_and_their_uses_are_written_together():
    issue = make_issue()
    change(issue, tags=["moon", "Open Sea", "Moon"])

    change(issue, tags=["open sea", "wind"])

    assert Issue.objects.get().tag_list == [["open sea", "open-sea"], ["wind", "wind"]]
    assert list(IssueTag.objects.values_list("tag__key", "position")) == [
        ("opensea", 0),
        ("wind", 1),
    ]
    assert Tag.objects.get(key="opensea").name == "open sea"


def test_a_new_date_moves_the_issue_on_its_tags_pages():
    issue = make_issue()
    change(issue, tags=["moon"])

    change(issue, date=datetime.date(2020, 2, 29))

    assert IssueTag.objects.get().date == datetime.date(2020, 2, 29)


def test_a_cluster_is_logged_by_its_slug():
    publication = make_publication()
    issue = make_issue(publication=publication)

    change(issue, cluster=make_cluster(publication=publication, slug="the-sea"))

    logged = Change.objects.get()
    assert (logged.before, logged.after, logged.publication) == (None, "the-sea", publication)


def test_an_error_in_the_middle_takes_all_of_it_back():
    issue = make_issue(tier=4)

    def half_an_edit():
        with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
            curation.change(issue, {"tier": 5})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_an_edit()

    assert Issue.objects.get().tier == 4
    assert not Change.objects.exists()
