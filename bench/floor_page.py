"""The floor's one page; see bench.floor."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from leads.models import Lead


@login_required
def floor(request: HttpRequest) -> HttpResponse:
    return render(request, "floor.html", {"leads": Lead.objects.order_by("-pk")[:50]})


def alive(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("floor/", floor, name="floor"),
    path("healthz", alive),
    path("leads/<int:pk>/", alive, name="lead"),
]
