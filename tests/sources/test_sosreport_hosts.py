"""Sosreports of guests on hypervisors that the lab does not have: made of the lines that udev
writes for their buses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from guestcheck.model.report import Report
from guestcheck.run import examine
from guestcheck.sources import open_source
from tests.sources.laid_out import write

DISK = "f8b3781a-1e82-4818-a1c3-63d806ec15bb"
CARD = "7ad35d50-c05b-47ab-b3a0-56a9a845852b"
BUS = "/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00"
HYPERV = f"""P: {BUS}/{DISK}
E: SUBSYSTEM=vmbus
E: DRIVER=hv_storvsc
E: MODALIAS=vmbus:d96361baa104294db60572e2ffb1dc7f

P: {BUS}/{DISK}/host0/target0:0:0/0:0:0:0
E: SUBSYSTEM=scsi
E: DRIVER=sd

P: {BUS}/{DISK}/host0/target0:0:0/0:0:0:0/block/sda
N: sda
E: SUBSYSTEM=block
E: DEVTYPE=disk
E: MAJOR=8
E: MINOR=0
E: ID_MODEL_ENC=Virtual\\x20Disk

P: {BUS}/{CARD}
E: SUBSYSTEM=vmbus
E: DRIVER=hv_netvsc
E: MODALIAS=vmbus:635161f83edfc546913ff2d2f965ed0e

P: {BUS}/{CARD}/net/eth0
E: SUBSYSTEM=net
E: IFINDEX=2
"""
XEN = """P: /devices/vbd-51712
E: SUBSYSTEM=xen
E: DRIVER=vbd
E: MODALIAS=xen:vbd

P: /devices/vbd-51712/block/xvda
N: xvda
E: SUBSYSTEM=block
E: DEVTYPE=disk

P: /devices/vif-0
E: SUBSYSTEM=xen
E: DRIVER=vif
E: MODALIAS=xen:vif

P: /devices/vif-0/net/eth0
E: SUBSYSTEM=net
"""


def report_on(folder: Path, files: Dict[str, str]) -> Report:
    base = {"version.txt": "sosreport: 3.9\n", "proc/version": "Linux version 5.14.0 (x)\n"}
    return examine(open_source([str(write({**base, **files}, folder))]))


def said(report: Report) -> Dict[str, "tuple[str, str, str]"]:
    devices = (*(report.inventory.disks or ()), *(report.inventory.nics or ()))
    return {
        device.name: (device.verdict.interface, device.verdict.kind, device.driver)
        for device in devices
    }


def test_a_guest_on_hyper_v(tmp_path: Path) -> None:
    report = report_on(tmp_path, {"sos_commands/devices/udevadm_info_--export-db": HYPERV})
    assert report.inventory.hypervisor == "microsoft"
    assert said(report) == {
        "sda": ("storvsc", "paravirtual", "hv_storvsc"),
        "eth0": ("netvsc", "paravirtual", "hv_netvsc"),
    }


def test_a_guest_on_hyper_v_by_its_links_alone(tmp_path: Path) -> None:
    link = f"lrwxrwxrwx 1 0 0 0 May  1 09:00 sda -> ..{BUS}/{DISK}/host0/target0:0:0/0:0:0:0/block/sda\n"
    report = report_on(tmp_path, {"sos_commands/block/ls_-lanR_.sys.block": f"/sys/block:\n{link}"})
    assert said(report) == {"sda": ("storvsc", "paravirtual", "hv_storvsc")}


def test_a_guest_on_xen(tmp_path: Path) -> None:
    report = report_on(tmp_path, {"sos_commands/devices/udevadm_info_--export-db": XEN})
    assert report.inventory.hypervisor == "xen"
    assert said(report) == {
        "xvda": ("xen-blkfront", "paravirtual", "vbd"),
        "eth0": ("xen-netfront", "paravirtual", "vif"),
    }


def test_what_an_archive_does_not_show_is_unknown(tmp_path: Path) -> None:
    guest = report_on(
        tmp_path,
        {
            "sos_commands/devices/udevadm_info_--export-db": XEN,
            "sys/class/dmi/id/sys_vendor": "Xen\n",
        },
    ).inventory.guest
    assert (guest.firmware, guest.agent_channel, guest.agents) == (None, None, None)


def test_what_runs_does_not_prove_what_is_not_installed(tmp_path: Path) -> None:
    ps = (
        "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nroot 1 0 0 1 1 ? Ss 10:00 0:00 "
        "/sbin/init\n"
    )
    files = {
        "sos_commands/devices/udevadm_info_--export-db": XEN,
        "sos_commands/process/ps_auxwww": ps,
    }
    assert report_on(tmp_path / "1", files).inventory.guest.agents is None
    files["sos_commands/process/ps_auxwww"] += (
        "root 9 0 0 1 1 ? Ss 10:00 0:00 /usr/sbin/xe-daemon -p\n"
    )
    (agent,) = report_on(tmp_path / "2", files).inventory.guest.agents or ()
    assert (agent.name, agent.running) == ("xe-guest-utilities", True)
    files["sos_commands/process/ps_auxwww"] = ps
    files["sos_commands/rpm/package-data"] = (
        "bash-5.1.8-6.el9.x86_64\txyz\nqemu-guest-agent-7.2.0-14.el9.x86_64\tabc\n"
    )
    (agent,) = report_on(tmp_path / "3", files).inventory.guest.agents or ()
    assert (agent.name, agent.installed, agent.running) == ("qemu-ga", True, None)


def test_a_host_adapter_without_ids_is_told_by_its_driver(tmp_path: Path) -> None:
    link = (
        "lrwxrwxrwx 1 0 0 0 May  1 09:00 sda -> "
        "../devices/pci0000:00/0000:00:01.1/ata1/host0/target0:0:0/0:0:0:0/block/sda\n"
    )
    files = {
        "sos_commands/block/ls_-lanR_.sys.block": f"/sys/block:\n{link}",
        "sos_commands/scsi/lsscsi": "[0:0:0:0]    disk    ATA      QEMU HARDDISK    2.5+  /dev/sda   -\n",
        "sos_commands/scsi/lsscsi_-H": "[0]    ata_piix      \n",
        "sys/class/dmi/id/sys_vendor": "QEMU\n",
    }
    assert said(report_on(tmp_path / "1", files)) == {"sda": ("ide", "emulated", "ata_piix")}
    del files["sos_commands/scsi/lsscsi_-H"]
    ((interface, kind, driver),) = said(report_on(tmp_path / "2", files)).values()
    assert (kind, driver) == ("emulated", "")
    assert interface == "ata"  # IDE or SATA: nothing here tells which
