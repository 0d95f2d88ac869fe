from django.urls import path

from campaigns.capture.views import forms, links, offers, public, review

app_name = "capture"

urlpatterns = [
    path("f/<uuid:key>/", public.public, name="public"),
    path("f/<uuid:key>/thanks/", public.thanks, name="thanks"),
    path("f.js", public.script, name="script"),
    path("forms/", forms.form_list, name="list"),
    path("forms/new/", forms.create, name="create"),
    path("forms/<int:pk>/", forms.detail, name="detail"),
    path("forms/<int:pk>/preview/", forms.preview, name="preview"),
    path("forms/<int:pk>/share/", forms.share, name="share"),
    path("forms/<int:pk>/submissions/", forms.submissions, name="submissions"),
    path("forms/<int:pk>/review/", forms.review, name="review"),
    path("forms/<int:pk>/spam/", forms.spam, name="spam"),
    path("forms/<int:pk>/spam/release/", review.release_too_many, name="release-too-many"),
    path("forms/<int:pk>/activate/", forms.activate, name="activate"),
    path("forms/<int:pk>/deactivate/", forms.deactivate, name="deactivate"),
    path("forms/submissions/<int:pk>/", review.one, name="review-one"),
    path("forms/submissions/<int:pk>/rescue/", review.rescue, name="rescue"),
    path("forms/submissions/<int:pk>/discard/", review.discard, name="discard"),
    path("forms/leads/<int:pk>/offers/", offers.lead_offers, name="lead-offers"),
    path("forms/offers/<int:pk>/accept/", offers.accept_fact, name="accept-fact"),
    path("forms/offers/<int:pk>/dismiss/", offers.dismiss_fact, name="dismiss-fact"),
    path("utm/", links.link_list, name="links"),
    path("utm/new/", links.link_create, name="link-create"),
    path("utm/preview/", links.link_preview, name="link-preview"),
    path("utm/<int:pk>/delete/", links.link_delete, name="link-delete"),
]
