"""Form fields of issues: tier, cluster, tags."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList, flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.curation.rules import archived_reason, tag_fault
from catalog.models import Cluster, Tier
from catalog.slugs import id_of

TIER_CHOICES = [(str(tier.value), f"{tier.value} {tier.label}" if tier > 3 else tier.label)
         for tier in sorted(Tier, reverse=True)]  # fmt: skip
# (id, title) of each cluster of a publication.
type Titles = list[tuple[int, str]]

UNRATED, NO_CLUSTER = "Unrated", "In no cluster"


def tier_words(tier: int | None) -> str:
    return dict(TIER_CHOICES)[str(tier)] if tier else UNRATED


def tag_lines(text: str) -> list[str]:
    """Parse tags, one per line; raise ValidationError for invalid ones."""
    names = [line.strip() for line in text.splitlines() if line.strip()]
    for name in names:
        if fault := tag_fault(name):
            raise ValidationError(fault)
    return names


@lru_cache(maxsize=500)
def _options(choices: tuple[tuple[Any, Any], ...]) -> str:
    return format_html_join("", '<option value="{}" dir="auto">{}</option>', choices)


class LeanSelect(forms.Select):
    """A list to choose from, drawn without templates: a page of the list has two hundred."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        chosen = format_html('value="{}"', "" if value is None else value)
        options = _options(tuple(self.choices)).replace(f"{chosen} ", f"{chosen} selected ", 1)
        return format_html("<select{}>{}</select>", flatatt(own), mark_safe(options))


class LeanHidden(forms.HiddenInput):
    """As lean, and hidden."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = {"type": "hidden", "name": name, "value": "" if value is None else str(value)}
        return format_html("<input{}>", flatatt(own))


class LeanErrors(ErrorList):
    """An error list that is cheap if it is empty, as it is for most fields."""

    def __str__(self) -> SafeString:
        return super().__str__() if self.data else SafeString("")


class TierField(forms.TypedChoiceField):
    hidden_widget = LeanHidden

    def __init__(self, **options: Any) -> None:
        choices = [("", UNRATED), *TIER_CHOICES]
        super().__init__(choices=choices, coerce=int, empty_value=None, required=False, **options)


class ClusterField(forms.ChoiceField):
    """A cluster out of a given set; cleans to it, or to None. Errors name rejected clusters."""

    known: Collection[int] = ()

    def offer(self, titles: Mapping[str, Titles], *, none: Sequence[tuple[str, str]]) -> None:
        """Set the choices, grouped if there are several publications, after the empty choice."""
        groups = {name: own for name, own in titles.items() if own}
        self.known = {pk for own in groups.values() for pk, _ in own}
        listed: Any = groups.items() if len(groups) > 1 else chain(*groups.values())
        self.choices = [*none, *listed]

    def to_python(self, value: Any) -> Any:
        return str(value) if value not in self.empty_values else ""

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def clean(self, value: Any) -> Cluster | None:
        text = super().clean(value)
        if text in ("", "none"):
            return None
        pk = id_of(text) or 0
        cluster = Cluster.objects.select_related("publication").filter(pk=pk).first()
        if cluster is None:
            raise ValidationError("There is no such cluster.")
        if cluster.archived_at:
            raise ValidationError(archived_reason(cluster))
        if pk not in self.known:
            raise ValidationError(
                f"“{cluster}” is a cluster of another publication, “{cluster.publication}”."
            )
        return cluster


def titles_of(publications: Collection[int]) -> dict[int, Titles]:
    """Return the clusters of each of these publications in its order, in one query."""
    titles: dict[int, Titles] = {pk: [] for pk in publications}
    rows = Cluster.objects.listed().filter(publication__in=publications)
    for home, pk, title in rows.order_by("publication", "position", "id").values_list(
        "publication_id", "pk", "title"
    ):
        titles[home].append((pk, title))
    return titles
