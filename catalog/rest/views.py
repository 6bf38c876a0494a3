"""The base of every endpoint."""

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.rest.access import READ, WRITE, Access
from catalog.rest.problems import NotModified, Problem, UnknownParameter
from catalog.rest.versions import is_known, weak
from catalog.stats import catalog_version


@method_decorator(gzip_page, name="dispatch")
class Endpoint(APIView):
    """One resource.

    `scopes` says by method which scope a token needs, `read` and `write` unless told; `needs`, by
    method too, which permissions of Django's that takes. `parameters` are those of reading and
    `write_parameters`, by method, those of writing; all others are refused. So is a second value
    of any that is not in `several`. `is_catalog` is what everyone may read where the catalog is
    public, `is_open` what everyone may at any time. What is read is the same as long as catalog and
    reader are: that is the ETag, so that it costs next to nothing to ask again.
    """

    permission_classes = (Access,)
    scopes: ClassVar[dict[str, str]] = {}
    parameters: ClassVar[frozenset[str]] = frozenset()
    several: ClassVar[frozenset[str]] = frozenset()
    write_parameters: ClassVar[dict[str, frozenset[str]]] = {}
    needs: ClassVar[dict[str, tuple[str, ...]]] = {}
    is_catalog: ClassVar[bool] = False
    is_open: ClassVar[bool] = False
    has_etag: ClassVar[bool] = True

    def scope_of(self, method: str) -> str:
        return self.scopes.get(method, READ if method in SAFE_METHODS else WRITE)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = request.method or ""
        is_read = method in SAFE_METHODS
        known = self.parameters if is_read else self.write_parameters.get(method, frozenset())
        unknown = sorted(set(request.query_params) - known)
        # A method that there is not is told as such.
        if unknown and hasattr(self, method.lower()):
            raise UnknownParameter(unknown, sorted(known))
        self.refuse_second_values(request)
        if self.has_etag and request.method in ("GET", "HEAD"):
            self.etag = self.version(request)
            if is_known(request, self.etag):
                raise NotModified

    def refuse_second_values(self, request: Request) -> None:
        """Refuse a second value of a parameter that takes one, which else went unread."""
        errors = [
            {"parameter": name, "detail": "This is given twice; give it once."}
            for name, values in request.query_params.lists()
            if len(values) > 1 and name not in self.several
        ]
        if errors:
            raise Problem(422, "Some parameters are not valid.", errors=errors)

    def version(self, request: Request) -> str:
        """Return the ETag of what is at this address, for this reader."""
        return weak(*self.parts(request))

    def parts(self, request: Request) -> tuple[Any, ...]:
        """Return all that, as long as it is the same, leaves the same at this address."""
        user: Any = request.user
        own: tuple[Any, ...] = ()
        if not isinstance(user, AnonymousUser):
            # Figures of a day are of the reader's own.
            own = user.pk, user.version, user.local_date()
        return (catalog_version(), *own, request.get_full_path(), request.headers.get("Accept"))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotModified):
            return Response(status=304)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if (etag := getattr(self, "etag", None)) and response.status_code in (200, 304):
            response.headers.setdefault("ETag", etag)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return response
