from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate


class CommonConfig(AppConfig):
    name = "crm.common"

    def ready(self) -> None:
        from crm.common import checks, deploy_checks  # noqa: F401  register themselves
        from crm.common.migration_rules import limit_waiting, wait_as_usual
        from crm.common.parameters import bound_form_fields

        # The signals come for apps with models, in their order: the first begins, the last ends it.
        with_models = [config for config in apps.get_app_configs() if config.models_module]
        pre_migrate.connect(limit_waiting, sender=with_models[0])
        post_migrate.connect(wait_as_usual, sender=with_models[-1])
        bound_form_fields()
