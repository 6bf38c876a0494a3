"""The pages on which curators merge, rename, split and delete tags.

Each act is one batch of the log, with one undo; each is shown, with its count, before it is done.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.admin.base import offer_undo
from catalog.admin.pages import curators_page, render_page
from catalog.curation.changeset import Curation
from catalog.curation.rules import tag_fault
from catalog.curation.tags import delete_tag, merge_tags, reach, rename_tag, restore_tag, split_tag
from catalog.models import ChangeBatch, Tag
from catalog.slugs import ids_of
from catalog.tags.usage import with_names
from catalog.text import tag_key, text_fault, unique_tags

LOOK, CHANGE = "catalog.view_tag", "catalog.change_tag"
MOST_MERGED = 100

# An operation on locked tags; it returns the message.
type TagOperation = Callable[[list[Tag], Curation], str]

preview = require_http_methods(["GET", "HEAD", "POST"])


class Retired(Exception):
    """A tag of the operation has been retired in the meantime."""


class WhyForm(forms.Form):
    reason = forms.CharField(label="Why (optional)", max_length=200, required=False)

    def clean_reason(self) -> str:
        return _clean_tag_text(self.cleaned_data["reason"])


class RenameForm(WhyForm):
    name = forms.CharField(label="New name")

    def clean_name(self) -> str:
        return _tag_name(self.cleaned_data["name"])


class TagSplitForm(WhyForm):
    names = forms.CharField(label="Names, one a line", widget=forms.Textarea(attrs={"rows": 4}))

    def clean_names(self) -> list[str]:
        lines = map(str.strip, self.cleaned_data["names"].splitlines())
        names = list(unique_tags(_tag_name(line) for line in lines if line).values())
        if len(names) < 2:
            raise ValidationError("Write two names or more, one a line.")
        return names


class TagMergeForm(WhyForm):
    into = forms.TypedChoiceField(coerce=int)

    def __init__(self, tags: Iterable[Tag], data: Any) -> None:
        super().__init__(data)
        into: Any = self.fields["into"]
        into.choices = [(tag.pk, tag.name) for tag in tags]


def _tag_name(name: str) -> str:
    if fault := tag_fault(name):
        raise ValidationError(fault)
    return name


def _clean_tag_text(text: str) -> str:
    if fault := text_fault(text):
        raise ValidationError(fault)
    return text


@require_safe
@curators_page(LOOK)
def tag_detail(request: HttpRequest, tag: str) -> HttpResponse:
    (shown,) = tags_of(_ids_or_404([tag]))
    context = {
        "tag": shown,
        "number": reach([shown]).issues,
        "rename": RenameForm(initial={"name": shown.name}, auto_id="id_rename_%s"),
        "split": TagSplitForm(auto_id="id_split_%s"),
        "may_change": request.user.has_perm(CHANGE),
    }
    return render_page(request, "catalog/admin/tags/detail.html", shown.name, context)


@preview
@curators_page(CHANGE)
def tag_rename(request: HttpRequest, tag: int) -> HttpResponse:
    form = RenameForm(request.POST or request.GET)
    name = form.cleaned_data.get("name", "") if form.is_valid() else ""

    def act(tags: list[Tag], curation: Curation) -> str:
        return f"“{tags[0]}” is called “{rename_tag(tags[0], name, curation)}” now."

    if request.method == "POST" and name:
        return _done(request, tag, form, act)
    (shown,) = tags_of([tag])
    other = with_names(Tag.objects.filter(key=tag_key(name))).exclude(pk=tag).first()
    context = {
        "name": name,
        "other": other,
        "is_spelling": tag_key(name) == shown.key,
        "reach": reach([shown, other] if other else [shown]),
    }
    return _previewed(request, shown, form, "rename", context)


@preview
@curators_page(CHANGE)
def tag_split(request: HttpRequest, tag: int) -> HttpResponse:
    form = TagSplitForm(request.POST or request.GET)
    names = form.cleaned_data.get("names", []) if form.is_valid() else []

    def act(tags: list[Tag], curation: Curation) -> str:
        number = split_tag(tags[0], names, curation)
        return f"“{tags[0]}” is {_tag_list_words(names)} now; {_issue_count_words(number)} changed."

    if request.method == "POST" and names:
        return _done(request, tag, form, act)
    (shown,) = tags_of([tag])
    found = with_names(Tag.objects.filter(key__in=map(tag_key, names)))
    known = {each.key: each for each in found}
    of = reach([shown, *found]).of
    parts = [(name, known.get(tag_key(name))) for name in names]
    context = {
        "parts": [(name, part, of.get(part.pk, 0) if part else 0) for name, part in parts],
        "keeps": shown in known.values(),
        "number": of.get(shown.pk, 0),
    }
    return _previewed(request, shown, form, "split", context)


@preview
@curators_page(CHANGE)
def tag_delete(request: HttpRequest, tag: int) -> HttpResponse:
    form = WhyForm(request.POST or request.GET)

    def act(tags: list[Tag], curation: Curation) -> str:
        number = delete_tag(tags[0], curation)
        return f"“{tags[0]}” is deleted; {_issue_count_words(number)} changed."

    if request.method == "POST" and form.is_valid():
        return _done(request, tag, form, act)
    (shown,) = tags_of([tag])
    return _previewed(request, shown, form, "delete", {"number": reach([shown]).issues})


@require_POST
@curators_page(CHANGE)
def tag_restore(request: HttpRequest, tag: int) -> HttpResponse:
    """Make a retired name a tag of its own again."""

    def act(tags: list[Tag], curation: Curation) -> str:
        restore_tag(tags[0], curation)
        return f"“{tags[0]}” is a tag of its own again."

    do_to_tags(request, [tag], act, may_be_retired=True)
    return redirect("admin:catalog_tag_change", tag)


@preview
@curators_page(CHANGE)
def tag_merge(request: HttpRequest) -> HttpResponse:
    """Merge the tags of the ids `tag` into that of the id `into`."""
    is_sent = request.method == "POST"
    tags = tags_of(_ids_or_404((request.POST if is_sent else request.GET).getlist("tag")))
    form = TagMergeForm(tags, request.POST if is_sent else None)

    def act(locked: list[Tag], curation: Curation) -> str:
        into = next(tag for tag in locked if tag.pk == form.cleaned_data["into"])
        return merge([tag for tag in locked if tag != into], into, curation)

    if not 1 < len(tags) <= MOST_MERGED:
        messages.error(request, f"Choose 2 to {MOST_MERGED} tags to merge.")
    elif retired := [tag for tag in tags if tag.retired_at]:
        messages.error(request, is_no_tag(retired[0]))
    elif form.is_valid():
        do_to_tags(request, [tag.pk for tag in tags], act, form.cleaned_data["reason"])
    else:
        return _tag_merge_preview(request, tags, form)
    return redirect("admin:catalog_tag_changelist")


def _ids_or_404(texts: list[str]) -> list[int]:
    """Return ids from a URL or a form without duplicates; raise Http404 for invalid ones."""
    ids = ids_of(texts)
    if len(ids) < len(texts):
        raise Http404("There is no such tag.")
    return list(dict.fromkeys(ids))


def tags_of(ids: Sequence[int], tags: QuerySet[Tag] | None = None) -> list[Tag]:
    """Return the tags of these ids in their order; an id that no tag has is a 404."""
    found = with_names(Tag.objects.all() if tags is None else tags).in_bulk(ids)
    if len(found) < len(ids):
        raise Http404("There is no such tag.")
    return [found[pk] for pk in ids]


def do_to_tags(
    request: HttpRequest,
    ids: Sequence[int],
    act: TagOperation,
    reason: str = "",
    *,
    may_be_retired: bool = False,
) -> None:
    """Run an operation on tags as one change set; show its message, or the reason for a refusal."""
    kind = ChangeBatch.Kind.EDIT
    try:
        with Curation(kind, source="admin", user=request.user, reason=reason) as curation:
            tags = tags_of(ids, Tag.objects.select_for_update())
            if not may_be_retired and (retired := [tag for tag in tags if tag.retired_at]):
                raise Retired(is_no_tag(retired[0]))
            words = act(tags, curation)
    except Retired as gone:
        messages.error(request, str(gone))
        return
    if batch := curation.batch.pk:
        offer_undo(request, words, batch)
    else:
        messages.info(request, "There was nothing to change.")


def _done(request: HttpRequest, tag: int, form: WhyForm, act: TagOperation) -> HttpResponse:
    do_to_tags(request, [tag], act, form.cleaned_data["reason"])
    return redirect("admin:catalog_tag_change", tag)


def _previewed(
    request: HttpRequest, tag: Tag, form: WhyForm, deed: str, context: dict[str, Any]
) -> HttpResponse:
    """Show the preview of an operation on a tag, or the errors."""
    if tag.retired_at:
        messages.error(request, is_no_tag(tag))
        return redirect("admin:catalog_tag_change", tag.pk)
    whole = {"tag": tag, "form": form, "is_ready": form.is_valid()} | context
    status = 422 if request.method == "POST" else 200
    title = f"{deed.capitalize()} “{tag}”"
    return render_page(request, f"catalog/admin/tags/{deed}.html", title, whole, status)


def _tag_merge_preview(request: HttpRequest, tags: list[Tag], form: TagMergeForm) -> HttpResponse:
    """Preview a merge for each choice of the remaining tag."""
    count = reach(tags)
    by_use = sorted(tags, key=lambda tag: -count.of.get(tag.pk, 0))
    context = {
        "rows": [(tag, count.of.get(tag.pk, 0), count.changed(tag.pk)) for tag in by_use],
        "reach": count,
        "form": form,
    }
    title = f"Merge {len(tags)} tags into one"
    status = 422 if form.is_bound else 200
    return render_page(request, "catalog/admin/tags/merge.html", title, context, status)


def merge(tags: list[Tag], into: Tag, curation: Curation) -> str:
    number = merge_tags(tags, into, curation)
    are = "is a name" if len(tags) == 1 else "are names"
    names = _tag_list_words([tag.name for tag in tags])
    return f"{names} {are} for “{into}” now; {_issue_count_words(number)} changed."


def is_no_tag(tag: Tag) -> str:
    if targets := [each.name for each in tag.stands_for.all()]:
        names = _tag_list_words(targets)
        return f"Nothing was changed: “{tag}” is now another name for {names}."
    return f"Nothing was changed: “{tag}” has been deleted meanwhile."


def _tag_list_words(names: Sequence[str]) -> str:
    *first, last = [f"“{name}”" for name in names]
    return f"{', '.join(first)} and {last}" if first else last


def _issue_count_words(number: int) -> str:
    return f"{number} issue{'' if number == 1 else 's'}"
