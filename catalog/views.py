from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from catalog.access import catalog_page
from catalog.browsing.pagination import NEWEST, WALK, IssuePage, place_in
from catalog.changes.publication_changes import ActPage
from catalog.changes.wording import ratings
from catalog.models import Category, Cluster, Issue, Publication, Tag
from catalog.pages.outline import outline
from catalog.pages.periods import Period
from catalog.pages.related import cited_by, place_in_cluster, references, related
from catalog.pages.timeline import timelines
from catalog.slugs import id_of, name_of
from catalog.stats import library, publication_stats


@require_safe
@catalog_page
def publication_detail(request: HttpRequest, publication: str) -> HttpResponse:
    shown = get_object_or_404(Publication.objects.for_page(), slug=publication)
    # The template caches its output by the publication's version and then does not evaluate these.
    stats: Any = SimpleLazyObject(lambda: publication_stats(shown))
    context = {
        "publication": shown,
        "stats": stats,
        "outline": SimpleLazyObject(lambda: outline(shown)),
        "timelines": SimpleLazyObject(lambda: timelines(stats)),
    }
    return render(request, "catalog/pages/publication_detail.html", context)


@require_safe
@catalog_page
def publication_issues(request: HttpRequest, publication: str) -> HttpResponse:
    shown = get_object_or_404(Publication.objects.for_page(), slug=publication)
    issues = Issue.objects.listed().filter(publication=shown)
    month, after = _month(request), place_in(NEWEST, request.GET.get("after"))
    if month:
        issues = issues.filter(date__range=(month.first, month.last))
    page = IssuePage.of(NEWEST.after(issues, after), NEWEST)
    where = f"in {month}" if month else "here"
    context = {"publication": shown, "month": month, "where": where, "after": after, "page": page}
    return render(request, "catalog/pages/publication_issues.html", context)


@require_safe
@catalog_page
def publication_changes(request: HttpRequest, publication: str) -> HttpResponse:
    shown = get_object_or_404(Publication.objects.for_page(), slug=publication)
    page = ActPage.of(
        shown, before=_change_id(request, "before"), after=_change_id(request, "after")
    )
    context = {"publication": shown, "page": page}
    return render(request, "catalog/changes/publication_changes.html", context)


@require_safe
@catalog_page
def cluster_detail(request: HttpRequest, publication: str, cluster: str) -> HttpResponse:
    shown = get_object_or_404(
        Cluster.objects.select_related("publication__category").defer("loaded"),
        Q(archived_at=None) | Q(merged_into__isnull=False),
        publication__slug=publication,
        slug=cluster,
    )
    if shown.merged_into:
        return redirect("catalog:cluster_detail", publication, shown.merged_into.slug)
    sections = outline(shown.publication)
    section = next(section for section in sections.sections if section.cluster.pk == shown.pk)
    context = {"publication": shown.publication, "outline": sections, "section": section}
    return render(request, "catalog/pages/cluster_detail.html", context)


@require_safe
@catalog_page
def issue_detail(request: HttpRequest, publication: str, issue: str) -> HttpResponse:
    shown = get_object_or_404(
        Issue.objects.for_list().select_related("publication__category", "cluster"),
        publication__slug=publication,
        slug=issue,
    )
    if shown.cluster:
        shown.cluster.publication = shown.publication
    cites, citing = references(shown), cited_by(shown)
    linked = [*citing, *(each.issue for each in cites if each.issue)]
    context = {
        "issue": shown,
        "publication": shown.publication,
        "place": place_in_cluster(shown),
        "cites": cites,
        "cited_by": citing,
        "related": related(shown, linked),
        "ratings": ratings(shown),
    }
    return render(request, "catalog/pages/issue_detail.html", context)


@require_safe
@catalog_page
def tag_detail(request: HttpRequest, tag: str) -> HttpResponse:
    shown = get_object_or_404(Tag, slug=tag)
    if shown.retired_at:
        return _instead_of(shown)
    after = place_in(WALK, request.GET.get("after"))
    page = IssuePage.of(WALK.after(Issue.objects.listed().tagged(shown), after), WALK)
    return render(
        request, "catalog/pages/tag_detail.html", {"tag": shown, "after": after, "page": page}
    )


@require_safe
@catalog_page
def category_detail(request: HttpRequest, category: str) -> HttpResponse:
    shown = get_object_or_404(Category, slug=category)
    shelves = library(Publication.objects.for_list().filter(category=shown).by_shelf())
    context = {"category": shown, "library": shelves}
    return render(request, "catalog/pages/category_detail.html", context)


def _instead_of(tag: Tag) -> HttpResponse:
    """Redirect from a retired name to its successor, or to the issues of several."""
    tags = list(tag.stands_for.all())
    if not tags:
        raise Http404(f"The tag “{tag}” has been deleted.")
    if len(tags) == 1:
        return redirect("catalog:tag_detail", tags[0].slug)
    names = [name_of(each.slug, each.pk) for each in tags]
    return redirect(f"{reverse('issue_list')}?{urlencode({'tag': names}, doseq=True)}")


def _change_id(request: HttpRequest, name: str) -> int | None:
    """Return the place in the log that the address names, an id; else a 404."""
    text = request.GET.get(name)
    found = None if text is None else id_of(text)
    if text is not None and found is None:
        raise Http404(f"{text!r} is not a place in the log of changes")
    return found


def _month(request: HttpRequest) -> Period | None:
    """Return the period that the address names, a month, a quarter or a year; else a 404."""
    try:
        for kind in ("month", "quarter", "year"):
            if (text := request.GET.get(kind)) is not None:
                return Period.parse(kind, text)
    except ValueError as error:
        raise Http404(str(error)) from error
    return None
