"""Boot menus as they are really written, units of packages, and images that a kernel cannot take,
each in a root file system.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from guestcheck.messages import words
from guestcheck.model.guest import Kernel
from guestcheck.model.guest_config import Image
from guestcheck.model.hint import Hint
from guestcheck.model.target import Readiness
from guestcheck.readiness.linux.boots import Boot
from guestcheck.readiness.linux.entry import entered
from tests.images import cpio
from tests.readiness.making import machine
from tests.readiness.test_families import EVERYTHING, What, image, judged, kernel

RELEASE = "6.1.0-18-amd64"
KERNEL, INITRD = f"/boot/vmlinuz-{RELEASE}", f"/boot/initrd.img-{RELEASE}"
MARKS = ("conf/initramfs.conf", "scripts/functions", "usr/lib/systemd/systemd-udevd")
GOOD, BAD = "root=UUID=1 ro", "root=/dev/sda1 ro"


def debian(menu: str = "", **more: What) -> Dict[str, What]:
    """Make a Debian that is ready for virtio; `more` are files with "__" for a slash."""
    files: Dict[str, What] = {
        "boot/grub/grub.cfg": menu or entry("a", GOOD),
        KERNEL[1:]: "kernel",
        INITRD[1:]: image(RELEASE, EVERYTHING, *MARKS),
        "etc/fstab": "UUID=1 / ext4 defaults 0 1\n",
        "usr/lib/systemd/systemd": "",
        "sbin/init": "",
    }
    return {
        **kernel(RELEASE),
        **files,
        **{name.replace("__", "/"): what for name, what in more.items()},
    }


def entry(title: str, options: str, load: str = KERNEL) -> str:
    return f"menuentry '{title}' {{\n linux {load} {options}\n initrd {INITRD}\n}}\n"


def on_virtio(top: Path, files: Dict[str, What], target: str = "virtio-blk") -> Readiness:
    return judged(top, files, target)[f"{target} {RELEASE}"]


@pytest.mark.parametrize(
    "menu",
    [
        f"set default=0; set timeout=3\nmenuentry 'a' {{ linux {KERNEL} {BAD}; "
        f"initrd {INITRD}; }}\n",
        f"menuentry 'a' {{\n linux {KERNEL} \\\n  {BAD}\n initrd {INITRD}\n}}\n",
        f"if true; then set default=1; fi\n{entry('a', GOOD)}{entry('b', BAD)}",
        f"menuentry 'a;b' {{ # {{\n linux {KERNEL} {BAD}\n initrd {INITRD}\n}}\n",
    ],
)
def test_a_menu_is_read_as_grub_reads_it(tmp_path: Path, menu: str) -> None:
    found = on_virtio(tmp_path, debian(menu))
    assert [reason.id for reason in found.reasons] == ["root-by-name"]


def test_what_stands_in_a_comment_is_no_option(tmp_path: Path) -> None:
    assert on_virtio(tmp_path, debian(entry("a", f"{GOOD} # {BAD}"))).verdict == "boots"


READS_CUSTOM = "source $prefix/custom.cfg\n"


@pytest.mark.parametrize(
    ("menu", "custom", "verdict"),
    [
        (f"set default=my\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "does-not-boot"),
        (f"set default=1\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "does-not-boot"),
        (
            f"set default=0\n{entry('a', GOOD)}{READS_CUSTOM}",
            f"set default=my\n{entry('my', BAD)}",
            "does-not-boot",
        ),
        (f"set default=my\n{entry('a', BAD)}{READS_CUSTOM}", entry("my", GOOD), "boots"),
        (f"set default=0\n{entry('a', GOOD)}{READS_CUSTOM}", entry("my", BAD), "boots"),
        (f"set default=my\n{entry('a', GOOD)}", entry("my", BAD), "boots"),
        (f"set default=my\n{entry('a', GOOD)}source /boot/other.cfg\n", "", "unknown"),
    ],
)
def test_custom_cfg_counts_where_the_menu_reads_it(
    tmp_path: Path, menu: str, custom: str, verdict: str
) -> None:
    files = debian(menu, **({"boot__grub__custom.cfg": custom} if custom else {}))
    assert on_virtio(tmp_path, files).verdict == verdict


@pytest.mark.parametrize(
    ("disk", "verdict"),
    [("hd0,msdos1", "boots"), ("hd1,msdos1", "unknown"), ("ahci0,gpt2", "does-not-boot")],
)
def test_a_path_may_name_its_disk(tmp_path: Path, disk: str, verdict: str) -> None:
    menu = entry("a", GOOD, f"({disk}){KERNEL}")
    assert on_virtio(tmp_path, debian(menu)).verdict == verdict


def test_systemd_boot_wants_the_microcode_that_an_entry_names(tmp_path: Path) -> None:
    images = f"initrd /amd-ucode.img\ninitrd /initrd.img-{RELEASE}\n"
    text = f"linux /vmlinuz-{RELEASE}\n{images}options {GOOD}\n"
    files = debian(boot__loader__entries__a=text)
    files["boot/loader/entries/a.conf"] = files.pop("boot/loader/entries/a")
    files["boot/loader/loader.conf"] = "default a.conf\n"
    del files["boot/grub/grub.cfg"]
    found = on_virtio(tmp_path, files)
    assert "initramfs-file-missing" in {reason.id for reason in found.reasons}


MOUNT = "[Mount]\nWhat=/dev/sda3\nWhere=/data\n"
REQUIRED = "usr/lib/systemd/system/local-fs.target.requires/data.mount"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({"usr/lib/systemd/system/data.mount": MOUNT, REQUIRED: ""}, "does-not-boot"),
        ({"usr/lib/systemd/system/data.mount": MOUNT}, "boots"),
        (
            {
                "usr/lib/systemd/system/data.mount": MOUNT,
                REQUIRED: "",
                "etc/systemd/system/data.mount": "",
            },
            "boots",
        ),
        (
            {
                "etc/systemd/system/data.mount": MOUNT,
                "etc/systemd/system/local-fs.target.d/a.conf": "[Unit]\nRequires=data.mount\n",
            },
            "does-not-boot",
        ),
    ],
)
def test_units_of_packages_and_drop_ins(
    tmp_path: Path, files: Dict[str, What], verdict: str
) -> None:
    assert on_virtio(tmp_path, {**debian(), **files}).verdict == verdict


def packed(*program: str) -> bytes:
    """Pack the image that is ready for virtio by a program that this machine may not have."""
    if shutil.which(program[0]) is None:
        pytest.skip(f"needs {program[0]}")
    plain = image(RELEASE, EVERYTHING, *MARKS)
    return subprocess.run(program, input=plain, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("program", "config", "verdict"),
    [
        ("lz4 -c", "", "does-not-boot"),
        ("lz4 -l -c", "", "boots"),
        ("zstd -c", "CONFIG_RD_ZSTD=y\nCONFIG_RD_GZIP=y\n", "boots"),
        ("zstd -c", "# CONFIG_RD_ZSTD is not set\nCONFIG_RD_GZIP=y\n", "does-not-boot"),
        ("zstd -c", "CONFIG_RD_GZIP=y\n", "unknown"),
        ("gzip -c", "", "boots"),
    ],
)
def test_an_image_is_packed_as_its_kernel_unpacks_it(
    tmp_path: Path, program: str, config: str, verdict: str
) -> None:
    files = {**debian(), INITRD[1:]: packed(*program.split())}
    if config:
        files[f"boot/config-{RELEASE}"] = f"CONFIG_VIRTIO_BLK=m\n{config}"
    assert on_virtio(tmp_path, files).verdict == verdict


@pytest.mark.parametrize(
    ("release", "packing", "verdict"),
    [
        ("4.18.0-513.el8.x86_64", "zstd", "unknown"),
        ("5.8.18", "zstd", "unknown"),
        ("5.9.0", "zstd", "boots"),
        ("6.1.0", "zstd", "boots"),
        ("3.10.0-1160.el7.x86_64", "lz4", "unknown"),
        ("3.11.0", "lz4", "boots"),
        ("2.6.32-754.el6.x86_64", "xz", "unknown"),
        ("2.6.32-754.el6.x86_64", "gzip", "boots"),
        ("odd", "zstd", "boots"),
    ],
)
def test_a_kernel_that_is_older_than_the_packing_may_not_unpack_it(
    release: str, packing: str, verdict: str
) -> None:
    packed_so = Image("/boot/i", "", {}, (), {}, frozenset(), True, "")._replace(
        packings=(packing,)
    )
    boot = Boot(Kernel(release, None, None), True, (), "", (packed_so,), "read", Hint("", ""))
    reasons = [one for one in entered(boot, machine().guest) if one.id == "initramfs-packing"]
    assert [reason.weight for reason in reasons] == ([] if verdict == "boots" else ["open"])
    assert all("CONFIG_RD_" in words(reason.settle) for reason in reasons)


@pytest.mark.parametrize("what", [b"", bytes(512)])
def test_an_empty_image_is_none(tmp_path: Path, what: bytes) -> None:
    found = on_virtio(tmp_path, {**debian(), INITRD[1:]: what})
    assert found.verdict == "does-not-boot"
    assert any("is empty" in words(reason.says) for reason in found.reasons)


@pytest.mark.parametrize(
    ("word", "target", "verdict"),
    [
        ("break", "virtio-blk", "does-not-boot"),
        ("break=premount", "virtio-blk", "does-not-boot"),
        ("break=nothing", "virtio-blk", "boots"),
        ("rd.break", "virtio-blk", "boots"),
        ("scsi_mod.scan=none", "virtio-scsi", "does-not-boot"),
        ("scsi_mod.scan=async", "virtio-scsi", "boots"),
        ("scsi_mod.scan=none", "virtio-blk", "boots"),
        ("pci=off", "virtio-blk", "unknown"),
        ("pci=noaer", "virtio-blk", "boots"),
    ],
)
def test_words_for_which_nothing_is_mounted(
    tmp_path: Path, word: str, target: str, verdict: str
) -> None:
    files = debian(entry("a", f"{GOOD} {word}"))
    assert on_virtio(tmp_path, files, target).verdict == verdict


@pytest.mark.parametrize(
    ("line", "target", "verdict"),
    [
        ("share /mnt/s vboxsf defaults 0 0", "virtio-blk", "does-not-boot"),
        ("share /mnt/s vboxsf nofail 0 0", "virtio-blk", "boots"),
        ("share /mnt/s vboxsf defaults 0 0", "virtio-scsi", "unknown"),
        (".host:/ /mnt/h fuse.vmhgfs-fuse allow_other 0 0", "virtio-blk", "does-not-boot"),
        (".host:/ /mnt/h fuse.vmhgfs-fuse allow_other 0 0", "pvscsi", "boots"),
        ("tag /mnt/v virtiofs defaults 0 0", "virtio-blk", "boots"),
        ("tag /mnt/v virtiofs defaults 0 0", "pvscsi", "does-not-boot"),
        ("srv /mnt/p 9p trans=tcp 0 0", "pvscsi", "boots"),
    ],
)
def test_a_folder_of_the_host_is_not_elsewhere(
    tmp_path: Path, line: str, target: str, verdict: str
) -> None:
    files = {**debian(), "etc/fstab": f"UUID=1 / ext4 defaults 0 1\n{line}\n"}
    assert on_virtio(tmp_path, files, target).verdict == verdict


@pytest.mark.parametrize(
    ("word", "verdict"), [("fstab=no", "boots"), ("fstab=yes", "does-not-boot")]
)
def test_fstab_may_be_ignored(tmp_path: Path, word: str, verdict: str) -> None:
    files = debian(entry("a", f"{GOOD} {word}"))
    files["etc/fstab"] = "UUID=1 / ext4 defaults 0 1\n/dev/sda3 /data ext4 defaults 0 2\n"
    assert on_virtio(tmp_path, files).verdict == verdict


@pytest.mark.parametrize(("name", "verdict"), [("a.conf", "does-not-boot"), ("a.bak", "boots")])
def test_modprobe_reads_what_ends_in_conf(tmp_path: Path, name: str, verdict: str) -> None:
    modules = {f"usr/lib/modules/{RELEASE}/kernel/{one}.ko.zst": b"x" for one in EVERYTHING}
    marks = dict.fromkeys(("init", *MARKS), b"x")
    barred = {f"etc/modprobe.d/{name}": b"blacklist virtio_blk\n"}
    files = {**debian(), INITRD[1:]: cpio({**marks, **modules, **barred})}
    assert on_virtio(tmp_path, files).verdict == verdict
