"""What a refusal or a report says of an address: one reading for SMTP, providers and mail. Pure.

By the enhanced status code (RFC 3463) where there is one, else by the code and when it was given.
In doubt an address is not dead: who is called dead wrongly gets no mail again, and nobody notices.
docs/decisions/0071 gives the table.
"""

import re
from enum import Enum

LONGEST = 20_000
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
CODE = re.compile(r"(?<![\w.])([45]\d\d)(?!\.?\w)")
ADDRESS = re.compile(r"[^\s<>]{1,64}@[^\s<>]{1,190}")
POLICY = re.compile(
    r"\b(?:block(?:ed|ing|list|listed)|black-?list(?:ed)?|deny-?list(?:ed)?|spam(?:haus|cop)?|policy"
    r"|reputation|dnsbl|rbl|spf|dkim|dmarc|grey-?list(?:ed|ing)?|abuse|virus|malware|relay(?:ing)?"
    r"|unsolicited|banned|throttl(?:ed|ing)|rate limit(?:ed)?|reverse dns|ptr record)\b",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"\b(?:no such (?:user|recipient|mailbox|address|person|account|domain)"
    r"|(?:user|recipient|mailbox|address|account) (?:is )?(?:unknown|not found|invalid)"
    r"|unknown (?:user|recipient|mailbox|address|account)|invalid (?:recipient|mailbox)"
    r"|(?:user|recipient|mailbox|address|account)[^.;\n]{0,60} (?:does not|doesn't) exist"
    r"|(?:does not|doesn't) have an? [^;\n]{0,60}account|no mailbox here)\b",
    re.IGNORECASE,
)
FULL = re.compile(r"\b(?:mailbox full|mailbox is full|over ?quota|quota exceeded|exceeds quota)\b",
                  re.IGNORECASE)  # fmt: skip
FOR_NOW = re.compile(r"\b(?:temporar(?:y|ily)|transient|try again later|soft ?bounce)\b",
                     re.IGNORECASE)  # fmt: skip
DEAD_SUBJECTS = {"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"}
"""Of 5.x.x: no such mailbox, no such domain, no address, moved away, no mail server, disabled."""
POLICY_SUBJECTS = {"1.7", "1.8"}
"""Of 5.x.x, beside 6 (content) and 7 (policy): it is our sender's address that was refused."""


class Phase(Enum):
    """When a server said it: to the recipient, to the content, or in a report afterwards."""

    RECIPIENT = "recipient"
    CONTENT = "content"
    REPORT = "report"


class Bounce(Enum):
    """What a refusal says of the address."""

    DEAD = "no such address"
    FULL = "mailbox full"
    FOR_NOW = "refused for now"
    BLOCKED = "refused by policy or for its content"
    UNCLEAR = "refused, and nothing says that the address is dead"


def classify(said: str, phase: Phase, *, enhanced: str = "", code: int | None = None) -> Bounce:
    """Return what a refusal says of the address.

    said: the server's words; enhanced, code: as they were given beside the words, else they are
    looked for in them
    """
    said = ADDRESS.sub(" ", said[:LONGEST])  # its digits are no code
    found = ENHANCED.search(enhanced) or ENHANCED.search(said)
    if code is None and (number := CODE.search(said)):
        code = int(number[1])
    if found:
        return by_enhanced(found[1], f"{int(found[2])}.{int(found[3])}", said)
    return by_code(code, said, phase)


def by_enhanced(kind: str, subject: str, said: str) -> Bounce:
    """Return what an enhanced status code means; its words can only make it milder."""
    if subject == "2.2":
        return Bounce.FULL
    if kind != "5":
        return Bounce.FOR_NOW
    if subject in POLICY_SUBJECTS or subject.startswith(("6.", "7.")) or POLICY.search(said):
        return Bounce.BLOCKED
    if subject in DEAD_SUBJECTS and not FULL.search(said):
        return Bounce.DEAD
    return Bounce.UNCLEAR


def by_code(code: int | None, said: str, phase: Phase) -> Bounce:
    """Return what a refusal without an enhanced code means."""
    if FULL.search(said):
        return Bounce.FULL
    if (code is not None and code < 500) or FOR_NOW.search(said):
        return Bounce.FOR_NOW
    if POLICY.search(said):
        return Bounce.BLOCKED
    if NOBODY.search(said) or (code == 550 and phase is Phase.RECIPIENT):
        return Bounce.DEAD
    return Bounce.BLOCKED if code and phase is Phase.CONTENT else Bounce.UNCLEAR
