from django.urls import path

from crm.activities import calendar_views, correcting_views, follow_up_views, views

app_name = "activities"

urlpatterns = [
    path("activities/", follow_up_views.follow_up_list, name="list"),
    path("activities/new/", views.create, name="create"),
    path("activities/lead-options/", views.lead_options, name="lead-options"),
    path("activities/calendar/", calendar_views.calendar, name="calendar"),
    path("activities/<int:pk>/correct/", correcting_views.correct, name="correct"),
    path("activities/<int:pk>/remove/", correcting_views.remove, name="remove"),
    path("activities/back/<uuid:number>/", correcting_views.bring_back, name="bring-back"),
    path("calendar/<str:token>.ics", calendar_views.feed, name="feed"),
    path("profile/calendar/", calendar_views.feed_link, name="feed-link"),
    path("profile/calendar/new/", calendar_views.feed_make, name="feed-make"),
    path("profile/calendar/revoke/", calendar_views.feed_revoke, name="feed-revoke"),
    path("follow-ups/new/", follow_up_views.create, name="follow-up-create"),
    path("follow-ups/<int:pk>/edit/", follow_up_views.edit, name="follow-up-edit"),
    path("follow-ups/<int:pk>/complete/", follow_up_views.complete, name="complete"),
    path("follow-ups/<int:pk>/reopen/", follow_up_views.reopen, name="reopen"),
    path("follow-ups/<int:pk>/snooze/", follow_up_views.snooze, name="snooze"),
    path("follow-ups/<int:pk>/next/", follow_up_views.plan_next, name="plan-next"),
    path("follow-ups/<int:pk>/move/", follow_up_views.move, name="move"),
    path("follow-ups/<int:pk>/call-off/", follow_up_views.call_off, name="call-off"),
    path("leads/<int:pk>/activity/", views.lead_panel, name="lead-panel"),
    path("leads/<int:pk>/next/", views.lead_next, name="lead-next"),
    path("leads/<int:pk>/timeline/", views.lead_timeline, name="lead-timeline"),
    path("leads/<int:pk>/plan/", views.plan, name="plan"),
    path("leads/<int:pk>/log/<slug:kind>/", views.log, name="log"),
]
