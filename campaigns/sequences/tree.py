"""The order of a sequence's steps: a list in which a branch holds two shorter lists. Pure.

A removed step keeps its place, so that whoever stands on it knows where to go on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

YES, NO = "yes", "no"
DEEPEST = 2
"""How many branches may lie inside each other."""


@dataclass(frozen=True)
class Node:
    """One step's place: in the list `branch` (yes or no) of its parent, or in the main list."""

    id: int
    parent: int | None = None
    branch: str = ""
    position: int = 0
    removed: bool = False


class Tree:
    """All steps of one sequence, removed ones too."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.lists: dict[tuple[int | None, str], list[Node]] = {}
        for node in sorted(self.nodes.values(), key=lambda node: (node.position, node.id)):
            self.lists.setdefault((node.parent, node.branch), []).append(node)

    def steps(self, parent: int | None = None, branch: str = "") -> list[Node]:
        """Return the steps of one list that are not removed, in order."""
        return [node for node in self.lists.get((parent, branch), []) if not node.removed]

    def first(self) -> int | None:
        return next((node.id for node in self.steps()), None)

    def after(self, id: int, outcome: str = "") -> int | None:
        """Return the step that follows step `id`; None: the sequence ends here.

        outcome: of a branch, yes or no: its list comes first, if it has any step
        """
        if outcome in (YES, NO) and (inside := self.steps(id, outcome)):
            return inside[0].id
        node: Node | None = self.nodes[id]
        while node is not None:
            if later := self.later(node):
                return later[0].id
            node = self.nodes.get(node.parent) if node.parent is not None else None
        return None

    def later(self, node: Node) -> list[Node]:
        """Return the steps after `node` in its own list."""
        place = (node.position, node.id)
        same = self.steps(node.parent, node.branch)
        return [other for other in same if (other.position, other.id) > place]

    def depth(self, id: int) -> int:
        """Return in how many branches the step lies."""
        parent = self.nodes[id].parent
        return 0 if parent is None else 1 + self.depth(parent)

    def walk(self, parent: int | None = None, branch: str = "") -> Iterator[Node]:
        """Yield the steps as they are read: a branch, what it holds under yes, then under no."""
        for node in self.steps(parent, branch):
            yield node
            yield from self.walk(node.id, YES)
            yield from self.walk(node.id, NO)

    def within(self, id: int) -> set[int]:
        """Return the step and all that lies in its branches, removed ones too."""
        found = {id}
        for branch in (YES, NO):
            for node in self.lists.get((id, branch), []):
                found |= self.within(node.id)
        return found
