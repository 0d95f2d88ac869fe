"""Capture forms and the UTM links that lead to them."""
