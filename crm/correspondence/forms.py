"""Writing a mail, keeping templates, setting one's signature and server."""

from typing import Any

from django import forms

from crm.common.names import NameInput
from crm.common.outgoing import Kind, ports_of
from crm.correspondence import own_addresses
from crm.correspondence.composing import FIELDS, Draft
from crm.correspondence.models import EmailTemplate, UserMailbox
from crm.mailing import merging
from crm.users.models import User
from leads.normalising import BadValue, email_address, many_lines, one_line

MOST_RECIPIENTS = 10


class AddressesField(forms.CharField):
    """Several addresses with commas between them."""

    def clean(self, value: Any) -> list[str]:
        parts = super().clean(value).replace(";", ",").split(",")
        try:
            found = list(dict.fromkeys(filter(None, (email_address(part) for part in parts))))
        except BadValue as error:
            raise forms.ValidationError(str(error)) from error
        if self.required and not found:
            raise forms.ValidationError("Say to whom.")
        if len(found) > MOST_RECIPIENTS:
            raise forms.ValidationError(f"A personal mail goes to {MOST_RECIPIENTS} at most.")
        return found


class ComposeForm(forms.Form):
    """A mail to a lead. `sure` shows when something speaks against sending it as it is."""

    to = AddressesField(label="To", max_length=1000)
    cc = AddressesField(label="Cc", max_length=1000, required=False)
    subject = NameInput(max_length=200)
    text = forms.CharField(
        label="Message",
        max_length=20_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    sure = forms.BooleanField(label="Send it as it is", required=False)

    def clean_subject(self) -> str:
        return kept(one_line, self.cleaned_data["subject"])

    def clean_text(self) -> str:
        return kept(many_lines, self.cleaned_data["text"])

    def draft(self) -> Draft:
        data = self.cleaned_data
        return Draft(data["to"], data["cc"], data["subject"], data["text"])


def kept(how: Any, text: str) -> str:
    """Return `text` as it is kept, its refusal as the field's error."""
    try:
        return str(how(text))
    except BadValue as error:
        raise forms.ValidationError(str(error)) from error


class TemplateForm(forms.ModelForm):
    """A template; who shares it gives it to everybody."""

    shared = forms.BooleanField(required=False, help_text="Everybody may begin from it.")

    class Meta:
        model = EmailTemplate
        fields = ["name", "subject", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 10})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["body"].help_text = "Merge fields: " + ", ".join(
            f"{{{{ {name} }}}}" for name in FIELDS
        )
        self.fields["shared"].initial = self.instance.pk is not None and not self.instance.owner_id
        if not user.is_manager:
            del self.fields["shared"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("subject", "body"):
            unknown = merging.unknown(data.get(name, ""), FIELDS)
            if unknown:
                self.add_error(name, f"There is no merge field {sorted(unknown)[0]}.")
        self.instance.owner = None if data.get("shared") else self.user
        same = EmailTemplate.objects.filter(owner=self.instance.owner).exclude(pk=self.instance.pk)
        if any(other.name.lower() == data.get("name", "").lower() for other in same):
            self.add_error("name", "There is a template of this name.")
        return data


class MailboxForm(forms.ModelForm):
    """Signature, own address, own server. The password is never shown; blank keeps it."""

    address = forms.CharField(
        label="Your address",
        max_length=254,
        required=False,
        help_text="What readers see as the sender, if it is another than your log-in's. It counts"
        " once you have confirmed it by a mail that we send there.",
    )
    new_password = forms.CharField(
        label="Password",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted, never shown. Blank: as it is.",
    )

    class Meta:
        model = UserMailbox
        fields = ["signature", "host", "port", "security", "username"]
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}
        labels = {"host": "Server", "username": "User name"}
        help_texts = {"host": "Such as smtp.example.com. Blank: your organisation's server sends."}

    field_order = [
        "signature", "address", "host", "port", "security", "username", "new_password",
    ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box = self.instance
        self.initial.setdefault("address", box.pending_address or box.address)

    def clean_address(self) -> str:
        box = self.instance
        address = kept(email_address, self.cleaned_data["address"])
        if address and address not in (box.address, box.user.email):
            try:
                own_addresses.check_free(address, box.user)
            except own_addresses.CannotClaim as error:
                raise forms.ValidationError(str(error)) from error
        return address

    def clean_port(self) -> int:
        port, allowed = int(self.cleaned_data["port"]), ports_of(Kind.MAIL)
        if port not in allowed:
            raise forms.ValidationError(f"Mail servers answer at {words_of(allowed)}.")
        return port

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("host") and not data.get("address") and "address" not in self.errors:
            self.add_error("address", "Say which address your server sends for.")
        return data


def words_of(numbers: list[int]) -> str:
    """Return numbers as people list them: 25, 465 or 587."""
    *first, last = map(str, sorted(numbers))
    return f"{', '.join(first)} or {last}" if first else last


class AddressForm(forms.Form):
    """A user's mail address as an administrator sets it; blank takes it away."""

    address = forms.CharField(label="Address", max_length=254, required=False)

    def clean_address(self) -> str:
        return kept(email_address, self.cleaned_data["address"])
