from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "crm.learning"

    def ready(self) -> None:
        from crm.learning import catalogue, chosen
        from crm.reports import registry, rows

        registry.register(catalogue.LEARNING)
        rows.register(*chosen.SETS)
