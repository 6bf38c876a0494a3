"""Curators settle what both they and a file had changed."""

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from catalog.admin.conflict_pages import in_words, marked
from catalog.curation.changeset import Curation
from catalog.curation.clusters import merge_clusters
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import (
    Category,
    Change,
    ChangeBatch,
    Cluster,
    Conflict,
    Issue,
    Publication,
)
from catalog.search import indexing
from tests.factories import make_cluster, make_issue, make_user

pytestmark = pytest.mark.django_db

PAGE = "/admin/catalog/desk/conflicts/"


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def a_file(*issues, slug="shoreline", clusters=("The sea", "The land"), **publication):
    """Issues are dicts; each stands in the cluster that its `cluster` names, else in the first."""
    homes = {title: [] for title in clusters}
    for fields in issues:
        given = {"date": datetime.date(2024, 5, 1)} | fields
        home = given.pop("cluster", clusters[0])
        homes[home].append(document.IssueEntry(slug=given["title"].lower(), **given))
    own = {"name": slug.title(), "category": "Science", "author": "The Editors"} | publication
    return document.Document(publications=[document.PublicationEntry(
        slug=slug, **own,
        clusters=[
            document.ClusterEntry(title=title, blurb=f"On {title.lower()}.", issues=rows)
            for title, rows in homes.items()
        ],
    )])  # fmt: skip


def curate(row, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(type(row).objects.get(pk=row.pk), values)


def clash(first, own, second, **options):
    """Load a file of Tides, let a curator change it, and load another."""
    load(a_file({"title": "Tides"} | first, **options), source="a.json")
    curate(Issue.objects.get(slug="tides"), **own)
    load(a_file({"title": "Tides"} | second, **options), source="b.json", user=make_user())


@pytest.fixture
def tier(curator):
    """Tides was of tier 4, a curator made it 3, and the file makes it 5."""
    clash({"tier": 4}, {"tier": 3}, {"tier": 5})
    return Conflict.objects.get()


def tides():
    return Issue.objects.select_related("cluster").get(slug="tides")


def settle(client, **fields):
    return client.post(reverse("desk:conflict_settle"), fields)


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def text_of(response):
    return " ".join(strip_tags(response.content.decode()).split())


# --- who may


def test_the_list_is_for_curators(client):
    assert client.get(PAGE)["Location"].startswith(reverse("accounts:sign_in"))
    client.force_login(make_user())
    assert client.get(PAGE)["Location"].startswith(reverse("admin:login"))
    client.force_login(make_user(is_staff=True))
    assert client.get(PAGE).status_code == 403


def test_the_address_is_the_one_that_the_command_tells():
    assert reverse("desk:conflicts") == PAGE


def test_who_may_only_look_at_conflicts_settles_none(client, tier):
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_conflict"))
    client.force_login(user)

    response = client.get(PAGE)

    assert "Keep ours" not in text_of(response)
    assert settle(client, theirs=f"conflict:{tier.pk}").status_code == 403
    assert client.post(reverse("desk:conflict_reopen")).status_code == 403
    assert tides().tier == 3


def test_other_methods_are_refused(client, curator):
    assert client.post(PAGE).status_code == 405
    for name in ("conflict_settle", "conflict_reopen"):
        assert client.get(reverse(f"desk:{name}")).status_code == 405


def test_looking_writes_nothing(client, tier):
    batches = ChangeBatch.objects.count()

    client.get(PAGE)

    assert ChangeBatch.objects.count() == batches
    assert Conflict.objects.get() == tier


# --- the list


def test_without_conflicts_the_page_says_so(client, curator):
    assert "Nothing to settle" in text_of(client.get(PAGE))


def test_a_conflict_is_listed_with_both_values_and_its_load(client, tier):
    response = client.get(PAGE)

    text = text_of(response)
    for part in ("Tides", "issue, tier", "3 of 5", "5 Landmark", "b.json", "Shoreline 1 conflict"):
        assert part in text
    address = reverse("admin:catalog_issue_change", args=[tides().pk])
    assert f'<a dir="auto" href="{address}">Tides</a>' in response.content.decode()


def test_texts_stand_side_by_side_with_their_differences_marked(client, curator):
    clash({"summary": "Old."}, {"summary": "Why the sea rises <twice> a day."},
          {"summary": "Why the sea falls twice a day."})  # fmt: skip

    page = client.get(PAGE).content.decode()

    assert "Why the sea <mark>rises</mark> <mark>&lt;twice&gt;</mark> a day." in page
    assert "Why the sea <mark>falls</mark> <mark>twice</mark> a day." in page


def test_very_long_texts_are_shown_whole_without_marks():
    long = "word " * 2_000

    before, after = marked(long + "<a>", long + "b")

    assert (before, after) == (long + "&lt;a&gt;", long + "b")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tier", None, "Unrated"),
        ("cluster", "sea", "The sea"),
        ("cluster", "gone", "gone"),
        ("cluster", None, "In no cluster"),
        ("tags", ["moon", "sea"], "moon, sea"),
        ("tags", [], "nothing"),
        ("tags_guessed", True, "yes"),
        ("tags_guessed", False, "no"),
        ("date", "2024-05-01", "1 May 2024"),
        ("position", 0, "1"),
        ("words", 0, "0"),
        ("url", "", "nothing"),
        ("archived_at", "2024-05-01T00:00:00Z", "archived"),
    ],
)
def test_values_are_shown_in_words(field, value, words):
    assert in_words(field, value, {"sea": "The sea"}) == words


def test_the_list_asks_as_often_for_many_conflicts_as_for_few(
    client, curator, django_assert_num_queries
):
    def conflicts(slug, number):
        rows = [{"title": f"{slug}-{each}", "tier": 4} for each in range(number)]
        load(a_file(*rows, slug=slug), source="a")
        for issue in Issue.objects.filter(publication__slug=slug):
            curate(issue, tier=3)
        curate(Publication.objects.get(slug=slug), author="We")
        curate(Cluster.objects.get(publication__slug=slug, slug="the-sea"), blurb="Ours.")
        doc = a_file(*(row | {"tier": 5} for row in rows), slug=slug, author="They")
        doc.publications[0].clusters[0].blurb = "Theirs."
        load(doc, source="b")

    conflicts("one", 1)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        assert len(client.get(PAGE).context["groups"]) == 1
    conflicts("two", 5)
    conflicts("three", 4)

    with django_assert_num_queries(len(few)):
        response = client.get(PAGE)

    assert [number for _, number, _ in response.context["groups"]] == [3, 6, 7]


def test_a_hundred_are_on_a_page(client, curator):
    rows = [{"title": f"Tides-{each}", "tier": 4} for each in range(103)]
    load(a_file(*rows), source="a")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for issue in Issue.objects.select_related("cluster"):
            curation.change(issue, {"tier": 3})
    load(a_file(*(row | {"tier": 5} for row in rows)), source="b")

    first, second = client.get(PAGE), client.get(PAGE, {"page": 2})

    assert [len(rows) for _, _, rows in first.context["groups"]] == [100]
    assert [len(rows) for _, _, rows in second.context["groups"]] == [3]
    assert "Take all 103 of the file’s" in text_of(second)
    for page in ("x", "0", "99", "-1"):
        assert client.get(PAGE, {"page": page}).status_code == 200
    last = Conflict.objects.order_by("pk").last()
    assert settle(client, ours=f"conflict:{last.pk}", page="2")["Location"] == f"{PAGE}?page=2"


# --- settling


def test_the_files_value_is_taken_and_that_can_be_undone(client, curator, tier):
    response = settle(client, theirs=f"conflict:{tier.pk}")

    assert response["Location"] == PAGE
    assert "does not list the conflict again" in said(response)
    assert tides().tier == 5
    assert not Conflict.objects.exists()
    batch = ChangeBatch.objects.first()
    assert (batch.kind, batch.user) == ("edit", curator)
    client.post(reverse("desk:batch_revert", args=[batch.pk]))
    assert tides().tier == 3
    assert indexing.check() == []


def test_what_stands_is_kept_and_the_conflict_can_be_listed_again(client, tier):
    response = settle(client, ours=f"conflict:{tier.pk}")

    assert "what curators made of it stands" in said(response)
    assert tides().tier == 3
    assert not Conflict.objects.exists()
    undone = client.post(reverse("desk:conflict_reopen"), {"token": token_of(response)})
    assert "1 conflict listed again" in said(undone)
    again = Conflict.objects.get()
    assert (again.field, again.theirs, again.batch) == ("tier", 5, tier.batch)


def token_of(response):
    return said(response).partition('name="token" value="')[2].partition('"')[0]


def test_a_conflict_that_is_none_by_now_is_not_listed_again(client, tier):
    response = settle(client, ours=f"conflict:{tier.pk}")
    curate(tides(), tier=5)

    client.post(reverse("desk:conflict_reopen"), {"token": token_of(response)})

    assert not Conflict.objects.exists()


def test_listing_again_twice_lists_once(client, tier):
    token = token_of(settle(client, ours=f"conflict:{tier.pk}"))

    for _ in range(2):
        client.post(reverse("desk:conflict_reopen"), {"token": token})

    assert Conflict.objects.count() == 1


def test_only_what_was_settled_by_oneself_is_listed_again(client, tier):
    token = token_of(settle(client, ours=f"conflict:{tier.pk}"))
    other, stranger = Client(), make_user(is_staff=True)
    stranger.groups.add(Group.objects.get(name="Curators"))
    other.force_login(stranger)

    for each in (token, "", "x", token[:-1]):
        response = other.post(reverse("desk:conflict_reopen"), {"token": each})
        assert "cannot be undone any more" in said(response)

    assert not Conflict.objects.exists()


@pytest.mark.parametrize(
    ("take", "values"), [("theirs", (5, "Of the file.")), ("ours", (3, "Ours."))]
)
def test_all_of_a_publication_are_settled_in_one_act(client, curator, take, values):
    clash({"tier": 4, "summary": "Old."}, {"tier": 3, "summary": "Ours."},
          {"tier": 5, "summary": "Of the file."})  # fmt: skip
    clash_elsewhere()
    home = Publication.objects.get(slug="shoreline")
    batches = ChangeBatch.objects.count()
    newest = client.get(PAGE).context["newest"]

    settle(client, **{take: f"publication:{home.pk}"}, newest=newest)

    assert (tides().tier, tides().summary) == values
    assert Conflict.objects.get().publication != home
    assert ChangeBatch.objects.count() == batches + (take == "theirs")


def clash_elsewhere():
    load(a_file({"title": "Hills", "tier": 4}, slug="land"), source="a")
    curate(Issue.objects.get(slug="hills"), tier=3)
    load(a_file({"title": "Hills", "tier": 5}, slug="land"), source="b")


def test_what_a_load_finds_while_the_page_is_looked_at_is_not_settled_with_it(client, tier):
    newest = client.get(PAGE).context["newest"]
    curate(tides(), summary="Ours.")
    load(a_file({"title": "Tides", "tier": 5, "summary": "Of the file."}), source="c")

    settle(client, ours=f"publication:{tier.publication_id}", newest=newest)

    assert list(Conflict.objects.values_list("field", flat=True)) == ["summary"]


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"ours": "x"}, {"theirs": "issue:1"}, {"ours": "publication:1"},
        {"ours": "publication:1", "newest": "x"}, {"theirs": f"conflict:{10**30}"},
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused(client, curator, fields):
    assert settle(client, **fields).status_code == 400


def test_a_publication_that_is_not_there_is_a_404(client, curator):
    assert settle(client, ours="publication:987654", newest="1").status_code == 404


def test_what_has_been_settled_by_another_is_said_to_be(client, tier):
    settle(client, ours=f"conflict:{tier.pk}")

    response = settle(client, theirs=f"conflict:{tier.pk}")

    assert "settled already" in said(response)
    assert tides().tier == 3


# --- what is no longer as it was


def test_a_conflict_of_an_archived_issue_is_listed_and_settled(client, tier):
    curate(tides(), archived_at=timezone.now())

    assert "archived on" in text_of(client.get(PAGE))
    settle(client, theirs=f"conflict:{tier.pk}")

    assert tides().tier == 5
    assert tides().archived_at
    assert indexing.check() == []


def test_a_conflict_of_a_merged_cluster_is_listed_and_settled(client, curator):
    load(a_file({"title": "Tides"}), source="a")
    sea, land = (Cluster.objects.get(slug=slug) for slug in ("the-sea", "the-land"))
    curate(sea, blurb="Ours.")
    doc = a_file({"title": "Tides"})
    doc.publications[0].clusters[0].blurb = "Theirs."
    load(doc, source="b")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters([sea], land, curation)

    assert "merged into “The land”" in text_of(client.get(PAGE))
    settle(client, ours=f"conflict:{Conflict.objects.get().pk}")

    assert not Conflict.objects.exists()


@pytest.mark.parametrize("take", ["ours", "theirs"])
def test_a_conflict_of_what_has_vanished_is_listed_and_dropped(client, tier, take):
    Conflict.objects.update(object_id=987654)

    assert "no longer there" in text_of(client.get(PAGE))
    settle(client, **{take: f"conflict:{tier.pk}"})

    assert not Conflict.objects.exists()


@pytest.fixture
def moved(curator):
    """The file and a curator have both moved Tides to another cluster."""
    titles = ("The sea", "The land", "The sky")
    load(a_file({"title": "Tides"}, clusters=titles), source="a")
    curate(tides(), cluster=Cluster.objects.get(slug="the-sky"))
    load(a_file({"title": "Tides", "cluster": "The land"}, clusters=titles), source="b")
    return Conflict.objects.get(field="cluster")


def test_a_cluster_that_has_been_merged_since_means_what_it_has_become(client, moved):
    make_issue(publication=moved.publication, cluster=Cluster.objects.get(slug="the-sea"))
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        land, sea = (Cluster.objects.get(slug=slug) for slug in ("the-land", "the-sea"))
        merge_clusters([land], sea, curation)

    settle(client, theirs=f"conflict:{moved.pk}")

    assert tides().cluster == sea
    page = reverse("catalog:publication_detail", args=["shoreline"])
    assert client.get(page).status_code == 200


def test_a_cluster_that_is_no_more_leaves_the_conflict_as_it_is(client, moved):
    curate(Cluster.objects.get(slug="the-land"), archived_at=timezone.now())

    response = settle(client, theirs=f"conflict:{moved.pk}")

    assert "1 conflict left as before" in said(response)
    assert tides().cluster.slug == "the-sky"
    assert Conflict.objects.get() == moved


def test_a_category_that_the_load_did_not_make_is_made(client, curator):
    load(a_file({"title": "Tides"}), source="a")
    art = Category.objects.create(name="Art", slug="art")
    curate(Publication.objects.get(), category=art)
    load(a_file({"title": "Tides"}, category="History"), source="b")
    assert not Category.objects.filter(name="History").exists()

    settle(client, theirs=f"conflict:{Conflict.objects.get().pk}")

    assert Publication.objects.get().category.name == "History"
    assert Change.objects.filter(kind="category", field="").count() >= 1
    assert indexing.check() == []


def a_url(name):
    return f"https://example.org/{name}"


def test_an_address_that_another_issue_has_by_now_leaves_the_conflict(client, curator):
    clash({"url": a_url("a")}, {"url": a_url("b")}, {"url": a_url("c")})
    make_issue(publication=Publication.objects.get(), url=a_url("c"))

    response = settle(client, theirs=f"conflict:{Conflict.objects.get().pk}")

    assert "left as before" in said(response)
    assert tides().url == a_url("b")
    assert Conflict.objects.exists()


def test_two_issues_take_each_others_address(client, curator):
    load(a_file({"title": "Tides", "url": a_url("a")}, {"title": "Waves", "url": a_url("b")}),
         source="a")  # fmt: skip
    for slug, url in (("tides", a_url("c")), ("waves", a_url("d"))):
        curate(Issue.objects.get(slug=slug), url=url)
    load(a_file({"title": "Tides", "url": a_url("d")}, {"title": "Waves", "url": a_url("c")}),
         source="b")  # fmt: skip
    newest = client.get(PAGE).context["newest"]

    settle(client, theirs=f"publication:{Publication.objects.get().pk}", newest=newest)

    urls = dict(Issue.objects.values_list("slug", "url"))
    assert urls == {"tides": a_url("d"), "waves": a_url("c")}
    assert not Conflict.objects.exists()
    assert indexing.check() == []


def test_an_address_that_is_cleared_is_cleared(client, curator):
    clash({"url": a_url("a")}, {"url": a_url("b")}, {"url": None})

    settle(client, theirs=f"conflict:{Conflict.objects.get().pk}")

    assert (tides().url, tides().url_key) == ("", None)


@pytest.mark.parametrize(
    ("first", "own", "second"),
    [
        ({"tags": ["moon"]}, {"tags": ["Moon"]}, {"tags": ["MOON"]}),
        ({"date": datetime.date(2024, 1, 1)}, {"date": datetime.date(2024, 1, 2)},
         {"date": datetime.date(2024, 1, 3)}),
        ({"words": 10}, {"words": 20}, {"words": None}),
    ],
)  # fmt: skip
def test_any_field_takes_what_the_file_gives(client, curator, first, own, second):
    clash(first, own, second)

    assert client.get(PAGE).status_code == 200
    settle(client, theirs=f"conflict:{Conflict.objects.get().pk}")

    (field,) = second
    value = [spelling for spelling, _ in tides().tag_list] if field == "tags" else None
    assert (value or getattr(tides(), field)) == second[field]
    assert not Conflict.objects.exists()
    assert indexing.check() == []


def test_an_issue_that_is_in_another_cluster_than_the_one_shown(client, moved):
    make_cluster(publication=moved.publication, slug="the-moor", title="The moor")

    text = text_of(client.get(PAGE))

    assert "The sky" in text
    assert "The land" in text
