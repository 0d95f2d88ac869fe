"""Parts of addresses with a meaning of their own. Importing this module makes them known."""

from django.urls import register_converter


class Way:
    """One place up or down."""

    regex = "up|down"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Way, "way")
