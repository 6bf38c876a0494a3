"""User names: one in any case, also where an older room has two that differ by case alone."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SECRET = "a long enough secret"


def signed_in(client, name, password=SECRET):
    """Return the name of the user whom this name and password sign in, or None."""
    client.logout()
    client.post("/sign-in/", {"username": name, "password": password})
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None


@pytest.fixture
def twins():
    """Two users of a room from before case was ignored, as the migration leaves them."""
    make_user(username="reader", password="the elder's secret")
    younger = make_user(username="twin", password="the younger's secret")
    User.objects.filter(pk=younger.pk).update(username="Reader", folded_name=None)
    younger.refresh_from_db()
    return younger


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("reader", "Reader"),
        ("Reader", "reader"),
        ("reader", "READER"),
        ("ömer", "Ömer"),
        ("straße", "STRASSE"),
        ("reader", "ｒｅａｄｅｒ"),
    ],
)
def test_a_name_signs_in_in_any_case(client, name, typed):
    make_user(username=name)

    assert signed_in(client, typed) == name


@pytest.mark.parametrize("second", ["Reader", "READER", "ｒｅａｄｅｒ"])
def test_no_two_names_differ_by_case_alone(second):
    make_user(username="reader")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(second, password=SECRET)
    with pytest.raises(ValidationError, match="Another user has this name"):
        User(username=second, password=SECRET).full_clean()
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", "--noinput", "--username", second, "--email", "a@b.org")
    assert User.objects.count() == 1


def test_the_admin_refuses_a_name_that_another_has_in_another_case(client):
    admin, other = make_user(username="admin", is_superuser=True), make_user(username="Ömer")
    client.force_login(admin)

    passwords = {"usable_password": "true", "password1": SECRET, "password2": SECRET}
    for name in ("ömer", "ADMIN", "", "no spaces"):
        added = client.post("/admin/accounts/user/add/", {"username": name} | passwords)
        assert "username" in added.context["adminform"].form.errors
    changed = client.get(f"/admin/accounts/user/{other.pk}/change/").context["adminform"].form
    data = {name: value for name, value in changed.initial.items() if value is not None}
    data |= {"date_joined_0": "2024-01-01", "date_joined_1": "00:00"}
    renamed = client.post(f"/admin/accounts/user/{other.pk}/change/", data | {"username": "ADMIN"})
    assert "username" in renamed.context["adminform"].form.errors
    own_case = client.post(f"/admin/accounts/user/{other.pk}/change/", data | {"username": "ömer"})
    assert own_case.status_code == 302
    other.refresh_from_db()
    assert (other.username, other.folded_name) == ("ömer", "ömer")


def test_twins_of_an_older_room_sign_in_by_their_exact_names(client, twins):
    assert signed_in(client, "Reader", "the younger's secret") == "Reader"
    assert signed_in(client, "reader", "the elder's secret") == "reader"
    # A name that is neither's own is the elder's.
    assert signed_in(client, "READER", "the elder's secret") == "reader"
    assert signed_in(client, "READER", "the younger's secret") is None


def test_twins_can_be_saved_and_renamed(twins):
    twins.first_name = "Ada"
    twins.full_clean()
    twins.save()
    assert twins.folded_name is None

    twins.username = "Ada"
    twins.full_clean()
    twins.save()
    assert User.objects.get(pk=twins.pk).folded_name == "ada"


def test_a_name_that_is_freed_may_be_taken(twins):
    User.objects.exclude(pk=twins.pk).delete()
    twins.save()

    twins.refresh_from_db()
    assert twins.folded_name == "reader"
