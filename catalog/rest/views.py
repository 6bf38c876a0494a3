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

    `scopes` maps methods to the token scope they need, `read` and `write` by default; `needs` maps
    methods to Django permissions. `parameters` are the query parameters for reading, and
    `write_parameters`, by method, those for writing; other parameters are refused. A second value
    is refused for parameters that are not in `several`. `is_catalog` resources are readable by
    everyone if the catalog is public, `is_open` ones always. The ETag is derived from the catalog
    version and the reader's version, so a conditional GET needs no further queries.
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
        # Unknown methods get 405.
        if unknown and hasattr(self, method.lower()):
            raise UnknownParameter(unknown, sorted(known))
        self.refuse_second_values(request)
        if self.has_etag and request.method in ("GET", "HEAD"):
            self.etag = self.version(request)
            if is_known(request, self.etag):
                raise NotModified

    def refuse_second_values(self, request: Request) -> None:
        """Refuse a second value of a single-value parameter, which would otherwise be ignored."""
        errors = [
            {"parameter": name, "detail": "This is given twice; give it once."}
            for name, values in request.query_params.lists()
            if len(values) > 1 and name not in self.several
        ]
        if errors:
            raise Problem(422, "Some parameters are not valid.", errors=errors)

    def version(self, request: Request) -> str:
        """Return the ETag of this resource for this reader."""
        return weak(*self.parts(request))

    def parts(self, request: Request) -> tuple[Any, ...]:
        """Return everything that the response depends on."""
        user: Any = request.user
        own: tuple[Any, ...] = ()
        if not isinstance(user, AnonymousUser):
            # Figures by day depend on the reader's time zone.
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
