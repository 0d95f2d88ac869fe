"""The blocks of a mail as a form without JavaScript: fields by number, a button for each change."""

from collections.abc import Callable, Mapping

from crm.common import parameters
from crm.mailing.blocks import FIELDS, MOST_BLOCKS, Block

LABELS = {
    "heading": "Heading",
    "text": "Text",
    "button": "Button",
    "image": "Picture",
    "divider": "Line",
}
FIRST: list[Block] = [
    {"kind": "heading", "text": ""},
    {"kind": "text", "text": "Hello {{ first_name | there }},\n\n"},
]
"""What a new newsletter begins with."""


def read(posted: Mapping[str, str]) -> list[Block]:
    """Return the blocks in a posted form, in its order; what is no block is passed over."""
    count = parameters.whole_number(posted.get("blocks")) or 0
    numbers = range(min(count, MOST_BLOCKS))
    blocks = []
    for number in numbers:
        kind = posted.get(f"block-{number}-kind", "")
        if kind in FIELDS:
            values = {name: posted.get(f"block-{number}-{name}", "") for name in FIELDS[kind]}
            blocks.append({"kind": kind, **values})
    return blocks


def change(blocks: list[Block], act: str) -> tuple[list[Block], int | None]:
    """Return the blocks after what a button asks for, and the number of the block to look at.

    act: “add-text”, “up-3”, “down-3”, “remove-3”; anything else changes nothing
    """
    verb, _, what = act.partition("-")
    if verb == "add" and what in FIELDS and len(blocks) < MOST_BLOCKS:
        return [*blocks, {"kind": what, **dict.fromkeys(FIELDS[what], "")}], len(blocks)
    number = parameters.whole_number(what)
    if verb not in MOVES or number is None or number >= len(blocks):
        return blocks, None
    return MOVES[verb](blocks, number)


def up(blocks: list[Block], number: int) -> tuple[list[Block], int | None]:
    if number == 0:
        return blocks, 0
    swapped = [*blocks]
    swapped[number - 1], swapped[number] = swapped[number], swapped[number - 1]
    return swapped, number - 1


def down(blocks: list[Block], number: int) -> tuple[list[Block], int | None]:
    if number == len(blocks) - 1:
        return blocks, number
    return up(blocks, number + 1)[0], number + 1


def remove(blocks: list[Block], number: int) -> tuple[list[Block], int | None]:
    left = blocks[:number] + blocks[number + 1 :]
    return left, min(number, len(left) - 1) if left else None


MOVES: dict[str, Callable[[list[Block], int], tuple[list[Block], int | None]]] = {
    "up": up,
    "down": down,
    "remove": remove,
}
