"""The coverage map of a publication, from the same function as the page."""

from django import forms
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import reader
from accounts.api.parameters import PublicationField, cleaned
from accounts.progress.coverage import coverage
from catalog.api.shapes import ClusterRef, PublicationRef
from catalog.rest.fields import Serializer
from catalog.rest.views import Endpoint
from catalog.slugs import ID_OR_SLUG


class CoverageCell(Serializer):
    year = serializers.IntegerField()
    read = serializers.IntegerField()
    total = serializers.IntegerField()


class CoverageRow(Serializer):
    cluster = ClusterRef(allow_null=True, help_text="Null: the keepers in no cluster.")
    cells = CoverageCell(many=True, help_text="One for each of the years.")


class BlindSpot(Serializer):
    cluster = ClusterRef(allow_null=True)
    year = serializers.IntegerField()


class CoverageShape(Serializer):
    """The share read of each cluster's keepers, by year of the issues."""

    publication = PublicationRef()
    years = serializers.ListField(child=serializers.IntegerField())
    rows = CoverageRow(many=True)
    blind_spots = BlindSpot(many=True, help_text="Where there are keepers, and none is read.")


class CoverageForm(forms.Form):
    publication = PublicationField(
        max_length=200, error_messages={"required": "Name a publication, by id or slug."}
    )


class CoverageDetail(Endpoint):
    """The coverage map of a publication."""

    parameters = frozenset({"publication"})

    @extend_schema(
        operation_id="progress_coverage",
        parameters=[
            OpenApiParameter(
                "publication", str, required=True, description=f"A publication, by {ID_OR_SLUG}."
            )
        ],
        responses=CoverageShape,
    )
    def get(self, request: Request) -> Response:
        form = cleaned(request, CoverageForm(request.query_params))
        publication = form.cleaned_data["publication"]
        found = coverage(reader(request), publication)
        return Response({
            "publication": PublicationRef.render(publication),
            "years": found.years,
            "rows": [
                {
                    "cluster": cluster and ClusterRef.render(cluster),
                    "cells": [
                        {"year": year, "read": cell.read, "total": cell.total}
                        for year, cell in zip(found.years, cells, strict=True)
                    ],
                }
                for cluster, cells in found.rows
            ],
            "blind_spots": [
                {"cluster": cluster and ClusterRef.render(cluster), "year": year}
                for cluster, year in found.blind
            ],
        })  # fmt: skip
