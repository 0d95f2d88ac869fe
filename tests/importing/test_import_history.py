"""What an import changed stands in the history of each record, as the import's."""

import pytest

from crm.audit.models import Change
from crm.importing.writer import batch_id
from crm.users.models import Role
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def test_an_import_is_one_act_of_who_started_it(bring_in):
    lead = LeadFactory(name="Ana", email="ana@example.org")
    marketer = UserFactory(role=Role.MARKETER)

    source = bring_in("email,job title\nana@example.org,Head of data\n", actor=marketer)

    change = Change.objects.of(lead).get(field="job_title")
    assert (change.before, change.after) == (lead.job_title, "Head of data")
    assert (change.actor, change.door, change.batch) == (marketer, "import", batch_id(source))
