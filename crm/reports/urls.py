from django.urls import path

from crm.reports.attribution import views as attribution
from crm.reports.registry import REPORTS
from crm.reports.views import definitions, pages, rows, saved

app_name = "reports"

urlpatterns = [
    path("reports/", saved.index, name="index"),
    path("reports/saved/<int:pk>/", saved.edit, name="saved-edit"),
    path("reports/saved/<int:pk>/delete/", saved.delete, name="saved-delete"),
    path("reports/saved/<int:pk>/send/", saved.send_now, name="saved-send"),
    path("reports/<slug:name>/save/", saved.save, name="save"),
    path("reports/definitions/", definitions.metrics, name="metrics"),
    path(
        "reports/marketing-quarter/", definitions.marketing_quarter_panel, name="marketing-quarter"
    ),
    path("deals/<int:pk>/attribution/", attribution.deal_panel, name="deal-attribution"),
    path("reports/rows/<slug:kind>/", rows.row_list, name="rows"),
    path("reports/rows/<slug:kind>.csv", rows.row_file, name="rows-csv"),
    path("reports/<slug:name>/count-anew/", pages.count_anew, name="count-anew"),
]

for report in REPORTS.values():
    if not report.page:
        urlpatterns.append(path(f"reports/{report.name}/", pages.page_of(report), name=report.name))
    urlpatterns.append(
        path(f"reports/{report.name}.csv", pages.file_of(report), name=f"{report.name}-csv")
    )
