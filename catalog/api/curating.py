"""Shared parts of the curators' endpoints: permissions, versions, change sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from drf_spectacular.utils import OpenApiExample
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.curation.changeset import Curation
from catalog.curation.clusters import NotPossible
from catalog.models import ChangeBatch
from catalog.rest.access import CURATE, READ
from catalog.rest.parameters import in_path
from catalog.rest.problems import Problem
from catalog.rest.views import Endpoint
from catalog.slugs import ID_OR_SLUG

API_SOURCE = "api"
BATCH_HELP = "The change set in the log, for reverting it; null where nothing changed."
CATEGORY = in_path("category", f"The {ID_OR_SLUG} of a category.")
PUBLICATION = in_path("publication", f"The {ID_OR_SLUG} of a publication.")
CLUSTER = in_path("cluster", "The id of a cluster.", int)
ISSUE = in_path("issue", "The id of an issue.", int)
TAG = in_path("tag", f"The {ID_OR_SLUG} of a tag.")
BATCH = in_path("batch", "The id of a change set.", int)
# Additional error responses of endpoints that change one object.
OVER_A_VERSION = (409, 412, 428)


class CatalogEndpoint(Endpoint):
    """A part of the catalog: who may read the catalog reads it, curators change it."""

    is_catalog = True

    def scope_of(self, method: str) -> str:
        return READ if method in SAFE_METHODS else CURATE

    def parts(self, request: Request) -> tuple[Any, ...]:
        """Count change sets too: one that changes no publication may affect this response."""
        newest = ChangeBatch.objects.order_by("-pk").values_list("pk", flat=True).first()
        return (*super().parts(request), newest)


class DeskEndpoint(CatalogEndpoint):
    """A resource for curators only, even for reading."""

    is_catalog = False

    def scope_of(self, method: str) -> str:
        return CURATE


def example(title: str, /, **body: Any) -> list[OpenApiExample]:
    """Return the example of a body."""
    return [OpenApiExample(title, body, request_only=True)]


@contextmanager
def consistent() -> Iterator[None]:
    """Respond with 409 to a change that contradicts stored data."""
    try:
        yield
    except NotPossible as error:
        raise Problem(409, f"Nothing was changed: {error}") from error
    except IntegrityError as error:
        raise Problem(409, "Nothing was changed: somebody else was quicker. Try again.") from error


@contextmanager
def change_set(request: Request, reason: str = "") -> Iterator[Curation]:
    """Open one change set of the log."""
    kind = ChangeBatch.Kind.EDIT
    with (
        consistent(),
        Curation(kind, source=API_SOURCE, user=request.user, reason=reason) as curation,
    ):
        yield curation


def change_response(shown: dict[str, Any], curation: Curation, created: str = "") -> Response:
    """Return the changed object with its change set, or the created object with its address.

    The ETag is the object's new version, for the next change.
    """
    headers = {"ETag": f'"{shown["version"]}"'} if "version" in shown else {}
    if created:
        headers["Location"] = created
    whole = shown | {"batch": curation.batch.pk}
    return Response(whole, status=201 if created else 200, headers=headers)


def invalid(**faults: str) -> exceptions.ValidationError:
    """Return the errors by field; fields without an error are left out."""
    return exceptions.ValidationError({name: [fault] for name, fault in faults.items() if fault})


def refuse(**faults: str) -> None:
    """Raise the errors of `invalid`, if there are any."""
    if any(faults.values()):
        raise invalid(**faults)
