"""The reports by name: for the list of reports, the command line, saved and scheduled ones.

A room above registers its own in its AppConfig.ready; a page and a file come with it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from crm.reports.answers import Answer
from crm.reports.questions import Question
from crm.users.models import Role, User
from crm.users.permissions import EVERYBODY

FUNNEL, SALES, MARKETING, BOTH = "The funnel", "Sales", "Marketing", "In tandem"
"""The shelves of the list of reports."""

PERIOD, COMPARE, BY, WHOSE = "period", "compare", "by", "whose"
"""The controls. A page has four at most."""


@dataclass(frozen=True)
class Report:
    """name: on the command line and in addresses, `/reports/NAME/`

    about: what it answers, in a sentence
    answer: Question → Answer; raises NotAnswerable for what it cannot be asked
    controls: what can be asked on its page; by: choices of “By”, value → words, the usual one first
    usual: the period unless asked otherwise, a key of periods.CHOICES
    periods: the only ones to choose from, keys of periods.CHOICES; none: all of them
    options: what else can be asked, name → words; read from the address as text (Question.more)
    template: its page; shows the whole answer unless the report draws something of its own
    page: URL name of the page of a report that is shown elsewhere, such as the forecast
    definitions: anchor in docs/metrics.md
    roles: who may open it
    """

    name: str
    title: str
    about: str
    answer: Callable[[Question], Answer]
    shelf: str = FUNNEL
    controls: tuple[str, ...] = (PERIOD, BY)
    by: Mapping[str, str] = field(default_factory=lambda: {"channel": "Channel"})
    usual: str = "12m"
    periods: Collection[str] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    template: str = "reports/_answer.html"
    page: str = ""
    definitions: str = ""
    icon: str = "chart-bar"
    roles: Collection[Role] = EVERYBODY

    @property
    def usual_by(self) -> str:
        return next(iter(self.by), "")

    @property
    def url_name(self) -> str:
        return self.page or f"reports:{self.name}"

    def is_for(self, user: User) -> bool:
        return user.role in self.roles


REPORTS: dict[str, Report] = {}


def register(*reports: Report) -> None:
    """Make reports known. Called from an AppConfig.ready."""
    for report in reports:
        if REPORTS.get(report.name, report) is not report:
            raise ValueError(f"two reports named {report.name}")
        if len(report.controls) > 4:
            raise ValueError(f"{report.name} has more than four controls")
        REPORTS[report.name] = report
