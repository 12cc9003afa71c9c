"""From the boot loader to the kernel: which menu starts, and whether the files that its entry names
are there and whole.
"""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

import pytest

from guestcheck.classify import classify
from guestcheck.evidence import questions, read
from guestcheck.facts import build
from guestcheck.model.device import Inventory
from guestcheck.model.source import ABSENT, CUT, Answer
from tests.readiness.making import (
    EVERYTHING,
    RELEASE,
    grub,
    image,
    machine,
    on,
    recorded,
    said,
    told,
)

KERNEL, INITRD = f"/boot/vmlinuz-{RELEASE}", f"/boot/initrd.img-{RELEASE}"
USUAL = ("/boot/grub/grub.cfg", "/boot/grub", KERNEL, INITRD)


def files(*paths: str) -> Tuple[str, Answer]:
    """Make the list of what is in /boot and on the EFI system partition."""
    return told("boot_files", "/boot/*", "".join(path + "\n" for path in paths))


def menu(path: str, text: str) -> Tuple[str, Answer]:
    return told("boot_entries", path, text)


def guest(*paths: str, more: Sequence[Tuple[str, Answer]] = (), **fields: Any) -> Inventory:
    return machine(more=[files(*(paths or USUAL)), *more], **fields)


class TestFiles:
    def test_that_are_there_boot(self) -> None:
        assert said(on("virtio-blk", guest())) == "boots"

    def test_a_kernel_that_is_missing_stops_it(self) -> None:
        found = on("virtio-blk", guest("/boot/grub/grub.cfg", INITRD))
        assert said(found) == "does-not-boot: kernel-file-missing"
        assert found.reasons[0].evidence[0].source == "/boot/grub/grub.cfg"

    def test_an_initramfs_that_is_missing_stops_it(self) -> None:
        found = on("virtio-blk", guest("/boot/grub/grub.cfg", KERNEL))
        assert found.verdict == "does-not-boot"
        assert {"initramfs-file-missing", "root-needs-initramfs"} <= {
            reason.id for reason in found.reasons
        }

    def test_grub_starts_a_kernel_that_needs_none(self) -> None:
        inventory = guest("/boot/grub/grub.cfg", KERNEL, builtin=EVERYTHING, root="root=PARTUUID=1")
        assert said(on("virtio-blk", inventory)) == "unknown: ?initramfs-file-missing"

    def test_systemd_boot_does_not(self) -> None:
        text = (
            f"title A\nversion {RELEASE}\nlinux /m/{RELEASE}/linux\ninitrd "
            f"/m/{RELEASE}/initrd\noptions "
            "root=PARTUUID=1\n"
        )
        entry = menu("/efi/loader/entries/a.conf", text)
        paths = ("/efi/loader/entries/a.conf", f"/efi/m/{RELEASE}/linux")
        inventory = guest(*paths, builtin=EVERYTHING, without=("boot_entries",), images={})
        assert said(on("virtio-blk", inventory)).startswith("unknown")
        inventory = machine(builtin=EVERYTHING, menu="\n", images={}, more=[entry, files(*paths)])
        assert said(on("virtio-blk", inventory)) == "does-not-boot: initramfs-file-missing"

    def test_a_folder_that_was_not_seen_proves_nothing(self) -> None:
        # The menu is read, and /boot is a file system of its own that is not mounted.
        assert (
            said(on("virtio-blk", guest("/efi/EFI/x/grub.cfg"))) == "unknown: ?kernel-file-unseen"
        )

    @pytest.mark.parametrize(
        "prefix",
        [
            "/boot",
            "/@/boot",
            "/root/boot",
            "/@/.snapshots/1/snapshot/boot",
            "/BOOT/ubuntu_1@",
            "/ROOT/a@/boot",
            "($drive1)/boot",
            "(hd0,1)/boot/",
        ],
    )
    def test_paths_of_subvolumes_and_datasets_are_followed(self, prefix: str) -> None:
        text = (
            f'menuentry "A" {{\n linux "{prefix}/vmlinuz-{RELEASE}" root=UUID=1 ro\n initrd '
            f'"{prefix}/initrd.img-{RELEASE}"\n}}\n'
        )
        assert said(on("virtio-blk", guest(menu=text))) == "boots"
        gone = guest("/boot/grub/grub.cfg", INITRD, menu=text)
        assert said(on("virtio-blk", gone)) == "does-not-boot: kernel-file-missing"

    @pytest.mark.parametrize("name", ["/boot/$unheard", "/$unheard/vmlinuz", "$unheard"])
    def test_a_variable_that_is_not_known_proves_nothing(self, name: str) -> None:
        text = f'menuentry "A" {{\n linux {name} root=UUID=1\n initrd {INITRD}\n}}\n'
        assert (
            on(
                "virtio-blk", guest("/boot/grub/grub.cfg", "/boot/vmlinuz", INITRD, menu=text)
            ).verdict
            != "does-not-boot"
        )

    @pytest.mark.parametrize(
        "paths",
        [("/boot/efi", "/boot/efi/EFI/x/grub.cfg"), ("/boot/efi",), ("/boot/efi/EFI/x/grub.cfg",)],
    )
    def test_an_efi_partition_on_a_boot_folder_that_is_not_mounted_proves_nothing(
        self, paths: Tuple[str, ...]
    ) -> None:
        text = f'menuentry "A" {{\n linux /vmlinuz-{RELEASE} root=UUID=1\n initrd /initrd.img-{RELEASE}\n}}\n'
        assert said(on("virtio-blk", guest(*paths, menu=text))) == "unknown: ?kernel-file-unseen"

    @pytest.mark.parametrize("origin", ["archive", "texts"])
    def test_an_archive_of_chosen_files_proves_nothing(self, origin: str) -> None:
        raw = recorded(more=[files("/boot/grub/grub.cfg")])._replace(origin=origin)
        inventory = classify(build(read(raw, questions(deep=True))))
        assert said(on("virtio-blk", inventory)) == "boots"

    def test_a_list_that_is_cut_proves_nothing(self) -> None:
        cut = ("boot_files", Answer("/boot/*", CUT, "/boot/grub/grub.cfg\n"))
        assert "missing" not in said(on("virtio-blk", machine(more=[cut])))

    def test_initrd_on_the_command_line_is_the_stub_s(self) -> None:
        text = (
            f"title A\nversion {RELEASE}\nlinux /vmlinuz-{RELEASE}\noptions "
            f"initrd=\\initrd.img-{RELEASE} "
            "root=UUID=1\n"
        )
        path = f"/efi/initrd.img-{RELEASE}"
        more = [
            files("/efi/loader/entries/a.conf", f"/efi/vmlinuz-{RELEASE}", path),
            menu("/efi/loader/entries/a.conf", text),
        ]
        assert (
            said(on("virtio-blk", machine(menu="\n", images={path: image()}, more=more))) == "boots"
        )
        assert (
            on("virtio-blk", machine(menu="\n", images={path: image("ext4")}, more=more)).verdict
            == "does-not-boot"
        )

    def test_photon_s_menu_takes_names_from_a_file(self) -> None:
        text = (
            'set part=UUID=1\nload_env -f /boot/photon.cfg\nmenuentry "P" {\n linux '
            '"/boot/$photon_linux" '
            'root=$part\n initrd "/boot/$photon_initrd"\n}\n'
        )
        names = menu(
            "/boot/photon.cfg",
            f"photon_linux=vmlinuz-{RELEASE}\nphoton_initrd=initrd.img-{RELEASE}\n",
        )
        assert said(on("virtio-blk", guest(menu=text, more=[names]))) == "boots"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("image 9\nkernel bzImage\nwhole\n", "boots"),
            ("image 9\nkernel \nwhole\n", "boots"),
            ("image 0\ntrouble it is empty\n", "does-not-boot: kernel-file-damaged"),
            ("image 9\ntrouble damaged: it ends too early\n", "does-not-boot: kernel-file-damaged"),
            ("trouble it leads to where nothing is\n", "does-not-boot: kernel-file-damaged"),
            ("trouble only root may read it\n", "boots"),
        ],
    )
    def test_a_kernel_that_is_cut_or_empty_stops_it(self, text: str, expected: str) -> None:
        assert said(on("virtio-blk", guest(more=[told("kernel_files", KERNEL, text)]))) == expected

    @pytest.mark.parametrize(
        "trouble",
        ["it is empty", "damaged: it ends too early", "unknown packing: it begins with 000000"],
    )
    def test_an_initramfs_that_is_cut_is_never_good_for_a_boot(self, trouble: str) -> None:
        inventory = guest(images={INITRD: image(end=f"trouble {trouble}")})
        assert said(on("virtio-blk", inventory)) == "unknown: ?initramfs-not-whole"

    def test_clear_linux_s_kernel_is_copied_from_usr(self) -> None:
        text = "title C\nlinux /EFI/org.clearlinux/kernel-org.clearlinux.kvm.6.1\noptions root=PARTUUID=1\n"
        paths = ("/boot/loader/entries/c.conf", "/usr/lib/kernel/org.clearlinux.kvm.6.1")
        more = [files(*paths), menu("/boot/loader/entries/c.conf", text)]
        assert (
            said(on("virtio-blk", machine(menu="\n", images={}, builtin=EVERYTHING, more=more)))
            == "boots"
        )


GOOD, BAD = grub(f"{RELEASE} {INITRD} root=UUID=1"), grub(f"{RELEASE} {INITRD} root=/dev/sda1")
BLS = (
    f"title A\nversion {RELEASE}\nlinux /vmlinuz-{RELEASE}\ninitrd /initrd.img-{RELEASE}\noptions "
    f"root={{}}\n"
)


class TestLoaders:
    """What is configured and not installed starts nothing."""

    PROGRAMS: Dict[str, str] = {
        "grub": "/boot/grub/i386-pc",
        "grub on UEFI": "/boot/efi/EFI/debian/grubx64.efi",
        "systemd-boot": "/boot/efi/EFI/systemd/systemd-bootx64.efi",
    }

    def two(
        self,
        grub_text: str,
        other: str,
        *programs: str,
        esp: str = "/boot/efi/loader/entries/a.conf",
    ) -> Inventory:
        paths = (*USUAL, esp, *(self.PROGRAMS[name] for name in programs))
        return guest(*paths, menu=grub_text, more=[menu(esp, other)])

    @pytest.mark.parametrize(
        ("programs", "bad_grub", "bad_other"),
        [
            (("grub",), "does-not-boot", "boots"),
            (("grub on UEFI",), "does-not-boot", "boots"),
            (("systemd-boot",), "boots", "does-not-boot"),
            (("grub", "systemd-boot"), "unknown", "unknown"),
            ((), "unknown", "unknown"),
        ],
    )
    def test_grub_and_systemd_boot(
        self, programs: Sequence[str], bad_grub: str, bad_other: str
    ) -> None:
        bad = on("virtio-blk", self.two(BAD, BLS.format("UUID=1"), *programs))
        good = on("virtio-blk", self.two(GOOD, BLS.format("/dev/sda1"), *programs))
        assert good.verdict == bad_other
        # What may start besides does not save a default that stops.
        assert bad.verdict == bad_grub or (
            bad_grub == "unknown" and "boot-loader-unsure" in said(bad)
        )

    def test_two_that_start_the_same_leave_no_doubt(self) -> None:
        assert said(on("virtio-blk", self.two(GOOD, BLS.format("UUID=1")))) == "boots"

    def test_where_nobody_listed_what_is_installed_two_menus_are_a_doubt(self) -> None:
        more = [menu("/boot/efi/loader/entries/a.conf", BLS.format("/dev/sda1"))]
        assert (
            said(on("virtio-blk", machine(menu=GOOD, more=more))) == "unknown: ?boot-loader-unsure"
        )

    @pytest.mark.parametrize("loader", ["systemd-boot 252.19-1", "GRUB 2.12"])
    def test_a_running_loader_says_its_name(self, loader: str) -> None:
        info = "\x06\0\0\0" + "".join(f"{sign}\0" for sign in loader) + "\0\0"
        variable = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
        more = [
            menu("/boot/efi/loader/entries/a.conf", BLS.format("/dev/sda1")),
            menu(variable, info),
        ]
        found = on("virtio-blk", machine(menu=GOOD, more=more))
        assert found.verdict == ("boots" if loader.startswith("GRUB") else "does-not-boot")

    @pytest.mark.parametrize("vendor", ["redhat", "centos", "fedora"])
    def test_a_menu_on_the_efi_system_partition_wins_on_uefi(self, vendor: str) -> None:
        esp = f"/boot/efi/EFI/{vendor}"
        paths = (*USUAL, f"{esp}/shimx64.efi", f"{esp}/grub.cfg")
        assert (
            on("virtio-blk", guest(*paths, menu=GOOD, more=[menu(f"{esp}/grub.cfg", BAD)])).verdict
            == "does-not-boot"
        )
        assert (
            on("virtio-blk", guest(*paths, menu=BAD, more=[menu(f"{esp}/grub.cfg", GOOD)])).verdict
            == "boots"
        )
        by_bios = guest(
            *USUAL,
            "/boot/grub/i386-pc",
            f"{esp}/grub.cfg",
            menu=GOOD,
            more=[menu(f"{esp}/grub.cfg", BAD)],
        )
        assert on("virtio-blk", by_bios).verdict == "boots"

    def test_one_that_leads_to_the_other_is_no_menu_of_its_own(self) -> None:
        stub = menu(
            "/boot/efi/EFI/debian/grub.cfg",
            "search.fs_uuid 1 root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n",
        )
        paths = (*USUAL, "/boot/efi/EFI/debian/shimx64.efi")
        assert said(on("virtio-blk", guest(*paths, more=[stub]))) == "boots"

    def test_an_empty_menu_starts_nothing(self) -> None:
        inventory = guest(menu="# nothing\n\n")
        assert "boot-menu-empty" in said(on("virtio-blk", inventory))
        assert on("virtio-blk", inventory).verdict == "does-not-boot"
        assert "boot-menu-empty" not in said(
            on("virtio-blk", guest(menu="configfile /boot/grub/other.cfg\n"))
        )

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("/boot/refind_linux.conf", '"Boot" "ro root={}"\n'),
            (
                "/etc/lilo.conf",
                f"root = {{}}\nimage = /boot/vmlinuz-{RELEASE}\n initrd = {INITRD}\n label = L\n",
            ),
            ("/etc/kernel/cmdline", "root={} ro\n"),
        ],
    )
    def test_other_menus(self, path: str, text: str) -> None:
        # Of what entries are made from it is not known that one was made.
        good = "unknown" if path == "/etc/kernel/cmdline" else "boots"
        for root, verdict in (("/dev/sda1", "does-not-boot"), ("UUID=1", good)):
            more = [files(*USUAL), told("boot_entries", path, text.format(root))]
            images = {INITRD: image()}
            answer = ("boot_entries", Answer("/boot/grub/grub.cfg", ABSENT))
            inventory = machine(menu="set x=1\n", images=images, more=[*more, answer])
            assert on("virtio-blk", inventory).verdict == verdict, said(on("virtio-blk", inventory))


class TestReleases:
    """No kernel is invented from a name."""

    def test_a_hash_is_none(self) -> None:
        text = (
            f"title A\nversion 1@{RELEASE}\nlinux /os/{RELEASE}/linux-6e5c1f\ninitrd "
            f"/os/{RELEASE}/initrd-6e5c1f\noptions root=UUID=1\n"
        )
        path = f"/boot/efi/os/{RELEASE}/initrd-6e5c1f"
        paths = ("/boot/efi/loader/entries/a.conf", f"/boot/efi/os/{RELEASE}/linux-6e5c1f", path)
        inventory = machine(
            menu="\n",
            images={path: image()},
            more=[files(*paths), menu("/boot/efi/loader/entries/a.conf", text)],
        )
        assert [kernel.release for kernel in inventory.guest.kernels or ()] == [RELEASE]
        assert said(on("virtio-blk", inventory)) == "boots"

    @pytest.mark.parametrize(
        "name",
        [
            f"/boot/kernels/x1-linux-{RELEASE}-bzImage",
            f"/boot/vmlinuz-huge-{RELEASE}",
            f"/boot/kernel-x86_64-{RELEASE}",
        ],
    )
    def test_an_installed_release_is_found_in_odd_names(self, name: str) -> None:
        text = f'menuentry "A" {{\n linux {name} root=UUID=1\n initrd {INITRD}\n}}\n'
        inventory = guest("/boot/grub/grub.cfg", name, INITRD, menu=text)
        assert [(kernel.release, kernel.default) for kernel in inventory.guest.kernels or ()] == [
            (RELEASE, True)
        ]
        assert said(on("virtio-blk", inventory)) == "boots"


class TestAddons:
    """systemd-stub appends the options of its addons to those of the unified kernel image."""

    UKI = "/efi/EFI/Linux/a.efi"

    def uki(self, options: str) -> str:
        return image().replace(
            "whole\n",
            f"text .cmdline {len(options)}\n|{options}\ntext "
            f".uname {len(RELEASE)}\n|{RELEASE}\nwhole\n",
        )

    def with_addon(self, path: str, text: str) -> Inventory:
        uki = self.uki("root=UUID=1 ro")
        more = [menu(self.UKI, uki), menu(path, text)]
        return machine(menu="\n", images={self.UKI: uki}, more=more)

    @pytest.mark.parametrize(
        "path", ["/efi/EFI/Linux/a.efi.extra.d/x.addon.efi", "/efi/loader/addons/x.addon.efi"]
    )
    def test_of_one_image_and_of_all(self, path: str) -> None:
        addon = "image 9\ntext .cmdline 14\n|root=/dev/sda1\nwhole\n"
        assert said(on("virtio-blk", self.with_addon(path, addon))) == "does-not-boot: root-by-name"

    def test_of_another_image_does_not_matter(self) -> None:
        addon = "image 9\ntext .cmdline 14\n|root=/dev/sda1\nwhole\n"
        assert (
            said(
                on("virtio-blk", self.with_addon("/efi/EFI/Linux/b.efi.extra.d/x.addon.efi", addon))
            )
            == "boots"
        )

    def test_that_was_not_read_leaves_the_options_open(self) -> None:
        found = on(
            "virtio-blk",
            self.with_addon(
                "/efi/loader/addons/x.addon.efi", "image 9\ntrouble damaged: no PE file\n"
            ),
        )
        assert said(found).startswith("unknown: ?root-unread")
