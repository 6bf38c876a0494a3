"""Static files: design tokens, the classes that CSS and templates share, and JavaScript modules."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.files.storage import FileSystemStorage

from readingroom.storage import ModuleStaticFilesStorage
from tests.nonempty import some

ROOT = settings.BASE_DIR
STATIC = ROOT / "static"
STYLES = sorted((STATIC / "css").rglob("*.css"))
MODULES = sorted((STATIC / "js").rglob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = [path for name in ("accounts", "catalog") for path in sorted((ROOT / name).rglob("*.py"))]
ADMIN = Path(admin.__file__).parent

# Scripts of other projects, which are no modules.
CLASSIC_SCRIPTS = {
    "django_htmx/htmx-2.min.js",
    "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
}
# Classes that Django's admin and htmx set and that are in none of their templates.
OTHER_CLASSES = re.compile(r"field-\w+|model-\w+|change-list|htmx-request")
# Lines.
LONGEST_MODULE = 260
LONGEST_STYLE = 400
# Characters. ESLint has a limit of its own for the lines of modules.
LONGEST_LINE = 160

NAME = r"[A-Za-z_][\w-]*"
IMPORT = re.compile(r"^import\s[^;]*?\"(?P<path>\.[^\"]+)\";", re.MULTILINE)


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(STATIC)) for path in some(paths)]


def rules(path: Path) -> str:
    """Return a style sheet without comments and strings."""
    return re.sub(r'/\*.*?\*/|"[^"]*"', "", path.read_text(), flags=re.DOTALL)


def custom_properties(css: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])(--[\w-]+)\s*:", css))


TOKENS = custom_properties(rules(STATIC / "css/tokens.css"))
DJANGO = custom_properties(
    "".join(path.read_text() for path in (ADMIN / "static/admin/css").glob("*.css"))
)


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_custom_properties_of_a_style_sheet_are_tokens_or_djangos(path):
    used = set(re.findall(r"var\(\s*(--[\w-]+)", rules(path)))
    known = TOKENS | DJANGO if path.parent.name == "admin" else TOKENS

    assert used <= known


def test_every_token_is_used():
    used = re.findall(r"var\(\s*(--[\w-]+)", "".join(map(rules, STYLES)))

    assert set(used) >= TOKENS


OTHERS = [path for path in STYLES if path.name != "tokens.css"]


@pytest.mark.parametrize("path", OTHERS, ids=names(OTHERS))
def test_tokens_are_defined_in_tokens_css_alone(path):
    # Print has colours of its own.
    css = rules(path).partition("@layer print")[0]

    assert not custom_properties(css) & TOKENS
    assert custom_properties(css) <= (DJANGO if path.parent.name == "admin" else set())


def test_layers_are_ordered_once():
    orders = {path.name: re.findall(r"@layer [\w, ]+;", rules(path)) for path in STYLES}

    assert {name: found for name, found in orders.items() if found} == {
        "tokens.css": ["@layer reset, tokens, base, layout, components, pages, utilities, print;"]
    }


def classes_in_markup() -> tuple[set[str], tuple[str, ...]]:
    """Return the classes that templates, Python and JavaScript set, and prefixes of others."""
    attributes = [
        found
        for path in some(TEMPLATES)
        for found in re.findall(
            r'class="((?:{%.*?%}|{{.*?}}|[^"])*)"|block \w*class %}(.*?){% endblock',
            path.read_text(),
            re.DOTALL,
        )
    ]
    text = " ".join(one or other for one, other in attributes)
    literals = [
        "".join(found)
        for path in some(SOURCES + MODULES)
        for found in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', path.read_text())
    ]
    text += " ".join(literals)
    prefixes = re.findall(rf"({NAME}-)(?={{)", text)
    return set(re.findall(NAME, text)), tuple(prefixes)


@pytest.fixture(scope="module")
def markup():
    words, prefixes = classes_in_markup()
    django = "".join(path.read_text() for path in (ADMIN / "templates").rglob("*.html"))
    django += "".join(path.read_text() for path in (ADMIN / "static/admin/css").glob("*.css"))
    return words, prefixes, set(re.findall(NAME, django))


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_classes_of_a_style_sheet_are_set_somewhere(path, markup):
    words, prefixes, django = markup
    selectors = " ".join(re.findall(r"([^{};]+)\{", rules(path)))
    found = set(re.findall(rf"\.({NAME})", selectors))
    if path.parent.name == "admin":
        words = words | django

    assert not {
        name
        for name in found - words
        if not name.startswith(prefixes) and not OTHER_CLASSES.fullmatch(name)
    }


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_lines_of_a_style_sheet_are_short(path):
    lines = some(path.read_text().splitlines())

    assert max(map(len, lines)) <= LONGEST_LINE


@pytest.mark.parametrize("path", STYLES + MODULES, ids=names(STYLES + MODULES))
def test_files_are_short(path):
    longest = LONGEST_STYLE if path.suffix == ".css" else LONGEST_MODULE

    assert len(path.read_text().splitlines()) <= longest


def imports(path: Path) -> list[Path]:
    return [(path.parent / found["path"]).resolve() for found in IMPORT.finditer(path.read_text())]


def needed(path: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield the modules that a module imports, and those that they import in turn."""
    assert path not in above, "modules import each other in a circle"
    for imported in imports(path):
        yield imported
        yield from needed(imported, (*above, path))


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_modules_import_files_without_circles(path):
    assert set(needed(path)) <= set(MODULES)
    # Each statement begins a line and ends with a semicolon, as Django's pattern expects.
    assert len(
        re.findall(r"^import\b|\bimport\(|^export .* from", path.read_text(), re.MULTILINE)
    ) == len(imports(path))


def scripts(template: str) -> list[tuple[str, bool]]:
    """Return the path of each script, and whether it is a module."""
    found = re.findall(r"<script([^>]*)>", template)
    return [
        (re.search(r"{%\s*static '([^']+)'", attributes)[1], 'type="module"' in attributes)
        for attributes in found
    ]


def test_scripts_of_the_site_are_modules():
    found = {pair for path in some(TEMPLATES) for pair in scripts(path.read_text())}

    assert {path for path, is_module in found if not is_module} == CLASSIC_SCRIPTS
    assert all(path.startswith("js/") for path, is_module in found if is_module)


def with_bases(path: Path) -> str:
    """Return a template's text after those that it extends. A fragment is part of base.html."""
    text = path.read_text()
    extended = re.search(r'{% extends "([^"]+)" %}', text)
    if extended:
        base = ROOT / "templates" / extended[1]
        return (with_bases(base) if base.exists() else "") + text
    if path.name.startswith("_"):
        return (ROOT / "templates/base.html").read_text() + text
    return text


PAGES = [path for path in TEMPLATES if 'type="module"' in path.read_text()]


@pytest.mark.parametrize("path", PAGES, ids=[str(path.name) for path in some(PAGES)])
def test_pages_preload_the_imports_of_their_modules(path):
    text = with_bases(path)
    early = {*re.findall(r"rel=\"modulepreload\"\s+href=\"{%\s*static '([^']+)'", text)}
    early |= {name for name, _ in scripts(text)}
    late = {
        str(imported.relative_to(STATIC))
        for name, is_module in scripts(path.read_text())
        if is_module
        for imported in needed(STATIC / name)
    }

    assert late <= early


def test_product_serves_modules_that_import_hashed_names(tmp_path):
    storage = ModuleStaticFilesStorage(location=tmp_path, base_url="/static/")
    sources = FileSystemStorage(location=STATIC)
    for name in names(MODULES):
        with sources.open(name) as file:
            storage.save(name, file)

    made = list(storage.post_process({name: (storage, name) for name in names(MODULES)}))

    assert not [error for _, _, error in made if isinstance(error, Exception)]
    for path in MODULES:
        served = tmp_path / storage.hashed_files[str(path.relative_to(STATIC))]
        paths = re.findall(r"^import\b[^;]*?\"(\.[^\"]+)\";", served.read_text(), re.MULTILINE)
        assert len(paths) == len(imports(path))
        assert all(re.search(r"\.[0-9a-f]{12}\.js$", found) for found in paths)
        assert all((served.parent / found).exists() for found in paths)
