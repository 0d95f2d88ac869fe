from django.urls import path

from crm.funnel import intake_views
from crm.funnel.views import answers, leads, queue, settings, verdicts

app_name = "funnel"

urlpatterns = [
    path("handoff/", queue.queue, name="queue"),
    path("handoff/count/", queue.queue_count, name="queue-count"),
    path("handoff/reassign/", answers.reassign_bulk, name="reassign-bulk"),
    path("handoff/<int:pk>/", queue.handoff_detail, name="handoff-detail"),
    path("handoff/<int:pk>/accept/", answers.accept, name="accept"),
    path("handoff/<int:pk>/reject/", answers.reject, name="reject"),
    path("handoff/<int:pk>/recycle/", answers.recycle, name="recycle"),
    path("handoff/<int:pk>/take-back/", answers.take_back, name="take-back"),
    path("handoff/<int:pk>/reassign/", answers.reassign, name="reassign"),
    path("verdicts/<int:pk>/dispute/", verdicts.dispute, name="dispute"),
    path("verdicts/<int:pk>/rule/", verdicts.rule, name="rule"),
    path("leads/new/", intake_views.lead_create, name="lead-create"),
    path("leads/<int:pk>/handoffs/", leads.lead_handoffs, name="lead-handoffs"),
    path("leads/<int:pk>/stepper/", leads.lead_stepper, name="lead-stepper"),
    path("leads/<int:pk>/actions/", leads.lead_actions, name="lead-actions"),
    path("leads/<int:pk>/qualify/", leads.qualify, name="qualify"),
    path("leads/<int:pk>/recycle/", leads.recycle, name="recycle-lead"),
    path("leads/<int:pk>/disqualify/", leads.disqualify, name="disqualify"),
    path("leads/<int:pk>/take-back/", leads.take_back, name="take-back-lead"),
    path("settings/definition/", settings.definition, name="definition"),
    path("settings/definition/new/", settings.definition_create, name="definition-create"),
    path("settings/reasons/", settings.reasons, name="reasons"),
    path("settings/reasons/new/", settings.reason_create, name="reason-create"),
    path("settings/reasons/<int:pk>/edit/", settings.reason_edit, name="reason-edit"),
    path("settings/reasons/<int:pk>/move/", settings.reason_move, name="reason-move"),
    path("settings/routing/", settings.routing, name="routing"),
    path("settings/routing/new/", settings.rule_create, name="routing-create"),
    path("settings/routing/test/", settings.routing_test, name="routing-test"),
    path("settings/routing/<int:pk>/edit/", settings.rule_edit, name="routing-edit"),
    path("settings/routing/<int:pk>/move/", settings.rule_move, name="routing-move"),
    path("settings/routing/<int:pk>/switch/", settings.rule_switch, name="routing-switch"),
    path("settings/routing/<int:pk>/delete/", settings.rule_delete, name="routing-delete"),
]
