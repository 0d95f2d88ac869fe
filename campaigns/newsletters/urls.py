from django.urls import path

from campaigns.newsletters.views import editor, lists, public, results, sending, suppressions

app_name = "newsletters"

urlpatterns = [
    path("newsletters/", lists.newsletter_list, name="list"),
    path("newsletters/new/", editor.create, name="create"),
    path("newsletters/<int:pk>/", results.detail, name="detail"),
    path("newsletters/<int:pk>/numbers/", results.numbers, name="numbers"),
    path("newsletters/<int:pk>/edit/", editor.edit, name="edit"),
    path("newsletters/<int:pk>/preview/", editor.preview, name="preview"),
    path("newsletters/<int:pk>/audience/", lists.audience_list, name="audience"),
    path("newsletters/<int:pk>/audience/count/", lists.audience_count, name="audience-count"),
    path("newsletters/<int:pk>/test/", sending.test, name="test"),
    path("newsletters/<int:pk>/test/me/", sending.test_me, name="test-me"),
    path("newsletters/<int:pk>/review/", sending.review, name="review"),
    path("newsletters/<int:pk>/unschedule/", sending.unschedule, name="unschedule"),
    path("newsletters/<int:pk>/pause/", sending.pause, name="pause"),
    path("newsletters/<int:pk>/resume/", sending.resume, name="resume"),
    path("newsletters/<int:pk>/cancel/", sending.cancel, name="cancel"),
    path("newsletters/<int:pk>/copy/", sending.copy, name="copy"),
    path("newsletters/<int:pk>/delete/", sending.delete, name="delete"),
    path("newsletters/<int:pk>/mails/", results.mails, name="mails"),
    path("newsletters/mails/<int:pk>/resend/", results.resend, name="resend"),
    path("newsletters/suppressed/", suppressions.suppressed_list, name="suppressed"),
    path("newsletters/suppressed/misread/", suppressions.misread, name="misread"),
    path("newsletters/suppressed/misread/release/", suppressions.release, name="release"),
    path("newsletters/suppressed/new/", suppressions.create, name="suppress"),
    path("newsletters/suppressed/<int:pk>/lift/", suppressions.lift, name="lift"),
    path("m/c/<str:token>/", public.click, name="click"),
    path("m/o/<str:token>/", public.pixel, name="pixel"),
    path("m/u/<str:token>/", public.unsubscribe, name="unsubscribe"),
    path("m/p/<str:token>/", public.preferences, name="preferences"),
    path("m/p/<str:token>/again/", public.come_back, name="come-back"),
]
