"""Products, price list and quotes."""
