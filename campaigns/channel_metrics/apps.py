from django.apps import AppConfig


class ChannelMetricsConfig(AppConfig):
    name = "campaigns.channel_metrics"
