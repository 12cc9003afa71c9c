"""Shows how the cost of a report grows with the number of devices: seconds of CPU and memory at N,
2N and 4N of them.

    python bench/devices.py [-n N] [-f FORMAT ...] [INPUT ...]

Each input is what one program prints of so many devices, or a folder as a recording or an archive
has it; each is judged by itself. The last column is the time for 4N against that for N, less that
of ten devices: 4 is linear, 16 the square. Nothing is asserted, for times depend on the machine.
`--largest` takes 18,278 of everything, the disks from sda to sdzzz, once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional

LARGEST = 18_278
FORMATS = (
    "json",
    "text",
    "terminal",
    "html",
    "markdown",
    "junit",
    "sarif",
    "prometheus",
    "nagios",
    "facts",
)


def letters(number: int) -> str:
    """Return the letters of the disk with this number, from 0: a, z, aa, zzz."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(97 + rest) + name
    return name


def address(number: int) -> str:
    """Return a PCI address; 32 slots of 8 functions on a bus, 256 buses in a domain."""
    return f"{number >> 16:04x}:{number >> 8 & 255:02x}:{number >> 3 & 31:02x}.{number & 7}"


def _hctl(number: int) -> str:
    return f"{number >> 8 & 255}:0:{number & 255}:0"


_ALL = (
    '"alignment": 0,"disc-aln": 0,"dax": false,"disc-gran": "4K","disc-max": '
    '"1G","disc-zero": false,"fsavail": null,"fsroots": [null],"fssize": null,'
    '"fstype": null,"fsused": null,"fsuse%": null,"fsver": null,"group": "disk","hotplug": '
    'false,"label": null,"log-sec": 512,"min-io": 512,'
    '"mode": "brw-rw----","opt-io": 0,"owner": "root","partflags": null,"partlabel": '
    'null,"parttype": null,"parttypename": null,"partuuid": null,'
    '"phy-sec": 512,"pttype": null,"ptuuid": null,"ra": 128,"rand": false,"rev": "2.5+","rm": '
    'false,"ro": false,"rota": true,"rq-size": 256,'
    '"sched": "mq-deadline","start": null,"state": "running","subsystems": '
    '"block:scsi:pci","wsame": "0B","zoned": "none","zone-sz": "0B",'
    '"zone-wgran": "0B","zone-app": "0B","zone-nr": 0,"zone-omax": 0,"zone-amax": 0'
)


def _disk(number: int) -> Dict[str, object]:
    name = f"sd{letters(number)}"
    own: Dict[str, object] = {
        "name": name,
        "kname": name,
        "path": f"/dev/{name}",
        "pkname": None,
        "maj:min": f"8:{number * 16}",
        "size": "20G",
    }
    own.update(
        {
            "type": "disk",
            "hctl": _hctl(number),
            "tran": "sata",
            "vendor": "ATA     ",
            "model": "QEMU HARDDISK",
            "serial": f"QM{number:05}",
        }
    )
    own.update(
        {"uuid": None, "wwn": f"0x5000c500{number:08x}", "mountpoint": None, "mountpoints": [None]}
    )
    return {**own, **json.loads(f"{{{_ALL}}}")}


def _lsblk_columns(number: int) -> str:
    return f"sd{letters(number):<6} 8:{number * 16:<8} 0   20G  0 disk\n"


def _lsblk_pairs(number: int) -> str:
    return (
        f'NAME="sd{letters(number)}" MAJ:MIN="8:{number * 16}" RM="0" SIZE="20G" RO="0" '
        'TYPE="disk" '
        'MOUNTPOINT="" TRAN="sata" MODEL="QEMU HARDDISK"\n'
    )


def _udev(number: int) -> str:
    name, place = f"sd{letters(number)}", _hctl(number)
    way = f"/devices/pci0000:00/0000:00:05.0/virtio0/host0/target{place.rpartition(':')[0]}/{place}"
    return (
        f"P: {way}\nE: DEVPATH={way}\nE: DEVTYPE=scsi_device\nE: DRIVER=sd\nE: "
        "MODALIAS=scsi:t-0x00\nE: SUBSYSTEM=scsi\n\n"
        f"P: {way}/block/{name}\nN: {name}\nL: 0\nS: "
        f"disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi{number}\n"
        f"S: disk/by-path/pci-0000:00:05.0-scsi-{place}\n"
        f"E: DEVPATH={way}/block/{name}\nE: DEVNAME=/dev/{name}\nE: DEVTYPE=disk\nE: "
        f"DISKSEQ={number}\nE: MAJOR=8\nE: MINOR={number * 16}\nE: SUBSYSTEM=block\n"
        "E: USEC_INITIALIZED=1234567\nE: ID_SCSI=1\nE: ID_VENDOR=QEMU\nE: "
        "ID_VENDOR_ENC=QEMU\\x20\\x20\\x20\\x20\nE: ID_MODEL=QEMU_HARDDISK\n"
        "E: ID_MODEL_ENC=QEMU\\x20HARDDISK\\x20\\x20\\x20\nE: ID_REVISION=2.5+\nE: "
        f"ID_TYPE=disk\nE: ID_SERIAL=0QEMU_QEMU_HARDDISK_drive-scsi{number}\n"
        f"E: ID_SERIAL_SHORT=drive-scsi{number}\nE: ID_BUS=scsi\nE: "
        f"ID_PATH=pci-0000:00:05.0-scsi-{place}\nE: TAGS=:systemd:\n\n"
    )


def _lspci(number: int) -> str:
    return f"{address(number)} SCSI storage controller [0100]: Red Hat, Inc. Virtio block device [1af4:1001]\n"


def _lspci_cards(number: int) -> str:
    return (
        f"{address(number)} Ethernet controller [0200]: Intel Corporation 82540EM Gigabit Ethernet "
        "Controller [8086:100e]\n"
    )


def _lspci_kernel(number: int) -> str:
    return (
        _lspci(number)
        + "\tSubsystem: Red Hat, Inc. Virtio block device [1af4:0002]\n\tKernel driver in use: "
        "virtio-pci\n\tKernel modules: virtio_pci\n"
    )


def _lsscsi(number: int) -> str:
    return (
        f"[{_hctl(number)}]    disk    QEMU     QEMU HARDDISK    2.5+  /dev/sd{letters(number)} \n"
    )


def _ip(number: int) -> str:
    mac = f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    return (
        f"{number + 1}: eth{number}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
        "fq_codel state UP mode DEFAULT group default qlen 1000\n"
        f"    link/ether {mac} brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535 "
        "addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 "
        "gso_max_segs 65535 tso_max_size 65536 tso_max_segs 65535 gro_max_size 65536 "
        "parentbus virtio parentdev virtio0\n"
    )


def _json(number: int, indent: Optional[int]) -> Iterator[str]:
    yield '{"blockdevices": [\n' if indent else '{"blockdevices": ['
    for one in range(number):
        yield (", " if one else "") + json.dumps(_disk(one), indent=indent)
    yield "\n]}\n" if indent else "]}\n"


def _each(line: Callable[[int], str], heading: str = "") -> Callable[[int], Iterable[str]]:
    return lambda number: chain([heading], map(line, range(number)))


# Parts of a text: a process that held all of it would lend its size to those that it starts.
TEXTS: Dict[str, Callable[[int], Iterable[str]]] = {
    "lsblk": _each(_lsblk_columns, "NAME     MAJ:MIN   RM  SIZE RO TYPE MOUNTPOINT\n"),
    "lsblk -J -O": lambda number: _json(number, 3),
    "lsblk -J -O, one line": lambda number: _json(number, None),
    "lsblk -P": _each(_lsblk_pairs),
    "udevadm --export-db": _each(_udev),
    "lspci -nn": _each(_lspci),
    "lspci -nn, cards": _each(_lspci_cards),
    "lspci -nnk": _each(_lspci_kernel),
    "lsscsi": _each(_lsscsi),
    "ip -d link": _each(_ip),
}


def make_sys(top: Path, number: int) -> None:
    """Write a /sys with so many disks below `top`: SCSI disks of virtio-scsi controllers with 256
    targets each.
    """
    os.makedirs(top / "class/block")
    os.makedirs(top / "bus/pci/devices")
    os.makedirs(top / "bus/virtio/devices")
    for name in (
        "bus/scsi",
        "class/net",
        "bus/pci/drivers/virtio-pci",
        "bus/virtio/drivers/virtio_scsi",
        "bus/scsi/drivers/sd",
    ):
        os.makedirs(top / name)
    for one in range(number):
        name, hctl = f"sd{letters(one)}", _hctl(one)
        slot = f"0000:{one >> 13:02x}:{one >> 8 & 31:02x}.0"
        function = top / f"devices/pci0000:00/{slot}"
        if not function.exists():
            virtio = function / f"virtio{one >> 8}"
            os.makedirs(virtio)
            for file, text in {
                "vendor": "0x1af4",
                "device": "0x1004",
                "class": "0x010000",
                "subsystem_vendor": "0x1af4",
                "subsystem_device": "0x0008",
            }.items():
                (function / file).write_text(text + "\n")
            (virtio / "device").write_text("0x0008\n")
            os.symlink(top / "bus/pci", function / "subsystem")
            os.symlink(top / "bus/pci/drivers/virtio-pci", function / "driver")
            os.symlink(top / "bus/virtio", virtio / "subsystem")
            os.symlink(top / "bus/virtio/drivers/virtio_scsi", virtio / "driver")
            os.symlink(f"../../../devices/pci0000:00/{slot}", top / f"bus/pci/devices/{slot}")
            os.symlink(
                f"../../../devices/pci0000:00/{slot}/virtio{one >> 8}",
                top / f"bus/virtio/devices/virtio{one >> 8}",
            )
        lun = function / f"virtio{one >> 8}/host{one >> 8}/target{hctl.rpartition(':')[0]}/{hctl}"
        disk = lun / "block" / name
        os.makedirs(disk / "queue")
        os.mkdir(disk / "slaves")
        texts = {
            "dev": f"8:{one * 16}",
            "size": "41943040",
            "ro": "0",
            "removable": "0",
            "queue/discard_max_bytes": "0",
            "queue/rotational": "1",
        }
        for file, text in {
            **texts,
            "../../vendor": "QEMU    ",
            "../../model": "QEMU HARDDISK   ",
            "../../type": "0",
            "../../rev": "2.5+",
        }.items():
            (disk / file).write_text(text + "\n")
        os.symlink(lun, disk / "device")
        os.symlink(top / "class/block", disk / "subsystem")
        os.symlink(top / "bus/scsi", lun / "subsystem")
        os.symlink(top / "bus/scsi/drivers/sd", lun / "driver")
        os.symlink(os.path.relpath(disk, top / "class/block"), top / f"class/block/{name}")


class Cost(NamedTuple):
    """What a run cost: seconds of CPU, MiB of memory, and its exit code."""

    seconds: float
    mebibytes: int
    code: int


def cost(argv: List[str], cwd: str) -> Cost:
    """Run guestcheck with `argv` and return what it cost, its children included."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        process = subprocess.Popen(
            [sys.executable, "-m", "guestcheck", *argv],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=nowhere,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss >> 10, process.returncode)


def _measured(name: str, number: int, form: str) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pasted.txt"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(TEXTS[name](number))
        return cost([str(path), "-f", form], folder)


def main() -> int:
    """Print a table of what was asked for."""
    parser = argparse.ArgumentParser(
        description="how the cost of a report grows with the number of devices"
    )
    parser.add_argument(
        "inputs", nargs="*", metavar="INPUT", help=f"of: {'; '.join(TEXTS)} (default: all)"
    )
    parser.add_argument(
        "-n", type=int, default=1000, help="the least number of devices (default: 1000)"
    )
    parser.add_argument(
        "-f", dest="forms", action="append", choices=FORMATS, help="a format (default: json)"
    )
    parser.add_argument("--largest", action="store_true", help=f"{LARGEST} devices, once")
    words = parser.parse_args()
    for name in words.inputs or TEXTS:
        for form in words.forms or ["json"]:
            if words.largest:
                one = _measured(name, LARGEST, form)
                print(
                    f"{name:24} {form:10} {one.seconds:8.2f} s {one.mebibytes:5} MiB  exit "
                    f"code {one.code}",
                    flush=True,
                )
                continue
            least = _measured(name, 10, form).seconds
            costs = [_measured(name, words.n * times, form) for times in (1, 2, 4)]
            ratio = (costs[-1].seconds - least) / max(costs[0].seconds - least, 0.01)
            shown = "  ".join(f"{one.seconds:6.2f} s {one.mebibytes:4} MiB" for one in costs)
            print(f"{name:24} {form:10} {shown}  ratio {ratio:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
