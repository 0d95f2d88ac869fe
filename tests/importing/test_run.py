"""Batch by batch: a killed worker loses nothing and repeats nothing; memory does not grow."""

import tracemalloc

import pytest

from crm.funnel.models import StageEntry, StageTransition
from crm.importing import services, uploads
from crm.importing.lead_rows import LeadWriter
from crm.importing.models import Import, ImportedRow
from crm.importing.reading import NotReadable
from crm.importing.writer import Writer
from crm.notifications.models import Notification
from crm.users.models import Role
from leads.models import Lead
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def rows(count, bad=()):
    lines = (f"L{n},Lead {n},{'soon' if n in bad else '2024-01-05'}" for n in range(count))
    return "id,name,mql\n" + "\n".join(lines) + "\n"


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(services, "MOST", 10)


def checked(data, actor=None):
    from django.core.files.base import ContentFile

    source = uploads.receive(ContentFile(data.encode(), "f.csv"), kind="leads", actor=actor)
    services.set_mapping(source, {"external_id": "id", "name": "name", "mql_at": "mql"})
    services.check(source)
    return source


class Killed(BaseException):
    pass


def test_a_worker_killed_between_and_within_batches_is_followed_by_one_that_goes_on(
    small_batches, monkeypatch
):
    source, calls = checked(rows(45, bad={3, 17, 44})), []
    real = Writer.run

    def die_at_times(self, batch):
        calls.append(len(batch))
        done = real(self, batch)
        if len(calls) in (2, 3, 5):
            raise Killed
        return done

    monkeypatch.setattr(Writer, "run", die_at_times)
    for _ in range(4):
        try:
            services.run_here(source)
        except Killed:
            source = Import.objects.get(pk=source.pk)

    source.refresh_from_db()
    assert source.state == Import.State.DONE
    assert (source.rows, source.created, source.refused) == (45, 42, 3)
    assert Lead.objects.count() == StageTransition.objects.count() == 42
    assert StageEntry.objects.count() == 84
    errors = source.error_file.open().read().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in errors] == ["Line", "5", "19", "46"]


def test_an_effect_carries_a_batch_and_asks_for_the_next(small_batches, run_effects):
    owner = UserFactory(role=Role.MARKETING_MANAGER)
    source = checked(rows(45), actor=owner)
    services.start(source, actor=UserFactory(role=Role.ADMIN))

    assert run_effects() == 7  # one found the file's end, one brings the reports up to date

    source.refresh_from_db()
    assert (source.state, source.rows, source.total) == (Import.State.DONE, 45, 45)
    assert Notification.objects.get(user=owner).url == source.get_absolute_url()


def test_an_import_starts_once():
    source = checked(rows(2))
    services.start(source, actor=UserFactory(role=Role.ADMIN))

    with pytest.raises(services.NotReady):
        services.start(source, actor=UserFactory(role=Role.ADMIN))


def test_a_file_that_is_gone_fails_the_import_with_a_sentence(run_effects):
    source = checked(rows(2))
    source.file.storage.delete(source.file.name)
    services.start(source, actor=UserFactory(role=Role.ADMIN))

    run_effects()

    source.refresh_from_db()
    assert (source.state, source.error) == (
        Import.State.FAILED,
        "The file is gone. Upload it again.",
    )
    with pytest.raises(NotReadable):
        uploads.samples(source)


def test_a_row_that_another_writer_was_quicker_with_is_refused_alone(bring_in, monkeypatch):
    bring_in("id,name,email\nL1,Ana,ana@example.org\n")
    monkeypatch.setattr(LeadWriter, "stored", lambda self, rows: [])

    source = bring_in("id,name,email\nL2,Bo,bo@example.org\nL3,Ana,ana@example.org\n")

    assert (source.created, source.refused) == (1, 1)
    assert set(Lead.objects.values_list("external_id", flat=True)) == {"L1", "L2"}


def test_of_a_batch_that_breaks_a_rule_each_refused_row_is_in_the_file_of_errors(
    bring_in, monkeypatch
):
    bring_in("id,name,email\nL1,Ana,ana@example.org\n")
    monkeypatch.setattr(LeadWriter, "stored", lambda self, rows: [])
    lines = [f"M{n},Lead {n},m{n}@example.org" for n in range(40)]
    lines[7], lines[33] = "M7,Ana,ana@example.org", "L1,Ana,other@example.org"

    source = bring_in("id,name,email\n" + "\n".join(lines))

    assert (source.created, source.refused) == (38, 2)
    refused = source.error_file.open().read().decode("utf-8-sig").splitlines()[1:]
    assert [line.split(",")[0] for line in refused] == ["9", "35"]


@pytest.mark.parametrize(
    ("rows", "seconds", "next_one"),
    [(100, 0.1, 200), (100, 0.01, 200), (400, 0.8, 100), (400, 60, 50), (1000, 0.01, 1000)],
)
def test_a_batch_has_as_many_rows_as_are_written_in_a_fifth_of_a_second(rows, seconds, next_one):
    assert services.next_size(rows, seconds) == next_one


def test_queries_of_a_batch_do_not_grow_with_its_rows(
    bring_in, django_assert_max_num_queries, monkeypatch
):
    monkeypatch.setattr(services, "FIRST", 300)
    bring_in(rows(3))

    with django_assert_max_num_queries(60):
        bring_in(rows(300))
    with django_assert_max_num_queries(60):
        bring_in(rows(300).replace("Lead", "Person"))


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(count):
        path = tmp_path / f"{count}.csv"
        path.write_text(rows(count))
        source = uploads.take_path(path, kind="leads", options={})
        services.set_mapping(source, {"external_id": "id", "name": "name", "mql_at": "mql"})
        plan = services.planner(source)
        tracemalloc.start()
        with uploads.open_table(source) as table:
            total = sum(len(plan.plan(batch)) for batch in services.batches(table))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total == count
        return found

    assert peak(12_000) < 1.2 * peak(3_000)


@pytest.mark.parametrize(
    ("policy", "name", "counts"),
    [("update", "New", (0, 1, 0)), ("skip", "Old", (0, 0, 1)), ("create", "Old", (0, 0, 0))],
)
def test_a_known_lead_is_updated_skipped_or_refused(bring_in, policy, name, counts):
    bring_in("id,name\nL1,Old\n")

    source = bring_in("id,name\nL1,New\n", duplicates=policy)

    assert Lead.objects.get().name == name
    assert (source.created, source.updated, source.skipped) == counts
    assert source.refused == (policy == "create")


def test_rows_of_one_lead_in_one_file_become_one_lead(bring_in):
    source = bring_in("id,name,email\nL1,Ana,\nL1,,ana@example.org\nL2,Bo,ana@example.org\n")

    assert (source.created, source.updated, source.refused) == (1, 1, 1)
    lead = Lead.objects.get()
    assert (lead.name, lead.email, lead.external_id) == ("Ana", "ana@example.org", "L1")


def test_an_email_of_another_lead_is_refused(bring_in):
    bring_in("id,name,email\nL1,Ana,ana@example.org\nL2,Bo,bo@example.org\n")

    source = bring_in("id,email\nL2,ana@example.org\n")

    assert source.refused == 1
    assert Lead.objects.get(external_id="L2").email == "bo@example.org"


def test_an_import_never_gives_back_a_withdrawn_consent(bring_in):
    from leads.consents import withdraw_consent

    bring_in("id,name,consent\nL1,Ana,yes\n")
    lead = Lead.objects.get()
    withdraw_consent(lead, source="by phone", actor=None)

    source = bring_in("id,name,consent\nL1,Ana,yes\n")

    lead.refresh_from_db()
    assert lead.consent is False
    assert (source.unchanged, source.warned) == (1, 1)


def test_leads_without_dates_enter_the_funnel_now(bring_in):
    bring_in("name\nAna\n")

    transition = StageTransition.objects.get()
    assert (transition.old_stage, transition.new_stage) == ("", "lead")
    assert transition.at == Lead.objects.get().created_at
    assert ImportedRow.objects.count() == 1


def test_history_out_of_order_is_imported_with_a_warning(bring_in):
    source = bring_in("id,mql,sql\nL1,2024-03-01,2024-02-01\n")

    entries = dict(Lead.objects.get().entries.values_list("stage", "at"))
    assert [problem["message"] for problem in source.problems] == ["SQL is dated before MQL."]
    assert {stage: f"{at:%m}" for stage, at in entries.items()} == {
        "lead": "03", "mql": "03", "sal": "02", "sql": "02",
    }  # fmt: skip


def test_a_deal_of_an_unknown_lead_is_refused(bring_in):
    source = bring_in("lead,name\nnobody,Deal\n", kind="deals")

    assert source.refused == 1
    assert "There is no lead" in source.problems[0]["message"]
