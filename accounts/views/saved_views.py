"""Saved views: naming a filter, pinning it to the home page, reading on in it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.browsing import saved_views
from accounts.browsing.forms import SavedViewForm
from accounts.models import SavedView
from accounts.requests import ReaderRequest
from catalog.browsing.highlights import chips
from catalog.search.engine import TooBroad


@require_safe
def view_list(request: ReaderRequest) -> HttpResponse:
    views = saved_views.counted(request.user, SavedView.objects.filter(user=request.user))
    return render(request, "accounts/browsing/view_list.html", {"views": views})


@require_http_methods(["GET", "HEAD", "POST"])
def view_create(request: ReaderRequest) -> HttpResponse:
    """Name the filter in the URL and save it as a view."""
    try:
        query = saved_views.query_of(request.user, request.GET)
    except saved_views.ViewRefused as refused:
        raise BadRequest(str(refused)) from refused
    issues = saved_views.filter_of(request.user, query)
    issues.form.full_clean()
    context = {"text": issues.value("q"), "chips": chips(issues, request.GET)}
    return _edit(request, SavedView(query=query), context)


@require_http_methods(["GET", "HEAD", "POST"])
def view_update(request: ReaderRequest, view: int) -> HttpResponse:
    shown = get_object_or_404(SavedView, user=request.user, pk=view)
    return _edit(request, shown, {"view": shown})


def _edit(request: ReaderRequest, view: SavedView, context: dict[str, Any]) -> HttpResponse:
    """Show the form of a view, or save it and redirect to the view."""
    is_posted = request.method == "POST"
    initial = {"name": view.name, "is_pinned": view.is_pinned}
    form = SavedViewForm(request.POST if is_posted else None, initial=initial)
    if is_posted and form.is_valid():
        try:
            saved = saved_views.save_view_once(request.user, view, **form.cleaned_data)
        except saved_views.ViewRefused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, f"“{saved.name}” is saved.")
            return redirect("accounts:view_list" if "view" in context else saved)
    context |= {"form": form}
    return render(
        request, "accounts/browsing/view_edit.html", context, status=422 if is_posted else 200
    )


@require_POST
def view_delete(request: ReaderRequest, view: int) -> HttpResponse:
    shown = get_object_or_404(SavedView, user=request.user, pk=view)
    saved_views.delete_view(request.user, shown)
    messages.success(request, f"“{shown.name}” is deleted. What it showed is all still there.")
    return redirect("accounts:view_list")


@require_safe
def view_next(request: ReaderRequest, view: int) -> HttpResponse:
    """Lead to the next issue to read in a view."""
    shown = get_object_or_404(SavedView, user=request.user, pk=view)
    try:
        issue = saved_views.next_issue(request.user, shown)
    except TooBroad:
        messages.info(request, f"“{shown.name}” asks for more than can be looked through at once.")
        return redirect(shown)
    if issue is None:
        messages.info(request, f"Nothing in “{shown.name}” is left to read.")
        return redirect(shown)
    return redirect(issue)
