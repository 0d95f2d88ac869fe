from django.urls import path

from crm.notifications import views

app_name = "notifications"

urlpatterns = [
    path("notifications/", views.notification_list, name="list"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.mark_all_read, name="read-all"),
    path("notifications/<int:pk>/open/", views.open_one, name="open"),
    path("notifications/<int:pk>/read/", views.mark_read, name="read"),
]
