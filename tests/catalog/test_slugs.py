"""Digits alone are an id wherever an id or a slug is taken, and never a slug."""

from importlib import import_module
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import SavedView, State
from accounts.reading import marking
from catalog.browsing.facet_values import slugs_of
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.interchange.dumping import dump
from catalog.loading.loader import load
from catalog.models import Category, ChangeBatch, Conflict, Issue, Publication, Tag
from catalog.slugs import LARGEST_ID, SlugMaker, id_of, ids_of, is_id, name_of
from tests.api import Api
from tests.factories import make_cluster, make_issue, make_note, make_publication, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db


class Twins(NamedTuple):
    """Two things of a kind: the slug of the second is the id of the first."""

    one: Any
    two: Any


class Room(NamedTuple):
    api: Api
    publications: Twins
    categories: Twins
    tags: Twins
    issues: Twins


@pytest.fixture
def room():
    curator = make_user(username="curator")
    curator.groups.add(Group.objects.get(name="Curators"))
    one = Category.objects.create(name="One", slug="one")
    two = Category.objects.create(name="Two", slug=str(one.pk))
    first = make_publication(name="First", slug="first", category=one)
    second = make_publication(name="Second", slug=str(first.pk), category=two)
    issues = Twins(
        make_issue(publication=first, cluster=make_cluster(publication=first), title="Ebb"),
        make_issue(publication=second, title="Flood"),
    )
    ebb = Tag.objects.create(name="ebb", slug="ebb", key="ebb")
    tags = Twins(ebb, Tag.objects.create(name="flood", slug=str(ebb.pk), key="flood"))
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=curator) as curation:
        for issue, tag in zip(issues, tags, strict=True):
            curation.change(Issue.objects.get(pk=issue.pk), {"tags": [tag.name]})
    for issue in issues:
        marking.mark(curator, [issue.pk], State.READ)
        make_note(user=curator, issue=issue, body=issue.title)
        Conflict.objects.create(
            batch=curation.batch, publication=issue.publication, kind="issue",
            object_id=issue.pk, field="tier", theirs=3,
        )  # fmt: skip
    api = Api(curator, ("read", "write", "notes", "curate"))
    return Room(api, Twins(first, second), Twins(one, two), tags, issues)


@pytest.mark.parametrize(
    "path", ["publications/{publication}", "categories/{category}", "tags/{tag}"]
)
def test_digits_in_a_path_are_an_id(room, path):
    kinds = {
        "publication": room.publications, "category": room.categories, "tag": room.tags,
    }  # fmt: skip
    kind = path[path.index("{") + 1 : -1]
    for thing in some(kinds[kind]):
        found = room.api.get(path.format(**{kind: thing.pk})).json()
        assert (found["id"], found["name"]) == (thing.pk, thing.name)


def test_digits_in_a_path_below_a_publication_are_an_id(room):
    first, _ = room.publications
    ebb, flood = room.issues
    Issue.objects.filter(pk=ebb.pk).update(slug="1984")

    found = room.api.get(f"publications/{first.pk}/issues/{ebb.pk}").json()
    assert found["title"] == "Ebb"
    assert room.api.get(f"publications/{first.pk}/issues/1984").status_code == 404
    assert room.api.get(f"publications/{first.pk}/issues/{flood.pk}").status_code == 404
    clusters = room.api.get(f"publications/{first.pk}/clusters").json()["results"]
    assert [each["publication"]["id"] for each in clusters] == [first.pk]
    assert room.api.get(f"publications/{first.pk}/changes").status_code == 200


LISTS = {
    "issues?publication={publication}": lambda each: each["title"],
    "issues?category={category}": lambda each: each["title"],
    "issues?tag={tag}": lambda each: each["title"],
    "issues?tag_all={tag}": lambda each: each["title"],
    "readings?publication={publication}": lambda each: each["about"]["title"],
    "notes?publication={publication}": lambda each: each["about"]["title"],
    "notes?tag={tag}": lambda each: each["about"]["title"],
    "conflicts?publication={publication}": lambda each: each["title"],
    "walks/guessed?publication={publication}": lambda each: each["title"],
}


@pytest.mark.parametrize("address", LISTS)
def test_digits_in_a_parameter_are_an_id(room, address):
    Issue.objects.update(tags_guessed=True)
    for number, title in enumerate(("Ebb", "Flood")):
        ids = {
            "publication": room.publications[number].pk,
            "category": room.categories[number].pk,
            "tag": room.tags[number].pk,
        }
        response = room.api.get(address.format(**ids))
        assert response.status_code == 200, response.content
        assert [LISTS[address](each) for each in response.json()["results"]] == [title]


@pytest.mark.parametrize("path", ["dump", "dump/csv", "dump/page"])
def test_digits_that_name_what_is_dumped_are_an_id(room, path):
    for publication, other in (room.publications, room.publications[::-1]):
        text = room.api.get(f"{path}?publication={publication.pk}").content.decode()
        assert publication.name in text
        assert other.name not in text


def test_other_parameters_of_digits_are_an_id(room):
    first, second = room.publications
    one, _ = room.categories
    assert room.api.get(f"progress/coverage?publication={first.pk}").json()["publication"] == {
        "id": first.pk, "slug": "first", "name": "First",
    }  # fmt: skip
    of_one = room.api.get(f"publications?category={one.pk}").json()["results"]
    assert [each["name"] for each in of_one] == ["First"]
    without = room.api.get(f"issues?tag_not={room.tags.one.pk}").json()["results"]
    assert [each["title"] for each in without] == ["Flood"]
    assert second.slug == str(first.pk)


@pytest.mark.parametrize("as_text", [False, True])
def test_digits_in_a_body_are_an_id(room, as_text):
    one, two = room.categories
    key = str(one.pk) if as_text else one.pk
    body = {"name": "Third", "category": key, "author": "A. Cloud"}

    assert room.api.post("publications", body).json()["category"]["name"] == "One"
    kept, gone = room.tags
    merged = room.api.post(f"tags/{gone.pk}/merge", {"into": str(kept.pk)})
    assert merged.status_code == 200, merged.content
    assert Tag.objects.get(pk=gone.pk).retired_at is not None
    assert two.slug == str(one.pk)


def test_cluster_of_a_filter_is_named_by_its_id_too(room):
    cluster = room.issues.one.cluster
    for key in (cluster.pk, f"first/{cluster.slug}"):
        found = room.api.get(f"issues?cluster={key}").json()["results"]
        assert [each["title"] for each in found] == ["Ebb"], key


def test_id_that_there_is_not_is_no_slug(room):
    Publication.objects.filter(pk=room.publications.two.pk).update(slug="987654")

    assert room.api.get("publications/987654").status_code == 404
    assert room.api.get("issues?publication=987654").status_code == 422
    assert room.api.get("dump?publication=987654").status_code == 404
    assert room.api.get(f"publications/{'9' * 30}").status_code == 404


def test_facet_names_what_has_digits_for_a_slug_by_its_id(room):
    _, second = room.publications
    block = room.api.get(f"facets?publication={second.pk}").json()
    rows = next(each["rows"] for each in block["facets"] if each["name"] == "publication")

    assert [(row["value"], row["label"], row["is_chosen"]) for row in rows] == [
        (str(second.pk), "Second", True), ("first", "First", False),
    ]  # fmt: skip


def test_page_of_the_catalog_takes_the_same_filter(room, client):
    client.force_login(make_user())
    first, second = room.publications

    page = client.get(f"/catalog/?publication={second.pk}").text
    assert "Flood" in page
    assert "Ebb" not in page
    # The choice is taken back where it was named by an id and has a slug.
    page = client.get(f"/catalog/?publication={first.pk}&tier=4").text
    assert 'href="?tier=4"' in page


def test_pages_keep_their_addresses(room, client):
    client.force_login(make_user())

    page = client.get(f"/{room.publications.one.pk}/")
    assert page.context["publication"].name == "Second"
    assert client.get(f"/tags/{room.tags.one.pk}/").context["tag"].name == "flood"


def test_desk_takes_the_same_names(room):
    client = Client()
    curator = make_user(is_superuser=True)
    client.force_login(curator)
    first, second = room.publications

    for publication in (first, second):
        page = client.get(f"/admin/catalog/desk/?publication={publication.pk}")
        assert page.context["publication"] == publication
        assert f"publication={publication.id_or_slug}" in page.text


def test_saved_views_are_rewritten_by_the_migration(room):
    migration = import_module("accounts.migrations.0010_ids_in_saved_views")
    user = make_user()
    first, second = room.publications
    old = f"publication={second.slug}&publication=first&q=1984&tag={room.tags.two.slug}&tag=77777"
    view = SavedView.objects.create(user=user, name="Old", query=old)

    migration.to_ids(apps, None)
    view.refresh_from_db()
    assert view.query == (
        f"publication={second.pk}&publication=first&q=1984&tag={room.tags.two.pk}&tag=77777"
    )
    migration.to_slugs(apps, None)
    view.refresh_from_db()
    assert view.query == old
    assert first.slug == "first"


def test_new_slugs_are_never_digits_alone():
    slugs = SlugMaker()

    assert slugs.make("1984", "issue") == "issue-1984"
    assert slugs.make("1984!", "issue") == "issue-1984-2"
    assert slugs.make("1984 again", "issue") == "1984-again"
    assert len(slugs.make("9" * 200, "publication")) <= 80


def test_slug_of_digits_in_a_file_is_kept():
    publication = make_publication(name="The Thirties", slug="1930")
    make_issue(publication=publication, slug="1931")
    text, _ = formats.write(dump("1930"), "json")
    Issue.objects.all().delete()
    Publication.objects.all().delete()

    document, _ = formats.read(text.encode())
    load(document, source="test")

    assert [issue.slug for issue in Issue.objects.filter(publication__slug="1930")] == ["1931"]


@pytest.mark.parametrize(
    ("text", "is_digits", "pk"),
    [("12", True, 12), ("1-2", False, None), ("٣", False, None), ("9" * 19, True, None)],
)
def test_ids_are_ascii_digits(text, is_digits, pk):
    assert (is_id(text), id_of(text)) == (is_digits, pk)
    assert name_of(text, 5) == ("5" if is_digits else text)


def test_two_spellings_of_an_id_name_the_same():
    tag = Tag.objects.create(name="Moon", slug="moon", key="moon")

    assert slugs_of("tag", [f"0{tag.pk}", str(tag.pk)]) == {
        f"0{tag.pk}": "moon",
        str(tag.pk): "moon",
    }


@pytest.mark.parametrize(
    ("text", "pk"),
    [
        ("7", 7), ("0", 0), ("007", 7), (str(LARGEST_ID), LARGEST_ID), (str(LARGEST_ID + 1), None),
        ("", None), ("-1", None), ("+1", None), ("1.0", None), (" 1", None), ("1\n", None),
        ("²", None), ("٣", None), ("1_0", None), ("9" * 5_000, None), ("slug", None),
    ],
)  # fmt: skip
def test_an_id_is_ascii_digits_that_fit_the_column(text, pk):
    assert id_of(text) == pk


def test_ids_of_leaves_out_what_is_no_id():
    assert ids_of(["3", "x", "", "1", "3", "9" * 30]) == [3, 1, 3]
