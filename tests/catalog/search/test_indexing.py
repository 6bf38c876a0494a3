"""The search index and the counters stay in step with the catalog after every kind of change."""

import datetime
import random
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from catalog.browsing.filters import search
from catalog.curation.changeset import Curation
from catalog.interchange import document
from catalog.interchange.document import Refused
from catalog.loading.loader import load
from catalog.models import (
    Category,
    ChangeBatch,
    Cluster,
    Issue,
    IssueText,
    KeyCount,
    Publication,
    Word,
)
from catalog.search import indexing
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
sqlite_only = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL has a generated column for it"
)
WORDS = ("tide", "moon", "harbour", "Reward models", "RLHF", "café", "月", "don’t")
TAGS = ("moon", "Open Sea", "open sea", "RLHF", "C++", "wind")
URLS = [f"https://example.org/{name}" for name in "abcdef"]


def edit(*rows, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for row in rows:
            curation.change(type(row).objects.get(pk=row.pk), values)


def found(text):
    return set(search(Issue.objects.listed(), text).values_list("title", flat=True))


def counts(facet):
    return dict(KeyCount.objects.filter(facet=facet).values_list("value", "count"))


def cited(issue):
    return Issue.objects.values_list("cited_count", flat=True).get(pk=issue.pk)


def snapshot():
    """Return all that is kept for search, but for the ids that rows happen to have."""
    indexed = IssueText.objects.order_by("id").values_list(
        "id", "issue", "title", "tags", "summary", "home", "keys"
    )
    keys = KeyCount.objects.order_by("facet", "value").values_list("facet", "value", "count")
    words = Word.objects.order_by("text").values_list("text", "uses")
    return list(indexed), list(keys), list(words)


def triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        return [name for (name,) in cursor.fetchall() if name.startswith("catalog_issuetext")]


def a_document(*titles, name="Shoreline", category="Science", cluster="The sea", **issue):
    issues = [
        document.IssueEntry(
            **(
                {
                    "title": title,
                    "date": datetime.date(2024, 5, 1) + datetime.timedelta(days=number),
                    "tier": 4,
                    "summary": f"On {title}.",
                    "tags": ["moon", f"Tag {number % 3}"],
                    "url": f"https://shore.example/{name}/{number}",
                    "cites": [f"https://shore.example/{name}/{number + 1}"],
                }
                | issue
            )
        )
        for number, title in enumerate(titles)
    ]
    clusters = [document.ClusterEntry(title=cluster, blurb="", issues=issues)]
    return document.Document(
        publications=[
            document.PublicationEntry(
                name=name, category=category, author="The Editors", clusters=clusters
            )
        ]
    )


# After every write

EDITS = {
    "title": {"title": "The harbour"},
    "a title of no word": {"title": "!!!"},
    "a title too long to be sorted by": {"title": "月" * 300},
    "summary": {"summary": "Written anew."},
    "tags": {"tags": ["wind", "Open Sea"]},
    "no tags": {"tags": []},
    "tier": {"tier": 5},
    "no tier": {"tier": None},
    "date": {"date": datetime.date(2019, 2, 28)},
    "no cluster": {"cluster": None},
    "url": {"url": "https://example.org/moved"},
    "no url": {"url": ""},
    "cites": {"cites": ["https://example.org/other"]},
    "cites nothing": {"cites": []},
    "archived_at": {"archived_at": timezone.now()},
    "words": {"words": 2300},
}


@pytest.mark.parametrize("values", EDITS.values(), ids=EDITS.keys())
def test_an_edit_of_an_issue_keeps_everything_in_step(values):
    cluster = make_cluster()
    issue = make_issue(cluster=cluster, title="Tides", url="https://example.org/tides")
    other = make_issue(cluster=cluster, url="https://example.org/other")
    edit(issue, tags=["moon", "RLHF"], cites=["https://example.org/x"])
    edit(other, tags=["moon"], cites=["https://example.org/tides"])
    assert indexing.check() == []

    edit(issue, **values)

    assert indexing.check() == []


@pytest.mark.parametrize(
    ("values", "gone", "come"),
    [
        ({"name": "Seaside"}, "shoreline", "seaside"),
        ({"author": "Ann Other"}, "editors", "other"),
    ],
)
def test_a_publication_renamed_is_renamed_in_each_of_its_issues(values, gone, come):
    publication = make_publication(name="Shoreline", author="The Editors")
    issue = make_issue(publication=publication, title="Tides")
    make_issue(title="Elsewhere", publication=make_publication(author="Nobody"))
    assert found(gone) == {"Tides"}

    edit(publication, **values)

    assert (found(gone), found(come)) == (set(), {issue.title})
    assert indexing.check() == []


def test_a_publication_of_another_category_takes_its_issues_along():
    publication = make_publication()
    make_issue(publication=publication)
    make_issue()
    art = Category.objects.create(name="Art", slug="art")

    edit(publication, category=art)

    assert counts("category") == {"science": 1, "art": 1}
    assert indexing.check() == []


def test_a_cluster_renamed_is_renamed_in_each_of_its_issues():
    cluster = make_cluster(title="The sea")
    make_issue(cluster=cluster, title="Tides")

    edit(cluster, title="The ocean")

    assert (found("sea"), found("ocean")) == (set(), {"Tides"})
    assert indexing.check() == []


def test_what_is_archived_is_not_found_and_not_counted_until_it_is_restored():
    issue = make_issue(title="Tides", tier=5)
    before = snapshot()

    edit(issue, archived_at=timezone.now())
    assert found("tides") == set()
    assert (counts("tier"), counts("every"), list(Word.objects.all())) == ({}, {}, [])
    assert indexing.check() == []

    edit(issue, archived_at=None)
    assert snapshot() == before
    assert indexing.check() == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_in_whatever_order_all_is_in_step(seed):
    chance = random.Random(seed)
    load(a_document("Tides", "Moons", "Winds"), source="a")
    publications = [Publication.objects.get(), make_publication()]
    clusters = [Cluster.objects.get(), *(make_cluster(publication=each) for each in publications)]
    for publication in publications:
        make_issue(publication=publication)
    categories = [Category.objects.create(name=name, slug=name.lower()) for name in ("Art", "Law")]

    def an_edit():
        issue = chance.choice(list(Issue.objects.all()))
        home = [each for each in clusters if each.publication_id == issue.publication_id]
        taken = set(Issue.objects.values_list("url", flat=True))
        values = {
            "title": " ".join(chance.choices(WORDS, k=3)),
            "summary": " ".join(chance.choices(WORDS, k=6)),
            "tags": chance.sample(TAGS, 3),
            "tier": chance.choice([None, 1, 4, 5]),
            "cluster": chance.choice([None, *home]),
            "date": datetime.date(2020 + chance.randrange(5), 1 + chance.randrange(12), 1),
            "url": chance.choice(["", *(url for url in URLS if url not in taken)]),
            "cites": chance.sample(URLS, 3),
            "archived_at": chance.choice([None, timezone.now()]),
        }
        edit(issue, **dict(chance.sample(sorted(values.items()), 3)))

    def a_rename():
        edit(
            chance.choice(publications),
            **chance.choice([
                {"name": " ".join(chance.choices(WORDS, k=2))},
                {"author": chance.choice(WORDS)},
                {"category": chance.choice(categories)},
            ]),
        )  # fmt: skip

    def a_retitle():
        edit(chance.choice(clusters), title=chance.choice(WORDS))

    def a_load():
        titles = chance.sample(["Tides", "Moons", "Winds", "Waves", "Reefs", "Gulls"], 4)
        load(a_document(*titles, tier=chance.choice([3, 4, 5])), source="b")

    for _ in range(20):
        chance.choices([an_edit, a_rename, a_retitle, a_load], weights=[6, 1, 1, 2])[0]()
        assert indexing.check() == []

    kept = snapshot()
    indexing.rebuild()
    assert snapshot() == kept


# The admin

ISSUE = "admin:catalog_issue_change"


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return client


def save(client, row, **changes):
    """Save a row of the catalog in the admin as its own form gives it, changed here and there."""
    address = reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])
    form = client.get(address).context["adminform"].form
    given = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None else value for name, value in given.items()}
    response = client.post(address, data | changes)
    assert response.status_code == 302, response.context["adminform"].form.errors


def test_an_issue_saved_in_the_admin_is_found_by_what_it_says_now(curator):
    issue = make_issue(title="Tides", summary="")

    save(curator, issue, title="Reefs", tags="wind\nOpen Sea", tier="5", date="2019-01-02")

    assert (found("tides"), found("reefs"), found("tag:wind")) == (set(), {"Reefs"}, {"Reefs"})
    assert (counts("tier"), counts("year")) == ({"5": 1}, {"2019": 1})
    assert Issue.objects.get().sort_title == "reefs"
    assert indexing.check() == []


def test_an_issue_made_in_the_admin_is_found(curator):
    publication = make_publication()
    data = {
        "publication": publication.pk, "position": 0, "title": "Reefs", "date": "2024-05-01",
        "tier": 3, "summary": "", "url": "", "words": "", "tags": "wind",
    }  # fmt: skip

    assert curator.post(reverse("admin:catalog_issue_add"), data).status_code == 302

    assert found("reefs tag:wind") == {"Reefs"}
    assert indexing.check() == []


def test_a_publication_and_a_cluster_saved_in_the_admin_are_in_step(curator):
    cluster = make_cluster(title="The sea")
    make_issue(cluster=cluster, title="Tides")

    save(curator, cluster, title="The ocean")
    save(curator, cluster.publication, name="Seaside")

    assert found("ocean") == found("seaside") == {"Tides"}
    assert indexing.check() == []


def test_archiving_in_the_admin_takes_issues_out_and_restoring_brings_them_back(curator):
    issues = [make_issue(title="Tides"), make_issue(title="Moons")]
    data = {"_selected_action": [issue.pk for issue in issues]}
    address = reverse("admin:catalog_issue_changelist")

    curator.post(address, data | {"action": "archive"})
    assert not IssueText.objects.exists()
    assert indexing.check() == []

    curator.post(address, data | {"action": "restore"})
    assert found("tides OR moons") == {"Tides", "Moons"}
    assert indexing.check() == []


# Citations


def test_an_issue_counts_the_other_listed_issues_that_cite_it_in_any_publication():
    issue = make_issue(url="https://example.org/tides")
    same_home = make_issue(publication=issue.publication)
    elsewhere = make_issue()

    edit(same_home, cites=["https://example.org/tides", "https://example.org/tides#top"])
    edit(elsewhere, cites=["HTTPS://Example.org/tides/?utm_source=x"])
    edit(issue, cites=["https://example.org/tides"])

    assert cited(issue) == len({same_home, elsewhere})
    assert indexing.check() == []


def test_what_is_archived_cites_nothing_until_it_is_restored():
    issue = make_issue(url="https://example.org/tides")
    citing = make_issue()
    edit(citing, cites=["https://example.org/tides"])

    edit(citing, archived_at=timezone.now())
    assert cited(issue) == 0
    edit(citing, archived_at=None)
    assert cited(issue) == 1


def test_a_citation_finds_the_issue_that_comes_to_its_address():
    citing = make_issue()
    edit(citing, cites=["https://example.org/tides"])
    issue = make_issue(url="https://example.org/old")
    assert cited(issue) == 0

    edit(issue, url="https://example.org/tides")
    assert cited(issue) == 1

    edit(issue, url="https://example.org/new")
    assert cited(issue) == 0
    assert indexing.check() == []


def test_an_issue_that_loses_its_address_is_cited_by_nobody():
    issue = make_issue(url="https://example.org/tides")
    edit(make_issue(), cites=["https://example.org/tides"])
    assert cited(issue) == 1

    edit(issue, url="")

    assert cited(issue) == 0
    assert indexing.check() == []


def test_the_same_address_in_two_publications_is_cited_in_both():
    here, there = (make_issue(url="https://example.org/tides") for _ in range(2))
    edit(make_issue(), cites=["https://example.org/tides"])
    assert (cited(here), cited(there)) == (1, 1)

    edit(here, cites=["https://example.org/tides"])

    assert (cited(here), cited(there)) == (1, 2)
    assert indexing.check() == []


def test_a_load_counts_citations_of_what_was_there_and_of_what_it_brings():
    there = make_issue(url="https://shore.example/Shoreline/3")

    load(a_document("Tides", "Moons", "Winds"), source="a")

    assert cited(there) == 1
    assert [cited(issue) for issue in Issue.objects.exclude(pk=there.pk).order_by("date")] == [
        0,
        1,
        1,
    ]
    assert indexing.check() == []


# Detecting differences


def spoil_a_text():
    IssueText.objects.filter(issue__title="Tides").update(summary="something else")


def lose_a_text():
    IssueText.objects.filter(issue__title="Tides").delete()


def list_what_is_archived():
    Issue.objects.filter(title="Tides").update(archived_at=timezone.now())


def lose_a_word():
    Word.objects.filter(text="tides").delete()


def miscount_a_word():
    Word.objects.filter(text="tides").update(uses=99)


def invent_a_word():
    Word.objects.create(text="nowhere", uses=1)


def lose_a_count():
    KeyCount.objects.filter(facet="tier").delete()


def miscount_a_key():
    KeyCount.objects.filter(facet="every").update(count=99)


def invent_a_key():
    KeyCount.objects.create(facet="tag", value="nowhere", count=1)


def miscount_citations():
    Issue.objects.filter(title="Moons").update(cited_count=7)


def miscount_citations_of_what_has_no_address():
    Issue.objects.filter(title="Tides").update(url="", url_key=None, cited_count=7)


def spoil_a_sort_title():
    Issue.objects.filter(title="Tides").update(sort_title="zzz")


def spoil_a_long_sort_title():
    Issue.objects.filter(title__startswith="月").update(sort_title="z" * 500)


def spoil_the_sort_title_of_what_is_archived():
    Issue.objects.filter(title="Archived").update(sort_title="zzz")


def spoil_a_sort_title_and_index_it():
    issue = Issue.objects.get(title="Tides")
    Issue.objects.filter(pk=issue.pk).update(sort_title="zzz")
    edit(issue, tier=1)


TAMPERED = {
    spoil_a_text: "The text of issue",
    lose_a_text: "The text of issue",
    list_what_is_archived: "is indexed and is not listed",
    lose_a_word: "The list of words",
    miscount_a_word: "The list of words",
    invent_a_word: "The list of words",
    lose_a_count: "The count of tier=4 is 0; ",
    miscount_a_key: "The count of every= is 99; 3 issues have it.",
    invent_a_key: "The count of tag=nowhere is 1; 0 issues have it.",
    miscount_citations: "The citations of issue",
    miscount_citations_of_what_has_no_address: "The citations of issue",
    spoil_a_sort_title: "issue",
    spoil_a_long_sort_title: "issue",
    spoil_the_sort_title_of_what_is_archived: "issue",
    spoil_a_sort_title_and_index_it: "issue",
}


@pytest.fixture
def catalog():
    load(a_document("Tides", "Moons"), source="a")
    make_issue(title="月" * 300)
    edit(make_issue(title="Archived"), archived_at=timezone.now())
    assert indexing.check() == []


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda each: each.__name__)
def test_what_was_tampered_with_is_told_and_mended(catalog, tamper):
    tamper()

    problems = indexing.check()
    assert problems
    assert any(TAMPERED[tamper] in problem for problem in problems)

    indexing.rebuild()
    assert indexing.check() == []
    assert [
        (issue.title, issue.sort_title)
        for issue in Issue.objects.all()
        if issue.sort_title != indexing.sort_title(issue.title)
    ] == []


FULL_TEXT = {
    "emptied": "INSERT INTO catalog_textmatch (catalog_textmatch) VALUES ('delete-all')",
    "a row too many": (
        "INSERT INTO catalog_textmatch (rowid, title, tags, summary, home, keys) "
        "VALUES (1, 'x', 'x', 'x', 'x', 'x')"
    ),
    "written past the trigger": "DROP TRIGGER catalog_issuetext_update",
    "dropped": "DROP TABLE catalog_textmatch",
}


@sqlite_only
@pytest.mark.parametrize("sql", FULL_TEXT.values(), ids=FULL_TEXT.keys())
def test_a_full_text_table_that_was_tampered_with_is_told_and_made_anew(catalog, sql):
    texts = list(IssueText.objects.values_list("id", "title").order_by("id"))
    kept = triggers()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    if "TRIGGER" in sql:
        IssueText.objects.filter(issue__title="Tides").update(title="changed")
        IssueText.objects.filter(issue__title="Tides").update(title="tides again")

    assert "The full-text index does not agree with the texts." in indexing.check()

    indexing.rebuild()
    assert indexing.check() == []
    assert found("tides") == {"Tides"}
    assert triggers() == kept
    assert list(IssueText.objects.values_list("id", "title").order_by("id")) == texts


def test_what_is_in_step_is_left_as_it_is_by_making_it_anew(catalog):
    before = snapshot()

    assert indexing.rebuild() == 3

    assert snapshot() == before
    assert indexing.check() == []


def test_a_rebuild_past_the_triggers_finds_the_same(catalog, monkeypatch):
    before = snapshot()
    monkeypatch.setattr(indexing, "BULK", 2)

    assert indexing.rebuild() == 3

    assert snapshot() == before
    assert indexing.check() == []
    assert found("tides") == {"Tides"}


def test_an_empty_room_is_in_step():
    assert indexing.rebuild() == 0
    assert indexing.check() == []


# The commands


def test_the_commands_say_that_all_is_well(catalog):
    checked, rebuilt = StringIO(), StringIO()

    call_command("check_search", stdout=checked)
    call_command("rebuild_search", stdout=rebuilt)

    assert checked.getvalue() == "All in step.\n"
    assert rebuilt.getvalue() == "3 issues indexed.\n"


def test_the_check_tells_what_is_wrong_and_how_it_is_mended_and_fails(catalog):
    lose_a_text()
    errors = StringIO()

    with pytest.raises(CommandError, match="rebuild_search") as caught:
        call_command("check_search", stderr=errors)

    assert caught.value.returncode == 1
    assert "The text of issue" in errors.getvalue()

    call_command("rebuild_search", stdout=StringIO())
    call_command("check_search", stdout=StringIO())


def test_the_check_tells_the_first_and_how_many_more(catalog):
    for number in range(25):
        KeyCount.objects.create(facet="tag", value=f"nowhere-{number:02}", count=1)
    errors = StringIO()

    with pytest.raises(CommandError):
        call_command("check_search", stderr=errors)

    assert len(errors.getvalue().splitlines()) == 21
    assert "and 5 more" in errors.getvalue()


# Loads


def titles(number):
    return [f"Issue number {each}" for each in range(number)]


def test_a_large_load_is_indexed_as_a_small_one_is(monkeypatch):
    load(a_document(*titles(7)), source="a")
    small = snapshot()
    first = min(Issue.objects.values_list("pk", flat=True))
    Issue.objects.all().delete()
    indexing.rebuild()
    assert snapshot() == ([], [], [])

    monkeypatch.setattr(indexing, "BULK", 3)
    load(a_document(*titles(7)), source="b")

    assert indexing.check() == []
    moved = min(Issue.objects.values_list("pk", flat=True)) - first
    texts, keys, words = snapshot()
    assert (keys, words) == small[1:]
    assert [(row[0] - moved, row[1] - moved, *row[2:6]) for row in texts] == [
        row[:6] for row in small[0]
    ]
    assert found("number") == set(titles(7))


def test_a_large_load_into_a_catalog_that_has_issues_keeps_all_in_step(monkeypatch):
    monkeypatch.setattr(indexing, "BULK", 3)
    load(a_document(*titles(2)), source="a")
    make_issue(title="Older", date=datetime.date(2001, 1, 1))

    load(a_document(*titles(9)), source="b")

    assert indexing.check() == []
    assert found("number") == set(titles(9))
    edit(Issue.objects.get(title="Older"), title="Newer")
    assert found("newer") == {"Newer"}
    assert indexing.check() == []


def fail(*args, **kwargs):
    raise ZeroDivisionError


@pytest.mark.parametrize("bulk", [3, 5_000], ids=["large", "small"])
@pytest.mark.parametrize("step", ["count_citations", "keep", "_Tally.write"])
def test_a_load_that_fails_leaves_index_and_triggers_as_they_were(monkeypatch, bulk, step):
    monkeypatch.setattr(indexing, "BULK", bulk)
    load(a_document(*titles(2)), source="a")
    before = snapshot()
    kept = triggers() if connection.vendor == "sqlite" else []
    monkeypatch.setattr(f"catalog.search.indexing.{step}", fail)

    with pytest.raises(ZeroDivisionError):
        load(a_document(*titles(9)), source="b")

    monkeypatch.undo()
    assert snapshot() == before
    assert indexing.check() == []
    if connection.vendor == "sqlite":
        assert triggers() == kept
        assert len(kept) == 3


def test_a_load_that_is_refused_leaves_everything_as_it_was():
    load(a_document("Tides", "Moons"), source="a")
    before = snapshot()
    taking = a_document("Reefs", slug="tides", url="https://shore.example/Shoreline/1")

    with pytest.raises(Refused):
        load(taking, source="b")

    assert snapshot() == before
    assert indexing.check() == []


@pytest.mark.parametrize("bulk", [3, 5_000], ids=["large", "small"])
def test_a_dry_run_leaves_index_and_triggers_as_they_were(monkeypatch, bulk):
    monkeypatch.setattr(indexing, "BULK", bulk)
    load(a_document(*titles(2)), source="a")
    before = snapshot()
    kept = triggers() if connection.vendor == "sqlite" else []

    report = load(a_document(*titles(9)), source="b", dry_run=True)

    assert report.issues.created == 7
    assert snapshot() == before
    assert indexing.check() == []
    if connection.vendor == "sqlite":
        assert triggers() == kept


def test_a_room_of_archived_issues_alone_is_brought_in_step_on_upgrade():
    make_issue(archived_at=timezone.now())
    Issue.objects.update(sort_title="")

    indexing.install_search()

    assert indexing.check() == []
