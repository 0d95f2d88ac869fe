"""The life of a quote: draft, approval, sending, acceptance, versions."""

from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, transaction
from django.utils.timezone import localdate, now

from crm.activities.models import Activity, FollowUp
from crm.activities.timeline import read_page
from crm.correspondence.models import Message
from crm.correspondence.receiving import Door, receive
from crm.mailing import services as mailing
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from deals import criteria
from deals.models import Deal
from deals.quotes import approving, sending, services
from deals.quotes.models import Product, Quote, QuoteLine, QuoteSettings
from deals.quotes.products import remove_product, save_product
from deals.quotes.rules import DISCOUNT, UNLISTED
from deals.quotes.services import NewLine, QuoteRefused, StaleQuote
from tests.factories import UserFactory
from tests.quotes.conftest import LATER, LETTER

CHEAP = NewLine("Licence", Decimal(10), 10_000, discount_percent=Decimal(20))


def test_a_product_brings_its_price_unit_and_list_price(deal, rep):
    product = save_product(Product(name="Seat", unit="user", tax_rate=19), {"EUR": 4_900})
    quote = services.create_quote(deal, actor=rep)

    services.write_draft(quote, {}, [NewLine("", Decimal(2), None, product)], revision=1)

    line = quote.lines.get()
    assert (line.text, line.unit, line.price_minor, line.list_minor) == ("Seat", "user", 4900, 4900)
    assert quote.net_minor == 9_800


def test_there_is_never_a_second_draft(deal, rep):
    first = services.create_quote(deal, actor=rep)

    assert services.create_quote(deal, actor=rep) == first


def test_a_stale_save_is_refused(draft):
    quote = draft()

    with pytest.raises(StaleQuote):
        services.write_draft(quote, {}, [], revision=1)

    assert quote.lines.count() == 1


def test_a_new_version_copies_the_lines_and_leaves_the_sent_one_alone(sent, deal, rep):
    old = sent()

    new = services.create_quote(deal, actor=rep)
    services.write_draft(new, {}, [NewLine("Less", Decimal(1), 1)], revision=new.revision)

    old.refresh_from_db()
    assert (new.version, old.state, old.lines.get().text) == (2, "sent", "Licence")


def test_the_version_sent_last_supersedes_the_one_before(sent):
    old = sent()

    new = sent()

    old.refresh_from_db()
    assert (old.state, new.state, new.number) == ("superseded", "sent", f"Q-{new.deal_id:05d}-2")


@pytest.mark.parametrize(
    "change",
    [
        lambda quote: Quote.objects.filter(pk=quote.pk).update(total_minor=1),
        lambda quote: Quote.objects.filter(pk=quote.pk).update(terms="Other"),
        lambda quote: Quote.objects.filter(pk=quote.pk).update(sent_at=None, state="draft"),
        lambda quote: quote.lines.update(price_minor=1),
        lambda quote: quote.lines.all().delete(),
        lambda quote: QuoteLine.objects.create(quote=quote, position=9, text="x", price_minor=1),
        lambda quote: Quote.objects.filter(pk=quote.pk).delete(),
    ],
)
def test_the_database_refuses_to_change_what_was_sent(sent, change):
    quote = sent()

    with pytest.raises(DatabaseError, match="was sent is not changed"), transaction.atomic():
        change(quote)


def test_the_service_refuses_to_write_what_was_sent(sent):
    quote = sent()

    with pytest.raises(QuoteRefused, match="is sent"):
        services.write_draft(quote, {}, [], revision=quote.revision)


# Approval ---------------------------------------------------------------------------------------


def test_a_discount_over_the_limit_is_not_sent_without_approval(draft, limit, rep):
    quote = draft(CHEAP)

    with pytest.raises(QuoteRefused, match="over the limit"):
        sending.send(quote, LETTER, revision=quote.revision, actor=rep)

    assert not Mail.objects.exists()


def seat(**prices):
    return save_product(Product(name="Seat", tax_rate=19), prices)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(lambda: NewLine("100 seats", Decimal(1), 1), id="words of their own"),
        pytest.param(lambda: NewLine("100 seats", Decimal(1), 0), id="given for nothing"),
        pytest.param(
            lambda: NewLine("", Decimal(100), 1, seat(JPY=7_500)), id="no price in this currency"
        ),
        pytest.param(
            lambda: NewLine("Enterprise", Decimal(1), 100, seat(EUR=100)),
            id="other words beside a cheap product",
        ),
    ],
)
def test_a_line_without_a_list_price_does_not_pass_approval_by(draft, limit, rep, line):
    quote = draft(line())

    with pytest.raises(QuoteRefused, match="without a list price"):
        sending.send(quote, LETTER, revision=quote.revision, actor=rep)

    quote.refresh_from_db()
    assert (quote.state, quote.sent_at) == ("draft", None)
    assert not Mail.objects.exists()


def test_a_quote_in_another_currency_does_not_pass_approval_by(draft, limit, rep):
    quote = draft(NewLine("", Decimal(100), 1, seat(EUR=4_900)), currency="CHF")

    assert services.approval_reasons(quote, quote.totals()) == [UNLISTED]


def test_a_new_version_is_measured_by_the_price_list_of_today(draft, limit, deal, rep):
    product = seat(EUR=1_000)
    old = draft(NewLine("", Decimal(1), None, product))
    sending.send(old, LETTER, revision=old.revision, actor=rep)
    save_product(product, {"EUR": 2_000})

    new = services.create_quote(deal, actor=rep)

    assert services.approval_reasons(new, new.totals()) == [DISCOUNT]


def test_lines_without_a_list_price_are_the_reps_own_up_to_their_limit(draft, limit):
    QuoteSettings.objects.update(approve_unlisted_minor=5_000)
    within = draft(NewLine("Travel", Decimal(1), 5_000))
    assert not services.approval_reasons(within, within.totals())

    over = draft(NewLine("Travel", Decimal(2), 2_501))

    assert services.approval_reasons(over, over.totals()) == [UNLISTED]


def test_without_approval_any_line_is_sent(sent):
    assert sent(NewLine("100 seats", Decimal(1), 1)).sent_at


def test_the_manager_is_told_of_lines_without_a_list_price(draft, limit, rep, manager):
    quote = draft(NewLine("100 seats", Decimal(1), 1))

    approving.ask(quote, actor=rep)

    body = Notification.objects.get(user=manager).body
    assert "without a list price are over the limit" in body
    assert "Without a list price: €0.01, lines: 1." in body


def test_the_sales_manager_of_the_team_is_asked_once(draft, limit, rep, manager):
    UserFactory(name="Of another team", role=Role.SALES_MANAGER)
    quote = draft(CHEAP)

    approving.ask(quote, actor=rep)

    notice = Notification.objects.get()
    assert (notice.user, notice.kind, notice.url) == (manager, "action", quote.get_absolute_url())
    assert "20.0%" in notice.body


def test_an_approved_quote_is_sent(draft, limit, rep, manager):
    quote = draft(CHEAP)
    approving.ask(quote, actor=rep)

    approving.answer(quote, approved=True, note="Fine", actor=manager)
    sending.send(quote, LETTER, revision=quote.revision, actor=rep)

    assert Notification.objects.filter(user=rep, title__startswith="Sam Manager approved").exists()
    assert Mail.objects.filter(key=f"quote:{quote.key}").exists()


def test_a_declined_quote_is_a_draft_again_and_says_why(draft, limit, rep, manager):
    quote = draft(CHEAP)
    approving.ask(quote, actor=rep)

    approving.answer(quote, approved=False, note="10 % at most", actor=manager)

    quote.refresh_from_db()
    assert (quote.state, quote.approval_note) == ("draft", "10 % at most")


def test_a_declined_quote_can_be_asked_for_again(draft, limit, rep, manager):
    quote = draft(CHEAP)
    for _ in range(2):
        approving.ask(quote, actor=rep)
        approving.answer(quote, approved=False, note="No", actor=manager)

    assert Notification.objects.filter(user=manager).count() == 2


def test_a_manager_may_not_approve_his_own(draft, limit, deal, manager):
    Deal.objects.filter(pk=deal.pk).update(owner=manager)
    quote = Quote.objects.select_related("deal").get(pk=draft(CHEAP).pk)
    approving.ask(quote, actor=UserFactory())

    with pytest.raises(approving.NotYours):
        approving.answer(quote, approved=True, note="", actor=manager)


def test_without_another_manager_an_administrator_is_asked(draft, limit, manager):
    boss = UserFactory(role=Role.ADMIN)
    quote = draft(CHEAP)

    approving.ask(quote, actor=manager)

    assert Notification.objects.get().user == boss


def test_taking_back_an_approval_asks_anew(draft, limit, rep, manager):
    quote = draft(CHEAP)
    approving.ask(quote, actor=rep)
    approving.answer(quote, approved=True, note="", actor=manager)

    approving.take_back(quote)

    quote.refresh_from_db()
    assert services.approval_reasons(quote, quote.totals())


# Sending ----------------------------------------------------------------------------------------


def test_a_quote_leaves_by_mail_with_its_pdf_and_link(sent, settings):
    settings.MAIL_KEPT = False
    quote = sent()

    mailing.send_due()

    letter = mail.outbox[0]
    name, content, kind = letter.attachments[0]
    assert (letter.to, name, kind) == (["marcus@feld.example"], f"{quote}.pdf", "application/pdf")
    assert content == bytes(quote.pdf.content)
    assert f"/q/{quote.key}/" in letter.body


def test_sending_is_an_activity_with_a_follow_up(sent, deal, rep):
    quote = sent()

    activity = Activity.objects.get(deal=deal)
    assert (activity.kind, activity.by) == ("email", rep)
    assert FollowUp.objects.get(key=f"quote-sent:{quote.pk}").owner == rep
    assert read_page(deal.lead).items[0].text.startswith(f"Quote {quote}")


def test_an_empty_quote_is_not_sent(deal, rep):
    quote = services.create_quote(deal, actor=rep)

    with pytest.raises(QuoteRefused, match="no lines"):
        sending.send(quote, LETTER, revision=1, actor=rep)


def test_what_somebody_changed_meanwhile_is_not_sent(draft, rep):
    quote = draft()

    with pytest.raises(StaleQuote):
        sending.send(quote, LETTER, revision=quote.revision - 1, actor=rep)


# Acceptance -------------------------------------------------------------------------------------


def test_an_accepted_quote_sets_the_amount_and_tells_the_owner(sent, deal, rep):
    quote = sent()

    sending.accept(quote, name="Marcus Feld")

    version = deal.version
    deal.refresh_from_db()
    assert (deal.amount_minor, deal.currency, deal.version) == (100_000, "EUR", version)
    assert quote.accepted_name == "Marcus Feld"
    assert Notification.objects.get(user=rep).title.startswith("Marcus Feld accepted")
    assert FollowUp.objects.filter(key=f"quote-accepted:{quote.pk}", owner=rep).exists()


def test_another_amount_raises_the_deals_version_and_is_in_its_history(sent, deal):
    quote = sent(NewLine("Licence", Decimal(3), 10_000, tax_rate=Decimal(19)))

    sending.accept(quote, name="Marcus Feld")

    version = deal.version
    deal.refresh_from_db()
    assert (deal.amount_minor, deal.version) == (30_000, version + 1)
    assert "300.00" in deal.moves.first().note


def test_acceptance_shows_in_the_timeline_and_meets_the_criterion(sent, deal):
    quote = sent()
    assert not criteria.CHECKS["quote.accepted"].check(deal)

    sending.accept(quote, name="Marcus Feld")

    assert criteria.CHECKS["quote.accepted"].check(deal)
    assert f"Quote {quote} accepted" in [item.title for item in read_page(deal.lead).items]


def test_a_quote_is_accepted_once(sent):
    quote = sent()
    sending.accept(quote, name="Marcus")

    with pytest.raises(sending.CannotAccept):
        sending.accept(Quote.objects.get(pk=quote.pk), name="Another")

    assert Quote.objects.get(pk=quote.pk).accepted_name == "Marcus"


def test_an_expired_quote_is_not_accepted(sent):
    quote = sent()

    with time_machine.travel(now() + LATER), pytest.raises(sending.CannotAccept, match="valid"):
        sending.accept(quote, name="Marcus")


def test_a_closed_deal_keeps_its_amount(sent, deal):
    quote = sent(NewLine("Licence", Decimal(1), 1))
    Deal.objects.filter(pk=deal.pk).update(status="lost", closed_at=now(), closed_on=localdate())

    sending.accept(quote, name="Marcus")

    deal.refresh_from_db()
    assert deal.amount_minor == 100_000


# The price list ---------------------------------------------------------------------------------


def test_a_product_in_a_quote_is_archived_instead_of_deleted(draft):
    product = save_product(Product(name="Seat"), {"EUR": 100})
    draft(NewLine("", Decimal(1), None, product))

    assert remove_product(product) is False
    assert Product.objects.get().is_active is False


def test_an_unused_product_is_deleted_with_its_prices(organisation):
    product = save_product(Product(name="Seat"), {"EUR": 100, "JPY": 150})

    assert remove_product(product) is True
    assert not Product.objects.exists()


def test_a_quote_goes_out_in_the_reps_name_and_its_answer_joins_the_deal(sent, deal, rep, settings):
    settings.MAIL_KEPT, settings.DEFAULT_FROM_EMAIL = False, "Tandem <tandem@example.com>"
    quote = sent()
    mailing.send_due()

    letter = mail.outbox[0]
    name = letter.extra_headers["Message-ID"]
    raw = (
        f"From: marcus@feld.example\r\nTo: {rep.email}\r\nMessage-ID: <a1@feld.example>\r\n"
        f"In-Reply-To: {name}\r\nSubject: Re: offer\r\n\r\nToo expensive.\r\n"
    ).encode()
    receive(raw, door=Door.FOLDER)

    assert letter.from_email == f"{rep.name} <tandem@example.com>"
    assert rep.email in letter.reply_to
    assert str(quote.key) not in name
    came = Message.objects.get(message_id="<a1@feld.example>")
    assert (came.deal, came.lead, came.thread) == (deal, deal.lead, name)
    first = Message.objects.get(message_id=name)
    assert first.activity == Activity.objects.get(deal=deal, text__startswith="Quote")
