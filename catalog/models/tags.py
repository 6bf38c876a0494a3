"""Tags, and pairs of tags that are not duplicates."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from catalog.models.conditions import is_filled
from catalog.slugs import SLUG_LENGTH
from catalog.text import TAG_KEY_LENGTH, TAG_LENGTH


class TagQuerySet(models.QuerySet["Tag"]):
    def listed(self) -> Self:
        """Leave out retired names."""
        return self.filter(retired_at=None)

    def retired(self) -> Self:
        return self.filter(retired_at__isnull=False)


class Tag(models.Model):
    """A subject. `key` is common to all its spellings, `name` is the most frequent spelling.

    If a curator has chosen the name (`is_named`), each use is spelt that way. A retired tag has no
    uses; its name resolves to the tags in `stands_for`: the tag that it was merged into, the tags
    that it was split into, or none if it was deleted. Loads and searches follow this.
    """

    name = models.CharField(max_length=TAG_LENGTH)
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    key = models.CharField(max_length=TAG_KEY_LENGTH, unique=True)
    is_named = models.BooleanField(default=False, db_default=False, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    stands_for = models.ManyToManyField(
        "self", symmetrical=False, blank=True, editable=False, related_name="aliases"
    )

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(name="tag_filled", condition=is_filled("name", "slug", "key"))
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:tag_detail", args=[self.slug])


class DismissedPair(models.Model):
    """Two similar tags that a curator has dismissed as duplicates; `first` has the lower id."""

    first = models.ForeignKey(Tag, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="dismissed_once", fields=["first", "second"]),
            models.CheckConstraint(name="dismissed_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"
