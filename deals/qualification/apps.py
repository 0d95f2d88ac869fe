from django.apps import AppConfig


class QualificationConfig(AppConfig):
    name = "deals.qualification"

    def ready(self) -> None:
        from deals import criteria, tabs
        from deals.qualification import services

        tabs.register_tab("qualification", "Qualification", "qualification:deal")
        criteria.register(
            "qualification.complete",
            "Need, budget, authority and timing are known",
            services.is_complete,
        )
        criteria.register(
            "qualification.checklist",
            "The pipeline's checklist is done",
            services.is_checked,
        )
