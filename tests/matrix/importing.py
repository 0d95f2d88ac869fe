"""Who may bring files in: marketing and managers. A marketer sees his own imports, managers all."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.importing.models import Import
from crm.users.models import Team, User
from crm.users.permissions import IMPORTERS
from tests.matrix.base import Row
from tests.matrix.objects import KINDS, NO_SUCH, Kind, Whose


class OwnOrManagers(Kind):
    """Its owner sees it, and every manager."""

    def sees(self, user: User, whose: Whose) -> bool:
        return whose == "own" or user.is_manager


def uploaded(owner: User | None, team: Team | None) -> Import:
    return Import.objects.create(
        kind=Import.Kind.LEADS, file="imports/none.csv", file_name="none.csv", created_by=owner
    )


def refused(owner: User | None, team: Team | None) -> Import:
    """An import that is done, with a row that was refused."""
    source = uploaded(owner, team)
    source.state = Import.State.DONE
    source.error_file.save("refused.csv", ContentFile(b"Line,Reason\r\n2,No\r\n"))
    return source


def undoable(owner: User | None, team: Team | None) -> Import:
    source = uploaded(owner, team)
    source.state = Import.State.DONE
    source.save()
    source.records.create(model="leads.Lead", object_id=0)
    return source


KINDS["uploaded import"] = OwnOrManagers(uploaded, "owner", NO_SUCH)
KINDS["refused import"] = OwnOrManagers(refused, "owner", NO_SUCH)
KINDS["undoable import"] = OwnOrManagers(undoable, "owner", NO_SUCH)


def a_file(_: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("f.csv", b"id,name\n1,Ana\n")


ROWS = [
    Row("importing:list", get=IMPORTERS),
    Row("importing:create", get=IMPORTERS, post=IMPORTERS, data={"kind": "leads", "file": a_file}),
    Row("importing:detail", get=IMPORTERS, obj="undoable import"),
    Row("importing:map", get=IMPORTERS, post=IMPORTERS, obj="undoable import"),
    Row("importing:layout", post=IMPORTERS, obj="uploaded import"),
    Row("importing:sample", get=IMPORTERS, obj="uploaded import"),
    Row("importing:check", get=IMPORTERS, obj="uploaded import"),
    Row("importing:run", post=IMPORTERS, obj="uploaded import"),
    Row("importing:errors", get=IMPORTERS, obj="refused import"),
    Row("importing:undo", get=IMPORTERS, post=IMPORTERS, obj="undoable import"),
    Row("importing:discard", post=IMPORTERS, obj="uploaded import"),
]
