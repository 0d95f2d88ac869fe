"""What somebody says of a member's response to a campaign."""

from django.db import transaction

from campaigns.models import Campaign, MemberResponse
from crm.users.models import User
from leads.models import Lead


@transaction.atomic
def set_response(campaign: Campaign, lead: Lead, response: str, *, actor: User) -> None:
    """Set a member's response; "" leaves it to the touches again. The last word counts."""
    if not response:
        MemberResponse.objects.filter(campaign=campaign, lead=lead).delete()
        return
    MemberResponse.objects.update_or_create(
        campaign=campaign, lead=lead, defaults={"response": response, "by": actor}
    )
