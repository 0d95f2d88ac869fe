"""What a migration may do to a large table, and how long it may wait for a lock.

A schema change waits for whoever reads the table, and everybody who comes later waits for it: one
long report would stop the whole company. So on PostgreSQL a migration gives up after LOCK_TIMEOUT,
changes nothing, and can be run again. docs/decisions/0085 says why.
"""

import os
import re
from typing import Any

from django.apps import apps
from django.db import connections, migrations
from django.db.models import Index, UniqueConstraint

from crm.common.schema_operations import AddIndexConcurrently, AddUniqueConcurrently

LOCK_TIMEOUT = os.environ.get("MIGRATION_LOCK_TIMEOUT", "5s")
LARGE_TABLES = """
    activities.activity activities.followup audit.auditentry audit.change campaigns.feedback
    campaigns.heldlead campaigns.memberresponse campaigns.spend campaigns.touch
    capture.offeredfact capture.submission correspondence.message correspondence.participant
    correspondence.receivedfile correspondence.receivedmail deals.deal deals.dealcontact
    deals.dealfile deals.dealmove deals.metcriterion forecast.snapshotline funnel.handoff
    funnel.stageentry funnel.stagetransition funnel.verdict home.rebalancedrow
    importing.importedrow leads.company leads.consent leads.emailaddress leads.lead
    leads.phonenumber mailing.attachment mailing.mail mailing.suppression
    negotiation.entry newsletters.click newsletters.deliveryevent newsletters.mailpreference
    newsletters.marketingmail notifications.notification outbox.effect playbooks.playbookrun
    qualification.qualification quotes.quote quotes.quoteline quotes.sentpdf reports.durationsum
    reports.funnelfact reports.funnelsum reports.keptanswer repeats.answeredform reports.stalelead
    segments.segmentmember sequences.enrolment sequences.steprun throttling.attemptcount
    tracking.hit tracking.monthlysessions tracking.monthlyviews tracking.pageview
    tracking.session tracking.visitor
"""
LARGE = frozenset(LARGE_TABLES.split())
"""Tables that grow with the business. One that a migration makes is empty, so it may index it."""
OLDER = {
    "activities": 5, "alignment": 2, "audit": 2, "campaigns": 7, "capture": 2,
    "channel_metrics": 1, "correspondence": 5, "deals": 7, "forecast": 1, "funnel": 8, "home": 1,
    "importing": 4, "leads": 7, "mailing": 4, "negotiation": 3, "newsletters": 3,
    "notifications": 2, "outbox": 1, "planning": 2, "playbooks": 2, "qualification": 1,
    "quotes": 3, "reports": 5, "segments": 1, "sequences": 1, "throttling": 1, "tracking": 1,
    "users": 1,
}  # fmt: skip
"""The last migration of each app from before this rule. What is applied is not written anew."""
OWN = re.compile(r"(crm|leads|campaigns|deals)\b")


def limit_waiting(using: str, **kwargs: Any) -> None:
    """Before a `migrate`: no statement waits longer for a lock than LOCK_TIMEOUT."""
    set_timeout(using, LOCK_TIMEOUT)


def wait_as_usual(using: str, **kwargs: Any) -> None:
    set_timeout(using, "0")


def set_timeout(using: str, timeout: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])


def is_under_the_rule(migration: migrations.Migration) -> bool:
    """Return whether a migration is ours, and younger than the rule."""
    number = re.match(r"\d+", migration.name)
    last = OLDER.get(migration.app_label, 0)
    return is_own(migration.app_label) and int(number[0] if number else 0) > last


def is_own(label: str) -> bool:
    config = apps.app_configs.get(label)
    return config is not None and OWN.match(config.name) is not None


def faults(migration: migrations.Migration) -> list[str]:
    """Return what a migration does to a large table that would make people wait."""
    made = {
        f"{migration.app_label}.{operation.name_lower}"
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    found = []
    for operation in migration.operations:
        table = f"{migration.app_label}.{getattr(operation, 'model_name_lower', '')}"
        if table in LARGE - made and (fault := fault_of(operation)):
            found.append(f"{migration}: {table}: {fault}")
    if mixed(migration):
        found.append(f"{migration}: concurrent operations stand alone, with atomic = False.")
    return found


def fault_of(operation: Any) -> str:
    if isinstance(operation, AddIndexConcurrently | AddUniqueConcurrently):
        return ""
    if isinstance(operation, migrations.AddIndex):
        return f"build {operation.index.name} by AddIndexConcurrently."
    if isinstance(operation, migrations.AddConstraint):
        constraint = operation.constraint
        is_index = isinstance(constraint, UniqueConstraint)
        return f"build {constraint.name} by AddUniqueConcurrently." if is_index else ""
    if isinstance(operation, migrations.AddField | migrations.AlterField):
        return fault_of_field(operation)
    return ""


def fault_of_field(operation: Any) -> str:
    """A field brings an index of its own: unasked, a foreign key does."""
    field = operation.field
    if not (field.unique or getattr(field, "db_index", False)):
        return ""
    if isinstance(operation, migrations.AlterField) and not field.unique:
        return ""
    return (
        f"{operation.name} brings an index along: give it db_index=False, no unique=True, and a "
        f"{Index.__name__} by AddIndexConcurrently in the next migration."
    )


def mixed(migration: migrations.Migration) -> bool:
    """Return whether concurrent operations stand beside others, or inside a transaction."""
    concurrent = [
        isinstance(operation, AddIndexConcurrently | AddUniqueConcurrently)
        for operation in migration.operations
    ]
    return any(concurrent) and (migration.atomic or not all(concurrent))
