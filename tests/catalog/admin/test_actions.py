"""Bulk actions on issues: previewed, applied as one change set, and reverted as one."""

import csv
import io
import json
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin import actions
from catalog.curation.changeset import Curation
from catalog.curation.tags import merge_tags
from catalog.interchange import formats
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Citation, Issue, Publication, Tag
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

LIST = "admin:catalog_issue_changelist"


@pytest.fixture
def curator(client):
    user = make_user(username="vera", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def change(issue, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)


def choose(client, action, issues, query="", **more):
    """Choose an action in the list, as its form sends it."""
    data = {"action": action, "index": "0", "_selected_action": [issue.pk for issue in issues]}
    return client.post(reverse(LIST) + query, data | more)


def sent_back(response):
    """Return what the page of an action sends back, its hidden fields alone."""
    tags = re.findall('<input type="hidden"[^>]*>', response.content.decode())
    fields = [re.search('name="([^"]*)" value="([^"]*)"', tag).groups() for tag in tags]
    return dict(fields)


def preview(client, action, issues, query="", more=None, **given):
    first = choose(client, action, issues, query, **(more or {}))
    assert first.status_code == 200, first["Location"]
    return client.post(reverse(LIST) + query, sent_back(first) | given | {"preview": ""})


def apply(client, shown, query="", **given):
    return client.post(reverse(LIST) + query, sent_back(shown) | given | {"apply": ""})


def steps(response):
    """Return (issue, before, after) of all that a page shows would change."""
    return [(str(issue), *words) for issue, *words in response.context["plan"].changes]


def undo(client):
    """Press the one button for undo that the list offers."""
    text = client.get(reverse(LIST)).content.decode()
    (address,) = re.findall('<form class="undo" action="([^"]*)"', text)
    client.post(address)


# The tier


def test_a_tier_is_shown_for_each_issue_before_it_is_set(client, curator):
    tides, reefs, caves = (
        make_issue(title=title, tier=tier)
        for title, tier in [("Tides", 4), ("Reefs", None), ("Caves", 5)]
    )

    asked = choose(client, "set_tier", [tides, reefs, caves])
    assert asked.context["plan"] is None
    shown = preview(client, "set_tier", [tides, reefs, caves], tier="5")

    assert steps(shown) == [
        ("Tides", "4 Notable", "5 Landmark"), ("Reefs", "Unrated", "5 Landmark"),
    ]  # fmt: skip
    assert [str(step.issue) for step in shown.context["plan"].kept] == ["Caves"]
    assert "2 of 3 would change" in shown.content.decode()
    assert not Change.objects.exists()


def test_a_tier_is_set_as_one_act_with_its_reason_and_one_undo(client, curator):
    issues = [make_issue(tier=4) for _ in range(3)]
    shown = preview(client, "set_tier", issues, "?guessed=", tier="5")

    response = apply(client, shown, "?guessed=", tier="5", reason="Read again")

    assert response.status_code == 302
    assert response["Location"].endswith("?guessed=")
    assert set(Issue.objects.values_list("tier", flat=True)) == {5}
    batch = ChangeBatch.objects.get()
    assert (batch.user, batch.reason, batch.kind) == (curator, "Read again", "edit")
    assert "3 issues set to another tier." in client.get(reverse(LIST)).content.decode()
    undo_address = reverse("desk:batch_revert", args=[batch.pk])
    client.post(undo_address)
    assert set(Issue.objects.values_list("tier", flat=True)) == {4}


def test_a_tier_may_be_taken_away(client, curator):
    issue = make_issue(tier=4)

    apply(client, preview(client, "set_tier", [issue], tier="none"), tier="none")

    assert Issue.objects.get().tier is None


@pytest.mark.parametrize("tier", ["", "7", "x"])
def test_without_a_tier_nothing_is_shown_nor_done(client, curator, tier):
    issue = make_issue(tier=4)

    for step in ("preview", "apply"):
        data = {"action": "set_tier", "_selected_action": [issue.pk], "ids": issue.pk, step: ""}
        response = client.post(reverse(LIST), data | {"tier": tier})

        assert "tier" in response.context["form"].errors
    assert Issue.objects.get().tier == 4


def test_nothing_to_change_is_said_and_leaves_no_trace(client, curator):
    issue = make_issue(tier=5)

    shown = preview(client, "set_tier", [issue], tier="5")

    assert "0 of 1 would change" in shown.content.decode()
    assert 'name="apply"' not in shown.content.decode()
    apply(client, shown, tier="5")
    assert not ChangeBatch.objects.exists()
    assert actions.NOTHING_TO_CHANGE in client.get(reverse(LIST)).content.decode()


# Clusters


def in_order(cluster):
    return [issue.title for issue in cluster.issues.in_cluster_order()]


@pytest.fixture
def shores():
    cluster = make_cluster(title="Shores", publication=make_publication(name="The Sea"))
    for place, title in enumerate(["one", "two", "three"]):
        make_issue(cluster=cluster, title=title, position=place)
    return cluster


@pytest.mark.parametrize(
    ("place", "expected", "after"),
    [
        ("", ["one", "two", "three", "new", "newer"], "Shores, place 4"),
        ("1", ["new", "newer", "one", "two", "three"], "Shores, place 1"),
        ("3", ["one", "two", "new", "newer", "three"], "Shores, place 3"),
        ("99", ["one", "two", "three", "new", "newer"], "Shores, place 4"),
    ],
)
def test_issues_move_to_a_place_of_a_cluster_in_the_order_shown(
    client, curator, shores, place, expected, after
):
    home = make_cluster(title="Depths", publication=shores.publication)
    new = make_issue(title="new", cluster=home)
    newer = make_issue(title="newer", publication=shores.publication)
    given = {"cluster": shores.pk, "place": place}

    shown = preview(client, "move", [new, newer], **given)
    assert steps(shown)[0] == ("new", "Depths, place 1", after)
    assert steps(shown)[1][1] == "In no cluster"
    apply(client, shown, **given)

    assert in_order(shores) == expected
    undo(client)
    assert in_order(shores) == ["one", "two", "three"]
    assert Issue.objects.get(title="new").cluster == home
    assert ChangeBatch.objects.filter(kind="edit").count() == 1


def test_an_issue_moves_within_its_cluster(client, curator, shores):
    issue = Issue.objects.get(title="three")
    given = {"cluster": shores.pk, "place": "2"}

    shown = preview(client, "move", [issue], **given)
    assert steps(shown) == [("three", "Shores, place 3", "Shores, place 2")]
    assert "Behind them in “Shores”: 1 other issue." in shown.content.decode()
    apply(client, shown, **given)

    assert in_order(shores) == ["one", "three", "two"]


def test_places_are_those_that_readers_count(client, curator, shores):
    Issue.objects.filter(title="one").update(archived_at=timezone.now())
    new = make_issue(title="new", publication=shores.publication)
    given = {"cluster": shores.pk, "place": "2"}

    shown = preview(client, "move", [new], **given)
    assert steps(shown) == [("new", "In no cluster", "Shores, place 2")]
    apply(client, shown, **given)

    assert in_order(shores) == ["one", "two", "new", "three"]


def test_issues_are_taken_out_of_their_clusters(client, curator, shores):
    issues = list(shores.issues.all())

    apply(client, preview(client, "move", issues, cluster="none"), cluster="none")

    assert not shores.issues.exists()


def test_issues_of_another_publication_are_refused_by_name(client, curator, shores):
    stranger = make_issue(title="Peaks", publication=make_publication(name="The Hills"))
    own = make_issue(title="Tides", publication=shores.publication)

    shown = preview(client, "move", [own, stranger], cluster=shores.pk)
    text = shown.content.decode()

    assert "“Shores” is a cluster of “The Sea”. “Peaks” is of “The Hills”." in text
    assert 'name="apply"' not in text
    apply(client, shown, cluster=shores.pk)
    assert not Change.objects.exists()


def test_a_cluster_that_none_of_the_issues_can_be_in_is_refused_by_name(client, curator, shores):
    stranger = make_issue(publication=make_publication(name="The Hills"))

    shown = preview(client, "move", [stranger], cluster=shores.pk)

    assert "“Shores” is a cluster of another publication, “The Sea”." in shown.content.decode()


# Tags


@pytest.mark.parametrize(
    ("way", "tags", "expected"),
    [
        ("add", "wind\nMoon", ["moon", "Open Sea", "wind"]),
        ("remove", "open-sea", ["moon"]),
        ("replace", "wind\n\n salt ", ["wind", "salt"]),
        ("replace", "", []),
    ],
)
def test_tags_are_added_removed_and_replaced(client, curator, way, tags, expected):
    issue = make_issue(title="Tides")
    change(issue, tags=["moon", "Open Sea"])

    shown = preview(client, "change_tags", [issue], way=way, tags=tags)
    assert steps(shown) == [("Tides", "moon, Open Sea", ", ".join(expected))]
    apply(client, shown, way=way, tags=tags)

    assert [name for name, _ in Issue.objects.get().tag_list] == expected
    undo(client)
    assert [name for name, _ in Issue.objects.get().tag_list] == ["moon", "Open Sea"]


@pytest.mark.parametrize("way", ["add", "remove", "replace"])
def test_what_is_shown_of_tags_is_what_is_written_also_of_names_that_stand_for_others(
    client, curator, way
):
    tides, reefs = make_issue(title="Tides"), make_issue(title="Reefs")
    change(tides, tags=["ocean", "wind"])
    change(reefs, tags=["sea"])
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_tags([Tag.objects.get(key="sea")], Tag.objects.get(key="ocean"), curation)
    given = {"way": way, "tags": "Sea"}

    shown = preview(client, "change_tags", [tides, reefs], **given)
    expected = {title: after for title, _, after in steps(shown)}
    expected |= {step.issue.title: step.after for step in shown.context["plan"].kept}
    apply(client, shown, **given)

    stored = {
        issue.title: ", ".join(name for name, _ in issue.tag_list) for issue in Issue.objects.all()
    }
    assert stored == expected
    assert stored["Tides"] == {"add": "ocean, wind", "remove": "wind", "replace": "ocean"}[way]


@pytest.mark.parametrize(
    ("way", "tags"),
    [
        ("add", ""),
        ("remove", " \n"),
        ("add", "---"),
        ("add", "Ti\u202edes"),
        ("add", "x" * 101),
        ("burn", "x"),
    ],
)
def test_bad_tags_are_named_beside_their_field(client, curator, way, tags):
    shown = preview(client, "change_tags", [make_issue()], way=way, tags=tags)

    assert shown.context["form"].errors.keys() <= {"tags", "way"}
    assert shown.context["form"].errors
    assert shown.context["plan"] is None


# Reviews


def test_what_was_found_right_is_marked_as_reviewed(client, curator):
    issue = make_issue(title="Tides", tags_guessed=True)

    shown = choose(client, "review", [issue])
    assert steps(shown) == [("Tides", "Not reviewed, tags guessed", "Reviewed now")]
    before = timezone.now()
    apply(client, shown)

    stored = Issue.objects.get()
    assert before <= stored.reviewed_at <= timezone.now()
    assert stored.tags_guessed is False
    undo(client)
    stored = Issue.objects.get()
    assert (stored.reviewed_at, stored.tags_guessed) == (None, True)


# All actions


ACTS = {
    "set_tier": {"tier": "5"},
    "move": {"cluster": "none"},
    "change_tags": {"way": "add", "tags": "wind"},
    "review": {},
}


@pytest.mark.parametrize("action", ACTS)
def test_only_what_was_shown_is_done(client, curator, action):
    cluster = make_cluster()
    issue = make_issue(tier=3, cluster=cluster)
    shown = preview(client, action, [issue], **ACTS[action])
    change(issue, title="Changed by somebody else meanwhile")
    number = Change.objects.count()

    response = apply(client, shown, **ACTS[action])

    assert "Nothing is done yet" in response.content.decode()
    assert Change.objects.count() == number
    assert apply(client, response, **ACTS[action]).status_code == 302
    assert Change.objects.count() > number


def test_another_choice_than_was_shown_is_shown_before_it_is_done(client, curator):
    issue = make_issue(tier=3)
    shown = preview(client, "set_tier", [issue], tier="5")

    response = apply(client, shown, tier="1")

    assert steps(response)[0][2] == "1 of 5"
    assert Issue.objects.get().tier == 3


def test_an_act_is_done_whole_or_not_at_all(client, curator, monkeypatch):
    issues = [make_issue(tier=4) for _ in range(3)]
    shown = preview(client, "set_tier", issues, tier="5")
    change_one, done = Curation.change, []

    def fail_at_the_third(self, row, values, **more):
        done.append(row)
        if len(done) == 3:
            raise ZeroDivisionError
        return change_one(self, row, values, **more)

    monkeypatch.setattr(Curation, "change", fail_at_the_third)
    with pytest.raises(ZeroDivisionError):
        apply(client, shown, tier="5")

    assert set(Issue.objects.values_list("tier", flat=True)) == {4}
    assert not ChangeBatch.objects.exists()


def test_all_that_match_are_chosen_with_none_of_them_ticked(client, curator):
    publication = make_publication()
    for _ in range(120):
        make_issue(publication=publication, tier=3)
    other = make_issue(tier=3)
    query = f"?publication={publication.slug}"

    shown = preview(client, "set_tier", [], query, {"select_across": "on"}, tier="5")

    text = shown.content.decode()
    assert "120 of 120 would change" in text
    assert text.count('<th scope="row">') == 100
    assert "These are the first 100" in text
    apply(client, shown, query, tier="5")
    assert Issue.objects.filter(tier=5).count() == 120
    assert Issue.objects.get(pk=other.pk).tier == 3
    assert ChangeBatch.objects.count() == 1


def test_all_that_a_search_finds_are_chosen(client, curator):
    for title in ("Tides", "Tides again", "Reefs"):
        make_issue(title=title, tier=3)

    shown = preview(client, "set_tier", [], "?q=tides", {"select_across": "1"}, tier="5")

    assert {title for title, *_ in steps(shown)} == {"Tides", "Tides again"}


def test_what_is_chosen_stays_chosen_whatever_the_list_has_by_then(client, curator):
    issue = make_issue(tier=None, title="Tides")
    shown = preview(client, "set_tier", [], "?tier=none", {"select_across": "1"}, tier="5")
    make_issue(tier=None, title="Came later")

    apply(client, shown, "?tier=none", tier="5")

    assert Issue.objects.get(pk=issue.pk).tier == 5
    assert Issue.objects.get(title="Came later").tier is None


@pytest.mark.parametrize("action", [*ACTS, "archive"])
def test_more_than_can_be_done_at_once_are_refused(client, curator, monkeypatch, action):
    monkeypatch.setattr(actions, "MOST", 2)
    monkeypatch.setattr(actions.ChangeTags, "weight", 1)
    issues = [make_issue(tier=3) for _ in range(3)]

    for ticked, more in [(issues, {}), ([], {"select_across": "on"})]:
        assert choose(client, action, ticked, **more).status_code == 302
        page = client.get(reverse(LIST)).content.decode()
        assert "These are more than 2 issues. Narrow the list." in page
    assert not Change.objects.exists()


@pytest.mark.parametrize("ticked", [[], ["x"], ["9" * 40], ["-1"]])
def test_without_an_issue_there_is_no_action(client, curator, ticked):
    make_issue(tier=3)
    data = {"action": "set_tier", "index": "0", "_selected_action": ticked}

    assert client.post(reverse(LIST), data).status_code == 302

    assert 'class="warning"' in client.get(reverse(LIST)).content.decode() or ticked == ["9" * 40]


@pytest.mark.parametrize("action", [*ACTS, "export"])
def test_the_number_of_queries_of_a_preview_does_not_grow_with_the_issues(client, curator, action):
    def add():
        for number in range(4):
            change(make_issue(cluster=make_cluster(), tier=3), tags=["moon", f"tag {number}"])

    def count():
        issues = list(Issue.objects.all())
        given = {"format": "json"} if action == "export" else ACTS[action]
        with CaptureQueriesContext(connection) as queries:
            preview(client, action, issues, **given)
        return len(queries)

    add()
    count()
    before = count()
    add()
    assert count() == before


@pytest.mark.parametrize("action", [*ACTS, "archive", "restore"])
def test_who_may_not_change_issues_can_do_none_of_it(client, action):
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client.force_login(viewer)
    issue = make_issue(tier=3, archived_at=None)
    data = {"action": action, "_selected_action": [issue.pk], "ids": issue.pk, "apply": ""}

    client.post(reverse(LIST), data | ACTS.get(action, {}))

    assert not Change.objects.exists()


def test_the_pages_of_actions_need_no_inline_script_or_style(client, curator):
    issue = make_issue(cluster=make_cluster())
    for action, given in {**ACTS, "export": {"format": "csv"}}.items():
        text = preview(client, action, [issue], **given).content.decode()

        assert not re.search("<style|<script(?![^>]* src=)| style=| on[a-z]+=", text)
        form = text[text.index('<form class="act"') :]
        fields = re.findall("<(?:select|textarea|input)[^>]*>", form)
        for field in [field for field in fields if 'type="hidden"' not in field]:
            assert f'for="{re.search(' id="([^"]*)"', field)[1]}"' in form, field


# Archive


def test_archiving_says_how_many_and_offers_undo(client, curator):
    issues = [make_issue() for _ in range(2)]

    choose(client, "archive", issues)

    assert not Issue.objects.listed().exists()
    assert "2 issues archived." in client.get(reverse(LIST)).content.decode()
    assert ChangeBatch.objects.count() == 1


# Export


@pytest.fixture
def library():
    sea = make_publication(name="The Sea", slug="the-sea")
    shores = make_cluster(publication=sea, title="Shores", slug="shores", blurb="Where it ends.")
    make_cluster(publication=sea, title="Depths", slug="depths")
    tides = make_issue(cluster=shores, title="Tides", slug="tides", tier=5, words=900)
    change(tides, tags=["moon", "Open Sea"])
    Citation.objects.create(
        issue=tides, position=0, url="https://example.org/x", url_key="https://example.org/x"
    )
    make_issue(publication=sea, title="Loose")
    make_issue(publication=sea, title="Not chosen", cluster=shores)
    hills = make_publication(name="The Hills", slug="the-hills")
    make_issue(publication=hills, title="Peaks")
    make_issue(publication=hills, title="Gone", archived_at=timezone.now())
    return list(Issue.objects.exclude(title="Not chosen"))


def download(client, issues, kind):
    shown = preview(client, "export", issues, format=kind)
    return shown, apply(client, shown, format=kind)


def test_what_is_exported_as_json_is_a_catalog_that_loads_again(client, curator, library):
    shown, response = download(client, library, "json")

    assert response["Content-Type"] == "application/json"
    assert re.fullmatch(
        r'attachment; filename="issues-[0-9-]{10}\.json"', response["Content-Disposition"]
    )
    found = json.loads(response.content)["publications"]
    assert [
        (home["name"], cluster.get("title"), issue["title"])
        for home in found
        for cluster in [*home["clusters"], home]
        for issue in cluster["issues"]
    ] == [
        ("The Hills", None, "Peaks"), ("The Sea", "Shores", "Tides"), ("The Sea", None, "Loose"),
    ]  # fmt: skip
    (tides,) = found[1]["clusters"][0]["issues"]
    assert (tides["tier"], tides["tags"], tides["cites"], tides["words"]) == (
        5, ["moon", "Open Sea"], ["https://example.org/x"], 900,
    )  # fmt: skip
    assert "Left out: 1 archived issue." in shown.content.decode()

    before = set(Issue.objects.values_list("slug", "title", "tier", "summary", "cluster"))
    document, _ = formats.read(response.content)
    load(document, source="issues.json")
    assert set(Issue.objects.values_list("slug", "title", "tier", "summary", "cluster")) == before
    assert Publication.objects.count() == 2


def test_what_is_exported_as_csv_says_what_it_has_no_place_for(client, curator, library):
    shown, response = download(client, library, "csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [(row["publication"], row["cluster"], row["title"]) for row in rows] == [
        ("The Hills", "", "Peaks"), ("The Sea", "Shores", "Tides"), ("The Sea", "", "Loose"),
    ]  # fmt: skip
    assert "CSV has no place for" in shown.content.decode()


def test_an_export_changes_nothing_and_is_open_to_who_may_view(client, library):
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client.force_login(viewer)
    number = Change.objects.count()

    _, response = download(client, library, "json")

    assert response.status_code == 200
    assert Change.objects.count() == number


@pytest.mark.parametrize("kind", ["", "xml"])
def test_an_unknown_format_is_refused(client, curator, library, kind):
    _, response = download(client, library, kind)

    assert "format" in response.context["form"].errors
