"""Where a deal stands in the list that its reader looked at last: the way to the next one."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.common import keyset
from crm.users.models import Organisation
from crm.users.permissions import EVERYBODY, SignedInRequest, allow
from deals.filters import DealFilter
from deals.models import Deal
from deals.views.lists import LIST_COOKIE, order_of
from deals.views.records import visible_deal


@allow(EVERYBODY)
@require_GET
def deal_place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Previous and next, and “3 of 124”; nothing for a deal that is not in that list."""
    deal = visible_deal(request, pk)
    query = QueryDict(request.COOKIES.get(LIST_COOKIE, ""))
    asked = DealFilter(query, user=request.user, currency=Organisation.get().currency)
    deals, order = asked.apply(Deal.objects.visible_to(request.user)), order_of(query)
    context: dict[str, object] = {}
    if deals.filter(pk=pk).exists():
        previous, following = keyset.neighbours(deals, order, deal)
        count = keyset.capped_count(deals)
        place = keyset.place_words(deals, order, deal, count)
        context = {"previous": previous, "next": following, "place": place}
    return render(request, "deals/_place.html", context)
