"""A large text from its pieces, in little more memory than its own."""

from __future__ import annotations

from typing import Iterable, List

_PIECE = 1 << 20  # characters that are joined at once


def joined(pieces: Iterable[str]) -> str:
    """Return the pieces as one text.

    A string that nobody else has grows where it is: to join all pieces, or StringIO, would take as
    much memory again as all of it.
    """
    text = ""
    parts: List[str] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > _PIECE:
            text += "".join(parts)
            parts, size = [], 0
    text += "".join(parts)
    return text
