"""The admin's list of issues: what it shows, what narrows it, and what is changed in its rows."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.admin import issue_list
from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Issue
from catalog.search.engine import TooBroad
from tests.catalog.db.test_plans import faults
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

LIST = "admin:catalog_issue_changelist"


@pytest.fixture
def curator(client):
    user = make_user(username="vera", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


def ask(client, **asked):
    response = client.get(reverse(LIST), asked)
    assert response.status_code == 200, response.get("Location")
    return response


def shown(client, **asked):
    """Return the titles on a page of the list, in its order."""
    return [issue.title for issue in ask(client, **asked).context["cl"].result_list]


def rows_of(client, **asked):
    """Return what the list would send if nothing in it were touched."""
    formset = ask(client, **asked).context["cl"].formset
    data = {f"form-{name}": value for name, value in formset.management_form.initial.items()}
    for form in formset:
        html = "".join(str(form[name]) for name in ("id", "seen", "tier", "cluster"))
        for tag in re.findall("<input[^>]*>", html):
            data[re.search('name="([^"]*)"', tag)[1]] = re.search('value="([^"]*)"', tag)[1]
        for name in ("tier", "cluster"):
            value = form[name].value()
            data[form.add_prefix(name)] = "" if value is None else str(value)
    return data


def row(data, issue):
    """Return the beginning of the names by which a row of the list is sent."""
    return next(
        name.removesuffix("id")
        for name, value in data.items()
        if name.endswith("-id") and value == str(issue.pk)
    )


def save(client, data, **asked):
    address = reverse(LIST)
    if asked:
        address += "?" + "&".join(f"{name}={value}" for name, value in asked.items())
    return client.post(address, data | {"_save": "Save"})


def change(issue, user=None, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=user) as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)


# Contents


def test_a_row_shows_tier_cluster_tags_date_citations_and_flags(client, curator):
    cluster = make_cluster(title="Shores")
    issue = make_issue(
        cluster=cluster, title="Tides", tier=5, date=datetime.date(2024, 5, 1), tags_guessed=True,
        summary="", url="",
    )  # fmt: skip
    change(issue, tags=["moon", "Open Sea"])
    Issue.objects.update(cited_count=17, reviewed_at=timezone.now())

    text = ask(client).content.decode()
    table = text[text.index("<tbody>") : text.index("</tbody>")]

    for expected in (
        "Tides", "Shores</option>", "5 Landmark</option>", "moon, Open Sea", "2024", "17",
        "Tags guessed", "No summary", "No URL", "Reviewed",
    ):  # fmt: skip
        assert expected in table
    assert f'<option value="{cluster.pk}" selected dir="auto">' in table
    assert '<option value="5" selected dir="auto">' in table
    assert 'aria-label="Tier of Tides"' in table


def test_a_row_offers_the_clusters_of_its_own_publication_alone(client, curator):
    one, other = make_publication(), make_publication()
    make_cluster(publication=one, title="Shores")
    make_cluster(publication=one, title="Gone", archived_at=timezone.now())
    make_cluster(publication=other, title="Peaks")
    make_issue(publication=one)
    make_issue(publication=other)

    forms = ask(client).context["cl"].formset.forms
    offered = {
        form.instance.publication: [label for _, label in form.fields["cluster"].choices]
        for form in forms
    }

    assert offered == {one: ["In no cluster", "Shores"], other: ["In no cluster", "Peaks"]}


def test_a_page_has_a_hundred_and_the_newest_come_first(client, curator):
    publication = make_publication()
    for number in range(103):
        make_issue(
            publication=publication, title=f"{number}", date=datetime.date(2024, 1, 1),
            url="",
        )  # fmt: skip

    assert shown(client) == [str(number) for number in range(102, 2, -1)]
    assert shown(client, p=2) == ["2", "1", "0"]
    # A page number beyond the last page leads to the last page, an invalid one to the first.
    assert shown(client, p=77) == ["2", "1", "0"]
    assert len(shown(client, p="x")) == len(shown(client, p=-3)) == 100
    assert "103 issues" in ask(client).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(client, curator):
    def add():
        for _ in range(3):
            cluster = make_cluster()
            change(make_issue(cluster=cluster), tags=["moon", f"tag {cluster.pk}"])

    def count(**asked):
        with CaptureQueriesContext(connection) as queries:
            ask(client, **asked)
        return len(queries)

    add()
    ask(client)
    asked = [{}, {"q": "issue"}, {"guessed": "on"}, {"tier": 4}]
    before = [count(**each) for each in asked]
    add()

    assert [count(**each) for each in asked] == before
    assert max(before) <= 15


def test_counting_ends_where_it_would_take_long(client, curator, monkeypatch):
    monkeypatch.setattr(issue_list, "MOST_ROWS_COUNTED", 2)
    monkeypatch.setattr(issue_list.IssueChangeList, "_page", _two_a_page(issue_list))
    for _ in range(9):
        make_issue()

    response = ask(client)

    assert "More than 6 issues" in response.content.decode()
    # Further pages are there all the same.
    assert len(response.context["cl"].result_list) == 2
    assert len(ask(client, p=5).context["cl"].result_list) == 1


def _two_a_page(module):
    page = module.IssueChangeList._page

    def with_two(self):
        self.list_per_page = 2
        return page(self)

    return with_two


def test_what_takes_too_long_is_given_up_and_said(client, curator, monkeypatch):
    def give_up(self):
        raise TooBroad

    monkeypatch.setattr(issue_list.IssueChangeList, "_page", give_up)
    make_issue()

    response = ask(client, q="issue")

    assert issue_list.TOO_BROAD in response.content.decode()
    assert not response.context["cl"].result_list


# Filters


@pytest.fixture
def world():
    sea = make_publication(name="The Sea", slug="the-sea")
    hills = make_publication(name="The Hills", slug="the-hills")
    shores = make_cluster(publication=sea, slug="shores", title="Shores")
    issues = {
        "tides": make_issue(cluster=shores, title="tides", tier=5, position=2),
        "reefs": make_issue(cluster=shores, title="reefs", tier=None, position=1),
        "wrecks": make_issue(publication=sea, title="wrecks", tags_guessed=True),
        "peaks": make_issue(publication=hills, title="peaks", summary="", tier=3),
        "caves": make_issue(publication=hills, title="caves", url="", tier=3),
        "gone": make_issue(publication=hills, title="gone", archived_at=timezone.now(), tier=2),
    }
    Issue.objects.filter(title="peaks").update(is_curated=True)
    Issue.objects.filter(title="tides").update(cited_count=3)
    Issue.objects.filter(title="reefs").update(cited_count=5)
    return issues


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"publication": "the-sea"}, {"tides", "reefs", "wrecks"}),
        ({"publication": "the-sea", "cluster": "shores"}, {"tides", "reefs"}),
        ({"publication": "the-sea", "cluster": "none"}, {"wrecks"}),
        ({"cluster": "none"}, {"wrecks", "peaks", "caves", "gone"}),
        # A cluster of a publication that is not chosen any more is left out of account.
        ({"publication": "the-hills", "cluster": "shores"}, {"peaks", "caves", "gone"}),
        ({"tier": "5"}, {"tides"}),
        ({"tier": "none"}, {"reefs"}),
        ({"guessed": "on"}, {"wrecks"}),
        ({"unsummed": "on"}, {"peaks"}),
        ({"unlinked": "on"}, {"caves"}),
        ({"curated": "on"}, {"peaks"}),
        ({"curated": "on", "unlinked": "on"}, set()),
        ({"cited": "3"}, {"tides", "reefs"}),
        ({"cited": "4"}, {"reefs"}),
        ({"archived": "yes"}, {"gone"}),
        ({"archived": "no", "publication": "the-hills"}, {"peaks", "caves"}),
        ({"q": "tides"}, {"tides"}),
        ({"q": "tier:3"}, {"peaks", "caves"}),
        ({"q": "issue", "publication": "the-sea"}, {"tides", "reefs", "wrecks"}),
        ({"q": "issue", "cluster": "shores", "publication": "the-sea"}, {"tides", "reefs"}),
        ({"q": "issue", "tier": "none"}, {"reefs"}),
        ({"q": "issue", "unlinked": "on"}, {"caves"}),
        ({"q": "issue", "guessed": "on"}, {"wrecks"}),
        # Anything may be searched for; what is in no index is no word of it.
        ({"q": "before:2000"}, set()),
        ({"q": "gone"}, set()),
        ({"q": '"'}, set()),
        ({"q": "  "}, {"tides", "reefs", "wrecks", "peaks", "caves", "gone"}),
        # The addresses of Django's own filters go on to work.
        ({"tags_guessed__exact": "1"}, {"wrecks"}),
    ],
)
def test_the_list_is_narrowed_by(client, curator, world, asked, expected):
    assert set(shown(client, **asked)) == expected


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"publication": "none-such"}, "publication"),
        ({"tier": "9"}, "tier"),
        ({"cited": "x"}, "cited"),
    ],
)
def test_a_choice_that_there_is_not_is_named_and_nothing_shown(
    client, curator, world, asked, field
):
    response = ask(client, **asked)

    assert field in response.context["cl"].narrowing.form.errors
    assert not response.context["cl"].result_list


def test_what_a_search_cannot_take_is_said(client, curator, world):
    assert "A quotation mark is not closed" in ask(client, q='"tides').content.decode()


def test_a_search_that_is_narrowed_keeps_what_else_was_asked(client, curator, world):
    text = ask(client, q="issue", o="-5", tags_guessed__exact="0").content.decode()

    assert '<input type="hidden" name="o" value="-5">' in text
    assert '<input type="hidden" name="tags_guessed__exact" value="0">' in text
    assert 'value="issue"' in text


# Its order

COLUMNS = {"title": 1, "tier": 4, "date": 5, "cited": 7}


@pytest.mark.parametrize("asked", [{}, {"q": "issue"}])
def test_it_is_sorted_by_a_column_either_way(client, curator, world, asked):
    for column, name in [("title", "title"), ("tier", "rank"), ("cited", "cited_count")]:
        for sign in ("", "-"):
            listed = ask(client, o=f"{sign}{COLUMNS[column]}", **asked).context["cl"].result_list
            values = [getattr(issue, name) for issue in listed]
            assert values == sorted(values, reverse=bool(sign)), (column, sign)
            assert len(values) > 3


def test_a_cluster_is_listed_in_its_own_order_and_what_is_cited_by_how_often(
    client, curator, world
):
    assert shown(client, publication="the-sea", cluster="shores") == ["reefs", "tides"]
    assert shown(client, cited=1) == ["reefs", "tides"]
    assert shown(client, publication="the-sea", cluster="shores", o="1") == ["reefs", "tides"]
    assert shown(client, publication="the-sea", cluster="shores", o="-1") == ["tides", "reefs"]


def test_words_and_choices_are_intersected_in_the_index(client, curator, world):
    asked = {"q": "issue", "publication": "the-sea", "cluster": "shores", "tier": "5"}

    with CaptureQueriesContext(connection) as queries:
        assert shown(client, **asked) == ["tides"]

    asked_of_index = [query["sql"] for query in queries if "in=the-sea" in query["sql"]]
    assert len(asked_of_index) == 2
    for sql in asked_of_index:
        assert "cluster=the-sea/shores" in sql
        assert "tier=5" in sql


def test_of_a_great_search_the_newest_are_sorted_and_that_is_said(
    client, curator, world, monkeypatch
):
    monkeypatch.setattr(issue_list, "MOST_RANKED", 2)
    newest = shown(client, q="issue")[:2]

    response = ask(client, q="issue", o="1")

    listed = [issue.title for issue in response.context["cl"].result_list]
    assert listed == sorted(newest)
    assert issue_list.WINDOWED in response.content.decode()
    assert issue_list.WINDOWED not in ask(client, q="issue").content.decode()


def test_it_opens_to_choose_one_issue_for_another_page(client, curator, world):
    response = ask(client, _popup="1", q="tides")

    assert [issue.title for issue in response.context["cl"].result_list] == ["tides"]
    assert '<input type="hidden" name="_popup" value="1">' in response.content.decode()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the plans are SQLite's")
@pytest.mark.parametrize(
    "asked",
    [
        {}, {"p": 2}, {"o": "1"}, {"o": "-4"}, {"o": "5"}, {"o": "-7"}, {"publication": "the-sea"},
        {"publication": "the-sea", "cluster": "shores"}, {"tier": "5"}, {"tier": "none"},
        {"guessed": "on"}, {"unsummed": "on"}, {"unlinked": "on"}, {"curated": "on"}, {"cited": 2},
        {"q": "issue"}, {"q": "issue", "publication": "the-sea"},
    ],
    ids=str,
)  # fmt: skip
def test_a_page_is_read_from_an_index_in_its_order(client, curator, world, asked):
    with CaptureQueriesContext(connection) as queries:
        ask(client, **asked)

    lists = [
        query["sql"]
        for query in queries
        if "FROM `catalog_issue`" in query["sql"].replace('"', "`") and "LIMIT" in query["sql"]
    ]
    assert len(lists) == 2
    # Counting is limited.
    found = {sql: [step for step in faults(sql) if step != "SCAN subquery"] for sql in lists}
    assert {sql: steps for sql, steps in found.items() if steps} == {}


# Editing in place


def test_tiers_and_clusters_saved_in_the_list_are_one_act_and_one_undo(client, curator):
    shores = make_cluster(title="Shores")
    tides = make_issue(publication=shores.publication, title="Tides", tier=4)
    reefs = make_issue(publication=shores.publication, title="Reefs", tier=None)
    kept = make_issue(publication=shores.publication, title="Kept")
    data = rows_of(client)
    data |= {f"{row(data, tides)}tier": "5", f"{row(data, reefs)}cluster": str(shores.pk)}

    response = save(client, data, tier="")

    assert response.status_code == 302
    assert response["Location"].endswith("?tier=")
    assert Issue.objects.get(pk=tides.pk).tier == 5
    assert Issue.objects.get(pk=reefs.pk).cluster == shores
    batch = ChangeBatch.objects.get()
    assert (batch.user, batch.kind) == (curator, "edit")
    assert set(Change.objects.values_list("object_id", "field")) == {
        (tides.pk, "tier"), (reefs.pk, "cluster"), (reefs.pk, "position"),
    }  # fmt: skip
    assert Issue.objects.get(pk=kept.pk).version == kept.version

    text = client.get(reverse(LIST)).content.decode()
    undo = reverse("desk:batch_revert", args=[batch.pk])
    assert text.count(undo) == 1
    assert len(re.findall("changed successfully", text)) == 1
    client.post(undo)

    assert Issue.objects.get(pk=tides.pk).tier == 4
    assert Issue.objects.get(pk=reefs.pk).cluster is None


def test_what_moves_in_the_list_goes_to_the_end_of_its_cluster(client, curator):
    shores = make_cluster()
    make_issue(cluster=shores, position=7)
    moved = make_issue(publication=shores.publication, position=0)
    data = rows_of(client)

    save(client, data | {f"{row(data, moved)}cluster": str(shores.pk)})

    assert Issue.objects.get(pk=moved.pk).position == 8


def test_a_list_of_which_nothing_was_touched_changes_nothing(client, curator):
    make_issue()

    assert save(client, rows_of(client)).status_code == 302

    assert not ChangeBatch.objects.exists()
    assert "Undo" not in client.get(reverse(LIST)).content.decode()


def test_saving_looks_only_at_the_rows_that_were_touched(client, curator):
    issues = [make_issue(tier=4) for _ in range(8)]

    def count(*touched):
        data = rows_of(client)
        data |= {f"{row(data, issue)}tier": "3" for issue in touched}
        with CaptureQueriesContext(connection) as queries:
            assert save(client, data).status_code == 302
        return len(queries)

    with_one = count(issues[0])
    for _ in range(8):
        make_issue()
    assert count(issues[1]) == with_one


def test_a_cluster_of_another_publication_is_refused_by_its_name(client, curator):
    issue = make_issue(title="Tides")
    other = make_issue(title="Peaks", tier=4)
    stranger = make_cluster(title="Ridges", publication=make_publication(name="The Hills"))
    data = rows_of(client)
    data |= {f"{row(data, issue)}cluster": str(stranger.pk), f"{row(data, other)}tier": "5"}

    response = save(client, data)

    assert response.status_code == 200
    text = response.content.decode()
    assert "“Ridges” is a cluster of another publication, “The Hills”." in text
    assert not Change.objects.exists()
    assert Issue.objects.get(pk=other.pk).tier == 4


@pytest.mark.parametrize("value", ["9", "-1", "x", "5.5"])
def test_a_tier_that_there_is_not_is_refused(client, curator, value):
    issue = make_issue(tier=4)
    data = rows_of(client)

    response = save(client, data | {f"{row(data, issue)}tier": value})

    assert response.status_code == 200
    assert response.context["cl"].formset.forms[0].errors["tier"]
    assert Issue.objects.get().tier == 4


@pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 40])
def test_a_cluster_that_there_is_not_is_refused(client, curator, value):
    issue = make_issue()
    data = rows_of(client)

    response = save(client, data | {f"{row(data, issue)}cluster": value})

    assert "There is no such cluster." in response.content.decode()


def test_what_is_no_field_of_the_list_has_no_effect(client, curator):
    issue = make_issue(tier=4, title="Tides")
    data = rows_of(client)
    begin = row(data, issue)
    forged = {
        "version": "99", "slug": "stolen", "title": "Stolen", "is_curated": "on",
        "archived_at": "2020-01-01", "loaded": "{}", "reviewed_at": "2020-01-01",
        "cited_count": "9",
    }  # fmt: skip

    save(client, data | {f"{begin}{name}": value for name, value in forged.items()})
    save(client, data | {f"{begin}{name}": value for name, value in forged.items()}
         | {f"{begin}tier": "5"})  # fmt: skip

    stored = Issue.objects.get()
    assert (stored.tier, stored.version) == (5, issue.version + 1)
    for name in forged.keys() - {"version"}:
        assert getattr(stored, name) == getattr(issue, name), name


def test_a_list_cannot_make_issues(client, curator):
    make_issue()
    data = rows_of(client) | {"form-TOTAL_FORMS": "2", "form-1-tier": "5", "form-1-id": ""}

    assert save(client, data).status_code in (200, 400)

    assert Issue.objects.count() == 1


# Who may


def test_who_may_only_view_sees_the_list_and_can_change_nothing(client):
    viewer = make_user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client.force_login(viewer)
    issue = make_issue(tier=4, title="Tides", cluster=make_cluster(title="Shores"))

    response = ask(client)
    text = response.content.decode()
    forged = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": issue.pk,
        "form-0-seen": issue.version, "form-0-tier": "5", "initial-form-0-tier": "4",
    }  # fmt: skip

    assert "Tides" in text
    assert "Shores" in text
    assert response.context["cl"].formset is None
    assert {value for value, _ in response.context["action_form"].fields["action"].choices} == {
        "", "export",
    }  # fmt: skip
    assert save(client, forged).status_code == 403
    client.post(reverse(LIST), {"action": "archive", "_selected_action": [issue.pk]})
    stored = Issue.objects.get()
    assert (stored.tier, stored.archived_at) == (4, None)


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_readers_and_strangers_are_shown_nothing(client, is_signed_in):
    issue = make_issue(title="Tides")
    if is_signed_in:
        client.force_login(make_user())

    for address in (reverse(LIST), reverse("admin:catalog_issue_change", args=[issue.pk])):
        for response in (client.get(address), client.post(address, {"_save": "Save"})):
            assert response.status_code == 302
            assert re.match("/sign-in/|/admin/login/", response["Location"])
            assert "Tides" not in response.content.decode()


# Its page


def test_the_page_needs_no_inline_script_or_style(client, curator, world):
    change(world["tides"], tier=1)
    for address in (
        reverse(LIST), reverse("admin:catalog_issue_change", args=[world["tides"].pk]),
        reverse("admin:catalog_issue_add"),
    ):  # fmt: skip
        response = client.get(address)
        text = response.content.decode()

        assert not re.search("<style|<script(?![^>]* src=)| style=| on[a-z]+=", text)
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert "css/admin/base.css" in text
        assert "Reading Room</title>" in text


def test_each_field_of_the_page_has_a_name(client, curator, world):
    text = ask(client, publication="the-sea").content.decode()
    labelled = set(re.findall('<label for="([^"]*)"', text))
    within = re.sub("<label[^>]*>.*?</label>", "", text, flags=re.DOTALL)
    fields = re.findall("<(?:select|input|textarea)[^>]*>", within)

    nameless = [
        field
        for field in fields
        if 'type="hidden"' not in field
        and 'type="submit"' not in field
        and "aria-label=" not in field
        and (re.search('id="([^"]*)"', field) or [0, ""])[1] not in labelled
    ]
    assert nameless == []
