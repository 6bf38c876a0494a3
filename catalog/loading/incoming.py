"""The issues of a file, compared with the previous file and with the stored rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from catalog.curation.baseline import OWN_FIELDS, stored_values
from catalog.interchange.document import FileProblem, Refused
from catalog.loading.matching import Placed
from catalog.loading.merging import Merged, Side, merge_fields
from catalog.models import Cluster, Issue, Publication
from catalog.tags.assignment import ChosenNames
from catalog.text import quoted, unique_tags

ISSUE_FIELDS = ("title", "date", "tier", "summary", "tags_guessed", "url", "words")
# For texts, null and "" in a file mean the same.
TEXT_FIELDS = frozenset(
    {"site", "section", "homepage", "feed", "description", "blurb", "summary", "url"}
)


@dataclass(slots=True)
class Incoming:
    """One issue of a file.

    `issue` is its stored row or None. `given` holds the file's values and `base` those of the
    previous file, both as `loaded` stores them. `news` holds the fields to write, and `tag_line` a
    line of tags that has not been split yet.
    """

    placed: Placed
    issue: Issue | None
    given: dict[str, Any]
    base: Mapping[str, Any]
    news: dict[str, Any] = field(default_factory=dict)
    tag_line: str | None = None

    @property
    def is_new_to_it(self) -> bool:
        """Whether the file says anything else of a stored issue than the last one did."""
        base = self.base
        return any(name not in base or base[name] != v for name, v in self.given.items())

    def merge(
        self, names: ChosenNames, homes: Mapping[str, str], take: Side | None
    ) -> dict[str, Merged]:
        """Determine the fields to write for a stored issue; return how each field was merged.

        `take` settles conflicts: with `Side.THEIRS` the file's value is written.
        """
        assert self.issue
        compared = {name: value for name, value in self.given.items() if name in OWN_FIELDS}
        own = stored_values(self.issue, tuple(compared))
        merged = merge_fields(compared, self.base, own, names=names, homes=homes)
        for name, (value, is_conflict) in merged.items():
            if is_conflict and take == Side.THEIRS:
                value = self.theirs(name, names, homes)
            if value != own[name]:
                self.news[name] = value
        # No curator changes these.
        if "cites" in self.given and self.given["cites"] != self.base.get("cites", []):
            self.news["cites"] = self.given["cites"]
        return merged

    def theirs(self, name: str, names: ChosenNames, homes: Mapping[str, str]) -> Any:
        """Return the file's value of a field, with the curators' names of tags and clusters."""
        value = self.given[name]
        if name == "tags":
            return names.instead_of(value)
        return homes.get(value, value) if name == "cluster" else value


def fields_given(struct: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the file's values of these fields, as `loaded` stores them."""
    given = {}
    for name in names:
        value = getattr(struct, name)
        if value is not UNSET:
            given[name] = "" if value is None and name in TEXT_FIELDS else value
    return given


def other_slug(struct: Any, row: Publication | Cluster | Issue | None) -> dict[str, str]:
    """Return the slug that a file uses for a row, if it differs from the row's own."""
    return {"slug": struct.slug} if row and struct.slug and struct.slug != row.slug else {}


def incoming(
    placed: Placed, issue: Issue | None, base: Mapping[str, Any], home: str | Any | None
) -> Incoming:
    """Return an issue of a file; `home` is its cluster's slug there, or `UNSET`."""
    struct = placed.issue
    given = fields_given(struct, ISSUE_FIELDS) | {"date": struct.date.isoformat()}
    given |= other_slug(struct, issue)
    if struct.cites is not UNSET:
        given["cites"] = struct.cites or []
    if struct.tags is not UNSET:
        given["tags"] = list(unique_tags(struct.tags or ()).values())
        if given["tags"] != base.get("tags"):
            # Tags that a file lists are somebody's choice, unless the file says otherwise.
            given.setdefault("tags_guessed", base.get("tags_guessed", False))
    if home is not UNSET:
        given["cluster"] = home
        given["position"] = placed.position
    known_line = base.get("tag_line", "".join(base.get("tags", ())))
    if struct.tag_line is not UNSET and struct.tag_line != known_line:
        return Incoming(placed, issue, given, base, tag_line=struct.tag_line)
    return Incoming(placed, issue, given, base)


def _shared_url(taker: Incoming, owner: Issue) -> FileProblem:
    given = taker.placed.issue
    message = (
        f"the URL {quoted(given.url or '')} is that of {quoted(owner.title)} already; "
        f"expected one of its own"
    )
    return FileProblem("error", message, given.where, given.title)


def refuse_shared_urls(arrived: list[Incoming], stored: list[Issue]) -> None:
    """Refuse a file that gives an issue the URL of another issue that keeps it.

    Raise `Refused`. Validation has already checked for duplicates within the file.
    """
    owners = {issue.pk: issue.url_key for issue in stored}
    taking: dict[str | None, Incoming] = {}
    for each in arrived:
        if "url" in each.news:
            taking[each.placed.url_key] = each
            if each.issue:
                owners[each.issue.pk] = each.placed.url_key
    # An issue without a URL takes none away.
    taking = {key: each for key, each in taking.items() if key}
    takers = [(taking.get(owners[issue.pk]), issue) for issue in stored]
    problems = [
        _shared_url(taker, own) for taker, own in takers if taker and taker.issue is not own
    ]
    if problems:
        raise Refused(problems)
