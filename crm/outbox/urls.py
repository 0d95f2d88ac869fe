from django.urls import path

from crm.outbox import views

app_name = "outbox"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("healthz/system", views.system_health, name="system-health"),
    path("system/", views.system, name="system"),
    path("system/retry/", views.retry_all, name="retry-all"),
    path("system/<int:pk>/retry/", views.retry, name="retry"),
]
