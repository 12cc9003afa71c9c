"""Files of a running guest: attributes, links and names as text."""

from __future__ import annotations

import os
from fnmatch import translate
from re import compile as compile_pattern
from typing import Iterator, List, Tuple

from guestcheck.model.source import (
    ABSENT,
    DENIED,
    FAILED,
)

_LONGEST_VALUE = 4096


def decode(data: bytes) -> str:
    """Turn bytes into text; what is no UTF-8 is shown as \\xNN, so that the text can be written
    anywhere.
    """
    return data.decode("utf-8", "backslashreplace")


def attribute_text(data: bytes) -> str:
    """Return an attribute as text: a character a byte where it is no UTF-8 (a binary page)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def with_escapes(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if c.isprintable() and c != "\\" else _escaped(ord(c)) for c in text)


def _escaped(code: int) -> str:
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


BLANK = "\\x20"  # in a list of names a blank parts them


def resolved(path: str, target: str, root: str) -> str:
    if target.startswith("/"):
        return target
    folder = os.path.realpath(root + path.rpartition("/")[0])[len(root) :]
    return os.path.normpath(f"{folder}/{target}")


def read_once(path: str) -> bytes:
    """Return what one read gives: an attribute under /sys comes whole at once, and there are
    thousands of them.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LONGEST_VALUE)
    finally:
        os.close(descriptor)


def read_file(path: str, limit: int) -> Tuple[bytes, bool]:
    """Return at most `limit` bytes of the file, and whether there is more. Never waits for a pipe's
    other end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        parts, size = [], 0
        while size <= limit:
            part = os.read(descriptor, min(limit + 1 - size, 1 << 18))
            if not part:
                break
            parts.append(part)
            size += len(part)
    finally:
        os.close(descriptor)
    data = b"".join(parts)
    return data[:limit], len(data) > limit


def gunzip(data: bytes, limit: int, more: bool) -> Tuple[bytes, bool]:
    """Return at most `limit` bytes of what is packed in `data`, and whether there is more; so it is
    where `data` was cut.
    """
    import zlib

    unpacker = zlib.decompressobj(31)
    try:
        unpacked = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"damaged gzip: {error}") from error
    more = more or bool(unpacker.unconsumed_tail)
    if not unpacker.eof and not more and len(unpacked) < limit:
        raise ValueError("damaged gzip: it ends too early")
    return unpacked, more


def status_of(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return DENIED
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return ABSENT
    return FAILED


def why_absent(pattern: str) -> str:
    folder = fixed_part(pattern)
    return "" if os.path.isdir(folder) else f"{folder} is not there"


def fixed_part(pattern: str) -> str:
    return pattern.split("*", 1)[0].rpartition("/")[0] or "/"


def matching_paths(pattern: str) -> List[str]:
    """Return the paths that match, sorted. A few lines where the glob module would cost half as
    much as re to import.
    """
    if "*" not in pattern:
        return [pattern] if os.path.lexists(pattern) else []
    found = [""]
    for part in pattern.split("/")[1:]:
        if "*" not in part:
            found = [f"{folder}/{part}" for folder in found]
            continue
        matches = bool if part == "*" else compile_pattern(translate(part)).match
        found = [
            f"{folder}/{name}"
            for folder in found
            for name in _names(folder or "/")
            if matches(name) and not name.startswith(".")
        ]
    return found if "*" in part else [path for path in found if os.path.lexists(path)]


def _names(folder: str) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def walked(top: str, suffixes: Tuple[str, ...]) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(top), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from walked(entry.path, suffixes)
        elif entry.name.endswith(suffixes):
            yield entry.path
