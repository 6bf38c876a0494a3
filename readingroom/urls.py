from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import include, path, re_path, reverse
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
    """Disallow all crawling unless the catalog is public."""
    allowed = "Disallow: /admin/" if settings.IS_PUBLIC else "Disallow: /"
    return HttpResponse(f"User-agent: *\n{allowed}\n", content_type="text/plain")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(staticfiles_storage.url("icons/favicon.svg"), permanent=False)


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Redirect password managers to the page (https://www.w3.org/TR/change-password-url/)."""
    return redirect("accounts:password_change")


@login_not_required
@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the sign-in page; return 403 to a signed-in user who is not a curator."""
    if request.user.is_authenticated:
        if not admin.site.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


urlpatterns = [
    path("", library_detail, name="library"),
    path("catalog/", issue_list, name="issue_list"),
    path("catalog/filters/", issue_filters, name="issue_filters"),
    path("admin/catalog/desk/", include("catalog.admin.urls")),
    path("admin/login/", admin_sign_in, name="admin_sign_in"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("readingroom.api")),
    re_path("^api(?:/.*)?$", errors.no_endpoint, name="no_endpoint"),
    path("robots.txt", robots_txt),
    path("favicon.ico", favicon),
    path(".well-known/change-password", change_password, name="change_password"),
    re_path("^(?:healthz|livez|readyz)/?$", errors.no_page, name="no_page"),
    path("", include("accounts.urls")),
    path("", include("catalog.urls")),
]
