"""docs/devices.md: the interfaces compared, every device model with the ids by which it is told,
and virtual functions.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from guestcheck.catalogue.interfaces import INTERFACES
from guestcheck.catalogue.network import DEVICES as NETWORK
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.catalogue.vf import VIRTUAL_FUNCTIONS
from guestcheck.model.device import Device, Interface
from tools.pages.markdown import MADE, code, table, text

_HEAD = f"""# Devices

{MADE}

What guestcheck knows: first the interfaces that disks and network cards speak, compared, then every device model with the ids by
which it is told. `guestcheck explain interfaces` and `guestcheck list devices` print the same.
"""
_INTERFACES_TAIL = """
The kind is the usual one; which device stands behind an interface decides. Limits are those of QEMU 7.2 where nothing else is named.
"""
_DEVICES_TAIL = """
¹ Supports a verdict and does not decide one alone.

A PCI id is `vendor:device`, with `/vendor:device` of the subsystem behind it where only that tells. A device without ids shares its
driver with others: such a driver alone proves nothing.
"""
_VF_HEAD = """
## Virtual functions

Slices of a network card of the host, given to a guest; all of them are `sriov-vf`, passthrough.

"""

_COLUMNS: Tuple[Tuple[str, str], ...] = (
    ("Interface", "id"),
    ("Kind", "kind"),
    ("Compatibility", "compatibility"),
    ("Performance", "performance"),
    ("Names", "names"),
    ("How many, and what limits it", "limit"),
    ("Hot plug", "hotplug"),
    ("Notes", "notes"),
)


def devices() -> str:
    """Return the page."""
    parts = [_HEAD]
    for device, heading in (("disk", "Disk interfaces"), ("nic", "Network interfaces")):
        rows = [_interface(row) for row in INTERFACES if row.device == device]
        parts.append(f"\n## {heading}\n\n{table([heading for heading, _ in _COLUMNS], rows)}")
    parts.append(_INTERFACES_TAIL)
    for models, heading in ((STORAGE, "Storage devices"), (NETWORK, "Network devices")):
        rows = [_device(row) for row in models]
        parts.append(
            f"\n## {heading}\n\n{table(('Interface', 'Device', 'Kind', 'Ids', 'Drivers', 'Source'), rows)}"
        )
    parts += [
        _DEVICES_TAIL,
        _VF_HEAD,
        table(
            ("Id", "Device"), [(code(pci), text(name)) for pci, name in VIRTUAL_FUNCTIONS.items()]
        ),
    ]
    return "".join(parts)


def _interface(row: Interface) -> List[str]:
    return [f"**{row.id}**", *(text(getattr(row, field)) for _, field in _COLUMNS[1:])]


def _device(row: Device) -> List[str]:
    kind = (
        row.kind
        + "".join(f"; under {where} {other}" for where, other in row.kind_by.items())
        + ("" if row.decides else " ¹")
    )
    name = text(row.name) + (f"<br>{text(row.note)}" if row.note else "")
    return [
        row.interface,
        name,
        kind,
        ", ".join(_ids(row)),
        ", ".join(map(code, row.drivers)),
        text(row.source),
    ]


def _ids(row: Device) -> Iterator[str]:
    if row.virtio:
        yield f"virtio type {row.virtio}"
    buses = (
        ("", row.pci),
        ("vmbus ", row.vmbus),
        ("xen ", row.xen),
        ("usb ", row.usb),
        ("vio ", row.vio),
        ("ccw ", row.ccw),
    )
    for bus, ids in buses:
        yield from (bus + code(word) for word in ids)
