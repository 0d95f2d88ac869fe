from django.urls import include, path

from deals.quotes.views import deal_quote, products, public, steps

app_name = "quotes"

quotes = [
    path("save/", deal_quote.save, name="save"),
    path("preview/", deal_quote.preview, name="preview"),
    path("discard/", deal_quote.discard, name="discard"),
    path("pdf/", deal_quote.quote_pdf, name="pdf"),
    path("ask/", steps.ask, name="ask"),
    path("answer/", steps.answer, name="answer"),
    path("take-back/", steps.take_back, name="take-back"),
    path("send/", steps.send, name="send"),
]

price_list = [
    path("", products.product_list, name="products"),
    path("export/", products.product_export, name="product-export"),
    path("new/", products.product_create, name="product-create"),
    path("<int:pk>/", products.product_edit, name="product-edit"),
    path("<int:pk>/remove/", products.product_remove, name="product-remove"),
]

urlpatterns = [
    path("deals/<int:pk>/quote/", deal_quote.deal_quote, name="deal-quote"),
    path("deals/<int:pk>/quote/new/", deal_quote.create, name="create"),
    path("quotes/<int:pk>/", include(quotes)),
    path("settings/products/", include(price_list)),
    path("settings/quotes/", products.quote_settings, name="settings"),
    path("q/<uuid:key>/", public.public, name="public"),
    path("q/<uuid:key>/pdf/", public.public_pdf, name="public-pdf"),
]
