"""Rows of quotes, the price list, their public pages, and the negotiation log."""

from crm.users.permissions import EVERYBODY, SALES, SALES_MANAGERS
from tests.matrix.base import Row

LINES = {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-text": "Licence",
         "line-0-quantity": "2", "line-0-price": "100"}  # fmt: skip
WRITTEN = LINES | {"revision": lambda quote: quote.revision, "customer": "Feld",
                   "currency": "EUR", "valid_until": "2030-01-01"}  # fmt: skip
LETTER = {"revision": lambda quote: quote.revision, "to": "ana@example.com", "subject": "Quote",
          "message": "Hello"}  # fmt: skip
OFFER = {"side": "us", "day": "2026-01-01", "currency": "EUR", "status": "open", "terms": "30 d"}

ROWS = [
    Row("quotes:deal-quote", get=EVERYBODY, obj="deal"),
    Row("quotes:create", post=SALES, obj="deal"),
    Row("quotes:save", post=SALES, obj="quote", data=WRITTEN),
    Row("quotes:preview", post=SALES, obj="quote", data=WRITTEN),
    Row("quotes:discard", post=SALES, obj="quote"),
    Row("quotes:pdf", get=EVERYBODY, obj="quote"),
    Row("quotes:ask", post=SALES, obj="quote"),
    Row("quotes:answer", get=SALES_MANAGERS, post=SALES_MANAGERS, obj="waiting quote"),
    Row("quotes:take-back", post=SALES, obj="waiting quote"),
    Row("quotes:send", get=SALES, post=SALES, obj="quote", data=LETTER),
    Row("quotes:products", get=SALES),
    Row("quotes:product-export", get=SALES),
    Row(
        "quotes:product-create",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        data={"name": "Seat", "unit": "user", "tax_rate": "19"},
    ),
    Row(
        "quotes:product-edit",
        get=SALES_MANAGERS,
        post=SALES_MANAGERS,
        obj="product",
        data={"name": "Seat", "unit": "user", "tax_rate": "19"},
    ),
    Row("quotes:product-remove", post=SALES_MANAGERS, obj="product"),
    Row("quotes:settings", get=SALES_MANAGERS, post=SALES_MANAGERS, data={"valid_days": "30"}),
    Row(
        "quotes:public",
        get=EVERYBODY,
        post=EVERYBODY,
        obj="public quote",
        data={"name": "Marcus Feld"},
        public=True,
    ),
    Row("quotes:public-pdf", get=EVERYBODY, obj="public quote", public=True),
    Row("negotiation:log", get=EVERYBODY, obj="deal"),
    Row("negotiation:create", get=SALES, post=SALES, obj="deal", data=OFFER),
    Row("negotiation:edit", get=SALES, post=SALES, obj="offer", data=OFFER),
    Row("negotiation:answer", post=SALES, obj="offer", args=("accepted",)),
]
