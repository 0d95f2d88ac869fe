"""Playbooks at work in the demo company: cadences on fresh leads, negotiations on deals."""

from random import Random

from crm.stages import Stage
from crm.users.models import User
from deals.models import Deal
from deals.playbooks import running
from deals.playbooks.models import Playbook, PlaybookRun
from leads.models import Lead

EACH = 6


def play(rng: Random) -> None:
    """Start playbooks where a seller would, some of them a few steps on."""
    cadence, demo, negotiation = Playbook.objects.order_by("position")[:3]
    leads = Lead.objects.filter(stage=Stage.SAL, owner__isnull=False).select_related("owner__team")
    for lead in leads.order_by("-stage_since", "pk")[:EACH]:
        begin(rng, cadence, lead)
    deals = Deal.objects.open().filter(owner__isnull=False).select_related("lead", "owner__team")
    for book, stage in ((demo, "Demo"), (negotiation, "Negotiation")):
        for deal in deals.filter(stage__name=stage).order_by("-stage_since", "pk")[:EACH]:
            begin(rng, book, deal.lead, deal)


def begin(rng: Random, playbook: Playbook, lead: Lead, deal: Deal | None = None) -> PlaybookRun:
    """Start a playbook; what was done of it before today shows as done."""
    owner = deal.owner if deal else lead.owner
    assert isinstance(owner, User)
    run = running.start(playbook, lead, actor=owner, deal=deal)
    steps = rng.randrange(len(run.steps) - 1)
    PlaybookRun.objects.filter(pk=run.pk).update(step=steps)
    run.refresh_from_db()
    follow_up = run.follow_up
    assert follow_up
    step = run.steps[run.step]
    follow_up.kind, follow_up.title = step["kind"], step["title"]
    follow_up.key = f"{running.KEY}{run.pk}:{run.step}:0"
    follow_up.save(update_fields=["kind", "title", "key"])
    return run
