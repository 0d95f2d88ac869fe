"""Reports that come as mail: not delivered (RFC 3464), or complained of (RFC 5965).

A report counts only for a mail that it names by what we have signed: the return address it came to,
or the Message-ID of ours that it quotes. Who handles which sort of mail registers here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crm.mailing import returning, tokens
from crm.mailing.bounces import Bounce, Phase, classify
from crm.mailing.returning import Returned

MOST_BYTES, MOST_LINES = 200_000, 5_000
STATUS, FEEDBACK = "message/delivery-status", "message/feedback-report"
QUOTED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,240}>")
FIELD = re.compile(r"([A-Za-z-]{1,40})[ \t]{0,5}:(.{0,2000})")
ADDRESS = re.compile(r"[^\s<>;,\"]{1,64}@[^\s<>;,\"]{1,190}")


@dataclass(frozen=True)
class Report:
    """What one report says. bounce: None for a delay, a delivery, or a complaint.

    recipients: of whom it speaks, in lower case; original: the Message-ID that it quotes
    """

    bounce: Bounce | None = None
    complaint: bool = False
    recipients: tuple[str, ...] = ()
    original: str = ""
    detail: str = ""

    def speaks_of(self, address: str) -> bool:
        """True unless the report names only others: whoever a reader forwards to is not theirs."""
        return not self.recipients or address.lower() in self.recipients


Handler = Callable[[int, Report], None]
Finder = Callable[[str], Returned | None]
HANDLERS: dict[str, Handler] = {}
FINDERS: list[Finder] = []


def register(sort: str, handler: Handler, *, finder: Finder | None = None) -> None:
    """Let `handler` take the reports of one sort of mail.

    finder: names the mail of a Message-ID, None for one that is not of this sort
    """
    HANDLERS[sort] = handler
    if finder and finder not in FINDERS:
        FINDERS.append(finder)


def take(raw: bytes, recipients: Iterable[str]) -> bool:
    """Take a message that is a report of one of our mails; False if it is none.

    recipients: the addresses that the message came to
    """
    named = returning.named_in(recipients)
    report = read_report(raw, by_words=named is not None)
    if report is None:
        return False
    if named is None:
        found = (finder(report.original) for finder in FINDERS) if report.original else iter(())
        named = next((each for each in found if each), None)
    if named is None or named.sort not in HANDLERS:
        return False
    HANDLERS[named.sort](named.pk, report)
    return True


def read_report(raw: bytes, *, by_words: bool = False) -> Report | None:
    """Return what a report says, None for a message that is none.

    by_words: the message came to a return address, so that one in no standard form is read too
    """
    text = raw[:MOST_BYTES].decode("utf-8", "replace")
    lines = [line.rstrip("\r") for line in text.split("\n", MOST_LINES)[:MOST_LINES]]
    sections = sections_of(lines)
    fields = fields_of(sections.get(STATUS) or sections.get(FEEDBACK) or [])
    original = original_of(sections)
    if STATUS in sections:
        return of_status(fields, original)
    if FEEDBACK in sections:
        complaint = fields.get("feedback-type", [""])[0].lower() in ("abuse", "fraud")
        named = fields.get("original-rcpt-to", []) + fields.get("removal-recipient", [])
        return Report(complaint=complaint, recipients=addresses(named), original=original,
                      detail="Complaint by mail")  # fmt: skip
    if by_words:
        return of_words("\n".join(sections[""]), original)
    return None


def sections_of(lines: list[str]) -> dict[str, list[str]]:
    """Return the lines below each content type that matters, "" for those above the first."""
    sections: dict[str, list[str]] = {"": []}
    kind = ""
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "content-type":
            given = value.split(";")[0].strip().lower()
            if given in (STATUS, FEEDBACK, *QUOTED) and given not in sections:
                kind = given
                sections[kind] = []
                continue
        sections[kind].append(line)
    return sections


def fields_of(lines: list[str]) -> dict[str, list[str]]:
    """Return the values of the fields by their names in lower case, folded lines joined."""
    fields: dict[str, list[str]] = {}
    last = ""
    for line in lines:
        if line[:1] in " \t" and last:
            fields[last][-1] = f"{fields[last][-1]} {line.strip()}"[:2000]
        elif found := FIELD.fullmatch(line[:2050]):
            last = found[1].lower()
            fields.setdefault(last, []).append(found[2].strip())
        else:
            last = ""
    return fields


def original_of(sections: dict[str, list[str]]) -> str:
    """Return the Message-ID of the mail that a report quotes, "" for none."""
    for kind in QUOTED:
        for value in fields_of(sections.get(kind, [])).get("message-id", []):
            if found := MESSAGE_ID.search(value):
                return found[0]
    return ""


def of_status(fields: dict[str, list[str]], original: str) -> Report:
    """Return what the fields of a delivery status say; the first failure counts."""
    actions = [value.split(";")[0].strip().lower() for value in fields.get("action", [])]
    named = addresses(fields.get("original-recipient", []) + fields.get("final-recipient", []))
    at = next((n for n, action in enumerate(actions) if action == "failed"), None)
    if at is None:
        return Report(recipients=named, original=original, detail="No failure")
    status = nth(fields.get("status", []), at)
    said = nth(fields.get("diagnostic-code", []), at)
    bounce = classify(said, Phase.REPORT, enhanced=status)
    return Report(bounce, recipients=named, original=original, detail=f"{status} {said}".strip())


def nth(values: list[str], at: int) -> str:
    return values[at] if at < len(values) else (values[-1] if values else "")


def of_words(text: str, original: str) -> Report | None:
    """Return what a report in no standard form says, None if it says nothing of a failure."""
    head, _, body = text.partition("\n\n")
    if "auto-replied" in head.lower():
        return None
    bounce = classify(body, Phase.REPORT)
    if bounce is Bounce.UNCLEAR:
        return None
    return Report(bounce, original=original, detail=" ".join(body.split())[:300])


def addresses(values: list[str]) -> tuple[str, ...]:
    """Return the addresses in fields such as `rfc822; ana@example.com`, each once."""
    found = (match[0].lower() for value in values if (match := ADDRESS.search(value)))
    return tuple(dict.fromkeys(found))


def signed_number(message_id: str) -> int | None:
    """Return the number that one of our signed Message-IDs was made of, None for any other."""
    name = message_id.strip("<> ").rpartition("@")[0]
    numbers = tokens.read(tokens.MESSAGE, name)
    return numbers[0] if numbers else None
