from django.urls import path

from catalog import converters, views  # noqa: F401  converters registers what paths name

app_name = "catalog"

urlpatterns = [
    path("tags/<name:tag>/", views.tag_detail, name="tag_detail"),
    path("categories/<name:category>/", views.category_detail, name="category_detail"),
    # URLs of publications come last, because a slug may be any word that is not reserved.
    path("<name:publication>/", views.publication_detail, name="publication_detail"),
    path("<name:publication>/issues/", views.publication_issues, name="publication_issues"),
    path("<name:publication>/changes/", views.publication_changes, name="publication_changes"),
    path(
        "<name:publication>/clusters/<name:cluster>/", views.cluster_detail, name="cluster_detail"
    ),
    path("<name:publication>/<name:issue>/", views.issue_detail, name="issue_detail"),
]
