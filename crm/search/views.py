from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.search import services
from crm.users.permissions import EVERYBODY, SignedInRequest, allow

LONGEST = 200


def words_of(request: SignedInRequest) -> str:
    return request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()


@allow(EVERYBODY)
@require_GET
def palette(request: SignedInRequest) -> HttpResponse:
    """The records of the command palette, as one types."""
    words = words_of(request)
    groups = [] if words.startswith(">") else services.search(request.user, words)
    return render(request, "search/_palette.html", {"groups": groups})


@allow(EVERYBODY)
@require_GET
def results(request: SignedInRequest) -> HttpResponse:
    """The same search as a page: more of each kind, and what people wrote."""
    words = words_of(request)
    groups = services.search(request.user, words, each=25, written=True)
    context = {"q": words, "groups": groups, "shortest": services.SHORTEST}
    return render(request, "search/results.html", context)
