"""Disks: are they the fast ones, and do they use what the hypervisor offers."""

from __future__ import annotations

from typing import Iterator, List

from guestcheck.catalogue.families import WORDING
from guestcheck.catalogue.interfaces import ATA, NVME, VIRTIO_BLK
from guestcheck.catalogue.rows import on_bus, recommended
from guestcheck.checks.support import (
    counted,
    disk_target,
    is_machine,
    need,
    only,
    per_disk,
    prepare,
    would_settle,
)
from guestcheck.model.action import (
    DISK,
    Action,
    AddQueues,
    BindDriver,
    EnableDiscard,
    FixFlush,
    ModernVirtio,
    MoveDisk,
    Settle,
    SpreadDisks,
    UnplugEmulated,
    WindowsDiskOnline,
    WindowsDriverBuild,
    WindowsDrivers,
)
from guestcheck.model.check import NOTE, PASS, SKIP, UNKNOWN, WARN, Finding, Findings
from guestcheck.model.device import EMULATED, PARAVIRTUAL, Disk, Inventory
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.family import WINDOWS
from guestcheck.model.guest import Hint
from guestcheck.model.source import TEXTS
from guestcheck.model.virtio_win import CORRUPTING, build_of
from guestcheck.model.windows import Windows

# On emulated SCSI adapters it is the controller that changes, and the disk keeps its place.
_SCSI = on_bus("scsi")
_MULTIQUEUE = frozenset(row.id for row in recommended() if row.bus == "virtio")
_MANY_CPUS = 4
# A root bus has 32 slots, of which a chipset's own devices take some; this many free ones are soon
# used up.
_SLOTS = 32
_FEW_SLOTS = 4
_MANY_DISKS = 8
_FLUSH = 9


def emulated(inventory: Inventory) -> Findings:
    """A disk hangs on an emulated controller.

    Why: The hypervisor imitates a real controller: each access to its registers stops the guest,
    and queues are few and short. A paravirtual disk saves most of that and takes less processor
    time for the same work.

    Fix: Change the disk's bus in the machine's definition, after the driver for it is in the
    initramfs (Linux) or boot-start (Windows). A guest that lacks the driver there does not boot.

    See: virtio specification 1.2, sections 5.2 and 5.6; `guestcheck explain interfaces`.
    """
    if is_machine(inventory):
        yield Finding(SKIP, "guest", "this is no virtual machine")
        return
    for disk in need(inventory.disks, "the disks"):
        verdict = disk.verdict
        if verdict.kind == EMULATED:
            yield _emulated(disk, inventory)
        elif verdict.kind == UNKNOWN_KIND:
            settle = (Settle(disk.name, DISK),) if verdict.settle else ()
            yield Finding(
                UNKNOWN,
                disk.name,
                f"cannot tell what {disk.name} hangs on{would_settle(verdict)}",
                verdict.evidence,
                settle,
            )
        else:
            yield Finding(
                PASS,
                disk.name,
                f"{disk.name} is {verdict.kind} ({verdict.interface})",
                verdict.evidence,
            )


def _emulated(disk: Disk, inventory: Inventory) -> Finding:
    interface = disk.verdict.interface
    target = disk_target(inventory)
    move = MoveDisk(
        disk.name,
        target,
        "scsi" if interface in _SCSI else interface,
        "root" in disk.roles,
        disk.serial,
        inventory.guest.firmware,
    )
    actions: List[Action] = list(prepare(inventory, target))
    if inventory.hypervisor == "xen":
        actions.append(UnplugEmulated(disk.name))
    actions.append(move)
    actions.append(WindowsDrivers(disk.name, DISK, target))
    # Emulated NVMe has many queues and its driver everywhere: the gain is small, so it is no fault.
    outcome = NOTE if interface == NVME else WARN
    on = f" on {disk.controller}" if disk.controller else ""
    return Finding(
        outcome,
        disk.name,
        f"{disk.name} is emulated: {interface}{on}; {target} would be faster",
        disk.verdict.evidence,
        tuple(actions),
    )


def virtio_legacy(inventory: Inventory) -> Findings:
    """A virtio disk speaks the legacy protocol (virtio 0.9).

    Why: Without virtio 1.x a disk has no IOMMU support, no packed rings and guest-endian rings, and
    new machine types offer it no longer. It works and is not slow.

    Fix: Offer the device as transitional or modern; guests with Linux 4.0 or newer speak it. Old
    guests need legacy.

    See: virtio specification 1.2, section 1.3 (legacy interface) and bit 32, VIRTIO_F_VERSION_1.
    """
    yield from per_disk(inventory, _legacy)


def _legacy(disk: Disk) -> Iterator[Finding]:
    if disk.virtio is None or disk.virtio.version_1 is None:
        return
    hint = Hint(
        "virtio features",
        "bit 32 (VERSION_1) is " + ("set" if disk.virtio.version_1 else "not set"),
    )
    if disk.virtio.version_1:
        yield Finding(PASS, disk.name, f"{disk.name} speaks virtio 1.x", (hint,))
        return
    yield Finding(
        NOTE,
        disk.name,
        f"{disk.name} speaks legacy virtio (0.9)",
        (hint,),
        (ModernVirtio(disk.name, disk.verdict.interface),),
    )


def single_queue(inventory: Inventory) -> Findings:
    """A virtio disk has one queue for many processors.

    Why: All processors put their requests into one queue and its interrupt lands on one of them.
    With many processors and a fast disk that queue is the limit.

    Fix: Give the disk as many queues as there are vCPUs (QEMU does so by itself since 5.2 for new
    machine types).

    See: QEMU's virtio-blk-pci and virtio-scsi-pci property num-queues; kernel option
    virtio_blk.num_request_queues.
    """
    cpus = inventory.guest.cpus
    if cpus is None:
        need(cpus, "the number of processors")
        return
    yield from per_disk(inventory, lambda disk: _queues(disk, cpus))


def _queues(disk: Disk, cpus: int) -> Iterator[Finding]:
    if disk.verdict.interface not in _MULTIQUEUE or disk.queues is None:
        return
    hint = Hint(
        f"/sys/block/{disk.name}/mq", f"{counted(disk.queues, 'queue')}, {counted(cpus, 'vCPU')}"
    )
    if disk.queues == 1 and cpus >= _MANY_CPUS:
        yield Finding(
            NOTE,
            disk.name,
            f"{disk.name} has 1 queue for {cpus} vCPUs",
            (hint,),
            (AddQueues(disk.name, DISK, disk.verdict.interface, cpus),),
        )
    else:
        yield Finding(
            PASS,
            disk.name,
            f"{disk.name} has {counted(disk.queues, 'queue')} for {counted(cpus, 'vCPU')}",
            (hint,),
        )


def discard_off(inventory: Inventory) -> Findings:
    """A disk does not take discard (TRIM).

    Why: What the guest deletes stays allocated on the host: thin images grow and never shrink, and
    an SSD beneath learns nothing of free blocks.

    Fix: Let the host pass discard on (discard=unmap), and let fstrim.timer run in the guest.
    virtio-blk takes it since QEMU 4.0 and Linux 5.0; with older ones use virtio-scsi.

    See: fstrim(8); virtio specification 1.2, bit 13, VIRTIO_BLK_F_DISCARD.
    """
    by = (
        "lsblk, DISC-MAX of {}"
        if inventory.guest.origin == TEXTS
        else "/sys/block/{}/queue/discard_max_bytes"
    )
    yield from per_disk(inventory, lambda disk: _discard(disk, by.format(disk.name)))


def _discard(disk: Disk, source: str) -> Iterator[Finding]:
    if (
        disk.discard is None
        or disk.verdict.kind not in (PARAVIRTUAL, EMULATED)
        or not disk.size_bytes
    ):
        return
    hint = Hint(source, "above 0" if disk.discard else "0")
    if disk.discard:
        yield Finding(PASS, disk.name, f"{disk.name} takes discard", (hint,))
        return
    yield Finding(
        NOTE,
        disk.name,
        f"{disk.name} does not take discard (TRIM)",
        (hint,),
        (EnableDiscard(disk.name, disk.verdict.interface),),
    )


def flush_missing(inventory: Inventory) -> Findings:
    """A virtio disk offers no flush.

    Why: Without VIRTIO_BLK_F_FLUSH the guest takes every finished write for safe. That holds where
    the host writes through its cache, as QEMU does in the modes that offer no flush (writethrough,
    directsync): then it is safe and only slow. On a host that caches all the same, a power loss
    would cost data.

    Fix: See which cache mode the host uses; QEMU's cache=none and writeback offer flush.

    See: virtio specification 1.2, section 5.2.5, bit 9.
    """
    yield from per_disk(inventory, _flush)


def _flush(disk: Disk) -> Iterator[Finding]:
    if disk.verdict.interface != VIRTIO_BLK or disk.virtio is None or not disk.virtio.bits:
        return
    if _FLUSH in disk.virtio.bits:
        yield Finding(
            PASS,
            disk.name,
            f"{disk.name} takes flush",
            (Hint("virtio features", "bit 9 (FLUSH) is set"),),
        )
        return
    hint = Hint("virtio features", "bit 9 (FLUSH) is not set")
    yield Finding(
        NOTE,
        disk.name,
        f"{disk.name} offers no flush: is the host's cache write-through?",
        (hint,),
        (FixFlush(disk.name),),
    )


def slots_short(inventory: Inventory) -> Findings:
    """The virtio-blk disks have nearly used up the PCI slots.

    Why: Each virtio-blk disk is a PCI function of its own. A root bus has 32 slots, of which about
    30 can be used; when they are gone no further disk or NIC can be added.

    Fix: Move disks to virtio-scsi, where one controller carries up to 256 targets, or add PCIe root
    ports or bridges.

    See: `guestcheck explain interfaces`.
    """
    functions = need(inventory.guest.pci, "the PCI devices")
    disks = [disk for disk in inventory.disks or () if disk.verdict.interface == VIRTIO_BLK]
    if not disks:
        yield Finding(SKIP, "guest", "there is no virtio-blk disk")
        return
    slots = {f.address.rpartition(".")[0] for f in functions if f.address.startswith("0000:00:")}
    on_root_bus = sum(1 for disk in disks if disk.address.startswith("0000:00:"))
    free = _SLOTS - len(slots)
    hint = Hint(
        WORDING[inventory.family].pci,
        f"{len(slots)} of {_SLOTS} slots of bus 0000:00 are taken, {on_root_bus} by "
        "virtio-blk disks",
    )
    if on_root_bus >= _MANY_DISKS and free <= _FEW_SLOTS:
        yield Finding(
            WARN,
            "guest",
            f"{on_root_bus} virtio-blk disks leave {counted(free, 'PCI slot')} free",
            (hint,),
            (SpreadDisks(),),
        )
    else:
        yield Finding(
            PASS, "guest", f"{counted(free, 'PCI slot')} of {_SLOTS} free on the root bus", (hint,)
        )


def driver_missing(inventory: Inventory) -> Findings:
    """A storage controller has no driver bound.

    Why: Disks on it are invisible to this guest; were the root disk on it, the guest would not
    boot.

    Fix: Load the module, or install a kernel that has it. In Windows install the driver's package.

    See: `lspci -nnk`, line "Kernel driver in use"; Windows' Device Manager, code 28.
    """
    controllers = need(inventory.controllers, "the storage controllers")
    for controller in controllers:
        wording = WORDING[inventory.family]
        where = wording.pasted if inventory.guest.origin == TEXTS else wording.devices
        told = Hint(
            where,
            f"{controller.address} has "
            + (f"driver {controller.driver}" if controller.driver else "no driver"),
        )
        if controller.driver == "":
            module = controller.modules[0] if controller.modules else ""
            what = controller.name or controller.verdict.interface or "storage controller"
            # A chipset brings its IDE or SATA function along, used or not.
            outcome = (
                NOTE
                if controller.verdict.interface in on_bus(ATA)
                and controller.verdict.kind == EMULATED
                else WARN
            )
            yield Finding(
                outcome,
                controller.address,
                f"{what} at {controller.address} has no driver",
                (told, *controller.verdict.evidence),
                (BindDriver(controller.address, module),),
            )
        elif controller.driver:
            yield Finding(
                PASS,
                controller.address,
                f"{controller.address} is driven by {controller.driver}",
                (told,),
            )


@only(WINDOWS, "only Windows keeps disks offline")
def offline(inventory: Inventory) -> Findings:
    """Windows keeps a disk offline.

    Why: What is on a disk that is offline cannot be reached: drive letters are missing, services
    that use it do not start. After a move to another bus Windows sets disks other than the system
    disk offline where its SAN policy says so (on servers for disks on shared buses).

    Fix: Bring the disk online if it is this machine's alone. A disk of a failover cluster that
    another node uses, or a shared iSCSI or Fibre Channel LUN, is offline for good reason: written
    by two machines at once it loses its data.

    See: Microsoft, "Set-Disk" and "SAN policy" of diskpart; MSFT_Disk, IsOffline.
    """
    disks = [disk for disk in need(inventory.disks, "the disks") if disk.offline is not None]
    if not disks:
        yield Finding(SKIP, "guest", "whether a disk is offline was not read")
    for disk in disks:
        if not disk.offline:
            yield Finding(
                PASS,
                disk.name,
                f"{disk.name} is online",
                (Hint("MSFT_Disk", "IsOffline is False"),),
            )
            continue
        says = f"{disk.name} is offline; it may be another machine's if it is shared"
        number = disk.name[len("PhysicalDrive") :]
        known = number.isascii() and number.isdigit() and len(number) < 6
        yield Finding(
            WARN,
            disk.name,
            says,
            (Hint("MSFT_Disk", "IsOffline is True"),),
            (WindowsDiskOnline(int(number) if known else None),),
        )


@only(WINDOWS, "this is no Windows guest")
def driver_build(inventory: Inventory) -> Findings:
    """Windows runs a build of a virtio disk's driver that is known to be bad.

    Why: viostor and vioscsi of virtio-win 0.1.285 to 0.1.292 use request ids twice: reads come back
    wrong, the page file is corrupt (stop codes 0x1A, 0x3F, 0x7A), databases retry reads, and the
    guest hangs after days.

    Fix: Install the driver of virtio-win 0.1.271 in its place (Windows 10, Server 2016 and newer),
    and restart.

    See: kvm-guest-drivers-windows #1453, #1466, #1614. The fourth part of a driver's version is the
    build times 100.
    """
    windows = inventory.guest.windows or Windows()
    known = [
        (service, version, build_of(version))
        for service, version in windows.running
        if service in ("viostor", "vioscsi")
    ]
    if not known:
        yield Finding(SKIP, "guest", "no version of a virtio disk's driver was read")
    for service, version, build in dict.fromkeys(known):
        hint = Hint("Win32_PnPSignedDriver", f"{service} {version}")
        if build in CORRUPTING:
            says = f"{service} is of virtio-win 0.1.{build}, which has a bug that corrupts paging and reads"
            yield Finding(
                WARN,
                service,
                says,
                (hint,),
                (WindowsDriverBuild(service),),
            )
        elif build is not None:
            yield Finding(
                PASS,
                service,
                f"{service} is of virtio-win 0.1.{build}, which is not known to corrupt data",
                (hint,),
            )
