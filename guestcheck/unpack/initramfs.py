"""What is in an initramfs image or a unified kernel image, written down as text: one reader for all
sources that can open a file.

An image is one cpio archive after another, each as it is or packed, with zeros between
(Documentation/driver-api/early-userspace/buffer-format.rst); a unified kernel image holds one in
its section .initrd. Whatever an image holds, reading it ends, in bounded time and memory, and
raises nothing. The text has a line for each thing:

    image 61386240                      the size in bytes; always the first line
    section .initrd 1024 61380000       of a unified kernel image: where it begins and ends
    part 0 plain                        what follows stands in the archive at this offset, packed so
    100644 1234 etc/fstab               mode as in stat(2), octal; size; name
    120777 7 bin -> usr/bin             and where a link leads to
    text etc/fstab 212                  a small file that decides something, with its size: its lines follow, each after a bar
    |/dev/vda1 / ext4
    trouble damaged zstd                why not all could be read
    note 12 bytes at its end ...        what is odd and leaves nothing open
    kernel bzImage                      of a kernel: its format, if it is one that is known
    whole                               everything was read; always the last line, unless there was trouble

In names and texts backslashes and what cannot be printed are written as \\xNN; in names also the
blanks of " -> ".
"""

from __future__ import annotations

import os
import stat
from re import compile as compile_pattern
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, Callable, Dict, List, Optional, Tuple

from guestcheck.errors import UsageError
from guestcheck.model.source import CUT, DENIED, FAILED, OK, Answer, Initramfs
from guestcheck.unpack.clock import Clock
from guestcheck.unpack.cpio import Budget, Entry, Feed, entries
from guestcheck.unpack.frame_ends import lz4_end, lzo_end, zstd_end
from guestcheck.unpack.packed import One, Piped, Slice, Stream, unlz4, unlzo, unzstd
from guestcheck.unpack.pe import sections
from guestcheck.unpack.stream import EnoughError

if TYPE_CHECKING:
    from typing import Literal

# The files whose text is kept: what decides which modules are loaded, which names are waited for,
# and what made the image.
_TEXTS = compile_pattern(
    r"(?:(?:usr/)?lib/modprobe\.d/[^/]+|etc/modprobe\.d/[^/]+|etc/modprobe\.conf|(?:etc/)"
    r"?modules|etc/modules-load\.d/[^/]+|conf/(?:modules|initramfs\.conf|arch\.conf)"
    r"|conf/conf\.d/[^/]+|etc/conf\.d/[^/]+|etc/initramfs-release|(?:etc|usr/lib)/"
    r"initrd-release|etc/cmdline\.d/[^/]+|etc/cmdline|etc/fstab|etc/crypttab"
    r"|cryptroot/crypttab|etc/lvm/lvm\.conf|etc/lvm/lvmlocal\.conf|etc/lvm/devices/[^/]+|etc/"
    r"mdadm\.conf|etc/mdadm/mdadm\.conf|etc/multipath\.conf"
    r"|etc/multipath/[^/]+|(?:usr/)?lib/dracut/[^/]+|buildconfig|config|hooks/[^/]+|"
    r"early_cpio|etc/booster\.init\.yaml|etc/initrd\.mounts|etc/initrd\.scripts"
    r"|(?:(?:usr/)?lib|etc)/systemd/network/[^/]+\.link|mkinitrd\.config|init\.config|(?:usr/)"
    r"?lib/modules/[^/]+/modules\.(?:dep|builtin|softdep))\Z"
)
_LARGEST_TEXT = 128 << 10
_LARGEST_TABLE = 2 << 20  # modules.dep of a whole distribution's kernel is 0.8 MB
_MOST_TEXT = 8 << 20
_LARGEST_IMAGE = 8 << 30
_PACKINGS = (
    (b"070701", "plain"),
    (b"070702", "plain"),
    (b"\x1f\x8b", "gzip"),
    (b"\x1f\x9e", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x04\x22\x4d\x18", "lz4-frame"),
    (b"\x89LZO\0\r\n\x1a", "lzop"),
)
# What finds the end of a stream, and what unpacks it.
_BY_PROGRAM: Dict[str, Tuple[Callable[[BinaryIO, int, int], int], Callable[..., Stream]]] = {
    "zstd": (zstd_end, unzstd),
    "lz4": (lz4_end, unlz4),
    "lz4-frame": (lz4_end, unlz4),
    "lzop": (lzo_end, unlzo),
}
_SHOWN_SECTIONS = (".cmdline", ".uname", ".osrel")

Open = Callable[[str], Tuple[BinaryIO, bool]]
Mask = Callable[[bytes], bytes]


def describe(
    path: str,
    place: str,
    word: Initramfs,
    open_file: Open,
    mask: Mask,
    clock: Optional[Clock] = None,
) -> Answer:
    """Answer what is in the image that the guest calls `path`, of which `open_file(place)` gives
    the file and whether it was cut.

    `mask` takes the secrets out of a text. `clock` is that of all that is read of the guest.
    """
    started = monotonic()
    clock = clock or Clock()
    if clock.is_late:
        return Answer(path, FAILED, f"trouble {clock.says}\n", clock.says)
    image = _Image(word.contents, mask, clock)
    status, detail = OK, ""
    try:
        file, cut = open_file(place)
        with file:
            image.read(file)
        if cut and image.troubles:
            status, detail = CUT, "the archive is too large to keep all of it"
        elif image.troubles:
            status, detail = FAILED, image.troubles[0]
    except PermissionError:
        status, detail = DENIED, "only root may read it"
        image.lines.append(f"trouble {detail}")
    except KeyError:
        status, detail = FAILED, "it leads to where nothing is"
        image.lines.append(f"trouble {detail}")
    except (OSError, ValueError) as error:
        status, detail = FAILED, getattr(error, "strerror", None) or str(error)
        image.lines.append(f"trouble {_shown(detail)}")
    return Answer(path, status, "\n".join(image.lines) + "\n", detail, monotonic() - started)


def open_regular(path: str) -> Tuple[BinaryIO, bool]:
    """Open a file of the disk; raises OSError, or ValueError where it is none, and never waits for
    a pipe's other end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise ValueError("it is no file")
    return file, False


class _Image:
    """An image that is being read, and the lines that tell of it so far."""

    def __init__(self, contents: bool, mask: Mask, clock: Optional[Clock] = None) -> None:
        self.lines: List[str] = []
        self.troubles: List[str] = []
        self._contents = contents
        self._mask = mask
        self._budget = Budget(clock or Clock())
        self._text = _MOST_TEXT
        self._has_init = False

    def read(self, file: BinaryIO) -> None:
        """Write down what is in `file`, whatever happens."""
        size = file.seek(0, os.SEEK_END)
        self.lines.append(f"image {size}")
        try:
            if size > _LARGEST_IMAGE:
                raise EnoughError(f"it has more than {_LARGEST_IMAGE >> 30} GiB")
            file.seek(0)
            head = file.read(_HEAD)
            if not self._contents:
                self._kernel(head, size)
            if head.startswith(b"MZ"):
                self._unified(file, size)
            elif self._contents:
                self._parts(file, 0, size)
        except UsageError as error:  # no program or library for its packing
            self._trouble(str(error))
        except Exception as error:  # of damaged data each library raises what it likes
            self._trouble(str(error) or type(error).__name__)
        if not self.troubles:
            self.lines.append("whole")

    def _kernel(self, head: bytes, size: int) -> None:
        """Write down which format a kernel has; raises ValueError where less of it is there than
        its header says.
        """
        if not head.strip(b"\0"):
            raise ValueError("it is empty" if not size else "damaged: it begins with zeros alone")
        form, end = kernel_of(head)
        self.lines.append(f"kernel {form}")
        if end > size:
            raise ValueError(f"damaged: it has {size} bytes of {end}")

    def _trouble(self, says: str) -> None:
        self.troubles.append(says)
        self.lines.append(f"trouble {_shown(says)}")

    def _unified(self, file: BinaryIO, size: int) -> None:
        found = sections(file, size)
        self.lines += [
            f"section {_name(name)} {start} {end}" for name, (start, end) in found.items()
        ]
        for name in _SHOWN_SECTIONS:
            if name in found:
                start, end = found[name]
                self._keep(
                    name,
                    end - start,
                    Slice(file, start, end).read(min(end - start, _LARGEST_TEXT)).rstrip(b"\0"),
                )
        if ".initrd" in found and self._contents:
            self._parts(file, *found[".initrd"])

    def _parts(self, file: BinaryIO, start: int, end: int) -> None:
        """Read one archive after another, as the kernel does."""
        if start == end:
            self._trouble("it is empty")
            return
        while True:
            feed = Feed(Slice(file, start, end), self._budget)
            feed.skip_zeros()
            start += feed.position
            mark = feed.peek(8)
            if not mark:
                if not any(line.startswith("part ") for line in self.lines):
                    self._trouble("it is empty: it has zeros alone")
                return
            packing = next((name for begin, name in _PACKINGS if mark.startswith(begin)), "")
            if not packing:
                self._unknown(mark, end - start)
                return
            self.lines.append(f"part {start} {packing}")
            start = self._part(file, start, end, packing)

    def _unknown(self, mark: bytes, left: int) -> None:
        if self._has_init:
            # The kernel stops here too, and with its /init it has what it needs: a boot
            # configuration, or rubbish.
            self.lines.append(f"note {left} bytes at its end are no archive")
        else:
            self._trouble(f"unknown packing: it begins with {mark[:6].hex()}")

    def _part(self, file: BinaryIO, start: int, end: int, packing: str) -> int:
        """Read the archives in one part and return where it ends."""
        if packing == "plain":
            feed = Feed(Slice(file, start, end), self._budget)
            self._archive(feed)
            return start + feed.position
        if packing in _BY_PROGRAM:
            return self._by_program(file, start, end, packing)
        one = One(Slice(file, start, end), packing)
        self._archives(one)
        assert one.end is not None
        return one.end

    def _by_program(self, file: BinaryIO, start: int, end: int, packing: str) -> int:
        found, unpack = _BY_PROGRAM[packing]
        damage = ""
        try:
            stop = found(file, start, end)
        except ValueError as error:  # what comes before the damage is read all the same
            stop, damage = end, str(error)
        stream = unpack(Slice(file, start, stop))
        try:
            self._archives(stream)
        finally:
            if isinstance(stream, Piped):
                stream.close()
        if damage:
            raise ValueError(damage)
        return stop

    def _archives(self, stream: Stream) -> None:
        """Read all archives in an unpacked stream, to its end: its checksum stands there."""
        feed = Feed(stream, self._budget)
        while True:
            feed.skip_zeros()
            if not feed.peek(1):
                return
            self._archive(feed)

    def _archive(self, feed: Feed) -> None:
        for entry in entries(feed, self._budget, self._wanted):
            self._entry(entry)

    def _wanted(self, name: bytes, size: int) -> int:
        text = _clean(name)
        if not _TEXTS.match(text) or self._text <= 0:
            return 0
        return min(size, _LARGEST_TABLE if "/modules." in text else _LARGEST_TEXT, self._text)

    def _entry(self, entry: Entry) -> None:
        name = _clean(entry.name)
        self._has_init = self._has_init or name in ("init", "linuxrc")
        line = f"{entry.mode:06o} {entry.size} {_name(name)}"
        if stat.S_ISLNK(entry.mode):
            line += f" -> {_name(entry.data.decode('utf-8', 'surrogateescape'))}"
        self.lines.append(line)
        if entry.data and stat.S_ISREG(entry.mode):
            self._keep(name, entry.size, entry.data)

    def _keep(self, name: str, size: int, data: bytes) -> None:
        """Write a text down; one that is cut shows it by its size, one that is none is not kept."""
        self._text -= len(data)
        if b"\0" in data:
            return
        data = self._mask(data)
        self.lines.append(f"text {_name(name)} {size}")
        self.lines += [
            f"|{_shown(line)}" for line in data.decode("utf-8", "surrogateescape").split("\n")
        ]


_HEAD = 0x400


def kernel_of(head: bytes) -> Tuple[str, int]:
    """Return a kernel's format and how many bytes its file has to have, 0 where its header does not
    tell, by its first _HEAD bytes.

    See Documentation/arch/x86/boot.rst (HdrS, setup_sects, syssize in units of 16 bytes),
    arch/arm64/booting.rst, the zImage of arm (magic at 0x24, start and end behind it),
    arch/riscv/boot-image-header.rst and elf(5). What follows a bzImage, such as a signature, is not
    counted; its last unit may be filled up or not.
    """
    if head[0x202:0x206] == b"HdrS":
        setup = head[0x1F1] or 4
        return "bzImage", (setup + 1) * 512 + max(
            int.from_bytes(head[0x1F4:0x1F8], "little") - 1, 0
        ) * 16
    if head[0x24:0x28] == b"\x18\x28\x6f\x01":
        start, end = (int.from_bytes(head[place : place + 4], "little") for place in (0x28, 0x2C))
        return "zImage", max(end - start, 0)
    if head.startswith(b"\x7fELF") and head[4] == 2:
        order: "Literal['little', 'big']" = "little" if head[5] == 1 else "big"
        table, each, count = (
            int.from_bytes(head[a:b], order) for a, b in ((0x28, 0x30), (0x3A, 0x3C), (0x3C, 0x3E))
        )
        return "ELF", table + each * count
    marks = (
        (0x38, b"ARM\x64", "Image"),
        (0x30, b"RISCV", "Image"),
        (0, b"\x1f\x8b", "gzip"),
        (0, b"MZ", "PE"),
    )
    return next(
        (form for place, mark, form in marks if head[place : place + len(mark)] == mark), ""
    ), 0


def _clean(name: bytes) -> str:
    """Return a name as it counts in the root folder; what else it says is kept, for nothing is ever
    written by it.
    """
    text = name.decode("utf-8", "surrogateescape")
    while text.startswith(("./", "/")):
        text = text[2:] if text.startswith("./") else text[1:]
    return text


def _shown(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(c if (c.isprintable() and c != "\\") or c == "\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        code -= 0xDC00
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def _name(text: str) -> str:
    return _shown(text).replace("\t", "\\x09").replace(" -> ", "\\x20->\\x20")
