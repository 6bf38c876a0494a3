"""Clusters in order, merged and split, and issues placed in them."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.curation.clusters import (
    Move,
    NotPossible,
    merge_clusters,
    move_cluster,
    order_clusters,
    place_issues,
    split_cluster,
    with_counts,
)
from catalog.curation.reverting import revert
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Cluster, Issue
from catalog.search import indexing
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def publication():
    return make_publication(slug="shoreline")


@pytest.fixture
def sea(publication):
    return make_cluster(publication=publication, title="The sea", slug="sea")


@pytest.fixture
def land(publication):
    return make_cluster(publication=publication, title="The land", slug="land")


@pytest.fixture
def sky(publication):
    return make_cluster(publication=publication, title="The sky", slug="sky")


def act():
    return Curation(ChangeBatch.Kind.EDIT, source="test", user=make_user())


def order(publication):
    return [cluster.slug for cluster in publication.clusters.listed()]


def titles(cluster):
    return [issue.title for issue in cluster.issues.in_cluster_order()]


def undo(curation):
    outcome = revert(curation.batch, user=None, source="test")
    assert not outcome.left
    assert indexing.check() == []


# --- order


def test_clusters_stand_in_the_order_that_they_are_given(publication, sea, land, sky):
    with act() as curation:
        assert order_clusters(publication, [sky.pk, sea.pk, land.pk], curation)

    assert order(publication) == ["sky", "sea", "land"]
    assert list(publication.clusters.values_list("position", flat=True)) == [0, 1, 2]
    assert indexing.check() == []
    undo(curation)
    assert order(publication) == ["sea", "land", "sky"]


def test_those_that_an_order_does_not_name_follow_in_their_own(publication, sea, land, sky):
    elsewhere = make_cluster()

    with act() as curation:
        order_clusters(publication, [sky.pk, sky.pk, elsewhere.pk, 0], curation)

    assert order(publication) == ["sky", "sea", "land"]
    assert Cluster.objects.get(pk=elsewhere.pk).position == elsewhere.position


def test_the_same_order_again_is_no_change(publication, sea, land):
    with act() as curation:
        order_clusters(publication, [land.pk, sea.pk], curation)
    batches = ChangeBatch.objects.count()

    with act() as curation:
        assert not order_clusters(publication, [land.pk, sea.pk], curation)

    assert ChangeBatch.objects.count() == batches


@pytest.mark.parametrize(
    ("start", "to", "end"),
    [
        ("land", Move.UP, "land sea sky"),
        ("land", Move.DOWN, "sea sky land"),
        ("sky", Move.TOP, "sky sea land"),
        ("sea", Move.BOTTOM, "land sky sea"),
        ("sea", Move.UP, "sea land sky"),
        ("sky", Move.DOWN, "sea land sky"),
        ("sea", Move.TOP, "sea land sky"),
        ("sky", Move.BOTTOM, "sea land sky"),
    ],
)
def test_a_cluster_moves_by_one_place_or_to_an_end(publication, sea, land, sky, start, to, end):
    with act() as curation:
        move_cluster(Cluster.objects.get(slug=start), to, curation)

    assert order(publication) == end.split()


def test_clusters_at_one_place_can_be_told_apart_by_moving_them(publication):
    for slug in ("one", "two", "three"):
        make_cluster(publication=publication, slug=slug, position=7)

    with act() as curation:
        move_cluster(Cluster.objects.get(slug="three"), Move.UP, curation)

    assert order(publication) == ["one", "three", "two"]


def test_counts_are_of_what_readers_see(sea):
    for tier in (5, 4, 4, 3, None):
        make_issue(cluster=sea, tier=tier)
    make_issue(cluster=sea, tier=5, archived_at=timezone.now())

    (counted,) = with_counts(Cluster.objects.all())

    assert (counted.listed, counted.keepers, counted.landmarks) == (5, 3, 1)


def test_a_cluster_without_issues_has_counts_too(sea, django_assert_num_queries):
    with django_assert_num_queries(1):
        (counted,) = with_counts(Cluster.objects.all())

    assert (counted.listed, counted.keepers, counted.landmarks) == (0, 0, 0)


# --- merge


def merge(cluster, into):
    with act() as curation:
        number = merge_clusters([cluster], into, curation)
    cluster.refresh_from_db()
    return number, curation


def test_a_merged_clusters_issues_follow_those_of_the_other_in_their_order(sea, land):
    make_issue(cluster=land, title="Hills", position=3)
    make_issue(cluster=sea, title="Waves", position=2)
    make_issue(cluster=sea, title="Tides", position=1)
    make_issue(cluster=sea, title="Wrecks", position=3, archived_at=timezone.now())

    number, _ = merge(sea, land)

    assert number == 3
    assert titles(land) == ["Hills", "Tides", "Waves", "Wrecks"]
    assert not sea.issues.exists()
    assert (sea.merged_into, bool(sea.archived_at)) == (land, True)
    assert indexing.check() == []


def test_earlier_names_move_on_with_the_cluster_that_they_mean(sea, land, sky):
    make_issue(cluster=sea, title="Tides")
    merge(sea, land)
    merge(land, sky)

    sea.refresh_from_db()
    assert (sea.merged_into, land.merged_into) == (sky, sky)
    assert titles(sky) == ["Tides"]
    assert indexing.check() == []


def test_addresses_searches_and_filters_of_the_merged_lead_to_the_new_one(client, sea, land, sky):
    client.force_login(make_user())
    make_issue(cluster=sea, title="Tides")
    merge(sea, land)
    merge(land, sky)

    for slug in ("sea", "land"):
        response = client.get(reverse("catalog:cluster_detail", args=["shoreline", slug]))
        assert response["Location"] == sky.get_absolute_url()
        found = client.get(reverse("issue_list"), {"cluster": f"shoreline/{slug}"})
        assert "Tides" in found.content.decode()
    for name in ('cluster:"the sea"', 'cluster:"the land"', 'cluster:"the sky"'):
        found = client.get(reverse("issue_list"), {"q": name})
        assert "Tides" in found.content.decode(), name


def a_file(**issues):
    """A file with the issues of clusters, by their titles in one line."""
    return document.Document(publications=[document.PublicationEntry(
        slug="shoreline", name="Shoreline", category="Science", author="The Editors",
        clusters=[
            document.ClusterEntry(slug=slug, title=f"The {slug}", issues=[
                document.IssueEntry(title=title, date=datetime.date(2024, 5, 1))
                for title in line.split()
            ])
            for slug, line in issues.items()
        ],
    )])  # fmt: skip


def test_a_later_file_that_still_has_the_old_clusters_fills_the_new_one():
    load(a_file(sea="Tides", land="Hills", sky=""), source="a")
    sea, land, sky = (Cluster.objects.get(slug=slug) for slug in ("sea", "land", "sky"))
    merge(sea, land)
    merge(land, sky)

    report = load(a_file(sea="Tides Waves", land="Hills"), source="b")

    assert not report.conflicts
    assert sorted(titles(sky)) == ["Hills", "Tides", "Waves"]
    assert indexing.check() == []


def test_undoing_a_merge_brings_back_the_cluster_and_the_places_of_its_issues(sea, land):
    make_issue(cluster=land, title="Hills", position=0)
    make_issue(cluster=sea, title="Tides", position=0)
    make_issue(cluster=sea, title="Waves", position=1)

    _, curation = merge(sea, land)
    undo(curation)

    sea.refresh_from_db()
    assert (sea.archived_at, sea.merged_into) == (None, None)
    assert (titles(sea), titles(land)) == (["Tides", "Waves"], ["Hills"])


def test_a_chain_of_merges_is_undone_from_its_end(sea, land, sky):
    make_issue(cluster=sea, title="Tides")
    make_issue(cluster=land, title="Hills")
    _, first = merge(sea, land)
    _, second = merge(land, sky)

    undo(second)
    sea.refresh_from_db()
    land.refresh_from_db()
    assert (sea.merged_into, land.merged_into) == (land, None)
    assert sorted(titles(land)) == ["Hills", "Tides"]
    undo(first)
    assert (titles(sea), titles(land)) == (["Tides"], ["Hills"])


def test_clusters_of_different_publications_do_not_merge(sea):
    elsewhere = make_cluster()
    issue = make_issue(cluster=sea)

    with pytest.raises(NotPossible, match="of another publication"), act() as curation:
        merge_clusters([sea], elsewhere, curation)

    assert Issue.objects.get().cluster == issue.cluster
    assert not Change.objects.exists()


def test_merged_cluster_can_be_neither_source_nor_target_of_a_merge(sea, land, sky):
    make_issue(cluster=sky)
    merge(sea, land)

    for cluster, into in ((sea, sky), (sky, sea)):
        with (
            pytest.raises(NotPossible, match="has been merged into"),
            act() as curation,
        ):
            merge_clusters([cluster], into, curation)


def test_a_cluster_merged_into_itself_stays_as_it_is(sea):
    make_issue(cluster=sea)

    number, curation = merge(sea, sea)

    assert (number, sea.archived_at, curation.batch.pk) == (0, None, None)


# --- split


def test_a_split_makes_a_cluster_next_to_the_old_one_and_keeps_the_order(publication, sea, land):
    kept = make_issue(cluster=sea, title="Tides", position=1)
    waves = make_issue(cluster=sea, title="Waves", position=2)
    wrecks = make_issue(cluster=sea, title="Wrecks", position=3)

    with act() as curation:
        made = split_cluster(sea, [wrecks, waves], "The open sea", "Far out.", curation)

    assert order(publication) == ["sea", "the-open-sea", "land"]
    assert (made.title, made.blurb) == ("The open sea", "Far out.")
    assert (titles(made), titles(sea)) == (["Waves", "Wrecks"], [kept.title])
    assert indexing.check() == []


def test_undoing_a_split_archives_the_new_cluster_and_puts_all_back(publication, sea, land):
    make_issue(cluster=sea, title="Tides", position=1)
    waves = make_issue(cluster=sea, title="Waves", position=2)
    with act() as curation:
        made = split_cluster(sea, [waves], "The open sea", "", curation)

    undo(curation)

    assert order(publication) == ["sea", "land"]
    assert titles(sea) == ["Tides", "Waves"]
    assert Cluster.objects.get(pk=made.pk).archived_at


def test_a_new_clusters_slug_is_unlike_those_of_merged_ones_too(sea, land):
    merge(sea, land)
    issue = make_issue(cluster=land)

    with act() as curation:
        made = split_cluster(land, [issue], "Sea", "", curation)

    assert made.slug == "sea-2"


def test_issues_that_stand_elsewhere_are_not_split_off(sea, land):
    stranger = make_issue(cluster=land)

    with pytest.raises(NotPossible, match="no longer in “The sea”"), act() as curation:
        split_cluster(sea, [stranger], "The open sea", "", curation)

    assert Cluster.objects.count() == 2


def test_merged_cluster_cannot_be_split(sea, land):
    issue = make_issue(cluster=sea)
    merge(sea, land)

    with (
        pytest.raises(NotPossible, match="has been merged into"),
        act() as curation,
    ):
        split_cluster(sea, [issue], "The open sea", "", curation)


# --- place


@pytest.fixture
def three(sea):
    return [make_issue(cluster=sea, title=title) for title in ("Tides", "Waves", "Wrecks")]


def place(issues, cluster, at=None):
    with act() as curation:
        number = place_issues(issues, cluster, curation, at)
    assert indexing.check() == []
    return number, curation


def test_issues_are_placed_before_the_one_at_a_place(sea, land, three):
    hills = make_issue(cluster=land, title="Hills")

    number, curation = place([three[2], hills], sea, 1)

    assert titles(sea) == ["Tides", "Wrecks", "Hills", "Waves"]
    assert list(sea.issues.in_cluster_order().values_list("position", flat=True)) == [0, 1, 2, 3]
    assert number == 2
    undo(curation)
    assert (titles(sea), titles(land)) == (["Tides", "Waves", "Wrecks"], ["Hills"])


@pytest.mark.parametrize("at", [None, 2, 99])
def test_issues_are_placed_at_the_end(sea, three, at):
    place([three[0]], sea, at)

    assert titles(sea) == ["Waves", "Wrecks", "Tides"]


def test_issues_are_taken_out_of_their_cluster(sea, three):
    number, curation = place(three[:2], None)

    assert (number, titles(sea)) == (2, ["Wrecks"])
    assert Issue.objects.filter(cluster=None).count() == 2
    undo(curation)
    assert titles(sea) == ["Tides", "Waves", "Wrecks"]


def test_the_first_issues_of_an_empty_cluster_begin_at_nought(land, three):
    place(three, land)

    positions = land.issues.in_cluster_order().values_list("position", flat=True)
    assert list(positions) == [0, 1, 2]


def test_an_issue_of_another_publication_is_not_placed(sea, three):
    stranger = make_issue()

    with pytest.raises(NotPossible, match="of another publication"), act() as curation:
        place_issues([three[0], stranger], sea, curation)

    assert not Change.objects.exists()


def test_issues_cannot_be_placed_in_an_archived_cluster(sea, land, three):
    merge(sea, land)

    with (
        pytest.raises(NotPossible, match="has been merged into"),
        act() as curation,
    ):
        place_issues(three, sea, curation)
