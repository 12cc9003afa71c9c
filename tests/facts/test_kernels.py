"""Which kernels are installed, and which of them boots by itself, as each boot loader resolves its
default.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

import pytest

from guestcheck.model.guest import Kernel
from guestcheck.model.source import OK, Answer
from tests.makers import answers, guest, uname

OLD, NEW = "5.10.0-28-amd64", "6.1.0-13-amd64"
RELEASES = f"/boot/vmlinuz-{OLD}\n/boot/vmlinuz-{NEW}\n/lib/modules/{OLD}/kernel\n/lib/modules/{NEW}/kernel\n"

GRUB = """\
set default="{default}"
function load_video {{
  insmod all_video
}}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {{
  linux /boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro quiet
  initrd /boot/initrd.img-6.1.0-13-amd64
}}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1' {{
  menuentry 'Debian GNU/Linux, with Linux 6.1.0-13-amd64' --class debian $menuentry_id_option 'gnulinux-6.1.0-13-amd64-advanced-1' {{
    linux /boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro quiet
  }}
  menuentry 'Debian GNU/Linux, with Linux 6.1.0-13-amd64 (recovery mode)' $menuentry_id_option 'gnulinux-6.1.0-13-amd64-recovery-1' {{
    linux /boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro single
  }}
  menuentry 'Debian GNU/Linux, with Linux 5.10.0-28-amd64' $menuentry_id_option 'gnulinux-5.10.0-28-amd64-advanced-1' {{
    linux /boot/vmlinuz-5.10.0-28-amd64 root=UUID=1 ro quiet
  }}
}}
menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {{
  fwsetup
}}
"""
BLS = (
    "title Fedora Linux ({0})\nversion {0}\nlinux /vmlinuz-{0}\ninitrd "
    "/initramfs-{0}.img\noptions root=UUID=1\n"
)
BLS_GRUB = (
    'if [ -s $prefix/grubenv ]; then\n  load_env\nfi\nset default="${saved_entry}"\ninsmod '
    "blscfg\nblscfg\n"
)
LEGACY = """\
default={0}
timeout=5
title CentOS ({1})
\troot (hd0,0)
\tkernel /vmlinuz-{1} ro
\tinitrd /initramfs-{1}.img
title CentOS ({2})
\tkernel /vmlinuz-{2} ro
"""
EXTLINUX = (
    "DEFAULT {0}\nLABEL new\n  LINUX /vmlinuz-{1}\n  APPEND root=/dev/vda1\nLABEL old\n  KERNEL "
    "/vmlinuz-{2}\n"
)


def env(entry: str) -> str:
    return f"# GRUB Environment Block\nsaved_entry={entry}\n" + "#" * 40


def grub(default: str, **more: str) -> Tuple[str, ...]:
    return (
        "/boot/grub/grub.cfg",
        GRUB.format(default=default),
        *(word for pair in more.items() for word in ("/boot/grub/" + pair[0], pair[1])),
    )


def bls(*more: str, releases: Tuple[str, ...] = (OLD, NEW)) -> Tuple[str, ...]:
    return (
        *more,
        *(
            word
            for release in releases
            for word in (f"/boot/loader/entries/0123-{release}.conf", BLS.format(release))
        ),
    )


CASES: Dict[str, Tuple[Tuple[str, ...], Optional[str]]] = {
    "grub, number": (grub("0"), NEW),
    "grub, number in a submenu": (grub("1>2"), OLD),
    "grub, a submenu's number alone": (grub("1"), NEW),
    "grub, id": (grub("gnulinux-simple-1"), NEW),
    "grub, ids of submenu and entry": (
        grub("gnulinux-advanced-1>gnulinux-5.10.0-28-amd64-advanced-1"),
        OLD,
    ),
    "grub, titles of submenu and entry": (
        grub("Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 5.10.0-28-amd64"),
        OLD,
    ),
    "grub, title": (grub("Debian GNU/Linux"), NEW),
    "grub, an entry that is gone": (grub("gnulinux-4.19-gone"), NEW),
    "grub, the firmware's settings": (grub("2"), None),
    "grub, saved entry by number": (grub("${saved_entry}", grubenv=env("1>2")), OLD),
    "grub, saved entry by id": (
        grub(
            "${saved_entry}", grubenv=env("gnulinux-advanced-1>gnulinux-5.10.0-28-amd64-advanced-1")
        ),
        OLD,
    ),
    "grub, nothing saved": (grub("${saved_entry}"), NEW),
    "grub, saved but not asked for": (grub("0", grubenv=env("1>2")), NEW),
    "BLS, saved entry": (
        bls("/boot/grub2/grub.cfg", BLS_GRUB, "/boot/grub2/grubenv", env(f"0123-{OLD}")),
        OLD,
    ),
    "BLS, nothing saved: the newest": (bls("/boot/grub2/grub.cfg", BLS_GRUB), NEW),
    "BLS, saved number": (
        bls("/boot/grub2/grub.cfg", BLS_GRUB, "/boot/grub2/grubenv", env("1")),
        OLD,
    ),
    "BLS, with an entry of grub.cfg after them": (
        bls(
            "/boot/grub2/grub.cfg",
            BLS_GRUB + "menuentry 'UEFI Firmware Settings' --id uefi {\n fwsetup\n}\n",
        ),
        NEW,
    ),
    "BLS, versions by value": (bls(releases=("6.9.0", "6.10.0")), "6.10.0"),
    "systemd-boot, pattern": (
        bls("/boot/loader/loader.conf", f"timeout 3\ndefault 0123-{OLD}*\n"),
        OLD,
    ),
    "systemd-boot, name": (bls("/boot/loader/loader.conf", f"default 0123-{OLD}.conf\n"), OLD),
    "systemd-boot, no default": (bls("/boot/loader/loader.conf", "timeout 3\n"), NEW),
    "systemd-boot, kernels in folders": (
        (
            "/efi/loader/entries/0123-6.1.conf",
            "title x\nlinux /0123/6.1.0-13-amd64/linux\n",
            "/efi/loader/loader.conf",
            "default 0123-6.1.conf\n",
        ),
        NEW,
    ),
    "GRUB legacy, first": (("/boot/grub/menu.lst", LEGACY.format("0", NEW, OLD)), NEW),
    "GRUB legacy, second": (("/boot/grub/grub.conf", LEGACY.format("1", NEW, OLD)), OLD),
    "GRUB legacy, with a blank": (
        ("/boot/grub/menu.lst", LEGACY.format("1", NEW, OLD).replace("default=", "default ")),
        OLD,
    ),
    "extlinux": (("/boot/extlinux/extlinux.conf", EXTLINUX.format("old", NEW, OLD)), OLD),
    "extlinux, no default": (("/boot/extlinux.conf", EXTLINUX.format("", NEW, OLD)), NEW),
    "a kernel without its release in the name": (
        ("/boot/grub/grub.cfg", "menuentry 'A' {\n linux /vmlinuz root=/dev/vda1\n}\n"),
        None,
    ),
    "Arch's name": (
        ("/boot/grub/grub.cfg", "menuentry 'Arch' {\n linux /vmlinuz-linux root=/dev/vda1\n}\n"),
        None,
    ),
    "Alpine's name": (
        ("/boot/extlinux.conf", "DEFAULT lts\nLABEL lts\n LINUX vmlinuz-lts\n"),
        None,
    ),
    "garbage": (("/boot/grub/grub.cfg", "}}}} menuentry {\x00 ' \" linux\n"), None),
    "no boot loader": ((), None),
}


def kernels(*pairs: str, **told: Any) -> Tuple[Kernel, ...]:
    found = guest(
        **{
            "system": uname(NEW),
            "kernel_releases": RELEASES,
            "boot_entries": answers(*pairs),
            **told,
        }
    ).kernels
    assert found is not None
    return found


@pytest.mark.parametrize(("texts", "default"), CASES.values(), ids=CASES)
def test_the_default_is_what_the_boot_loader_would_start(
    texts: Tuple[str, ...], default: Optional[str]
) -> None:
    marked = {one.release: one.default for one in kernels(*texts, kernel_releases=RELEASES)}
    if default is None:
        assert set(marked) == {OLD, NEW}, "no kernel is made up of a name"
        assert set(marked.values()) == {None}
    else:
        assert {release for release, is_default in marked.items() if is_default} == {default}
        assert None not in marked.values()


def test_the_default_comes_first_then_the_running_one() -> None:
    releases = RELEASES + "/boot/vmlinuz-4.19.0-1-amd64\n"
    assert [one.release for one in kernels(*grub("1>2"), kernel_releases=releases)] == [
        OLD,
        NEW,
        "4.19.0-1-amd64",
    ]


def test_one_kernel_alone_is_the_default() -> None:
    (one,) = kernels(kernel_releases="", boot_entries=())
    assert (one.release, one.running, one.default) == (NEW, True, True)


def test_the_running_kernel_may_live_outside_the_disk() -> None:
    found = kernels(system=uname("6.18.44-direct"))
    assert {one.release: one.running for one in found} == {
        OLD: False,
        NEW: False,
        "6.18.44-direct": True,
    }


def test_without_the_running_kernel_s_name_none_is_marked() -> None:
    found = guest(kernel_releases=RELEASES).kernels
    assert found is not None
    assert {one.running for one in found} == {None}


def test_nothing_known_is_not_no_kernel() -> None:
    assert guest(block='{"blockdevices": []}').kernels is None


@pytest.mark.parametrize(
    "line",
    [
        "/boot/vmlinuz-0-rescue-0123456789abcdef",
        "/boot/vmlinuz-6.1.0.old",
        "/boot/vmlinuz-linux",
        "/boot/vmlinuz-lts",
        "/boot/vmlinuz",
        "/boot/vmlinuz-",
        "/boot/initrd.img-6.6.6",
        "/boot/linux-6.1.0.img",
    ],
)
def test_what_names_no_release_is_no_kernel(line: str) -> None:
    assert {one.release for one in kernels(kernel_releases=RELEASES + line + "\n")} == {OLD, NEW}


def test_image_and_initramfs_are_found_by_release() -> None:
    paths = RELEASES + f"/boot/initrd.img-{NEW}\n/boot/initramfs-{OLD}.img\n"
    assert {one.release: (one.image, one.initramfs) for one in kernels(kernel_releases=paths)} == {
        NEW: (f"/boot/vmlinuz-{NEW}", f"/boot/initrd.img-{NEW}"),
        OLD: (f"/boot/vmlinuz-{OLD}", f"/boot/initramfs-{OLD}.img"),
    }


class TestInitramfs:
    """Which image is a kernel's: what its boot entry names, else its name, else the modules in it."""

    def image(self, path: str, *modules: str, release: str = NEW, end: str = "whole") -> Answer:
        lines = "".join(f"100644 9 lib/modules/{release}/kernel/{name}.ko\n" for name in modules)
        return Answer(path, OK, f"image 9\npart 0 plain\n{lines}{end}\n")

    def of(
        self, *images: Answer, release: str = NEW, boot: Tuple[Answer, ...] = ()
    ) -> Tuple[Any, ...]:
        one = next(
            one for one in kernels(initramfs=images, boot_entries=boot) if one.release == release
        )
        return one.initramfs, one.initramfs_modules, one.initramfs_complete

    def test_by_its_name(self) -> None:
        for path in (
            f"/boot/initrd.img-{NEW}",
            f"/boot/initramfs-{NEW}.img",
            f"/boot/initrd-{NEW}",
            f"/lib/modules/{NEW}/initrd",
            f"/efi/0123/{NEW}/initrd",
        ):
            other = self.image(f"/boot/initrd.img-{OLD}", "nvme", release=OLD)
            assert self.of(other, self.image(path, "virtio-blk")) == (path, {"virtio_blk"}, True)

    def test_by_the_modules_in_it(self) -> None:
        assert self.of(self.image("/boot/initramfs-linux.img", "virtio-blk")) == (
            "/boot/initramfs-linux.img",
            {"virtio_blk"},
            True,
        )
        assert self.of(self.image("/boot/initramfs-linux.img", "virtio-blk"), release=OLD) == (
            "",
            None,
            True,
        )

    @pytest.mark.parametrize(
        "named",
        [
            "/boot/initramfs-linux.img",
            "/initramfs-linux.img",
            "/@/boot/initramfs-linux.img",
            "(hd0,1)/initramfs-linux.img",
        ],
    )
    def test_by_its_boot_entry(self, named: str) -> None:
        boot = answers(
            "/boot/grub/grub.cfg",
            f"menuentry A {{\n linux /vmlinuz-{NEW}\n initrd /amd-ucode.img {named}\n}}\n",
        )
        images = (
            self.image(f"/boot/initrd.img-{NEW}", "nvme"),
            self.image("/boot/initramfs-linux.img", "virtio_blk"),
        )
        assert self.of(*images, boot=boot) == ("/boot/initramfs-linux.img", {"virtio_blk"}, True)

    def test_several_of_one_entry_count_together(self) -> None:
        boot = answers(
            "/boot/grub/grub.cfg",
            f"menuentry A {{\n linux /vmlinuz-{NEW}\n initrd /a.img /b.img\n}}\n",
        )
        images = (
            self.image("/boot/a.img", "nvme"),
            self.image("/boot/b.img", "virtio_blk", end="trouble damaged"),
        )
        assert self.of(*images, boot=boot) == ("/boot/b.img", {"nvme", "virtio_blk"}, False)

    @pytest.mark.parametrize(
        ("path", "held"),
        [
            (f"/boot/initrd.img-{NEW}", None),
            ("/boot/initramfs-6.1.img", None),
            ("/boot/initrd.img", {"nvme"}),
            ("", {"nvme"}),
        ],
    )
    def test_one_that_the_entry_does_not_name_says_nothing_of_what_boots(
        self, path: str, held: object
    ) -> None:
        boot = answers(
            "/boot/grub/grub.cfg",
            f"menuentry A {{\n linux /vmlinuz-{NEW}\n initrd /boot/initrd-mine.img\n}}\n",
        )
        assert self.of(self.image(path, "nvme"), boot=boot)[1] == held

    def test_one_made_for_another_kernel_has_nothing_for_this_one(self) -> None:
        path = f"/boot/initrd.img-{NEW}"
        assert self.of(self.image(path, "virtio_blk", release=OLD)) == (path, frozenset(), True)

    def test_a_unified_kernel_image_is_its_own(self) -> None:
        path = "/efi/EFI/Linux/arch.efi"
        text = (
            f"image 9\nsection .initrd 1 2\ntext .uname 9\n|{NEW}\npart 1 plain\n100644 9 "
            f"lib/modules/{NEW}/nvme.ko\nwhole\n"
        )
        assert self.of(Answer(path, OK, text), boot=answers(path, text)) == (path, {"nvme"}, True)

    def test_not_looked_at_is_unknown(self) -> None:
        assert self.of() == ("", None, True)
        assert self.of(Answer("/boot/initrd.img-*", OK)) == ("", None, True)


class TestJoin:
    def of(self, release: str, **told: Any) -> Kernel:
        return next(one for one in kernels(**told) if one.release == release)

    def test_the_file_of_a_release_comes_before_that_in_proc(self) -> None:
        told = answers(
            f"/boot/config-{NEW}",
            "CONFIG_VIRTIO_BLK=m\n",
            "/proc/config.gz",
            "CONFIG_VIRTIO_BLK=y\n",
        )
        assert self.of(NEW, kernel_config=told).config == {"CONFIG_VIRTIO_BLK": "m"}
        assert self.of(NEW, kernel_config=told[1:]).config == {"CONFIG_VIRTIO_BLK": "y"}
        assert self.of(OLD, kernel_config=told).config is None

    def test_a_configuration_among_the_modules_counts(self) -> None:
        told = answers(f"/lib/modules/{OLD}/config", "CONFIG_VIRTIO_BLK=m\n")
        assert self.of(OLD, kernel_config=told).config_path == f"/lib/modules/{OLD}/config"

    def test_loaded_modules_are_the_running_kernel_s(self) -> None:
        loaded = "virtio_blk 24576 2 - Live 0x0000000000000000\nsnd-hda 1 0 - Live 0x0\n"
        assert self.of(NEW, modules_loaded=loaded).loaded == {"virtio_blk", "snd_hda"}
        assert self.of(OLD, modules_loaded=loaded).loaded is None

    def test_module_files_are_known_by_kernel_and_by_the_kernel_s_spelling(self) -> None:
        path = f"/lib/modules/{OLD}/kernel/drivers/net/ne2k-pci.ko.xz"
        told = (Answer("/lib/modules/*", OK, path + "\n"),)
        assert self.of(OLD, module_files=told).files == {"ne2k_pci": path}
        assert self.of(NEW, module_files=told).files is None

    def test_what_was_not_read_is_not_empty(self) -> None:
        one = self.of(OLD)
        assert (one.config, one.builtin, one.files, one.loaded) == (None, None, None, None)

    def test_modules_builtin_is_known_by_kernel(self) -> None:
        told = answers(
            f"/lib/modules/{OLD}/modules.builtin",
            "kernel/drivers/block/virtio_blk.ko\nkernel/drivers/net/ne2k-pci.ko\n",
        )
        assert self.of(OLD, modules_builtin=told).builtin == {"virtio_blk", "ne2k_pci"}
        assert self.of(NEW, modules_builtin=told).builtin is None


@pytest.mark.parametrize(
    ("options", "architecture"),
    [
        (("CONFIG_64BIT=y\nCONFIG_X86_64=y\n",), "x86_64"),
        (("CONFIG_X86_32=y\n",), "i686"),
        (("CONFIG_ARM64=y\n",), "aarch64"),
        (("CONFIG_PPC64=y\nCONFIG_CPU_LITTLE_ENDIAN=y\n",), "ppc64le"),
        (("CONFIG_PPC64=y\n",), "ppc64"),
        (("CONFIG_S390=y\n",), "s390x"),
        (("CONFIG_VIRTIO=y\n",), ""),
        (("# CONFIG_X86_64 is not set\n",), ""),
        (("CONFIG_X86_64=y\n", "CONFIG_ARM64=y\n"), ""),
    ],
)
def test_without_a_running_kernel_the_configurations_tell_the_architecture(
    options: Tuple[str, ...], architecture: str
) -> None:
    texts = tuple(
        word for number, text in enumerate(options) for word in (f"/boot/config-6.{number}", text)
    )
    assert guest(kernel_config=answers(*texts)).architecture == architecture


def test_the_running_kernels_word_on_its_architecture_counts() -> None:
    assert (
        guest(
            kernel_config=answers("/boot/config-6.1", "CONFIG_X86_64=y\n"),
            system=uname("6.1", "i686"),
        ).architecture
        == "i686"
    )
