"""What the company list can be filtered by."""

import django_filters
from django import forms
from django_countries import countries

from crm.users.models import User
from leads.models import Company, CompanyQuerySet, CompanySize


class CompanyFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(
        label="Search companies", method="by_words",
        widget=forms.TextInput(attrs={"placeholder": "Name of the company"}),
    )  # fmt: skip
    size = django_filters.ChoiceFilter(choices=CompanySize.choices, empty_label="Any size")
    country = django_filters.ChoiceFilter(
        choices=lambda: list(countries), empty_label="Any country"
    )
    owner = django_filters.ModelChoiceFilter(
        queryset=User.objects.exclude(role="viewer"), empty_label="Any owner"
    )

    class Meta:
        model = Company
        fields: list[str] = []

    def by_words(self, rows: CompanyQuerySet, name: str, value: str) -> CompanyQuerySet:
        return rows.search(value)
