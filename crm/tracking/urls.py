from django.urls import path

from crm.tracking.views import public, website

app_name = "tracking"

urlpatterns = [
    path("t", public.hit, name="hit"),
    path("t.js", public.script, name="script"),
    path("t.gif", public.pixel, name="pixel"),
    path("website/", website.website, name="website"),
    path("website/install/", website.install, name="install"),
    path("website/leads/<int:pk>/", website.lead_website, name="lead-website"),
]
