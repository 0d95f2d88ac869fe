from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "crm.tracking"

    def ready(self) -> None:
        from campaigns.capture.links import register_visits
        from campaigns.capture.services import SUBMITTED
        from campaigns.website import register_counter
        from crm.activities.timeline import register_source
        from crm.common.retention import register_prune
        from crm.outbox import services as outbox
        from crm.tracking import counts, joining, retention

        outbox.register(SUBMITTED, joining.handle_submitted)
        register_visits(counts.visits_of_links)
        register_counter(counts.total, counts.weekly)
        register_source("website", "website", "Website", joining.for_timeline)
        register_prune("page views, summed by month", retention.prune)
