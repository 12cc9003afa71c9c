"""What boots by itself, with which initramfs and options, as each boot loader's manual has it; the
texts are made after those.
"""

from __future__ import annotations

from typing import Dict, Tuple

import pytest

from guestcheck.evidence.linux._boot_entry import BootEntry, package_key, version_key
from guestcheck.evidence.linux.boot import BOOT
from guestcheck.evidence.linux.boot_loader import BootLoader
from guestcheck.facts.linux.kernels import default_entry, default_release
from guestcheck.model.source import ReadInPartError
from tests.makers import answers

DEBIAN = """\
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="DEFAULT"
fi
function gfxmode {
	set gfxpayload="${1}"
	if [ "${1}" = "keep" ]; then
		set vt_handoff=vt.handoff=7
	fi
}
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-1' {
	insmod gzio
	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
	search --no-floppy --fs-uuid --set=root 1
	echo	'Loading Linux 6.1.0 ...'
	linux	/boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro  quiet $vt_handoff $unset
	initrd	/boot/intel-ucode.img /boot/initrd.img-6.1.0-13-amd64
}
submenu 'Advanced options for Bob'\\''s Debian' $menuentry_id_option 'gnulinux-advanced-1' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-13-amd64' $menuentry_id_option 'gnulinux-6.1.0-13-amd64-advanced-1' {
		linux	/boot/vmlinuz-6.1.0-13-amd64 root=UUID=1 ro  quiet
		initrd	/boot/initrd.img-6.1.0-13-amd64
	}
	menuentry "Bob's \\"old\\" one" $menuentry_id_option 'gnulinux-5.10.0-28-amd64-advanced-1' {
		linux	/boot/vmlinuz-5.10.0-28-amd64 root=/dev/sda1 ro
		initrd	/boot/initrd.img-5.10.0-28-amd64
	}
}
"""
NEW = (
    "/boot/vmlinuz-6.1.0-13-amd64 [/boot/intel-ucode.img /boot/initrd.img-6.1.0-13-amd64] "
    "root=UUID=1 ro quiet vt.handoff=7"
)
OLD = "/boot/vmlinuz-5.10.0-28-amd64 [/boot/initrd.img-5.10.0-28-amd64] root=/dev/sda1 ro"

RHEL_8 = """\
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
else
   set default="${saved_entry}"
fi
if [ -z "${kernelopts}" ]; then
  set kernelopts="root=/dev/mapper/rhel-fallback ro "
fi
set tuned_params=""
set tuned_initrd=""
insmod blscfg
blscfg
menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
	fwsetup
}
"""
BLS_8 = """\
title Red Hat Enterprise Linux ({0}) 8.9 (Ootpa)
version {0}
linux /vmlinuz-{0}
initrd /initramfs-{0}.img $tuned_initrd
options $kernelopts $tuned_params
id rhel-{0}
grub_users $grub_users
grub_arg --unrestricted
grub_class kernel
"""
ENV = (
    "# GRUB Environment Block\nsaved_entry={0}\nkernelopts=root=/dev/mapper/rhel-root ro "
    "crashkernel=auto \nboot_success=0\n" + "#" * 200
)
RELEASES = ("4.18.0-513.el8.x86_64", "4.18.0-80.el8.x86_64", "0-rescue")


def rhel(saved: str, *more: str, env: str = ENV) -> Tuple[str, ...]:
    entries = [
        word
        for release in RELEASES
        for word in (f"/boot/loader/entries/0123-{release}.conf", BLS_8.format(release))
    ]
    return (
        "/boot/grub2/grub.cfg",
        RHEL_8,
        "/boot/grub2/grubenv",
        env.format(saved),
        *entries,
        *more,
    )


def rhel_says(release: str, root: str = "rhel-root ro crashkernel=auto") -> str:
    return f"/vmlinuz-{release} [/initramfs-{release}.img] root=/dev/mapper/{root}"


BLS = """\
# made by kernel-install
title\t\tA
version {0}
machine-id 0123
sort-key fedora
options root=UUID=1
options ro
linux /0123/{0}/linux
initrd /0123/{0}/initrd
"""


def systemd(*files: str, conf: str = "timeout 3\n") -> Tuple[str, ...]:
    """Each file is "NAME VERSION"; the entries lie on the EFI system partition."""
    pairs = [
        word
        for file in files
        for word in (f"/efi/loader/entries/{file.split()[0]}.conf", BLS.format(file.split()[1]))
    ]
    return (*pairs, "/efi/loader/loader.conf", conf)


def systemd_says(release: str) -> str:
    return f"/0123/{release}/linux [/0123/{release}/initrd] root=UUID=1 ro"


EFI = "/sys/firmware/efi/efivars/{}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
UKI = """\
image 999
section .initrd 1 2
text .osrel 20
|PRETTY_NAME="Arch Linux"
|ID=arch
|
text .uname 9
|{0}
|
text .cmdline 9
|root=PARTUUID=2 rw
whole
"""


def efi(word: str) -> str:
    return "\x06\0\0\0" + "".join(character + "\0" for character in word) + "\0\0"


SYSLINUX = """\
DEFAULT {default}
PROMPT 0
TIMEOUT 50
{ui}
MENU TITLE Arch Linux
APPEND root=/dev/vdb1
LABEL arch
    MENU LABEL Arch Linux
    LINUX ../vmlinuz-linux
    APPEND root=/dev/sda3 rw
    INITRD ../intel-ucode.img,../initramfs-linux.img
label lts
    menu label LTS
    {menu}
    kernel /boot/vmlinuz-6.6-lts
    append initrd=/boot/initramfs-6.6-lts root=LABEL=r
LABEL plain
    LINUX vmlinuz
"""


def syslinux(default: str, ui: str = "", menu: str = "") -> Tuple[str, ...]:
    return ("/boot/syslinux/syslinux.cfg", SYSLINUX.format(default=default, ui=ui, menu=menu))


ARCH = "/boot/vmlinuz-linux [/boot/intel-ucode.img /boot/initramfs-linux.img] root=/dev/sda3 rw"
LTS = "/boot/vmlinuz-6.6-lts [/boot/initramfs-6.6-lts] initrd=/boot/initramfs-6.6-lts root=LABEL=r"

LEGACY = """\
# grub.conf generated by anaconda
default={0}
timeout=5
splashimage=(hd0,0)/grub/splash.xpm.gz
title CentOS (2.6.32-754.el6.x86_64)
\troot (hd0,0)
\tkernel --no-mem-option (hd0,0)/vmlinuz-2.6.32-754.el6.x86_64 ro root=/dev/VolGroup00/LogVol00
\tinitrd (hd0,0)/initramfs-2.6.32-754.el6.x86_64.img
title CentOS (2.6.32-71.el6.x86_64)
\tkernel /vmlinuz-2.6.32-71.el6.x86_64 ro root=/dev/sda2
\tinitrd /initramfs-2.6.32-71.el6.x86_64.img
"""
LEGACY_NEW = (
    "(hd0,0)/vmlinuz-2.6.32-754.el6.x86_64 [(hd0,0)/initramfs-2.6.32-754.el6.x86_64.img] ro "
    "root=/dev/VolGroup00/LogVol00"
)
LEGACY_OLD = "/vmlinuz-2.6.32-71.el6.x86_64 [/initramfs-2.6.32-71.el6.x86_64.img] ro root=/dev/sda2"


def debian(default: str, env: str = "") -> Tuple[str, ...]:
    return (
        "/boot/grub/grub.cfg",
        DEBIAN.replace("DEFAULT", default),
        *(("/boot/grub/grubenv", env) if env else ()),
    )


# By case: the files, and what boots.
CASES: Dict[str, Tuple[Tuple[str, ...], str]] = {
    "GRUB: variables in options, those not set are empty": (debian("0"), NEW),
    "GRUB: quotes and backslashes in titles": (
        debian("Advanced options for Bob's Debian>Bob's \"old\" one".replace('"', '\\"')),
        OLD,
    ),
    "GRUB: ids in a submenu": (
        debian("gnulinux-advanced-1>gnulinux-5.10.0-28-amd64-advanced-1"),
        OLD,
    ),
    "GRUB: saved": (
        debian(
            "${saved_entry}",
            "saved_entry=gnulinux-advanced-1>gnulinux-5.10.0-28-amd64-advanced-1\n",
        ),
        OLD,
    ),
    "GRUB: saved by title": (
        debian(
            "${saved_entry}", "saved_entry=Advanced options for Bob's Debian>Bob's \"old\" one\n"
        ),
        OLD,
    ),
    "GRUB: once, before the default": (debian("0", "next_entry=1>1\n"), OLD),
    "GRUB: once, before the saved one": (
        debian("${saved_entry}", "saved_entry=0\nnext_entry=1>1\n"),
        OLD,
    ),
    "GRUB: once, but long ago": (debian("0", "next_entry=\n"), NEW),
    "RHEL 8: kernelopts from the environment block": (
        rhel("0123-4.18.0-80.el8.x86_64"),
        rhel_says("4.18.0-80.el8.x86_64"),
    ),
    "RHEL 8: kernelopts from grub.cfg": (
        rhel("0123-4.18.0-80.el8.x86_64", env="saved_entry={0}\n"),
        rhel_says("4.18.0-80.el8.x86_64", "rhel-fallback ro"),
    ),
    "RHEL 8: nothing saved, the newest": (rhel(""), rhel_says("4.18.0-513.el8.x86_64")),
    "RHEL 8: a number counts from the newest": (rhel("1"), rhel_says("4.18.0-80.el8.x86_64")),
    "RHEL 8: the rescue entry is the last": (rhel("2"), rhel_says("0-rescue")),
    "RHEL 8: once": (
        rhel("0", env=ENV + "\nnext_entry=0123-4.18.0-80.el8.x86_64\n"),
        rhel_says("4.18.0-80.el8.x86_64"),
    ),
    "RHEL 9: grub.cfg cannot be read": (
        rhel("0123-4.18.0-80.el8.x86_64")[2:],
        rhel_says("4.18.0-80.el8.x86_64"),
    ),
    "RHEL 9: the partition's grub.cfg leads to the other": (
        rhel(
            "1",
            "/boot/efi/EFI/redhat/grub.cfg",
            "search --no-floppy --fs-uuid --set=dev 1\nset prefix=($dev)/grub2\nconfigfile "
            "$prefix/grub.cfg\n",
        ),
        rhel_says("4.18.0-80.el8.x86_64"),
    ),
    "systemd-boot: the newest by value": (
        systemd("0123-6.9.1 6.9.1", "0123-6.10.0 6.10.0"),
        systemd_says("6.10.0"),
    ),
    "systemd-boot: a pattern": (
        systemd("0123-6.9.1 6.9.1", "0123-6.10.0 6.10.0", conf="default\t0123-6.9*\n"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: a pattern with the suffix": (
        systemd("a 6.9.1", "b 6.10.0", conf="default A.conf\n"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: a pattern in the middle": (
        systemd("a-x-1 6.9.1", "b-y-1 6.10.0", conf="default ?-[x]-*\n"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: a pattern that matches none": (
        systemd("a 6.9.1", "b 6.10.0", conf="default c*\n"),
        systemd_says("6.10.0"),
    ),
    "systemd-boot: counted tries are no part of the id": (
        systemd("a+3-1 6.9.1", "b+2 6.10.0", conf="default a.conf\n"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: without tries left it is the last": (
        systemd("a 6.9.1", "b+0-3 6.10.0"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: chosen by bootctl": (
        (*systemd("a 6.9.1", "b 6.10.0"), EFI.format("LoaderEntryDefault"), efi("a.conf")),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: chosen once": (
        (
            *systemd("a 1.1", "b 1.2", "c 1.3"),
            EFI.format("LoaderEntryDefault"),
            efi("a.conf"),
            EFI.format("LoaderEntryOneShot"),
            efi("b.conf"),
        ),
        systemd_says("1.2"),
    ),
    "systemd-boot: @saved, one entry": (
        systemd("a 6.9.1", conf="default @saved\n"),
        systemd_says("6.9.1"),
    ),
    "systemd-boot: @saved cannot be told": (
        systemd("a 6.9.1", "b 6.10.0", conf="default @saved\n"),
        "none",
    ),
    "unified kernel image": (
        ("/efi/EFI/Linux/arch-linux.efi", UKI.format("6.12.1-arch1-1")),
        "/efi/EFI/Linux/arch-linux.efi [/efi/EFI/Linux/arch-linux.efi] root=PARTUUID=2 rw",
    ),
    "unified kernel images: a pattern": (
        (
            "/efi/EFI/Linux/a.efi",
            UKI.format("6.1"),
            "/efi/EFI/Linux/b.efi",
            UKI.format("6.2"),
            "/efi/loader/loader.conf",
            "default a.efi\n",
        ),
        "/efi/EFI/Linux/a.efi [/efi/EFI/Linux/a.efi] root=PARTUUID=2 rw",
    ),
    "syslinux: DEFAULT, and relative paths": (syslinux("arch"), ARCH),
    "syslinux: no menu is shown, its default does not count": (
        syslinux("arch", menu="MENU DEFAULT"),
        ARCH,
    ),
    "syslinux: a menu is shown": (syslinux("arch", ui="UI menu.c32", menu="menu default"), LTS),
    "syslinux: DEFAULT is the menu": (syslinux("vesamenu.c32", menu="MENU DEFAULT"), LTS),
    "syslinux: DEFAULT is the menu, which has none": (syslinux("vesamenu.c32"), ARCH),
    "syslinux: ONTIMEOUT": (syslinux("arch", ui="ONTIMEOUT lts"), LTS),
    "syslinux: options for all": (syslinux("plain"), "/boot/syslinux/vmlinuz [] root=/dev/vdb1"),
    "Alpine": (
        (
            "/boot/extlinux.conf",
            "DEFAULT menu.c32\nLABEL lts\n  MENU DEFAULT\n  LINUX vmlinuz-lts\n  INITRD "
            "initramfs-lts\n  APPEND root=UUID=1\n",
        ),
        "/boot/vmlinuz-lts [/boot/initramfs-lts] root=UUID=1",
    ),
    "GRUB legacy: options of the command": (
        ("/boot/grub/grub.conf", LEGACY.format("0")),
        LEGACY_NEW,
    ),
    "GRUB legacy: the second": (("/boot/grub/menu.lst", LEGACY.format("1")), LEGACY_OLD),
    "GRUB legacy: saved": (
        ("/boot/grub/menu.lst", LEGACY.format("saved"), "/boot/grub/default", "1\n#\n#\n"),
        LEGACY_OLD,
    ),
}


def loader(*pairs: str) -> BootLoader:
    return BOOT.parse(list(answers(*pairs)))


def said(entry: BootEntry) -> str:
    return f"{entry.linux} [{' '.join(entry.initrd)}] {entry.options}"


@pytest.mark.parametrize(("texts", "expected"), CASES.values(), ids=CASES)
def test_what_boots_is_what_the_loader_would_start(texts: Tuple[str, ...], expected: str) -> None:
    entry = default_entry(loader(*texts))
    assert (said(entry) if entry else "none") == expected


def test_a_unified_kernel_image_tells_its_release() -> None:
    assert (
        default_release(loader("/efi/EFI/Linux/arch-linux.efi", UKI.format("6.12.1-arch1-1")))
        == "6.12.1-arch1-1"
    )


def test_images_and_entries_are_one_list() -> None:
    found = loader(*systemd("0123-6.9.1 6.9.1"), "/efi/EFI/Linux/arch.efi", UKI.format("6.12"))
    assert [entry.id for entry in found.entries] == ["arch", "0123-6.9.1"]  # by sort-key


def test_it_is_said_that_an_entry_boots_once() -> None:
    assert (
        loader(*debian("0", "next_entry=1>1\n")).says
        == "grubenv, next_entry (for the next boot alone)"
    )


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("6.9", "6.10"),
        ("6.1~rc1", "6.1"),
        ("6.1", "6.1.1"),
        ("6.1.a", "6.1.1"),
        ("6.1", "6.1a"),
        ("5", "10"),
        ("009", "10"),
        ("1" * 9999, "2" + "1" * 9999),
    ],
)
def test_versions_are_ordered_as_rpm_orders_them(older: str, newer: str) -> None:
    assert version_key(older) < version_key(newer)


def test_ids_are_ordered_as_packages() -> None:
    ids = [
        "0123-0-rescue",
        "0123-4.18.0-80.el8.x86_64",
        "0123-4.18.0-513.el8.x86_64",
        "0123-5.14.0-1.el9.x86_64",
    ]
    assert sorted([*ids[2:], *ids[:2]], key=package_key) == ids


ODD = (
    "",
    "default",
    "\0\0",
    "set default=\nmenuentry {\n}\n}\n}",
    "LABEL",
    "title",
    "$$$ ${ ${a",
    "menuentry 'a' {\n linux ${a} $b\n}\n",
)
PLACES = (
    "/boot/grub/grub.cfg",
    "/boot/grub/menu.lst",
    "/boot/extlinux.conf",
    "/efi/loader/entries/a+9-.conf",
    "/efi/EFI/Linux/a.efi",
)


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("file", PLACES)
def test_odd_texts_are_refused_or_read(file: str, text: str) -> None:
    try:
        found = loader(file, text, "/boot/grub/grubenv", text, "/efi/loader/loader.conf", text)
    except ValueError:
        return
    default_release(found)


def test_variables_that_hold_variables_do_not_grow_without_end() -> None:
    lines = [f"set v{number}=" + f"$v{number + 1}" * 300 for number in range(9)]
    text = (
        "\n".join(lines)
        + "\nset v9="
        + "x" * 100_000
        + "\n"
        + "menuentry a {\n linux /vmlinuz "
        + "$v0 " * 1000
        + "\n}\n"
    )
    with pytest.raises(ReadInPartError) as raised:
        loader("/boot/grub/grub.cfg", text)
    (entry,) = raised.value.records.entries
    assert len(entry.options) < 1 << 20
