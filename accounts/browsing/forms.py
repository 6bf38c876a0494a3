"""The form of a saved view."""

from django import forms

from accounts.notes.forms import CONTROL


class SavedViewForm(forms.Form):
    """The name of a view, and whether the home page shows it."""

    name = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Give it a name.",
            "max_length": "A name has up to 80 characters; shorten it.",
        },
    )
    is_pinned = forms.BooleanField(label="Show it on the home page", required=False)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if CONTROL.search(name):
            raise forms.ValidationError("This holds a character that cannot be kept; type it anew.")
        return name
