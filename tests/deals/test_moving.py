"""Moving and editing a deal: only on what one has seen."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.activities.services import log_activity
from crm.activities.timeline import read_page
from deals import closing, services
from deals.models import Deal, DealMove, Pipeline
from deals.services import NotAllowedNow, StaleDeal
from tests.factories import DealFactory, TeamFactory, UserFactory


def test_a_move_is_recorded_and_raises_the_version(sold, stages, rep):
    deal = sold()

    services.move(deal, stages[2], version=1, actor=rep)

    deal.refresh_from_db()
    move = deal.moves.first()
    assert (deal.stage, deal.version) == (stages[2], 2)
    assert (move.old, move.new, move.actor) == ("New", "Demo", rep)
    assert now() - deal.stage_since < timedelta(minutes=1)


def test_a_stale_move_is_refused_and_names_who_was_first(sold, stages, rep):
    deal, maya = sold(), UserFactory(name="Maya")
    mine = Deal.objects.get(pk=deal.pk)
    services.move(deal, stages[1], version=1, actor=maya)

    with pytest.raises(StaleDeal, match="Maya changed") as refusal:
        services.move(mine, stages[3], version=1, actor=rep)

    assert refusal.value.deal.stage == stages[1]
    assert Deal.objects.get(pk=deal.pk).stage == stages[1]


def test_a_move_to_where_it_is_changes_nothing(sold, stages, rep):
    deal = sold()

    services.move(deal, stages[0], version=1, actor=rep)

    assert Deal.objects.get(pk=deal.pk).version == 1
    assert deal.moves.count() == 1


def test_a_deal_stays_in_its_pipeline(sold, rep):
    other = Pipeline.objects.create(name="Renewals").stages.create(name="New", probability=5)

    with pytest.raises(NotAllowedNow, match="another pipeline"):
        services.move(sold(), other, version=1, actor=rep)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_one_card_at_once_one_wins(organisation):
    deal, users = DealFactory(), [UserFactory(), UserFactory()]
    stages = list(deal.pipeline.stages.all())
    start, outcomes = Barrier(2), []

    def drag(user, stage):
        mine = Deal.objects.get(pk=deal.pk)
        start.wait()
        try:
            services.move(mine, stage, version=1, actor=user)
            outcomes.append("moved")
        except StaleDeal:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [Thread(target=drag, args=(users[n], stages[n + 1])) for n in (0, 1)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    deal.refresh_from_db()
    assert sorted(outcomes) == ["moved", "stale"]
    assert deal.version == 2
    assert DealMove.objects.filter(deal=deal, new=deal.stage.name).count() == 1


def test_an_edit_says_from_what_to_what(sold, rep):
    deal = sold(amount=100_000)

    services.edit(deal, {"amount_minor": 250_050}, version=1, actor=rep)

    deal.refresh_from_db()
    assert (deal.amount_minor, deal.version) == (250_050, 2)
    assert deal.moves.first().note == "Amount: €1,000.00 → €2,500.50"


def test_a_stale_edit_leaves_the_deal_as_it_is(sold, rep):
    deal = sold(name="Old")
    services.edit(Deal.objects.get(pk=deal.pk), {"name": "Theirs"}, version=1, actor=rep)

    with pytest.raises(StaleDeal):
        services.edit(deal, {"name": "Mine"}, version=1, actor=rep)

    assert Deal.objects.get(pk=deal.pk).name == "Theirs"


def test_a_new_owner_brings_his_team(sold, rep):
    deal, ben = sold(), UserFactory(team=TeamFactory())

    services.edit(deal, {"owner": ben}, version=1, actor=UserFactory(role="sales_manager"))

    deal.refresh_from_db()
    assert (deal.owner, deal.team) == (ben, ben.team)


def test_status_and_stage_are_not_to_be_edited(sold, rep):
    with pytest.raises(KeyError):
        services.edit(sold(), {"status": "won"}, version=1, actor=rep)


def test_an_activity_keeps_a_deal_from_rotting_whatever_the_order_of_the_news(
    sold, rep, run_effects
):
    deal, at = sold(), now()
    for moment in (at, at - timedelta(days=3)):
        log_activity(deal.lead, Activity.Kind.DEMO, actor=rep, at=moment, deal=deal)

    run_effects()

    deal.refresh_from_db()
    assert deal.last_activity_at == at


def test_an_activity_with_the_lead_counts_for_its_open_deals(sold, rep, run_effects, price):
    first = sold()
    second, closed = sold(first.lead), sold(first.lead)
    closing.lose(closed, version=1, reason=price, good_lead=True, actor=rep)

    log_activity(first.lead, Activity.Kind.CALL, actor=rep, outcome="reached")
    run_effects()

    heard = Deal.objects.exclude(last_activity_at=None)
    assert set(heard) == {first, second}


def test_the_timeline_of_the_lead_tells_what_became_of_its_deals(sold, rep, stages, price):
    deal = sold(name="Pilot")
    services.move(deal, stages[1], version=1, actor=rep)
    services.edit(deal, {"name": "Pilot II"}, version=2, actor=rep)
    closing.lose(deal, version=3, reason=price, good_lead=True, actor=rep)

    page = read_page(deal.lead, type="deals")

    assert [item.title for item in page.items] == [
        "Deal “Pilot II” lost",
        "Deal “Pilot II” moved to Discovery",
        "Deal “Pilot II” opened in New",
    ]


def test_open_deals_follow_their_owner_into_his_new_team(sold, rep):
    deal = sold()
    rep.team = TeamFactory()
    rep.save()

    services.follow_owner_team(rep.pk)

    deal.refresh_from_db()
    assert deal.team == rep.team
