"""The API's addresses, and its own description."""

from django.urls import path

from accounts.api import (
    changes,
    history,
    issues,
    me,
    notes,
    progress,
    queue,
    readings,
    saved_views,
    search,
)
from catalog.api import (
    batches,
    bulk,
    categories,
    cluster_acts,
    clusters,
    conflicts,
    desk,
    duplicates,
    loads,
    publications,
    tag_acts,
    tags,
)
from catalog.api import changes as publication_changes
from readingroom import schema

app_name = "api"

urlpatterns = [
    path("schema", schema.Schema.as_view(), name="schema"),
    path("docs", schema.docs, name="docs"),
    path("issues", issues.IssueList.as_view(), name="issue_list"),
    path("issues/<str:issue>/reading", readings.IssueReading.as_view(), name="issue_reading"),
    path("issues/<str:issue>/readings", readings.IssueReadings.as_view(), name="issue_readings"),
    path("readings", readings.ReadingList.as_view(), name="reading_list"),
    path("readings/bulk", readings.ReadingBulk.as_view(), name="reading_bulk"),
    path("readings/<str:reading>", readings.ReadingDetail.as_view(), name="reading"),
    path("history", history.ActList.as_view(), name="act_list"),
    path("history/<str:act>", history.ActDetail.as_view(), name="act"),
    path("history/<str:act>/undo", history.ActUndo.as_view(), name="act_undo"),
    path("queue", queue.QueueDetail.as_view(), name="queue"),
    path("queue/move", queue.QueueMove.as_view(), name="queue_move"),
    path("queue/cluster", queue.QueueCluster.as_view(), name="queue_cluster"),
    path("notes", notes.NoteList.as_view(), name="note_list"),
    path("notes/deleted", notes.DeletedNotes.as_view(), name="note_deleted_list"),
    path("notes/<str:note>", notes.NoteDetail.as_view(), name="note"),
    path("notes/<str:note>/history", notes.NoteHistory.as_view(), name="note_history"),
    path("notes/<str:note>/restore", notes.NoteRestore.as_view(), name="note_restore"),
    path("views", saved_views.ViewList.as_view(), name="view_list"),
    path("views/<str:view>", saved_views.ViewDetail.as_view(), name="view"),
    path("views/<str:view>/next", saved_views.ViewNext.as_view(), name="view_next"),
    path("progress", progress.ProgressDetail.as_view(), name="progress"),
    path("progress/coverage", progress.CoverageDetail.as_view(), name="progress_coverage"),
    path("progress/<str:year>", progress.YearDetail.as_view(), name="progress_year"),
    path("changes", changes.ChangeList.as_view(), name="changes"),
    path("changes/seen", changes.ChangesSeen.as_view(), name="changes_seen"),
    path("me", me.MeDetail.as_view(), name="me"),
    path("export", me.Export.as_view(), name="export"),
    # What is of the catalog, and what curators do to it.
    path("categories", categories.CategoryList.as_view(), name="category_list"),
    path("categories/<str:category>", categories.CategoryDetail.as_view(), name="category_detail"),
    path("publications", publications.PublicationList.as_view(), name="publication_list"),
    path(
        "publications/<str:publication>",
        publications.PublicationDetail.as_view(),
        name="publication_detail",
    ),
    path(
        "publications/<str:publication>/changes",
        publication_changes.PublicationChanges.as_view(),
        name="publication_changes",
    ),
    path(
        "publications/<str:publication>/clusters",
        clusters.ClusterList.as_view(),
        name="cluster_list",
    ),
    path(
        "publications/<str:publication>/clusters/order",
        cluster_acts.ClusterOrderAct.as_view(),
        name="cluster_order",
    ),
    path(
        "publications/<str:publication>/issues/<str:issue>",
        issues.IssueOfPublication.as_view(),
        name="publication_issue",
    ),
    path("clusters/<str:cluster>", clusters.ClusterDetail.as_view(), name="cluster_detail"),
    path(
        "clusters/<str:cluster>/merge", cluster_acts.ClusterMergeAct.as_view(), name="cluster_merge"
    ),
    path(
        "clusters/<str:cluster>/split", cluster_acts.ClusterSplitAct.as_view(), name="cluster_split"
    ),
    path("issues/bulk", bulk.IssueBulk.as_view(), name="issue_bulk"),
    path("issues/<str:issue>", issues.IssueDetail.as_view(), name="issue_detail"),
    path("issues/<str:issue>/history", batches.IssueHistory.as_view(), name="issue_history"),
    path("issues/<str:issue>/proposals", desk.IssueProposals.as_view(), name="issue_proposals"),
    path("walks/<str:walk>", desk.WalkDetail.as_view(), name="walk"),
    path("tags", tags.TagList.as_view(), name="tag_list"),
    path("tags/<str:tag>", tags.TagDetail.as_view(), name="tag_detail"),
    path("tags/<str:tag>/merge", tag_acts.TagMergeAct.as_view(), name="tag_merge"),
    path("tags/<str:tag>/rename", tag_acts.TagRenameAct.as_view(), name="tag_rename"),
    path("tags/<str:tag>/split", tag_acts.TagSplitAct.as_view(), name="tag_split"),
    path("tags/<str:tag>/restore", tag_acts.TagRestoreAct.as_view(), name="tag_restore"),
    path("facets", search.FacetList.as_view(), name="facet_list"),
    path("search", search.Search.as_view(), name="search"),
    path("batches", batches.BatchList.as_view(), name="batch_list"),
    path("batches/<str:batch>", batches.BatchDetail.as_view(), name="batch_detail"),
    path("batches/<str:batch>/changes", batches.BatchChanges.as_view(), name="batch_changes"),
    path("batches/<str:batch>/revert", batches.BatchRevert.as_view(), name="batch_revert"),
    path("conflicts", conflicts.ConflictList.as_view(), name="conflict_list"),
    path("conflicts/reopen", conflicts.ConflictReopen.as_view(), name="conflict_reopen"),
    path("conflicts/settle", conflicts.ConflictSettle.as_view(), name="conflict_settle"),
    path("duplicates", duplicates.DuplicateList.as_view(), name="duplicate_list"),
    path("duplicates/dismiss", duplicates.DuplicateDismiss.as_view(), name="duplicate_dismiss"),
    path("duplicates/restore", duplicates.DuplicateRestore.as_view(), name="duplicate_restore"),
    path("loads", loads.LoadList.as_view(), name="load_list"),
    path("dump", loads.Dump.as_view(), name="dump"),
    path("dump/csv", loads.DumpCsv.as_view(), name="dump_csv"),
    path("dump/page", loads.DumpPage.as_view(), name="dump_page"),
]
