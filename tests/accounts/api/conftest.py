import pytest

from tests.api import Api
from tests.factories import make_user


@pytest.fixture
def user(db):
    return make_user(time_zone="Europe/Paris")


@pytest.fixture
def api(user):
    return Api(user)


@pytest.fixture
def other(db):
    """The program of another reader."""
    return Api(make_user())
