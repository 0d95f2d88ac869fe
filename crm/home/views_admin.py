"""The administrator's home: is the machinery well, what waits for sales, how the quarter goes."""

from functools import partial

from django.http import HttpResponse
from django.shortcuts import render

from crm.home import day
from crm.home.views_marketing import QUARTER_PANEL
from crm.mailing.models import Mail
from crm.outbox import health
from crm.users.models import User
from crm.users.permissions import SignedInRequest, may_open
from leads.sample import sample_url


def admin_home(request: SignedInRequest) -> HttpResponse:
    """An administrator's first page: answered at once, with campaigns that load after it."""
    context = {
        "health": health.look(),
        "failed_mail": Mail.objects.failed().count(),
        "invited": User.objects.active().invited().count(),
        "handoffs": day.waiting_handoffs(request.user),
        "may_answer": True,
        "may_reassign": False,
        "quarter_url": may_open(request.user, QUARTER_PANEL),
        "sample_url": partial(sample_url, request.user),
    }
    return render(request, "home/admin.html", context)
