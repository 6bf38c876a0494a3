"""Shared parts of lists and forms: logged saves, undo, and optimistic locking."""

import datetime
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince

from catalog.admin.log_words import value_in_words
from catalog.curation.changeset import Curation
from catalog.curation.log_values import current
from catalog.curation.rules import make, row_version
from catalog.models import Change, ChangeBatch
from catalog.slugs import ids_of
from catalog.text import text_fault, url_fault

URL_FIELDS = ("url", "homepage", "feed")


class UnlabelledHidden(forms.HiddenInput):
    """A hidden field that no label is for: the admin draws a label for every field."""

    def id_for_label(self, id_: str | None) -> str:
        return ""


class CuratedForm(forms.ModelForm):
    """A form that applies the rules of the file formats to a curator's input.

    `seen` identifies the version that the editor opened. A save over a newer version is refused,
    and both are shown.
    """

    seen = forms.IntegerField(required=False, widget=UnlabelledHidden)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = row_version(self.instance)
        self.initial["seen"] = self._now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if isinstance(value, str):
                # Browsers normalise line ends; texts of the catalog are single paragraphs.
                cleaned[name] = value = " ".join(value.split("\r\n")).strip()
                if fault := text_fault(value):
                    self.add_error(name, fault)
                elif name in URL_FIELDS and value and (fault := url_fault(value)):
                    self.add_error(name, f"{value} {fault}.")
        if self.instance.pk and cleaned.get("seen") != self._now:
            self._refuse_stale()
        return cleaned

    def _refuse_stale(self) -> None:
        """Add an error that names the other editor, and the current value of each changed field."""
        self.add_error(
            None,
            f"Nothing is saved: {self._newer()}. What you wrote is below; where it differs, what "
            f"stands now is beside it. Save again to put yours over it.",
        )
        for name in self.changed_data:
            if name != "seen" and name in self.fields:
                self.add_error(name, f"Current value: {self._shown(name)}")
        # The next save is based on the version that is shown now.
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = str(self._now)  # type: ignore[index]

    def _newer(self) -> str:
        """Tell of the last change of the row: by whom it was, and how long ago."""
        last = (
            Change.objects.filter(kind=self.instance._meta.model_name, object_id=self.instance.pk)
            .select_related("batch__user")
            .first()
        )
        if last is None:
            return "this has been changed since you opened it"
        batch = last.batch
        if batch.kind == ChangeBatch.Kind.LOAD:
            who = f"a load of {batch.source}" if batch.source else "a load"
        else:
            who = str(batch.user) if batch.user else "somebody"
        is_new = timezone.now() - batch.at < datetime.timedelta(minutes=1)
        when = "just now" if is_new else f"{timesince(batch.at, depth=1)} ago"
        return f"{who} changed this {when}, after you had opened it"

    def _shown(self, name: str) -> str:
        """Return the stored value of a field in words; the instance may hold the new one."""
        stored = type(self.instance)._default_manager.get(pk=self.instance.pk)
        try:
            value = current(stored, name)
        except AttributeError:
            return str(self.initial.get(name, ""))
        # The log names a cluster by its slug, and people by its title.
        named = getattr(stored, name, None)
        return str(named) if isinstance(named, Model) else value_in_words(name, value)


class LoggedAdmin(admin.ModelAdmin):
    """Writes the changes of a form through `Curation`; nothing in the catalog is deleted."""

    form = CuratedForm
    list_per_page = 100
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            [*super().get_fields(request, obj), "seen"]
            if self.fields
            else super().get_fields(request, obj)
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        obj = super().get_object(request, object_id, from_field)
        if obj is not None and request.method == "POST":
            # From here to the save nobody else saves: Django has begun the transaction.
            return self.model._default_manager.select_for_update().get(pk=obj.pk)
        return obj

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with self.curation(request) as curation:
            values = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
            if change:
                row = self.model._default_manager.select_for_update().get(pk=obj.pk)
            else:
                row = make(obj, curation)
            curation.change(row, values | self.implied(row, values))
        obj.refresh_from_db()
        request.curated_batch = curation.batch.pk  # type: ignore[attr-defined]

    def implied(self, row: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Return further changes that follow from these fields."""
        return {}

    @contextmanager
    def curation(self, request: HttpRequest) -> Iterator[Curation]:
        """One act of this request's user; the rows of a list are saved in one."""
        if open_one := getattr(request, "open_curation", None):
            yield open_one
            return
        with Curation(ChangeBatch.Kind.EDIT, source="admin", user=request.user) as curation:
            yield curation

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Save the rows of a list as one change set, so that one undo reverts all of them."""
        if request.method != "POST" or "_save" not in request.POST:
            return super().changelist_view(request, extra_context)
        curation = Curation(ChangeBatch.Kind.EDIT, source="admin", user=request.user)
        with transaction.atomic(), curation:
            # From here to the end nobody else saves any of these rows.
            rows = self.model._default_manager.filter(pk__in=_posted_ids(request))
            list(rows.select_for_update().order_by("pk").values_list("pk"))
            request.open_curation = curation  # type: ignore[attr-defined]
            with self.holding(request) as said:
                response = super().changelist_view(request, extra_context)
        self.tell(request, said, curation.batch.pk)
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        with self.holding(request) as said:
            response = super().response_change(request, obj)
        self.tell(request, said, getattr(request, "curated_batch", None))
        return response

    @contextmanager
    def holding(self, request: HttpRequest) -> Iterator[list[Any]]:
        """Hold back success messages, so that they can be shown with the undo button."""
        said: list[Any] = []
        request.held = said  # type: ignore[attr-defined]
        try:
            yield said
        finally:
            del request.held  # type: ignore[attr-defined]

    def tell(self, request: HttpRequest, said: list[Any], batch: int | None) -> None:
        """Show the held-back messages, with an undo button if anything has changed."""
        if batch:
            offer_undo(request, said[-1] if said else "Saved.", batch)
        else:
            for message in said:
                messages.success(request, message)

    def message_user(
        self, request: HttpRequest, message: Any, level: Any = messages.INFO, *args: Any, **kw: Any
    ) -> None:
        held = getattr(request, "held", None)
        if held is not None and level == messages.SUCCESS:
            held.append(message)
        else:
            super().message_user(request, message, level, *args, **kw)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Redirect to the page of the log about this object."""
        if (obj := self.get_object(request, unquote(object_id))) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return redirect("desk:object_history", self.opts.model_name, obj.pk)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tags are written with the rest, by `save_model`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the catalog has one log of changes."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the catalog has one log of changes."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _posted_ids(request: HttpRequest) -> list[int]:
    """Return the ids of the rows that a list was sent with."""
    return ids_of(
        str(value) for name, value in request.POST.items() if re.fullmatch("form-[0-9]+-id", name)
    )


def offer_undo(request: HttpRequest, words: str, batch: int) -> None:
    """Show a message with an undo button."""
    context = {"words": words, "batch": batch, "csrf_token": get_token(request)}
    html = render_to_string("catalog/admin/_undo.html", context)
    messages.success(request, mark_safe(html))


class ReadOnlyAdmin(admin.ModelAdmin):
    """For rows that only the code writes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
