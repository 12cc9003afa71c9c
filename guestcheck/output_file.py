"""One writer for all files that guestcheck makes: whole or not at all, and never through a link of
somebody else's.

root's timer may write into a folder of another user. There a link, a pipe or a name that can be
guessed leads elsewhere. Therefore the file is made under a random name by O_EXCL in the open
folder, and renamed over what was there. A link at the name itself is replaced.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from re import compile as compile_pattern
from typing import Iterable, List, Optional, Tuple, Union

from guestcheck.errors import UsageError

PRIVATE = 0o600  # reports name addresses and serial numbers
PUBLIC = 0o644  # for a program of another user, such as Prometheus's exporter

_DESCRIPTOR = compile_pattern(r"/(?:dev|proc/self)/fd/([0-9]{1,6})", 0)
_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW
_MOST_LINKS = 40


def write_output(path: str, data: Union[bytes, Iterable[bytes]], mode: int = PRIVATE) -> None:
    """Write `data`, perhaps in pieces, to the file `path`; raises UsageError with the reason where
    that is not possible.

    An open descriptor (/dev/stdout, /dev/fd/3), a pipe and a character device are written to as
    they are. A file of the caller's keeps its mode; a new one has `mode`.
    """
    data = (data,) if isinstance(data, bytes) else data
    try:
        number = _descriptor(path)
        if number is not None:
            with os.fdopen(os.dup(number), "wb") as stream:
                stream.writelines(data)
        elif (
            os.open not in os.supports_dir_fd
        ):  # Windows: there are no such links for other users to make
            _replace(os.path.abspath(path), None, data, mode)
        else:
            _write_in_folder(path, data, mode)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _descriptor(path: str) -> Optional[int]:
    match = _DESCRIPTOR.fullmatch(path)
    return int(match[1]) if match else _STANDARD.get(path)


def _write_in_folder(path: str, data: Iterable[bytes], mode: int) -> None:
    folder, name = _resolved(
        os.path.join(os.getcwd(), path)
    )  # no abspath: ".." counts from where a link leads
    try:
        there = _status(name, folder)
        if there is not None and stat.S_ISLNK(there.st_mode) and _is_ours(there):
            # Of the caller's own links those to devices and pipes are followed: renaming would put
            # a file in their place.
            with suppress(OSError):
                led_to = os.stat(name, dir_fd=folder)
                there = (
                    there
                    if stat.S_ISREG(led_to.st_mode) or stat.S_ISDIR(led_to.st_mode)
                    else led_to
                )
        kind = stat.S_IFMT(there.st_mode) if there else stat.S_IFREG
        if kind == stat.S_IFBLK:
            raise UsageError(f"cannot write {path}: it is a disk")
        if kind in (stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK):
            if there and not _is_ours(there):
                raise UsageError(f"cannot write {path}: it is a pipe or device of another user")
            with os.fdopen(
                os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder), "wb"
            ) as stream:
                stream.writelines(data)
        else:
            if there and kind == stat.S_IFREG and there.st_uid == os.geteuid():
                mode = stat.S_IMODE(there.st_mode)
            _replace(name, folder, data, mode)
    finally:
        os.close(folder)


def _resolved(path: str) -> Tuple[int, str]:
    """Open the folder of an absolute path, part by part; return it with the last part.

    Links on the way are followed where root or the caller made them.
    """
    parts: List[str] = [part for part in path.split("/") if part not in ("", ".")]
    name = parts.pop() if parts else ""
    if not name:
        raise IsADirectoryError(21, os.strerror(21))
    folder = os.open("/", os.O_RDONLY | _FOLDER)
    links = 0
    try:
        while parts:
            part = parts.pop(0)
            there = os.stat(part, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(there.st_mode):
                links += 1
                if not _is_ours(there):
                    raise UsageError(f"cannot write {path}: {part} is a link of another user")
                if links > _MOST_LINKS:
                    raise OSError(40, os.strerror(40))
                target = os.readlink(part, dir_fd=folder)
                parts = [word for word in target.split("/") if word] + parts
                if target.startswith("/"):
                    os.close(folder)
                    folder = os.open("/", os.O_RDONLY | _FOLDER)
                continue
            # Only the right to pass through is needed on the way, which O_PATH asks for.
            below = os.open(part, getattr(os, "O_PATH", os.O_RDONLY) | _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
    except BaseException:
        os.close(folder)
        raise
    return folder, name


def _is_ours(there: os.stat_result) -> bool:
    return there.st_uid in (0, os.geteuid())


def _status(name: str, folder: int) -> Optional[os.stat_result]:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _replace(name: str, folder: Optional[int], data: Iterable[bytes], mode: int) -> None:
    """Make a new file and rename it to `name`; what was made is removed when that fails or is
    interrupted.
    """
    before, slash, last = name.rpartition("/")
    temporary = f"{before}{slash}.{last[:200]}.{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, PRIVATE, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(data)
            file.flush()
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
