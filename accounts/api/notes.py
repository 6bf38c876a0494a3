"""Your notes and quotes: search, write, restore."""

from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import FormText, reader
from accounts.api.parameters import cleaned
from accounts.api.shapes import offset_time, refs_by_id
from accounts.models import Note, NoteVersion
from accounts.notes import writing
from accounts.notes.forms import NoteFilterForm, NoteForm
from accounts.notes.listing import NotePage, found_notes
from catalog.api.shapes import IssueRef, PageShape
from catalog.models import Issue, Publication, Tag
from catalog.rest import paging
from catalog.rest.access import NOTES
from catalog.rest.fields import LARGEST_ID, ChoiceField, Serializer, Whole, given
from catalog.rest.lookup import by_id, by_key
from catalog.rest.parameters import IF_MATCH, PAGED, in_path
from catalog.rest.versions import moved_on, strong, version_meant
from catalog.rest.views import Endpoint
from catalog.slugs import ID_OR_SLUG

NOTE = in_path("note", "The id of the note.", int)
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE")
NOTE_KINDS = [kind.value for kind in Note.Kind]
TEXTS = ("kind", "quote", "body")
_MARKDOWN = "Markdown, up to 20,000 characters."


class NoteShape(PageShape):
    """A note on an issue, or a quote from it with a remark."""

    id = serializers.IntegerField()
    issue = serializers.IntegerField(source="issue_id")
    kind = serializers.CharField(help_text="note or quote")
    quote = serializers.CharField(help_text="What is quoted; empty in a note.")
    body = serializers.CharField(help_text="Markdown")
    version = serializers.IntegerField(help_text="Counts the saves; the ETag for a change.")
    created_at = serializers.DateTimeField()
    created_on = serializers.DateField(help_text="Your own date then.")
    updated_at = serializers.DateTimeField()
    url = serializers.URLField(help_text="Its page.")

    render_created_at = staticmethod(offset_time("created_at"))
    render_updated_at = staticmethod(offset_time("updated_at"))


class ListedNote(NoteShape):
    about = IssueRef()


class DeletedNote(ListedNote):
    deleted_at = serializers.DateTimeField()
    kept_until = serializers.DateTimeField(help_text="Until then it can be restored.")


class NoteVersionShape(Serializer):
    """The text of a note before a later save."""

    version = serializers.IntegerField()
    kind = serializers.CharField(help_text="note or quote")
    quote = serializers.CharField()
    body = serializers.CharField()
    saved_at = serializers.DateTimeField()

    render_saved_at = staticmethod(offset_time("saved_at"))


class NoteInput(Serializer):
    """A new note: a quote needs `quote`, a note needs `body`."""

    issue = Whole()
    kind = ChoiceField(NOTE_KINDS, required=False, default=Note.Kind.NOTE.value)
    quote = FormText(required=False, help_text=_MARKDOWN)
    body = FormText(required=False, help_text=_MARKDOWN)


class NoteChangeInput(Serializer):
    """Missing fields stay unchanged. If a quote becomes a note, the quote moves to the body."""

    kind = ChoiceField(NOTE_KINDS, required=False)
    quote = FormText(required=False, help_text=_MARKDOWN)
    body = FormText(required=False, help_text=_MARKDOWN)


class NoteRestoreInput(Serializer):
    version = Whole(
        required=False, help_text="An earlier version, whose text comes back as a new one."
    )


class _KeyField(forms.ModelChoiceField):
    """One of a few rows, by its id or its slug."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or self.queryset is None:
            return None
        try:
            return by_key(self.queryset, value, "row")
        except Http404 as error:
            message = self.error_messages["invalid_choice"]
            raise forms.ValidationError(message, "invalid_choice") from error


class NoteParametersForm(NoteFilterForm):
    """The filter of the page of notes, and the notes on one issue."""

    publication = _KeyField(Publication.objects.none(), required=False)
    tag = _KeyField(Tag.objects.none(), required=False)
    issue = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)

    def lookups(self) -> dict[str, Any]:
        issue = self.cleaned_data["issue"]
        return super().lookups() | ({"issue": issue} if issue else {})


class NoteList(Endpoint):
    """Your notes and quotes, the newest first."""

    scopes = dict.fromkeys(METHODS, NOTES)
    parameters = frozenset(NoteParametersForm.base_fields) | paging.PARAMETERS

    @extend_schema(
        operation_id="notes_list",
        parameters=[
            OpenApiParameter("q", str, description="Words of note, quote or the issue's title."),
            OpenApiParameter("issue", int, description="An issue, by id."),
            OpenApiParameter("kind", str, enum=NOTE_KINDS),
            OpenApiParameter("publication", str, description=f"A publication, by {ID_OR_SLUG}."),
            OpenApiParameter("cluster", int, description="A cluster, by id."),
            OpenApiParameter("tag", str, description=f"A tag, by {ID_OR_SLUG}."),
            *PAGED,
        ],
        responses=paging.page_serializer("Note", ListedNote(many=True)),
    )
    def get(self, request: Request) -> Response:
        """Search notes; all conditions must hold. A publication, cluster or tag must have notes."""
        user = reader(request)
        after = paging.id_cursor(request)
        form = cleaned(request, NoteParametersForm(request.query_params, user=user))
        found = found_notes(user, form)
        page = NotePage.of(found, user, after)
        about = refs_by_id((note.issue for note in page.notes), request)
        shapes = [
            NoteShape.render(note, request) | {"about": about[note.issue_id]} for note in page.notes
        ]
        place = None if page.next is None else str(page.next)
        return Response(paging.page_of(request, shapes, place, found.count))

    @extend_schema(
        operation_id="note_create",
        request=NoteInput,
        responses={201: NoteShape},
        examples=[
            OpenApiExample("A note", {"issue": 1, "body": "Worth reading twice."},
                           request_only=True),
            OpenApiExample("A quote", {"issue": 1, "kind": "quote", "quote": "Light is slow."},
                           request_only=True),
        ],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Write a note on an issue, or save a quote from it."""
        asked = given(NoteInput, request)
        issue = asked.pop("issue")
        texts = _clean_texts(asked)
        if not Issue.objects.filter(pk=issue).exists():
            raise serializers.ValidationError({"issue": [f"There is no issue {issue}."]})
        note = writing.create_note(reader(request), issue, **texts)
        response = _answer(note, request, 201)
        response["Location"] = request.build_absolute_uri(reverse("api:note", args=[note.pk]))
        return response


class DeletedNotes(Endpoint):
    """Notes that you deleted and can restore."""

    scopes = dict.fromkeys(METHODS, NOTES)
    parameters = paging.PARAMETERS

    @extend_schema(
        operation_id="notes_deleted_list",
        parameters=PAGED,
        responses=paging.page_serializer("DeletedNote", DeletedNote(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List the notes deleted in the last 30 days, the last written first.

        Restore one with POST notes/{note}/restore.
        """

        def shown(rows: list[Note]) -> list[dict[str, Any]]:
            about = refs_by_id((note.issue for note in rows), request)
            return [
                NoteShape.render(note, request)
                | {
                    "about": about[note.issue_id],
                    "deleted_at": note.deleted_at and note.deleted_at.isoformat(),
                    "kept_until": note.kept_until and note.kept_until.isoformat(),
                }
                for note in rows
            ]

        deleted = Note.objects.deleted_of(reader(request)).with_issues()
        return Response(paging.page_by_id(request, deleted, shown))


class NoteDetail(Endpoint):
    """One of your notes; its ETag is its version."""

    scopes = dict.fromkeys(METHODS, NOTES)
    errors = (412, 428)

    def version(self, request: Request) -> str:
        self.note = _note_or_404(request, self.kwargs["note"])
        return strong(self.note.version)

    @extend_schema(operation_id="note", parameters=[NOTE], responses=NoteShape)
    def get(self, request: Request, note: str) -> Response:
        return Response(NoteShape.render(self.note, request))

    @extend_schema(
        operation_id="note_change",
        parameters=[NOTE, IF_MATCH],
        request=NoteChangeInput,
        examples=[OpenApiExample("Another text", {"body": "Worth it."}, request_only=True)],
        responses=NoteShape,
    )
    def patch(self, request: Request, note: str) -> Response:
        """Save a note over the version that you have; the replaced text is kept.

        If it has been saved since, the request is refused (412) with the current note as `current`.
        An unchanged text is not saved again.
        """
        stands = _note_or_404(request, note)
        over = version_meant(request, stands.version)
        asked = given(NoteChangeInput, request)
        texts = _clean_texts({name: getattr(stands, name) for name in TEXTS} | asked)
        try:
            return _answer(writing.edit_note(reader(request), stands.pk, over, **texts), request)
        except writing.NoteMovedOn as moved:
            raise moved_on(moved.note.version, NoteShape.render(moved.note, request)) from moved
        except Note.DoesNotExist as error:
            raise Http404("This note has just been deleted.") from error

    @extend_schema(
        operation_id="note_delete", parameters=[NOTE, IF_MATCH], responses={204: None}
    )  # fmt: skip
    def delete(self, request: Request, note: str) -> Response:
        """Delete the version that you have; it can be restored for 30 days."""
        stands = _note_or_404(request, note)
        try:
            over = version_meant(request, stands.version)
            writing.delete_note(reader(request), stands.pk, over)
        except writing.NoteMovedOn as moved:
            raise moved_on(moved.note.version, NoteShape.render(moved.note, request)) from moved
        return Response(status=204)


class NoteHistory(Endpoint):
    """The earlier versions of a note."""

    scopes = dict.fromkeys(METHODS, NOTES)
    parameters = paging.PARAMETERS

    @extend_schema(
        operation_id="note_history",
        parameters=[NOTE, *PAGED],
        responses=paging.page_serializer("NoteVersion", NoteVersionShape(many=True)),
    )
    def get(self, request: Request, note: str) -> Response:
        """List the earlier versions of a note, latest first, without the current one."""
        versions = NoteVersion.objects.filter(note=_note_or_404(request, note))
        return Response(
            paging.page_by_id(request, versions, lambda rows: map(NoteVersionShape.render, rows))
        )


class NoteRestore(Endpoint):
    """Restoring a deleted note or an earlier version."""

    scopes = dict.fromkeys(METHODS, NOTES)
    errors = (412, 428)

    @extend_schema(
        operation_id="note_restore",
        parameters=[NOTE, OpenApiParameter(
            "If-Match", str, OpenApiParameter.HEADER,
            description="The version that you change; with `version`, it is needed.",
        )],
        request=NoteRestoreInput,
        responses=NoteShape,
        examples=[OpenApiExample("The first text again", {"version": 1}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request, note: str) -> Response:
        """Restore a note deleted in the last 30 days; or, with `version`, its earlier text.

        A note that is not deleted stays unchanged. An earlier text becomes a new version, so the
        current text is kept too.
        """
        user = reader(request)
        asked = given(NoteRestoreInput, request)
        if "version" not in asked:
            kept = by_id(Note.objects.kept_of(user), note, "note")
            return _answer(writing.restore_note(user, kept.pk), request)
        stands = _note_or_404(request, note)
        over = version_meant(request, stands.version)
        try:
            return _answer(writing.revert_note(user, stands.pk, asked["version"], over), request)
        except writing.NoteMovedOn as moved:
            raise moved_on(moved.note.version, NoteShape.render(moved.note, request)) from moved
        except NoteVersion.DoesNotExist as error:
            message = f"This note has no earlier version {asked['version']}."
            raise serializers.ValidationError({"version": [message]}) from error
        except Note.DoesNotExist as error:
            raise Http404("This note has just been deleted.") from error


def _note_or_404(request: Request, key: str) -> Note:
    return by_id(Note.objects.of(reader(request)), key, "note")


def _clean_texts(asked: dict[str, Any]) -> dict[str, str]:
    """Return texts as the page of a note cleans them; raises ValidationError."""
    form = NoteForm(asked)
    if not form.is_valid():
        raise serializers.ValidationError(
            {name: list(map(str, messages)) for name, messages in form.errors.items()}
        )
    return form.texts


def _answer(note: Note, request: Request, status: int = 200) -> Response:
    return Response(NoteShape.render(note, request), status, headers={"ETag": strong(note.version)})
