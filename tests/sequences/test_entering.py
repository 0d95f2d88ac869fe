"""Who enters a sequence: by segment, by coming back from sales, by hand. Once, unless told."""

import pytest

from campaigns.segments.models import Segment, SegmentMember
from campaigns.sequences import editing, entering
from campaigns.sequences.models import Enrolment, Sequence
from crm.funnel import handoffs, ledger
from crm.funnel.models import Reason
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory, waiting_handoff
from tests.sequences.building import enter, pass_by, sequence_of, wait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def acme(organisation):
    return organisation


@pytest.fixture
def marketer():
    return UserFactory(role=Role.MARKETER)


def warm() -> Segment:
    rule = {"field": "score", "operator": "min", "value": 30}
    return Segment.objects.create(name="Warm", rules={"join": "all", "rules": [rule]})


def given_back(lead: Lead, use: str = Reason.Use.RECYCLE) -> Reason:
    """Let sales give `lead` back, and return the reason."""
    handoff = waiting_handoff(lead=lead, rep=UserFactory())
    reason = Reason.objects.filter(use=use, return_path="nurture").order_by("pk")[0]
    act = handoffs.recycle if use == Reason.Use.RECYCLE else handoffs.reject
    act(handoff, reason=reason, actor=handoff.rep, note="Next year")
    lead.refresh_from_db()
    return reason


def test_members_of_a_dynamic_segment_enter_when_they_come_into_it():
    sequence = sequence_of(wait(1), entry_segment=warm())
    LeadFactory(score=40)
    later = LeadFactory(score=10)
    entering.enter_all()
    assert sequence.enrolments.count() == 1

    Lead.objects.filter(pk=later.pk).update(score=35)
    entering.enter_all()
    entering.enter_all()

    assert sequence.enrolments.count() == 2
    assert set(sequence.enrolments.values_list("how", flat=True)) == {"segment"}


def test_members_of_a_static_segment_enter_too():
    listed = Segment.objects.create(name="Guests", kind="static")
    guest = LeadFactory()
    SegmentMember.objects.create(segment=listed, lead=guest)
    sequence = sequence_of(wait(1), entry_segment=listed)

    entering.enter_all()

    assert sequence.enrolments.get().lead == guest


def test_who_has_been_in_a_sequence_does_not_enter_by_segment_again():
    sequence = sequence_of(wait(1), entry_segment=warm(), goal="stage", goal_stage=Stage.MQL)
    lead = LeadFactory(score=40)
    entering.enter_all()
    waiting_handoff(lead=lead)
    pass_by()
    assert sequence.enrolments.get().reason == "goal"

    given = lead.handoffs.get()
    reason = Reason.objects.filter(use="recycle")[0]
    handoffs.recycle(given, reason=reason, actor=UserFactory(), note="Next year")
    entering.enter_all()

    assert sequence.enrolments.count() == 1


def test_customers_disqualified_leads_and_those_with_sales_do_not_enter_by_segment():
    sequence = sequence_of(wait(1), entry_segment=warm())
    ledger.move(LeadFactory(score=40), Stage.DISQUALIFIED, actor=None)
    waiting_handoff(lead=LeadFactory(score=40))

    assert entering.would_enter(sequence).count() == 0
    entering.enter_all()

    assert not Enrolment.objects.exists()


def test_a_draft_takes_nobody_until_it_is_started_and_then_what_was_promised(run_effects):
    sequence = sequence_of(wait(1), entry_segment=warm(), state=Sequence.State.DRAFT)
    for _ in range(3):
        LeadFactory(score=40)
    entering.enter_all()
    promised = entering.would_enter(sequence).count()
    assert not Enrolment.objects.exists()

    editing.start(sequence)
    run_effects()

    assert sequence.enrolments.count() == promised == 3


def test_a_lead_that_comes_back_for_a_reason_enters_what_waits_for_it(run_effects):
    sequence, other = sequence_of(wait(1)), sequence_of(wait(1), name="Other")
    lead = LeadFactory()
    reasons = Reason.objects.filter(use="recycle", return_path="nurture").order_by("pk")
    sequence.entry_reasons.set(reasons[:1])
    other.entry_reasons.set(reasons[1:])

    given_back(lead)
    run_effects()

    assert Enrolment.objects.get().sequence == sequence
    assert Enrolment.objects.get().how == Enrolment.How.RETURN


@pytest.mark.parametrize(("again", "walks"), [(False, 1), (True, 2)])
def test_it_walks_through_again_only_if_the_sequence_says_so(run_effects, again, walks):
    sequence = sequence_of(wait(1), goal="stage", goal_stage=Stage.MQL, enters_again=again)
    sequence.entry_reasons.set(Reason.objects.filter(use="recycle"))
    lead = LeadFactory()
    given_back(lead)
    run_effects()
    waiting = handoffs.open_handoff(lead, evidence={})
    pass_by()

    reason = Reason.objects.filter(use="recycle")[0]
    handoffs.recycle(waiting, reason=reason, actor=UserFactory(), note="Not now")
    run_effects()

    assert sequence.enrolments.count() == walks
    assert sequence.enrolments.open().count() == walks - 1


def test_a_lost_deal_to_be_revisited_enters_where_that_is_wished(run_effects):
    sequence = sequence_of(wait(1), entry_on_revisit=True)
    lead = LeadFactory(stage=Stage.RECYCLED)

    entering.enter_returned({"lead": lead.pk, "reason": None})

    assert sequence.enrolments.get().lead == lead


def test_coming_back_lets_a_paused_walk_go_on_at_once(run_effects):
    sequence = sequence_of(wait(1))
    lead = LeadFactory()
    [enrolment] = enter(sequence, lead)
    handoff = waiting_handoff(lead=lead, rep=UserFactory())
    pass_by()
    enrolment.refresh_from_db()
    assert enrolment.state == "paused"

    reason = Reason.objects.filter(use="recycle")[0]
    handoffs.recycle(handoff, reason=reason, actor=handoff.rep, note="Not now")
    run_effects()

    enrolment.refresh_from_db()
    assert enrolment.state == "running"


def test_leads_are_added_by_hand_and_those_inside_are_passed_over(marketer):
    sequence = sequence_of(wait(1))
    inside, before, new, gone = (LeadFactory() for _ in range(4))
    enter(sequence, inside, before)
    Enrolment.objects.filter(lead=before).update(state="finished", ended_at="2026-01-01T00:00Z")
    ledger.move(gone, Stage.DISQUALIFIED, actor=None)
    look = entering.look_at(sequence, Lead.objects.all())
    assert (look.walking, look.before, look.over) == (1, 1, 1)
    assert look.entering(again=False) == 1
    assert look.entering(again=True) == 2

    assert entering.add(sequence, Lead.objects.all(), actor=marketer) == 1
    assert entering.add(sequence, Lead.objects.all(), actor=marketer, again=True) == 1

    assert sequence.enrolments.get(lead=new).entered_by == marketer
    assert sequence.enrolments.get(lead=before, turn=2).state == "running"


def test_nobody_is_added_to_a_draft(marketer):
    sequence = sequence_of(wait(1), state=Sequence.State.DRAFT)

    with pytest.raises(entering.NotTaking):
        entering.add(sequence, Lead.objects.all(), actor=marketer)


def test_a_segment_knows_the_sequences_that_stand_on_it():
    segment = warm()
    sequence = sequence_of(wait(1), entry_segment=segment)

    from campaigns.segments.usage import uses

    assert [(use.what, use.name) for use in uses(segment)] == [("Sequence", sequence.name)]


def test_a_segment_that_is_not_understood_any_more_lets_nobody_in_and_stops_nothing():
    broken = Segment.objects.create(name="Broken", rules={"join": "odd", "rules": [1]})
    sequence_of(wait(1), entry_segment=broken)
    good = sequence_of(wait(1), name="Good", entry_segment=warm())
    LeadFactory(score=40)

    entering.enter_all()

    assert good.enrolments.count() == 1
