from django.urls import include, path

from crm.common import converters  # noqa: F401 the way up or down
from deals.qualification import views as qualification
from deals.views import (
    changes,
    contacts,
    files,
    lists,
    panels,
    places,
    progress,
    records,
    settings,
    tabs,
)

app_name = "deals"


deals = [
    path("", lists.deal_list, name="list"),
    path("export/", lists.deal_export, name="export"),
    path("changes/", lists.changes, name="changes"),
    path("columns/<int:pk>/more/", lists.column_more, name="column-more"),
    path("new/", records.deal_create, name="create"),
    path("company-match/", records.company_match, name="company-match"),
    path("<int:pk>/", tabs.deal_detail, name="detail"),
    path("<int:pk>/history/", tabs.deal_history, name="history"),
    path("<int:pk>/place/", places.deal_place, name="place"),
    path("<int:pk>/peek/", records.deal_peek, name="peek"),
    path("<int:pk>/next/", records.next_activity, name="next"),
    path("<int:pk>/next/plan/", tabs.plan_next, name="plan-next"),
    path("<int:pk>/timeline/", tabs.deal_timeline, name="timeline"),
    path("<int:pk>/criteria/", progress.deal_criteria, name="criteria"),
    path("<int:pk>/criteria/tick/", progress.tick, name="tick"),
    path("<int:pk>/snooze/<int:days>/", progress.snooze, name="snooze"),
    path("<int:pk>/contacts/", contacts.deal_contacts, name="contacts"),
    path("<int:pk>/contacts/add/", contacts.contact_add, name="contact-add"),
    path("<int:pk>/contacts/<int:lead>/role/", contacts.contact_role, name="contact-role"),
    path("<int:pk>/contacts/<int:lead>/remove/", contacts.contact_remove, name="contact-remove"),
    path("<int:pk>/files/", files.deal_files, name="files"),
    path("<int:pk>/files/add/", files.file_add, name="file-add"),
    path("<int:pk>/files/<int:file>/", files.file_download, name="file"),
    path("<int:pk>/files/<int:file>/delete/", files.file_delete, name="file-delete"),
    path("<int:pk>/files/<int:file>/restore/", files.file_restore, name="file-restore"),
    path("<int:pk>/facts/<slug:fact>/", records.deal_fact, name="fact"),
    path("<int:pk>/move/", changes.move, name="move"),
    path("<int:pk>/move-back/", changes.move_back, name="move-back"),
    path("<int:pk>/win/", changes.win, name="win"),
    path("<int:pk>/lose/", changes.lose, name="lose"),
    path("<int:pk>/reopen/", changes.reopen, name="reopen"),
    path("<int:pk>/undo-close/", changes.undo_close, name="undo-close"),
]

pipelines = [
    path("", settings.pipeline_list, name="pipelines"),
    path("new/", settings.pipeline_create, name="pipeline-create"),
    path("<int:pk>/", settings.pipeline_edit, name="pipeline-edit"),
    path("<int:pk>/<way:way>/", settings.pipeline_shift, name="pipeline-shift"),
    path("<int:pk>/delete/", settings.pipeline_remove, name="pipeline-remove"),
    path("<int:pk>/stages/new/", settings.stage_create, name="pipeline-stage-create"),
    path("stages/<int:pk>/", settings.stage_edit, name="pipeline-stage-edit"),
    path("stages/<int:pk>/<way:way>/", settings.stage_shift, name="pipeline-stage-shift"),
    path("stages/<int:pk>/delete/", settings.stage_remove, name="pipeline-stage-remove"),
]

lost_reasons = [
    path("", settings.reason_list, name="lost-reasons"),
    path("new/", settings.reason_create, name="lost-reason-create"),
    path("<int:pk>/", settings.reason_edit, name="lost-reason-edit"),
    path("<int:pk>/<way:way>/", settings.reason_shift, name="lost-reason-shift"),
    path("<int:pk>/delete/", settings.reason_remove, name="lost-reason-remove"),
]

urlpatterns = [
    path("deals/", include(deals)),
    path("leads/<int:pk>/convert/", qualification.convert, name="convert"),
    path("leads/<int:pk>/deals/", panels.lead_deals, name="lead-deals"),
    path("companies/<int:pk>/deals/", panels.company_deals, name="company-deals"),
    path("settings/pipelines/", include(pipelines)),
    path("settings/lost-reasons/", include(lost_reasons)),
]
