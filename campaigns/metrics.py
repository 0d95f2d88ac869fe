"""What campaigns have brought: one function for each number that docs/metrics.md#campaigns defines.

Counts are of StageEntry rows, as in the funnel report: a lead counts once in each stage that it
reached, also when it leapt over it, for the campaign that brought it in.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse

from campaigns import counting
from campaigns.models import Campaign
from crm.common.parts import FunnelStep
from crm.funnel.models import Handoff, StageEntry
from crm.funnel.worth import Worth, worth_by
from crm.stages import PATH, Stage
from crm.users.models import Scope, User
from leads.models import Lead


@dataclass(frozen=True)
class Results:
    """One campaign's numbers. Money in minor units of the organisation's currency.

    spent: None without any spend; unknown too for a reader who does not see all leads, because
        costs per lead would then be wrong
    """

    spent: int | None = None
    counts: dict[Stage, int] = field(default_factory=dict)
    waiting: int = 0
    """handoffs that sales has not answered yet"""
    worth: Worth | None = None
    """None for a reader who does not see all leads"""

    def count(self, stage: Stage) -> int:
        return self.counts.get(stage, 0)

    @property
    def leads(self) -> int:
        """Leads that the campaign brought in."""
        return self.count(Stage.LEAD)

    @property
    def mqls(self) -> int:
        """Of them, those that were marketing-qualified."""
        return self.count(Stage.MQL)

    @property
    def customers(self) -> int:
        """Of them, those that became customers."""
        return self.count(Stage.CUSTOMER)

    @property
    def won(self) -> int | None:
        """What their won deals brought."""
        return self.worth.won if self.worth else None

    @property
    def pipeline(self) -> int | None:
        """What their open deals amount to: sourced pipeline."""
        return self.worth.open if self.worth else None

    @property
    def accept_rate(self) -> float | None:
        return accept_rate(self.count(Stage.SAL), self.mqls)

    @property
    def cost_per_lead(self) -> int | None:
        return cost_per(self.spent, self.leads)

    @property
    def cost_per_mql(self) -> int | None:
        return cost_per(self.spent, self.mqls)

    @property
    def cost_per_customer(self) -> int | None:
        return cost_per(self.spent, self.customers)

    @property
    def roi(self) -> float | None:
        return roi(self.won, self.spent)


def accept_rate(sals: int, mqls: int) -> float | None:
    """Return the share of MQLs that sales accepted, 0 to 1; None without an MQL.

    An MQL that still waits for its answer is not accepted yet.
    """
    return sals / mqls if mqls else None


def cost_per(spent: int | None, count: int) -> int | None:
    """Return minor units for each, rounded half up; None where there is no spend or nobody.

    Never 0 nor infinite: a campaign whose spend nobody has entered was not free.
    """
    if not spent or spent < 0 or not count:
        return None
    return (2 * spent + count) // (2 * count)


def roi(won: int | None, spent: int | None) -> float | None:
    """Return the return on what was spent, (won - spent) / spent; None where nothing was spent.

    0 gives the money back, 1 doubles it, -1 loses all of it.
    """
    if won is None or not spent or spent < 0:
        return None
    return (won - spent) / spent


def results(campaigns: Iterable[Campaign], user: User | None) -> dict[int, Results]:
    """Return the numbers of many campaigns, of the leads that `user` sees, in few queries.

    campaigns: with `spent` (CampaignQuerySet.with_spent)
    user: None (the command line) sees all
    """
    spent: dict[int, int | None] = {c.pk: getattr(c, "spent") for c in campaigns}  # noqa: B009
    counts = stage_counts(spent, user)
    waiting = waiting_counts(spent, user)
    if not sees_all(user):
        return {pk: Results(None, counts.get(pk, {}), waiting.get(pk, 0)) for pk in spent}
    worth = worth_by(Lead.objects.filter(campaign__in=spent), "campaign")
    return {
        pk: Results(amount, counts.get(pk, {}), waiting.get(pk, 0), worth.get(pk, Worth()))
        for pk, amount in spent.items()
    }


def sees_all(user: User | None) -> bool:
    return user is None or user.scope == Scope.ALL


def together(parts: Iterable[Results]) -> Results:
    """Return the numbers of several campaigns as one: of a programme and what stands under it."""
    parts = list(parts)
    spends = [part.spent for part in parts if part.spent is not None]
    worths = [part.worth for part in parts if part.worth is not None]
    return Results(
        spent=sum(spends) if spends else None,
        counts={stage: sum(part.count(stage) for part in parts) for stage in PATH},
        waiting=sum(part.waiting for part in parts),
        worth=Worth(
            sum(worth.won for worth in worths),
            sum(worth.open for worth in worths),
            sum(worth.foreign for worth in worths),
        )
        if worths
        else None,
    )


def stage_counts(campaign_ids: Collection[int], user: User | None) -> dict[int, dict[Stage, int]]:
    """Return for each campaign how many of the user's leads reached each stage of the path.

    From kept sums for who sees all leads: the ledger's entries are too many to count each time.
    """
    kept = counting.kept() if campaign_ids and sees_all(user) else None
    if kept is not None:
        return {pk: kept[pk] for pk in campaign_ids if pk in kept}
    entries = StageEntry.objects.filter(lead__campaign__in=campaign_ids, stage__in=PATH)
    if user is not None and not sees_all(user):
        entries = entries.filter(lead__in=Lead.objects.visible_to(user))
    found: dict[int, dict[Stage, int]] = {}
    rows = entries.order_by().values_list("lead__campaign", "stage").annotate(n=Count("pk"))
    for campaign, stage, count in rows:
        found.setdefault(campaign, {})[Stage(stage)] = count
    return found


def waiting_counts(campaign_ids: Collection[int], user: User | None) -> dict[int, int]:
    waiting = Handoff.objects.waiting().filter(lead__campaign__in=campaign_ids)
    waiting = waiting.visible_to(user) if user else waiting
    rows = waiting.order_by().values_list("lead__campaign").annotate(n=Count("pk"))
    return dict(rows)


def leads_url(campaign: Campaign, stage: Stage = Stage.LEAD, missed: Stage | None = None) -> str:
    """Return the address of exactly the leads that a number counts.

    The lead list reads the funnel report's links (crm.reports.drill): one word that says which.
    """
    reached = f"{stage.value}-{missed.value}" if missed else stage.value
    word = f"cohort.{reached}...campaign.{campaign.pk}"
    return f"{reverse('leads:list')}?{urlencode({'funnel': word})}"


def funnel_steps(campaign: Campaign, found: Results) -> list[FunnelStep]:
    """Return the campaign's own funnel, each bar and each drop-off with its leads."""
    steps = []
    for stage, after in zip(PATH, [*PATH[1:], None], strict=True):
        lost = found.count(stage) - found.count(after) if after else None
        steps.append(
            FunnelStep(
                label=stage.label,
                stage=stage.value,
                count=found.count(stage),
                url=leads_url(campaign, stage),
                lost=lost,
                lost_url=leads_url(campaign, stage, after) if after else "",
            )
        )
    return steps
