"""The first-run set-up, outside every namespace."""

from django.urls import path

from crm.people.views_setup import setup

urlpatterns = [path("setup/", setup, name="setup")]
