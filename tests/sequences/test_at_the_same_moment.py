"""Eight workers at once: each step once, each lead in once, each mail once."""

import pytest

from campaigns.newsletters.models import MarketingMail
from campaigns.segments.models import Segment
from campaigns.sequences import engine, entering, leaving
from campaigns.sequences.models import Enrolment, StepRun
from crm.activities.models import FollowUp
from crm.users.models import Organisation, usual_week
from tests.factories import LeadFactory, UserFactory
from tests.funnel.test_at_the_same_moment import at_once
from tests.sequences.building import Kind, enter, follow_up, pass_by, sequence_of, wait

pytestmark = pytest.mark.django_db(transaction=True)
LETTER = (Kind.EMAIL, {"subject": "Hello", "blocks": [{"kind": "text", "text": "How are you?"}]})


@pytest.fixture(autouse=True)
def _organisation():
    Organisation.objects.create(pk=1, workdays=usual_week(), postal_address="1 Acme Road")


def test_eight_workers_do_each_step_once(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 3)
    sequence = sequence_of(LETTER, follow_up(), wait(1), owner=UserFactory(role="marketer"))
    enter(sequence, *[LeadFactory(consent=True) for _ in range(24)])

    failed = [
        answer for answer in at_once(*[engine.advance_all] * 8) if not isinstance(answer, int)
    ]
    engine.advance_all()

    assert not failed
    assert StepRun.objects.count() == 48
    assert FollowUp.objects.count() == MarketingMail.objects.count() == 24
    assert Enrolment.objects.filter(step__kind=Kind.WAIT).count() == 24


def test_eight_workers_let_each_lead_enter_once():
    rule = {"field": "score", "operator": "min", "value": 30}
    segment = Segment.objects.create(name="Warm", rules={"join": "all", "rules": [rule]})
    sequence = sequence_of(wait(1), entry_segment=segment)
    for _ in range(12):
        LeadFactory(score=50)

    done = at_once(*[entering.enter_all] * 8)

    assert all(isinstance(count, int) for count in done), done
    assert sequence.enrolments.count() == 12


def test_a_lead_that_is_taken_out_while_workers_walk_stays_out():
    sequence = sequence_of(follow_up(), owner=UserFactory(role="marketer"))
    [enrolment] = enter(sequence, LeadFactory())

    def take_out():
        from django.utils.timezone import now

        leaving.take_out(enrolment, now())

    at_once(take_out, *[engine.advance_all] * 4)
    pass_by()

    enrolment.refresh_from_db()
    assert enrolment.state in ("finished", "exited")
    assert FollowUp.objects.count() == (enrolment.state == "finished")
