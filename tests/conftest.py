import os

import pytest
from django.core.cache import cache

from tests import machine


def pytest_configure(config: pytest.Config) -> None:
    # Settings are read by now. A process that a test starts runs the room as it is.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say why; on CI, where all of it is, fail."""
    for marker in ("browser", "curl", "postgres"):
        if item.get_closest_marker(marker) and (reason := machine.lack(marker)):
            if machine.IS_CI and not (marker == "postgres" and "TEST_POSTGRES_URL" in os.environ):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
    for marker in item.iter_markers("clients"):
        for reason in filter(None, map(machine.missing_program, marker.args)):
            if machine.IS_CI:
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def _empty_cache():
    from catalog.rest.throttles import hits

    cache.clear()
    hits.clear()
