"""Addresses that the loader would refuse, written past it, never become links."""

import pytest
from django.urls import reverse

from accounts.notes import writing
from catalog.models import Citation, Issue, Publication
from tests.factories import make_issue, make_user

pytestmark = pytest.mark.django_db

BAD = [
    "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)",
    "filesystem:https://example.org/temporary/x", "file:///etc/passwd", "blob:https://x/1",
    "//example.org/", "https://", "https://[::1", "mailto:a@example.org",
]  # fmt: skip


@pytest.fixture
def curator(client):
    user = make_user(is_superuser=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    "address", [BAD[0], *(pytest.param(address, marks=pytest.mark.full) for address in BAD[1:])]
)
def test_an_address_that_is_not_of_the_web_is_never_a_link(client, curator, address):
    issue = make_issue(tier=5)
    Issue.objects.filter(pk=issue.pk).update(url=address)
    Publication.objects.update(homepage=address, feed=address)
    Citation.objects.create(issue=issue, url=address, url_key="x", position=1)
    writing.create_note(curator, issue.pk, kind="note", body="Read again.")
    publication = issue.publication

    for where in (
        issue.get_absolute_url(),
        publication.get_absolute_url(),
        reverse("accounts:keepers_atom", args=[publication.slug]),
        reverse("accounts:keepers_json", args=[publication.slug]),
        reverse("accounts:publications_opml"),
        reverse("accounts:note_export"),
        reverse("desk:desk") + f"?issue={issue.pk}",
        reverse("admin:catalog_issue_change", args=[issue.pk]),
        reverse("admin:catalog_publication_change", args=[publication.pk]),
    ):
        page = client.get(where, follow=True).content.decode()
        for link in ('href="', 'src="', 'Url="', '"url": "', '"external_url": "', "<"):
            assert f"{link}{address}" not in page, where


def test_an_address_of_the_web_is_a_link(client, curator):
    issue = make_issue(url="https://example.org/a")

    assert 'href="https://example.org/a"' in client.get(issue.get_absolute_url()).content.decode()
