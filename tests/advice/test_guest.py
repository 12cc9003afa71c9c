"""Held true of the guest's own half: each initramfs tool has its file and its command, each
distribution its package.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pytest

from guestcheck.advice import advise
from guestcheck.model.advice import Step
from guestcheck.model.check import WARN, Result
from guestcheck.model.device import Inventory
from tests.advice import acts
from tests.advice.conftest import make

PREPARE = {
    "module": "virtio_blk",
    "modules": ("virtio_pci", "virtio_blk"),
    "symbol": "CONFIG_VIRTIO_BLK",
    "kernel": "6.1.0-56-amd64",
}
Make = Callable[..., Inventory]


def code(steps: List[Step]) -> str:
    return "\n".join(line for step in steps for line in step.code)


def words(steps: List[Step]) -> str:
    return "\n".join(f"{step.text}\n{step.note}" for step in steps)


def say(action: str, about: Dict[str, Any], inventory: Inventory) -> List[Step]:
    return acts.say("guest", action, about, inventory)


@pytest.mark.parametrize(
    ("tool", "wanted"),
    [
        (
            "dracut",
            (
                'add_drivers+=" virtio_pci virtio_blk "\' >> /etc/dracut.conf.d/',
                "dracut -f --regenerate-all",
                "lsinitrd -k 6.1.0-56-amd64",
            ),
        ),
        (
            "initramfs-tools",
            (
                "for module in virtio_pci virtio_blk; do",
                "update-initramfs -u -k 6.1.0-56-amd64",
                "update-initramfs -c -k 6.1.0-56-amd64",
                "lsinitramfs /boot/initrd.img-6.1",
            ),
        ),
        (
            "mkinitcpio",
            ("MODULES=(${MODULES[@]} virtio_pci virtio_blk)", "mkinitcpio -P", "lsinitcpio"),
        ),
        ("booster", ("modules: virtio_pci,virtio_blk", "/usr/lib/booster/regenerate_images")),
        (
            "mkinitfs",
            (
                "-name 'virtio[_-]pci.ko*' -o -name 'virtio[_-]blk.ko*'",
                "mkinitfs 6.1.0-56-amd64",
                "zcat /boot/initramfs-amd64 | cpio -t | grep",
            ),
        ),
        ("mkinitrd", ("/&virtio_pci virtio_blk /", "/etc/sysconfig/kernel", "\nmkinitrd")),
    ],
)
def test_each_tool_has_its_file_and_its_command(
    tool: str, wanted: Tuple[str, ...], inventory: Make
) -> None:
    by_action = say("prepare-driver", {**PREPARE, "tool": tool}, inventory())
    by_guest = say("prepare-driver", PREPARE, inventory(initramfs_tool=tool))
    assert by_action == by_guest
    assert len(by_action) in (1, 2)  # two, where one would have too many lines to read
    for part in wanted:
        assert part in code(by_action)


def test_the_files_are_named_where_only_a_line_is_shown(inventory: Make) -> None:
    for tool, path in (
        ("mkinitcpio", "/etc/mkinitcpio.conf"),
        ("booster", "/etc/booster.yaml"),
        ("mkinitrd", "/etc/sysconfig/kernel"),
    ):
        assert path in words(say("prepare-driver", {**PREPARE, "tool": tool}, inventory()))


def test_the_sixth_red_hat_s_dracut_has_fewer_options(inventory: Make) -> None:
    text = code(
        say(
            "prepare-driver",
            {**PREPARE, "tool": "dracut", "kernel": "2.6.32-754.el6.x86_64"},
            inventory(),
        )
    )
    assert "dracut -f /boot/initramfs-2.6.32-754.el6.x86_64.img 2.6.32-754.el6.x86_64" in text
    assert "lsinitrd /boot/initramfs-2.6.32-754.el6.x86_64.img" in text
    assert "--" not in text


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("/boot/grub/grub.cfg", "/etc/default/grub"),
        ("/etc/default/grub", "/etc/default/grub"),
        ("/boot/loader/entries/arch.conf", "/boot/loader/entries/arch.conf"),
        ("/boot/extlinux.conf", "/boot/extlinux.conf"),
        ("/etc/initramfs-tools/conf.d/resume", "/etc/initramfs-tools/conf.d/resume"),
        ("/etc/fstab", "/etc/fstab"),
        ("cryptroot/crypttab", "/etc/crypttab"),
    ],
)
def test_a_name_is_changed_where_it_stands(file: str, wanted: str, inventory: Make) -> None:
    text = code(say("name-by-uuid", {"file": file, "device": "/dev/sda1"}, inventory()))
    text = text.replace(" \\\n    ", " ")
    # Two files of one name have two copies, and a link stays one.
    copy = wanted[1:].replace("/", "-")
    assert f"cp -p {wanted} /root/{copy} && sed -i -r" in text
    assert f'"$(readlink -f {wanted})"' in text
    assert "EDITOR" not in text
    assert "uuid=$(blkid /dev/sda1 " in text


def test_a_name_in_a_unified_image_is_changed_by_hand(inventory: Make) -> None:
    about = {"file": "/boot/EFI/Linux/arch.efi", "device": "/dev/sda1"}
    (step,) = say("name-by-uuid", about, inventory())
    assert "${EDITOR:-vi} /etc/kernel/cmdline" in step.code
    assert step.text.startswith("By hand: ")


def test_red_hat_of_old_has_another_mkinitrd(inventory: Make) -> None:
    text = code(
        say(
            "prepare-driver",
            {**PREPARE, "tool": "mkinitrd"},
            inventory(os_id="centos", os_version="5.11"),
        )
    )
    assert "--with=virtio_pci --with=virtio_blk" in text
    assert "/boot/initrd-6.1.0-56-amd64.img" in text


@pytest.mark.parametrize(
    ("system", "wanted"),
    [
        ("debian", "update-initramfs -u"),
        ("ubuntu", "update-initramfs -u"),
        ("rhel", "dracut -f"),
        ("openEuler", "dracut -f"),
        ("suse", "dracut -f"),
        ("alpine", "mkinitfs"),
        ("arch", "mkinitcpio -P"),
        ("nixos", "nixos-rebuild boot"),
        ("opensuse-microos", "transactional-update initrd"),
        ("", ""),
        ("gentoo", ""),
    ],
)
def test_where_no_tool_was_seen_the_distribution_s_own_is_named_and_no_other(
    system: str, wanted: str, inventory: Make
) -> None:
    text = code(say("prepare-driver", PREPARE, inventory(os_id=system)))
    assert wanted in text
    assert [name for name in TOOLS if name in text] == [name for name in TOOLS if name in wanted]


TOOLS = (
    "update-initramfs",
    "dracut -f",
    "mkinitcpio",
    "mkinitfs",
    "make-initrd",
    "genkernel",
    "transactional-update",
    "nixos-rebuild",
)


def test_an_image_of_unknown_make_is_not_rebuilt_by_a_guess(inventory: Make) -> None:
    """What is installed beside it did not make it."""
    steps = say(
        "prepare-driver",
        {**PREPARE, "tool": "unknown"},
        inventory(os_id="debian", initramfs_tool="initramfs-tools"),
    )
    assert code(steps) == ""
    assert "No repair is known" in words(steps)


@pytest.mark.parametrize(
    ("about", "wanted"),
    [
        (
            {"tool": "dracut", "image": "/boot/initramfs-linux.img"},
            "dracut -f /boot/initramfs-linux.img 6.1",
        ),
        (
            {"tool": "dracut", "image": "/boot/initramfs-6.1.0-56-amd64.img"},
            "dracut -f /boot/initramfs-6.1.0-56-amd64.img 6.1.0-56-amd64",
        ),
        (
            {"tool": "dracut", "image": "/boot/efi/abc/6.1.0-56-amd64/initrd"},
            "dracut -f /boot/efi/abc/6.1.0-56-amd64/initrd 6.1",
        ),
        (
            {"tool": "dracut", "image": "/boot/ostree/fedora-1/initramfs-6.8.img"},
            "rpm-ostree initramfs --enable --arg=--add-drivers --arg='virtio_pci virtio_blk'",
        ),
        ({"tool": "make-initrd"}, "MODULES_ADD += virtio_pci virtio_blk"),
        ({"tool": "genkernel"}, "genkernel --all-ramdisk-modules initramfs"),
        ({"tool": "tiny-initramfs"}, '$INCLUDE_MODULES,}virtio_pci,virtio_blk"'),
        ({"tool": "slackware"}, "mkinitrd_command_generator.sh"),
        ({"tool": "nixos"}, "nixos-rebuild boot"),
        ({"tool": "mkinitcpio", "image": "/boot/EFI/Linux/arch.efi"}, ""),
    ],
)
def test_the_image_that_is_loaded_is_made_as_it_was_made(
    about: Dict[str, str], wanted: str, inventory: Make
) -> None:
    text = code(say("prepare-driver", {**PREPARE, **about}, inventory()))
    assert wanted in text
    assert bool(text) == bool(wanted)


@pytest.mark.parametrize(
    ("tool", "wanted"),
    [
        ("dracut", "dracut -f --no-hostonly --mdadmconf --lvmconf /boot/initrd.img-6.1"),
        ("mkinitcpio", "mkinitcpio -S autodetect -k 6.1.0-56-amd64 -g /boot/"),
    ],
)
def test_a_root_that_does_not_run_is_another_machine_s(
    tool: str, wanted: str, inventory: Make
) -> None:
    about = {**PREPARE, "tool": tool, "image": "/boot/initrd.img-6.1.0-56-amd64"}
    steps = say("prepare-driver", about, inventory(origin="files"))
    assert wanted in code(steps)
    assert "chroot" in words(steps)


def test_the_transport_is_added_to_a_virtio_driver(inventory: Make) -> None:
    about = {**PREPARE, "modules": ("virtio_blk",), "tool": "dracut"}
    assert '" virtio_pci virtio_blk "' in code(say("prepare-driver", about, inventory()))
    assert '" virtio_ccw virtio_blk "' in code(
        say("prepare-driver", about, inventory(architecture="s390x"))
    )
    assert '" vmw_pvscsi "' in code(
        say("prepare-driver", {**about, "modules": ("vmw_pvscsi",)}, inventory())
    )


@pytest.mark.parametrize(
    ("os_id", "like", "version", "agent", "package", "service"),
    [
        (
            "debian",
            (),
            "12",
            "qemu-ga",
            "apt-get install qemu-guest-agent",
            "systemctl start qemu-guest-agent",
        ),
        (
            "rocky",
            ("rhel", "centos", "fedora"),
            "9.4",
            "qemu-ga",
            "dnf install qemu-guest-agent",
            "qemu-guest-agent",
        ),
        (
            "centos",
            ("rhel", "fedora"),
            "7",
            "qemu-ga",
            "yum install qemu-guest-agent",
            "qemu-guest-agent",
        ),
        ("fedora", (), "7", "qemu-ga", "dnf install qemu-guest-agent", "qemu-guest-agent"),
        (
            "alpine",
            (),
            "3.20",
            "qemu-ga",
            "apk add qemu-guest-agent",
            "rc-service qemu-guest-agent start",
        ),
        (
            "opensuse-leap",
            ("suse", "opensuse"),
            "15.6",
            "open-vm-tools",
            "zypper install open-vm-tools",
            "vmtoolsd",
        ),
        (
            "debian",
            (),
            "12",
            "open-vm-tools",
            "apt-get install open-vm-tools",
            "systemctl enable --now open-vm-tools",
        ),
        ("ubuntu", ("debian",), "24.04", "waagent", "apt-get install walinuxagent", "walinuxagent"),
        ("debian", (), "12", "waagent", "apt-get install waagent", "walinuxagent"),
        ("debian", (), "12", "hyperv-daemons", "apt-get install hyperv-daemons", "hv-kvp-daemon"),
        ("rhel", ("fedora",), "9.4", "hyperv-daemons", "dnf install hyperv-daemons", "hypervkvpd"),
        (
            "almalinux",
            ("rhel",),
            "9.4",
            "xe-guest-utilities",
            "dnf install xe-guest-utilities-latest",
            "xe-linux-distribution",
        ),
        (
            "arch",
            (),
            "",
            "virtualbox-guest-utils",
            "pacman -S virtualbox-guest-utils",
            "vboxservice",
        ),
        (
            "debian",
            (),
            "12",
            "google-guest-agent",
            "apt-get install google-guest-agent",
            "google-guest-agent",
        ),
    ],
)
def test_each_distribution_has_its_package(
    os_id: str,
    like: Tuple[str, ...],
    version: str,
    agent: str,
    package: str,
    service: str,
    inventory: Make,
) -> None:
    guest = inventory(os_id=os_id, os_like=like, os_version=version)
    text = code(say("run-agent", {"agent": agent, "installed": False}, guest))
    assert package in text
    assert service in text
    assert package not in code(say("run-agent", {"agent": agent, "installed": True}, guest))


def test_an_unknown_distribution_is_told_the_names(inventory: Make) -> None:
    steps = say("run-agent", {"agent": "qemu-ga", "installed": False}, inventory(os_id="plan9"))
    assert "package qemu-guest-agent" in words(steps)
    assert "install" not in code(steps)


def test_moving_a_disk_starts_with_its_names(inventory: Make) -> None:
    steps = say("move-disk", {"device": "sda", "to": "virtio-blk", "is_root": True}, inventory())
    assert "vda" in words(steps)
    assert "UUID" in words(steps)
    assert "/etc/fstab" in code(steps)
    assert "lvm" not in code(steps)


def test_a_disk_under_lvm_is_told_of_the_devices_file(inventory: Make) -> None:
    assert "lvmdevices" in code(
        say("move-disk", {"device": "sda", "to": "virtio-blk"}, inventory(stack=("lvm",)))
    )


def test_a_name_that_cannot_clash_is_pinned_by_address_and_driver(inventory: Make) -> None:
    lines = code(
        say(
            "change-nic",
            {"device": "ens3", "mac": "52:54:00:12:34:56", "to": "virtio-net"},
            inventory(),
        )
    ).split("\n")
    assert lines[-5:] == [
        "[Match]",
        "MACAddress=52:54:00:12:34:56",
        "Driver=virtio_net",
        "[Link]",
        "Name=lan0",
    ]


def test_queues_are_used_with_ethtool(inventory: Make) -> None:
    assert "ethtool -L ens3 combined 4" in code(
        say("use-queues", {"device": "ens3", "queues": 4}, inventory())
    )
    assert "ethtool -L ens3 combined 8" in code(
        say("add-queues", {"device": "ens3", "kind": "nic", "cpus": 8}, inventory())
    )


def test_trimming_knows_of_luks(inventory: Make) -> None:
    assert "/etc/crypttab" in words(
        say("enable-discard", {"device": "sda"}, inventory(stack=("crypt",)))
    )
    assert "/etc/crypttab" not in words(say("enable-discard", {"device": "sda"}, inventory()))
    assert "fstrim.timer" in code(say("enable-discard", {"device": "sda"}, inventory()))


def test_a_kernel_option_is_named_in_full(inventory: Make) -> None:
    for symbol in ("CONFIG_VIRTIO_BLK", "VIRTIO_BLK"):
        assert "CONFIG_VIRTIO_BLK=m" in code(
            say("install-driver", {"symbol": symbol, "module": "virtio_blk"}, inventory())
        )


def test_the_distributions_full_kernel_is_offered(inventory: Make) -> None:
    about = {"symbol": "CONFIG_VIRTIO_BLK", "module": "virtio_blk", "kernel": "6.8.0-31-generic"}
    assert "apt-get install linux-modules-extra-6.8.0-31-generic" in code(
        say("install-driver", about, inventory(os_id="ubuntu", os_like=("debian",)))
    )
    assert "apt-get install linux-image-arm64" in code(
        say("install-driver", about, inventory(os_id="debian", architecture="aarch64"))
    )


def test_what_keeps_emulated_devices_is_named(inventory: Make) -> None:
    assert "it has xen_emul_unplug." in words(
        say("unplug-emulated", {}, inventory(cmdline="root=/dev/xvda1 xen_emul_unplug=never quiet"))
    )
    assert "if it is there" in words(
        say("unplug-emulated", {}, inventory(cmdline="root=/dev/xvda1"))
    )


def test_an_unknown_device_is_settled_by_its_own_commands(inventory: Make) -> None:
    assert "/sys/block/sda/device" in code(
        say("settle", {"device": "sda", "kind": "disk"}, inventory())
    )
    assert "ethtool -i ens3" in code(say("settle", {"device": "ens3", "kind": "nic"}, inventory()))
    assert "systemd-detect-virt --vm" in code(say("settle", {}, inventory()))


def test_windows_is_switched_in_the_safe_order(inventory: Make) -> None:
    steps = acts.say(
        "windows",
        "windows-drivers",
        {"device": "sda", "kind": "disk", "to": "virtio-blk"},
        inventory(),
    )
    said = [f"{step.text} {code([step])}" for step in steps]
    order = ["virtio-win", "helper disk", "StartOverride", "change the bus"]
    assert [next(i for i, text in enumerate(said) if part in text) for part in order] == [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize(
    ("to", "service"),
    [
        ("virtio-blk", "viostor"),
        ("virtio-scsi", "vioscsi"),
        ("nvme", "stornvme"),
        ("pvscsi", "pvscsi"),
    ],
)
def test_windows_looks_at_the_service_of_the_new_bus(
    to: str, service: str, inventory: Make
) -> None:
    text = code(
        acts.say(
            "windows", "windows-drivers", {"device": "sda", "kind": "disk", "to": to}, inventory()
        )
    )
    assert f"Services\\{service}\\StartOverride" in text


def test_windows_has_hyperv_in_the_box(inventory: Make) -> None:
    steps = acts.say(
        "windows",
        "windows-drivers",
        {"device": "sda", "kind": "disk", "to": "storvsc"},
        inventory(),
    )
    assert len(steps) == 1
    assert "in the box" in steps[0].text


def test_windows_network_cards_leave_a_ghost(inventory: Make) -> None:
    steps = acts.say(
        "windows",
        "windows-drivers",
        {"device": "ens3", "kind": "nic", "to": "virtio-net"},
        inventory(),
    )
    assert "hidden" in words(steps)
    assert "StartOverride" not in code(steps)


class TestSettle:
    """What is advised fits the source: a guest is asked again, a text is added to, an archive can
    be neither.
    """

    def said(self, origin: str) -> str:
        return words(say("settle", {"device": "eth0", "kind": "nic"}, make(origin=origin)))

    def test_a_guest_is_asked_again(self) -> None:
        assert "Run guestcheck as root" in self.said("guest")

    def test_a_text_is_added_to(self) -> None:
        said = self.said("texts")
        assert "as root" not in said
        assert "Add what these print to the pasted text" in said

    @pytest.mark.parametrize("origin", ["archive", "files"])
    def test_of_an_archive_the_guest_is_recorded(self, origin: str) -> None:
        said = self.said(origin)
        assert "This source cannot be asked for more" in said
        assert "guestcheck collect" in said


class TestNames:
    """A device whose name is not known is no device called DISK or NIC."""

    @pytest.mark.parametrize(
        ("place", "action"),
        [
            ("qemu", "change-nic"),
            ("qemu", "move-disk"),
            ("other", "move-disk"),
            ("libvirt", "enable-discard"),
        ],
    )
    def test_no_name_is_no_word_in_capitals(self, place: str, action: str) -> None:
        for about, name in (({}, ""), ({"device": "sdb"}, " sdb")):
            text = " ".join(step.text for step in acts.say(place, action, about, make()))
            assert "NIC NIC" not in text
            assert "DISK" not in text
            assert f"{'NIC' if action == 'change-nic' else 'disk'}{name}" in text


@pytest.mark.parametrize(
    "name",
    [
        "nothing-to-prepare",
        "bind-driver",
        "run-agent",
        "settle",
        "unplug-emulated",
        "enable-discard",
    ],
)
def test_a_linux_guest_is_told_nothing_of_windows(name: str) -> None:
    about = {
        "device": "sda",
        "to": "virtio-blk",
        "kind": "disk",
        "kernel": "6.1.0-56-amd64",
        "module": "virtio_blk",
        "agent": "qemu-ga",
    }
    result = Result(
        "disk-emulated", WARN, "sda", "sda is emulated", actions=(acts.made(name, about),)
    )
    steps = advise((result,), make())[0]
    assert steps
    assert not [step for step in steps if "indows" in f"{step.where} {step.text}"]


@pytest.mark.parametrize("where", [{"container": "docker"}, {"platform": "firecracker"}])
def test_a_kernel_that_the_host_supplies_is_replaced_there(
    where: Dict[str, str], inventory: Make
) -> None:
    about = {"kernel": "6.1", "module": "virtio_scsi", "symbol": "CONFIG_SCSI_VIRTIO"}
    (step,) = say("install-driver", about, inventory(os_id="debian")._replace(**where))
    assert step.where == "on the host"
    assert "the host supplies it" in step.text
    assert not step.code
