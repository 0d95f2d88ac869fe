"""Keeping a person's rows of addresses and phone numbers in step with the lead's own columns.

`Lead.email` and `Lead.phone` repeat the main one, `Lead.more_emails` and `Lead.more_phones` the
others as one text: lists, queries and history need no join. Whoever writes these columns calls
`write` in the same transaction; `leads.checking` finds every lead that is not in step.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from leads.address_models import EmailAddress, PhoneNumber
from leads.models import Lead
from leads.normalising import SEPARATOR

Values = dict[int, list[str]]
"""The key of a lead to its values, the main one first."""

AT_ONCE = 1000


@dataclass(frozen=True)
class Kind:
    """Addresses or phone numbers: their model, and the lead's columns for the main and others."""

    model: type[EmailAddress] | type[PhoneNumber]
    main: str
    more: str

    def of(self, lead: Lead) -> list[str]:
        """Return the values that the lead's columns say, the main one first, each once."""
        return self.values(getattr(lead, self.main), getattr(lead, self.more))

    @staticmethod
    def values(main: str, more: str) -> list[str]:
        return [value for value in dict.fromkeys((main, *more.split(SEPARATOR))) if value]

    def rows(self, ids: Iterable[int]) -> Any:
        return self.model._default_manager.filter(lead__in=list(ids))

    def stored(self, ids: Iterable[int]) -> Values:
        found: Values = defaultdict(list)
        for lead, value in self.rows(ids).values_list("lead_id", self.model.VALUE):
            found[lead].append(value)
        return found


EMAILS = Kind(EmailAddress, "email", "more_emails")
PHONES = Kind(PhoneNumber, "phone", "more_phones")
KINDS = (EMAILS, PHONES)
COLUMNS = {name for kind in KINDS for name in (kind.main, kind.more)}


def write(leads: Sequence[Lead], fields: Iterable[str] = COLUMNS, *, new: bool = False) -> None:
    """Write the rows of stored leads as their columns say, as far as `fields` have changed.

    new: the leads have no rows yet

    Raises IntegrityError if an address is another lead's.
    """
    for kind in KINDS:
        if {kind.main, kind.more} & set(fields):
            wanted = {lead.pk: kind.of(lead) for lead in leads}
            stored: Values = defaultdict(list) if new else kind.stored(wanted)
            different = {pk: values for pk, values in wanted.items() if values != stored[pk]}
            replace(kind, different, stored)


def replace(kind: Kind, wanted: Values, stored: Values) -> None:
    """Write anew the rows of these leads; who has none so far costs one INSERT for all."""
    if known := [pk for pk in wanted if stored[pk]]:
        kind.rows(known).delete()
    rows = [
        kind.model(lead_id=pk, is_main=not place, **{kind.model.VALUE: value})
        for pk, values in wanted.items()
        for place, value in enumerate(values)
    ]
    manager: Any = kind.model._default_manager
    manager.bulk_create(rows, batch_size=AT_ONCE)


def follow_main(kept: dict[str, Any], stored: Lead) -> dict[str, Any]:
    """Return changes of a lead completed by what follows for its further addresses and numbers.

    A further one made the main one changes places with it; without a main one the first of the
    others takes its place; none stands twice.
    """
    for kind in KINDS:
        if not {kind.main, kind.more} & kept.keys():
            continue
        was = getattr(stored, kind.main)
        main = kept.get(kind.main, was)
        others = kept.get(kind.more, getattr(stored, kind.more)).split(SEPARATOR)
        if main and kind.more not in kept and main in others:
            others = [was if value == main else value for value in others]
        values = kind.values(main, SEPARATOR.join(others))
        kept |= {kind.main: next(iter(values), ""), kind.more: SEPARATOR.join(values[1:])}
    return kept
