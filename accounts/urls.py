from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import account, home, notes, progress, queue, quick, readings, saved_views
from catalog import converters  # noqa: F401  registers what paths name

app_name = "accounts"


urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("account/password/", account.PasswordView.as_view(), name="password_change"),
    path("theme/", account.theme_update, name="theme_update"),
    path("account/", account.account_detail, name="account_detail"),
    path("changes/seen/", home.changes_seen, name="changes_seen"),
    path("readings/mark/", readings.reading_mark, name="reading_mark"),
    path("readings/bulk/", readings.reading_bulk, name="reading_bulk"),
    path("readings/of/<int64:issue>/", readings.reading_list, name="reading_list"),
    path("readings/of/<int64:issue>/add/", readings.reading_add, name="reading_add"),
    path("readings/<int64:reading>/", readings.reading_update, name="reading_update"),
    path("readings/<int64:reading>/drop/", readings.reading_drop, name="reading_drop"),
    path("history/", readings.act_list, name="act_list"),
    path("history/<int64:act>/undo/", readings.act_undo, name="act_undo"),
    path("queue/", queue.queue_detail, name="queue"),
    path("queue/move/", queue.queue_move, name="queue_move"),
    path("queue/order/", queue.queue_arrange, name="queue_arrange"),
    path("notes/", notes.note_list, name="note_list"),
    path("notes/export.md", notes.note_export, name="note_export"),
    path("notes/preview/", notes.note_preview, name="note_preview"),
    path("notes/new/<int64:issue>/", notes.note_create, name="note_create"),
    path("notes/<int64:note>/", notes.note_detail, name="note_detail"),
    path("notes/<int64:note>/edit/", notes.note_update, name="note_update"),
    path("notes/<int64:note>/history/", notes.note_history, name="note_history"),
    path("notes/<int64:note>/history/<int64:version>/", notes.note_revert, name="note_revert"),
    path("notes/<int64:note>/delete/", notes.note_delete, name="note_delete"),
    path("notes/<int64:note>/restore/", notes.note_restore, name="note_restore"),
    path(
        "<name:publication>/booklet/<name:cluster>/booklet.md",
        notes.booklet_export,
        name="booklet_export",
    ),
    path("<name:publication>/booklet/<name:cluster>/", notes.booklet_detail, name="booklet_detail"),
    path("search/quick/", quick.quick_search, name="quick_search"),
    path("progress/", progress.progress_detail, name="progress"),
    path("progress/parts/", progress.progress_parts, name="progress_parts"),
    path("progress/coverage/", progress.coverage_detail, name="coverage"),
    path("progress/<int64:year>/", progress.year_detail, name="year"),
    path("views/", saved_views.view_list, name="view_list"),
    path("views/new/", saved_views.view_create, name="view_create"),
    path("views/<int64:view>/", saved_views.view_update, name="view_update"),
    path("views/<int64:view>/delete/", saved_views.view_delete, name="view_delete"),
    path("views/<int64:view>/next/", saved_views.view_next, name="view_next"),
    path("queue/cluster/", queue.cluster_queue, name="cluster_queue"),
]
