"""What a deal must have before it leaves a stage: seen by Tandem or ticked, a warning or a stop."""

import pytest
from django.urls import reverse

from deals import closing, criteria, services
from deals.criteria import CHECKS, Check
from deals.models import Deal, MetCriterion
from deals.services import ExitBlocked
from tests.factories import DealFactory

HTMX = {"HX-Request": "true"}
NEED, PRICE = "The need is written down", "The price was seen"


@pytest.fixture
def wants(stages):
    """Return a function: a stage wants these criteria, and perhaps lets no deal go without."""

    def set_criteria(place, *keys, blocks=False):
        stages[place].exit_criteria, stages[place].exit_blocks = list(keys), blocks
        stages[place].save()

    return set_criteria


@pytest.fixture
def seen(monkeypatch):
    """Return the deals that a registered check finds good."""
    good: set[int] = set()
    check = Check("test.good", "It is good", lambda deal: deal.pk in good)
    monkeypatch.setitem(CHECKS, "test.good", check)
    return good


def drop(client, deal, stage, **more):
    """Move as a drop on the board does."""
    return client.post(
        reverse("deals:move", args=[deal.pk]),
        {"stage": stage.pk, "version": deal.version} | more,
        headers=HTMX | {"HX-Trigger": f"deal-{deal.pk}"},
    )


def test_what_is_not_met_is_said_and_the_deal_moves(sold, sign_in, rep, stages, wants):
    wants(0, NEED)
    deal = sold()

    answer = drop(sign_in(rep), deal, stages[1])

    assert answer.status_code == 200
    assert f"Not met: {NEED}" in answer.content.decode()
    assert Deal.objects.get().stage == stages[1]


def test_a_stage_that_insists_keeps_the_deal_and_opens_the_dialog(
    sold, sign_in, rep, stages, wants
):
    wants(0, NEED, blocks=True)
    deal = sold()

    answer = drop(sign_in(rep), deal, stages[1])

    assert answer.status_code == 422
    assert f'data-stage="{stages[0].pk}"' in answer.content.decode()
    assert f"/deals/{deal.pk}/move/?stage={stages[1].pk}" in answer["HX-Trigger"]
    assert (Deal.objects.get().stage, Deal.objects.get().version) == (stages[0], 1)


def test_a_tick_in_the_dialog_lets_the_deal_go(sold, sign_in, rep, stages, wants):
    wants(0, NEED, blocks=True)
    deal, client = sold(), sign_in(rep)
    url = reverse("deals:move", args=[deal.pk])
    data = {"stage": stages[1].pk, "version": 1, "shown": [NEED, "not of this pipeline"]}

    refused = client.post(url, data, headers=HTMX)
    client.post(url, data | {"met": [NEED, "not of this pipeline"]}, headers=HTMX)

    assert refused.status_code == 422
    assert NEED in refused.content.decode()
    assert Deal.objects.get().stage == stages[1]
    assert list(MetCriterion.objects.values_list("text", "by")) == [(NEED, rep.pk)]


def test_a_check_looks_for_itself_and_cannot_be_ticked(sold, sign_in, rep, stages, wants, seen):
    wants(0, "test.good", blocks=True)
    deal, client = sold(), sign_in(rep)
    ticked = client.post(
        reverse("deals:tick", args=[deal.pk]), {"text": "test.good", "met": "1"}, headers=HTMX
    )

    with pytest.raises(ExitBlocked, match="It is good"):
        services.move(deal, stages[1], version=1, actor=rep)
    seen.add(deal.pk)
    services.move(deal, stages[1], version=1, actor=rep)

    assert ticked.status_code == 400
    assert Deal.objects.get().stage == stages[1]


def test_a_jump_leaves_all_the_stages_between_and_a_way_back_leaves_none(sold, stages, rep, wants):
    wants(1, NEED, blocks=True)
    wants(2, PRICE)
    deal = sold()

    missing = [found.label for _stage, found in criteria.unmet(deal, stages[3])]
    with pytest.raises(ExitBlocked):
        services.move(deal, stages[3], version=1, actor=rep)
    services.move(deal, stages[1], version=1, actor=rep)
    services.move(deal, stages[0], version=2, actor=rep)

    assert missing == [NEED, PRICE]
    assert Deal.objects.get().stage == stages[0]


def test_a_win_leaves_every_stage_that_is_left(sold, stages, rep, wants):
    wants(4, PRICE, blocks=True)
    deal = sold(stage=stages[2])
    won = {"version": 1, "amount_minor": 100, "currency": "EUR", "actor": rep}

    with pytest.raises(ExitBlocked):
        closing.win(deal, **won)
    criteria.tick(deal, PRICE, met=True, actor=rep)
    closing.win(deal, **won)

    assert Deal.objects.get().status == "won"


def test_a_tick_on_the_record_is_set_and_taken_away(sold, sign_in, rep, wants):
    wants(0, NEED)
    deal, client = sold(), sign_in(rep)
    url = reverse("deals:tick", args=[deal.pk])

    first = client.post(url, {"text": NEED, "met": "1"}, headers=HTMX)
    client.post(url, {"text": NEED, "met": "1"}, headers=HTMX)
    assert MetCriterion.objects.count() == 1
    client.post(url, {"text": NEED, "met": ""}, headers=HTMX)

    assert "is-met" in first.content.decode()
    assert not MetCriterion.objects.exists()


def test_criteria_of_a_stage_are_edited_in_the_settings(manager, stages, seen):
    url = reverse("deals:pipeline-stage-edit", args=[stages[0].pk])
    data = {"name": "New", "probability": 10, "exit_blocks": "on", "checks": ["test.good"]}

    manager.post(url, data | {"texts": f"{NEED}\n\n {PRICE} \n{NEED}"})
    stages[0].refresh_from_db()
    page = manager.get(reverse("deals:pipelines")).content.decode()

    assert stages[0].exit_criteria == ["test.good", NEED, PRICE]
    assert stages[0].exit_blocks
    assert "It is good" in page
    assert manager.post(url, data | {"texts": "x" * 201}).status_code == 422


def test_the_record_asks_for_no_more_queries_with_many_criteria(
    sold, sign_in, rep, wants, django_assert_max_num_queries
):
    wants(0, *[f"Criterion {n}" for n in range(20)])
    deal, client = sold(), sign_in(rep)
    client.get(deal.get_absolute_url())

    with django_assert_max_num_queries(15):
        page = client.get(deal.get_absolute_url()).content.decode()

    assert "Criterion 19" in page


def test_a_move_far_from_any_criteria_costs_no_query_for_them(stages, django_assert_num_queries):
    deal = DealFactory(stage=stages[0])
    deal = Deal.objects.select_related("pipeline").prefetch_related("pipeline__stages").get()

    with django_assert_num_queries(0):
        assert criteria.unmet(deal, stages[4]) == []
