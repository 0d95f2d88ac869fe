from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "deals.playbooks"

    def ready(self) -> None:
        from crm.outbox import services as outbox
        from deals.playbooks import belongings, running

        outbox.register(running.STEP_SETTLED, running.handle_settled)
        belongings.register()
