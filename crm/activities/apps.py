from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "crm.activities"

    def ready(self) -> None:
        from crm.activities import belongings, effects, sources
        from crm.outbox import services as outbox

        effects.register(outbox.register)
        sources.register_own()
        belongings.register()
