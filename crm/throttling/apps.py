from django.apps import AppConfig


class ThrottlingConfig(AppConfig):
    name = "crm.throttling"

    def ready(self) -> None:
        from crm.common.retention import register_prune
        from crm.throttling import services

        register_prune("counts of attempts", services.drop_ended)
