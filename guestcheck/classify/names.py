"""PCI functions that are known by name alone: lspci without `-n` or `-nn`, and lshw.

lspci prints maker and device as pci.ids has them, "Red Hat, Inc. Virtio block device"; where
pci.ids has no name, "Red Hat, Inc. Device 1057". A name that is there word for word stands for its
id; nothing else does.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue.interfaces import NVME
from guestcheck.catalogue.names import DEVICES, SUBSYSTEMS, VENDORS
from guestcheck.catalogue.rows import BY_ID
from guestcheck.catalogue.storage import DEVICES as STORAGE
from guestcheck.catalogue.vendors import VIRTUAL_VENDORS
from guestcheck.model.guest import Guest, PciFunction

_HEX = frozenset("0123456789abcdef")


def with_ids(guest: Guest) -> Guest:
    """Return `guest` with the ids of those PCI functions that have none and a name that stands for
    one.
    """
    if not any(
        not function.device and (function.device_name or function.vendor_name)
        for function in guest.pci or ()
    ):
        return guest
    named = _Names()
    return guest._replace(
        pci=tuple(
            function if function.device else named.known(function) for function in guest.pci or ()
        )
    )


class _Names:
    """The names of makers with their numbers, and the ids of devices and subsystems by maker's
    number and name.
    """

    def __init__(self) -> None:
        self._vendors: Dict[str, List[str]] = {}
        for vendor, names in VENDORS.items():
            for name in names:
                self._vendors.setdefault(name, []).append(vendor)
        self._devices = _by_name(DEVICES)
        self._subsystems = _by_name(SUBSYSTEMS)

    def known(self, function: PciFunction) -> PciFunction:
        """Return `function` with its ids, where its names tell them."""
        subsystem = function.subsystem
        if function.subsystem_name and not subsystem:
            subsystem = self._id(function.subsystem_name, self._subsystems) or self._fallen_back(
                function.subsystem_name
            )
        known_id = self._id(
            _joined(function.vendor_name, function.device_name), self._devices
        ) or _by_model(function)
        unclear = (
            bool(function.subsystem_name) and not subsystem and known_id[:4] not in VIRTUAL_VENDORS
        )
        if not known_id or unclear:
            return function._replace(
                subsystem=subsystem
            )  # a real maker's subsystem may mean a real card
        return function._replace(
            vendor=known_id[:4], device=known_id[5:], subsystem=subsystem, source="name"
        )

    def _fallen_back(self, text: str) -> str:
        """Return the id of a subsystem that lspci calls by the device of the same numbers; only of
        makers all of whose devices are virtual.
        """
        known_id = self._id(text, self._devices)
        return known_id if known_id[:4] in VIRTUAL_VENDORS else ""

    def _id(self, text: str, known: Dict[Tuple[str, str], str]) -> str:
        for vendor, name in self._split(text):
            found = known.get((vendor, name)) or _numbered(vendor, name)
            if found:
                return found
        return ""

    def _split(self, text: str) -> List[Tuple[str, str]]:
        """Return the makers whose name `text` begins with, and what follows, the longest name
        first.
        """
        words = text.split(" ")
        found = []
        for end in range(len(words) - 1, 0, -1):
            rest = " ".join(words[end:])
            found += [(vendor, rest) for vendor in self._vendors.get(" ".join(words[:end]), ())]
        return found


def _by_model(function: PciFunction) -> str:
    """Return the id of an NVMe controller that lshw calls by its model, which the controller gives
    itself (NVM Express, Identify Controller).
    """
    if function.source != "lshw" or not function.class_id.startswith(BY_ID[NVME].pci_classes):
        return ""
    rows = (
        row
        for row in STORAGE
        if row.interface == NVME
        and row.pci
        and any(function.device_name.startswith(text) for text in row.text)
    )
    return next((row.pci[0] for row in rows), "")


def _by_name(table: Dict[str, Tuple[str, ...]]) -> Dict[Tuple[str, str], str]:
    return {(number[:4], name): number for number, names in table.items() for name in names}


def _numbered(vendor: str, name: str) -> Optional[str]:
    word, _, number = name.partition(" ")
    return (
        f"{vendor}:{number}"
        if word == "Device" and len(number) == 4 and _HEX.issuperset(number)
        else None
    )


def _joined(vendor: str, device: str) -> str:
    return f"{vendor} {device}" if vendor and device else vendor or device
