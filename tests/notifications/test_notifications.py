"""What a user is told: once, for him alone, and read by a POST."""

import pytest

from crm.mailing.models import Mail
from crm.notifications import services
from crm.notifications.models import Notification
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def ana():
    return UserFactory(name="Ana")


def told(user, key="k", **values):
    services.notify(user, key=key, title=f"News {key}", url="/leads/", **values)
    return Notification.objects.get(user=user, key=key)


def test_same_key_is_told_once(ana):
    services.notify(ana, key="k", title="News", by_mail=True)
    services.notify(ana, key="k", title="Other news", by_mail=True)

    assert (ana.notifications.count(), Mail.objects.count()) == (1, 1)


def test_user_who_cannot_log_in_gets_no_mail():
    services.notify(UserFactory(password=None), key="k", title="News", by_mail=True)

    assert Mail.objects.count() == 0


def test_bell_counts_what_is_unread(sign_in, ana):
    told(ana, "a"), told(ana, "b"), told(UserFactory(), "c")
    services.mark_read(ana, pk=ana.notifications.get(key="a").pk)

    html = sign_in(ana).get("/notifications/bell/").content.decode()

    assert "Notifications, 1 new" in html


def test_tabs_part_what_needs_action_from_news(sign_in, ana):
    told(ana, "act", kind=Notification.Kind.ACTION), told(ana, "news")
    client = sign_in(ana)

    action = client.get("/notifications/").content.decode()
    news = client.get("/notifications/?tab=update").content.decode()

    assert ("News act" in action, "News news" in action) == (True, False)
    assert ("News act" in news, "News news" in news) == (False, True)


def test_looking_marks_nothing_as_read(sign_in, ana):
    told(ana)

    sign_in(ana).get("/notifications/?tab=update")

    assert ana.notifications.unread().count() == 1


def test_opening_marks_as_read_and_leads_there(sign_in, ana):
    item = told(ana)

    answer = sign_in(ana).post(f"/notifications/{item.pk}/open/")

    assert answer.url == "/leads/"
    assert ana.notifications.unread().count() == 0


def test_opening_never_leads_to_another_site(sign_in, ana):
    item = told(ana)
    Notification.objects.filter(pk=item.pk).update(url="//evil.example.com/")

    answer = sign_in(ana).post(f"/notifications/{item.pk}/open/")

    assert answer.url == "/notifications/"


def test_anothers_notification_is_not_there(sign_in, ana):
    item = told(UserFactory())

    answer = sign_in(ana).post(f"/notifications/{item.pk}/read/")

    item.refresh_from_db()
    assert (answer.status_code, item.read_at) == (404, None)


def test_all_are_marked_at_once_but_only_ones_own(sign_in, ana):
    told(ana, "a"), told(ana, "b"), told(UserFactory(), "c")

    sign_in(ana).post("/notifications/read/")

    assert Notification.objects.unread().count() == 1


def test_settling_a_page_marks_it_as_read_for_everybody(ana):
    told(ana), told(UserFactory())

    settled = services.settle("/leads/")

    assert (settled, Notification.objects.unread().count()) == (2, 0)


def test_queries_do_not_grow_with_rows(sign_in, ana, django_assert_max_num_queries):
    client, count = sign_in(ana), 0
    for wanted in (5, 50):
        while count < wanted:
            count += 1
            told(ana, str(count))

        with django_assert_max_num_queries(8):
            client.get("/notifications/?tab=update")
