"""The API's addresses, and its own description."""

from django.urls import path

from accounts.api import issues
from readingroom import schema  # noqa: F401  registers how the API describes its tokens

app_name = "api"

urlpatterns = [
    path("issues", issues.IssueList.as_view(), name="issue_list"),
]
