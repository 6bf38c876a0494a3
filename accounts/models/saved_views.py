"""Named filters of the catalog."""

from django.db import models
from django.urls import reverse

from accounts.models.users import User
from catalog.models import is_filled

SAVED_QUERY_LENGTH = 2_000


class SavedView(models.Model):
    """A named filter of the catalog; `query` is its query string."""

    user = models.ForeignKey(User, models.CASCADE, related_name="views", db_index=False)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=SAVED_QUERY_LENGTH)
    is_pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="view_name", fields=["user", "name"]),
            models.CheckConstraint(name="view_filled", condition=is_filled("name")),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('issue_list')}?{self.query}"
