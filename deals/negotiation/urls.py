from django.urls import path

from deals.negotiation import views

app_name = "negotiation"

urlpatterns = [
    path("deals/<int:pk>/negotiation/", views.log, name="log"),
    path("deals/<int:pk>/negotiation/new/", views.create, name="create"),
    path("negotiation/<int:pk>/", views.edit, name="edit"),
    path("negotiation/<int:pk>/<slug:status>/", views.answer, name="answer"),
]
