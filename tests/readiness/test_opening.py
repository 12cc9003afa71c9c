"""Does the initramfs open what the root file system lies on: by kind of layer, by what made the
image, by how root is named.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

import pytest

from guestcheck.classify import classify
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.messages import words
from guestcheck.model.action import OpenRoot
from guestcheck.model.source import Answer
from guestcheck.model.target import OPEN, STOPS, Reason
from guestcheck.readiness.linux.boots import boots
from guestcheck.readiness.linux.layers import layers_of
from guestcheck.readiness.verdicts import once
from tests.makers import disk, part, scsi, virtual
from tests.readiness.making import (
    EVERYTHING,
    IDE,
    RELEASE,
    TOOLS,
    image,
    machine,
    on,
    recorded,
    said,
    told,
)

# A whole image has hundreds of files; in one with fewer a lack proves nothing.
FILLER = tuple(f"usr/bin/program{number}" for number in range(60))
MODULES = f"{EVERYTHING} md_mod raid1 dm_multipath btrfs"
INITRD = f"/boot/initrd.img-{RELEASE}"
LVM_ROOT, CRYPT_ROOT, MD_ROOT = (
    "root=/dev/mapper/vg-root",
    "root=/dev/mapper/secret",
    "root=/dev/md0",
)
NOT_OPENED = "does-not-boot: initramfs-does-not-open-root"
PERHAPS = "unknown: ?initramfs-does-not-open-root"


def opened(
    root: str,
    generator: str,
    *,
    tools: Sequence[str] = TOOLS,
    files: Sequence[str] = FILLER,
    texts: Optional[Dict[str, str]] = None,
    options: str = "ro",
    more: Sequence[Tuple[str, Answer]] = (),
    **fields: Any,
) -> str:
    """Judge a guest, of which no device is seen, by an image with these tools, files and texts."""
    whole = image(MODULES, generator=generator, tools=tools, files=files, texts=texts)
    asked = {"fstab": f"{root[5:]} / ext4 defaults 0 1", "without": ("sysfs", "mounts"), **fields}
    return said(
        on(
            "virtio-blk",
            machine(
                root=root,
                options=options,
                images={INITRD: whole},
                on_disk=MODULES,
                more=more,
                **asked,
            ),
        )
    )


@pytest.mark.parametrize("generator", ["initramfs-tools", "dracut", "mkinitcpio", "mkinitfs"])
@pytest.mark.parametrize(
    ("root", "tool"),
    [
        (LVM_ROOT, "lvm"),
        ("root=/dev/vg/root", "lvm"),
        (MD_ROOT, "mdadm"),
        ("root=/dev/md/root", "mdadm"),
    ],
)
def test_without_its_program_root_is_not_opened(generator: str, root: str, tool: str) -> None:
    options = "rd.md.uuid=1 rd.lvm.lv=vg/root"
    assert opened(root, generator, options=options).startswith("boots")
    others = [other for other in TOOLS if other != tool]
    assert opened(root, generator, options=options, tools=others) == NOT_OPENED


def test_where_few_files_are_seen_a_lack_leaves_it_open() -> None:
    assert opened(LVM_ROOT, "dracut", tools=(), files=()) == PERHAPS


@pytest.mark.parametrize(
    ("generator", "options", "texts", "expected"),
    [
        ("initramfs-tools", "ro", {"cryptroot/crypttab": "secret UUID=7 none luks"}, "boots"),
        ("initramfs-tools", "ro", {"cryptroot/crypttab": "other UUID=7 none luks"}, NOT_OPENED),
        ("initramfs-tools", "ro", {}, NOT_OPENED),
        ("initramfs-tools", "cryptopts=target=secret,source=UUID=7", {}, "boots"),
        ("initramfs-tools", "rd.luks.name=7=secret", {}, NOT_OPENED),
        (
            "initramfs-tools",
            "ro",
            {"conf/conf.d/cryptroot": "target=secret,source=UUID=7,key=none"},
            "boots",
        ),  # before Debian 10
        ("dracut", "rd.luks.uuid=7", {}, "boots"),
        ("dracut", "rd.luks.name=7=secret", {}, "boots"),
        ("dracut", "rd.auto", {}, "boots"),
        ("dracut", "ro", {"etc/crypttab": "secret UUID=7"}, "boots"),
        ("dracut", "ro", {"etc/cmdline.d/90crypt.conf": " rd.luks.uuid=luks-7 "}, "boots"),
        ("dracut", "ro", {}, NOT_OPENED),
        ("dracut", "rd.luks.uuid=7 rd.luks=0", {}, NOT_OPENED),
        ("mkinitcpio", "cryptdevice=UUID=7:secret", {"config": 'HOOKS="udev encrypt"'}, "boots"),
        ("mkinitcpio", "ro", {"config": 'HOOKS="udev encrypt"'}, NOT_OPENED),
        (
            "mkinitcpio",
            "rd.luks.name=7=secret",
            {"buildconfig": "HOOKS=(systemd sd-encrypt)"},
            "boots",
        ),
        (
            "mkinitcpio",
            "cryptdevice=UUID=7:secret",
            {"buildconfig": "HOOKS=(systemd sd-encrypt)"},
            NOT_OPENED,
        ),
        ("mkinitfs", "cryptroot=UUID=7 cryptdm=secret", {}, "boots"),
        ("mkinitfs", "ro", {}, PERHAPS),
    ],
)
def test_something_tells_which_encrypted_device_is_root(
    generator: str, options: str, texts: Dict[str, str], expected: str
) -> None:
    crypttab = told("crypttab", "/etc/crypttab", "secret UUID=7 none luks\n")
    assert opened(CRYPT_ROOT, generator, options=options, texts=texts, more=[crypttab]) == expected


def test_an_empty_table_opens_nothing_even_where_few_files_are_seen() -> None:
    lines = image(MODULES, files=()).replace("whole", "100644 0 cryptroot/crypttab\nwhole")
    crypttab = told("crypttab", "/etc/crypttab", "secret UUID=7 none luks,initramfs\n")
    found = on("virtio-blk", machine(root=CRYPT_ROOT, images={INITRD: lines}, more=[crypttab]))
    assert said(found) == NOT_OPENED
    assert "empty" in words(found.reasons[0].says)
    assert isinstance(found.reasons[0].actions[0], OpenRoot)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("rd.lvm.lv=vg/root", "boots"),
        ("rd.lvm.vg=vg rd.lvm.lv=vg/swap", "boots"),
        ("ro", "boots"),
        ("rd.lvm.lv=vg/swap", PERHAPS),
        ("rd.lvm.lv=vg/root rd.lvm=0", NOT_OPENED),
    ],
)
def test_dracut_activates_the_volumes_that_it_is_told(options: str, expected: str) -> None:
    assert opened(LVM_ROOT, "dracut", options=options) == expected


def test_dracut_assembles_no_array_that_it_is_not_told() -> None:
    assert opened(MD_ROOT, "dracut", options="ro") == PERHAPS
    assert opened(MD_ROOT, "dracut", options="rd.md.uuid=1") == "boots"
    assert opened(MD_ROOT, "dracut", options="rd.md.uuid=1 rd.md=0") == NOT_OPENED


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (LVM_ROOT, "does-not-boot: root-needs-initramfs"),
        ("root=/dev/mapper/luks-1", "does-not-boot: root-needs-initramfs"),
        (MD_ROOT, "unknown: ?root-needs-initramfs"),
        (f"{MD_ROOT} md=0,/dev/vda1,/dev/vdb1", "boots"),
        ("root=/dev/vda1", "boots"),
    ],
)
def test_the_kernel_alone_opens_nothing(root: str, expected: str) -> None:
    alone = {
        "builtin": f"{EVERYTHING} md_mod dm_mod dm_crypt",
        "initrd": "-",
        "images": {},
        "without": ("sysfs", "mounts"),
    }
    fstab = f"{root.split()[0][5:]} / ext4 defaults 0 1"
    assert said(on("virtio-blk", machine(root=root, fstab=fstab, **alone))) == expected


MDRAID = (
    "menuentry 'Linux' {{\n insmod diskfilter\n insmod {}\n linux /boot/vmlinuz-{} root=UUID=1 "
    "ro\n initrd {}\n}}\n"
)


@pytest.mark.parametrize(
    ("module", "tool"),
    [
        ("mdraid1x", "mdadm"),
        ("diskfilter mdraid1x", "mdadm"),
        ("mdraid09", "mdadm"),
        ("lvm", "lvm"),
    ],
)
def test_what_grub_loads_for_its_kernels_tells_what_root_lies_on(module: str, tool: str) -> None:
    menu = MDRAID.format(module, RELEASE, INITRD)
    asked = told("grub_modules", "/boot/grub/grub.cfg", menu)
    others = [other for other in TOOLS if other != tool]
    fields: Dict[str, Any] = {"menu": menu, "more": [asked]}
    assert opened("root=UUID=1", "initramfs-tools", **fields) == "boots"
    assert opened("root=UUID=1", "initramfs-tools", tools=others, **fields) == NOT_OPENED
    # With a /boot of its own it tells of that, and not of root.
    assert (
        opened(
            "root=UUID=1",
            "initramfs-tools",
            tools=others,
            fstab="UUID=1 / ext4 x 0 1\nUUID=2 /boot ext4 x 0 2",
            **fields,
        )
        == "boots"
    )


def test_another_system_s_entries_tell_nothing_of_this_one() -> None:
    text = "### BEGIN /etc/grub.d/30_os-prober ###\nmenuentry 'Other' {\n insmod lvm\n}\n"
    others = [other for other in TOOLS if other != "lvm"]
    assert (
        opened(
            "root=UUID=1",
            "initramfs-tools",
            tools=others,
            more=[told("grub_modules", "/boot/grub/grub.cfg", text)],
        )
        == "boots"
    )


@pytest.mark.parametrize(
    ("device", "tool", "expected"),
    [
        ("/dev/vg/root", "lvm", NOT_OPENED),
        ("/dev/md127", "mdadm", NOT_OPENED),
        ("/dev/vg/root", "mdadm", "boots"),
        ("/dev/sda1", "lvm", "boots"),
    ],
)
def test_a_disk_image_shows_on_what_root_is(device: str, tool: str, expected: str) -> None:
    systems = told("file_systems", "file_systems", f"DEVNAME={device}\nTYPE=ext4\nUUID=1\n")
    groups = told("lvm_groups", "/etc/lvm/backup/* /etc/lvm/archive/*", "/etc/lvm/backup/vg\n")
    others = [other for other in TOOLS if other != tool]
    assert (
        opened("root=UUID=1", "initramfs-tools", tools=others, more=[systems, groups]) == expected
    )


class TestSeen:
    """A running guest shows what is below its root file system."""

    WAY = (IDE, "ata1 ata -", *scsi())

    def devices(self, kind: str) -> Tuple[str, ...]:
        top = virtual("dm-0", ("sda1",), dev="253:0", dm__name="vg-root", dm__uuid=f"{kind}-abc")
        return disk("sda", *self.WAY, dev="8:0"), part("sda1", *self.WAY, of="sda", dev="8:1"), top

    def layers(self, mounted: str, root: str, kind: str = "LVM") -> "tuple[list[str], bool]":
        mounts = told("mounts", "/proc/self/mountinfo", f"22 1 {mounted} / / rw - ext4 /dev/x rw\n")
        raw = recorded(root=root, devices=self.devices(kind))
        guest = classify(
            build(
                read(
                    raw._replace(answers={**raw.answers, "mounts": (mounts[1],)}),
                    questions(deep=True),
                )
            )
        ).guest
        found = layers_of(boots(guest)[0], guest)
        return sorted(found.found), found.exact

    @pytest.mark.parametrize(
        ("kind", "name"), [("LVM", "lvm"), ("CRYPT", "crypt"), ("mpath", "multipath")]
    )
    def test_each_kind(self, kind: str, name: str) -> None:
        assert self.layers("253:0", "root=UUID=1", kind) == ([name], True)

    def test_a_partition_has_none(self) -> None:
        assert self.layers("8:1", "root=UUID=1") == ([], True)

    def test_an_entry_with_another_root_is_not_what_is_mounted(self) -> None:
        assert self.layers("8:1", "root=/dev/mapper/vg-root") == (["lvm"], False)


def test_a_stopping_reason_is_not_replaced_by_an_open_one() -> None:
    stops, leaves_open = Reason("a", "x", weight=STOPS), Reason("a", "x", weight=OPEN)
    assert once([stops, leaves_open]) == once([leaves_open, stops]) == (stops,)


CRYPT_TABLE = "secret {} none luks\n"
WITH_CRYPT = ("cryptsetup",)


@pytest.mark.parametrize(
    ("device", "tool"), [("/dev/md0", "mdadm"), ("/dev/mapper/vg-root", "lvm"), ("UUID=2", "")]
)
@pytest.mark.parametrize("where", ["initramfs", "crypttab"])
def test_what_an_encrypted_root_lies_on_is_opened_too(device: str, tool: str, where: str) -> None:
    line = CRYPT_TABLE.format(device)
    texts = {"cryptroot/crypttab": line if where == "initramfs" else CRYPT_TABLE.format("UUID=2")}
    more = [told("crypttab", "/etc/crypttab", line)] if where == "crypttab" else []
    fields: Dict[str, Any] = {"texts": texts, "more": more}
    assert opened(CRYPT_ROOT, "initramfs-tools", **fields) == "boots"
    without = opened(CRYPT_ROOT, "initramfs-tools", tools=WITH_CRYPT, **fields)
    assert without == (NOT_OPENED if tool else "boots")


@pytest.mark.parametrize(
    ("options", "generator"),
    [
        ("cryptdevice=/dev/md0:secret", "mkinitcpio"),
        ("cryptroot=/dev/md0 cryptdm=secret", "mkinitfs"),
        ("cryptopts=source=/dev/md0,target=secret", "initramfs-tools"),
    ],
)
def test_the_command_line_names_what_an_encrypted_root_lies_on(
    options: str, generator: str
) -> None:
    assert opened(CRYPT_ROOT, generator, options=options) == "boots"
    without = opened(CRYPT_ROOT, generator, options=options, tools=WITH_CRYPT)
    assert without == NOT_OPENED


def test_below_a_volume_of_lvm_another_encrypted_device_is_perhaps_needed() -> None:
    texts = {"cryptroot/crypttab": CRYPT_TABLE.format("/dev/md0")}
    assert opened(LVM_ROOT, "initramfs-tools", texts=texts) == "boots"
    tools = ("cryptsetup", "lvm")
    assert opened(LVM_ROOT, "initramfs-tools", texts=texts, tools=tools) == PERHAPS


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("md=0,/dev/sda1,/dev/sdb1", "does-not-boot"),
        ("md=0,sda1", "does-not-boot"),
        ("md=d0,0,4,/dev/sda1", "does-not-boot"),
        ("md=0,/dev/vda1", "boots"),
    ],
)
def test_the_kernel_assembles_an_array_by_names(options: str, expected: str) -> None:
    builtin = f"{MODULES} virtio_pci virtio_blk"
    guest = machine(
        root=MD_ROOT,
        options=f"ro rootwait {options}",
        initrd="-",
        builtin=builtin,
        fstab="/dev/md0 / ext4 defaults 0 1",
        without=("sysfs", "mounts"),
    )
    assert on("virtio-blk", guest).verdict == expected, said(on("virtio-blk", guest))
    with_image = opened(MD_ROOT, "initramfs-tools", options=f"ro {options}")
    assert with_image == "boots", "with an initramfs nobody reads md="
