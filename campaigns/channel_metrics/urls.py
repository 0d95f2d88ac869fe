from django.urls import path

from campaigns.channel_metrics import views
from campaigns.channel_metrics.views_charts import channels

app_name = "channel_metrics"

urlpatterns = [
    path("channels/", channels, name="channels"),
    path("channels/metrics/", views.first_grid, name="grid"),
    path("channels/<int:pk>/metrics/", views.channel, name="channel"),
    path("channels/<int:pk>/metrics/save/", views.channel_save, name="channel-save"),
    path("channels/<int:pk>/brand/", views.brand, name="brand"),
    path("campaigns/<int:pk>/metrics/", views.campaign, name="campaign"),
    path("campaigns/<int:pk>/metrics/save/", views.campaign_save, name="campaign-save"),
]
