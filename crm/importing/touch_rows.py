"""Touches from a file: each is appended once to a lead that is there, whatever is replayed.

A touch is known by its external ID, else by all that the row says of it. It never changes: another
fact under a known external ID refuses the row.
"""

import uuid
from typing import Any

from campaigns.models import Touch
from campaigns.services.touches import NewTouch, record_touches
from crm.importing.marketing_rows import MarketingWriter
from crm.importing.planning import Row
from crm.importing.references import names_of
from crm.importing.writer import SKIP, OfLeads, Wish, Writer
from leads.models import Lead

NEVER_CHANGES = "Another touch has this external ID. A touch never changes."
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "tandem-import:touches")
ORIGIN = ("campaign_id", "channel_id")
"""What a lead takes from its first touch, where it has none."""


class TouchWriter(MarketingWriter[Touch], OfLeads[Touch]):
    """Matches and writes rows of touches."""

    model = Touch
    why_repeated = NEVER_CHANGES

    def match(self, rows: list[Row]) -> list[Wish[Touch]]:
        self.leads = self.stored_leads(names_of(rows, "lead"))
        return super().match(rows)

    def check(self, row: Row) -> None:
        if self.lead_of(row) is None:
            self.refuse_unknown(row)
        super().check(row)

    def look_up(self, rows: list[Row]) -> None:
        stored = Touch.objects.filter(key__in=[self.key(row) for row in rows])
        self.stored = {touch.key: touch for touch in stored}

    def facts(self, row: Row) -> tuple[Any, ...]:
        """Return what the row says: lead, kind, moment, campaign, channel, detail.

        A channel that it does not name is the campaign's, which may change: that is no fact.
        """
        lead, got = self.lead_of(row), row.values
        campaign = self.campaigns.get(got.get("campaign"))
        channel = self.channels.get(got.get("channel"))
        return (
            lead.pk if lead else None,
            got["kind"].value,
            got["at"],
            campaign.pk if campaign else None,
            channel.pk if channel else None,
            got.get("detail", ""),
        )

    def key(self, row: Row) -> str:
        """Return the touch's key: two rows with one key are one touch."""
        named = row.values.get("external_id") or repr(self.facts(row))
        return f"file:{uuid.uuid5(SPACE, named)}"

    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        key = self.key(row)
        return [("key", key), ("facts", key, *self.facts(row))]

    def find(self, row: Row) -> Touch | None:
        return self.stored.get(self.key(row))

    def repeat(self, earlier: list[Wish[Touch]], row: Row, found: Touch | None) -> None:
        if self.facts(earlier[0].row) != self.facts(row):
            row.refuse(NEVER_CHANGES, "external_id")
        else:
            earlier[0].repeats.append(row)

    def changes(self, found: Touch, row: Row) -> dict[str, Any]:
        return {}

    def decide(self, wish: Wish[Touch]) -> None:
        if self.says_otherwise(wish):
            wish.row.refuse(NEVER_CHANGES, "external_id")
        Writer.decide(self, wish)

    def says_otherwise(self, wish: Wish[Touch]) -> bool:
        """Return whether the touch is known, stored or from earlier in a dry run, as another."""
        if wish.found is not None:
            return differs(wish.found, self.facts(wish.row))
        key, facts = (hash(identity) for identity in self.identities(wish.row))
        return self.seen is not None and key in self.seen and facts not in self.seen

    def policy_word(self) -> str:
        return "skipped" if self.policy == SKIP else "unchanged"

    def write(self, wishes: list[Wish[Touch]]) -> None:
        rows = [wish.row for wish in wishes if wish.outcome == "created" and not wish.row.refused]
        lines = {self.key(row): row.line for row in rows}
        record_touches([self.new_touch(row) for row in rows], actor=self.source.created_by)
        for touch in Touch.objects.filter(key__in=lines).order_by("pk"):
            self.recorder.created(touch, lines[touch.key])
        self.note_origins({lead.pk: lead for row in rows if (lead := self.lead_of(row))})

    def new_touch(self, row: Row) -> NewTouch:
        lead, kind, at, campaign, channel, detail = self.facts(row)
        return NewTouch(
            lead, kind, at, self.key(row), campaign_id=campaign, channel_id=channel, detail=detail
        )

    def note_origins(self, leads: dict[int, Lead]) -> None:
        """Note for the undo which leads took their campaign or channel from these touches."""
        for now in Lead.objects.filter(pk__in=leads).order_by("pk"):
            before = {name: getattr(leads[now.pk], name) for name in ORIGIN}
            after = {name: getattr(now, name) for name in ORIGIN}
            taken = {name for name in ORIGIN if before[name] != after[name]}
            if taken:
                self.recorder.changed(
                    now, 0, {n: before[n] for n in taken}, {n: after[n] for n in taken}
                )


def differs(touch: Touch, facts: tuple[Any, ...]) -> bool:
    """Return whether a stored touch is another than the facts say; no channel fits any."""
    lead, kind, at, campaign, channel, detail = facts
    stored = (touch.lead_id, touch.kind, touch.at, touch.campaign_id, touch.detail)
    return stored != (lead, kind, at, campaign, detail) or channel not in (None, touch.channel_id)
