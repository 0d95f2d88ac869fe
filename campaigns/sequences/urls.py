from django.urls import path

from campaigns.sequences.views import dry_runs, enrolments, pages, states, steps

app_name = "sequences"

urlpatterns = [
    path("sequences/", pages.sequence_list, name="list"),
    path("sequences/new/", pages.create, name="create"),
    path("sequences/add/", enrolments.add, name="add"),
    path("sequences/<int:pk>/", pages.detail, name="detail"),
    path("sequences/<int:pk>/edit/", pages.edit, name="edit"),
    path("sequences/<int:pk>/start/", states.start, name="start"),
    path("sequences/<int:pk>/pause/", states.pause, name="pause"),
    path("sequences/<int:pk>/archive/", states.archive, name="archive"),
    path("sequences/<int:pk>/leads/", enrolments.enrolments, name="enrolments"),
    path("sequences/<int:pk>/dry-run/", dry_runs.dry_run, name="dry-run"),
    path("sequences/<int:pk>/steps/new/", steps.choose, name="step-choose"),
    path("sequences/<int:pk>/steps/new/<slug:kind>/", steps.create, name="step-create"),
    path("sequences/steps/<int:pk>/edit/", steps.edit, name="step-edit"),
    path("sequences/steps/<int:pk>/test/", steps.test, name="step-test"),
    path("sequences/steps/<int:pk>/move/<slug:way>/", steps.move, name="step-move"),
    path("sequences/steps/<int:pk>/remove/", steps.remove, name="step-remove"),
    path("sequences/enrolments/<int:pk>/remove/", enrolments.take_out, name="take-out"),
    path("sequences/leads/<int:pk>/", enrolments.lead_sequences, name="lead-sequences"),
]
