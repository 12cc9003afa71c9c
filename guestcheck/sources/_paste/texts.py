"""Pasted files: which are texts, and the pieces in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import (
    Gap,
)

if (
    TYPE_CHECKING
):  # imported where it is used: archives and recordings do without all those patterns
    from guestcheck.sources._paste.clean import Line
    from guestcheck.sources._paste.cut import Piece

OPENS = "whatever those lines say"


def may_be_text(path: str) -> bool:
    """Tell by its name whether a file may be a text that is known here."""
    from guestcheck.sources._paste.commands import key_of

    name = path.rpartition("/")[2].lower()
    end = name.rpartition(".")[2] if "." in name else ""
    return end in _ENDS or is_digits(end[:1]) or bool(key_of(stem_of(name)))


_ENDS = ("", "txt", "text", "log", "out", "json", "md", "conf", "config", "eml", "html", "htm")


def read_text(
    name: str, lines: List[Line], pieces: List[Tuple[str, Piece]], troubles: List[Gap]
) -> None:
    from guestcheck.sources._paste.clean import unnumbered
    from guestcheck.sources._paste.commands import key_of
    from guestcheck.sources._paste.cut import cut

    named = key_of(stem_of(name))
    found, left = cut(lines, named)
    bare = unnumbered(lines)
    if bare is not lines:
        again = cut(bare, named)
        if _weight(again[0]) > _weight(found):
            found, left = again
    pieces += [(name, one) for piece in found for one in _parted(piece)]
    for rest in left:
        where = (
            f"line {rest.first}" if rest.first == rest.last else f"lines {rest.first}-{rest.last}"
        )
        said = f" ({rest.words})" if rest.words and len(rest.words) < 80 else ""
        troubles.append(Gap("source", f"{where} of {name}{said}", "not recognised", OPENS))


def _parted(piece: Piece) -> List[Piece]:
    from guestcheck.sources._paste.kinds import GREP

    if piece.key == GREP:
        return _by_path(piece)
    return _by_card(piece) if piece.key == "ethtool -i" else [piece]


def _by_card(piece: Piece) -> List[Piece]:
    """Part what `ethtool -i` printed of several cards; the command before it is that of the first
    alone, the others have their headings.
    """
    parts: List[List[Tuple[int, str]]] = [[]]
    for place, (number, line) in enumerate(piece.lines):
        if line.strip().startswith("driver:") and any(
            ":" in one.strip()[:-1] for _, one in parts[-1]
        ):
            heading = (
                parts[-1].pop()
                if piece.lines[place - 1][1].rstrip().endswith(":")
                and ":" not in piece.lines[place - 1][1].strip()[:-1]
                else None
            )
            parts.append([heading] if heading else [])
        parts[-1].append((number, line))
    return [
        piece._replace(lines=lines, words=piece.words if not place else "")
        for place, lines in enumerate(parts)
        if lines
    ]


def _by_path(piece: Piece) -> List[Piece]:
    """Part what grep printed of several files by their paths."""
    lines: Dict[str, List[Tuple[int, str]]] = {}
    for number, line in piece.lines:
        path, _, text = line.strip().partition(":")
        lines.setdefault(path, []).append((number, text))
    return [piece._replace(key=path, words="", lines=found) for path, found in lines.items()]


def stem_of(name: str) -> str:
    """Return what a file's name says of a command: "systemd-detect-virt_--vm.txt" is
    systemd-detect-virt --vm.
    """
    stem = name.rpartition("/")[2].lstrip("0123456789_.- ")
    for end in (".txt", ".log", ".out"):
        stem = stem[: -len(end)] if stem.endswith(end) else stem
    return stem.replace("_", " ")


def _weight(pieces: List[Piece]) -> int:
    return sum(len(piece.lines) for piece in pieces)
