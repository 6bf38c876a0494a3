"""No test of this suite can pass because a loop in it has nothing to go through."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nonempty import some

TESTS = Path(__file__).parent
# Calls that keep the size of what they are given, or fail where it is empty.
SAFE_CALLS = {"some", "each", "enumerate", "zip", "sorted", "reversed", "list", "tuple"}
LITERALS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Constant, ast.JoinedStr)


def test_a_loop_over_nothing_fails():
    assert some(iter([1, 2])) == [1, 2]
    with pytest.raises(AssertionError):
        some([])


def may_be_empty(values: ast.expr) -> bool:
    """Return whether a loop over these values may not run, as far as its text tells.

    Literals have a size that a reader sees; constants of a module are tested where they are made.
    """
    match values:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return not name.isupper()
        case ast.Subscript(value=inner) | ast.Starred(value=inner):
            return may_be_empty(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "values" | "keys")):
            return may_be_empty(inner)
        case ast.Call(func=ast.Name(id="some" | "each")):
            return False
        case ast.Call(func=ast.Name(id="range")):
            # Its bounds say how often it runs, or are chosen by the test.
            return False
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in SAFE_CALLS:
            return may_be_empty(first)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(isinstance(part, ast.Starred) and may_be_empty(part) for part in parts)
        case _:
            return not isinstance(values, LITERALS)


def assertions(node: ast.AST, doubt: str = "") -> Iterator[str]:
    """Yield the loop that each assertion may be skipped by, or "" where there is none."""
    for child in ast.iter_child_nodes(node):
        inner = doubt
        if isinstance(child, ast.For) and may_be_empty(child.iter):
            inner = ast.unparse(child.iter)
        if isinstance(child, ast.Assert):
            yield doubt or source_of(child.test)
        elif is_check(child):
            yield doubt
        yield from assertions(child, inner)


def source_of(claim: ast.expr) -> str:
    """Return the values that may be none where all or none of them are claimed to be so, or ""."""
    match claim:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return source_of(inner)
        case ast.Compare(left=inner, comparators=[ast.List(elts=[])]):
            return source_of(inner)
        case ast.Call(func=ast.Name(id="all" | "any"), args=[inner]):
            return source_of(inner)
        case ast.GeneratorExp(generators=[first, *_]) | ast.ListComp(generators=[first, *_]):
            return ast.unparse(first.iter) if may_be_empty(first.iter) else ""
    return ""


def is_check(node: ast.AST) -> bool:
    """Return whether a statement checks by a call, as `pytest.raises(…)` does."""
    if isinstance(node, ast.With):
        return any(
            "raises" in ast.unparse(item) or "assert" in ast.unparse(item) for item in node.items
        )
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = ast.unparse(node.value.func)
        return any(
            word in called for word in ("assert", "expect", "is_problem", "check", "refused")
        )
    return False


def doubtful(source: str) -> list[str]:
    """Return the tests all of whose assertions stand in loops that may be empty."""
    return [
        f"{node.lineno} {node.name}: for … in {found[0]}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if (found := list(assertions(node))) and all(found)
    ]


def test_every_test_has_an_assertion_outside_of_loops_that_may_be_empty():
    found = [
        f"{path.relative_to(TESTS)}:{each}"
        for path in some(TESTS.rglob("test_*.py"))
        for each in doubtful(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    ("loop", "is_found"),
    [
        ("for each in page(): assert each", True),
        ("for each in found.items(): assert each", True),
        ("for each in found[::2]: assert each", True),
        ("for each in enumerate(found): assert each", True),
        ("for a in (1, 2):\n  for each in page():\n    assert each", True),
        ("assert all(each for each in page())", True),
        ("assert not [each for each in page() if each]", True),
        ("assert [each for each in page() if each] == []", True),
        ("assert not any(each for each in some(page()))", False),
        ("for each in (1, 2): assert each", False),
        ("for each in ADDRESSES: assert each", False),
        ("for each in some(page()): assert each", False),
        ("found = page()\n assert found\n for each in found: assert each", False),
    ],
)
def test_a_planted_loop_is_found(loop, is_found):
    assert bool(doubtful(f"def test_x():\n {loop}")) is is_found
