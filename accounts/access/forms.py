"""Forms for tokens: name, scopes, and lifetime."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import FEEDS, User
from accounts.notes.forms import CONTROL
from catalog.rest.access import CURATE, SCOPES

LIVES = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked")]


class FeedTokenForm(forms.Form):
    """A token for feed URLs, without any other access."""

    name = forms.CharField(
        max_length=100,
        help_text="What uses it, so that you know which one to revoke.",
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={
            "required": "Give it a name.",
            "max_length": "A name has up to 100 characters; shorten it.",
        },
    )
    days = forms.ChoiceField(label="Expires after", choices=LIVES, initial="90", required=False)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if CONTROL.search(name):
            raise forms.ValidationError("This holds a character that cannot be kept; type it anew.")
        return name

    @property
    def expires_at(self) -> datetime.datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + datetime.timedelta(days=int(days)) if days else None

    @property
    def scopes(self) -> list[str]:
        return [FEEDS]


class TokenForm(FeedTokenForm):
    """A token for a program; curating is offered to those who may."""

    allowed = forms.MultipleChoiceField(
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose what it may do.",
            "invalid_choice": "Choose from the list.",
        },
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"allowed": ["read"]})
        may_curate = user.has_module_perms("catalog")
        allowed = self.fields["allowed"]
        assert isinstance(allowed, forms.MultipleChoiceField)
        allowed.choices = [
            (scope, words) for scope, words in SCOPES.items() if scope != CURATE or may_curate
        ]

    @property
    def scopes(self) -> list[str]:
        return list(self.cleaned_data["allowed"])
