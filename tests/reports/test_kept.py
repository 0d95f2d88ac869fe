from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.reports import kept, tasks
from crm.reports.models import KeptAnswer
from crm.reports.questions import Question
from crm.reports.registry import REPORTS
from crm.users.models import Role, Scope
from tests.factories import LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
FUNNEL = REPORTS["funnel"]


@pytest.fixture
def slow(settings, organisation):
    """Every answer counts as one that took long."""
    settings.REPORT_KEPT_FROM = timedelta(0)


def leads_in(answer) -> int:
    return answer.tables[0].total.value("lead")


def test_a_quick_answer_is_counted_each_time(organisation):
    LeadFactory()
    kept.answer(FUNNEL, Question())
    LeadFactory()

    answer, is_kept = kept.answer(FUNNEL, Question())

    assert (leads_in(answer), is_kept) == (2, False)
    assert not KeptAnswer.objects.exists()


def test_a_slow_answer_is_shown_again_with_its_time(slow):
    LeadFactory()
    first, _ = kept.answer(FUNNEL, Question())
    LeadFactory()

    again, is_kept = kept.answer(FUNNEL, Question())

    assert is_kept
    assert (leads_in(again), again.as_of) == (1, first.as_of)


def test_an_answer_that_is_not_fresh_is_renewed_by_a_worker(slow):
    LeadFactory()
    kept.answer(FUNNEL, Question())
    LeadFactory()
    KeptAnswer.objects.update(as_of=now() - kept.FRESH - timedelta(minutes=1))

    shown, _ = kept.answer(FUNNEL, Question())
    KeptAnswer.objects.update(asked_at=now() - timedelta(minutes=1))
    tasks.renew_answers()

    assert leads_in(shown) == 1
    assert leads_in(kept.answer(FUNNEL, Question())[0]) == 2


def test_a_reps_answer_is_not_shown_to_others(slow):
    rep, other = UserFactory(role=Role.REP), UserFactory(role=Role.REP)
    LeadFactory(owner=rep)

    assert leads_in(kept.answer(FUNNEL, Question(user=rep))[0]) == 1
    assert leads_in(kept.answer(FUNNEL, Question(user=other))[0]) == 0
    assert KeptAnswer.objects.count() == 2


def test_after_a_change_of_team_the_old_teams_numbers_are_not_shown(slow):
    north, south = TeamFactory(), TeamFactory()
    manager = UserFactory(role=Role.SALES_MANAGER, team=north, scope=Scope.TEAM)
    LeadFactory(team=north), LeadFactory(team=north), LeadFactory(team=south)
    assert leads_in(kept.answer(FUNNEL, Question(user=manager))[0]) == 2

    manager.team = south
    manager.save()

    assert leads_in(kept.answer(FUNNEL, Question(user=manager))[0]) == 1


def test_after_a_change_of_scope_only_what_may_be_seen_is_shown(slow):
    manager = UserFactory(role=Role.SALES_MANAGER, scope=Scope.ALL)
    LeadFactory(owner=UserFactory())
    assert leads_in(kept.answer(FUNNEL, Question(user=manager))[0]) == 1

    manager.scope = Scope.OWN
    manager.save()

    assert leads_in(kept.answer(FUNNEL, Question(user=manager))[0]) == 0


def test_what_was_asked_before_a_change_of_team_is_not_renewed_with_the_new_teams_rows(slow):
    north, south = TeamFactory(), TeamFactory()
    manager = UserFactory(role=Role.SALES_MANAGER, team=north, scope=Scope.TEAM)
    kept.answer(FUNNEL, Question(user=manager))
    KeptAnswer.objects.update(asked_at=now() - timedelta(minutes=1))
    manager.team = south
    manager.save()

    tasks.renew_answers()

    assert not KeptAnswer.objects.exists()


def test_those_who_see_all_share_one_answer(slow):
    kept.answer(FUNNEL, Question(user=UserFactory(role=Role.VIEWER)))

    _, is_kept = kept.answer(FUNNEL, Question(user=UserFactory(role=Role.MARKETER)))

    assert is_kept


def test_the_answer_of_somebody_who_left_is_not_renewed(slow):
    rep = UserFactory(role=Role.REP)
    kept.answer(FUNNEL, Question(user=rep))
    rep.is_active = False
    rep.save()
    KeptAnswer.objects.update(asked_at=now() - timedelta(minutes=1))

    assert kept.renew_asked() == 0
    assert not KeptAnswer.objects.exists()


def test_the_page_says_as_of_when_and_counts_anew_on_demand(slow, sign_in):
    client = sign_in(role=Role.VIEWER)
    LeadFactory()
    client.get("/reports/funnel/")
    LeadFactory()

    kept_page = client.get("/reports/funnel/").content.decode()
    anew = client.post("/reports/funnel/count-anew/", follow=True)

    assert "Count anew" in kept_page
    assert leads_in(anew.context["answer"]) == 2


def test_old_answers_are_dropped(slow):
    kept.answer(FUNNEL, Question())
    KeptAnswer.objects.update(as_of=now() - kept.KEPT - timedelta(hours=1))

    assert kept.prune() == 1
