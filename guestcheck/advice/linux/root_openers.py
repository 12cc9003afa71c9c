"""What has to be done so that the initramfs opens what the root file system lies on: its packages,
its tables, its keys.
"""

from __future__ import annotations

from typing import Tuple

from guestcheck.advice._quoting import kernel, plain
from guestcheck.advice.linux import edits, initramfs, packages
from guestcheck.model.action import FixMdadmDevices, KeepTpm, OpenRoot
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the guest"
# Debian splits off what works inside the initramfs.
_DEBIAN = {"cryptsetup": "cryptsetup-initramfs", "multipath-tools": "multipath-tools-boot"}
_RED_HAT = {"multipath-tools": "device-mapper-multipath"}
# What opens it, in the words of dracut, mkinitcpio, mkinitfs and make-initrd.
_PARTS = {
    "crypt": ("crypt", "encrypt", "cryptsetup", "luks"),
    "lvm": ("lvm", "lvm2", "lvm", "lvm"),
    "md": ("mdraid", "mdadm_udev", "raid", "mdadm"),
    "multipath": ("multipath", "multipath", "", "multipath"),
    "btrfs": ("btrfs", "btrfs", "btrfs", "btrfs"),
}
# Booster opens encrypted devices and btrfs without being asked.
_BOOSTER = {"lvm": "enable_lvm: true", "md": "enable_mdraid: true"}


_MKINITCPIO = "/etc/mkinitcpio.conf"


def open_root(about: OpenRoot, inventory: Inventory) -> Steps:
    """Word how the initramfs comes to open what root lies on: with the program there, and / mounted
    from that device, it is rebuilt.
    """
    image = initramfs.image_of(kernel(about.kernel), about.tool, about.image, inventory)
    package = plain(about.package, "PACKAGE")
    names = {"debian": _DEBIAN, "ubuntu": _DEBIAN, "rhel": _RED_HAT}.get(
        packages.family(inventory), {}
    )
    yield Step(
        _WHERE,
        "Install what opens it in the initramfs, if it is not there.",
        packages.install(inventory, names.get(package, package)),
    )
    asked = _asked(image, about.layer)
    if asked:
        yield Step(_WHERE, "Have the initramfs hold what opens it.", asked)
    again = initramfs.build(image, packages.family(inventory) != "rhel")
    yield Step(
        _WHERE,
        "Rebuild the initramfs in the running guest, where its tool sees what / is mounted "
        "from: not in a chroot without that."
        + ("" if asked or again else " How its tool does that here is not known."),
        (*again, *initramfs.listed(image, "crypt|lvm|mdadm|multipath|btrfs")),
        "What opens an encrypted root stands in /etc/crypttab (Debian: with the option "
        "initramfs), or in rd.luks.uuid= or cryptdevice=."
        + (f" {initramfs.REPLACED}" if image.tool == "rpm-ostree" else ""),
    )


def _asked(image: initramfs.Image, layer: str) -> Tuple[str, ...]:
    """Return what asks the tool for that which opens the layer; nothing where it has it by itself,
    from what is installed and in use.
    """
    if layer not in _PARTS:
        return ()
    dracut, hook, feature, word = _PARTS[layer]
    if image.tool in ("dracut", "transactional"):
        return initramfs.dracut_conf("guestcheck", f'add_dracutmodules+=" {dracut} "')
    if image.tool == "rpm-ostree":
        return initramfs.ostree_arguments("--add", dracut)
    if image.tool == "mkinitcpio":
        return _hooks(hook)
    if image.tool == "mkinitfs" and feature:
        return initramfs.line_once("/etc/mkinitfs/mkinitfs.conf", f'features="$features {feature}"')
    if image.tool == "booster" and layer in _BOOSTER:
        return _in_booster(_BOOSTER[layer])
    if image.tool == "make-initrd":
        return initramfs.line_once("/etc/initrd.mk", f"FEATURES += {word}")
    return ()


def _hooks(hook: str) -> Tuple[str, ...]:
    """Return what puts a hook before filesystems into HOOKS: the file is bash's, and this holds for
    words in quotes and for a list over several lines.
    """
    choose = (
        f"if grep -q '^HOOKS=.*systemd' {_MKINITCPIO}; then hook=sd-encrypt",
        "else hook=encrypt; fi",
    )
    name = "$hook" if hook == "encrypt" else hook
    return (
        *(choose if hook == "encrypt" else ()),
        f'grep -q "^HOOKS=.*{name}" {_MKINITCPIO} ||',
        *initramfs.append(
            f"printf '\\n%s\\n' \"HOOKS=(\\${{HOOKS[@]/filesystems/{name} filesystems}})\"",
            _MKINITCPIO,
        ),
    )


def _in_booster(setting: str) -> Tuple[str, ...]:
    file, key = "/etc/booster.yaml", setting.partition(":")[0]
    return (
        *initramfs.line_once(file, setting, f"^{key}:"),
        *initramfs.kept(file),
        f"sed -i 's/^{key}:.*/{setting}/' {edits.linked(file)}",
    )


def fix_mdadm_devices(about: FixMdadmDevices, _inventory: Inventory) -> Steps:
    """Word how mdadm comes to look at every disk: it finds an array's members by its UUID."""
    file = about.file
    if file not in ("/etc/mdadm/mdadm.conf", "/etc/mdadm.conf"):
        yield Step(
            _WHERE,
            "By hand: in mdadm.conf take the lines DEVICE out, and devices= out of the arrays, "
            "which are found by their UUID; then rebuild the initramfs, which has a copy.",
            ("mdadm --detail --scan   # prints the arrays with their UUIDs",),
            "Without a line DEVICE mdadm looks at all partitions.",
        )
        return
    named = "^[[:space:]]*[Dd][Ee][Vv]|[Dd][Ee][Vv][Ii][Cc][Ee][Ss]="
    members = "[[:space:]][Dd][Ee][Vv][Ii][Cc][Ee][Ss]=[^[:space:]]*"
    program = f"s/^[[:space:]]*[Dd][Ee][Vv]/# &/; s/{members}//"
    yield Step(
        _WHERE,
        f"In {file} take out the lines DEVICE, and devices= of the arrays; then rebuild the "
        "initramfs, which has a copy.",
        (edits.edit(file, named, program), f"cat {file}"),
        "Without a line DEVICE mdadm looks at all partitions. Each array needs its UUID= there: "
        "mdadm --detail --scan prints it. A copy of the file is put into /root.",
    )


def keep_tpm(_about: KeepTpm, _inventory: Inventory) -> Steps:
    """Word what a key in the TPM needs before the machine becomes another."""
    yield Step(
        _WHERE,
        "Have a passphrase or recovery key for the encrypted device, and enrol the new "
        "machine's TPM after the move.",
        ("systemd-cryptenroll DEVICE", "systemd-cryptenroll DEVICE --recovery-key"),
        "A virtual TPM keeps its keys where its state moves along with the guest.",
    )
