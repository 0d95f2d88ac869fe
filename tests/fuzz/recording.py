"""Which parameters a view reads: requests note each name that they are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict


class Names:
    """The names that were asked for while a call was made."""

    def __init__(self) -> None:
        self.get: set[str] = set()
        self.post: set[str] = set()


class RecordingDict(QueryDict):
    """A query that notes each name that it is asked for."""

    asked: set[str] = set()

    def __getitem__(self, key: Any) -> Any:
        self.note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.note(key)
        return super().__contains__(key)

    def getlist(self, key: Any, default: Any = None) -> Any:
        self.note(key)
        return super().getlist(key, default)

    def __deepcopy__(self, memo: dict[int, Any]) -> "RecordingDict":
        made = super().__deepcopy__(memo)
        made.asked = self.asked
        return made

    def note(self, key: object) -> None:
        if isinstance(key, str):
            self.asked.add(key)


def recorded(query: QueryDict, asked: set[str]) -> RecordingDict:
    made = RecordingDict(mutable=True, encoding=query.encoding)
    made.asked = asked
    for name, values in MultiValueDict.lists(query):
        MultiValueDict.setlist(made, name, values)
    made._mutable = False
    return made


@contextmanager
def recording(names: Names) -> Iterator[None]:
    """Let every request inside note into `names` what it is asked for."""
    load = WSGIRequest._load_post_and_files

    def get(request: WSGIRequest) -> RecordingDict:
        if "_recorded" not in vars(request):
            raw = request.environ.get("QUERY_STRING", "").encode("iso-8859-1")
            query = QueryDict(raw, encoding=request.encoding)
            request._recorded = recorded(query, names.get)
        return request._recorded

    def set_get(request: WSGIRequest, query: QueryDict) -> None:
        request._recorded = recorded(query, names.get)

    def load_recorded(request: WSGIRequest) -> None:
        load(request)
        request._post = recorded(request._post, names.post)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequest, "GET", property(get, set_get))
        patch.setattr(WSGIRequest, "_load_post_and_files", load_recorded)
        yield
