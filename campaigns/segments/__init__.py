"""Segments: leads chosen by rules or by hand."""
