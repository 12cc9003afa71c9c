"""What of a file is taken: the rest, which may be secret, goes neither into a report nor into a recording.

Sources use this on the bytes as they were read, before anything else sees them; so it holds for this guest, an archive and an image alike.
"""

from __future__ import annotations

from re import compile as compile_pattern
from typing import Iterator, List, Match

from guestcheck.model.source import File

# A network share's in fstab, iSCSI's or an installer's on a command line, GRUB's own in grub.cfg, and options of modules.
_SECRET = compile_pattern(
    rb"(?im)((?:[\w.]*(?:password|passwd|pass|secret)(?:_in)?\d?=)|password_pbkdf2[ \t]+\S+[ \t]+|^[ \t]*password[ \t]+\S+[ \t]+)([^\s,\"']+)"
)


def mask(data: bytes) -> bytes:
    """Put stars in the place of passwords, as many: what else stands on such a line is needed."""
    lower = data.lower()
    if b"pass" not in lower and b"secret" not in lower:
        return data  # nearly always, and quicker than to look closely
    # Line by line: modules.dep has a megabyte, a "secret" in it, and no line that could hold one.
    return b"\n".join(_SECRET.sub(_stars, line) if _may_hold(line.lower()) else line for line in data.split(b"\n"))


def _may_hold(line: bytes) -> bool:
    return (b"pass" in line or b"secret" in line) and (b"=" in line or b"password" in line)


def _stars(match: Match[bytes]) -> bytes:
    return match[1] + b"*" * len(match[2])


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
