"""Telling a user something, in the application and, where it needs action, by e-mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.functions import Now

from crm.mailing import services as mailing
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import User


@dataclass(frozen=True)
class Notice:
    """What one user is told, once for each `key`.

    url: path of the page to open; by_mail: also to the user's address, if he has one
    """

    user: User
    key: str
    title: str
    body: str = ""
    url: str = ""
    kind: Notification.Kind = Notification.Kind.UPDATE
    by_mail: bool = False

    def as_row(self) -> Notification:
        return Notification(
            user=self.user,
            key=self.key,
            kind=self.kind,
            title=self.title[:250],
            body=self.body,
            url=self.url,
        )

    def as_mail(self) -> Mail:
        return mailing.written(
            key=f"notification:{self.user.pk}:{self.key}",
            to=self.user.email or "",
            subject=self.title,
            template="notification",
            context={
                "user": self.user, "title": self.title, "body": self.body, "path": self.url
            },
        )  # fmt: skip


def notify(
    user: User,
    *,
    key: str,
    title: str,
    body: str = "",
    url: str = "",
    kind: Notification.Kind = Notification.Kind.UPDATE,
    by_mail: bool = False,
) -> None:
    """Tell `user` something once; see Notice."""
    notify_all([Notice(user, key, title, body, url, kind, by_mail)])


def notify_all(notices: Sequence[Notice]) -> None:
    """Tell many users something in two statements: what was said before is not said again."""
    Notification.objects.bulk_create(
        [notice.as_row() for notice in notices], ignore_conflicts=True, batch_size=500
    )
    mailing.send_all(
        [
            notice.as_mail()
            for notice in notices
            if notice.by_mail and notice.user.email and notice.user.can_log_in
        ]
    )


def mark_read(user: User, *, pk: int | None = None) -> int:
    """Mark one notification of `user`, or all of them, as read; return how many were unread."""
    unread = Notification.objects.unread().filter(user=user)
    return (unread.filter(pk=pk) if pk else unread).update(read_at=Now())


def settle(*urls: str) -> int:
    """Mark what was said about these pages as read, for everybody: what it asked for is done."""
    return Notification.objects.unread().filter(url__in=urls).update(read_at=Now())


def withdraw(url: str) -> int:
    """Take away what was said about the page `url`: it no longer exists."""
    return Notification.objects.filter(url=url).delete()[0]
