"""What is in each initramfs: which modules, what made it, and the small files in it that decide.

A running or mounted guest's images are read themselves (the text of `Initramfs`, described in
unpack/initramfs.py); an archive holds what lsinitrd(8) or lsinitramfs(8) printed of one. Where the
image holds its modules in a file system of its own, or not all of it could be read, a module that
is not in the list may be there all the same: then it is not `complete`.
"""

from re import compile as compile_pattern
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.model.digits import is_digits
from guestcheck.model.source import CUT, OK, Answer, Command, Initramfs, Question, Word


class Image(NamedTuple):
    """An image. `files` maps every file to where it leads as a link ("" for all others), `modules`
    names (with `_`) to files.

    `generator` is dracut, initramfs-tools, mkinitcpio, booster, mkinitfs, mkinitrd, tiny-initramfs
    or unknown; `parts` are "OFFSET PACKING"; `releases` are the folders of its lib/modules; `texts`
    hold the small files by their names, of a unified kernel image also ".cmdline" and ".uname".
    """

    path: str
    size: Optional[int]
    generator: str
    parts: Tuple[str, ...]
    modules: Dict[str, Tuple[str, ...]]
    releases: Tuple[str, ...]
    files: Dict[str, str]
    texts: Dict[str, str]
    complete: bool
    trouble: str
    empty: FrozenSet[str] = frozenset()  # modules without a byte

    def modules_of(self, release: str) -> "frozenset[str]":
        """Return the modules that a kernel of `release` finds in it: those of its own folder, or of
        none.
        """
        inside = f"lib/modules/{release}/"
        return frozenset(
            name
            for name, paths in self.modules.items()
            if any(inside in path or _FOLDER not in path for path in paths)
        )


_FOLDER = "lib/modules/"
_MODULE = compile_pattern(r"[^/]+\.ko(?:\.(?:gz|xz|zst|bz2|lzma|lzo))?\Z")
# Where one of these is, more than the image's own list is in it.
_INNER = ("squash-root.img", "squashfs-root.img", "squash/root.img", "erofs-root.img")
# What gives the maker away: files that no other has; a folder ends with a slash.
_MAKERS = (
    ("booster", ("etc/booster.init.yaml",)),
    ("initramfs-tools", ("conf/initramfs.conf", "conf/arch.conf", "scripts/functions")),
    ("mkinitcpio", ("buildconfig", "init_functions")),
    (
        "dracut",
        (
            "usr/lib/dracut/build-parameter.txt",
            "lib/dracut/build-parameter.txt",
            "usr/lib/dracut-lib.sh",
            "lib/dracut-lib.sh",
        ),
    ),
    (
        "dracut",
        (
            "usr/lib/dracut/modules.txt",
            "lib/dracut/modules.txt",
            "usr/bin/dracut-cmdline",
            "bin/dracut-cmdline",
        ),
    ),
    # ALT Linux's: github.com/osboot/make-initrd, data/ and features/add-udev-rules.
    ("make-initrd", ("bin/initrd-sh-functions", "lib/uevent/", "lib/initrd/")),
    # gentoo/genkernel, gen_initramfs.sh and defaults/.
    ("genkernel", ("etc/initrd.defaults", "etc/initrd.scripts")),
    # Alpine's: mkinitfs, initramfs-init.in.
    ("mkinitfs", ("sbin/nlplug-findfs", "usr/sbin/nlplug-findfs")),
    # Slackware's mkinitrd_command_generator and its initrd-tree.
    ("slackware", ("load_kernel_modules", "initrd-name")),
    ("nixos", ("nix/store/",)),
    (
        "mkinitrd",
        (
            "bin/nash",
            "sbin/nash",
            "mkinitrd.config",
            "run_all.sh",
            "boot/01-devfunctions.sh",
            "etc/sysconfig/initrd",
        ),
    ),
)


# Files that say something by being empty: the reader writes no text of them.
_TELLS_EMPTY = ("cryptroot/crypttab", "etc/crypttab", "etc/lvm/devices/system.devices")


def parse_image(text: str, path: str) -> Image:
    """Read what the reader wrote of an image.

    >>> image = parse_image("image 9\\npart 0 zstd\\n100644 3 usr/lib/modules/6.1/kernel/nvme-core.ko.xz\\ntext etc/fstab 2\\n|a\\n|\\nwhole\\n", "/boot/i")
    >>> dict(image.modules), image.releases, image.texts, image.complete
    ({'nvme_core': ('usr/lib/modules/6.1/kernel/nvme-core.ko.xz',)}, ('6.1',), {'etc/fstab': 'a\\n'}, True)
    """
    size: Optional[int] = None
    parts: List[str] = []
    files: Dict[str, str] = {}
    texts: Dict[str, List[str]] = {}
    troubles: List[str] = []
    kept: List[str] = []
    empty: List[str] = []
    whole = False
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        if line.startswith("|"):
            kept.append(_plain(line[1:]))
        elif is_digits(word):
            length, _, named = rest.partition(" ")
            name, _, target = named.partition(" -> ")
            if name and not word.startswith("04"):
                files[_plain(name)] = _plain(target)
            if length == "0" and not target and ".ko" in name:
                empty.append(_plain(name).rpartition("/")[2].partition(".ko")[0].replace("-", "_"))
            if length == "0" and name.endswith(_TELLS_EMPTY):
                texts.setdefault(_plain(name), [])
        elif word == "text":
            kept = texts.setdefault(_plain(rest.rpartition(" ")[0]), [])
        elif word == "image" and is_digits(rest) and len(rest) < 20:
            size = int(rest)
        elif word == "part":
            parts.append(rest)
        elif word == "trouble":
            troubles.append(_plain(rest))
        whole = line == "whole" or (whole and not line)
    joined = {name: "\n".join(lines) for name, lines in texts.items()}
    image = _image(path, size, parts, files, joined, whole and not troubles, troubles)
    return image._replace(empty=frozenset(empty))


def _image(
    path: str,
    size: Optional[int],
    parts: List[str],
    files: Dict[str, str],
    texts: Dict[str, str],
    whole: bool,
    troubles: List[str],
) -> Image:
    modules: Dict[str, List[str]] = {}
    releases: Dict[str, None] = {}
    for name in files:
        if _FOLDER in name:
            release, slash, _ = name.partition(_FOLDER)[2].partition("/")
            if slash:
                releases[release] = None
        last = name.rpartition("/")[2]
        if ".ko" in last and _MODULE.match(last):
            modules.setdefault(last.partition(".ko")[0].replace("-", "_"), []).append(name)
    inner = next((name for name in _INNER if name in files), "")
    if inner:
        troubles = [*troubles, f"{inner} in it holds more, which is not looked into"]
    generator = _maker(files)
    by_name = {module: tuple(names) for module, names in modules.items()}
    return Image(
        path,
        size,
        generator,
        tuple(parts),
        by_name,
        tuple(releases),
        files,
        texts,
        whole and not inner,
        "; ".join(troubles),
    )


def _maker(files: Dict[str, str]) -> str:
    """Return what made an image that has these files.

    >>> _maker({"init": "", "modules": "", "virtio_blk.ko": ""}), _maker({"lib/uevent/filters/rootdev": ""}), _maker({"init": ""})
    ('tiny-initramfs', 'make-initrd', 'unknown')
    """
    for maker, marks in _MAKERS:
        folders = tuple(mark for mark in marks if mark.endswith("/"))
        if any(mark in files for mark in marks) or (
            folders and any(name.startswith(folders) for name in files)
        ):
            return maker
    # Debian's tiny-initramfs has one program, a list, and the modules beside it: mktirfs(8).
    flat = all("/" not in name or name.startswith(("kernel/x86/", "dev/")) for name in files)
    return "tiny-initramfs" if flat and {"init", "modules"} <= set(files) else "unknown"


_ESCAPE = compile_pattern(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U(000[0-9a-f]{5}|0010[0-9a-f]{4})")


def _plain(text: str) -> str:
    return (
        _ESCAPE.sub(lambda match: chr(int(match.group(match.lastindex or 0), 16)), text)
        if "\\" in text
        else text
    )


# ls -l, as lsinitrd and cpio -tv print it: the size of a device is its numbers.
_LONG = compile_pattern(
    r"([bcdlps-])[rwxsStT-]{9}[.+@]?\s+[0-9]+\s+\S+\s+\S+\s+([0-9]+(?:,\s*[0-9]+)?)\s+"
    r"(?:[A-Z][a-z]{2}\s+[0-9]+\s+[0-9:]+|[0-9]{4}-[0-9][0-9]-[0-9][0-9][ "
    r"T][0-9:.]+(?:\s[+-][0-9]{4})?)\s(.+)\Z"
)
_RULE = "=" * 20
_FEWEST = 50  # an image has hundreds of files; fewer lines were picked out by somebody


def parse_listing(text: str, asked: str) -> Image:
    """Read what lsinitrd, or lsinitramfs with or without -l, printed of an image.

    >>> parse_listing("-rw-r--r--   1 root root 9 Jan  1 1970 lib/modules/6.1/kernel/virtio_blk.ko\\n", "lsinitramfs -l /initrd.img").modules
    {'virtio_blk': ('lib/modules/6.1/kernel/virtio_blk.ko',)}
    """
    path = next((word for word in reversed(asked.split()) if word.startswith("/")), "")
    files: Dict[str, str] = {}
    texts: Dict[str, str] = {}
    odd = False
    lines = text.replace("\r", "").split("\n")
    head: List[str] = []
    for line in lines:
        match = _LONG.match(line)
        if match:
            name, _, target = match.group(3).partition(" -> ")
            if match.group(1) != "d":
                files[_relative(name)] = target
            if match.group(2) == "0" and name.endswith(_TELLS_EMPTY):
                texts[_relative(name)] = ""
        elif line.startswith("Image: "):
            path = line[len("Image: ") :].rpartition(": ")[0] or path
        elif line and not line.startswith(_RULE):
            head.append(line)
    told = _dracut(head, texts)
    if not files:  # without -l: a name a line
        files = {_relative(line): "" for line in head if _NAME.match(line)}
        head = [line for line in head if not _NAME.match(line)]
    ended = next((line for line in reversed(lines) if line), "")
    if any(line.startswith("Image: ") for line in lines):
        odd = not ended.startswith(_RULE)
    else:
        odd = bool(head)
    whole = not odd and "init" in files and len(files) >= _FEWEST
    found = _image(
        path, None, [], files, texts, whole, [] if whole else ["the listing may not be whole"]
    )
    if not found.modules and "init" not in files and not told:
        raise ValueError("no list of an initramfs's files")
    return found._replace(generator="dracut") if told else found


def _relative(name: str) -> str:
    return name[2:] if name.startswith("./") else name


_NAME = compile_pattern(r"(?:\./)?[A-Za-z0-9_][^\s=:$#]*\Z")


def _dracut(lines: List[str], texts: Dict[str, str]) -> bool:
    """Take what lsinitrd says of dracut's own files; tell whether it says any of it."""
    told = False
    modules: Optional[List[str]] = None
    for line in lines:
        if line.startswith("Arguments: "):
            texts["usr/lib/dracut/build-parameter.txt"] = line[len("Arguments: ") :] + "\n"
        elif line.rstrip() == "dracut modules:":
            modules = []
        elif modules is not None and _WORD.match(line):
            modules.append(line.strip())
        told = told or line.startswith(("Version: dracut", "dracut modules:"))
    if modules:
        texts["usr/lib/dracut/modules.txt"] = "".join(name + "\n" for name in modules)
    return told


_WORD = compile_pattern(r"[a-z][a-z0-9_-]*\s*\Z")


def _parse(answers: List[Answer]) -> Tuple[Image, ...]:
    found = tuple(_images(answers))
    if not found and not any(answer.status == OK and not answer.text for answer in answers):
        raise ValueError("nothing that tells of an initramfs")
    return found


def _images(answers: List[Answer]) -> Iterator[Image]:
    # One output of an archive may answer several of the commands.
    for answer in dict.fromkeys(answers):
        if answer.text.startswith(("image ", "trouble ")):
            yield parse_image(answer.text, answer.asked)
        elif answer.text and answer.status in (OK, CUT):
            try:
                image = parse_listing(answer.text, answer.asked)
            except ValueError:
                continue
            yield image._replace(complete=image.complete and answer.status == OK)


def _images_named(answers: Dict[str, Tuple[Answer, ...]]) -> Tuple[Word, ...]:
    """Ask for the images that boot entries name and that no pattern finds: NixOS, Slackware, ugrd
    and others call them as they like.
    """
    from guestcheck.evidence.linux.boot import entries_of, named

    there = {answer.asked for answer in answers.get(INITRAMFS.name, ()) if answer.text}
    names = [
        (name, entry.file)
        for entry in entries_of(answers)
        for name in entry.initrd
        if "ucode" not in name.rpartition("/")[2]
    ]
    paths = [path for path in named(answers, names) if path not in there]
    return (Initramfs(" ".join(paths)),) if paths else ()


UNIFIED = "/boot/efi/EFI/Linux/*.efi /efi/EFI/Linux/*.efi /boot/EFI/Linux/*.efi"

INITRAMFS = Question[Tuple[Image, ...]](
    "initramfs",
    "what is in the initramfs of every installed kernel",
    (
        Initramfs(
            # Debian and SUSE; Red Hat and Arch; Alpine and Gentoo (without .img); booster;
            # kernel-install and ostree
            "/boot/initrd.img-* /boot/initramfs-* /boot/initrd-* /boot/initrd "
            "/boot/booster-*.img /lib/modules/*/initrd"
            " /boot/*/*/initrd* /boot/efi/*/*/initrd* /efi/*/*/initrd* /efi/initramfs-* "
            "/efi/initrd* /efi/booster-*.img"
            " /boot/efi/initramfs-* /boot/efi/initrd* /boot/efi/booster-*.img "
            "/boot/ostree/*/initramfs-* /usr/lib/ostree-boot/initramfs-* " + UNIFIED,
            besides=("rescue", "kdump", ".old", ".bak", ".dpkg-", "~", ".tmp"),
        ),
    ),
    _parse,
    "which drivers the initramfs has, and with them whether the guest would boot from another "
    "kind of disk",
    quiet=True,
    also=(
        Command(("lsinitrd",)),
        Command(("lsinitramfs", "-l", "/initrd.img")),
        Command(("lsinitramfs", "-l", "/boot/initrd.img")),
        Command(
            ("lsinitramfs", "-l", "/boot/initrd.img-{}"), seconds=60, each="/boot/initrd.img-*"
        ),
        Command(("lsinitrd", "/boot/initramfs-{}.img"), seconds=60, each="/boot/initramfs-*.img"),
        Command(("lsinitrd", "/boot/initrd-{}"), seconds=60, each="/boot/initrd-*"),
        Command(("lsinitrd", "/boot/initrd")),
    ),
    deep=True,
    follow=_images_named,
)
