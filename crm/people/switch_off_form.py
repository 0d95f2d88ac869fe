"""The dialog that switches a person off: each kind of what they own, and who gets it."""

from typing import Any

from django import forms

from crm.people.belongings import Kind
from crm.people.switching_off import owned_by, takers_of, usual_taker
from crm.users.models import User

QUEUE = "queue"
"""The choice of nobody: the queue of the person's team."""


class SwitchOffForm(forms.Form):
    """One choice for each kind of which the person owns something; only who may hold it."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.owned = owned_by(person)
        for kind, count in self.owned:
            self.fields[kind.key] = self.field_of(kind, count)

    def field_of(self, kind: Kind, count: int) -> forms.ChoiceField:
        people = list(takers_of(kind, self.person))
        usual = usual_taker(kind, people, self.person)
        choices = [(str(one.pk), named(one)) for one in people]
        if kind.may_wait(self.person):
            choices.insert(0, (QUEUE, f"Queue of {self.person.team}"))
        if usual is None:
            choices.insert(0, ("", "Choose who"))
        return forms.ChoiceField(
            label=f"{kind.label}: {count:,}",
            choices=choices,
            initial=str(usual.pk) if usual else "",
            help_text=kind.help,
            error_messages={"required": "Choose who gets them."},
        )

    @property
    def takers(self) -> dict[str, User | None]:
        """Return who gets each kind; None is the team's queue."""
        chosen = {key: value for key, value in self.cleaned_data.items() if value != QUEUE}
        people = User.objects.in_bulk([int(pk) for pk in chosen.values()])
        return {
            key: people[int(value)] if key in chosen else None
            for key, value in self.cleaned_data.items()
        }


def named(user: User) -> str:
    return f"{user.name} ({user.team})" if user.team else user.name
