"""Fragment or page, and where a toast is shown."""

import json

import pytest
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django_htmx.middleware import HtmxDetails

from crm.common.htmx import HtmxMessagesMiddleware, done, refused, toast, wants_partial

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ask(rf):
    """Send a request through the middleware to a view; `asked` is the request it got."""

    def send(view, **headers):
        request = rf.get("/leads/", **headers)
        request.htmx = HtmxDetails(request)
        request.session = SessionStore()
        MessageMiddleware(lambda r: HttpResponse()).process_request(request)
        send.asked = request
        return HtmxMessagesMiddleware(view)(request)

    return send


def waiting(request):
    """Return the toasts that the next page will show."""
    return [] if request._messages.used else [str(message) for message in request._messages]


def says(text, response=None, **extra):
    def view(request):
        toast(request, text, **extra)
        return response or HttpResponse("<p>row</p>")

    return view


@pytest.mark.parametrize(
    ("headers", "partial"),
    [
        ({}, False),
        (HTMX, True),
        ({**HTMX, "HTTP_HX_BOOSTED": "true"}, False),
        ({**HTMX, "HTTP_HX_HISTORY_RESTORE_REQUEST": "true"}, False),
    ],
)
def test_only_an_answer_put_into_the_page_is_a_fragment(ask, headers, partial):
    ask(lambda request: HttpResponse(), **headers)

    assert wants_partial(ask.asked) is partial


def test_a_toast_comes_with_the_fragment_and_is_spoken(ask):
    response = ask(says("Lead rejected"), **HTMX)

    html = response.content.decode()
    assert html.startswith("<p>row</p>")
    assert 'id="toasts" hx-swap-oob="beforeend"' in html
    assert '<div id="live" hx-swap-oob="innerHTML">Lead rejected' in html
    assert waiting(ask.asked) == []


def test_a_fragment_without_toasts_stays_as_it_is(ask):
    response = ask(lambda request: HttpResponse("<p>row</p>"), **HTMX)

    assert response.content == b"<p>row</p>"


def test_what_a_user_typed_is_escaped_in_a_toast(ask):
    response = ask(says("<script>x</script> rejected"), **HTMX)

    assert b"<script>" not in response.content


def test_a_toast_offers_to_undo_by_post_for_ten_seconds(ask):
    html = ask(says("Lead rejected", undo_url="/handoff/7/undo/"), **HTMX).content.decode()

    assert 'method="post" action="/handoff/7/undo/"' in html
    assert 'data-seconds="10"' in html
    assert "csrfmiddlewaretoken" in html


def test_a_toast_without_undo_offers_none(ask):
    assert "Undo" not in ask(says("Saved"), **HTMX).content.decode()


def test_an_empty_answer_carries_the_toast_and_swaps_nothing(ask):
    response = ask(says("Saved", HttpResponse(status=204)), **HTMX)

    assert response.status_code == 200
    assert response["HX-Reswap"] == "none"
    assert b"Saved" in response.content


@pytest.mark.parametrize(
    "leaving",
    [
        HttpResponseRedirect("/next/"),
        HttpResponse(status=204, headers={"HX-Redirect": "/next/"}),
        HttpResponse(headers={"HX-Refresh": "true"}),
        HttpResponse(headers={"HX-Location": "/next/"}),
        HttpResponse(status=500),
        HttpResponse("{}", content_type="application/json"),
        StreamingHttpResponse([b"a"]),
    ],
)
def test_a_toast_waits_for_the_next_page_when_the_browser_leaves(ask, leaving):
    ask(says("Saved", leaving), **HTMX)

    assert waiting(ask.asked) == ["Saved"]


def test_the_log_in_page_never_takes_a_fragments_place(ask):
    response = ask(lambda request: HttpResponseRedirect("/login/?next=/leads/"), **HTMX)

    assert response.status_code == 401


def test_a_page_still_leads_to_log_in(ask):
    response = ask(lambda request: HttpResponseRedirect("/login/?next=/leads/"))

    assert response.status_code == 302


def test_a_whole_page_shows_its_toasts_itself(ask):
    response = ask(says("Saved"))

    assert b"hx-swap-oob" not in response.content
    assert waiting(ask.asked) == ["Saved"]


def test_a_finished_form_leads_to_the_record_without_javascript(ask):
    response = ask(lambda request: done(request, "/leads/7/", event="lead-changed"))

    assert (response.status_code, response["Location"]) == (302, "/leads/7/")


def test_a_finished_dialog_closes_and_renews_what_listens(ask):
    response = ask(lambda request: done(request, "/leads/7/", event="lead-changed"), **HTMX)

    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"]) == {"tandem:close": True, "lead-changed": True}


def test_a_finished_form_of_htmx_goes_to_the_record(ask):
    response = ask(lambda request: done(request, "/leads/7/"), **HTMX)

    assert response["HX-Redirect"] == "/leads/7/"


def test_a_refused_form_is_swapped_in_with_422(ask):
    response = ask(
        lambda request: refused(request, "components/skeleton.html", {"lines": []}), **HTMX
    )

    assert response.status_code == 422
