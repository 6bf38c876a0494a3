"""Tags with their use and retired names, and likely duplicates."""

from typing import Any

from django.db.models import Count, IntegerField, Min, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import DismissedPair, IssueTag, KeyCount, Tag
from catalog.tags.duplicates import Likely, TagUse, likely_duplicates

# Number of likely pairs for which common issues are looked up.
PAIRS_WEIGHED = 500


def with_uses(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """Give tags `uses`, the number of listed issues that have them."""
    counts = KeyCount.objects.filter(facet="tag", value=OuterRef("slug")).values("count")
    return tags.annotate(uses=Coalesce(Subquery(counts[:1]), 0, output_field=IntegerField()))


def with_names(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """Prefetch the retired names of tags and the successors of retired tags, in two queries."""
    return tags.prefetch_related(Prefetch("aliases", Tag.objects.retired()), "stands_for")


def likely_pairs() -> tuple[list[Likely], dict[tuple[int, int], int]]:
    """Return all likely pairs, and how many issues have both tags, by the ids (away, into)."""
    tags: Any = with_uses(Tag.objects.listed()).order_by()
    uses = [TagUse(*row) for row in tags.values_list("id", "name", "uses")]
    apart = DismissedPair.objects.values_list("first", "second")
    dismissed = {frozenset(pair) for pair in apart}
    weighed = likely_duplicates(uses, dismissed=dismissed, limit=PAIRS_WEIGHED)
    shared = (
        IssueTag.objects.order_by()
        .filter(
            tag__in=[pair.away.id for pair in weighed],
            issue__issue_tags__tag__in=[pair.into.id for pair in weighed],
        )
        .values_list("tag", "issue__issue_tags__tag")
        .annotate(Count("id"), Min("issue"))
    )
    together: dict[tuple[int, int], int] = {}
    issues: dict[int, set[int]] = {}
    for away, into, number, example in shared:
        together[away, into] = number
        # One common issue is enough.
        issues.setdefault(away, set()).add(example)
        issues.setdefault(into, set()).add(example)
    return likely_duplicates(uses, dismissed=dismissed, issues=issues), together
