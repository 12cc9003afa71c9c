"""Files that may come from anyone: a folder, a tar archive or single files. Read only, bounded, and never unpacked to the disk.

A store is asked by paths with "/" between their parts and none at the beginning. Whatever a path or a link says, nothing outside
of the store is ever read: links are followed inside it, and those that lead out are as good as missing.
"""

from __future__ import annotations

import os
import stat
import sys
import tarfile
from re import compile as compile_pattern
from re import escape
from time import monotonic
from typing import BinaryIO, Callable, Dict, Iterator, List, Optional, Protocol, Sequence, Set, Tuple

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.model.source import Gap

# What an archive may cost. A sosreport has 10,000 to 60,000 members and unpacks to 0.2 to 1 GB, of which 1 to 30 MB are of use here.
MOST_MEMBERS = 500_000
MOST_UNPACKED = 4 << 30
MOST_KEPT = 256 << 20
LARGEST_KEPT = 32 << 20
LARGEST_FILE = 64 << 20
LONGEST_SECONDS = 120.0
_MOST_MEMORY = 192 << 20  # of xz: its largest preset, -9, takes 65 MiB to unpack
_LARGEST_HEADER = 1 << 20  # a member's extended header: a name and some times
_MOST_NAMES = 64 << 20  # characters of names
_MOST_LINKS = 40  # in a row: as many as Linux follows
_DEEPEST = 32
_MOST_FOUND = 100_000


class _Stream(Protocol):
    """What can be read from its beginning to its end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class Store(Protocol):
    """Where a source's files are. Reading raises KeyError for what is not there, OSError or ValueError for what cannot be read."""

    name: str
    troubles: Tuple[Gap, ...]

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return at most `limit` bytes of a file and whether there is more; links are followed inside the store."""
        ...

    def glob(self, pattern: str) -> List[str]:
        """Return the paths of files, links and folders that match, sorted; a star stands for anything but a slash."""
        ...

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the paths of all files below the folder `top`, at any depth, whose names end so; links to folders are not entered."""
        ...

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder `path`."""
        ...

    def link(self, path: str) -> str:
        """Return what the link at `path` holds, "" where it is none."""
        ...


def find_top(store: Store, *marks: str) -> Optional[str]:
    """Return the folder of the store in which one of `marks` lies: "" or "NAME/"; None where there is none.

    Archives hold their files in one folder of their own, a folder of folders may hold another.
    """
    for start in ("", "*/", "*/*/"):
        for mark in marks:
            found = store.glob(start + mark)
            if found:
                depth = start.count("/")
                return "".join(part + "/" for part in found[0].split("/")[:depth])
    return None


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a path matches `pattern`; a star stands for anything but a slash, two for anything."""
    parts = (escape(part).replace(r"\*", "*").replace("*", "[^/]*") for part in pattern.split("**"))
    match = compile_pattern(".*".join(parts) + r"\Z").match
    return lambda path: match(path) is not None


def open_store(paths: Sequence[str], wants: Sequence[str]) -> Store:
    """Open what `paths` name: one folder, one archive, or any number of plain files ("-" is standard input).

    Of an archive only files are kept that match one of the patterns `wants` below any folder; the names of all are.
    """
    if len(paths) == 1 and paths[0] != "-":
        path = paths[0]
        if os.path.isdir(path):
            return Folder(path)
        if os.path.isfile(path) and _is_archive(path):
            return Archive(path, wants)
    return Files(paths)


def _resolve(path: str, link: Callable[[str], str]) -> str:
    """Follow every link on the way to `path`, inside the store; raises KeyError where they never end."""
    waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    done: List[str] = []
    followed = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            del done[-1:]  # above the top is the top, as in a chroot
            continue
        target = link("/".join([*done, part]))
        if not target:
            done.append(part)
            continue
        followed += 1
        if followed > _MOST_LINKS or len(waiting) > 4096:
            raise KeyError(path)
        if target.startswith("/"):
            done = []
        waiting += [step for step in reversed(target.split("/")) if step not in ("", ".")]
    return "/".join(done)


class Folder:
    """A folder of the disk; links are followed as in a chroot, and never lead out of it."""

    def __init__(self, path: str) -> None:
        self.name = path
        self.troubles: Tuple[Gap, ...] = ()
        self._top = os.path.realpath(path)
        self._links: Dict[str, str] = {}

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return a regular file's bytes; never waits for a pipe's other end."""
        full = self._full(path)
        descriptor = os.open(full, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise KeyError(path)
            data = file.read(limit + 1)
        return data[:limit], len(data) > limit

    def glob(self, pattern: str) -> List[str]:
        """Return what matches, in this folder and no other."""
        found = [""]
        for part in pattern.split("/"):
            found = [path for before in found for path in self._matching(before, part)][:_MOST_FOUND]
        return found

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the files below `top`."""
        waiting = [top.rstrip("/")]
        while waiting:
            folder = waiting.pop()
            names = self._names(folder)
            inner = []
            for name in names:
                path = f"{folder}/{name}" if folder else name
                kind = self._kind(path)
                if stat.S_ISDIR(kind) and path.count("/") - top.count("/") < _DEEPEST:
                    inner.append(path)
                elif (stat.S_ISREG(kind) or stat.S_ISLNK(kind)) and (not suffixes or name.endswith(suffixes)):
                    yield path
            waiting += reversed(inner)

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder `path`."""
        try:
            return stat.S_ISDIR(os.lstat(self._full(path)).st_mode)
        except (KeyError, OSError):
            return False

    def link(self, path: str) -> str:
        """Return what the link holds."""
        if path not in self._links:
            try:
                self._links[path] = os.readlink(f"{self._top}/{path}")
            except (OSError, ValueError):
                self._links[path] = ""
        return self._links[path]

    def _full(self, path: str) -> str:
        resolved = _resolve(path, self.link)
        full = f"{self._top}/{resolved}" if resolved else self._top
        try:
            os.lstat(full)
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            raise KeyError(path) from error
        return full

    def _names(self, folder: str) -> List[str]:
        try:
            return sorted(os.listdir(self._full(folder)))
        except (KeyError, OSError):
            return []

    def _kind(self, path: str) -> int:
        try:
            return os.lstat(f"{self._top}/{path}").st_mode
        except (OSError, ValueError):
            return 0

    def _matching(self, before: str, part: str) -> List[str]:
        start = f"{before}/" if before else ""
        if "*" not in part:
            return [start + part] if part == "" or self._is_there(start + part) else []
        matches = matcher(part)
        hidden = part.startswith(".")
        return [start + name for name in self._names(before) if matches(name) and (hidden or not name.startswith("."))]

    def _is_there(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        try:
            os.lstat(f"{self._full(folder)}/{name}")
        except (KeyError, OSError, ValueError):
            return False
        return True


class _Named:
    """Files that are known by name and held in memory: what an archive and single files have in common."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.troubles: Tuple[Gap, ...] = ()
        self._data: Dict[str, bytes] = {}
        self._cut: Set[str] = set()
        self._links: Dict[str, str] = {}
        self._names: Set[str] = set()
        self._inside: Optional[Dict[str, List[str]]] = None

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return what was kept of the file."""
        real = _resolve(path, self.link)
        data = self._data[real]
        return data[:limit], len(data) > limit or real in self._cut

    def glob(self, pattern: str) -> List[str]:
        """Return what matches among the names of files, links and folders."""
        found = [""]
        for part in pattern.split("/"):
            following = []
            matches = matcher(part) if "*" in part else None
            for before in found:
                try:
                    folder = _resolve(before, self.link)
                except KeyError:
                    continue
                names = self._folders.get(folder, ())
                start = f"{before}/" if before else ""
                if matches:
                    hidden = part.startswith(".")
                    following += [start + name for name in names if matches(name) and (hidden or not name.startswith("."))]
                elif part == "" or part in self._index(folder):
                    following.append(start + part)
            found = following[:_MOST_FOUND]
        return found

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the files below `top`."""
        start = f"{top.rstrip('/')}/" if top else ""
        yield from sorted(name for name in (*self._names, *self._links) if name.startswith(start) and (not suffixes or name.endswith(suffixes)))

    def is_folder(self, path: str) -> bool:
        """Tell whether a file lies below `path`."""
        try:
            return _resolve(path, self.link) in self._folders
        except KeyError:
            return False

    def link(self, path: str) -> str:
        """Return what the link holds."""
        return self._links.get(path, "")

    @property
    def _folders(self) -> Dict[str, List[str]]:
        """The names in each folder, sorted."""
        if self._inside is None:
            found: Dict[str, Set[str]] = {"": set()}
            for name in (*self._names, *self._links):
                while True:
                    folder, _, last = name.rpartition("/")
                    known = found.setdefault(folder, set())
                    if last in known or not name:
                        break
                    known.add(last)
                    name = folder
            self._inside = {folder: sorted(names) for folder, names in found.items()}
            self._sets = found
        return self._inside

    def _index(self, folder: str) -> Set[str]:
        return self._sets.get(folder, set()) if self._folders else set()

    def _trouble(self, asked: str, reason: str, leaves_open: str = "") -> None:
        # An archive of a million bad members is told of once for each kind of them.
        if len(self.troubles) < 20:
            self.troubles = (*self.troubles, Gap("source", asked, reason, leaves_open))


class Files(_Named):
    """Plain files by the names they were given with, one of them packed perhaps; "-" is standard input."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(" ".join(paths))
        kept = 0
        for path in paths:
            try:
                data, more = _plain(path)
            except UsageError:
                raise
            except Exception as error:  # of damaged data zlib, lzma and bz2 each raise what they like
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                if len(paths) == 1:
                    raise NoEvidenceError(f"{path}: cannot be read ({reason})") from error
                self._trouble(path, f"cannot be read ({reason})")
                continue
            kept += len(data)
            if kept > MOST_KEPT:
                self._trouble(path, f"not read: all files together have more than {MOST_KEPT >> 20} MiB")
                continue
            name = "standard input" if path == "-" else path.strip("/").replace("/", "\u2215")
            self._data[name] = data
            self._names.add(name)
            if more:
                self._cut.add(name)


def _plain(path: str) -> Tuple[bytes, bool]:
    """Return at most LARGEST_KEPT bytes of a file, unpacked where it is packed, and whether there is more."""
    if path == "-":
        data = sys.stdin.buffer.read(LARGEST_KEPT + 1)
        return data[:LARGEST_KEPT], len(data) > LARGEST_KEPT
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(kind):
            os.set_blocking(descriptor, True)  # as in `guestcheck check <(lspci)`
        elif not stat.S_ISREG(kind):
            raise ValueError("it is no file")
        packed = _packing(file.peek(8)[:8]) if hasattr(file, "peek") else None
        data = (packed(file) if packed else file).read(LARGEST_KEPT + 1)
    return data[:LARGEST_KEPT], len(data) > LARGEST_KEPT


class Archive(_Named):
    """A tar archive, packed or not, read once from its beginning to its end; what is wanted is kept in memory, the rest passed over."""

    def __init__(self, path: str, wants: Sequence[str]) -> None:
        super().__init__(path)
        self._wanted = _any_of(wants)
        self._kept = 0
        try:
            with open(path, "rb") as file:
                packed = _packing(file.read(8))
                file.seek(0)
                self._scan(_Bounded(packed(file) if packed else file))
        except _EnoughError as enough:
            self._trouble(path, f"read in part: {enough}", "whatever stands behind that in the archive")
        except Exception as error:  # tarfile, zlib, lzma and bz2 each raise what they like for damaged data
            said = str(error) or type(error).__name__
            if not self._names:
                raise NoEvidenceError(f"{path}: a damaged archive ({said})") from error
            self._trouble(path, f"damaged, read as far as it goes ({said})", "whatever stands behind that in the archive")

    def _scan(self, stream: "_Bounded") -> None:
        length = 0
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member, bufsize=1 << 18) as archive:  # type: ignore[call-overload]
            for number, member in enumerate(archive):
                archive.members = []  # tarfile keeps them all, and a million of them are a gigabyte
                length += len(member.name) + len(member.linkname)
                if number >= MOST_MEMBERS or length > _MOST_NAMES:
                    raise _EnoughError(f"it has more than {MOST_MEMBERS} members" if number >= MOST_MEMBERS else "its names are too long")
                self._member(archive, member)

    def _member(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = _clean(member.name)
        if not name:
            if not member.isdir():
                self._trouble(ascii(member.name[:80]), "passed over: a name that leads out of the archive or cannot be shown")
        elif name in self._names or name in self._links:
            return  # the first of two members of one name counts
        elif member.issym() or member.islnk():
            # A hard link names a member from the top, a symbolic one is read from where it stands.
            target = member.linkname if member.issym() else "/" + member.linkname
            if len(target) < 4096 and target.isprintable():
                self._links[name] = target
        elif member.isreg():
            self._names.add(name)
            if self._wanted(name):
                self._keep(archive, member, name)
        elif not member.isdir():
            self._trouble(name, "passed over: a device or pipe")

    def _keep(self, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        if self._kept >= MOST_KEPT:
            raise _EnoughError(f"its files that are of use here have more than {MOST_KEPT >> 20} MiB")
        file = archive.extractfile(member)
        data = file.read(LARGEST_KEPT) if file else b""
        self._kept += len(data)
        self._data[name] = data
        if member.size > LARGEST_KEPT:
            self._cut.add(name)


def _clean(name: str) -> str:
    """Return a member's name without "./"; "" for one that is absolute, leads upwards or holds what cannot be shown."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or len(name) > 4096 or not name.isprintable():
        return ""
    return "/".join(parts)


def _any_of(wants: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a name matches one of the patterns, from the top or below a folder or two."""
    parts = [".*".join(escape(part).replace(r"\*", "*").replace("*", "[^/]*") for part in want.split("**")) for want in wants]
    match = compile_pattern(r"(?:[^/]+/){0,2}(?:" + "|".join(parts) + r")\Z").match
    return lambda name: match(name) is not None


class _EnoughError(Exception):
    """An archive costs more than it may; what was read of it counts."""


class _Member(tarfile.TarInfo):
    """A member whose extended headers are bounded: tarfile reads them into memory, whatever size they claim to have."""

    @classmethod
    def frombuf(cls, buf: "bytes | bytearray", encoding: str, errors: str) -> "_Member":
        """Read a header's name, size, kind and link: of the rest tarfile makes numbers that nobody asks for here, in most of its time."""
        kind = bytes(buf[156:157])
        try:
            if len(buf) != tarfile.BLOCKSIZE or kind == tarfile.GNUTYPE_SPARSE:
                raise ValueError
            size, told = (int(bytes(buf[start:end]).strip(b"\0 ") or b"0", 8) for start, end in ((124, 136), (148, 156)))
            if size < 0 or told != sum(buf) - sum(buf[148:156]) + 256:
                raise ValueError
        except ValueError:
            return super().frombuf(buf, encoding, errors)  # large numbers, signed sums, the end, and errors
        texts = (bytes(buf[start:end]).partition(b"\0")[0].decode(encoding, errors) for start, end in ((0, 100), (157, 257), (345, 500)))
        member = cls()
        member.name, member.linkname, prefix = texts
        member.size, member.chksum, member.type = size, told, kind
        if prefix and kind not in tarfile.GNU_TYPES:
            member.name = f"{prefix}/{member.name}"
        if kind == tarfile.AREGTYPE and member.name.endswith("/"):
            member.type = tarfile.DIRTYPE
        member.name = member.name.rstrip("/") if member.isdir() else member.name
        return member

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size < 0 or (self.type not in tarfile.REGULAR_TYPES and not self.isreg() and self.size > _LARGEST_HEADER):
            raise _EnoughError("a member's header is too large")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise _EnoughError("it has sparse members")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


class _Bounded:
    """A stream that ends with an error when it has given too much, or has taken too long."""

    def __init__(self, file: _Stream) -> None:
        self._file = file
        self._given = 0
        self._until = monotonic() + LONGEST_SECONDS

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes."""
        data = self._file.read(size)
        self._given += len(data)
        if self._given > MOST_UNPACKED:
            raise _EnoughError(f"it unpacks to more than {MOST_UNPACKED >> 30} GiB")
        if monotonic() > self._until:
            raise _EnoughError(f"reading it takes more than {LONGEST_SECONDS:g} s")
        return data


def _is_archive(path: str) -> bool:
    """Tell whether a file is a tar archive, packed or not, by its first header."""
    try:
        with open(path, "rb") as file:
            packed = _packing(file.read(8))
            file.seek(0)
            first = (packed(file) if packed else file).read(512)
    except UsageError:
        raise  # packed so that nothing here can unpack it
    except Exception:  # damaged from its first byte on: no archive
        return False
    return len(first) == 512 and (first[257:262] == b"ustar" or _is_old_tar(first))


def _is_old_tar(header: bytes) -> bool:
    """Tell an archive of before POSIX by its checksum, which is the sum of the header's bytes with blanks in its own place."""
    try:
        told = int(header[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return told == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _packing(start: bytes) -> Optional[Callable[[BinaryIO], _Stream]]:
    """Return what unpacks a stream that begins so; None where it is not packed."""
    return next((unpack for mark, unpack in _PACKINGS if start.startswith(mark)), None)


def _gzip(file: BinaryIO) -> _Stream:
    from gzip import GzipFile

    return GzipFile(fileobj=file)


def _bzip2(file: BinaryIO) -> _Stream:
    from bz2 import BZ2File

    return BZ2File(file)


def _zstd(file: BinaryIO) -> _Stream:
    """Unpack by Python's own module (3.14 and newer), the zstandard library or the program zstd, whichever there is."""
    try:
        from compression.zstd import ZstdFile  # type: ignore[import-not-found,unused-ignore]

        return ZstdFile(file)  # type: ignore[no-any-return,unused-ignore]
    except ImportError:
        pass
    try:
        from zstandard import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]

        return ZstdDecompressor(max_window_size=_MOST_MEMORY).stream_reader(file, read_across_frames=True)  # type: ignore[no-any-return,unused-ignore]
    except ImportError:
        pass
    return _Piped(file)


class _Piped:
    """What the program zstd makes of a file; it is stopped when it is of no more use."""

    def __init__(self, file: BinaryIO) -> None:
        import subprocess

        os.lseek(file.fileno(), file.tell(), os.SEEK_SET)  # where the program begins to read; our own buffer may be ahead
        try:
            self._process = subprocess.Popen(
                ["zstd", "-dcq", "--memory=192MB"], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise UsageError("this is packed by zstd: install the program zstd or Python's zstandard, or unpack it first") from error

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes, less at the end only."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) < size and self._process.wait(10) != 0:
            raise ValueError("damaged zstd")
        return data

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            process.stdout.close()
            process.kill()
            process.wait()


class _Xz:
    """What an xz file unpacks to, within bounds of memory that lzma.LZMAFile does not have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._data = b""
        self._ended = False
        self._next()

    def _next(self) -> None:
        from lzma import FORMAT_AUTO, LZMADecompressor

        self._unpacker = LZMADecompressor(FORMAT_AUTO, memlimit=_MOST_MEMORY)

    def read(self, size: int) -> bytes:
        """Return `size` bytes, less at the end only."""
        parts, missing = [], size
        while missing > 0 and not self._ended:
            if self._unpacker.eof:
                left = self._unpacker.unused_data.lstrip(b"\0") or self._file.read(1 << 16).lstrip(b"\0")
                if not left:
                    self._ended = True
                    break
                self._next()
                self._data = left
            elif self._unpacker.needs_input and not self._data:
                self._data = self._file.read(1 << 16)
                if not self._data:
                    raise EOFError("it ends too early")
            part = self._unpacker.decompress(self._data, missing)
            self._data = b""
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


_PACKINGS: Tuple[Tuple[bytes, Callable[[BinaryIO], _Stream]], ...] = (
    (b"\x1f\x8b", _gzip),
    (b"BZh", _bzip2),
    (b"\xfd7zXZ\0", _Xz),
    (b"\x5d\0\0", _Xz),
    (b"\x28\xb5\x2f\xfd", _zstd),
)
