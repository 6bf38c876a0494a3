"""Marking, dating and undoing, and the queue. Each act works as a plain form, and in place."""

import re
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Act, Reading, State
from accounts.reading import marking
from accounts.reading.forms import DatesForm, EarlierForm
from accounts.reading.marking import Outcome
from accounts.requests import ReaderRequest
from accounts.views.answers import answer
from catalog.models import Issue
from catalog.slugs import ID_PATTERN, id_of, ids_of
from catalog.text import plural

MARK = re.compile(rf"({ID_PATTERN}):(unread|queued|reading|read):(unread|queued|reading|read)")
MOST_MARKS = 500
HISTORY = 50
REMOVED = "This reading was removed already."
DONE = {
    State.UNREAD: "cleared",
    State.QUEUED: "queued",
    State.READING: "marked as being read",
    State.READ: "marked read",
}


@require_POST
def reading_mark(request: ReaderRequest) -> HttpResponse:
    if not (match := MARK.fullmatch(request.POST.get("mark", ""))):
        raise BadRequest("A mark needs an issue, the new state and the state you saw.")
    issue = get_object_or_404(Issue, pk=int(match[1]))
    state, seen = State(match[2]), State(match[3])
    outcome = marking.mark(request.user, [issue.pk], state, seen=seen)
    return answer(request, outcome, f"“{issue.title}” is {DONE[state]}.")


@require_POST
def reading_bulk(request: ReaderRequest) -> HttpResponse:
    """Mark all issues that are ticked in a list."""
    ids = ids_of(request.POST.getlist("issue"))
    if request.POST.get("state") not in State.values or len(ids) > MOST_MARKS:
        raise BadRequest(f"Tick up to {MOST_MARKS} issues and choose what they become.")
    state = State(request.POST["state"])
    found = set(Issue.objects.filter(pk__in=ids).values_list("pk", flat=True))
    marked = marking.mark(request.user, [pk for pk in ids if pk in found], state)
    outcome = marking.repeated(request.user, marked)
    done = f"{plural(len(outcome.issue_ids), 'issue')} {DONE[state]}."
    return answer(request, outcome, done, "Nothing has changed.")


@require_POST
def act_undo(request: ReaderRequest, act: int) -> HttpResponse:
    done = get_object_or_404(Act, pk=act, user=request.user)
    try:
        outcome = marking.undo(request.user, done)
    except marking.MovedOn:
        ids = list(done.events.values_list("issue_id", flat=True))
        return answer(request, Outcome(stale=ids), "", "Not undone: this has been changed since.")
    said = "Undone." if done.kind != Act.Kind.UNDO else "Done again."
    return answer(request, outcome, said, "This was undone already.")


@require_safe
def reading_list(request: ReaderRequest, issue: int) -> HttpResponse:
    """Show all readings of an issue with their dates, each of which can be corrected."""
    return _readings_page(request, _listed_issue_or_404(issue))


@require_POST
def reading_add(request: ReaderRequest, issue: int) -> HttpResponse:
    """Finish the reading that is open, or record one more, on a date."""
    shown = _listed_issue_or_404(issue)
    form = EarlierForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            outcome = marking.add(request.user, shown.pk, form.on)
        except marking.OutOfOrder as error:
            form.add_error("read", str(error))
        else:
            done = f"“{shown.title}” is {DONE[State.READ]}."
            return answer(request, outcome, done, "You have a reading of that date already.")
    return _readings_page(request, shown, earlier=form, status=422)


@require_POST
def reading_update(request: ReaderRequest, reading: int) -> HttpResponse:
    shown = get_object_or_404(Reading.objects.of(request.user), pk=reading)
    form = DatesForm(request.POST, reading=shown, user=request.user)
    if form.is_valid():
        try:
            outcome = marking.correct_dates(request.user, shown, form.dates())
        except (marking.OutOfOrder, marking.StepNotTaken) as error:
            form.add_error(error.state, str(error))
        except Reading.DoesNotExist:
            return answer(request, Outcome(), "", REMOVED)
        else:
            return answer(request, outcome, "Dates saved.", "These dates are saved already.")
    return _readings_page(request, _listed_issue_or_404(shown.issue_id), dates=form, status=422)


@require_POST
def reading_drop(request: ReaderRequest, reading: int) -> HttpResponse:
    try:
        outcome = marking.drop_once(request.user, reading)
    except Reading.DoesNotExist as error:
        raise Http404(REMOVED) from error
    return answer(request, outcome, "This reading is taken back.")


@require_safe
def act_list(request: ReaderRequest) -> HttpResponse:
    """List the reader's actions, the latest first."""
    after = request.GET.get("after", "")
    place = id_of(after)
    if after and place is None:
        raise Http404("That is no place in the history.")
    acts = Act.objects.of(request.user).for_list()
    shown = list((acts if place is None else acts.before(place))[: HISTORY + 1])
    more = shown[HISTORY - 1].pk if len(shown) > HISTORY else None
    context = {"acts": shown[:HISTORY], "next": more}
    return render(request, "accounts/reading/act_list.html", context)


def _listed_issue_or_404(pk: int) -> Issue:
    return get_object_or_404(Issue.objects.select_related("publication", "cluster"), pk=pk)


def _readings_page(
    request: ReaderRequest, issue: Issue, status: int = 200, **forms: Any
) -> HttpResponse:
    rows = Reading.objects.of(request.user).filter(issue=issue).order_by("id")
    wrong = forms.get("dates")
    dates = [
        wrong if wrong and wrong.row.pk == row.pk else DatesForm(reading=row, user=request.user)
        for row in rows
    ]
    context = {
        "issue": issue,
        "dates": dates,
        "is_open": any(row.state != State.READ for row in rows),
        "earlier": forms.get("earlier") or EarlierForm(user=request.user),
    }
    return render(request, "accounts/reading/reading_list.html", context, status=status)
