"""One configuration, once with the real program and once with its stand-in: which modules, and
which files that decide something, are in the image.

Both begin with the same image of before, which the real program made. Of the real one guestcheck's
own reader writes the text that the stand-in works on.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple
from zlib import crc32

from guestcheck.model.source import Initramfs
from guestcheck.unpack.initramfs import describe, open_regular
from tests.advice import stand_ins
from tools.initramfs.cases import BASE, COMMANDS, IMAGES, Case, Files
from tools.initramfs.roots import Root

# What the programs are configured by: the stand-in gets a copy.
_CONFIGURATION = (
    "etc/initramfs-tools",
    "etc/dracut.conf",
    "etc/dracut.conf.d",
    "etc/tiny-initramfs",
    "etc/modprobe.d",
    "etc/lvm",
    "etc/mdadm",
    "etc/fstab",
    "etc/crypttab",
    "usr/lib/dracut/dracut.conf.d",
    "usr/lib/modprobe.d",
)
# The files whose texts are compared.
_TEXTS = (
    "etc/modprobe.d/",
    "lib/modprobe.d/",
    "conf/conf.d/",
    "etc/fstab",
    "etc/crypttab",
    "etc/lvm/",
    "etc/mdadm",
)


class Comparison:
    """The images that configurations give, in one root; an image of before is made once."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self._before: Dict[str, bytes] = {}

    def differences(self, case: Case) -> Tuple[str, List[str]]:
        """Return what was compared, and in what the two differ."""
        with self.written({**BASE[case.tool], **case.before}):
            self.make_before(case.tool, case.before)
            before = self._text(case.tool)
            with self.written(case.files):
                code, printed = self.run(case.tool)
                real = self._text(case.tool)
                own_code, own = self._stood_in(case, before)
        left, right, first = _seen(real), _seen(own), _seen(before)
        found = [f"only in the real image: {name}" for name in sorted(left - right)]
        found += [f"only in the stand-in's: {name}" for name in sorted(right - left)]
        if bool(code) != bool(own_code):
            found.append(f"exit codes {code} and {own_code}; {printed.strip()[-300:]}")
        modules = sum(name.startswith("module ") for name in left)
        return (
            f"{modules} modules and {len(left) - modules} files, {len(left - first)} new, "
            f"{len(first - left)} gone",
            found,
        )

    def image(self, tool: str) -> str:
        """Return the path of the image that the program makes."""
        return IMAGES[tool].format(release=self.root.kernel)

    def run(self, tool: str) -> Tuple[int, str]:
        """Run the program as the advice does."""
        words = [
            word.format(release=self.root.kernel, image=self.image(tool)) for word in COMMANDS[tool]
        ]
        return self.root.run(*words)

    def make_before(self, tool: str, before: Files) -> None:
        """Put the image in place that the configuration of before gives."""
        key = f"{tool} {sorted(before.items())}"
        path = self.root.file(self.image(tool))
        if key not in self._before:
            # The programs do not update what is not there.
            path.touch()
            code, printed = self.run(tool)
            if code:
                raise RuntimeError(f"no image of before: {printed.strip()[-500:]}")
            self._before[key] = path.read_bytes()
        path.write_bytes(self._before[key])

    def modules(self, tool: str) -> Set[str]:
        """Return the modules in the image of now."""
        return stand_ins.Image(self._text(tool)).modules()

    def _text(self, tool: str) -> str:
        """Return what the reader of images writes of the image."""
        name = self.image(tool)
        word = Initramfs(name)
        return describe(name, str(self.root.file(name)), word, open_regular, lambda text: text).text

    def _stood_in(self, case: Case, before: str) -> Tuple[int, str]:
        with tempfile.TemporaryDirectory(prefix="guestcheck-") as folder:
            top = Path(folder)
            for name in (*_CONFIGURATION, *self._tables()):
                _copy(self.root.file(name), top / name)
            image = top / self.image(case.tool).lstrip("/")
            image.parent.mkdir()
            image.write_text(before, encoding="utf-8", errors="surrogateescape")
            program, *words = COMMANDS[case.tool]
            filled = [
                word.format(release=self.root.kernel, image=self.image(case.tool)) for word in words
            ]
            code = stand_ins.TOOLS[program](stand_ins.Guest(folder), filled)
            return code, image.read_text(encoding="utf-8", errors="surrogateescape")

    def _tables(self) -> Iterator[str]:
        for name in ("dep", "softdep", "alias"):
            yield f"lib/modules/{self.root.kernel}/modules.{name}"

    @contextmanager
    def written(self, files: Files) -> Iterator[None]:
        """Write files into the root, and put everything back after it."""
        kept = {name: _bytes(self.root.file(name)) for name in files}
        for name, text in files.items():
            _write(self.root.file(name), text.encode())
            if "/hooks/" in name:
                self.root.file(name).chmod(0o755)
        try:
            yield
        finally:
            for name, old in kept.items():
                _write(self.root.file(name), old)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Put the whole configuration back after what changes it."""
        with tempfile.TemporaryDirectory(prefix="guestcheck-") as folder:
            for name in _CONFIGURATION:
                _copy(self.root.file(name), Path(folder) / name)
            try:
                yield
            finally:
                for name in _CONFIGURATION:
                    _remove(self.root.file(name))
                    _copy(Path(folder) / name, self.root.file(name))
                _remove(self.root.file("var/backups/guestcheck"))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    if content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, symlinks=True)
    elif source.exists():
        shutil.copyfile(source, place)


def _seen(text: str) -> Set[str]:
    """Return the modules of an image, and the files that decide something with what they say."""
    image = stand_ins.Image(text)
    found = {f"module {name}" for name in image.modules()}
    for name in image.files:
        short = name[len("usr/") :] if name.startswith("usr/") else name
        if short.startswith(_TEXTS) and not image.files[name].startswith("04"):
            text = "\n".join(image.texts.get(name, [])).strip()
            told = repr(text) if len(text) < 80 else f"of {len(text)}, {crc32(text.encode()):08x}"
            found.add(f"file {short}: {told}")
    return found
