"""Loading files, as a dry run by default, and dumping the catalog."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import API_SOURCE, BATCH_HELP, DeskEndpoint, consistent
from catalog.api.inputs import MOST_ISSUES, FileText, ParagraphField, Reason
from catalog.api.shapes import Logged
from catalog.interchange import formats
from catalog.interchange.document import LARGEST_FILE, Document, Refused
from catalog.interchange.document import FileProblem as Fault
from catalog.interchange.dumping import dump, dump_issues
from catalog.loading.loader import load
from catalog.loading.merging import Side
from catalog.loading.report import Report
from catalog.models import Issue, Publication
from catalog.rest.fields import ChoiceField, Serializer, YesNo, given
from catalog.rest.lookup import by_key
from catalog.rest.parsers import JSONParser
from catalog.rest.problems import Problem, wrong
from catalog.slugs import ID_OR_SLUG, id_of

LOAD = ("catalog.add_publication", "catalog.add_issue", "catalog.change_issue")
DUMP = ("catalog.view_publication", "catalog.view_issue")
# Limit of entries in each list; the counts cover everything.
MOST_REPORTED = 500
CONTENT_TYPES = {
    "json": "application/json",
    "page": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
ENDINGS = {"json": "json", "page": "txt", "csv": "csv"}


class TallyShape(Serializer):
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Stored here, and not in the file.")


class FaultShape(Serializer):
    """A message about a file."""

    level = serializers.CharField(help_text="warning or error.")
    detail = serializers.CharField(source="message")
    where = serializers.CharField(allow_blank=True, help_text="A line, a row or a path.")
    title = serializers.CharField(allow_blank=True, help_text="Of the issue that it stands in.")


class FileNewsShape(Serializer):
    """A field whose value in the file differs from the stored one."""

    kind = serializers.CharField()
    title = serializers.CharField()
    field = serializers.CharField()
    before = Logged()
    after = Logged()
    is_conflict = serializers.BooleanField(help_text="A curator had changed it too.")
    is_taken = serializers.BooleanField(help_text="The file's value is written.")


class LoadReport(Serializer):
    """The result of a load or a dry run; each list has at most five hundred entries."""

    is_dry_run = serializers.BooleanField()
    publications = TallyShape()
    clusters = TallyShape()
    issues = TallyShape()
    guessed = serializers.IntegerField(help_text="Issues whose tags are a guess.")
    pruned = serializers.IntegerField(help_text="Issues archived, for the file lacks them.")
    conflicts = serializers.IntegerField(help_text="Fields changed both here and in the file.")
    made = serializers.ListField(child=serializers.CharField(), help_text="Titles of new issues.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Titles of issues that the file lacks."
    )
    news = FileNewsShape(many=True)
    warnings = FaultShape(many=True)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class Loading(Serializer):
    text = FileText(help_text="What the file holds.")
    format = ChoiceField(
        list(formats.FORMATS), allow_null=True, required=False,
        help_text="Found from the content where it is not told.",
    )  # fmt: skip
    source = ParagraphField(  # type: ignore[assignment]  # no field's own source
        max_length=200, required=False, default=API_SOURCE, help_text="What the log calls the file."
    )
    dry_run = YesNo(default=True, help_text="Do the same work and take it back.")
    take = ChoiceField(
        [side.value for side in Side], allow_null=True, required=False,
        help_text="Settles what was changed both here and in the file; else it is listed.",
    )  # fmt: skip
    prune = YesNo(default=False, help_text="Archive the issues that the file lacks.")
    reason = Reason()


class FileParser(JSONParser):
    """A body that contains a whole file; JSON may triple the size of its characters."""

    largest = 3 * LARGEST_FILE


class LoadList(DeskEndpoint):
    """Files that are loaded into the catalog."""

    parser_classes = (FileParser,)
    needs = {"POST": LOAD}
    errors = (409,)

    @extend_schema(
        operation_id="load",
        description=(
            "Load a file, all of it or nothing. Where anything in it is an error nothing is "
            "loaded, and `errors` are what was found, each with its place."
        ),
        request=Loading,
        responses=LoadReport,
        examples=[
            OpenApiExample(
                "A dry run", {"text": "{…}", "source": "shoreline.json"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        asked = given(Loading, request)
        try:
            document, warnings = formats.read(asked["text"], asked.get("format"))
            with consistent():
                report = load(
                    document, source=asked["source"], user=request.user, reason=asked["reason"],
                    dry_run=asked["dry_run"], prune=asked["prune"],
                    take=Side(asked["take"]) if asked.get("take") else None,
                )  # fmt: skip
        except Refused as refusal:
            faults = [FaultShape.render(each) for each in refusal.problems[:MOST_REPORTED]]
            detail = "Nothing was loaded: something in the file is wrong."
            raise Problem(422, detail, errors=faults) from refusal
        return Response(report_shape(report, warnings, asked["dry_run"]))


def report_shape(report: Report, warnings: list[Fault], is_dry_run: bool) -> dict[str, Any]:
    return {
        "is_dry_run": is_dry_run,
        "publications": TallyShape.render(report.publications),
        "clusters": TallyShape.render(report.clusters),
        "issues": TallyShape.render(report.issues),
        "guessed": report.guessed,
        "pruned": report.pruned,
        "conflicts": len(report.conflicts),
        "made": report.made[:MOST_REPORTED],
        "missing": report.missing[:MOST_REPORTED],
        "news": [FileNewsShape.render(each) for each in report.news[:MOST_REPORTED]],
        "warnings": [FaultShape.render(each) for each in warnings[:MOST_REPORTED]],
        # A dry run rolls its change set back with everything else.
        "batch": None if is_dry_run else report.batch,
    }


DUMP_OF = OpenApiParameter("publication", str, description=f"One alone, by {ID_OR_SLUG}.")
DUMP_ISSUES = OpenApiParameter("issue", int, many=True, description="These issues alone, by id.")


class DumpEndpoint(DeskEndpoint):
    """The catalog as a file: an address for each format, so that each answers with one type."""

    needs = {"GET": DUMP}
    several = frozenset({"issue"})

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Let the URL determine the format; errors are JSON in any case."""
        return JSONRenderer(), JSONRenderer.media_type

    def dumped(self, request: Request, kind: str) -> HttpResponse:
        name, document = _requested_dump(request)
        try:
            text, _ = formats.write(document, kind)
        except ValueError as error:
            raise wrong("format", str(error)) from error
        response = HttpResponse(text, CONTENT_TYPES[kind])
        name = f"{name}-{timezone.localdate().isoformat()}.{ENDINGS[kind]}"
        response["Content-Disposition"] = content_disposition_header(True, name) or ""
        return response


class Dump(DumpEndpoint):
    """The catalog as JSON, and as any format by a parameter that the schema leaves out."""

    parameters = frozenset({"format", "publication", "issue"})

    @extend_schema(
        operation_id="dump",
        description=(
            "The catalog, or one publication, as JSON, as `load_catalog` and `POST loads` take it. "
            "It does not name this room, so that it is loaded as a file of others.\n\n"
            "`format=csv` and `format=page` answer as `dump/csv` and `dump/page` do. They are no "
            "parameter of this description, by which an operation has one type of answer."
        ),
        parameters=[DUMP_OF, DUMP_ISSUES],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponse:
        kind = request.query_params.get("format", "json")
        if kind not in formats.FORMATS:
            raise wrong("format", f"There is no such format; {', '.join(formats.FORMATS)} are.")
        return self.dumped(request, kind)


class DumpCsv(DumpEndpoint):
    """The catalog as CSV."""

    parameters = frozenset({"publication", "issue"})

    @extend_schema(
        operation_id="dump_csv",
        description="The catalog, or one publication, as CSV with one row an issue.",
        parameters=[DUMP_OF, DUMP_ISSUES],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        return self.dumped(request, "csv")


class DumpPage(DumpEndpoint):
    """The catalog as pages."""

    parameters = frozenset({"publication"})

    @extend_schema(
        operation_id="dump_page",
        description="The catalog, or one publication, as the text of Reading Room pages.",
        parameters=[DUMP_OF],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        return self.dumped(request, "page")


def _requested_dump(request: Request) -> tuple[str, Document]:
    """Return the document to dump and its name; raise Problem, and Http404 for a publication."""
    key, keys = request.query_params.get("publication"), request.query_params.getlist("issue")
    if key is not None and keys:
        raise wrong("issue", "Name a publication or issues, not both.")
    if key is not None:
        slug = by_key(Publication.objects.all(), key, "publication").slug
        return slug, dump(slug)
    if not keys:
        return "catalog", dump()
    if len(keys) > MOST_ISSUES:
        raise wrong("issue", f"There are {len(keys):,}; name up to {MOST_ISSUES} at once.")
    pks = [id_of(each) or 0 for each in keys]
    found = set(Issue.objects.listed().filter(pk__in=pks).values_list("pk", flat=True))
    for each, pk in zip(keys, pks, strict=True):
        if pk not in found:
            raise wrong("issue", f"There is no issue “{each[:80]}” here; it is named by its id.")
    return "issues", dump_issues(pks)
