"""Newsletters: one mail to many, each exactly once."""
