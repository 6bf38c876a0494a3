"""Which module may import which: `readingroom → accounts → catalog → django`, and no API a page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nonempty import some

ROOT = Path(__file__).parents[2]
APPS = ("catalog", "accounts", "readingroom")
# Each app with those that it must not know.
FORBIDDEN = {"catalog": {"accounts", "readingroom"}, "accounts": {"readingroom"}}
# Modules or packages of an app: those in the first must not import those in the second.
APART = (("api", "views"), ("api", "admin"), ("rest", "api"), ("models", "views"))
NAMELESS = {"signals", "utils", "helpers", "services"}


def modules() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def imported(path: Path, source: str) -> Iterator[str]:
    """Yield the dotted names that a module imports, relative ones made absolute."""
    package = path.parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def breaches(path: Path, source: str) -> list[str]:
    """Return what a module imports against the rules."""
    own_app, own_room, *_ = *path.with_suffix("").parts, ""
    found = []
    for name in imported(path, source):
        app, room, *_ = *name.split("."), ""
        if app in FORBIDDEN.get(own_app, ()) or (app in APPS and (own_room, room) in APART):
            found.append(f"{path} imports {name}")
    return found


def test_no_module_imports_what_it_must_not_know():
    assert [each for path in some(modules()) for each in breaches(path, read(path))] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("catalog/browsing/filters.py", "from accounts.models import User"),
        ("catalog/rest/views.py", "import accounts"),
        ("accounts/reading/marking.py", "from readingroom import settings"),
        ("accounts/api/queue.py", "from accounts.views.answers import answer"),
        ("accounts/api/queue.py", "from accounts.views import answers"),
        ("accounts/api/queue.py", "from accounts import views"),
        ("accounts/api/queue.py", "from ..views import answers"),
        ("accounts/api/queue.py", "def late():\n    import catalog.views"),
        ("catalog/api/issues.py", "from catalog.admin.issues import IssueAdmin"),
        ("readingroom/api.py", "from catalog.views import issue_detail"),
    ],
)
def test_a_planted_import_is_found(path, source):
    assert len(breaches(Path(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("accounts/views/queue.py", "from accounts.views.answers import answer"),
        ("accounts/api/queue.py", "from rest_framework import views"),
        ("readingroom/urls.py", "from accounts.views.catalog import issue_list"),
    ],
)
def test_an_import_within_the_rules_is_not(path, source):
    assert breaches(Path(path), source) == []


def test_no_module_has_a_name_that_says_nothing():
    assert [path for path in some(modules()) if NAMELESS & set(path.with_suffix("").parts)] == []


def read(path: Path) -> str:
    return (ROOT / path).read_text()
