"""A member's response to a campaign, set by hand in the row."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from campaigns.members import as_members, members
from campaigns.models import Campaign, Response
from campaigns.services.responding import set_response
from crm.common.htmx import toast, wants_partial
from crm.users.permissions import MARKETING, SignedInRequest, allow


@allow(MARKETING)
@require_POST
def respond(request: SignedInRequest, pk: int, lead_pk: int) -> HttpResponse:
    """Set a member's response; blank leaves it to the touches."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    lead = get_object_or_404(members(campaign, request.user), pk=lead_pk)
    response = request.POST.get("response", "")
    if response and response not in Response.values:
        return HttpResponse("There is no such response.", status=422)
    set_response(campaign, lead, response, actor=request.user)
    toast(request, f"{lead}: response saved")
    if not wants_partial(request):
        return redirect(f"{campaign.get_absolute_url()}?tab=members")
    fresh = members(campaign, request.user).select_related("company").get(pk=lead_pk)
    [member] = as_members(campaign, [fresh])
    context = {"campaign": campaign, "member": member, "responses": Response.choices}
    return render(request, "campaigns/_member.html", {**context, "may_write": True})
