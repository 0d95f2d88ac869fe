from django.apps import AppConfig


class RepeatsConfig(AppConfig):
    name = "crm.repeats"

    def ready(self) -> None:
        from crm.common.retention import register_prune
        from crm.repeats import services

        register_prune("answers to forms that were sent", services.drop_old)
