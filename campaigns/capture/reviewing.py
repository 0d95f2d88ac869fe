"""What a marketer decides on submissions that made no lead: release, discard."""

from django.db import transaction
from django.utils.timezone import now

from campaigns.capture.models import CaptureForm, Submission, SubmissionQuerySet
from campaigns.capture.public_form import PublicForm
from campaigns.capture.services import accept, accept_or_keep
from crm.users.models import User
from leads.models import Lead

AT_ONCE = 500
"""So many submissions are released by one click; the page says how many are left."""
NO_LEAD = "It has no address that mail could reach."


class Decided(Exception):
    """Somebody has released or discarded this submission already."""


@transaction.atomic
def release(submission: Submission, values: dict[str, str]) -> Lead:
    """Take a submission for a person's after all and make it a lead. Raises Decided.

    values: its own or corrected ones, after the form has checked them
    """
    claimed = undecided().filter(pk=submission.pk)
    if not claimed.update(spam=Submission.Spam.NONE, problem="", values=values):
        raise Decided
    submission.spam, submission.problem, submission.values = Submission.Spam.NONE, "", values
    return accept(submission)


def undecided() -> SubmissionQuerySet:
    """Return what made no lead and nobody has decided on: spam, and what waits for review."""
    return Submission.objects.filter(lead=None, discarded_at=None).exclude(spam="", problem="")


@transaction.atomic
def discard(submission: Submission, *, actor: User) -> None:
    """Decide that a submission makes no lead. It stays, with who decided. Raises Decided."""
    gone = {"discarded_at": now(), "discarded_by": actor}
    if not undecided().filter(pk=submission.pk).update(**gone):
        raise Decided


@transaction.atomic
def release_too_many(form: CaptureForm) -> tuple[int, int]:
    """Release what was set aside because many came from one place: (became leads, for review)."""
    rows = Submission.objects.too_many().filter(form=form, discarded_at=None)
    leads = 0
    held = list(rows.select_for_update().order_by("pk")[:AT_ONCE])
    for submission in held:
        submission.form = form
        typed = PublicForm(form, submission.values)
        submission.spam = Submission.Spam.NONE
        if typed.is_valid():
            submission.values = typed.values
            submission.save(update_fields=["spam", "values"])
            accept_or_keep(submission)
        else:
            submission.problem = NO_LEAD
            submission.save(update_fields=["spam", "problem"])
        leads += submission.lead_id is not None
    return leads, len(held) - leads
