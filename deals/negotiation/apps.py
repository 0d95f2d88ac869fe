from django.apps import AppConfig


class NegotiationConfig(AppConfig):
    name = "deals.negotiation"

    def ready(self) -> None:
        from crm.activities.timeline import register_source
        from deals import tabs
        from deals.negotiation import reactions

        tabs.register_tab("negotiation", "Negotiation", "negotiation:log")
        register_source("negotiation", "negotiation", "Negotiation", reactions.entries_of_lead)
