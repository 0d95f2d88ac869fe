"""Invitations in the rep's name, and what the guest's calendar or the guest answers."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from icalendar import Calendar

from crm.activities import services
from crm.activities.guest_answers import read_reply
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep
from crm.correspondence.addresses import ANSWER, logging_address
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import Message
from crm.correspondence.receiving import Door, receive
from crm.mailing import services as mailing
from crm.mailing.models import Mail
from crm.notifications.models import Notification

AT = datetime(2030, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def meeting(ana, rita) -> FollowUp:
    step = NextStep(Activity.Kind.MEETING, AT, "Demo", invite=True)
    return services.plan_follow_up(ana, step, owner=rita)


def answer(
    meeting: FollowUp, status: str = "ACCEPTED", *, who: str = "Ana@Acme.pt", sequence: int = 0,
    uid: str = "", encoding: str = "", comment: str = "",
) -> bytes:  # fmt: skip
    """Return a mail as calendars write it: folded lines, a part of text before the calendar."""
    calendar = (
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid or meeting.uid}@localhost:8000\r\nSEQUENCE:{sequence}\r\n"
        f'ATTENDEE;CN="Ana";PART\r\n STAT={status};RSVP=TRUE:mailto:{who}\r\n'
        f"{comment}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    if encoding:
        calendar = base64.encodebytes(calendar.encode()).decode().replace("\n", "\r\n")
        encoding = f"Content-Transfer-Encoding: {encoding}\r\n"
    return (
        "From: Ana <ana@acme.pt>\r\nTo: rita@example.com\r\nMessage-ID: <r1@acme.pt>\r\n"
        'Subject: Accepted: Demo\r\nContent-Type: multipart/alternative; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nAna has answered.\r\n"
        f"--B\r\nContent-Type: text/calendar; method=REPLY\r\n{encoding}\r\n{calendar}--B--\r\n"
    ).encode()


@pytest.mark.parametrize("encoding", ["", "base64"])
@pytest.mark.parametrize(
    ("status", "kept"),
    [("ACCEPTED", "accepted"), ("DECLINED", "declined"), ("TENTATIVE", "tentative")],
)
def test_a_guests_answer_shows_on_the_meeting_and_the_rep_is_told(
    meeting, rita, sign_in, status, kept, encoding
):
    raw = answer(meeting, status, encoding=encoding, comment="COMMENT:Half an hour\\, please\r\n")

    assert receive(raw, door=Door.FOLDER) is Outcome.GUEST_ANSWER
    assert receive(raw, door=Door.FOLDER) is Outcome.GUEST_ANSWER

    meeting.refresh_from_db()
    assert (meeting.guest_answer, meeting.guest_comment) == (kept, "Half an hour, please")
    assert Notification.objects.get(user=rita).body == "Half an hour, please"
    words = {"accepted": "Guest accepted", "declined": "Guest declined", "tentative": "maybe"}
    page = sign_in(rita).get(reverse("activities:list") + "?view=all").content.decode()
    assert words[kept] in page
    assert Message.objects.filter(direction="in").count() == 0


def test_only_the_guest_answers_and_only_for_a_meeting_that_is_known(meeting):
    for raw in (
        answer(meeting, who="eve@else.example"),
        answer(meeting, uid="guessed"),
        answer(meeting, uid=f"follow-up-{meeting.pk}"),
        answer(meeting, status="NEEDS-ACTION"),
        answer(meeting).replace(b"METHOD:REPLY", b"METHOD:REQUEST"),
    ):
        assert receive(raw, door=Door.FOLDER) is not Outcome.GUEST_ANSWER

    meeting.refresh_from_db()
    assert meeting.guest_answer == ""


def test_an_answer_to_the_old_time_says_nothing_of_the_new_one(meeting):
    receive(answer(meeting), door=Door.FOLDER)
    meeting.refresh_from_db()
    services.edit_follow_up(
        meeting, NextStep(Activity.Kind.MEETING, AT + timedelta(days=1), "Demo")
    )

    receive(answer(meeting, "DECLINED", sequence=0), door=Door.FOLDER)

    meeting.refresh_from_db()
    assert (meeting.sequence, meeting.guest_answer) == (1, "")
    receive(answer(meeting, sequence=1), door=Door.FOLDER)
    meeting.refresh_from_db()
    assert meeting.guest_answer == "accepted"


def test_organiser_and_sender_agree_and_answers_come_to_us(meeting, rita, settings):
    from django.core import mail

    settings.MAIL_KEPT = False
    ours = logging_address(rita, ANSWER)

    mailing.send_due()

    (sent,) = mail.outbox
    event = next(iter(Calendar.from_ical(sent.attachments[0][1]).walk("VEVENT")))
    assert sent.from_email == "Rita Reyes <tandem@example.com>"
    assert sent.reply_to == ["rita@example.com", ours]
    assert event["organizer"] == f"mailto:{ours}"
    assert event["organizer"].params["cn"] == "Rita Reyes"
    assert event["organizer"].params["sent-by"] == "mailto:tandem@example.com"


def test_a_written_answer_to_an_invitation_joins_its_thread(meeting, ana, rita):
    name = mailing.message_id_of(Mail.objects.get())
    raw = (
        f"From: Ana <ana@acme.pt>\r\nTo: {logging_address(rita, ANSWER)}\r\n"
        f"Message-ID: <r2@acme.pt>\r\nIn-Reply-To: {name}\r\n\r\nCan we do Tuesday?\r\n"
    ).encode()

    assert receive(raw, door=Door.FOLDER) is Outcome.LOGGED

    came = Message.objects.get(message_id="<r2@acme.pt>")
    assert (came.lead, came.thread, came.by) == (ana, name, rita)


def test_a_hostile_calendar_is_read_in_time_and_without_an_error():
    for body in ("\r\n " * 90_000, "ATTENDEE;" * 30_000, "PARTSTAT=" * 30_000, "\x00" * 90_000):
        assert read_reply(f"METHOD:REPLY\nUID:x\nATTENDEE:{body}") is None
    assert read_reply("") is None
