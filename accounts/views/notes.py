"""Notes: writing, finding and taking them along."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.markdown import render as render_markdown
from accounts.models import Note, NoteVersion, User
from accounts.notes import booklets, writing
from accounts.notes.forms import NoteFilterForm, NoteForm
from accounts.notes.listing import NOTES_PAGE_SIZE, NotePage, found_notes
from accounts.requests import ReaderRequest
from catalog.models import Cluster, Issue
from catalog.slugs import id_of

type Response = HttpResponse

SAVED_ELSEWHERE = (
    "This note was saved elsewhere after you opened it. Nothing is lost: below stands what is "
    "saved now, and under it your own text. Put together what you want to keep, and save."
)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def note_create(request: ReaderRequest, issue: int) -> Response:
    if not request.user.is_authenticated and (refusal := _sign_in_first(request)):
        return refusal
    shown = get_object_or_404(Issue.objects.select_related("publication"), pk=issue)
    if request.method != "POST":
        kind = Note.Kind.QUOTE if request.GET.get("kind") == "quote" else Note.Kind.NOTE
        return _editor(request, shown, NoteForm(initial={"kind": kind}))
    form = NoteForm(request.POST)
    if not form.is_valid() or "preview" in request.POST:
        return _editor(request, shown, form)
    note = writing.create_note_once(request.user, shown.pk, **form.texts)
    return _saved(request, note, reverse("accounts:note_delete", args=[note.pk]))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def note_update(request: ReaderRequest, note: int) -> Response:
    if not request.user.is_authenticated and (refusal := _sign_in_first(request)):
        return refusal
    shown = _own_note_or_404(request.user, note)
    if request.method != "POST":
        texts = {name: getattr(shown, name) for name in ("kind", "quote", "body", "version")}
        return _editor(request, shown.issue, NoteForm(initial=texts), note=shown)
    form = NoteForm(request.POST)
    if not form.is_valid() or "preview" in request.POST:
        return _editor(request, shown.issue, form, note=shown)
    try:
        saved = writing.edit_note(
            request.user, shown.pk, form.cleaned_data["version"] or 0, **form.texts
        )
    except writing.NoteMovedOn as moved:
        return _editor(request, shown.issue, form, note=shown, newer=moved.note, status=409)
    except Note.DoesNotExist as error:
        raise Http404("This note has just been deleted.") from error
    back = reverse("accounts:note_revert", args=[saved.pk, shown.version])
    return _saved(request, saved, back if saved.version != shown.version else "")


@require_POST
def note_preview(request: ReaderRequest) -> Response:
    """Render the text of an editor as a preview."""
    form = NoteForm(request.POST)
    quote, body = (form.data.get(name, "") for name in ("quote", "body"))
    form.is_valid()
    wrong = [text for errors in form.errors.values() for text in errors]
    context = {"quote": quote, "html": render_markdown(body[:20_000]), "wrong": wrong}
    return render(request, "accounts/notes/_preview.html", context)


@require_safe
def note_detail(request: ReaderRequest, note: int) -> Response:
    return render(
        request, "accounts/notes/note_detail.html", {"note": _own_note_or_404(request.user, note)}
    )


@require_safe
def note_history(request: ReaderRequest, note: int) -> Response:
    shown = _own_note_or_404(request.user, note)
    context = {"note": shown, "versions": list(shown.versions.all())}
    return render(request, "accounts/notes/note_history.html", context)


@require_POST
def note_revert(request: ReaderRequest, note: int, version: int) -> Response:
    """Restore the text of an earlier version as a new version."""
    shown = _own_note_or_404(request.user, note)
    get_object_or_404(NoteVersion, note=shown, version=version)
    try:
        saved = writing.revert_note(request.user, shown.pk, version)
    except Note.DoesNotExist as error:
        raise Http404("This note has just been deleted.") from error
    back = reverse("accounts:note_revert", args=[saved.pk, shown.version])
    return _saved(request, saved, back, "The earlier text is back.")


@require_POST
def note_delete(request: ReaderRequest, note: int) -> Response:
    kept = get_object_or_404(Note.objects.kept_of(request.user), pk=note)
    shown = writing.delete_note(request.user, kept.pk)
    undo = reverse("accounts:note_restore", args=[shown.pk])
    messages.success(request, "Note deleted. It can be restored for 30 days.", extra_tags=undo)
    return redirect(f"{shown.issue.get_absolute_url()}#notes")


@require_POST
def note_restore(request: ReaderRequest, note: int) -> Response:
    kept = get_object_or_404(Note.objects.kept_of(request.user), pk=note)
    shown = writing.restore_note(request.user, kept.pk)
    return _saved(request, shown, reverse("accounts:note_delete", args=[shown.pk]), "It is back.")


@require_safe
def deleted_list(request: ReaderRequest) -> Response:
    """Show the deleted notes that can be restored."""
    found = Note.objects.deleted_of(request.user).with_issues()
    page = Paginator(found, NOTES_PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/notes/deleted_list.html", {"page": page})


@require_safe
def note_list(request: ReaderRequest) -> Response:
    form = NoteFilterForm(request.GET, user=request.user)
    after = request.GET.get("after", "")
    place = id_of(after)
    if after and place is None:
        raise Http404("That is no place in the list.")
    found = found_notes(request.user, form) if form.is_valid() else Note.objects.none()
    page = NotePage.of(found, request.user, place)
    context = {"form": form, "page": page, "after": after}
    status = 200 if form.is_valid() else 422
    return render(request, "accounts/notes/note_list.html", context, status=status)


@require_safe
def note_export(request: ReaderRequest) -> Response:
    form = NoteFilterForm(request.GET, user=request.user)
    if not form.is_valid():
        return redirect(f"{reverse('accounts:note_list')}?{request.GET.urlencode()}")
    found = found_notes(request.user, form).order_by("issue__date", "issue_id", "created_at", "id")
    return _markdown(booklets.notes_markdown(found), "notes")


@require_safe
def booklet_detail(request: ReaderRequest, publication: str, cluster: str) -> Response:
    found = booklets.booklet(request.user, _cluster_or_404(publication, cluster))
    return render(request, "accounts/notes/booklet_detail.html", {"booklet": found})


@require_safe
def booklet_export(request: ReaderRequest, publication: str, cluster: str) -> Response:
    found = booklets.booklet(request.user, _cluster_or_404(publication, cluster))
    return _markdown(booklets.booklet_markdown(found), cluster)


def _cluster_or_404(publication: str, cluster: str) -> Cluster:
    clusters = Cluster.objects.select_related("publication__category").defer("loaded")
    return get_object_or_404(clusters, publication__slug=publication, slug=cluster)


def _own_note_or_404(user: User, pk: int) -> Note:
    found = Note.objects.of(user).select_related("issue__publication", "issue__cluster")
    return get_object_or_404(found, pk=pk)


def _editor(
    request: ReaderRequest, issue: Issue, form: NoteForm, *, status: int = 200, **context: Any
) -> Response:
    """Show the editor on its own page, with errors or with a preview."""
    if form.is_bound and form.errors:
        status = 422
    newer = context.get("newer")
    context |= {"issue": issue, "form": form, "newer": newer, "conflict": SAVED_ELSEWHERE}
    if form.is_bound and "preview" in request.POST:
        context["preview"] = render_markdown(form.data.get("body", "")[:20_000])
    return render(request, "accounts/notes/note_edit.html", context, status=status)


def _saved(request: ReaderRequest, note: Note, undo: str, text: str = "") -> Response:
    messages.success(request, text or f"{note.get_kind_display()} saved.", extra_tags=undo)
    return redirect(f"{note.issue.get_absolute_url()}#note-{note.pk}")


def _sign_in_first(request: ReaderRequest) -> Response | None:
    """Let a writer whose session has ended sign in without losing the text; None once signed in."""
    if request.method != "POST":
        return redirect(f"{reverse('accounts:sign_in')}?next={request.get_full_path()}")
    wrong = False
    if name := request.POST.get("username", ""):
        user = authenticate(request, username=name, password=request.POST.get("password", ""))
        if user is not None:
            login(request, user)
            return None
        wrong = True
    context = {"form": NoteForm(request.POST), "wrong": wrong, "username": name}
    return render(request, "accounts/notes/signed_out.html", context, status=403)


def _markdown(text: str, name: str) -> Response:
    filename = slugify(name) or "notes"
    headers = {"Content-Disposition": f'attachment; filename="{filename}.md"'}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)
