"""Who may import whom: `readingroom → accounts → catalog → django`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("catalog", "accounts", "readingroom")
# Each app with those that it must not know.
FORBIDDEN = {"catalog": {"accounts", "readingroom"}, "accounts": {"readingroom"}}
NAMELESS = {"signals.py", "utils.py", "helpers.py", "services.py"}


def modules(app: str) -> list[Path]:
    return [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("app", FORBIDDEN)
def test_an_app_imports_only_those_below_it(app):
    breaches = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.partition(".")[0] in FORBIDDEN[app]
    ]

    assert not breaches


def test_the_api_never_imports_views():
    breaches = [
        f"{path.relative_to(ROOT)} imports {name}"
        for app in APPS
        for path in modules(app)
        if path.name == "api.py"
        for name in imported(path)
        if name.endswith(".views")
    ]

    assert not breaches


def test_no_module_has_a_name_that_says_nothing():
    assert not [path for app in APPS for path in modules(app) if path.name in NAMELESS]
