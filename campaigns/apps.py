from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import belongings
        from campaigns.history import touches_for_timeline
        from campaigns.services import digests, enriching, feedback, rescoring, scores
        from crm.activities.services import FOLLOW_UP_SETTLED
        from crm.activities.timeline import register_source
        from crm.funnel import agreements, handoffs
        from crm.outbox import services as outbox
        from leads.services import LEAD_CHANGED

        outbox.register(LEAD_CHANGED, scores.handle_change, many=scores.handle_changes)
        outbox.register(scores.SCORE_LEAD, scores.handle_change, many=scores.handle_changes)
        outbox.register(rescoring.RESCORE, rescoring.handle)
        outbox.register(rescoring.RESCORE_DECAYED, rescoring.handle_decayed)
        outbox.register(agreements.DEFINITION_CHANGED, rescoring.handle_definition)
        outbox.register(handoffs.LEAD_RETURNED, scores.handle_change, many=scores.handle_changes)
        outbox.register(handoffs.VERDICT_GIVEN, feedback.handle_given)
        outbox.register(handoffs.VERDICT_WITHDRAWN, feedback.handle_withdrawn)
        outbox.register(enriching.RETURNED, enriching.handle_returned)
        outbox.register(enriching.WITHDRAWN, enriching.handle_withdrawn)
        outbox.register(FOLLOW_UP_SETTLED, enriching.handle_settled)
        outbox.register(digests.DIGESTS, digests.handle_week)
        outbox.register(digests.DIGEST, digests.handle_person)
        register_source("touches", "touches", "Touches", touches_for_timeline)
        belongings.register()
