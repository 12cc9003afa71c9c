"""Guests, inventories and reports, made in one line each.

A device is given by its way down from the bus: words "NAME SUBSYSTEM DRIVER ID MORE", "-" for
nothing, a bare name for a folder without a subsystem. ID is the bus's own: "8086:7010/1af4:1100"
for PCI (MORE its class and revision), the type for virtio (MORE the feature bits), the class GUID
for vmbus, the device type for xen, "46f4:0001" for usb (MORE what it calls itself).

>>> print(disk("vda", "0000:00:05.0 pci virtio-pci 1af4:1001", "virtio0 virtio virtio_blk 2 32").split("\\n")[0])
/sys/class/block/vda -> /sys/devices/pci0000:00/0000:00:05.0/virtio0/block/vda
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from guestcheck.advice import advise
from guestcheck.checks import all_checks, judge
from guestcheck.classify import classify
from guestcheck.evidence import questions, read
from guestcheck.evidence.linux.sysfs import Sysfs
from guestcheck.evidence.linux.sysfs import parse as parse_sysfs
from guestcheck.facts import build
from guestcheck.model.check import Result
from guestcheck.model.device import (
    PARAVIRTUAL,
    Disk,
    DriverState,
    Inventory,
    KernelDrivers,
    Nic,
    Verdict,
)
from guestcheck.model.guest import Guest, Hint
from guestcheck.model.report import Report
from guestcheck.model.source import OK, Answer, Ask, Evidence, FirstOf, Gap, Question, Raw

GIBIBYTE = 1 << 30
SCSI_DISK = "0:0:0:0 scsi sd"

# Where the devices of a bus begin below /sys/devices.
_TOPS = {
    "pci": "pci0000:00",
    "vmbus": "LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00",
    "vio": "vio",
    "ccw": "css0",
    "virtio": "platform/a0000000.virtio_mmio",
}
_CLASSES = ("class", "block", "net", "scsi", "nvme", "mmc_host", "scsi_host")


class Way(NamedTuple):
    """A path below /sys/devices and the facts about what lies on it."""

    real: str
    lines: List[str]


def scsi(host: int = 0, address: str = "0:0:0", driver: str = "sd") -> Tuple[str, str, str]:
    """Make the SCSI part of a way: host, target, logical unit."""
    return (
        f"host{host} scsi",
        f"target{host}:{address.rpartition(':')[0]} scsi",
        f"{host}:{address} scsi {driver}",
    )


def way(*links: str, device: str = "disk") -> Way:
    """Make the path of a device and what /sys says along it."""
    words = [link.split(None, 4) for link in links]
    top = next((_TOPS.get(word[1], "") for word in words[:1] if len(word) > 1), "")
    real = f"/sys/devices/{top}".rstrip("/")
    lines: List[str] = []
    for word in words:
        name, subsystem, driver, identity, more = (*word, *["-"] * (5 - len(word)))
        real = f"{real}/{name}"
        if driver != "-":
            lines.append(f"{real}/driver -> /sys/bus/{subsystem}/drivers/{driver}")
        if subsystem != "-":
            lines.append(
                f"{real}/subsystem -> "
                f"/sys/{'class' if subsystem in _CLASSES[3:] and subsystem != 'scsi' else 'bus'}/{subsystem}"
            )
        if subsystem in ("pci", "virtio", "vmbus", "xen", "usb", "vio", "ccw"):
            lines += _on_bus(subsystem, name, real, driver, identity, more, device)
    return Way(real, lines)


def _on_bus(
    bus: str, name: str, real: str, driver: str, identity: str, more: str, device: str
) -> List[str]:
    path = f"/sys/bus/{bus}/devices/{name}"
    lines = [f"{path} -> {real}"]
    if driver != "-":
        lines.append(f"{path}/driver -> /sys/bus/{bus}/drivers/{driver}")
    if identity == "-":
        return lines
    main, _, subsystem = identity.partition("/")
    values: Dict[str, str] = {}
    if bus == "pci":
        values = _ids(
            main, subsystem, more if more != "-" else "0100" if device == "disk" else "0200"
        )
    elif bus == "virtio":
        values = {
            "device": f"0x{int(main):04x}",
            "vendor": "0x1af4",
            "status": "0x0000000f",
            "features": bits(more),
        }
    elif bus == "vmbus":
        values = {"class_id": "{" + main + "}"}
    elif bus == "xen":
        values = {"devtype": main}
    elif bus == "usb":
        vendor, _, product = main.partition(":")
        maker, _, model = more.partition(" ")
        values = {"idVendor": vendor, "idProduct": product, "manufacturer": maker, "product": model}
    elif bus == "vio":
        values = {"name": main}
    else:
        values = {"cutype": identity}
    return lines + [f"{path}/{key} = {value}" for key, value in values.items()]


def _ids(main: str, subsystem: str, pci_class: str) -> Dict[str, str]:
    vendor, _, product = main.partition(":")
    digits, _, revision = pci_class.partition(" ")
    values = {
        "vendor": f"0x{vendor}",
        "device": f"0x{product}",
        "class": f"0x{digits:0<6}",
        "revision": f"0x{revision or '00'}",
    }
    if subsystem:
        values["subsystem_vendor"], values["subsystem_device"] = (
            f"0x{half}" for half in subsystem.split(":")
        )
    return values


def bits(places: str) -> str:
    """Write feature bits as /sys does: bit 0 at the left."""
    wanted = {int(place) for place in places.split(",") if place.isdigit()}
    return "".join("1" if place in wanted else "0" for place in range(64))


def pci(link: str) -> str:
    """Make a PCI function with nothing on it: "ADDRESS pci DRIVER ID CLASS"."""
    return "\n".join(way(link).lines)


def disk(name: str, *links: str, size: int = 20 * GIBIBYTE, **attributes: object) -> str:
    """Make a disk; attributes are those of /sys/class/block, "__" for "/" (`device__model`), model,
    vendor and serial for short.
    """
    found = way(*links)
    return _block(
        name,
        f"{found.real}/block/{name}",
        found.lines,
        {"size": size // 512, "ro": 0, "removable": 0, **attributes},
    )


def part(name: str, *links: str, of: str, size: int = GIBIBYTE, **attributes: object) -> str:
    """Make a partition of the disk `of` that hangs on the same way."""
    found = way(*links)
    return _block(
        name,
        f"{found.real}/block/{of}/{name}",
        found.lines,
        {"size": size // 512, "partition": 1, **attributes},
    )


def virtual(
    name: str, slaves: Sequence[str] = (), size: int = GIBIBYTE, **attributes: object
) -> str:
    """Make a block device of the guest's own kernel: loop, dm, md."""
    text = _block(
        name, f"/sys/devices/virtual/block/{name}", [], {"size": size // 512, **attributes}
    )
    return f"{text}\n/sys/class/block/{name}/slaves/ : {' '.join(slaves)}"


_SHORT = {"model": "device/model", "vendor": "device/vendor", "discard": "queue/discard_max_bytes"}


def _block(name: str, real: str, lines: List[str], attributes: Dict[str, object]) -> str:
    path = f"/sys/class/block/{name}"
    queues = attributes.pop("queues", None)
    facts = [f"{path} -> {real}", *lines, f"{real}/subsystem -> /sys/class/block"]
    facts += [
        f"{path}/{_SHORT.get(key, key.replace('__', '/'))} = {value}"
        for key, value in attributes.items()
    ]
    if isinstance(queues, int):
        facts.append(f"{path}/mq/ : {' '.join(map(str, range(queues)))}")
    return "\n".join(facts)


def nic(
    name: str,
    *links: str,
    mac: str = "52:54:00:12:34:56",
    queues: int = 1,
    master: str = "",
    **attributes: object,
) -> str:
    """Make a network card; attributes are those of /sys/class/net."""
    found = way(*links, device="nic")
    path, real = f"/sys/class/net/{name}", f"{found.real}/net/{name}"
    facts = [
        f"{path} -> {real}",
        *found.lines,
        f"{real}/subsystem -> /sys/class/net",
        f"{path}/device -> {found.real}",
    ]
    return "\n".join(
        facts
        + _net(path, {"address": mac, "operstate": "up", "type": 1, **attributes}, queues, master)
    )


def software(
    name: str, arp: int = 1, master: str = "", folders: Sequence[str] = (), **attributes: object
) -> str:
    """Make a network interface of the guest's own kernel; `arp` is its hardware type, `folders` are
    bridge or bonding.
    """
    path = f"/sys/class/net/{name}"
    facts = [
        f"{path} -> /sys/devices/virtual/net/{name}",
        *(f"{path}/{folder}/ : mode" for folder in folders),
    ]
    return "\n".join(facts + _net(path, {"type": arp, **attributes}, 1, master))


def _net(path: str, attributes: Dict[str, object], queues: int, master: str) -> List[str]:
    facts = [f"{path}/{key} = {value}" for key, value in attributes.items()]
    facts.append(f"{path}/queues/ : {' '.join(f'rx-{n} tx-{n}' for n in range(queues))}")
    return facts + ([f"{path}/master -> /sys/devices/virtual/net/{master}"] if master else [])


def sysfs(*texts: str) -> Sysfs:
    """Parse what the makers above made."""
    return parse_sysfs([Answer("tree", OK, "\n".join(texts) + "\n")])


Told = Union[str, Sequence[Answer]]


def asked(question: Question[Any]) -> str:
    """Return what a question asks first, as an answer names it."""
    return _word(question.asks[0])


def _word(ask: Ask) -> str:
    if isinstance(ask, FirstOf):
        return _word(ask.words[0])
    for field in ("path", "pattern", "name"):
        if hasattr(ask, field):
            return str(getattr(ask, field))
    return " ".join(ask.argv)  # type: ignore[union-attr]


def answers(*pairs: str) -> Tuple[Answer, ...]:
    """Make answers that ended well of what was asked and what came, by turns."""
    return tuple(Answer(pairs[place], OK, pairs[place + 1]) for place in range(0, len(pairs), 2))


def lspci(address: str, identity: str, pci_class: str = "0200", driver: str = "") -> str:
    """Make what `lspci -Dvmmnnk` prints of a function: "8086:100e/1af4:1100"."""
    main, _, subsystem = identity.partition("/")
    values = (
        f"Class [{pci_class}]",
        *(f"Name [{half}]" for half in (*main.split(":"), *subsystem.split(":")) if half),
        driver,
    )
    tags = ("Class", "Vendor", "Device", *(("SVendor", "SDevice") if subsystem else ()), "Driver")
    return (
        "".join(
            f"{tag}:\t{value}\n" for tag, value in zip(("Slot", *tags), (address, *values)) if value
        )
        + "\n"
    )


def uname(release: str = "6.1.0", architecture: str = "x86_64") -> Tuple[Answer, ...]:
    """Make the answer that tells the running kernel."""
    return answers("uname", f"Linux {release} {architecture}\n")


def raw(*texts: str, vm: Optional[str] = None, **told: Told) -> Raw:
    """Make what a source brings: /sys by `texts`, systemd-detect-virt's word, and any question's
    text by its name.
    """
    found: Dict[str, Tuple[Answer, ...]] = {}
    if texts:
        found["sysfs"] = answers("/sys/class/block/*", "\n".join(texts) + "\n")
    if vm is not None:
        found["detect_virt"] = answers("systemd-detect-virt --vm", vm + "\n")
    by_name = {question.name: question for question in questions(deep=True)}
    for name, what in told.items():
        found[name] = answers(asked(by_name[name]), what) if isinstance(what, str) else tuple(what)
    return Raw("test", found)


def evidence(*texts: str, vm: Optional[str] = None, **told: Told) -> Evidence:
    """Read what `raw` makes."""
    return read(raw(*texts, vm=vm, **told), questions(deep=True))


def guest(*texts: str, vm: Optional[str] = None, **told: Told) -> Guest:
    """Build a guest of what `raw` makes."""
    return build(evidence(*texts, vm=vm, **told))


def inventory(*texts: str, vm: Optional[str] = "kvm", **told: Told) -> Inventory:
    """Classify the guest of what `raw` makes; under KVM where nothing else is said."""
    return classify(guest(*texts, vm=vm, **told))


def verdicts(found: Inventory) -> Dict[str, str]:
    """Return "INTERFACE KIND DRIVER" of each disk and NIC by its name, or where it has none by its
    address.
    """
    devices = {one.name: one for one in found.disks or ()}
    cards = {one.name or one.address: one for one in found.nics or ()}
    return {
        name: " ".join((one.verdict.interface or "-", one.verdict.kind, one.driver or "-"))
        for name, one in {**devices, **cards}.items()
    }


def a_disk(
    name: str = "vda",
    interface: str = "virtio-blk",
    kind: str = PARAVIRTUAL,
    settle: str = "",
    **fields: Any,
) -> Disk:
    """Make a judged disk."""
    hint = (Hint("/sys", f"{name} is {interface}"),)
    return Disk(
        name, Verdict(interface, kind, hint, settle), **{"size_bytes": 20 * GIBIBYTE, **fields}
    )


def a_nic(
    name: str = "eth0",
    interface: str = "virtio-net",
    kind: str = PARAVIRTUAL,
    settle: str = "",
    **fields: Any,
) -> Nic:
    """Make a judged network card."""
    return Nic(
        name, Verdict(interface, kind, (Hint("/sys", f"{name} is {interface}"),), settle), **fields
    )


def a_kernel(
    release: str = "6.1.0-13-amd64",
    running: bool = True,
    default: bool = True,
    file: Optional[bool] = None,
    **states: str,
) -> KernelDrivers:
    """Make a kernel; keywords are options without CONFIG_ and their states, such as
    VIRTIO_BLK="off".
    """
    drivers = tuple(
        DriverState(f"CONFIG_{name}", name.lower(), state, f"{name} is {state}", file)
        for name, state in states.items()
    )
    return KernelDrivers(release, running, default, drivers, f"/boot/config-{release}")


def an_inventory(
    hypervisor: Optional[str] = "kvm", guest: Optional[Guest] = None, **fields: Any
) -> Inventory:
    """Make an inventory that holds nothing but what is said; fields that `Guest` has go there."""
    facts = {
        name: fields.pop(name)
        for name in list(fields)
        if name in Guest._fields and name not in Inventory._fields
    }
    return Inventory(
        **{
            "guest": guest
            or Guest(
                **{
                    "source": "test",
                    "cpus": 2,
                    "pci": (),
                    "kernel": "6.1.0-13-amd64",
                    "architecture": "x86_64",
                    **facts,
                }
            ),
            "hypervisor": hypervisor,
            "hypervisor_name": (hypervisor or "unknown").upper(),
            "hypervisor_evidence": (Hint("test", str(hypervisor)),),
            "container": None,
            "platform": None,
            "platform_name": "",
            "platform_evidence": (),
            "advice": ("libvirt", "qemu"),
            "disks": (),
            "nics": (),
            "controllers": (),
            "ignored": (),
            "kernels": (),
            **fields,
        }
    )


def results(check: str, of: Inventory) -> Tuple[Result, ...]:
    """Run one check alone."""
    return judge(of, tuple(one for one in all_checks() if one.id == check))


def outcomes(check: str, of: Inventory) -> List[str]:
    """Run one check alone and return "OUTCOME SUBJECT" of each result."""
    return [f"{result.outcome} {result.subject}" for result in results(check, of)]


def a_report(
    of: Inventory, gaps: Tuple[Gap, ...] = (), found: Optional[Tuple[Result, ...]] = None
) -> Report:
    """Judge an inventory and word the remedies."""
    judged = judge(of, all_checks()) if found is None else found
    return Report("0.0", "2026-01-01T00:00:00Z", of, judged, advise(judged, of), gaps)
