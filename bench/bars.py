"""The bars: what each operation may cost. docs/performance.md says where they come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """queries: at most; floors: of the server median, in multiples of the floor; growth: at most"""

    queries: int = 0
    floors: float = 0.0
    growth: float = 0.0
    kilobytes: float = 0.0

    def missed(self, queries: float, floors: float, growth: float, kilobytes: float) -> list[str]:
        """Return which bounds the figures break, in words; a bound of 0 is none."""
        pairs = {
            "queries": (queries, self.queries),
            "floors": (floors, self.floors),
            "growth": (growth, self.growth),
            "kB": (kilobytes, self.kilobytes),
        }
        return [name for name, (found, most) in pairs.items() if most and found > most]

    def __str__(self) -> str:
        parts = [f"{self.queries} q"] if self.queries else []
        parts += [f"{self.floors:g} floors"] if self.floors else []
        parts += [f"x{self.growth:g}"] if self.growth else []
        parts += [f"{self.kilobytes:g} kB"] if self.kilobytes else []
        return ", ".join(parts)


LIST = Bar(10, 7.6, 1.3, 100)
SEARCH = Bar(8, 6.6, 2)
RECORD = Bar(15, 7.6, 1.3)
DEAL = Bar(15, 10.3, 1.3)
QUEUE = Bar(12, 7.9, 1.3, 100)
BOARD = Bar(10, 12.1, 1.3)
FUNNEL = Bar(12, 11.0, 1.5)
OVERVIEW = Bar(15, 0, 2)
TIMELINE = Bar(16, 0, 2)
"""Loaded after the record (4 queries): one query for each of its twelve sources."""
CREATE = Bar(15, 4.0, 1.3)
ACT = Bar(10, 4.3, 1.3)
