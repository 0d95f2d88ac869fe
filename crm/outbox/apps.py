from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "crm.outbox"

    def ready(self) -> None:
        from crm.outbox import checks  # noqa: F401  registers itself
