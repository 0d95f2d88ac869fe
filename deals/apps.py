from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "deals"

    def ready(self) -> None:
        from crm.activities.timeline import register_source
        from crm.common.bodies import register_limit
        from crm.common.retention import register_prune
        from crm.funnel.causes import About
        from crm.funnel.wording import register_names
        from crm.funnel.worth import register_worth
        from crm.outbox import services as outbox
        from deals import belongings, files, reactions, tabs, worth
        from deals.models import Deal, LostReason

        reactions.register(outbox.register)
        register_source("deals", "deals", "Deals", reactions.moves_of_lead)
        register_worth(worth.worth_by)
        register_prune("files of deals", files.prune)
        register_limit("deals:file-add", lambda: files.LARGEST)
        register_names(About.DEAL, Deal, "name")
        register_names(About.LOST_REASON, LostReason, "name")
        tabs.register_tab(tabs.ACTIVITY, "Activity", "deals:detail")
        tabs.register_tab(tabs.FILES, "Files", "deals:files")
        tabs.register_tab(tabs.HISTORY, "History", "deals:history")
        belongings.register()
