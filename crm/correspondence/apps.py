from django.apps import AppConfig


class CorrespondenceConfig(AppConfig):
    name = "crm.correspondence"

    def ready(self) -> None:
        from anymail.signals import inbound
        from django.conf import settings

        from crm.activities import invitations
        from crm.activities.sources import register_links
        from crm.activities.timeline import register_source
        from crm.common.bodies import register_limit
        from crm.common.retention import register_prune
        from crm.correspondence import (
            journal,
            participants,
            providers,
            receiving,
            returned,
            threads,
            waiting,
        )
        from crm.mailing import reports, returning
        from crm.mailing.senders import register_answers
        from crm.outbox.health import register_queue, register_watch

        register_queue(waiting.waiting_mail)
        register_links(journal.pages_of)
        register_answers(threads.answer_addresses)
        invitations.THREADS.append(threads.begin_for_meeting)
        register_source("mail", "activities", "Activities", participants.mails_of)
        reports.register(returning.PERSONAL, returned.take_report, finder=returned.named_by)
        register_prune("received mail that was set aside", receiving.prune)
        register_watch(receiving.say_set_aside)
        inbound.connect(providers.take_mail, dispatch_uid="crm.correspondence")
        register_limit("correspondence:inbound", lambda: settings.INBOUND_MAX_BYTES)
