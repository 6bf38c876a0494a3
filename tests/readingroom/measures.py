"""Measures of the code and its prose, read from the syntax trees.

    uv run python -m tests.readingroom.measures

prints them with the places that raise them.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.machine import ROOT

APPS = ("accounts", "catalog", "readingroom")
# Names that Django looks up, so each module must use them.
CONVENTIONAL = {"Command", "app_name", "logger", "register", "urlpatterns"}
LONG_FILE = 400
COMPLEX = 10

# Words of no technical text: with a hint of what to write.
BANNED = {
    r"\bat hand\b": "name the thing",
    r"\bspeaks for itself\b": "leave the sentence out",
    r"\bof its own accord\b": "automatically",
    r"\b(?:stands|stood) (?:no more|anew)\b": "say what the value is",
    r"\bis told (?:of|as)\b": "report, return or raise",
}
HEADLESS = re.compile(r"What\b(?!.*\?$)")


class Sentence(NamedTuple):
    """A sentence of prose with the line on which its paragraph begins."""

    path: str
    line: int
    text: str


def code_files() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def prose_files() -> list[Path]:
    """Return the modules of code and tests, and the documents."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [*code_files(), *sorted((ROOT / "tests").rglob("*.py")), *sorted(documents)]


def top_level_names(source: str) -> Iterator[str]:
    """Yield the functions, classes and constants of a module, private ones too."""
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.TypeAlias(name=ast.Name(id=name)) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (each.id for each in targets if isinstance(each, ast.Name))


def shared_names(sources: dict[str, str]) -> tuple[dict[str, set[str]], int]:
    """Return the names that several modules define, with their paths, and the number of names."""
    places = defaultdict(set)
    for path, source in sources.items():
        for name in top_level_names(source):
            if name not in CONVENTIONAL and not name.startswith("__"):
                places[name].add(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}, len(places)


def complexity(function: ast.FunctionDef) -> int:
    """Return the cyclomatic complexity of a function; comprehensions count as loops."""
    number = 1
    for node in (each for statement in function.body for each in ast.walk(statement)):
        match node:
            case ast.BoolOp(values=values):
                number += len(values) - 1
            case ast.comprehension(ifs=conditions):
                number += 1 + len(conditions)
            case (
                ast.If() | ast.For() | ast.While() | ast.IfExp() | ast.ExceptHandler()
                | ast.match_case() | ast.Assert()
            ):  # fmt: skip
                number += 1
    return number


def complexities(sources: dict[str, str]) -> dict[str, int]:
    """Return the complexity of each function by its place, as `path:line name`."""
    return {
        f"{path}:{node.lineno} {node.name}": complexity(node)
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }


@cache
def paragraphs(path: str, source: str) -> list[tuple[int, str]]:
    """Return the docstrings and comments of a module, or the paragraphs of a document."""
    return list(_paragraphs(path, source))


def _paragraphs(path: str, source: str) -> Iterator[tuple[int, str]]:
    if path.endswith(".md"):
        text = re.sub(r"(?ms)^```.*?^```", "", source)
        yield from ((0, re.sub(r"^[#>*\s-]+", "", each)) for each in re.split(r"\n\s*\n", text))
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            text := ast.get_docstring(node)
        ):
            line = getattr(node, "lineno", 1)
            yield from ((line, each) for each in re.split(r"\n\s*\n", text))
    comment, start, last = "", 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            words = token.string.lstrip("#").strip()
            if token.start[0] == last + 1 and comment:
                comment = f"{comment} {words}"
            else:
                if comment:
                    yield start, comment
                comment, start = words, token.start[0]
            last = token.start[0]
    if comment:
        yield start, comment


def sentences(sources: dict[str, str]) -> Iterator[Sentence]:
    for path, source in sources.items():
        for line, paragraph in paragraphs(path, source):
            text = " ".join(paragraph.split())
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`“])", text):
                if " " in sentence:
                    yield Sentence(path, line, sentence)


def headless(sources: dict[str, str]) -> list[Sentence]:
    """Return the sentences that begin with “What” and are no questions."""
    return [each for each in sentences(sources) if HEADLESS.match(each.text)]


def banned(sources: dict[str, str]) -> list[str]:
    """Return the banned words of the prose, each with its place and a hint."""
    return [
        f"{each.path}:{each.line}: {found.group()!r}: {hint}"
        for each in sentences(sources)
        for pattern, hint in BANNED.items()
        if (found := re.search(pattern, each.text))
    ]


def read(paths: list[Path]) -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def report() -> Iterator[str]:
    code, prose = read(code_files()), read(prose_files())
    shared, names = shared_names(code)
    every = complexities(code)
    dense = sorted((number, place) for place, number in every.items() if number > COMPLEX)
    long = {path: lines for path, text in code.items() if (lines := text.count("\n")) > LONG_FILE}
    whats = headless(prose)
    yield f"{len(shared)} of {names} names are in several modules"
    yield from (f"  {name}: {', '.join(sorted(paths))}" for name, paths in sorted(shared.items()))
    yield f"{len(dense)} of {len(every)} functions have a complexity over {COMPLEX}"
    yield from (f"  {number} {place}" for number, place in reversed(dense))
    yield f"{len(long)} files have more than {LONG_FILE} lines"
    yield from (f"  {lines} {path}" for path, lines in long.items())
    yield f"{len(whats)} sentences begin with “What”"
    yield from (f"  {each.path}:{each.line}: {each.text[:80]}" for each in whats)
    yield from banned(prose)


if __name__ == "__main__":
    print(*report(), sep="\n")  # noqa: T201
