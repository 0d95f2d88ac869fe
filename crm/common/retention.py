"""What is not kept for ever: each app says what it drops, and `prune` drops it once a day."""

from collections.abc import Callable

Prune = Callable[[], int]
PRUNES: dict[str, Prune] = {}
"""What is dropped, in words, and the function that drops what is due and says how many."""


def register_prune(what: str, prune: Prune) -> None:
    """Let `prune` drop what is old. Called from an AppConfig.ready; safe to run twice."""
    PRUNES[what] = prune


def prune_all() -> dict[str, int]:
    """Drop all that is due; return how many of what."""
    return {what: prune() for what, prune in PRUNES.items()}
