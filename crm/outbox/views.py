from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.common.htmx import done, toast
from crm.outbox import alarms, health, services
from crm.outbox.models import Effect
from crm.users.permissions import MANAGERS, SignedInRequest, allow, may_open

SHOWN = 100


@never_cache
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """For a load balancer: 200 when this process and its database answer, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse({"database": "up"})


@never_cache
@require_GET
def system_health(request: HttpRequest) -> HttpResponse:
    """For the alarm: 200 while the whole system works, else 503 with the reasons."""
    try:
        state = health.look()
        reasons = alarms.reasons(state)
    except DatabaseError:
        return JsonResponse({"reasons": [alarms.NO_DATABASE]}, status=503)
    body = {
        "reasons": reasons,
        "waiting": {queue.name: queue.waiting for queue in state.queues},
        "dead": state.dead,
        "lag_seconds": round(state.lag.total_seconds(), 1),
        "beats": {name: at.isoformat() for name, at in state.beats.items()},
    }
    return JsonResponse(body, status=503 if reasons else 200)


@allow(MANAGERS)
@require_GET
def system(request: SignedInRequest) -> HttpResponse:
    """The system page: what waits, what failed and why, and which parts show life."""
    effects = Effect.objects.exclude(state=Effect.State.DONE).order_by("due_at", "pk")
    state = health.look()
    context = {
        "health": state,
        "waiting": ", ".join(f"{queue.waiting:,} {queue.name}" for queue in state.queues),
        "dead": effects.dead()[:SHOWN],
        "failing": effects.failing()[:SHOWN],
        "mailbox": may_open(request.user, "mailing:mailbox"),
    }
    return render(request, "outbox/system.html", context)


@allow(MANAGERS)
@require_POST
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a dead effect eight more attempts."""
    effect = get_object_or_404(Effect.objects.dead(), pk=pk)
    if services.retry(effect):
        toast(request, "Queued again. It will be tried within seconds.")
    return done(request, reverse("outbox:system"))


@allow(MANAGERS)
@require_POST
def retry_all(request: SignedInRequest) -> HttpResponse:
    count = sum(services.retry(effect) for effect in Effect.objects.dead().iterator())
    toast(request, f"{count} effects queued again.")
    return done(request, reverse("outbox:system"))
