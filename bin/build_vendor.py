"""Copy what a page needs out of node_modules, and draw the icon sprite.

The results go to static/vendor/, which git ignores: third-party files are never committed.
An icon is added by a line in static/icons.txt; a name that @tabler/icons lacks stops the build.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
OUTLINE = PACKAGES / "@tabler" / "icons" / "icons" / "outline"
VENDOR = ROOT / "static" / "vendor"

FILES = (
    "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js",
    "sortablejs/Sortable.min.js",
    "chart.js/dist/chart.umd.js",
)
SOURCE_MAP = re.compile(r"^(?://|/\*)# sourceMappingURL=.*$", re.MULTILINE)
BACKGROUND = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')
PEN = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round"'
)


def without_source_map(text: str) -> str:
    """Return `text` without the line that names its source map.

    We do not ship the maps, and the manifest storage fails on a reference to a missing file.
    """
    return SOURCE_MAP.sub("", text).rstrip() + "\n"


def symbol(name: str) -> str:
    """Return icon `name` as one line of the sprite. Raises FileNotFoundError for an unknown one."""
    drawing = (OUTLINE / f"{name}.svg").read_text(encoding="utf-8")
    begin = drawing.index(">", drawing.index("<svg")) + 1
    shapes = BACKGROUND.sub("", drawing[begin : drawing.rindex("</svg>")])
    return f'<symbol id="{name}" {PEN}>{"".join(map(str.strip, shapes.splitlines()))}</symbol>'


def sprite(names: list[str]) -> str:
    """Return one SVG that holds every icon as a symbol: `<use href="icons.svg#phone"/>`."""
    return "\n".join(
        ['<svg xmlns="http://www.w3.org/2000/svg">', *map(symbol, names), "</svg>", ""]
    )


def unknown(names: list[str]) -> list[str]:
    return [name for name in names if not (OUTLINE / f"{name}.svg").exists()]


def main() -> None:
    names = (ROOT / "static" / "icons.txt").read_text(encoding="utf-8").split()
    if missing := unknown(names):
        sys.exit(f"static/icons.txt: @tabler/icons has no outline icon {', '.join(missing)}")
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for file in map(PACKAGES.joinpath, FILES):
        text = without_source_map(file.read_text(encoding="utf-8"))
        (VENDOR / file.name).write_text(text, encoding="utf-8")
    (VENDOR / "icons.svg").write_text(sprite(names), encoding="utf-8")


if __name__ == "__main__":
    main()
