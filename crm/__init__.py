"""Tandem: one funnel that marketing and sales share."""

from crm.celery import app as celery_app

__all__ = ["celery_app"]
