from django.apps import AppConfig


class SequencesConfig(AppConfig):
    name = "campaigns.sequences"

    def ready(self) -> None:
        from campaigns.segments.usage import register_user
        from campaigns.sequences import belongings, entering, uses
        from crm.outbox import services as outbox
        from crm.users.permissions import MARKETING
        from leads.bulk import register_bulk_action

        outbox.register(entering.RETURNED, entering.enter_returned)
        outbox.register(entering.ENTER, entering.handle_start)
        register_user("Sequence", uses.of_segment)
        register_bulk_action("Add to sequence", "stack-2", "sequences:add", MARKETING)
        belongings.register()
