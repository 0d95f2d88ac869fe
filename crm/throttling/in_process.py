"""Limits on reading public pages, counted in the memory of each process: reading writes nothing.

With n processes somebody may read up to n times as often. That is no matter: these limits are far
above what a large office behind one address does, and stop only floods.
"""

from dataclasses import dataclass, field
from time import monotonic

MOST_SUBJECTS = 100_000
"""So many are remembered within one window; beyond that counting begins anew."""


@dataclass
class LocalLimit:
    """At most `most` requests of one subject within `seconds`; 0 is no limit."""

    most: int
    seconds: int = 60
    window: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def refuses(self, subject: str) -> int:
        """Count a request; return the seconds to stay away if it is one too many, else 0."""
        if not self.most:
            return 0
        passed = monotonic()
        window = int(passed // self.seconds)
        if window != self.window or len(self.counts) >= MOST_SUBJECTS:
            self.window, self.counts = window, {}
        count = self.counts[subject] = self.counts.get(subject, 0) + 1
        return 0 if count <= self.most else max(1, round((window + 1) * self.seconds - passed))
