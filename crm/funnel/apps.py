from django.apps import AppConfig

from crm.common.triggers import register


class FunnelConfig(AppConfig):
    name = "crm.funnel"

    def ready(self) -> None:
        from crm.funnel import (
            belongings,
            handoffs,
            measuring,
            reactions,
            readiness,
            routing,
            triggers,
            wording,
        )
        from crm.funnel.causes import About
        from crm.funnel.models import MqlDefinition, Reason
        from crm.outbox import services as outbox
        from leads.filters import register_filter

        outbox.register(handoffs.ROUTE, routing.handle, many=routing.handle_all)
        outbox.register(measuring.ANSWERED, measuring.handle, many=measuring.handle_all)
        outbox.register(reactions.FOLLOW_TEAM, reactions.follow_team)
        register_filter("ready", readiness.filter_ready, label=readiness.label, title="Ready")
        wording.register_names(About.DEFINITION, MqlDefinition, "version")
        wording.register_names(About.REASON, Reason, "name")
        register(self, triggers.TRIGGERS)
        belongings.register()
