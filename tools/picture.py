"""Draw `docs/report.svg`, the picture of a report in the README, from a recorded guest.

    python tools/picture.py [RECORDING] [-o FILE] [--width N] [--lines N]

RECORDING is a folder with a manifest, by default the guest with an IDE disk and an e1000 card. The
picture shows what a terminal of that width shows first. It is the same each time: nothing in it
depends on the day, the machine or the network.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from html import unescape
from io import StringIO
from pathlib import Path
from typing import List, Match

from rich.console import Console
from rich.text import Text

from guestcheck.model.report import Report, Sink
from guestcheck.render.people.terminal import render
from guestcheck.run import examine
from guestcheck.sources.bundle import Bundle

ROOT = Path(__file__).resolve().parents[1]
_GUEST = ROOT / "tests" / "fixtures" / "guests" / "lab-ide-e1000-bookworm"
_SHARED = ROOT / "tests" / "fixtures" / "shared"
# rich names a font of a server; the picture is to need no network, and any font of fixed width
# serves.
_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_COMMENTS = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_TEXTS = re.compile(
    r'<text([^>]*?) x="([\d.]+)"([^>]*?) textLength="([\d.]+)"([^>]*)>(.*?)</text>', re.DOTALL
)


def main() -> int:
    """Draw the picture."""
    parser = ArgumentParser(description="draw the README's picture of a report")
    parser.add_argument(
        "recording",
        nargs="?",
        type=Path,
        default=_GUEST,
        metavar="RECORDING",
        help="a recorded guest (default: %(default)s)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=ROOT / "docs" / "report.svg",
        metavar="FILE",
        help="the picture (default: docs/report.svg)",
    )
    parser.add_argument(
        "--width", type=int, default=100, metavar="N", help="columns (default: 100)"
    )
    parser.add_argument(
        "--lines", type=int, default=66, metavar="N", help="lines at most (default: 66)"
    )
    options = parser.parse_args()
    if not (options.recording / "manifest.json").is_file():
        parser.error(f"{options.recording} is no recorded guest: there is no manifest.json in it")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(
        picture(examine(recording(options.recording)), options.width, options.lines),
        encoding="utf-8",
    )
    return 0


def recording(folder: Path) -> Bundle:
    """Open a recorded guest of the tests; a file "@name" lies with what several guests share."""

    def read(name: str) -> bytes:
        path = _SHARED / name[1:] if name.startswith("@") else folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise KeyError(name) from error

    return Bundle(folder.name, read)


def picture(report: Report, width: int, most: int) -> str:
    """Return the first lines of `report`, as a terminal shows them, as SVG."""
    shown = render(report, Sink(width, colour=True)).rstrip("\n").split("\n")
    lines = [part for line in first(shown, most) for part in _broken(line, width)]
    console = Console(
        file=StringIO(),
        width=width,
        record=True,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
    )
    console.print(Text("\n").join(lines), soft_wrap=True)
    svg = console.export_svg(title="guestcheck", unique_id="guestcheck")
    for unwanted in (_FONT_FACES, _COMMENTS):
        svg = unwanted.sub("", svg)
    return (
        "\n".join(line.rstrip() for line in _TEXTS.sub(_trimmed, svg).split("\n")).strip("\n")
        + "\n"
    )


def _broken(line: str, width: int) -> List[Text]:
    """Break a line where a terminal does."""
    text = Text.from_ansi(line)
    return list(text.divide(range(width, len(text), width)))


def _trimmed(found: Match[str]) -> str:
    """Write a text without the blanks at its ends, which some programs drop and then show it in the
    wrong column.
    """
    before, x, between, length, after, text = found.groups()
    words = text.replace("&#160;", " ")
    if not words.strip():
        return ""
    column = float(length) / len(unescape(words))
    left = float(x) + column * (len(words) - len(words.lstrip()))
    wide = column * len(unescape(words.strip()))
    return (
        f'<text{before} x="{left:.1f}"{between} '
        f'textLength="{wide:.1f}"{after}>{words.strip().replace(" ", "&#160;")}</text>'
    )


def first(lines: List[str], most: int) -> List[str]:
    """Cut `lines` where a paragraph or a remedy's next place begins, so that nothing ends in the
    middle, and mark the cut.
    """
    if len(lines) <= most:
        return lines
    begins = [
        place
        for place in range(most * 2 // 3, most)
        if not lines[place].strip() or "→  " in lines[place]
    ]
    return [*lines[: begins[-1] if begins else most - 1], "…"]


if __name__ == "__main__":
    sys.exit(main())
