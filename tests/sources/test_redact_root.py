"""A root file system that does not run has nobody who tells which words are serial numbers and
hosts: their places in its files do.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List

import pytest

from guestcheck.cli import main
from guestcheck.errors import EXIT_OK
from guestcheck.evidence import questions
from guestcheck.model.source import OK, Answer, Raw
from guestcheck.privacy.redact import LEFT, Redaction, redact
from guestcheck.sources.bundle import write
from guestcheck.sources.root import open_root
from tests.sources.test_redact import packed

MACHINE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
FILES: Dict[str, str] = {
    "boot/vmlinuz-6.1": "",
    "lib/modules/6.1/modules.builtin": "kernel/drivers/ata/ahci.ko\n",
    "lib/modules/6.1/modules.dep": "kernel/drivers/block/virtio_blk.ko:\n",
    "boot/config-6.1": "CONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_NET=m\nCONFIG_SATA_AHCI=y\n",
    "etc/os-release": "ID=debian\n",
    "etc/hostname": "ledger77.acmecorp.test\n",
    "boot/grub/grub.cfg": (
        "menuentry 'x' {\n linux /vmlinuz-6.1 "
        "root=/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567-part2 ro "
        "ifname=lan0:52:54:00:ab:cd:ef"
        " ip=10.44.1.3::10.44.1.1:255.255.255.0:bootname66:lan0:none "
        "ifname=bad0:52:54:00:ab:cd:e1 ip=lan0:dhcp:1500:52:54:00:ab:cd:e2"
        " BOOTIF=01-52-54-00-ab-cd-e3 "
        "netroot=iscsi:10.44.1.9::3260::iqn.2003-01.org.acmecorp.vault:tgt9x"
        " rd.iscsi.initiator=iqn.1994-05.com.redhat:a1b2c3d4e5 rd.luks.key=/home/alice/k.bin "
        "ip=[2a01:4f8:1:2::7]::[2a01:4f8:1:2::1]:64:sixth55:lan1:none\n}\n"
    ),
    f"boot/loader/entries/{MACHINE}-6.1.conf": (
        "title x\nlinux /vmlinuz-6.1\noptions root=/dev/sda2 ifname=lan0:52:54:00:ab:cd:ef "
        "nfsroot=filer88:/export/alice\n"
    ),
    "etc/default/grub": 'GRUB_CMDLINE_LINUX="ifname=lan0:52:54:00:AB:CD:EF '
    'resume=/dev/disk/by-id/nvme-Samsung_SSD_980_S64DNL0T123456_1-part3"\n',
    "boot/grub/device.map": "(hd0) /dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567\n(hd1) "
    "/dev/disk/by-id/ata-VBOX_HARDDISK_VBabc12345-def67890\n",
    "etc/fstab": (
        "/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567-part2 / ext4 defaults 0 1\n"
        "/dev/disk/by-id/scsi-SATA_ST4000_ZDH1AB2C-part1 /home/carol/data ext4 nofail 0 2\n"
        "/dev/disk/by-id/virtio-books2021 /srv/home/dave ext4 nofail 0 2\n"
        "/dev/disk/by-id/usb-SanDisk_Ultra_4C53000112-0:0-part1 /media/edgar/x vfat noauto 0 0\n"
        "/dev/disk/by-id/scsi-0HC_Volume_12345678 /mnt/h ext4 nofail 0 "
        "2\n/dev/disk/by-id/google-persistent-disk-1 /g ext4 nofail 0 2\n"
        "LABEL=kept /k ext4 nofail 0 2\n/dev/vg0/kept /v ext4 nofail 0 2\n"
    ),
    "etc/crypttab": "c /dev/disk/by-id/scsi-SATA_ST4000_ZDH1AB2C-part5 /home/alice/crypt.key luks\n",
    "etc/mdadm/mdadm.conf": (
        "DEVICE /dev/disk/by-id/scsi-SATA_ST4000_ZDH1AB2C*\nARRAY /dev/md/oldhost44:0 "
        "metadata=1.2 name=oldhost44:0 UUID=01234567:89abcdef:01234567:89abcde0\n"
    ),
    "etc/lvm/devices/system.devices": (
        "PRODUCT_UUID=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee1\n"
        "IDTYPE=sys_serial IDNAME=lvmserial99 DEVNAME=/dev/vda2 "
        "PVID=Gbcdefghij0123456789ABCDEFGHIJ0z PART=2\n"
        "IDTYPE=sys_wwid IDNAME=naa.5000c500a1b2c3d4 DEVNAME=/dev/sdb PVID=none\n"
        "IDTYPE=sys_wwid IDNAME=t10.ATA_____QEMU_HARDDISK______QX77XYZ DEVNAME=/dev/sdc\n"
    ),
    "etc/multipath.conf": 'multipaths {\n wwid "1405abcdef01"\n}\n',
    "etc/udev/rules.d/70-persistent-net.rules": 'SUBSYSTEM=="net", ATTR{address}=="52:54:00:ab:cd:ef", NAME="lan0"\n',
    "etc/systemd/network/10.link": (
        "[Match]\nMACAddress=52:54:00:ab:cd:ef 525400abcde4 "
        "5254.00ab.cde5\nPermanentMACAddress=52-54-00-ab-cd-e6\nSSID=acmewifi\nHost=linkhost22\n"
        "[Link]\nName=lan0\n"
    ),
    "etc/netplan/1.yaml": "network:\n  ethernets:\n    lan0:\n      match: {macaddress: 52:54:00:AB:CD:EF}\n      "
    "set-name: lan0\n      dhcp4: true\n",
    "etc/NetworkManager/system-connections/lan.nmconnection": "[connection]\ntype=ethernet\n[ethernet]\nmac-address=52:54:00:AB:CD:EF\n",
    "etc/sysconfig/network-scripts/ifcfg-lan0": "DEVICE=lan0\nHWADDR=52:54:00:AB:CD:EF\nIPADDR=10.44.1.3\nONBOOT=yes\n",
    "etc/sysconfig/network/ifcfg-id-52:54:00:ab:cd:ef": "STARTMODE=auto\nLLADDR=52:54:00:ab:cd:e7\n",
    "etc/cloud/cloud.cfg": "mounts:\n - [ /dev/disk/by-id/scsi-SATA_ST4000_ZDH1AB2C-part1, /home/carol/data ]\n",
    "var/cache/debconf/config.dat": (
        "Name: grub-pc/install_devices\nTemplate: t\nValue: "
        "/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567\nOwners: grub-pc\n\n"
    ),
}
ORIGINALS = """
    ab:cd:ef ab:cd:e1 ab:cd:e2 ab:cd:e7 ab-cd-e3 ab-cd-e6 525400abcde4 00ab.cde5 10.44.1. 2a01:4f8 ledger77 acmecorp bootname66 sixth55 filer88 oldhost44
    linkhost22 acmewifi vault tgt9x a1b2c3d4e5 alice carol dave edgar WCC7K1234567 S64DNL0T123456 abc12345 def67890 ZDH1AB2C books2021 4C53000112 12345678
    lvmserial99 QX77XYZ 5000c500a1b2c3d4 1405abcdef01 Gbcdefghij0123456789ABCDEFGHIJ0z aaaaaaaa-bbbb 01234567:89abcdef 0f1e2d3c4b5a69788796a5b4c3d2e1f0
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "root"


def one(text: str, asked: str = "/etc/fstab", question: str = "fstab") -> str:
    return (
        redact(Raw("root", {question: (Answer(asked, OK, text),)}), b"known")
        .answers[question][0]
        .text
    )


def test_none_of_the_originals_is_left_in_the_archive(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, redacted = tmp_path / "plain.tar.gz", tmp_path / "redacted.tar.gz"
    assert main(["collect", "--root", str(root), "-o", str(plain)]) == EXIT_OK
    assert LEFT not in capsys.readouterr().err
    assert main(["collect", "--root", str(root), "-o", str(redacted), "--redact"]) == EXIT_OK
    assert f"guestcheck: not replaced: {LEFT}; look before you send it\n" in capsys.readouterr().err
    before, after = packed(plain).lower(), packed(redacted).lower()
    assert [
        name for name in ORIGINALS.split() if name.lower() not in before
    ] == []  # each of them is recorded
    assert [name for name in ORIGINALS.split() if name.lower() in after] == []
    for kept in (
        "LABEL=kept",
        "/dev/vg0/kept",
        "google-persistent-disk-1",
        "WDC_WD40EFRX-68N32N0",
        "ifname=lan0:52:54:00:",
    ):
        assert kept.lower() in after


def test_the_same_value_has_the_same_token_in_all_texts_and_names(root: Path) -> None:
    told = Redaction(open_root(str(root)).gather(questions(deep=True))).raw()
    # Of a file that two questions read, the longer answer
    given = sorted(
        (answer for given in told.answers.values() for answer in given if answer.text),
        key=lambda answer: len(answer.text),
    )
    texts = {answer.asked: answer.text for answer in given}
    everything = "\n".join([*texts, *texts.values()])
    mac = re.search(r"ifname=lan0:(\S+)", texts["/boot/grub/grub.cfg"])[1]  # type: ignore[index]
    assert re.fullmatch("52:54:00(:[0-9a-f]{2}){3}", mac)
    assert everything.lower().count(mac) == 9
    assert f"/etc/sysconfig/network/ifcfg-id-{mac}" in texts
    disk = re.search(r"by-id/ata-WDC_WD40EFRX-68N32N0_(\S+)-part2 / ", texts["/etc/fstab"])[1]  # type: ignore[index]
    assert everything.count(f"ata-WDC_WD40EFRX-68N32N0_{disk}") == 4
    second = re.search(r"by-id/scsi-SATA_ST4000_(\w+)-part1 ", texts["/etc/fstab"])[1]  # type: ignore[index]
    assert everything.count(f"scsi-SATA_ST4000_{second}") == 4


def unfolded(value: Any) -> Any:
    """Return a report whose commands are a line each: where one goes on depends on its names.

    A name in a sed program is no path to `Redaction.text`, so the volume's number is left out.
    """
    if isinstance(value, dict):
        return {key: unfolded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            lines = re.sub(r" \\\n +", " ", "\n".join(value))
            return re.sub(r"(scsi-0HC_Volume_)[0-9]+(?=\()", r"\1", lines).split("\n")
        return [unfolded(one) for one in value]
    return value


def test_readiness_is_the_same(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = open_root(str(root)).gather(questions(deep=True))
    redaction = Redaction(raw)
    told: List[Any] = []
    for name, recorded in (("plain", raw), ("redacted", redaction.raw())):
        write(recorded, str(tmp_path / f"{name}.tar.gz"))
        codes = [
            main([command, str(tmp_path / f"{name}.tar.gz"), "-f", "json", *more])
            for command, more in (("preflight", ["--all"]), ("check", []))
        ]
        preflight, check = capsys.readouterr().out.split("\n{", 1)
        for text in (preflight, "{" + check):
            found = json.loads(text) if name == "redacted" else json.loads(redaction.text(text))
            found.pop("time", None), found.pop("source", None)
            told.append((codes, unfolded(found)))
    assert told[:2] == told[2:]


def test_a_device_that_told_its_number_decides_how_udev_s_names_are_replaced() -> None:
    long = "A1B2C3D4E5F6G7H8J9K0L1M2"
    text = (
        "/sys/class/block/sda/device/serial = WD-WCC 77\nS: "
        f"disk/by-id/ata-DISK_WD-WCC_77-part1\n/sys/class/block/vda/serial = {long}\n"
        f"S: disk/by-id/virtio-{long[:20]}\n"
    )
    told = one(text, "x", "udev")
    first, second = re.findall("serial = (.*)", told)
    assert f"by-id/ata-DISK_{first.replace(' ', '_')}-part1\n" in told
    assert f"by-id/virtio-{second[:20]}\n" in told


def test_what_a_kernel_logs_tells_of_a_guest_too() -> None:
    told = one(
        "[    1.5] usb 1-1: SerialNumber: 4C530001AB\n[    2.5] systemd[1]: Hostname set to "
        "<ledger77>.\nledger77 4C530001AB\n",
        "dmesg",
        "detect_virt",
    )
    assert not re.search("4C530001AB|ledger77", told)
    assert re.search("SerialNumber: ([0-9A-Z]{10})\n.* set to <(host1)>.\nhost1 \\1\n", told)


@pytest.mark.parametrize(
    ("question", "asked", "text"),
    [
        ("detect_virt", "hostnamectl status", " Static hostname: ledger77\n Virtualization: kvm\n"),
        ("detect_virt", "dmesg", "[    2.5] systemd[1]: Hostname set to <ledger77>.\n"),
        (
            "dmi",
            "dmidecode",
            "System Information\n\tProduct Name: KVM\n\tSerial Number: ledger77\n",
        ),
        ("agents", "ps aux", "root 1 /usr/bin/x /home/ledger77/y\n"),
    ],
)
def test_what_an_archive_s_commands_tell_of_a_guest_is_not_taken_for_common_words(
    question: str, asked: str, text: str
) -> None:
    raw = Raw(
        "sosreport",
        {
            question: (Answer(asked, OK, text),),
            "mounts": (Answer("/proc/mounts", OK, "/dev/vda1 /srv/ledger77 ext4 rw\n"),),
        },
    )
    told = redact(raw)
    assert [
        answer.asked
        for given in told.answers.values()
        for answer in given
        if "ledger77" in answer.text
    ] == []
    assert "KVM" not in text or "KVM" in told.answers[question][0].text


@pytest.mark.parametrize(
    "same",
    [
        "/dev/disk/by-id/dm-name-vg0-root",
        "/dev/disk/by-id/google-persistent-disk-0",
        "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-scsi0-part1",
        "/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001",
        "/dev/disk/by-id/ata-QEMU_HARDDISK",
        "root=/dev/sda1 netroot=iscsi:0.0.0.0::3260 ip=dhcp ip=eth0:dhcp "
        "rd.znet=qeth,0.0.0600,0.0.0601",
        "root=LABEL=a ip=::::::off",
        "Host=",
    ],
)
def test_what_tells_of_nobody_stays(same: str) -> None:
    assert one(same, "/etc/x.conf", "x") == same


def test_of_arrays_all_but_the_host_stays() -> None:
    assert (
        one("ARRAY /dev/md0 metadata=1.2 spares=1", "/etc/mdadm.conf", "mdadm_conf")
        == "ARRAY /dev/md0 metadata=1.2 spares=1"
    )
