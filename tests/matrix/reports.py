import uuid

from crm.reports.models import SavedReport
from crm.users.models import Team, User
from crm.users.permissions import EVERYBODY
from tests.factories import UserFactory
from tests.matrix.base import Row
from tests.matrix.objects import Subject, kind


@kind("rows of a report", missing=("nothing",))
def rows_of_a_report(owner: User | None, team: Team | None) -> Subject:
    return Subject(("deals",))


@kind("report", missing=("nothing",))
def report(owner: User | None, team: Team | None) -> Subject:
    return Subject(("funnel",))


@kind("saved report", seen="owner")
def saved_report(owner: User | None, team: Team | None) -> SavedReport:
    return SavedReport.objects.create(
        user=owner or UserFactory(), report="funnel", name=f"Funnel {uuid.uuid4()}"
    )


CLOSED = {"rows": "closed-deals~part=closed"}

ROWS = [
    Row("reports:index", get=EVERYBODY),
    Row("reports:save", EVERYBODY, EVERYBODY, obj="report", data={"name": "Mine", "query": ""}),
    Row("reports:saved-edit", EVERYBODY, EVERYBODY, obj="saved report", data={"name": "Mine"}),
    Row("reports:saved-delete", post=EVERYBODY, obj="saved report"),
    Row("reports:saved-send", post=EVERYBODY, obj="saved report"),
    Row("reports:funnel", get=EVERYBODY),
    Row("reports:funnel-csv", get=EVERYBODY),
    Row("reports:return", get=EVERYBODY),
    Row("reports:return-csv", get=EVERYBODY),
    Row("reports:forecast-csv", get=EVERYBODY),
    Row("reports:attribution", get=EVERYBODY),
    Row("reports:attribution-csv", get=EVERYBODY),
    Row("reports:velocity", get=EVERYBODY),
    Row("reports:velocity-csv", get=EVERYBODY),
    Row("reports:response", get=EVERYBODY),
    Row("reports:response-csv", get=EVERYBODY),
    Row("reports:activity", get=EVERYBODY),
    Row("reports:activity-csv", get=EVERYBODY),
    Row("reports:feedback", get=EVERYBODY),
    Row("reports:feedback-csv", get=EVERYBODY),
    Row("reports:leaks", get=EVERYBODY),
    Row("reports:leaks-csv", get=EVERYBODY),
    Row("reports:deal-attribution", get=EVERYBODY, obj="deal"),
    Row("reports:rows", get=EVERYBODY, obj="rows of a report", query=CLOSED),
    Row("reports:rows-csv", get=EVERYBODY, obj="rows of a report", query=CLOSED),
    Row("reports:count-anew", post=EVERYBODY, obj="report"),
    Row("reports:metrics", get=EVERYBODY),
    Row("reports:marketing-quarter", get=EVERYBODY),
]
