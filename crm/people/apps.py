from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "crm.people"

    def ready(self) -> None:
        from crm.common.retention import register_prune
        from crm.people import services

        register_prune("ended sessions", services.drop_ended_sessions)
