"""Choosing the rep who gets a lead, and saying why. Writes nothing.

In this order: who already has the lead, who owns its company, the first rule that holds, the
round robin among all. Nobody available: the lead waits in a team's queue.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Exists, F, FloatField, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from crm.funnel.models import Handoff, RoutingRule
from crm.funnel.policy import Conditions, Profile, Runner, given_after, next_in_turn
from crm.users.models import Absence, Organisation, Team, User
from leads.models import Lead

GAVE_BACK = (Handoff.Outcome.REJECTED, Handoff.Outcome.RECYCLED)


@dataclass(frozen=True)
class Rep:
    """A rep who may be given leads, and how he stands in the round robin."""

    user: User
    runner: Runner

    @property
    def is_free(self) -> bool:
        return self.runner.is_free

    @property
    def why_not(self) -> str:
        if not self.runner.present:
            return f"{self.user} is away"
        return f"{self.user} has {self.runner.waiting} of {self.runner.capacity} waiting"


@dataclass(frozen=True)
class Choice:
    """Who gets a lead: a rep, or nobody yet and the team in whose queue it waits.

    runners: whom the round robin chose among; empty where it did not choose
    """

    rep: Rep | None
    team: Team | None
    reason: str
    rule: RoutingRule | None = None
    runners: Sequence[Runner] = field(default_factory=list)


def reps_at(at: datetime) -> list[Rep]:
    """Return the reps who can be given leads at all, with absence on the organisation's day."""
    today = localdate(at, Organisation.get().zone)
    away = Absence.objects.filter(user=OuterRef("pk"), first_day__lte=today, last_day__gte=today)
    waiting = (
        Handoff.objects.waiting()
        .filter(rep=OuterRef("pk"))
        .order_by()
        .values("rep")
        .annotate(n=Count("pk"))
        .values("n")
    )
    users = (
        User.objects.reps()
        .exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        .select_related("team")
        .annotate(
            is_away=Exists(away),
            n_waiting=Coalesce(Subquery(waiting, output_field=IntegerField()), 0),
            given=Coalesce(F("turn__given"), 0.0, output_field=FloatField()),
        )
        .order_by("pk")
    )
    return [
        Rep(u, Runner(u.pk, u.given, u.weight, u.n_waiting, u.capacity, not u.is_away))
        for u in users
    ]


class Desk:
    """Where one lead after the other gets its rep: read once, with each turn counted along."""

    def __init__(self, at: datetime) -> None:
        self.reps = reps_at(at)
        self.rules = list(rules())
        self.turns: dict[int, float] = {}
        """by rep: what RobinTurn.given must become"""

    def decide(self, lead: Lead, gave_back: Collection[int] = ()) -> Choice:
        """Return who gets `lead` and why; writes nothing.

        gave_back: keys of reps who gave this lead back before; chosen only if no other rep exists
        """
        fresh = [rep for rep in self.reps if rep.user.pk not in gave_back]
        by_preference = by_relation(lead, fresh) or by_rule(lead, fresh, self.rules)
        return by_preference or by_turn_of_all(fresh or self.reps)

    def count(self, rep: Rep, runners: Sequence[Runner]) -> None:
        """Let one more lead wait for `rep`; it was his turn if he was chosen among `runners`."""
        runner = replace(rep.runner, waiting=rep.runner.waiting + 1)
        if runners:
            runner = replace(runner, given=given_after(rep.runner, runners))
            self.turns[runner.pk] = runner.given
        after = Rep(rep.user, runner)
        self.reps = [after if each.runner.pk == runner.pk else each for each in self.reps]


def by_relation(lead: Lead, reps: Sequence[Rep]) -> Choice | None:
    """Whoever has the lead or owns its company, if he can take it."""
    free = {rep.user.pk: rep for rep in reps if rep.is_free}
    if rep := free.get(lead.owner_id or 0):
        return Choice(rep, rep.user.team, f"{rep.user} has this lead already")
    company = lead.company
    if company and (rep := free.get(company.owner_id or 0)):
        return Choice(rep, rep.user.team, f"{rep.user} owns {company}")
    return None


def by_rule(lead: Lead, reps: Sequence[Rep], rules: Iterable[RoutingRule]) -> Choice | None:
    """The first rule that holds and has somebody who did not give the lead back decides."""
    for rule in rules:
        if holds(rule, lead) and (choice := apply(rule, reps)):
            return choice
    return None


def holds(rule: RoutingRule, lead: Lead) -> bool:
    return conditions(rule).hold_for(profile(lead))


def rules() -> Iterable[RoutingRule]:
    active = RoutingRule.objects.filter(is_active=True)
    return active.select_related("team", "rep__team").prefetch_related("channels")


def conditions(rule: RoutingRule) -> Conditions:
    return Conditions(
        countries=[str(country) for country in rule.countries],
        industries=rule.industries,
        sizes=rule.sizes,
        channels=[channel.pk for channel in rule.channels.all()],
    )


def profile(lead: Lead) -> Profile:
    company = lead.company
    return Profile(
        country=str(lead.country or (company.country if company else "")),
        industry=company.industry if company else "",
        size=company.size if company else "",
        channel=lead.channel_id,
    )


def apply(rule: RoutingRule, reps: Sequence[Rep]) -> Choice | None:
    """Return what `rule` says: its rep, else the round robin in the team. None: it has nobody."""
    named = next((rep for rep in reps if rep.user.pk == rule.rep_id), None)
    if named and named.is_free:
        return Choice(named, named.user.team, f"Rule “{rule}”: {named.user}", rule)
    team = rule.team or (rule.rep.team if rule.rep else None)
    members = [rep for rep in reps if team and rep.user.team_id == team.pk]
    if not members:
        return Choice(None, None, f"Rule “{rule}”: {named.why_not}", rule) if named else None
    so_far = f"Rule “{rule}”: " + (f"{named.why_not}; " if named else "")
    return by_turn(members, team, so_far, f"in {team}", rule)


def by_turn_of_all(reps: Sequence[Rep]) -> Choice:
    """No rule decides: the round robin among all; if all are busy, the queue of who is next."""
    if not reps:
        return Choice(None, None, "There is no rep")
    in_teams = [rep for rep in reps if rep.user.team_id]
    next_one = min(in_teams, key=lambda rep: rep.runner.given, default=None)
    team = next_one.user.team if next_one else None
    return by_turn(reps, team, "No rule holds: ", "among all reps")


def by_turn(
    reps: Sequence[Rep], team: Team | None, so_far: str, where: str, rule: RoutingRule | None = None
) -> Choice:
    """Let the round robin choose among `reps`; nobody free: the lead waits in `team`."""
    runners = [rep.runner for rep in reps]
    chosen = next_in_turn(runners)
    if chosen is None:
        away = sum(not runner.present for runner in runners)
        why = f"{away} away, {len(runners) - away} full"
        return Choice(None, team, f"{so_far}nobody {where} is available ({why})", rule)
    rep = next(rep for rep in reps if rep.runner is chosen)
    load = f"{chosen.waiting} of {chosen.capacity} waiting"
    reason = f"{so_far}round robin {where}: {rep.user}’s turn, {load}"
    return Choice(rep, rep.user.team, reason, rule, runners)


def gave_back(lead_ids: Collection[int]) -> dict[int, set[int]]:
    """Return, by lead, the keys of those who gave it back in an earlier attempt."""
    found: dict[int, set[int]] = {}
    earlier = Handoff.objects.filter(lead__in=lead_ids, outcome__in=GAVE_BACK).order_by()
    for lead, *givers in earlier.values_list("lead", "rep", "answered_by"):
        found.setdefault(lead, set()).update(pk for pk in givers if pk)
    return found
