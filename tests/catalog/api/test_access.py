"""Permissions of single models, and inactive curators; tests/readingroom has the route matrix."""

import pytest
from django.contrib.auth.models import Permission

from tests.api import Api, is_problem
from tests.catalog.api.conftest import CURATE, make_curator
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_permission_to_view_tags_changes_none(room):
    onlooker = make_user()
    onlooker.user_permissions.add(Permission.objects.get(codename="view_tag"))
    api = Api(onlooker, CURATE)

    assert api.get("duplicates").status_code == 200
    assert is_problem(api.post("duplicates/dismiss", {"one": "moon", "other": "sea"}), 403)
    assert is_problem(api.delete("tags/moon"), 403)
    assert is_problem(api.get("conflicts"), 403)


def test_inactive_curator_is_401(room):
    gone = make_curator()
    api = Api(gone, CURATE)
    gone.is_active = False
    gone.save()

    assert is_problem(api.delete("tags/moon"), 401)
