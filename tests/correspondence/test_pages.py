"""Writing from the record, reading a thread, and what waits for a decision, in the browser."""

import socket

import pytest
from django.db import IntegrityError

from crm.correspondence import mailboxes
from crm.correspondence.models import EmailTemplate, Message, UserMailbox
from crm.users.models import Role
from tests.factories import LeadFactory, MessageFactory, UserFactory

LETTER = {"to": "ana@acme.pt", "subject": "Hello", "text": "Hello {{ first_name }}"}


@pytest.fixture
def page(sign_in, rita):
    return sign_in(rita)


def send(page, lead, query="", **values):
    return page.post(f"/leads/{lead.pk}/mail/{query}", {**LETTER, **values})


def test_a_mail_is_sent_from_the_record_with_its_fields_filled(page, ana):
    answer = send(page, ana)

    message = Message.objects.get()
    assert answer.url == ana.get_absolute_url()
    assert (message.text, message.state) == ("Hello Ana", "queued")
    assert f"/mail/{message.pk}/take-back/" in page.get(answer.url).content.decode()


def test_taking_it_back_brings_it_to_the_page_again(page, ana):
    send(page, ana)
    message = Message.objects.get()

    answer = page.post(f"/mail/{message.pk}/take-back/", follow=True)

    assert "Hello Ana" in answer.content.decode()
    assert Message.objects.get().state == "taken_back"


def test_an_answer_that_was_taken_back_is_still_an_answer(page, ana):
    first = MessageFactory(lead=ana)
    send(page, ana, f"?reply={first.pk}")
    message = Message.objects.latest("pk")

    answer = page.post(f"/mail/{message.pk}/take-back/", follow=True)

    assert f"reply={first.pk}" in answer.context["action"]
    assert answer.context["form"]["text"].value() == "Hello Ana"


def test_a_hole_is_warned_of_before_sending(page, ana):
    answer = send(page, ana, text="Hello {{ company }}")

    assert answer.status_code == 422
    assert "Company is not known" in answer.content.decode()
    assert not Message.objects.exists()
    assert send(page, ana, text="Hello {{ company }}", sure="on").status_code == 302


def test_a_preview_sends_nothing(page, ana):
    answer = send(page, ana, act="preview")

    assert "Hello Ana" in answer.content.decode()
    assert not Message.objects.exists()


def test_errors_stand_at_their_fields(page, ana):
    answer = send(page, ana, to="nobody", subject="")

    assert answer.status_code == 422
    assert {"to", "subject"} <= set(answer.context["form"].errors)


def test_a_mail_begins_from_a_template_and_the_signature(page, ana, rita):
    UserMailbox.objects.create(user=rita, signature="Rita Reyes")
    template = EmailTemplate.objects.create(name="First", subject="Hi", body="Dear {{ name }}")

    answer = page.get(f"/leads/{ana.pk}/mail/?template={template.pk}")

    assert answer.context["form"]["text"].value() == "Dear {{ name }}\n\n-- \nRita Reyes\n"


def test_an_answer_quotes_and_joins_its_thread(page, ana):
    first = MessageFactory(lead=ana, sender="ana@home.example", text="When?")

    shown = page.get(f"/leads/{ana.pk}/mail/?reply={first.pk}").context["form"]
    send(page, ana, f"?reply={first.pk}")

    assert shown["to"].value() == "ana@home.example"
    assert shown["subject"].value() == "Re: Your offer"
    assert "> When?" in shown["text"].value()
    assert Message.objects.latest("pk").thread == first.thread


def test_mail_of_a_lead_that_one_does_not_see_is_not_there(page, ana):
    other = MessageFactory(lead=LeadFactory(owner=UserFactory()), message_id="<x@y>")
    mine = MessageFactory(lead=ana, thread=other.thread)

    assert page.get(f"/mail/{other.pk}/").status_code == 404
    assert page.get(f"/mail/{other.pk}/html/").status_code == 404
    assert page.get(f"/leads/{ana.pk}/mail/?reply={other.pk}").status_code == 404
    assert list(page.get(f"/mail/{mine.pk}/").context["thread"]) == [mine]
    assert [m.pk for m in page.get("/mail/").context["page"].rows] == [mine.pk]


def test_a_message_is_shown_in_a_sandbox(page, ana):
    message = MessageFactory(lead=ana, html="<p>Hi</p>")

    assert "<iframe" in page.get(f"/mail/{message.pk}/").content.decode()
    frame = page.get(f"/mail/{message.pk}/html/")
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "default-src 'none'" in frame["Content-Security-Policy"]


def test_the_timeline_leads_to_the_message(page, ana):
    from crm.correspondence import journal

    message = MessageFactory(lead=ana)
    journal.log(message)

    assert message.get_absolute_url() in page.get(f"/leads/{ana.pk}/timeline/").content.decode()


def test_only_its_writer_decides_about_a_doubtful_mail(sign_in, page, ana, rita):
    message = MessageFactory(lead=ana, by=rita, direction="out", state="unknown")
    manager = sign_in(role=Role.ADMIN)

    assert "It arrived" not in manager.get(f"/mail/{message.pk}/").content.decode()
    assert manager.post(f"/mail/{message.pk}/again/").status_code == 404
    page.post(f"/mail/{message.pk}/arrived/")

    message.refresh_from_db()
    assert message.state == "sent"


def test_mail_of_nobody_we_know_becomes_a_lead(page, rita):
    lost = MessageFactory(lead=None, by=rita, sender="bo@else.example", sender_name="Bo Ek")

    assert "Make a lead" in page.get(f"/mail/{lost.pk}/").content.decode()
    page.post(f"/mail/{lost.pk}/make-lead/")

    lost.refresh_from_db()
    assert lost.lead.name == "Bo Ek"


def test_or_belongs_to_one(page, ana, rita):
    lost = MessageFactory(lead=None, by=rita)

    assert page.post(f"/mail/{lost.pk}/belongs-to/", {"lead": "nobody"}).status_code == 422
    page.post(f"/mail/{lost.pk}/belongs-to/", {"lead": ana.email})

    lost.refresh_from_db()
    assert lost.lead == ana


def test_or_is_set_aside(page, rita):
    lost = MessageFactory(lead=None, by=rita)

    page.post(f"/mail/{lost.pk}/set-aside/")

    assert not page.get("/mail/?view=unmatched").context["page"].rows


def test_a_template_is_unique_for_its_owner_and_knows_its_fields(page, rita):
    new = {"name": "First", "subject": "Hi", "body": "Hello {{ first_name }}"}

    assert page.post("/settings/mail-templates/new/", new).status_code == 302
    assert page.post("/settings/mail-templates/new/", new).status_code == 422
    wrong = {**new, "name": "Second", "body": "{{ shoe_size }}"}
    assert page.post("/settings/mail-templates/new/", wrong).status_code == 422
    assert EmailTemplate.objects.get().owner == rita


@pytest.mark.parametrize("shared", [True, False])
def test_the_database_itself_keeps_the_names_of_templates_apart(rita, shared):
    words = {"owner": None if shared else rita, "subject": "Hi", "body": "Hello"}
    EmailTemplate.objects.create(name="First", **words)

    with pytest.raises(IntegrityError):
        EmailTemplate.objects.create(name="FIRST", **words)


def test_only_managers_share_and_edit_what_is_shared(sign_in, page):
    shared = {"name": "First", "subject": "Hi", "body": "Hello", "shared": "on"}
    sign_in(role=Role.SALES_MANAGER).post("/settings/mail-templates/new/", shared)
    template = EmailTemplate.objects.get()

    assert template.owner is None
    assert "First" in page.get("/settings/mail-templates/").content.decode()
    assert page.get(f"/settings/mail-templates/{template.pk}/edit/").status_code == 404


def test_a_server_of_ones_own_is_set_and_tested(page, rita, smtp):
    box, port = smtp
    server = {"signature": "Rita", "address": "rita@sales.example", "host": "127.0.0.1",
              "port": port, "security": "none", "username": "rita",
              "new_password": "s3cret words"}  # fmt: skip

    page.post("/profile/mail/", server)
    page.post("/profile/mail/", {**server, "new_password": ""})
    answer = page.post("/profile/mail/test/", follow=True)

    assert "Your server lets Tandem in" in answer.content.decode()
    assert "s3cret" not in answer.content.decode()
    assert box.logins == ["rita"]


def test_closed_open_unknown_and_private_hosts_get_one_answer(page, rita, smtp, settings, sign_in):
    box, port = smtp
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    settings.CONNECT_MAIL_PORTS = [port, closed]
    answers, errors = set(), []
    for host, number, networks in (
        ("127.0.0.1", closed, ["127.0.0.0/8"]),
        ("127.0.0.1", port, ["127.0.0.0/8"]),  # it answers, and refuses the log-in
        ("nobody.invalid", port, ["127.0.0.0/8"]),
        ("127.0.0.1", port, []),
        ("169.254.169.254", port, []),
    ):
        settings.CONNECT_NETWORKS = networks
        server = {"address": "rita@example.com", "host": host, "port": number, "security": "none",
                  "username": "rita", "new_password": "wrong"}  # fmt: skip
        assert page.post("/profile/mail/", server).status_code == 302
        page.get("/profile/mail/")
        answers.add(page.post("/profile/mail/test/", headers={"hx-request": "true"})["HX-Redirect"])
        answers.add(toasts_of(page))
        errors.append(UserMailbox.objects.get().last_error)

    assert answers == {"/profile/mail/", mailboxes.NO_LOG_IN}
    assert all(errors)
    listed = sign_in(role=Role.ADMIN).get("/settings/mail-addresses/").content.decode()
    assert "169.254.169.254, a private address" in listed
    assert "private address" not in page.get("/profile/mail/").content.decode()


def toasts_of(page) -> str:
    """Return what the next page says of what happened."""
    (only,) = [str(each) for each in page.get("/profile/mail/").context["messages"]]
    return only


def test_a_server_at_another_port_is_not_kept(page, rita):
    server = {"address": "rita@example.com", "host": "127.0.0.1", "security": "none"}

    for port in ("22", "6379", "0", "99999"):
        assert page.post("/profile/mail/", {**server, "port": port}).status_code == 422

    assert not UserMailbox.objects.exists()


def test_a_server_needs_an_address(page, rita):
    bare = {"host": "smtp.example.com", "port": "587", "security": "tls"}

    assert page.post("/profile/mail/", bare).status_code == 422


def test_the_list_asks_as_much_for_a_hundred_as_for_five(
    page, ana, rita, django_assert_max_num_queries
):
    for number in range(30):
        MessageFactory(lead=LeadFactory(owner=rita), by=rita, direction="out", state="sent",
                       thread=f"<{number}>")  # fmt: skip

    with django_assert_max_num_queries(12):
        assert len(page.get("/mail/").context["page"].rows) == 30
