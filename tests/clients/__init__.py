"""The product, used by programs of others: `uv run --group clients pytest -m clients`."""
