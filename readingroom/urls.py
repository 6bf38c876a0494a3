from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe

from accounts.views.catalog import issue_filters, issue_list
from accounts.views.home import library_detail
from readingroom import errors

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error


@login_not_required
@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """Keep crawlers out of a room that is not public."""
    allowed = "Disallow: /admin/" if settings.IS_PUBLIC else "Disallow: /"
    return HttpResponse(f"User-agent: *\n{allowed}\n", content_type="text/plain")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(staticfiles_storage.url("icons/favicon.svg"), permanent=False)


urlpatterns = [
    path("", library_detail, name="library"),
    path("catalog/", issue_list, name="issue_list"),
    path("catalog/filters/", issue_filters, name="issue_filters"),
    path("admin/catalog/desk/", include("catalog.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("readingroom.api")),
    re_path("^api(?:/.*)?$", errors.no_endpoint, name="no_endpoint"),
    path("robots.txt", robots_txt),
    path("favicon.ico", favicon),
    path("", include("accounts.urls")),
    path("", include("catalog.urls")),
]
