"""The documentation is true: its curl lines run as written, its links and settings exist."""

import contextlib
import functools
import importlib
import re
import subprocess

import pytest

from accounts.access import tokens
from accounts.models import FEEDS, Note, Reading, State
from catalog.models import Category, Issue
from catalog.rest.access import SCOPES
from readingroom import settings
from tests.factories import make_issue, make_publication, make_user
from tests.machine import ROOT
from tests.nonempty import some

HOST = "http://127.0.0.1:8000"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.S)
SETTING = "\n".join(line for block in BLOCKS for line in block.splitlines() if line[:4] == "api=")
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("curl ")]


@pytest.fixture
def room(live_server, transactional_db):
    """Serve a catalog with the rows that the lines name; return their environment and the URL."""
    category = Category.objects.create(name="Science", slug="science")
    publication = make_publication(category=category, slug="interconnects", feed="https://x.org/f")
    make_issue(pk=1, publication=publication, tier=4, title="First")
    make_issue(publication=publication, tier=None)
    curator = make_user(is_superuser=True)
    return {
        "TOKEN": tokens.make_token(curator, "docs", SCOPES)[1],
        "FEED_TOKEN": tokens.make_token(curator, "docs", [FEEDS])[1],
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }, live_server.url


def links(page):
    """Return the targets of a page's links to other files of the checkout; it may have none."""
    return re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())


def dead_links(page):
    return [target for target in links(page) if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_exist(page):
    assert dead_links(page) == []


def test_links_are_found():
    assert "docs/architecture.md" in links(ROOT / "README.md")


def test_settings_page_lists_the_variables_of_the_settings_module():
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/settings.md").read_text(), re.M)

    assert listed == re.findall(r"^\| `(\w+)` \|", settings.__doc__, re.M)
    assert len(listed) > 5


def test_names_in_the_architecture_exist():
    page = (ROOT / "docs/architecture.md").read_text()
    names = some(re.findall(r"`((?:catalog|accounts)\.[\w.]+)`", page))

    assert [name for name in names if not exists(name)] == []
    assert not exists("catalog.loading.loader.lode")


def exists(name):
    """Return whether a dotted name is a module, or an attribute within one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        with contextlib.suppress(ModuleNotFoundError):
            found = importlib.import_module(".".join(parts[:end]))
            return functools.reduce(lambda of, part: getattr(of, part, None), parts[end:], found)
    return None


def test_curl_lines_cover_reading_and_writing():
    assert len(LINES) > 10
    assert all(f" {method} " in " ".join(LINES) for method in ("PUT", "PATCH"))


@pytest.mark.curl
def test_curl_lines_succeed(room, tmp_path):
    environment, url = room
    responses = {}
    for line in LINES:
        script = f"{SETTING}\n{line} --fail-with-body --silent --show-error"
        done = subprocess.run(
            ["bash", "-ec", script.replace(HOST, url)], cwd=tmp_path, env=environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        responses[line] = done.stdout

    assert HOST not in SETTING.replace(HOST, url)
    first = Issue.objects.get(pk=1)
    assert Reading.objects.filter(issue=first, state=State.READ).exists()
    assert Note.objects.get().body == "Worth reading twice."
    assert first.tier == 5
    assert {each.name for each in tmp_path.iterdir()} == {"mine.json", "catalog.csv"}
    assert all(responses[line] for line in LINES if " -o " not in line)
