from django.apps import AppConfig

from crm.common.triggers import register


class ReportsConfig(AppConfig):
    name = "crm.reports"

    def ready(self) -> None:
        from campaigns import counting
        from crm.common.retention import register_prune
        from crm.funnel import ledger
        from crm.outbox import services as outbox
        from crm.reports import (
            belongings,
            catalogue,
            drill,
            keeping,
            kept,
            registry,
            rows,
            scheduling,
            sums,
            triggers,
        )
        from leads.filters import register_filter

        registry.register(*catalogue.OWN)
        rows.register(*catalogue.ROW_SETS)
        outbox.register(scheduling.MAIL, scheduling.handle)
        register_filter(rows.PARAM, rows.filter_leads, label=rows.label, title="Report")
        register_prune("kept answers of reports", kept.prune)
        register_filter(drill.PARAM, drill.filter_leads, label=drill.label, title="Funnel")
        outbox.register(ledger.COUNT_ANEW, keeping.handle)
        counting.register(sums.by_campaign)
        register(self, triggers.TRIGGERS)
        belongings.register()
