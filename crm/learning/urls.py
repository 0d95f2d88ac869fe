from django.urls import path

from crm.learning import views

app_name = "learning"

urlpatterns = [
    path("learning/", views.learning, name="learning"),
    path("learning/try/", views.try_points, name="try"),
    path("learning/threshold/<int:to>/", views.threshold, name="threshold"),
    path("learning/threshold/<int:version>/undo/", views.threshold_undo, name="threshold-undo"),
]
