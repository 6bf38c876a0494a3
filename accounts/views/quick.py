from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.browsing.quick import quick
from accounts.models import User
from catalog.access import catalog_page


@require_safe
@catalog_page
def quick_search(request: HttpRequest) -> HttpResponse:
    """Serve the results of quick search; notes are included for signed-in readers."""
    user = request.user if isinstance(request.user, User) else None
    results = quick(user, request.GET.get("q", ""))
    return render(request, "accounts/browsing/_quick_results.html", {"results": results})
