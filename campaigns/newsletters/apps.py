from django.apps import AppConfig


class NewslettersConfig(AppConfig):
    name = "campaigns.newsletters"

    def ready(self) -> None:
        from anymail.signals import tracking

        from campaigns.assets import register_assets
        from campaigns.newsletters import (
            belongings,
            clicks,
            planning,
            providers,
            returned,
            shelves,
            waiting,
        )
        from campaigns.segments.usage import register_user
        from crm.mailing import reports, returning
        from crm.outbox import services as outbox
        from crm.outbox.health import register_queue, register_watch

        outbox.register(clicks.JUDGE_CLICK, clicks.handle_judging)
        outbox.register(planning.START, planning.handle_start)
        outbox.register(planning.FREEZE, planning.handle_freeze)
        outbox.register(planning.CHOOSE_SUBJECT, planning.handle_choosing)
        register_queue(waiting.waiting_mail)
        register_watch(waiting.say_no_address)
        register_assets(
            "Newsletters", shelves.newsletters_of, icon="mail", create="newsletters:create"
        )
        register_user("Newsletter", planning.standing_on)
        reports.register(returning.MARKETING, returned.take_report, finder=returned.named_by)
        tracking.connect(providers.take_report, dispatch_uid="newsletters")
        belongings.register()
