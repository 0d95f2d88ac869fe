import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from deals.forecast import counting, forecasting
from deals.forecast.spans import MONTH, span_of
from tests.factories import DealFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def told(*args):
    out = StringIO()
    call_command("report", "forecast", "--format", "json", *args, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_says_what_the_page_says(organisation):
    rep = UserFactory(team=TeamFactory())
    DealFactory(owner=rep, team=rep.team, close_on=counting.today(), amount_minor=12_345)

    found = told()

    page = forecasting.forecast(span_of(MONTH, counting.today()))
    assert found["rows"] == page.as_dict()["rows"]
    assert found["total"]["pipeline"] == page.total.pipeline.amount == 12_345
    assert told("--by", "team")["total"] == found["total"]


def test_a_period_without_a_target_is_refused(organisation):
    with pytest.raises(CommandError, match="whole month or quarter"):
        told("--from", "2026-11-03", "--to", "2026-11-09")
