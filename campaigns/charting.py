"""What static/js/charts.js draws: data only, colours by the names of the stylesheet's variables."""

from typing import Any

from campaigns.trends import Trend
from crm.common.formats import major


def spend_chart(trend: Trend, currency: str) -> dict[str, Any]:
    """Return spend as bars and leads as a line, each on its own axis, for the same periods."""
    form = "%-d %b" if trend.unit == "week" else "%b %Y"
    return {
        "labels": [f"{point.first:{form}}" for point in trend.points],
        "links": [point.url for point in trend.points],
        "series": [
            {"label": f"Spend ({currency})", "type": "bar", "colour": "--series-4", "axis": "right",
             "values": [float(major(point.spent, currency)) for point in trend.points]},
            {"label": "Leads", "type": "line", "colour": "--series-2",
             "values": [point.leads for point in trend.points]},
        ],
    }  # fmt: skip
