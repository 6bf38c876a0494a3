"""The form of one issue in the admin site."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.interchange.document import Document
from catalog.interchange.document import IssueEntry as GivenIssue
from catalog.interchange.document import PublicationEntry as GivenPublication
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Issue
from tests.catalog.admin.test_stale import address_of, opened
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user(username="vera", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def save(client, issue, **changes):
    return client.post(address_of(issue), opened(client, issue) | changes)


def add(client, home, **given):
    fields = {
        "publication": home.pk, "title": "Tides", "date": "2024-05-01", "cluster": "",
        "position": 0, "tier": "", "summary": "", "tags": "", "url": "", "words": "",
    }  # fmt: skip
    return client.post(reverse("admin:catalog_issue_add"), fields | given)


def test_it_shows_what_is_known_of_an_issue(client, curator):
    issue = make_issue(title="Tides", tags_guessed=True, url="", slug="the-tides")
    Issue.objects.update(cited_count=17, version=23)

    text = client.get(address_of(issue)).content.decode()

    for expected in ("Tags guessed, No URL, Not reviewed", "17", "23", "the-tides"):
        assert f'<div class="readonly">{expected}</div>' in text
    assert f'href="{issue.get_absolute_url()}"' in text
    assert reverse("admin:catalog_issue_history", args=[issue.pk]) in text


def test_it_says_what_the_last_file_gave_of_what_a_curator_changed(client, curator):
    given = GivenIssue(
        title="Tides", date=timezone.localdate(), tier=3, tags=["moon"], summary="Old."
    )
    load(
        Document(
            publications=[
                GivenPublication(name="The Sea", category="Science", author="A", issues=[given])
            ]
        ),
        source="sea.json",
    )
    issue = Issue.objects.get()
    untouched = client.get(address_of(issue)).content.decode()
    save(client, issue, tier="5", tags="moon\nwind", summary="")

    text = client.get(address_of(issue)).content.decode()
    rows = re.findall("<th scope=.row.>(.*?)</th><td>(.*?)</td><td>(.*?)</td>", text)

    assert "it is as the last file gave it" in untouched
    assert rows == [
        ("Tier", "3 of 5", "5 Landmark"), ("Summary", "Old.", "nothing"),
        ("Tags", "moon", "moon, wind"),
    ]  # fmt: skip
    assert "Changed since loaded" in text


def test_what_came_from_no_file_says_so(client, curator):
    text = client.get(address_of(make_issue())).content.decode()

    assert "It came from no file." in text


def test_what_is_archived_is_not_to_be_viewed_on_the_site(client, curator):
    issue = make_issue(archived_at=timezone.now())

    assert "View on site" not in client.get(address_of(issue)).content.decode()


def test_a_save_is_told_in_one_message_with_one_undo(client, curator):
    issue = make_issue(tier=3)

    save(client, issue, tier="5")
    text = client.get(reverse("admin:catalog_issue_changelist")).content.decode()

    (message,) = re.findall('<li class="success">(.*?)</li>', text, flags=re.DOTALL)
    assert "changed successfully" in message
    client.post(re.search('action="([^"]*revert[^"]*)"', message)[1])
    assert Issue.objects.get().tier == 3


def test_a_save_that_changes_nothing_offers_no_undo(client, curator):
    save(client, make_issue())

    text = client.get(reverse("admin:catalog_issue_changelist")).content.decode()
    assert "changed successfully" in text
    assert "Undo" not in text


def test_an_issue_that_moves_to_a_cluster_goes_to_its_end(client, curator):
    shores = make_cluster()
    make_issue(cluster=shores, position=4)
    issue = make_issue(publication=shores.publication, position=0)

    save(client, issue, cluster=shores.pk)
    assert Issue.objects.get(pk=issue.pk).position == 5
    save(client, issue, cluster="")
    save(client, issue, cluster=shores.pk, position=1)
    assert Issue.objects.get(pk=issue.pk).position == 1


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"title": "x" * 501}, "title", "at most 500 characters"),
        ({"title": "Ti\u202edes"}, "title", "bidi override"),
        ({"title": "itâ€™s"}, "title", "wrong encoding"),
        ({"date": "2024-02-30"}, "date", "valid date"),
        ({"date": "soon"}, "date", "valid date"),
        ({"tier": "6"}, "tier", "valid choice"),
        ({"summary": "x" * 20_001}, "summary", "at most 20000 characters"),
        ({"url": "javascript:alert(1)"}, "url", "is not an http or https URL"),
        ({"words": "-1"}, "words", "greater than or equal to 0"),
        ({"words": "10000001"}, "words", "less than or equal to 10000000"),
        ({"position": "-1"}, "position", "greater than or equal to 0"),
        ({"tags": "moon\n---"}, "tags", "no letter or digit"),
        ({"tags": "x" * 101}, "tags", "longer than 100 characters"),
        ({"cluster": "0"}, "cluster", "There is no such cluster."),
    ],
)
def test_an_error_is_said_beside_its_field(client, curator, changes, field, said):
    response = save(client, make_issue(), **changes)

    errors = response.context["adminform"].form.errors
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Change.objects.exists()


def test_a_cluster_of_another_publication_is_refused_by_its_name(client, curator):
    stranger = make_cluster(title="Ridges", publication=make_publication(name="The Hills"))

    response = save(client, make_issue(), cluster=stranger.pk)

    assert response.context["adminform"].form.errors["cluster"] == [
        "“Ridges” is a cluster of another publication, “The Hills”."
    ]


def test_a_url_that_another_issue_has_is_refused_with_its_title(client, curator):
    issue = make_issue()
    make_issue(publication=issue.publication, url="https://example.org/x", title="Tides")

    response = save(client, issue, url="https://EXAMPLE.org/x/")

    assert response.context["adminform"].form.errors["url"] == ["“Tides” has this URL already."]


def test_what_is_no_field_of_the_form_has_no_effect(client, curator):
    issue = make_issue(tier=3)
    other = make_publication()
    forged = {
        "version": 99, "slug": "stolen", "loaded": '{"tier": 1}', "is_curated": "on",
        "archived_at": "2020-01-01", "archived_at_0": "2020-01-01", "archived_at_1": "00:00",
        "reviewed_at": "2020-01-01", "cited_count": 9, "sort_title": "x", "url_key": "x",
        "created_at": "2020-01-01", "publication": other.pk, "rank": 1, "length": 1, "id": 77,
        "tag_list": "[]",
    }  # fmt: skip

    assert save(client, issue, tier="5", **forged).status_code == 302

    stored = Issue.objects.get()
    assert (stored.pk, stored.tier, stored.version) == (issue.pk, 5, issue.version + 1)
    for name in (
        "slug", "loaded", "is_curated", "archived_at", "reviewed_at", "cited_count", "sort_title",
        "url_key", "created_at", "publication", "tag_list",
    ):  # fmt: skip
        assert getattr(stored, name) == getattr(issue, name), name
    assert set(Change.objects.values_list("field", flat=True)) == {"tier"}


def test_a_new_issue_is_of_the_publication_whose_list_it_is_added_to(client, curator):
    publication = make_publication(slug="the-sea")
    make_cluster(publication=publication, title="Shores")

    before = f"publication%3D{publication.slug}"
    address = f"{reverse('admin:catalog_issue_add')}?_changelist_filters={before}"
    form = client.get(address).context["adminform"].form

    assert form["publication"].value() == publication.pk
    assert "Shores" in str(form["cluster"])


def test_a_new_issue_goes_to_the_end_of_its_cluster(client, curator):
    shores = make_cluster()
    make_issue(cluster=shores, position=4)

    response = add(client, shores.publication, cluster=shores.pk, tags="moon")

    assert response.status_code == 302, response.context["adminform"].form.errors
    stored = Issue.objects.get(title="Tides")
    assert (stored.cluster, stored.position) == (shores, 5)
    assert stored.tag_list == [["moon", "moon"]]
    assert ChangeBatch.objects.get().user == curator


def test_a_new_issue_that_is_refused_is_shown_the_clusters_of_its_publication(client, curator):
    shores = make_cluster(title="Shores")
    other = make_cluster(title="Ridges")

    response = add(client, shores.publication, cluster=other.pk)

    assert "cluster" in response.context["adminform"].form.errors
    assert "Shores" in str(response.context["adminform"].form["cluster"])
    assert not Issue.objects.exists()


@pytest.mark.parametrize("publication", ["", "x", "0", "9" * 40])
def test_a_new_issue_needs_a_publication(client, curator, publication):
    response = add(client, make_publication(), publication=publication)

    assert "publication" in response.context["adminform"].form.errors


def test_who_may_only_view_reads_the_form_and_can_save_nothing(client):
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_issue"))
    issue = make_issue(title="Tides", tier=3)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"tags": ["moon"]})
    client.force_login(viewer)

    text = client.get(address_of(issue)).content.decode()

    assert "Tides" in text
    assert "moon" in text
    assert "Save" not in text
    assert "Seen" not in text
    assert client.post(address_of(issue), {"tier": "5", "seen": 2}).status_code == 403
    assert Issue.objects.get().tier == 3
