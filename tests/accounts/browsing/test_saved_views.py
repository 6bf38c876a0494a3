"""Saved views: a filter under a reader's own name, on the home page, and read on in."""

import datetime
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from accounts.browsing import saved_views
from accounts.browsing.saved_views import MOST_PINNED, MOST_VIEWS
from accounts.models import SAVED_QUERY_LENGTH, SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from accounts.views import saved_views as pages
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch
from catalog.search import engine
from catalog.search.engine import TooBroad
from tests.factories import make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
CREATE = reverse("accounts:view_create")
ALL = reverse("accounts:view_list")


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    # The time limit of queries is not under test here, and a busy machine may exceed it.
    monkeypatch.setattr(engine, "SEARCH_BUDGET_MS", 60_000)


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def make_view(user, query="", **fields):
    number = SavedView.objects.count()
    return SavedView.objects.create(user=user, query=query, **({"name": f"View {number}"} | fields))


def save(client, query="tier=5", **data):
    return client.post(f"{CREATE}?{query}", {"name": "Landmarks"} | data)


def errors(response):
    assert response.status_code == 422
    return response.context["form"].errors


def of(name, view):
    return reverse(f"accounts:view_{name}", args=[view.pk])


def next_of(client, view):
    return client.get(of("next", view))


def said(response):
    """Return what the page that one is led to says."""
    return response.client.get(response["Location"]).content.decode()


def day(number):
    return datetime.date(2024, 5, 1) + datetime.timedelta(days=number)


# Saving


def test_a_filter_is_saved_under_its_name_and_shown_again_by_it(client, reader):
    make_issue(tier=5, title="Tides")
    make_issue(tier=3, title="Moons")

    response = save(client, "tier=5&q=&sort=oldest")

    view = SavedView.objects.get()
    assert (view.user, view.name, view.is_pinned) == (reader, "Landmarks", False)
    assert view.query == "sort=oldest&tier=5"
    assert (response.status_code, response["Location"]) == (302, view.get_absolute_url())
    page = client.get(response["Location"])
    assert [issue.title for issue in page.context["listing"].page.issues] == ["Tides"]
    assert "is saved" in page.content.decode()


def test_the_catalog_leads_to_saving_what_it_shows(client, reader):
    make_issue(tier=5)
    shown = client.get(reverse("issue_list"), {"tier": ["5", "4"], "q": "is & sue", "after": ""})
    assert shown.status_code == 404
    shown = client.get(reverse("issue_list"), {"tier": ["5", "4"], "q": "is & sue"})

    form = client.get(shown.context["save_url"])
    assert form.status_code == 200
    assert len(form.context["chips"]) == 2
    assert "is &amp; sue" in form.content.decode()
    client.post(shown.context["save_url"], {"name": "Both"})

    assert QueryDict(SavedView.objects.get().query) == QueryDict("q=is+%26+sue&tier=5&tier=4")


def test_asking_for_the_form_saves_nothing(client, reader):
    assert client.get(f"{CREATE}?tier=5").status_code == 200
    assert client.head(f"{CREATE}?tier=5").status_code == 200
    assert not SavedView.objects.exists()


def test_the_whole_catalog_can_be_saved(client, reader):
    make_issue()

    save(client, "")

    (each,) = client.get(ALL).context["views"]
    assert (each.view.query, str(each.count)) == ("", "1")


def test_the_place_in_a_list_is_not_saved(client, reader):
    save(client, "sort=oldest&after=2024-01-01.5&tag=")

    assert SavedView.objects.get().query == "sort=oldest"


@pytest.mark.parametrize(
    "query", ["tier=9", "tag=nowhere", "publication=nowhere", "date_from=x", "sort=x", "state=x"]
)
def test_a_filter_that_is_not_one_is_not_saved(client, reader, query):
    assert client.get(f"{CREATE}?{query}").status_code == 400
    assert save(client, query).status_code == 400
    assert not SavedView.objects.exists()


def test_a_filter_too_long_to_be_kept_is_not_saved(client, reader):
    fits = "q=" + "x" * (SAVED_QUERY_LENGTH - 2)
    assert save(client, fits).status_code == 302
    assert save(client, f"{fits}x", name="Longer").status_code == 400
    assert SavedView.objects.count() == 1


# Names


@pytest.mark.parametrize("name", ["", "   ", "\t"])
def test_a_view_needs_a_name(client, reader, name):
    response = save(client, name=name)

    assert "Give it a name." in errors(response)["name"]
    assert "Give it a name." in response.content.decode()


def test_a_form_sent_with_nothing_in_it_is_refused_as_well(client, reader):
    assert errors(client.post(f"{CREATE}?tier=5", {}))["name"] == ["Give it a name."]


def test_a_name_has_up_to_80_characters(client, reader):
    assert "80" in errors(save(client, name="x" * 81))["name"][0]
    assert save(client, name="x" * 80).status_code == 302


def test_a_name_is_kept_with_single_spaces(client, reader):
    save(client, name="  To \u00a0 read\tsoon ")

    assert SavedView.objects.get().name == "To read soon"


@pytest.mark.parametrize("name", ["a\x00b", "a\x07b", "a\x7fb"])
def test_a_name_that_cannot_be_kept_is_refused(client, reader, name):
    assert errors(save(client, name=name))["name"]


def test_two_views_of_a_reader_have_two_names_and_readers_do_not_mind_each_other(client, reader):
    make_view(make_user(), name="Landmarks")
    assert save(client).status_code == 302

    assert "choose another" in errors(save(client, "tier=4", name=" Landmarks "))["name"][0]
    assert SavedView.objects.filter(user=reader).count() == 1


def test_a_form_that_is_sent_twice_saves_one_view(client, reader):
    first, second = save(client), save(client)

    assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert SavedView.objects.count() == 1


def test_what_a_name_says_is_not_taken_for_markup(client, reader):
    make_issue()
    make_view(reader, name="<b>Bold</b>", is_pinned=True)

    for address in (ALL, reverse("library")):
        html = client.get(address).content.decode()
        assert "&lt;b&gt;Bold&lt;/b&gt;" in html
        assert "<b>Bold" not in html


# How many


def test_a_reader_has_up_to_100_views(client, reader):
    for number in range(MOST_VIEWS - 1):
        make_view(reader, name=f"Name {number}")
        make_view(make_user(), name="Another's") if number < 3 else None
    assert save(client).status_code == 302

    response = save(client, name="One more")

    assert "delete one first" in errors(response)["__all__"][0]
    assert "delete one first" in response.content.decode()
    assert SavedView.objects.filter(user=reader).count() == MOST_VIEWS == 100


def test_the_last_of_100_views_can_still_be_changed(client, reader):
    views = [make_view(reader, name=f"Name {number}") for number in range(MOST_VIEWS)]

    assert client.post(of("update", views[-1]), {"name": "Changed"}).status_code == 302


def test_home_shows_up_to_six_views(client, reader):
    pinned = [make_view(reader, is_pinned=True) for _ in range(MOST_PINNED)]
    assert MOST_PINNED == 6

    response = save(client, is_pinned="on")
    assert "unpin one first" in errors(response)["is_pinned"][0]
    assert "unpin one first" in response.content.decode()
    assert save(client).status_code == 302

    again = {"name": pinned[0].name, "is_pinned": "on"}
    assert client.post(of("update", pinned[0]), again).status_code == 302
    client.post(of("update", pinned[0]), {"name": pinned[0].name})
    landmarks = SavedView.objects.get(name="Landmarks")
    response = client.post(of("update", landmarks), {"name": "Landmarks", "is_pinned": "on"})
    assert response.status_code == 302


# Where they are shown


def test_home_shows_pinned_views_with_their_counts(client, reader):
    for tier in (5, 5, 4):
        make_issue(tier=tier)
    make_view(reader, "tier=5", name="Landmarks", is_pinned=True)
    make_view(reader, "", name="Everything", is_pinned=True)
    make_view(reader, "tier=4", name="Not pinned")
    make_view(make_user(), "tier=4", name="Another's", is_pinned=True)

    response = client.get(reverse("library"))

    views = response.context["views"]
    assert [(each.view.name, str(each.count)) for each in views] == [
        ("Everything", "3"),
        ("Landmarks", "2"),
    ]
    html = response.content.decode()
    assert "2 issues" in html
    assert "Not pinned" not in html
    assert "Another&#x27;s" not in html


COUNTED = {
    "state=read": 1,
    "state=unread": 2,
    "q=state:read": 1,
    "q=lighthouse": 1,
    "notes=yes": 1,
    "queue=yes": 0,
    "sort=recent": 1,
    "q=nothing-like-it": 0,
    "minutes_max=0": 0,
}


@pytest.mark.parametrize("query", COUNTED)
def test_a_view_counts_what_the_catalog_shows_for_it(client, reader, query):
    issues = [make_issue(words=900) for _ in range(3)]
    marking.mark(reader, [issues[0].pk], State.READ)
    marking.mark(make_user(), [issues[1].pk], State.QUEUED)
    writing.create_note(reader, issues[0].pk, kind="note", body="lighthouse")
    view = make_view(reader, query)

    (each,) = client.get(ALL).context["views"]

    assert each.count.number == COUNTED[query]
    shown = client.get(view.get_absolute_url())
    assert len(shown.context["listing"].page.issues) == COUNTED[query]


def test_the_list_shows_a_readers_own_views_by_name(client, reader):
    make_view(make_user(), name="Another's")
    for name in ("Zebra", "Apple"):
        make_view(reader, name=name)

    response = client.get(ALL)

    assert [each.view.name for each in response.context["views"]] == ["Apple", "Zebra"]
    assert "Another" not in response.content.decode()


def test_a_view_that_takes_too_long_to_count_is_not_said_to_be_gone(client, reader, monkeypatch):
    def too_broad(*args):
        raise TooBroad

    monkeypatch.setattr(saved_views, "count_issues", too_broad)
    make_view(reader, "tier=5")

    response = client.get(ALL)

    assert response.status_code == 200
    assert "not there any more" not in response.content.decode()


# Changing and deleting


def test_a_view_is_renamed_and_pinned_and_shows_what_it_did(client, reader):
    view = make_view(reader, "tier=5")
    shown = client.get(of("update", view))
    assert shown.context["form"]["name"].value() == view.name

    response = client.post(of("update", view), {"name": "New name", "is_pinned": "on"})

    assert (response.status_code, response["Location"]) == (302, ALL)
    view.refresh_from_db()
    assert (view.name, view.is_pinned, view.query) == ("New name", True, "tier=5")
    client.post(of("update", view), {"name": "New name"})
    view.refresh_from_db()
    assert not view.is_pinned


def test_a_view_keeps_its_own_name_and_does_not_take_anothers(client, reader):
    view, other = make_view(reader), make_view(reader, name="Taken")

    assert client.post(of("update", view), {"name": view.name}).status_code == 302
    assert errors(client.post(of("update", view), {"name": other.name}))["name"]
    view.refresh_from_db()
    assert view.name != "Taken"


def test_a_view_deleted_is_gone_and_its_issues_are_not(client, reader):
    issue = make_issue()
    view, kept = make_view(reader), make_view(reader)

    response = client.post(of("delete", view))

    assert (response.status_code, response["Location"]) == (302, ALL)
    assert list(SavedView.objects.all()) == [kept]
    issue.refresh_from_db()
    assert client.post(of("delete", view)).status_code == 404


# Whose they are


@pytest.mark.parametrize(
    ("name", "method"),
    [("update", "get"), ("update", "post"), ("delete", "post"), ("next", "get")],
)
def test_a_view_of_another_reader_is_not_there(client, reader, name, method):
    view = make_view(make_user(), "tier=5", name="Secret")

    response = getattr(client, method)(of(name, view), {"name": "Mine"})

    assert response.status_code == 404
    assert "Secret" not in response.content.decode()
    view.refresh_from_db()
    assert view.name == "Secret"


@pytest.mark.parametrize("name", ["update", "next"])
def test_no_view_is_not_there_and_nobody_has_none(client, name):
    address = reverse(f"accounts:view_{name}", args=[99])
    assert "sign-in" in client.get(address)["Location"]
    client.force_login(make_user())
    assert client.get(address).status_code == 404


def test_each_page_takes_its_own_methods(client, reader):
    view = make_view(reader)
    for address, refused in (
        (ALL, "post"), (of("delete", view), "get"), (of("next", view), "post"),
        (CREATE, "put"), (of("update", view), "delete"),
    ):  # fmt: skip
        assert getattr(client, refused)(address).status_code == 405
    assert SavedView.objects.exists()


# Reading on


@pytest.fixture
def five():
    """Five issues, `0` the oldest; the tiers run the other way."""
    home = make_publication(slug="home")
    return [
        make_issue(publication=home, title=f"{number}", date=day(number), tier=5 - number)
        for number in range(5)
    ]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", 4), ("sort=newest", 4), ("sort=oldest", 0), ("sort=tier", 0), ("sort=title", 0),
        ("tier=3", 2), ("q=sort:oldest", 0), ("publication=home&sort=oldest", 0),
        ("date_from=2024-05-02&sort=oldest", 1), ("q=state&sort=oldest", None),
    ],
)  # fmt: skip
def test_next_is_the_first_issue_of_the_view_in_its_order(client, reader, five, query, first):
    view = make_view(reader, query)

    response = next_of(client, view)

    expected = view.get_absolute_url() if first is None else five[first].get_absolute_url()
    assert (response.status_code, response["Location"]) == (302, expected)


def test_next_is_what_has_not_been_read_begun_and_queued_included(client, reader, five):
    view = make_view(reader, "sort=oldest")
    marking.mark(reader, [five[0].pk], State.READ)
    marking.mark(reader, [five[1].pk], State.READING)
    marking.mark(make_user(), [issue.pk for issue in five], State.READ)
    assert next_of(client, view)["Location"] == five[1].get_absolute_url()

    marking.mark(reader, [five[1].pk], State.READ)
    marking.mark(reader, [five[2].pk], State.QUEUED)
    assert next_of(client, view)["Location"] == five[2].get_absolute_url()


def test_reading_on_leads_through_the_whole_view_to_its_end(client, reader, five):
    view = make_view(reader, "sort=title&tier_min=3", name="To read")
    read = []
    for _ in range(3):
        place = next_of(client, view)["Location"]
        (issue,) = [issue for issue in five if issue.get_absolute_url() == place]
        read.append(issue.title)
        marking.mark(reader, [issue.pk], State.READ)
    assert read == ["0", "1", "2"]

    response = next_of(client, view)

    assert (response.status_code, response["Location"]) == (302, view.get_absolute_url())
    assert "Nothing in “To read” is left to read." in said(response)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=read&sort=oldest", 0),
        ("q=state:read+sort:oldest", 0),
        ("q=STATE:read+sort:oldest", 0),
        ("q=State:Read&sort=oldest", 0),
        ("q=-state:unread&sort=oldest", 0),
        ("state=queued", 1),
        ("state=unread&sort=oldest", 2),
    ],
)
def test_a_view_that_asks_for_states_is_taken_at_its_word(client, reader, five, query, expected):
    marking.mark(reader, [five[0].pk], State.READ)
    marking.mark(reader, [five[1].pk], State.QUEUED)

    response = next_of(client, make_view(reader, query))

    assert response["Location"] == five[expected].get_absolute_url()


@pytest.mark.parametrize("q", ["interstate: 1", '"state: 1"', "estate:x OR 1"])
def test_a_search_that_only_looks_like_a_state_leaves_out_what_is_read(client, reader, q):
    for number in range(2):
        make_issue(title="Interstate estate state 1 x", date=day(number))
    read = make_issue(title="Interstate estate state 1 x", date=day(9))
    marking.mark(reader, [read.pk], State.READ)

    issue = saved_views.next_issue(reader, make_view(reader, urlencode({"q": q})))

    assert issue is not None
    assert issue != read


def test_a_view_whose_publication_is_gone_is_told(client, reader):
    view = make_view(reader, "publication=gone", name="Old", is_pinned=True)
    make_issue()

    (each,) = client.get(ALL).context["views"]
    assert each.count is None
    assert "not there any more" in client.get(ALL).content.decode()
    assert client.get(reverse("library")).status_code == 200

    response = next_of(client, view)
    assert response.status_code == 400
    assert client.get(view.get_absolute_url()).status_code == 422
    assert "There is no publication" in client.get(view.get_absolute_url()).content.decode()
    # It can be renamed and deleted all the same.
    assert client.get(of("update", view)).status_code == 200
    assert client.post(of("delete", view)).status_code == 302


def test_what_is_archived_is_not_next(client, reader, five):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(five[4], {"archived_at": timezone.now()})

    assert next_of(client, make_view(reader))["Location"] == five[3].get_absolute_url()


def test_a_view_too_broad_to_look_through_is_not_said_to_be_read(client, reader, monkeypatch):
    def too_broad(*args):
        raise TooBroad

    monkeypatch.setattr(pages.saved_views, "list_issues", too_broad)
    view = make_view(reader, "tier=5", name="Broad")

    response = next_of(client, view)

    assert response.status_code == 302
    assert "is left to read" not in said(response)
