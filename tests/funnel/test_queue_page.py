"""The handoff queue as people use it."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.funnel import handoffs, verdicts
from crm.funnel.models import Handoff, Reason
from crm.funnel.queue import PAGE
from crm.users.models import Role, Scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
    waiting_handoff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team():
    return TeamFactory(name="North")


@pytest.fixture
def ana(team):
    return UserFactory(name="Ana", team=team)


@pytest.fixture
def bob(team):
    return UserFactory(name="Bob", team=team)


@pytest.fixture
def boss(team):
    return UserFactory(name="Mia", role=Role.SALES_MANAGER, team=team)


def rows(response):
    return [handoff.lead.name for handoff in response.context["page"].rows]


def in_queue_of(team, **fields):
    """Return a handoff that nobody could take: it waits in the team's queue."""
    lead = LeadFactory(**fields)
    handoff = waiting_handoff(lead=lead, team=team)
    type(lead).objects.filter(pk=lead.pk).update(team=team)
    return handoff


def reason(use="reject", **fields):
    path = "nurture" if use == "recycle" else "enrich"
    values = {"return_path": path, "side": "scoring", **fields}
    return Reason.objects.create(name=f"A {use}", use=use, **values)


class TestList:
    def test_rep_sees_his_own_and_what_waits_in_his_team(self, sign_in, ana, bob, team):
        waiting_handoff(rep=ana, lead=LeadFactory(name="Mine"))
        waiting_handoff(rep=bob, lead=LeadFactory(name="Bob’s"))
        in_queue_of(team, name="Ours")
        in_queue_of(TeamFactory(), name="Theirs")

        page = sign_in(ana).get("/handoff/")

        assert sorted(rows(page)) == ["Mine", "Ours"]
        assert "Waiting in North" in page.content.decode()

    def test_nearest_deadline_comes_first_so_overdue_ones_lead(self, sign_in, ana):
        for name, hours in (("Late", -2), ("Soon", 1), ("Later", 5)):
            due = now() + timedelta(hours=hours)
            waiting_handoff(rep=ana, lead=LeadFactory(name=name), due_at=due)

        page = sign_in(ana).get("/handoff/")

        assert rows(page) == ["Late", "Soon", "Later"]
        assert "overdue 2 h" in page.content.decode()

    def test_tabs_count_what_they_hold(self, sign_in, ana):
        handoffs.accept(waiting_handoff(rep=ana), actor=ana)
        handoffs.reject(waiting_handoff(rep=ana), reason=reason(), actor=ana)
        waiting_handoff(rep=ana), waiting_handoff(rep=ana)

        page = sign_in(ana).get("/handoff/")

        counts = {tab.label: tab.count for tab in page.context["tabs"]}
        assert counts == {"Waiting": 2, "Accepted": 1, "Rejected": 1, "Recycled": 0}

    @pytest.mark.parametrize("tab", ["accepted", "rejected", "recycled"])
    def test_answered_ones_are_on_their_tab(self, sign_in, ana, tab):
        handoff = waiting_handoff(rep=ana, lead=LeadFactory(name="Eva"))
        if tab == "accepted":
            handoffs.accept(handoff, actor=ana)
        elif tab == "rejected":
            handoffs.reject(handoff, reason=reason(), actor=ana, note="Too small for us")
        else:
            handoffs.recycle(handoff, reason=reason("recycle"), actor=ana)

        page = sign_in(ana).get(f"/handoff/?tab={tab}")

        assert rows(page) == ["Eva"]

    def test_filters_narrow_rows_and_counts_alike(self, sign_in, boss, ana, bob):
        fair = CampaignFactory()
        ads = ChannelFactory()
        waiting_handoff(rep=ana, lead=LeadFactory(name="A", campaign=fair))
        waiting_handoff(rep=bob, lead=LeadFactory(name="B", channel=ads))
        waiting_handoff(rep=bob, lead=LeadFactory(name="C"), due_at=now() - timedelta(1))
        client = sign_in(boss)

        found = {
            query: rows(client.get(f"/handoff/?{query}"))
            for query in (
                f"rep={ana.pk}", f"campaign={fair.pk}", f"channel={ads.pk}", "overdue=1",
                f"team={boss.team_id}", "rep=nonsense",
            )
        }  # fmt: skip

        assert [len(names) for names in found.values()] == [1, 1, 1, 1, 3, 3]
        assert found[f"rep={ana.pk}"] == found[f"campaign={fair.pk}"] == ["A"]
        assert found["overdue=1"] == ["C"]
        overdue = client.get("/handoff/?overdue=1").context["tabs"][0]
        assert overdue.count == 1

    def test_second_page_goes_on_where_the_first_ended(self, sign_in, ana):
        due = now() + timedelta(hours=1)
        for n in range(PAGE + 3):
            waiting_handoff(rep=ana, lead=LeadFactory(name=f"L{n:02}"), due_at=due)
        client = sign_in(ana)

        first = client.get("/handoff/")
        second = client.get(first.context["older"])

        assert (len(rows(first)), len(rows(second))) == (PAGE, 3)
        assert len({*rows(first), *rows(second)}) == PAGE + 3
        assert second.context["older"] == ""

    def test_earlier_attempts_show(self, sign_in, ana, bob):
        handoff = waiting_handoff(rep=bob)
        path = reason(return_path="reroute")
        handoffs.reject(handoff, reason=path, actor=bob)
        Handoff.objects.waiting().update(rep=ana, team=ana.team)

        page = sign_in(ana).get("/handoff/").content.decode()

        assert "Attempt 2" in page
        assert "Rejected by Bob: A reject" in page

    def test_signals_and_the_marketers_note_show(self, sign_in, ana):
        touches = [{"label": f"Webinar {n}", "at": now().isoformat()} for n in range(5)]
        handoff = waiting_handoff(rep=ana, note="Call before noon")
        Handoff.objects.filter(pk=handoff.pk).update(evidence={"score": 7, "touches": touches})

        page = sign_in(ana).get("/handoff/").content.decode()

        assert all(f"Webinar {n}" in page for n in range(3))
        assert "Webinar 3" not in page
        assert "Call before noon" in page

    @pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
    def test_marketers_and_viewers_read_only(self, sign_in, ana, role):
        waiting_handoff(rep=ana)

        page = sign_in(role=role).get("/handoff/").content.decode()

        assert "Accept</button>" not in page
        assert "/reassign/" not in page

    @pytest.mark.parametrize("tab", ["waiting", "accepted", "rejected"])
    def test_queries_do_not_grow_with_rows(
        self, sign_in, boss, ana, django_assert_max_num_queries, tab
    ):
        client, count = sign_in(boss), 0
        rejected = reason(return_path="reroute")
        for wanted in (5, PAGE):
            while count < wanted:
                count += 1
                company = CompanyFactory()
                lead = LeadFactory(
                    company=company, campaign=CampaignFactory(), channel=ChannelFactory()
                )
                handoff = waiting_handoff(rep=ana, lead=lead)
                if tab == "accepted":
                    handoffs.accept(handoff, actor=ana)
                else:
                    handoffs.reject(handoff, reason=rejected, actor=ana)
                    Handoff.objects.waiting().update(rep=ana, team=ana.team)

            with django_assert_max_num_queries(12):
                page = client.get(f"/handoff/?tab={tab}")

            assert len(rows(page)) == wanted
        assert len(page.content) <= 100_000

    def test_count_for_the_menu_is_the_tabs(self, sign_in, ana):
        client = sign_in(ana)

        nothing = client.get("/handoff/count/").content.decode().strip()
        waiting_handoff(rep=ana)
        one = client.get("/handoff/count/").content.decode()

        assert nothing == ""
        assert ">1</span>" in one


class TestAccept:
    def test_one_click_takes_the_lead_and_the_row_goes(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana, lead=LeadFactory(name="Eva"))

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/accept/", headers=HTMX)

        handoff.refresh_from_db()
        html = answer.content.decode()
        assert handoff.outcome == "accepted"
        assert f'id="handoff-{handoff.pk}"' not in html
        assert "Open lead" in html
        assert "handoff-changed" in answer.headers["HX-Trigger"]

    def test_without_javascript_it_leads_to_the_lead(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/accept/")

        assert (answer.status_code, answer.url) == (302, handoff.lead.get_absolute_url())

    def test_who_is_second_reads_who_was_first(self, sign_in, ana, bob, team):
        handoff = in_queue_of(team)
        sign_in(ana).post(f"/handoff/{handoff.pk}/accept/", headers=HTMX)

        answer = sign_in(bob).post(f"/handoff/{handoff.pk}/accept/", headers=HTMX)

        html = answer.content.decode()
        assert "Taken by Ana" in html
        assert "<tr" not in html
        assert answer.headers["HX-Retarget"] == f"#handoff-{handoff.pk}"
        handoff.refresh_from_db()
        assert handoff.rep == ana

    def test_anothers_waiting_handoff_is_not_there(self, sign_in, ana, bob):
        handoff = waiting_handoff(rep=bob)

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/accept/")

        handoff.refresh_from_db()
        assert (answer.status_code, handoff.is_waiting) == (404, True)

    def test_takes_few_queries(self, sign_in, ana, django_assert_max_num_queries):
        handoff, client = waiting_handoff(rep=ana), sign_in(ana)

        with django_assert_max_num_queries(19):
            client.post(f"/handoff/{handoff.pk}/accept/", headers=HTMX)


class TestGivingBack:
    def test_reason_is_required(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/reject/", {}, headers=HTMX)

        handoff.refresh_from_db()
        assert (answer.status_code, handoff.is_waiting) == (422, True)
        assert "Choose a reason." in answer.content.decode()

    def test_note_is_required_where_the_reason_wants_one(self, sign_in, ana):
        handoff, wanted = waiting_handoff(rep=ana), reason(note_required=True)

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/reject/", {"reason": wanted.pk})

        assert answer.status_code == 422
        assert "needs a note" in answer.content.decode()

    def test_reason_out_of_use_is_refused(self, sign_in, ana):
        handoff, old = waiting_handoff(rep=ana), reason(is_active=False)

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/reject/", {"reason": old.pk})

        assert answer.status_code == 422

    def test_rejecting_from_the_row_takes_it_away_and_offers_undo(self, sign_in, ana):
        handoff, client = waiting_handoff(rep=ana), sign_in(ana)

        answer = client.post(
            f"/handoff/{handoff.pk}/reject/?row=1", {"reason": reason().pk}, headers=HTMX
        )

        assert answer.headers["HX-Retarget"] == f"#handoff-{handoff.pk}"
        assert f"/handoff/{handoff.pk}/take-back/" in answer.content.decode()
        client.post(f"/handoff/{handoff.pk}/take-back/")
        handoff.refresh_from_db()
        assert handoff.is_waiting

    def test_rejecting_from_a_lead_that_the_rep_then_sees_no_more_leads_to_the_queue(
        self, sign_in, ana
    ):
        handoff = waiting_handoff(rep=ana)

        answer = sign_in(ana).post(
            f"/handoff/{handoff.pk}/reject/", {"reason": reason().pk}, headers=HTMX
        )

        assert answer.headers["HX-Redirect"] == "/handoff/"

    def test_recycling_keeps_the_day_to_come_back(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)
        data = {"reason": reason("recycle").pk, "revisit_on": "2031-05-04"}

        sign_in(ana).post(f"/handoff/{handoff.pk}/recycle/", data)

        handoff.lead.refresh_from_db()
        assert str(handoff.lead.recycled_until) == "2031-05-04"

    def test_undo_that_comes_too_late_says_so(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)
        handoffs.reject(handoff, reason=reason(), actor=ana)
        handoff.lead.refresh_from_db()
        handoffs.open_handoff(handoff.lead, evidence={})

        answer = sign_in(ana).post(f"/handoff/{handoff.pk}/take-back/", headers=HTMX)

        assert "cannot be undone" in answer.content.decode()


class TestReassign:
    def test_manager_gives_one_to_another_rep(self, sign_in, boss, ana, bob):
        handoff = waiting_handoff(rep=ana)

        sign_in(boss).post(f"/handoff/{handoff.pk}/reassign/", {"rep": bob.pk})

        handoff.refresh_from_db()
        assert (handoff.rep, handoff.routing_reason) == (bob, "Mia gave it to Bob, before: Ana")

    def test_manager_gives_several_at_once(self, sign_in, boss, ana, bob):
        mine = [waiting_handoff(rep=ana) for _ in range(3)]
        foreign = waiting_handoff(rep=UserFactory(team=TeamFactory()))
        ids = [handoff.pk for handoff in [*mine, foreign]]

        sign_in(boss).post("/handoff/reassign/", {"rep": bob.pk, "ids": ids})

        assert Handoff.objects.filter(rep=bob).count() == 3
        foreign.refresh_from_db()
        assert foreign.rep != bob

    def test_rep_who_left_is_no_choice(self, sign_in, boss, ana):
        handoff, gone = waiting_handoff(rep=ana), UserFactory(is_active=False)

        answer = sign_in(boss).post(f"/handoff/{handoff.pk}/reassign/", {"rep": gone.pk})

        assert answer.status_code == 422


class TestPanelsOfALead:
    def test_history_shows_every_attempt_with_routing_verdict_and_evidence(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana, routing_reason="Ana owns Acme")
        handoffs.reject(handoff, reason=reason(), actor=ana, note="Too small")
        marketer = UserFactory(role=Role.MARKETER)

        html = sign_in(marketer).get(f"/leads/{handoff.lead_id}/handoffs/").content.decode()

        assert all(words in html for words in ("Attempt 1", "Ana owns Acme", "Too small"))
        assert f"/verdicts/{handoff.verdicts.get().pk}/dispute/" in html

    def test_stepper_says_when_and_who(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)
        handoffs.accept(handoff, actor=ana)

        html = sign_in(ana).get(f"/leads/{handoff.lead_id}/stepper/").content.decode()

        assert 'aria-current="step"' in html
        assert "Ana" in html

    @pytest.mark.parametrize(
        ("prepare", "offers"),
        [
            (lambda handoff, rep: None, ["/accept/", "/reject/"]),
            (lambda handoff, rep: handoffs.accept(handoff, actor=rep), ["/qualify/", "/recycle/"]),
        ],
    )
    def test_actions_follow_the_stage(self, sign_in, ana, prepare, offers):
        handoff = waiting_handoff(rep=ana)
        prepare(handoff, ana)

        html = sign_in(ana).get(f"/leads/{handoff.lead_id}/actions/").content.decode()

        assert all(address in html for address in offers)

    def test_marketer_may_send_a_nurtured_lead_to_sales(self, sign_in):
        lead = LeadFactory()

        html = sign_in(role=Role.MARKETER).get(f"/leads/{lead.pk}/actions/").content.decode()

        assert "Send to sales" in html

    def test_qualified_lead_is_converted_next(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)
        handoffs.accept(handoff, actor=ana)
        verdicts.qualify_lead(handoff.lead, actor=ana)

        html = sign_in(ana).get(f"/leads/{handoff.lead_id}/actions/").content.decode()

        assert f"/leads/{handoff.lead_id}/convert/" in html

    def test_rep_qualifies_recycles_and_takes_back(self, sign_in, ana):
        handoff, client = waiting_handoff(rep=ana), sign_in(ana)
        handoffs.accept(handoff, actor=ana)
        lead, stages = handoff.lead, []

        for address, data in [
            ("qualify", {}),
            ("recycle", {"reason": reason("recycle").pk}),
            ("take-back", {}),
        ]:
            client.post(f"/leads/{lead.pk}/{address}/", data)
            lead.refresh_from_db()
            stages.append((lead.stage, lead.owner))

        assert stages == [("sql", ana), ("recycled", None), ("sql", ana)]

    def test_marketer_does_not_disqualify_a_lead_that_sales_works(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana)
        handoffs.accept(handoff, actor=ana)
        client = sign_in(role=Role.MARKETER)

        answer = client.post(
            f"/leads/{handoff.lead_id}/disqualify/", {"reason": reason(return_path="close").pk}
        )

        handoff.lead.refresh_from_db()
        assert (answer.status_code, handoff.lead.stage) == (403, "sal")

    def test_panels_take_few_queries(self, sign_in, boss, ana, django_assert_max_num_queries):
        handoff = waiting_handoff(rep=ana)
        for _ in range(4):
            handoffs.reject(handoff, reason=some_reroute(), actor=ana)
            handoff = handoff.lead.handoffs.get(outcome="waiting")
        client = sign_in(UserFactory(role=Role.ADMIN, scope=Scope.ALL))

        for panel in ("handoffs", "stepper", "actions"):
            with django_assert_max_num_queries(10):
                client.get(f"/leads/{handoff.lead_id}/{panel}/")


def some_reroute():
    found = Reason.objects.filter(return_path="reroute").first()
    return found or reason(return_path="reroute")


class TestDetail:
    def test_shows_evidence_routing_and_delays(self, sign_in, ana):
        handoff = waiting_handoff(rep=ana, routing_reason="Ana owns Acme")
        evidence = {"score": 61, "lines": [{"label": "Head of IT", "points": 20, "kind": "fit"}]}
        Handoff.objects.filter(pk=handoff.pk).update(evidence=evidence)

        html = sign_in(ana).get(f"/handoff/{handoff.pk}/").content.decode()

        assert all(words in html for words in ("Ana owns Acme", "Head of IT", "61"))
