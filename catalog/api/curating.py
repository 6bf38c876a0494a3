"""What the endpoints of the catalog share: who may change it, over which version, in one act."""

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
BATCH_HELP = "The act in the log, by which it can be taken back; null where nothing changed."
CATEGORY = in_path("category", f"The {ID_OR_SLUG} of a category.")
PUBLICATION = in_path("publication", f"The {ID_OR_SLUG} of a publication.")
CLUSTER = in_path("cluster", "The id of a cluster.", int)
ISSUE = in_path("issue", "The id of an issue.", int)
TAG = in_path("tag", f"The {ID_OR_SLUG} of a tag.")
BATCH = in_path("batch", "The id of an act.", int)
# What a change of one thing may be answered with, besides what every endpoint may.
OVER_A_VERSION = (409, 412, 428)


class CatalogEndpoint(Endpoint):
    """A part of the catalog: who may read the catalog reads it, curators change it."""

    is_catalog = True

    def scope_of(self, method: str) -> str:
        return READ if method in SAFE_METHODS else CURATE

    def parts(self, request: Request) -> tuple[Any, ...]:
        """Count acts too: one that changes no publication may change what is shown here."""
        newest = ChangeBatch.objects.order_by("-pk").values_list("pk", flat=True).first()
        return (*super().parts(request), newest)


class DeskEndpoint(CatalogEndpoint):
    """What is for curators alone, reading it too."""

    is_catalog = False

    def scope_of(self, method: str) -> str:
        return CURATE


def example(title: str, /, **body: Any) -> list[OpenApiExample]:
    """Return the example of a body."""
    return [OpenApiExample(title, body, request_only=True)]


@contextmanager
def consistent() -> Iterator[None]:
    """Answer what contradicts by now what is stored with 409."""
    try:
        yield
    except NotPossible as error:
        raise Problem(409, f"Nothing was changed: {error}") from error
    except IntegrityError as error:
        raise Problem(409, "Nothing was changed: somebody else was quicker. Try again.") from error


@contextmanager
def act(request: Request, reason: str = "") -> Iterator[Curation]:
    """Open one act of the log."""
    kind = ChangeBatch.Kind.EDIT
    with (
        consistent(),
        Curation(kind, source=API_SOURCE, user=request.user, reason=reason) as curation,
    ):
        yield curation


def answer(shown: dict[str, Any], curation: Curation, created: str = "") -> Response:
    """Answer with what was changed and the act that did it, or with what was created, and where.

    The version that it has now is the ETag over which it is changed next.
    """
    headers = {"ETag": f'"{shown["version"]}"'} if "version" in shown else {}
    if created:
        headers["Location"] = created
    whole = shown | {"batch": curation.batch.pk}
    return Response(whole, status=201 if created else 200, headers=headers)


def invalid(**faults: str) -> exceptions.ValidationError:
    """Return the error of fields, by name; those without a fault have none."""
    return exceptions.ValidationError({name: [fault] for name, fault in faults.items() if fault})


def refuse(**faults: str) -> None:
    """Raise what `invalid` returns, if any of these is a fault."""
    if any(faults.values()):
        raise invalid(**faults)
