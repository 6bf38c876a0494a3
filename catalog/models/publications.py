"""Categories, publications and their clusters.

A foreign key has no index of its own if another index or a constraint begins with it.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models.conditions import is_filled
from catalog.search.words import fold
from catalog.slugs import SLUG_LENGTH, name_of


class Category(models.Model):
    name = models.CharField(max_length=200, unique=True)
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(name="category_filled", condition=is_filled("name", "slug"))
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:category_detail", args=[self.slug])


class PublicationQuerySet(models.QuerySet["Publication"]):
    def for_page(self) -> Self:
        """Return publications for their own pages."""
        return self.select_related("category").defer("loaded")

    def for_list(self) -> Self:
        """Return publications as a list page shows them."""
        return self.for_page().fetch_mode(models.FETCH_RAISE)

    def by_name(self) -> list["Publication"]:
        """Fetch publications by name, ordered as titles are: a database puts Łódź after Zürich."""
        return sorted(self, key=lambda each: (fold(each.name), each.pk))

    def by_shelf(self) -> list["Publication"]:
        """Fetch publications by category, then by name."""
        return sorted(self.by_name(), key=lambda each: (fold(each.category.name), each.category_id))


class Publication(models.Model):
    """A long-running publication.

    `issue_count` is its declared total, including issues that are not listed here. `version` is
    incremented by each transaction that writes to the publication or to anything in it. `loaded`
    holds the fields as the last file gave them.
    """

    category = models.ForeignKey(Category, models.PROTECT, related_name="publications")
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    author = models.CharField(max_length=200)
    site = models.CharField(max_length=200, blank=True, default="")
    section = models.CharField(max_length=200, blank=True, default="")
    homepage = models.CharField(max_length=2000, blank=True, default="")
    feed = models.CharField(max_length=2000, blank=True, default="")
    description = models.TextField(blank=True, default="")
    issue_count = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    loaded = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="publication_filled", condition=is_filled("name", "slug", "author")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:publication_detail", args=[self.slug])

    @property
    def id_or_slug(self) -> str:
        """The id or slug that filters use for this publication."""
        return name_of(self.slug, self.pk)


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def listed(self) -> Self:
        """Leave out clusters that have been merged or archived."""
        return self.filter(archived_at=None)


class Cluster(models.Model):
    """A thematic group of issues of one publication, with the curator's blurb.

    An archived cluster has no issues. Its names lead to the cluster that it was merged into, if
    there is one.
    """

    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="clusters", db_index=False
    )
    title = models.CharField(max_length=500)
    slug = models.CharField(max_length=SLUG_LENGTH)
    blurb = models.TextField(blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    loaded = models.JSONField(default=dict, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged"
    )

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="cluster_merged_is_archived",
                condition=Q(merged_into=None) | Q(archived_at__isnull=False),
            ),
            models.UniqueConstraint(name="cluster_slug", fields=["publication", "slug"]),
            # Target of an issue's composite foreign key on PostgreSQL.
            models.UniqueConstraint(name="cluster_of_publication", fields=["id", "publication"]),
            models.CheckConstraint(name="cluster_filled", condition=is_filled("title", "slug")),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("catalog:cluster_detail", args=[self.publication.slug, self.slug])
