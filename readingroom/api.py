"""The API's addresses, and its own description."""

from django.urls import path

from accounts.api import changes, history, issues, me, notes, progress, queue, readings, saved_views
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
]
