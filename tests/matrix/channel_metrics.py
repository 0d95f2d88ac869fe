"""Rows of the weekly grids and of the charts of the channels."""

from crm.users.permissions import EVERYBODY, MARKETING, MARKETING_MANAGERS
from tests.matrix.base import Row

CELL = {"2026-03-02.likes": "3"}

ROWS = [
    Row("channel_metrics:channels", get=EVERYBODY),
    Row("channel_metrics:grid", get=EVERYBODY),
    Row("channel_metrics:channel", get=EVERYBODY, obj="channel"),
    Row("channel_metrics:channel-save", post=MARKETING, obj="channel", data=CELL),
    Row("channel_metrics:brand", post=MARKETING_MANAGERS, obj="channel", data={"on": "on"}),
    Row("channel_metrics:campaign", get=EVERYBODY, obj="campaign"),
    Row("channel_metrics:campaign-save", post=MARKETING, obj="campaign of a channel", data=CELL),
]
