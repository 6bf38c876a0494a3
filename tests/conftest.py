import os

import hypothesis
import pytest
from django.core.cache import cache
from django.db import transaction

from tests import machine

# Each test draws this many examples unless it sets a number of its own.
hypothesis.settings.register_profile("default", max_examples=20, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None)
hypothesis.settings.load_profile("ci" if machine.IS_CI else "default")


def pytest_configure(config: pytest.Config) -> None:
    # Django has read its settings. Processes that tests start use the product's settings.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse files that mix tests in a transaction with tests that empty the database.

    A worker runs all tests of a file in a row, and what migrations wrote is gone after a test with
    `transaction=True`. pytest-django puts files with such tests last.
    """
    kinds: dict[str, set[bool]] = {}
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if mark := item.get_closest_marker("django_db"):
            kinds.setdefault(str(item.path), set()).add(bool(mark.kwargs.get("transaction")))
        elif "transactional_db" in fixtures or "db" in fixtures:
            kinds.setdefault(str(item.path), set()).add("transactional_db" in fixtures)
    if mixed := sorted(path for path, found in kinds.items() if len(found) == 2):
        raise pytest.UsageError(f"Move tests with transaction=True to a file: {', '.join(mixed)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program is missing, with the reason; on CI, fail it instead."""
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


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """Return a context in which fixtures of a module write rows that its tests share.

    One transaction encloses the module. The transaction of each test becomes a savepoint in it,
    which undoes the writes of that test alone. Modules with `django_db(transaction=True)` cannot
    use it.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
