"""The log of changes, and the conflicts that curators have yet to settle.

The change set is the unit of the log: one load, edit or revert.
"""

from django.conf import settings
from django.db import models


class ChangeBatch(models.Model):
    """A change set: the load of a file, an edit by a curator, or a revert.

    `reverts` is the change set that this one reverts, as a whole or for one object. `is_dumped`
    means that the catalog was dumped in the state after this change set (see
    `catalog.loading.dump_history`).
    """

    class Kind(models.TextChoices):
        LOAD = "load"
        EDIT = "edit"
        REVERT = "revert"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)
    reverts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reverted_by"
    )
    is_dumped = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "change batches"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source} {self.at:%Y-%m-%d %H:%M}"


class Change(models.Model):
    """One field of one object, before and after; an empty `field` is the object's making.

    The log is append-only: history, undo and feeds are read from it.
    """

    class Kind(models.TextChoices):
        CATEGORY = "category"
        PUBLICATION = "publication"
        CLUSTER = "cluster"
        ISSUE = "issue"
        TAG = "tag"

    batch = models.ForeignKey(ChangeBatch, models.PROTECT, related_name="changes")
    publication = models.ForeignKey(
        "catalog.Publication",
        models.PROTECT,
        null=True,
        related_name="changes",
        db_index=False,
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    object_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=32, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="change_of_object", fields=["kind", "object_id", "-id"]),
            models.Index(name="change_of_publication", fields=["publication", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.field or 'made'}"


class Conflict(models.Model):
    """A field that both a load and a curator changed, with the value of the file.

    The curator's value stays until the conflict is settled. `theirs` is encoded as in the log.
    """

    batch = models.ForeignKey(ChangeBatch, models.PROTECT, related_name="conflicts")
    publication = models.ForeignKey("catalog.Publication", models.PROTECT, related_name="conflicts")
    kind = models.CharField(max_length=12, choices=Change.Kind.choices)
    object_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=32)
    theirs = models.JSONField(null=True)

    class Meta:
        ordering = ["publication", "kind", "object_id", "field"]
        constraints = [
            models.UniqueConstraint(name="conflict_once", fields=["kind", "object_id", "field"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.field}"
