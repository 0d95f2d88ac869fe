from django.urls import path

from campaigns.segments import views, views_members

app_name = "segments"

urlpatterns = [
    path("segments/", views.segment_list, name="list"),
    path("segments/new/", views.create, name="create"),
    path("segments/new-static/", views.create_static, name="create-static"),
    path("segments/draft/", views.draft, name="draft"),
    path("segments/preview/", views.preview, name="preview"),
    path("segments/add/", views_members.bulk_add, name="bulk-add"),
    path("segments/<int:pk>/", views.detail, name="detail"),
    path("segments/<int:pk>/count/", views.count, name="count"),
    path("segments/<int:pk>/edit/", views.edit, name="edit"),
    path("segments/<int:pk>/freeze/", views.freeze, name="freeze"),
    path("segments/<int:pk>/delete/", views.delete, name="delete"),
    path("segments/<int:pk>/export/", views.export, name="export"),
    path("segments/<int:pk>/remove/", views_members.remove, name="remove"),
]
