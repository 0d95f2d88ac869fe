"""The scoring rules in force, and every set that ever was: numbered versions of the whole set.

A change is never made rule by rule: somebody tries it out in a draft (campaigns.services.drafts),
sees what it would do (previews), and puts the whole set in force here as a new version.
"""

from django.db import transaction
from django.utils.timezone import now

from campaigns import rule_sets
from campaigns.models import ScoringRule, ScoringVersion
from campaigns.rule_sets import Change, RuleSet
from campaigns.services.rescoring import rescore_all
from crm.audit import services as audit
from crm.funnel.models import Offering
from crm.users.models import User

FIRST = "The rules before the first change"


class RulesChanged(Exception):
    """Somebody else put another version in force meanwhile; `version` is that one."""

    def __init__(self, version: ScoringVersion) -> None:
        super().__init__(f"{version} is in force since.")
        self.version = version


class NothingToApply(ValueError):
    """The set is the one in force already."""


def rules_now() -> RuleSet:
    """Return the whole set in force, in the order of reading."""
    return rule_sets.freeze(ScoringRule.objects.all())


def current_version() -> ScoringVersion | None:
    """Return the version in force; None as long as nobody has changed a rule."""
    return ScoringVersion.objects.select_related("actor").first()


def number_now() -> int:
    version = ScoringVersion.objects.first()
    return version.number if version else 0


@transaction.atomic
def apply(
    rules: RuleSet,
    *,
    actor: User | None,
    why: str = "",
    base: int | None = None,
    restores: ScoringVersion | None = None,
    offering: str = Offering.ALL,
    a_day: int = 0,
) -> ScoringVersion:
    """Put `rules` in force as a new version, and let all leads be scored anew.

    Rules that are stored but not in the set stay, switched off: scores of the past name them.
    base: the number of the version that the set was drawn from; None asks for no such check
    offering, a_day: what happens to the leads that become ready, see Offering

    Raises RulesChanged if another version came in between, NothingToApply if nothing differs.
    """
    stored = list(ScoringRule.objects.select_for_update())
    before = rule_sets.freeze(stored)
    newest = current_version()
    if base is not None and base != (newest.number if newest else 0):
        assert newest
        raise RulesChanged(newest)
    if newest is None:
        newest = ScoringVersion.objects.create(number=1, rules=before, why=FIRST)
    write(rules, {str(row.pk): row for row in stored})
    after = rules_now()
    if not rule_sets.changes(before, after):
        raise NothingToApply("These are the rules in force.")
    version = ScoringVersion.objects.create(
        number=newest.number + 1, rules=after, why=why[:250], actor=actor, at=now(),
        restores=restores,
    )  # fmt: skip
    told = rule_sets.changes(before, after)
    audit.record(
        actor, audit.Area.SCORING, f"{version} in force",
        before="\n".join(filter(None, (one.before for one in told))),
        after="\n".join(filter(None, (one.after for one in told))),
        url="/settings/scoring/versions/",
    )  # fmt: skip
    rescore_all(offering=offering, a_day=a_day)
    return version


def write(rules: RuleSet, stored: dict[str, ScoringRule]) -> None:
    """Make the stored rules those of the set."""
    left = dict(stored)
    for position, data in enumerate(rules):
        row = left.pop(data["key"], None) or ScoringRule()
        for name in rule_sets.FIELDS:
            setattr(row, name, data[name])
        row.position = position
        row.save()
    for position, row in enumerate(left.values(), len(rules)):
        row.is_active, row.position = False, position
        row.save()


@transaction.atomic
def restore(version: ScoringVersion, *, actor: User) -> ScoringVersion:
    """Put an earlier version's rules in force again, as a new version. Raises NothingToApply.

    Leads that become ready by that are held back: going back surprises nobody in sales.
    """
    why = f"The rules of version {version.number} again"
    return apply(version.rules, actor=actor, why=why, restores=version, offering=Offering.NONE)


def history() -> list[tuple[ScoringVersion, list[Change]]]:
    """Return all versions, the newest first, each with what it changed, before and after."""
    versions = list(ScoringVersion.objects.select_related("actor", "restores"))
    earlier = [version.rules for version in versions[1:]]
    pairs = zip(versions, earlier, strict=False)
    found = [(version, rule_sets.changes(old, version.rules)) for version, old in pairs]
    return [*found, *((version, []) for version in versions[-1:])]
