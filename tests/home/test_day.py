from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Feedback
from crm.activities.models import FollowUp
from crm.funnel import handoffs
from crm.funnel.models import Reason
from crm.home import day
from crm.mailing.models import Mail
from crm.users.models import Role
from tests.factories import (
    CampaignFactory,
    DealFactory,
    LeadFactory,
    UserFactory,
    waiting_handoff,
)

pytestmark = pytest.mark.django_db


def test_a_rep_finds_what_waits_for_him(organisation, sign_in):
    rep = UserFactory()
    handoff = waiting_handoff(rep=rep)
    waiting_handoff(rep=UserFactory())

    page = sign_in(rep).get("/").content.decode()

    assert str(handoff.lead) in page
    assert [tile.value for tile in day.sales_tiles(rep)][0] == 1


def test_what_is_due_today_and_overdue_comes_first_and_tomorrow_not_at_all(organisation):
    rep, lead = UserFactory(), LeadFactory()
    late = FollowUp.objects.create(
        lead=lead, title="Late", owner=rep, due_at=now() - timedelta(days=2)
    )
    FollowUp.objects.create(lead=lead, title="Later", owner=rep, due_at=now() + timedelta(days=2))

    assert day.due_today(rep) == ([], [late])


def test_a_deal_without_next_activity_needs_its_rep(organisation):
    rep = UserFactory()
    deal = DealFactory(owner=rep)
    DealFactory(owner=UserFactory())

    rotting, bare = day.needing(rep)
    assert (rotting, [card.deal for card in bare]) == ([], [deal])


def test_a_marketer_finds_verdicts_and_the_reasons_why_leads_came_back(
    organisation, sign_in, run_effects
):
    marketer, rep = UserFactory(role=Role.MARKETER), UserFactory()
    lead = LeadFactory(campaign=CampaignFactory(owner=marketer))
    handoff = waiting_handoff(rep=rep, lead=lead)
    handoffs.reject(handoff, reason=Reason.objects.get(name="Bad data"), actor=rep)
    run_effects()

    page = sign_in(marketer).get("/home/feedback/").content.decode()

    assert Feedback.objects.get().owner == marketer
    assert page.count("Bad data") >= 2


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_a_day_in_few_queries(
    organisation, sign_in, django_assert_max_num_queries, role
):
    client = sign_in(role=role)
    for _ in range(12):
        rep = UserFactory()
        waiting_handoff(rep=rep)
        DealFactory(owner=rep)
        CampaignFactory()

    health = 5 * (role == Role.ADMIN)  # is the system well: three queues, triggers, unread mail
    with django_assert_max_num_queries(12 + health):
        assert client.get("/").status_code == 200


def test_todays_meetings_stand_apart_with_their_place(organisation, sign_in):
    rep = UserFactory()
    meeting, call = (
        FollowUp.objects.create(
            lead=LeadFactory(), title=kind, kind=kind, owner=rep, due_at=now(), place="Room 5"
        )
        for kind in ("meeting", "call")
    )
    old = FollowUp.objects.create(
        lead=LeadFactory(), title="Old", kind="demo", owner=rep, due_at=now() - timedelta(days=2)
    )

    assert day.due_today(rep) == ([meeting], [old, call])
    assert "Room 5" in sign_in(rep).get("/").content.decode()


def test_a_follow_up_is_completed_in_place_and_asks_for_the_next_step(organisation, sign_in):
    rep = UserFactory()
    call = FollowUp.objects.create(lead=LeadFactory(), title="Call", owner=rep, due_at=now())
    client = sign_in(rep)
    url = f"/follow-ups/{call.pk}/complete/"

    page = client.get("/").content.decode()
    answer = client.post(url, HTTP_HX_REQUEST="true").content.decode()

    assert f'hx-post="{url}"' in page
    assert f'id="follow-up-{call.pk}"' in answer
    assert "Next step for" in answer


@pytest.mark.parametrize("count", [5, 100])
def test_a_sellers_day_takes_the_same_queries_however_much_there_is(
    organisation, sign_in, django_assert_max_num_queries, count
):
    rep = UserFactory()
    client = sign_in(rep)
    for _ in range(count):
        deal = DealFactory(owner=rep)
        for kind in ("call", "meeting"):
            FollowUp.objects.create(
                lead=deal.lead, deal=deal, title=kind, kind=kind, owner=rep, due_at=now()
            )

    with django_assert_max_num_queries(12):
        client.get("/")
    with django_assert_max_num_queries(8):
        client.get("/home/deals/")


def test_an_administrator_finds_the_systems_health_and_the_leads_that_wait(organisation, sign_in):
    handoff = waiting_handoff(rep=UserFactory())
    Mail.objects.create(key="a", to="a@example.com", subject="A", text="A", state="failed")
    UserFactory(password=None, invited_at=now())

    page = sign_in(role=Role.ADMIN).get("/")

    assert (page.context["failed_mail"], page.context["invited"]) == (1, 1)
    assert f'id="handoff-{handoff.pk}"' in page.content.decode()
    assert "No Celery worker has shown life" in page.content.decode()


def test_sample_data_are_offered_to_an_administrator_until_there_is_a_lead(organisation, sign_in):
    admin, rep = sign_in(role=Role.ADMIN), sign_in(role=Role.REP)
    pages = ["/", "/leads/", "/companies/", "/campaigns/", "/deals/?view=list"]

    offered = ["Load sample data" in admin.get(path).content.decode() for path in pages]
    to_rep = ["Load sample data" in rep.get(path).content.decode() for path in pages]
    LeadFactory()
    later = ["Load sample data" in admin.get(path).content.decode() for path in pages]

    assert (all(offered), any(to_rep), any(later)) == (True, False, False)


def test_waiting_rows_have_a_heading_for_each_cell(organisation, sign_in):
    rep = UserFactory()
    waiting_handoff(rep=rep)

    queue = sign_in(rep).get("/").content.decode().partition('id="queue"')[2]

    table = queue.partition("</table>")[0]
    assert table.count("<th ") == table.count("<td")
