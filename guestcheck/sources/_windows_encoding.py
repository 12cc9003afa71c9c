"""Texts as Windows' programs write them: UTF-8 with and without a mark, and UTF-16, which
PowerShell's redirection makes.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE


def decoded(data: bytes) -> str:
    r"""Return the text that `data` holds, its lines ended by a line feed; what is of no encoding is
    shown as \xNN.

    UTF-16 without a mark is known by the zeros of its ASCII characters.

    >>> decoded("\ufeffName\r\nGrün".encode("utf-16-le"))
    'Name\nGrün'
    """
    if data.startswith(BOM_UTF16_LE) or _zeros(data[1:200:2]):
        text = data.decode("utf-16-le", "backslashreplace")
    elif data.startswith(BOM_UTF16_BE) or _zeros(data[0:200:2]):
        text = data.decode("utf-16-be", "backslashreplace")
    else:
        text = data[len(BOM_UTF8) * data.startswith(BOM_UTF8) :].decode("utf-8", "backslashreplace")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _zeros(data: bytes) -> bool:
    return len(data) > 3 and data.count(0) > len(data) * 3 // 4
