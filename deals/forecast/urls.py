from django.urls import path

from deals.forecast import views, views_targets

app_name = "forecast"

urlpatterns = [
    path("forecast/", views.forecast_page, name="forecast"),
    path("forecast/deals/", views.deal_list, name="deals"),
    path("forecast/deals/<int:pk>/call/", views.call, name="call"),
    path("forecast/days/", views.snapshot_list, name="days"),
    path("forecast/mine/", views.my_gap, name="my-gap"),
    path("targets/", views_targets.target_grid, name="targets"),
    path("targets/save/", views_targets.target_save, name="target-save"),
]
