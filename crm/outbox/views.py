from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.common import triggers
from crm.common.htmx import done, toast
from crm.outbox import health, services
from crm.outbox.models import Effect
from crm.users.permissions import MANAGERS, SignedInRequest, allow, may_open

SHOWN = 100


@never_cache
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """For a load balancer or a monitor: 200 when this process and its database answer, else 503.

    The body names what lags; that alone does not make the web process unhealthy.
    """
    try:
        state, gone = health.look(), triggers.missing(connection)
    except OperationalError:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse(
        {
            "database": "up",
            "pending": state.pending,
            "dead": state.dead,
            "lag_seconds": round(state.lag.total_seconds(), 1),
            "beats": {name: at.isoformat() for name, at in state.beats.items()},
            "late": state.is_late,
            "triggers_missing": gone,
        }
    )


@allow(MANAGERS)
@require_GET
def system(request: SignedInRequest) -> HttpResponse:
    """The system page: what waits, what failed and why, and which parts show life."""
    effects = Effect.objects.exclude(state=Effect.State.DONE).order_by("due_at", "pk")
    context = {
        "health": health.look(),
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
