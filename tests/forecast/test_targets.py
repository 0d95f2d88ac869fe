from datetime import date

import pytest
from django.urls import reverse

from crm.users.models import Role
from deals.forecast.models import ForecastCall, Quota
from deals.forecast.quotas import quotas, sellers, set_quotas
from deals.forecast.spans import MONTH, QUARTER, Span
from tests.factories import DealFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOVEMBER, Q4 = Span(MONTH, date(2026, 11, 1)), Span(QUARTER, date(2026, 10, 1))
HTMX = {"HX-Request": "true"}


@pytest.fixture
def team(organisation):
    return TeamFactory()


@pytest.fixture
def boss(team):
    return UserFactory(role=Role.SALES_MANAGER, team=team)


def cell(rep, span=NOVEMBER):
    return f"user-{rep.pk}.{span.kind}.{span.first}"


def test_a_cell_is_saved_as_it_is_left_and_the_sums_follow(boss, team, sign_in):
    rep = UserFactory(team=team)

    answer = sign_in(boss).post(
        reverse("forecast:target-save") + "?from=2026-Q4", {cell(rep): "1,500.50"}, headers=HTMX
    )

    assert Quota.objects.get().amount_minor == 150_050
    marks = answer.content.decode()
    assert "Saved" in marks
    assert f's-team-{team.pk}-quarter-2026-10-01" hx-swap-oob="true">Σ' in marks


def test_the_whole_grid_is_saved_without_javascript_and_a_slip_keeps_what_was_typed(
    boss, team, sign_in
):
    rep, other = UserFactory(team=team), UserFactory(team=team)
    data = {cell(rep): "900", cell(other): "many", "from": "2026-Q4"}

    answer = sign_in(boss).post(reverse("forecast:target-save"), data)

    assert answer.status_code == 422
    assert 'value="many"' in answer.content.decode()
    assert Quota.objects.get().user == rep


def test_a_manager_sets_no_target_outside_his_team(boss, sign_in):
    outsider = UserFactory(team=TeamFactory())

    sign_in(boss).post(reverse("forecast:target-save"), {cell(outsider): "900"})

    assert not Quota.objects.exists()


def test_a_rep_reads_his_own_target_alone(team, sign_in):
    rep, other = UserFactory(team=team), UserFactory(team=team)
    set_quotas({("user", pk, *NOVEMBER_KEY): 77_700 for pk in (rep.pk, other.pk)})

    page = sign_in(rep).get(reverse("forecast:targets") + "?from=2026-Q4").content.decode()

    assert rep.name in page
    assert other.name not in page
    assert "<input" not in page.partition("<tbody>")[2].partition("</tbody>")[0]


NOVEMBER_KEY = (MONTH, NOVEMBER.first)


def test_what_is_written_for_a_team_counts_instead_of_its_peoples_sum(team):
    reps = [UserFactory(team=team) for _ in range(2)]
    set_quotas({("user", rep.pk, *NOVEMBER_KEY): 10_000 for rep in reps})
    assert quotas([Q4], sellers()).of_team(team.pk, Q4) == 20_000

    set_quotas({("team", team.pk, QUARTER, Q4.first): 25_000})

    known = quotas([Q4, NOVEMBER], sellers())
    assert known.of_team(team.pk, Q4) == 25_000
    assert known.of_team(team.pk, NOVEMBER) == 20_000


def test_a_rep_says_what_he_expects_of_his_deal_and_takes_it_back(organisation, sign_in):
    rep = UserFactory()
    deal = DealFactory(owner=rep, close_on=date(2026, 11, 20))
    client, url = sign_in(rep), reverse("forecast:call", args=[deal.pk])

    client.post(url, {"category": "commit"})
    assert ForecastCall.objects.get().by == rep
    listed = client.get(reverse("forecast:deals") + "?part=commit&period=2026-11")
    assert list(listed.context["rows"]) == [deal]

    client.post(url, {"category": ""})
    assert not ForecastCall.objects.exists()


def test_my_gap_says_what_is_still_to_be_won(organisation, sign_in):
    rep = UserFactory()
    client = sign_in(rep)

    assert "No target is set" in client.get(reverse("forecast:my-gap")).content.decode()
