"""Parameters of URLs: ids in the path, and filters in the query string."""

import datetime
from typing import Any

from django import forms
from django.http import Http404
from rest_framework.request import Request

from accounts.models import ReadingQuerySet, State
from catalog.models import Publication
from catalog.rest.fields import LARGEST_ID
from catalog.rest.lookup import by_key
from catalog.rest.problems import Problem


class PublicationField(forms.CharField):
    """A publication by its id or its slug."""

    def clean(self, value: Any) -> Publication | None:
        if not (key := super().clean(value)):
            return None
        try:
            return by_key(Publication.objects.defer("loaded"), key, "publication")
        except Http404 as error:
            raise forms.ValidationError(str(error)) from error


class DayField(forms.DateField):
    """A day, as ISO 8601 has it."""

    default_error_messages = {"invalid": "Write a date such as 2024-06-30."}
    input_formats = ["%Y-%m-%d"]

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, input_formats=self.input_formats, **options)

    def to_python(self, value: Any) -> datetime.date | None:
        day = super().to_python(value)
        if day and str(value) != day.isoformat():
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return day


class ReadingFilterForm(forms.Form):
    state = forms.MultipleChoiceField(
        required=False,
        choices=[(state.value, state.label) for state in State if state != State.UNREAD],
        error_messages={"invalid_choice": "There is no such state; queued, reading and read are."},
    )
    publication = PublicationField(required=False, max_length=200)
    issue = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    read_from, read_to = DayField(), DayField()

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = asked.get("read_from"), asked.get("read_to")
        if first and last and first > last:
            self.add_error("read_to", "This lies before the date that it is from.")
        return asked

    def narrow(self, readings: ReadingQuerySet) -> ReadingQuerySet:
        lookups = {
            "state": "state__in", "publication": "issue__publication", "issue": "issue",
            "read_from": "read_on__gte", "read_to": "read_on__lte",
        }  # fmt: skip
        asked = {lookups[name]: value for name, value in self.cleaned_data.items() if value}
        return readings.filter(**asked)


def faults_of(form: forms.BaseForm) -> list[dict[str, str]]:
    """Return the errors of a parameter form in the shape of a problem."""
    return [
        {"parameter": name, "detail": str(message)}
        for name, messages in form.errors.items()
        for message in messages
    ]


def cleaned[F: forms.BaseForm](request: Request, form: F) -> F:
    """Return a valid form of the request's parameters; raise Problem naming the invalid ones."""
    if not form.is_valid():
        raise Problem(422, "Some parameters are not valid.", errors=faults_of(form))
    return form
