"""The pages of quotes: the tab of a deal, the steps of a quote, the public link, the price list."""
