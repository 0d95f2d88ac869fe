"""The price list: products are saved with their prices, archived while used, and exported."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.db import transaction

from crm.common import csv_cells
from deals.quotes.models import Product, ProductPrice
from deals.quotes.prices import plain_price

HEAD = ["name", "sku", "description", "unit", "price", "currency", "tax_percent", "offered"]


@transaction.atomic
def save_product(product: Product, prices: Mapping[str, int | Decimal]) -> Product:
    """Save a product with these prices alone. prices: minor units by currency"""
    product.save()
    product.prices.exclude(currency__in=prices).delete()
    ProductPrice.objects.bulk_create(
        [ProductPrice(product=product, currency=c, amount_minor=m) for c, m in prices.items()],
        update_conflicts=True,
        unique_fields=["product", "currency"],
        update_fields=["amount_minor"],
    )
    return product


@transaction.atomic
def remove_product(product: Product) -> bool:
    """Delete a product that no quote names, archive another. True if it was deleted."""
    locked = Product.objects.select_for_update().get(pk=product.pk)
    if locked.lines.exists():
        Product.objects.filter(pk=locked.pk).update(is_active=False)
        return False
    locked.delete()
    return True


def csv_lines() -> Iterator[str]:
    """Yield the price list as CSV, a line for each price; a product without one has a line too."""
    products = Product.objects.prefetch_related("prices")
    return csv_cells.lines(
        HEAD, (row for product in products.iterator(500) for row in rows_of(product))
    )


def rows_of(product: Product) -> Iterator[list[object]]:
    prices: list[tuple[object, str]] = [
        (plain_price(p.amount_minor, p.currency), p.currency) for p in product.prices.all()
    ]
    for amount, currency in prices or [("", "")]:
        yield [product.name, product.sku, product.description, product.unit, amount, currency,
               product.tax_rate, "yes" if product.is_active else "no"]  # fmt: skip
