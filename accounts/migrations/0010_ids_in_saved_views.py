"""Replace all-digit slugs in saved views by ids, because filters now read digits as ids."""

from typing import Any

from django.db import migrations
from django.http import QueryDict

PARAMETERS = {
    "publication": "Publication",
    "category": "Category",
    "tag": "Tag",
    "tag_all": "Tag",
    "tag_not": "Tag",
}


def rename(apps: Any, old: str, new: str) -> None:
    """Replace all-digit values that match a row's one column by its other column."""
    rows = {
        model: {
            str(getattr(row, old)): str(getattr(row, new))
            for row in apps.get_model("catalog", model)
            .objects.filter(slug__regex="^[0-9]+$")
            .only("pk", "slug")
        }
        for model in sorted(set(PARAMETERS.values()))
    }
    if not any(rows.values()):
        return
    for view in apps.get_model("accounts", "SavedView").objects.all():
        asked = QueryDict(view.query, mutable=True)
        for name, model in PARAMETERS.items():
            if name in asked:
                values = [rows[model].get(value, value) for value in asked.getlist(name)]
                asked.setlist(name, values)
        if (query := asked.urlencode()) != view.query:
            view.query = query
            view.save(update_fields=["query"])


def to_ids(apps: Any, schema_editor: Any) -> None:
    rename(apps, "slug", "pk")


def to_slugs(apps: Any, schema_editor: Any) -> None:
    rename(apps, "pk", "slug")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_unknown_dates"),
        ("catalog", "0005_curation"),
    ]

    operations = [migrations.RunPython(to_ids, to_slugs)]
