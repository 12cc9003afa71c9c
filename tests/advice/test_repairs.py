"""A printed repair repairs its reason: over all recorded variants, and guests of our own, whose
texts are laid out as a root.

The fix script is run there with stand-ins for the tools (`stand_ins.py`), and preflight is asked
again: every reason that stopped it is gone, or the script ended with 1 and names it. Run once more
it changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Sequence, Set, Tuple

import pytest

from guestcheck.advice import without_repair
from guestcheck.evidence import questions
from guestcheck.model.action import PrepareDriver
from guestcheck.model.source import Raw
from guestcheck.model.target import OPEN, Reason, Target
from tests.advice.repaired import Repaired, inventory_of, stopping
from tests.advice.worlds_by_reason import WORLDS_BY_REASON, targets
from tests.readiness.making import BY_ID, RELEASE, image, recorded, told
from tests.test_truth import OF_NETWORK, VARIANTS, bundle, cells

FEW = "ext4 jbd2 mbcache crc16"
# Reasons that only another kernel, or somebody who knows the guest, takes away: the script names
# them, and ends with 1 if the default kernel has them.
BY_HAND = {
    "driver-not-in-kernel",
    "driver-file-missing",
    "initramfs-does-not-open-root",
    "boot-by-name",
    "root-key-by-name",
    "root-not-understood",
    "crypttab-by-name",
    "boot-menu-empty",
    "kernel-file-missing",
    "kernel-file-damaged",
    "initramfs-file-missing",
    "initramfs-packing",
    "mac-not-kept",
    "manager-leaves-card",
    "share-of-host",
}


SEEN: Set[str] = set()  # what was carried out before on a guest that is the same to the script


def repaired(raw: Raw, targets: Sequence[Target], top: Path) -> Repaired:
    """Repair a guest twice, and hold what must be so of every one."""
    guest = Repaired(raw, targets, top)
    before = stopping(guest.before)
    if not before or guest.alike in SEEN:
        return guest
    SEEN.add(guest.alike)
    first = guest.run()
    after = stopping(guest.after())
    left = {reason for reason in after if reason in before}
    for target, kernel, reason in left:
        assert reason in BY_HAND, (
            f"{reason} stops {target}, {kernel}, as before; the script ended "
            f"with {first.code}: {first.printed}"
        )
        assert reason in first.printed or reason in guest.script, (reason, first.printed)
    default = [one for one in guest.before if one.default is not False]
    unknown = any(
        reason.weight == OPEN and not reason.actions for one in default for reason in one.reasons
    )
    assert bool(first.code) == (
        unknown or any((one.target, one.kernel) == key[:2] for one in default for key in left)
    ), (left, first.printed)
    assert ("done: guestcheck" in first.printed) == (first.code == 0)
    assert not after - before, f"a repair brings reasons of its own: {after - before}"
    second = guest.run()
    assert (second.code, second.files) == (first.code, first.files)
    return guest


@pytest.mark.tail(every=10)
@pytest.mark.parametrize(
    "folder", [*VARIANTS, *OF_NETWORK], ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_of_each_recorded_variant(folder: Path, tmp_path: Path) -> None:
    targets = [BY_ID[name] for name in dict.fromkeys(cell["target"] for cell in cells(folder))]
    if any(cell["said"] in ("does-not-boot", "network-lost") for cell in cells(folder)):
        repaired(bundle(folder).gather(questions(deep=True)), targets, tmp_path)


def system(name: str, version: str = "12") -> Any:
    return told("system", "/etc/os-release", f"ID={name}\nVERSION_ID={version}\n")


NEEDED = told(
    "storage_units",
    "/etc/systemd/system/*.requires/*",
    "/etc/systemd/system/local-fs.target.requires/srv.mount\n",
)
GRUB = told("grub_files", "/etc/default/grub", 'GRUB_CMDLINE_LINUX="quiet"\n')
HOOK = (
    "lib/dracut/hooks/initqueue/finished/devexists-" + chr(92) + "x2fdev" + chr(92) + "x2fsda1.sh"
)
CRYPT = told("crypttab", "/etc/crypttab", "home /dev/sda2 none luks\n")
FILTER = 'devices {\n filter = [ "a|/dev/sda|", "r|.*|" ]\n}\n'
ALPINE_CONF = 'features="ata base ext4"\n'


def of_tool(
    maker: str, path: str, name: str, conf: Tuple[Tuple[str, str], ...] = ()
) -> Dict[str, Any]:
    """Make a guest whose image lacks the drivers; the tool's configuration is what its package
    brings.
    """
    entries = (f"{RELEASE} {path} root=UUID=1 ro",)
    return {
        "initrd": path,
        "entries": entries,
        "images": {path: image(FEW, generator=maker)},
        "more": [system(name), *(told("resume_conf", file, text) for file, text in conf)],
    }


def preset(package: str, listed: str = "default' 'fallback", config: str = "") -> str:
    """Make a preset as Arch Linux' packages bring it (mkinitcpio.d/hook.preset)."""
    return (
        f"#ALL_config='/etc/x.conf'\n{config}ALL_kver='/boot/vmlinuz-{package}'\n"
        f"PRESETS=('{listed}')\ndefault_image='/boot/initramfs-{package}.img'\n"
        f"fallback_image='/boot/initramfs-{package}-fallback.img'\n"
        "fallback_options='-S autodetect'\n"
    )


ARCH = ("/etc/mkinitcpio.conf", "MODULES=()\nHOOKS=(base udev)\n")
DEFAULT = f"/boot/initrd.img-{RELEASE}"
WORLDS: Dict[str, Dict[str, Any]] = {
    "initramfs-tools": of_tool(
        "initramfs-tools", DEFAULT, "debian", (("/etc/initramfs-tools/modules", "# no end"),)
    ),
    "dracut": of_tool("dracut", f"/boot/initramfs-{RELEASE}.img", "fedora"),
    "dracut on Arch": of_tool("dracut", "/boot/initramfs-linux.img", "arch"),
    "dracut on Ubuntu, a leftover of initramfs-tools": of_tool(
        "dracut", DEFAULT, "ubuntu", (("/etc/initramfs-tools/modules", "x\n"),)
    ),
    "dracut and kernel-install": of_tool("dracut", f"/boot/efi/abc/{RELEASE}/initrd", "fedora"),
    "mkinitcpio": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux.img",
        "arch",
        (ARCH, ("/etc/mkinitcpio.d/linux.preset", preset("linux"))),
    ),
    "mkinitcpio, no preset": of_tool("mkinitcpio", "/boot/initramfs-linux.img", "arch", (ARCH,)),
    "mkinitcpio, a preset writes elsewhere": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux-lts.img",
        "arch",
        (
            ("/etc/mkinitcpio.conf", "MODULES=(\n ext4\n)\n"),
            ("/etc/mkinitcpio.d/linux.preset", preset("linux")),
        ),
    ),
    "mkinitcpio, the fallback that no preset lists any more": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux-fallback.img",
        "arch",
        (ARCH, ("/etc/mkinitcpio.d/linux.preset", preset("linux", listed="default"))),
    ),
    "mkinitcpio, the second of two presets": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux-zen.img",
        "arch",
        (
            ARCH,
            ("/etc/mkinitcpio.d/linux.preset", preset("linux")),
            ("/etc/mkinitcpio.d/zen.preset", preset("linux-zen")),
        ),
    ),
    "mkinitcpio, a drop-in sets the list again": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux.img",
        "arch",
        (
            ARCH,
            ("/etc/mkinitcpio.d/linux.preset", preset("linux")),
            ("/etc/mkinitcpio.conf.d/a.conf", "MODULES=(ext4)\n"),
        ),
    ),
    "mkinitcpio, a drop-in adds to the list": of_tool(
        "mkinitcpio",
        "/boot/initramfs-linux.img",
        "arch",
        (
            ARCH,
            ("/etc/mkinitcpio.d/linux.preset", preset("linux")),
            ("/etc/mkinitcpio.conf.d/a.conf", "MODULES+=(ext4)\n"),
        ),
    ),
    "mkinitfs": of_tool(
        "mkinitfs", "/boot/initramfs-lts", "alpine", (("/etc/mkinitfs/mkinitfs.conf", ALPINE_CONF),)
    ),
    "booster": of_tool(
        "booster", "/boot/booster-linux.img", "arch", (("/etc/booster.yaml", "modules: ext4\n"),)
    ),
    "make-initrd": of_tool(
        "make-initrd",
        f"/boot/initrd-{RELEASE}.img",
        "altlinux",
        (("/etc/initrd.mk", "AUTODETECT = all\n"),),
    ),
    "genkernel": of_tool("genkernel", f"/boot/initramfs-{RELEASE}.img", "gentoo"),
    "mkinitrd": of_tool(
        "mkinitrd",
        f"/boot/initrd-{RELEASE}",
        "suse",
        (("/etc/sysconfig/kernel", 'INITRD_MODULES="ext4"\n'),),
    ),
    "root by name": {
        "root": "root=/dev/sda1",
        "fstab": "/dev/sda1 / ext4 x 0 1",
        "more": [system("debian"), GRUB],
    },
    "root by name in an entry": {
        "menu": "blscfg\n",
        "more": [
            system("fedora", "40"),
            told(
                "boot_entries",
                "/boot/loader/entries/a.conf",
                f"title a\nversion {RELEASE}\nlinux /vmlinuz-{RELEASE}\ninitrd "
                f"/initrd.img-{RELEASE}\noptions root=/dev/sda1 ro\n",
            ),
        ],
    },
    "file systems by name": {
        "fstab": "UUID=1 / ext4 x 0 1\n/dev/sda2 /boot ext4 x 0 2\n/dev/sda3\t/srv\txfs x 0 2",
        "more": [system("debian")],
    },
    "a mapping by name": {
        "fstab": "UUID=1 / ext4 x 0 1\n/dev/mapper/home /home ext4 x 0 2",
        "more": [system("debian"), CRYPT],
    },
    "a unit by name": {
        "more": [
            system("debian"),
            NEEDED,
            told(
                "storage_units",
                "/etc/systemd/system/srv.mount",
                "[Mount]\nWhat=/dev/sda3\nWhere=/srv\n",
            ),
        ]
    },
    "forbidden in the image": {
        "texts": {"etc/modprobe.d/a.conf": "blacklist virtio_blk\n"},
        "more": [
            system("debian"),
            told("modprobe_conf", "/etc/modprobe.d/a.conf", "blacklist virtio_blk\n"),
        ],
    },
    "forbidden on the command line": {
        "options": "ro modprobe.blacklist=virtio_blk,floppy",
        "more": [system("debian"), GRUB],
    },
    "forbidden by install": {
        "texts": {"etc/modprobe.d/a.conf": "install virtio_blk /bin/false\n"},
        "more": [
            system("debian"),
            told("modprobe_conf", "/etc/modprobe.d/a.conf", "install virtio_blk /bin/false\n"),
        ],
    },
    "dracut waits for the disk": {
        "images": {DEFAULT: image(generator="dracut", files=[HOOK])},
        "more": [system("debian")],
    },
    "no initramfs": {
        "initrd": "-",
        "images": {},
        "builtin": "ext4 jbd2 mbcache crc16",
        "more": [
            system("debian"),
            GRUB,
            told("initramfs_tools", "x", "/usr/sbin/update-initramfs\n"),
        ],
    },
    "an LVM filter": {
        "root": "root=/dev/mapper/vg-root",
        "texts": {"etc/lvm/lvm.conf": FILTER},
        "more": [system("debian"), told("lvm_conf", "/etc/lvm/lvm.conf", FILTER)],
    },
}


@pytest.mark.tail(every=2)
@pytest.mark.parametrize("name", WORLDS)
def test_of_each_guest_of_our_own(name: str, tmp_path: Path) -> None:
    raw = recorded(**WORLDS[name])
    guest = repaired(raw, [BY_ID["virtio-blk"]], tmp_path)
    assert stopping(guest.before), "nothing stops it: the guest shows nothing"


@pytest.mark.tail(every=3)
@pytest.mark.parametrize("reason", WORLDS_BY_REASON)
def test_of_each_reason_that_stops(reason: str, tmp_path: Path) -> None:
    guest = repaired(recorded(**WORLDS_BY_REASON[reason][1]), targets(reason), tmp_path)
    assert reason in {id_ for _, _, id_ in stopping(guest.before)}
    assert guest.script.isascii(), "yash reads no other character in the locale C"


def test_a_preset_with_a_file_of_its_own(tmp_path: Path) -> None:
    """The file that the preset names is the one that counts, and that the next update reads."""
    guest = Repaired(recorded(**WORLDS["mkinitcpio"]), [BY_ID["virtio-blk"]], tmp_path)
    own = guest.laid.top / "etc/own.conf"
    guest.laid.write("etc/own.conf", "MODULES=(ext4)\nHOOKS=(base)\n")
    told = preset("linux", config=f'ALL_config="{own}"\n')
    guest.laid.write("etc/mkinitcpio.d/linux.preset", told)
    done = guest.run()
    assert (done.code, stopping(guest.after())) == (0, set()), done.printed
    assert "virtio_blk" in own.read_text()


class TestWhatIsNotRepaired:
    """The script ends with 1, and says why: it is not done."""

    def test_a_tool_that_is_switched_off(self, tmp_path: Path) -> None:
        world = of_tool(
            "initramfs-tools",
            DEFAULT,
            "debian",
            (("/etc/initramfs-tools/update-initramfs.conf", "update_initramfs=no\n"),),
        )
        guest = Repaired(recorded(**world), [BY_ID["virtio-blk"]], tmp_path)
        done = guest.run()
        assert (
            done.code,
            "the new image has no virtio_pci" in done.printed,
            "done: guestcheck" in done.printed,
        ) == (1, True, False)

    def test_an_image_that_would_not_open_root_any_more(self, tmp_path: Path) -> None:
        """As in a chroot where nothing is mounted from the mapping: the table in the new image is
        empty.
        """
        crypt = "home /dev/sda2 none luks\n"
        inside = image(
            f"{FEW} dm_mod dm_crypt",
            texts={"cryptroot/crypttab": "crypt UUID=2 none luks"},
            files=["usr/sbin/cryptsetup"],
        )
        guest = Repaired(
            recorded(
                images={DEFAULT: inside},
                more=[system("debian"), told("crypttab", "/etc/crypttab", crypt)],
            ),
            [BY_ID["virtio-blk"]],
            tmp_path,
        )
        (guest.laid.top / "etc/crypttab").write_text("")
        done = guest.run()
        assert done.code == 1
        assert (
            "the new image lacks what the one of before had to open the root file system: "
            "file cryptroot/crypttab" in done.printed
        )
        assert guest.laid.read(DEFAULT) == inside
        assert stopping(guest.after()) == stopping(guest.before)

    @pytest.mark.parametrize(
        ("world", "word"),
        [
            (
                {**of_tool("", "/boot/initramfs.img", "gentoo")},
                "what makes the initramfs here is not known",
            ),
            ({**of_tool("dracut", DEFAULT, "opensuse-microos")}, "transactional-update initrd"),
            (
                {**of_tool("dracut", DEFAULT, "fedora"), "options": "ro ostree=/ostree/boot.1/x/0"},
                "rpm-ostree initramfs",
            ),
            ({"lacking": ("virtio_blk",), "more": [system("debian")]}, "driver-not-in-kernel"),
        ],
    )
    def test_what_is_left_to_be_done_by_hand(
        self, world: Dict[str, Any], word: str, tmp_path: Path
    ) -> None:
        if "options" in world:
            world = {**world, "entries": (f"{RELEASE} {DEFAULT} root=UUID=1 {world['options']}",)}
        guest = Repaired(recorded(**world), [BY_ID["virtio-blk"]], tmp_path)
        done = guest.run()
        assert (done.code, word in done.printed, "done: guestcheck" in done.printed) == (
            1,
            True,
            False,
        ), done.printed
        assert not guest.laid.called("dracut")

    def test_where_there_is_no_room_nothing_is_changed(self, tmp_path: Path) -> None:
        guest = Repaired(recorded(**WORLDS["dracut"]), [BY_ID["virtio-blk"]], tmp_path)
        guest.laid.stub("df", "echo Filesystem; echo x 100 90 10 90% /boot")
        done = guest.run()
        assert (done.code, "there is no room in /boot" in done.printed) == (1, True)
        assert not [name for name in done.files if "dracut" in name]

    def test_an_unknown_verdict_is_not_done(self, tmp_path: Path) -> None:
        guest = Repaired(
            recorded(images={}, more=[system("debian")]), [BY_ID["virtio-blk"]], tmp_path
        )
        assert [one.verdict for one in guest.before] == ["unknown"]
        done = guest.run()
        assert (done.code, "done: guestcheck" in done.printed) == (1, False)


def test_without_a_program_that_lists_images_nothing_is_said_to_be_done(tmp_path: Path) -> None:
    guest = Repaired(recorded(**WORLDS["dracut"]), [BY_ID["virtio-blk"]], tmp_path)
    (guest.laid.programs / "lsinitramfs").unlink()
    (guest.laid.programs / "booster").unlink()
    done = guest.run()
    assert (done.code, "could not be looked at here" in done.printed) == (1, True)


def test_what_no_repair_is_known_for_says_so() -> None:
    inventory = inventory_of(recorded())
    known = Reason(
        "driver-not-in-initramfs",
        "x",
        actions=(PrepareDriver(("virtio_blk",), RELEASE, "dracut"),),
    )
    steps = list(
        without_repair(
            [
                known,
                Reason("a", "nothing opens it"),
                Reason("b", "$(reboot)"),
                Reason("c", "it may be", weight=OPEN),
            ],
            inventory,
        )
    )
    assert [step.text for step in steps] == [
        "No repair is known for this: nothing opens it.",
        "No repair is known for this: b.",
    ]
