"""The letterhead of marketing mail: postal address, colour and logo."""

from hashlib import sha256
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from crm.common.colours import is_colour
from crm.common.freshness import FreshForm
from crm.common.pictures import read_picture
from crm.mailing.letterhead import USUAL_COLOUR, lines_of
from crm.users.models import Logo, Organisation

LARGEST = 1024 * 1024
"""Bytes of a logo."""
MOST_PIXELS = 4_000
"""Pixels of a logo's width or height: mail programs decode it whole."""
MOST_LINES = 8


class LetterheadForm(FreshForm, forms.ModelForm):
    logo_file = forms.FileField(
        label="Logo",
        required=False,
        help_text="PNG, JPEG or GIF, 1 MB at most. Shown up to 240 pixels wide and 72 high.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif"}),
    )
    remove_logo = forms.BooleanField(label="Show no logo", required=False)

    class Meta:
        model = Organisation
        fields = ("postal_address", "mail_colour")
        labels = {"mail_colour": "Colour"}
        help_texts = {
            "postal_address": "Street, postcode, city, country: where post reaches you. Most"
            " countries ask for it in marketing mail, so without it none leaves.",
            "mail_colour": "Of buttons and links. Text on it is white or black, whichever is"
            " readable.",
        }
        widgets = {
            "postal_address": forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
            "mail_colour": forms.TextInput(attrs={"type": "color"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["postal_address"] = forms.CharField(
            label="Postal address",
            max_length=500,
            help_text=self.fields["postal_address"].help_text,
            widget=self.fields["postal_address"].widget,
        )
        self.initial["mail_colour"] = self.instance.mail_colour or USUAL_COLOUR
        self.initial["logo_file"] = self.instance.logo.key if self.instance.logo else ""
        if self.instance.logo is None:
            del self.fields["remove_logo"]

    def clean_postal_address(self) -> str:
        lines = lines_of(self.cleaned_data["postal_address"])
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(f"An address has at most {MOST_LINES} lines.")
        return "\n".join(lines)

    def clean_mail_colour(self) -> str:
        colour = str(self.cleaned_data["mail_colour"]).lower()
        if colour and not is_colour(colour):
            raise forms.ValidationError("Write the colour as #1d5fbf.")
        return "" if colour == USUAL_COLOUR else colour

    def clean_logo_file(self) -> Logo | None:
        """Return the picture that was sent, not saved. Its bytes decide, not its name."""
        file = self.cleaned_data["logo_file"]
        if not isinstance(file, UploadedFile):
            return None
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError("The logo is larger than 1 MB. Make it smaller.")
        content = file.read()
        picture = read_picture(content)
        if picture is None:
            raise forms.ValidationError("This is no PNG, JPEG or GIF.")
        if max(picture.width, picture.height) > MOST_PIXELS:
            raise forms.ValidationError(f"A logo has at most {MOST_PIXELS:,} pixels each way.")
        key = sha256(content).hexdigest()[:32]
        return Logo(
            key=key,
            content=content,
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
        )

    def save(self, commit: bool = True) -> Organisation:
        """Save the letterhead. A logo that was replaced stays for the mail that shows it."""
        new: Logo | None = self.cleaned_data["logo_file"]
        if new is not None:
            stored = Logo.objects.filter(key=new.key).first()
            if stored is None:
                new.save()
            self.instance.logo = stored or new
        elif self.cleaned_data.get("remove_logo"):
            self.instance.logo = None
        saved: Organisation = super().save(commit)
        return saved
