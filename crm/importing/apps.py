from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "crm.importing"

    def ready(self) -> None:
        from django.conf import settings

        from crm.common.bodies import register_limit
        from crm.importing import services, undoing
        from crm.outbox import services as outbox

        outbox.register(services.RUN, services.carry_on)
        outbox.register(services.UNDO, undoing.carry_undo)
        register_limit("importing:create", lambda: settings.IMPORT_MAX_BYTES)
