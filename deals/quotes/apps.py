from django.apps import AppConfig

from crm.common.triggers import register


class QuotesConfig(AppConfig):
    name = "deals.quotes"

    def ready(self) -> None:
        from crm.activities.timeline import register_source
        from deals import criteria, tabs
        from deals.quotes import freezing, reactions

        tabs.register_tab("quote", "Quote", "quotes:deal-quote")
        register_source("quotes", "deals", "Deals", reactions.acceptances_of_lead)
        criteria.register("quote.sent", "A quote was sent", reactions.has_sent)
        criteria.register("quote.accepted", "A quote is accepted", reactions.has_accepted)
        register(self, freezing.TRIGGERS)
