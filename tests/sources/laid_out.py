"""A recorded guest's own texts, laid out under the names that sos 2.2, 3 and 4, supportconfig and
insights-client give them.

No real archive of the old versions can be made any more. What stands in these is what the guest
said; only the form of a few texts (lspci's list, udev's database, lsblk's pairs, `ls -l`) is made
here of the facts that were recorded in another.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from guestcheck.evidence import questions
from guestcheck.model.source import Answer
from guestcheck.sources.bundle import Bundle
from tests.test_guests import reader

Files = Dict[str, str]


class Recorded:
    """The answers of a recorded guest by what was asked, and its facts under /sys."""

    def __init__(self, folder: Path) -> None:
        raw = Bundle(folder.name, reader(folder)).gather(questions())
        self.answers: List[Answer] = [
            answer
            for answers in raw.answers.values()
            for answer in answers
            if answer.status == "ok"
        ]
        self.links: Dict[str, str] = {}
        self.values: Dict[str, str] = {}
        for line in "\n".join(answer.text for answer in raw.answers["sysfs"]).split("\n"):
            for mark, into in ((" = ", self.values), (" -> ", self.links)):
                path, found, rest = line.partition(mark)
                if found:
                    into[path] = rest
                    break

    def text(self, start: str) -> str:
        """Return the first text whose question begins so."""
        return next(
            (
                answer.text
                for answer in self.answers
                if answer.asked.startswith(start) and answer.text
            ),
            "",
        )

    def each(self, start: str) -> Iterator[Tuple[str, str]]:
        """Yield what was asked and the text of all that begin so."""
        yield from (
            (answer.asked, answer.text)
            for answer in self.answers
            if answer.asked.startswith(start) and answer.text
        )

    def functions(self) -> List[Dict[str, str]]:
        """Return what lspci said, a dictionary a function."""
        blocks = self.text("lspci").strip().split("\n\n")
        lines = [
            [line.split(":\t", 1) for line in block.split("\n") if ":\t" in line]
            for block in blocks
            if block
        ]
        return [
            {key: next(value for name, value in pairs if name == key) for key, _ in pairs}
            for pairs in lines
        ]

    def files(self) -> Files:
        """Return the files that every collector copies, by their paths without the first slash."""
        paths = (
            "/proc/cmdline",
            "/proc/cpuinfo",
            "/proc/meminfo",
            "/proc/modules",
            "/proc/swaps",
            "/etc/os-release",
            "/boot/grub/grub.cfg",
            "/proc/version",
        )
        return {path[1:]: self.text(path) for path in paths if self.text(path)}

    def dmi(self) -> Files:
        """Return DMI's files."""
        return {asked[1:]: text for asked, text in self.each("/sys/class/dmi/id/")}

    def modules_dep(self) -> Files:
        """Return the running kernel's modules.dep, of the module files that it has."""
        release = self.text("/proc/sys/kernel/osrelease").strip()
        start = f"/lib/modules/{release}/"
        found = [
            line[len(start) :]
            for _, text in self.each("/lib/modules/*")
            for line in text.split("\n")
            if line.startswith(start) and ".ko" in line
        ]
        return (
            {f"lib/modules/{release}/modules.dep": "".join(f"{path}:\n" for path in found)}
            if found
            else {}
        )


def lspci_nnvv(guest: Recorded) -> str:
    """Write the list of `lspci -nnvv`, as far as it is of use."""
    parts = []
    for function in guest.functions():
        vendor, device = function["Vendor"], function["Device"]
        name = (
            f"{function['Slot'][5:]} {function['Class']}: {vendor[:-7]} {device[:-7]} "
            f"[{vendor[-5:-1]}:{device[-5:-1]}]"
        )
        lines = [name + (f" (rev {function['Rev']})" if "Rev" in function else "")]
        if "SVendor" in function:
            vendor, device = function["SVendor"], function["SDevice"]
            lines.append(
                f"\tSubsystem: {vendor[:-7]} {device[:-7]} [{vendor[-5:-1]}:{device[-5:-1]}]"
            )
        lines.append(
            "\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- "
            "SERR- FastB2B- DisINTx-"
        )
        if "Driver" in function:
            lines.append(f"\tKernel driver in use: {function['Driver']}")
        if "Module" in function:
            lines.append(f"\tKernel modules: {function['Module']}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def lspci_numbers(guest: Recorded) -> str:
    """Write the list of `lspci -nvv`."""
    return re.sub(
        r"^(\S+) [^\n]*?\[([0-9a-f]{4})\]: [^\n]*\[([0-9a-f]{4}:[0-9a-f]{4})\]",
        r"\1 \2: \3",
        lspci_nnvv(guest),
        flags=re.M,
    )


def lspci_names(guest: Recorded) -> str:
    """Write the list of plain `lspci`."""
    heads = [line for line in lspci_nnvv(guest).split("\n") if line and not line.startswith("\t")]
    return "\n".join(re.sub(r" \[[0-9a-f:]{4,9}\]", "", line) for line in heads) + "\n"


def udev_database(guest: Recorded) -> str:
    """Write `udevadm info --export-db`: what pyudev said of disks and cards, and of the devices
    beneath what /sys says.
    """
    parts = [
        guest.text("pyudev").strip().replace("\\x5c", "\\")
    ]  # the backslashes that the recording escapes
    for path, subsystem in guest.links.items():
        real = path.rpartition("/")[0]
        kind = subsystem.rpartition("/")[2]
        if not (
            path.endswith("/subsystem") and real.startswith("/sys/devices/")
        ) and not path.startswith(("/sys/bus/pci/devices/", "/sys/bus/virtio/devices/")):
            continue
        listed = (
            real
            if real.startswith("/sys/bus/")
            else f"/sys/bus/{kind}/devices/{real.rpartition('/')[2]}"
        )
        real = guest.links.get(real, real) if real.startswith("/sys/bus/") else real
        if not path.endswith("/subsystem") or kind in ("block", "net"):
            continue
        told = {
            "DEVPATH": real[4:],
            "SUBSYSTEM": kind,
            "DRIVER": guest.links.get(
                f"{real}/driver", guest.links.get(f"{listed}/driver", "")
            ).rpartition("/")[2],
        }
        told.update(_of_bus(guest, kind, listed))
        lines = [
            f"P: {real[4:]}",
            *(f"E: {key}={value}" for key, value in sorted(told.items()) if value),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _of_bus(guest: Recorded, kind: str, path: str) -> Dict[str, str]:
    get = lambda name: guest.values.get(f"{path}/{name}", "")[2:].upper()  # noqa: E731
    if kind == "pci":
        return {
            "PCI_ID": f"{get('vendor')}:{get('device')}",
            "PCI_SUBSYS_ID": f"{get('subsystem_vendor')}:{get('subsystem_device')}",
            "PCI_CLASS": get("class").lstrip("0"),
        }
    if kind == "virtio":
        return {"MODALIAS": f"virtio:d{get('device'):0>8}v{get('vendor'):0>8}"}
    plain = guest.values
    if kind == "usb" and f"{path}/idVendor" in plain:
        ids = f"{plain[path + '/idVendor'].lstrip('0')}/{plain[path + '/idProduct'].lstrip('0') or '0'}/100"
        named = {
            "ID_VENDOR_ENC": plain.get(f"{path}/manufacturer", ""),
            "ID_MODEL_ENC": plain.get(f"{path}/product", "").replace(" ", "\\x20"),
        }
        return {"PRODUCT": ids, "DEVTYPE": "usb_device", **named}
    return {}


def ls_sys_block(guest: Recorded, blanks: str = "0 0 0") -> str:
    """Write `ls -lanR /sys/block`."""
    lines = [
        "/sys/block:",
        "total 0",
        "drwxr-xr-x  2 0 0 0 May  1 09:00 .",
        "dr-xr-xr-x 13 0 0 0 May  1 09:00 ..",
    ]
    for path, real in sorted(guest.links.items()):
        if (
            path.startswith("/sys/class/block/")
            and path.count("/") == 4
            and f"{path}/partition" not in guest.values
        ):
            lines.append(
                f"lrwxrwxrwx  1 {blanks} May  1 09:00 {path.rpartition('/')[2]} -> ../{real[5:]}"
            )
    return "\n".join(lines) + "\n"


def lsblk_pairs(guest: Recorded, columns: str = "") -> str:
    """Write `lsblk -O -P`, or of `columns` alone."""
    lines: List[str] = []

    def visit(device: Dict[str, Any], parent: str) -> None:
        told = {
            "pkname": parent,
            **{key: value for key, value in device.items() if key != "children"},
        }
        wanted = [key for key in told if not columns or key.upper() in columns.split(",")]
        line = " ".join(f'{key.upper()}="{_cell(told[key])}"' for key in wanted)
        if line not in lines:
            lines.append(line)
        for child in device.get("children", ()):
            visit(child, str(device["name"]))

    for device in json.loads(guest.text("lsblk"))["blockdevices"]:
        visit(device, "")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "\\x0a".join(str(one) for one in value if one)
    return (
        ""
        if value is None
        else str(int(value))
        if isinstance(value, bool)
        else str(value).replace('"', "\\x22")
    )


def lsblk_table(guest: Recorded) -> str:
    """Write plain `lsblk`."""
    rows = ["NAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT"]

    def visit(device: Dict[str, Any], depth: int) -> None:
        mounts = [
            mount for mount in device.get("mountpoints") or [device.get("mountpoint")] if mount
        ]
        start = "  " * (depth - 1) + "`-" if depth else ""
        numbers = f"8:{len(rows)} {int(bool(device['rm']))} {int(device['size']) >> 20}M {int(bool(device['ro']))}"
        rows.append(
            f"{start}{device['name']} {numbers} {device['type']} {mounts[0] if mounts else ''}".rstrip()
        )
        for child in device.get("children", ()):
            visit(child, depth + 1)

    for device in json.loads(guest.text("lsblk"))["blockdevices"]:
        visit(device, 0)
    return "\n".join(rows) + "\n"


def ip_address(guest: Recorded) -> str:
    """Write `ip -d address`."""
    lines: List[str] = []
    names = {
        path.rpartition("/")[2]: path
        for path in guest.links
        if path.startswith("/sys/class/net/") and path.count("/") == 4
    }
    for number, (name, path) in enumerate(names.items(), 1):
        master = guest.links.get(f"{path}/master", "").rpartition("/")[2]
        state = guest.values.get(f"{path}/operstate", "unknown").upper()
        flags = (
            "LOOPBACK,UP"
            if name == "lo"
            else "BROADCAST,MULTICAST,SLAVE,UP"
            if master.startswith("bond")
            else "BROADCAST,MULTICAST,UP"
        )
        kind = next(
            (
                line[8:]
                for line in guest.values.get(f"{path}/uevent", "").split("\\x0a")
                if line.startswith("DEVTYPE=")
            ),
            "",
        )
        over = f"{name}@eth0" if kind == "vlan" else name
        lines.append(
            f"{number}: {over}: <{flags}> mtu 1500 qdisc "
            f"noop{f' master {master}' if master else ''} state {state} group default qlen "
            "1000"
        )
        mac = guest.values.get(f"{path}/address", "")
        lines.append(
            f"    link/{'loopback' if name == 'lo' else 'ether'} {mac} brd ff:ff:ff:ff:ff:ff "
            "promiscuity 0 minmtu 68 maxmtu 65535 "
        )
        if kind in ("bond", "bridge", "vlan"):
            lines.append(f"    {kind} details of no interest here ")
    return "\n".join(lines) + "\n"


def uname_a(guest: Recorded) -> str:
    """Write `uname -a`."""
    _, release, machine = guest.text("uname").split()
    return f"Linux lab {release} #1 SMP PREEMPT_DYNAMIC Debian 1 (2026-01-01) {machine} GNU/Linux\n"


def lsmod(guest: Recorded) -> str:
    """Write `lsmod`."""
    rows = [line.split() for line in guest.text("/proc/modules").split("\n") if line]
    return "Module                  Size  Used by\n" + "".join(
        f"{row[0]:20} {row[1]:>8}  {row[2]}\n" for row in rows
    )


def dmidecode(guest: Recorded) -> str:
    """Write what dmidecode prints of the fields in /sys."""
    told = {path.rpartition("/")[2]: text.strip() for path, text in guest.dmi().items()}
    parts = [
        (
            "0x0000, DMI type 0",
            "BIOS Information",
            (("Vendor", "bios_vendor"), ("Version", "bios_version")),
        ),
        (
            "0x0100, DMI type 1",
            "System Information",
            (
                ("Manufacturer", "sys_vendor"),
                ("Product Name", "product_name"),
                ("Version", "product_version"),
            ),
        ),
        (
            "0x0300, DMI type 3",
            "Chassis Information",
            (("Manufacturer", "chassis_vendor"), ("Asset Tag", "chassis_asset_tag")),
        ),
    ]
    text = "# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 2.8 present.\n"
    for handle, name, fields in parts:
        text += f"\nHandle {handle}, 27 bytes\n{name}\n" + "".join(
            f"\t{label}: {told.get(field) or 'Not Specified'}\n" for label, field in fields
        )
    return text


def _ethtool(guest: Recorded, into: str, options: Tuple[str, ...] = ("-i", "-l")) -> Files:
    return {
        f"{into}ethtool_{option}_{asked.split()[-1]}": text
        for option in options
        for asked, text in guest.each(f"ethtool {option} ")
    }


def sos_2_2(guest: Recorded) -> Files:
    """Lay out as sos 2.2: three outputs of lspci in one file, no lsblk, no lsscsi, no links."""
    commands = "sos_commands/"
    tree = "-[0000:00]-+-00.0  Intel Corporation 440FX\n           \\-01.0  Intel\n"
    lspci = f"lspci:\n\n{lspci_names(guest)}\nlspci -nvv:\n\n{lspci_numbers(guest)}\nlspci -tv:\n\n{tree}"
    return {
        **{
            path: text
            for path, text in guest.files().items()
            if not path.startswith(("boot/", "proc/modules", "etc/os"))
        },
        "version.txt": "sosreport: 2.2\n",
        "etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
        f"{commands}hardware/lspci": lspci,
        f"{commands}hardware/dmidecode": dmidecode(guest),
        f"{commands}kernel/uname_-a": uname_a(guest),
        f"{commands}kernel/lsmod": lsmod(guest),
        f"{commands}bootloader/ls_-laR_.boot": "/boot:\ntotal 9\n-rw-r--r--. 1 root root 4 Jan  1 10:00 "
        "vmlinuz-2.6.32-754.el6.x86_64\n",
        **_ethtool(guest, f"{commands}networking/", ("-i",)),
        **guest.modules_dep(),
    }


def sos_3_0(guest: Recorded) -> Files:
    """Lay out as sos 3.0 to 3.2: links of /sys/block, but no udev database."""
    commands = "sos_commands/"
    return {
        **guest.files(),
        "version.txt": "sosreport: 3.2\n",
        f"{commands}pci/lspci": lspci_names(guest),
        f"{commands}pci/lspci_-nvv": lspci_numbers(guest),
        f"{commands}pci/lspci_-tv": "-[0000:00]-+-00.0  Intel Corporation 440FX\n",
        f"{commands}block/lsblk": lsblk_table(guest),
        f"{commands}block/ls_-lanR_.sys.block": ls_sys_block(guest),
        f"{commands}scsi/lsscsi": guest.text("lsscsi"),
        f"{commands}kernel/uname_-a": uname_a(guest),
        f"{commands}processor/lscpu": guest.text("lscpu"),
        f"{commands}hardware/dmidecode": dmidecode(guest),
        f"{commands}networking/ip_address": ip_address(guest).replace(
            "promiscuity 0 minmtu 68 maxmtu 65535 ", ""
        ),
        **_ethtool(guest, f"{commands}networking/", ("-i",)),
        **guest.modules_dep(),
    }


def sos_3_9(guest: Recorded) -> Files:
    """Lay out as sos 3.9: udev's database, `lsscsi -i` under the name of lsscsi, DMI's files."""
    commands = "sos_commands/"
    files = sos_3_0(guest)
    for name in ("pci/lspci", "pci/lspci_-nvv", "networking/ip_address"):
        del files[commands + name]
    ids = "\n".join(
        f"{line}  3600508b400105e210000900000490000"
        for line in guest.text("lsscsi").split("\n")
        if line
    )
    return {
        **files,
        **guest.dmi(),
        "version.txt": "sosreport: 3.9\n",
        f"{commands}pci/lspci_-nnvv": lspci_nnvv(guest),
        f"{commands}scsi/lsscsi": f"{ids}\n" if ids else "",
        f"{commands}devices/udevadm_info_--export-db": udev_database(guest),
        f"{commands}networking/ip_-d_address": ip_address(guest),
        **_ethtool(guest, f"{commands}networking/"),
    }


def sos_4_8(guest: Recorded) -> Files:
    """Lay out as sos 4.8: pairs of lsblk, the running kernel's configuration, other options of ls."""
    commands = "sos_commands/"
    files = sos_3_9(guest)
    release = guest.text("/proc/sys/kernel/osrelease").strip()
    del files[f"{commands}block/ls_-lanR_.sys.block"]
    return {
        **files,
        "version.txt": "sos report: 4.8.0\n",
        f"boot/config-{release}": guest.text(f"/boot/config-{release}"),
        f"{commands}block/lsblk_-O_-P": lsblk_pairs(guest),
        f"{commands}block/ls_-alZR_.sys.block": ls_sys_block(guest, "root root ? 0"),
    }


def _section(kind: str, title: str, text: str) -> str:
    return f"#==[ {kind} ]{'=' * (50 - len(kind))}#\n# {title}\n{text.rstrip()}\n\n"


def _file(guest: Recorded, path: str) -> str:
    lines = [
        line for line in guest.text(path).split("\n") if line.strip() and not line.startswith("#")
    ]
    return _section("Configuration File", path, "\n".join(lines))


def supportconfig(guest: Recorded) -> Files:
    """Lay out as supportconfig 3: text files of sections, comments taken out of files."""

    def command(line: str, text: str) -> str:
        return _section("Command", line, text)

    head = f"{'=' * 77}\n                     Support Utilities - Supportconfig\n{'=' * 77}\n\n"
    network = command(
        "/sbin/ip addr", ip_address(guest).replace("promiscuity 0 minmtu 68 maxmtu 65535 ", "")
    )
    for asked, text in (*guest.each("ethtool -i "), *guest.each("ethtool -l ")):
        network += command(f"/usr/sbin/{asked}", text)
    columns = "NAME,KNAME,PKNAME,FSTYPE,LABEL,RO,RM,MODEL,SIZE,MOUNTPOINT,TYPE"
    texts = {
        "basic-environment": command("/bin/uname -a", uname_a(guest))
        + _file(guest, "/etc/os-release"),
        "hardware": command("/sbin/lspci -b", lspci_names(guest))
        + command(
            "/sbin/lspci -nn",
            "\n".join(
                line for line in lspci_nnvv(guest).split("\n") if line and not line.startswith("\t")
            ),
        )
        + command(
            "/sbin/lspci -vvv",
            re.sub(
                r"^(\S+ .*?) \[[0-9a-f]{4}\](: .*) \[[0-9a-f:]{9}\]",
                r"\1\2",
                lspci_nnvv(guest),
                flags=re.M,
            ),
        )
        + command("/usr/sbin/dmidecode", dmidecode(guest))
        + command("/usr/bin/lscpu", guest.text("lscpu")),
        "boot": _file(guest, "/boot/grub/grub.cfg").replace("/grub/", "/grub2/")
        + command("/bin/cat /proc/cmdline", guest.text("/proc/cmdline")),
        "udev": command("/sbin/udevadm info -e", udev_database(guest)),
        "fs-diskio": command(f"/bin/lsblk -i -o {columns}", lsblk_table(guest)),
        "mpio": command("/usr/bin/lsscsi", guest.text("lsscsi")),
        "network": network,
        "modules": command("/sbin/lsmod | sort", "\n".join(sorted(lsmod(guest).split("\n")))),
        "proc": "".join(
            _file(guest, path) for path in ("/proc/cpuinfo", "/proc/meminfo", "/proc/swaps")
        ),
    }
    return {f"{name}.txt": head + text for name, text in texts.items()}


def insights(guest: Recorded) -> Files:
    """Lay out as insights-client: outputs below data/insights_commands, the kernel's configuration
    filtered.
    """
    commands = "data/insights_commands/"
    release = guest.text("/proc/sys/kernel/osrelease").strip()
    kept = [
        line
        for line in guest.text(f"/boot/config-{release}").split("\n")
        if line.startswith(("CONFIG_VIRTIO_B", "CONFIG_SCSI"))
    ]
    return {
        **{f"data/{path}": text for path, text in guest.files().items()},
        "insights_archive.txt": "core\n",
        f"data/boot/config-{release}": "\n".join(kept) + "\n",
        f"{commands}lspci_-k": "\n".join(
            line for line in lspci_nnvv(guest).split("\n") if not line.startswith("\tControl")
        ),
        f"{commands}lspci_-vmmkn": "\n\n".join(
            "\n".join(
                f"{key}:\t{value[-5:-1] if value.endswith(']') else value}"
                for key, value in function.items()
            )
            for function in guest.functions()
        )
        + "\n",
        f"{commands}lsblk": lsblk_table(guest),
        f"{commands}lsblk_-P_-o_NAME_KNAME_PKNAME_TYPE": lsblk_pairs(
            guest, "NAME,KNAME,PKNAME,TYPE,SIZE,RO,RM,FSTYPE,MODEL,VENDOR,TRAN,MOUNTPOINTS"
        ),
        f"{commands}lsscsi": guest.text("lsscsi"),
        f"{commands}dmidecode": dmidecode(guest),
        f"{commands}virt-what": "kvm\n",
        f"{commands}lscpu": guest.text("lscpu"),
        f"{commands}lsmod": lsmod(guest),
        f"{commands}uname_-a": uname_a(guest),
        **_ethtool(guest, commands, ("-i",)),
    }


LAYOUTS = {
    "sos-2.2": sos_2_2,
    "sos-3.0": sos_3_0,
    "sos-3.9": sos_3_9,
    "sos-4.8": sos_4_8,
    "supportconfig": supportconfig,
    "insights": insights,
}


def write(files: Files, folder: Path) -> Path:
    """Write the files below `folder`."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder
