from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter
from django.urls.converters import IntConverter

from accounts.views import account, queue, readings

app_name = "accounts"


class Int64(IntConverter):
    """An id that a database can hold; a longer number is no address."""

    regex = "[0-9]{1,18}"


register_converter(Int64, "int64")

urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("account/password/", account.PasswordView.as_view(), name="password_change"),
    path("theme/", account.theme_update, name="theme_update"),
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
    path("queue/cluster/", queue.cluster_queue, name="cluster_queue"),
]
