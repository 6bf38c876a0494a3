"""Loops in tests that cannot be empty."""

from collections.abc import Iterable


def some[T](values: Iterable[T]) -> list[T]:
    """Return the values as a list; fail where there are none.

    A loop over nothing asserts nothing: go through `some(values)` where values are computed.
    """
    found = list(values)
    assert found, "there is nothing to go through: this test would pass without a check"
    return found
