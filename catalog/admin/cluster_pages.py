"""The pages on which curators order, merge and split clusters, and look at one as readers will.

Each act is one batch of the log, with one undo; merging and splitting are shown before they are
done.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from catalog.admin.base import offer_undo
from catalog.admin.clusters import state_of
from catalog.admin.pages import curators_page, render_page
from catalog.curation.changeset import Curation
from catalog.curation.clusters import (
    Move,
    NotPossible,
    merge_clusters,
    move_cluster,
    order_clusters,
    split_cluster,
    with_counts,
)
from catalog.curation.rules import LONGEST_TEXT, row_version, title_fault
from catalog.models import KEEPER_TIERS, ChangeBatch, Cluster, Issue, Publication, Tier
from catalog.pages.outline import Section, outline
from catalog.slugs import ID_PATTERN, ids_of
from catalog.text import plural, text_fault

CHANGE, ADD = "catalog.change_cluster", "catalog.add_cluster"
MOVE_ISSUES = "catalog.change_issue"
CLUSTER_MOVE = re.compile(rf"({ID_PATTERN}):({'|'.join(Move)})")

previewed = require_http_methods(["GET", "HEAD", "POST"])


def counts_of(cluster: Any) -> str:
    """Return the counts of a cluster, or of an object with the same fields, in one line."""
    issues, keepers = plural(cluster.listed, "issue"), plural(cluster.keepers, "keeper")
    return f"{issues} · {keepers} · {cluster.landmarks} tier-5"


class Counts(NamedTuple):
    """How many issues of some readers see, how many of them are keepers, and how many landmarks."""

    listed: int
    keepers: int
    landmarks: int


def _counts_among(issues: list[Issue]) -> Counts:
    tiers = [issue.tier for issue in issues]
    keepers = sum(tier in KEEPER_TIERS for tier in tiers)
    return Counts(len(tiers), keepers, tiers.count(Tier.LANDMARK))


class WhyForm(forms.Form):
    reason = forms.CharField(label="Why (optional)", max_length=200, required=False)

    def clean_reason(self) -> str:
        return _clean_cluster_text(self.cleaned_data["reason"])


class ClusterMergeForm(WhyForm):
    into = forms.ChoiceField(
        label="Merge it into",
        error_messages={"invalid_choice": "This is no other cluster of the publication."},
    )
    field_order = ("into", "reason")

    def __init__(self, cluster: Cluster, data: Any) -> None:
        super().__init__(data)
        others = cluster.publication.clusters.listed().exclude(pk=cluster.pk).defer("loaded")
        self.others = {str(other.pk): other for other in with_counts(others)}
        named = [(pk, f"{other} ({counts_of(other)})") for pk, other in self.others.items()]
        into: Any = self.fields["into"]
        into.choices = [("", "Choose a cluster"), *named]

    def clean_into(self) -> Cluster:
        return self.others[self.cleaned_data["into"]]


class ClusterSplitForm(WhyForm):
    title = forms.CharField(label="Title of the new cluster", max_length=500)
    blurb = forms.CharField(
        max_length=LONGEST_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    issue = forms.MultipleChoiceField(
        error_messages={
            "required": "Tick the issues that go into the new cluster.",
            "invalid_choice": "An issue that was ticked is not in this cluster any more.",
        },
    )
    field_order = ("title", "blurb", "issue", "reason")

    def __init__(self, cluster: Cluster, issues: list[Issue], data: Any) -> None:
        super().__init__(data)
        self.cluster, self.issues = cluster, issues
        issue: Any = self.fields["issue"]
        issue.choices = [(str(each.pk), each.title) for each in issues]

    def clean_title(self) -> str:
        title = _clean_cluster_text(self.cleaned_data["title"])
        if fault := title_fault(self.cluster.publication, title):
            raise ValidationError(fault)
        return title

    def clean_blurb(self) -> str:
        # Browsers normalise line ends; a blurb is a single paragraph.
        return _clean_cluster_text(" ".join(self.cleaned_data["blurb"].split("\r\n")).strip())

    def clean_issue(self) -> list[Issue]:
        ticked = set(self.cleaned_data["issue"])
        chosen = [issue for issue in self.issues if str(issue.pk) in ticked]
        if len(chosen) == len(self.issues):
            raise ValidationError(
                "Leave one issue or more where it is. To give the whole cluster another name, "
                "change its title."
            )
        return chosen


def _clean_cluster_text(text: str) -> str:
    if fault := text_fault(text):
        raise ValidationError(fault)
    return text


@previewed
@curators_page(CHANGE)
def cluster_order(request: HttpRequest, publication: int) -> HttpResponse:
    """List a publication's clusters in order; a POST moves one or reorders all."""
    shown = get_object_or_404(Publication.objects.for_page(), pk=publication)
    if request.method == "POST":
        return _move_cluster(request, shown) if "move" in request.POST else _ordered(request, shown)
    clusters = list(with_counts(shown.clusters.listed().defer("loaded")))
    context = {
        "publication": shown,
        "clusters": [(cluster, counts_of(cluster)) for cluster in clusters],
        "gone": [
            (cluster, state_of(cluster))
            for cluster in shown.clusters.filter(archived_at__isnull=False)
            .select_related("merged_into")
            .defer("loaded", "merged_into__loaded")
        ],
        "may_split": request.user.has_perms([ADD, MOVE_ISSUES]),
        "may_merge": request.user.has_perm(MOVE_ISSUES),
    }
    return render_page(
        request, "catalog/admin/clusters/order.html", f"Clusters of “{shown}”", context
    )


def _move_cluster(request: HttpRequest, publication: Publication) -> HttpResponse:
    found = CLUSTER_MOVE.fullmatch(request.POST["move"])
    if not found:
        raise BadRequest("A move names a cluster and where it goes.")
    cluster = get_object_or_404(publication.clusters, pk=int(found[1]))

    def act(curation: Curation) -> str:
        move_cluster(cluster, Move(found[2]), curation)
        order = list(publication.clusters.listed().values_list("pk", flat=True))
        return f"“{cluster}” is number {order.index(cluster.pk) + 1} of {len(order)} now."

    do(request, act)
    return redirect(order_address(publication, cluster))


def _ordered(request: HttpRequest, publication: Publication) -> HttpResponse:
    named = request.POST.getlist("order")
    ids = ids_of(named)
    if not ids or len(ids) < len(named):
        raise BadRequest("An order names the clusters.")

    def act(curation: Curation) -> str:
        order_clusters(publication, ids, curation)
        return "The clusters are in this order now."

    do(request, act)
    return redirect(order_address(publication))


@require_POST
@curators_page()
def cluster_preview(request: HttpRequest, cluster: int | None = None) -> HttpResponse:
    """Preview the contents of a cluster form as readers would see it, without saving."""
    if not request.user.has_perm(CHANGE if cluster else ADD):
        raise PermissionDenied
    shown = get_object_or_404(Cluster.objects.listed(), pk=cluster) if cluster else None
    data = request.POST.copy()
    if shown:
        # Whether it has been changed since is the affair of saving it.
        data["seen"] = str(row_version(shown))
    desk = admin.site.get_model_admin(Cluster)
    form = desk.get_form(request, shown, change=bool(shown))(data, instance=shown)
    status = 200 if form.is_valid() else 422
    context = {"form": form, **_as_readers_see(form.instance)}
    return render(request, "catalog/admin/clusters/preview.html", context, status=status)


def _as_readers_see(cluster: Cluster) -> dict[str, Any]:
    """Return the context for the head of a cluster page; empty if the publication is unknown."""
    if not cluster.publication_id:
        return {}
    sections = outline(cluster.publication).sections
    new = Section(cluster, len(sections) + 1)
    section = next((each for each in sections if each.cluster.pk == cluster.pk), new)
    section.cluster = cluster
    number = max(len(sections), section.number)
    return {"publication": cluster.publication, "section": section, "number": number}


@previewed
@curators_page(CHANGE, MOVE_ISSUES)
def cluster_merge(request: HttpRequest, cluster: int) -> HttpResponse:
    """Choose the cluster to merge into, preview the result, and merge."""
    shown = _cluster_with_counts(cluster)
    if shown.archived_at:
        return _is_none(request, shown)
    is_sent = request.method == "POST"
    asked = request.GET if "into" in request.GET else None
    form = ClusterMergeForm(shown, request.POST if is_sent else asked)
    into = form.cleaned_data["into"] if form.is_valid() else None
    if is_sent and into:
        return _merged(request, shown, into, form.cleaned_data["reason"])
    context = {"cluster": shown, "form": form, "counts": counts_of(shown)}
    if into:
        context |= _cluster_merge_preview(shown, into)
    title, status = f"Merge “{shown}” into another cluster", 422 if is_sent else 200
    return render_page(request, "catalog/admin/clusters/merge.html", title, context, status)


def _merged(request: HttpRequest, cluster: Cluster, into: Cluster, reason: str) -> HttpResponse:
    def act(curation: Curation) -> str:
        number = merge_clusters([cluster], into, curation)
        moved = f"{plural(number, 'issue')} moved" if number else "it had no issues"
        return f"“{cluster}” is merged into “{into}”: {moved}."

    do(request, act, reason)
    return redirect(order_address(cluster.publication, into))


def _cluster_merge_preview(cluster: Any, into: Any) -> dict[str, Any]:
    """Return the preview of merging two clusters with their counts."""
    pairs = [(getattr(cluster, name), getattr(into, name)) for name in Counts._fields]
    return {
        "into": into,
        "into_counts": counts_of(into),
        "both_counts": counts_of(Counts(*map(sum, pairs))),
        "archived": cluster.issues.exclude(archived_at=None).count(),
        "earlier": list(cluster.merged.all()),
    }


@previewed
@curators_page(CHANGE, ADD, MOVE_ISSUES)
def cluster_split(request: HttpRequest, cluster: int) -> HttpResponse:
    """Choose issues of a cluster and a title, preview the result, and split."""
    shown = _cluster_with_counts(cluster)
    if shown.archived_at:
        return _is_none(request, shown)
    issues = list(shown.issues.listed().defer("loaded").in_cluster_order())
    form = ClusterSplitForm(shown, issues, request.POST if request.method == "POST" else None)
    given = form.cleaned_data if form.is_valid() else None
    if given and request.POST.get("step") == "apply":
        return _split_context(request, shown, given)
    ticked = set(request.POST.getlist("issue"))
    rows = [(issue, str(issue.pk) in ticked) for issue in issues]
    context = {"cluster": shown, "form": form, "counts": counts_of(shown), "rows": rows}
    if given:
        context |= _split_previewed(issues, given)
    title, status = f"Split “{shown}”", 422 if form.errors else 200
    return render_page(request, "catalog/admin/clusters/split.html", title, context, status)


def _split_context(request: HttpRequest, cluster: Cluster, given: dict[str, Any]) -> HttpResponse:
    def act(curation: Curation) -> str:
        chosen = given["issue"]
        made = split_cluster(cluster, chosen, given["title"], given["blurb"], curation)
        return f"“{made}” is a cluster now, with {plural(len(chosen), 'issue')} of “{cluster}”."

    do(request, act, given["reason"])
    return redirect(order_address(cluster.publication, cluster))


def _split_previewed(issues: list[Issue], given: dict[str, Any]) -> dict[str, Any]:
    chosen = {issue.pk for issue in given["issue"]}
    left = [issue for issue in issues if issue.pk not in chosen]
    return {
        "given": given,
        "new_counts": counts_of(_counts_among(given["issue"])),
        "left_counts": counts_of(_counts_among(left)),
    }


def do(request: HttpRequest, act: Callable[[Curation], str], reason: str = "") -> None:
    """Run an operation as one change set; show the message with undo, or the reason for a refusal.

    `act` returns the message; if it raises `NotPossible`, nothing is changed.
    """
    kind = ChangeBatch.Kind.EDIT
    try:
        with Curation(kind, source="admin", user=request.user, reason=reason) as curation:
            words = act(curation)
    except NotPossible as error:
        messages.error(request, f"Nothing was changed: {error}")
        return
    if batch := curation.batch.pk:
        offer_undo(request, words, batch)
    else:
        messages.info(request, "It was so already: nothing was changed.")


def order_address(publication: Publication, cluster: Cluster | None = None) -> str:
    """Return the address of a publication's clusters in order, at one of them."""
    address = reverse("desk:cluster_order", args=[publication.pk])
    return f"{address}#cluster-{cluster.pk}" if cluster else address


def _cluster_with_counts(cluster: int) -> Any:
    found = Cluster.objects.select_related("publication", "merged_into").defer("loaded")
    return get_object_or_404(with_counts(found), Q(pk=cluster))


def _is_none(request: HttpRequest, cluster: Cluster) -> HttpResponse:
    """Say that a cluster no longer exists, after a concurrent merge or a repeated request."""
    became = (
        f"has been merged into “{cluster.merged_into}”" if cluster.merged_into else "is no more"
    )
    messages.error(request, f"Nothing was changed: “{cluster}” {became}.")
    return redirect(order_address(cluster.publication, cluster.merged_into))
