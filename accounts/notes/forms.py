"""Forms of notes."""

import re
from typing import Any

from django import forms

from accounts.models import NOTE_LENGTH, Note, User
from catalog.models import Cluster, Publication, Tag

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class TextField(forms.CharField):
    """Text of many lines, with the line ends of this system and without control characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=NOTE_LENGTH, required=False, widget=forms.Textarea, strip=False, **options
        )

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()

    def validate(self, value: str) -> None:
        super().validate(value)
        if CONTROL.search(value):
            raise forms.ValidationError("This holds a character that cannot be kept; type it anew.")


class NoteForm(forms.Form):
    """A note, or a quote with a remark; `version` is the one that was opened, 0 for a new note."""

    kind = forms.ChoiceField(choices=Note.Kind.choices, initial=Note.Kind.NOTE)
    quote = TextField(label="Quote")
    body = TextField(label="Note")
    version = forms.IntegerField(min_value=0, max_value=2**31, required=False, initial=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["kind"] == Note.Kind.QUOTE:
            if not cleaned["quote"]:
                self.add_error("quote", "Write or paste the quote, or choose Note.")
        else:
            # Switching from a quote to a note keeps the pasted text as a block quote.
            quoted = "".join(f"> {line}\n" for line in cleaned["quote"].splitlines())
            cleaned["body"] = "\n".join(part for part in (quoted, cleaned["body"]) if part)
            cleaned["quote"] = ""
            if not cleaned["body"]:
                self.add_error("body", "There is nothing to save yet; write something.")
            elif len(cleaned["body"]) > NOTE_LENGTH:
                self.add_error("body", f"This is longer than {NOTE_LENGTH} characters; shorten it.")
        return cleaned

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("kind", "quote", "body")}


class NoteFilterForm(forms.Form):
    """The filters of the notes page; the choices come from the reader's own notes."""

    q = forms.CharField(label="Search my notes", required=False, max_length=200)
    kind = forms.ChoiceField(
        required=False, choices=[("", "Notes and quotes"), ("note", "Notes"), ("quote", "Quotes")]
    )
    publication = forms.ModelChoiceField(
        Publication.objects.none(), required=False, to_field_name="slug", empty_label="Any"
    )
    cluster = forms.ModelChoiceField(Cluster.objects.none(), required=False, empty_label="Any")
    tag = forms.ModelChoiceField(
        Tag.objects.none(), required=False, to_field_name="slug", empty_label="Any"
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        issues = Note.objects.of(user).order_by().values("issue")
        for name, model, lookup in (
            ("publication", Publication, "issues__in"),
            ("cluster", Cluster, "issues__in"),
            ("tag", Tag, "issue_tags__issue__in"),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = model.objects.filter(**{lookup: issues}).distinct()
            field.error_messages["invalid_choice"] = "None of your notes is there; choose another."

    def lookups(self) -> dict[str, Any]:
        """Return the lookups for the selected filters; call it on a valid form only."""
        lookups = {
            "kind": "kind",
            "publication": "issue__publication",
            "cluster": "issue__cluster",
            "tag": "issue__issue_tags__tag",
        }
        return {
            lookups[name]: self.cleaned_data[name] for name in lookups if self.cleaned_data[name]
        }
