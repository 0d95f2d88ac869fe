"""All addresses of the application: each app's own, at the root, in the order of the layers."""

from django.urls import include, path

from crm.common.views import styleguide
from crm.mailing.webhooks import webhook_urls

urlpatterns = [
    path("", include("crm.home.urls")),
    path("", include("crm.search.urls")),
    path("", include("crm.alignment.urls")),
    path("", include("crm.learning.urls")),
    path("", include("crm.planning.urls")),
    path("", include("crm.reports.urls")),
    path("", include("crm.importing.urls")),
    path("", include("crm.tracking.urls")),
    path("", include("campaigns.sequences.urls")),
    path("", include("campaigns.newsletters.urls")),
    path("", include("campaigns.segments.urls")),
    path("", include("campaigns.capture.urls")),
    path("", include("campaigns.channel_metrics.urls")),
    path("", include("campaigns.urls")),
    path("", include("deals.forecast.urls")),
    path("", include("deals.negotiation.urls")),
    path("", include("deals.quotes.urls")),
    path("", include("deals.qualification.urls")),
    path("", include("deals.playbooks.urls")),
    path("", include("deals.urls")),
    path("", include("crm.correspondence.urls")),
    path("", include("crm.activities.urls")),
    path("", include("crm.funnel.urls")),
    path("", include("leads.urls")),
    path("", include("crm.notifications.urls")),
    path("", include("crm.mailing.urls")),
    path("", include("crm.outbox.urls")),
    path("", include("crm.audit.urls")),
    path("", include("crm.people.urls")),
    path("", include("crm.people.setup_urls")),
    path("", include("crm.people.account_urls")),
    path("styleguide/", styleguide, name="styleguide"),
]

urlpatterns += webhook_urls()

handler400 = "crm.common.views.bad_request"
handler403 = "crm.common.views.permission_denied"
handler404 = "crm.common.views.page_not_found"
handler500 = "crm.common.failures.failed"
