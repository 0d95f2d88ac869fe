"""Forms for pipelines, their stages, and the reasons of lost deals."""

from typing import Any

from django import forms

from deals.criteria import CHECKS
from deals.models import Deal, LostReason, Pipeline, PipelineStage

LONGEST_CRITERION = 200


def own_lines(text: str) -> list[str]:
    """Return the lines of a text, each once. Raises ValidationError for one that is too long."""
    lines = dict.fromkeys(line.strip() for line in text.splitlines())
    texts = [line for line in lines if line]
    if any(len(line) > LONGEST_CRITERION for line in texts):
        raise forms.ValidationError(f"At most {LONGEST_CRITERION} letters a line.")
    return texts


class PipelineForm(forms.ModelForm):
    """A pipeline, with what a rep finds out before he opens a deal in it."""

    checklist = forms.CharField(
        label="Checklist for qualifying",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line, such as “The decision maker is named”.",
    )

    class Meta:
        model = Pipeline
        fields = ["name", "checklist", "is_active"]
        labels = {"is_active": "In use"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["checklist"] = "\n".join(self.instance.checklist)

    def clean_checklist(self) -> list[str]:
        return own_lines(self.cleaned_data["checklist"])

    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if not active and self.instance.pk:
            if count := self.instance.deals.filter(status=Deal.Status.OPEN).count():
                raise forms.ValidationError(f"{count} open deals are in it: close or move them.")
            if not Pipeline.objects.filter(is_active=True).exclude(pk=self.instance.pk).exists():
                raise forms.ValidationError("One pipeline must be in use.")
        return active


class StageForm(forms.ModelForm):
    """A stage with what must be met to leave it: checks that Tandem makes, and own wordings."""

    checks = forms.MultipleChoiceField(
        label="To leave it, Tandem sees that", required=False, widget=forms.CheckboxSelectMultiple
    )
    texts = forms.CharField(
        label="A rep ticks that",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as “The decision maker has seen the price”.",
    )

    class Meta:
        model = PipelineStage
        fields = ["name", "probability", "rotting_days", "exit_blocks"]
        labels = {
            "probability": "Probability, %",
            "rotting_days": "Rots after, days",
            "exit_blocks": "Deals stay here until all of it is met",
        }
        help_texts = {
            "probability": "",
            "rotting_days": "Without an activity. Blank: never.",
            "exit_blocks": "Otherwise what is not met is only said.",
        }

    field_order = ["name", "probability", "rotting_days", "checks", "texts", "exit_blocks"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.instance.exit_criteria
        checks = self.fields["checks"]
        if isinstance(checks, forms.MultipleChoiceField):
            checks.choices = [(check.key, check.label) for check in CHECKS.values()]
        checks.initial = [key for key in present if key in CHECKS]
        self.fields["texts"].initial = "\n".join(key for key in present if key not in CHECKS)
        if not CHECKS:
            del self.fields["checks"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        twins = self.instance.pipeline.stages.exclude(pk=self.instance.pk)
        if twins.filter(name=name).exists():
            raise forms.ValidationError("This pipeline has a stage of that name.")
        return name

    def clean_texts(self) -> list[str]:
        return own_lines(self.cleaned_data["texts"])

    def save(self, commit: bool = True) -> Any:
        given = self.cleaned_data
        self.instance.exit_criteria = [*given.get("checks", []), *given["texts"]]
        return super().save(commit)


class RemoveStageForm(forms.Form):
    """Where the deals of a stage go when it is deleted."""

    new_home = forms.ModelChoiceField(
        PipelineStage.objects.none(), label="Its deals go to", required=False, empty_label="Choose"
    )

    def __init__(self, *args: Any, stage: PipelineStage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        home = self.fields["new_home"]
        if isinstance(home, forms.ModelChoiceField):
            home.queryset = stage.pipeline.stages.exclude(pk=stage.pk)


class HomeChoice(forms.ModelChoiceField):
    """A stage of any pipeline, said with its pipeline."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline}: {obj}"


class RemovePipelineForm(forms.Form):
    """Where the deals of a pipeline go when it is deleted: one stage of another."""

    new_home = HomeChoice(
        PipelineStage.objects.none(), label="Its deals go to", required=False, empty_label="Choose"
    )

    def __init__(self, *args: Any, pipeline: Pipeline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        home = self.fields["new_home"]
        if isinstance(home, HomeChoice):
            others = PipelineStage.objects.exclude(pipeline=pipeline).select_related("pipeline")
            home.queryset = others.order_by("pipeline__position", "pipeline", "position", "pk")


class LostReasonForm(forms.ModelForm):
    class Meta:
        model = LostReason
        fields = ["name", "note_required", "is_active"]
        labels = {"note_required": "Wants a note", "is_active": "Offered"}
