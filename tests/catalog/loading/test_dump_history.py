"""A dump of this room that was edited is applied as edited, whatever curators did before."""

import json

import pytest
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.interchange.dumping import dump
from catalog.loading.dump_history import record_dump, values_at_dump
from catalog.loading.loader import load
from catalog.models import ChangeBatch, Cluster, Conflict, Issue
from catalog.models.installation import room_id
from tests.catalog.loading.test_loader import a_document as a_sea
from tests.catalog.loading.test_loader import an_issue
from tests.catalog.loading.test_merging import a_document, issue_row
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


def edit(**values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.select_related("cluster").get(slug="issue-0"), values)


def dumped():
    document = dump()
    document.room = room_id()
    record_dump()
    text, _ = formats.write(document, "json")
    return json.loads(text)


def issue_of(text):
    return next(
        each
        for cluster in text["publications"][0]["clusters"]
        for each in cluster["issues"]
        if each["slug"] == "issue-0"
    )


def load_text(text, **options):
    document, _ = formats.read(json.dumps(text).encode())
    return load(document, source="edited.json", **options)


def issue():
    return Issue.objects.select_related("cluster").get(slug="issue-0")


@pytest.fixture
def room():
    """A file gave tier 5, and a curator made it 2."""
    load(a_document([issue_row(tier=5), issue_row()]), source="a")
    edit(tier=2)


def test_a_dump_that_was_not_edited_changes_nothing(room):
    report = load_text(dumped())

    assert not report.news
    assert issue().loaded["tier"] == 5


@pytest.mark.parametrize("tier", [1, 3, 5, None])
def test_only_the_edits_of_a_dump_are_applied(room, tier):
    text = dumped()
    issue_of(text)["tier"] = tier

    report = load_text(text)

    assert [(each.field, each.before, each.after) for each in report.news] == [("tier", 2, tier)]
    assert issue().tier == tier
    assert not Conflict.objects.exists()


def test_curators_changes_since_the_dump_are_kept(room):
    text = dumped()
    edit(tier=4, summary="Seen again.")
    issue_of(text)["title"] = "The ebb"

    load_text(text)

    assert (issue().tier, issue().summary, issue().title) == (4, "Seen again.", "The ebb")
    assert not Conflict.objects.exists()


def test_edits_on_both_sides_since_the_dump_conflict(room):
    text = dumped()
    edit(tier=4)
    issue_of(text)["tier"] = 3

    load_text(text)

    assert issue().tier == 4
    assert (Conflict.objects.get().field, Conflict.objects.get().theirs) == ("tier", 3)


def test_an_older_dump_is_known_from_a_newer_one(room):
    older = dumped()
    edit(tier=4, summary="Seen again.", title="The ebb")
    dumped()
    issue_of(older)["words"] = 500

    load_text(older)

    assert (issue().tier, issue().title, issue().words) == (4, "The ebb", 500)


def test_the_sources_next_file_is_still_held_against_its_last(room):
    text = dumped()
    issue_of(text)["summary"] = "Edited."
    load_text(text)

    report = load(a_document([issue_row(tier=5), issue_row()]), source="a")

    assert not report.news
    assert (issue().tier, issue().summary) == (2, "Edited.")


def test_tags_clusters_and_their_order_are_edited_too(room):
    text = dumped()
    issue_of(text)["tags"] = ["tide", "moon"]
    clusters = text["publications"][0]["clusters"]
    clusters.reverse()
    clusters[0]["title"] = "Dry land"
    clusters[0]["issues"].append(clusters[1]["issues"].pop(0))

    load_text(text)

    assert issue().cluster.title == "Dry land"
    assert [spelling for spelling, _ in issue().tag_list] == ["tide", "moon"]
    assert list(Cluster.objects.values_list("slug", flat=True)) == ["and", "sea"]


def test_a_new_issue_in_an_edited_dump_is_made(room):
    text = dumped()
    text["publications"][0]["issues"].append({"title": "New", "date": "2024-06-01"})

    assert load_text(text).issues.created == 1
    assert Issue.objects.get(title="New").loaded == {}


def test_another_rooms_dump_is_a_file_like_others(room):
    text = dumped() | {"room": "elsewhere"}
    issue_of(text)["tier"] = 3

    load_text(text)

    assert issue().tier == 2
    assert Conflict.objects.get().theirs == 3


@pytest.mark.parametrize("room_line", [7, None, ["x"]])
def test_a_room_that_is_no_text_is_refused(room, room_line):
    with pytest.raises(formats.Refused, match="expected a text"):
        load_text(dumped() | {"room": room_line})


def test_an_archived_row_does_not_take_what_a_dump_says_of_another():
    load(a_sea(an_issue("One", slug="one", url="https://example.org/one")), source="a")
    load(a_sea(an_issue("One", slug="tee", url="https://example.org/one")), source="b")
    archived = Issue.objects.get()
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(archived, {"archived_at": timezone.now()})
    other = make_issue(publication=archived.publication, title="Tee", slug="tee", position=0)

    report = load_text(dumped())

    assert not report.news
    assert Issue.objects.get(pk=archived.pk).archived_at
    assert Issue.objects.get(pk=other.pk).title == "Tee"


def test_a_catalog_that_was_never_dumped_has_no_values_at_a_dump():
    load(a_sea(an_issue()), source="a")

    assert values_at_dump(Issue.objects.get().publication, a_sea(an_issue()).publications[0]) == {}
