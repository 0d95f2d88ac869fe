from django.urls import path

from leads import views, views_bulk, views_company, views_consent, views_edit, views_saved

app_name = "leads"

urlpatterns = [
    path("leads/", views.lead_list, name="list"),
    path("leads/filters/", views.filters, name="filters"),
    path("leads/duplicates/", views.duplicates, name="duplicates"),
    path("leads/assign/", views_bulk.assign, name="bulk-assign"),
    path("leads/export/", views_bulk.export, name="export"),
    path("leads/changes/<uuid:batch>/undo/", views_edit.undo, name="undo"),
    path("leads/views/", views_saved.views, name="views"),
    path("leads/views/new/", views_saved.save, name="view-create"),
    path("leads/views/<int:pk>/rename/", views_saved.rename, name="view-rename"),
    path("leads/views/<int:pk>/delete/", views_saved.delete, name="view-delete"),
    path("leads/<int:pk>/", views.detail, name="detail"),
    path("leads/<int:pk>/peek/", views.peek, name="peek"),
    path("leads/<int:pk>/edit/", views_edit.edit, name="edit"),
    path("leads/<int:pk>/fields/<slug:field>/", views_edit.field, name="field"),
    path("leads/<int:pk>/consent/", views_consent.consent, name="consent"),
    path("leads/<int:pk>/consent/ask/", views_consent.ask, name="ask-consent"),
    path("leads/<int:pk>/consent/records/", views_consent.records, name="lead-consents"),
    path("leads/<int:pk>/duplicates/", views.lead_duplicates, name="lead-duplicates"),
    path("consent/<str:token>/", views_consent.confirm, name="confirm-consent"),
    path("companies/", views_company.company_list, name="company-list"),
    path("companies/new/", views_company.company_create, name="company-create"),
    path("companies/options/", views_company.company_options, name="company-options"),
    path("companies/<int:pk>/", views_company.company_detail, name="company-detail"),
    path("companies/<int:pk>/edit/", views_company.company_edit, name="company-edit"),
]
