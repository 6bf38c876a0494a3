"""Issues with their tags and citations."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from catalog.models.conditions import is_filled
from catalog.models.publications import Cluster, Publication
from catalog.models.tags import Tag
from catalog.slugs import SLUG_LENGTH
from catalog.text import TAG_LENGTH

WORDS_A_MINUTE = 230

# Sort key of an issue of unknown length: after all others, shortest first.
UNKNOWN_LENGTH = 2_000_000_000

# The filters for curators, as conditions on an issue.
CURATORS_QUESTIONS = {
    "guessed": Q(tags_guessed=True),
    "curated": Q(is_curated=True),
    "unlinked": Q(url_key=None),
    "unsummed": Q(summary=""),
}


class Tier(models.IntegerChoices):
    """A curator's verdict on an issue; tiers 5 and 4 together are the keepers."""

    LANDMARK = 5, "Landmark"
    NOTABLE = 4, "Notable"
    THREE = 3, "3 of 5"
    TWO = 2, "2 of 5"
    ONE = 1, "1 of 5"


KEEPER_TIERS = (Tier.LANDMARK, Tier.NOTABLE)


def minutes_of(words: int | None) -> int | None:
    # Rounded half up, as the filter compares it.
    return None if words is None else max(1, int(words / WORDS_A_MINUTE + 0.5))


class IssueQuerySet(models.QuerySet["Issue"]):
    def listed(self) -> Self:
        """Leave out archived issues."""
        return self.filter(archived_at=None)

    def keepers(self) -> Self:
        return self.filter(tier__in=KEEPER_TIERS)

    def landmarks(self) -> Self:
        # The rank equals the tier and has an index.
        return self.filter(rank=Tier.LANDMARK)

    def for_cards(self) -> Self:
        """Return issues for the page of their publication, which the caller already has."""
        return self.listed().defer("loaded").fetch_mode(models.FETCH_RAISE)

    def for_list(self) -> Self:
        """Return issues for a list page; templates need no further queries."""
        return (
            self.listed()
            .select_related("publication", "cluster")
            .defer("loaded", "publication__loaded", "cluster__loaded")
            .fetch_mode(models.FETCH_RAISE)
        )

    def cards(self, number: int) -> list["Issue"]:
        """Return the first `number` issues of a sorted list, in two queries.

        The first query reads ids only. With the joins for a card in the same query, a database with
        a million issues may choose to sort instead of reading the sorted index.
        """
        ids = list(self.values_list("pk", flat=True)[:number])
        found = Issue.objects.for_list().in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def newest_first(self) -> Self:
        return self.order_by("-date", "-id")

    def tagged(self, tag: "Tag") -> Self:
        """Return a tag's issues, with the columns for `pagination.WALK` along `tag_by_date`."""
        return self.filter(issue_tags__tag=tag).annotate(
            walk_date=F("issue_tags__date"), walk_id=F("issue_tags__issue_id")
        )

    def tagged_since(self, tag: "Tag") -> Self:
        """Return the issues of a tag, with since when they have it, along `tag_by_added`."""
        return self.tagged(tag).annotate(walk_at=F("issue_tags__added_at"))

    def in_cluster_order(self) -> Self:
        return self.order_by("position", "date", "id")


class Issue(models.Model):
    """One issue of a publication.

    `tag_list` holds the tags for list pages, `[[spelling, slug], …]` in order, written together
    with the rows of `IssueTag`. `url_key` is the URL in its form for comparison, or null. `version`
    counts curated changes of this row. `sort_title` is the folded title, `rank` the tier or 0,
    `length` the words or `UNKNOWN_LENGTH`, and `cited_count` the number of other listed issues that
    cite this one; lists are sorted by them. `is_curated` is true if the row differs from the last
    file, and `reviewed_at` is the time of a curator's last review. `rated_at` and `clustered_at`
    are the times at which it got its current tier and cluster, or was restored from the archive;
    feeds are sorted by them.
    """

    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="issues", db_index=False
    )
    cluster = models.ForeignKey(
        Cluster, models.PROTECT, null=True, blank=True, related_name="issues", db_index=False
    )
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=500)
    sort_title = models.CharField(max_length=500, default="", editable=False)
    slug = models.CharField(max_length=SLUG_LENGTH)
    date = models.DateField()
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, null=True, blank=True)
    summary = models.TextField(blank=True, default="")
    tags = models.ManyToManyField(Tag, through="IssueTag", related_name="issues")
    tag_list = models.JSONField(default=list, editable=False)
    tags_guessed = models.BooleanField(default=False)
    url = models.CharField(max_length=2000, blank=True, default="")
    url_key = models.CharField(max_length=2000, null=True, editable=False)  # noqa: DJ001
    words = models.PositiveIntegerField(null=True, blank=True)
    rank = models.GeneratedField(
        expression=Coalesce("tier", 0),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    length = models.GeneratedField(
        expression=Coalesce("words", UNKNOWN_LENGTH),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    cited_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    loaded = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_curated = models.BooleanField(default=False, db_default=False, editable=False)
    rated_at = models.DateTimeField(default=timezone.now, editable=False)
    clustered_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.UniqueConstraint(name="issue_slug", fields=["publication", "slug"]),
            models.UniqueConstraint(name="issue_url_key", fields=["publication", "url_key"]),
            models.CheckConstraint(
                name="issue_tier", condition=Q(tier=None) | Q(tier__gte=1, tier__lte=5)
            ),
            models.CheckConstraint(name="issue_filled", condition=is_filled("title", "slug")),
            models.CheckConstraint(
                name="issue_url_has_key",
                condition=Q(url="", url_key=None) | (is_filled("url") & Q(url_key__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="issue_by_date", fields=["publication", "-date", "-id"]),
            models.Index(name="issue_in_cluster", fields=["cluster", "position", "date", "id"]),
            models.Index(name="issue_by_url", fields=["url_key"]),
            models.Index(name="issue_newest", fields=["-date", "-id"]),
            models.Index(name="issue_by_rank", fields=["-rank", "-date", "-id"]),
            models.Index(name="issue_most_cited", fields=["-cited_count", "-date", "-id"]),
            models.Index(name="issue_shortest", fields=["length", "id"]),
            models.Index(name="issue_by_title", fields=["sort_title", "id"]),
            # Feeds: rated issues alone, the latest rated first.
            *(
                models.Index(
                    name=name,
                    fields=[*home, "tier", "-rated_at", "-date", "-id"],
                    condition=Q(tier__isnull=False),
                )
                for name, home in (("issue_rated", []), ("issue_rated_there", ["publication"]))
            ),
            # Only few issues match a curator's filter, so these partial indexes cost next to
            # nothing.
            *(
                models.Index(name=f"issue_{name}", fields=["-date", "-id"], condition=condition)
                for name, condition in CURATORS_QUESTIONS.items()
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:issue_detail", args=[self.publication.slug, self.slug])

    @property
    def minutes(self) -> int | None:
        """Reading time in whole minutes, at least one; None where the words are not counted."""
        return minutes_of(self.words)


class IssueTag(models.Model):
    """One use of a tag: its place among the issue's tags and its spelling there.

    `date` repeats the issue's, so that a tag's page is read from one index; `added_at` is when the
    issue got the tag, and orders the tag's feed.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="issue_tags", db_index=False)
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="issue_tags", db_index=False)
    position = models.PositiveSmallIntegerField()
    spelling = models.CharField(max_length=TAG_LENGTH)
    date = models.DateField()
    added_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(name="issue_tag_once", fields=["issue", "tag"])]
        indexes = [
            models.Index(name="tag_by_date", fields=["tag", "-date", "-issue"]),
            models.Index(name="tag_by_added", fields=["tag", "-added_at", "-date", "-issue"]),
        ]

    def __str__(self) -> str:
        return self.spelling


class Citation(models.Model):
    """A link from an issue to another URL; the cited issue is found by `url_key`."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="citations", db_index=False)
    position = models.PositiveIntegerField()
    url = models.CharField(max_length=2000)
    url_key = models.CharField(max_length=2000)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(name="citation_once", fields=["issue", "url_key"]),
            models.CheckConstraint(name="citation_filled", condition=is_filled("url", "url_key")),
        ]
        indexes = [models.Index(name="citation_by_url", fields=["url_key"])]

    def __str__(self) -> str:
        return self.url
