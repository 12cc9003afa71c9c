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
LEGACY = 0x184C2102  # the mark of that format
PACKED_LEGACY = (
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
            if size == LEGACY:
                continue
            if len(head) < 4 or not 0 < size <= PACKED_LEGACY:
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


# Flags in the head of lzop's format: lzop's src/conf.h.
FILTER, EXTRA = 0x800, 0x40
SUMS, SUMS_OF_PACKED = (0x1, 0x100), (0x2, 0x200)
