from django.apps import AppConfig


class MailingConfig(AppConfig):
    name = "crm.mailing"

    def ready(self) -> None:
        from crm.common.retention import register_prune
        from crm.mailing import webhooks  # noqa: F401  its check registers itself
        from crm.mailing.links import blank_ended
        from crm.mailing.services import say_failed, waiting_mail
        from crm.outbox.health import register_queue, register_watch

        register_watch(say_failed)
        register_queue(waiting_mail)
        register_prune("secret links in stored mail", blank_ended)
