import datetime

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.urls import reverse

from catalog.models import Change, Issue
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def issue_form(issue, **changes):
    fields = {
        "publication": issue.publication_id, "cluster": issue.cluster_id or "",
        "position": issue.position, "title": issue.title, "date": issue.date.isoformat(),
        "tier": issue.tier or "", "summary": issue.summary, "url": issue.url,
        "words": issue.words or "", "tags": "\n".join(s for s, _ in issue.tag_list),
        "seen": issue.version,
    }  # fmt: skip
    return fields | changes


def test_a_curator_sets_tier_and_tags_and_the_log_says_who(client, curator):
    issue = make_issue(tier=4)
    address = reverse("admin:catalog_issue_change", args=[issue.pk])

    response = client.post(address, issue_form(issue, tier=5, tags="moon\nOpen Sea"))

    assert response.status_code == 302, response.context["adminform"].form.errors
    stored = Issue.objects.get()
    assert stored.tier == 5
    assert stored.tag_list == [["moon", "moon"], ["Open Sea", "open-sea"]]
    assert set(Change.objects.values_list("field", "batch__user")) == {
        ("tier", curator.pk),
        ("tags", curator.pk),
    }


def test_a_new_issue_gets_a_slug_of_its_own(client, curator):
    publication = make_publication()
    new = Issue(publication=publication, title="Issues", date=datetime.date(2024, 5, 1), tier=3)

    response = client.post(reverse("admin:catalog_issue_add"), issue_form(new))

    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Issue.objects.get().slug == "issues-2"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"title": "Ti\u202edes"}, "title"),
        ({"tags": "---"}, "tags"),
        ({"tier": 6}, "tier"),
    ],
)
def test_bad_input_is_named_beside_its_field(client, curator, changes, field):
    issue = make_issue()

    response = client.post(
        reverse("admin:catalog_issue_change", args=[issue.pk]), issue_form(issue, **changes)
    )

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not Change.objects.exists()


def test_a_cluster_of_another_publication_is_refused(client, curator):
    issue = make_issue()

    response = client.post(
        reverse("admin:catalog_issue_change", args=[issue.pk]),
        issue_form(issue, cluster=make_cluster().pk),
    )

    assert "cluster" in response.context["adminform"].form.errors


def test_a_url_that_another_issue_has_is_refused(client, curator):
    issue = make_issue()
    other = make_issue(publication=issue.publication)

    response = client.post(
        reverse("admin:catalog_issue_change", args=[issue.pk]), issue_form(issue, url=other.url)
    )

    assert "url" in response.context["adminform"].form.errors


def test_archiving_keeps_the_issue_and_can_be_undone(client, curator):
    issue = make_issue()
    address = reverse("admin:catalog_issue_changelist")

    client.post(address, {"action": "archive", "_selected_action": [issue.pk]})
    assert not Issue.objects.listed().exists()
    client.post(address, {"action": "restore", "_selected_action": [issue.pk]})

    assert Issue.objects.listed().get() == issue
    assert Change.objects.filter(field="archived_at").count() == 2


def test_every_page_of_the_catalogs_admin_opens_for_a_superuser(client):
    client.force_login(make_user(is_superuser=True))
    issue = make_issue(cluster=make_cluster())

    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name)).status_code == 200, name
    assert client.get(reverse("admin:catalog_issue_change", args=[issue.pk])).status_code == 200


def test_a_curator_sees_no_users(client, curator):
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 403


def test_nothing_of_the_catalog_is_deleted_here(client):
    client.force_login(make_user(is_superuser=True))
    issue = make_issue()

    assert client.post(reverse("admin:catalog_issue_delete", args=[issue.pk])).status_code == 403
    assert Issue.objects.filter(pk=issue.pk).exists()
