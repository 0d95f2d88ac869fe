"""Columns and cells about people who want no marketing mail. Pure.

A column of refusals must never give consent: “true” under “HasOptedOutOfEmail” means the opposite
of “true” under “Newsletter”. Docs: docs/importing.md, "Consent".
"""

import re
import unicodedata

WORDS = (
    "optedout", "optout", "optingout", "unsubscri", "donotemail", "donotmail", "donotcontact",
    "donotmarket", "donotsend", "donotdisturb", "donotcall", "dontemail", "dontcontact", "dontmail",
    "noemail", "nomail", "nomarketing", "nonewsletter", "noconsent", "notconsent", "nospam",
    "withoutconsent", "withdr", "revoke", "revocation", "refus", "declin", "objected", "objection",
    "suppress", "blacklist", "blocklist", "denylist", "robinson",
    "abgemeldet", "abmeld", "abbestell", "widersp", "widerr", "werbesperre", "keinewerbung",
    "keinenewsletter", "keinemail", "gesperrt",
    "desinscri", "desabonn", "nepascontacter", "pasdemail", "pasdepublicite", "sansconsentement",
    "dadodebaja", "dadadebaja", "baja", "nocontactar", "noenviar", "sinconsentimiento", "revocad",
    "descadastr", "naocontactar", "naoenviar", "disiscri", "noncontattare", "afgemeld",
    "uitgeschreven",
)  # fmt: skip
"""Parts of words, without accents, signs and spaces, by which a heading or a cell says no."""
PATTERN = re.compile("|".join(WORDS))
NEVER = {"never", "none", "null", "-", "–", "opted-in", "opt-in", "subscribed", "consented"}
"""Cells that say that somebody has not opted out."""


def is_refusal(text: str) -> bool:
    """Return whether a heading, or the text of a cell, speaks of who wants no mail."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return PATTERN.search(re.sub(r"[^a-z]", "", plain)) is not None
