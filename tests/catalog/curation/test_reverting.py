"""Reverting change sets whose objects have changed since, or are related to others."""

import pytest
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.curation.clusters import NotPossible, place_issues
from catalog.curation.reverting import Reverted, revert
from catalog.curation.tags import merge_tags
from catalog.models import Category, ChangeBatch, Cluster, Issue, Tag
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


def curate():
    return Curation(ChangeBatch.Kind.EDIT, source="test", user=make_user())


def reverted(batch) -> Reverted:
    return revert(batch, user=make_user(), source="test")


def edit(row, **values):
    with curate() as curation:
        curation.change(type(row).objects.get(pk=row.pk), values)
    return curation.batch


def test_a_publication_returns_to_its_earlier_category():
    publication = make_publication()
    before = publication.category
    batch = edit(publication, category=Category.objects.create(name="Art", slug="art"))

    assert reverted(batch).left == []

    publication.refresh_from_db()
    assert publication.category == before


def test_a_new_cluster_is_archived_and_its_archived_issues_leave_it():
    publication = make_publication()
    with curate() as curation:
        cluster = make_cluster(publication=publication)
        curation.made("cluster", publication.pk, cluster.pk)
    issue = make_issue(publication=publication, cluster=cluster, archived_at=timezone.now())

    assert reverted(curation.batch).left == []

    cluster.refresh_from_db()
    issue.refresh_from_db()
    assert cluster.archived_at
    assert issue.cluster is None


def test_an_issue_stays_where_it_is_if_its_former_cluster_is_archived():
    publication = make_publication()
    old, new = (make_cluster(publication=publication) for _ in range(2))
    issue = make_issue(publication=publication, cluster=old)
    batch = edit(issue, cluster=new)
    edit(old, archived_at=timezone.now())

    assert [step.field for step in reverted(batch).left] == ["cluster"]

    issue.refresh_from_db()
    assert issue.cluster == new


def test_a_name_does_not_stand_for_a_tag_that_was_merged_since():
    with curate() as curation:
        for title, tag in (("One", "sea"), ("Two", "ocean"), ("Three", "waves")):
            curation.change(make_issue(title=title), {"tags": [tag]})
    sea, ocean, waves = (Tag.objects.get(slug=slug) for slug in ("sea", "ocean", "waves"))
    with curate() as first:
        merge_tags([sea], ocean, first)
    with curate() as second:
        second.change(Tag.objects.get(pk=sea.pk), {"stands_for": [waves]})
    with curate() as third:
        merge_tags([ocean], waves, third)

    assert reverted(second.batch).left

    assert list(Tag.objects.get(pk=sea.pk).stands_for.all()) == [waves]


def test_a_cluster_is_not_listed_again_while_it_is_merged_into_another():
    publication = make_publication()
    home, merged = (make_cluster(publication=publication) for _ in range(2))
    batch = edit(merged, archived_at=timezone.now())
    Cluster.objects.filter(pk=merged.pk).update(merged_into=home)

    assert reverted(batch).done == []

    assert Cluster.objects.get(pk=merged.pk).archived_at


def test_no_issue_is_placed_in_an_archived_cluster():
    publication = make_publication()
    issue = make_issue(publication=publication)
    cluster = make_cluster(publication=publication, title="The sea", archived_at=timezone.now())

    with curate() as curation, pytest.raises(NotPossible, match="“The sea” is no longer a cluster"):
        place_issues([issue], cluster, curation)

    assert Issue.objects.get(pk=issue.pk).cluster is None
