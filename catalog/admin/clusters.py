"""The list and the form of clusters."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from catalog.admin.base import LoggedAdmin
from catalog.models import Cluster


@admin.register(Cluster)
class ClusterAdmin(LoggedAdmin):
    fields = ("publication", "title", "blurb", "position")
    list_display = ("title", "publication", "position")
    list_filter = ("publication",)
    list_select_related = ("publication",)
    search_fields = ("title",)
    ordering = ("publication", "position", "id")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        # Its issues are of the publication that it was made in.
        return ("publication",) if obj else ()
