"""URLs of the curators' own pages, below the admin site."""

from django.urls import path

from catalog import converters  # noqa: F401  registers what paths name
from catalog.admin import (
    cluster_pages,
    conflict_pages,
    desk_pages,
    history,
    load_pages,
    tag_pages,
    tag_pairs,
)

app_name = "desk"

urlpatterns = [
    path("", desk_pages.desk, name="desk"),
    path("tags/", desk_pages.tags, name="tags"),
    path("undo/", desk_pages.undo, name="undo"),
    path("issues/<int64:issue>/tier/", desk_pages.issue_tier, name="issue_tier"),
    path("issues/<int64:issue>/cluster/", desk_pages.issue_cluster, name="issue_cluster"),
    path("issues/<int64:issue>/tags/", desk_pages.issue_tags, name="issue_tags"),
    path("issues/<int64:issue>/summary/", desk_pages.issue_summary, name="issue_summary"),
    path("issues/<int64:issue>/review/", desk_pages.issue_review, name="issue_review"),
    path("issues/<int64:issue>/accept/", desk_pages.issue_accept, name="issue_accept"),
    path("changes/<int64:batch>/", history.batch_detail, name="batch_detail"),
    path("changes/<int64:batch>/revert/", history.batch_revert, name="batch_revert"),
    path("objects/<str:kind>/<int64:pk>/", history.object_history, name="object_history"),
    path("tags/merge/", tag_pages.tag_merge, name="tag_merge"),
    path("tags/<int64:tag>/rename/", tag_pages.tag_rename, name="tag_rename"),
    path("tags/<int64:tag>/split/", tag_pages.tag_split, name="tag_split"),
    path("tags/<int64:tag>/delete/", tag_pages.tag_delete, name="tag_delete"),
    path("tags/<int64:tag>/restore/", tag_pages.tag_restore, name="tag_restore"),
    path("duplicates/", tag_pairs.duplicates, name="duplicates"),
    path("duplicates/<int64:away>/<int64:into>/merge/", tag_pairs.pair_merge, name="pair_merge"),
    path(
        "duplicates/<int64:away>/<int64:into>/dismiss/",
        tag_pairs.pair_dismiss,
        name="pair_dismiss",
    ),
    path(
        "duplicates/<int64:away>/<int64:into>/restore/",
        tag_pairs.pair_restore,
        name="pair_restore",
    ),
    path(
        "publications/<int64:publication>/clusters/",
        cluster_pages.cluster_order,
        name="cluster_order",
    ),
    path("clusters/preview/", cluster_pages.cluster_preview, name="cluster_preview"),
    path(
        "clusters/<int64:cluster>/preview/", cluster_pages.cluster_preview, name="cluster_preview"
    ),
    path("clusters/<int64:cluster>/merge/", cluster_pages.cluster_merge, name="cluster_merge"),
    path("clusters/<int64:cluster>/split/", cluster_pages.cluster_split, name="cluster_split"),
    path("loads/new/", load_pages.load_new, name="load_new"),
    path("loads/apply/", load_pages.load_apply, name="load_apply"),
    path("conflicts/", conflict_pages.conflict_list, name="conflicts"),
    path("conflicts/settle/", conflict_pages.conflict_settle, name="conflict_settle"),
    path("conflicts/reopen/", conflict_pages.conflict_reopen, name="conflict_reopen"),
]
