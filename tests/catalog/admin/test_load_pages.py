"""“New from file”: a file is read, what it would change is shown, and then it is loaded."""

import json
import os
import re
import time
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as cases
from hypothesis import strategies as st

from catalog.admin import load_pages
from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Cluster, Conflict, Issue, Publication
from catalog.search import indexing
from tests.catalog.interchange.formats.pages import GOOD, HEAD, TIDES, page, spoiled
from tests.factories import make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

# One of them is bad as a page alone, and is found to be none here.
BAD = sorted(Path(__file__).parents[1].glob("interchange/bad/[!jE]*")) + sorted(
    Path(__file__).parents[1].glob("interchange/bad/json*.json")
)


@pytest.fixture(autouse=True)
def folder():
    """The folder of kept files, empty at first."""
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def a_file(*issues, **publication):
    """A JSON file with one cluster, “The sea”; each issue is a dict, its title also its slug."""
    own = {"slug": "shoreline", "name": "Shoreline", "category": "Science", "author": "Editors"}
    rows = [{"slug": issue["title"].lower(), "date": "2024-05-01"} | issue for issue in issues]
    clusters = [{"slug": "sea", "title": "The sea", "issues": rows}]
    document = {"format": "readingroom.catalog/1",
                "publications": [own | {"clusters": clusters} | publication]}  # fmt: skip
    return json.dumps(document).encode()


COLUMNS = "publication,category,author,title,date"
TIDES_4 = a_file({"title": "Tides", "tier": 4})
TIDES_5 = a_file({"title": "Tides", "tier": 5})


def send(client, data, name="shoreline.json", **fields):
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("desk:load_new"), {"file": file} | fields)


def hidden(response, action):
    """The hidden fields of the form of a page that is sent to an action."""
    text = response.content.decode()
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in fields}


def apply(client, previewed, **changes):
    fields = hidden(previewed, reverse("desk:load_apply"))
    return client.post(reverse("desk:load_apply"), fields | changes)


def loaded(client, data, **fields):
    response = apply(client, send(client, data, **fields))
    assert response.status_code == 302
    return response


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def set_tier(issue, tier):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.select_related("cluster").get(pk=issue.pk), {"tier": tier})


# --- who may


@pytest.mark.parametrize("name", ["load_new", "load_apply"])
def test_loading_is_for_curators(client, name):
    address = reverse(f"desk:{name}")

    assert client.post(address)["Location"].startswith(reverse("accounts:sign_in"))
    client.force_login(make_user())
    assert client.post(address)["Location"].startswith(reverse("admin:login"))
    client.force_login(make_user(is_staff=True))
    assert client.post(address).status_code == 403
    assert client.delete(address).status_code == 405


def test_asking_for_the_form_writes_nothing(client, curator, folder):
    assert client.get(reverse("desk:load_new")).status_code == 200
    assert client.get(reverse("desk:load_apply")).status_code == 405

    assert not ChangeBatch.objects.exists()
    assert not list(folder.iterdir())


def test_the_publications_lead_to_it(client, curator):
    page = client.get(reverse("admin:catalog_publication_changelist")).content.decode()

    assert reverse("desk:load_new") in page
    assert reverse("desk:conflicts") in page


# --- what is sent


def test_a_page_is_previewed_and_nothing_is_loaded(client, curator):
    response = send(client, page(*GOOD).encode(), "good.txt")

    text = response.content.decode()
    assert response.status_code == 200
    assert "What good.txt would change" in text
    assert "3 issues" in text
    assert TIDES[0] in text
    assert not Publication.objects.exists()
    assert not ChangeBatch.objects.exists()


def test_a_previewed_page_is_loaded_and_that_can_be_undone(client, curator, folder):
    previewed = send(client, page(*GOOD).encode(), "good.txt")
    assert len(list(folder.iterdir())) == 1

    response = apply(client, previewed)

    publication = Publication.objects.get()
    assert response["Location"] == reverse(
        "admin:catalog_publication_change", args=[publication.pk]
    )
    assert Issue.objects.count() == 3
    batch = ChangeBatch.objects.get()
    assert (batch.kind, batch.source, batch.user) == ("load", "good.txt", curator)
    assert "Loaded good.txt: 3 issues new" in said(response)
    assert publication.get_absolute_url() in said(response)
    assert reverse("desk:batch_revert", args=[batch.pk]) in said(response)
    assert not list(folder.iterdir())
    assert indexing.check() == []
    client.post(reverse("desk:batch_revert", args=[batch.pk]))
    assert not Issue.objects.listed().exists()
    assert indexing.check() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page", page(*GOOD)),
        ("JSON", TIDES_4.decode()),
        ("CSV", f"{COLUMNS}\nShoreline,Science,Editors,Tides,2024-05-01\n"),
    ],
)  # fmt: skip
def test_any_format_may_be_pasted(client, curator, name, text):
    pasted = text.replace("\n", "\r\n")

    response = client.post(reverse("desk:load_new"), {"text": pasted})

    assert response.status_code == 200, response.context["problems"]
    apply(client, response)
    assert Issue.objects.exists()
    assert ChangeBatch.objects.get().source == "pasted text"


@pytest.mark.parametrize("fields", [{}, {"text": "  "}, {"file": True, "text": "x"}])
def test_one_of_file_and_text_is_asked_for(client, curator, fields):
    if "file" in fields:
        fields = fields | {"file": SimpleUploadedFile("a.json", TIDES_4)}

    response = client.post(reverse("desk:load_new"), fields)

    assert response.status_code == 422
    assert "one of the two" in response.content.decode()


def test_a_file_that_is_too_large_is_refused_in_words(client, curator, monkeypatch):
    monkeypatch.setattr(load_pages, "LARGEST_FILE", 100)

    response = send(client, TIDES_4)

    assert response.status_code == 422
    assert "up to 20 MB are taken here" in response.content.decode()


def test_a_text_that_is_too_long_is_refused_in_words(client, curator):
    response = client.post(reverse("desk:load_new"), {"text": "x" * 600_001})

    assert response.status_code == 422
    assert "text" in response.context["form"].errors


def test_a_refused_file_is_told_of_line_by_line(client, curator, folder):
    response = send(client, spoiled(TIDES[1], "TIER 7 Nov 24, 2023"), "bad.txt")

    text = unescape(response.content.decode())
    assert response.status_code == 422
    assert "bad.txt was refused: 1 error" in text
    assert re.search(r'<th scope="row">line \d+</th>', text)
    assert f"“{TIDES[0]}”: " in text
    assert not Publication.objects.exists()
    assert not list(folder.iterdir())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_each_bad_file_is_refused_without_a_traceback(client, curator, path):
    response = send(client, path.read_bytes(), path.name)

    assert response.status_code == 422
    assert response.context["problems"]


def test_a_name_that_cannot_be_printed_is_told_of_nevertheless(client, curator):
    response = send(client, b'{"format": "readingroom.catalog/1", "\\ud800": "\\udfff"}')

    assert response.status_code == 422


@cases(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(
    lambda text: (page(*GOOD) + text).encode(errors="replace")
)))  # fmt: skip
def test_any_bytes_at_all_are_answered(client, curator, data):
    with transaction.atomic():
        assert send(client, data).status_code in (200, 422)
        transaction.set_rollback(True)


def test_very_many_problems_are_counted_and_the_first_are_shown(client, curator, monkeypatch):
    monkeypatch.setattr(load_pages, "LINES_PREVIEWED", 2)
    rows = [{"title": f"Tides-{number}", "tier": 9} for number in range(5)]

    text = send(client, a_file(*rows)).content.decode()

    assert "5 errors" in text
    assert "And 3 more." in text


def test_a_file_that_contradicts_what_is_here_is_refused(client, curator):
    loaded(client, a_file({"title": "Tides", "url": "https://example.org/a"}))
    other = make_issue(publication=Publication.objects.get(), url="https://example.org/b")

    doc = a_file({"title": "Tides", "url": other.url}, {"title": "Waves", "url": other.url})
    response = send(client, doc)

    assert response.status_code == 422
    assert response.context["problems"]


def test_what_is_only_worth_knowing_is_shown_with_the_preview(client, curator):
    response = send(client, spoiled(HEAD[-1], "9 issues · 4 keepers · 1 tier-5 · 3 tier-4"))

    assert response.status_code == 200
    assert response.context["warnings"]
    assert "Worth knowing about the file" in response.content.decode()


# --- what is shown


def test_every_change_of_what_is_here_is_shown_before_and_after(client, curator):
    loaded(client, a_file({"title": "Tides", "tier": 4, "summary": "Why the sea rises twice."}))

    response = send(client, a_file(
        {"title": "Tides", "tier": 5, "summary": "Why the sea rises thrice.",
         "cites": ["https://example.org/moon"]},
        {"title": "Waves"},
        author="Others",
    ))  # fmt: skip

    shown = {(line.kind, line.title, line.field): (line.before, line.after)
             for line in response.context["outcome"].changes}  # fmt: skip
    assert shown == {
        ("publication", "Shoreline", "author"): ("Editors", "Others"),
        ("issue", "Tides", "tier"): ("4 Notable", "5 Landmark"),
        ("issue", "Tides", "summary"): (
            "Why the sea rises <mark>twice.</mark>", "Why the sea rises <mark>thrice.</mark>",
        ),
        ("issue", "Tides", "citations"): ("nothing", "https://example.org/moon"),
    }  # fmt: skip
    text = response.content.decode()
    assert "Waves" in text
    assert reverse("admin:catalog_issue_change", args=[Issue.objects.get().pk]) in text
    assert Issue.objects.get().tier == 4


def test_new_places_are_shown_behind_all_other_changes(client, curator):
    loaded(client, a_file({"title": "Tides"}, {"title": "Waves"}))

    response = send(
        client, a_file({"title": "Wrecks"}, {"title": "Tides"}, {"title": "Waves", "tier": 5})
    )

    fields = [line.field for line in response.context["outcome"].changes]
    assert fields == ["tier", "place", "place"]


def test_new_clusters_and_missing_issues_are_named(client, curator):
    loaded(client, a_file({"title": "Tides"}, {"title": "Waves"}))

    response = send(client, a_file({"title": "Tides"}, clusters=[
        {"slug": "sea", "title": "The sea", "issues": []},
        {"slug": "sky", "title": "The sky",
         "issues": [{"slug": "tides", "title": "Tides", "date": "2024-05-01"}]},
    ]))  # fmt: skip

    outcome = response.context["outcome"]
    assert outcome.made == [("cluster", "The sky")]
    moved = [(line.before, line.after) for line in outcome.changes if line.field == "cluster"]
    assert moved == [("The sea", "sky")] or moved == [("The sea", "The sky")]
    assert response.context["missing"] == ["Waves"]
    assert "They stay as they are." in response.content.decode()


def test_of_each_list_the_first_are_shown_with_the_number_of_all(client, curator, monkeypatch):
    monkeypatch.setattr(load_pages, "LINES_PREVIEWED", 3)
    titles = [f"Tides-{number}" for number in range(5)]
    new = send(client, a_file(*({"title": title} for title in titles)))
    assert "5 issues" in new.content.decode()
    assert new.content.decode().count('<li dir="auto">Tides-') == 3
    apply(client, new)

    changed = send(client, a_file(*({"title": title, "tier": 5} for title in titles)))

    assert "Changes of what is here: 5" in changed.content.decode()
    assert len(changed.context["outcome"].changes) == 3
    missing = send(client, a_file({"title": "Waves"}))
    assert "Missing from the file: 5 issues" in missing.content.decode()
    assert missing.content.decode().count('<li dir="auto">Tides-') == 3


def test_a_preview_asks_as_often_about_many_changes_as_about_few(client, curator):
    def asked(number):
        titles = [f"Tides-{each}" for each in range(number)]
        loaded(client, a_file(*({"title": title, "tier": 4} for title in titles)))
        with CaptureQueriesContext(connection) as queries:
            response = send(client, a_file(*({"title": title, "tier": 5} for title in titles)))
        assert len(response.context["outcome"].changes) == number
        writes = ("UPDATE", "INSERT", "SAVEPOINT", "RELEASE", "DELETE")
        return sum(not query["sql"].startswith(writes) for query in queries)

    assert asked(12) - asked(3) == 0


def test_a_file_that_changes_nothing_says_so(client, curator):
    loaded(client, TIDES_4)

    response = send(client, TIDES_4)

    assert "Nothing that is here would change." in response.content.decode()
    assert apply(client, response).status_code == 302
    assert ChangeBatch.objects.count() == 1


# --- conflicts and what the file lacks


@pytest.fixture
def clashing(client, curator):
    """A tier that a curator has changed, and the file to come changes too."""
    loaded(client, TIDES_4)
    set_tier(Issue.objects.get(), 3)
    return Issue.objects.get()


@pytest.mark.parametrize(
    ("take", "tier", "stands", "listed"),
    [("", 3, "the curators’", 1), ("theirs", 5, "the file’s", 0), ("ours", 3, "the curators’", 0)],
)
def test_a_conflict_is_shown_and_settled_as_chosen(client, clashing, take, tier, stands, listed):
    previewed = send(client, TIDES_5, take=take)

    text = previewed.content.decode()
    assert "Conflicts: 1" in text
    assert f"<td>{stands}</td>" in text
    assert not Conflict.objects.exists()
    apply(client, previewed)
    assert Issue.objects.get().tier == tier
    assert Conflict.objects.count() == listed


def test_a_load_that_leaves_conflicts_leads_to_them(client, clashing):
    assert loaded(client, TIDES_5)["Location"] == reverse("desk:conflicts")


def test_options_may_be_changed_without_sending_the_file_again(client, clashing, folder):
    first = send(client, TIDES_5)
    fields = hidden(first, reverse("desk:load_new"))

    second = client.post(reverse("desk:load_new"), fields | {"take": "theirs"})

    assert "the file’s" in second.content.decode()
    apply(client, second)
    assert Issue.objects.get().tier == 5
    assert not list(folder.iterdir())


def test_other_options_than_were_shown_are_shown_first(client, clashing):
    previewed = send(client, TIDES_5)

    response = apply(client, previewed, take="theirs")

    assert response.status_code == 409
    assert Issue.objects.get().tier == 3


def test_conflicts_of_earlier_loads_that_would_be_settled_are_counted(client, clashing):
    loaded(client, TIDES_5)

    previewed = send(client, TIDES_5, take="theirs")

    assert "1 conflict of earlier loads would be settled" in previewed.content.decode()
    apply(client, previewed)
    assert Issue.objects.get().tier == 5
    assert not Conflict.objects.exists()


def test_what_the_file_lacks_is_archived_on_request(client, curator):
    loaded(client, a_file({"title": "Tides"}, {"title": "Waves"}))

    previewed = send(client, a_file({"title": "Tides"}), prune="on")

    assert "1 issue would be archived" in previewed.content.decode()
    lines = previewed.context["outcome"].changes
    assert [(line.title, line.after) for line in lines] == [("Waves", "archived")]
    apply(client, previewed)
    assert Issue.objects.listed().get().title == "Tides"


# --- between the steps


def test_a_change_of_the_catalog_meanwhile_is_shown_before_anything_is_loaded(client, curator):
    loaded(client, TIDES_4)
    previewed = send(client, TIDES_5)
    set_tier(Issue.objects.get(), 3)

    response = apply(client, previewed)

    assert response.status_code == 409
    assert "the catalog has changed" in response.content.decode()
    assert Issue.objects.get().tier == 3
    assert not Conflict.objects.exists()
    assert apply(client, response).status_code == 302
    assert Conflict.objects.get().theirs == 5


def test_a_change_of_the_catalog_that_makes_no_difference_does_not_matter(client, curator):
    loaded(client, TIDES_4)
    previewed = send(client, TIDES_5)
    make_issue()

    assert apply(client, previewed).status_code == 302
    assert Issue.objects.get(slug="tides").tier == 5


def test_a_form_that_is_sent_twice_loads_once(client, curator):
    previewed = send(client, TIDES_4)
    apply(client, previewed)

    response = apply(client, previewed)

    assert response["Location"] == reverse("desk:load_new")
    assert "not kept any more" in said(response)
    assert ChangeBatch.objects.count() == 1


def test_a_kept_file_is_its_own_curators_alone(client, curator, folder):
    fields = hidden(send(client, TIDES_4), reverse("desk:load_apply"))
    other, stranger = Client(), make_user(is_staff=True)
    stranger.groups.add(Group.objects.get(name="Curators"))
    other.force_login(stranger)

    for address in ("desk:load_apply", "desk:load_new"):
        assert "not kept any more" in said(other.post(reverse(address), fields))

    assert not Publication.objects.exists()
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("upload", ["", "x", "../../secret_key", "W10:abc:def"])
def test_a_token_that_is_none_is_refused(client, curator, upload):
    previewed = send(client, TIDES_4)

    response = apply(client, previewed, upload=upload)

    assert "not kept any more" in said(response)
    assert not Publication.objects.exists()


def test_a_file_that_was_changed_on_the_disk_is_not_loaded(client, curator, folder):
    previewed = send(client, TIDES_4)
    (path,) = folder.iterdir()
    path.write_bytes(TIDES_5)

    assert "not kept any more" in said(apply(client, previewed))


def test_an_option_that_is_none_is_refused(client, curator):
    response = apply(client, send(client, TIDES_4), take="both")

    assert response.status_code == 302
    assert not Publication.objects.exists()


def test_files_that_nobody_came_back_for_are_removed_after_a_day(client, curator, folder):
    send(client, TIDES_4)
    (old,) = folder.iterdir()
    long_ago = time.time() - 25 * 60 * 60
    os.utime(old, (long_ago, long_ago))

    send(client, TIDES_5)

    (kept,) = folder.iterdir()
    assert kept != old


def test_few_files_of_one_curator_are_kept(client, curator, folder, monkeypatch):
    monkeypatch.setattr(load_pages, "MOST_KEPT", 3)

    for _ in range(5):
        last = send(client, TIDES_4)

    assert len(list(folder.iterdir())) == 3
    assert apply(client, last).status_code == 302


def test_an_existing_publication_is_updated_by_name(client, curator):
    publication = make_publication(name="Shoreline", slug="the-shore", author="Editors")

    response = loaded(client, TIDES_4)

    assert response["Location"] == reverse(
        "admin:catalog_publication_change", args=[publication.pk]
    )
    assert Publication.objects.count() == 1


def test_two_publications_in_one_file_lead_to_the_list(client, curator):
    document = json.loads(TIDES_4)
    second = json.loads(a_file({"title": "Hills"}, slug="land", name="Land"))
    document["publications"] += second["publications"]

    response = loaded(client, json.dumps(document).encode())

    assert response["Location"] == reverse("admin:catalog_publication_changelist")
    assert Cluster.objects.count() == 2
    assert Change.objects.filter(kind="publication").count() == 2
