"""Which regular expressions may take more than time in proportion to what they read.

Looked at as they are parsed, not as they are written. Refused is what can share the same
characters in several ways: two unbounded repeats next to each other, or within each other, that
match a common character which everything between them matches too (`a*a*`, `(a+)+`,
`\\s*.*\\s*`); and, for what is searched, a first unbounded repeat that something must follow
(`\\s+$`): each place is tried anew.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Chars = frozenset[str]
ALPHABET: Chars = frozenset(map(chr, [*range(0x180), 0x2028, 0x20AC, 0x4E00, 0xFFFD]))
UNANCHORED = {"search", "sub", "subn", "split", "findall", "finditer"}
IMPORTED = {"RegexValidator", "re_path"}
CALLS = UNANCHORED | {"compile", "match", "fullmatch"} | IMPORTED
CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}
CHARACTERS = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}


@dataclass
class Loop:
    """An unbounded repeat to the left, and what has to be matched since."""

    chars: Chars
    since: list[Chars] = field(default_factory=list)
    is_start: bool = False
    """The places at which a search begins: a loop over everything."""

    def meets(self, chars: Chars, needs: list[Chars]) -> bool:
        """Say whether some word can be read by this loop, what is between, and another loop."""
        common = self.chars & chars
        return bool(common) and all(needed & common for needed in (*self.since, *needs))

    def after(self, chars: Chars) -> "Loop":
        return Loop(self.chars, [*self.since, chars], self.is_start)


class Slow(Exception):
    """The pattern can take more than time in proportion to its input; the text says why."""


def why_slow(pattern: str | bytes, flags: int = 0, *, searched: bool = True) -> str:
    """Return what is wrong with a pattern, "" if it is linear."""
    parsed = parser.parse(pattern, flags)
    try:
        loops = [Loop(ALPHABET, is_start=True)] if searched else []
        walk(list(parsed), loops, parsed.state.flags, followed=False)
    except Slow as reason:
        return str(reason)
    return ""


def walk(items: list[Any], loops: list[Loop], flags: int, *, followed: bool) -> list[Loop]:
    """Go through a sequence; return the loops that may still share characters with what follows.

    followed: something that may fail comes after the sequence
    """
    for at, (kind, value) in enumerate(items):
        fails_after = followed or any(may_fail(item) for item in items[at + 1 :])
        if kind in CHARACTERS:
            loops = [loop.after(characters(kind, value, flags)) for loop in loops]
        elif kind in REPEATS:
            loops = repeat(kind, value, loops, flags, followed=fails_after)
        elif kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
            [inner] = inside(kind, value)
            loops = walk(inner, loops, inner_flags(kind, value, flags), followed=fails_after)
        elif kind is sre.BRANCH:
            loops = [
                loop
                for branch in inside(kind, value)
                for loop in walk(branch, loops, flags, followed=fails_after)
            ]
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            walk(list(value[1]), [], flags, followed=True)
        elif kind is sre.AT:
            loops = after_place(value, loops, flags)
    return loops


def after_place(place: Any, loops: list[Loop], flags: int) -> list[Loop]:
    """Return what is left of loops after `^`: with MULTILINE a line end stands before it."""
    if place not in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
        return loops
    if flags & re.MULTILINE and place is sre.AT_BEGINNING:
        return [loop.after(frozenset("\n")) for loop in loops]
    return []


def inside(kind: Any, value: Any) -> list[list[Any]]:
    """Return the sequences within an element: one, of branches several, of a character none."""
    if kind in REPEATS:
        return [list(value[2])]
    if kind is sre.SUBPATTERN:
        return [list(value[3])]
    if kind is sre.ATOMIC_GROUP:
        return [list(value)]
    if kind is sre.BRANCH:
        return [list(branch) for branch in value[1]]
    return []


def inner_flags(kind: Any, value: Any, flags: int) -> int:
    return int((flags | value[1]) & ~value[2]) if kind is sre.SUBPATTERN else flags


def repeat(
    kind: Any, value: tuple[int, int, Any], loops: list[Loop], flags: int, *, followed: bool
) -> list[Loop]:
    least, most, body = value
    inner = list(body)
    walk(inner * 2 if most > 1 else inner, [], flags, followed=True)
    if most is not sre.MAXREPEAT:
        passed = walk(inner, loops, flags, followed=followed)
        return passed if least else [*loops, *(loop for loop in passed if loop not in loops)]
    chars, needs = all_characters(inner, flags), needed(inner, flags)
    for loop in loops:
        if loop.meets(chars, needs) and (followed or not loop.is_start):
            where = "each place of the input is tried" if loop.is_start else "next to another"
            raise Slow(f"an unbounded repeat: {where}, and both match {sample(loop.chars & chars)}")
    passed = walk(inner, loops, flags, followed=followed)
    kept = passed if least else [*loops, *(loop for loop in passed if loop not in loops)]
    return kept if kind is sre.POSSESSIVE_REPEAT else [*kept, Loop(chars, needs)]


def needed(items: list[Any], flags: int) -> list[Chars]:
    """Return the characters of which a sequence always consumes one each."""
    found: list[Chars] = []
    for kind, value in items:
        if kind in CHARACTERS:
            found.append(characters(kind, value, flags))
        elif kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP) or (kind in REPEATS and value[0]):
            found += needed(inside(kind, value)[0], flags)
    return found


def sample(chars: Chars) -> str:
    return repr(min(chars, key=lambda char: (not char.isalnum(), char)))


def may_fail(item: Any) -> bool:
    """Say whether an element can refuse the input: it wants a character, or a place."""
    kind, value = item
    if kind in REPEATS:
        return bool(value[0])
    if kind is sre.SUBPATTERN or kind is sre.BRANCH:
        return all(any(may_fail(one) for one in inner) for inner in inside(kind, value))
    return True


def all_characters(items: list[Any], flags: int) -> Chars:
    """Return every character that a sequence may consume."""
    found: set[str] = set()
    for kind, value in items:
        if kind in CHARACTERS:
            found |= characters(kind, value, flags)
        elif kind is sre.GROUPREF:
            found |= ALPHABET
        for inner in inside(kind, value):
            found |= all_characters(inner, flags)
    return frozenset(found)


@cache
def of_category(word: str) -> Chars:
    return frozenset(char for char in ALPHABET if re.match(word, char))


def characters(kind: Any, value: Any, flags: int) -> Chars:
    """Return the characters that one element matches."""
    if kind is sre.ANY:
        return ALPHABET if flags & re.DOTALL else ALPHABET - {"\n"}
    if kind is sre.NOT_LITERAL:
        return ALPHABET - {chr(value)}
    members = [(kind, value)] if kind is sre.LITERAL else value
    found = {char for one, of in members for char in member(one, of)}
    if flags & re.IGNORECASE:
        found |= {char.swapcase() for char in found if len(char.swapcase()) == 1}
    negated = members[0][0] is sre.NEGATE
    return ALPHABET - found if negated else frozenset(found)


def member(kind: Any, value: Any) -> set[str] | Chars:
    """Return the characters of one entry of a set such as [a-z_\\d]."""
    if kind is sre.LITERAL:
        return {chr(value)}
    if kind is sre.RANGE:
        return {chr(value[0]), *(c for c in ALPHABET if value[0] <= ord(c) <= value[1])}
    return of_category(CATEGORIES[value]) if kind is sre.CATEGORY else frozenset()


# Where patterns stand ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A pattern in a file; pattern None: it is made of what only a run knows."""

    place: str
    pattern: str | bytes | None
    flags: int
    searched: bool


def patterns_in(path: Path) -> Iterator[Found]:
    source = path.read_text()
    if not any(word in source for word in ("re.", *IMPORTED)):
        return
    tree = ast.parse(source)
    texts = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = called(node.func)
        if name in CALLS:
            pattern = text_of(node.args[0], texts)
            yield Found(
                f"{path}:{node.lineno}", pattern, flags_of(node), is_searched(name, node, tree)
            )


def called(function: ast.expr) -> str:
    """Return the function's name: `search` for re.search, "" for what does not compile patterns."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "re" else ""
    return function.id if isinstance(function, ast.Name) and function.id in IMPORTED else ""


def text_of(node: ast.expr, texts: dict[str, ast.expr]) -> str | bytes | None:
    """Return what a pattern says; what is put into it by a run counts as one fixed word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    if isinstance(node, ast.Name) and node.id in texts:
        return text_of(texts[node.id], texts)
    if isinstance(node, ast.JoinedStr):
        parts = [text_of(part, texts) for part in node.values]
        return "".join(part for part in parts if isinstance(part, str))
    if isinstance(node, ast.FormattedValue):
        return "(?:word)"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left, texts), text_of(node.right, texts)
        return left + right if isinstance(left, str) and isinstance(right, str) else None
    return text_of_call(node, texts) if isinstance(node, ast.Call) else None


def text_of_call(node: ast.Call, texts: dict[str, ast.expr]) -> str | None:
    """Return what re.escape(…) or "|".join(…) of a module's own words stands for."""
    if ast.unparse(node.func) == "re.escape":
        return "word"
    joins = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
    words = node.args[0] if node.args else node
    words = texts.get(words.id, words) if isinstance(words, ast.Name) else words
    if joins and isinstance(words, ast.Tuple | ast.List):
        parts = [text_of(word, texts) for word in words.elts]
        return "|".join(part for part in parts if isinstance(part, str))
    return None


def flags_of(node: ast.Call) -> int:
    words = " ".join(
        ast.unparse(part) for part in (*node.args[1:], *(k.value for k in node.keywords))
    )
    return int(
        sum(getattr(re, word) for word in ("IGNORECASE", "MULTILINE", "DOTALL", "VERBOSE")
            if f"re.{word}" in words)
    )  # fmt: skip


def is_searched(name: str, node: ast.Call, tree: ast.Module) -> bool:
    """Say whether a pattern is looked for anywhere; of a compiled one, by how its file uses it."""
    if name != "compile":
        return name in UNANCHORED
    names = {
        target.id
        for assign in ast.walk(tree)
        if isinstance(assign, ast.Assign) and any(part is node for part in ast.walk(assign.value))
        for target in assign.targets
        if isinstance(target, ast.Name)
    }
    uses = [
        use.attr
        for use in ast.walk(tree)
        if isinstance(use, ast.Attribute) and name_of(use.value) in names
    ]
    return not uses or any(use in UNANCHORED for use in uses)


def name_of(node: ast.expr) -> str:
    """Return the name that a value is read from: NAME, or NAME[…]."""
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
