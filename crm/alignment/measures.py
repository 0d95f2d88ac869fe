"""What the two sides promise each other: three measures each. Pure.

Source: docs/metrics.md#alignment.
"""

from dataclasses import dataclass

from crm.reports import answers

MARKETING, SALES = "marketing", "sales"
SIDES = {MARKETING: "Marketing promises sales", SALES: "Sales promises marketing"}
MQLS, QUALITY, COMPLETENESS = "mqls", "quality", "completeness"
IN_TIME, ATTEMPTS, VERDICTS = "in_time", "attempts", "verdicts"
ATTEMPT_DAYS = 14
"""Days after the acceptance in which an attempt at contact counts."""


@dataclass(frozen=True)
class Part:
    """Two counts of a measure, `met` of `of`: names of crm.alignment.chosen.

    of: "" for a plain count; the words stand behind each number: “65 accepted of 80 answered”
    between: the word between the two; label: of a part that stands beside another
    """

    met: str
    met_words: str
    of: str = ""
    of_words: str = ""
    label: str = ""
    between: str = "of"


@dataclass(frozen=True)
class Measure:
    """kind: what the value is, one of answers.KINDS: a count is added up, all else divides

    help: how it is counted; ask: what a target of it is, in the form
    """

    key: str
    label: str
    side: str
    kind: str
    help: str
    ask: str
    parts: tuple[Part, ...]

    @property
    def is_count(self) -> bool:
        return self.kind == answers.COUNT


MEASURES = {
    one.key: one
    for one in [
        Measure(
            MQLS,
            "MQL volume",
            MARKETING,
            answers.COUNT,
            "Leads that became MQLs, by the funnel’s count of a period",
            "MQLs in a month",
            (Part("mqls", "MQLs"),),
        ),
        Measure(
            QUALITY,
            "Accepted quality",
            MARKETING,
            answers.PERCENT,
            "Handoffs that sales accepted ÷ handoffs that it answered in the period",
            "Percent of the answers that are to be acceptances",
            (Part("accepted", "accepted", "answered", "answered"),),
        ),
        Measure(
            COMPLETENESS,
            "Data completeness",
            MARKETING,
            answers.PERCENT,
            "Handed leads with every field of the MQL definition, an e-mail address or phone and a "
            "company ÷ leads handed over in the period, as they stand now",
            "Percent of the handed leads whose data are to be complete",
            (Part("complete", "complete", "handed", "handed over"),),
        ),
        Measure(
            IN_TIME,
            "Answered in time",
            SALES,
            answers.PERCENT,
            "Handoffs answered by their deadline ÷ handoffs whose deadline lies in the period; one "
            "that still waits beyond it is not in time",
            "Percent of the handoffs that are to be answered in time",
            (Part("in_time", "in time", "due", "due"),),
        ),
        Measure(
            ATTEMPTS,
            "Contact attempts",
            SALES,
            answers.NUMBER,
            f"Calls, e-mails, meetings and demos within {ATTEMPT_DAYS} days after the acceptance ÷ "
            f"leads accepted in the period; those of the last {ATTEMPT_DAYS} days are not counted "
            "yet",
            f"Attempts for each accepted lead within {ATTEMPT_DAYS} days",
            (Part("attempts", "attempts", "tried", "accepted leads", between="with"),),
        ),
        Measure(
            VERDICTS,
            "Verdicts given",
            SALES,
            answers.PERCENT,
            "Handed leads with an answer, and closed deals with “was this a good lead?” ÷ handoffs "
            "whose deadline lies in the period, and deals closed in it",
            "Percent of the handed and closed leads that are to have a verdict",
            (
                Part("judged", "answered", "due", "handoffs due", "handed leads"),
                Part("said", "with “good lead?”", "closed", "deals closed", "closed deals"),
            ),
        ),
    ]
}


def of_side(side: str) -> list[Measure]:
    return [measure for measure in MEASURES.values() if measure.side == side]
