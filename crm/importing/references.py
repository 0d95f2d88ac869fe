"""The channels, campaigns, companies and users that the rows of one batch name.

Each book looks its names up in one query and, when the batch is written, creates what is missing
in one more. A dry run only looks up.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from django.contrib.auth.hashers import make_password
from django.db.models import Model, Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from campaigns.models import Campaign
from crm.importing.planning import Row
from crm.importing.records import Recorder
from crm.users.models import USUAL_SCOPE, Role, Scope, User
from leads.models import Channel, Company

M = TypeVar("M", bound=Model)
UNKNOWN = -1
"""Stands for the key of something that a dry run would create."""
SHOWN_ID = 8


class Book(ABC, Generic[M]):
    """What the rows name, by the name they use. `get` of a name not yet known is None."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(set(names))
        self.found: dict[str, M] = {}
        if self.names:
            self.look_up()

    @abstractmethod
    def look_up(self) -> None:
        """Fill `found` with what is stored under the names."""

    @abstractmethod
    def build(self, name: str) -> M:
        """Return a new, unsaved record of this name."""

    def get(self, name: str | None) -> M | None:
        return self.found.get(name) if name else None

    def key(self, name: str | None) -> int | None:
        """Return the primary key; UNKNOWN for a name that is not there yet; None for no name."""
        if not name:
            return None
        found = self.get(name)
        return found.pk if found else UNKNOWN

    def create_missing(self, recorder: Recorder) -> None:
        """Create what the rows name and is not there, and note it for the undo."""
        missing = [name for name in self.names if name not in self.found]
        if not missing:
            return
        new: dict[Any, M] = {}
        for name in missing:
            new.setdefault(self.same(name), self.build(name))
        model: Any = type(next(iter(new.values())))
        model.objects.bulk_create(new.values())
        for name in missing:
            self.found[name] = new[self.same(name)]
        for made in new.values():
            recorder.created(made)

    def same(self, name: str) -> Any:
        """Return what is equal for two names of one thing."""
        return name.lower()


class Channels(Book[Channel]):
    """By key or name, in any case: “Paid Search” and “paid_search” are one channel."""

    def look_up(self) -> None:
        names = {form for name in self.names for form in (name.lower(), humanised(name).lower())}
        keys = {channel_key(name) for name in self.names}
        known = Channel.objects.annotate(low=Lower("name")).filter(
            Q(key__in=keys) | Q(low__in=names)
        )
        by_form: dict[str, Channel] = {}
        for channel in known:
            by_form[channel.name.lower()] = channel
        for channel in known:
            by_form[channel.key] = channel
        for name in self.names:
            for form in (channel_key(name), name.lower(), humanised(name).lower()):
                if form in by_form:
                    self.found[name] = by_form[form]
                    break

    def build(self, name: str) -> Channel:
        return Channel(name=humanised(name)[:80], key=channel_key(name))

    def same(self, name: str) -> str:
        return channel_key(name)


def channel_key(name: str) -> str:
    """Return the channel's name in reports and files: “Paid Search” is paid_search."""
    return slugify(name, allow_unicode=True).replace("-", "_")[:80] or "channel"


def humanised(name: str) -> str:
    """Return the name for people: “paid_search” is Paid search."""
    words = " ".join(name.replace("_", " ").split())
    return words[:1].upper() + words[1:]


class Campaigns(Book[Campaign]):
    """By external ID, else by name."""

    def look_up(self) -> None:
        lower = {name.lower() for name in self.names}
        known = list(
            Campaign.objects.annotate(low=Lower("name"))
            .filter(Q(external_id__in=self.names) | Q(low__in=lower))
            .order_by("-pk")
        )
        by_name = {campaign.name.lower(): campaign for campaign in known}
        by_id = {campaign.external_id: campaign for campaign in known}
        for name in self.names:
            found = by_id.get(name) or by_name.get(name.lower())
            if found:
                self.found[name] = found

    def build(self, name: str) -> Campaign:
        return Campaign(name=name[:200], external_id=name[:200], status=Campaign.Status.DONE)


class Users(Book[User]):
    """By external ID, e-mail or name. A new one is a rep who cannot log in until invited."""

    def look_up(self) -> None:
        lower = {name.lower() for name in self.names}
        known = list(
            User.objects.annotate(low=Lower("name"))
            .filter(Q(external_id__in=self.names) | Q(email__in=lower) | Q(low__in=lower))
            .order_by("-pk")
        )
        by_name = {user.name.lower(): user for user in known}
        by_email = {user.email: user for user in known if user.email}
        by_id = {user.external_id: user for user in known if user.external_id}
        for name in self.names:
            found = by_id.get(name) or by_email.get(name.lower()) or by_name.get(name.lower())
            if found:
                self.found[name] = found

    def build(self, name: str) -> User:
        role = Role.REP
        return User(
            name=shortened(name),
            external_id=name,
            role=role,
            scope=USUAL_SCOPE.get(role, Scope.ALL),
            password=make_password(None),
        )


def shortened(name: str) -> str:
    """Return a name as given, an identifier as its first characters."""
    looks_like_id = len(name) > 2 * SHOWN_ID and " " not in name and "@" not in name
    return f"Rep {name[:SHOWN_ID]}" if looks_like_id else name


class Companies(Book[Company]):
    """By domain where the row has one, else by name; what a row says beside fills a new one."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows: dict[str, Row] = {}
        for row in rows:
            if name := company_name(row):
                self.rows.setdefault(name, row)
        super().__init__(self.rows)

    def look_up(self) -> None:
        domains = {row.values.get("domain", "") for row in self.rows.values()} - {""}
        lower = {name.lower() for name in self.names}
        known = list(
            Company.objects.annotate(low=Lower("name"))
            .filter(Q(low__in=lower) | Q(domain__in=domains))
            .order_by("-pk")
        )
        by_name = {company.name.lower(): company for company in known}
        by_domain = {company.domain: company for company in known if company.domain}
        for name, row in self.rows.items():
            found = by_domain.get(row.values.get("domain", "")) or by_name.get(name.lower())
            if found:
                self.found[name] = found

    def build(self, name: str) -> Company:
        got = self.rows[name].values
        return Company(
            name=name,
            domain=got.get("domain", ""),
            industry=got.get("industry", ""),
            size=got.get("size", ""),
            country=got.get("company_country", ""),
        )


def company_name(row: Row) -> str:
    """Return the company that a row names: by its domain where it has no name."""
    name: str = row.values.get("company") or row.values.get("domain") or ""
    return name


def names_of(rows: Iterable[Row], *fields: str) -> set[str]:
    """Return all values of these fields."""
    return {row.values[name] for row in rows for name in fields if row.values.get(name)}
