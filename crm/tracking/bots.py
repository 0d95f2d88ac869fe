"""Telling machines from people by what they say of themselves. Pure."""

import re

import ua_parser

from crm.tracking.events import Event

SPIDER = "Spider"
"""What ua-parser calls the device of every crawler that it knows."""

HINTS = re.compile(
    r"(headless|phantomjs|lighthouse|selenium|puppeteer|playwright|python|curl|wget|libwww|"
    r"httpclient|go-http|okhttp|java/|scrapy|monitor|preview|crawl|spider|\bbot\b|[a-z]bot\b)",
    re.IGNORECASE,
)
"""Words that only programs call themselves."""


def name_of(event: Event) -> str:
    """Return the machine's name; "" for a person."""
    if not event.agent:
        return "No user agent"
    parsed = ua_parser.parse(event.agent)
    named = parsed.user_agent.family if parsed.user_agent else ""
    if parsed.device and parsed.device.family == SPIDER:
        return (named or "Crawler")[:40]
    if hint := HINTS.search(event.agent):
        return (named or hint.group(1).strip("/").capitalize())[:40]
    if event.driven:
        return "Driven by a program"
    return "" if event.language else "No language"
