"""A large text from its pieces, in little more memory than its own."""

from __future__ import annotations

from json import JSONEncoder, encoder
from typing import Callable, Iterable, List

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


def _writer() -> Callable[[object], str]:
    """Return what writes a value as `json.dumps` does.

    `dumps` makes an encoder in C for each value, which takes as long as to write a device. Python
    without that encoder, or with one that is made in another way, gets the one that it has.
    """
    plain = JSONEncoder(check_circular=False)
    try:
        write = encoder.c_make_encoder(  # type: ignore[attr-defined]
            None,
            plain.default,
            encoder.encode_basestring_ascii,
            None,
            plain.key_separator,
            plain.item_separator,
            plain.sort_keys,
            plain.skipkeys,
            plain.allow_nan,
        )
    except (AttributeError, TypeError):
        return plain.encode
    return lambda value: "".join(write(value, 0))


dumps = _writer()
