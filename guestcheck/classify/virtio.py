"""Virtio devices: which generation was negotiated, and the feature bits by name.

/sys/bus/virtio/devices/virtioN/features shows the negotiated bits, bit 0 at the left. Bit 32
(VERSION_1) tells whether virtio 1.x is spoken; a transitional PCI id (1000 to 103f) alone does not
(virtio 1.2, 4.1.2).
"""

from __future__ import annotations

from typing import Optional

from guestcheck.catalogue.virtio import FEATURES, TYPES
from guestcheck.model.device import Virtio
from guestcheck.model.guest import PciFunction, VirtioDevice

VERSION_1 = 32
BLOCK_FLUSH = 9
BLOCK_MQ = 12
BLOCK_DISCARD = 13
NET_MQ = 22

LEGACY, TRANSITIONAL, MODERN = "legacy", "transitional", "modern"


def describe(device: Optional[VirtioDevice], function: Optional[PciFunction]) -> Optional[Virtio]:
    """Decode what is known of a virtio device; `function` is the PCI function that carries it,
    where it is one.
    """
    if device is None and function is None:
        return None
    features = device.features if device else ""
    bits = tuple(place for place, digit in enumerate(features) if digit == "1")
    # All zeroes is what a device shows that no driver has taken.
    version_1 = (VERSION_1 in bits) if bits else None
    modern_id = function is not None and function.device >= "1040"
    if modern_id:
        generation: Optional[str] = MODERN
    elif version_1 is None:
        generation = None
    elif function is not None:
        generation = TRANSITIONAL if version_1 else LEGACY
    else:
        generation = MODERN if version_1 else LEGACY
    kind = TYPES.get(device.type, "") if device and device.type is not None else ""
    names = {**FEATURES.get("common", {}), **FEATURES.get(kind, {})}
    return Virtio(
        generation=generation,
        version_1=version_1,
        features=tuple(names.get(bit, f"bit {bit}") for bit in bits),
        bits=bits,
        transport=device.parent if device else "pci",
    )
