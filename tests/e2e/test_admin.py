"""The admin's lists and the curators' pages in a browser."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from catalog.curation.changeset import Curation
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Cluster, Conflict, Issue, Publication
from tests.e2e.conftest import axe
from tests.e2e.variants import BOTH, SCREENS


@pytest.fixture
def curator(room):
    user = User.objects.get(username="reader")
    user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name="Curators"))
    return user


@pytest.fixture
def conflicts(curator):
    from catalog.interchange import formats
    from readingroom.quickstart import BUNDLED_CATALOG

    issues = list(Issue.objects.filter(cluster__isnull=False).order_by("pk")[:3])
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=curator) as curation:
        for issue in issues:
            curation.change(issue, {"tier": 2, "summary": "Seen again. And once more."})
    document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    for _, _, issue in document.publications[0].placed_issues():
        issue.tier, issue.summary = 3, f"{issue.summary} Or so."
    load(document, source="newer.json")
    assert Conflict.objects.count() == 6


def addresses():
    publication, cluster = Publication.objects.get(), Cluster.objects.first()
    issue, batch = Issue.objects.first(), ChangeBatch.objects.first()
    desk = "/admin/catalog/desk"
    return [
        "/admin/", "/admin/catalog/issue/", "/admin/catalog/issue/?q=reward",
        f"/admin/catalog/issue/{issue.pk}/change/", "/admin/catalog/cluster/",
        f"/admin/catalog/cluster/{cluster.pk}/change/", "/admin/catalog/publication/",
        "/admin/catalog/changebatch/", f"{desk}/changes/{batch.pk}/",
        f"{desk}/objects/issue/{issue.pk}/", f"{desk}/conflicts/", f"{desk}/loads/new/",
        f"{desk}/publications/{publication.pk}/clusters/", f"{desk}/clusters/{cluster.pk}/merge/",
        f"{desk}/clusters/{cluster.pk}/split/",
    ]  # fmt: skip


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, conflicts, width, scheme):
    page = open_page(width, scheme)
    found = []
    for address in addresses():
        page.goto(address)
        assert page.locator("#content").count() == 1, address
        # Of a list a few rows are enough.
        page.evaluate(
            "document.querySelectorAll('tbody tr:nth-child(n+6), tbody:nth-of-type(n+6)')"
            ".forEach(e => e.remove())"
        )
        found += axe(page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")

    assert not found
    assert not page.complaints


@BOTH
def test_a_curator_rates_in_the_list_and_takes_it_back_at_once(open_page, curator, javascript):
    page = open_page(javascript=javascript)
    page.goto("/admin/catalog/issue/")
    first, second = page.locator("#result_list tbody tr").all()[:2]
    titles = [row.locator("th a").inner_text() for row in (first, second)]
    before = {title: Issue.objects.get(title=title).tier for title in titles}
    for row in (first, second):
        row.locator("select[name$=-tier]").select_option("1")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    assert {Issue.objects.get(title=title).tier for title in titles} == {1}
    assert ChangeBatch.objects.first().user == curator

    page.get_by_role("button", name="Undo").click()
    page.locator(".messagelist", has_text="taken back").wait_for()

    assert {title: Issue.objects.get(title=title).tier for title in titles} == before
    assert Change.objects.filter(field="tier", batch__kind="revert").count() == 2
