from django.urls import path

from deals.qualification import views

app_name = "qualification"

urlpatterns = [
    path("leads/<int:pk>/qualification/", views.lead_panel, name="lead-panel"),
    path("leads/<int:pk>/qualification/edit/", views.lead_edit, name="lead-edit"),
    path("deals/<int:pk>/qualification/", views.deal_tab, name="deal"),
    path("deals/<int:pk>/qualification/edit/", views.deal_edit, name="deal-edit"),
]
