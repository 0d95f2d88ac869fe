from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "crm.planning"

    def ready(self) -> None:
        from crm.planning import catalogue
        from crm.reports import registry

        registry.register(catalogue.PLAN)
