"""The pages of sequences, as marketers and reps use them."""

import pytest
from django.urls import reverse

from campaigns.sequences.models import Enrolment, Sequence, Step
from crm.users.models import Role, Scope
from tests.factories import LeadFactory, SequenceFactory, UserFactory
from tests.sequences.building import Kind, enter, follow_up, pass_by, sequence_of, step, wait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def acme(organisation):
    return organisation


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


def page(client, name, *args, **asked):
    return client.get(reverse(f"sequences:{name}", args=args), asked)


def test_an_empty_list_says_what_a_sequence_is_for(marketer):
    assert b"No sequences yet" in page(marketer, "list").content


def test_a_marketer_writes_a_sequence_with_its_goal_in_one_choice(marketer):
    answer = marketer.post(reverse("sequences:create"), {"name": "Warm up", "goal": "stage:mql"})

    sequence = Sequence.objects.get()
    assert answer.status_code == 302
    assert (sequence.goal, sequence.goal_stage, sequence.state) == ("stage", "mql", "draft")


def test_a_sequence_without_a_name_is_refused_beside_the_field(marketer):
    answer = marketer.post(reverse("sequences:create"), {"name": ""})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("wait", {"amount": 3, "unit": "working_days", "at": "09:00"}),
        ("email", {"subject": "Hi {{ first_name }}", "text": "Hello"}),
        ("follow_up", {"act": "call", "whose": "lead", "days": 1}),
        ("branch", {"asks": "score:50"}),
        ("exit", {"goal": "on"}),
    ],
)
def test_each_kind_of_step_is_added_shown_and_changed(marketer, kind, data):
    sequence = Sequence.objects.create(name="Warm up")
    assert page(marketer, "step-create", sequence.pk, kind).status_code == 200

    marketer.post(reverse("sequences:step-create", args=[sequence.pk, kind]), data)

    made = sequence.steps.get()
    assert made.kind == kind
    assert page(marketer, "detail", sequence.pk).status_code == 200
    assert page(marketer, "step-edit", made.pk).status_code == 200
    assert marketer.post(reverse("sequences:step-edit", args=[made.pk]), data).status_code == 302


def test_a_mail_with_a_field_that_nobody_has_is_refused(marketer):
    sequence = Sequence.objects.create(name="Warm up")
    url = reverse("sequences:step-create", args=[sequence.pk, "email"])

    answer = marketer.post(url, {"subject": "Hi {{ shoe_size }}", "text": "Hello"})

    assert answer.status_code == 422
    assert b"shoe_size" in answer.content


def test_steps_are_added_in_a_branch_and_behind_another(marketer):
    sequence = sequence_of((Kind.BRANCH, {"condition": "score", "score": 50}), wait(1))
    branch, last = sequence.steps.all()
    url = reverse("sequences:step-create", args=[sequence.pk, "wait"])
    data = {"amount": 1, "unit": "days"}

    marketer.post(f"{url}?parent={branch.pk}&branch=no", data)
    marketer.post(f"{url}?after={branch.pk}", data)

    assert sequence.steps.get(parent=branch).branch == "no"
    main = sequence.steps.filter(parent=None).order_by("position")
    assert [found.pk for found in main][::2] == [branch.pk, last.pk]


def test_a_third_branch_inside_two_is_not_offered_and_refused(marketer):
    score = {"condition": "score", "score": 50}
    sequence = sequence_of((Kind.BRANCH, score))
    outer = sequence.steps.get()
    inner = step(sequence, Kind.BRANCH, score, parent=outer, branch="yes")
    asked = {"parent": inner.pk, "branch": "yes"}

    assert b"add-branch" not in page(marketer, "step-choose", sequence.pk, **asked).content
    url = reverse("sequences:step-create", args=[sequence.pk, "branch"])
    answer = marketer.post(f"{url}?parent={inner.pk}&branch=yes", {"asks": "score:50"})

    assert answer.status_code == 422


def test_steps_change_places(marketer):
    sequence = sequence_of(wait(1), wait(2))
    first, second = sequence.steps.all()

    marketer.post(reverse("sequences:step-move", args=[second.pk, "up"]))

    assert list(sequence.steps.all()) == [second, first]


def test_who_stands_on_a_removed_step_goes_on_with_the_next(marketer):
    sequence = sequence_of(wait(30), follow_up(), owner=UserFactory(role=Role.MARKETER))
    [enrolment] = enter(sequence, LeadFactory())
    pass_by()
    removed = sequence.steps.first()
    assert b"1 lead" in page(marketer, "step-remove", removed.pk).content

    marketer.post(reverse("sequences:step-remove", args=[removed.pk]))
    pass_by()

    enrolment.refresh_from_db()
    assert enrolment.state == "finished"
    assert enrolment.lead.follow_ups.count() == 1


def test_starting_needs_a_step_and_says_how_many_would_enter(marketer):
    empty = Sequence.objects.create(name="Empty")

    answer = marketer.post(reverse("sequences:start", args=[empty.pk]))
    assert answer.status_code == 422
    ready = SequenceFactory(state="draft")
    assert b"Nobody enters now" in page(marketer, "start", ready.pk).content
    marketer.post(reverse("sequences:start", args=[ready.pk]))

    ready.refresh_from_db()
    assert ready.state == "live"


def test_pausing_and_archiving(marketer):
    sequence = SequenceFactory()
    [enrolment] = enter(sequence, LeadFactory())

    marketer.post(reverse("sequences:pause", args=[sequence.pk]))
    sequence.refresh_from_db()
    assert sequence.state == "paused"
    marketer.post(reverse("sequences:archive", args=[sequence.pk]))

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.reason) == ("exited", "archived")
    assert marketer.post(reverse("sequences:start", args=[sequence.pk])).status_code == 422


def test_every_number_of_a_step_leads_to_exactly_its_leads(marketer):
    owner = UserFactory(role=Role.MARKETER)
    sequence = sequence_of(
        follow_up(), (Kind.BRANCH, {"condition": "score", "score": 50}), wait(1), owner=owner
    )
    enter(sequence, *[LeadFactory(score=score) for score in (10, 60, 70)])
    pass_by()
    Enrolment.objects.filter(lead__score=70).update(
        state="exited", reason="goal", ended_at="2026-01-01T00:00Z"
    )

    lines = page(marketer, "detail", sequence.pk).context["steps"]
    numbers = [number for line in lines for number in line.numbers]
    numbers += [branch.number for line in lines for branch in line.branches]

    assert [n.count for n in lines[-1].numbers] == [3, 0, 2, 1]
    for number in numbers:
        assert len(marketer.get(number.url).context["rows"]) == number.count, number


@pytest.mark.parametrize("show", ["", "active", "paused", "finished", "goal", "left"])
def test_every_number_of_a_sequence_leads_to_exactly_its_leads(marketer, show):
    sequence = SequenceFactory()
    enter(sequence, *[LeadFactory() for _ in range(5)])
    over = {"ended_at": "2026-01-01T00:00Z"}
    one, two, three, four, _ = Enrolment.objects.order_by("pk").values_list("pk", flat=True)
    Enrolment.objects.filter(pk=one).update(state="exited", reason="goal", **over)
    Enrolment.objects.filter(pk=two).update(state="exited", reason="removed", **over)
    Enrolment.objects.filter(pk=three).update(state="finished", **over)
    Enrolment.objects.filter(pk=four).update(state="paused", paused_at="2026-01-01T00:00Z")

    answer = page(marketer, "enrolments", sequence.pk, show=show)

    tab = next(tab for tab in answer.context["tabs"] if tab.active)
    assert len(answer.context["rows"]) == tab.count > 0


def test_a_rep_sees_only_his_own_leads_in_every_number(sign_in):
    rep = UserFactory(role=Role.REP, scope=Scope.OWN)
    sequence = SequenceFactory()
    enter(sequence, LeadFactory(owner=rep), LeadFactory(owner=UserFactory()))
    pass_by()
    client = sign_in(rep)

    shown = page(client, "detail", sequence.pk).context
    assert shown["found"].enrolled == 1
    assert shown["steps"][0].numbers[0].count == 1
    assert len(page(client, "enrolments", sequence.pk).context["rows"]) == 1


def test_leads_are_added_from_the_list_after_saying_how_many(marketer):
    sequence = SequenceFactory()
    new, inside = LeadFactory(), LeadFactory()
    enter(sequence, inside)
    data = {"ids": [new.pk, inside.pk], "sequence": sequence.pk}

    asked = marketer.post(reverse("sequences:add"), data)
    assert asked.context["entering"] == 1
    assert sequence.enrolments.count() == 1
    marketer.post(reverse("sequences:add"), {**data, "sure": "1"})

    assert sequence.enrolments.count() == 2


def test_a_lead_is_taken_out_from_its_own_page(marketer):
    sequence, lead = SequenceFactory(), LeadFactory()
    [enrolment] = enter(sequence, lead)
    assert sequence.name.encode() in page(marketer, "lead-sequences", lead.pk).content

    marketer.post(reverse("sequences:take-out", args=[enrolment.pk]))

    enrolment.refresh_from_db()
    assert enrolment.reason == "removed"


def test_a_dry_run_says_what_would_happen_when_and_does_nothing(marketer):
    letter = {"subject": "Hello", "blocks": [{"kind": "text", "text": "How are you?"}]}
    sequence = sequence_of(
        (Kind.EMAIL, letter), (Kind.EMAIL, letter), wait(2), follow_up(), (Kind.EXIT, {}),
        owner=UserFactory(name="Maya", role=Role.MARKETER),
    )  # fmt: skip
    lead = LeadFactory(consent=True)

    answer = page(marketer, "dry-run", sequence.pk, lead=f"#{lead.pk}", at="2026-03-28T09:00")

    lines = answer.context["lines"]
    whats = [line.what for line in lines]
    assert whats[1:4] == ["E-mail “Hello”", "Wait for the next day", "E-mail “Hello”"]
    assert str(lines[-1].at.astimezone().date()) >= "2026-03-31"
    assert "For Maya" in lines[-2].why
    assert not Enrolment.objects.exists()
    assert not lead.marketing_mails.exists()


def test_a_dry_run_of_somebody_unknown_is_refused(marketer):
    answer = page(marketer, "dry-run", SequenceFactory().pk, lead="no@example.com", at="x")

    assert answer.status_code == 422


def test_questions_do_not_grow_with_leads_or_sequences(marketer, django_assert_max_num_queries):
    sequence = SequenceFactory()
    for count in (5, 60):
        enter(sequence, *[LeadFactory() for _ in range(count)])
        SequenceFactory()
        pass_by()
        with django_assert_max_num_queries(16):
            page(marketer, "list")
        with django_assert_max_num_queries(20):
            page(marketer, "detail", sequence.pk)
        with django_assert_max_num_queries(18):
            page(marketer, "enrolments", sequence.pk)

    assert Step.objects.count() == 3
