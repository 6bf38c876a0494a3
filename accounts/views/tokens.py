"""Pages for tokens: list, create, revoke."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import tokens
from accounts.access.forms import FeedTokenForm, TokenForm
from accounts.models import FEEDS, Token
from accounts.requests import ReaderRequest
from catalog.models import Publication


@require_safe
def token_list(request: ReaderRequest) -> HttpResponse:
    context = {"tokens": Token.objects.of(request.user).standing()}
    return render(request, "accounts/access/token_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def token_create(request: ReaderRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    return _create(request, TokenForm(data, user=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def feed_token_create(request: ReaderRequest) -> HttpResponse:
    return _create(request, FeedTokenForm(request.POST if request.method == "POST" else None))


def _create(request: ReaderRequest, form: FeedTokenForm) -> HttpResponse:
    """Show the form, or create a token. The secret is shown in this response only."""
    if form.is_valid():
        try:
            token, secret = tokens.make_token_once(
                request.user, form.cleaned_data["name"], form.scopes, form.expires_at
            )
        except tokens.TooManyTokens as error:
            form.add_error(None, str(error))
        else:
            context = {"token": token, "secret": secret}
            if FEEDS in token.scopes:
                context["publications"] = Publication.objects.for_list().by_shelf()
            return render(request, "accounts/access/token_made.html", context, status=201)
    status = 422 if form.is_bound else 200
    return render(request, "accounts/access/token_create.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: ReaderRequest, token: int) -> HttpResponse:
    """Ask whether a token is to be revoked; revoke it where that is posted."""
    mine = Token.objects.of(request.user)
    found = mine if request.method == "POST" else mine.standing()
    shown = get_object_or_404(found, pk=token)
    if request.method == "POST":
        tokens.revoke_token(request.user, shown.pk)
        messages.success(request, f"“{shown.name}” is revoked: whatever used it is shut out.")
        return redirect("accounts:token_list")
    return render(request, "accounts/access/token_revoke.html", {"token": shown})
