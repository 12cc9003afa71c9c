"""Packed streams: what unpacks them, in bounded memory: the standard library, an optional library,
or an installed program.

zstd is unpacked by Python's own module (3.14 and newer), the library zstandard or the program zstd,
lz4 by the library lz4 or the program lz4, whichever there is, lzop by that program. Where a stream
of either ends is found by walking over the sizes of its blocks (RFC 8878; the LZ4 frame format; its
legacy format, which the Linux kernel reads): a program does not tell. Damaged data raises
ValueError, EOFError or whatever the library raises.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import BinaryIO, Callable, Dict, Iterator, Optional, Protocol, Tuple

from guestcheck.errors import UsageError
from guestcheck.unpack.programs import environment, find

MOST_MEMORY = 192 << 20  # of xz its largest preset, -9, takes 65 MiB to unpack
_MOST_WINDOW = (
    128 << 20
)  # of zstd: what all of its unpackers allow themselves; zstd --ultra -22 takes that
_PORTION = 1 << 18
_LARGEST_PIPE = 1 << 20  # what a plain user may set, see pipe(7)
_LARGEST_LEGACY = 8 << 20  # what a block of lz4's legacy format holds
_LEGACY = 0x184C2102  # the mark of that format
_MOST_LOOKS = 200_000  # an image of 60 MB has 500 to 1000 blocks
_PACKED_LEGACY = (
    _LARGEST_LEGACY + _LARGEST_LEGACY // 255 + 16
)  # and may take if it cannot be made smaller


class Stream(Protocol):
    """What can be read from its beginning to its end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class Slice:
    """A part of a file, from `start` to `end`, as a stream."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._at, self._end = start, end

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes."""
        left = self._end - self._at
        self._file.seek(self._at)
        data = self._file.read(min(size, left) if size >= 0 else left) if left > 0 else b""
        self._at += len(data)
        return data

    def jump(self, size: int) -> int:
        """Pass over `size` bytes, or what is left; return how many that were."""
        passed = min(size, self._end - self._at)
        self._at += passed
        return passed

    def tell(self) -> int:
        """Return where the next read begins, in the file."""
        return self._at

    def fileno(self) -> int:
        """Return the file's descriptor, if what is read from it ends where this part does."""
        descriptor = self._file.fileno()
        if os.fstat(descriptor).st_size != self._end:
            raise OSError("more follows in the file")
        return descriptor


class One:
    """What one packed stream unpacks to, by the standard library; `end` is where it ended, counted
    in `file`.
    """

    def __init__(self, file: Slice, packing: str) -> None:
        self._file = file
        self._unpacker = _UNPACKERS[packing]()
        self._input = b""
        self._hungry = True
        self.end: Optional[int] = None

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end only."""
        data = b""
        while not data and self.end is None:
            if self._hungry:
                self._input = self._file.read(_PORTION)
                if not self._input:
                    raise EOFError("it ends too early")
            data = self._unpacker.decompress(self._input, size)  # type: ignore[attr-defined]
            # zlib hands back what it has not used, the others keep it.
            self._input = getattr(self._unpacker, "unconsumed_tail", b"")
            self._hungry = getattr(self._unpacker, "needs_input", not self._input)
            if self._unpacker.eof:  # type: ignore[attr-defined]
                self.end = self._file.tell() - len(self._unpacker.unused_data)  # type: ignore[attr-defined]
        return data


def _gzip() -> object:
    from zlib import decompressobj

    return decompressobj(31)


def _bzip2() -> object:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _xz() -> object:
    from lzma import FORMAT_XZ, LZMADecompressor

    return LZMADecompressor(FORMAT_XZ, memlimit=MOST_MEMORY)


def _lzma() -> object:
    from lzma import FORMAT_ALONE, LZMADecompressor

    return LZMADecompressor(FORMAT_ALONE, memlimit=MOST_MEMORY)


_UNPACKERS: Dict[str, Callable[[], object]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "lzma": _lzma,
}


def unzstd(file: BinaryIO, whole: Optional[BinaryIO] = None) -> Stream:
    """Unpack zstd by Python's own module (3.14 and newer), the zstandard library or the program
    zstd, whichever there is.

    The program is given `whole` instead of `file`, where that is something else than what the
    libraries read from.
    """
    try:
        from compression.zstd import ZstdFile  # type: ignore[import-not-found,unused-ignore]

        return ZstdFile(file)  # type: ignore[no-any-return,unused-ignore]
    except ImportError:
        pass
    try:
        from zstandard import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]

        reader = ZstdDecompressor(max_window_size=_MOST_WINDOW)
        return reader.stream_reader(file, read_across_frames=True)  # type: ignore[no-any-return,unused-ignore]
    except ImportError:
        pass
    missing = (
        "this is packed by zstd: install the program zstd or Python's zstandard, or unpack it first"
    )
    return Piped(("zstd", "-dcq", f"--memory={_MOST_WINDOW >> 20}MB"), whole or file, missing)


def unlz4(file: BinaryIO) -> Stream:
    """Unpack lz4, in either of its formats, by the lz4 library or the program lz4, whichever there
    is.
    """
    try:
        return _Lz4(file)
    except ImportError:
        missing = (
            "this is packed by lz4: install the program lz4 or Python's lz4, or unpack it first"
        )
        return Piped(("lz4", "-dcq"), file, missing)


def unlzo(file: BinaryIO) -> Stream:
    """Unpack what lzop packed, by that program."""
    return Piped(
        ("lzop", "-dcq"),
        file,
        "this is packed by lzop: install the program lzop, or unpack it first",
    )


class _Lz4:
    """What lz4 unpacks to, by the library lz4; it knows no legacy format, only its blocks."""

    def __init__(self, file: BinaryIO) -> None:
        from lz4.block import decompress  # type: ignore[import-not-found,unused-ignore]
        from lz4.frame import LZ4FrameDecompressor  # type: ignore[import-not-found,unused-ignore]

        mark = file.read(4)
        self._rest = b""
        self._blocks = (
            self._legacy(file, decompress)
            if mark[:1] == b"\x02"
            else self._modern(file, mark, LZ4FrameDecompressor)
        )

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end only."""
        if not self._rest:
            self._rest = next((block for block in self._blocks if block), b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _legacy(self, file: BinaryIO, unpack: "Callable[..., bytes]") -> Iterator[bytes]:
        while True:
            head = file.read(4)
            size = int.from_bytes(head, "little")
            if size == _LEGACY:
                continue
            if len(head) < 4 or not 0 < size <= _PACKED_LEGACY:
                return
            yield unpack(file.read(size), uncompressed_size=_LARGEST_LEGACY)

    def _modern(self, file: BinaryIO, data: bytes, make: "Callable[[], object]") -> Iterator[bytes]:
        unpacker = make()
        while data and not unpacker.eof:  # type: ignore[attr-defined]
            yield unpacker.decompress(data, _PORTION)  # type: ignore[attr-defined]
            data = b"" if unpacker.eof else file.read(_PORTION) if unpacker.needs_input else b""  # type: ignore[attr-defined]
            while not data and not unpacker.eof and not unpacker.needs_input:  # type: ignore[attr-defined]
                yield unpacker.decompress(b"", _PORTION)  # type: ignore[attr-defined]
                data = file.read(_PORTION) if unpacker.needs_input else b""  # type: ignore[attr-defined]
        if not unpacker.eof:  # type: ignore[attr-defined]
            raise EOFError("it ends too early")


class Piped:
    """What a program makes of a file; it is stopped when it is of no more use. `missing` is said
    where there is no such program.
    """

    def __init__(self, argv: Tuple[str, ...], file: BinaryIO, missing: str) -> None:
        import subprocess

        try:
            os.lseek(
                file.fileno(), file.tell(), os.SEEK_SET
            )  # where the program begins to read; our own buffer may be ahead
            given: "BinaryIO | int" = file.fileno()
        except (
            OSError,
            AttributeError,
        ):  # no file of the disk, or not all of one: it is handed over by a thread
            given = subprocess.PIPE
        try:
            program = find(argv[0]) or argv[0]
            self._process = subprocess.Popen(
                (program, *argv[1:]),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(missing) from error
        if given == subprocess.PIPE:
            from threading import Thread

            Thread(target=_hand_over, args=(file, self._process.stdin), daemon=True).start()
        self._name = argv[0]
        self._widen()

    def read(self, size: int, /) -> bytes:
        """Return exactly `size` bytes, less at the end only."""
        parts = []
        while size > 0:
            data = self.read1(size)
            if not data:
                break
            parts.append(data)
            size -= len(data)
        return b"".join(parts)

    def read1(self, size: int, /) -> bytes:
        """Return at most `size` bytes: what is there already; none at the end only."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if not data and self._process.wait(10) != 0:
            raise ValueError(f"damaged {self._name}")
        return data

    def _widen(self) -> None:
        """Make the pipe as large as a plain user may: fewer turns, a third of the time."""
        try:
            from fcntl import fcntl

            assert self._process.stdout is not None
            fcntl(
                self._process.stdout.fileno(), 1031, _LARGEST_PIPE
            )  # F_SETPIPE_SZ, of which Python has the name from 3.10 on
        except (ImportError, OSError):
            pass

    def close(self) -> None:
        """Stop the program, if it still runs."""
        process = getattr(self, "_process", None)
        if process is not None:
            process.stdout.close()
            process.kill()
            process.wait()

    __del__ = close


def _hand_over(file: BinaryIO, to: BinaryIO) -> None:
    try:
        while True:
            data = file.read(_PORTION)
            if not data:
                break
            to.write(data)
    except (OSError, ValueError):  # the program has enough, or is gone
        pass
    finally:
        with suppress(OSError):
            to.close()


class _Walk:
    """A file that is looked into here and there, and not too often: damaged sizes could lead to a
    million places.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._looks = 0

    def look(self, place: int, size: int) -> bytes:
        """Return the `size` bytes at `place`; raises ValueError where there are fewer."""
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise ValueError("it has too many blocks")
        self._file.seek(place)
        data = self._file.read(size)
        if len(data) < size:
            raise ValueError("it ends too early")
        return data

    def number(self, place: int, size: int) -> int:
        """Return the number that stands at `place`, its lowest byte first."""
        return int.from_bytes(self.look(place, size), "little")


def zstd_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the zstd frames that begin at `start` end, in a file of `size` bytes; raises
    ValueError where one is damaged.
    """
    walk = _Walk(file)
    at = start
    while at + 4 <= size:
        mark = walk.look(at, 4)
        if mark == b"\x28\xb5\x2f\xfd":
            at = _frame_end(walk, at)
        elif (
            at > start and mark[1:] == b"\x2a\x4d\x18" and 0x50 <= mark[0] <= 0x5F
        ):  # a frame to be skipped
            at += 8 + walk.number(at + 4, 4)
        else:
            break
    if at > size:
        raise ValueError("it ends too early")
    return at


def _frame_end(walk: _Walk, at: int) -> int:
    flags = walk.number(at + 4, 1)
    whole = bool(
        flags & 0x20
    )  # a single segment: no size of a window, and one of the content in any case
    at += 5 + (0 if whole else 1) + (0, 1, 2, 4)[flags & 3] + (int(whole), 2, 4, 8)[flags >> 6]
    last = False
    while not last:
        head = walk.number(at, 3)
        last, kind = bool(head & 1), head >> 1 & 3
        if kind == 3:
            raise ValueError("damaged zstd")
        at += 3 + (1 if kind == 1 else head >> 3)
    return at + (4 if flags & 4 else 0)


def lz4_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the lz4 stream that begins at `start` ends, in a file of `size` bytes; raises
    ValueError where it is damaged.
    """
    walk = _Walk(file)
    at = (
        _legacy_end(walk, start, size)
        if walk.look(start, 1) == b"\x02"
        else _modern_end(walk, start)
    )
    if at > size:
        raise ValueError("it ends too early")
    return at


def _legacy_end(walk: _Walk, at: int, size: int) -> int:
    """Blocks follow each other until something else does: the format has no mark of its end."""
    while at + 4 <= size:
        length = walk.number(at, 4)
        if length == _LEGACY:
            length = 0
        elif not 0 < length <= _PACKED_LEGACY:
            break
        at += 4 + length
    return at


def _modern_end(walk: _Walk, at: int) -> int:
    flags = walk.number(at + 4, 1)
    at += 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    while True:
        length = (
            walk.number(at, 4) & 0x7FFFFFFF
        )  # the highest bit says that the block is not packed
        at += 4
        if not length:
            return at + (4 if flags & 4 else 0)
        at += length + (4 if flags & 0x10 else 0)


# Flags in the head of lzop's format: lzop's src/conf.h.
_FILTER, _EXTRA = 0x800, 0x40
_SUMS, _SUMS_OF_PACKED = (0x1, 0x100), (0x2, 0x200)


def lzo_end(file: BinaryIO, start: int, size: int) -> int:
    """Return where the stream of lzop that begins at `start` ends, in a file of `size` bytes;
    raises ValueError where it is damaged.
    """
    walk = _Walk(file)
    at = start + 9
    newer = _big(walk, at, 2) >= 0x0940
    at += 4 + (2 if newer else 0) + 1 + (1 if newer else 0)
    flags = _big(walk, at, 4)
    at += 4 + (4 if flags & _FILTER else 0) + 8 + (4 if newer else 0)
    at += 1 + _big(walk, at, 1) + 4
    if flags & _EXTRA:
        at += 8 + _big(walk, at, 4)
    while True:
        length = _big(walk, at, 4)
        at += 4
        if not length:
            break
        packed = _big(walk, at, 4)
        at += 4 + 4 * sum(1 for flag in _SUMS if flags & flag)
        at += packed + (
            4 * sum(1 for flag in _SUMS_OF_PACKED if flags & flag) if packed < length else 0
        )
        if at > size:
            raise ValueError("it ends too early")
    return at


def _big(walk: _Walk, place: int, size: int) -> int:
    return int.from_bytes(walk.look(place, size), "big")
