"""Pages of the admin site that no model has for itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

type AdminView = Callable[..., HttpResponse]

CURATE = ("catalog.change_issue",)


def curators_page(*permissions: str) -> Callable[[AdminView], AdminView]:
    """Let those of the staff in who have these permissions of the catalog."""

    def decorate(view: AdminView) -> AdminView:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return admin.site.admin_view(wrapper)

    return decorate


def render_page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page within the admin site's frame."""
    whole = admin.site.each_context(request) | {"title": title} | context
    return render(request, template, whole, status=status)
