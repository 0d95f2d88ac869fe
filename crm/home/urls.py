from django.urls import path

from crm.home import views, views_manager, views_marketing

urlpatterns = [
    path("", views.home, name="home"),
    path("home/deals/", views.deals_needing, name="home-deals"),
    path("home/campaigns/", views_marketing.campaigns_running, name="home-campaigns"),
    path("home/feedback/", views_marketing.said_by_sales, name="home-feedback"),
    path("home/breached/", views_manager.breached, name="home-breached"),
    path("home/reps/", views_manager.reps, name="home-reps"),
    path("home/risks/", views_manager.risks, name="home-risks"),
    path("home/conversion/", views_manager.conversion, name="home-conversion"),
    path("rebalance/", views_manager.rebalance, name="home-rebalance"),
    path("rebalance/<int:pk>/undo/", views_manager.rebalance_undo, name="home-rebalance-undo"),
]
