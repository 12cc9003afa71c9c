"""What a guest is to the lab: QEMU arguments, and beside each device the words that must be said of
it.

A device is written down once. Its QEMU arguments and its truth come from that one line, so what is
expected can never drift from what was attached, and nothing of it comes from guestcheck.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

EMULATED, PARAVIRTUAL = "emulated", "paravirtual"
Drivers = tuple[str, ...]
Also = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Truth:
    """A device that was attached: the marks it is known by, and what must be said of it."""

    what: str
    label: str
    interface: str
    kind: str
    drivers: Drivers = ()
    """Any of these may be named as its driver; `("",)` when none can be bound, empty when it is not asked."""
    serial: str = ""
    mac: str = ""
    address: str = ""
    optional: bool = False
    """Whether it may go unmentioned: a CD-ROM or a floppy, of which nothing wrong may be said all the same."""
    also: Also = ()
    """Further fields of the JSON and their values: `virtio.generation` is a field in a field, a list must hold it."""


@dataclass(frozen=True)
class Disk:
    """A disk (`-device` without drive and serial); the first one of a guest holds its root."""

    device: str
    interface: str
    drivers: Drivers = ()
    kind: str = EMULATED
    serial: str | None = None
    """What the guest reads as serial where that is not the lab's own numbering; empty: it has none."""
    address: str = ""
    backend: str = "null"
    """`null`: a gigabyte of zeros; `null-ro`: the same as a CD-ROM's medium; `file`: a blank file to write on."""
    on: str = ""
    """What it hangs on, for people."""
    optional: bool = False
    also: Also = ()


@dataclass(frozen=True)
class Nic:
    """A network card (`-device` without netdev and mac)."""

    device: str
    interface: str
    drivers: Drivers = ()
    kind: str = EMULATED
    address: str = ""
    also: Also = ()
    queues: int = 1
    """More than one needs a tap on the host: user networking has one."""


@dataclass(frozen=True)
class Extra:
    """Arguments for what is needed but is not judged: host adapters, ports, bridges."""

    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Controller:
    """A host adapter that is judged by itself, known by its PCI address, which `device` sets with
    `addr=`.
    """

    device: str
    interface: str
    address: str
    drivers: Drivers = ()
    kind: str = EMULATED


Part = Union[Disk, Nic, Extra, Controller]


@dataclass(frozen=True)
class Guest:
    """One machine of the lab."""

    name: str
    machine: str
    parts: tuple[Part, ...]
    setup: str = ""
    """Shell text run in the guest before guestcheck: what is stacked on the devices."""
    start: str = "direct"
    """`direct`: QEMU loads the kernel; `bios`: SeaBIOS and GRUB do."""
    init: str = "quick"
    """`quick`: udev and nothing else; `systemd`; or `no-udev`, as in a rescue shell."""
    kernel: str = "full"
    append: str = ""
    smp: str = "1"
    memory: int = 512
    limit: int = 300
    releases: tuple[str, ...] = ("bookworm", "trixie", "bullseye")
    quick: bool = False
    """Whether it is one of the chosen dozen."""
    fixture: bool = False
    """Whether its recording is kept for the test suite, as those of the chosen dozen are."""
    watched: bool = False
    """Whether guestcheck also runs under strace, to see that it only reads."""
    helpers_taken: bool = False
    """Whether it also runs with each helper removed in turn."""
    note: str = ""

    def arguments(self) -> list[str]:
        """The QEMU arguments of all parts; `@FOLDER@` stands for the run's own folder."""
        return [word for words, _ in self._built() for word in words]

    def truths(self) -> list[Truth]:
        """What must be said, device by device."""
        return [truth for _, truths in self._built() for truth in truths]

    def scratch(self) -> dict[str, int]:
        """The blank disks to make, by name, with their sizes."""
        disks = [part for part in self.parts if isinstance(part, Disk)]
        return {
            f"d{number}": 256 << 20 for number, disk in enumerate(disks) if disk.backend == "file"
        }

    def devices(self) -> set[str]:
        """The QEMU devices it is made of, to ask whether this QEMU has them."""
        words = self.arguments()
        return {value.split(",")[0] for word, value in zip(words, words[1:]) if word == "-device"}

    def _built(self) -> Iterator[tuple[list[str], list[Truth]]]:
        disks = nics = 0
        for part in self.parts:
            if isinstance(part, Disk):
                yield _disk(part, disks, self.start == "bios" and disks == 0)
                disks += 1
            elif isinstance(part, Nic):
                yield _nic(part, nics)
                nics += 1
            elif isinstance(part, Controller):
                yield ["-device", part.device], [_controller(part)]
            else:
                yield list(part.arguments), []


def _disk(disk: Disk, number: int, bootable: bool) -> tuple[list[str], list[Truth]]:
    name = f"d{number}"
    serial = f"GC{number:04}LAB" if disk.serial is None else disk.serial
    device = f"{disk.device},drive={name}"
    if disk.serial is None:
        device += f",serial={serial}"
    if bootable and not disk.device.startswith("sd-card"):
        device += ",bootindex=1"
    backend = _backend(disk.backend if number else "root", name)
    label = disk.device.split(",")[0] + (f" on {disk.on}" if disk.on else "")
    truth = Truth(
        "disk", label, disk.interface, disk.kind, disk.drivers, serial,
        address=disk.address, optional=disk.optional, also=(*disk.also, *((("roles", "root"),) if number == 0 else ())),
    )  # fmt: skip
    return [*backend, "-device", device], [truth]


def _backend(kind: str, name: str) -> list[str]:
    if kind == "root":
        return ["-drive", f"if=none,id={name},file=@FOLDER@/root.disk,format=qcow2,cache=unsafe"]
    if kind == "file":
        drive = f"if=none,id={name},file=@FOLDER@/{name}.disk,format=raw,cache=unsafe,discard=unmap"
        return ["-drive", drive]
    # Read-only is a property of the medium: a CD-ROM's is asked for by name.
    read_only = ",read-only=on" if kind == "null-ro" else ""
    return [
        "-blockdev",
        f"driver=null-co,node-name={name},read-zeroes=on,size={1 << 30}{read_only}",
    ]


def _nic(nic: Nic, number: int) -> tuple[list[str], list[Truth]]:
    mac = f"52:54:00:67:63:{number:02x}"
    name = f"n{number}"
    label = nic.device.split(",")[0]
    truth = Truth(
        "nic",
        label,
        nic.interface,
        nic.kind,
        nic.drivers,
        mac=mac,
        address=nic.address,
        also=nic.also,
    )
    device = f"{nic.device},netdev={name},mac={mac}"
    backend = f"user,id={name},restrict=on"
    if nic.queues > 1:
        backend = f"tap,id={name},queues={nic.queues},script=no,downscript=no"
    return ["-netdev", backend, "-device", device], [truth]


def _controller(one: Controller) -> Truth:
    label = one.device.split(",")[0]
    return Truth("controller", label, one.interface, one.kind, one.drivers, address=one.address)
