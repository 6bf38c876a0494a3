"""The layers of the code: which module may import which. pyproject.toml lists them."""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import ROOT
from tests.nonempty import some
from tests.readingroom.measures import code_files

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMELESS = {"signals", "utils", "helpers", "services"}
# Modules on the ground floor of each application.
GROUND_FLOOR = {
    "accounts": {
        "admin", "apps", "exports", "markdown", "middleware", "partial_dates", "profile",
        "requests", "urls",
    },
    "catalog": {"access", "apps", "converters", "slugs", "stats", "text", "urls", "views"},
}  # fmt: skip
MOST_ON_GROUND_FLOOR = 15
MOST_IN_A_FOLDER = 20


def contract(name: str) -> dict:
    (found,) = (each for each in CONTRACTS["contracts"] if each["name"] == name)
    return found


def layers(names: list[str]) -> dict[str, tuple[int, bool]]:
    """Return the height of each module, and whether the modules of its layer are independent."""
    return {
        module.strip(): (-depth, ":" not in layer)
        for depth, layer in enumerate(names)
        for module in layer.replace(":", "|").split("|")
    }


HEIGHTS = {
    "": layers(contract("Applications")["layers"]),
    "catalog": layers(contract("Layers of the catalog")["layers"]),
    "accounts": layers(contract("Layers of the accounts")["layers"]),
}
# The exceptions of the contracts, as the beginnings of both modules.
IGNORED = [
    tuple(side.strip().removesuffix(".**") for side in each.split("->"))
    for each in contract("Layers of the catalog")["ignore_imports"]
]


def modules() -> list[Path]:
    return [path.relative_to(ROOT) for path in code_files()]


def imported(path: Path, source: str) -> Iterator[str]:
    """Yield the dotted names that a module imports; relative imports are made absolute."""
    package = path.parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_upward(importer: list[str], name: list[str]) -> bool:
    """Return whether an import breaks the order of the applications or of an app's layers."""
    own, other = importer[0], name[0]
    if own != other:
        return other in HEIGHTS[""] and HEIGHTS[""][other] > HEIGHTS[""][own]
    heights = HEIGHTS.get(own, {})
    own, other = importer[1], name[1]
    if own == other or own not in heights or other not in heights:
        return False
    (height, _), (other_height, are_independent) = heights[own], heights[other]
    return other_height > height or (other_height == height and are_independent)


def breaches(path: Path, source: str) -> list[str]:
    """Return the imports of a module that break the layers."""
    importer = [*path.with_suffix("").parts, ""]
    found = []
    for name in imported(path, source):
        pair = (".".join(importer), name)
        is_ignored = any(all(map(str.startswith, pair, ignored)) for ignored in IGNORED)
        api_of_all = importer[:2] == ["readingroom", "api"] and name.split(".")[1:2] == ["views"]
        if not is_ignored and (is_upward(importer, [*name.split("."), ""]) or api_of_all):
            found.append(f"{path} imports {name}")
    return found


def read(path: Path) -> str:
    return (ROOT / path).read_text()


def test_modules_import_downwards():
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
        ("accounts/api/queue.py", "def late():\n    import accounts.views"),
        ("accounts/models/notes.py", "from accounts.notes.writing import create_note"),
        ("accounts/notes/writing.py", "from accounts.reading.marking import mark"),
        ("accounts/progress/pace.py", "from accounts.browsing import filters"),
        ("catalog/api/issues.py", "from catalog.admin.issues import IssueAdmin"),
        ("catalog/browsing/listing.py", "from catalog.desk import fits"),
        ("catalog/browsing/listing.py", "from catalog.changes import wording"),
        ("catalog/curation/tags.py", "from catalog.loading.loader import load"),
        ("catalog/db/bulk.py", "from catalog.models import Issue"),
        ("catalog/interchange/document.py", "from ..search.query import parse"),
        ("catalog/models/log.py", "from catalog.curation.changeset import Curation"),
        ("catalog/pages/outline.py", "from catalog.views import publication_detail"),
        ("catalog/search/query.py", "from catalog.tags import usage"),
        ("catalog/tags/usage.py", "from catalog.curation import rules"),
        ("readingroom/api.py", "from catalog.views import issue_detail"),
    ],
)
def test_planted_import_is_found(path, source):
    assert len(breaches(Path(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("accounts/views/queue.py", "from accounts.views.answers import answer"),
        ("accounts/api/queue.py", "from rest_framework import views"),
        ("catalog/feeds/issues.py", "from catalog.loading.dump_history import installation"),
        ("catalog/models/issues.py", "from catalog.search.words import fold"),
        ("readingroom/urls.py", "from accounts.views.catalog import issue_list"),
    ],
)
def test_downward_import_passes(path, source):
    assert breaches(Path(path), source) == []


def test_names_say_what_a_module_holds():
    assert [path for path in some(modules()) if NAMELESS & set(path.with_suffix("").parts)] == []


@pytest.mark.parametrize("app", GROUND_FLOOR)
def test_ground_floor_has_only_its_modules(app):
    """Put a new module into the package of its subject; list here one that belongs to none."""
    found = {path.stem for path in (ROOT / app).glob("*.py")} - {"__init__"}

    assert found == GROUND_FLOOR[app]
    assert len(found) <= MOST_ON_GROUND_FLOOR


def crowded(paths: list[Path]) -> dict[str, int]:
    """Return the folders with too many modules."""
    folders = Counter(str(path.parent) for path in paths if path.name != "__init__.py")
    return {folder: number for folder, number in folders.items() if number > MOST_IN_A_FOLDER}


def test_no_folder_is_crowded():
    assert crowded(some(modules())) == {}


def test_crowded_folder_is_found():
    assert crowded([Path(f"catalog/api/{number}.py") for number in range(21)]) == {
        "catalog/api": 21
    }
