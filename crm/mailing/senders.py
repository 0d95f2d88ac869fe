"""In whose name a mail goes out, and where its answers come.

It leaves by the organisation's server, so from the organisation's address, under the user's name.
Where answers come is for the room that receives mail to say: it registers here.
"""

from collections.abc import Callable
from email.utils import formataddr, parseaddr

from django.conf import settings

from crm.common.names import on_one_line
from crm.users.models import User

AnswerAddresses = Callable[[User], list[str]]
ANSWERS: list[AnswerAddresses] = []


def register_answers(addresses: AnswerAddresses) -> None:
    """Let `addresses` say where answers to a user's mail come, the best for machines last."""
    if addresses not in ANSWERS:
        ANSWERS.append(addresses)


def sender_address() -> str:
    """Return the address that the organisation's mail comes from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def sender_of(user: User) -> str:
    return formataddr((on_one_line(user.name), sender_address()))


def answer_addresses(user: User) -> list[str]:
    """Return where answers to this user's mail come: the user, and where they are logged."""
    found = [address for each in ANSWERS for address in each(user)]
    return found or ([user.email] if user.email else [])


def headers_of(user: User) -> dict[str, str | list[str]]:
    """Return From and Reply-To of a mail that goes out in this user's name."""
    return {"From": sender_of(user), "Reply-To": answer_addresses(user)}
