"""Two curators at once: what one has before them may be older than what the other has saved."""

import re

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Cluster, Issue, Publication
from tests.catalog.admin.test_issue_list import row, rows_of, save, shown
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


def sign_in(client, name):
    user = make_user(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


@pytest.fixture
def curator(client):
    return sign_in(client, "vera")


@pytest.fixture
def anna():
    """Another curator, who is quicker."""
    client = Client()
    sign_in(client, "anna")
    return client


def address_of(thing):
    return reverse(f"admin:catalog_{thing._meta.model_name}_change", args=[thing.pk])


def opened(client, thing):
    """Return what the form of a thing would send if nothing in it were touched."""
    form = client.get(address_of(thing)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {
        name: "" if value is None else value for name, value in values.items() if value is not False
    }


def again(response):
    """Return what a form that was refused would send next."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {
        name: "" if value is None else value for name, value in values.items() if value is not False
    }


THINGS = {
    "issue": (make_issue, Issue, "title"),
    "cluster": (make_cluster, Cluster, "title"),
    "publication": (make_publication, Publication, "name"),
}


@pytest.mark.parametrize("kind", THINGS)
def test_a_save_over_a_newer_change_is_refused_with_both_shown(client, curator, anna, kind):
    make, model, field = THINGS[kind]
    thing = make(**{field: "Before"})
    mine = opened(client, thing)
    theirs = opened(anna, thing)

    assert anna.post(address_of(thing), theirs | {field: "Anna’s"}).status_code == 302
    response = client.post(address_of(thing), mine | {field: "Mine"})

    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert errors["__all__"] == [
        "Nothing is saved: anna changed this just now, after you had opened it. What you wrote is "
        "below; where it differs, what stands now is beside it. Save again to put yours over it."
    ]
    assert errors[field] == ["Current value: Anna’s"]
    assert 'value="Mine"' in response.content.decode()
    assert getattr(model.objects.get(pk=thing.pk), field) == "Anna’s"
    assert Change.objects.filter(field=field).count() == 1


@pytest.mark.parametrize("kind", THINGS)
def test_who_has_seen_the_newer_change_may_save_over_it(client, curator, anna, kind):
    make, model, field = THINGS[kind]
    thing = make(**{field: "Before"})
    mine = opened(client, thing)
    anna.post(address_of(thing), opened(anna, thing) | {field: "Anna’s"})
    refused = client.post(address_of(thing), mine | {field: "Mine"})

    response = client.post(address_of(thing), again(refused))

    assert response.status_code == 302
    assert getattr(model.objects.get(pk=thing.pk), field) == "Mine"


@pytest.mark.parametrize("kind", THINGS)
def test_a_third_change_is_not_written_over_either(client, curator, anna, kind):
    make, model, field = THINGS[kind]
    thing = make(**{field: "Before"})
    mine = opened(client, thing)
    anna.post(address_of(thing), opened(anna, thing) | {field: "Anna’s"})
    refused = client.post(address_of(thing), mine | {field: "Mine"})
    anna.post(address_of(thing), opened(anna, thing) | {field: "Anna’s second"})

    response = client.post(address_of(thing), again(refused))

    assert response.context["adminform"].form.errors[field] == ["Current value: Anna’s second"]
    assert getattr(model.objects.get(pk=thing.pk), field) == "Anna’s second"


@pytest.mark.parametrize("seen", ["", "0", "x", "99"])
def test_a_save_that_does_not_say_what_it_is_over_is_refused(client, curator, seen):
    issue = make_issue(title="Before")

    response = client.post(address_of(issue), opened(client, issue) | {"seen": seen, "title": "x"})

    assert response.status_code == 200
    assert Issue.objects.get().title == "Before"


def test_what_stands_now_is_said_in_words(client, curator, anna):
    publication = make_publication()
    shores = make_cluster(publication=publication, title="The shores", slug="a")
    issue = make_issue(publication=publication, tier=None, words=100, summary="Long.", position=4)
    mine = opened(client, issue)
    theirs = {
        "cluster": shores.pk, "position": 0, "tags_guessed": "on", "tags": "moon\nOpen Sea",
        "summary": "", "words": "", "date": "2020-02-29", "tier": "5",
    }  # fmt: skip
    assert anna.post(address_of(issue), opened(anna, issue) | theirs).status_code == 302

    response = client.post(address_of(issue), mine)

    errors = response.context["adminform"].form.errors
    assert {field: said for field, (said, *_) in errors.items() if field != "__all__"} == {
        "cluster": "Current value: The shores",
        "position": "Current value: 0",
        "tags_guessed": "Current value: yes",
        "tags": "Current value: moon, Open Sea",
        "summary": "Current value: nothing",
        "words": "Current value: nothing",
        "date": "Current value: 29 Feb 2020",
        "tier": "Current value: 5 Landmark",
    }


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ({"kind": ChangeBatch.Kind.LOAD, "source": "sea.json"}, "a load of sea.json changed this"),
        ({"kind": ChangeBatch.Kind.EDIT, "source": "admin"}, "somebody changed this"),
    ],
)
def test_who_was_quicker_is_named_and_how_long_ago(client, curator, act, said):
    issue = make_issue(title="Before")
    mine = opened(client, issue)
    with time_machine.travel("2026-01-01 12:00 +0000", tick=False), Curation(**act) as curation:
        curation.change(Issue.objects.get(), {"title": "Theirs"})

    with time_machine.travel("2026-01-01 15:00 +0000", tick=False):
        client.force_login(curator)
        response = client.post(address_of(issue), mine | {"title": "Mine"})

    (error,) = response.context["adminform"].form.errors["__all__"]
    assert said in error
    assert "3\xa0hours ago" in error


def test_each_save_of_ones_own_is_over_the_one_before(client, curator):
    issue = make_issue(title="Before")

    for title in ("First", "Second"):
        response = client.post(address_of(issue), opened(client, issue) | {"title": title})
        assert response.status_code == 302

    assert Issue.objects.get().title == "Second"


# In the list


def test_a_row_that_somebody_changed_since_is_refused_and_nothing_of_the_list_saved(
    client, curator, anna
):
    stale, fresh = make_issue(title="Tides", tier=3), make_issue(title="Reefs", tier=3)
    data = rows_of(client)
    anna.post(address_of(stale), opened(anna, stale) | {"tier": "1"})

    data |= {f"{row(data, stale)}tier": "5", f"{row(data, fresh)}tier": "5"}
    response = save(client, data)

    assert response.status_code == 200
    forms = {form.instance.title: form for form in response.context["cl"].formset.forms}
    assert "anna changed this just now" in forms["Tides"].errors["__all__"][0]
    assert forms["Tides"].errors["tier"] == ["Current value: 1 of 5"]
    assert str(forms["Tides"]["tier"].value()) == "5"
    assert not forms["Reefs"].errors
    tiers = dict(Issue.objects.values_list("title", "tier"))
    assert tiers == {"Tides": 1, "Reefs": 3}
    assert ChangeBatch.objects.count() == 1
    text = response.content.decode()
    assert "Current value: 1" in text
    assert "Undo" not in text


def test_the_list_may_then_be_saved_over_it(client, curator, anna):
    stale, fresh = make_issue(title="Tides", tier=3), make_issue(title="Reefs", tier=3)
    data = rows_of(client)
    anna.post(address_of(stale), opened(anna, stale) | {"tier": "1"})
    data |= {f"{row(data, stale)}tier": "5", f"{row(data, fresh)}tier": "4"}
    refused = save(client, data)

    for form in refused.context["cl"].formset.forms:
        data[form.add_prefix("seen")] = form["seen"].value()
    assert save(client, data).status_code == 302

    assert dict(Issue.objects.values_list("title", "tier")) == {"Tides": 5, "Reefs": 4}


def test_a_row_that_only_somebody_else_touched_stays_as_they_left_it(client, curator, anna):
    theirs, mine = make_issue(title="Tides", tier=3), make_issue(title="Reefs", tier=3)
    data = rows_of(client)
    anna.post(address_of(theirs), opened(anna, theirs) | {"tier": "1"})

    response = save(client, data | {f"{row(data, mine)}tier": "5"})

    assert response.status_code == 302
    assert dict(Issue.objects.values_list("title", "tier")) == {"Tides": 1, "Reefs": 5}


def test_what_only_somebody_else_touched_of_a_refused_row_is_shown_as_they_left_it(
    client, curator, anna
):
    shores = make_cluster(title="Shores")
    issue = make_issue(publication=shores.publication, tier=3)
    data = rows_of(client)
    anna.post(address_of(issue), opened(anna, issue) | {"cluster": shores.pk})

    refused = save(client, data | {f"{row(data, issue)}tier": "5"})
    (form,) = refused.context["cl"].formset.forms
    assert str(form["cluster"].value()) == str(shores.pk)
    initial = re.search('<input name="initial-form-0-cluster"[^>]*>', refused.content.decode())[0]
    assert f'value="{shores.pk}"' in initial
    begin = row(data, issue)
    data |= {
        f"{begin}tier": "5", f"{begin}seen": form["seen"].value(),
        f"{begin}cluster": str(shores.pk), f"initial-{begin}cluster": str(shores.pk),
    }  # fmt: skip
    assert save(client, data).status_code == 302

    stored = Issue.objects.get()
    assert (stored.tier, stored.cluster) == (5, shores)


def test_refused_rows_are_shown_as_they_were_sent_whatever_the_list_has_by_then(
    client, curator, anna
):
    for title in ("Tides", "Reefs", "Caves"):
        make_issue(title=title, tier=None)
    data = rows_of(client, tier="none")
    sent = shown(client, tier="none")
    stale = Issue.objects.get(title=sent[1])
    anna.post(address_of(stale), opened(anna, stale) | {"tier": "1"})
    make_issue(title="Came later", tier=None)

    data |= {f"{row(data, stale)}tier": "5"}
    response = save(client, data, tier="none")

    listed = [issue.title for issue in response.context["cl"].result_list]
    assert listed == [form.instance.title for form in response.context["cl"].formset.forms] == sent
    assert "Save" in response.content.decode()
