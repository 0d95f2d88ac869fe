from django.urls import path

from crm.planning import views

app_name = "planning"

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/adopt/", views.adopt, name="adopt"),
    path("plan/<int:pk>/take-back/", views.take_back, name="take-back"),
]
