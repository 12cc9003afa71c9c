"""What lies beneath: the hypervisor and the platform, by every clue that names one; clues that
disagree are told.

The order: systemd-detect-virt (which reads CPUID and DMI with all known exceptions), DMI,
/sys/hypervisor, the device tree and /proc/sysinfo, the processor's word (CPUID), the vmbus and xen
buses, ids of PCI devices that only one hypervisor has, and last the mere presence of virtio devices
or of the processor's hypervisor flag, which tell of a hypervisor but not which.
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.families import WORDING
from guestcheck.catalogue.hypervisors import BARE_METAL, HYPERVISORS, PLATFORMS
from guestcheck.catalogue.vendors import QEMU_FAMILY
from guestcheck.model.device import Platform
from guestcheck.model.guest import Guest, Hint
from guestcheck.model.source import TEXTS

_VM_OTHER = "vm-other"  # systemd-detect-virt's word for a hypervisor that it cannot name


class Beneath(NamedTuple):
    """The hypervisor's word and name (None: unknown; "none": no hypervisor), the evidence, and
    clues that disagree.
    """

    id: Optional[str]
    name: str
    evidence: Tuple[Hint, ...]
    disagreements: Tuple[Hint, ...] = ()
    advice: Tuple[str, ...] = ("other",)


class Above(NamedTuple):
    """The platform, if any clue names one."""

    id: Optional[str]
    name: str
    evidence: Tuple[Hint, ...]
    advice: Tuple[str, ...] = ()


def decide_hypervisor(guest: Guest) -> Beneath:
    """Return the hypervisor that the best clue names."""
    clues = list(_clues(guest))
    metal = match_dmi(BARE_METAL, _identity(guest))
    if metal and guest.clues.cpu_flag is not True:
        # A cloud's bare-metal machine bears the cloud's name; that it is no guest, the processor
        # must not deny.
        return Beneath(
            "none",
            "none: this is a bare-metal machine",
            (metal, *(hint for word, hint in clues if word == "none")),
        )
    named = [(word, hint) for word, hint in clues if word not in ("none", _VM_OTHER)]
    some = [(word, hint) for word, hint in clues if word == _VM_OTHER]
    denied = [(word, hint) for word, hint in clues if word == "none"]
    if guest.clues.vm == "none" and guest.clues.cpu_flag is not True:
        # The processor and DMI deny a hypervisor. A Xen dom0, a board with remoteproc or a
        # bare-metal cloud server shows one virtio or Xen device or another all the same, and its
        # hardware is its own.
        against = [hint for word, hint in clues if word != "none"]
        return Beneath(
            "none",
            "none: this is no virtual machine",
            tuple(hint for _, hint in denied),
            tuple(against),
        )
    if named:
        word = named[0][0]
        agree = [hint for other, hint in clues if _same(word, other) or other == _VM_OTHER]
        against = [hint for other, hint in clues if not _same(word, other) and other != _VM_OTHER]
        return _beneath(word, agree, against)
    if some:
        # Virtio devices and the processor's flag tell of a hypervisor; that it has no name of its
        # own only who asked it can say.
        asked = guest.clues.vm == _VM_OTHER or bool(guest.clues.cpuid)
        name = "a hypervisor that gives no name" if asked else "an unknown hypervisor"
        agree, against = [hint for _, hint in some], [hint for _, hint in denied]
        return _beneath(_VM_OTHER, agree, against)._replace(name=name)
    if denied:
        return Beneath(
            "none", "none: this is no virtual machine", tuple(hint for _, hint in denied)
        )
    return Beneath(None, "unknown", ())


def _beneath(word: str, agree: List[Hint], against: List[Hint]) -> Beneath:
    row = next((row for row in HYPERVISORS if row.id == word), None)
    name = row.name if row else word
    return Beneath(
        word, name, tuple(agree), tuple(against), row.advice if row and row.advice else ("other",)
    )


def _same(one: str, other: str) -> bool:
    if one == other or (one in QEMU_FAMILY and other in QEMU_FAMILY):
        return True
    return (one, other) in _SHOWN_AS or (one in QEMU_FAMILY and other == "microsoft")


# What shows itself in part as another, and contradicts nothing: Xen's device model is QEMU;
# VirtualBox offers KVM's interface to Linux guests; QEMU's Hyper-V enlightenments (above) name
# Microsoft in CPUID.
_SHOWN_AS = {("xen", "qemu"), ("oracle", "kvm")}


def _identity(guest: Guest) -> Dict[str, str]:
    """Return DMI's fields, and the ACPI tables' OEM id for machines that have no DMI."""
    return {**guest.clues.dmi, "acpi_oem": guest.clues.acpi_oem}


def _clues(guest: Guest) -> Iterator[Tuple[str, Hint]]:
    clues = guest.clues
    if clues.vm is not None:
        yield clues.vm, Hint("systemd-detect-virt --vm", clues.vm)
    for row in HYPERVISORS:
        matched = match_dmi(row.dmi, _identity(guest))
        if matched:
            yield row.id, matched
    if clues.sys_hypervisor.isalnum():
        yield clues.sys_hypervisor, Hint("/sys/hypervisor/type", clues.sys_hypervisor)
    for hint in clues.devicetree:
        word = _from_devicetree(hint)
        if word:
            yield word, hint
    if clues.sysinfo:
        for text, word in (("KVM", "kvm"), ("z/VM", "zvm")):
            if text in clues.sysinfo:
                yield word, Hint("/proc/sysinfo", f"control program {text}")
    if clues.cpuid:
        word = next(
            (
                row.id
                for row in HYPERVISORS
                if clues.cpuid.lower() in (c.strip().lower() for c in row.cpuid)
            ),
            _VM_OTHER,
        )
        yield word, Hint("lscpu (CPUID)", f"hypervisor vendor {clues.cpuid}")
    wording = WORDING[guest.family]
    if clues.vmbus:
        yield (
            "microsoft",
            Hint(wording.vmbus, "the Hyper-V VMBus has devices"),
        )
    if clues.xen_bus:
        yield "xen", Hint(wording.xen_bus, "the Xen bus has devices")
    yield from _pci_clues(guest)
    # Type 7 is rpmsg, by which a real board speaks to its own coprocessor.
    virtio = [device for device in guest.virtio or () if device.type != 7]
    if virtio:
        yield (
            _VM_OTHER,
            Hint(
                "/sys/bus/virtio", f"{len(virtio)} virtio device{'' if len(virtio) == 1 else 's'}"
            ),
        )
    if clues.cpu_flag:
        yield (
            _VM_OTHER,
            Hint(
                "the processor's flags" if guest.origin == TEXTS else "/proc/cpuinfo",
                "the processor has the hypervisor flag",
            ),
        )
    if (
        clues.cpu_flag is False
        and clues.vm is None
        and clues.dmi
        and guest.architecture in ("x86_64", "i686", "i386")
    ):
        yield (
            "none",
            Hint(
                wording.processor,
                "the processor has no hypervisor flag",
            ),
        )


def _from_devicetree(hint: Hint) -> str:
    if "/hypervisor/" in hint.source:
        for text, word in (("linux,kvm", "kvm"), ("xen,xen", "xen"), ("vmware", "vmware")):
            if text in hint.says:
                return word
    # QEMU's machine "virt" is called so, and after it those of other monitors.
    return _VM_OTHER if "linux,dummy-virt" in hint.says else ""


def _pci_clues(guest: Guest) -> Iterator[Tuple[str, Hint]]:
    """Yield a clue for each hypervisor of which a device is here: by device id, or by the subsystem
    that it marks devices with.
    """
    seen = set()
    for function in guest.pci or ():
        for row in HYPERVISORS:
            marks = (
                (f"/{function.subsystem}", f"/{function.subsystem.partition(':')[0]}")
                if function.subsystem
                else ()
            )
            if row.id not in seen and (
                function.id in row.pci or any(mark in row.pci for mark in marks)
            ):
                seen.add(row.id)
                what = function.id if function.id in row.pci else f"subsystem {function.subsystem}"
                yield row.id, Hint(function.place, f"{what} is a device of {row.name}")
    if guest.virtio is None and any(
        f.vendor == "1af4" and "1000" <= f.device <= "107f" for f in guest.pci or ()
    ):
        yield _VM_OTHER, Hint("PCI", "there are virtio devices")


def match_dmi(patterns: Tuple[str, ...], dmi: Dict[str, str]) -> Optional[Hint]:
    """Return what matched of "field=text; field=text" patterns: all pairs of one pattern; "*"
    stands for any text.
    """
    for pattern in patterns:
        said = []
        for pair in pattern.split("; "):
            field, _, wanted = pair.partition("=")
            value = dmi.get(field.strip(), "")
            if not value or not _matches(value, wanted):
                break
            said.append(f"{_SPOKEN.get(field.strip(), field.strip())} {value}")
        else:
            return Hint("ACPI tables" if pattern.startswith("acpi_oem") else "DMI", ", ".join(said))
    return None


_SPOKEN = {"acpi_oem": "OEM id"}


def _matches(value: str, wanted: str) -> bool:
    first, *others = wanted.split("*")
    if not others:
        return value == wanted
    if (
        not value.startswith(first)
        or not value.endswith(others[-1])
        or len(value) < len(first) + len(others[-1])
    ):
        return False
    return all(part in value for part in others)


def decide_platform(guest: Guest, hypervisor: Optional[str]) -> Above:
    """Return the platform that DMI or another mark names; none is no guess but None."""
    for row in PLATFORMS:
        if row.hypervisors and hypervisor is not None and hypervisor not in row.hypervisors:
            continue
        hint = match_dmi(row.dmi, _identity(guest))
        if hint:
            return _above(row, hint)
    return _by_serial(guest) or _by_mac(guest, hypervisor) or Above(None, "", ())


def _by_serial(guest: Guest) -> Optional[Above]:
    """Return the platform whose names of drives are the serials of the guest's disks."""
    for device in guest.block or ():
        for row in PLATFORMS:
            if row.serial and device.serial and re.fullmatch(row.serial, device.serial):
                return _above(row, Hint(f"serial of {device.name}", device.serial))
    return None


def _by_mac(guest: Guest, hypervisor: Optional[str]) -> Optional[Above]:
    """Return the platform whose own MAC addresses the guest has, where DMI, which would name it,
    was not read.
    """
    for link in guest.nics or () if not guest.clues.dmi else ():
        for row in PLATFORMS:
            own = row.mac and link.mac.lower().startswith(row.mac)
            if own and hypervisor in row.hypervisors:
                says = (
                    f"{link.mac}: VirtualBox's own prefix; KVM is the interface it offers to Linux"
                )
                return _above(row, Hint(f"MAC address of {link.name}", f"{link.mac}: {says}"))
    return None


def _above(row: Platform, hint: Hint) -> Above:
    return Above(row.id, row.name, (hint,), row.advice)
