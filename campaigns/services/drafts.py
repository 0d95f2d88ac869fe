"""Drafts of the scoring rules: changes that count for nobody until they are applied."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from campaigns import rule_sets
from campaigns.models import ScoringDraft, ScoringRule, ScoringVersion
from campaigns.rule_sets import RuleSet
from campaigns.services import rules as in_force
from crm.users.models import User


def draft_of(user: User) -> ScoringDraft | None:
    return ScoringDraft.objects.filter(author=user).first()


def rules_of(user: User) -> RuleSet:
    """Return the set that `user` is writing: his draft, else the one in force."""
    draft = draft_of(user)
    return draft.rules if draft else in_force.rules_now()


@transaction.atomic
def write(user: User, rules: RuleSet, *, why: str | None = None) -> ScoringDraft | None:
    """Keep `rules` as the draft of `user`; without a difference to those in force none is left."""
    draft = draft_of(user) or ScoringDraft(author=user, base=in_force.number_now())
    if not rule_sets.changes(in_force.rules_now(), rules):
        discard(user)
        return None
    draft.rules, draft.why = rules, draft.why if why is None else why[:250]
    draft.save()
    return draft


def put_rule(user: User, row: ScoringRule, key: str = "") -> ScoringDraft | None:
    """Write a new rule, or the rule `key` as it now is, into the draft."""
    return write(user, rule_sets.with_rule(rules_of(user), row, key))


def set_active(user: User, key: str, active: bool) -> ScoringDraft | None:
    return write(user, rule_sets.with_active(rules_of(user), key, active))


def move(user: User, key: str, *, up: bool) -> ScoringDraft | None:
    return write(user, rule_sets.moved(rules_of(user), key, up=up))


def propose(
    user: User, changes: Mapping[int, Mapping[str, Any]], *, why: str
) -> ScoringDraft | None:
    """Draft changes of rules in force, in place of whatever `user` had drafted.

    changes: number of a rule to the fields that become different, such as {7: {"points": 25}}
    """
    discard(user)
    rules = [{**rule, **changes.get(int(rule["key"]), {})} for rule in in_force.rules_now()]
    return write(user, rules, why=why)


def discard(user: User) -> None:
    ScoringDraft.objects.filter(author=user).delete()


@transaction.atomic
def apply(user: User, *, why: str = "", **offering: Any) -> ScoringVersion:
    """Put the draft of `user` in force. Raises RulesChanged and NothingToApply as rules.apply.

    offering: `offering` and `a_day` of rules.apply
    """
    draft = ScoringDraft.objects.select_for_update().filter(author=user).first()
    if draft is None:
        raise in_force.NothingToApply("There is no draft.")
    version = in_force.apply(
        draft.rules, actor=user, why=why or draft.why, base=draft.base, **offering
    )
    draft.delete()
    return version


@transaction.atomic
def rebase(user: User) -> None:
    """Let the draft stand on the version in force: whoever applies it has seen that one."""
    ScoringDraft.objects.filter(author=user).update(base=in_force.number_now())
