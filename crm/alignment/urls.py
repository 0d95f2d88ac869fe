from django.urls import path

from crm.alignment import views

app_name = "alignment"

urlpatterns = [
    path("alignment/", views.alignment, name="alignment"),
    path("alignment/definition/", views.definition_panel, name="definition"),
    path("alignment/definition/<int:pk>/sign/", views.sign, name="sign"),
    path("alignment/history/", views.history_panel, name="history"),
    path("alignment/targets/<slug:measure>/", views.promise, name="promise"),
]
