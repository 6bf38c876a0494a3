"""The templates: short lines, one template for each kind of markup, no template without a use."""

import re
from collections.abc import Mapping

import pytest

from tests.machine import ROOT
from tests.nonempty import some
from tests.readingroom.measures import code_files

FOLDER = ROOT / "templates"
LONGEST_LINE = 120
# Markup that one template or template tag writes for all pages, by its class names.
SINGLE_MARKUP = {
    "breadcrumbs": r'class="crumb\b',
    "breadcrumbs of the admin site": r'class="breadcrumbs"',
    "empty state": r'class="empty(-title)?"',
    "field": r'<div class="field[ "{]',
    "field error": r'class="field-error"',
    "field of the admin site": r'class="(desk|tag)-field"',
    "issue card": r'class="card[ "{]|class="card-(side|home|foot|summary)"',
    "title of a list item": r'class="ordinals-title"',
    "shelf": r'class="shelf-row\b',
    "configuration of htmx": r'name="htmx-config"',
}
# Django looks these up by their paths.
DICTATED = re.compile(r"(\d{3}|admin/.*|registration/.*|django/.*)\.html")
TEMPLATE_NAME = re.compile(r"[\"']([\w/{}]+\.html)[\"']")


@pytest.fixture(scope="module")
def templates():
    paths = some(FOLDER.rglob("*.html"))
    return {str(path.relative_to(FOLDER)): path.read_text() for path in paths}


@pytest.fixture(scope="module")
def code():
    return "\n".join(path.read_text() for path in some(code_files()))


def long_lines(templates: Mapping[str, str]) -> list[str]:
    return [
        f"{name}:{number}"
        for name, text in templates.items()
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > LONGEST_LINE
    ]


def repeated(templates: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the templates of each kind of markup that more than one template writes."""
    places = {
        kind: [name for name, text in templates.items() if re.search(pattern, text)]
        for kind, pattern in SINGLE_MARKUP.items()
    }
    return {kind: names for kind, names in places.items() if len(names) > 1}


def unused(templates: Mapping[str, str], code: str) -> list[str]:
    """Return the templates that neither code nor another template names.

    A name in code may hold an expression in braces, which stands for one part of a path.
    """
    names = set(TEMPLATE_NAME.findall(code))
    for own, text in templates.items():
        names |= {name for name in TEMPLATE_NAME.findall(text) if name != own}
    used = re.compile(
        "|".join(r"\w+".join(map(re.escape, re.split(r"{\w+}", name))) for name in names) or r"\0"
    )
    return [name for name in templates if not DICTATED.fullmatch(name) and not used.fullmatch(name)]


def misnamed(templates: Mapping[str, str]) -> list[str]:
    """Return the pages whose names begin with `_`, and the fragments whose names do not."""
    return [
        name
        for name, text in templates.items()
        if not DICTATED.fullmatch(name) and is_page(text) == is_fragment_name(name)
    ]


def is_page(text: str) -> bool:
    return "{% extends " in text or "<!doctype html>" in text


def is_fragment_name(name: str) -> bool:
    return name.rpartition("/")[2].startswith("_")


def test_lines_are_short(templates):
    assert long_lines(templates) == []


def test_markup_is_written_once(templates):
    assert repeated(templates) == {}


def test_each_template_is_used(templates, code):
    assert unused(templates, code) == []


def test_fragments_and_they_alone_begin_with_an_underscore(templates):
    assert misnamed(templates) == []


def test_long_line_is_found():
    text = f"{'é' * LONGEST_LINE}\n{'é' * (LONGEST_LINE + 1)}\n"

    assert long_lines({"a.html": text}) == ["a.html:2"]


@pytest.mark.parametrize(
    ("kind", "markup"),
    [
        ("breadcrumbs", '<nav class="crumb" aria-label="Where this is">'),
        ("breadcrumbs of the admin site", '<ol class="breadcrumbs">'),
        ("empty state", '<div class="empty">'),
        ("empty state", '<p class="empty-title">Nothing queued</p>'),
        ("field", '<div class="field">'),
        ("field", '<div class="field{% if form.errors %} field-wrong{% endif %}">'),
        ("field error", '<p class="field-error" role="alert">'),
        ("field of the admin site", '<div class="tag-field">'),
        ("issue card", '<article class="card{% if issue.tier == 5 %} card-landmark{% endif %}">'),
        ("issue card", '<div class="card-foot">'),
        ("title of a list item", '<a dir="auto" class="ordinals-title" href="/">'),
        ("shelf", '<div class="shelf-row shelf-row-mine">'),
        ("configuration of htmx", '<meta name="htmx-config" content="{}">'),
    ],
)
def test_repeated_markup_is_found(kind, markup):
    assert repeated({"a.html": markup, "b.html": "", "c.html": markup}) == {
        kind: ["a.html", "c.html"]
    }


@pytest.mark.parametrize(
    "markup",
    [
        '<h2 class="card-title">',
        '<fieldset class="field token-scopes">',
        "{% empty_state 'Nothing queued' %}",
    ],
)
def test_other_markup_may_be_repeated(markup):
    assert repeated({"a.html": markup, "b.html": markup}) == {}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a/b.html", "", ""),
        ("a/b.html", '{% include "a/b.html" %}', ""),
        ("a/b.html", "", 'render(request, "a/bb.html")'),
        ("a/b.html", "", 'render(request, f"a/{name}/x.html")'),
        ("a/b/c.html", "", 'render(request, f"a/{name}.html")'),
    ],
)
def test_unused_template_is_found(name, text, code):
    assert unused({name: text}, code) == [name]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a/b.html", 'render(request, "a/b.html")'),
        ("a/b.html", 'render(request, f"a/{name}.html")'),
        ("404.html", ""),
        ("admin/index.html", ""),
    ],
)
def test_used_template_passes(name, code):
    assert unused({name: ""}, code) == []


def test_included_template_is_used():
    assert unused({"404.html": '{% include "a/_b.html" %}', "a/_b.html": ""}, "") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a/_b.html", '{% extends "base.html" %}'),
        ("_b.html", "<!doctype html>"),
        ("a/b.html", "<p>Nothing</p>"),
        ("b.html", "{% load catalog %}<p>Nothing</p>"),
    ],
)
def test_misnamed_template_is_found(name, text):
    assert misnamed({name: text}) == [name]
