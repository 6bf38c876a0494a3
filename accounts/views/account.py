import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.profile import TimeZoneForm, set_time_zone
from accounts.requests import ReaderRequest

THEMES = ("system", "light", "dark")
YEAR = datetime.timedelta(days=365)


class SignInView(LoginView):
    template_name = "accounts/access/sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return the page to continue with; redirecting to the sign-in page itself would loop."""
        url = super().get_redirect_url()
        return "" if urlsplit(url).path == self.request.path else url


@never_cache
def sign_in_again(request: HttpRequest, words: str) -> HttpResponse:
    """Answer an invalid sign-in form with a new one, or with the page it was to lead to.

    The usual cause is a second tab in which the reader has signed in already.
    """
    view = SignInView()
    view.setup(request)
    if request.user.is_authenticated:
        return redirect(view.get_success_url())
    form = view.get_form_class()(request, initial={"username": request.POST.get("username", "")})
    context = view.get_context_data(form=form, stale=words)
    return render(request, SignInView.template_name, context, status=403)


@require_http_methods(["GET", "HEAD", "POST"])
def account_detail(request: ReaderRequest) -> HttpResponse:
    """Show the reader's account; a posted time zone is where days begin and end from now on."""
    form = TimeZoneForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if form.is_valid():
        set_time_zone(request.user, form.cleaned_data["time_zone"])
        messages.success(request, "Saved. Dates that are recorded already stay as they are.")
        return redirect("accounts:account_detail")
    now = timezone.localtime(timezone=ZoneInfo(request.user.time_zone))
    context = {"form": form, "now": now}
    status = 422 if form.is_bound else 200
    return render(request, "accounts/access/account_detail.html", context, status=status)


class PasswordView(PasswordChangeView):
    template_name = "accounts/access/password_change.html"
    success_url = reverse_lazy("library")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)


@login_not_required
@require_POST
def theme_update(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest("The theme is system, light or dark.", "text/plain")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = resolve_url("library")
    response = redirect(back)
    response.set_cookie(
        "theme", theme, YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
    return response
