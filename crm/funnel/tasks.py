from celery import shared_task

from crm.funnel import routing, sla


@shared_task(expires=60)
def watch_deadlines() -> None:
    """Run every minute by beat: remind and escalate. Safe to run twice: a claim is one UPDATE."""
    sla.watch()


@shared_task(expires=300)
def reroute_unassigned() -> None:
    """Run every 5 minutes by beat: what found nobody. Safe to run twice: route locks its row."""
    routing.route_unassigned()
