"""Variants of a browser test: the first one runs by default, the others in the full run."""

import pytest

BOTH = pytest.mark.parametrize("javascript", [True, pytest.param(False, marks=pytest.mark.full)])
SCREENS = pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), pytest.param(390, "dark", marks=pytest.mark.full)]
)
