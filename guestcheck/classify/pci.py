"""One PCI function: what it is by its ids, its driver and the hypervisor.

In a virtual machine a function is imitated by the hypervisor, paravirtual, or handed through; there
is no fourth way. So an id that no hypervisor imitates, of a maker of real hardware, is passed
through by elimination; and says so.
"""

from __future__ import annotations

from typing import Optional, Tuple

from guestcheck.catalogue.interfaces import SRIOV_VF
from guestcheck.catalogue.rows import of_class
from guestcheck.catalogue.vendors import (
    BORROWED,
    HANDS_NOTHING_THROUGH,
    MARKS,
    ON_PLUGGED_CARDS,
    QEMU_FAMILY,
    QEMU_MARK,
    VIRTIO_VENDOR,
    VIRTUAL_VENDORS,
    XEN_VENDOR,
)
from guestcheck.catalogue.vf import VF_DRIVERS, VF_RANGES, VIRTUAL_FUNCTIONS
from guestcheck.classify.index import VIRTIO_DISKS, VIRTIO_NICS, Context
from guestcheck.model.device import (
    EMULATED,
    PARAVIRTUAL,
    PASSTHROUGH,
    PHYSICAL,
    UNKNOWN,
    Device,
    Verdict,
)
from guestcheck.model.guest import Hint, PciFunction


def marked_by(function: PciFunction) -> str:
    """Return whose mark the subsystem id is ("" where it is none): a hypervisor's imitation says so
    there.
    """
    if function.subsystem == QEMU_MARK:
        return "QEMU"
    return MARKS.get(function.subsystem.partition(":")[0], "")


def judge_function(function: PciFunction, context: Context) -> Verdict:
    """Say what a PCI function is."""
    says = _shown(function)
    told = Hint(function.place, says)
    virtio = _virtio_type(function)
    if virtio:
        row = context.catalogue.virtio.get(virtio)
        return Verdict(
            row.interface if row else "",
            PARAVIRTUAL,
            (told,),
            "",
            row.name if row else "virtio device",
        )
    if context.hypervisor is None and _is_given(function):
        return Verdict(SRIOV_VF, PASSTHROUGH, (told, _GIVEN), "", VIRTUAL_FUNCTIONS[function.id])
    for row in context.catalogue.rows(function):
        verdict = _by_row(row, function, context, told)
        if verdict:
            return verdict
    if _is_vf(function):
        return _virtual_function(function, context, told)
    return _by_elimination(function, context, told)


def _shown(function: PciFunction) -> str:
    """Return what was read of a function's identity: its ids, or the names that stand for them."""
    if function.source == "name" or function.id == ":":
        return (
            " ".join(name for name in (function.vendor_name, function.device_name) if name)
            or function.class_name
            or "no ids"
        )
    return function.id + (f", subsystem {function.subsystem}" if function.subsystem else "")


def _virtio_type(function: PciFunction) -> int:
    """Return the virtio device type of a PCI id (virtio 1.2, 4.1.2); 0 for what is no virtio
    device.
    """
    if function.vendor != VIRTIO_VENDOR:
        return 0
    from guestcheck.catalogue.virtio import TRANSITIONAL

    try:
        number = int(function.device, 16)
    except ValueError:
        return 0
    if 0x1040 < number <= 0x107F:
        return number - 0x1040
    return TRANSITIONAL.get(function.device, 0)


def _by_row(row: Device, function: PciFunction, context: Context, told: Hint) -> Optional[Verdict]:
    """Judge by a row of the catalogue; None where it does not decide."""
    if not row.decides:
        return None
    if (
        row.kind == EMULATED
        and context.is_guest
        and f"{function.id}/{function.subsystem}" not in row.pci
        and not _imitations_subsystem(function, context)
    ):
        # A maker's own subsystem: perhaps the real card, handed through; perhaps an imitation that
        # was dressed up.
        says = f"the id of {row.name}, with a subsystem that no hypervisor is known to give it"
        return Verdict(
            row.interface,
            UNKNOWN,
            (told, Hint("catalogue", says)),
            _settle_by_text(row),
            function.device_name or row.name,
        )
    kind, why = kind_in(row, function, context)
    if kind == UNKNOWN:
        return Verdict(
            row.interface,
            UNKNOWN,
            (told, Hint("catalogue", f"{row.name}: {why}")),
            "which hypervisor this is: systemd-detect-virt --vm, DMI",
            row.name,
        )
    return Verdict(
        row.interface,
        kind,
        (told, Hint("catalogue", f"{row.name}: {kind}" + (f" ({why})" if why else ""))),
        "",
        row.name,
    )


def _imitations_subsystem(function: PciFunction, context: Context) -> bool:
    """Tell whether a subsystem is one that imitations have: none, a hypervisor's mark, or one that
    the catalogue lists.
    """
    vendor = function.subsystem.partition(":")[0]
    if (
        vendor in ("", "0000", "ffff")
        or vendor == VIRTIO_VENDOR
        or marked_by(function)
        or function.vendor in VIRTUAL_VENDORS
    ):
        return True
    return function.subsystem in BORROWED or any(
        f"{function.id}/{function.subsystem}" in row.pci and row.kind == EMULATED
        for row in context.catalogue.rows(function)
    )


def kind_in(row: Device, function: Optional[PciFunction], context: Context) -> Tuple[str, str]:
    """Return the kind of a catalogue row in this guest, and why where that is not plain."""
    hypervisor = context.hypervisor
    if hypervisor is None:
        mark = marked_by(function) if function else ""
        if mark and row.kind == EMULATED:
            return EMULATED, f"the subsystem is {mark}'s mark"
        # A subsystem tells an imitation; that of a real card (PASSTHROUGH in a guest) is the same
        # on bare metal.
        imitated = (
            row.kind == EMULATED
            and function is not None
            and f"{function.id}/{function.subsystem}" in row.pci
        )
        if (
            function is not None
            and (function.vendor in VIRTUAL_VENDORS or imitated)
            and not row.kind_by
        ):
            return row.kind, "the id belongs to a hypervisor or cloud"
        if row.kind == PARAVIRTUAL:
            return (
                UNKNOWN,
                "no real machine has it; some hypervisors imitate it, and which one this is "
                "is not known",
            )
        return UNKNOWN, "real machines have it too, and whether this is a guest is not known"
    if hypervisor == "none":
        return (PHYSICAL, "there is no hypervisor") if row.kind != PARAVIRTUAL else (row.kind, "")
    if hypervisor in row.kind_by:
        return row.kind_by[hypervisor], f"under {hypervisor}"
    if row.kind == PARAVIRTUAL and row.kind_by and hypervisor == "vm-other":
        return UNKNOWN, "some hypervisors imitate it, and which one this is is not known"
    if hypervisor in QEMU_FAMILY and "kvm" in row.kind_by:
        return row.kind_by["kvm"], "under KVM or QEMU"
    return row.kind, ""


def modules_for(function: PciFunction, context: Context) -> Tuple[str, ...]:
    """Return the modules that would drive a function: what lspci names, else the catalogue's
    drivers for its id.
    """
    if function.modules:
        return function.modules
    rows = context.catalogue.rows(function)
    return tuple(driver.replace("-", "_") for driver in rows[0].drivers) if rows else ()


def _is_vf(function: PciFunction) -> bool:
    if function.is_vf or function.id in VIRTUAL_FUNCTIONS or (function.driver or "") in VF_DRIVERS:
        return True
    return any(function.id.startswith(start.rstrip("x")) for start in VF_RANGES)


_GIVEN = Hint(
    "PCI address",
    "a card's virtual function on bus 0: on real machines it is behind a port, so a "
    "hypervisor put it there",
)


def _is_given(function: PciFunction) -> bool:
    """Tell whether the address alone says that a virtual function was handed to this machine."""
    bus, _, slot = function.address[-7:].partition(":")
    return bus == "00" and slot[:2] != "00" and function.id in ON_PLUGGED_CARDS


def _virtual_function(function: PciFunction, context: Context, told: Hint) -> Verdict:
    name = VIRTUAL_FUNCTIONS.get(function.id, "SR-IOV virtual function")
    hint = Hint("catalogue", f"{name}: an SR-IOV virtual function")
    if context.is_guest is None:
        return Verdict(
            SRIOV_VF,
            UNKNOWN,
            (told, hint),
            "whether this is a virtual machine: systemd-detect-virt --vm",
            name,
        )
    return Verdict(SRIOV_VF, PASSTHROUGH if context.is_guest else PHYSICAL, (told, hint), "", name)


def _by_elimination(function: PciFunction, context: Context, told: Hint) -> Verdict:
    rows = context.catalogue.rows(function)
    interface = rows[0].interface if rows else of_class(function.class_id)
    name = function.device_name or (rows[0].name if rows else "")

    def verdict(kind: str, hints: Tuple[Hint, ...], settle: str = "") -> Verdict:
        return Verdict(interface, kind, hints, settle, name)

    if context.hypervisor == "none":
        return verdict(PHYSICAL, (told, Hint("hypervisor", "none was found")))
    if context.is_guest is None:
        settle = "whether this is a virtual machine: systemd-detect-virt --vm"
        return verdict(UNKNOWN, (told,), settle)
    if not (function.vendor and function.device):
        passed = _passed_without_ids(function, context)
        if passed:
            return verdict(PASSTHROUGH, (told, passed))
        unnamed = told._replace(says=function.device_name or "no ids")
        return verdict(UNKNOWN, (unnamed,), "its ids: lspci -nnk")
    if rows and not _other_subsystem(function, context):
        row = rows[0]
        hint = Hint("catalogue", f"{row.name}: {row.note or 'the id alone does not decide'}")
        return verdict(UNKNOWN, (told, hint), _settle_by_text(row))
    mark = marked_by(function)
    if mark:
        says = f"{function.subsystem} is {mark}'s mark for devices it imitates"
        return verdict(EMULATED, (told, Hint("subsystem", says)))
    unlisted = _maybe_unlisted(function, context)
    if unlisted:
        settle = "a row for this id in the catalogue (please report it)"
        return verdict(UNKNOWN, (told, Hint("catalogue", unlisted)), settle)
    says = "no hypervisor imitates this device, so it was handed to the guest"
    return verdict(PASSTHROUGH, (told, Hint("catalogue", says)))


def _passed_without_ids(function: PciFunction, context: Context) -> Optional[Hint]:
    """Return what shows that a device whose ids are not known was handed to the guest."""
    if context.hypervisor == "microsoft" and not function.address.startswith("0000:"):
        return Hint("PCI address", _OVER_VMBUS)
    if _foreign(function):
        what = "network card" if is_network(function) else "storage controller"
        says = f"no hypervisor imitates a {what} of this maker, so it was handed to the guest"
        return Hint("catalogue", says)
    return None


def _maybe_unlisted(function: PciFunction, context: Context) -> str:
    """Return why a device may be a hypervisor's own that the catalogue lacks."""
    if function.vendor in VIRTUAL_VENDORS:
        return "a hypervisor's or cloud's own device that it does not know"
    if context.hypervisor in HANDS_NOTHING_THROUGH:
        return f"{context.hypervisor} hands no PCI device through that it is known of"
    return ""


# drivers/pci/controller/pci-hyperv.c makes a PCI domain of its own for each device that it is
# handed, and what Hyper-V imitates is in domain 0.
_OVER_VMBUS = "Hyper-V has a PCI domain of its own for each device that it hands through"


def _foreign(function: PciFunction) -> bool:
    """Tell whether a function that is known by name alone has a maker that no hypervisor imitates;
    lspci's lists print maker and device in one.
    """
    from guestcheck.catalogue.names import MAKERS

    return function.vendor_name in MAKERS or (
        not function.vendor_name
        and function.device_name.startswith(tuple(f"{maker} " for maker in MAKERS))
    )


def _other_subsystem(function: PciFunction, context: Context) -> bool:
    """Tell whether the catalogue knows which subsystems the imitations of this id have, and this
    one is another.
    """
    if (
        not function.subsystem
        or function.subsystem == "0000:0000"
        or function.subsystem.startswith("ffff")
    ):
        return False
    known = [pci for pci in context.catalogue.pci if pci.startswith(function.id + "/")]
    return bool(known) and f"{function.id}/{function.subsystem}" not in known


def _settle_by_text(row: Device) -> str:
    return (
        f"the model of a disk on it (lsblk -o NAME,MODEL): {', '.join(row.text)} means emulated"
        if row.text
        else "the machine's definition on the host"
    )


def is_storage(function: PciFunction) -> bool:
    """Tell whether a function is a storage controller: a virtio one by its type, for it may have
    any class, others by class.
    """
    virtio = _virtio_type(function)
    if (
        virtio or function.vendor == XEN_VENDOR
    ):  # Xen's platform device bears a storage class and is none
        return virtio in VIRTIO_DISKS
    if function.source == "msinfo32":
        from guestcheck.catalogue.storage import DEVICES

        return _is_listed(function, DEVICES)
    return function.class_id.startswith(("01", "0805", "0c04"))


def is_network(function: PciFunction) -> bool:
    """Tell whether a function is a network card: by class, or a virtio one, which may have any
    class.
    """
    if function.source == "msinfo32":
        from guestcheck.catalogue.network import DEVICES

        return _is_listed(function, DEVICES)
    return function.class_id.startswith("02") or _virtio_type(function) in VIRTIO_NICS


def _is_listed(function: PciFunction, rows: Tuple[Device, ...]) -> bool:
    """Tell whether rows of the catalogue have the id of a function whose class was not told."""
    return any(pci.partition("/")[0] == function.id for row in rows for pci in row.pci)
