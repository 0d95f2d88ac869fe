"""Touches come in by file: a replay changes no row, bad rows are told by line, undo takes back."""

from datetime import UTC, datetime

import pytest

from campaigns.models import ScoringRule, Touch
from campaigns.services.scores import SCORE_LEAD
from crm.importing import services, undoing
from crm.importing.fields import NotMappable
from crm.importing.forms import kinds_for
from crm.importing.guessing import guess
from crm.outbox.models import Effect
from crm.users.models import Role
from leads.models import Channel, Lead
from tests.factories import CampaignFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
HEAD = "email,type,date,campaign,detail,id\n"
ANA, BEN = "ana@example.com,webinar", "ben@example.com,download"
TWO = f"{HEAD}{ANA},2026-03-02 10:00,Fair,Day one,\n{BEN},2026-03-03 11:00,,White paper,t-2\n"


@pytest.fixture(autouse=True)
def fair():
    return CampaignFactory(name="Fair", channel=Channel.objects.get(key="events"))


@pytest.fixture(autouse=True)
def leads():
    return [
        LeadFactory(name=name, email=f"{name.lower()}@example.com", campaign=None, channel=None)
        for name in ("Ana", "Ben")
    ]


def leads_now():
    columns = [field.attname for field in Lead._meta.concrete_fields if field.name != "scored_at"]
    return list(Lead.objects.order_by("pk").values(*columns))


def touches(source_file, bring_in, **how):
    return bring_in(source_file, kind="touches", **how)


def problems(source):
    return {row["line"]: row["message"] for row in source.problems if row["level"] == "error"}


def rows():
    return list(Touch.objects.order_by("pk").values())


def test_rows_become_touches_of_their_leads_with_the_campaigns_channel(bring_in, fair, leads):
    source = touches(TWO, bring_in)

    first, second = Touch.objects.order_by("at")
    assert (source.created, source.refused) == (2, 0)
    assert (first.lead, first.kind, first.detail) == (leads[0], "webinar", "Day one")
    assert (first.campaign, first.channel.key) == (fair, "events")
    assert first.at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert (second.lead, second.kind, second.campaign) == (leads[1], "download", None)


def test_replaying_one_file_twice_changes_no_row(bring_in, run_effects):
    touches(TWO, bring_in)
    run_effects()
    stored = (rows(), leads_now())

    again = touches(TWO, bring_in)

    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert run_effects() == 1, "only the sums are counted anew"
    assert (rows(), leads_now()) == stored


def test_a_campaign_that_has_moved_to_another_channel_makes_no_touch_new(bring_in, fair):
    rows_of_fair = HEAD + f"{ANA},2026-03-02,Fair,,\n{BEN},2026-03-03,Fair,,t-2\n"
    touches(rows_of_fair, bring_in)
    stored = rows()
    fair.channel = Channel.objects.get(key="social")
    fair.save()

    again = touches(rows_of_fair, bring_in)

    assert (again.unchanged, again.refused) == (2, 0)
    assert rows() == stored


def test_a_row_twice_in_one_file_is_one_touch(bring_in, monkeypatch):
    row = f"{ANA},2026-03-02,Fair,,\n"
    monkeypatch.setattr(services, "MOST", 2)

    source = touches(HEAD + row * 3, bring_in)

    assert Touch.objects.count() == 1
    assert (source.created, source.unchanged) == (1, 2)


def test_a_dry_run_says_the_same_and_writes_nothing(bring_in, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    row = f"{ANA},2026-03-02,Fair,,t-1\n"
    other = f"{ANA},2026-03-05,Fair,,t-1\n"
    source = touches(HEAD + row * 2 + other, bring_in)
    undoing.undo(source, actor=None)

    total, whole = services.dry_run(source)

    assert whole
    assert (source.created, source.unchanged, source.refused) == (1, 1, 1)
    counted = total.counts
    assert (counted["created"], counted["unchanged"], counted["refused"]) == (1, 1, 1)
    assert not Touch.objects.exists()


@pytest.mark.parametrize("apart", [False, True], ids=["in one file", "in a later file"])
def test_a_touch_never_changes(bring_in, apart):
    first, other = f"{ANA},2026-03-02,Fair,,t-1\n", f"{ANA},2026-03-05,Fair,,t-1\n"
    if apart:
        touches(HEAD + first, bring_in)
    stored = rows()

    source = touches(HEAD + (other if apart else first + other), bring_in)

    assert source.refused == 1
    assert "A touch never changes" in next(iter(problems(source).values()))
    assert Touch.objects.get().at == datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    assert not apart or rows() == stored


def test_bad_rows_are_listed_with_their_lines_and_the_others_come_in(bring_in):
    bad = [
        "nobody@example.com,webinar,2026-03-02,,,",
        "ana@example.com,knitting,2026-03-02,,,",
        "ana@example.com,webinar,2099-01-01,,,",
        "ana@example.com,webinar,,,,",
        "ana@example.com,webinar,2026-03-02,Fairy,,",
        ",webinar,2026-03-02,,,",
        "ana@example.com,,2026-03-02,,,",
    ]

    source = touches(TWO + "\n".join(bad) + "\n", bring_in)

    told = problems(source)
    assert (source.created, source.refused) == (2, 7)
    assert "no lead with the external ID or e-mail “nobody@example.com”" in told[4]
    assert "“knitting” is not a kind of touch" in told[5]
    assert "future" in told[6]
    assert told[7] == "It has no date."
    assert "no campaign “Fairy”" in told[8]
    assert told[9] == "It names no lead."
    assert told[10] == "It does not say what the lead did."


def test_the_leads_are_scored_once_and_take_the_campaign_of_their_first_touch(
    bring_in, run_effects, fair, leads
):
    ScoringRule.objects.update(is_active=False)
    ScoringRule.objects.create(
        name="Came", kind="engagement", touch_kind="webinar", points=2, cap=8
    )
    many = "".join(f"{ANA},2026-03-{day:02},Fair,,\n" for day in range(1, 6))

    touches(HEAD + many, bring_in)
    run_effects()

    ana = Lead.objects.get(pk=leads[0].pk)
    assert (ana.campaign, ana.channel) == (fair, fair.channel)
    assert ana.last_touch_at == Touch.objects.latest("at").at
    assert ana.score == 8
    assert Effect.objects.filter(kind=SCORE_LEAD).count() == 1


def test_undo_takes_the_touches_back_and_the_leads_are_as_before(bring_in, run_effects, leads):
    before = leads_now()
    source = touches(TWO, bring_in)
    run_effects()

    source = undoing.undo(source, actor=None)
    run_effects()

    assert not Touch.objects.exists()
    assert source.kept == []
    assert leads_now() == before


def test_undo_leaves_touches_that_were_there(bring_in, leads):
    touches(TWO, bring_in)
    stored = rows()
    more = touches(f"{TWO}{BEN},2026-04-01,,,\n", bring_in)

    undoing.undo(more, actor=None)

    assert rows() == stored
    assert Lead.objects.get(pk=leads[1].pk).last_touch_at == stored[1]["at"]


def test_a_marketer_reaches_only_leads_of_their_scope(bring_in, leads):
    rep = UserFactory(role=Role.MARKETER, scope="own")

    source = touches(TWO, bring_in, actor=rep)

    assert source.refused == 2
    assert not Touch.objects.exists()


def test_columns_are_guessed_by_their_usual_names():
    found = guess("touches", ["Contact ID", "Activity type", "Activity date", "UTM campaign"])

    assert found == {"lead": "Contact ID", "kind": "Activity type", "at": "Activity date",
                     "campaign": "UTM campaign"}  # fmt: skip


def test_lead_kind_and_date_must_be_mapped(bring_in):
    with pytest.raises(NotMappable, match="Choose a column for: When"):
        touches("email,type\nana@example.com,webinar\n", bring_in)


def test_marketing_imports_touches_and_sales_does_not():
    def kinds(role):
        return {kind for kind, _ in kinds_for(UserFactory(role=role))}

    assert "touches" in kinds(Role.MARKETER)
    assert not {"touches"} & (kinds(Role.REP) | kinds(Role.SALES_MANAGER))


def test_the_touches_of_a_campaign_lead_to_the_import(client, fair):
    client.force_login(UserFactory(role=Role.MARKETER))

    page = client.get(fair.get_absolute_url(), {"tab": "touches"}).content.decode()

    assert "/imports/new/?kind=touches" in page
