"""The admin site over the catalog: stock Django admin, and the pages of curators beside it."""

from catalog.admin import clusters, history, issues, publications, tags  # noqa: F401  registers
