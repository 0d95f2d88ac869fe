from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "crm.outbox"

    def ready(self) -> None:
        from crm.common import triggers
        from crm.outbox import checks, health  # noqa: F401  checks register themselves

        health.register_watch(triggers.trouble)
