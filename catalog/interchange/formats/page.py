"""The text of a Reading Room page: one publication with its clusters and cards.

A page has no markup: a paragraph is a title because a counts line or a TIER line follows it.
Paragraphs are therefore interpreted by position, whatever they look like, as long as the positions
are consistent. After an inconsistency the parser searches for the next title and reports the error
once, at its paragraph.
"""

import datetime
from collections import Counter

from catalog.interchange.document import (
    ClusterEntry,
    Document,
    FileProblem,
    IssueEntry,
    PublicationEntry,
)
from catalog.interchange.formats.json import is_json
from catalog.interchange.formats.page_lines import (
    COUNTS_EXAMPLE,
    STATS_EXAMPLE,
    TIER_EXAMPLE,
    Paragraph,
    counts_line_of,
    is_cut_short,
    is_faulty_counts_line,
    is_faulty_tier_line,
    is_tier_line,
    paragraphs_of,
    stats_line_of,
    tier_and_date,
)
from catalog.interchange.formats.values import stripped
from catalog.text import quoted, text_fault

HEADER = ("site and section", "category", "publication", "author")
ARROW = "←"
RULE = " ---"


def is_page(text: str) -> bool:
    """Tell whether the beginning of a text has a line that only pages have."""
    first = paragraphs_of(text[:20_000])
    # A text that begins like HTML is a page only if it has a page header.
    first = first[: len(HEADER) + 1 if first and first[0].text.startswith("<") else 40]
    return any(
        (place == 0 and ARROW in each.text)
        or stats_line_of(each.text)
        or counts_line_of(each.text)
        or is_tier_line(each.text)
        for place, each in enumerate(first)
    )


def parse_page(text: str) -> tuple[Document, list[FileProblem]]:
    """Parse a page; tags are returned glued in `IssueEntry.tag_line`, and `tags` is unset."""
    reader = _PageReader(paragraphs_of(text))
    reader.read()
    # Without a header there is no publication to check further rules against.
    found = [reader.publication] if reader.publication.name else []
    return Document(publications=found), reader.problems


class _PageReader:
    """One pass over the paragraphs of a page."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self.end = len(paragraphs)
        self.problems: list[FileProblem] = []
        self.clusters: list[ClusterEntry] = []
        self.publication = PublicationEntry(name="", category="", author="", clusters=self.clusters)
        self.cluster: ClusterEntry | None = None
        self.has_clusters = False
        # The title of the last card or cluster, for errors in the paragraphs after it.
        self.previous = ""
        # Positions of clusters without errors; only their counts are compared with the cards.
        self.unsound: set[int] = set()
        self.counts: list[tuple[str, int, int]] = []
        self.stats: tuple[int, int, int, int] | None = None

    def read(self) -> None:
        at = self._read_header()
        if at is None:
            return
        self.has_clusters = any(self._is_cluster(place) for place in range(at, self.end))
        if not self.has_clusters:
            self._report_no_clusters(at)
        while at < self.end:
            if self._is_cluster(at):
                at = self._read_cluster(at)
            elif self._is_card(at):
                at = self._read_card(at)
            else:
                at = self._report_strays(at)
        self._drop_rules()
        self._compare_counts()

    # The following paragraph decides the role of a paragraph.

    def _text(self, at: int) -> str:
        return self.paragraphs[at].text if at < self.end else ""

    def _line(self, at: int) -> str:
        return self.paragraphs[min(at, self.end - 1)].line

    def _is_cluster(self, at: int) -> bool:
        following = self._text(at + 1)
        return counts_line_of(following) is not None or is_faulty_counts_line(following)

    def _is_card(self, at: int) -> bool:
        following = self._text(at + 1)
        return is_tier_line(following) or is_faulty_tier_line(following)

    def _next_title(self, at: int) -> int:
        while at < self.end and not (self._is_cluster(at) or self._is_card(at)):
            at += 1
        return at

    def _error(self, at: int, message: str, title: str = "") -> None:
        self.problems.append(FileProblem("error", message, self._line(at), title))
        self.unsound.add(len(self.counts))

    def _check_text(self, at: int, title: str = "") -> None:
        """Report a text fault in a paragraph that reaches no field of the document."""
        if fault := text_fault(self._text(at)):
            self._error(at, fault, title)

    # Header.

    def _read_header(self) -> int | None:
        """Return the index at which the body begins, or None if the text is not a page at all."""
        at = self._find_stats()
        if at != len(HEADER) and is_json(self._text(0)):
            self._error(0, "JSON found, expected the text of a Reading Room page")
            return None
        self._read_publication(at)
        if at is None:
            return self._report_no_stats()
        if at != len(HEADER):
            self._error(
                at,
                f"{at} {'paragraph' if at == 1 else 'paragraphs'} found before the stats line, "
                f"expected {len(HEADER)}: {', '.join(HEADER)}",
            )
        self._check_text(at)
        self.stats = stats_line_of(self._text(at))
        if self.stats:
            self.publication.issue_count = self.stats[0]
        return at + 1

    def _read_publication(self, stats_at: int | None) -> None:
        """Read the lines before the stats line, if they are as many as expected."""
        publication = self.publication
        site, _arrow, section = self._text(0).partition(ARROW)
        publication.site = stripped(site) or None
        publication.section = stripped(section) or None
        if stats_at == len(HEADER):
            names = self.paragraphs[1:4]
            publication.category, publication.name, publication.author = (p.text for p in names)
            fields = ("site", "category", "name", "author", "issue_count")
            publication.places = {
                field: paragraph.line
                for field, paragraph in zip(fields, self.paragraphs, strict=False)
            }
            publication.places["section"] = publication.places["site"]
            publication.where = publication.places["name"]
        else:
            # The lines cannot be assigned, so validation must not check these fields.
            publication.name = publication.category = publication.author = "?"
            for place in range(min(stats_at or len(HEADER), self.end)):
                self._check_text(place)

    def _find_stats(self) -> int | None:
        expected = len(HEADER)
        if stats_line_of(self._text(expected)):
            return expected
        body = self._next_title(0)
        found = (at for at in range(min(body, 2 * expected)) if stats_line_of(self._text(at)))
        return next(found, None)

    def _report_no_stats(self) -> int:
        """Return where the body begins."""
        expected = len(HEADER)
        if self.end <= expected:
            self._error(
                self.end,
                f"the file ends in the header: {self.end} of its paragraphs found, expected "
                f"{', '.join(HEADER)} and the stats line as {STATS_EXAMPLE}",
            )
            return self.end
        found = self._text(expected)
        is_broken = "·" in found and not self._is_cluster(expected)
        self._error(
            expected,
            f"{quoted(found)} found in the header after the author, expected the stats line as "
            f"{STATS_EXAMPLE}",
        )
        return expected + 1 if is_broken else expected

    def _report_no_clusters(self, at: int) -> None:
        card = self._next_title(at)
        self._error(
            at,
            f"no clusters found after the header, expected a cluster title and a counts line as "
            f"{COUNTS_EXAMPLE} before the first card",
            self._text(card),
        )

    # Clusters and cards.

    def _read_cluster(self, at: int) -> int:
        """Read title, counts and blurb; return where its first card begins."""
        title = self._text(at)
        counts = counts_line_of(self._text(at + 1))
        self.counts.append((self._line(at + 1), *(counts or (0, 0))))
        if counts is None:
            found = quoted(self._text(at + 1))
            message = f"{found} found, expected a counts line as {COUNTS_EXAMPLE}, zeros included"
            self._error(at + 1, message, title)
        self._check_text(at + 1, title)
        self.cluster = ClusterEntry(title=title, issues=[], where=self._line(at))
        self.clusters.append(self.cluster)
        self.previous = title
        card = at + 3
        if not is_tier_line(self._text(card + 1)):
            card = self._next_title(at + 2)
            self._report_cluster(at, card)
            if card == at + 2:
                return card
        self.cluster.blurb = self._text(at + 2)
        self.cluster.places = {"blurb": self._line(at + 2)}
        return at + 3

    def _report_cluster(self, at: int, card: int) -> None:
        """Report a cluster whose first card is not where it must be, but at `card`."""
        title, found = self._text(at), card - at - 2
        expected = "expected cards" if found == 1 else "expected a blurb and then cards"
        if card == self.end and found <= 1:
            after = "blurb" if found else "counts line"
            self._error(card, f"the file ends after this cluster’s {after}, {expected}", title)
        elif card < self.end and self._is_cluster(card):
            if found <= 1:
                message = (
                    f"no cards found before the cluster {quoted(self._text(card))}, {expected}"
                )
                self._error(card, message, title)
        elif found == 0:
            message = (
                f"only {quoted(self._text(card))} found between the counts line and the first TIER "
                f"line, expected a blurb and then the first card’s title"
            )
            self._error(card, message, title)

    def _read_card(self, at: int) -> int:
        """Read a card; return where the paragraphs after its tag line begin."""
        title = self._text(at)
        if self.cluster is None and self.has_clusters and not self.publication.issues:
            self._error(
                at,
                "a card before any cluster, expected a cluster title and a counts line as "
                f"{COUNTS_EXAMPLE} first",
                title,
            )
        tier, day, faults = tier_and_date(self._text(at + 1))
        for fault in faults:
            self._error(at + 1, fault, title)
        self._check_text(at + 1, title)
        # A placeholder for an invalid date keeps the card for the remaining checks.
        issue = IssueEntry(
            title=title,
            date=day or datetime.date.min,
            tier=tier,
            where=self._line(at),
            places={"tier": self._line(at + 1), "date": self._line(at + 1)},
        )
        home = self.cluster or self.publication
        home.issues.append(issue)
        self.previous = title
        summary = at + 2
        after = self._end_of_card(summary)
        if after < summary + 2 or after > self.end:
            self._report_card(at, min(after, self.end))
            return min(after, self.end)
        issue.summary, issue.tag_line = self._text(summary), self._text(summary + 1)
        issue.places["summary"] = self._line(summary)
        issue.places["tag_line"] = self._line(summary + 1)
        return after

    def _end_of_card(self, summary: int) -> int:
        """Return where a card ends: after its tag line, or where the next one begins."""
        after = summary + 2
        if after != self.end and not self._is_cluster(after) and not self._is_card(after):
            after = min(after, self._next_title(summary))
        return after

    def _report_card(self, at: int, after: int) -> None:
        """Report a card that has a title and a TIER line, but less than two paragraphs more."""
        title, found = self._text(at), self._text(at + 2) if after > at + 2 else ""
        expected = "expected a summary and then a tag line"
        begin = "the file ends in this card: " if after == self.end else ""
        until = "" if after == self.end else f" before {quoted(self._text(after))}"
        if not found:
            message = f"{begin}nothing found after the TIER line{until}, {expected}"
            self._error(min(at + 1, after), message, title)
            return
        missing = "tag line" if _is_prose(found) else "summary"
        message = f"{begin}no {missing} found, only {quoted(found)}{until}, {expected}"
        self._error(at + 2, message, title)
        self._check_text(at + 2, title)

    # Paragraphs that belong to no card.

    def _report_strays(self, at: int) -> int:
        """Report the paragraphs from `at` to the next title; return where that is."""
        after = self._next_title(at)
        for place in range(at, after):
            if stats_line_of(self._text(place)):
                return self._report_second_page(place)
        for place in range(at, after):
            self._check_text(place, self.previous)
        if after == self.end:
            last = (
                after - 2 if after - at > 1 and is_cut_short(self._text(after - 1)) else after - 1
            )
            self._report_each_stray(at, last)
            self._report_unfinished(last)
        elif after - at == 3:
            message = (
                f"no TIER line found after this title, expected one as {TIER_EXAMPLE}"
                f"{self._follows()}"
            )
            self._error(at, message, self._text(at))
        else:
            self._report_each_stray(at, after)
        return after

    def _report_each_stray(self, at: int, after: int) -> None:
        for place in range(at, after):
            expected = f"expected a title and then a TIER line as {TIER_EXAMPLE} or a counts line"
            whose = "this card" if self.previous else "the header"
            message = (
                f"{quoted(self._text(place))} found after {whose}, part of no card; {expected}"
            )
            self._error(place, message, self.previous)

    def _report_unfinished(self, at: int) -> None:
        rest = self._text(at + 1)
        found = f"only {quoted(rest)} found after its title" if rest else "found its title only"
        message = (
            f"the file ends in this card or cluster: {found}, expected a TIER line as "
            f"{TIER_EXAMPLE} or a counts line as {COUNTS_EXAMPLE}{self._follows()}"
        )
        self._error(at, message, self._text(at))

    def _follows(self) -> str:
        return f"; it follows {quoted(self.previous)}" if self.previous else ""

    def _report_second_page(self, stats: int) -> int:
        """Report a second page at its first line; its content is not parsed."""
        begin = stats - len(HEADER)
        message = (
            f"a second page begins at {quoted(self._text(begin))}, with the stats line "
            f"{quoted(self._text(stats))}; expected one page in a file"
        )
        self._error(begin, message, self.previous)
        return self.end

    # The whole.

    def _drop_rules(self) -> None:
        """Take the layout's rule off each cluster's last summary."""
        for cluster in self.clusters:
            if cluster.issues and isinstance(summary := cluster.issues[-1].summary, str):
                cluster.issues[-1].summary = stripped(summary.removesuffix(RULE))

    def _compare_counts(self) -> None:
        """Warn if declared counts contradict the cards, unless an error may be the reason."""
        if self.stats and not self.problems:
            _, keepers, tier5, tier4 = self.stats
            issues = [issue for _, _, issue in self.publication.placed_issues()]
            line = self.publication.places["issue_count"]
            self._compare(line, "", issues, {"keepers": keepers, "tier-5": tier5, "tier-4": tier4})
        for number, (line, tier5, tier4) in enumerate(self.counts, start=1):
            cluster = self.clusters[number - 1]
            if number not in self.unsound:
                declared = {"tier-5": tier5, "tier-4": tier4}
                self._compare(line, cluster.title, cluster.issues, declared)

    def _compare(
        self, line: str, title: str, issues: list[IssueEntry], declared: dict[str, int]
    ) -> None:
        tiers = Counter(issue.tier for issue in issues)
        present = {"keepers": tiers[5] + tiers[4], "tier-5": tiers[5], "tier-4": tiers[4]}
        for kind, figure in declared.items():
            if figure != present[kind]:
                message = f"{figure} {kind} declared, {present[kind]} present"
                self.problems.append(FileProblem("warning", message, line, title))


def _is_prose(text: str) -> bool:
    """Guess whether a paragraph is a summary rather than a tag line."""
    return len(text) > 200 or ". " in text or text.endswith((".", "!", "?", "…", "。", RULE))
