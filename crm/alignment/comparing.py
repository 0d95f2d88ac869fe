"""How one version of the MQL definition differs from the one before, in words."""

from collections.abc import Iterable

from crm.funnel.models import MqlDefinition

CONSENT_NOW = {
    MqlDefinition.Consent.NONE: "Consent to marketing email is not required now.",
    MqlDefinition.Consent.ASKED: "Consent to marketing email must be asked for now.",
    MqlDefinition.Consent.CONFIRMED: "Consent to marketing email must be confirmed now.",
}


def changes(old: MqlDefinition, new: MqlDefinition) -> list[str]:
    """Return what is new in a version, a sentence for each change; none for the same again."""
    return [
        *of_threshold(old.threshold, new.threshold),
        *of_fields(old.required_fields, new.required_fields),
        *of_consent(old.consent, new.consent),
    ]


def of_threshold(old: int, new: int) -> list[str]:
    if old == new:
        return []
    way = "Fewer leads will do" if new > old else "More leads will do"
    return [f"The score must be {new} or more, {old} before. {way}."]


def of_fields(old: Iterable[str], new: Iterable[str]) -> list[str]:
    labels = MqlDefinition.REQUIRABLE
    added = [label for field, label in labels.items() if field in set(new) - set(old)]
    gone = [label for field, label in labels.items() if field in set(old) - set(new)]
    return [
        *(f"{label} must be filled now." for label in added),
        *(f"{label} may be blank now." for label in gone),
    ]


def of_consent(old: str, new: str) -> list[str]:
    if old == new:
        return []
    return [CONSENT_NOW[MqlDefinition.Consent(new)]]
