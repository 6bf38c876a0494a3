"""“New from file”: parses a file, previews all changes, and loads it.

The load applies exactly what was previewed: the same bytes with the same options. If the catalog
has changed so that the result would differ, the new preview is shown instead.
"""

import datetime
import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from catalog.admin.base import offer_undo
from catalog.admin.conflict_pages import cluster_titles, field_words, in_words, marked
from catalog.admin.pages import curators_page, render_page
from catalog.curation.log_values import MODELS
from catalog.interchange import formats
from catalog.interchange.document import LARGEST_FILE, Document, FileProblem, Refused
from catalog.loading.loader import load
from catalog.loading.matching import match_publications
from catalog.loading.merging import Side
from catalog.loading.report import FieldUpdate, Report
from catalog.models import Change, Conflict, Publication
from catalog.text import plural, quoted

LOAD_PERMISSIONS = ("catalog.add_publication", "catalog.add_issue", "catalog.change_issue")
# Django accepts at most 2.5 MB of form text; a character may take several bytes.
LONGEST_PASTED = 600_000
# Number of preview lines per list; the counts cover everything.
LINES_PREVIEWED = 500
KEPT_FOR = datetime.timedelta(days=1)
# Number of uploads kept per curator between the steps.
MOST_KEPT = 10
GONE = (
    "Nothing was loaded: the file is not kept any more. It is kept for a day, and until it has "
    "been loaded. Choose it again."
)


class OptionsForm(forms.Form):
    take = forms.ChoiceField(
        label="What both a curator and the file have changed",
        choices=[
            ("", "Keep it as it is, and list it to be settled"),
            (Side.THEIRS, "Take what the file gives"),
            (Side.OURS, "Keep it as it is, and list none of it"),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text="The last two settle what earlier loads have listed of these publications too.",
    )
    prune = forms.BooleanField(label="Archive the issues that the file lacks", required=False)

    def clean_take(self) -> Side | None:
        return Side(self.cleaned_data["take"]) if self.cleaned_data["take"] else None


class LoadForm(OptionsForm):
    file = forms.FileField(
        required=False, allow_empty_file=True, help_text="A saved page, JSON or CSV: up to 20 MB."
    )
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        max_length=LONGEST_PASTED,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text=f"Up to {LONGEST_PASTED:,} characters; a longer text is loaded as a file.",
    )
    field_order = ("file", "text", "take", "prune")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST_FILE:
            raise forms.ValidationError(
                f"The file has {file.size / 2**20:,.1f} MB; up to 20 MB are taken here. "
                f"The command “load_catalog” takes larger ones."
            )
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        has_text = bool(cleaned.get("text", "").strip())
        if not self.errors and bool(cleaned.get("file")) == has_text:
            raise forms.ValidationError("Choose a file, or paste its text: one of the two.")
        return cleaned

    def sent(self) -> tuple[str, bytes]:
        """Return the name and the bytes of the submitted file or text."""
        if file := self.cleaned_data["file"]:
            return file.name, file.read()
        # Browsers normalise line ends.
        return "pasted text", self.cleaned_data["text"].replace("\r\n", "\n").encode()


class Kept(NamedTuple):
    """An upload between two steps, and the token that identifies it for its curator."""

    token: str
    source: str
    data: bytes
    path: Path


class LoadLine(NamedTuple):
    """One field that a load changes, or leaves as it is for a conflict, in words."""

    kind: str
    title: str
    url: str
    field: str
    before: SafeString
    after: SafeString
    is_taken: bool = True


@dataclass
class LoadOutcome:
    """The result of a load or its preview; lists hold the first entries, with total counts."""

    report: Report
    is_applied: bool = False
    fingerprint: str = ""
    changes: list[LoadLine] = field(default_factory=list)
    changes_number: int = 0
    conflicts: list[LoadLine] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)
    settled: int = 0

    @property
    def tallies(self) -> list[tuple[str, Any]]:
        report = self.report
        return [
            ("Publications", report.publications),
            ("Clusters", report.clusters),
            ("Issues", report.issues),
        ]


# Uploads are stored in a folder of the data directory under a random
# name. The page holds the name and the file's hash, signed for the one user: twenty megabytes are
# too many for a hidden field, and a browser could change them.


def keep(user: Any, source: str, data: bytes) -> Kept:
    folder = _folder()
    _sweep(folder, user.pk)
    name = f"{user.pk}-{secrets.token_hex(16)}"
    path = folder / name
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)
    told = [name, source, hashlib.sha256(data).hexdigest()]
    return Kept(signing.dumps(told, salt=_upload_salt(user)), source, data, path)


def kept(user: Any, token: str) -> Kept | None:
    """Return the upload of a token, or None if it is gone or belongs to another user."""
    try:
        name, source, digest = signing.loads(token, salt=_upload_salt(user), max_age=KEPT_FOR)
        path = _folder() / name
        data = path.read_bytes()
    except (signing.BadSignature, OSError):
        return None
    if hashlib.sha256(data).hexdigest() != digest:
        return None
    return Kept(token, source, data, path)


def _folder() -> Path:
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _sweep(folder: Path, user_id: int) -> None:
    """Delete abandoned uploads, and the oldest ones of a user with too many."""
    oldest = (timezone.now() - KEPT_FOR).timestamp()
    found = []
    for path in folder.iterdir():
        # Another process may be deleting too.
        with suppress(FileNotFoundError):
            found.append((path.stat().st_mtime, path))
    found.sort()
    own = [path for _, path in found if path.name.startswith(f"{user_id}-")]
    for path in [path for at, path in found if at < oldest] + own[: 1 - MOST_KEPT]:
        path.unlink(missing_ok=True)


def _upload_salt(user: Any) -> str:
    return f"catalog.admin.load_pages:{user.pk}"


# --- trying and loading


def attempt(
    doc: Document, source: str, user: Any, options: dict[str, Any], expected: str | None
) -> LoadOutcome:
    """Load a document if its result has the fingerprint `expected`; otherwise roll back.

    A dry run would do the same work but give fewer details: the log of the load contains every
    written field. Raise `Refused` if the document contradicts stored data.
    """
    with transaction.atomic():
        listed = set(Conflict.objects.values_list("pk", flat=True))
        report = load(doc, source=source, user=user, take=options["take"], prune=options["prune"])
        outcome = LoadOutcome(report)
        outcome.settled = len(listed - set(Conflict.objects.values_list("pk", flat=True)))
        _read_log(outcome)
        outcome.is_applied = outcome.fingerprint == expected
        if not outcome.is_applied:
            _describe(outcome)
            transaction.set_rollback(True)
    return outcome


def _log(report: Report) -> Any:
    return Change.objects.filter(batch=report.batch).exclude(batch=None).order_by("id")


def _read_log(outcome: LoadOutcome) -> None:
    """Count the changes, and compute the fingerprint of everything that the load has written."""
    report = asdict(outcome.report) | {"batch": None, "settled": outcome.settled}
    told = hashlib.sha256(json.dumps(report, sort_keys=True, default=str).encode())
    rows = _log(outcome.report).exclude(field="")
    for kind, pk, name, *values in rows.values_list(
        "kind", "object_id", "field", "before", "after"
    ).iterator():
        # When something was archived is another instant each time.
        shown = [bool(value) for value in values] if name == "archived_at" else values
        told.update(json.dumps([kind, pk, name, shown], sort_keys=True).encode())
        outcome.changes_number += 1
    outcome.fingerprint = told.hexdigest()


def _describe(outcome: LoadOutcome) -> None:
    """Fill in the lines that the page shows."""
    report = outcome.report
    # One issue more moves all that follow it: such changes are many, and say the least.
    rows = list(
        _log(report)
        .exclude(field="")
        .annotate(is_place=Q(field="position"))
        .order_by("is_place", "id")
        .values_list("publication", "kind", "object_id", "field", "before", "after")[
            :LINES_PREVIEWED
        ]
    )
    made = _log(report).filter(field="").exclude(kind=Change.Kind.ISSUE)
    new = list(made.values_list("kind", "object_id")[:LINES_PREVIEWED])
    named = _row_names([row[1:3] for row in rows] + new)
    titles = cluster_titles({row[0] for row in rows if row[0]})
    for home, kind, pk, name, *values in rows:
        before, after = marked(*(in_words(name, value, titles.get(home, {})) for value in values))
        url = reverse(f"admin:catalog_{kind}_change", args=[pk])
        line = LoadLine(kind, named.get((kind, pk), ""), url, field_words(name), before, after)
        outcome.changes.append(line)
    outcome.made = [(kind, named[kind, pk]) for kind, pk in new]
    slugs = {slug: title for of in titles.values() for slug, title in of.items()}
    outcome.conflicts = [_conflict(each, slugs) for each in report.conflicts[:LINES_PREVIEWED]]


def _conflict(news: FieldUpdate, clusters: dict[str, str]) -> LoadLine:
    ours, theirs = marked(
        in_words(news.field, news.before, clusters), in_words(news.field, news.after, clusters)
    )
    return LoadLine(news.kind, news.title, "", field_words(news.field), ours, theirs, news.is_taken)


def _row_names(keys: Sequence[Any]) -> dict[tuple[str, int], str]:
    """Return the names of rows by (kind, id), in one query per kind."""
    names: dict[tuple[str, int], str] = {}
    for kind, model in MODELS.items():
        ids = {pk for each, pk in keys if each == kind}
        if ids:
            rows: dict[Any, Any] = model._default_manager.in_bulk(ids)
            names |= {(kind, pk): str(row) for pk, row in rows.items()}
    return names


# --- pages


@require_http_methods(["GET", "HEAD", "POST"])
@curators_page(*LOAD_PERMISSIONS)
def load_new(request: HttpRequest) -> HttpResponse:
    """Take an upload, or a stored one with other options, and show the preview."""
    if request.method != "POST":
        return _upload_page(request, LoadForm())
    if "upload" in request.POST:
        upload, form = kept(request.user, request.POST["upload"]), OptionsForm(request.POST)
        if upload is None or not form.is_valid():
            messages.error(request, GONE)
            return redirect("desk:load_new")
        return _tried(request, upload, form.cleaned_data)
    given = LoadForm(request.POST, request.FILES)
    if not given.is_valid():
        return _upload_page(request, given)
    return _tried(request, keep(request.user, *given.sent()), given.cleaned_data)


@require_POST
@curators_page(*LOAD_PERMISSIONS)
def load_apply(request: HttpRequest) -> HttpResponse:
    """Load a stored upload if the preview is still accurate."""
    upload, form = kept(request.user, request.POST.get("upload", "")), OptionsForm(request.POST)
    if upload is None or not form.is_valid():
        messages.error(request, GONE)
        return redirect("desk:load_new")
    return _tried(request, upload, form.cleaned_data, request.POST.get("fingerprint", ""))


def _tried(
    request: HttpRequest, upload: Kept, options: dict[str, Any], expected: str | None = None
) -> HttpResponse:
    try:
        doc, warnings = formats.read(upload.data)
        outcome = attempt(doc, upload.source, request.user, options, expected)
    except Refused as refusal:
        upload.path.unlink(missing_ok=True)
        form = LoadForm(initial={"take": options["take"] or "", "prune": options["prune"]})
        return _upload_page(request, form, upload.source, refusal.problems)
    if outcome.is_applied:
        upload.path.unlink(missing_ok=True)
        return _applied(request, upload, doc, outcome)
    taken = options["take"] or ""
    context = {
        "upload": upload,
        "outcome": outcome,
        "report": outcome.report,
        "warnings": list(map(_problem_context, warnings[:LINES_PREVIEWED])),
        "warnings_number": len(warnings),
        "missing": outcome.report.missing[:LINES_PREVIEWED],
        "made_issues": outcome.report.made[:LINES_PREVIEWED],
        "options": OptionsForm(initial={"take": taken, "prune": options["prune"]}),
        "take": taken,
        "prune": options["prune"],
        "shown": LINES_PREVIEWED,
        # It was to be loaded, and is not.
        "is_other": expected is not None,
    }
    title = f"What {upload.source} would change"
    status = 200 if expected is None else 409
    return render_page(request, "catalog/admin/loading/preview.html", title, context, status)


def _upload_page(
    request: HttpRequest, form: forms.Form, source: str = "", problems: Sequence[FileProblem] = ()
) -> HttpResponse:
    """Ask for a file; `problems` is why the one called `source` was refused."""
    context = {
        "form": form,
        "source": source,
        "problems": list(map(_problem_context, problems[:LINES_PREVIEWED])),
        "more": len(problems) - LINES_PREVIEWED,
        "errors": sum(problem.level == "error" for problem in problems),
    }
    status = 422 if problems or form.errors else 200
    return render_page(request, "catalog/admin/loading/new.html", "New from file", context, status)


def _problem_context(problem: FileProblem) -> dict[str, Any]:
    """Return a problem for its template, in characters that can be sent: a file has any."""
    title = f"{quoted(problem.title)}: " if problem.title else ""
    where = f"line {problem.where}" if problem.where.isdecimal() else problem.where
    texts = {"where": where or "the file", "message": title + problem.message}
    sent = {name: text.encode(errors="replace").decode() for name, text in texts.items()}
    return sent | {"is_error": problem.level == "error"}


def _applied(
    request: HttpRequest, upload: Kept, doc: Document, outcome: LoadOutcome
) -> HttpResponse:
    """Show a message about the load, and redirect to its result."""
    publications = _loaded_publications(doc)
    links = [
        format_html('<a href="{}">{}</a>', each.get_absolute_url(), each) for each in publications
    ]
    issues = outcome.report.issues
    words = format_html(
        "Loaded {}: {}, {} changed. See {}.",
        upload.source,
        f"{plural(issues.created, 'issue')} new",
        issues.changed,
        SafeString(" and ".join(links)),
    )
    if outcome.report.batch:
        offer_undo(request, words, outcome.report.batch)
    else:
        messages.success(request, words)
    if outcome.report.conflicts and not all(each.is_taken for each in outcome.report.conflicts):
        return redirect("desk:conflicts")
    if len(publications) == 1:
        return redirect("admin:catalog_publication_change", publications[0].pk)
    return redirect("admin:catalog_publication_changelist")


def _loaded_publications(doc: Document) -> list[Publication]:
    """Return the publications that a document has been loaded into."""
    found = match_publications(doc.publications, list(Publication.objects.all()))
    return [found[index] for index in sorted(found)]
