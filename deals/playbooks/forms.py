"""Writing a playbook and its steps, and choosing one to start."""

from typing import Any

from django import forms
from django.db.models import Count, QuerySet
from django.db.models.functions import Lower

from deals.playbooks.models import Playbook, PlaybookStep


class PlaybookForm(forms.ModelForm):
    class Meta:
        model = Playbook
        fields = ["name", "about", "use", "is_active"]
        labels = {"about": "When to use it", "use": "For", "is_active": "Offered"}
        help_texts = {"about": ""}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Playbook.objects.exclude(pk=self.instance.pk).annotate(low=Lower("name"))
        if others.filter(low=name.lower()).exists():
            raise forms.ValidationError("There is a playbook of this name.")
        return name


class StepForm(forms.ModelForm):
    class Meta:
        model = PlaybookStep
        fields = ["kind", "title", "delay_days"]
        labels = {"title": "What to do", "delay_days": "After working days"}
        help_texts = {
            "title": "It becomes the title of the follow-up.",
            "delay_days": "Since the step before was done; 0 is the same day.",
        }


class StartForm(forms.Form):
    """Which playbook to start."""

    playbook = forms.ModelChoiceField(
        Playbook.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, offered: QuerySet[Playbook], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["playbook"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = offered
        field.choices = [(playbook.pk, words(playbook)) for playbook in offered]


def words(playbook: Playbook) -> str:
    """Return a playbook as a choice: its name, how long it is, when to use it."""
    count: int = getattr(playbook, "step_count")  # noqa: B009 annotated by offered
    said = f"{playbook} · {count} step{'s' if count != 1 else ''}"
    return f"{said} · {playbook.about}" if playbook.about else said


def offered(use: Playbook.Use) -> QuerySet[Playbook]:
    """Return the playbooks that can be started on a lead, or on a deal, with `step_count`."""
    fit = Playbook.objects.filter(is_active=True, use__in=[use, Playbook.Use.BOTH])
    return fit.annotate(step_count=Count("steps")).filter(step_count__gt=0)
