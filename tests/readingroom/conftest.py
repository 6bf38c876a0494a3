import pytest

from tests.servers import serving, wait_for


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A data folder that was empty when its server started, and (URL, name, password) of it."""
    # A server takes seconds to set up and to answer, so all tests that only send requests share
    # one. One of them names another host, which is logged.
    data = tmp_path_factory.mktemp("served")
    words = ("--host", "127.0.0.2", "--username", "ada")
    with serving(data, *words, warns="evil.example.org", READINGROOM_PUBLIC="1") as (_, welcome):
        wait_for(f"{welcome[1]}/sign-in/")
        yield data, welcome.groups()
