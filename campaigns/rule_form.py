"""The form of a scoring rule: who a lead is, or what it does."""

from typing import Any

from django import forms

from campaigns.models import ScoringRule

FIT, ENGAGEMENT = ScoringRule.Kind.FIT, ScoringRule.Kind.ENGAGEMENT
MOST_POINTS = 100


class RuleForm(forms.ModelForm):
    """A rule of one kind; `kind` is given, for it never changes."""

    words = forms.CharField(
        required=False,
        label="Words",
        max_length=2000,
        help_text="Separated by commas. Upper and lower case are alike.",
    )

    class Meta:
        model = ScoringRule
        fields = ["name", "field", "operator", "touch_kind", "points", "cap", "half_life_days"]
        labels = {
            "field": "What",
            "operator": "Condition",
            "touch_kind": "Each time",
            "cap": "Together at most",
            "half_life_days": "Half is left after (days)",
        }
        help_texts = {
            "points": "Points; with a minus it counts against the lead.",
            "cap": "Blank: no limit but the score's 100.",
            "half_life_days": "Blank: the points stay.",
        }

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        unused = ("field", "operator", "words") if kind == ENGAGEMENT else (
            "touch_kind", "cap", "half_life_days",
        )  # fmt: skip
        for name in unused:
            del self.fields[name]
        for name in ("field", "operator", "touch_kind"):
            if name in self.fields:
                self.fields[name].required = True
        self.fields["points"].widget.attrs |= {"min": -MOST_POINTS, "max": MOST_POINTS}
        if kind == FIT:
            self.order_fields(["name", "field", "operator", "words", "points"])
            self.initial["words"] = ", ".join(str(value) for value in self.instance.values)

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if not points or abs(points) > MOST_POINTS:
            raise forms.ValidationError(f"Give 1 to {MOST_POINTS} points, or as many with a minus.")
        return points

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        compares = data.get("operator") not in (None, "", ScoringRule.Operator.IS_SET)
        if self.kind == FIT and compares and not words(data.get("words", "")):
            self.add_error("words", "Give at least one word to compare with.")
        if data.get("half_life_days") == 0:
            self.add_error("half_life_days", "Give one day or more, or leave it blank.")
        return data

    def filled(self) -> ScoringRule:
        """Return the rule as typed, not saved."""
        rule: ScoringRule = self.save(commit=False)
        rule.kind = self.kind
        if self.kind == FIT:
            is_set = rule.operator == ScoringRule.Operator.IS_SET
            rule.values = [] if is_set else words(self.cleaned_data["words"])
        return rule


def words(text: str) -> list[str]:
    """Return what is between the commas, each once."""
    return list(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
