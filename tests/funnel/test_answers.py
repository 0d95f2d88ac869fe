"""Accept, reject, recycle, and taking the answer back."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import localdate, now

from crm.funnel import handoffs, ledger, verdicts, wording
from crm.funnel.models import Handoff, Reason, Verdict
from crm.outbox.models import Effect
from crm.stages import Stage
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def reason(path="", use="reject", **values):
    path = path or ("nurture" if use == "recycle" else "enrich")
    return Reason.objects.create(
        name=f"{use} {path}", use=use, return_path=path, side="scoring", **values
    )


@pytest.fixture
def rep():
    return UserFactory(name="Ana", team=TeamFactory())


@pytest.fixture
def handoff(rep):
    return waiting_handoff(rep=rep)


def lead_of(handoff):
    handoff.lead.refresh_from_db()
    return handoff.lead


def kinds(handoff):
    return list(handoff.verdicts.standing().values_list("kind", flat=True))


def test_accepted_lead_is_the_reps(handoff, rep):
    handoffs.accept(handoff, actor=rep)

    lead = lead_of(handoff)
    assert (lead.stage, lead.owner, lead.team) == (Stage.SAL, rep, rep.team)
    assert kinds(handoff) == ["accepted"]


def test_second_answer_is_told_who_was_first(handoff, rep):
    handoffs.accept(Handoff.objects.get(pk=handoff.pk), actor=rep)

    with pytest.raises(handoffs.AlreadyAnswered, match="Accepted by Ana"):
        handoffs.reject(handoff, reason=reason(), actor=UserFactory())

    assert lead_of(handoff).stage == Stage.SAL
    assert kinds(handoff) == ["accepted"]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("enrich", Stage.RECYCLED),
        ("close", Stage.DISQUALIFIED),
        ("reroute", Stage.MQL),
    ],
)
def test_reason_decides_where_a_rejected_lead_goes(handoff, rep, path, stage):
    handoffs.reject(handoff, reason=reason(path), actor=rep)

    lead = lead_of(handoff)
    assert (lead.stage, lead.owner) == (stage, None)
    assert lead.handoffs.count() == (2 if path == "reroute" else 1)


def test_rerouted_attempt_keeps_marketings_note_and_evidence(rep):
    handoff = waiting_handoff(rep=rep, note="Asked for a demo", evidence={"score": 55})

    handoffs.reject(handoff, reason=reason("reroute"), actor=rep, note="Not my region")

    second = handoff.lead.handoffs.get(attempt=2)
    assert (second.note, second.evidence) == ("Asked for a demo", {"score": 55})


def test_cool_down_comes_from_the_reason(handoff, rep):
    handoffs.recycle(handoff, reason=reason(use="recycle", cool_down_days=30), actor=rep)

    assert lead_of(handoff).recycled_until == localdate(
        timezone=ZoneInfo("Europe/Berlin")
    ) + timedelta(days=30)


def test_revisit_day_comes_before_the_cool_down(handoff, rep):
    day = localdate() + timedelta(days=7)

    handoffs.recycle(handoff, reason=reason(use="recycle"), actor=rep, revisit_on=day)

    assert lead_of(handoff).recycled_until == day


def test_reason_that_wants_a_note_is_refused_without_one(handoff, rep):
    with pytest.raises(handoffs.NotAnswerable, match="needs a note"):
        handoffs.reject(handoff, reason=reason(note_required=True), actor=rep, note="  ")

    handoff.refresh_from_db()
    assert handoff.is_waiting


def test_reason_of_another_use_is_refused(handoff, rep):
    with pytest.raises(handoffs.NotAnswerable):
        handoffs.reject(handoff, reason=reason(use="recycle"), actor=rep)


@pytest.mark.parametrize("path", ["enrich", "close", "reroute"])
def test_rejection_taken_back_leaves_the_handoff_waiting(handoff, rep, path):
    handoffs.reject(handoff, reason=reason(path), actor=rep)

    handoffs.take_back_answer(handoff, actor=rep)

    lead = lead_of(handoff)
    handoff.refresh_from_db()
    assert (handoff.is_waiting, lead.stage, lead.owner) == (True, Stage.MQL, rep)
    assert (lead.recycled_until, kinds(handoff)) == (None, [])
    assert lead.handoffs.count() == 1


def test_rejection_can_be_given_again_after_it_was_taken_back(handoff, rep, run_effects):
    for _ in range(2):
        handoffs.reject(handoff, reason=reason_once("reroute"), actor=rep)
        handoffs.take_back_answer(handoff, actor=rep)
    handoffs.reject(handoff, reason=reason_once("reroute"), actor=rep)
    other = UserFactory()

    run_effects()

    assert kinds(handoff) == ["rejected"]
    assert handoff.lead.handoffs.get(attempt=2).rep == other


def reason_once(path):
    found = Reason.objects.filter(name=f"reject {path}").first()
    return found or reason(path)


def test_rejection_cannot_be_taken_back_once_the_lead_moved_on(handoff, rep):
    handoffs.reject(handoff, reason=reason(), actor=rep)
    ledger.move(lead_of(handoff), Stage.DISQUALIFIED, actor=rep)

    with pytest.raises(ledger.LeadMoved):
        handoffs.take_back_answer(handoff, actor=rep)

    assert kinds(handoff) == ["rejected"]


def test_rejection_cannot_be_taken_back_once_the_lead_is_offered_again(handoff, rep):
    handoffs.reject(handoff, reason=reason(), actor=rep)
    handoffs.open_handoff(lead_of(handoff), evidence={})

    with pytest.raises(ledger.LeadMoved):
        handoffs.take_back_answer(handoff, actor=rep)

    assert handoff.lead.handoffs.count() == 2


def test_acceptance_cannot_be_taken_back(handoff, rep):
    handoffs.accept(handoff, actor=rep)

    with pytest.raises(handoffs.AlreadyAnswered):
        handoffs.take_back_answer(handoff, actor=rep)


def test_withdrawn_verdict_asks_for_its_withdrawal_once(handoff, rep):
    handoffs.reject(handoff, reason=reason(), actor=rep)
    verdict = handoff.verdicts.get()

    handoffs.withdraw(verdict)
    first = Verdict.objects.get(pk=verdict.pk).withdrawn_at
    handoffs.withdraw(verdict)

    assert Verdict.objects.get(pk=verdict.pk).withdrawn_at == first
    assert Effect.objects.filter(kind=handoffs.VERDICT_WITHDRAWN).count() == 1


class TestAcceptedLead:
    @pytest.fixture
    def lead(self, handoff, rep):
        handoffs.accept(handoff, actor=rep)
        return lead_of(handoff)

    def test_qualified_lead_is_sql(self, lead, rep):
        verdicts.qualify_lead(lead, actor=rep)

        assert lead.stage == Stage.SQL

    def test_recycled_lead_goes_back_with_a_verdict_beside_the_acceptance(self, lead, handoff, rep):
        verdicts.recycle_lead(lead, reason=reason(use="recycle"), actor=rep, note="Next year")

        lead.refresh_from_db()
        assert (lead.stage, lead.owner) == (Stage.RECYCLED, None)
        assert sorted(kinds(handoff)) == ["accepted", "recycled"]
        assert wording.words([lead.transitions.last()]) == ["recycle nurture"]

    def test_recycling_taken_back_gives_the_lead_to_its_rep_again(self, lead, handoff, rep):
        verdicts.recycle_lead(lead, reason=reason(use="recycle"), actor=rep)

        verdicts.take_back_return(lead, actor=rep)

        lead.refresh_from_db()
        assert (lead.stage, lead.owner, lead.recycled_until) == (Stage.SAL, rep, None)
        assert kinds(handoff) == ["accepted"]

    def test_disqualified_lead_gets_a_verdict_of_its_own_kind(self, lead, handoff, rep):
        verdicts.disqualify(lead, reason=reason("close"), actor=rep)

        assert lead.stage == Stage.DISQUALIFIED
        assert sorted(kinds(handoff)) == ["accepted", "disqualified"]

    def test_lead_with_a_deal_is_not_disqualified(self, lead, rep):
        ledger.move(lead, Stage.SQL, actor=rep)
        ledger.move(lead, Stage.OPPORTUNITY, actor=rep)

        with pytest.raises(verdicts.NotPossible):
            verdicts.disqualify(lead, reason=reason("close"), actor=rep)


def test_disqualifying_an_offered_lead_answers_its_handoff(handoff, rep):
    verdicts.disqualify(handoff.lead, reason=reason("close"), actor=rep)

    handoff.refresh_from_db()
    assert (handoff.outcome, lead_of(handoff).stage) == ("rejected", Stage.DISQUALIFIED)
    assert kinds(handoff) == ["rejected"]


def test_lead_that_was_never_offered_is_disqualified_without_a_verdict(rep):
    lead = LeadFactory()

    verdicts.disqualify(lead, reason=reason("close"), actor=rep)

    assert (lead.stage, lead.verdicts.count()) == (Stage.DISQUALIFIED, 0)


class TestDispute:
    def rejected(self, handoff, rep, path="enrich"):
        handoffs.reject(handoff, reason=reason(path), actor=rep)
        return handoff.verdicts.get()

    def test_overturned_verdict_offers_the_lead_again(self, handoff, rep):
        marketer, boss = UserFactory(role="marketer"), UserFactory(role="sales_manager")
        verdict = verdicts.dispute(self.rejected(handoff, rep), by=marketer, note="It fits")

        verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=boss)

        lead = lead_of(handoff)
        assert (lead.stage, lead.recycled_until) == (Stage.MQL, None)
        assert lead.handoffs.waiting().get().attempt == 2
        assert marketer.notifications.count() == rep.notifications.count() == 1

    def test_overturned_disqualification_comes_back(self, handoff, rep):
        verdict = self.rejected(handoff, rep, "close")
        verdicts.dispute(verdict, by=UserFactory(role="marketer"), note="It fits")

        verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=UserFactory())

        assert lead_of(handoff).stage == Stage.MQL
        assert handoff.lead.handoffs.waiting().get().attempt == 2

    def test_overturned_return_of_a_lead_disqualified_since_changes_nothing(self, handoff, rep):
        verdict = self.rejected(handoff, rep)
        verdicts.disqualify(lead_of(handoff), reason=reason("close"), actor=rep)
        verdicts.dispute(verdict, by=UserFactory(role="marketer"), note="It fits")

        verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=UserFactory())

        lead = lead_of(handoff)
        assert (lead.stage, lead.owner) == (Stage.DISQUALIFIED, None)

    def test_upheld_verdict_changes_nothing(self, handoff, rep):
        verdict = self.rejected(handoff, rep)
        verdicts.dispute(verdict, by=UserFactory(role="marketer"), note="It fits")

        verdicts.rule(verdict, ruling=Verdict.Ruling.UPHELD, by=UserFactory())

        assert lead_of(handoff).stage == Stage.RECYCLED

    def test_managers_are_asked_to_rule(self, handoff, rep):
        boss = UserFactory(role="sales_manager", team=rep.team)
        marketer = UserFactory(role="marketer", name="Max")

        verdicts.dispute(self.rejected(handoff, rep), by=marketer, note="It fits")

        assert boss.notifications.get().title == f"Max disputes: {handoff.lead} rejected"

    def test_whoever_disputed_does_not_rule_himself(self, handoff, rep):
        lead_of_marketing = UserFactory(role="marketing_manager")
        verdict = self.rejected(handoff, rep)
        verdicts.dispute(verdict, by=lead_of_marketing, note="It fits")

        with pytest.raises(verdicts.NotPossible, match="another manager"):
            verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=lead_of_marketing)

        verdict.refresh_from_db()
        assert (verdict.ruling, lead_of(handoff).stage) == ("", Stage.RECYCLED)

    def test_an_administrator_may_rule_on_any_dispute(self, handoff, rep):
        admin = UserFactory(role="admin")
        verdict = self.rejected(handoff, rep)
        verdicts.dispute(verdict, by=admin, note="It fits")

        verdicts.rule(verdict, ruling=Verdict.Ruling.UPHELD, by=admin)

        verdict.refresh_from_db()
        assert verdict.ruling == Verdict.Ruling.UPHELD

    def test_verdict_is_disputed_once(self, handoff, rep):
        verdict = self.rejected(handoff, rep)
        verdicts.dispute(verdict, by=UserFactory(), note="It fits")

        with pytest.raises(verdicts.NotPossible):
            verdicts.dispute(verdict, by=UserFactory(), note="Really")

    def test_dispute_is_ruled_once(self, handoff, rep):
        verdict = verdicts.dispute(self.rejected(handoff, rep), by=UserFactory(), note="It fits")
        boss = UserFactory(role="sales_manager")
        verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=boss)

        with pytest.raises(verdicts.NotPossible):
            verdicts.rule(verdict, ruling=Verdict.Ruling.OVERTURNED, by=boss)

        assert handoff.lead.handoffs.count() == 2

    def test_acceptance_cannot_be_disputed(self, handoff, rep):
        with pytest.raises(verdicts.NotPossible):
            verdicts.dispute(handoffs.accept(handoff, actor=rep), by=UserFactory(), note="No")


def test_close_is_recorded_once_for_its_key(handoff, rep):
    handoffs.accept(handoff, actor=rep)
    close = {"kind": Verdict.Kind.WON, "good_lead": True, "actor": rep, "at": now()}

    first = verdicts.record_close(handoff.lead, key="deal:1:2", amount_minor=5, **close)
    second = verdicts.record_close(handoff.lead, key="deal:1:2", amount_minor=5, **close)

    assert (first, first.handoff) == (second, handoff)
    home = Effect.objects.filter(kind=handoffs.VERDICT_GIVEN, key=f"verdict:{first.pk}")
    assert home.count() == 1
