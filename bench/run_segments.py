"""`python -m bench.run_segments`: counting segments on the database of the environment.

Run by bench/__main__.py as a process of its own.
"""

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    from bench.segments import run

    run()


if __name__ == "__main__":
    main()
