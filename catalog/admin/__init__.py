"""The admin site of the catalog: Django's admin, and the curators' own pages."""

from catalog.admin import clusters, history, issues, publications, tags  # noqa: F401  registers
