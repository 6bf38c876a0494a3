"""Feeds, for those who may read the catalog: signed in, by a feed token, or everyone."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.access.tokens import feed_token_of
from catalog.access import View
from catalog.feeds import changes, issues


def feed_page(view: View) -> View:
    """Let in by `?token=` too: a feed reader cannot sign in."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (settings.IS_PUBLIC or request.user.is_authenticated):
            secret = request.GET.get("token")
            if secret is None:
                return redirect_to_login(request.get_full_path())
            if feed_token_of(secret) is None:
                words = "Unknown or revoked feed token. Make another one."
                return HttpResponseForbidden(words, content_type="text/plain; charset=utf-8")
        return view(request, *args, **kwargs)

    return login_not_required(wrapper)


@require_safe
@feed_page
def keepers_feed(
    request: HttpRequest, publication: str, kind: str, tier: int | None = None
) -> HttpResponseBase:
    return issues.answer(request, issues.of_publication(publication, tier), kind)


@require_safe
@feed_page
def tier_feed(request: HttpRequest, tier: int, kind: str) -> HttpResponseBase:
    return issues.answer(request, issues.of_tier(tier), kind)


@require_safe
@feed_page
def cluster_feed(
    request: HttpRequest, publication: str, cluster: str, kind: str
) -> HttpResponseBase:
    return issues.answer(request, issues.of_cluster(publication, cluster), kind)


@require_safe
@feed_page
def tag_feed(request: HttpRequest, tag: str, kind: str) -> HttpResponseBase:
    return issues.answer(request, issues.of_tag(tag), kind)


@require_safe
@feed_page
def publications_opml(request: HttpRequest) -> HttpResponseBase:
    return issues.answer_opml(request)


@require_safe
@feed_page
def changes_feed(request: HttpRequest, publication: str, kind: str) -> HttpResponseBase:
    return changes.answer_changes(request, publication, kind)
