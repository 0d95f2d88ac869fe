from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class ReportsConfig(AppConfig):
    name = "crm.reports"

    def ready(self) -> None:
        from campaigns import counting
        from crm.common.retention import register_prune
        from crm.funnel import ledger
        from crm.outbox import services as outbox
        from crm.reports import catalogue, drill, keeping, kept, registry, rows, scheduling, sums
        from leads.filters import register_filter

        registry.register(*catalogue.OWN)
        rows.register(*catalogue.ROW_SETS)
        outbox.register(scheduling.MAIL, scheduling.handle)
        register_filter(rows.PARAM, rows.filter_leads, label=rows.label, title="Report")
        register_prune("kept answers of reports", kept.prune)
        register_filter(drill.PARAM, drill.filter_leads, label=drill.label, title="Funnel")
        outbox.register(ledger.COUNT_ANEW, keeping.handle)
        counting.register(sums.by_campaign)
        post_migrate.connect(keep_triggers, sender=self)


def keep_triggers(using: str, **kwargs: Any) -> None:
    """Put the triggers back: on SQLite a migration that changes a table loses those it had."""
    from crm.reports import triggers

    connection = connections[using]
    wanted = {*triggers.TABLES.values(), "reports_stalelead"}
    if wanted <= set(connection.introspection.table_names()):
        triggers.install(connection)
