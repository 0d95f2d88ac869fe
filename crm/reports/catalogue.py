"""The reports of this room, as the registry knows them."""

from crm.reports import registry
from crm.reports.activity import chosen as activity_rows
from crm.reports.activity import report as activity
from crm.reports.attribution import chosen as attribution_rows
from crm.reports.attribution import report as attribution
from crm.reports.dimensions import DIMENSIONS
from crm.reports.feedback import chosen as feedback_rows
from crm.reports.feedback import report as feedback
from crm.reports.forecasts import forecast_answer
from crm.reports.funnel_answer import funnel_answer
from crm.reports.leaks import chosen as leak_rows
from crm.reports.leaks import report as leaks
from crm.reports.questions import GROUPINGS
from crm.reports.registry import BY, COMPARE, PERIOD, WHOSE, Report
from crm.reports.returns import chosen as return_rows
from crm.reports.returns.report import return_answer
from crm.reports.velocity import chosen as velocity_rows
from crm.reports.velocity import report as velocity
from crm.reports.velocity import response_report

GROUPS = {
    key: DIMENSIONS[key].label for key in ("rep", "team", "channel", "campaign", "industry", "size")
}

OWN = (
    Report(
        "funnel",
        "Funnel",
        "How many leads reached each stage, and how many went on",
        funnel_answer,
        registry.FUNNEL,
        (PERIOD, COMPARE, BY, WHOSE),
        GROUPINGS,
        template="reports/_funnel.html",
        definitions="funnel",
        icon="chart-funnel",
    ),
    Report(
        "attribution",
        "Attribution",
        "Which channels and campaigns deals are owed to, by six models side by side",
        attribution.answer,
        registry.MARKETING,
        (PERIOD, COMPARE, BY, WHOSE),
        {"channel": "Channel", "campaign": "Campaign"},
        definitions="attribution",
        icon="stack-2",
    ),
    Report(
        "return",
        "Return",
        "What campaigns and channels cost, and what they brought",
        return_answer,
        registry.MARKETING,
        (BY,),
        {"campaign": "Campaign", "channel": "Channel", "programme": "Programme"},
        usual="all",
        definitions="campaigns",
        icon="speakerphone",
    ),
    Report(
        "feedback",
        "Feedback",
        "What sales said of marketing's leads, and why it gave some back",
        feedback.answer,
        registry.BOTH,
        (PERIOD, COMPARE, BY, WHOSE),
        {"campaign": "Campaign", **GROUPS},
        definitions="feedback",
        icon="inbox",
    ),
    Report(
        "forecast",
        "Forecast",
        "Won, commit, best case and pipeline of a month or quarter against its target",
        forecast_answer,
        registry.SALES,
        (PERIOD, BY),
        {"rep": "Rep", "team": "Team"},
        usual="month",
        page="forecast:forecast",
        definitions="forecast",
        icon="target",
    ),
    Report(
        "velocity",
        "Velocity",
        "How often sales wins, how fast, and where leads stand",
        velocity.answer,
        registry.SALES,
        (PERIOD, COMPARE, BY, WHOSE),
        GROUPS,
        definitions="velocity",
        icon="clock",
    ),
    Report(
        "response",
        "First response",
        "How soon leads are routed, answered and contacted; who goes to and fro",
        response_report.answer,
        registry.BOTH,
        (PERIOD, COMPARE, BY, WHOSE),
        GROUPS,
        definitions="first-response",
        icon="bolt",
    ),
    Report(
        "activity",
        "Activity",
        "What sellers did, how calls and demos ended, and how much it takes to win",
        activity.answer,
        registry.SALES,
        (PERIOD, COMPARE, BY, WHOSE),
        GROUPS,
        usual="quarter",
        definitions="activity",
        icon="phone-call",
    ),
    Report(
        "leaks",
        "Leaks",
        "Leads and deals that are left lying, and what they would be worth",
        leaks.answer,
        registry.BOTH,
        (BY, WHOSE),
        GROUPS,
        usual="all",
        definitions="leaks",
        icon="alert-triangle",
    ),
)

ROW_SETS = (
    *attribution_rows.SETS,
    *return_rows.SETS,
    *velocity_rows.SETS,
    *activity_rows.SETS,
    *leak_rows.SETS,
    *feedback_rows.SETS,
)
