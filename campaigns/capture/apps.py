from django.apps import AppConfig


class CaptureConfig(AppConfig):
    name = "campaigns.capture"

    def ready(self) -> None:
        from campaigns.assets import register_assets
        from campaigns.capture import belongings, messages, retention, shelves
        from campaigns.capture.models import CaptureForm
        from crm.activities.timeline import register_source
        from crm.common.retention import register_prune
        from crm.funnel.causes import About
        from crm.funnel.wording import register_names

        register_assets("Forms", shelves.forms_of, icon="clipboard-list", create="capture:create")
        register_assets("UTM links", shelves.links_of, icon="link", create="capture:links")
        register_names(About.FORM, CaptureForm, "name")
        register_source("messages", "touches", "Touches", messages.on_timeline)
        register_prune("addresses of form senders", retention.forget_senders)
        register_prune("spam submissions", retention.drop_spam)
        belongings.register()
