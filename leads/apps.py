from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from crm.outbox import services as outbox
        from leads import belongings, ownership

        outbox.register(ownership.TEAM_CHANGED, ownership.follow_team)
        belongings.register()
