"""A disk image's files through guestfish(1), read only: one session, a command and its answer at a
time.

libguestfs starts a small machine of its own on the image, finds the operating system and mounts its
file systems as its fstab says. Nothing of the guest runs, and nothing is written. What guestfish
puts into temporary files lies in a folder of ours, which is gone at the end.
"""

from __future__ import annotations

import os
import selectors
import stat
import subprocess
from contextlib import suppress
from io import BytesIO
from itertools import islice
from re import ASCII, escape, sub
from re import compile as compile_pattern
from time import monotonic
from typing import BinaryIO, Dict, Iterator, List, Tuple

from guestcheck.errors import NoEvidenceError
from guestcheck.model.source import FAILED, OK, Answer
from guestcheck.stores.store import Store, is_target
from guestcheck.unpack.bounds import LARGEST_FILE
from guestcheck.unpack.programs import find, search_path
from guestcheck.unpack.tar import FILE, FOLDER, LINK, OTHER

# Without KVM the machine starts in 30 to 90 s, and all of an image takes one to three minutes
# (measured with 1.48 on two cores at a load of 10).
LONGEST_SECONDS = 600.0
# With KVM it starts in seconds. Where KVM is there and hangs, as it may in a nested guest, it never
# does; then guestfish is started once more, and emulates.
LONGEST_START = 150.0
_MOST_ANSWER = 96 << 20
_MOST_SAID = 1 << 16
_LAST_WAIT = 10.0


class Session:
    """A guestfish that has `path` open; to be closed."""

    def __init__(self, path: str, kind: str) -> None:
        from tempfile import mkdtemp

        self.path = path
        self._deadline = monotonic() + LONGEST_SECONDS
        self._mark = f"guestcheck-{os.urandom(8).hex()}"
        self._said = b""
        self._ready = False
        self._folder = mkdtemp(prefix="guestcheck-")
        # A full path is taken neither for an option nor for an address.
        self._argv = [
            find("guestfish") or "guestfish",
            "--ro",
            "--no-progress-bars",
            f"--format={kind}",
            "-a",
            os.path.abspath(path),
            "-i",
        ]
        self._start({})
        self._patience = monotonic() + LONGEST_START if _may_use_kvm() else self._deadline

    def _start(self, more: Dict[str, str]) -> None:
        """Start guestfish; `more` is added to its environment."""
        environment = {
            **_harmless(),
            "LC_ALL": "C",
            "TMPDIR": self._folder,
            "LIBGUESTFS_TMPDIR": self._folder,
        }
        environment.update(
            LIBGUESTFS_DEBUG="0", LIBGUESTFS_TRACE="0"
        )  # what it says is a complaint then, and nothing else
        if not os.environ.get("LIBGUESTFS_BACKEND"):
            environment["LIBGUESTFS_BACKEND"] = "direct"
            environment["XDG_RUNTIME_DIR"] = (
                self._folder
            )  # where its sockets are; libvirt has its own there
        environment.update(more)
        try:
            # A session of its own: it asks nobody for a passphrase, and can be stopped with the
            # machine that it started.
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            self._tidy()
            raise NoEvidenceError(
                f"{self.path}: guestfish cannot be started ({error.strerror})"
            ) from error
        self._selector = selectors.DefaultSelector()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ)

    def ask(self, command: str) -> Tuple[bytes, str]:
        """Return what `command` printed, and its complaint ("" where it had none)."""
        mark = f"{self._mark}\n".encode()
        self._said = b""
        data = bytearray()
        self._send(f"-{command}\n-echo {self._mark}\n")
        while not data.endswith(mark):
            if not self._ready and self._patience < monotonic() < self._deadline:
                self._start_without_kvm()
                data.clear()
                self._send(f"-{command}\n-echo {self._mark}\n")
            self._take(data)
        self._drain()
        self._ready = True
        return bytes(data[: -len(mark)]), self._said.decode("utf-8", "backslashreplace").strip()

    def _start_without_kvm(self) -> None:
        self._end()
        self._said = b""
        self._patience = self._deadline
        self._start({_SETTINGS: "force_tcg"})

    def close(self) -> None:
        """End guestfish and its machine, by force if need be."""
        self._end()
        self._tidy()

    def _end(self) -> None:
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            return
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(
                _LAST_WAIT if self._ready else 0.1
            )  # it has something mounted, or nothing to lose
        with suppress(OSError):  # all have ended
            os.killpg(self._process.pid, 9)
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._selector.close()

    def _tidy(self) -> None:
        from shutil import rmtree

        rmtree(self._folder, ignore_errors=True)

    def _send(self, text: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended, and what it said is read below
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()

    def _take(self, data: bytearray) -> None:
        """Add what guestfish prints to `data`; raises NoEvidenceError when it ends, is late or
        prints without end.
        """
        if monotonic() > self._deadline:
            raise NoEvidenceError(
                f"{self.path}: guestfish did not end within {LONGEST_SECONDS:g} s; where KVM "
                f"hangs, {_SETTINGS}=force_tcg does without it"
            )
        ready = self._selector.select(1.0) if self._selector.get_map() else []
        if not ready and self._process.poll() is not None:
            raise NoEvidenceError(f"{self.path}: {self._why()}")
        for key, _ in ready:
            part = os.read(key.fd, 1 << 16)
            if not part:
                self._selector.unregister(key.fileobj)
            elif key.fileobj is self._process.stdout:
                data += part
            elif len(self._said) < _MOST_SAID:
                self._said += part
        if not self._ready and b"Enter key or passphrase" in data:
            raise NoEvidenceError(
                f"{self.path}: {_ENCRYPTED}"
            )  # and what we would ask next was taken for one
        if len(data) > _MOST_ANSWER:
            raise NoEvidenceError(f"{self.path}: it has more in one place than can be looked at")

    def _why(self) -> str:
        """Say why guestfish ended. It works on an overlay in our folder, which nobody knows."""
        said = self._said.decode("utf-8", "replace")
        return _why(sub(escape(self._folder) + r"[^\s'\":,;]*", lambda _: self.path, said))

    def _drain(self) -> None:
        """Take what was complained of; it was said before the answer ended."""
        assert self._process.stderr is not None
        with suppress(OSError, ValueError):
            self._said += os.read(self._process.stderr.fileno(), 1 << 16)


_SETTINGS = "LIBGUESTFS_BACKEND_SETTINGS"


def _may_use_kvm() -> bool:
    """Tell whether KVM is there, and nobody chose with or without."""
    return not os.environ.get(_SETTINGS) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def _harmless() -> Dict[str, str]:
    """Return our environment, in which libguestfs has settings of its own, without what puts code
    into other programs.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LD_", "PYTHON", "PERL", "BASH_", "SHELLOPTS"))
    }
    return {**kept, "PATH": search_path()}


_ENCRYPTED = "it is encrypted; open it, mount it and use --root DIR"
# What guestfish says when it ends at once, and what that means to who reads it.
_REASONS = (
    ("no operating system", "no operating system was found in it"),
    (
        "multi-boot",
        "it has several operating systems; mount the one to be judged (guestmount -a IMAGE -m "
        "DEVICE --ro DIR) and use --root DIR",
    ),
    ("LUKS encrypted", _ENCRYPTED),
    ("/dev/tty", _ENCRYPTED),
)


def _why(said: str) -> str:
    known = next((reason for mark, reason in _REASONS if mark in said), "")
    lines = [line.strip() for line in said.split("\n") if "error" in line] or [
        line.strip() for line in said.split("\n") if line.strip()
    ]
    return (
        known
        or "guestfish could not read it "
        f"({ascii(lines[0][:300])[1:-1] if lines else 'it said nothing'})"
    )


class GuestStore(Store):
    """The guest's files as a store."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.path)
        self._session = session
        self._names: Dict[str, Tuple[str, ...]] = {}
        self._told: Dict[str, bytes] = {}

    def read(self, path: str, limit: int = LARGEST_FILE) -> Tuple[bytes, bool]:
        """Return at most `limit` bytes of a regular file."""
        real = self.resolve(path)
        if self.kind(real) != FILE:
            raise KeyError(path)
        most = self.allowed(limit)
        data, more = self._taken(real, most)
        self.spend(len(data))
        return data, more

    def _taken(self, real: str, most: int) -> Tuple[bytes, bool]:
        data, complaint = self._session.ask(f"download-offset {_quoted(real)} - 0 {most + 1}")
        if complaint:
            raise ValueError(complaint.rpartition("error: ")[2][:200])
        return data[:most], len(data) > most

    def open(self, path: str) -> Tuple[BinaryIO, bool]:
        """Return a file, held in memory, and whether there is more than it holds."""
        real = self.resolve(path)
        if self.kind(real) != FILE:
            raise KeyError(path)
        data, more = self._taken(real, LARGEST_FILE)
        return BytesIO(data), more

    def walk(self, top: str, suffixes: Tuple[str, ...] = ()) -> Iterator[str]:
        """Yield what lies below `top` by the ends of its names: asked for at once, for each answer
        takes its time.
        """
        if self.is_folder(top):
            for name in self._listed("find0", self.resolve(top)):
                if not suffixes or name.endswith(suffixes):
                    yield f"{top}{name if name.startswith('/') else '/' + name}"

    def kind(self, path: str) -> str:
        """Return the kind; what no folder lists is not asked for."""
        folder, _, name = path.rpartition("/")
        if not path or path in self._names:
            return FOLDER
        if name not in self.inside(folder):
            return OTHER
        mode = next(
            (
                line[5:]
                for line in self._tell(f"lstat {_quoted(path)}").decode().split("\n")
                if line.startswith("mode:")
            ),
            "0",
        )
        return _KINDS.get(stat.S_IFMT(int(mode)), OTHER)

    def target(self, path: str) -> str:
        """Return what a link holds."""
        target = self._tell(f"readlink {_quoted(path)}").decode("utf-8", "replace").rstrip("\n")
        return target if is_target(target) else ""

    def inside(self, path: str) -> Tuple[str, ...]:
        """Return the names in a folder."""
        if path not in self._names and self.kind(path) != FOLDER:
            return ()
        if path not in self._names:
            self._names[path] = tuple(self._listed("ls0", path))
        return self._names[path]

    def file_systems(self, asked: str) -> Answer:
        """Return what blkid reports of each file system, in its form `-o export`."""
        said, complaint = self._session.ask("list-filesystems")
        names = [
            line.rpartition(": ")[0]
            for line in said.decode("utf-8", "replace").split("\n")
            if ": " in line
        ]
        devices = dict.fromkeys(match[1] for match in map(_DEVICE, names) if match)
        blocks = []
        for device in islice(devices, _MOST_FILE_SYSTEMS):
            tags, more = self._session.ask(f'blkid "{device}"')
            complaint = complaint or more
            lines = (
                line.partition(": ")
                for line in tags.decode("utf-8", "replace").split("\n")
                if ": " in line
            )
            blocks.append(
                "\n".join(
                    [
                        f"DEVNAME={device}",
                        *(f"{key}={value}" for key, _, value in lines if key != "DEVNAME"),
                    ]
                )
            )
        if complaint or not blocks or len(devices) > _MOST_FILE_SYSTEMS:
            return Answer(asked, FAILED, detail=(complaint or "not all could be listed")[:200])
        return Answer(asked, OK, "\n\n".join(blocks) + "\n")

    def _listed(self, command: str, folder: str) -> List[str]:
        data, _ = self._session.ask(f"{command} {_quoted(folder)} -")
        return sorted(
            name
            for name in data.decode("utf-8", "surrogateescape").split("\0")
            if name and _is_plain(name)
        )

    def _tell(self, command: str) -> bytes:
        if command not in self._told:
            self._told[command] = self._session.ask(command)[0]
        return self._told[command]


_MOST_FILE_SYSTEMS = 128
# The appliance's own disks and arrays, or a logical volume. Of btrfsvol:/dev/sda2/@ the rest is a
# subvolume.
_DEVICE = compile_pattern(
    r"(?:btrfsvol:)?(/dev/(?:(?:sd[a-z]+|md)[0-9]*|[A-Za-z0-9._+-]+/[A-Za-z0-9._+-]+))(?:/.*)?\Z",
    ASCII,
).match

_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}


def _quoted(path: str) -> str:
    return f'"/{path}"'


def _is_plain(name: str) -> bool:
    """Tell whether a name can stand between guestfish's quotes as it is; no file that matters has
    another.
    """
    return name.isprintable() and not {'"', "\\"}.intersection(name)
