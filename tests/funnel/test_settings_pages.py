"""The agreements between the teams: definition, reasons, routing rules."""

import re

import pytest

from crm.funnel import handoffs, verdicts
from crm.funnel.models import Handoff, MqlDefinition, Reason, RoutingRule, Verdict
from crm.users.models import Role
from tests.factories import ChannelFactory, LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def boss():
    return UserFactory(name="Mia", role=Role.SALES_MANAGER)


def test_new_definition_is_a_new_version_and_the_old_one_stays(sign_in, boss):
    handoff = waiting_handoff(rep=UserFactory())
    data = {"threshold": 55, "required_fields": ["email", "phone"], "consent": "none",
            "note": "Fewer, better"}  # fmt: skip

    sign_in(boss).post("/settings/definition/new/", data)

    current = MqlDefinition.current()
    assert (current.version, current.threshold, current.created_by) == (2, 55, boss)
    assert current.required_fields == ["email", "phone"]
    handoff.refresh_from_db()
    assert handoff.definition.version == 1


@pytest.mark.parametrize("threshold", [0, 101, ""])
def test_definition_out_of_range_is_refused(sign_in, boss, threshold):
    data = {"threshold": threshold, "note": "x"}

    answer = sign_in(boss).post("/settings/definition/new/", data)

    assert (answer.status_code, MqlDefinition.objects.count()) == (422, 1)


def test_everybody_reads_the_definition_and_its_history(sign_in, boss):
    html = sign_in(role=Role.REP).get("/settings/definition/").content.decode()

    assert "Version 1" in html
    assert "New version" not in html


def test_reason_is_created_at_the_end_of_its_list(sign_in, boss):
    data = {
        "name": "Too small", "use": "reject", "return_path": "close", "cool_down_days": 90,
        "side": "targeting", "is_active": "on",
    }  # fmt: skip

    sign_in(boss).post("/settings/reasons/new/", data)

    made = Reason.objects.filter(use="reject").reverse()[0]
    assert (made.name, made.cool_down_days, made.note_required) == ("Too small", 90, False)


def test_reason_moves_up_and_down(sign_in, boss):
    client, names = sign_in(boss), []
    second = Reason.objects.filter(use="recycle")[1]

    for by in ("-1", "1", "1"):
        client.post(f"/settings/reasons/{second.pk}/move/", {"by": by})
        order = list(Reason.objects.filter(use="recycle"))
        names.append(order.index(second))

    assert names == [0, 1, 2]


def test_rule_needs_a_team_or_a_rep(sign_in, boss):
    answer = sign_in(boss).post("/settings/routing/new/", {"name": "Nowhere"})

    assert (answer.status_code, RoutingRule.objects.count()) == (422, 0)
    assert "Name the team or the rep" in answer.content.decode()


def test_rule_keeps_its_conditions(sign_in, boss):
    team = TeamFactory()
    data = {
        "name": "Nordics", "countries": ["SE", "NO"], "industries": "Retail, Food ",
        "sizes": ["50-249"], "team": team.pk,
    }  # fmt: skip

    sign_in(boss).post("/settings/routing/new/", data)

    rule = RoutingRule.objects.get()
    assert [str(country) for country in rule.countries] == ["NO", "SE"]
    assert (rule.industries, rule.sizes, rule.team) == (["Retail", "Food"], ["50-249"], team)


def test_rules_are_ordered_switched_and_deleted(sign_in, boss):
    first, second = (
        RoutingRule.objects.create(name=name, team=TeamFactory(), position=n)
        for n, name in enumerate("AB")
    )
    client = sign_in(boss)

    client.post(f"/settings/routing/{second.pk}/move/", {"by": "-1"})
    client.post(f"/settings/routing/{first.pk}/switch/")

    assert [(rule.name, rule.is_active) for rule in RoutingRule.objects.all()] == [
        ("B", True), ("A", False),
    ]  # fmt: skip
    client.post(f"/settings/routing/{first.pk}/delete/")
    assert RoutingRule.objects.get() == second


def test_deleted_rule_is_had_back_with_its_conditions_and_its_place(sign_in, boss):
    events = ChannelFactory()
    rule = RoutingRule.objects.create(
        name="Fairs", countries="AT,DE", sizes=["50-249"], position=3, team=TeamFactory()
    )
    rule.channels.add(events)
    client = sign_in(boss)

    deleted = client.post(f"/settings/routing/{rule.pk}/delete/", follow=True)
    gone = not RoutingRule.objects.exists()
    [undo] = set(re.findall(r"/undo/[0-9a-f-]+/", deleted.content.decode()))
    client.post(undo)

    back = RoutingRule.objects.get()
    assert gone
    assert (back.pk, back.name, back.position) == (rule.pk, "Fairs", 3)
    assert ([c.code for c in back.countries], back.sizes) == (["AT", "DE"], ["50-249"])
    assert list(back.channels.all()) == [events]


def test_trying_a_lead_names_rule_and_rep_and_writes_nothing(sign_in, boss):
    nora = UserFactory(name="Nora", team=TeamFactory(name="North"))
    RoutingRule.objects.create(name="Nordics", countries="SE", team=nora.team)
    lead = LeadFactory(name="Eva Lund", country="SE", team=boss.team)

    html = sign_in(boss).get("/settings/routing/test/?lead=eva").content.decode()

    assert "Nora" in html
    assert "Rule “Nordics”: round robin in North" in html
    lead.refresh_from_db()
    assert (lead.owner, Handoff.objects.count()) == (None, 0)


def test_trying_a_lead_that_does_not_exist_says_so(sign_in, boss):
    answer = sign_in(boss).get("/settings/routing/test/?lead=nobody")

    assert answer.status_code == 422
    assert "No lead matches" in answer.content.decode()


class TestDispute:
    @pytest.fixture
    def verdict(self):
        rep = UserFactory()
        reason = Reason.objects.get(name="Bad data")
        return handoffs.reject(waiting_handoff(rep=rep), reason=reason, actor=rep)

    def test_marketer_disputes_and_manager_rules(self, sign_in, boss, verdict):
        sign_in(role=Role.MARKETER).post(f"/verdicts/{verdict.pk}/dispute/", {"note": "It fits"})
        ruler = sign_in(role=Role.MARKETING_MANAGER)
        ruler.post(f"/verdicts/{verdict.pk}/rule/", {"ruling": "overturned"})

        verdict.refresh_from_db()
        assert verdict.ruling == Verdict.Ruling.OVERTURNED
        assert verdict.lead.handoffs.waiting().get().attempt == 2

    def test_second_dispute_is_refused_with_its_reason(self, sign_in, verdict):
        verdicts.dispute(verdict, by=UserFactory(role=Role.MARKETER), note="It fits")

        answer = sign_in(role=Role.MARKETER).post(
            f"/verdicts/{verdict.pk}/dispute/", {"note": "Really"}
        )

        assert answer.status_code == 422
        assert "cannot be disputed" in answer.content.decode()
