"""How each tool is told to put a module into the initramfs, and how one sees that it did.

The files and commands are those of dracut.conf(5), initramfs.conf(5), mkinitcpio.conf(5),
booster(1), mkinitfs(1), update-tirfs(8), make-initrd(1), genkernel(8), rpm-ostree(1),
transactional-update(8), NixOS' manual and, of old, SUSE's /etc/sysconfig/kernel and Red Hat's
mkinitrd(8).
"""

from __future__ import annotations

import re
from typing import Callable, Dict, NamedTuple, Tuple

from guestcheck.advice.linux import packages
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.source import FILES

_WHERE = "in the guest"
_OLD_DRACUT = (".el5", ".el6")
_AGAIN = "This must be done before the disk is moved, and for each kernel that may be booted."
_CHROOT = (
    "In a chroot, /dev, /proc and /sys have to be there, and the tool sees another machine than "
    "the guest: the drivers are named for that."
)
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
# Systems whose root file system is a snapshot that only transactional-update(8) writes.
_TRANSACTIONAL = (
    "opensuse-microos",
    "sle-micro",
    "sl-micro",
    "opensuse-leap-micro",
    "opensuse-aeon",
    "opensuse-kalpa",
    "suse-microos",
)
# What makes the initramfs where no image was read and no tool was seen.
_USUAL = {
    "debian": "initramfs-tools",
    "ubuntu": "initramfs-tools",
    "alpine": "mkinitfs",
    "arch": "mkinitcpio",
    "void": "dracut",
    "photon": "dracut",
}


class Image(NamedTuple):
    """An initramfs to be made: by which tool, for which kernel, and its path ("" where that is not
    known).
    """

    tool: str
    release: str
    path: str = ""
    offline: bool = False  # the guest does not run: a root file system or a disk image


def tool(maker: str, image: str, inventory: Inventory) -> str:
    """Return the tool that makes the initramfs, in the form that this system has: "unknown" where
    it cannot be told.

    What made the image that is loaded decides, and not what is installed. Systems whose image is
    part of a read-only deployment have a program of their own that calls the tool.
    """
    guest = inventory.guest
    entries = guest.setup.entries or ()
    kind = packages.family(inventory)
    if image.endswith(".efi"):
        return "unified"
    if "/ostree/" in image or any(
        word.startswith("ostree=") for entry in entries for word in entry.options.split()
    ):
        return "rpm-ostree"
    if guest.os_id.lower() in _TRANSACTIONAL:
        return "transactional"
    if kind == "nixos" or maker == "nixos":
        return "nixos"
    if maker in ("", "unknown"):
        maker = guest.initramfs_tool or _usual(kind, inventory) if not maker else "unknown"
    return maker if maker in TOOLS else "unknown"


def _usual(kind: str, inventory: Inventory) -> str:
    number = packages.major(inventory)
    if kind == "rhel":
        return (
            "mkinitrd"
            if inventory.guest.os_id.lower() != "fedora" and 3 <= number <= 5
            else "dracut"
        )
    if kind == "suse":
        return "mkinitrd" if 9 <= number <= 11 else "dracut"
    return _USUAL.get(kind, "")


def image_of(about: Dict[str, str], release: str, inventory: Inventory) -> Image:
    """Return the initramfs that an action is about."""
    path = about.get("image", "")
    path = path if _PATH.fullmatch(path) and "/../" not in path else ""
    return Image(
        tool(about.get("tool", ""), path, inventory), release, path, inventory.guest.origin == FILES
    )


def steps(
    image: Image, modules: Tuple[str, ...], inventory: Inventory, keep: bool = False
) -> Steps:
    """Yield the steps that put `modules` into `image`, or, with `keep`, see to it that the next one
    still has them.
    """
    if image.tool == "mkinitrd" and packages.family(inventory) == "rhel":
        made = _mkinitrd_of_red_hat(image, modules)
    else:
        made = TOOLS[image.tool](image, modules)
    note = " ".join(
        part
        for part in (made.note, _CHROOT if image.offline and image.tool not in BY_HAND else "")
        if part
    )
    text = (
        made.text.replace(
            "add the drivers to every initramfs", "keep the drivers in every initramfs"
        )
        if keep
        else made.text
    )
    yield made._replace(text=text, note=note)


def look(image: Image, modules: Tuple[str, ...]) -> Tuple[str, ...]:
    """Return the lines that list the modules in the initramfs; each module should show up."""
    pattern = "|".join(module.replace("_", "[_-]") for module in modules)
    return tuple(f"{lister} | grep -E '{pattern}'" for lister in _lister(image))


def _is_old(release: str) -> bool:
    return any(mark in release for mark in _OLD_DRACUT)


def _lister(image: Image) -> Tuple[str, ...]:
    release = image.release
    return {
        "dracut": (
            f"lsinitrd {image.path or (f'/boot/initramfs-{release}.img' if _is_old(release) else f'-k {release}')}",
        ),
        "initramfs-tools": (f"lsinitramfs {image.path or f'/boot/initrd.img-{release}'}",),
        "mkinitcpio": (f"lsinitcpio {image.path or '/boot/initramfs-linux.img'}",),
        "booster": (f"booster ls {image.path or '/boot/booster-linux.img'}",),
        "mkinitrd": (f"lsinitrd {image.path or f'/boot/initrd-{release}'}",),
        "mkinitfs": (
            f"zcat {image.path or '/boot/initramfs-' + release.rpartition('-')[2]} | cpio -t",
        ),
    }.get(image.tool, ())


def _dracut(image: Image, modules: Tuple[str, ...]) -> Step:
    release, path = image.release, image.path
    usual = (
        f"/boot/initramfs-{release}.img",
        f"/boot/initrd-{release}",
        f"/boot/initrd.img-{release}",
    )
    # The one of Red Hat's sixth release knows neither --regenerate-all nor --kver nor
    # --no-hostonly.
    old = _is_old(release)
    if image.offline or old or (path and path not in usual):
        option = "--no-hostonly " if image.offline and not old else ""
        build = f"dracut -f {option}{path or usual[0]} {release}"
    else:
        build = "dracut -f --regenerate-all"
    return Step(
        _WHERE,
        "Have dracut add the drivers to every initramfs, and rebuild them.",
        (
            f"echo 'add_drivers+=\" {' '.join(modules)} \"' > /etc/dracut.conf.d/guestcheck.conf",
            build,
            *look(image, modules),
        ),
        f"The spaces inside the quotes belong there. {_AGAIN}",
    )


def _initramfs_tools(image: Image, modules: Tuple[str, ...]) -> Step:
    file = "/etc/initramfs-tools/modules"
    return Step(
        _WHERE,
        "Have initramfs-tools add the drivers to every initramfs, and rebuild them.",
        (
            f"for module in {' '.join(modules)}; do",
            f'  grep -qxF "$module" {file} ||',
            f'    echo "$module" >> {file}',
            "done",
            "update-initramfs -u -k all",
            *look(image, modules),
        ),
        "MODULES=most in initramfs.conf, the default, has them all; MODULES=dep only what is "
        f"in use now. {_AGAIN}",
    )


def _mkinitcpio(image: Image, modules: Tuple[str, ...]) -> Step:
    build = (
        f"mkinitcpio -S autodetect -k {image.release} -g {image.path}"
        if image.offline and image.path
        else "mkinitcpio -P"
    )
    return Step(
        _WHERE,
        "In /etc/mkinitcpio.conf add the drivers to MODULES, and rebuild.",
        (f"MODULES=({' '.join(modules)})", build, *look(image, modules)),
        f"The hook autodetect leaves out whatever is not in use now. {_AGAIN}",
    )


def _booster(image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "In /etc/booster.yaml add the drivers, and rebuild.",
        (
            f"modules: {','.join(modules)}",
            "/usr/lib/booster/regenerate_images",
            *look(image, modules),
        ),
        _AGAIN,
    )


def _mkinitfs(image: Image, modules: Tuple[str, ...]) -> Step:
    names = " -o ".join(f"-name '{module.replace('_', '[_-]')}.ko*'" for module in modules)
    feature = "/etc/mkinitfs/features.d/guestcheck.modules"
    output = f"-o {image.path} " if image.path else ""
    return Step(
        _WHERE,
        "Give mkinitfs a feature with the drivers, and rebuild the initramfs.",
        (
            f"find /lib/modules/{image.release} {names} | sed 's,.*/kernel/,kernel/,' > {feature}",
            "grep -q 'features=.*guestcheck' /etc/mkinitfs/mkinitfs.conf || sed -i "
            "'s/^features=\"/&guestcheck /' /etc/mkinitfs/mkinitfs.conf",
            f"mkinitfs {output}{image.release}",
            *look(image, modules),
        ),
        _AGAIN,
    )


def _mkinitrd(image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "In /etc/sysconfig/kernel add the drivers to what INITRD_MODULES has, and rebuild.",
        (f'INITRD_MODULES="... {" ".join(modules)}"', "mkinitrd", *look(image, modules)),
        _AGAIN,
    )


def _mkinitrd_of_red_hat(image: Image, modules: Tuple[str, ...]) -> Step:
    options = " ".join(f"--with={module}" for module in modules)
    return Step(
        _WHERE,
        "Rebuild the initrd with the drivers.",
        (
            "mkinitrd -f \\",
            f"  {options} \\",
            f"  {image.path or f'/boot/initrd-{image.release}.img'} {image.release}",
        ),
        _AGAIN,
    )


def _make_initrd(image: Image, modules: Tuple[str, ...]) -> Step:
    line = f"MODULES_ADD += {' '.join(modules)}"
    return Step(
        _WHERE,
        "Have make-initrd add the drivers to every initramfs, and rebuild.",
        (
            f"grep -qxF '{line}' /etc/initrd.mk || echo '{line}' >> /etc/initrd.mk",
            f"make-initrd -k {image.release}",
        ),
        _AGAIN,
    )


def _genkernel(_image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        f"Have genkernel put all modules into the initramfs, {', '.join(modules)} among them, "
        "and rebuild it for the kernel in /usr/src/linux.",
        ("genkernel --all-ramdisk-modules initramfs",),
        "Its initramfs loads what its lists in /usr/share/genkernel/arch/*/modules_load "
        f"name: look there too. {_AGAIN}",
    )


def _tiny(image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "In /etc/tiny-initramfs/tiny-initramfs.conf add the drivers to INCLUDE_MODULES, with "
        "commas between, and rebuild.",
        (f'INCLUDE_MODULES="{",".join(modules)}"', f"update-tirfs -k {image.release}"),
        _AGAIN,
    )


def _rpm_ostree(_image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "Have rpm-ostree make a deployment whose initramfs has the drivers, and boot that.",
        (
            f"rpm-ostree initramfs --enable --arg=--add-drivers --arg='{' '.join(modules)}'",
            "systemctl reboot",
        ),
        "/usr cannot be written here, and the initramfs is part of the deployment. rpm-ostree "
        "rollback is the way back. "
        "Ask guestcheck preflight after the reboot.",
    )


def _transactional(_image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "Have transactional-update make a snapshot whose initramfs has the drivers, and boot that.",
        (
            f"echo 'add_drivers+=\" {' '.join(modules)} \"' > /etc/dracut.conf.d/guestcheck.conf",
            "transactional-update initrd",
            "systemctl reboot",
        ),
        "The root file system cannot be written here. transactional-update rollback is the "
        "way back. Ask guestcheck preflight after the reboot.",
    )


def _nixos(_image: Image, modules: Tuple[str, ...]) -> Step:
    names = " ".join(f'"{module}"' for module in modules)
    return Step(
        _WHERE,
        "Add the drivers to the list of modules in NixOS' configuration, and build it for the "
        "next boot.",
        (f"boot.initrd.availableKernelModules = [ {names} ];", "nixos-rebuild boot"),
        "The list is in /etc/nixos/hardware-configuration.nix as a rule, and keeps what it "
        f"has. {_AGAIN}",
    )


def _slackware(image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "Rebuild the initrd with the drivers in its list of modules: Slackware's own program "
        "prints the command for this guest.",
        (f"/usr/share/mkinitrd/mkinitrd_command_generator.sh -r -k {image.release}",),
        f"Add {':'.join(modules)} to what stands behind -m there. LILO has to be run after "
        f"it. {_AGAIN}",
    )


def _unified(image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        f"{image.path or 'The entry'} is a unified kernel image, with the initramfs in it: "
        "have the tool that made it add "
        f"{', '.join(modules)}, and rebuild it.",
        (),
        "kernel-install, mkinitcpio, dracut and ukify make such images. One that a vendor "
        "signed cannot be rebuilt here: install another one, "
        f"or start the kernel with an initramfs of its own. {_AGAIN}",
    )


def _unknown(_image: Image, modules: Tuple[str, ...]) -> Step:
    return Step(
        _WHERE,
        "No repair is known: what makes the initramfs here could not be told. Have its own "
        f"tool add {', '.join(modules)}.",
        (),
        _AGAIN,
    )


TOOLS: Dict[str, Callable[[Image, Tuple[str, ...]], Step]] = {
    "dracut": _dracut,
    "initramfs-tools": _initramfs_tools,
    "mkinitcpio": _mkinitcpio,
    "booster": _booster,
    "mkinitrd": _mkinitrd,
    "mkinitfs": _mkinitfs,
    "make-initrd": _make_initrd,
    "genkernel": _genkernel,
    "tiny-initramfs": _tiny,
    "rpm-ostree": _rpm_ostree,
    "transactional": _transactional,
    "nixos": _nixos,
    "slackware": _slackware,
    "unified": _unified,
    "unknown": _unknown,
}
# Of these the fix script does not make the image itself: why, in the words of a message.
BY_HAND = {
    "rpm-ostree": "the initramfs is part of a deployment: rpm-ostree initramfs makes another one",
    "transactional": "the root file system is a snapshot: transactional-update initrd makes another one",
    "nixos": "NixOS makes the initramfs by its configuration: boot.initrd.availableKernelModules and "
    "nixos-rebuild boot",
    "slackware": "the options of mkinitrd are this guest's own: mkinitrd_command_generator.sh prints them",
    "unified": "the initramfs is part of a unified kernel image; a signed one cannot be rebuilt here",
    "unknown": "what makes the initramfs here is not known",
}
