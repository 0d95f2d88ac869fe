"""What an error means to whoever asked: their value cannot be stored, or we cannot answer now.

The last net under `crm.common.parameters`. A value that the database refuses is the sender's fault
(400). A database that is locked or away, and a disk that is full, are ours and pass (503).
"""

import errno
import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from crm.common.parameters import LARGEST
from crm.common.views import bad_request, server_error, unavailable

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]
NUL = "\0"
NOT_STORABLE = (
    "cannot contain NUL",
    "embedded null",
    "surrogates not allowed",
    "too large to convert to SQLite",
)
"""How drivers and Python refuse what no database of ours can hold."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How the system refuses bytes: the disk, a quota, or the largest file that is allowed."""
NO_ROOM = ("disk is full", "No space left on device")
"""How a database says that its own disk is."""


def answer_for(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer to a request that failed with `error`; None if the fault is in our code."""
    if is_full(error):
        logger.error("the disk is full: %s", error)
        return unavailable(request, full=True)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("the database did not answer: %s", error)
        return unavailable(request)
    if is_not_storable(error):
        logger.warning("a value that cannot be stored: %s", error)
        fault = BadRequest("A value has characters, or a size, that cannot be stored.")
        return bad_request(request, fault)
    return None


def is_full(error: BaseException | None) -> bool:
    if isinstance(error, OperationalError):
        return any(words in str(error) for words in NO_ROOM)
    return isinstance(error, OSError) and error.errno in FULL


def is_not_storable(error: BaseException | None) -> bool:
    if isinstance(error, DataError):
        return True
    told = isinstance(error, ValueError | OverflowError)
    return told and any(words in str(error) for words in NOT_STORABLE)


class FailuresMiddleware:
    """Answer what a view could not."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            fault = BadRequest("This address has a character that none can have.")
            return bad_request(request, fault)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """There is nothing under a number that is larger than any key."""
        if any(isinstance(value, int) and value > LARGEST for value in kwargs.values()):
            raise Http404

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_for(request, error)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer what failed outside of a view, such as the reading of the session: handler500."""
    return answer_for(request, sys.exc_info()[1]) or server_error(request)
