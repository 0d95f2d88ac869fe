"""Rows of leads and companies."""

from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING, WRITERS
from tests.matrix.base import Row

COMPANY = {"name": "Acme"}

ROWS = [
    Row("leads:list", EVERYBODY),
    Row("leads:filters", EVERYBODY),
    Row("leads:duplicates", WRITERS),
    Row("leads:bulk-assign", MANAGERS, MANAGERS, data={"owner": "", "ids": "1"}),
    Row("leads:export", EVERYBODY, EVERYBODY, data={"ids": "1"}),
    Row("leads:undo", post=WRITERS, obj="change of a lead"),
    Row("leads:views", EVERYBODY),
    Row("leads:view-create", EVERYBODY, EVERYBODY, data={"name": "Mine", "query": "owner=me"}),
    Row("leads:view-rename", EVERYBODY, EVERYBODY, obj="saved view", data={"name": "Other"}),
    Row("leads:view-delete", post=EVERYBODY, obj="saved view"),
    Row("leads:detail", EVERYBODY, obj="lead"),
    Row("leads:peek", EVERYBODY, obj="lead"),
    Row("leads:edit", WRITERS, WRITERS, obj="lead", data={"name": "Ana"}),
    Row("leads:field", MANAGERS, MANAGERS, obj="lead", args=("owner",), data={"owner": ""}),
    Row("leads:consent", MARKETING, MARKETING, obj="lead", data={"given": "on", "source": "Fair"}),
    Row("leads:ask-consent", post=MARKETING, obj="lead"),
    Row("leads:lead-consents", EVERYBODY, obj="lead"),
    Row("leads:confirm-consent", EVERYBODY, EVERYBODY, public=True, obj="asked consent"),
    Row("leads:lead-duplicates", EVERYBODY, obj="lead"),
    Row("leads:company-list", EVERYBODY),
    Row("leads:company-create", WRITERS, WRITERS, data=COMPANY),
    Row("leads:company-options", EVERYBODY),
    Row("leads:company-detail", EVERYBODY, obj="company"),
    Row("leads:company-edit", WRITERS, WRITERS, obj="company", data=COMPANY),
    Row("funnel:lead-create", WRITERS, WRITERS, data={"name": "Ana"}),
]
