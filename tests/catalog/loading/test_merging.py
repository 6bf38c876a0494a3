"""The three-way merge of values, by itself and through whole loads."""

import copy
import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.curation.changeset import Curation
from catalog.curation.clusters import merge_clusters, place_issues
from catalog.interchange import document
from catalog.loading.conflicts import settle
from catalog.loading.loader import load
from catalog.loading.merging import MISSING, Merged, Side, merge_tag_lists, merge_value
from catalog.models import ChangeBatch, Cluster, Conflict, Issue, Publication
from catalog.search import indexing
from catalog.text import tag_key
from tests.machine import IS_CI

FIELDS = {
    "title": ["Tides", "The tides", "On tides"],
    "date": ["2024-05-01", "2024-05-02", "2024-05-03"],
    "tier": [None, 3, 4, 5],
    "summary": ["", "On tides.", "Why the sea rises."],
    "url": ["https://example.org/{}/a", "https://example.org/{}/b", "https://example.org/{}/c"],
    "words": [None, 900, 1200],
    "cluster": ["The sea", "The land", None],
    "tags": [[], ["moon"], ["moon", "sea"], ["sea", "moon"], ["Moon", "wind"], ["ice", "sea"]],
}


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "merged"),
    [
        (4, 4, 4, Merged(4)),
        (4, 5, 4, Merged(5)),
        (4, 4, 5, Merged(5)),
        (4, 5, 5, Merged(5)),
        (4, 5, 3, Merged(3, True)),
        (4, None, 4, Merged(None)),
        (MISSING, 5, None, Merged(5)),
        (MISSING, 5, 3, Merged(3, True)),
        (MISSING, 5, 5, Merged(5)),
    ],
)
def test_a_value_that_one_side_changed_is_its_and_one_that_both_changed_is_a_conflict(
    base, theirs, ours, merged
):
    assert merge_value(base, theirs, ours) == merged


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "merged"),
    [
        ("a b", "a b c", "a b", "a b c"),
        ("a b", "a b", "b a", "b a"),
        ("a b", "a b c", "b", "b c"),
        ("a b", "b", "a b d", "b d"),
        ("a b", "a", "b", ""),
        ("a b", "b a", "a b d", "b a d"),
        ("a b", "A b", "a b d", "A b d"),
    ],
)
def test_tags_are_merged_one_by_one(base, theirs, ours, merged):
    assert merge_tag_lists(base.split(), theirs.split(), ours.split()) == Merged(merged.split())


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "merged"),
    [
        # One side removed a tag that the other side respelt.
        ("a b", "A b", "b", "b"),
        ("aa b", "A-A b", "AA b", "AA b"),
        # Both put them in another order.
        ("a b c", "b a c", "c b a", "c b a"),
    ],
)
def test_one_tag_may_be_a_conflict(base, theirs, ours, merged):
    assert merge_tag_lists(base.split(), theirs.split(), ours.split()) == Merged(
        merged.split(), True
    )


names = st.lists(
    st.sampled_from(["a", "A", "b", "c", "C", "d", "e"]), max_size=5, unique_by=tag_key
)


@given(names, names, names)
def test_no_tag_that_one_side_alone_changed_is_lost(base, theirs, ours):
    value, is_conflict = merge_tag_lists(base, theirs, ours)
    found, old, new, own = ({tag_key(name): name for name in side} for side in (
        value, base, theirs, ours
    ))  # fmt: skip

    clashing = 0
    for key in old | new | own:
        sides = old.get(key), new.get(key), own.get(key)
        if sides[0] == sides[2]:
            assert found.get(key) == sides[1]
        else:
            assert found.get(key) == sides[2]
            clashing += sides[1] not in (sides[0], sides[2])
    assert len(value) == len(found)
    if clashing:
        assert is_conflict
    if theirs in (base, ours):
        assert value == ours
        assert not is_conflict
    elif ours == base:
        assert value == theirs
        assert not is_conflict


# --- whole loads

row = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS.items()})
edits = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in FIELDS.items()}
)
worlds = st.lists(st.tuples(row, edits, edits), min_size=1, max_size=4)


def a_document(rows):
    """Rows are dicts of `FIELDS`; each issue has a slug, so that it is known again."""
    clusters = {title: [] for title in FIELDS["cluster"]}
    for number, fields in enumerate(rows):
        given = dict(fields)
        home = given.pop("cluster")
        given["date"] = datetime.date.fromisoformat(given["date"])
        given["url"] = given["url"].format(number)
        clusters[home].append(document.IssueEntry(slug=f"issue-{number}", **given))
    return document.Document(publications=[document.PublicationEntry(
        slug="shoreline", name="Shoreline", category="Science", author="The Editors",
        clusters=[
            document.ClusterEntry(slug=title[-3:], title=title, issues=issues)
            for title, issues in clusters.items() if title
        ],
        issues=clusters[None],
    )])  # fmt: skip


def curate(rows_before, rows_after):
    """Make the changes of a curator to issues, as the admin makes them."""
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for number, (before, after) in enumerate(zip(rows_before, rows_after, strict=True)):
            issue = Issue.objects.select_related("cluster").get(slug=f"issue-{number}")
            values = {name: after[name] for name in FIELDS if before[name] != after[name]}
            if "date" in values:
                values["date"] = datetime.date.fromisoformat(values["date"])
            if "url" in values:
                values["url"] = values["url"].format(number)
            if "cluster" in values:
                home = values.pop("cluster")
                cluster = Cluster.objects.get(title=home) if home else None
                curation.change(issue, {"cluster": cluster})
            curation.change(issue, values)


def stored(number):
    issue = Issue.objects.select_related("cluster").get(slug=f"issue-{number}")
    return {
        "title": issue.title, "date": issue.date.isoformat(), "tier": issue.tier,
        "summary": issue.summary, "words": issue.words,
        "url": issue.url.replace(f"/{number}/", "/{}/"),
        "cluster": issue.cluster.title if issue.cluster else None,
        "tags": [spelling for spelling, _ in issue.tag_list],
    }  # fmt: skip


def changed(rows, how):
    return [copy.deepcopy(row) | edit for row, edit in zip(rows, how, strict=True)]


def check(world):
    base = [row for row, _, _ in world]
    ours = changed(base, [edit for _, edit, _ in world])
    theirs = changed(base, [edit for _, _, edit in world])
    load(a_document(base), source="a")
    curate(base, ours)

    report = load(a_document(theirs), source="b")

    conflicts = set(Conflict.objects.values_list("object_id", "field"))
    told = sorted(each.field for each in report.conflicts if each.kind == "issue")
    assert told == sorted(field for _, field in conflicts)
    for number, (old, new, own) in enumerate(zip(base, theirs, ours, strict=True)):
        found = stored(number)
        pk = Issue.objects.get(slug=f"issue-{number}").pk
        for name in FIELDS:
            merged = merge_tag_lists if name == "tags" else merge_value
            assert found[name] == merged(old[name], new[name], own[name]).value, name
            is_conflict = merged(old[name], new[name], own[name]).is_conflict
            assert ((pk, name) in conflicts) == is_conflict, name
            if old[name] == new[name]:
                assert found[name] == own[name]
            elif old[name] == own[name]:
                assert found[name] == new[name]
    again = load(a_document(theirs), source="b")
    assert not again.news
    assert indexing.check() == []
    return conflicts


@settings(
    max_examples=60 if IS_CI else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds)
def test_nothing_that_one_side_alone_changed_is_lost_and_each_true_conflict_is_told(world, db):
    with transaction.atomic():
        check(world)
        transaction.set_rollback(True)


# --- one by one


def issue_row(**fields):
    given = {name: values[1] for name, values in FIELDS.items()}
    return given | {"cluster": "The sea"} | fields


@pytest.fixture
def clash(db):
    """A tier that the file and a curator have both changed."""
    load(a_document([issue_row(tier=4)]), source="a")
    curate([issue_row(tier=4)], [issue_row(tier=3)])
    load(a_document([issue_row(tier=5)]), source="b")
    return Conflict.objects.get()


def test_a_conflict_keeps_what_the_file_gives_and_the_curators_stands(clash):
    assert Issue.objects.get().tier == 3
    assert (clash.kind, clash.field, clash.theirs) == ("issue", "tier", 5)
    assert clash.batch.source == "b"
    assert Issue.objects.get().is_curated


def test_a_conflict_is_settled_for_the_file(clash):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        assert settle([clash], Side.THEIRS, curation) == 1

    assert Issue.objects.get().tier == 5
    assert not Issue.objects.get().is_curated
    assert not Conflict.objects.exists()


def test_a_conflict_is_settled_for_the_curator(clash):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        settle([clash], Side.OURS, curation)

    assert Issue.objects.get().tier == 3
    assert not Conflict.objects.exists()
    load(a_document([issue_row(tier=5)]), source="b")
    assert Issue.objects.get().tier == 3


def test_a_conflict_whose_value_is_gone_stays(clash):
    clash.field, clash.theirs = "cluster", "no-such-cluster"
    clash.save()

    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        assert settle([clash], Side.THEIRS, curation) == 0

    assert Conflict.objects.get() == clash


def test_an_edit_of_the_field_settles_its_conflict(clash):
    curate([issue_row(tier=3)], [issue_row(tier=2)])

    assert not Conflict.objects.exists()


def test_a_file_that_comes_to_what_stands_settles_it(clash):
    load(a_document([issue_row(tier=3)]), source="c")

    assert not Conflict.objects.exists()
    assert not Issue.objects.get().is_curated


@pytest.mark.parametrize(("take", "tier"), [(Side.THEIRS, 5), (Side.OURS, 3)])
def test_a_load_may_settle_its_own_conflicts(db, take, tier):
    load(a_document([issue_row(tier=4)]), source="a")
    curate([issue_row(tier=4)], [issue_row(tier=3)])

    report = load(a_document([issue_row(tier=5)]), source="b", take=take)

    assert Issue.objects.get().tier == tier
    assert [each.field for each in report.conflicts] == ["tier"]
    assert not Conflict.objects.exists()


@pytest.mark.parametrize(("take", "tier"), [(Side.THEIRS, 5), (Side.OURS, 3)])
def test_a_load_may_settle_those_of_earlier_loads(clash, take, tier):
    load(a_document([issue_row(tier=5)]), source="b", take=take)

    assert Issue.objects.get().tier == tier
    assert not Conflict.objects.exists()


def test_a_dry_run_tells_conflicts_and_keeps_none(db):
    load(a_document([issue_row(tier=4)]), source="a")
    curate([issue_row(tier=4)], [issue_row(tier=3)])

    report = load(a_document([issue_row(tier=5)]), source="b", dry_run=True)

    told = report.conflicts[0]
    assert (told.title, told.field, told.before, told.after) == ("The tides", "tier", 3, 5)
    assert not told.is_taken
    assert not Conflict.objects.exists()


def test_the_publications_and_clusters_own_fields_are_merged_too(db):
    load(a_document([issue_row()]), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Publication.objects.get(), {"author": "The Curators"})
        curation.change(Cluster.objects.get(title="The sea"), {"title": "The open sea"})
    doc = a_document([issue_row()])
    doc.publications[0].author = "Others"
    doc.publications[0].clusters[0].blurb = "On the sea."

    load(doc, source="b")

    assert Publication.objects.get().author == "The Curators"
    assert Conflict.objects.get().field == "author"
    sea = Cluster.objects.get(slug="sea")
    assert (sea.title, sea.blurb) == ("The open sea", "On the sea.")


def test_new_issues_of_a_cluster_that_was_merged_go_to_the_one_it_has_become(db):
    load(a_document([issue_row()]), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters(
            [Cluster.objects.get(title="The sea")], Cluster.objects.get(title="The land"), curation
        )

    report = load(a_document([issue_row(), issue_row()]), source="b")

    assert not report.conflicts
    assert {issue.cluster.title for issue in Issue.objects.all()} == {"The land"}
    assert indexing.check() == []


def test_issues_gone_from_the_file_are_archived_on_request_and_come_back_with_it(db):
    load(a_document([issue_row(), issue_row()]), source="a")

    report = load(a_document([issue_row()]), source="b", prune=True)
    assert (report.pruned, report.missing) == (1, ["The tides"])
    assert Issue.objects.listed().count() == 1
    load(a_document([issue_row()]), source="b", prune=True)
    assert Issue.objects.listed().count() == 1

    load(a_document([issue_row(), issue_row()]), source="a")
    assert Issue.objects.listed().count() == 2
    assert indexing.check() == []


def test_an_issue_that_a_curator_archived_stays_archived(db):
    load(a_document([issue_row()]), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(), {"archived_at": datetime.datetime.now(datetime.UTC)})

    load(a_document([issue_row(tier=5)]), source="b")

    assert not Issue.objects.listed().exists()


def test_a_place_that_a_curator_chose_stays(db):
    load(a_document([issue_row(), issue_row(), issue_row()]), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        place_issues(
            [Issue.objects.get(slug="issue-2")], Cluster.objects.get(slug="sea"), curation, 0
        )

    load(a_document([issue_row(), issue_row(), issue_row(tier=5)]), source="b")

    slugs = [issue.slug for issue in Issue.objects.in_cluster_order()]
    assert slugs == ["issue-2", "issue-0", "issue-1"]
    assert Issue.objects.get(slug="issue-2").tier == 5
