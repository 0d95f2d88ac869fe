from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "crm.home"

    def ready(self) -> None:
        from crm.home import rebalancing
        from crm.outbox import services as outbox

        outbox.register(rebalancing.REBALANCE, rebalancing.handle)
