"""The demo company's segments: four by rules, one put together by hand."""

from campaigns.models import Campaign
from campaigns.segments import services
from campaigns.segments.models import Segment
from crm.demo.people import Cast
from crm.stages import Stage
from leads.models import Lead

Rule = dict[str, object]


def rule(field: str, operator: str, value: object = None) -> Rule:
    return {"field": field, "operator": operator, "value": value}


def group(join: str, *rules: Rule) -> Rule:
    return {"join": join, "rules": list(rules)}


def choose_audiences(cast: Cast) -> list[Segment]:
    """Create the segments that newsletters and sequences of the demo company are sent to."""
    campaign = Campaign.objects.order_by("pk")[0]
    mine = rule("stage", "in", [Stage.LEAD.value, Stage.RECYCLED.value])
    mail = rule("consent", "yes")
    audiences = {
        "Newsletter readers": ("Everybody who may get our mail", group("all", mail)),
        "Warm, not yet with sales": (
            "Close to the threshold; worth a nudge",
            group("all", group("all", mine, rule("score", "min", 25))),
        ),
        "Quiet for 90 days": (
            "Marketing's leads that have gone silent",
            group("all", mine, mail, rule("last_touch", "not_within", 90)),
        ),
        "Webinar or demo, larger companies": (
            "Asked for more, from 50 people up",
            group(
                "all",
                group("any", touch("webinar"), touch("demo_request")),
                group("any", rule("size", "in", ["50-249", "250-999", "1000+"])),
            ),
        ),
    }
    owners = [*cast.marketers, cast.marketing_manager]
    made = [
        services.save(Segment(name=name, note=note, rules=tree, owner=owners[number % len(owners)]))
        for number, (name, (note, tree)) in enumerate(audiences.items())
    ]
    return [*made, by_hand(cast, campaign)]


def touch(kind: str) -> Rule:
    return rule("touch", "has", {"kind": kind, "days": 365, "times": 1})


def by_hand(cast: Cast, campaign: Campaign) -> Segment:
    """Return the static segment: some leads of one campaign, chosen for an evening."""
    owner = cast.marketers[0]
    segment = services.save(
        Segment(
            name="Customer evening, guest list",
            kind=Segment.Kind.STATIC,
            note=f"Invited by hand, from {campaign.name}"[:250],
            owner=owner,
        )
    )
    guests = Lead.objects.filter(campaign=campaign).order_by("-score", "-pk")[:24]
    chosen = Lead.objects.filter(pk__in=list(guests.values_list("pk", flat=True)))
    services.add_leads(segment, chosen, actor=owner)
    return segment
