"""What the rows of leads say about marketing mail: who agreed, and who opted out elsewhere.

Opting out prevails: over another column of the row, over other rows of the same lead, and over
what a later import says. Whoever opted out is put on the suppression list, so that only the owner
of the address can agree again. Docs: docs/importing.md, "Consent".
"""

from collections.abc import Iterable

from crm.importing.fields import CONSENT, OPTED_OUT
from crm.importing.models import Import
from crm.importing.planning import Row
from crm.importing.records import Recorder
from crm.mailing.models import Suppression
from crm.mailing.suppressing import digest_of, suppressed_among

STANDS = "The lead has withdrawn its consent; that stands."


def consent_of(row: Row) -> dict[str, bool]:
    """Return {"consent": …} if the row says anything of it."""
    if OPTED_OUT in row.values:
        return {CONSENT: False}
    return {CONSENT: row.values[CONSENT]} if CONSENT in row.values else {}


def refuse_consent_of_suppressed(rows: Iterable[Row]) -> None:
    """Take consent out of the rows whose address is on the suppression list, with a warning."""
    agreed = {row.values["email"]: row for row in rows if has_agreed(row)}
    for address in suppressed_among(agreed):
        agreed[address].warn(STANDS, CONSENT)
        del agreed[address].values[CONSENT]


def has_agreed(row: Row) -> bool:
    return bool(consent_of(row).get(CONSENT) and row.values.get("email"))


def merge_consent(row: Row, later: Row) -> None:
    """Take a further row of a lead: no, once said, stays no within the file."""
    if row.values.get(CONSENT) is False and later.values.get(CONSENT):
        later.values[CONSENT] = False


def suppress_opted_out(source: Import, rows: Iterable[Row], recorder: Recorder) -> None:
    """Put the addresses of those who opted out on the suppression list, noted for the undo."""
    lines = {
        row.values["email"]: row.line
        for row in rows
        if OPTED_OUT in row.values and row.values.get("email")
    }
    new = sorted(lines.keys() - suppressed_among(lines))
    made = Suppression.objects.bulk_create(
        Suppression(
            digest=digest_of(address), address=address,
            reason=Suppression.Reason.UNSUBSCRIBED, source=source_of(source),
        )
        for address in new
    )  # fmt: skip
    for suppression in made:
        recorder.created(suppression, lines[suppression.address])


def source_of(source: Import) -> str:
    return f"Import of {source.file_name}"[:200]
