"""The one filter of issues, for the pages and for the API."""

import datetime
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q

from catalog.browsing.facet_values import (
    FACETS,
    FacetValue,
    choices_by_earlier_name,
    choices_of,
    slugs_of,
)
from catalog.browsing.issue_query import LENGTH_PARAMETER, ONE_DAY, IssueQuery, Span, Walk
from catalog.models import WORDS_A_MINUTE, Issue, IssueQuerySet
from catalog.search.names import resolved
from catalog.search.query import Query, parse
from catalog.search.tree import Key, Node, Not, any_of

MOST_CHOICES = 20
# Longest accepted query, in characters; only `LONGEST_QUERY` of it are parsed.
QUERY_LENGTH = 10_000
SORTS = [
    ("relevance", "Relevance"), ("newest", "Newest"), ("oldest", "Oldest"), ("tier", "Tier"),
    ("cited", "Most cited"), ("shortest", "Shortest"), ("title", "Title"),
]  # fmt: skip
SIGN_IN = "Sign in to search by what you have read and noted."
NUMBER_ERRORS = {
    "invalid": "Write a whole number.",
    "min_value": "Write a number of %(limit_value)s or more.",
    "max_value": "Write a number up to %(limit_value)s.",
}
DATE_ERRORS = {"invalid": "Write a date such as 2024-06-30."}
# The fields that the catalog page shows under “More filters”.
FOLDED_FIELDS = (
    "tag_all", "tag_not", "tier_min", "date_from", "date_to", "minutes_max", "words_max",
    "cited_min", "link", "read_from", "read_to",
)  # fmt: skip


class KeysField(forms.Field):
    """A multiple-choice field of a facet; cleans to existing values and rejects others."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, facet: str, **options: Any) -> None:
        super().__init__(**options)
        self.facet = facet

    def clean(self, value: Any) -> list[FacetValue]:
        values = [text for text in dict.fromkeys(value or ()) if text]
        if len(values) > MOST_CHOICES:
            raise forms.ValidationError(f"Choose up to {MOST_CHOICES}.")
        slugs = slugs_of(self.facet, values)
        choices = self._choices(list(slugs.values()))
        found: dict[str, FacetValue] = {}
        for text in values:
            named = choices.get(slugs.get(text, ""))
            if not named:
                what = FACETS[self.facet].noun
                raise forms.ValidationError(f"There is no {what} “{text[:80]}” here.")
            for each in named:
                found[each.key] = each if each.value == text else each._replace(asked=text)
        return list(found.values())

    def _choices(self, slugs: list[str]) -> dict[str, list[FacetValue]]:
        """Return the values that slugs name; an earlier name may stand for several."""
        known = choices_of({self.facet: slugs}) if slugs else {}
        choices = {slug: [choice] for (_, slug), choice in known.items()}
        unknown = [slug for slug in slugs if slug not in choices]
        return choices | (choices_by_earlier_name(self.facet, unknown) if unknown else {})


class KeysFilter(django_filters.Filter):
    field_class = KeysField


class NumberFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField


def _keys(facet: str, label: str) -> KeysFilter:
    return KeysFilter(facet=facet, label=label)


def _number_filter(label: str, most: int = 1_000_000) -> NumberFilter:
    return NumberFilter(label=label, min_value=0, max_value=most, error_messages=NUMBER_ERRORS)


class IssueFilter(django_filters.FilterSet):
    """The filter and order of issue lists.

    Values of one facet are alternatives; facets are combined. Facets that are keys of the index are
    matched there, together with the words; the rest are conditions on the issues found. Call its
    methods only if it is valid; `compiled` is the query for lists, counts and facets.
    """

    q = django_filters.CharFilter(label="Search", max_length=QUERY_LENGTH)
    publication = _keys("publication", "Publication")
    category = _keys("category", "Category")
    cluster = _keys("cluster", "Cluster")
    tier = _keys("tier", "Tier")
    tier_min = django_filters.ChoiceFilter(
        label="Tier at least",
        choices=[(str(tier), str(tier)) for tier in (5, 4, 3, 2, 1)],
        empty_label="Any",
        error_messages={"invalid_choice": "A tier is a number from 1 to 5."},
    )
    tag = _keys("tag", "Tag")
    tag_all = _keys("tag", "With all tags")
    tag_not = _keys("tag", "Without tags")
    year = _keys("year", "Year")
    date_from = django_filters.DateFilter(label="Published from", error_messages=DATE_ERRORS)
    date_to = django_filters.DateFilter(label="Published to", error_messages=DATE_ERRORS)
    minutes_max = _number_filter("Minutes at most", 10_000)
    words_max = _number_filter("Words at most")
    cited_min = _number_filter("Cited at least")
    link = django_filters.ChoiceFilter(
        label="Link to the original",
        choices=[("yes", "With a link"), ("no", "Without")],
        empty_label="Any",
        error_messages={"invalid_choice": "Choose yes or no."},
    )
    sort = django_filters.ChoiceFilter(
        label="Sort by",
        choices=SORTS,
        error_messages={"invalid_choice": "There is no such order; choose one of the list."},
    )

    class Meta:
        model = Issue
        fields: tuple[str, ...] = ()

    _form_class: ClassVar[Any]
    sorts = SORTS
    # Pairs of fields that are the ends of a range of days.
    spans: tuple[tuple[str, str], ...] = (("date_from", "date_to"),)
    # The fields that are facets, by which counts are shown.
    facets: tuple[str, ...] = ("tier", "publication", "category", "cluster", "tag", "year")

    def get_form_class(self) -> Any:
        """Return the form class; it is shared, because no request changes its fields."""
        kind = type(self)
        if "_form_class" not in vars(kind):
            kind._form_class = self._make_form_class()
        return kind._form_class

    def _make_form_class(self) -> Any:
        """Refuse a span of days that ends before it begins."""
        form_class = super().get_form_class()
        spans = self.spans

        class IssueFilterForm(form_class):  # type: ignore[misc,valid-type]
            @property
            def uses_more(self) -> bool:
                """Whether one of the fields under “More filters” has a value."""
                return any(self[name].value() for name in FOLDED_FIELDS if name in self.fields)

            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean() or self.cleaned_data
                for begin, end in spans:
                    first, last = cleaned.get(begin), cleaned.get(end)
                    if first and last and first > last:
                        self.add_error(end, "This lies before the date that it is from.")
                return cleaned

        return IssueFilterForm

    def filter_queryset(self, queryset: IssueQuerySet) -> IssueQuerySet:
        """Return the matching issues of a queryset, unordered."""
        return self.compiled.filter(queryset)

    @cached_property
    def compiled(self) -> IssueQuery:
        """The query that a valid filter asks for."""
        return IssueQuery(
            sort=self.sorting,
            nodes=tuple((name, node) for name, node in self.nodes() if node is not None),
            conditions=tuple(self.conditions()),
            span=self.span,
            words=self.query.words,
            walks=self.walks(),
            chosen={name: self.chosen(name) for name in FACETS},
            chosen_facets=tuple(name for name in self.facets if self.value(name)),
            fingerprint=self.fingerprint(),
        )

    @cached_property
    def query(self) -> Query:
        """The parsed query with its names resolved."""
        return resolved(parse(self.value("q") or ""))

    def value(self, name: str) -> Any:
        return self.form.cleaned_data.get(name)

    def chosen(self, name: str) -> list[FacetValue]:
        return self.value(name) or []

    @property
    def sorting(self) -> str:
        """The name of the sort order in URLs; without words there is no relevance."""
        default = "relevance" if self.query.has_text else "newest"
        sort = self.value("sort") or self.query.sort or default
        if sort not in dict(self.sorts):
            sort = default
        return sort if sort != "relevance" or self.query.has_text else "newest"

    @property
    def complaints(self) -> list[str]:
        """Messages about parts of the query that could not be interpreted."""
        query, complaints = self.query, list(self.query.complaints)
        is_own = query.has_note is not None or len(query.states) < 4 or query.sort == "recent"
        if is_own:
            complaints.append(SIGN_IN)
        return complaints

    def text_node(self) -> Node | None:
        return self.query.node

    def fingerprint(self) -> str:
        """Return a key that identifies this filter without its order."""
        kept = sorted(
            (name, *map(str, value if isinstance(value, list) else [value]))
            for name, value in self.form.cleaned_data.items()
            if value not in (None, "", []) and name != "sort"
        )
        return sha256(repr(kept).encode()).hexdigest()

    def nodes(self) -> Iterator[tuple[str, Node | None]]:
        """Yield (parameter, node) of all parts that the index matches."""
        yield "", self.text_node()
        for name in FACETS:
            yield name, any_of(Key(choice.key) for choice in self.chosen(name))
        for choice in self.chosen("tag_all"):
            yield "tag_all", Key(choice.key)
        for choice in self.chosen("tag_not"):
            yield "tag_not", Not(Key(choice.key))
        if least := self.value("tier_min"):
            yield "tier_min", any_of(Key(f"tier={tier}") for tier in range(int(least), 6))
        for has_link in (self.query.has_link, {"yes": True, "no": False}.get(self.value("link"))):
            if has_link is not None:
                yield "link", Key("has=link") if has_link else Not(Key("has=link"))

    @property
    def span(self) -> Span:
        query = self.query
        firsts = [self.value("date_from"), query.after and _beside(query.after, ONE_DAY)]
        lasts = [self.value("date_to"), query.before and _beside(query.before, -ONE_DAY)]
        return Span(
            max((day for day in firsts if day), default=None),
            min((day for day in lasts if day), default=None),
        )

    def conditions(self) -> Iterator[tuple[str, Q]]:
        """Yield (parameter, condition) of all parts that SQL matches.

        Issues of unknown length match no condition on length.
        """
        for sign, number in self.query.minutes:
            yield LENGTH_PARAMETER, minutes_condition(sign, number)
        if (minutes := self.value("minutes_max")) is not None:
            yield LENGTH_PARAMETER, minutes_condition("<=", minutes)
        if (words := self.value("words_max")) is not None:
            yield LENGTH_PARAMETER, Q(words__lte=words)
        if cited := self.value("cited_min"):
            yield "cited_min", Q(cited_count__gte=cited)

    def walks(self) -> dict[str, Walk]:
        """Return the walks of the sort orders that read other rows than all issues."""
        return {}


def search(issues: IssueQuerySet, text: str) -> IssueQuerySet:
    """Return the issues of a queryset that match a text, unordered.

    Any text is valid; `engine.bounded` limits the time.
    """
    asked = IssueFilter({"q": text[:QUERY_LENGTH]}, queryset=issues)
    return asked.qs if asked.form.is_valid() else issues.none()


def _beside(day: datetime.date, step: datetime.timedelta) -> datetime.date:
    """Return the previous or next day; there is none beyond the first and last possible ones."""
    try:
        return day + step
    except OverflowError:
        return day


def minutes_condition(sign: str, minutes: int) -> Q:
    """Return the condition on `words` that `Issue.minutes` is compared so; never the unknown."""
    # Minutes are words rounded half up: n minutes are n - ½ to n + ½ times the words per minute;
    # less than one minute counts as one.
    half = WORDS_A_MINUTE // 2
    least, most = minutes * WORDS_A_MINUTE - half, minutes * WORDS_A_MINUTE + half - 1
    if minutes <= 1:
        least = 0
    if minutes < 1:
        # No number of words rounds to zero minutes.
        return Q(words__isnull=False) if sign in (">", ">=") else Q(pk__in=[])
    match sign:
        case "<":
            return Q(words__lt=least)
        case "<=":
            return Q(words__lte=most)
        case ">":
            return Q(words__gt=most)
        case ">=":
            return Q(words__gte=least)
    return Q(words__gte=least, words__lte=most)
