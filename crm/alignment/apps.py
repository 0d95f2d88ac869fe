from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class AlignmentConfig(AppConfig):
    name = "crm.alignment"

    def ready(self) -> None:
        from crm.alignment import catalogue, chosen, signing, weekly
        from crm.outbox import services as outbox
        from crm.reports import registry, rows

        registry.register(catalogue.ALIGNMENT)
        rows.register(*chosen.ROW_SETS)
        outbox.register(signing.TOLD, signing.handle_changed)
        outbox.register(weekly.WEEKLY, weekly.handle)
        post_migrate.connect(keep_triggers, sender=self)


def keep_triggers(using: str, **kwargs: Any) -> None:
    """Put the triggers back: on SQLite a migration that changes a table loses those it had."""
    from crm.alignment import triggers

    connection = connections[using]
    if triggers.TABLE in connection.introspection.table_names():
        triggers.install(connection)
