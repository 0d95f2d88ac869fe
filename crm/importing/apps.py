from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "crm.importing"

    def ready(self) -> None:
        from crm.importing import services, undoing
        from crm.outbox import services as outbox

        outbox.register(services.RUN, services.carry_on)
        outbox.register(services.UNDO, undoing.carry_undo)
