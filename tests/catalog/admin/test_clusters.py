"""Curators list, order, preview, merge and split clusters."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.curation.clusters import merge_clusters
from catalog.models import Change, ChangeBatch, Cluster, Issue
from catalog.search import indexing
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


@pytest.fixture
def publication():
    return make_publication(name="Shoreline", slug="shoreline")


@pytest.fixture
def sea(publication):
    sea = make_cluster(publication=publication, title="The sea", slug="sea", blurb="On water.")
    for title, tier in (("Tides", 5), ("Waves", 4), ("Wrecks", 3)):
        make_issue(cluster=sea, title=title, tier=tier)
    return sea


@pytest.fixture
def land(publication):
    land = make_cluster(publication=publication, title="The land", slug="land")
    make_issue(cluster=land, title="Hills", tier=4)
    return land


def order_page(publication):
    return reverse("desk:cluster_order", args=[publication.pk])


def slugs(publication):
    return [cluster.slug for cluster in publication.clusters.listed()]


def titles(cluster):
    return [issue.title for issue in cluster.issues.in_cluster_order()]


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def undo(client):
    batch = ChangeBatch.objects.first()
    client.post(reverse("desk:batch_revert", args=[batch.pk]))
    assert indexing.check() == []


def merge(cluster, into):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters([cluster], into, curation)


# --- who may


PAGES = ("cluster_order", "cluster_preview", "cluster_merge", "cluster_split")


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_for_curators(client, publication, sea, land, name):
    address = reverse(f"desk:{name}", args=[publication.pk if name == "cluster_order" else sea.pk])
    ask = client.post if name == "cluster_preview" else client.get

    assert ask(address)["Location"].startswith(reverse("accounts:sign_in"))
    client.force_login(make_user())
    assert ask(address)["Location"].startswith(reverse("admin:login"))
    client.force_login(make_user(is_staff=True))
    assert ask(address).status_code == 403


def test_who_may_only_look_at_clusters_cannot_move_one(client, publication, sea, land):
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_cluster"))
    client.force_login(user)

    response = client.post(order_page(publication), {"move": f"{land.pk}:up"})

    assert response.status_code == 403
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_there_is_a_404(client, curator, name):
    assert client.post(reverse(f"desk:{name}", args=[987654])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_other_methods_are_refused(client, curator, publication, sea, name):
    address = reverse(f"desk:{name}", args=[publication.pk if name == "cluster_order" else sea.pk])

    assert client.delete(address).status_code == 405
    if name == "cluster_preview":
        assert client.get(address).status_code == 405


def test_looking_writes_nothing(client, curator, publication, sea, land):
    for address in (
        order_page(publication),
        reverse("desk:cluster_merge", args=[sea.pk]) + f"?into={land.pk}",
        reverse("desk:cluster_split", args=[sea.pk]),
        reverse("admin:catalog_cluster_changelist"),
        reverse("admin:catalog_cluster_change", args=[sea.pk]),
    ):
        assert client.get(address).status_code == 200

    assert not ChangeBatch.objects.exists()


# --- the list


def test_the_list_has_counts_beside_each_cluster(client, curator, sea):
    make_issue(cluster=sea, tier=5, archived_at=timezone.now())

    response = client.get(reverse("admin:catalog_cluster_changelist"))

    page = response.content.decode()
    for name, number in (("listed", 3), ("keepers", 2), ("landmarks", 1)):
        assert f'<td class="field-{name}">{number}</td>' in page


def test_the_list_asks_as_often_for_many_clusters_as_for_few(
    client, curator, publication, sea, land, django_assert_num_queries
):
    merge(make_cluster(publication=publication), land)
    address = reverse("admin:catalog_cluster_changelist") + "?state=all"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(4):
        other = make_cluster(publication=publication)
        make_issue(cluster=other)
        merge(make_cluster(publication=publication), other)

    with django_assert_num_queries(len(few)):
        client.get(address)


def test_a_merged_cluster_is_listed_where_it_is_asked_for(client, curator, sea, land):
    merge(sea, land)
    address = reverse("admin:catalog_cluster_changelist")

    assert "The sea" not in client.get(address).content.decode()
    merged = client.get(address, {"state": "merged"}).content.decode()
    assert "The sea" in merged
    assert "Merged into “The land”" in merged
    assert "The sea" in client.get(address, {"state": "all"}).content.decode()
    assert "The sea" not in client.get(address, {"state": "withdrawn"}).content.decode()


def test_the_list_is_ordered_by_counts(client, curator, sea, land):
    column = 1 + 2  # listed is the third, behind the boxes to tick

    response = client.get(reverse("admin:catalog_cluster_changelist"), {"o": str(column)})

    assert [row.slug for row in response.context["cl"].result_list] == ["land", "sea"]


# --- the form


def fields_of(cluster, **changes):
    seen = Change.objects.filter(kind="cluster", object_id=cluster.pk).first()
    fields = {
        "title": cluster.title,
        "blurb": cluster.blurb,
        "seen": seen.pk if seen else 0,
    }
    return fields | changes


def test_a_cluster_is_renamed_and_that_can_be_undone(client, curator, sea):
    address = reverse("admin:catalog_cluster_change", args=[sea.pk])

    response = client.post(address, fields_of(sea, title="The open sea"))

    assert response.status_code == 302, response.context["adminform"].form.errors
    assert (Cluster.objects.get().title, Cluster.objects.get().slug) == ("The open sea", "sea")
    undo(client)
    assert Cluster.objects.get().title == "The sea"


def test_what_was_written_over_a_newer_blurb_is_refused(client, curator, sea):
    address = reverse("admin:catalog_cluster_change", args=[sea.pk])
    opened = fields_of(sea)
    client.post(address, opened | {"blurb": "On salt water."})

    response = client.post(address, opened | {"blurb": "On water, salt and sweet."})

    assert response.status_code == 200
    assert "On salt water." in response.content.decode()
    assert Cluster.objects.get().blurb == "On salt water."


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("The land", "is another cluster of"),
        ("The  land", "is another cluster of"),
        ("The sky", "is an earlier name of “The land”"),
        ("Ti\u202edes", "bidi override"),
    ],
)
def test_a_title_that_would_mislead_files_is_refused(
    client, curator, publication, sea, land, title, why
):
    merge(make_cluster(publication=publication, title="The sky", slug="sky"), land)
    address = reverse("admin:catalog_cluster_change", args=[sea.pk])

    response = client.post(address, fields_of(sea, title=title))

    assert why in str(response.context["adminform"].form.errors["title"])
    sea.refresh_from_db()
    assert sea.title == "The sea"


def test_a_cluster_may_have_an_earlier_name_of_its_own_again(client, curator, sea, land):
    merge(sea, land)
    address = reverse("admin:catalog_cluster_change", args=[land.pk])

    assert client.post(address, fields_of(land, title="The sea")).status_code == 302


def test_a_blurb_that_no_file_could_hold_is_refused(client, curator, sea):
    address = reverse("admin:catalog_cluster_change", args=[sea.pk])

    response = client.post(address, fields_of(sea, blurb="x" * 20_001))

    assert "blurb" in response.context["adminform"].form.errors


def test_a_new_cluster_goes_behind_the_others(client, curator, publication, sea):
    sea.position = 7
    sea.save()

    response = client.post(
        reverse("admin:catalog_cluster_add"),
        {"publication": publication.pk, "title": "The sky", "blurb": ""},
    )

    assert response.status_code == 302, response.context["adminform"].form.errors
    assert slugs(publication) == ["sea", "the-sky"]


def test_a_merged_cluster_is_shown_and_not_to_be_changed(client, curator, sea, land):
    merge(sea, land)
    address = reverse("admin:catalog_cluster_change", args=[sea.pk])

    page = client.get(address).content.decode()

    assert "Merged into “The land”" in page
    assert "_save" not in page
    assert reverse("desk:cluster_merge", args=[sea.pk]) not in page
    assert client.post(address, fields_of(sea, title="Another")).status_code == 403


# --- preview


def preview(client, cluster, **fields):
    return client.post(reverse("desk:cluster_preview", args=[cluster.pk]), fields)


def test_a_blurb_is_shown_as_readers_will_see_it_and_not_saved(client, curator, sea, land):
    response = preview(client, sea, title="The open sea", blurb="On <b>salt</b>\r\nwater.")

    page = response.content.decode()
    assert response.status_code == 200
    assert '<h1 dir="auto" class="display-2">The open sea</h1>' in page
    assert '<p dir="auto" class="blurb">On &lt;b&gt;salt&lt;/b&gt; water.</p>' in page
    assert '<p class="ordinal">1 of 2</p>' in page
    assert "1 tier-5 · 1 tier-4" in page
    assert Cluster.objects.get(pk=sea.pk).blurb == "On water."
    assert not ChangeBatch.objects.exists()


def test_the_preview_has_the_markup_of_the_readers_page(client, curator, sea):
    reader = client.get(reverse("catalog:cluster_detail", args=["shoreline", "sea"]))
    shown = preview(client, sea, title=sea.title, blurb=sea.blurb).content.decode()

    for line in (
        '<h1 dir="auto" class="display-2">The sea</h1>',
        '<p dir="auto" class="blurb">On water.</p>',
    ):
        assert line in reader.content.decode()
        assert line in shown


def test_the_preview_says_what_could_not_be_saved(client, curator, sea, land):
    response = preview(client, sea, title="The land", blurb="Ti\u202edes")

    assert response.status_code == 422
    assert "is another cluster of" in response.content.decode()
    assert "bidi override" in response.content.decode()


def test_the_preview_of_a_blurb_that_has_been_changed_meanwhile_shows_ones_own(
    client, curator, sea
):
    opened = fields_of(sea)
    client.post(reverse("admin:catalog_cluster_change", args=[sea.pk]), opened | {"blurb": "A."})

    response = preview(client, sea, **opened | {"blurb": "B."})

    assert response.status_code == 200
    assert '<p dir="auto" class="blurb">B.</p>' in response.content.decode()


def test_the_preview_of_a_new_cluster_is_numbered_behind_the_others(
    client, curator, publication, sea
):
    response = client.post(
        reverse("desk:cluster_preview"),
        {"publication": publication.pk, "title": "The sky", "blurb": "Above."},
    )

    assert '<p class="ordinal">2 of 2</p>' in response.content.decode()
    assert Cluster.objects.count() == 1


def test_the_preview_of_a_new_cluster_without_publication_says_so(client, curator):
    response = client.post(reverse("desk:cluster_preview"), {"title": "The sky"})

    assert response.status_code == 422
    assert "Publication" in response.content.decode()


def test_the_form_offers_the_preview_behind_its_own_buttons(client, curator, sea):
    page = client.get(reverse("admin:catalog_cluster_change", args=[sea.pk])).content.decode()

    assert page.index('name="_save"') < page.index(reverse("desk:cluster_preview", args=[sea.pk]))


# --- order


def test_the_order_page_lists_clusters_with_their_counts(client, curator, publication, sea, land):
    page = client.get(order_page(publication)).content.decode()

    assert page.index("The sea") < page.index("The land")
    assert "3 issues · 2 keepers · 1 tier-5" in page
    assert "1 issue · 1 keeper · 0 tier-5 · no blurb" in page


def test_the_order_page_asks_as_often_for_many_clusters_as_for_few(
    client, curator, publication, sea, land, django_assert_num_queries
):
    client.get(order_page(publication))
    with CaptureQueriesContext(connection) as few:
        client.get(order_page(publication))
    for _ in range(5):
        merge(make_cluster(publication=publication), land)
        make_issue(cluster=make_cluster(publication=publication))

    with django_assert_num_queries(len(few)):
        client.get(order_page(publication))


def test_a_cluster_is_moved_in_one_act_that_can_be_undone(client, curator, publication, sea, land):
    response = client.post(order_page(publication), {"move": f"{land.pk}:up"})

    assert response["Location"] == f"{order_page(publication)}#cluster-{land.pk}"
    assert "“The land” is number 1 of 2 now." in said(response)
    assert slugs(publication) == ["land", "sea"]
    assert ChangeBatch.objects.get().user == curator
    undo(client)
    assert slugs(publication) == ["sea", "land"]


def test_moving_the_first_one_up_changes_nothing(client, curator, publication):
    first = make_cluster(publication=publication, position=0)
    make_cluster(publication=publication, position=1)

    response = client.post(order_page(publication), {"move": f"{first.pk}:up"})

    assert "nothing was changed" in said(response)
    assert not ChangeBatch.objects.exists()


def test_the_whole_order_is_sent_at_once(client, curator, publication, sea, land):
    sky = make_cluster(publication=publication, slug="sky")

    client.post(order_page(publication), {"order": [sky.pk, sea.pk, land.pk]})

    assert slugs(publication) == ["sky", "sea", "land"]
    assert ChangeBatch.objects.count() == 1


def test_a_move_is_in_the_order_that_stands_not_in_the_one_that_was_shown(
    client, curator, publication, sea, land
):
    sky = make_cluster(publication=publication, slug="sky")

    client.post(
        order_page(publication), {"order": [sky.pk, land.pk, sea.pk], "move": f"{land.pk}:up"}
    )

    assert slugs(publication) == ["land", "sea", "sky"]


@pytest.mark.parametrize(
    "data", [{}, {"move": "x"}, {"move": "1:sideways"}, {"order": "x"}, {"order": ["1", ""]}]
)
def test_an_order_that_makes_no_sense_is_refused(client, curator, publication, sea, data):
    assert client.post(order_page(publication), data).status_code == 400


def test_a_cluster_of_another_publication_is_not_moved_here(client, curator, publication, sea):
    other = make_cluster()

    response = client.post(order_page(publication), {"move": f"{other.pk}:up"})

    assert response.status_code == 404


def test_a_cluster_that_has_been_merged_meanwhile_is_not_moved(
    client, curator, publication, sea, land
):
    merge(sea, land)

    response = client.post(order_page(publication), {"move": f"{sea.pk}:up"})

    assert "“The sea” has been merged into “The land”" in said(response)


def test_the_order_page_tells_of_earlier_names(client, curator, publication, sea, land):
    merge(sea, land)

    page = client.get(order_page(publication)).content.decode()

    assert "1 earlier cluster" in page
    assert "Merged into “The land”" in page


def test_a_publication_without_clusters_says_so(client, curator, publication):
    assert "has no clusters" in client.get(order_page(publication)).content.decode()


# --- merge


def merge_page(cluster):
    return reverse("desk:cluster_merge", args=[cluster.pk])


def test_a_merge_is_shown_before_it_is_done(client, curator, sea, land):
    make_issue(cluster=sea, archived_at=timezone.now())

    page = client.get(merge_page(sea), {"into": land.pk}).content.decode()

    for counts in ("3 issues · 2 keepers · 1 tier-5", "4 issues · 3 keepers · 1 tier-5"):
        assert counts in page
    assert "an earlier name of “The land”" in page
    assert "1 archived one comes along" in page
    assert "That of “The sea” is shown no more" in page
    assert "On water." in page


def test_a_cluster_is_merged_into_another_and_that_can_be_undone(
    client, curator, publication, sea, land
):
    response = client.post(merge_page(sea), {"into": land.pk, "reason": "One subject"})

    assert response["Location"] == f"{order_page(publication)}#cluster-{land.pk}"
    assert "“The sea” is merged into “The land”: 3 issues moved." in said(response)
    assert titles(land) == ["Hills", "Tides", "Waves", "Wrecks"]
    batch = ChangeBatch.objects.get()
    assert (batch.reason, batch.user) == ("One subject", curator)
    reader = client.get(reverse("catalog:cluster_detail", args=["shoreline", "sea"]))
    assert reader["Location"] == land.get_absolute_url()
    undo(client)
    assert titles(sea) == ["Tides", "Waves", "Wrecks"]
    assert slugs(publication) == ["sea", "land"]


def test_a_cluster_merges_only_within_its_publication(client, curator, sea, land):
    strangers = [make_cluster().pk, sea.pk, 0, "x", "1\x00", 10**30]

    for stranger in strangers:
        response = client.post(merge_page(sea), {"into": stranger})
        assert response.status_code == 422
        assert "no other cluster of the publication" in response.content.decode()

    assert not ChangeBatch.objects.exists()


def test_a_merge_without_a_target_asks_for_one(client, curator, sea, land):
    response = client.post(merge_page(sea), {})

    assert response.status_code == 422
    assert "into" in response.context["form"].errors


def test_what_has_been_merged_by_another_is_not_merged_again(client, curator, sea, land):
    merge(sea, land)

    response = client.post(merge_page(sea), {"into": land.pk})

    assert "“The sea” has been merged into “The land”" in said(response)
    assert response.status_code == 302


# --- split


def split_page(cluster):
    return reverse("desk:cluster_split", args=[cluster.pk])


def chosen(*names, **fields):
    issues = Issue.objects.filter(title__in=names).values_list("pk", flat=True)
    return {"title": "The open sea", "blurb": "Far out.", "issue": list(issues)} | fields


def test_a_split_is_shown_before_it_is_done(client, curator, sea):
    response = client.post(split_page(sea), chosen("Tides", "Wrecks"))

    page = response.content.decode()
    assert response.status_code == 200
    assert "2 issues · 1 keeper · 1 tier-5" in page
    assert "1 issue · 1 keeper · 0 tier-5" in page
    assert "Far out." in page
    assert not ChangeBatch.objects.exists()


def test_issues_are_split_off_as_a_cluster_and_that_can_be_undone(
    client, curator, publication, sea, land
):
    response = client.post(
        split_page(sea), chosen("Wrecks", "Tides", step="apply", reason="Too long")
    )

    made = Cluster.objects.get(title="The open sea")
    assert response["Location"].startswith(order_page(publication))
    assert "with 2 issues of “The sea”" in said(response)
    assert slugs(publication) == ["sea", "the-open-sea", "land"]
    assert (titles(sea), titles(made)) == (["Waves"], ["Tides", "Wrecks"])
    assert made.blurb == "Far out."
    assert ChangeBatch.objects.get().reason == "Too long"
    undo(client)
    assert titles(sea) == ["Tides", "Waves", "Wrecks"]
    assert slugs(publication) == ["sea", "land"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "The land"}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "Ti\u202edes"}, "title"),
        ({"blurb": "x" * 20_001}, "blurb"),
        ({"blurb": "Ti\u202edes"}, "blurb"),
        ({"issue": []}, "issue"),
        ({"issue": ["x"]}, "issue"),
        ({"issue": [10**30]}, "issue"),
        ({"reason": "Ti\u202edes"}, "reason"),
    ],
)
def test_a_split_that_cannot_be_is_refused(client, curator, sea, land, fields, field):
    response = client.post(split_page(sea), chosen("Tides", step="apply", **fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not ChangeBatch.objects.exists()


def test_an_issue_that_has_been_moved_meanwhile_is_not_split_off(client, curator, sea, land):
    response = client.post(split_page(sea), chosen("Tides", "Hills", step="apply"))

    assert "not in this cluster any more" in response.content.decode()
    assert not ChangeBatch.objects.exists()


def test_all_issues_are_not_split_off(client, curator, sea):
    response = client.post(split_page(sea), chosen("Tides", "Waves", "Wrecks", step="apply"))

    assert "Leave one issue or more" in response.content.decode()


def test_what_was_ticked_stays_ticked_beside_the_preview(client, curator, sea):
    page = client.post(split_page(sea), chosen("Waves")).content.decode()

    pk = Issue.objects.get(title="Waves").pk
    assert f'value="{pk}" id="issue-{pk}" checked' in page
    assert page.count(" checked>") == 1


def test_a_cluster_with_one_issue_is_not_to_be_split(client, curator, land):
    assert "nothing to split" in client.get(split_page(land)).content.decode()


def test_a_title_is_free_again_once_its_split_has_been_undone(client, curator, sea):
    client.post(split_page(sea), chosen("Tides", step="apply"))
    undo(client)

    response = client.post(split_page(sea), chosen("Tides", step="apply"))

    assert response.status_code == 302
    assert Cluster.objects.listed().filter(title="The open sea").count() == 1
