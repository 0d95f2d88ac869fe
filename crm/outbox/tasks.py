from celery import shared_task

from crm.outbox import services


@shared_task(expires=600)
def carry_all(keys: list[str]) -> None:
    """Carry out the effects `keys`. Safe to run twice: done ones are passed over."""
    services.carry_all(keys)


@shared_task(expires=5)
def sweep() -> None:
    """Run every 5 seconds by beat: what is due and was not taken."""
    services.beat("worker")
    services.sweep()
