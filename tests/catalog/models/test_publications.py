import pytest
from django.db import IntegrityError, transaction

from catalog.browsing.filters import IssueFilter
from catalog.browsing.listing import list_issues
from catalog.models import Citation, Cluster, Issue, Publication, Tag
from tests.factories import make_cluster, make_issue, make_publication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tier", [0, 6])
def test_a_tier_outside_one_to_five_is_refused_by_the_database(tier):
    issue = make_issue()

    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(tier=tier)


def test_an_issue_without_tier_is_legal():
    assert make_issue(tier=None).tier is None


def test_an_issue_cannot_be_made_in_a_cluster_of_another_publication():
    cluster = make_cluster()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_issue(publication=make_publication(), cluster=cluster)


def test_an_issue_cannot_move_to_a_cluster_of_another_publication():
    issue = make_issue()

    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(cluster=make_cluster())


def test_a_cluster_with_issues_cannot_move_to_another_publication():
    issue = make_issue(cluster=make_cluster())

    with pytest.raises(IntegrityError), transaction.atomic():
        Cluster.objects.filter(pk=issue.cluster_id).update(publication=make_publication())


def test_one_slug_a_publication():
    issue = make_issue(slug="tides")
    make_issue(slug="tides")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_issue(publication=issue.publication, slug="tides")


def test_one_url_a_publication_and_any_number_without():
    issue = make_issue(url="https://example.org/a")
    make_issue(url="https://example.org/a")
    make_issue(publication=issue.publication, url="")
    make_issue(publication=issue.publication, url="")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_issue(publication=issue.publication, url="https://example.org/a/")


@pytest.mark.parametrize("field", ["title", "slug"])
def test_an_issue_has_a_title_and_a_slug(field):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_issue(**{field: ""})


def test_a_url_and_its_key_come_together():
    issue = make_issue()

    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(url_key=None)


def test_one_tag_a_key():
    Tag.objects.create(name="moon", slug="moon", key="moon")

    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="Moon", slug="moon-2", key="moon")


def test_an_issue_cites_an_address_once():
    issue = make_issue()
    Citation.objects.create(issue=issue, position=0, url="https://a.org", url_key="https://a.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        Citation.objects.create(
            issue=issue, position=1, url="https://a.org", url_key="https://a.org"
        )


@pytest.mark.parametrize(("words", "minutes"), [(None, None), (1, 1), (230, 1), (2300, 10)])
def test_reading_time_is_two_hundred_and_thirty_words_a_minute(words, minutes):
    assert Issue(words=words).minutes == minutes


def test_titles_and_publications_are_in_alphabetical_order_whatever_their_letters():
    names = ["aleph", "Lathe", "Łódź", "Lyon", "Œuvre", "öre", "Øst", "Zürich"]
    for name in reversed(names):
        make_issue(title=name, publication=make_publication(name=name))

    by_title = IssueFilter({"sort": "title"})

    assert by_title.form.is_valid()
    assert [issue.title for issue in list_issues(by_title.compiled).page.issues] == names
    assert [row.name for row in Publication.objects.by_name()] == names
    assert [row.name for row in Publication.objects.by_shelf()] == names
