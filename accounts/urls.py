from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import (
    account,
    feeds,
    home,
    notes,
    progress,
    queue,
    quick,
    readings,
    saved_views,
    tokens,
)
from catalog import converters  # noqa: F401  registers what paths name

app_name = "accounts"

# Feeds of the catalog, which a token in the address opens too.
FEED_URLS = [
    ("keepers", "<name:publication>/keepers", feeds.keepers_feed),
    ("tier", "catalog/tier-<int64:tier>", feeds.tier_feed),
    ("publication_tier", "<name:publication>/tier-<int64:tier>", feeds.keepers_feed),
    ("cluster", "<name:publication>/clusters/<name:cluster>", feeds.cluster_feed),
    ("tag", "tags/<name:tag>", feeds.tag_feed),
    ("changes", "<name:publication>/changes", feeds.changes_feed),
]

urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("account/password/", account.PasswordView.as_view(), name="password_change"),
    path("theme/", account.theme_update, name="theme_update"),
    path("account/", account.account_detail, name="account_detail"),
    path("account/tokens/", tokens.token_list, name="token_list"),
    path("account/tokens/new/", tokens.token_create, name="token_create"),
    path("account/tokens/new-feed/", tokens.feed_token_create, name="feed_token_create"),
    path("account/tokens/<int64:token>/revoke/", tokens.token_revoke, name="token_revoke"),
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
    path("notes/deleted/", notes.deleted_list, name="note_deleted_list"),
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
    *(
        path(f"{address}.{kind}", view, {"kind": kind}, name=f"{name}_{kind}")
        for name, address, view in FEED_URLS
        for kind in ("atom", "json")
    ),
    path("publications.opml", feeds.publications_opml, name="publications_opml"),
]
