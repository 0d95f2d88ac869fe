from django.urls import path

from crm.audit import history_views, views

app_name = "audit"

urlpatterns = [
    path("audit/", views.audit, name="list"),
    path("audit/settings/", history_views.settings, name="settings"),
    path("history/<slug:app>/<slug:model>/<int:pk>/", history_views.record, name="record"),
]
