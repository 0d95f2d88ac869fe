from django.urls import path

from crm.mailing import views

app_name = "mailing"

urlpatterns = [
    path("m/logo/<slug:key>/", views.logo, name="logo"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/tests/", views.tests, name="tests"),
    path("mailbox/retry/", views.retry_all, name="retry-all"),
    path("mailbox/<int:pk>/", views.detail, name="detail"),
    path("mailbox/<int:pk>/retry/", views.retry, name="retry"),
    path("mailbox/<int:pk>/html/", views.html, name="html"),
]
