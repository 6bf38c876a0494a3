import datetime

import pytest
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.interchange import document, formats
from catalog.interchange.document import Refused
from catalog.interchange.dumping import dump
from catalog.loading.loader import Tally, load
from catalog.loading.merging import Side
from catalog.models import Change, ChangeBatch, Cluster, Issue, IssueTag, Publication, Tag
from readingroom.quickstart import BUNDLED_CATALOG
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


def an_issue(title="Tides", **fields):
    return document.IssueEntry(
        **({"title": title, "date": datetime.date(2024, 5, 1), "tier": 4} | fields)
    )


def a_document(*issues, loose=(), **fields):
    cluster = document.ClusterEntry(title="The sea", blurb="On the sea.", issues=list(issues))
    given = {
        "name": "Shoreline", "category": "Science", "author": "The Editors",
        "clusters": [cluster], "issues": list(loose),
    }  # fmt: skip
    return document.Document(publications=[document.PublicationEntry(**(given | fields))])


def edit(issue, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)


def test_a_load_writes_all_that_the_document_says():
    given = an_issue(
        summary="On tides.", tags=["moon", "Open Sea"], url="https://example.org/tides/",
        words=900, cites=["https://example.org/moon", "https://example.org/moon#top"],
    )  # fmt: skip

    report = load(a_document(given, issue_count=9), source="a.json")

    issue = Issue.objects.get()
    assert report.issues == Tally(created=1)
    assert (issue.publication.issue_count, issue.cluster.title) == (9, "The sea")
    assert (issue.slug, issue.tier, issue.words, issue.minutes) == ("tides", 4, 900, 4)
    assert issue.url_key == "https://example.org/tides"
    assert issue.tag_list == [["moon", "moon"], ["Open Sea", "open-sea"]]
    assert list(issue.issue_tags.values_list("spelling", "position", "date")) == [
        ("moon", 0, issue.date),
        ("Open Sea", 1, issue.date),
    ]
    assert [citation.url for citation in issue.citations.all()] == ["https://example.org/moon"]


def test_the_same_file_twice_changes_nothing():
    load(a_document(an_issue(tags=["moon"], url="https://example.org/a")), source="a")
    before = list(Issue.objects.values()), Change.objects.count(), ChangeBatch.objects.count()
    version = Publication.objects.get().version

    report = load(a_document(an_issue(tags=["moon"], url="https://example.org/a")), source="a")

    assert report.issues == Tally(unchanged=1)
    assert before == (
        list(Issue.objects.values()),
        Change.objects.count(),
        ChangeBatch.objects.count(),
    )
    assert Publication.objects.get().version == version


def test_an_edit_survives_an_unchanged_file():
    load(a_document(an_issue(tags=["moon"], summary="On tides.")), source="a")
    edit(Issue.objects.get(), tier=5, tags=["gravity"], summary="Why the sea rises.")

    load(a_document(an_issue(tags=["moon"], summary="On tides.")), source="a")

    issue = Issue.objects.get()
    assert (issue.tier, issue.summary) == (5, "Why the sea rises.")
    assert issue.tag_list == [["gravity", "gravity"]]


def test_a_file_that_differs_from_the_last_one_is_written():
    load(a_document(an_issue(tier=4)), source="a")

    report = load(a_document(an_issue(tier=5)), source="b")

    assert Issue.objects.get().tier == 5
    assert report.issues == Tally(changed=1)
    change = Change.objects.get(field="tier")
    assert (change.before, change.after, change.batch.source) == (4, 5, "b")


def test_an_absent_field_is_left_alone_and_null_clears():
    load(a_document(an_issue(words=900, summary="On tides.")), source="a")

    load(a_document(an_issue(words=None)), source="b")

    issue = Issue.objects.get()
    assert issue.words is None
    assert issue.summary == "On tides."


def test_issues_missing_from_the_file_are_kept_and_counted():
    load(a_document(an_issue("Tides"), an_issue("Waves")), source="a")

    report = load(a_document(an_issue("Tides")), source="b")

    assert report.issues == Tally(unchanged=1, missing=1)
    assert Issue.objects.count() == 2


def test_a_file_without_clusters_moves_no_issue():
    load(a_document(an_issue()), source="a")

    load(a_document(clusters=document.UNSET, loose=[an_issue(tier=5)]), source="b.csv")

    issue = Issue.objects.get()
    assert (issue.tier, issue.cluster.title) == (5, "The sea")


def test_a_file_with_clusters_takes_an_issue_out_of_its_cluster():
    load(a_document(an_issue()), source="a")

    load(a_document(loose=[an_issue()]), source="b")

    assert Issue.objects.get().cluster is None


def test_of_two_clusters_of_one_title_a_file_means_the_one_that_is_listed():
    publication = make_publication(name="Shoreline")
    now = timezone.now()
    make_cluster(publication=publication, title="The sea", slug="old", position=0, archived_at=now)
    listed = make_cluster(publication=publication, title="The sea", slug="new", position=1)

    load(a_document(an_issue()), source="test")

    assert Issue.objects.get().cluster == listed


def test_an_issue_is_known_again_by_its_url_when_its_title_changes():
    load(a_document(an_issue("Tides", url="https://example.org/a/")), source="a")

    load(
        a_document(an_issue("The tides", url="HTTPS://EXAMPLE.org/a?utm_source=x#top")), source="b"
    )

    issue = Issue.objects.get()
    assert (issue.title, issue.slug) == ("The tides", "tides")


def test_an_issue_without_url_is_known_again_by_title_and_date():
    load(a_document(an_issue("Tides  and waves")), source="a")

    report = load(a_document(an_issue("Tides and waves", url="https://example.org/a")), source="b")

    assert report.issues.created == 0
    assert Issue.objects.get().url == "https://example.org/a"


def test_another_url_under_the_same_title_and_date_is_another_issue():
    load(
        a_document(
            an_issue(url="https://example.org/a"), an_issue("B", url="https://example.org/b")
        ),
        source="a",
    )

    report = load(a_document(an_issue(url="https://example.org/b")), source="b")

    # It is B by its URL, now with the title of A.
    assert report.issues == Tally(changed=1, missing=1)


def test_two_of_one_title_and_date_are_told_apart_by_cluster():
    def both(first_tier):
        doc = a_document(an_issue(tier=first_tier, summary="One."))
        doc.publications[0].clusters.append(
            document.ClusterEntry(title="The moon", issues=[an_issue(tier=3, summary="Two.")])
        )
        return doc

    load(both(4), source="a")
    load(both(5), source="b")

    tiers = {issue.cluster.title: issue.tier for issue in Issue.objects.all()}
    assert tiers == {"The sea": 5, "The moon": 3}


def test_two_issues_may_swap_their_urls():
    one, two = "https://example.org/1", "https://example.org/2"
    load(a_document(an_issue("A", slug="a", url=one), an_issue("B", slug="b", url=two)), source="a")

    load(a_document(an_issue("A", slug="a", url=two), an_issue("B", slug="b", url=one)), source="b")

    assert dict(Issue.objects.values_list("slug", "url")) == {"a": two, "b": one}


def test_a_url_that_another_issue_keeps_is_refused_and_nothing_is_written():
    one, two = "https://example.org/1", "https://example.org/2"
    load(a_document(an_issue("A", slug="a", url=one), an_issue("B", slug="b", url=two)), source="a")

    with pytest.raises(Refused, match="is that of “B” already"):
        load(a_document(an_issue("A2", slug="a", url=two)), source="b")

    assert dict(Issue.objects.values_list("title", "url")) == {"A": one, "B": two}


def test_a_dry_run_reports_the_same_and_leaves_nothing():
    report = load(a_document(an_issue(tags=["moon"])), source="a", dry_run=True)

    assert report.issues == Tally(created=1)
    for model in (Publication, Cluster, Issue, Tag, Change, ChangeBatch):
        assert not model.objects.exists()


def test_a_glued_line_is_split_once_and_then_left_to_the_curator():
    words = "Tides follow the moon. Waves follow wind."
    line = "tidesmoonwaveswind"
    load(a_document(an_issue(summary=words, tag_line=line)), source="page")
    assert "".join(spelling for spelling, _ in Issue.objects.get().tag_list) == line
    edit(Issue.objects.get(), tags=["tides", "moon"])

    load(a_document(an_issue(summary=words, tag_line=line)), source="page")

    assert [spelling for spelling, _ in Issue.objects.get().tag_list] == ["tides", "moon"]


def test_spellings_of_one_key_are_one_tag_named_by_the_commonest():
    load(
        a_document(
            an_issue("A", tags=["open models", "Open-Models"]),
            an_issue("B", tags=["Open Models"]),
            an_issue("C", tags=["Open Models"]),
        ),
        source="a",
    )

    assert Tag.objects.get().name == "Open Models"
    assert IssueTag.objects.count() == 3
    assert Issue.objects.get(title="A").tag_list == [["open models", "open-models"]]


def test_a_slug_never_changes_and_a_clash_gets_a_number():
    load(
        a_document(an_issue("Tides"), an_issue("Tides", date=datetime.date(2024, 6, 1))), source="a"
    )
    load(a_document(an_issue("!!!"), an_issue("Issues"), an_issue("Clusters")), source="b")

    slugs = set(Issue.objects.values_list("slug", flat=True))
    assert slugs == {"tides", "tides-2", "issue", "issues-2", "clusters-2"}


def test_the_log_names_what_was_made_and_by_whom():
    user = make_user()

    load(a_document(an_issue()), source="a.json", user=user)

    batch = ChangeBatch.objects.get()
    assert (batch.kind, batch.source, batch.user) == ("load", "a.json", user)
    kinds = set(batch.changes.values_list("kind", "field"))
    assert kinds == {("category", ""), ("publication", ""), ("cluster", ""), ("issue", "")}


def test_each_writing_transaction_bumps_the_publication_once():
    load(a_document(an_issue("A"), an_issue("B")), source="a")
    version = Publication.objects.get().version

    edit(Issue.objects.get(title="A"), tier=5, title="A better")

    assert Publication.objects.get().version == version + 1
    assert Issue.objects.get(title="A better").version == 2


def test_ids_are_never_used_twice():
    load(a_document(an_issue("A")), source="a")
    first = Issue.objects.get().pk
    IssueTag.objects.all().delete()
    Issue.objects.all().delete()

    load(a_document(an_issue("B")), source="b")

    assert Issue.objects.get().pk > first


def test_a_load_beside_rows_made_by_hand_takes_new_ids():
    made = make_issue(cluster=make_cluster(publication=make_publication(name="Shoreline")))

    load(a_document(an_issue("A"), an_issue("B")), source="a")
    later = make_issue(publication=made.publication)

    assert Issue.objects.count() == 4
    assert later.pk == max(Issue.objects.values_list("pk", flat=True))


def test_the_bundled_catalog_dumps_as_the_bytes_it_was_loaded_from():
    data = BUNDLED_CATALOG.read_bytes()
    bundled, warnings = formats.read(data)

    report = load(bundled, source="bundled")

    assert not warnings
    assert report.issues.created == 286
    assert formats.write(dump(), "json")[0].encode() == data


def test_a_failing_load_leaves_nothing(monkeypatch):
    monkeypatch.setattr("catalog.tags.assignment.name_tags", lambda ids: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        load(a_document(an_issue(tags=["moon"])), source="a")

    assert not Publication.objects.exists()
    assert not Tag.objects.exists()


def test_a_file_moves_a_publication_to_another_category():
    load(a_document(an_issue()), source="a")

    load(a_document(an_issue(), category="Art"), source="a")

    assert Publication.objects.get().category.name == "Art"


def test_a_cluster_that_comes_back_in_a_file_is_listed_again():
    load(a_document(an_issue()), source="a")
    Cluster.objects.update(archived_at=timezone.now())

    load(a_document(an_issue()), source="a")

    assert Cluster.objects.get().archived_at is None


def test_a_load_for_the_file_takes_its_title_of_a_cluster():
    load(a_document(an_issue()), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Cluster.objects.get(), {"blurb": "By a curator."})
    given = a_document(an_issue())
    given.publications[0].clusters[0].blurb = "By the file."

    load(given, source="a", take=Side.THEIRS)

    assert Cluster.objects.get().blurb == "By the file."


def test_the_progress_of_a_load_ends_at_its_number_of_issues():
    seen = []

    load(
        a_document(an_issue("One"), an_issue("Two")),
        source="a",
        progress=lambda done, total: seen.append((done, total)),
    )

    assert seen[-1] == (2, 2)
