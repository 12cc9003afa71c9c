"""Files that name disks become records with file and line, whatever stands in them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestcheck.evidence import questions
from guestcheck.evidence.linux.config.module_config import DEPENDENCIES, MODPROBE
from guestcheck.evidence.linux.config.storage_config import (
    ARRAYS,
    CLOUD,
    CRYPTTAB,
    FSTAB,
    GRUB,
    INIT,
    LVM,
    RESUME,
)
from guestcheck.model.source import CUT, OK, Answer, Question

CONFIGS = [question for question in questions(deep=True) if question.deep]


def parsed(question: Question[Any], asked: str, text: str) -> Any:
    return question.parse([Answer(asked, OK, text)])


def test_fstab_has_its_fields_and_lines() -> None:
    text = (
        '# /etc/fstab\n\nUUID=1 /\text4\terrors=remount-ro 0 1\nLABEL="a\\040b" /srv/x\\040y xfs '
        "nofail\n/dev/sda2 none swap sw\n"
    )
    root, data, swap = parsed(FSTAB, "/etc/fstab", text)
    assert (root.spec, root.where, root.type, root.options, root.passno, root.line.number) == (
        "UUID=1",
        "/",
        "ext4",
        ("errors=remount-ro",),
        1,
        3,
    )
    assert (data.spec, data.where, data.options, data.passno, data.line.number) == (
        "LABEL=a b",
        "/srv/x y",
        ("nofail",),
        0,
        4,
    )
    assert (swap.type, swap.line.text) == ("swap", "/dev/sda2 none swap sw")


def test_crypttab_has_names_and_devices() -> None:
    (line,) = parsed(CRYPTTAB, "/etc/crypttab", "# name\nroot UUID=5 none luks,discard,initramfs\n")
    assert (line.name, line.device, line.options) == (
        "root",
        "UUID=5",
        ("luks", "discard", "initramfs"),
    )
    assert parsed(CRYPTTAB, "/etc/crypttab", "data /dev/sda3\n")[0].key == ""


def test_mdadm_goes_on_in_lines_that_begin_with_a_blank() -> None:
    found = parsed(
        ARRAYS,
        "/etc/mdadm.conf",
        "DEVICE /dev/sda1\n  /dev/sdb1\nARRAY /dev/md0 UUID=1\nMAILADDR x\n",
    )
    assert [(one.name, one.values) for one in found] == [
        ("DEVICE", ("/dev/sda1", "/dev/sdb1")),
        ("ARRAY", ("/dev/md0", "UUID=1")),
    ]


def test_lvm_has_filters_over_several_lines_and_its_devices() -> None:
    conf = Answer(
        "/etc/lvm/lvm.conf",
        OK,
        '# comment\ndevices {\n\tfilter = [ "a|/dev/sda|",\n\t"r|.*|" ]\n\tuse_devicesfile = '
        "1\n}\n",
    )
    devices = Answer(
        "/etc/lvm/devices/system.devices",
        OK,
        "# by LVM\nVERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=naa.5 DEVNAME=/dev/sda2 PVID=p PART=2\n",
    )
    found = LVM.parse([conf, devices])
    assert [(one.name, one.values, one.line.number) for one in found.settings] == [
        ("filter", ("a|/dev/sda|", "r|.*|"), 3),
        ("use_devicesfile", ("1",), 5),
    ]
    assert found.devices is not None
    assert (found.devices[0].idtype, found.devices[0].idname, found.devices[0].devname) == (
        "sys_wwid",
        "naa.5",
        "/dev/sda2",
    )
    assert LVM.parse([conf]).devices is None


def test_grub_has_its_own_ideas_of_disks() -> None:
    found = GRUB.parse(
        [
            Answer(
                "/etc/default/grub",
                OK,
                'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="root=/dev/sda1 quiet"\n',
            ),
            Answer("/boot/grub/device.map", OK, "(hd0) /dev/sda\n"),
            Answer(
                "/var/cache/debconf/config.dat",
                OK,
                "\nName: grub-pc/install_devices\nTemplate: x\nValue: /dev/disk/by-id/a, "
                "/dev/sdb\n",
            ),
        ]
    )
    assert found.defaults[1].value == "root=/dev/sda1 quiet"
    assert (found.map[0].name, found.map[0].value) == ("hd0", "/dev/sda")
    assert found.install[0].values == ("/dev/disk/by-id/a", "/dev/sdb")


def test_the_rest_is_lines() -> None:
    assert (
        parsed(RESUME, "/etc/initramfs-tools/conf.d/resume", "RESUME=UUID=1\n")[0].value == "UUID=1"
    )
    assert [
        line.text for line in parsed(CLOUD, "/etc/cloud/cloud.cfg", "mounts:\n - [vdb, /x]\n")
    ] == ["mounts:", "- [vdb, /x]"]
    rules = parsed(MODPROBE, "/etc/modprobe.d/a.conf", "install a-b \\\n  /bin/true\nblacklist c\n")
    assert [(rule.command, rule.module, rule.rest, rule.line.number) for rule in rules] == [
        ("install", "a_b", "/bin/true", 1),
        ("blacklist", "c", "", 3),
    ]
    assert parsed(INIT, "", "/lib/systemd/systemd\n").kind == "systemd"
    assert parsed(INIT, "", "").kind == ""


def test_dependencies_are_by_kernel() -> None:
    found = parsed(
        DEPENDENCIES,
        "/lib/modules/6.1/modules.dep",
        "kernel/a/virtio-blk.ko: kernel/virtio.ko.zst\nkernel/virtio.ko.zst:\n",
    )
    assert found == {"6.1": {"virtio_blk": ("virtio",), "virtio": ()}}
    with pytest.raises(ValueError, match="no list"):
        parsed(DEPENDENCIES, "/x", "")


@pytest.mark.parametrize(
    ("path", "status", "text", "devices"),
    [
        ("devices/system.devices", OK, "", ()),
        ("devices/system.devices", OK, "VERSION=1\n", ()),
        ("devices/system.devices", CUT, "VERSION=1\n", None),  # they may be in what is missing
        ("devices/system.devices", "absent", "", None),
        ("devices/backup.devices", OK, "VERSION=1\n", None),  # LVM does not read it by itself
    ],
)
def test_an_empty_devices_file_is_not_a_missing_one(
    path: str, status: str, text: str, devices: object
) -> None:
    assert LVM.parse([Answer(f"/etc/lvm/{path}", status, text)]).devices == devices


@given(st.lists(st.text(max_size=200), max_size=4), st.sampled_from(CONFIGS), st.data())
def test_no_text_makes_a_parser_raise_anything_but_a_value_error(
    texts: List[str], question: Question[object], data: st.DataObject
) -> None:
    paths = [
        "/etc/fstab",
        "/etc/lvm/devices/system.devices",
        "/boot/grub/device.map",
        "/var/cache/debconf/config.dat",
        "/lib/modules/6/modules.dep",
    ]
    paths += [
        "/etc/network/interfaces",
        "/etc/netplan/a.yaml",
        "/etc/systemd/network/a.link",
        "/etc/udev/rules.d/a.rules",
        "/x/ifcfg-a",
        "/system-connections/a",
    ]
    answers = [Answer(data.draw(st.sampled_from(paths)), OK, text) for text in texts]
    with suppress(ValueError):
        question.parse(answers)
