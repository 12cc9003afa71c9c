"""Does the initramfs open what the root file system lies on: the programs for each layer, and what
tells them which device to open.

By the tools' own files: initramfs-tools runs the scripts that the packages' hooks copied with their
programs (cryptsetup-initramfs: the table cryptroot/crypttab; lvm2; mdadm; multipath-tools-boot).
dracut has modules, and opens encrypted devices that rd.luks.*= or the image's crypttab names, MD
arrays with rd.md.uuid= or rd.auto (dracut.cmdline(7)). mkinitcpio has hooks (mkinitcpio(8)),
booster settings in its init's own file, Alpine's nlplug-findfs the words cryptroot= and cryptdm=.
tiny-initramfs mounts plain devices alone. Without an initramfs the kernel itself assembles MD
arrays of old, and nothing else.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, Iterator, NamedTuple, Optional, Sequence, Tuple

from guestcheck.model.action import MakeInitramfs, OpenRoot
from guestcheck.model.guest import Guest
from guestcheck.model.hint import Hint
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, STOPS, Reason
from guestcheck.readiness.linux.boots import NONE, READ, Boot
from guestcheck.readiness.linux.layers import BTRFS, CRYPT, LVM, MD, MULTIPATH, NAMES, Layer, Layers

_PROGRAMS = {
    CRYPT: frozenset({"cryptsetup", "systemd-cryptsetup", "cryptroot-ask", "cryptsetup.static"}),
    LVM: frozenset({"lvm", "lvm.static", "vgchange", "lvm_scan", "lvm_scan.sh"}),
    MD: frozenset({"mdadm", "mdassemble", "mdadm.static", "mdraid_start"}),
    MULTIPATH: frozenset({"multipath", "multipathd"}),
    BTRFS: frozenset(
        {"btrfs", "btrfs_device_ready", "64-btrfs.rules", "64-btrfs-dm.rules", "80-btrfs.rules"}
    ),
}
# The words by which each tool's own list of parts names what opens a layer: dracut's modules.txt,
# mkinitcpio's HOOKS.
_PARTS = {
    CRYPT: {"crypt", "systemd-cryptsetup", "encrypt", "sd-encrypt"},
    LVM: {"lvm", "lvm2", "sd-lvm2"},
    MD: {"mdraid", "mdadm", "mdadm_udev", "raid"},
    MULTIPATH: {"multipath"},
    BTRFS: {"btrfs"},
}
_PACKAGES = {
    CRYPT: "cryptsetup",
    LVM: "lvm2",
    MD: "mdadm",
    MULTIPATH: "multipath-tools",
    BTRFS: "btrfs-progs",
}
# Switches of dracut that leave a layer closed: dracut.cmdline(7).
_OFF = {CRYPT: ("rd.luks",), LVM: ("rd.lvm", "rd.dm"), MD: ("rd.md",), MULTIPATH: ("rd.multipath",)}
_NO = ("0", "no", "off")


class Gap(NamedTuple):
    """What is missing for a layer to be opened; `weight` is OPEN where something that is not known
    may open it all the same.
    """

    says: Text
    weight: str = STOPS
    settle: Text = ""


class Case(NamedTuple):
    """A kind of layer below root, with all of them and what starts."""

    kind: str
    layers: Layers
    boot: Boot


def unopened(boot: Boot, guest: Guest, layers: Layers) -> Iterator[Reason]:
    """Yield which layer below the root file system nothing would open before it is mounted."""
    for kind in (CRYPT, LVM, MD, MULTIPATH, BTRFS):
        layer = layers.sure(kind) or layers.early.get(kind)
        gap = _gap(Case(kind, layers, boot)) if layer else None
        if gap and not layers.sure(kind):
            gap = gap._replace(weight=OPEN, settle="whether root lies on it: lsblk -s")
        if layer and gap:
            yield _reason(kind, layer, gap, boot, guest)


def _gap(case: Case) -> Optional[Gap]:
    kind, _, boot = case
    if boot.state == NONE:
        return _without_initramfs(kind, boot)
    if boot.state != READ:
        return None  # that it was not read leaves the verdict open already
    switched = _switched_off(kind, boot)
    if switched:
        return Gap(message("not-opened.switched-off", switched=switched))
    rule = _RULES.get(boot.generator, _unknown_maker)
    return rule(case)


def _reason(kind: str, layer: Layer, gap: Gap, boot: Boot, guest: Guest) -> Reason:
    what = NAMES[kind]
    hints = (
        layer.hint,
        Hint(
            boot.images[-1].path if boot.images else boot.why.source,
            f"made by {boot.generator or 'an unknown tool'}",
        ),
    )
    if boot.state == NONE:
        says = message("root-needs-initramfs.layer", what=what, release=boot.release, says=gap.says)
        action = MakeInitramfs(boot.release)
        return Reason("root-needs-initramfs", says, hints, gap.weight, gap.settle, (action,))
    opened = OpenRoot(*boot.initramfs(guest.initramfs_tool), kind, _PACKAGES[kind])
    says = message("initramfs-does-not-open-root", what=what, says=gap.says)
    if gap.weight == OPEN:
        says = message("initramfs-does-not-open-root.unknown", what=what, says=gap.says)
    return Reason(
        "initramfs-does-not-open-root",
        says,
        hints,
        gap.weight,
        gap.settle,
        (opened,),
    )


def _without_initramfs(kind: str, boot: Boot) -> Optional[Gap]:
    words = boot.options or ()
    if kind == MD:
        if any(word.startswith("md=") for word in words):
            return None
        return Gap(
            message("not-opened.old-metadata"),
            OPEN,
            message("find-out.array-metadata"),
        )
    if kind == BTRFS:
        return (
            None
            if any("device=" in word for word in words)
            else Gap(message("not-opened.other-devices"))
        )
    if any(word.startswith("dm-mod.create=") for word in words):
        return Gap(message("not-opened.dm-mod-create"), OPEN, message("find-out.dm-mod-create"))
    return Gap(message("not-opened.kernel-alone"))


def _switched_off(kind: str, boot: Boot) -> str:
    if boot.generator != "dracut":
        return ""
    for name in _OFF.get(kind, ()):
        if (boot.option(name) or "") in _NO and boot.option(name):
            return f"{name}={boot.option(name)}"
    return ""


def _programs(kind: str, boot: Boot) -> bool:
    """Tell whether the images hold a program for this layer, or their list of parts names one."""
    names: FrozenSet[str] = frozenset(
        file.rpartition("/")[2] for image in boot.images for file in image.files
    )
    return bool(_PROGRAMS[kind] & names) or bool(_PARTS[kind] & _parts(boot))


def _parts(boot: Boot) -> FrozenSet[str]:
    words = [
        word
        for _, path, text in boot.texts("usr/lib/dracut/modules.txt", "lib/dracut/modules.txt")
        for word in text.split()
    ]
    for _, path, text in boot.texts("config", "buildconfig"):
        if path in ("config", "buildconfig"):
            words += (
                text.replace("(", " ").replace(")", " ").replace('"', " ").replace("'", " ").split()
            )
    return frozenset(words)


# An image of these makers has hundreds of files; one with fewer was put together by somebody, or is
# not seen whole.
_FEWEST_FILES = 50


def _no_program(kind: str, boot: Boot) -> Gap:
    return _absent(f"no program for {NAMES[kind]} is in it ({_PACKAGES[kind]})", boot)


def _absent(says: str, boot: Boot) -> Gap:
    """Return a gap by what is not in the image, which proves nothing where the image has so few
    files.
    """
    files = sum(1 for image in boot.images for file in image.files if "/modules/" not in file)
    if boot.generator != "booster" and files < _FEWEST_FILES:
        return Gap(
            message("not-opened.only-files", says=says, files=files),
            OPEN,
            message("find-out.in-initramfs"),
        )
    return Gap(says)


def _initramfs_tools(case: Case) -> Optional[Gap]:
    if case.kind == CRYPT:
        return _cryptroot(case.layers, case.boot)
    return None if _programs(case.kind, case.boot) else _no_program(case.kind, case.boot)


def _cryptroot(layers: Layers, boot: Boot) -> Optional[Gap]:
    """Debian's scripts open what cryptroot/crypttab has; before Debian 10 conf/conf.d/cryptroot; or
    what cryptopts= says.
    """
    old = [text for _, path, text in boot.texts("conf/conf.d/cryptroot") if text.strip()]
    if not _programs(CRYPT, boot):
        return _no_program(CRYPT, boot)
    if old or boot.option("cryptopts"):
        return None
    if boot.unread("cryptroot/crypttab", "conf/conf.d/cryptroot"):
        return Gap(
            message("not-opened.table-by-name"),
            OPEN,
            message("find-out.cryptroot-crypttab"),
        )
    listed = [line.name for image in boot.images for line in image.crypttab]
    if not listed and any("cryptroot/crypttab" in image.files for image in boot.images):
        return Gap(message("not-opened.table-empty"))
    if not listed:
        return _absent("no table of encrypted devices (cryptroot/crypttab) is in it", boot)
    name = _mapped(layers.root)
    if name and name not in listed and layers.sure(CRYPT) and not layers.possible(LVM):
        return Gap(message("not-opened.table-lacks", listed=tuple(listed[:3]), name=name))
    return None


def _mapped(root: str) -> str:
    return root[len("/dev/mapper/") :] if root.startswith("/dev/mapper/") else ""


_LUKS_WORDS = (
    "rd.luks.uuid=",
    "rd.luks.name=",
    "rd.luks.partuuid=",
    "rd.luks.serial=",
    "rd_LUKS_UUID=",
    "luks.uuid=",
    "luks.name=",
)


def _words(boot: Boot) -> Tuple[str, ...]:
    """Return the words of the command line, and those that dracut wrote into the image."""
    return (
        *(boot.options or ()),
        *(word for _, _, text in boot.texts("etc/cmdline") for word in text.split()),
    )


def _has_word(boot: Boot, starts: Sequence[str]) -> bool:
    return any(word.startswith(tuple(starts)) for word in _words(boot))


def _auto(boot: Boot) -> bool:
    words = _words(boot)
    return "rd.auto" in words or any(
        word.startswith("rd.auto=") and word[len("rd.auto=") :] not in _NO for word in words
    )


def _dracut(case: Case) -> Optional[Gap]:
    table = [line.name for image in case.boot.images for line in image.crypttab]
    if not _programs(case.kind, case.boot) and not (case.kind == CRYPT and table):
        return (
            None
            if case.kind == LVM and case.boot.texts("etc/lvm/")
            else _no_program(case.kind, case.boot)
        )
    old = ".el6" in case.boot.release or ".el5" in case.boot.release  # opens whatever it finds
    if case.kind == CRYPT and not (
        old or table or _auto(case.boot) or _has_word(case.boot, _LUKS_WORDS)
    ):
        if case.boot.unread("etc/crypttab"):
            return Gap(
                message("not-opened.crypttab-by-name"), OPEN, message("find-out.crypttab-inside")
            )
        return Gap(message("not-opened.no-luks-uuid"))
    if case.kind == MD and not (
        old or _auto(case.boot) or _has_word(case.boot, ("rd.md.uuid=", "rd_MD_UUID="))
    ):
        return Gap(
            message("not-opened.no-md-uuid"),
            OPEN,
            message("find-out.rd-md-uuid"),
        )
    if case.kind == LVM:
        return _activated(case.layers, case.boot)
    return None


def _activated(layers: Layers, boot: Boot) -> Optional[Gap]:
    """With rd.lvm.lv= dracut activates these volumes alone: dracut.cmdline(7)."""
    words = [word for word in _words(boot) if word.startswith(("rd.lvm.", "rd_LVM_"))]
    volumes = [
        word.partition("=")[2] for word in words if word.startswith(("rd.lvm.lv=", "rd_LVM_LV="))
    ]
    name = layers.root
    if (
        not volumes
        or any(word.startswith(("rd.lvm.vg=", "rd_LVM_VG=")) for word in words)
        or not name.startswith("/dev/")
        or layers.possible(CRYPT)
    ):
        return None
    paths = {f"/dev/{volume}" for volume in volumes}
    paths |= {f"/dev/mapper/{volume.replace('-', '--').replace('/', '-')}" for volume in volumes}
    if name in paths:
        return None
    return Gap(
        message("not-opened.rd-lvm-lv", volumes=tuple(volumes[:3]), name=name),
        OPEN,
        message("find-out.rd-lvm-lv", name=name),
    )


def _mkinitcpio(case: Case) -> Optional[Gap]:
    if not _programs(case.kind, case.boot):
        return _no_program(case.kind, case.boot)
    if case.kind != CRYPT:
        return None
    files = frozenset(file for image in case.boot.images for file in image.files)
    by_systemd = any(
        file.endswith("/systemd-cryptsetup") for file in files
    ) or "sd-encrypt" in _parts(case.boot)
    if by_systemd and (_has_word(case.boot, _LUKS_WORDS) or "etc/crypttab" in files):
        return None
    if not by_systemd and _has_word(case.boot, ("cryptdevice=",)):
        return None
    if "hooks/encrypt" not in files and "encrypt" not in _parts(case.boot) and not by_systemd:
        return Gap(message("not-opened.no-known-hook"), OPEN, message("find-out.hook"))
    words = "rd.luks.*= nor a crypttab in it" if by_systemd else "cryptdevice="
    return Gap(
        message("not-opened.no-word", value="neither " if by_systemd else "no ", words=words)
    )


def _booster(case: Case) -> Optional[Gap]:
    """Booster's init opens LUKS itself; for LVM and MD it needs the programs (booster(1),
    enable_lvm, enable_mdraid).
    """
    if case.kind == CRYPT:
        known = _has_word(case.boot, _LUKS_WORDS)
        return (
            None
            if known
            else Gap(
                message("not-opened.no-luks-name"),
                OPEN,
                message("find-out.booster"),
            )
        )
    return (
        None
        if _programs(case.kind, case.boot) or case.kind == BTRFS
        else _no_program(case.kind, case.boot)
    )


def _mkinitfs(case: Case) -> Optional[Gap]:
    if case.kind == CRYPT:
        known = _has_word(case.boot, ("cryptroot=",))
        return (
            None
            if known
            else Gap(message("not-opened.no-cryptroot"), OPEN, message("find-out.cryptroot"))
        )
    return None if _programs(case.kind, case.boot) else _no_program(case.kind, case.boot)


def _mkinitrd(case: Case) -> Optional[Gap]:
    """Red Hat's nash assembles arrays and makes mappings itself; SUSE's scripts are named after
    what they do.
    """
    files = frozenset(file.rpartition("/")[2] for image in case.boot.images for file in image.files)
    known = (
        _programs(case.kind, case.boot)
        or any(case.kind in name for name in files)
        or (case.kind == MD and "nash" in files)
    )
    return (
        None if known else Gap(message("not-opened.nothing-seen"), OPEN, message("find-out.initrd"))
    )


def _tiny(_case: Case) -> Optional[Gap]:
    return Gap(message("not-opened.tiny"))


def _unknown_maker(case: Case) -> Optional[Gap]:
    return (
        None
        if _programs(case.kind, case.boot)
        else Gap(
            message("not-opened.no-program"),
            OPEN,
            message("find-out.maker-and-layers"),
        )
    )


_RULES: Dict[str, Callable[[Case], Optional[Gap]]] = {
    "initramfs-tools": _initramfs_tools,
    "dracut": _dracut,
    "mkinitcpio": _mkinitcpio,
    "booster": _booster,
    "mkinitfs": _mkinitfs,
    "mkinitrd": _mkinitrd,
    "tiny-initramfs": _tiny,
}
