"""Why leads were moved: codes with ids in the ledger, words with today's names when shown."""

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils.timezone import localdate, now

from campaigns.capture import services as capture
from campaigns.capture.models import CaptureForm
from crm.activities.timeline import read_page
from crm.correspondence import incoming
from crm.funnel import handoffs, ledger, verdicts, wording
from crm.funnel.causes import NAMED, OWN_COLUMNS, About, Cause, Code
from crm.funnel.intake import take_in
from crm.funnel.models import MqlDefinition, Reason, StageTransition, Verdict
from crm.importing import services as importing
from crm.importing import uploads
from crm.importing.guessing import guess
from crm.importing.models import Import
from crm.stages import Stage
from crm.users.models import Role
from deals import closing, contacts
from deals import services as deals
from deals.models import Deal, LostReason, Pipeline
from leads.models import Lead
from tests.factories import (
    CaptureFormFactory,
    DealFactory,
    LeadFactory,
    MessageFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
    waiting_handoff,
)
from tests.guards import guards_aside

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
NAME = "Zyxov"
STAGES = {"", *Stage.values}


@pytest.fixture
def rep():
    return UserFactory(name=f"Rita {NAME}", team=TeamFactory(name=f"Team {NAME}"))


def transition(code, **values):
    """Return a row of the ledger with this code that was not stored."""
    return StageTransition(lead_id=1, new_stage=Stage.LEAD, at=now(), code=code, **values)


def subject(about):
    """Return something that a cause can be about, and the name it is shown by."""
    match about:
        case About.DEAL:
            return DealFactory(name=NAME), NAME
        case About.DEFINITION:
            return MqlDefinition.current(), "1"
        case About.FORM:
            return CaptureFormFactory(name=NAME), NAME
        case About.IMPORT:
            return Import.objects.create(kind="leads", file_name=NAME), NAME
        case About.LOST_REASON:
            return LostReason.objects.create(name=NAME), NAME
        case About.REASON:
            return Reason.objects.create(name=NAME, side="data", return_path="close"), NAME


@pytest.mark.parametrize("code", NAMED)
def test_what_a_cause_is_about_is_named_as_it_is_called_today(code):
    about, _ = NAMED[code]
    thing, name = subject(about)

    [said] = wording.words([transition(code, **{OWN_COLUMNS.get(about, "about_id"): thing.pk})])

    assert name in said
    assert "{" not in said


@pytest.mark.parametrize("code", Code)
def test_every_cause_has_words_also_when_what_it_was_about_is_gone(code):
    gone = dict.fromkeys(("about_id", "import_id", "definition_id"), 10**9)

    said = wording.words([transition(code, **gone), transition(code)])

    assert said == [code.label] * 2
    assert code.label
    assert "{" not in code.label


def test_a_day_to_come_back_is_shown():
    row = transition(Code.REVISIT, day=date(2027, 3, 12))

    assert wording.words([row]) == ["Revisit on 12 Mar 2027"]


def test_a_page_of_moves_asks_once_for_each_kind_of_thing(django_assert_num_queries):
    known = [subject(About.DEAL)[0] for _ in range(3)]
    rows = [transition(Code.DEAL, about_id=deal.pk) for deal in known]
    rows += [transition(Code.DEAL_WON, about_id=known[0].pk), transition(Code.TAKEN_BACK)]

    with django_assert_num_queries(1):
        assert wording.words(rows)[3:] == [f"Deal “{NAME}” won", "Taken back"]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (Code.DEAL_WON, {}),
        (Code.TAKEN_BACK, {"about": 1}),
        (Code.IMPORTED, {"about": 1}),
        (Code.REVISIT, {}),
        (Code.DEAL, {"about": 1, "day": date(2027, 1, 1)}),
    ],
)
def test_a_cause_without_what_it_is_about_or_with_too_much_is_refused(code, values):
    with pytest.raises(ValueError, match=code):
        Cause(code, **values)


def test_the_database_takes_neither_text_nor_an_unknown_code():
    row = {"lead": LeadFactory(), "new_stage": Stage.LEAD, "at": now()}

    for wrong in ({"reason": "Said by Ana"}, {"code": "Said by Ana"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            StageTransition.objects.create(**row, **wrong)


def test_a_row_from_before_the_codes_keeps_its_text():
    lead = LeadFactory()
    with guards_aside("crm.funnel"):
        StageTransition.objects.create(
            lead=lead, old_stage=Stage.LEAD, new_stage=Stage.MQL, at=now(), reason="Sent by Ana"
        )

    assert "Sent by Ana" in [item.text for item in read_page(lead, type="funnel").items]


# No name is frozen --------------------------------------------------------------------------------


def come_in(rep, sign_in):
    """Let a lead come by every door."""
    capture.accept(SubmissionFactory(form=CaptureFormFactory(name=NAME)))
    incoming.make_lead(MessageFactory(lead=None, sender_name=NAME), actor=rep)
    take_in(actor=rep, cause=Cause(Code.BY_HAND), name=NAME)
    marketer = sign_in(role=Role.MARKETER, name=NAME)
    answer = marketer.post(
        reverse("campaigns:touch-create"),
        {"lead": f"{NAME}@example.org", "kind": "webinar", "detail": NAME, "key": "k",
         "at": "2026-01-01T10:00"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content
    file = ContentFile(f"Name,Email\n{NAME},in@example.org\n".encode(), f"{NAME}.csv")
    importer = UserFactory(role=Role.ADMIN, name=NAME)
    source = uploads.receive(file, kind="leads", actor=importer, options={})
    importing.set_mapping(source, guess("leads", source.columns))
    source.save()
    importing.run_here(source)


def handed(rep, **values):
    return waiting_handoff(rep=rep, lead=LeadFactory(name=NAME, score=72, **values))


def give_back(rep):
    """Let sales give leads back at every point, and a manager overrule it."""
    later = Reason.objects.create(
        name=f"Later {NAME}", side="sales", use="recycle", return_path="nurture"
    )
    never = Reason.objects.create(name=f"Never {NAME}", side="data", return_path="close")
    said = handoffs.recycle(handed(rep), reason=later, actor=rep, note=NAME)
    verdicts.dispute(said, by=UserFactory(name=NAME), note=NAME)
    manager = UserFactory(name=f"Sam {NAME}", role=Role.SALES_MANAGER)
    verdicts.rule(said, ruling=Verdict.Ruling.OVERTURNED, by=manager)
    offered = handed(rep)
    handoffs.reject(offered, reason=never, actor=rep, note=NAME)
    waiting = handoffs.take_back_answer(offered, actor=rep)
    handoffs.accept(waiting, actor=rep)
    lead = Lead.objects.get(pk=offered.lead_id)
    verdicts.qualify_lead(lead, actor=rep)
    verdicts.recycle_lead(lead, reason=later, actor=rep, note=NAME)
    handoffs.open_handoff(lead, evidence={}, actor=manager, note=NAME)


def sell(rep):
    """Let deals be won, reopened and lost."""
    stage, price = Pipeline.objects.get().stages.all()[0], LostReason.objects.get(name="Price")
    won, lost = (opened(rep, stage) for _ in range(2))
    contacts.add_person(won, email="c@example.org", name=NAME, role="user", actor=rep)
    win(won, rep)
    won.refresh_from_db()
    closing.reopen(won, version=won.version, actor=rep)
    won.refresh_from_db()
    win(won, rep)
    again = opened(rep, stage, Lead.objects.get(pk=won.lead_id))
    closing.lose(again, version=again.version, reason=price, good_lead=True, actor=rep, note=NAME)
    in_spring = localdate() + timedelta(days=90)
    closing.lose(
        lost, version=lost.version, reason=price, good_lead=True, actor=rep, note=NAME,
        revisit_on=in_spring,
    )  # fmt: skip


def opened(rep, stage, lead=None):
    if lead is None:
        offered = handed(rep)
        handoffs.accept(offered, actor=rep)
        lead = offered.lead
    return deals.convert(
        lead, name=f"Deal {NAME}", amount_minor=100, currency="EUR", stage=stage, actor=rep
    )


def win(deal, rep):
    closing.win(deal, version=deal.version, amount_minor=100, currency="EUR", actor=rep, note=NAME)


def test_no_door_freezes_a_name_or_a_note_in_the_ledger(rep, sign_in, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    come_in(rep, sign_in)
    give_back(rep)
    sell(rep)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM funnel_stagetransition")
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    assert {row["code"] for row in rows} == {"", *Code.values}
    assert {row["reason"] for row in rows} == {""}
    assert {row["old_stage"] for row in rows} | {row["new_stage"] for row in rows} <= STAGES
    assert not [row for row in rows if NAME.lower() in str(row).lower()]


def test_who_and_what_was_renamed_or_removed_is_no_longer_read_in_the_timeline(rep):
    stage = Pipeline.objects.get().stages.all()[0]
    deal = opened(rep, stage)
    lead = Lead.objects.get(pk=deal.lead_id)
    assert f"Deal “Deal {NAME}”" in told(lead)

    Deal.objects.filter(pk=deal.pk).update(name="Pilot")
    assert "Deal “Pilot”" in told(lead)

    Deal.objects.filter(pk=deal.pk).delete()
    assert "Deal (removed since)" in told(lead)
    assert not [text for text in told(lead) if NAME in text]


def told(lead):
    return [item.text for item in read_page(lead, type="funnel").items]


def test_a_form_that_was_renamed_is_shown_by_its_new_name():
    form = CaptureFormFactory(name="Catalogue")
    lead = capture.accept(SubmissionFactory(form=form))

    CaptureForm.objects.filter(pk=form.pk).update(name="Brochure")

    assert "Form Brochure" in told(lead)


def test_a_move_without_a_cause_says_nothing():
    lead = LeadFactory()
    ledger.move(lead, Stage.MQL, actor=None)

    assert wording.words(lead.transitions.all()) == ["", ""]
