"""Forms for the dates of readings."""

from typing import Any

from django import forms

from accounts.models import Reading, State, User
from accounts.partial_dates import PartialDate

WORDS = {State.QUEUED: "Queued", State.READING: "Begun", State.READ: "Read"}


class PartialDateField(forms.CharField):
    """A day, a month or a year that has begun where the reader is; cleans to a PartialDate."""

    def __init__(self, *, user: User, **options: Any) -> None:
        widget = forms.TextInput(attrs={"placeholder": "2024-03-05", "size": 12})
        super().__init__(max_length=10, widget=widget, **options)
        self.user = user

    def clean(self, value: Any) -> PartialDate | None:
        if not (text := super().clean(value)):
            return None
        try:
            date = PartialDate.parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if date.first > self.user.local_date():
            raise forms.ValidationError(f"{date.spoken} lies ahead; choose a date up to today.")
        return date

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, PartialDate) else value


class EarlierForm(forms.Form):
    """One more finished reading."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        hint = "A day, a month or a year: 2024-03-05, 2024-03 or 2024."
        self.fields["read"] = PartialDateField(user=user, label="Read", help_text=hint)


class DatesForm(forms.Form):
    """The dates of the steps that a reading has come to, by the state; only the end is required."""

    def __init__(self, data: Any = None, *, reading: Reading, user: User) -> None:
        super().__init__(data, auto_id=f"id_{reading.pk}_%s")
        self.row = reading
        states = list(Reading.STEPS)
        for state in states[: states.index(State(reading.state)) + 1]:
            self.fields[state] = PartialDateField(
                user=user, label=WORDS[state], required=state == State.READ,
                initial=reading.date_of(state),
            )  # fmt: skip

    def dates(self) -> dict[State, PartialDate | None]:
        return {State(name): date for name, date in self.cleaned_data.items()}
