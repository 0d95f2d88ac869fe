from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "crm.demo"

    def ready(self) -> None:
        from crm.demo import company
        from crm.outbox import services as outbox
        from crm.people.set_up import LOAD_DEMO

        outbox.register(LOAD_DEMO, lambda payload: company.load())
