"""The forms of segments: what one is called, and which one leads are put into."""

from typing import Any

from django import forms

from campaigns.segments.models import Segment
from crm.common.names import NameInput


class SegmentForm(forms.ModelForm):
    """Name and note. The rules beside it are the editor's."""

    class Meta:
        model = Segment
        fields = ["name", "note"]
        help_texts = {"note": "What it is for; others read it when they choose an audience."}

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Segment.objects.exclude(pk=self.instance.pk)
        if name.lower() in {other.lower() for other in others.values_list("name", flat=True)}:
            raise forms.ValidationError("Another segment has this name.")
        return name


class AddForm(forms.Form):
    """The static segment that the chosen leads are put into: one there is, or a new one."""

    segment = forms.ModelChoiceField(
        Segment.objects.filter(kind=Segment.Kind.STATIC),
        required=False,
        empty_label="A new one, named below",
    )
    name = NameInput(label="Name of a new segment", required=False, max_length=120)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        name = " ".join(data.get("name", "").split())
        if not data.get("segment") and "segment" not in self.errors:
            if not name:
                self.add_error("name", "Choose a segment, or name a new one.")
            elif Segment.objects.filter(name__in=[name]).exists():
                self.add_error("name", "Another segment has this name.")
        return {**data, "name": name}
