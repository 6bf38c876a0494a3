"""The curators' own pages, below the admin site's address."""

from django.urls import path

from catalog import converters  # noqa: F401  registers what paths name
from catalog.admin import history

app_name = "desk"

urlpatterns = [
    path("changes/<int64:batch>/", history.batch_detail, name="batch_detail"),
    path("changes/<int64:batch>/revert/", history.batch_revert, name="batch_revert"),
]
