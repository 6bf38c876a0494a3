"""Bulk actions on issues.

Each action is previewed issue by issue, and only what was previewed is applied, as one change set
that one undo reverts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from catalog.admin.base import offer_undo
from catalog.admin.fields import (
    NO_CLUSTER,
    TIER_CHOICES,
    UNRATED,
    ClusterField,
    tag_lines,
    tier_words,
    titles_of,
)
from catalog.admin.pages import render_page
from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_issues
from catalog.curation.rules import review_values
from catalog.curation.tags import retag
from catalog.interchange.document import Document
from catalog.interchange.dumping import dump_issues
from catalog.interchange.formats import write
from catalog.models import ChangeBatch, Cluster, Issue, IssueQuerySet
from catalog.search.engine import TooBroad, bounded
from catalog.slugs import ids_of
from catalog.tags.assignment import ChosenNames
from catalog.templatetags.catalog import short_date
from catalog.text import plural, tag_key

# Limits of a bulk action: issues changed at once (SQLite makes other writers wait for at most 20
# seconds), and issues listed in the preview.
MOST = 5_000
ISSUES_PREVIEWED = 100
NAMED = 5
NOTHING_TO_CHANGE = "Nothing to change."
# Time limit for finding the issues of a list, in milliseconds.
SELECTION_BUDGET_MS = 2_000


class PlannedStep(NamedTuple):
    """The change of one issue, in words."""

    issue: Issue
    before: str
    after: str


@dataclass
class Plan:
    """The effect of an action. Any refusal blocks the whole action; notes are informative."""

    steps: list[PlannedStep]
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def changes(self) -> list[PlannedStep]:
        return [step for step in self.steps if step.before != step.after]

    @cached_property
    def kept(self) -> list[PlannedStep]:
        return [step for step in self.steps if step.before == step.after]

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of the issues in the plan and of their versions."""
        facts = [(step.issue.pk, step.issue.version, *step[1:]) for step in self.steps]
        return sha256(repr(facts).encode()).hexdigest()


class ActForm(forms.Form):
    """The options of an action, and an optional reason."""

    reason = forms.CharField(
        label="Why (optional)", max_length=200, required=False, help_text="Kept in the log."
    )

    def __init__(self, *args: Any, issues: Sequence[Issue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.issues = issues
        self.order_fields([name for name in self.fields if name != "reason"])


class BulkAction:
    """A bulk action. `done` is the phrase after the number of issues in the message."""

    title: str
    verb = "Apply"
    done: str
    form: type[ActForm] = ActForm
    template = "catalog/admin/actions/preview.html"
    # The cost per issue, relative to other actions.
    weight = 1.0

    @property
    def most(self) -> int:
        """The maximum number of issues."""
        return int(MOST / self.weight)

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        """Return the effect on issues, in order; `given` is the form's cleaned data."""
        raise NotImplementedError

    def do(self, issues: Sequence[Issue], given: Mapping[str, Any], curation: Curation) -> int:
        """Do it to issues that are locked; return how many changed."""
        raise NotImplementedError


class TierForm(ActForm):
    tier = forms.ChoiceField(choices=[("", "Choose a tier"), *TIER_CHOICES, ("none", UNRATED)])

    def clean_tier(self) -> int | None:
        tier = self.cleaned_data["tier"]
        return None if tier == "none" else int(tier)


class SetTier(BulkAction):
    title = "Set the tier"
    done = "set to another tier"
    form = TierForm

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        after = tier_words(given["tier"])
        return Plan([PlannedStep(issue, tier_words(issue.tier), after) for issue in issues])

    def do(self, issues: Sequence[Issue], given: Mapping[str, Any], curation: Curation) -> int:
        return sum(curation.change(issue, {"tier": given["tier"]}) for issue in issues)


class MoveForm(ActForm):
    cluster = ClusterField()
    place = forms.IntegerField(
        label="At place", min_value=1, max_value=1_000_000, required=False,
        help_text="1 is the first of the cluster. Left empty, they go to its end.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {issue.publication_id: issue.publication.name for issue in self.issues}
        titles = {names[pk]: own for pk, own in titles_of(names).items()}
        field: Any = self.fields["cluster"]
        field.offer(titles, none=[("", "Choose a cluster"), ("none", NO_CLUSTER)])


class MoveAction(BulkAction):
    title = "Move to a cluster"
    done = "moved"
    form = MoveForm

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        cluster: Cluster | None = given["cluster"]
        if cluster and (refusal := self._refusal(issues, cluster)):
            return Plan([], refusals=[refusal])
        orders = _orders({*(issue.cluster_id for issue in issues), cluster.pk if cluster else None})
        before = {pk: _places(order) for pk, order in orders.items()}
        after: dict[int, int] = {}
        notes = []
        if cluster:
            order, chosen = orders.get(cluster.pk, []), {issue.pk for issue in issues}
            others = [each for each in order if each[0] not in chosen]
            at = _index_with_archived(others, given.get("place"))
            placed = [(issue.pk, issue.archived_at is None) for issue in issues]
            after = _places([*others[:at], *placed, *others[at:]])
            if moved := sum(is_listed for _, is_listed in others[at:]):
                notes.append(f"Behind them in “{cluster}”: {plural(moved, 'other issue')}.")
        steps = []
        for issue in issues:
            home = before.get(issue.cluster_id or 0, {})
            was = _place_words(issue.cluster, home.get(issue.pk))
            steps.append(PlannedStep(issue, was, _place_words(cluster, after.get(issue.pk))))
        return Plan(steps, notes=notes)

    def _refusal(self, issues: Sequence[Issue], cluster: Cluster) -> str:
        """Return a message about issues of other publications, or ""."""
        strangers = [each for each in issues if each.publication_id != cluster.publication_id]
        if not strangers:
            return ""
        named = "; ".join(f"“{each}” is of “{each.publication}”" for each in strangers[:NAMED])
        more = f"; and {len(strangers) - NAMED:,} more" if len(strangers) > NAMED else ""
        return f"“{cluster}” is a cluster of “{cluster.publication}”. {named}{more}."

    def do(self, issues: Sequence[Issue], given: Mapping[str, Any], curation: Curation) -> int:
        cluster, at = given["cluster"], None
        if cluster and given.get("place"):
            chosen = {issue.pk for issue in issues}
            order = _orders({cluster.pk}).get(cluster.pk, [])
            at = _index_with_archived(
                [each for each in order if each[0] not in chosen], given["place"]
            )
        return place_issues(issues, cluster, curation, at)


def _orders(clusters: Iterable[int | None]) -> dict[int, list[tuple[int, bool]]]:
    """Return (issue, whether it is listed) of each of these clusters, in its order."""
    orders: dict[int, list[tuple[int, bool]]] = {pk: [] for pk in clusters if pk}
    rows = Issue.objects.filter(cluster__in=list(orders)).in_cluster_order()
    for cluster, pk, archived_at in rows.values_list("cluster_id", "pk", "archived_at"):
        orders[cluster or 0].append((pk, archived_at is None))
    return orders


def _places(order: Iterable[tuple[int, bool]]) -> dict[int, int]:
    """Return the place of each listed issue of a cluster, from 1, as readers count them."""
    listed = (pk for pk, is_listed in order if is_listed)
    return {pk: place for place, pk in enumerate(listed, 1)}


def _index_with_archived(others: Sequence[tuple[int, bool]], place: int | None) -> int:
    """Return before which issue of a cluster a place is, from 0, the archived counted too."""
    listed = [index for index, (_, is_listed) in enumerate(others) if is_listed]
    return listed[place - 1] if place and place <= len(listed) else len(others)


def _place_words(cluster: Cluster | None, place: int | None) -> str:
    if cluster is None:
        return NO_CLUSTER
    return f"{cluster}, place {place:,}" if place else str(cluster)


class TagsForm(ActForm):
    way = forms.ChoiceField(
        label="What to do",
        choices=[
            ("add", "Add these tags"), ("remove", "Remove these tags"),
            ("replace", "Replace all tags by these"),
        ],
        initial="add",
        widget=forms.RadioSelect,
    )  # fmt: skip
    tags = forms.CharField(
        required=False, widget=forms.Textarea({"rows": 4, "cols": 40}), help_text="One a line."
    )

    def clean_tags(self) -> list[str]:
        return tag_lines(self.cleaned_data["tags"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("tags") == [] and given.get("way") in ("add", "remove"):
            self.add_error("tags", "Write at least one tag.")
        return given


class ChangeTags(BulkAction):
    title = "Change the tags"
    done = "tagged anew"
    form = TagsForm
    weight = 2.5

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        names = [name for issue in issues for name, _ in issue.tag_list]
        chosen = ChosenNames.of(dict.fromkeys([*names, *given["tags"]]))
        words = self._given(given, chosen)
        gone = {tag_key(name) for name in words.get("remove", ())}
        steps = []
        for issue in issues:
            had = [name for name, _ in issue.tag_list]
            kept = [name for name in had if tag_key(name) not in gone]
            wanted = words.get("replace", [*kept, *words.get("add", ())])
            steps.append(PlannedStep(issue, ", ".join(had), ", ".join(chosen.instead_of(wanted))))
        return Plan(steps)

    def do(self, issues: Sequence[Issue], given: Mapping[str, Any], curation: Curation) -> int:
        return retag(issues, curation, **self._given(given, ChosenNames.of(given["tags"])))

    def _given(self, given: Mapping[str, Any], chosen: ChosenNames) -> dict[str, Any]:
        """Return the arguments for `retag`; removing a name removes its successors."""
        tags = given["tags"]
        return {given["way"]: chosen.instead_of(tags) if given["way"] == "remove" else tags}


class ReviewAction(BulkAction):
    title = "Mark as reviewed"
    done = "marked as reviewed"

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        return Plan([PlannedStep(issue, review_words(issue), "Reviewed now") for issue in issues])

    def do(self, issues: Sequence[Issue], given: Mapping[str, Any], curation: Curation) -> int:
        values = review_values()
        return sum(curation.change(issue, values) for issue in issues)


def review_words(issue: Issue) -> str:
    at = issue.reviewed_at
    words = f"Reviewed {short_date(timezone.localtime(at).date())}" if at else "Not reviewed"
    return f"{words}, tags guessed" if issue.tags_guessed else words


class ExportForm(ActForm):
    format = forms.ChoiceField(
        choices=[("json", "JSON: all there is, to be loaded again"), ("csv", "CSV: a spreadsheet")],
        initial="json",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class ExportAction(BulkAction):
    """No change of the catalog, but asked for in the same way."""

    title = "Export"
    verb = "Download"
    form = ExportForm
    template = "catalog/admin/actions/export.html"
    weight = 0.5

    def plan(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> Plan:
        plan = Plan(
            [PlannedStep(i, "", str(i.cluster or NO_CLUSTER)) for i in issues if not i.archived_at]
        )
        if archived := len(issues) - len(plan.steps):
            plan.notes.append(f"Left out: {plural(archived, 'archived issue')}.")
        if given.get("format") == "csv":
            plan.notes += write(self._document(issues), "csv")[1]
        return plan

    def download(self, issues: Sequence[Issue], given: Mapping[str, Any]) -> HttpResponse:
        kind = given["format"]
        text, _ = write(self._document(issues), kind)
        response = HttpResponse(
            text, {"json": "application/json", "csv": "text/csv; charset=utf-8"}[kind]
        )
        name = f"issues-{timezone.localdate().isoformat()}.{kind}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _document(self, issues: Sequence[Issue]) -> Document:
        return dump_issues(issue.pk for issue in issues)


ACTS: dict[str, BulkAction] = {
    "set_tier": SetTier(), "move": MoveAction(), "change_tags": ChangeTags(),
    "review": ReviewAction(), "export": ExportAction(),
}  # fmt: skip


def run(name: str, request: HttpRequest, queryset: IssueQuerySet) -> HttpResponse | None:
    """Show the form, show the preview, or apply the action; None returns to the list."""
    act = ACTS[name]
    ids = chosen_ids(request, queryset, act.most)
    if not ids:
        return None
    is_sent = "preview" in request.POST or "apply" in request.POST
    issues = _fetch(ids)
    form = act.form(request.POST if is_sent else None, issues=issues)
    given = _options(form, is_sent=is_sent)
    is_newer = False
    if given is not None and "apply" in request.POST:
        if isinstance(act, ExportAction):
            return act.download(issues, given)
        if _apply(act, ids, given, request):
            return HttpResponseRedirect(request.get_full_path())
        is_newer, issues = True, _fetch(ids)
    plan = None if given is None else act.plan(issues, given)
    context = {
        "act": act, "name": name, "form": form, "plan": plan, "ids": ",".join(map(str, ids)),
        "first": ids[0], "number": len(issues), "shown": ISSUES_PREVIEWED, "is_newer": is_newer,
        "issues": issues[:ISSUES_PREVIEWED], "more": len(issues) - ISSUES_PREVIEWED,
        "back": request.get_full_path(),
        "checkbox": ACTION_CHECKBOX_NAME, "opts": Issue._meta,
        "is_possible": bool(plan and plan.steps and not plan.refusals),
    }  # fmt: skip
    return render_page(request, act.template, act.title, context)


def _options(form: ActForm, *, is_sent: bool) -> Mapping[str, Any] | None:
    """Return the chosen options; None if some are missing or invalid."""
    if form.is_valid():
        return form.cleaned_data
    return {} if not is_sent and set(form.fields) <= {"reason"} else None


def _apply(
    act: BulkAction, ids: Sequence[int], given: Mapping[str, Any], request: HttpRequest
) -> bool:
    """Apply the plan that was shown; return False, with nothing done, if it has changed."""
    with Curation(
        ChangeBatch.Kind.EDIT, source="admin", user=request.user, reason=given.get("reason", "")
    ) as curation:
        issues = _fetch(ids, lock=True)
        plan = act.plan(issues, given)
        if plan.refusals or plan.fingerprint != request.POST.get("seen"):
            return False
        number = act.do(issues, given, curation)
    if curation.batch.pk:
        offer_undo(request, f"{plural(number, 'issue')} {act.done}.", curation.batch.pk)
    else:
        messages.info(request, NOTHING_TO_CHANGE)
    return True


def chosen_ids(request: HttpRequest, queryset: IssueQuerySet, most: int) -> list[int]:
    """Return the selected issues, or all of the list; none, with a message, if there are too many.

    The preview page submits the selection that was made when it was first shown.
    """
    if (sent := request.POST.get("ids")) is not None:
        texts = sent.split(",")
    elif forms.BooleanField(required=False).to_python(request.POST.get("select_across", False)):
        try:
            with bounded(SELECTION_BUDGET_MS):
                found = list(queryset.values_list("pk", flat=True)[: most + 1])
        except TooBroad:
            messages.error(request, "It takes too long to find all of these. Narrow the list.")
            return []
        texts = [str(pk) for pk in found]
    else:
        texts = request.POST.getlist(ACTION_CHECKBOX_NAME)
    if len(texts) > most:
        messages.error(request, f"These are more than {most:,} issues. Narrow the list.")
        return []
    return list(dict.fromkeys(ids_of(texts)))


def _fetch(ids: Sequence[int], *, lock: bool = False) -> list[Issue]:
    """Return the existing issues with these ids, in this order."""
    issues = Issue.objects.select_related("publication", "cluster").order_by("pk")
    issues = issues.defer("publication__loaded", "cluster__loaded")
    issues = issues.select_for_update(of=("self",)) if lock else issues.defer("loaded")
    found = {issue.pk: issue for issue in issues.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]
