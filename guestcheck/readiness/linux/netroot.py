"""Is the root file system, or the key to it, reached over the network: then the NIC's driver has to
be in the initramfs.

The words are those of dracut.cmdline(7), nfsroot.rst of the kernel, initramfs-tools(7) and
live-boot(7); what asks for a key over the network are clevis with a Tang server and mandos; what
lets somebody in to type it are dropbear, tinyssh and sshd in the image.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.model.device import Inventory
from guestcheck.model.hint import Hint
from guestcheck.model.message import Text, message
from guestcheck.model.target import OPEN, WARNS, Reason, Target
from guestcheck.readiness.linux.boots import NONE, Boot
from guestcheck.readiness.linux.drivers import needed, transport
from guestcheck.readiness.linux.forbidden import in_initramfs
from guestcheck.readiness.linux.layers import CRYPT, layers_of
from guestcheck.readiness.linux.modules import Modules
from guestcheck.readiness.linux.references import root_of


class Use(NamedTuple):
    """What the initramfs uses the network for, where that stands, and whether the boot certainly
    needs it.
    """

    what: Text
    hint: Hint
    sure: bool
    settle: Text = ""


_ROOTS = (
    *(word for row in INTERFACES if row.is_opened_by_guest for word in row.transports),
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "nbd",
    "fcoe",
    "aoe",
    "dhcp",
    "dhcp6",
    "http",
    "https",
    "ftp",
    "tftp",
    "nvmf",
    "rbd",
    "ceph",
    "9p",
    "gluster",
)
_STARTS = (
    "/dev/nfs",
    "/dev/nbd",
    "/dev/rbd",
    "/dev/cifs",
    "live:http",
    "live:ftp",
    "live:tftp",
    "live:nfs",
    "block:/dev/nbd",
)
_WORDS: Tuple[str, ...] = (
    "netroot=",
    "nfsroot=",
    "nbdroot=",
    "cifsroot=",
    "iscsi_target_name=",
    "iscsi_initiator=",
    "ISCSI_TARGET_NAME=",
    "ISCSI_INITIATOR=",
)
_WORDS += (
    "rd.iscsi.firmware",
    "iscsi_firmware",
    "rd.iscsi.target",
    "rd.nvmf.discover",
    "nvmf.discover",
    "rd.nvmf.nonbft",
    "fetch=",
    "netboot=",
    "rd.fcoe=1",
)
_WORDS += (
    "coreos.live.rootfs_url=",
    "root-nfs=",
    "boot=nfs",
    "url=",
    "inst.stage2=http",
    "archiso_http_srv=",
    "archiso_nfs_srv=",
    "fcoe=",
)
_NETWORK_TYPES = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "rbd")
_TANG = ("clevis-decrypt-tang", "mandos-client", "plugin-runner")
_LOGINS = ("dropbear", "tinysshd", "sshd", "dropbearmulti", "tinysshd-noneauth")


def before_root(target: Target, boot: Boot, inventory: Inventory) -> Iterator[Reason]:
    """Yield why the initramfs would have no network on `target` where it needs one to reach root or
    its key.
    """
    use = _use(boot, inventory)
    if use is None or (
        boot.kernel.running
        and any(nic.verdict.interface == target.id for nic in inventory.nics or ())
    ):
        return
    guest = inventory.guest
    needs = (*transport(target, guest.architecture), *target.needs)
    modules = Modules(boot.kernel, guest.setup.dependencies, boot)
    lacking = list(needed(needs, boot, modules, in_initramfs(boot), guest.initramfs_tool))
    for reason in lacking:
        weight = reason.weight if use.sure or reason.weight == WARNS else OPEN
        settle = (reason.settle or use.settle) if weight == OPEN else ""
        yield reason._replace(
            says=message("also", says=reason.says, rest=use.what),
            evidence=(*reason.evidence, use.hint),
            weight=weight,
            settle=settle,
        )
    if not lacking:
        yield from _by_card_name(boot, use)


def _use(boot: Boot, inventory: Inventory) -> Optional[Use]:
    """Return the heaviest thing for which the initramfs needs the network; None where nothing was
    seen.
    """
    found = [*_root(boot, inventory), *_key(boot, inventory), *_asked(boot)]
    return next((use for use in found if use.sure), found[0] if found else None)


def _words(boot: Boot) -> List[Tuple[str, Hint]]:
    """Return the words of the command line and of the image's own."""
    found = [(word, Hint(boot.options_from, word)) for word in boot.options or ()]
    return found + [
        (word, Hint(f"{path} in {image}", word))
        for image, path, text in boot.texts("etc/cmdline")
        for word in text.split()
    ]


def _root(boot: Boot, inventory: Inventory) -> Iterator[Use]:
    root, hint = root_of(boot)
    scheme = root.partition(":")[0].lower()
    if root.startswith(_STARTS) or scheme in _ROOTS:
        yield Use(message("network-use.root", root=root), hint, True)
    for word, where in _words(boot):
        if word.startswith(_WORDS) and not word.endswith(("=", "=0", "=no")):
            yield Use(
                message("network-use.option", partition=word.partition("=")[0]),
                where,
                True,
            )
    for line in inventory.guest.setup.fstab or ():
        if line.where == "/" and line.type in _NETWORK_TYPES:
            yield Use(message("network-use.fstab"), line.line.hint, True)
    for image, path, text in boot.texts("conf/"):
        for row in text.split("\n"):
            if row.strip() in ("BOOT=nfs", 'BOOT="nfs"') and not root.startswith(
                ("UUID=", "/dev/sd", "/dev/vd", "/dev/mapper/")
            ):
                yield Use(
                    message("network-use.nfs"),
                    Hint(f"{path} in {image}", row.strip()),
                    True,
                )
    for line in inventory.guest.setup.fstab or ():
        if line.where == "/" and "_netdev" in line.options:
            yield Use(
                message("network-use.netdev"),
                line.line.hint,
                False,
                message("find-out.root-over-network"),
            )


def _key(boot: Boot, inventory: Inventory) -> Iterator[Use]:
    """A key that comes over the network, or somebody who types it there; it may be typed at the
    console too.
    """
    files = {
        file.rpartition("/")[2]: (image.path, file) for image in boot.images for file in image.files
    }
    crypt = layers_of(boot, inventory.guest).possible(CRYPT)
    if crypt is None:
        return
    settle = message("find-out.who-types")
    for name in _TANG:
        if name in files:
            image, file = files[name]
            yield Use(
                message("network-use.clevis", name=name),
                Hint(image, file),
                False,
                settle,
            )
    for name in _LOGINS:
        if name in files:
            image, file = files[name]
            yield Use(
                message("network-use.remote-unlock", name=name),
                Hint(image, file),
                False,
                settle,
            )
    lines = (
        *(line for image in boot.images for line in image.crypttab),
        *(inventory.guest.setup.crypttab or ()),
    )
    for line in lines:
        if "_netdev" in line.options and crypt.sure:
            yield Use(
                message("network-use.crypttab"),
                line.line.hint,
                False,
                settle,
            )


def _asked(boot: Boot) -> Iterator[Use]:
    """Words that have the initramfs set up the network, for whatever reason: dracut may wait for
    it.
    """
    settle = message("find-out.network-needed")
    for word, hint in _words(boot):
        name, _, value = word.partition("=")
        on = value not in ("0", "no", "off", "none")
        if (
            (name == "rd.neednet" and on)
            or (name == "ip" and on and boot.generator in ("dracut", ""))
            or name in ("ifname", "bootdev")
        ):
            yield Use(message("network-use.initramfs", word=word), hint, False, settle)


def _by_card_name(boot: Boot, use: Use) -> Iterator[Reason]:
    """Leave open what names the card by a name that depends on its slot: ip=…:ens192:…, bootdev=,
    unless ifname= gives it by the MAC address.
    """
    given = {
        word.partition("=")[2].partition(":")[0]
        for word, _ in _words(boot)
        if word.startswith("ifname=")
    }
    for word, hint in _words(boot):
        name, _, value = word.partition("=")
        device = (
            _device_in(value) if name == "ip" else value if name in ("bootdev", "BOOTDEV") else ""
        )
        if device and device not in given and boot.state != NONE:
            says = message("initramfs-card-by-name", word=word, device=device, what=use.what)
            yield Reason(
                "initramfs-card-by-name",
                says,
                (hint,),
                OPEN,
                message("find-out.ifname", device=device),
            )


def _device_in(value: str) -> str:
    """Return the card's name in ip=: IP:PEER:GATEWAY:MASK:HOST:DEVICE:METHOD, or DEVICE:METHOD;
    addresses of IPv6 stand in brackets.

    >>> _device_in("192.0.2.2::192.0.2.1:24:h:ens192:none"), _device_in("ens3:dhcp"), _device_in("dhcp"), _device_in("[2001:db8::1]::[::1]:64::eth0:off")
    ('ens192', 'ens3', '', 'eth0')
    """
    flat, depth = [""], 0
    for character in value:
        depth += (character == "[") - (character == "]")
        if character == ":" and depth <= 0:
            flat.append("")
        else:
            flat[-1] += character
    if len(flat) > 5:
        return flat[5]
    return (
        flat[0] if len(flat) > 1 and flat[0][:1].isalpha() and not flat[0].startswith("[") else ""
    )
