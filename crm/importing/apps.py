from django.apps import AppConfig


class ImportingConfig(AppConfig):
    name = "crm.importing"

    def ready(self) -> None:
        from django.conf import settings

        from crm.common.bodies import register_limit
        from crm.common.retention import register_prune
        from crm.funnel.causes import About
        from crm.funnel.wording import register_names
        from crm.importing import services, undoing, uploads
        from crm.importing.models import Import
        from crm.outbox import services as outbox

        outbox.register(services.RUN, services.carry_on)
        outbox.register(services.UNDO, undoing.carry_undo)
        register_names(About.IMPORT, Import, "file_name")
        register_prune("files of imports that were cut off", uploads.prune_files)
        register_limit("importing:create", lambda: settings.IMPORT_MAX_BYTES)
