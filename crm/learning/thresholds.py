"""Another threshold as a new version of the MQL definition, and back."""

from crm.funnel.agreements import change_definition
from crm.funnel.models import MqlDefinition
from crm.users.models import User

KEPT = ("threshold", "required_fields", "consent")


def set_threshold(threshold: int, *, by: User, why: str) -> MqlDefinition:
    """Put the definition in force again with this threshold, as its next version."""
    now = MqlDefinition.current()
    terms = {name: getattr(now, name) for name in KEPT} | {"threshold": threshold}
    return change_definition(MqlDefinition(**terms, note=why), by=by)


def take_back(version: int, *, by: User) -> MqlDefinition | None:
    """Put into force again what stood before `version`; None unless that one is in force."""
    now = MqlDefinition.current()
    before = MqlDefinition.objects.filter(version=version - 1).first()
    if now.version != version or before is None:
        return None
    terms = {name: getattr(before, name) for name in KEPT}
    note = f"Version {version} taken back"
    return change_definition(MqlDefinition(**terms, note=note), by=by)
