"""Disks and their controllers: what each is, what is on it, and which devices are listed and never
judged.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Optional, Tuple

from guestcheck.catalogue.buses import ADDRESSED, LAYER_DRIVERS, LAYERS
from guestcheck.catalogue.interfaces import ISCSI
from guestcheck.catalogue.rows import BY_ID
from guestcheck.catalogue.virtio import PCI_DRIVERS
from guestcheck.classify.bus import function_of, judge_chain, on_function, virtio_of
from guestcheck.classify.index import Context
from guestcheck.classify.pci import is_storage, judge_function, modules_for
from guestcheck.classify.text import judge_text
from guestcheck.classify.virtio import describe
from guestcheck.model.device import (
    EMULATED,
    PASSTHROUGH,
    UNKNOWN,
    Controller,
    Disk,
    Ignored,
    Verdict,
)
from guestcheck.model.guard import each
from guestcheck.model.guest import BlockDevice, Hint, Link, PciFunction
from guestcheck.model.lookup import kept

# What lsblk calls a disk, and what is made of disks or of nothing and never judged.
_JUDGED = ("disk", "mpath")
_PARTS = ("part", "lvm", "crypt", "dm", "md")
_WORDS = {
    "rom": "optical drive: stays where it is, no speed is lost",
    "floppy": "floppy drive: can be removed",
    "loop": "loop device: a file of this guest",
    "zram": "zram: memory of this guest",
    "ram": "RAM disk: memory of this guest",
    "nbd": "network block device, opened by this guest: its NIC's verdict is what counts",
    "rbd": "Ceph block device, opened by this guest: its NIC's verdict is what counts",
    "drbd": "DRBD: made by this guest",
    "bcache": "bcache: made by this guest",
    "zvol": "ZFS volume: made by this guest",
    "nullb": "null_blk: a test device of this guest",
    "tape": "tape drive",
    ISCSI: "iSCSI disk, opened by this guest: its NIC's verdict is what counts",
    "fabrics": "NVMe over fabrics, opened by this guest: its NIC's verdict is what counts",
    "virtual": "made by this guest's kernel",
}

Judged = Tuple[Optional[Tuple[Disk, ...]], Optional[Tuple[Controller, ...]], Tuple[Ignored, ...]]


def classify_disks(context: Context) -> Judged:
    """Return the disks, the storage controllers, and what was left out."""
    blocks = context.guest.block
    disks: List[Disk] = []
    ignored: List[Ignored] = []
    above = _children(blocks or ())
    roles: Dict[str, FrozenSet[str]] = {}
    for block in blocks or ():
        word = _ignored_as(block)
        if word:
            ignored.append(
                Ignored(
                    block.name,
                    word if word in _WORDS else block.type,
                    _WORDS.get(word, "made by this guest"),
                )
            )
        elif block.type in _JUDGED:
            disks += each(
                "classify",
                (block,),
                lambda one: _disk(one, context, above, roles),
                lambda one: one.name,
            )
    controllers = _controllers(context, disks)
    at = {one.address: one for one in reversed(controllers) if one.address}
    disks = each(
        "classify", disks, lambda disk: _settle_by_controller(disk, at), lambda disk: disk.name
    )
    functions_known = context.guest.pci is not None or bool(controllers)
    return (
        tuple(disks) if blocks is not None else None,
        controllers if functions_known else None,
        tuple(ignored),
    )


def _ignored_as(block: BlockDevice) -> str:
    """Return the word under which a device is left out, "" for a disk; partitions and what is built
    on them have none either.
    """
    if block.type in _WORDS:
        return block.type
    if (
        any("session" in link.name and link.subsystem == "iscsi_session" for link in block.chain)
        or block.transport in BY_ID[ISCSI].transports
    ):
        return ISCSI
    if block.nvme_transport not in ("", "pcie"):
        return "fabrics"
    if any(link.subsystem == "pseudo" for link in block.chain):
        return "virtual"  # scsi_debug
    if (
        block.type == "disk"
        and "/devices/virtual/" in block.path
        and not any(link.subsystem in ("pci", "platform") for link in block.chain)
    ):
        return "virtual"
    return ""


def _children(blocks: Tuple[BlockDevice, ...]) -> Dict[str, List[BlockDevice]]:
    above: Dict[str, List[BlockDevice]] = {}
    for block in blocks:
        for parent in block.parents:
            above.setdefault(parent, []).append(block)
    return above


def _disk(
    block: BlockDevice,
    context: Context,
    above: Dict[str, List[BlockDevice]],
    known: Dict[str, FrozenSet[str]],
) -> Disk:
    verdict = (judge_chain(block.chain, context, "disk") if block.chain else None) or judge_text(
        block, context
    )
    function = function_of(block.chain, context)
    device = virtio_of(block.chain, context)
    found = _roles(block, above, known)
    roles, stack = tuple(role for role in _ORDER if role in found), _stack(block, above)
    driver = _driver(block)
    runs = Hint("driver version", block.driver_says) if block.driver_says else None
    text = (
        Hint(
            block.source or "lsblk",
            " ".join(word for word in ("model", block.vendor, block.model) if word),
        )
        if block.model
        else None
    )
    return Disk(
        name=block.name,
        verdict=verdict._replace(
            evidence=(*verdict.evidence, *(hint for hint in (text, runs) if hint))
        ),
        driver=driver,
        address=function.address
        if function
        else device.parent_name
        if device
        else _bus_address(block.chain),
        controller=(function.device_name if function else "") or verdict.name,
        size_bytes=block.size_bytes,
        model=" ".join(
            word for word in (block.vendor if block.vendor != "ATA" else "", block.model) if word
        ),
        serial=block.serial,
        roles=roles,
        stack=stack,
        queues=block.queues,
        discard=block.discard_bytes > 0 if block.discard_bytes is not None else None,
        virtio=describe(device, function if device and device.parent == "pci" else None)
        if device
        else None,
        transport=block.transport,
        offline=block.offline,
    )


def _driver(block: BlockDevice) -> str:
    """Return the driver that reaches the disk: the first above the block layers, never the
    transport beneath virtio.
    """
    for link in block.chain:
        if link.driver and link.subsystem not in LAYERS and link.driver not in LAYER_DRIVERS:
            return link.driver
    return block.host_driver


def _bus_address(chain: Tuple[Link, ...]) -> str:
    return next(
        (link.name for link in chain if link.subsystem in ADDRESSED),
        "",
    )


_DEEPEST = 12
_MOST_LINES = 64


_ORDER = ("root", "boot", "efi", "swap", "data")


def _roles(
    device: BlockDevice,
    above: Dict[str, List[BlockDevice]],
    known: Dict[str, FrozenSet[str]],
    depth: int = 0,
) -> FrozenSet[str]:
    """Return what a device is used for, itself and all that is built on it; `known` holds what was
    found, for many may lie under one volume.
    """
    if device.name in known or depth > _DEEPEST:
        return known.get(device.name, frozenset())
    known[device.name] = (
        frozenset()
    )  # devices may stand on each other in as many ways as a hostile recording likes to say
    found = {_ROLES.get(mount, "data") for mount in device.mounts}
    for child in above.get(device.name, ()):
        found |= _roles(child, above, known, depth + 1)
    known[device.name] = frozenset(found)
    return known[device.name]


def _stack(block: BlockDevice, above: Dict[str, List[BlockDevice]]) -> Tuple[str, ...]:
    """Return a line for each thing built on a disk down to where it is mounted."""
    stack: List[str] = []
    seen = set()

    def visit(device: BlockDevice, way: Tuple[str, ...]) -> None:
        if device.name in seen or len(way) > _DEEPEST or len(stack) >= _MOST_LINES:
            return
        seen.add(device.name)
        ways = (
            (*way, _label(device))
            if device is not block or device.mounts or device.filesystem
            else way
        )
        children = above.get(device.name, [])
        if ways and (device.mounts or not children):
            stack.append(" → ".join(ways))
        for child in children:
            visit(child, ways)

    visit(block, ())
    return tuple(stack)


_ROLES = {
    "/": "root",
    "/boot": "boot",
    "/boot/efi": "efi",
    "/efi": "efi",
    "[SWAP]": "swap",
    # What Windows has instead (see facts/windows/guest.py).
    "Windows": "root",
    "active partition": "boot",
    "EFI system partition": "efi",
}


def _label(device: BlockDevice) -> str:
    """Name a device with what it holds: "vda2 ext4 /", "md0 raid1"."""
    words = [device.mapper_name or device.name]
    if device.type not in ("disk", "part"):
        words.append(device.type)
    if device.filesystem:
        words.append(device.filesystem)
    shown = device.mounts[:2]
    words += [
        mount.strip("[]").lower() if mount == "[SWAP]" and device.filesystem != "swap" else mount
        for mount in shown
        if mount != "[SWAP]" or device.filesystem != "swap"
    ]
    if len(device.mounts) > len(shown):
        words.append(f"and {len(device.mounts) - len(shown)} more")
    return " ".join(words)


def _controllers(context: Context, disks: List[Disk]) -> Tuple[Controller, ...]:
    found: List[Controller] = []
    on: Dict[str, List[str]] = {}
    for disk in disks:
        on.setdefault(disk.address, []).append(disk.name)
    functions = filter(is_storage, context.guest.pci or ())
    found += each(
        "classify",
        functions,
        lambda one: _controller(one, tuple(on.get(one.address, ())), context),
        lambda one: one.address,
    )
    for device in context.guest.virtio or ():
        if device.parent != "pci" and device.type in (2, 8):
            row = context.catalogue.virtio.get(device.type)
            if row:
                hint = Hint(
                    "virtio bus", f"{device.name}, device type {device.type}, over {device.parent}"
                )
                on_it = tuple(on.get(device.parent_name, ()))
                found.append(
                    Controller(
                        device.parent_name,
                        row.name,
                        Verdict(row.interface, row.kind, (hint,), "", row.name),
                        device.driver,
                        on_it,
                    )
                )
    for other in context.guest.bus_devices:
        row = context.catalogue.vmbus.get(other.id) if other.bus == "vmbus" else None
        if row and BY_ID[row.interface].device == "disk":
            on_it = tuple(on.get(other.name, ()))
            found.append(
                Controller(
                    other.name,
                    row.name,
                    Verdict(row.interface, row.kind, (Hint("vmbus", other.id),), "", row.name),
                    other.driver,
                    on_it,
                )
            )
    return tuple(found)


def _controller(function: PciFunction, disks: Tuple[str, ...], context: Context) -> Controller:
    verdict = _by_disk_text(judge_function(function, context), function, disks, context)
    driver = _controller_driver(function, context)
    return Controller(
        function.address,
        function.device_name or verdict.name,
        verdict,
        driver,
        disks,
        modules_for(function, context),
    )


def _controller_driver(function: PciFunction, context: Context) -> Optional[str]:
    """Return the driver bound; for a virtio function that of the virtio device, for virtio-pci is
    but the transport.
    """
    if function.driver in PCI_DRIVERS:
        device = on_function(function, context)
        return device.driver if device else None
    return function.driver


def _by_disk_text(
    verdict: Verdict, function: PciFunction, disks: Tuple[str, ...], context: Context
) -> Verdict:
    """Settle an id that real cards share by the model of the disks on it: QEMU's disks say so, an
    array's do not.
    """
    # Of paravirtual rows the text says nothing: whoever imitates VMware's adapter puts his own
    # disks on it.
    row = next(
        (row for row in context.catalogue.rows(function) if row.text and row.kind == EMULATED), None
    )
    if verdict.kind != UNKNOWN or row is None or not context.is_guest:
        return verdict
    blocks = _by_name(context.guest.block or ()) if disks else {}
    for name in disks:
        block = blocks.get(name)
        if block is None or not (block.model or block.vendor):
            continue
        said = f"{block.vendor} {block.model}".strip()
        hint = Hint(f"model of {block.name}", said)
        imitated = any(text in said or said.startswith(text) for text in row.text)
        return verdict._replace(
            kind=EMULATED if imitated else PASSTHROUGH,
            evidence=(*verdict.evidence, hint),
            settle="",
        )
    return verdict


@kept
def _by_name(blocks: Tuple[BlockDevice, ...]) -> Dict[str, BlockDevice]:
    return {block.name: block for block in reversed(blocks)}


def _settle_by_controller(disk: Disk, controllers: Dict[str, Controller]) -> Disk:
    """Let a disk share the verdict that its controller got by the disks' models."""
    if disk.verdict.kind != UNKNOWN:
        return disk
    controller = controllers.get(disk.address)
    if controller is None or controller.verdict.kind == UNKNOWN:
        return disk
    verdict = controller.verdict
    return disk._replace(
        verdict=verdict._replace(evidence=(*disk.verdict.evidence, *verdict.evidence))
    )
