"""Configuration is no observation, and two answers to one question are no answer: what pasted text
must not invent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from guestcheck.errors import NoEvidenceError
from guestcheck.model.device import Inventory
from guestcheck.run import examine
from guestcheck.sources import open_source

LSCPU = "\n$ lscpu\nHypervisor vendor:   KVM\nVirtualization type: full\n"
LSPCI = (
    "\n$ lspci -nn\n00:03.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device "
    "[1af4:1000]\n"
)

# Texts in which `driver:` is a wish, a plug-in or something else that is no NIC.
NO_CARDS = {
    "netplan": "network:\n  version: 2\n  ethernets:\n    eth0:\n      match:\n        driver: "
    "hv_netvsc\n      set-name: eth0\n",
    "netplan with its version behind": "network:\n  ethernets:\n    eth0:\n      match:\n        driver: e1000\n  version: 2\n",
    "compose": "services:\n  app:\n    logging:\n      driver: json-file\nvolumes:\n  data:\n    driver: "
    "local\n",
    "compose, driver and version side by side": "x:\n  driver: local\n  version: 3\n",
    "Kubernetes": "spec:\n  csi:\n    driver: csi.example.com\n    volumeHandle: x\n",
    "a storage class": "csi:\n  driver: a.b.c\n  fsType: ext4\n",
    "inxi": "Network:\n  Device-1: Intel PIIX4 ACPI type: network bridge\n  driver: piix4_smbus v: "
    "N/A port: d200 bus ID: 00:07.0\n",
    "inxi, one word": "Network:\n  Device-1: X\n  driver: 8139cp\n  IF: eth0 state: up\n",
    "printer": "driver: hpcups\nstatus: idle\n",
    "netplan without its first key": "driver: e1000\nversion: 2\nethernets:\n  eth0:\n    dhcp4: yes\n",
    "a sentence": "driver: e1000\nversion: no idea\nkernel: 5.10\n",
    "a manual page": "driver: name of the driver\nversion: version of the driver\n"
    "firmware-version: firmware\nbus-info: bus\n",
    "YAML with ethtool's keys": "assert:\n  driver: virtio_net\n  bus-info: 0000:00:03.0\n",
    "a sound card": "card0:\n  driver: snd_hda_intel\n  bus-info: 0000:00:1b.0\n",
}


@pytest.fixture
def paste(tmp_path: Path) -> Callable[[str], Inventory]:
    def judge(text: str) -> Inventory:
        (tmp_path / "paste.txt").write_text(text)
        return examine(open_source([str(tmp_path / "paste.txt")])).inventory

    return judge


@pytest.mark.parametrize("what", NO_CARDS)
def test_a_driver_in_a_configuration_is_no_card(
    paste: Callable[[str], Inventory], what: str
) -> None:
    found = paste(NO_CARDS[what] + LSCPU)
    assert found.nics in (None, ())


@pytest.mark.parametrize("what", NO_CARDS)
def test_what_is_really_printed_beside_it_is_read(
    paste: Callable[[str], Inventory], what: str
) -> None:
    found = paste(NO_CARDS[what] + LSCPU + LSPCI)
    assert [nic.verdict.interface for nic in found.nics or ()] == ["virtio-net"]


ETHTOOL = {
    "by its keys": "driver: e1000\nversion: 7.3\nfirmware-version: \nbus-info: "
    "0000:00:03.0\nsupports-statistics: yes\n",
    "indented": "  driver: e1000\n  version: 7.3\n  firmware-version: \n  bus-info: 0000:00:03.0\n",
    "of an old version": "driver: e1000\nversion: 7.3\n",
    "by its command, a line alone": "$ ethtool -i eth0 | grep driver\ndriver: e1000\n",
    "two of its lines": "driver: e1000\nbus-info: 0000:00:03.0\n",
}


@pytest.mark.parametrize("what", ETHTOOL)
def test_what_ethtool_prints_is_read(paste: Callable[[str], Inventory], what: str) -> None:
    found = paste(ETHTOOL[what] + LSCPU)
    assert [(nic.driver, nic.verdict.kind) for nic in found.nics or ()] == [("e1000", "emulated")]


OTHER = "$ ethtool -i eth0\ndriver: {}\nversion: 1\nfirmware-version: \nbus-info: {}\n\n"


def test_two_answers_to_one_command_are_both_named_and_none_is_used(tmp_path: Path) -> None:
    text = OTHER.format("vif", "vif-0") + OTHER.format("ena", "0000:00:05.0")
    (tmp_path / "paste.txt").write_text(text + LSPCI)
    report = examine(open_source([str(tmp_path / "paste.txt")]))
    gap = next(gap for gap in report.gaps if gap.asked == "ethtool -i eth0")
    assert "driver: vif" in gap.reason
    assert "driver: ena" in gap.reason
    assert [nic.verdict.interface for nic in report.inventory.nics or ()] == ["virtio-net"]
    (tmp_path / "paste.txt").write_text(text)
    with pytest.raises(NoEvidenceError, match=r"2 different answers.*driver: vif.*driver: ena"):
        open_source([str(tmp_path / "paste.txt")])


def test_the_same_answer_twice_is_one(paste: Callable[[str], Inventory]) -> None:
    found = paste(OTHER.format("ena", "0000:00:05.0") * 2)
    assert [nic.verdict.interface for nic in found.nics or ()] == ["ena"]


PROPERTIES = """DEVNAME=/dev/{name}
DEVTYPE={kind}
ID_MODEL=QEMU_HARDDISK
ID_VENDOR=QEMU
DEVPATH=/devices/pci0000:00/0000:00:05.0/virtio1/host2/target2:0:0/2:0:0:0/block/{path}
SUBSYSTEM=block
"""


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "path"), [("sda", "disk", "sda"), ("sda1", "partition", "sda/sda1")]
)
def test_udev_s_properties_are_one_record_in_any_order(
    paste: Callable[[str], Inventory], turned: bool, name: str, kind: str, path: str
) -> None:
    lines = PROPERTIES.format(name=name, kind=kind, path=path).splitlines()
    found = paste("\n".join(reversed(lines) if turned else lines) + "\n")
    assert [
        (disk.name, disk.verdict.interface, disk.verdict.kind) for disk in found.disks or ()
    ] == [("sda", "virtio-scsi", "paravirtual")]


@pytest.mark.parametrize("between", ["", "\n"])
def test_several_records_are_parted_where_a_key_comes_again(
    paste: Callable[[str], Inventory], between: str
) -> None:
    texts = [
        PROPERTIES.format(name=name, kind="disk", path=name).replace(
            "0000:00:05.0", f"0000:00:0{number}.0"
        )
        for number, name in enumerate(("sda", "sdb"))
    ]
    assert [disk.name for disk in paste(between.join(texts)).disks or ()] == ["sda", "sdb"]


def test_dmesg_is_not_said_to_tell_of_no_disk(paste: Callable[[str], Inventory]) -> None:
    with pytest.raises(
        NoEvidenceError, match="this is dmesg, whose disks and NICs guestcheck does not read"
    ):
        paste(
            "[    0.000000] Linux version 6.1\n[    1.234567] virtio_blk virtio0: [vda] "
            "4194304 512-byte logical blocks\n"
        )


def test_kvm_on_a_card_of_virtualbox_is_virtualbox(paste: Callable[[str], Inventory]) -> None:
    link = (
        "2: enp0s3: <BROADCAST,UP> mtu 1500 qdisc fq state UP\n    link/ether {}:01:02:03 brd "
        "ff:ff:ff:ff:ff:ff\n"
    )
    assert paste(f"$ ip link\n{link.format('08:00:27')}{LSCPU}").platform == "virtualbox"
    assert paste(f"$ ip link\n{link.format('52:54:00')}{LSCPU}").platform is None


# Tables of other programs whose first column is NAME as well.
OTHER_TABLES = {
    "zpool status": "NAME   STATE   READ WRITE CKSUM\nsda    ONLINE     0     0     0\n",
    "zfs list": "NAME  USED  AVAIL  REFER  MOUNTPOINT\nsda   1G    9G     24K    /sda\n",
    "kubectl get pv": "NAME  CAPACITY  ACCESS MODES  STATUS  AGE\nsda   10Gi      RWO           Bound   3d\n",
    "swapon": "NAME      TYPE      SIZE USED PRIO\n/dev/sda  partition   4G   0B   -2\n",
    "a plan": "NAME KIND\nsda wanted\nvda planned\n",
}
LSBLK = "\n$ lsblk\nNAME MAJ:MIN RM SIZE RO TYPE MOUNTPOINT\nvdb  254:16   0  10G  0 disk\n"


@pytest.mark.parametrize("what", OTHER_TABLES)
def test_a_table_of_another_program_has_no_disks(
    paste: Callable[[str], Inventory], what: str
) -> None:
    assert paste(OTHER_TABLES[what] + LSCPU).disks in (None, ())
    after = paste(LSBLK + OTHER_TABLES[what])
    assert [disk.name for disk in after.disks or ()] == ["vdb"]


@pytest.mark.parametrize(
    "header", ["NAME MODEL TRAN", "NAME SIZE TYPE MOUNTPOIN", "NAME MAJ:MIN NEWCOLUMN"]
)
def test_a_table_of_lsblk_is_read(paste: Callable[[str], Inventory], header: str) -> None:
    cells = {"MODEL": "X", "TRAN": "sata", "SIZE": "1G", "TYPE": "disk", "MAJ:MIN": "254:0"}
    row = " ".join(["vda", *(cells.get(name, "") for name in header.split()[1:])])
    found = paste(f"$ lsblk\n{header}\n{row}\n" + LSCPU)
    assert [disk.name for disk in found.disks or ()] == ["vda"]


def test_a_sentence_below_a_table_is_no_disk(paste: Callable[[str], Inventory]) -> None:
    found = paste(LSBLK + "\nsda was there before the move, type disk\n")
    assert [disk.name for disk in found.disks or ()] == ["vdb"]


SOFTWARE = (
    "docker0 br-0123456789ab virbr0 virbr0-nic veth0a1b2c@if5 cali0123456789a@if3 cni0 podman0 "
    "tap0 tun0 vnet0 bond0 br0 vmbr0 team0 dummy0 wg0 flannel.1 sit0@NONE eth0.100@eth0 lan@eth0"
)


@pytest.mark.parametrize("name", SOFTWARE.split())
def test_an_interface_of_software_is_no_card(paste: Callable[[str], Inventory], name: str) -> None:
    entry = (
        "{}: {}: <BROADCAST,UP> mtu 1500\n    link/ether 52:54:00:00:00:0{} brd ff:ff:ff:ff:ff:ff\n"
    )
    found = paste(entry.format(2, name, 2) + entry.format(3, "eth0", 3))
    assert [nic.name for nic in found.nics or ()] == ["eth0"]


def test_a_name_does_not_outweigh_a_driver(paste: Callable[[str], Inventory]) -> None:
    told = "$ ethtool -i wg0\n" + ETHTOOL["by its keys"]
    found = paste("2: wg0: <BROADCAST,UP> mtu 1500\n" + told + LSCPU)
    assert [(nic.name, nic.driver) for nic in found.nics or ()] == [("wg0", "e1000")]
