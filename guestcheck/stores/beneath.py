"""Files below one folder, opened so that no link leads out, also while somebody exchanges folders
for links.

A path that was looked at may be another one when it is opened. The kernel refuses links on the way:
openat2(2) with RESOLVE_NO_SYMLINKS (Linux 5.6); before that each part is opened in its folder with
O_NOFOLLOW. Paths have no links, no "." and no "..": see `Store.resolve`.
"""

from __future__ import annotations

import os
import stat
from errno import EINVAL, ENOSYS, EPERM
from typing import Callable, Optional

# Windows has none of these; there a path is opened as it is.
HAS_FOLDERS = os.open in os.supports_dir_fd and hasattr(os, "O_PATH")
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PATH = getattr(os, "O_PATH", 0) | _NOFOLLOW
_FOLDER = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | _CLOEXEC

_SYS_OPENAT2 = 437  # of every architecture
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08  # linux/openat2.h


class Beneath:
    """The folder `top`, held open, so that it stays the same one."""

    def __init__(self, top: str) -> None:
        self._top = os.open(top, _FOLDER & ~_NOFOLLOW)
        self._openat2 = _find_openat2()

    def __del__(self) -> None:
        """Close the folder."""
        top, self._top = getattr(self, "_top", -1), -1
        if top >= 0:
            os.close(top)

    def open(self, path: str, flags: int) -> int:
        """Return a descriptor of `path` ("" is the folder itself); raises OSError."""
        if self._openat2 is not None:
            try:
                return self._openat2(self._top, path or ".", flags | _CLOEXEC)
            except OSError as error:
                if error.errno not in (
                    ENOSYS,
                    EINVAL,
                    EPERM,
                ):  # an old kernel, or a container's filter of calls
                    raise
                self._openat2 = None
        return self._by_parts(path, flags)

    def _by_parts(self, path: str, flags: int) -> int:
        *folders, name = path.split("/")
        folder = self._top
        try:
            for part in folders:
                below = os.open(part, _FOLDER, dir_fd=folder)
                if folder != self._top:
                    os.close(folder)
                folder = below
            return os.open(name or ".", flags | _NOFOLLOW | _CLOEXEC, dir_fd=folder)
        finally:
            if folder != self._top:
                os.close(folder)

    def mode(self, path: str) -> int:
        """Return the mode of what is at `path`, as lstat does; raises OSError."""
        descriptor = self.open(path, _PATH)
        try:
            return os.fstat(descriptor).st_mode
        finally:
            os.close(descriptor)

    def target(self, path: str) -> str:
        """Return what the link at `path` holds; raises OSError where it is none."""
        descriptor = self.open(path, _PATH)
        try:
            return os.readlink("", dir_fd=descriptor)
        finally:
            os.close(descriptor)

    def folder(self, path: str) -> int:
        """Return a descriptor of the folder `path`, to list it; the caller closes it."""
        return self.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW)

    def file(self, path: str, flags: int) -> int:
        """Return a descriptor of the regular file `path`; nothing else is opened, for opening a
        device may do something.
        """
        descriptor = self.open(path, _PATH)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotFoundError(2, "no regular file", path)
        finally:
            os.close(descriptor)
        descriptor = self.open(path, flags | _NOFOLLOW)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # exchanged in between
            os.close(descriptor)
            raise FileNotFoundError(2, "no regular file", path)
        return descriptor


def _find_openat2() -> Optional[Callable[[int, str, int], int]]:
    """Return openat2 without links, None where there is no way to call it."""
    try:
        import ctypes

        syscall = ctypes.CDLL(None, use_errno=True).syscall
    except (ImportError, OSError, AttributeError):
        return None
    # struct open_how: flags, mode, resolve.
    how, size = ctypes.c_uint64 * 3, ctypes.c_size_t(24)

    def openat2(folder: int, path: str, flags: int) -> int:
        request = how(flags, 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
        name = ctypes.c_char_p(os.fsencode(path))
        number = syscall(
            ctypes.c_long(_SYS_OPENAT2), ctypes.c_int(folder), name, ctypes.byref(request), size
        )
        if number < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
        return int(number)

    return openat2
