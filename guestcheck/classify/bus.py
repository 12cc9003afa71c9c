"""A disk or NIC by what it hangs on: the nearest device on its way up that the catalogue knows by
its ids decides.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from guestcheck.catalogue import buses
from guestcheck.catalogue.families import WORDING
from guestcheck.catalogue.rows import device_on
from guestcheck.classify.index import Context
from guestcheck.classify.pci import judge_function, kind_in
from guestcheck.model.device import (
    EMULATED,
    PARAVIRTUAL,
    PASSTHROUGH,
    PHYSICAL,
    UNKNOWN,
    Device,
    Verdict,
)
from guestcheck.model.guest import BusDevice, Hint, Link, PciFunction, VirtioDevice
from guestcheck.model.lookup import kept

_SETTLE_GUEST = "whether this is a virtual machine: systemd-detect-virt --vm"


def function_of(chain: Tuple[Link, ...], context: Context) -> Optional[PciFunction]:
    """Return the PCI function that a device hangs on."""
    return next(
        (context.functions[link.name] for link in chain if link.name in context.functions), None
    )


def virtio_of(chain: Tuple[Link, ...], context: Context) -> Optional[VirtioDevice]:
    """Return the virtio device that a device hangs on."""
    return next(
        (
            context.virtio[link.name]
            for link in chain
            if link.subsystem == buses.VIRTIO and link.name in context.virtio
        ),
        None,
    )


def on_function(function: PciFunction, context: Context) -> Optional[VirtioDevice]:
    """Return the virtio device whose transport a PCI function is."""
    return _by_parent(context.guest.virtio or ()).get(function.address)


@kept
def _by_parent(devices: Tuple[VirtioDevice, ...]) -> Dict[str, VirtioDevice]:
    return {device.parent_name: device for device in reversed(devices)}


def judge_chain(chain: Tuple[Link, ...], context: Context, device: str) -> Optional[Verdict]:
    """Say what the device at the lower end of `chain` is; None where nothing on the way is known.
    `device` is disk or nic.
    """
    way = Hint(
        WORDING[context.guest.family].way,
        " < ".join(
            f"{link.name} ({', '.join(word for word in (link.driver, link.subsystem) if word)})"
            for link in chain
            if link.driver or link.subsystem != "block"
        ),
    )
    for link in chain:
        verdict = _judge_link(link, chain, context, device)
        if verdict:
            return verdict._replace(evidence=(way, *verdict.evidence))
    return None


def _judge_link(
    link: Link, chain: Tuple[Link, ...], context: Context, device: str
) -> Optional[Verdict]:
    if link.subsystem == buses.VIRTIO:
        return _virtio(link, context)
    if link.subsystem in buses.OWN:
        return _own_bus(link, context)
    if link.subsystem == buses.USB:
        return _usb(link, context, device)
    if link.subsystem == buses.PCI and link.name in context.functions:
        function = context.functions[link.name]
        verdict = judge_function(function, context)
        return (
            verdict._replace(interface=device_on(buses.USB, device))
            if any(one.subsystem == buses.USB for one in chain)
            else verdict
        )
    if link.subsystem == buses.MMC_HOST or (
        link.subsystem == buses.MMC and function_of(chain, context) is None
    ):
        hint = Hint("/sys", f"{link.name} is an MMC or SD host without a PCI id")
        return _by_guest(device_on(buses.MMC_HOST, "disk"), context, hint)
    return None


def _virtio(link: Link, context: Context) -> Optional[Verdict]:
    device = context.virtio.get(link.name)
    row = context.catalogue.virtio.get(device.type) if device and device.type else None
    if row is None:
        # Without the bus's own folder the driver still tells: only these two bind to virtio disks
        # and hosts.
        row = next(
            (
                one
                for one in context.catalogue.drivers.get(link.driver.replace("-", "_"), ())
                if one.virtio
            ),
            None,
        )
    if row is None:
        return None
    number = f", device type {device.type}" if device else ""
    return Verdict(
        row.interface,
        PARAVIRTUAL,
        (Hint("virtio bus", f"{link.name}, driver {link.driver or 'none'}{number}"),),
        "",
        row.name,
    )


def _own_bus(link: Link, context: Context) -> Optional[Verdict]:
    """Judge a device of a bus that only hypervisors have."""
    device = next(
        (
            one
            for one in context.guest.bus_devices
            if one.bus == link.subsystem and one.name == link.name
        ),
        None,
    )
    row = _row_on_bus(device, link, context)
    if row is None:
        return None
    kind, why = kind_in(row, None, context)
    if kind in (UNKNOWN, PHYSICAL) and row.kind == PARAVIRTUAL:
        kind, why = PARAVIRTUAL, ""  # the bus itself is the hypervisor's
    says = f"{link.name} on {link.subsystem}, {device.id if device and device.id else 'driver ' + link.driver}"
    return Verdict(
        row.interface,
        kind,
        (Hint(f"{link.subsystem} bus", says + (f" ({why})" if why else "")),),
        "",
        row.name,
    )


def _row_on_bus(device: Optional[BusDevice], link: Link, context: Context) -> Optional[Device]:
    index = context.catalogue
    if device and device.id:
        if link.subsystem == buses.VMBUS:
            return index.vmbus.get(device.id)
        if link.subsystem == buses.XEN:
            return index.xen.get(device.id)
        if link.subsystem == buses.CCW:
            # A row may name a control unit of any model: "3990" for 3990/e9.
            row = index.ccw.get(device.id) or index.ccw.get(device.id.partition("/")[0])
            if row:
                return row
        for name, row in index.vio:
            if link.subsystem == buses.VIO and (name in device.id or device.id in name):
                return row
    rows = [
        row
        for row in index.drivers.get(link.driver.replace("-", "_"), ())
        if getattr(row, link.subsystem)
    ]
    return rows[0] if rows else None


def _usb(link: Link, context: Context, device: str) -> Optional[Verdict]:
    """Judge by the USB device's own id; its interfaces ("1-1:1.0") and the root hub have none."""
    told = next(
        (
            one
            for one in context.guest.bus_devices
            if one.bus == buses.USB and one.name == link.name
        ),
        None,
    )
    if told is None or not told.id or told.name.startswith(buses.ROOT_HUB):
        return None
    hint = Hint("USB", f"{told.name} is {told.id} {told.label}".strip())
    row = context.catalogue.usb.get(told.id)
    interface = device_on(buses.USB, device)
    # A hypervisor's own make comes first: QEMU's network card bears the id of every Linux USB
    # gadget.
    if (
        told.label.startswith(("QEMU", "VMware", "VirtualBox", "VBOX"))
        and context.hypervisor != "none"
    ):
        return Verdict(interface, EMULATED, (hint,), "", told.label)
    if row and context.is_guest:
        return Verdict(row.interface, row.kind, (hint, Hint("catalogue", row.name)), "", row.name)
    if context.is_guest:
        says = "no hypervisor imitates this device, so it was redirected from the host"
        return Verdict(interface, PASSTHROUGH, (hint, Hint("catalogue", says)), "", told.label)
    return _by_guest(interface, context, hint)


def _by_guest(interface: str, context: Context, hint: Hint) -> Verdict:
    if context.hypervisor == "none":
        return Verdict(interface, PHYSICAL, (hint, Hint("hypervisor", "none was found")))
    settle = "the machine's definition on the host" if context.is_guest else _SETTLE_GUEST
    return Verdict(interface, UNKNOWN, (hint,), settle)
