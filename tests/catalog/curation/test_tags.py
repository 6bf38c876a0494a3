"""Operations on tags, and their effects on loads, search and undo."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.browsing.filters import search
from catalog.curation.changeset import Curation
from catalog.curation.reverting import revert
from catalog.curation.tags import delete_tag, merge_tags, rename_tag, restore_tag, retag, split_tag
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Issue, IssueTag, KeyCount, Tag
from catalog.search import indexing
from catalog.text import tag_key
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_in_step(db):
    """Whatever a test does, what search and facets read is in step with it afterwards."""
    yield
    assert indexing.check() == []


def fill(source="first.json", **tags_by_title):
    """Load a file of one publication: each issue's title and its tags."""
    issues = [
        document.IssueEntry(title=title, date=datetime.date(2024, 5, day), tier=4, tags=tags)
        for day, (title, tags) in enumerate(tags_by_title.items(), 1)
    ]
    shoreline = document.PublicationEntry(
        name="Shoreline", category="Science", author="The Editors", clusters=[], issues=issues
    )
    return load(document.Document(publications=[shoreline]), source=source)


def named(*names):
    return [Tag.objects.get(key=tag_key(name)) for name in names]


def act(do, *arguments):
    """Do one thing to tags; return what it returned, and its batch."""
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        result = do(*arguments, curation)
    return result, curation.batch


def merge(*names, into):
    return act(merge_tags, named(*names), *named(into))


def tags_of(title):
    """Return the spellings of an issue's tags; its rows and its list say the same."""
    issue = Issue.objects.get(title=title)
    rows = issue.issue_tags.values_list("spelling", "tag__slug")
    assert [list(row) for row in rows] == issue.tag_list
    return [spelling for spelling, _ in issue.tag_list]


def found(text):
    return set(search(Issue.objects.listed(), text).values_list("title", flat=True))


def listed(client, slug):
    """Return the titles that the catalog's list shows of a tag."""
    client.force_login(make_user())
    response = client.get(reverse("issue_list"), {"tag": slug})
    assert response.status_code == 200
    return {issue.title for issue in response.context["listing"].page.issues}


def all_of_it():
    """Return what stands of tags: themselves, what they stand for, and their uses."""
    tags = Tag.objects.order_by("id")
    return (
        list(tags.values_list("id", "key", "name", "slug", "is_named", "retired_at")),
        list(tags.values_list("id", "stands_for").order_by("id", "stands_for")),
        list(Issue.objects.order_by("id").values_list("id", "tag_list", "is_curated")),
        sorted(IssueTag.objects.values_list("issue", "tag", "position", "spelling", "date")),
        sorted(KeyCount.objects.values_list("facet", "value", "count")),
    )


class TestMerging:
    def test_the_issues_of_both_have_the_one_that_stays_once_and_in_its_place(self):
        fill(Tides=["wind", "sea", "moon"], Waves=["ocean", "sea"], Foam=["ocean"])

        number, _ = merge("sea", into="ocean")

        assert number == 2
        assert tags_of("Tides") == ["wind", "ocean", "moon"]
        assert tags_of("Waves") == ["ocean"]
        assert tags_of("Foam") == ["ocean"]

    def test_many_become_one(self):
        fill(Tides=["sea", "brine"], Waves=["main"], Foam=["ocean"])

        number, _ = merge("sea", "brine", "main", "ocean", into="ocean")

        assert number == 2
        assert IssueTag.objects.values("tag").distinct().count() == 1
        assert set(Tag.objects.retired().values_list("name", "stands_for__name")) == {
            ("sea", "ocean"),
            ("brine", "ocean"),
            ("main", "ocean"),
        }

    def test_a_later_file_that_uses_the_old_name_gives_its_issues_the_new_one(self):
        fill(Tides=["sea"], Waves=["ocean"])
        merge("sea", into="ocean")

        fill("second.json", Tides=["Sea", "moon"], Waves=["ocean"], Foam=["wind", "SEA"])

        assert tags_of("Tides") == ["ocean", "moon"]
        assert tags_of("Foam") == ["wind", "ocean"]
        assert Tag.objects.get(key="sea").retired_at
        assert not IssueTag.objects.filter(tag__key="sea").exists()

    def test_the_same_file_again_changes_nothing(self):
        fill(Tides=["sea", "moon"], Waves=["ocean", "sea"])
        merge("sea", into="ocean")
        before = all_of_it(), Change.objects.count()

        report = fill("again.json", Tides=["sea", "moon"], Waves=["ocean", "sea"])

        assert (report.issues.changed, report.issues.unchanged) == (0, 2)
        assert (all_of_it(), Change.objects.count()) == before

    def test_search_and_the_list_of_the_old_name_find_the_issues_of_the_new(self, client):
        fill(Tides=["Open Sea"], Waves=["ocean"], Foam=["wind"])
        merge("Open Sea", into="ocean")

        assert found("tag:ocean") == {"Tides", "Waves"}
        assert found('tag:"open sea"') == {"Tides", "Waves"}
        assert listed(client, "open-sea") == {"Tides", "Waves"}
        page = client.get(reverse("catalog:tag_detail", args=["open-sea"]))
        assert page.url == reverse("catalog:tag_detail", args=["ocean"])

    def test_a_chain_of_merges_leads_straight_to_its_end(self, client):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["water"])
        merge("sea", into="ocean")

        merge("ocean", into="water")

        assert set(Tag.objects.retired().values_list("name", "stands_for__name")) == {
            ("sea", "water"),
            ("ocean", "water"),
        }
        fill("second.json", Spray=["sea"], Surf=["ocean"])
        assert tags_of("Spray") == tags_of("Surf") == ["water"]
        assert found("tag:sea") == {"Tides", "Waves", "Foam", "Spray", "Surf"}
        assert listed(client, "sea") == found("tag:sea")

    def test_archived_issues_are_merged_with_the_rest(self):
        fill(Tides=["sea"], Waves=["ocean"])
        Issue.objects.filter(title="Tides").update(archived_at=timezone.now())
        indexing.rebuild()

        number, _ = merge("sea", into="ocean")

        assert number == 1
        assert tags_of("Tides") == ["ocean"]

    def test_undo_restores_tags_spellings_and_aliases_exactly(self):
        fill(
            Tides=["sea", "moon"], Waves=["ocean", "SEA", "wind"], Foam=["Ocean"], Surf=["brine"],
        )  # fmt: skip
        merge("brine", into="sea")
        before = all_of_it()

        _, batch = merge("sea", "wind", into="ocean")
        assert all_of_it() != before
        outcome = revert(batch, user=None, source="test")

        assert not outcome.left
        assert all_of_it() == before
        fill("second.json", Spray=["brine", "wind"])
        assert tags_of("Spray") == ["sea", "wind"]

    def test_undo_of_the_undo_merges_again(self):
        fill(Tides=["sea"], Waves=["ocean"])
        _, batch = merge("sea", into="ocean")
        after = all_of_it()

        undone = revert(batch, user=None, source="test")
        revert(ChangeBatch.objects.get(pk=undone.batch), user=None, source="test")

        assert all_of_it() == after

    def test_what_was_retagged_since_is_left_by_an_undo(self):
        fill(Tides=["sea"], Waves=["sea"])
        fill("second.json", Foam=["ocean"])
        _, batch = merge("sea", into="ocean")
        act(retag_title, "Tides", ["foam"])

        outcome = revert(batch, user=None, source="test")

        assert [step.row.title for step in outcome.left] == ["Tides"]
        assert tags_of("Tides") == ["foam"]
        assert tags_of("Waves") == ["sea"]

    def test_the_log_names_each_tag_and_each_issue_once(self):
        fill(Tides=["sea"], Waves=["ocean"])

        _, batch = merge("sea", into="ocean")

        assert set(batch.changes.values_list("kind", "field")) == {
            ("tag", "retired_at"),
            ("tag", "stands_for"),
            ("issue", "tags"),
        }
        pointed = batch.changes.get(field="stands_for")
        assert (pointed.before, pointed.after) == ([], ["ocean"])

    def test_merging_a_tag_into_itself_leaves_no_trace(self):
        fill(Tides=["sea"])

        number, batch = merge("sea", into="sea")

        assert (number, batch.pk) == (0, None)


def retag_title(title, names, curation):
    return retag(
        Issue.objects.filter(title=title).select_related("cluster"), curation, replace=names
    )


class TestRenaming:
    def test_a_tag_is_called_otherwise_wherever_it_is_used(self, client):
        fill(Tides=["sea", "moon"], Waves=["Sea"])

        tag, _ = act(rename_tag, *named("sea"), "Salt water")

        assert (tag.name, tag.slug, tag.is_named) == ("Salt water", "salt-water", True)
        assert tags_of("Tides") == ["Salt water", "moon"]
        assert tags_of("Waves") == ["Salt water"]
        assert found("tag:sea") == {"Tides", "Waves"} == listed(client, "sea")

    def test_another_spelling_of_the_same_name_is_written_everywhere(self):
        fill(Tides=["open sea"], Waves=["Open-Sea"], Foam=["open sea"])

        tag, _ = act(rename_tag, *named("open sea"), "Open Sea")

        assert Tag.objects.get() == tag
        assert (tag.name, tag.slug) == ("Open Sea", "open-sea")
        assert {tags_of(title)[0] for title in ("Tides", "Waves", "Foam")} == {"Open Sea"}
        fill("second.json", Surf=["OPEN SEA"])
        assert tags_of("Surf") == ["Open Sea"]

    def test_undo_of_a_new_spelling_gives_each_issue_its_own_back(self):
        fill(Tides=["open sea"], Waves=["Open-Sea"], Foam=["open sea"])
        before = all_of_it()

        _, batch = act(rename_tag, *named("open sea"), "Open Sea")
        outcome = revert(batch, user=None, source="test")

        assert not outcome.left
        assert all_of_it() == before

    def test_the_name_of_another_tag_is_a_merge_into_that_one(self):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["Ocean", "sea"], Surf=["ocean"])

        tag, _ = act(rename_tag, *named("sea"), "OCEAN")

        assert tag == Tag.objects.get(key="ocean")
        assert Tag.objects.get(key="sea").stands_for.get() == tag
        # A curator has chosen the name: the one that had it is spelt so too.
        assert {tuple(tags_of(title)) for title in ("Tides", "Waves", "Foam", "Surf")} == {
            ("OCEAN",)
        }

    def test_undo_of_a_renaming_restores_what_stood_before(self):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["Ocean", "sea"])
        before = all_of_it()

        _, batch = act(rename_tag, *named("sea"), "OCEAN")
        outcome = revert(batch, user=None, source="test")

        assert not outcome.left
        assert all_of_it() == before

    def test_a_tag_is_renamed_back_again(self):
        fill(Tides=["sea"])
        tag, _ = act(rename_tag, *named("sea"), "ocean")

        back, _ = act(rename_tag, tag, "sea")

        assert back.slug == "sea"
        assert tags_of("Tides") == ["sea"]
        assert Tag.objects.listed().get() == back
        assert Tag.objects.retired().get().stands_for.get() == back
        fill("second.json", Waves=["ocean"], Foam=["sea"])
        assert tags_of("Waves") == tags_of("Foam") == ["sea"]

    def test_renamed_twice_each_earlier_name_leads_to_the_last(self, client):
        fill(Tides=["sea"])
        tag, _ = act(rename_tag, *named("sea"), "ocean")

        act(rename_tag, tag, "water")

        assert listed(client, "sea") == listed(client, "ocean") == {"Tides"}
        fill("second.json", Waves=["sea"], Foam=["ocean"])
        assert tags_of("Waves") == tags_of("Foam") == ["water"]

    def test_a_renaming_takes_a_name_over_that_stood_for_another_tag(self):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["wind"])
        merge("sea", into="ocean")

        tag, _ = act(rename_tag, *named("wind"), "sea")

        assert tag.retired_at is None
        assert not tag.stands_for.exists()
        assert tags_of("Foam") == ["sea"]
        assert tags_of("Tides") == ["ocean"]

    def test_a_renaming_to_what_it_is_called_leaves_only_that_it_was_chosen(self):
        fill(Tides=["sea"], Waves=["Sea", "moon"], Foam=["sea"])

        _, batch = act(rename_tag, *named("sea"), "sea")
        _, again = act(rename_tag, *named("sea"), "sea")

        assert tags_of("Waves") == ["sea", "moon"]
        assert set(batch.changes.values_list("field", flat=True)) == {"is_named", "tags"}
        assert again.pk is None


class TestSplitting:
    def test_a_tag_becomes_several_where_it_stood(self, client):
        fill(Tides=["wind", "sea and sky", "moon"], Waves=["sky", "sea and sky"])

        number, _ = act(split_tag, *named("sea and sky"), ["sea", "sky"])

        assert number == 2
        assert sorted(tags_of("Tides")) == ["moon", "sea", "sky", "wind"]
        assert (tags_of("Tides")[0], tags_of("Tides")[-1]) == ("wind", "moon")
        assert sorted(tags_of("Waves")) == ["sea", "sky"]
        assert found('tag:"sea and sky"') == {"Tides", "Waves"} == listed(client, "sea-and-sky")
        fill("second.json", Foam=["Sea and Sky"])
        assert sorted(tags_of("Foam")) == ["sea", "sky"]

    def test_the_parts_keep_the_curators_order(self):
        fill(Waves=["sky"], Tides=["sea and sky"])

        act(split_tag, *named("sea and sky"), ["sea", "sky"])

        assert tags_of("Tides") == ["sea", "sky"]

    def test_a_part_may_keep_the_name(self):
        fill(Tides=["moon", "sea"], Waves=["sea", "wind"])

        number, _ = act(split_tag, *named("sea"), ["sea", "water"])

        assert number == 2
        assert tags_of("Tides") == ["moon", "sea", "water"]
        assert tags_of("Waves") == ["sea", "water", "wind"]
        assert Tag.objects.get(name="sea").retired_at is None
        # Nothing tells a later use of the name from the whole.
        fill("second.json", Foam=["sea"])
        assert tags_of("Foam") == ["sea"]

    @pytest.mark.parametrize("names", [["sea", "sky"], ["sea and sky", "sky"], ["sky", "Sky"]])
    def test_undo_makes_it_one_again(self, names):
        fill(Tides=["wind", "sea and sky", "moon"], Waves=["sky", "Sea and Sky"], Foam=["sea"])
        before = all_of_it()

        _, batch = act(split_tag, *named("sea and sky"), names)
        outcome = revert(batch, user=None, source="test")

        assert not outcome.left
        assert all_of_it() == before

    def test_a_name_that_stood_for_it_stands_for_the_parts(self):
        fill(Tides=["sea and sky"], Waves=["brine"])
        merge("brine", into="sea and sky")

        act(split_tag, *named("sea and sky"), ["sea", "sky"])

        assert tags_of("Waves") == ["sea", "sky"]
        assert found("tag:brine") == {"Tides", "Waves"}
        assert found("tag:sky") == {"Tides", "Waves"}

    def test_a_name_that_stood_for_it_may_be_a_part(self):
        fill(Tides=["sea and sky"], Waves=["sea"])
        merge("sea", into="sea and sky")

        act(split_tag, *named("sea and sky"), ["sea", "sky"])

        assert tags_of("Tides") == tags_of("Waves") == ["sea", "sky"]
        assert Tag.objects.get(key="sea").retired_at is None


class TestDeleting:
    def test_a_deleted_tag_is_taken_off_all_issues_and_does_not_come_back(self, client):
        fill(Tides=["sea", "moon"], Waves=["sea"])

        number, _ = act(delete_tag, *named("sea"))

        assert number == 2
        assert tags_of("Tides") == ["moon"]
        assert tags_of("Waves") == []
        fill("second.json", Tides=["sea", "moon", "wind"], Waves=["Sea"], Foam=["SEA", "wind"])
        assert tags_of("Tides") == ["moon", "wind"]
        assert tags_of("Waves") == []
        assert tags_of("Foam") == ["wind"]
        assert found("tag:sea") == set()
        assert client.get(reverse("issue_list"), {"tag": "sea"}).status_code != 200

    def test_no_row_is_deleted(self):
        fill(Tides=["sea"])

        act(delete_tag, *named("sea"))

        tag = Tag.objects.get()
        assert tag.retired_at
        assert not tag.stands_for.exists()

    def test_undo_puts_it_back_where_it_stood(self):
        fill(Tides=["moon", "Sea", "wind"], Waves=["sea"], Foam=["brine"])
        merge("brine", into="sea")
        before = all_of_it()

        _, batch = act(delete_tag, *named("sea"))
        assert tags_of("Foam") == []
        outcome = revert(batch, user=None, source="test")

        assert not outcome.left
        assert all_of_it() == before

    def test_a_deleted_tag_that_is_named_again_by_a_curator_is_one_again(self):
        fill(Tides=["sea"], Waves=["ocean"])
        act(delete_tag, *named("sea"))

        act(rename_tag, *named("ocean"), "sea")

        assert tags_of("Waves") == ["sea"]
        fill("second.json", Foam=["sea"])
        assert tags_of("Foam") == ["sea"]


def test_a_name_that_two_spellings_tie_for_stays_when_one_issue_is_written_again():
    fill(Tides=["sea"], Waves=["Sea"])

    act(retag_title, "Tides", ["moon", "sea"])

    assert Tag.objects.get(key="sea").name == "sea"


class TestRestoring:
    def test_a_name_becomes_a_tag_of_its_own_again(self):
        fill(Tides=["sea"], Waves=["ocean"])
        merge("sea", into="ocean")

        _, batch = act(restore_tag, *named("sea"))

        tag = Tag.objects.get(name="sea")
        assert tag.retired_at is None
        assert not tag.stands_for.exists()
        assert tags_of("Tides") == ["ocean"]
        fill("second.json", Foam=["sea"])
        assert tags_of("Foam") == ["sea"]
        revert(batch, user=None, source="test")
        assert Tag.objects.get(name="sea").stands_for.get().name == "ocean"

    def test_a_tag_that_stands_for_itself_is_left_as_it_is(self):
        fill(Tides=["sea"])

        _, batch = act(restore_tag, *named("sea"))

        assert batch.pk is None


def test_the_queries_of_a_merge_grow_with_its_issues_by_a_few_each():
    fill(**{f"Issue {n}": ["sea", "moon"] for n in range(10)}, Waves=["ocean"])
    with CaptureQueriesContext(
        connection,
    ) as few:
        merge("sea", into="ocean")
    fill("second.json", **{f"Issue {n}": ["brine", "moon"] for n in range(10, 40)})
    with CaptureQueriesContext(connection) as many:
        merge("brine", into="ocean")

    assert (len(many) - len(few)) / 20 <= 8


LONG_AGO = datetime.datetime(2020, 5, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    "do",
    [
        lambda: act(merge_tags, named("moon"), *named("tides")),
        lambda: act(split_tag, *named("moon"), ["lune", "luna"]),
        lambda: act(delete_tag, *named("moon")),
    ],
)
def test_a_reverted_merge_split_or_deletion_gives_no_issue_a_new_tag(do):
    fill(One=["moon"], Two=["moon", "tides"], Three=["tides"])
    IssueTag.objects.update(added_at=LONG_AGO)
    Issue.objects.update(created_at=LONG_AGO)

    _, batch = do()
    revert(batch, user=None, source="test")

    assert set(IssueTag.objects.values_list("tag__name", "added_at")) == {
        ("moon", LONG_AGO),
        ("tides", LONG_AGO),
    }
