from django.urls import include, path

from crm.common import converters  # noqa: F401 the way up or down
from deals.playbooks.views import editing, running

app_name = "playbooks"

settings = [
    path("", editing.playbook_list, name="list"),
    path("new/", editing.create, name="create"),
    path("<int:pk>/", editing.edit, name="edit"),
    path("<int:pk>/<way:way>/", editing.shift, name="shift"),
    path("<int:pk>/delete/", editing.remove, name="remove"),
    path("<int:pk>/steps/new/", editing.step_create, name="step-create"),
    path("steps/<int:pk>/", editing.step_edit, name="step-edit"),
    path("steps/<int:pk>/<way:way>/", editing.step_shift, name="step-shift"),
    path("steps/<int:pk>/delete/", editing.step_remove, name="step-remove"),
]

urlpatterns = [
    path("settings/playbooks/", include(settings)),
    path("leads/<int:pk>/playbook/", running.lead_panel, name="lead-panel"),
    path("leads/<int:pk>/playbook/start/", running.lead_start, name="lead-start"),
    path("deals/<int:pk>/playbook/", running.deal_panel, name="deal-panel"),
    path("deals/<int:pk>/playbook/start/", running.deal_start, name="deal-start"),
    path("playbook-runs/<int:pk>/<slug:what>/", running.act, name="act"),
]
