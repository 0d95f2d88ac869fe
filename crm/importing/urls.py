from django.urls import path

from crm.importing import views

app_name = "importing"

urlpatterns = [
    path("imports/", views.import_list, name="list"),
    path("imports/new/", views.create, name="create"),
    path("imports/<int:pk>/", views.detail, name="detail"),
    path("imports/<int:pk>/map/", views.map_columns, name="map"),
    path("imports/<int:pk>/layout/", views.layout, name="layout"),
    path("imports/<int:pk>/sample/", views.sample, name="sample"),
    path("imports/<int:pk>/check/", views.check, name="check"),
    path("imports/<int:pk>/run/", views.run, name="run"),
    path("imports/<int:pk>/errors/", views.error_file, name="errors"),
    path("imports/<int:pk>/undo/", views.undo, name="undo"),
    path("imports/<int:pk>/discard/", views.discard, name="discard"),
]
