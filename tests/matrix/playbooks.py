from crm.users.models import Team, User
from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from deals.playbooks.forms import offered
from deals.playbooks.models import Playbook, PlaybookRun, PlaybookStep
from tests.factories import DealFactory
from tests.matrix.base import Row
from tests.matrix.objects import kind


@kind("playbook")
def playbook(owner: User | None, team: Team | None) -> Playbook:
    return Playbook.objects.all()[0]


@kind("playbook step")
def playbook_step(owner: User | None, team: Team | None) -> PlaybookStep:
    return Playbook.objects.all()[0].steps.all()[0]


@kind("playbook run", seen="scope")
def playbook_run(owner: User | None, team: Team | None) -> PlaybookRun:
    deal = DealFactory(owner=owner, team=team)
    book = Playbook.objects.all()[0]
    return PlaybookRun.objects.create(
        playbook=book, lead=deal.lead, deal=deal, deal_stage=deal.stage,
        lead_stage=deal.lead.stage, steps=[step.frozen() for step in book.steps.all()],
    )  # fmt: skip


def for_leads(obj: object) -> int:
    return offered(Playbook.Use.LEADS)[0].pk


def for_deals(obj: object) -> int:
    return offered(Playbook.Use.DEALS)[0].pk


BOOK = {"name": "Renewal", "use": "deals"}
STEP = {"kind": "call", "title": "Call", "delay_days": "1"}

ROWS = [
    Row("playbooks:list", get=SALES_MANAGERS),
    Row("playbooks:create", SALES_MANAGERS, SALES_MANAGERS, data=BOOK),
    Row("playbooks:edit", SALES_MANAGERS, SALES_MANAGERS, obj="playbook", data=BOOK),
    Row("playbooks:shift", post=SALES_MANAGERS, obj="playbook", args=("up",)),
    Row("playbooks:remove", post=SALES_MANAGERS, obj="playbook"),
    Row("playbooks:step-create", SALES_MANAGERS, SALES_MANAGERS, obj="playbook", data=STEP),
    Row("playbooks:step-edit", SALES_MANAGERS, SALES_MANAGERS, obj="playbook step", data=STEP),
    Row("playbooks:step-shift", post=SALES_MANAGERS, obj="playbook step", args=("up",)),
    Row("playbooks:step-remove", post=SALES_MANAGERS, obj="playbook step"),
    Row("playbooks:lead-panel", get=EVERYBODY, obj="lead"),
    Row("playbooks:lead-start", get=SALES, post=SALES, obj="lead", data={"playbook": for_leads}),
    Row("playbooks:deal-panel", get=EVERYBODY, obj="deal"),
    Row("playbooks:deal-start", get=SALES, post=SALES, obj="deal", data={"playbook": for_deals}),
    Row("playbooks:act", post=SALES, obj="playbook run", args=("stop",)),
]
