from django.urls import path

from crm.correspondence.views import compose, messages, public, received, settings

app_name = "correspondence"

urlpatterns = [
    path("mail/", messages.message_list, name="list"),
    path("mail/<int:pk>/", messages.message, name="message"),
    path("mail/<int:pk>/html/", messages.html, name="html"),
    path("mail/<int:pk>/original/", received.original, name="original"),
    path("mail/<int:pk>/files/<int:number>/", received.file, name="file"),
    path("mail/not-read/", received.not_read, name="not-read"),
    path("mail/not-read/<int:pk>/", received.received, name="received"),
    path("mail/not-read/<int:pk>/read-again/", received.read_again, name="read-again"),
    path("mail/not-read/<int:pk>/discard/", received.discard, name="discard"),
    path("mail/<int:pk>/take-back/", messages.take_back, name="take-back"),
    path("mail/<int:pk>/again/", messages.again, name="again"),
    path("mail/<int:pk>/arrived/", messages.arrived, name="arrived"),
    path("mail/<int:pk>/belongs-to/", messages.belongs_to, name="belongs-to"),
    path("mail/<int:pk>/make-lead/", messages.make_lead, name="make-lead"),
    path("mail/<int:pk>/set-aside/", messages.set_aside, name="set-aside"),
    path("leads/<int:pk>/mail/", compose.compose, name="compose"),
    path("settings/mail-templates/", settings.templates, name="templates"),
    path("settings/mail-templates/new/", settings.template_create, name="template-create"),
    path("settings/mail-templates/<int:pk>/edit/", settings.template_edit, name="template-edit"),
    path(
        "settings/mail-templates/<int:pk>/delete/", settings.template_delete, name="template-delete"
    ),
    path("profile/mail/", settings.mailbox, name="mailbox"),
    path("profile/mail/test/", settings.test_mailbox, name="mailbox-test"),
    path("profile/mail/ask/", settings.ask_again, name="ask-again"),
    path("profile/mail/confirm/<str:token>/", settings.confirm_address, name="confirm-address"),
    path("settings/mail-addresses/", settings.addresses, name="addresses"),
    path("settings/mail-addresses/<int:pk>/", settings.set_address, name="set-address"),
    path("inbound/mail/", public.inbound, name="inbound"),
]
