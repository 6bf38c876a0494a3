"""What the README shows is what happens: each of its curl lines is run as it stands."""

import re
import subprocess

import pytest

from accounts.access import tokens
from accounts.models import Note, Reading, State
from catalog.models import Category, Issue
from catalog.rest.access import SCOPES
from tests.factories import make_issue, make_publication, make_user
from tests.machine import ROOT

HOST = "http://127.0.0.1:8000"
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
SETTING = "\n".join(line for block in BLOCKS for line in block.splitlines() if line[:4] == "api=")
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("curl ")]


@pytest.fixture
def room(live_server, transactional_db):
    """A served room with what the lines name, and the environment of who writes them."""
    category = Category.objects.create(name="Science", slug="science")
    publication = make_publication(category=category, slug="interconnects", feed="https://x.org/f")
    make_issue(pk=1, publication=publication, tier=4, title="First")
    make_issue(publication=publication, tier=None)
    curator = make_user(is_superuser=True)
    return {
        "TOKEN": tokens.make_token(curator, "README", SCOPES)[1],
        "FEED_TOKEN": tokens.make_token(curator, "README", [tokens.FEEDS])[1],
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }, live_server.url


def test_there_is_a_line_for_each_thing_that_programs_do_most():
    assert len(LINES) > 10
    assert all(f" {method} " in " ".join(LINES) for method in ("PUT", "PATCH"))


@pytest.mark.curl
def test_each_curl_line_is_answered(room, tmp_path):
    environment, url = room
    said = {}
    for line in LINES:
        # Told apart from what a server says of an error: curl fails.
        script = f"{SETTING}\n{line} --fail-with-body --silent --show-error"
        done = subprocess.run(
            ["bash", "-ec", script.replace(HOST, url)], cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said[line] = done.stdout

    assert HOST not in SETTING.replace(HOST, url)
    first = Issue.objects.get(pk=1)
    assert Reading.objects.filter(issue=first, state=State.READ).exists()
    assert Note.objects.get().body == "Worth reading twice."
    assert first.tier == 5
    assert {each.name for each in tmp_path.iterdir()} == {"mine.json", "catalog.csv"}
    assert all(said[line] for line in LINES if " -o " not in line)
