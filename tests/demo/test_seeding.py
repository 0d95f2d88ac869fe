"""Seeding the demo company into an empty database: by command, and as sample data of the set-up."""

from io import StringIO

from django.core.management import call_command

from crm.demo import company
from crm.users.models import User


def test_the_command_prints_a_log_in_for_each_role(db, settings, tmp_path):
    settings.VAR = tmp_path
    out = StringIO()

    call_command("seed_demo", stdout=out)

    assert "rita@example.com" in out.getvalue()
    assert (tmp_path / "demo_password").stat().st_mode & 0o077 == 0


def test_sample_data_of_the_set_up_lets_nobody_log_in_and_types_no_address(organisation):
    organisation.postal_address = ""
    organisation.save()

    company.load()

    organisation.refresh_from_db()
    assert organisation.postal_address == ""
    assert not any(user.can_log_in for user in User.objects.all())
    assert organisation.name == "Acme"
