"""How each tool is told to put a module into the initramfs, and how one sees that it did.

The files and commands are those of dracut.conf(5), initramfs.conf(5), mkinitcpio.conf(5), booster(1), mkinitfs(1) and, of old, SUSE's
/etc/sysconfig/kernel and Red Hat's mkinitrd(8).
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.model.advice import Step, Steps

_WHERE = "in the guest"
_OLD_DRACUT = ".el6"
_AGAIN = "This must be done before the disk is moved, and for each kernel that may be booted."


def steps(tool: str, modules: Tuple[str, ...], kernel: str, red_hat: bool) -> Steps:
    """Yield the steps for `tool`; where it is not known, those for the tools that are met most."""
    for name in (tool,) if tool in _TOOLS else ("dracut", "initramfs-tools", "mkinitcpio"):
        yield _mkinitrd_of_red_hat(modules, kernel) if name == "mkinitrd" and red_hat else _TOOLS[name](modules, kernel)


def look(tool: str, modules: Tuple[str, ...], kernel: str) -> Tuple[str, ...]:
    """Return the lines that list the modules in the initramfs; each module should show up."""
    pattern = "|".join(module.replace("_", "[_-]") for module in modules)
    return tuple(f"{lister} | grep -E '{pattern}'" for lister in _listers(tool, kernel))


def _listers(tool: str, kernel: str) -> Tuple[str, ...]:
    listers = {
        "dracut": f"lsinitrd -k {kernel}",
        "initramfs-tools": f"lsinitramfs /boot/initrd.img-{kernel}",
        "mkinitcpio": "lsinitcpio /boot/initramfs-linux.img",
        "booster": "booster ls /boot/booster-linux.img",
        "mkinitrd": f"lsinitrd /boot/initrd-{kernel}",
        "mkinitfs": f"zcat /boot/initramfs-{kernel.rpartition('-')[2]} | cpio -t",
    }
    if _OLD_DRACUT in kernel:
        listers["dracut"] = f"lsinitrd /boot/initramfs-{kernel}.img"
    return (listers[tool],) if tool in listers else (listers["dracut"], listers["initramfs-tools"])


def _dracut(modules: Tuple[str, ...], kernel: str) -> Step:
    return Step(
        _WHERE,
        "Have dracut add the drivers to every initramfs, and rebuild them.",
        (
            f"echo 'add_drivers+=\" {' '.join(modules)} \"' > /etc/dracut.conf.d/guestcheck.conf",
            # The one of Red Hat's sixth release knows neither --regenerate-all nor --kver.
            f"dracut -f /boot/initramfs-{kernel}.img {kernel}" if _OLD_DRACUT in kernel else "dracut -f --regenerate-all",
            *look("dracut", modules, kernel),
        ),
        f"The spaces inside the quotes belong there. {_AGAIN}",
    )


def _initramfs_tools(modules: Tuple[str, ...], kernel: str) -> Step:
    return Step(
        _WHERE,
        "Have initramfs-tools add the drivers to every initramfs, and rebuild them.",
        (
            f"printf '%s\\n' {' '.join(modules)} >> /etc/initramfs-tools/modules",
            "update-initramfs -u -k all",
            *look("initramfs-tools", modules, kernel),
        ),
        f"MODULES=most in initramfs.conf, the default, has them all; MODULES=dep only what is in use now. {_AGAIN}",
    )


def _mkinitcpio(modules: Tuple[str, ...], kernel: str) -> Step:
    return Step(
        _WHERE,
        "In /etc/mkinitcpio.conf add the drivers to MODULES, and rebuild.",
        (f"MODULES=({' '.join(modules)})", "mkinitcpio -P", *look("mkinitcpio", modules, kernel)),
        f"The hook autodetect leaves out whatever is not in use now. {_AGAIN}",
    )


def _booster(modules: Tuple[str, ...], kernel: str) -> Step:
    return Step(
        _WHERE,
        "In /etc/booster.yaml add the drivers, and rebuild.",
        (f"modules: {','.join(modules)}", "/usr/lib/booster/regenerate_images", *look("booster", modules, kernel)),
        _AGAIN,
    )


def _mkinitfs(modules: Tuple[str, ...], kernel: str) -> Step:
    names = " -o ".join(f"-name '{module.replace('_', '[_-]')}.ko*'" for module in modules)
    return Step(
        _WHERE,
        "Give mkinitfs a feature with the drivers, and make the initramfs anew.",
        (
            f"find /lib/modules/{kernel} {names} | sed 's,.*/kernel/,kernel/,' >> /etc/mkinitfs/features.d/guestcheck.modules",
            "sed -i 's/^features=\"/&guestcheck /' /etc/mkinitfs/mkinitfs.conf",
            f"mkinitfs {kernel}",
            *look("mkinitfs", modules, kernel),
        ),
        _AGAIN,
    )


def _mkinitrd(modules: Tuple[str, ...], kernel: str) -> Step:
    return Step(
        _WHERE,
        "In /etc/sysconfig/kernel add the drivers to what INITRD_MODULES has, and rebuild.",
        (f'INITRD_MODULES="... {" ".join(modules)}"', "mkinitrd", *look("mkinitrd", modules, kernel)),
        _AGAIN,
    )


def _mkinitrd_of_red_hat(modules: Tuple[str, ...], kernel: str) -> Step:
    options = " ".join(f"--with={module}" for module in modules)
    return Step(
        _WHERE,
        "Rebuild the initrd with the drivers.",
        ("mkinitrd -f \\", f"  {options} \\", f"  /boot/initrd-{kernel}.img {kernel}"),
        _AGAIN,
    )


_TOOLS = {
    "dracut": _dracut,
    "initramfs-tools": _initramfs_tools,
    "mkinitcpio": _mkinitcpio,
    "booster": _booster,
    "mkinitrd": _mkinitrd,
    "mkinitfs": _mkinitfs,
}
