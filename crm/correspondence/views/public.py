"""Where a mail server hands over what it received: raw MIME, with the shared secret."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from crm.correspondence import receiving


@csrf_exempt
def inbound(request: HttpRequest) -> HttpResponse:
    """Take one message. `?to=` names an address that it was delivered to; may stand several times.

    The answer is the same whatever became of it: who may hand over mail learns no more than that.
    """
    if not knows_secret(request):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    raw = request.read(settings.INBOUND_MAX_BYTES + 1)
    if len(raw) > settings.INBOUND_MAX_BYTES:
        return HttpResponse("too large\n", status=413, content_type="text/plain")
    if raw.strip():
        receiving.receive(raw, door=receiving.Door.SERVER, envelope=request.GET.getlist("to"))
    return HttpResponse("taken\n", status=202, content_type="text/plain")


def knows_secret(request: HttpRequest) -> bool:
    """Say whether the caller may hand over mail; nobody may where no secret is set."""
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.INBOUND_SECRET
    return bool(wanted) and constant_time_compare(secret, wanted)
