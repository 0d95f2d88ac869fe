"""Addresses of people, teams, settings, profile and invitations."""

from django.urls import path

from crm.people import views, views_letterhead, views_settings, views_setup

app_name = "users"

urlpatterns = [
    path("settings/", views_settings.settings, name="settings"),
    path("settings/organisation/", views_settings.organisation, name="organisation"),
    path("settings/letterhead/", views_letterhead.edit, name="letterhead"),
    path("settings/letterhead/preview/", views_letterhead.preview, name="letterhead-preview"),
    path("settings/holidays/new/", views_settings.add_holiday, name="add-holiday"),
    path("settings/holidays/<int:pk>/remove/", views_settings.remove_holiday,
         name="remove-holiday"),
    path("settings/people/", views.people, name="list"),
    path("settings/people/new/", views.create, name="create"),
    path("settings/people/<int:pk>/edit/", views.edit, name="edit"),
    path("settings/people/<int:pk>/work/", views.work, name="work"),
    path("settings/people/<int:pk>/invite/", views.invite, name="invite"),
    path("settings/people/<int:pk>/switch-off/", views.deactivate, name="deactivate"),
    path("settings/people/<int:pk>/transfers/", views.transfers, name="transfers"),
    path("settings/people/<int:pk>/switch-on/", views.reactivate, name="reactivate"),
    path("settings/people/<int:pk>/absences/new/", views.add_absence, name="add-absence"),
    path("absences/<int:pk>/remove/", views.remove_absence, name="remove-absence"),
    path("settings/teams/", views_settings.teams, name="teams"),
    path("settings/teams/new/", views_settings.create_team, name="create-team"),
    path("settings/teams/<int:pk>/edit/", views_settings.edit_team, name="edit-team"),
    path("settings/teams/<int:pk>/delete/", views_settings.delete_team, name="delete-team"),
    path("undo/<uuid:number>/", views.restore, name="restore"),
    path("profile/", views_settings.profile, name="profile"),
    path("profile/theme/", views_settings.theme, name="theme"),
    path("welcome/", views_setup.welcome, name="welcome"),
    path("invitation/<str:token>/", views_setup.accept, name="accept"),
]  # fmt: skip
