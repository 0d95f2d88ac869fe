"""The demo company's personal mail: threads on leads, templates, and what waits for a decision."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm.activities.models import Activity
from crm.correspondence import participants
from crm.correspondence.journal import words_of
from crm.correspondence.models import EmailTemplate, Message, UserMailbox
from crm.demo.people import Cast
from leads.models import Lead

THREADS = 36
HOST = "mail.brightside.example"

TEMPLATES = [
    ("First mail after a webinar", "Planning without spreadsheets",
     "Hello {{ first_name | there }},\n\nyou joined our webinar on capacity planning. Which part of"
     " it is closest to what {{ company | your team }} works on now?\n\nTwenty minutes this week"
     " would be enough to show you the capacity view with your own numbers."),
    ("After a demo", "What we saw together",
     "Hello {{ first_name | there }},\n\nthank you for your time today. As promised: the capacity"
     " view, the import from your ERP, and the reference from a company of your size.\n\nShall we"
     " meet with operations next week?"),
    ("Quiet for two weeks", "Still on your list?",
     "Hello {{ first_name | there }},\n\nI have not heard from you since we last spoke. If the"
     " time is wrong, tell me when it will be right, and I will come back then."),
    ("Offer sent", "Our offer for {{ company | you }}",
     "Hello {{ first_name | there }},\n\nhere is our offer. It holds until the end of the month."
     " Call me with whatever is unclear."),
]  # fmt: skip

OPENERS = [
    ("Planning for your two plants", "thank you for the call. You said that the weekly plan takes"
     " a day to make. I would like to show you how others do it in an hour.\n\nDoes Thursday at"
     " ten suit you?"),
    ("The capacity view, with your numbers", "attached is what the capacity view looks like with"
     " the numbers that you gave me. The bottleneck in week 14 is real.\n\nWho else should see"
     " this?"),
    ("Reference from a company like yours", "you asked who else works with us. I have asked a"
     " customer of your size, and they are glad to take your call.\n\nMay I introduce you?"),
    ("Next steps", "to sum up what we agreed: you check the interface with IT, I prepare the offer"
     " for forty planners.\n\nIs the start in the spring still right?"),
]  # fmt: skip

ANSWERS = [
    "Thursday at ten is fine. Please send an invitation to our head of operations too.",
    "This is helpful, thank you. Our IT wants to know where the data is kept.",
    "We have to wait for the budget round. Could you come back to me in three weeks?",
    "Looks good. What would it cost for sixty planners instead of forty?",
]
CLOSERS = [
    "The data stays in Frankfurt. I have put the security paper on top of the offer.",
    "Of course. The invitation is on its way to both of you.",
    "For sixty it is 14 % less a seat. I will send the offer tomorrow.",
]
AWAY = "I am out of the office until Monday and read my mail then."


def write(rng: Random, now: datetime, cast: Cast) -> None:
    """Write threads behind the newest e-mails that reps logged, and what else the pages show."""
    for name, subject, body in TEMPLATES:
        EmailTemplate.objects.create(name=name, subject=subject, body=body)
    for rep in cast.reps:
        UserMailbox.objects.create(user=rep, signature=f"{rep.name}\nBrightside Planning")
    logged = Activity.objects.filter(kind=Activity.Kind.EMAIL, by__isnull=False)
    newest = logged.exclude(lead__email="").select_related("lead__company", "by").order_by("-at")
    for number, activity in enumerate(newest[:THREADS]):
        converse(rng, now, activity, number)
    waiting(now, cast)


def converse(rng: Random, now: datetime, activity: Activity, number: int) -> None:
    """Write the mail behind an activity, often an answer to it, sometimes one more of ours."""
    subject, text = OPENERS[number % len(OPENERS)]
    lead = activity.lead
    opener = message(
        activity, lead, f"demo-{number}", out=True, subject=subject, at=activity.at,
        text=f"Hello {lead.given_name or 'there'},\n\n{text}\n\n-- \n{activity.by}",
    )  # fmt: skip
    keep(opener, activity)
    at = activity.at + timedelta(hours=rng.uniform(1, 30))
    if number % 3 == 2 or at > now:
        return
    away = number % 9 == 4
    answer = message(
        activity, lead, f"demo-{number}-answer", out=False, subject=f"Re: {subject}", at=at,
        text=AWAY if away else ANSWERS[number % len(ANSWERS)], after=opener, automatic=away,
    )  # fmt: skip
    keep(answer)
    at += timedelta(hours=rng.uniform(1, 8))
    if number % 2 == 0 and at < now and not away:
        closer = message(
            activity, lead, f"demo-{number}-more", out=True, subject=f"Re: {subject}", at=at,
            text=CLOSERS[number % len(CLOSERS)], after=answer,
        )  # fmt: skip
        keep(closer)


def message(
    activity: Activity, lead: Lead, name: str, *, out: bool, after: Message | None = None,
    **said: Any,
) -> Message:  # fmt: skip
    """Return one message of a thread between a lead and the rep who logged `activity`."""
    ours = activity.by.email if activity.by and activity.by.email else f"sales@{HOST}"
    us, them = (ours, str(activity.by)), (lead.email.lower(), str(lead))
    sender, to = (us, them) if out else (them, us)
    ours_or_theirs = f"<{name}@{HOST}>"
    return Message(
        lead=lead,
        deal_id=activity.deal_id,
        direction=Message.Direction.OUT if out else Message.Direction.IN,
        sender=sender[0],
        sender_name=sender[1],
        to=[to[0]],
        message_id=ours_or_theirs,
        in_reply_to=after.message_id if after else "",
        references=[*after.references, after.message_id] if after else [],
        thread=after.thread if after else ours_or_theirs,
        by=activity.by,
        state=Message.State.SENT if out else Message.State.LOGGED,
        **said,
    )


def keep(message: Message, activity: Activity | None = None) -> None:
    """Save a message with its activity, as the journal writes one; its own where it has none."""
    activity = activity or Activity(
        lead=message.lead, deal_id=message.deal_id, kind=Activity.Kind.EMAIL, at=message.at,
        created_at=message.at, by=message.by if message.is_out else None,
    )  # fmt: skip
    activity.text = words_of(message)
    activity.save()
    message.activity = activity
    message.save()
    participants.record(message)


def waiting(now: datetime, cast: Cast) -> None:
    """Write what waits: one mail in doubt, and two from people who are no leads yet."""
    rep = cast.reps[0]
    lead = Lead.objects.filter(owner=rep).exclude(email="").order_by("-score", "pk").first()
    ours = {"by": rep, "to": [rep.email], "direction": Message.Direction.IN}
    strangers = [
        ("jonas.wirth@werkbund.example", "Jonas Wirth", "Recommended by a colleague",
         "A colleague told me about your planning board. We are 120 people in Kassel and plan with"
         " paper. Could somebody call me next week?"),
        ("h.lindqvist@norrkraft.example", "Hanna Lindqvist", "Price for 25 users",
         "What would 25 users cost, and can we start in January?"),
    ]  # fmt: skip
    for number, (sender, name, subject, text) in enumerate(strangers):
        thread = f"<demo-stranger-{number}@{HOST}>"
        Message.objects.create(
            sender=sender, sender_name=name, subject=subject, text=text, message_id=thread,
            thread=thread, state=Message.State.LOGGED, at=now - timedelta(hours=5 + 20 * number),
            html=f"<p>{text}</p>", attachments=["logo.png (12 kB)"] if number else [], **ours,
        )  # fmt: skip
    if lead:
        thread = f"<demo-doubt@{HOST}>"
        Message.objects.create(
            lead=lead, by=rep, direction=Message.Direction.OUT, sender=rep.email or "",
            sender_name=rep.name, to=[lead.email.lower()], subject="The figures that you asked for",
            text=f"Hello {lead.given_name},\n\nthe figures are in the table below.",
            message_id=thread, thread=thread, state=Message.State.UNKNOWN,
            last_error="The process ended while it was sending this.", at=now - timedelta(hours=2),
        )  # fmt: skip
