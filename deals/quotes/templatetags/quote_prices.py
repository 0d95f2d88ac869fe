"""How templates write a unit price."""

from decimal import Decimal

from django import template

from deals.quotes.prices import show_price

register = template.Library()


@register.filter
def unit_price(minor: Decimal, currency: str) -> str:
    """Write a price with as many decimals as it needs: €1,234.50, €0.0125."""
    return show_price(minor, currency)
