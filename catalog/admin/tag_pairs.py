"""The page of tags that are likely one: each pair is merged or dismissed, and the next is next."""

import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, NamedTuple

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from catalog.admin.pages import curators_page, render_page
from catalog.admin.tag_pages import CHANGE, LOOK, do_to_tags, is_no_tag, merge, tags_of
from catalog.curation.changeset import Curation
from catalog.curation.tags import dismiss_pair, restore_pair
from catalog.models import DismissedPair, Issue, IssueTag, Tag
from catalog.tags.duplicates import Likely, TagUse
from catalog.tags.usage import likely_pairs

PAIRS_ON_PAGE = 50
DISMISSED_SHOWN = 100
EXAMPLE_ISSUES = 3


@require_safe
@curators_page(LOOK)
def duplicates(request: HttpRequest) -> HttpResponse:
    found, together = likely_pairs()
    shown = found[:PAIRS_ON_PAGE]
    examples = _examples({tag.id for pair in shown for tag in (pair.into, pair.away)})
    apart = DismissedPair.objects.filter(first__retired_at=None, second__retired_at=None)
    dismissed = list(apart.select_related("first", "second").order_by("-id"))
    context = {
        "pairs": [
            Pair.of(pair, after, together, examples)
            for pair, after in zip_longest(shown, shown[1:])
        ],
        "number": len(found),
        "dismissed": dismissed[:DISMISSED_SHOWN],
        "dismissed_number": len(dismissed),
        "may_change": request.user.has_perm(CHANGE),
    }
    title = "Likely duplicates among tags"
    return render_page(request, "catalog/admin/tags/duplicates.html", title, context)


@require_POST
@curators_page(CHANGE)
def pair_merge(request: HttpRequest, away: int, into: int) -> HttpResponse:
    """Merge one tag into another; `next` names the pair to go on with."""

    def act(tags: list[Tag], curation: Curation) -> str:
        return merge(tags[:1], tags[1], curation)

    do_to_tags(request, [away, into], act)
    return _to_next_pair(request)


@require_POST
@curators_page(CHANGE)
def pair_dismiss(request: HttpRequest, away: int, into: int) -> HttpResponse:
    one, other = tags_of([away, into])
    if retired := [tag for tag in (one, other) if tag.retired_at]:
        messages.error(request, is_no_tag(retired[0]))
    else:
        dismiss_pair(one, other)
        context = {"one": one, "other": other, "csrf_token": get_token(request)}
        html = render_to_string("catalog/admin/tags/_dismissed.html", context)
        messages.success(request, mark_safe(html))
    return _to_next_pair(request)


@require_POST
@curators_page(CHANGE)
def pair_restore(request: HttpRequest, away: int, into: int) -> HttpResponse:
    """Take back that a pair was dismissed."""
    one, other = tags_of([away, into])
    restore_pair(one, other)
    messages.success(request, f"“{one}” and “{other}” are kept apart no longer.")
    return redirect(f"{reverse('desk:duplicates')}#pair-{away}-{into}")


class Pair(NamedTuple):
    """A pair of likely duplicates as shown on the page, with the key of the next pair.

    `together` is the number of issues with both tags; `sides` are the tag that would go and the one
    that would stay, each with examples of its issues.
    """

    key: str
    next: str
    away: TagUse
    into: TagUse
    reasons: tuple[str, ...]
    together: int
    sides: list[tuple[TagUse, list[Issue]]]

    @classmethod
    def of(
        cls,
        likely: Likely,
        after: Likely | None,
        together: dict[tuple[int, int], int],
        examples: dict[int, list[Issue]],
    ) -> "Pair":
        away, into = likely.away, likely.into
        number = together.get((away.id, into.id), 0)
        sides = [(tag, examples.get(tag.id, [])) for tag in (away, into)]
        next_key = _pair_key(after) if after else ""
        return cls(_pair_key(likely), next_key, away, into, likely.reasons, number, sides)


def _pair_key(pair: Likely) -> str:
    return f"{pair.away.id}-{pair.into.id}"


def _examples(tag_ids: Iterable[int]) -> dict[int, list[Issue]]:
    """Return the newest issues of each of these tags, in two queries."""
    uses = IssueTag.objects.filter(tag=OuterRef("pk"), issue__archived_at=None)
    newest = uses.order_by("-date", "-issue_id").values("issue_id")
    places: dict[str, Any] = {f"_{n}": Subquery(newest[n : n + 1]) for n in range(EXAMPLE_ISSUES)}
    rows = Tag.objects.filter(pk__in=tag_ids).annotate(**places).values_list("pk", *places)
    ids = {pk: [issue for issue in found if issue] for pk, *found in rows}
    issues = (
        Issue.objects.select_related("publication")
        .only("title", "slug", "publication__slug")
        .in_bulk({issue for found in ids.values() for issue in found})
    )
    return {pk: [issues[issue] for issue in found] for pk, found in ids.items()}


def _to_next_pair(request: HttpRequest) -> HttpResponse:
    """Redirect to the likely duplicates, at the pair after the one just settled."""
    following = request.GET.get("next", "")
    place = f"#pair-{following}" if re.fullmatch("[0-9]+-[0-9]+", following) else ""
    return redirect(reverse("desk:duplicates") + place)
