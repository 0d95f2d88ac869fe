from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "crm.people"

    def ready(self) -> None:
        from crm.common.retention import register_prune
        from crm.outbox import services as outbox
        from crm.people import services

        outbox.register(services.DROP_SESSIONS, services.drop_sessions_of)
        register_prune("ended sessions", services.drop_ended_sessions)
