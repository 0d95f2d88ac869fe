"""Write docs/permissions.md from the rows: python -m tests.matrix."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    django.setup()
    from tests.matrix import book

    book.PAGE.write_text(book.page())
