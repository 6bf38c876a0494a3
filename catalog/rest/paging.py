"""Pages of lists: each names the next by a cursor, and counts only when asked."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from catalog.rest.fields import Serializer
from catalog.rest.problems import wrong
from catalog.slugs import id_of

PAGE_SIZE = 50
PARAMETERS = frozenset({"after", "count"})
NO_PLACE = "This is not a place in the list; take it from “next”."


def page_of(
    request: Request, results: Iterable[Any], next_place: str | None, count: Callable[[], int]
) -> dict[str, Any]:
    """Return a page in the form of list endpoints; `count` is called only on request."""
    found: dict[str, Any] = {"results": list(results), "next": None}
    if next_place is not None:
        asked = request.query_params.copy()
        asked["after"] = next_place
        found["next"] = request.build_absolute_uri(f"{request.path}?{asked.urlencode()}")
    if wants_count(request):
        found["count"] = count()
    return found


def wants_count(request: Request) -> bool:
    asked = request.query_params.get("count")
    if asked not in (None, "exact"):
        raise wrong("count", "Write count=exact, or leave it out.")
    return asked == "exact"


def keyset_page[T: Any](
    request: Request,
    rows: QuerySet[T],
    shown: Callable[[list[T]], Iterable[Any]],
    cursor: Callable[[T], Any],
    count: Callable[[], int],
) -> dict[str, Any]:
    """Return the page at the start of `rows`, which begin after the cursor of the request.

    `shown` turns rows into results, and `cursor` returns the place of a row in the order.
    """
    found = list(rows[: PAGE_SIZE + 1])
    last = str(cursor(found[PAGE_SIZE - 1])) if len(found) > PAGE_SIZE else None
    return page_of(request, shown(found[:PAGE_SIZE]), last, count)


def page_by_id[T: Any](
    request: Request,
    rows: QuerySet[T],
    shown: Callable[[list[T]], Iterable[Any]],
    *,
    newest_first: bool = True,
) -> dict[str, Any]:
    """Return the page of a list ordered by id; `shown` turns its rows into results."""
    ordered = rows.order_by("-pk" if newest_first else "pk")
    after = id_cursor(request)
    if after is not None:
        ordered = ordered.filter(**{"pk__lt" if newest_first else "pk__gt": after})
    return keyset_page(request, ordered, shown, lambda row: row.pk, rows.count)


def id_cursor(request: Request) -> int | None:
    """Return the id that a cursor names; anything else is refused."""
    text = request.query_params.get("after")
    if text is None:
        return None
    if (place := id_of(text)) is None:
        raise wrong("after", NO_PLACE)
    return place


def page_serializer(name: str, results: serializers.BaseSerializer[Any], **more: Any) -> Any:
    """Return the class that describes a page of such results, for the schema; `more` are fields."""
    fields = {
        "results": results,
        "next": serializers.URLField(allow_null=True, help_text="The next page, null at the end."),
        "count": serializers.IntegerField(
            required=False, help_text="How many there are in all; with count=exact."
        ),
        **more,
    }
    return type(f"{name}Page", (Serializer,), fields)
