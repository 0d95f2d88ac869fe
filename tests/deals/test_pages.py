"""What people meet in the browser: the board, the list, the record."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from crm.activities.models import FollowUp
from crm.users.models import Role
from deals import services
from deals.models import Deal, Pipeline, PipelineStage
from tests.deals.test_board_numbers import scatter
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    CompanyFactory,
    DealFactory,
    LeadFactory,
    UserFactory,
)

pytestmark = pytest.mark.usefixtures("organisation")
HTMX = {"HX-Request": "true"}


def names(answer):
    return [card.deal.name for card in answer.context["rows"]]


@pytest.mark.parametrize("view", ["board", "list"])
def test_the_page_needs_as_many_queries_for_100_deals_as_for_5(
    manager, view, django_assert_max_num_queries
):
    for count in (5, 100):
        scatter(Pipeline.objects.get(), count, seed=count)

        with django_assert_max_num_queries(10) as queries:
            manager.get(reverse("deals:list"), {"view": view})

        counted = {count: len(queries)}
    assert max(counted.values()) <= 10


def test_the_record_needs_few_queries(sold, manager, django_assert_max_num_queries, rep, stages):
    deal = sold()
    for version, stage in enumerate(stages[1:], start=1):
        services.move(deal, stage, version=version, actor=rep)

    with django_assert_max_num_queries(15):
        manager.get(deal.get_absolute_url())


def test_a_move_from_the_board_needs_few_queries(
    sold, rep, sign_in, stages, django_assert_max_num_queries
):
    deal, client = sold(), sign_in(rep)

    with django_assert_max_num_queries(11):
        answer = client.post(
            reverse("deals:move", args=[deal.pk]),
            {"stage": stages[1].pk, "version": 1},
            headers=HTMX | {"HX-Trigger": f"deal-{deal.pk}"},
        )

    assert answer.status_code == 200


def test_a_rep_sees_his_own_deals_on_the_board(sold, sign_in, rep):
    mine, other = sold(name="Mine"), DealFactory(name="Another's", owner=UserFactory())

    page = sign_in(rep).get(reverse("deals:list")).content.decode()

    assert mine.name in page
    assert other.name not in page


def test_board_and_list_understand_the_same_address(manager):
    webinar, search = CampaignFactory(), ChannelFactory()
    DealFactory(name="Ours", lead=LeadFactory(campaign=webinar, channel=search))
    DealFactory(name="Theirs")
    query = {"campaign": webinar.pk, "channel": search.pk}

    board = manager.get(reverse("deals:list"), query).content.decode()
    listed = manager.get(reverse("deals:list"), query | {"view": "list"}).content.decode()

    for page in (board, listed):
        assert "Ours" in page
        assert "Theirs" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "acme", "status": "all"}, {"Acme pilot", "Sold"}),
        ({"q": "acme pilot"}, {"Acme pilot"}),
        ({"amount_from": "1,500"}, {"Acme pilot"}),
        ({"amount_to": "1,500"}, {"Late"}),
        ({"close": "past"}, {"Late"}),
        ({"close": "none"}, {"Acme pilot", "Dollars"}),
        ({"status": "won"}, {"Sold"}),
        ({"status": "all"}, {"Acme pilot", "Late", "Dollars", "Sold"}),
        ({"tag": "overdue"}, {"Late"}),
        ({"owner": "none"}, {"Acme pilot", "Late", "Dollars"}),
        ({"owner": "nonsense", "sort": "nonsense", "after": "nonsense"},
         {"Acme pilot", "Late", "Dollars"}),
    ],
)  # fmt: skip
def test_the_list_is_filtered(manager, query, expected):
    acme, yesterday = CompanyFactory(name="Acme"), localdate() - timedelta(days=1)
    DealFactory(name="Acme pilot", amount_minor=200_000)
    late = DealFactory(name="Late", amount_minor=100_000, close_on=yesterday)
    DealFactory(name="Dollars", amount_minor=200_000, currency="USD")
    DealFactory(name="Sold", company=acme, status="won", closed_at=now(), close_on=yesterday)
    FollowUp.objects.create(
        lead=late.lead, deal=late, title="Call", due_at=now() - timedelta(hours=1)
    )

    answer = manager.get(reverse("deals:list"), query | {"view": "list"})

    assert set(names(answer)) == expected


@pytest.mark.parametrize("sort", ["name", "-amount", "close", "-stage", "since", "created"])
def test_paging_by_key_shows_every_deal_once(manager, sort):
    scatter(Pipeline.objects.get(), 130)
    query = {"view": "list", "status": "all", "sort": sort}
    answer = manager.get(reverse("deals:list"), query)

    seen = names(answer)
    while answer.context["older"]:
        answer = manager.get(answer.context["older"])
        seen += names(answer)

    assert len(seen) == 130
    assert sorted(seen) == sorted(Deal.objects.values_list("name", flat=True))
    assert names(manager.get(answer.context["newer"])) == seen[50:100]


def test_a_board_move_answers_with_the_card_and_an_undo(sold, sign_in, rep, stages):
    deal, client = sold(), sign_in(rep)

    answer = client.post(
        reverse("deals:move", args=[deal.pk]),
        {"stage": stages[1].pk, "version": 1},
        headers=HTMX | {"HX-Trigger": f"deal-{deal.pk}"},
    )

    page = answer.content.decode()
    undo = reverse("deals:move-back", args=[deal.pk]) + f"?stage={stages[0].pk}&amp;version=2"
    assert f'data-stage="{stages[1].pk}"' in page
    assert undo in page
    client.post(undo.replace("&amp;", "&"), headers=HTMX)
    deal.refresh_from_db()
    assert (deal.stage, deal.version) == (stages[0], 3)
    assert deal.moves.first().note == "Taken back"


def test_an_undo_names_stages_of_any_number(sold, sign_in, rep, stages):
    high = PipelineStage.objects.create(
        pk=1207, pipeline=stages[0].pipeline, name="Late", position=9, probability=90
    )
    deal = sold(stage=high)

    answer = sign_in(rep).post(
        reverse("deals:move", args=[deal.pk]),
        {"stage": stages[1].pk, "version": 1},
        headers=HTMX | {"HX-Trigger": f"deal-{deal.pk}"},
    )

    assert "?stage=1207&amp;version=2" in answer.content.decode()


def test_a_stale_board_move_is_answered_409_with_the_fresh_card(sold, sign_in, rep, stages):
    deal = sold()
    services.move(Deal.objects.get(pk=deal.pk), stages[2], version=1, actor=UserFactory(name="Ana"))

    answer = sign_in(rep).post(
        reverse("deals:move", args=[deal.pk]),
        {"stage": stages[1].pk, "version": 1},
        headers=HTMX | {"HX-Trigger": f"deal-{deal.pk}"},
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert f'data-stage="{stages[2].pk}"' in page
    assert "Ana changed" in page
    assert Deal.objects.get().stage == stages[2]


def test_a_stale_dialog_offers_to_overwrite(sold, sign_in, rep, stages):
    deal, client = sold(), sign_in(rep)
    services.move(Deal.objects.get(pk=deal.pk), stages[2], version=1, actor=UserFactory())
    url, data = reverse("deals:move", args=[deal.pk]), {"stage": stages[1].pk, "version": 1}

    first = client.post(url, data, headers=HTMX)
    second = client.post(url, data | {"overwrite": "1"}, headers=HTMX)

    assert (first.status_code, second.status_code) == (409, 204 if not second.content else 200)
    assert b"overwrite" in first.content
    assert Deal.objects.get().stage == stages[1]


def test_a_stale_fact_is_answered_409_and_keeps_what_was_typed(sold, sign_in, rep):
    deal, client = sold(name="Old"), sign_in(rep)
    services.edit(Deal.objects.get(pk=deal.pk), {"name": "Theirs"}, version=1, actor=rep)

    answer = client.post(
        reverse("deals:fact", args=[deal.pk, "name"]),
        {"name": "Mine", "version": 1},
        headers=HTMX,
    )

    assert answer.status_code == 409
    assert b'value="Mine"' in answer.content
    assert Deal.objects.get().name == "Theirs"


def test_an_amount_is_edited_as_it_is_typed(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)
    url = reverse("deals:fact", args=[deal.pk, "amount"])

    client.post(url, {"amount": "1.234,50", "currency": "EUR", "version": 1}, headers=HTMX)
    wrong = client.post(url, {"amount": "12.345", "currency": "EUR", "version": 2}, headers=HTMX)

    assert wrong.status_code == 422
    assert Deal.objects.get().amount_minor == 123_450


def test_only_a_manager_decides_who_owns_a_deal(sold, sign_in, rep):
    deal, ben = sold(), UserFactory()
    url, data = reverse("deals:fact", args=[deal.pk, "owner"]), {"owner": ben.pk, "version": 1}

    assert sign_in(rep).post(url, data).status_code == 403
    sign_in(role=Role.ADMIN).post(url, data)

    assert Deal.objects.get().owner == ben


def test_losing_needs_a_reason_and_the_word_on_the_lead(sold, sign_in, rep, price):
    deal, client = sold(), sign_in(rep)
    url = reverse("deals:lose", args=[deal.pk])

    bare = client.post(url, {"version": 1}, headers=HTMX)
    no_word = client.post(url, {"version": 1, "reason": price.pk}, headers=HTMX)

    assert (bare.status_code, no_word.status_code) == (422, 422)
    assert "was this a good lead?" in no_word.content.decode()
    assert Deal.objects.get().is_open


def test_a_note_is_asked_for_only_where_the_reason_wants_it(sold, sign_in, rep, price):
    first, second, client = sold(), sold(), sign_in(rep)
    other = type(price).objects.get(name="Other")

    plain = client.post(
        reverse("deals:lose", args=[first.pk]),
        {"version": 1, "reason": price.pk, "good_lead": "no"},
    )
    wanting = client.post(
        reverse("deals:lose", args=[second.pk]),
        {"version": 1, "reason": other.pk, "good_lead": "no"},
    )

    assert (plain.status_code, wanting.status_code) == (302, 422)
    first.refresh_from_db()
    assert (first.status, first.good_lead) == ("lost", False)


def test_winning_takes_the_amount_and_may_be_undone(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)

    answer = client.post(
        reverse("deals:win", args=[deal.pk]),
        {"version": 1, "amount": "2,000", "currency": "EUR", "closed_on": localdate()},
        headers=HTMX,
    )

    deal.refresh_from_db()
    assert (deal.status, deal.amount_minor) == ("won", 200_000)
    assert (
        reverse("deals:undo-close", args=[deal.pk])
        in str(client.session.items()) + answer.content.decode()
    )
    client.post(reverse("deals:undo-close", args=[deal.pk]), headers=HTMX)
    deal.refresh_from_db()
    assert deal.is_open


def test_a_lead_is_converted_by_its_dialog_as_it_opens(accepted, sign_in, rep):
    lead, client = accepted(company=CompanyFactory(name="Acme")), sign_in(rep)
    url = reverse("deals:convert", args=[lead.pk])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data["due_at"] = data["due_at"].strftime("%Y-%m-%dT%H:%M")

    answer = client.post(url, {k: "" if v is None else v for k, v in data.items()})

    deal = Deal.objects.get()
    assert answer.status_code == 302
    assert (deal.name, deal.company.name, deal.owner) == ("Acme", "Acme", rep)
    assert FollowUp.objects.get(deal=deal).kind == "call"


def test_a_typed_company_is_matched_whatever_its_case(accepted, sign_in, rep, stages):
    lead, acme, client = accepted(), CompanyFactory(name="Acme"), sign_in(rep)
    hint = client.get(reverse("deals:company-match"), {"company": "ACME"}).content.decode()

    client.post(
        reverse("deals:convert", args=[lead.pk]),
        {"name": "Pilot", "company": "acme", "amount": "5", "currency": "EUR",
         "stage": stages[0].pk},
    )  # fmt: skip

    assert "existing company" in hint
    assert Deal.objects.get().company == acme


def test_a_viewer_converts_nothing(accepted, sign_in):
    lead = accepted()

    answer = sign_in(role=Role.VIEWER).post(
        reverse("deals:convert", args=[lead.pk]), {"name": "No"}
    )

    assert answer.status_code == 403
    assert not Deal.objects.exists()


def test_the_next_activity_is_planned_from_the_bar(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)
    url = reverse("deals:plan-next", args=[deal.pk])

    refused = client.post(url, {"kind": ""}, headers=HTMX)
    answer = client.post(url, {"kind": "demo", "due_at": "2030-05-01T10:00"}, headers=HTMX)

    step = FollowUp.objects.get()
    assert refused.status_code == 422
    assert (step.deal, step.kind, step.owner) == (deal, "demo", rep)
    assert "Next demo in" in answer.content.decode()


def test_the_record_shows_the_score_at_the_handoff(sold, sign_in, rep):
    deal = sold()

    page = sign_in(rep).get(deal.get_absolute_url())

    assert page.context["handoff"].evidence["score"] == 72
    assert "At the handoff" in page.content.decode()


def test_the_export_holds_the_filtered_deals_and_no_formulas(manager):
    DealFactory(name="=1+1", amount_minor=123_456)
    DealFactory(name="Other", currency="JPY", amount_minor=500)

    answer = manager.get(reverse("deals:export"), {"q": "=1+1"})
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert len(lines) == 2
    assert "'=1+1" in lines[1]
    assert "1234.56,EUR" in lines[1]


def test_changes_tell_only_what_is_different(manager):
    stays, moved, closed = (DealFactory(name=name) for name in ("Stays", "Moved", "Closed"))
    known = [f"{deal.pk}.1.none" for deal in (stays, moved, closed)]
    second = moved.pipeline.stages.all()[1]
    services.move(moved, second, version=1, actor=UserFactory())
    Deal.objects.filter(pk=closed.pk).update(status="won", closed_at=now(), closed_on=localdate())
    DealFactory(name="Arrived")

    page = manager.post(reverse("deals:changes"), {"known": known}).content.decode()

    assert "Stays" not in page
    assert "Arrived" in page
    assert f'id="deal-{moved.pk}"' in page
    assert f'<li id="deal-{closed.pk}" hx-swap-oob="delete">' in page


def test_a_change_out_of_scope_leaves_the_board(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)
    Deal.objects.filter(pk=deal.pk).update(owner=UserFactory(), team=None)

    page = client.post(reverse("deals:changes"), {"known": [f"{deal.pk}.1.none"]})

    assert f'<li id="deal-{deal.pk}" hx-swap-oob="delete">' in page.content.decode()


@pytest.mark.parametrize("junk", ["x", "1", "1.2", "9999999999999999999999.1.none", "²..", ""])
def test_junk_among_the_known_cards_is_ignored(manager, junk):
    assert manager.post(reverse("deals:changes"), {"known": [junk]}).status_code == 200


def test_more_cards_come_behind_those_shown(manager):
    stage = Pipeline.objects.get().stages.all()[0]
    for _ in range(30):
        DealFactory(stage=stage)
    column = manager.get(reverse("deals:list")).context["columns"][0]

    answer = manager.get(reverse("deals:column-more", args=[stage.pk]), {"after": column.more})

    assert len(column.cards) == 25
    assert len(answer.context["cards"]) == 5
    assert not answer.context["more"]
    broken = manager.get(reverse("deals:column-more", args=[stage.pk]), {"after": "x"})
    assert broken.status_code == 400


@pytest.mark.parametrize("kind", ["lead", "company"])
def test_the_panel_of_a_record_shows_its_deals(sold, manager, accepted, kind):
    deal = sold(accepted(company=CompanyFactory()), name="Roll-out")

    page = manager.get(reverse(f"deals:{kind}-deals", args=[getattr(deal, kind).pk]))

    assert "Roll-out" in page.content.decode()


def test_a_stage_is_deleted_by_its_dialog_only_with_a_new_home(manager, stages):
    deal = DealFactory(stage=stages[1])
    url = reverse("deals:pipeline-stage-remove", args=[stages[1].pk])

    refused = manager.post(url, {"new_home": ""}, headers=HTMX)
    manager.post(url, {"new_home": stages[0].pk}, headers=HTMX)

    deal.refresh_from_db()
    assert refused.status_code == 422
    assert "Say where they go" in refused.content.decode()
    assert (deal.stage, deal.version) == (stages[0], 2)


def test_a_pipeline_with_open_deals_stays_in_use(manager):
    deal = DealFactory()

    answer = manager.post(
        reverse("deals:pipeline-edit", args=[deal.pipeline_id]), {"name": "Sales"}
    )

    assert answer.status_code == 422
    assert Pipeline.objects.get().is_active
