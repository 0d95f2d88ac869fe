from django.apps import AppConfig

from crm.common.triggers import register


class AlignmentConfig(AppConfig):
    name = "crm.alignment"

    def ready(self) -> None:
        from crm.alignment import catalogue, chosen, signing, triggers, weekly
        from crm.outbox import services as outbox
        from crm.reports import registry, rows

        registry.register(catalogue.ALIGNMENT)
        rows.register(*chosen.ROW_SETS)
        outbox.register(signing.TOLD, signing.handle_changed)
        outbox.register(weekly.WEEKLY, weekly.handle)
        register(self, triggers.TRIGGERS)
