import contextlib
import shutil
import sqlite3

import pytest

from tests.servers import quickstart


@pytest.fixture(scope="module")
def set_up(tmp_path_factory):
    """The output of a first run, and the folder that it filled, for copying."""
    # Migrations, the catalog and compressed files take seconds: most tests are about what follows.
    data = tmp_path_factory.mktemp("quickstart")
    return quickstart(data, "--no-serve"), data


@pytest.fixture
def unclaimed(set_up, tmp_path):
    """The folder of a room that has all but its first account, which the next run makes."""
    data = shutil.copytree(set_up[1], tmp_path / "unclaimed")
    with contextlib.closing(sqlite3.connect(data / "readingroom.sqlite3")) as database, database:
        database.execute("DELETE FROM accounts_user")
    return data
