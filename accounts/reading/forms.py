"""Forms for the dates of readings."""

from typing import Any

from django import forms

from accounts.models import Reading, State, User
from accounts.partial_dates import UNKNOWN, PartialDate, Unknown
from accounts.reading.marking import FutureDate, refuse_ahead

STEP_WORDS = {State.QUEUED: "Queued", State.READING: "Begun", State.READ: "Read"}
HINT = "A day, a month or a year: 2024-03-05, 2024-03 or 2024."


class PartialDateField(forms.CharField):
    """A day, a month or a year that has begun where the reader is; cleans to a PartialDate."""

    def __init__(self, *, user: User, **options: Any) -> None:
        widget = forms.TextInput(attrs={"placeholder": "2024-03-05", "size": 12})
        super().__init__(max_length=10, widget=widget, required=False, **options)
        self.user = user

    def clean(self, value: Any) -> PartialDate | None:
        if not (text := super().clean(value)):
            return None
        try:
            date = PartialDate.parse(text)
            refuse_ahead(date, self.user.local_date())
        except (ValueError, FutureDate) as error:
            raise forms.ValidationError(str(error)) from error
        return date

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "") != str(data or "").strip()

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, PartialDate) else value


class FinishedForm(forms.Form):
    """The end of a reading: a date, or unknown."""

    def add_end(self, user: User, **options: Any) -> None:
        self.fields["read"] = PartialDateField(user=user, label="Read", **options)
        self.fields["is_unknown"] = forms.BooleanField(
            required=False, label="I do not know when", initial=options.get("initial", "") is None
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "read" not in cleaned:
            return cleaned
        # The form is prefilled; of date and checkbox, the one that was changed counts.
        if cleaned["is_unknown"] and cleaned["read"] and "read" in self.changed_data:
            if "is_unknown" in self.changed_data:
                self.add_error("read", "Give a date, or tick “I do not know when”, and not both.")
        elif cleaned["is_unknown"]:
            cleaned["read"] = None
        elif not cleaned["read"]:
            self.add_error("read", "Give a date, or tick “I do not know when”.")
        return cleaned


class EarlierForm(FinishedForm):
    """A finished reading."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.add_end(user, help_text=HINT)

    @property
    def on(self) -> PartialDate | Unknown:
        return self.cleaned_data["read"] or UNKNOWN


class DatesForm(FinishedForm):
    """The dates of the completed steps of a reading, by state; only the end is required."""

    def __init__(self, data: Any = None, *, reading: Reading, user: User) -> None:
        super().__init__(data, auto_id=f"id_{reading.pk}_%s")
        self.row = reading
        states = list(Reading.STEPS)
        for state in states[: states.index(State(reading.state)) + 1]:
            date = reading.date_of(state)
            if state == State.READ:
                self.add_end(user, initial=date)
            else:
                self.fields[state] = PartialDateField(
                    user=user, label=STEP_WORDS[state], initial=date
                )

    def dates(self) -> dict[State, PartialDate | None]:
        return {state: self.cleaned_data[state] for state in Reading.STEPS if state in self.fields}
