"""A file is matched with the values of the last file, even if curators have edited the row."""

import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.curation.changeset import Curation
from catalog.curation.clusters import merge_clusters, split_cluster
from catalog.curation.rules import make
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.loading.report import Tally
from catalog.models import ChangeBatch, Cluster, Issue, Publication
from tests.catalog.loading.test_loader import a_document, an_issue
from tests.factories import make_issue, make_publication
from tests.machine import IS_CI

pytestmark = pytest.mark.django_db

DAY, LATER = datetime.date(2024, 5, 1), datetime.date(2024, 6, 1)
URL, OTHER_URL = "https://example.org/a", "https://example.org/b"


def edit(row, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(row, values)


def issue(**lookup):
    return Issue.objects.select_related("cluster").get(**lookup)


def is_unchanged(report):
    tallies = (report.publications, report.clusters, report.issues)
    return not report.news and all(
        (tally.created, tally.changed, tally.missing) == (0, 0, 0) for tally in tallies
    )


@pytest.mark.parametrize(
    "correction", [{"title": "The tides"}, {"date": LATER}, {"title": "The tides", "date": LATER}]
)
def test_a_corrected_issue_without_url_is_known_again(correction):
    load(a_document(an_issue("Tides")), source="page")
    edit(issue(), **correction)

    report = load(a_document(an_issue("Tides")), source="page")

    assert is_unchanged(report)
    assert Issue.objects.filter(**correction).count() == 1


@pytest.mark.parametrize("url", [OTHER_URL, ""])
def test_an_issue_of_which_url_and_title_were_corrected_is_known_by_the_files_url(url):
    load(a_document(an_issue("Tides", url=URL)), source="a")
    edit(issue(), title="The tides", url=url)

    report = load(a_document(an_issue("Tides", url=URL)), source="a")

    assert is_unchanged(report)
    assert issue().url == url


def test_the_retitled_issue_takes_what_is_new_in_the_file():
    load(a_document(an_issue("Tides", summary="Old.")), source="page")
    edit(issue(), title="The tides")

    load(a_document(an_issue("Tides", summary="New.")), source="page")

    assert (issue().title, issue().summary) == ("The tides", "New.")


@pytest.mark.parametrize(
    ("title", "date"), [("The tides", LATER), ("The tides", DAY), ("Tides", LATER)]
)
def test_a_source_that_adopts_a_correction_or_half_of_it_is_understood(title, date):
    load(a_document(an_issue("Tides")), source="page")
    edit(issue(), title="The tides", date=LATER)

    report = load(a_document(an_issue(title, date=date)), source="page")

    assert (report.issues.created, report.issues.missing) == (0, 0)
    assert (issue().title, issue().date) == ("The tides", LATER)


def test_titles_that_a_curator_swapped_stay_swapped():
    cards = [an_issue("Tides", summary="On tides."), an_issue("Waves", summary="On waves.")]
    load(a_document(*cards), source="page")
    tides, waves = issue(title="Tides"), issue(title="Waves")
    edit(tides, title="Waves")
    edit(waves, title="Tides")

    report = load(a_document(*cards), source="page")

    assert is_unchanged(report)
    assert dict(Issue.objects.values_list("title", "summary")) == {
        "Waves": "On tides.",
        "Tides": "On waves.",
    }


def test_addresses_that_a_curator_swapped_stay_swapped():
    cards = [an_issue("Tides", url=URL), an_issue("Waves", url=OTHER_URL)]
    load(a_document(*cards), source="a")
    tides, waves = issue(title="Tides"), issue(title="Waves")
    edit(tides, url="")
    edit(waves, url=URL)
    edit(tides, url=OTHER_URL)

    assert is_unchanged(load(a_document(*cards), source="a"))


def test_an_issue_that_took_the_loaded_title_of_another_is_not_taken_for_it():
    load(a_document(an_issue("Tides"), an_issue("Waves")), source="page")
    edit(issue(title="Tides"), title="Ebb")
    edit(issue(title="Waves"), title="Tides")

    report = load(a_document(an_issue("Tides", tier=5), an_issue("Waves")), source="page")

    assert [(each.title, each.after) for each in report.news] == [("Ebb", 5)]
    assert is_unchanged(load(a_document(an_issue("Tides", tier=5), an_issue("Waves")), source="p"))


def test_an_issue_made_by_hand_is_known_by_its_present_values_and_comes_last():
    load(a_document(an_issue("Tides")), source="page")
    edit(issue(), title="Ebb")
    made = make_issue(publication=Publication.objects.get(), title="Tides", date=DAY, url=OTHER_URL)

    assert load(a_document(an_issue("Tides")), source="page").issues == Tally(
        unchanged=1, missing=1
    )
    load(a_document(an_issue("Tides"), an_issue("Flood", url=OTHER_URL)), source="page")

    made.refresh_from_db()
    assert made.loaded["title"] == "Flood"
    assert Issue.objects.count() == 2


def test_a_slug_that_only_the_file_uses_leads_to_its_issue():
    load(a_document(an_issue("Tides")), source="page")
    load(a_document(an_issue("Tides", slug="on-tides")), source="a.json")

    report = load(a_document(an_issue("Ebb", slug="on-tides", date=LATER)), source="a.json")

    assert report.issues == Tally(changed=1)
    assert (issue().slug, issue().title) == ("tides", "Ebb")
    load(a_document(an_issue("On tides")), source="page")
    assert not Issue.objects.filter(slug="on-tides").exists()


def test_of_a_given_slug_an_issues_own_counts_most():
    load(a_document(an_issue("Tides", slug="a"), an_issue("Waves", slug="b")), source="a")
    edit(issue(slug="a"), title="Waves")
    edit(issue(slug="b"), title="Tides")

    report = load(a_document(an_issue("Ebb", slug="a"), an_issue("Flow", slug="b")), source="b")

    assert (report.issues.created, report.issues.missing) == (0, 0)
    assert issue(slug="a").loaded["title"] == "Ebb"


def test_two_cards_of_one_title_and_day_stay_apart_when_one_was_made_by_hand():
    publication = make_publication(name="Shoreline")
    made = make_issue(publication=publication, title="Old", summary="Two.", url="")
    load(a_document(clusters=document.UNSET, loose=[an_issue(summary="One.")]), source="a")
    edit(made, title="Tides", date=DAY)
    both = a_document(
        clusters=document.UNSET, loose=[an_issue(summary="One."), an_issue(summary="Two.")]
    )
    load(both, source="b")

    assert is_unchanged(load(both, source="b"))


def test_a_retitled_cluster_is_known_again():
    load(a_document(an_issue()), source="page")
    edit(Cluster.objects.get(), title="The open sea")

    assert is_unchanged(load(a_document(an_issue()), source="page"))
    assert Cluster.objects.get().title == "The open sea"


def test_a_cluster_is_known_by_the_title_that_its_source_has_adopted():
    load(a_document(an_issue()), source="page")
    edit(Cluster.objects.get(), title="The open sea")
    doc = a_document(an_issue())
    doc.publications[0].clusters[0].title = "The open sea"

    assert load(doc, source="page").clusters == Tally(unchanged=1)


def test_clusters_of_which_one_has_the_loaded_title_of_the_other_stay_apart():
    def both():
        doc = a_document(an_issue("Tides"))
        doc.publications[0].clusters.append(
            document.ClusterEntry(title="The land", blurb="On land.", issues=[an_issue("Hills")])
        )
        return doc

    load(both(), source="page")
    sea, land = Cluster.objects.order_by("position")
    edit(sea, title="The coast")
    edit(land, title="The sea")

    assert is_unchanged(load(both(), source="page"))
    assert issue(title="Tides").cluster == sea


def test_a_merged_cluster_goes_on_standing_for_the_other_when_its_title_is_used_again():
    load(a_document(an_issue("Tides")), source="page")
    publication = Publication.objects.get()
    sea = Cluster.objects.get()
    coast = Cluster.objects.create(publication=publication, title="The coast", slug="coast")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters([sea], coast, curation)
    Cluster.objects.create(publication=publication, title="The sea", slug="sea-again")

    report = load(a_document(an_issue("Tides"), an_issue("Waves")), source="page")

    assert not report.conflicts
    assert {each.cluster for each in Issue.objects.select_related("cluster")} == {coast}


def test_a_renamed_publication_is_known_again():
    load(a_document(an_issue()), source="page")
    edit(Publication.objects.get(), name="Shoreline Letters")

    assert is_unchanged(load(a_document(an_issue()), source="page"))
    assert Publication.objects.get().name == "Shoreline Letters"


def test_a_publication_that_took_the_loaded_name_of_another_is_not_taken_for_it():
    load(a_document(an_issue("Tides"), name="Shoreline"), source="page")
    load(a_document(an_issue("Hills"), name="Inland"), source="page")
    edit(Publication.objects.get(name="Shoreline"), name="Seaside")
    edit(Publication.objects.get(name="Inland"), name="Shoreline")

    assert is_unchanged(load(a_document(an_issue("Tides"), name="Shoreline"), source="page"))
    assert is_unchanged(load(a_document(an_issue("Hills"), name="Inland"), source="page"))


def test_a_publication_is_matched_once():
    load(a_document(an_issue(), name="Shoreline", slug="shore"), source="a")
    edit(Publication.objects.get(), name="Seaside")
    both = document.Document(
        publications=[
            a_document(an_issue(), name="Seaside", slug="shore").publications[0],
            a_document(an_issue("Hills"), name="Shoreline").publications[0],
        ]
    )

    assert load(both, source="b").publications.created == 1
    assert load(both, source="b").publications == Tally(unchanged=2)


def test_a_name_is_compared_with_its_white_space_folded():
    load(a_document(an_issue(), name="Shoreline  Letters"), source="a")

    assert (
        load(a_document(an_issue(), name="Shoreline Letters"), source="b").publications.created == 0
    )


def test_a_pruned_and_retitled_issue_is_restored_by_the_file():
    load(a_document(an_issue("Tides"), an_issue("Waves")), source="page")
    edit(issue(title="Waves"), title="Breakers")
    load(a_document(an_issue("Tides")), source="page", prune=True)

    report = load(a_document(an_issue("Tides"), an_issue("Waves")), source="page")

    assert report.issues.created == 0
    assert set(Issue.objects.listed().values_list("title", flat=True)) == {"Tides", "Breakers"}


# --- any corrections of any file without slugs

titles = st.sampled_from(["Tides", "Waves", "Ebb", "Flood"])
days = st.sampled_from([DAY, LATER])
addresses = st.sampled_from(["", URL, OTHER_URL, "https://example.org/c"])
cards = st.lists(
    st.tuples(titles, days, addresses, st.sampled_from(["The sea", "The land", None])),
    min_size=1, max_size=5,
    unique_by=(lambda card: card[2] or card[:2], lambda card: (*card[:2], card[3])),
)  # fmt: skip
corrections = st.lists(st.tuples(st.integers(0, 4), titles, days, addresses), max_size=6)


def a_file(rows):
    homes = {"The sea": [], "The land": [], None: []}
    for number, (title, date, url, home) in enumerate(rows):
        homes[home].append(
            document.IssueEntry(title=title, date=date, url=url or None, summary=f"Card {number}.")
        )
    return document.Document(publications=[document.PublicationEntry(
        name="Shoreline", category="Science", author="The Editors",
        clusters=[
            document.ClusterEntry(title=title, issues=issues)
            for title, issues in homes.items() if title and issues
        ],
        issues=homes[None],
    )])  # fmt: skip


@pytest.mark.full
@settings(
    max_examples=120 if IS_CI else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=cards, edits=corrections, names=st.permutations(["The sea", "The land", "The coast"]))
def test_a_file_loaded_again_changes_nothing_whatever_was_corrected_between(rows, edits, names, db):
    with transaction.atomic():
        load(a_file(rows), source="a")
        for number, title, date, url in edits:
            row = Issue.objects.order_by("id")[number % len(rows)]
            is_held = url and Issue.objects.exclude(pk=row.pk).filter(url_key=url).exists()
            edit(row, title=title, date=date, **({} if is_held else {"url": url}))
        for cluster, name in zip(Cluster.objects.order_by("id"), names, strict=False):
            edit(cluster, title=name)

        report = load(a_file(rows), source="a")

        assert is_unchanged(report)
        for each in Issue.objects.all():
            assert each.loaded["summary"] == each.summary
        transaction.set_rollback(True)


def cluster_named(title, slug=None, *issues):
    return document.ClusterEntry(
        title=title, **({"slug": slug} if slug else {}), issues=list(issues)
    )


def test_a_new_cluster_gets_no_slug_by_which_files_know_another():
    load(a_document(clusters=[cluster_named("K", "k1")]), source="a")
    load(a_document(clusters=[cluster_named("K", "k2")]), source="b")

    load(a_document(clusters=[cluster_named("k2", None, an_issue())]), source="c")
    load(a_document(clusters=[cluster_named("K renamed", "k2")]), source="b")

    titles = set(Cluster.objects.values_list("slug", "title"))
    assert titles == {("k1", "K renamed"), ("k2-2", "k2")}


def test_a_new_publication_gets_no_slug_by_which_files_know_another():
    load(a_document(slug="one"), source="a")
    load(a_document(slug="shore"), source="b")

    load(a_document(name="Shore"), source="c")
    load(a_document(name="Shoreline Weekly", slug="shore"), source="b")

    names = set(Publication.objects.values_list("slug", "name"))
    assert names == {("one", "Shoreline Weekly"), ("shore-2", "Shore")}


def test_a_new_issue_does_not_get_a_slug_that_files_use_for_another():
    for slug in ("one", "tee"):
        given = a_document(
            clusters=[cluster_named("Sea", slug, an_issue("Tides", slug=slug, url=URL))], slug=slug
        )
        load(given, source=slug)
    home = Publication.objects.get()

    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        made = [
            make(Publication(name="Tee", author="Ed", category=home.category), curation),
            make(Cluster(title="Tee", publication=home), curation),
            make(Issue(title="Tee", publication=home, date=DAY), curation),
            split_cluster(home.clusters.get(slug="one"), [], "Tee", "", curation),
        ]

    assert [row.slug for row in made] == ["tee-2", "tee-2", "tee-2", "tee-3"]


def test_a_new_issue_gets_no_slug_that_its_file_gives_another():
    load(a_document(an_issue("Tides", slug="one", url=URL)), source="a")

    load(a_document(an_issue("Tides", slug="tee", url=URL), an_issue("Tee")), source="b")

    assert set(Issue.objects.values_list("slug", "title")) == {("one", "Tides"), ("tee-2", "Tee")}
