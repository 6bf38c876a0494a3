from django.urls import path

from catalog import views

app_name = "catalog"

urlpatterns = [
    path("tags/<str:tag>/", views.tag_detail, name="tag_detail"),
    path("categories/<str:category>/", views.category_detail, name="category_detail"),
    # A publication's own addresses come last: its slug may be any word that is not reserved.
    path("<str:publication>/", views.publication_detail, name="publication_detail"),
    path("<str:publication>/issues/", views.publication_issues, name="publication_issues"),
    path("<str:publication>/clusters/<str:cluster>/", views.cluster_detail, name="cluster_detail"),
    path("<str:publication>/<str:issue>/", views.issue_detail, name="issue_detail"),
]
