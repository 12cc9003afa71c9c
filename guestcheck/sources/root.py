"""A guest's root file system that does not run: a mounted image, a chroot, a container's files, a
tar archive of them.

Only files are read, as a chroot would find them; layouts are those of hier(7) and the UAPI group's
"Linux File System Hierarchy". Which devices the guest has, only the running guest can show: all
that is a program's, a library's or the kernel's to tell is a gap.
"""

from __future__ import annotations

import os
from typing import List, Optional, Sequence, Tuple

from guestcheck.errors import NoEvidenceError, UsageError
from guestcheck.model.source import (
    ABSENT,
    DENIED,
    FILES,
    ONLY_RUNNING,
    UNASKED,
    Answer,
    Call,
    Command,
    File,
    Gap,
    Listing,
    Question,
    Raw,
    Tree,
)
from guestcheck.sources._offline import Offline
from guestcheck.stores.chroot import RUNNING, Chroot
from guestcheck.stores.folder import Folder
from guestcheck.stores.store import Store

RANK = 1
WANTS = (
    "etc/*-release",
    "etc/SuSE-release",
    "etc/debian_version",
    "etc/hostname",
    "etc/fstab",
    "usr/lib/os-release",
    "boot/**",
    "vmlinuz*",
    "initrd*",
    "etc/lilo.conf",
    "etc/kernel/cmdline",
    "efi/**",
    "lib/modules/*/config",
    "lib/modules/*/modules.builtin",
    "usr/lib/modules/*/config",
    "usr/lib/modules/*/modules.builtin",
    "usr/lib/ostree-boot/config-*",
    # what is asked of names of disks and cards, of whatever archive holds such files
    "etc/crypttab",
    "etc/overlayroot.conf",
    "etc/overlayroot.local.conf",
    "etc/mdadm.conf",
    "etc/mdadm/mdadm.conf",
    "etc/lvm/*.conf",
    "etc/lvm/devices/system.devices",
    "etc/lvm/backup/*",
    "etc/lvm/archive/*",
    "etc/multipath.conf",
    "etc/default/grub",
    "etc/default/grub.d/*.cfg",
    "etc/cloud/cloud.cfg",
    "etc/cloud/cloud.cfg.d/*.cfg",
    "etc/initramfs-tools/conf.d/*",
    "etc/modprobe.conf",
    "*/modprobe.d/*.conf",
    "usr/local/lib/modprobe.d/*.conf",
    "etc/sysconfig/network-scripts/ifcfg-*",
    "etc/sysconfig/network/ifcfg-*",
    "etc/network/**",
    "etc/systemd/system/**",
    *(
        f"{lib}/systemd/system/{unit}"
        for lib in ("lib", "usr/lib")
        for unit in ("*.mount", "*.swap", "*.automount", "*.requires/*")
    ),
    "*/netplan/*.yaml",
    "*/NetworkManager/system-connections/*",
    "*/NetworkManager/NetworkManager.conf",
    "*/NetworkManager/conf.d/*.conf",
    "*/systemd/network/*",
    "*/systemd/network/*.d/*.conf",
    "etc/conf.d/net",
    "etc/config/network",
    "etc/connman/main.conf",
    "etc/dhcpcd.conf",
    "etc/netctl/*",
    "etc/wicked/ifconfig/*.xml",
    "var/lib/connman/ethernet_*/settings",
    "*/udev/rules.d/*.rules",
    "var/cache/debconf/config.dat",
    "lib/modules/*/modules.dep",
    "usr/lib/modules/*/modules.dep",
)

_NOT_RUNNING = tuple(f"/{folder}/" for folder in RUNNING)
# Where a kernel leaves its mark, whatever the distribution.
_KERNELS = (
    "lib/modules/*/modules.*",
    "lib/modules/*/kernel",
    "lib/modules/*/vmlinuz",
    "boot/vmlinu*",
    "boot/config-*",
)
# What other archives of files have, and no root.
_OTHERS = (
    "sos_commands",
    "sos_reports",
    "insights_commands",
    "insights_archive.txt",
    "meta_data",
    "basic-environment.txt",
    "manifest.json",
)


class Root(Offline):
    """The root file system in `store`, at `top` ("" or "NAME/")."""

    origin = FILES

    def __init__(self, store: Store, top: str = "") -> None:
        self.files = Chroot(store, top)
        super().__init__(self.files)
        # Where /lib was not merged into /usr and has no modules, /usr/lib may have them all the
        # same: an image of /usr alone.
        self._moved = not self.files.is_folder("lib/modules") and self.files.is_folder(
            "usr/lib/modules"
        )

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Answer what files can answer; see `Source.gather`."""
        if not any(self.files.glob(self.place("/" + mark)) for mark in _KERNELS):
            if any(
                self.files.is_denied(folder)
                for folder in ("boot", "lib/modules", "usr/lib/modules")
            ):
                raise NoEvidenceError(
                    f"{self.name}: its kernels may not be looked at; try again as root"
                )
            raise NoEvidenceError(
                f"{self.name}: no kernel in its /boot and /lib/modules, as in a container's "
                "root; devices only the running guest shows"
            )
        self.troubles = list(self._unmounted())
        return super().gather(questions)

    def place(self, path: str) -> str:
        """Return where the guest's file lies; nowhere, if only a running kernel shows it."""
        if path.startswith(_NOT_RUNNING):
            return ""
        return "usr" + path if self._moved and path.startswith("/lib/modules/") else path[1:]

    def file(self, word: File) -> Tuple[Answer, ...]:
        """Return the text of each file that matches; a folder that is not ours to read is no lack
        of files.
        """
        return self._explained(super().file(word), (word.path,))

    def listing(self, word: Listing) -> Tuple[Answer, ...]:
        """Return which paths there are."""
        return self._explained(super().listing(word), word.pattern.split())

    def command(self, word: Command) -> Tuple[Answer, ...]:
        """Say that no program runs here."""
        return (Answer(" ".join(word.argv), UNASKED, detail=ONLY_RUNNING),)

    def call(self, word: Call) -> Tuple[Answer, ...]:
        """Say that no library can be asked."""
        return (Answer(word.name, UNASKED, detail=ONLY_RUNNING),)

    def tree(self, word: Tree) -> Tuple[Answer, ...]:
        """Say that there is no /sys."""
        return (Answer(word.pattern, UNASKED, detail=ONLY_RUNNING),)

    def _explained(self, answers: Tuple[Answer, ...], paths: Sequence[str]) -> Tuple[Answer, ...]:
        """Say of what was not found why: the running kernel's, or not ours to look at."""
        first = answers[0]
        if first.status == UNASKED:
            return (first._replace(detail=ONLY_RUNNING),)
        if first.status == ABSENT and any(
            self.files.is_denied(_fixed(self.place(path))) for path in paths if self.place(path)
        ):
            return (first._replace(status=DENIED, detail=""),)
        return answers

    def _unmounted(self) -> List[Gap]:
        """Tell of folders that are empty because the file system that belongs there was not mounted
        below the root.
        """
        there = _mounts(self.files)
        told = any(self.files.glob(mark) for mark in _ENTRIES)
        gaps = [
            Gap("source", where, f"empty here; by /etc/fstab {device} is mounted there", opens)
            for where, opens in _PARTITIONS.items()
            for device in [there.get(where)]
            if device
            and not self.files.glob(where[1:] + "/*")
            and not (told and where.endswith("efi"))
        ]
        if (
            "/boot" not in there
            and not self.files.glob("boot/*")
            and not self.files.is_denied("boot")
        ):
            gaps.append(
                Gap(
                    "source",
                    "/boot",
                    "nothing is in it; is it a partition of its own, which is not mounted here?",
                    _PARTITIONS["/boot"],
                )
            )
        return gaps


# Where a boot loader that is no file of the EFI partition has its entries.
_ENTRIES = ("boot/grub/grub.cfg", "boot/grub2/grub.cfg", "boot/loader/entries/*.conf")
_PARTITIONS = {
    "/boot": "which kernel boots by default, and what a kernel's configuration there says",
    "/boot/efi": "boot entries that lie on the EFI system partition",
    "/efi": "boot entries that lie on the EFI system partition",
    "/usr": "which programs, and perhaps which kernels' modules, are installed",
}


def _mounts(store: Store) -> "dict[str, str]":
    """Return which device /etc/fstab mounts where."""
    try:
        text = store.read("etc/fstab", 1 << 16)[0].decode("utf-8", "replace")
    except (KeyError, OSError, ValueError):
        return {}
    lines = (line.split() for line in text.split("\n") if not line.lstrip().startswith("#"))
    return {fields[1].rstrip("/"): fields[0] for fields in lines if len(fields) > 2}


def _fixed(place: str) -> str:
    """Return the folder in which a path or the first star of a pattern stands."""
    return place.split("*", 1)[0].rpartition("/")[0]


def open_root(path: str) -> Offline:
    """Return the root file system, or the Windows volume, under the folder `path`, which the user
    says is one.
    """
    try:
        empty = not os.listdir(path)
    except OSError as error:
        raise UsageError(f"--root {path}: {error.strerror}") from error
    if empty:
        raise NoEvidenceError(f"{path}: an empty folder; is the image mounted there?")
    store = Folder(path)
    if not looks_like_one(store):
        from guestcheck.sources.windows import open_volume

        volume = open_volume(store)
        if volume is not None:
            return volume
        raise NoEvidenceError(
            f"{path}: no root file system: it has no folder etc beside usr, lib or "
            f"boot{_perhaps(store)}"
        )
    return Root(store)


def _perhaps(store: Store) -> str:
    """Name the root file systems that lie further down: subvolumes of btrfs, deployments of OSTree."""
    found = [
        start.replace("/etc", "")
        for start in (*store.glob("*/etc"), *store.glob("ostree/deploy/*/deploy/*/etc"))
    ]
    roots = [f"{store.name.rstrip('/')}/{top}" for top in found if looks_like_one(store, top + "/")]
    return f"; did you mean {' or '.join(roots[:3])}?" if roots else ""


def looks_like_one(store: Store, top: str = "") -> bool:
    """Tell whether a root file system is at `top` of `store`."""
    if not store.is_folder(top):
        return False
    files = Chroot(store, top)
    return files.is_folder("etc") and any(
        files.is_folder(folder) for folder in ("usr", "lib", "boot")
    )


AT = ("etc",)


def is_at(store: Store, top: str) -> bool:
    """Tell whether a root file system lies right in the folder `top`."""
    return looks_like_one(store, top) and not any(store.glob(top + mark) for mark in _OTHERS)


def recognise(store: Store) -> Optional[Root]:
    """Open `store` if it is a root file system, in a folder of its own perhaps if it is an archive."""
    tops = [""]
    if not isinstance(store, Folder):
        tops += [top + "/" for top in store.glob("*")[:2]]
    for top in tops:
        if looks_like_one(store, top) and not any(store.glob(top + mark) for mark in _OTHERS):
            return Root(store, top)
    return None
