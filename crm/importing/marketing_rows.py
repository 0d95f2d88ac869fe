"""Marketing's money and numbers from a file: dated spend of campaigns, weeks of channels.

A campaign or channel that is not there refuses the row: a slip of the pen must not open a campaign.
Two rows that mean the same thing are refused too, since neither adding nor replacing is sure.
"""

from abc import abstractmethod
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model

from campaigns.channel_metrics.models import ChannelWeek
from campaigns.channel_metrics.numbers import METRICS, monday
from campaigns.models import Campaign, Spend
from campaigns.services.spending import GRID_NOTE
from crm.importing.models import ImportedRow
from crm.importing.planning import Row
from crm.importing.references import Campaigns, Channels, names_of
from crm.importing.writer import CREATE, UPDATE, Wish, Writer
from leads.models import Channel

M = TypeVar("M", bound=Model)
COLUMNS = tuple(metric.column for metric in METRICS)
NOTED: dict[type[Model], tuple[str, ...]] = {
    Spend: ("campaign_id", "day", "amount_minor", "note", "external_id"),
    ChannelWeek: COLUMNS,
}
"""What the undo compares and puts back."""


class MarketingWriter(Writer[M]):
    """What spend and weeks share: names that must be known, and rows that repeat another."""

    model: type[M]

    def match(self, rows: list[Row]) -> list[Wish[M]]:
        self.campaigns = Campaigns(names_of(rows, "campaign"))
        self.channels = Channels(names_of(rows, "channel"))
        for row in rows:
            self.check(row)
        known = [row for row in rows if not row.refused]
        self.look_up(known)
        wishes = self.gather(known)
        self.own = self.written_before(wishes)
        for wish in wishes:
            if wish.found and self.policy == UPDATE:
                wish.changes = self.changes(wish.found, wish.row)
            self.decide(wish)
        return wishes

    def written_before(self, wishes: list[Wish[M]]) -> set[int]:
        """Return which of the stored records an earlier batch of this very file created."""
        found = [wish.found.pk for wish in wishes if wish.found]
        own = ImportedRow.objects.filter(source_id=self.source.pk, model=self.model._meta.label)
        return set(
            own.filter(created=True, object_id__in=found).values_list("object_id", flat=True)
        )

    def check(self, row: Row) -> None:
        """Refuse a row whose campaign or channel is not there."""
        for name, book in (("campaign", self.campaigns), ("channel", self.channels)):
            if name in row.values and book.get(row.values[name]) is None:
                row.refuse(f"There is no {name} “{row.values[name]}”.", name)

    def decide(self, wish: Wish[M]) -> None:
        repeats = wish.found is not None and wish.found.pk in self.own and bool(wish.changes)
        if repeats or (wish.found is None and self.is_dry and self.met(wish.row)):
            wish.row.refuse(self.why_repeated)
        super().decide(wish)

    def met(self, row: Row) -> bool:
        keys = {hash(key) for key in self.identities(row)}
        return self.seen is not None and not keys.isdisjoint(self.seen)

    @property
    @abstractmethod
    def why_repeated(self) -> str:
        """Return what to say of a row that means what an earlier one means."""

    @abstractmethod
    def look_up(self, rows: list[Row]) -> None:
        """Read what is stored of what the rows mean."""

    @abstractmethod
    def changes(self, found: M, row: Row) -> dict[str, Any]:
        """Return the columns of a stored record that the row changes."""

    def note_change(self, stored: Model, row: Row, values: dict[str, Any]) -> None:
        """Set `values` on the stored record, and note what they were before."""
        before = {name: getattr(stored, name) for name in values}
        for name, value in values.items():
            setattr(stored, name, value)
        self.recorder.changed(stored, row.line, before, values)


class SpendWriter(MarketingWriter[Spend]):
    """Dated spend: known by its external ID, else by campaign, day and note."""

    model = Spend
    why_repeated = (
        "The file has spend of this campaign, day and note before. "
        "Give each its own note or external ID."
    )

    def look_up(self, rows: list[Row]) -> None:
        spends = Spend.objects.all() if self.is_dry else Spend.objects.select_for_update()
        by_id = spends.filter(external_id__in=names_of(rows, "external_id"))
        self.by_id = {spend.external_id: spend for spend in by_id}
        days = {row.values["day"] for row in rows}
        ids = {self.campaign_of(row).pk for row in rows}
        same = spends.filter(campaign__in=ids, day__in=days, week=None).order_by("-pk")
        self.by_name = {(one.campaign_id, one.day, one.note.lower()): one for one in same}

    def campaign_of(self, row: Row) -> Campaign:
        campaign = self.campaigns.get(row.values["campaign"])
        assert campaign is not None
        return campaign

    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        if "external_id" in row.values:
            return [("external_id", row.values["external_id"])]
        note = row.values.get("note", "").lower()
        return [("name", self.campaign_of(row).pk, row.values["day"], note)]

    def find(self, row: Row) -> Spend | None:
        if "external_id" in row.values:
            return self.by_id.get(row.values["external_id"])
        key = self.identities(row)[0][1:]
        return self.by_name.get(key) if self.policy != CREATE else None

    def repeat(self, earlier: list[Wish[Spend]], row: Row, found: Spend | None) -> None:
        row.refuse(self.why_repeated)

    def wanted(self, row: Row) -> dict[str, Any]:
        got = row.values
        wanted = {"campaign_id": self.campaign_of(row).pk, "day": got["day"]}
        wanted |= {"amount_minor": got["amount"]}
        return wanted | {name: got[name] for name in ("note", "external_id") if name in got}

    def changes(self, found: Spend, row: Row) -> dict[str, Any]:
        wanted = self.wanted(row)
        return {name: value for name, value in wanted.items() if getattr(found, name) != value}

    def write(self, wishes: list[Wish[Spend]]) -> None:
        new = [wish.row for wish in wishes if wish.outcome == "created" and not wish.row.refused]
        by = self.source.created_by_id
        made = Spend.objects.bulk_create(
            Spend(**{"note": "", **self.wanted(row)}, created_by_id=by) for row in new
        )
        for row, spend in zip(new, made, strict=True):
            after = {name: getattr(spend, name) for name in NOTED[Spend]}
            self.recorder.created(spend, row.line, after)
        for wish in wishes:
            if wish.outcome == "updated" and wish.found and not wish.row.refused:
                self.note_change(wish.found, wish.row, wish.changes)
                wish.found.save(update_fields=list(wish.changes))


class WeekWriter(MarketingWriter[ChannelWeek]):
    """Weeks of a channel or of a campaign. A campaign's spend becomes dated spend of the Monday."""

    model = ChannelWeek
    why_repeated = "The file has this week before, with other numbers. Add its rows up."

    def check(self, row: Row) -> None:
        super().check(row)
        row.values["week"] = monday(row.values["week"])
        campaign, channel = self.campaign_of(row), self.channel_of(row)
        if row.refused or campaign is None:
            return
        if channel is None:
            row.refuse(f"The campaign “{campaign}” has no channel: name it.", "channel")
        elif campaign.channel_id not in (None, channel.pk):
            row.refuse(f"The campaign runs on another channel than “{channel}”.", "channel")

    def campaign_of(self, row: Row) -> Campaign | None:
        return self.campaigns.get(row.values.get("campaign"))

    def channel_of(self, row: Row) -> Channel | None:
        campaign = self.campaign_of(row)
        named = self.channels.get(row.values.get("channel"))
        return named or (campaign.channel if campaign else None)

    def look_up(self, rows: list[Row]) -> None:
        campaigns = {c.pk for row in rows if (c := self.campaign_of(row))}
        weeks = {row.values["week"] for row in rows}
        stored = ChannelWeek.objects.filter(week__in=weeks)
        spends = Spend.objects.filter(week__in=weeks, campaign__in=campaigns)
        if not self.is_dry:
            stored, spends = stored.select_for_update(), spends.select_for_update()
        self.weeks = {place_of(one): one for one in stored}
        self.spends = {(one.campaign_id, one.week): one for one in spends}

    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        return [self.place(row)]

    def place(self, row: Row) -> tuple[str, int, date]:
        campaign, channel = self.campaign_of(row), self.channel_of(row)
        if campaign is not None:
            return "campaign", campaign.pk, row.values["week"]
        assert channel is not None
        return "channel", channel.pk, row.values["week"]

    def find(self, row: Row) -> ChannelWeek | None:
        return self.weeks.get(self.place(row))

    def repeat(self, earlier: list[Wish[ChannelWeek]], row: Row, found: ChannelWeek | None) -> None:
        """Rows of one week may bring different numbers; the same number twice must be equal."""
        before = earlier[0].row.values
        if any(before.get(name, row.values[name]) != row.values[name] for name in numbers_in(row)):
            row.refuse(self.why_repeated)
        else:
            earlier[0].merge(row)

    def wanted(self, row: Row) -> dict[str, Any]:
        """Return the columns of the week; a campaign's spend is not one of them."""
        found = {
            metric.column: row.values[metric.name]
            for metric in METRICS
            if metric.name in row.values
        }
        if self.campaign_of(row) is not None:
            found.pop("spend_minor", None)
        return found

    def changes(self, found: ChannelWeek, row: Row) -> dict[str, Any]:
        wanted = self.wanted(row)
        changes = {name: value for name, value in wanted.items() if getattr(found, name) != value}
        return changes | self.spend_change(row)

    def spend_change(self, row: Row) -> dict[str, int]:
        """Return the campaign's spend of the week if the row changes it."""
        campaign = self.campaign_of(row)
        if campaign is None or "spend" not in row.values:
            return {}
        stored = self.spends.get((campaign.pk, row.values["week"]))
        same = stored is not None and stored.amount_minor == row.values["spend"]
        return {} if same else {"spend": row.values["spend"]}

    def write(self, wishes: list[Wish[ChannelWeek]]) -> None:
        wishes = [w for w in wishes if not w.row.refused and w.outcome in ("created", "updated")]
        new = [wish.row for wish in wishes if wish.outcome == "created"]
        made = ChannelWeek.objects.bulk_create(self.new_week(row) for row in new)
        for row, week in zip(new, made, strict=True):
            self.recorder.created(week, row.line, {name: getattr(week, name) for name in COLUMNS})
        for wish in wishes:
            changes = {name: value for name, value in wish.changes.items() if name in COLUMNS}
            if wish.found and changes:
                self.note_change(wish.found, wish.row, changes)
                wish.found.save(update_fields=list(changes))
            if self.spend_change(wish.row):
                self.write_spend(wish.row)

    def new_week(self, row: Row) -> ChannelWeek:
        return ChannelWeek(
            channel=self.channel_of(row),
            campaign=self.campaign_of(row),
            week=row.values["week"],
            **self.wanted(row),
        )

    def write_spend(self, row: Row) -> None:
        """Write a campaign's spend of the week as the weekly grid does."""
        campaign, week, amount = self.campaign_of(row), row.values["week"], row.values["spend"]
        assert campaign is not None
        stored = self.spends.get((campaign.pk, week))
        if stored is not None:
            self.note_change(stored, row, {"amount_minor": amount})
            stored.save(update_fields=["amount_minor"])
            return
        made = Spend.objects.create(
            campaign=campaign, week=week, day=week, amount_minor=amount, note=GRID_NOTE,
            created_by_id=self.source.created_by_id,
        )  # fmt: skip
        self.recorder.created(made, row.line, {name: getattr(made, name) for name in NOTED[Spend]})


def place_of(week: ChannelWeek) -> tuple[str, int, date]:
    if week.campaign_id is not None:
        return "campaign", week.campaign_id, week.week
    return "channel", week.channel_id, week.week


def numbers_in(row: Row) -> set[str]:
    return {metric.name for metric in METRICS} & row.values.keys()
