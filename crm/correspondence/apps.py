from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    name = "crm.correspondence"

    def ready(self) -> None:
        from anymail.signals import inbound

        from crm.activities.sources import register_links
        from crm.correspondence import journal, providers, returned, waiting
        from crm.mailing import reports, returning
        from crm.outbox.health import register_queue

        register_queue(waiting.waiting_mail)
        register_links(journal.pages_of)
        reports.register(returning.PERSONAL, returned.take_report, finder=returned.named_by)
        inbound.connect(providers.take_mail, dispatch_uid="crm.correspondence")
