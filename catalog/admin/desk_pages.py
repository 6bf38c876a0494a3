"""The desk: shows one issue at a time, to be rated, filed, tagged and summarised.

Single keys or plain forms operate it. Each edit is one change set. A form contains the version of
the issue that it was made for; over a newer one, nothing is saved.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.admin.base import CuratedForm
from catalog.admin.fields import (
    TIER_CHOICES,
    ClusterField,
    TierField,
    tag_lines,
    titles_of,
)
from catalog.admin.issue_list import flag_words
from catalog.admin.log_words import value_in_words
from catalog.admin.pages import CURATE, curators_page, render_page
from catalog.curation.issues import SOURCE, IssueEdit, desk_values, save_issue
from catalog.curation.reverting import revert
from catalog.curation.rules import LONGEST_TEXT, review_values
from catalog.desk.advice import advise
from catalog.desk.fits import fits
from catalog.desk.walks import WALKS, DateRoute, DoubtRoute, Route, Walk, route_of
from catalog.models import ChangeBatch, Issue, Publication
from catalog.search.engine import TooBroad, bounded
from catalog.slugs import id_of, naming
from catalog.tags.completion import complete_tag

# Session key for the change sets of this session, the latest last, and their maximum number.
ACTS, MOST_ACTS = "desk_acts", 100
# How long a page waits for the search for disagreements, in seconds.
WAIT_SECONDS = 2
# Time limit for finding an issue of a walk, in milliseconds.
WALK_BUDGET_MS = 2_000
LABELS = {
    "tier": "Tier", "cluster": "Cluster", "tags": "Tags", "summary": "Summary",
    "reviewed_at": "Reviewed",
}  # fmt: skip
WRITTEN = ("tier", "cluster", "tags", "summary")


class Asked(NamedTuple):
    """The parameters of a URL: a walk, a publication or all, and a position or an issue."""

    walk: Walk | None
    publication: Publication | None
    after: str
    issue: str

    @classmethod
    def of(cls, address: QueryDict) -> Self:
        """Parse a URL; raise Http404 for an unknown walk or publication."""
        key, name = address.get("walk", ""), address.get("publication", "")
        if (key and key not in WALKS) or "\0" in name:
            raise Http404("There is no such walk.")
        publications = Publication.objects.defer("loaded")
        home = get_object_or_404(publications, **naming(name)) if name else None
        return cls(WALKS.get(key), home, address.get("after", ""), address.get("issue", ""))

    def query(self, **others: Any) -> str:
        """Return the query string for these parameters, with replacements."""
        own = {
            "walk": self.walk.key if self.walk else "",
            "publication": self.publication.id_or_slug if self.publication else "",
            "after": self.after,
            "issue": self.issue,
        }
        return f"?{urlencode({name: value for name, value in (own | others).items() if value})}"

    def url(self, **others: Any) -> str:
        return reverse("desk:desk") + self.query(**others)


class DeskForm(CuratedForm):
    """An edit of one issue. Stale edits are refused; `clashes` are then (field, given, current)."""

    class Meta:
        model = Issue
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stale = False
        self.clashes: list[tuple[str, str, str]] = []

    @property
    def given(self) -> dict[str, Any]:
        """The new values of the issue."""
        names = [name for name in self.changed_data if name in WRITTEN]
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any]:
        for name in self._missing():
            self.add_error(name, "Nothing was sent of it.")
        return super().clean()

    def _missing(self) -> list[str]:
        return [name for name in self.fields if name in WRITTEN and name not in self.data]

    def _refuse_stale(self) -> None:
        self.is_stale = True
        self.add_error(None, f"Nothing is saved: {self._newer()}.")
        if not {*self.errors} - {"__all__"}:
            stored = desk_values(_desk_issues().get(pk=self.instance.pk))
            self.clashes = [
                (LABELS[name], words_of(name, value), words_of(name, stored[name]))
                for name, value in self.given.items()
                if name in WRITTEN
            ]


class DeskTierForm(DeskForm):
    tier = TierField()

    class Meta:
        model = Issue
        fields = ("tier",)


class DeskClusterForm(DeskForm):
    cluster = ClusterField(required=False)

    class Meta:
        model = Issue
        fields = ("cluster",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cluster: Any = self.fields["cluster"]
        home = self.instance.publication_id
        cluster.offer({"": titles_of([home])[home]}, none=[])


class DeskTagsForm(DeskForm):
    tags = forms.CharField(required=False)

    class Meta:
        model = Issue
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = tag_text(self.instance)

    def clean_tags(self) -> list[str]:
        return tag_lines(self.cleaned_data["tags"])


class SummaryForm(DeskForm):
    summary = forms.CharField(required=False, max_length=LONGEST_TEXT)

    class Meta:
        model = Issue
        fields = ("summary",)


class ReviewForm(DeskForm):
    class Meta:
        model = Issue
        fields = ()

    @property
    def given(self) -> dict[str, Any]:
        return review_values()


class AcceptForm(DeskClusterForm):
    """Accepts proposals: a tier, a cluster, and additional tags."""

    tier = TierField()
    tag = forms.CharField(required=False)

    class Meta:
        model = Issue
        fields = ("tier", "cluster")

    def clean_tag(self) -> list[str]:
        data: Any = self.data
        return tag_lines("\n".join(data.getlist("tag")))

    def _missing(self) -> list[str]:
        return []

    @property
    def given(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        given = {name: cleaned[name] for name in ("tier", "cluster") if name in self.data}
        if added := cleaned.get("tag"):
            given["tags"] = [*(name for name, _ in self.instance.tag_list), *added]
        return given


def tag_text(issue: Issue) -> str:
    return "\n".join(name for name, _ in issue.tag_list)


# Looking


@require_safe
@curators_page(*CURATE)
def desk(request: HttpRequest) -> HttpResponse:
    """Show one issue of a walk, or the list of walks."""
    asked = Asked.of(request.GET)
    return _walks_page(request, asked) if asked.walk is None else _issue_page(request, asked)


@require_safe
@curators_page(*CURATE)
def tags(request: HttpRequest) -> JsonResponse:
    """Complete a tag that is being typed."""
    found = complete_tag(request.GET.get("q", ""))
    return JsonResponse({"tags": [each._asdict() for each in found]})


def _walks_page(request: HttpRequest, asked: Asked, **more: Any) -> HttpResponse:
    publications = Publication.objects.defer("loaded").by_name()
    home = asked.publication
    alone = publications[0] if len(publications) == 1 else None
    walks = []
    for walk in WALKS.values():
        of = home or (None if walk.parts else alone)
        url = asked.url(walk=walk.key, publication=of and of.id_or_slug, after="", issue="")
        walks.append((walk, url if walk.parts or of else "", _count_walk(walk, of)))
    context = {"publications": publications, "publication": home, "walks": walks} | more
    return _render_desk(request, "walks", "Desk", context)


def _count_walk(walk: Walk, publication: Publication | None) -> Any:
    """Return the number of issues in a walk, or None if counting takes too long."""
    if not walk.parts:
        doubts = fits.known_doubts(publication) if publication else None
        return None if doubts is None else DoubtRoute(doubts).left()
    try:
        with bounded(WALK_BUDGET_MS):
            return DateRoute(walk, publication).left()
    except TooBroad:
        return None


def _issue_page(
    request: HttpRequest, asked: Asked, form: DeskForm | None = None, status: int = 200
) -> HttpResponse:
    walk: Any = asked.walk
    if not walk.parts and asked.publication is None:
        return _walks_page(request, asked, note="choose")
    is_begun = not (asked.after or asked.issue)
    route = route_of(walk, asked.publication, is_begun=is_begun, wait=WAIT_SECONDS)
    if route is None:
        return _walks_page(request, asked, note="looking")
    try:
        with bounded(WALK_BUDGET_MS):
            pk, after = _requested_place(route, asked)
            if pk is None:
                left = route.left()
                return _walks_page(request, asked, note="through", walk=walk, left=left)
            issue = get_object_or_404(Issue.objects.for_list(), pk=pk)
            position = route.position(issue)
    except TooBroad:
        return _walks_page(request, asked, note="broad")
    pinned = asked._replace(issue=str(issue.pk))
    context = {
        "position": position,
        "pinned": pinned.query(),
        "next": pinned.url(after=route.onward(issue, after), issue=""),
    }
    return _render_desk(
        request,
        "issue",
        issue.title,
        context | _issue_context(request, asked, issue, form),
        status,
    )


def _requested_place(route: Route, asked: Asked) -> tuple[int | None, Any]:
    """Return the requested issue, and the position of the walk."""
    try:
        after = route.parse(asked.after) if asked.after else None
    except ValueError as error:
        raise Http404(str(error)) from error
    if not asked.issue:
        return route.next(after), after
    if (pk := id_of(asked.issue)) is None:
        raise Http404("There is no such issue.")
    return pk, after


def _issue_context(
    request: HttpRequest, asked: Asked, issue: Issue, form: DeskForm | None
) -> dict[str, Any]:
    """Return the context of an issue's page."""
    clusters = dict(titles_of([issue.publication_id])[issue.publication_id])
    acts = request.session.get(ACTS)
    sent = form.data if form else {}
    stored = {"tags": tag_text(issue), "summary": issue.summary}
    return {
        "walk": asked.walk,
        "publication": asked.publication,
        "issue": issue,
        "flags": flag_words(issue),
        "tiers": [(int(value), label.removeprefix(f"{value} ")) for value, label in TIER_CHOICES],
        "clusters": clusters,
        "stored": stored,
        "written": {name: sent.get(name, stored[name]) for name in stored},
        "advice": advise(issue, clusters, disputes=not (asked.walk and asked.walk.parts)),
        "form": form,
        "undoes": acts[-1][2] if acts else "",
    }


def _render_desk(
    request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    # The list of models at the side would be in the way here.
    whole = context | {"is_nav_sidebar_enabled": False}
    return render_page(request, f"catalog/admin/desk/{name}.html", title, whole, status)


# Writing


@require_POST
@curators_page(*CURATE)
def issue_tier(request: HttpRequest, issue: int) -> HttpResponse:
    return _save_form(request, issue, DeskTierForm)


@require_POST
@curators_page(*CURATE)
def issue_cluster(request: HttpRequest, issue: int) -> HttpResponse:
    return _save_form(request, issue, DeskClusterForm)


@require_POST
@curators_page(*CURATE)
def issue_tags(request: HttpRequest, issue: int) -> HttpResponse:
    return _save_form(request, issue, DeskTagsForm)


@require_POST
@curators_page(*CURATE)
def issue_summary(request: HttpRequest, issue: int) -> HttpResponse:
    return _save_form(request, issue, SummaryForm)


@require_POST
@curators_page(*CURATE)
def issue_review(request: HttpRequest, issue: int) -> HttpResponse:
    return _save_form(request, issue, ReviewForm)


@require_POST
@curators_page(*CURATE)
def issue_accept(request: HttpRequest, issue: int) -> HttpResponse:
    """Take proposals, one or all that are likely, as one act."""
    return _save_form(request, issue, AcceptForm)


@require_POST
@curators_page(*CURATE)
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last act of this session, and go to its issue."""
    asked = Asked.of(request.GET)
    acts = request.session.get(ACTS, [])
    if not acts:
        messages.info(request, "There is nothing more to undo here.")
        return redirect(asked.url())
    batch, issue, words = acts[-1]
    request.session[ACTS] = acts[:-1]
    own = get_object_or_404(ChangeBatch, pk=batch, user=request.user, source=SOURCE)
    outcome = revert(own, user=request.user, source=SOURCE)
    if outcome.batch:
        messages.success(request, f"Taken back: {words}")
    if outcome.left or not outcome.batch:
        messages.warning(
            request, f"What has been changed again since stays as it is. Not taken back: {words}"
        )
    is_listed = Issue.objects.listed().filter(pk=issue).exists()
    return redirect(asked.url(issue=issue) if is_listed else asked.url())


def _save_form(request: HttpRequest, pk: int, kind: type[DeskForm]) -> HttpResponse:
    """Save a form, or show why it was refused; stay at the issue."""
    asked = Asked.of(request.GET)
    asked = asked._replace(walk=asked.walk or WALKS["unrated"], issue=str(pk))
    with transaction.atomic():
        # From here to the save nobody else saves.
        locked = _desk_issues().select_for_update(of=("self",))
        form = kind(request.POST, instance=get_object_or_404(locked, pk=pk))
        if form.is_valid():
            try:
                done = save_issue(pk, form.given, request.user)
            except ValueError as error:
                form.add_error("cluster", str(error))
    if form.errors:
        return _issue_page(request, asked, form, 409 if form.is_stale else 422)
    _tell(request, pk, done)
    return redirect(asked.url())


def _desk_issues() -> Any:
    return Issue.objects.listed().select_related("publication", "cluster")


def _tell(request: HttpRequest, pk: int, done: IssueEdit) -> None:
    """Show the message of an edit, and remember it for undo."""
    words = told(done.before, done.after)
    if done.batch is None:
        messages.info(request, "It was so already: nothing was changed.")
        return
    acts = request.session.get(ACTS, [])
    request.session[ACTS] = [*acts, (done.batch, pk, words)][-MOST_ACTS:]
    messages.success(request, words)


# Telling


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return a description of an edit: `Tier: Unrated → 4 Notable. Tags: + moon, − tide.`"""
    return " ".join(
        "Reviewed." if name == "reviewed_at"
        else f"{label}: {_change_in_words(name, before[name], after[name])}."
        for name, label in LABELS.items()
        if before[name] != after[name]
    )  # fmt: skip


def _change_in_words(name: str, was: Any, now: Any) -> str:
    if name == "tags":
        signs = [f"+ {tag}" for tag in now if tag not in was]
        signs += [f"− {tag}" for tag in was if tag not in now]
        return ", ".join(signs) or "in another order"
    if name == "summary":
        return "rewritten" if was and now else "added" if now else "removed"
    return f"{words_of(name, was)} → {words_of(name, now)}"


def words_of(name: str, value: Any) -> str:
    """Return an issue's value of a field in words."""
    if name == "cluster" and value:
        return str(value)
    return value_in_words(name, value, nothing="none")
