"""What of a file is taken: the rest, which may be secret, goes neither into a report nor into a recording.

Sources use this on the bytes as they were read, before anything else sees them; so it holds for this guest, an archive and an image alike.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterator, List

from guestcheck.model.source import File

# A network share's in fstab, iSCSI's or an installer's on a command line, GRUB's own in grub.cfg, and options of modules.
_SECRET = compile_pattern(
    rb"(?im)((?:[\w.]*(?:password|passwd|pass|secret)(?:_in)?\d?=)|password_pbkdf2[ \t]+\S+[ \t]+|^[ \t]*password[ \t]+\S+[ \t]+)([^\s,\"']+)"
)
_MARKS = (b"pass", b"PASS", b"secret", b"SECRET=")


def mask(data: bytes) -> bytes:
    """Put stars in the place of passwords, as many: what else stands on such a line is needed."""
    if not any(mark in data for mark in _MARKS):
        return data  # nearly always, and quicker than to look closely
    return _SECRET.sub(lambda match: match[1] + b"*" * len(match[2]), data)


def pick(data: bytes, word: File) -> bytes:
    """Return what of `data` the question `word` asks for; lines that it does not ask for are empty ones."""
    if word.only:
        return b"\0".join(part for part in data.split(b"\0") if part.startswith(word.only.encode()))
    lines = data.split(b"\n")
    if word.within[0]:
        lines = list(_within(lines, *word.within))
    if word.keep:
        kept = compile_pattern(word.keep.encode()).match
        lines = [line if kept(line) else b"" for line in lines]
    if word.without:
        unwanted = compile_pattern(word.without.encode()).match
        lines = [b"" if unwanted(line) else line for line in lines]
    return b"\n".join(lines)


def _within(lines: List[bytes], opening: str, closing: str) -> Iterator[bytes]:
    opens, closes = compile_pattern(opening.encode()).match, compile_pattern(closing.encode()).match
    inside = False
    for line in lines:
        inside = bool(opens(line)) or (inside and not closes(line))
        yield line if inside else b""
