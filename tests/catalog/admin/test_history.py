"""The curators' pages of the log of changes, and taking back what is in it."""

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.admin import history
from catalog.curation.changeset import CHANGE_COLUMNS, Curation
from catalog.curation.clusters import merge_clusters, place_issues, split_cluster
from catalog.curation.reverting import revert, steps
from catalog.curation.tags import merge_tags, rename_tag
from catalog.db import bulk
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import (
    Category,
    Change,
    ChangeBatch,
    Cluster,
    Issue,
    IssueTag,
    Publication,
    Tag,
)
from catalog.search import indexing
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_changebatch_changelist")


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True, username="the-curator")
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


@pytest.fixture
def onlooker(client):
    """One of the staff who may look at the log and change nothing."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_changebatch"))
    client.force_login(user)
    return user


def act(change, **how):
    """Do something in one act and return its batch."""
    with Curation(ChangeBatch.Kind.EDIT, **({"source": "admin"} | how)) as curation:
        change(curation)
    return curation.batch


def edit(row, **values):
    return act(lambda curation: curation.change(type(row).objects.get(pk=row.pk), values))


def take_back(batch, of=None):
    return revert(batch, user=None, source="test", of=of)


def fields(outcome):
    """The fields that were reverted and those that were not."""
    return (
        sorted(step.field for step in outcome.done),
        sorted(step.field for step in outcome.left),
    )


def great_act(number):
    """Log an act of so many changes; return its batch and the one issue that is there."""
    issue = make_issue(title="First of many")
    batch = ChangeBatch.objects.create(kind=ChangeBatch.Kind.LOAD, source="great.json")
    rows = (
        (batch.pk, issue.publication_id, "issue", issue.pk + each, "", "null", "null")
        for each in range(number)
    )
    bulk.insert(Change, CHANGE_COLUMNS, rows)
    return batch, issue


def press(client, batch, **data):
    return client.post(reverse("desk:batch_revert", args=[batch.pk]), data)


def said(response):
    return " ".join(str(each) for each in get_messages(response.wsgi_request))


# Taking back.


def test_an_edit_is_taken_back_and_says_what_it_takes_back():
    issue = make_issue(tier=4, title="Ebb")
    home = make_cluster(publication=issue.publication)
    batch = act(
        lambda curation: curation.change(
            issue, {"tier": 5, "title": "Flow", "cluster": home, "tags": ["moon"]}
        )
    )

    outcome = take_back(batch)

    stored = Issue.objects.get()
    assert (stored.tier, stored.title, stored.cluster, stored.tag_list) == (4, "Ebb", None, [])
    assert not IssueTag.objects.exists()
    assert fields(outcome) == (["cluster", "tags", "tier", "title"], [])
    undone = ChangeBatch.objects.get(pk=outcome.batch)
    assert (undone.kind, undone.reverts) == (ChangeBatch.Kind.REVERT, batch)
    assert indexing.check() == []


def test_taking_back_is_itself_taken_back():
    issue = make_issue(tier=4)
    batch = edit(issue, tier=5, tags=["moon"])
    undone = ChangeBatch.objects.get(pk=take_back(batch).batch)

    take_back(undone)

    stored = Issue.objects.get()
    assert stored.tier == 5
    assert stored.tag_list == [["moon", "moon"]]
    assert indexing.check() == []


def test_what_has_been_changed_again_since_is_left_and_told():
    issue = make_issue(tier=4, title="Ebb")
    batch = edit(issue, tier=5, title="Flow")
    edit(issue, tier=3)

    outcome = take_back(batch)

    stored = Issue.objects.get()
    assert (stored.tier, stored.title) == (3, "Ebb")
    assert fields(outcome) == (["title"], ["tier"])


def test_taking_back_twice_changes_nothing_more():
    batch = edit(make_issue(tier=4), tier=5)
    take_back(batch)

    outcome = take_back(batch)

    assert fields(outcome) == ([], ["tier"])
    assert outcome.batch is None


def test_one_object_of_an_act_is_taken_back_alone():
    one, other = make_issue(tier=4), make_issue(tier=4)

    def both(curation):
        curation.change(one, {"tier": 5})
        curation.change(other, {"tier": 5})

    take_back(act(both), of=("issue", other.pk))

    assert Issue.objects.get(pk=one.pk).tier == 5
    assert Issue.objects.get(pk=other.pk).tier == 4


@pytest.fixture
def merged():
    """Two clusters, the one merged into the other, and the act that did it."""
    moon = make_cluster(title="Moon")
    sea = make_cluster(publication=moon.publication, title="Sea")
    issues = [make_issue(cluster=sea, position=place) for place in range(3)]
    make_issue(cluster=moon)
    return sea, moon, issues, act(lambda curation: merge_clusters([sea], moon, curation))


def test_a_merge_of_clusters_is_taken_back_and_done_again(merged):
    sea, moon, issues, batch = merged

    undone = ChangeBatch.objects.get(pk=take_back(batch).batch)

    assert list(sea.issues.in_cluster_order()) == issues
    sea.refresh_from_db()
    assert (sea.archived_at, sea.merged_into) == (None, None)

    take_back(undone)

    sea.refresh_from_db()
    assert sea.merged_into == moon
    assert sea.archived_at
    assert not sea.issues.exists()
    assert moon.issues.count() == 4
    assert indexing.check() == []


def test_a_merge_of_merged_clusters_is_taken_back_to_the_merge_before(merged):
    sea, moon, _, _ = merged
    shore = make_cluster(publication=moon.publication, title="Shore")
    again = act(lambda curation: merge_clusters([moon], shore, curation))

    take_back(again)

    sea.refresh_from_db()
    assert sea.merged_into == moon
    assert moon.issues.count() == 4


def test_a_merge_is_left_whole_where_its_cluster_has_been_merged_further(merged):
    sea, moon, _, batch = merged
    shore = make_cluster(publication=moon.publication, title="Shore")
    act(lambda curation: merge_clusters([moon], shore, curation))

    outcome = take_back(batch)

    sea.refresh_from_db()
    assert sea.merged_into == shore
    assert sea.archived_at
    assert {"archived_at", "merged_into"} <= set(fields(outcome)[1])
    assert shore.issues.count() == 4


def test_an_issue_goes_back_to_what_its_cluster_has_been_merged_into_since():
    sea, moon, shore = (make_cluster(publication=each) for each in [make_publication()] * 3)
    issue = make_issue(cluster=sea)
    batch = act(lambda curation: place_issues([issue], moon, curation))
    act(lambda curation: merge_clusters([sea], shore, curation))

    take_back(batch)

    assert Issue.objects.get().cluster == shore


def test_a_cluster_is_not_merged_again_while_an_issue_has_come_into_it(merged):
    sea, _, _, batch = merged
    undone = ChangeBatch.objects.get(pk=take_back(batch).batch)
    late = make_issue(cluster=sea)

    outcome = take_back(undone)

    sea.refresh_from_db()
    assert (sea.archived_at, sea.merged_into) == (None, None)
    assert list(sea.issues.all()) == [late]
    assert fields(outcome)[1] == ["archived_at", "merged_into"]


def test_a_split_is_taken_back_and_its_cluster_archived(client, curator):
    sea = make_cluster(title="Sea")
    issues = [make_issue(cluster=sea) for _ in range(2)]
    batch = act(lambda curation: split_cluster(sea, issues[:1], "Shore", "", curation))
    shore = Cluster.objects.get(title="Shore")

    take_back(batch)

    assert sea.issues.count() == 2
    assert list(Cluster.objects.listed()) == [sea]
    assert client.get(sea.publication.get_absolute_url()).status_code == 200

    # Not where something else has been put into it since.
    other = act(lambda curation: split_cluster(sea, issues[:1], "Coast", "", curation))
    coast = Cluster.objects.get(title="Coast")
    make_issue(cluster=coast)
    outcome = take_back(other)
    assert coast in Cluster.objects.listed()
    assert "" in fields(outcome)[1]
    assert shore not in Cluster.objects.listed()


@pytest.fixture
def retagged():
    issues = [make_issue() for _ in range(3)]
    for issue, tags in zip(issues, (["moon"], ["the moon"], ["moon", "the moon"]), strict=True):
        edit(issue, tags=tags)
    return issues


def tags_of(issues):
    return [
        [spelling for spelling, _ in Issue.objects.get(pk=issue.pk).tag_list] for issue in issues
    ]


def test_a_merge_of_tags_is_taken_back_and_done_again(retagged):
    moon, the_moon = Tag.objects.order_by("key")
    batch = act(lambda curation: merge_tags([the_moon], moon, curation))
    assert tags_of(retagged) == [["moon"]] * 3

    undone = ChangeBatch.objects.get(pk=take_back(batch).batch)

    the_moon.refresh_from_db()
    assert the_moon.retired_at is None
    assert not the_moon.stands_for.exists()
    assert tags_of(retagged) == [["moon"], ["the moon"], ["moon", "the moon"]]

    late = make_issue()
    edit(late, tags=["the moon"])
    take_back(undone)

    # A retired tag has no uses: what has come since obeys as well.
    assert tags_of([*retagged, late]) == [["moon"]] * 4
    assert not IssueTag.objects.filter(tag=the_moon).exists()
    assert indexing.check() == []


def test_a_merge_of_tags_is_left_where_the_other_has_been_merged_further(retagged):
    moon, the_moon = Tag.objects.order_by("key")
    batch = act(lambda curation: merge_tags([the_moon], moon, curation))
    luna = Tag.objects.create(name="luna", slug="luna", key="luna")
    act(lambda curation: merge_tags([moon], luna, curation))

    outcome = take_back(batch)

    the_moon.refresh_from_db()
    assert the_moon.retired_at
    assert list(the_moon.stands_for.all()) == [luna]
    assert {"retired_at", "stands_for"} <= set(fields(outcome)[1])
    assert tags_of(retagged) == [["luna"]] * 3


def test_a_renamed_tag_has_its_old_spellings_back(retagged):
    moon = Tag.objects.get(key="moon")
    batch = act(lambda curation: rename_tag(moon, "Moon", curation))
    assert tags_of(retagged[:1]) == [["Moon"]]

    take_back(batch)

    assert tags_of(retagged[:1]) == [["moon"]]
    moon.refresh_from_db()
    assert (moon.name, moon.is_named) == ("moon", False)


def a_file(*issues, category="Science", clusters=True):
    shown = [
        document.IssueEntry(title=title, date=datetime.date(2024, 5, day), tier=tier)
        for day, (title, tier) in enumerate(issues, 1)
    ]
    home = document.ClusterEntry(title="Sea", issues=shown)
    return document.Document(
        publications=[
            document.PublicationEntry(
                name="Tides", category=category, author="The Editors", clusters=[home]
            )
        ]
    )


def test_a_load_that_changed_fields_is_taken_back_and_the_curators_word_then_stands():
    load(a_file(("Ebb", 4), ("Flow", 3)), source="a.json")
    changed = load(a_file(("Ebb", 5), ("Flow", 2)), source="b.json")

    take_back(ChangeBatch.objects.get(pk=changed.batch))

    assert list(Issue.objects.order_by("id").values_list("tier", flat=True)) == [4, 3]
    load(a_file(("Ebb", 5), ("Flow", 2)), source="b.json")
    assert list(Issue.objects.order_by("id").values_list("tier", flat=True)) == [4, 3]


def test_a_load_that_made_issues_is_taken_back_and_they_are_archived_with_their_cluster(
    client, curator
):
    report = load(a_file(("Ebb", 4), ("Flow", 3)), source="a.json")
    batch = ChangeBatch.objects.get(pk=report.batch)

    outcome = take_back(batch)

    assert not Issue.objects.listed().exists()
    assert not Cluster.objects.listed().exists()
    # Publications and categories are there to stay.
    assert {step.key[0] for step in outcome.left} == {"publication", "category"}
    assert client.get(Publication.objects.get().get_absolute_url()).status_code == 200
    assert indexing.check() == []

    take_back(ChangeBatch.objects.get(pk=outcome.batch))
    assert Issue.objects.listed().count() == 2
    assert Cluster.objects.listed().get().issues.count() == 2
    assert indexing.check() == []


def test_issues_that_swapped_their_addresses_have_them_back():
    publication = make_publication()
    one, other = (make_issue(publication=publication, url="") for _ in range(2))
    first, second = "https://example.org/1", "https://example.org/2"
    edit(one, url=first)
    edit(other, url=second)

    def swap(curation):
        rows = [Issue.objects.get(pk=issue.pk) for issue in (one, other)]
        Issue.objects.update(url="", url_key=None)
        curation.change(rows[0], {"url": second})
        curation.change(rows[1], {"url": first})

    take_back(act(swap))

    assert [Issue.objects.get(pk=each.pk).url for each in (one, other)] == [first, second]


def test_an_address_that_another_issue_has_taken_since_stays_with_it():
    issue = make_issue(tier=4)
    former = issue.url
    batch = edit(issue, url="https://example.org/moved", tier=5)
    other = make_issue(publication=issue.publication, url=former)

    outcome = take_back(batch)

    stored = Issue.objects.get(pk=issue.pk)
    assert (stored.url, stored.tier) == ("https://example.org/moved", 4)
    assert Issue.objects.get(pk=other.pk).url == former
    assert fields(outcome) == (["tier"], ["url"])


def test_an_issue_goes_back_to_the_publication_and_cluster_that_it_came_from():
    sea, moon = make_cluster(), make_cluster()
    issue = make_issue(cluster=sea)
    batch = edit(issue, publication=moon.publication, cluster=moon)

    take_back(batch)

    stored = Issue.objects.get()
    assert (stored.publication, stored.cluster) == (sea.publication, sea)


def test_an_issue_stays_where_it_is_if_its_old_place_is_taken():
    issue, home = make_issue(), make_publication()
    batch = edit(issue, publication=home)
    make_issue(publication=issue.publication, slug=issue.slug)

    outcome = take_back(batch)

    assert Issue.objects.get(pk=issue.pk).publication == home
    assert fields(outcome) == ([], ["publication"])


def test_an_issue_stays_where_it_is_if_its_old_address_is_taken_there():
    issue, home = make_issue(), make_publication()
    former = issue.url
    batch = edit(issue, publication=home, url="https://example.org/moved", tier=1)
    make_issue(publication=issue.publication, url=former)

    outcome = take_back(batch)

    stored = Issue.objects.get(pk=issue.pk)
    assert stored.publication == home
    assert fields(outcome)[1] == ["publication"]


def test_a_category_does_not_take_back_a_name_that_another_has_by_now():
    category = Category.objects.create(name="Science", slug="science")
    batch = edit(category, name="Nature")
    Category.objects.create(name="Science", slug="science-2")

    outcome = take_back(batch)

    assert Category.objects.get(pk=category.pk).name == "Nature"
    assert fields(outcome) == ([], ["name"])


# The page of an act.


def test_an_act_is_shown_with_who_why_and_what_in_words(client, curator):
    sea = make_cluster(title="The sea", slug="sea")
    issue = make_issue(publication=sea.publication, title="Ebb & <flow>", tier=4)
    batch = act(
        lambda curation: curation.change(
            issue,
            {"tier": 5, "cluster": sea, "tags": ["moon", "Open Sea"], "tags_guessed": True},
        ),
        user=curator,
        reason="Read <again>.",
    )

    page = client.get(reverse("desk:batch_detail", args=[batch.pk])).content.decode()

    assert "the-curator" in page
    assert "Why: Read &lt;again&gt;." in page
    assert "Ebb &amp; &lt;flow&gt;" in page
    assert '<td dir="auto">4 Notable</td><td dir="auto">5 Landmark</td>' in page
    assert '<td dir="auto">nothing</td><td dir="auto">The sea</td>' in page
    assert '<td dir="auto">nothing</td><td dir="auto">moon, Open Sea</td>' in page
    assert '<td>tags guessed</td>\n<td dir="auto">no</td><td dir="auto">yes</td>' in page
    assert "[&#x27;" not in page
    assert "style=" not in page.partition('id="content"')[2]


def test_each_step_tells_what_has_become_of_it(client, curator):
    issue = make_issue(tier=4, title="Ebb", words=7)
    batch = edit(issue, tier=5, title="Flow", words=9)
    edit(issue, tier=3)
    edit(issue, words=7)

    page = client.get(reverse("desk:batch_detail", args=[batch.pk]))

    (shown,) = page.context["objects"]
    assert {step.name: step.state for step in shown.steps} == {
        "tier": "changed again since: 3 of 5",
        "title": "as it was left",
        "words": "as it was before",
    }


def test_an_act_tells_whether_it_has_been_taken_back_and_by_which(client, curator):
    batch = edit(make_issue(tier=4), tier=5)
    address = reverse("desk:batch_detail", args=[batch.pk])
    assert "Take all of it back" in client.get(address).content.decode()

    press(client, batch, reason="A slip.")
    undone = ChangeBatch.objects.get(reverts=batch)

    page = client.get(address).content.decode()
    assert reverse("desk:batch_detail", args=[undone.pk]) in page
    assert "by the-curator" in page
    assert "Take all of it back" not in page
    back = client.get(reverse("desk:batch_detail", args=[undone.pk])).content.decode()
    assert f'Takes back <a href="{address}">' in back
    assert "Why: A slip." in back


def test_the_button_takes_all_back_and_offers_to_undo_that(client, curator):
    issue = make_issue(tier=4)
    batch = edit(issue, tier=5)

    response = press(client, batch)

    undone = ChangeBatch.objects.get(reverts=batch)
    assert response.url == reverse("desk:batch_detail", args=[batch.pk])
    assert undone.user == curator
    assert Issue.objects.get().tier == 4
    assert "1 change taken back." in said(response)
    assert reverse("desk:batch_revert", args=[undone.pk]) in said(response)


def test_an_objects_own_button_takes_back_that_object(client, curator):
    one, other = make_issue(tier=4), make_issue(tier=4)

    def both(curation):
        curation.change(one, {"tier": 5})
        curation.change(other, {"tier": 5})

    batch = act(both)
    page = client.get(reverse("desk:batch_detail", args=[batch.pk])).content.decode()
    assert page.count(f'name="object" value="{other.pk}"') == 1

    press(client, batch, kind="issue", object=other.pk)

    assert [Issue.objects.get(pk=each.pk).tier for each in (one, other)] == [5, 4]


def test_what_stays_as_it_is_is_said_by_name(client, curator):
    issue = make_issue(tier=4, title="Ebb")
    batch = edit(issue, tier=5)
    edit(issue, tier=3)

    response = press(client, batch)

    assert "1 change stays as it is" in said(response)
    assert "tier of “Ebb”" in said(response)
    assert Issue.objects.get().tier == 3


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "issue"}, {"object": "1"}, {"kind": "reader", "object": "1"},
        {"kind": "issue", "object": "٣"}, {"kind": "issue", "object": "9" * 30},
        {"kind": "issue", "object": ""},
    ],
)  # fmt: skip
def test_half_a_name_of_an_object_takes_nothing_back(client, curator, data):
    batch = edit(make_issue(tier=4), tier=5)

    assert press(client, batch, **data).status_code == 400
    assert Issue.objects.get().tier == 5


def test_an_object_that_the_act_did_not_touch_is_nothing_to_take_back(client, curator):
    batch = edit(make_issue(tier=4), tier=5)

    assert "nothing to take back" in said(press(client, batch, kind="issue", object=999_999))


def test_a_reason_may_hold_what_a_database_may_not(client, curator):
    batch = edit(make_issue(tier=4), tier=5)

    press(client, batch, reason="A\x00 slip" + "." * 300)

    assert ChangeBatch.objects.get(reverts=batch).reason.startswith("A  slip.")


@pytest.mark.full
def test_an_act_of_a_hundred_thousand_changes_opens_and_shows_two_hundred(
    client, curator, django_assert_max_num_queries
):
    batch, issue = great_act(100_000)
    address = reverse("desk:batch_detail", args=[batch.pk])
    with django_assert_max_num_queries(12):
        page = client.get(address).content.decode()

    assert "First of many" in page
    assert "and 99,800 more changes" in page.replace("99800", "99,800")
    assert "cannot be taken back whole" in page
    assert "Take all of it back" not in page

    response = press(client, batch)
    assert "Nothing is taken back" in said(response)
    assert Issue.objects.listed().exists()

    press(client, batch, kind="issue", object=issue.pk)
    assert not Issue.objects.listed().exists()


def test_a_long_act_is_cut_by_whole_objects(client, curator):
    issues = [make_issue(title=f"N{number}", tier=4, words=1) for number in range(150)]

    def in_turns(curation):
        for issue in issues:
            curation.change(issue, {"tier": 5})
        for issue in issues:
            curation.change(issue, {"words": 2})
        curation.change(issues[0], {"tier": 3})

    batch = act(in_turns)

    page = client.get(reverse("desk:batch_detail", args=[batch.pk]))

    assert sum(len(each.steps) for each in page.context["objects"]) == history.MOST_STEPS_SHOWN
    first = page.context["objects"][0]
    assert [(step.name, step.after) for step in first.steps] == [
        ("tier", "3 of 5"),
        ("words", "2"),
    ]
    assert page.context["more"] == 101
    assert len(steps(batch)) == 300


# The history of one object.


def test_an_objects_history_shows_every_change_of_it_newest_first(client, curator):
    sea = make_cluster(title="The sea", slug="sea")
    issue = make_issue(publication=sea.publication, tier=4)
    act(
        lambda curation: curation.made(Change.Kind.ISSUE, issue.publication_id, issue.pk),
        source="tides.json",
    )
    first = edit(issue, tier=5)
    act(lambda curation: curation.change(issue, {"cluster": sea}), user=curator, reason="Moved.")

    response = client.get(reverse("desk:object_history", args=["issue", issue.pk]))

    assert [
        [(step.name, step.before, step.after) for step in each["steps"]]
        for each in response.context["acts"]
    ] == [
        [("cluster", "", "The sea")],
        [("tier", "4 Notable", "5 Landmark")],
        [("made", "not there", "there")],
    ]
    page = response.content.decode()
    assert "the-curator: Moved." in page
    assert "tides.json" in page

    # The buttons of a page lead back to it.
    address = reverse("desk:object_history", args=["issue", issue.pk])
    back = client.post(
        reverse("desk:batch_revert", args=[first.pk]),
        {"kind": "issue", "object": issue.pk},
        headers={"referer": f"http://testserver{address}"},
    )
    assert back.url == f"http://testserver{address}"
    assert Issue.objects.get().tier == 4


@pytest.mark.parametrize("kind", Change.Kind.values)
def test_objects_of_every_kind_have_a_history(client, curator, kind):
    cluster = make_cluster()
    issue = make_issue(cluster=cluster)
    edit(issue, tags=["moon"])
    things = {
        "issue": issue, "cluster": cluster, "publication": cluster.publication,
        "category": cluster.publication.category, "tag": Tag.objects.get(),
    }  # fmt: skip
    renames = {"issue": "title", "cluster": "title"}
    edit(things[kind], **{renames.get(kind, "name"): "Another"})

    page = client.get(reverse("desk:object_history", args=[kind, things[kind].pk]))

    assert page.status_code == 200
    assert "Another" in page.content.decode()


def test_a_long_history_goes_on_page_by_page(client, curator):
    issue = make_issue(title="Title 0")
    for number in range(1, history.OBJECT_PAGE + 3):
        edit(issue, title=f"Title {number}")
    address = reverse("desk:object_history", args=["issue", issue.pk])

    first = client.get(address)
    second = client.get(f"{address}?before={first.context['older']}")

    assert len(first.context["acts"]) == history.OBJECT_PAGE
    assert [each["steps"][0].before for each in second.context["acts"]] == ["Title 1", "Title 0"]
    assert second.context["older"] is None


@pytest.mark.parametrize(
    "address",
    [
        "/admin/catalog/desk/objects/reader/1/", "/admin/catalog/desk/objects/issue/999999/",
        "/admin/catalog/desk/changes/999999/", "/admin/catalog/desk/objects/issue/x/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404(client, curator, address):
    assert client.get(address).status_code == 404


def test_a_place_in_the_log_that_is_none_is_a_404(client, curator):
    address = reverse("desk:object_history", args=["issue", make_issue().pk])

    assert client.get(f"{address}?before=x").status_code == 404


# The list of acts.


def test_the_list_tells_when_who_or_which_file_why_and_how_many(client, curator):
    load(a_file(("Ebb", 4)), source="tides.json")
    batch = act(
        lambda curation: curation.change(Issue.objects.get(), {"tier": 5}),
        user=curator,
        reason="Read again.",
    )
    take_back(batch)

    page = client.get(LIST).content.decode()

    assert reverse("desk:batch_detail", args=[batch.pk]) in page
    for words in ("tides.json", "the-curator", "Read again.", "in whole or part"):
        assert words in page


def test_the_list_counts_to_a_thousand_and_needs_no_more_queries_for_more_acts(
    client, curator, django_assert_num_queries
):
    great_act(history.MOST_CHANGES_COUNTED + 1)
    issue = make_issue(title="Title 0")
    edit(issue, title="Title")
    client.get(LIST)
    with CaptureQueriesContext(connection) as first:
        assert "more than 1,000" in client.get(LIST).content.decode()
    for number in range(20):
        take_back(edit(issue, title=f"Title {number}"))
    with django_assert_num_queries(len(first)):
        client.get(LIST)


def test_an_act_in_the_list_leads_to_its_page(client, curator):
    batch = edit(make_issue(tier=4), tier=5)

    response = client.get(reverse("admin:catalog_changebatch_change", args=[batch.pk]))

    assert response.url == reverse("desk:batch_detail", args=[batch.pk])
    missing = client.get(reverse("admin:catalog_changebatch_change", args=["x"]))
    assert missing.status_code == 302


# Who may.


def test_who_may_look_at_the_log_sees_no_button_and_takes_nothing_back(client, onlooker):
    issue = make_issue(tier=4)
    batch = edit(issue, tier=5)

    for address in (
        reverse("desk:batch_detail", args=[batch.pk]),
        reverse("desk:object_history", args=["issue", issue.pk]),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert "batch_revert" not in page.content.decode()
        assert "/revert/" not in page.content.decode()
    assert press(client, batch).status_code == 403
    assert Issue.objects.get().tier == 5


@pytest.mark.parametrize("is_staff", [True, False])
def test_the_log_is_closed_to_others(client, is_staff):
    client.force_login(make_user(is_staff=is_staff))
    issue = make_issue(tier=4)
    batch = edit(issue, tier=5)
    expected = 403 if is_staff else 302

    assert client.get(reverse("desk:batch_detail", args=[batch.pk])).status_code == expected
    history_of = reverse("desk:object_history", args=["issue", issue.pk])
    assert client.get(history_of).status_code == expected
    assert press(client, batch).status_code == expected
    assert Issue.objects.get().tier == 5


def test_nothing_is_taken_back_by_looking(client, curator):
    batch = edit(make_issue(tier=4), tier=5)

    assert client.get(reverse("desk:batch_revert", args=[batch.pk])).status_code == 405
    assert client.post(reverse("desk:batch_detail", args=[batch.pk])).status_code == 405
