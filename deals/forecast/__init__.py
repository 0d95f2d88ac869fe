"""Quotas, the forecast and its nightly snapshots."""
