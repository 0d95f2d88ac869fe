from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "campaigns.segments"

    def ready(self) -> None:
        from campaigns.segments import belongings
        from campaigns.segments.filtering import in_segment, segment_label
        from campaigns.segments.standard import register_standard
        from crm.users.permissions import MARKETING
        from leads.bulk import register_bulk_action
        from leads.filters import register_filter

        register_standard()
        register_filter("segment", in_segment, label=segment_label, title="Segment")
        register_bulk_action("Add to segment", "users", "segments:bulk-add", MARKETING)
        belongings.register()
