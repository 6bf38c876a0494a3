"""Parameters of URLs: ids in the path, and filters in the query string."""

import datetime
from typing import Any

from django import forms
from django.http import Http404
from rest_framework.request import Request

from catalog.models import Publication
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
