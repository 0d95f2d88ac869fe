"""Each change says by which way it came, whichever way that was."""

import pytest
from django.urls import reverse

from crm.activities import services
from crm.activities.models import Activity
from crm.activities.services import NextStep
from crm.audit.acting import Door
from crm.audit.models import Change
from crm.common import retention
from crm.common.tasks import prune
from crm.correspondence import receiving
from crm.importing import undoing
from crm.outbox import services as outbox
from crm.outbox.acting_tasks import ActingTask
from crm.users.models import Role, User
from leads.models import Lead
from tests.capture.conftest import send  # noqa: F401 - a fixture
from tests.correspondence.test_guests import AT, answer
from tests.factories import (
    CampaignFactory,
    CaptureFormFactory,
    CompanyFactory,
    LeadFactory,
    UserFactory,
)
from tests.importing.conftest import bring_in, own_files  # noqa: F401 - fixtures

ASKED = [{"name": name, "label": name, "required": True} for name in ("email", "job_title")]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def admin(sign_in):
    return sign_in(role=Role.ADMIN)


def ways(record):
    """The ways by which a record changed, but for what the test itself wrote."""
    changes = Change.objects.of(record).exclude(batch=None)
    return set(changes.values_list("door", flat=True))


def test_a_form_of_ours_is_the_screen(admin):
    lead = LeadFactory()

    admin.post(reverse("leads:field", args=[lead.pk, "job_title"]), {"job_title": "CEO"})

    assert ways(lead) == {Door.SCREEN}


def test_what_is_done_with_many_at_once_is_a_bulk_action(admin):
    lead, campaign = LeadFactory(), CampaignFactory()

    admin.post(reverse("leads:bulk-assign"), {"ids": [lead.pk], "owner": UserFactory().pk})
    admin.post(reverse("campaigns:bulk-archive"), {"ids": [campaign.pk]})

    assert ways(lead) == {Door.BULK}
    assert ways(campaign) == {Door.BULK}


def test_an_import_and_its_undo_are_told_apart(bring_in):  # noqa: F811
    lead = LeadFactory(external_id="L1", job_title="Buyer")

    source = bring_in("id,job title\nL1,Chief\n")
    undoing.undo(source, actor=None)

    changes = Change.objects.of(lead).of_field(Lead, "job_title").order_by("pk")
    assert [(c.door, c.after) for c in changes] == [("import", "Chief"), ("undo", "Buyer")]


def test_what_received_mail_changes_came_by_mail(client):
    rep = UserFactory(role=Role.REP)
    lead = LeadFactory(email="ana@acme.pt", owner=rep)
    step = NextStep(Activity.Kind.MEETING, AT, "Demo", invite=True)
    meeting = services.plan_follow_up(lead, step, owner=rep)

    receiving.receive(answer(meeting), door=receiving.Door.SERVER)

    assert Change.objects.of(meeting).get(field="guest_answer").door == Door.MAIL


def test_a_public_form_is_a_public_page(send):  # noqa: F811
    lead = LeadFactory(email="ana@example.org", job_title="")
    form = CaptureFormFactory(fields=ASKED)

    send(form, email="ana@example.org", job_title="CEO")

    assert ways(lead) == {Door.PUBLIC}


def test_effects_and_tasks_are_background_work(monkeypatch):
    company, other = CompanyFactory(), CompanyFactory()
    change = lambda pk: type(company).objects.filter(pk=pk).update(industry="Glass")  # noqa: E731
    monkeypatch.setitem(outbox.HANDLERS, "test.work", lambda payload: change(company.pk))
    outbox.enqueue("test.work", "test.work:1", {})

    monkeypatch.setattr(retention, "PRUNES", {"nothing": lambda: change(other.pk)})

    outbox.sweep()
    prune()

    assert ways(company) == {Door.TASK}
    assert ways(other) == {Door.TASK}


def test_every_task_of_ours_says_so():
    from crm.celery import app

    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]

    assert ours
    assert all(isinstance(task, ActingTask) for task in ours)


def test_who_says_nothing_is_the_command_line():
    user = UserFactory()

    User.objects.filter(pk=user.pk).update(name="Ana Silva")

    assert Change.objects.of(user).get(field="name").door == Door.COMMAND
