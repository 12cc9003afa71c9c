"""A driver is reachable where it is built in, or in its kernel's own initramfs with all it needs
and not forbidden; anything else is said.
"""

from __future__ import annotations

from typing import Dict

import pytest

from guestcheck.messages import words
from guestcheck.model.action import InstallDriver, PrepareDriver
from guestcheck.model.hint import Hint
from guestcheck.model.source import DENIED, Answer
from guestcheck.readiness import assess
from tests.readiness.making import (
    BY_ID,
    DEPENDENCIES,
    EVERYTHING,
    RELEASE,
    dependencies,
    image,
    machine,
    on,
    said,
    told,
)


def without(*names: str) -> str:
    return " ".join(name for name in DEPENDENCIES if name not in names)


@pytest.mark.parametrize(
    "target", ["virtio-blk", "virtio-scsi", "nvme", "sata", "ide", "pvscsi", "lsi"]
)
def test_an_initramfs_with_everything_boots(target: str) -> None:
    assert said(on(target, machine())) == "boots"


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ("virtio-blk", "virtio_blk"),
        ("virtio-blk", "virtio_pci"),  # no driver depends on its transport
        ("virtio-scsi", "virtio_scsi"),
        ("virtio-scsi", "sd_mod"),
        ("nvme", "nvme"),
        ("sata", "ahci"),
        ("pvscsi", "vmw_pvscsi"),
    ],
)
def test_a_driver_that_is_nowhere_stops_it(target: str, missing: str) -> None:
    found = on(target, machine(without(missing)))
    assert said(found) == "does-not-boot: driver-not-in-initramfs"
    assert missing in words(found.reasons[0].says)
    assert found.reasons[0].evidence[0].source == f"/boot/initrd.img-{RELEASE}"
    (action,) = found.reasons[0].actions
    assert isinstance(action, PrepareDriver)
    assert action.modules == (missing,)


def test_nvmem_is_not_nvme() -> None:
    assert (
        said(on("nvme", machine("nvmem_core nvme_core ext4 jbd2 mbcache crc16")))
        == "does-not-boot: driver-not-in-initramfs"
    )


def test_dashes_and_underscores_are_alike() -> None:
    modules = without("nvme_core", "vmw_pvscsi") + " nvme-core vmw-pvscsi"
    assert said(on("nvme", machine(modules))) == "boots"
    assert said(on("pvscsi", machine(modules))) == "boots"


@pytest.mark.parametrize("missing", ["virtio_ring", "virtio", "virtio_pci_modern_dev"])
def test_what_a_driver_depends_on_has_to_be_there_too(missing: str) -> None:
    found = on("virtio-blk", machine(without(missing)))
    assert found.verdict == "does-not-boot"
    assert {reason.id for reason in found.reasons} == {"dependency-not-in-initramfs"}
    assert missing in words(found.reasons[0].says)


def test_the_list_inside_the_image_does_not_hide_what_is_missing() -> None:
    inside = {f"lib/modules/{RELEASE}/modules.dep": "kernel/virtio_blk.ko.xz: kernel/virtio.ko.xz"}
    assert (
        said(on("virtio-blk", machine(without("virtio_ring"), texts=inside)))
        # The list in this image names virtio_blk alone: modprobe may not find the others.
        == "does-not-boot: dependency-not-in-initramfs dependency-not-in-initramfs ?module-unlisted"
    )


def test_a_built_in_driver_is_in_no_initramfs() -> None:
    builtin = "virtio_blk virtio_pci virtio_ring virtio ext4 jbd2 mbcache crc16"
    inventory = machine("sd_mod scsi_mod scsi_common", on_disk="sd_mod", builtin=builtin)
    assert said(on("virtio-blk", inventory)) == "boots"


def test_the_configuration_tells_what_is_built_in_as_well() -> None:
    config = (
        "".join(f"CONFIG_X{number}=y\n" for number in range(400))
        + "CONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_PCI_LEGACY=y\n"
    )
    inventory = machine(
        "ext4 jbd2 mbcache crc16", more=[told("kernel_config", f"/boot/config-{RELEASE}", config)]
    )
    assert said(on("virtio-blk", inventory)) == "boots"


def test_a_kernel_without_the_driver_needs_another_kernel() -> None:
    found = on("nvme", machine(lacking=("nvme", "nvme_core")))
    assert said(found) == "does-not-boot: driver-not-in-kernel"
    assert isinstance(found.reasons[0].actions[0], InstallDriver)


@pytest.mark.parametrize(("one", "verdict"), [("sym53c8xx", "unknown"), ("mptspi", "unknown")])
def test_of_two_drivers_for_two_machines_one_leaves_it_open(one: str, verdict: str) -> None:
    found = on("lsi", machine(without(one)))
    assert (found.verdict, found.reasons[0].weight) == (verdict, "open")
    assert one in words(found.reasons[0].settle)
    assert (
        said(on("lsi", machine(without("sym53c8xx", "mptspi"))))
        == "does-not-boot: driver-not-in-initramfs"
    )


def test_the_image_has_a_list_of_what_is_built_in() -> None:
    texts = {
        f"lib/modules/{RELEASE}/modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio_pci.ko"
    }
    inventory = machine("virtio_blk virtio virtio_ring", texts=texts, without=("modules_builtin",))
    assert said(on("virtio-blk", inventory)) == "boots"
    assert said(on("nvme", inventory)) == "does-not-boot: driver-not-in-initramfs"


def test_file_systems_have_their_options() -> None:
    config = (
        "".join(f"CONFIG_X{number}=y\n" for number in range(400))
        + "CONFIG_EXT4_FS=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_PCI=m\nCONFIG_VIRTIO_PCI_LEGACY=y\n"
    )
    more = [told("kernel_config", f"/boot/config-{RELEASE}", config)]
    assert (
        said(on("virtio-blk", machine(without("ext4"), without=("modules_builtin",), more=more)))
        == "boots"
    )


class TestInitramfs:
    def test_one_of_another_kernel_holds_nothing_for_this_one(self) -> None:
        path = f"/boot/initrd.img-{RELEASE}"
        found = on("virtio-blk", machine(images={path: image(release="5.10.0-1-amd64")}))
        assert found.verdict == "does-not-boot"
        assert {reason.id for reason in found.reasons} == {"initramfs-of-another-kernel"}
        assert "5.10.0-1-amd64" in words(found.reasons[0].says)

    def test_none_needs_everything_built_in(self) -> None:
        assert said(on("virtio-blk", machine(initrd="-", root="root=PARTUUID=1"))).startswith(
            "does-not-boot: no-initramfs"
        )
        builtin = "virtio_blk virtio_pci ext4"
        assert (
            said(on("virtio-blk", machine(initrd="-", root="root=PARTUUID=1", builtin=builtin)))
            == "boots"
        )

    def test_none_means_that_nobody_looks_up_a_uuid(self) -> None:
        found = on("virtio-blk", machine(initrd="-", builtin="virtio_blk virtio_pci ext4"))
        assert said(found) == "does-not-boot: root-needs-initramfs"

    def test_one_that_was_not_read_leaves_it_open_and_says_what_would_settle_it(self) -> None:
        refused = (
            "initramfs",
            Answer(f"/boot/initrd.img-{RELEASE}", DENIED, detail="Permission denied"),
        )
        found = on("virtio-blk", machine(images={}, more=[refused]))
        assert said(found).startswith("unknown: ?initramfs-unread")
        assert words(found.reasons[0].settle) == "run guestcheck preflight as root"

    def test_one_that_was_not_asked_for_leaves_it_open(self) -> None:
        found = on("virtio-blk", machine(without=("initramfs",)))
        assert (found.verdict, {reason.id for reason in found.reasons}) == (
            "unknown",
            {"initramfs-unread"},
        )
        assert "guestcheck preflight" in words(found.reasons[0].settle)

    def test_one_that_is_not_there_leaves_it_open(self) -> None:
        found = on("virtio-blk", machine(images={"/boot/initrd.img-5.10": image()}))
        assert (found.verdict, found.reasons[0].id) == ("unknown", "initramfs-unread")
        assert "mount /boot" in words(found.reasons[0].settle)

    def test_one_that_was_read_in_part_proves_what_it_has_and_not_what_it_lacks(self) -> None:
        path = f"/boot/initrd.img-{RELEASE}"
        partly = {
            path: image(
                without("nvme"),
                end="trouble squash-root.img in it holds more, which is not looked into",
            )
        }
        assert said(on("virtio-blk", machine(images=partly))) == "boots"
        assert said(on("nvme", machine(images=partly))) == "unknown: ?initramfs-unread"

    def test_one_that_is_damaged_is_never_good_for_a_boot(self) -> None:
        # The kernel does not unpack what is behind the damage, and may not start /init.
        broken = {f"/boot/initrd.img-{RELEASE}": image(end="trouble damaged zstd")}
        assert said(on("virtio-blk", machine(images=broken))) == "unknown: ?initramfs-not-whole"

    def test_microcode_beside_it_does_not_matter(self) -> None:
        path = f"/boot/initrd.img-{RELEASE}"
        entry = f"{RELEASE} /boot/intel-ucode.img root=UUID=1"
        inventory = machine(entries=(entry,), images={path: image()})
        assert inventory.guest.setup.entries is not None
        both = tuple(
            one._replace(initrds=("/boot/intel-ucode.img", path))
            for one in inventory.guest.setup.entries
        )
        setup = inventory.guest.setup._replace(entries=both)
        assert (
            said(on("virtio-blk", inventory._replace(guest=inventory.guest._replace(setup=setup))))
            == "boots"
        )
        assert on("virtio-blk", inventory).reasons[0].id == "no-initramfs"

    def test_a_boot_partition_of_its_own_shortens_the_name(self) -> None:
        path = f"/boot/initrd.img-{RELEASE}"
        assert (
            said(on("virtio-blk", machine(initrd=f"/initrd.img-{RELEASE}", images={path: image()})))
            == "boots"
        )

    def test_the_file_system_has_to_be_in_it(self) -> None:
        found = on("virtio-blk", machine(without("ext4")))
        assert said(found) == "does-not-boot: driver-not-in-initramfs"
        assert "ext4" in words(found.reasons[0].says)

    def test_of_a_listing_it_is_not_known_what_its_files_say(self) -> None:
        listed = image() + "100644 9 etc/modprobe.d/a.conf\nwhole\n"
        path = f"/boot/initrd.img-{RELEASE}"
        rules = told("modprobe_conf", "/etc/modprobe.d/a.conf", "blacklist nvme\n")
        assert said(on("virtio-blk", machine(images={path: listed}))) == "unknown: ?modprobe-unread"
        assert said(on("virtio-blk", machine(images={path: listed}, more=[rules]))) == "boots"
        assert (
            said(on("nvme", machine(images={path: listed}, more=[rules])))
            == "unknown: ?driver-blacklisted-later"
        )

    def test_a_listing_of_the_link_is_taken_where_it_holds_this_kernel_alone(self) -> None:
        assert said(on("virtio-blk", machine(images={"/initrd.img": image()}))) == "boots"
        assert (
            on("virtio-blk", machine(images={"/initrd.img": image(release="5.10")})).verdict
            == "unknown"
        )

    def test_one_of_unknown_make_may_load_nothing_by_itself(self) -> None:
        assert (
            said(on("virtio-blk", machine(generator=""))) == "unknown: ?initramfs-of-unknown-make"
        )
        assert (
            said(on("virtio-blk", machine(generator="", texts={"sbin/nlplug-findfs": ""})))
            == "boots"
        )

    def test_unknown_dependencies_leave_it_open(self) -> None:
        assert said(on("virtio-blk", machine(without=("modules_dep",)))).startswith(
            "unknown: ?dependencies-unread"
        )

    def test_what_is_built_in_has_to_be_known_before_a_lack_counts(self) -> None:
        found = on("nvme", machine(without("nvme"), without=("modules_builtin", "modules_dep")))
        assert found.verdict == "unknown"
        assert any("modules.builtin" in words(reason.settle) for reason in found.reasons)


def modprobe(text: str) -> Dict[str, str]:
    return {"etc/modprobe.d/local.conf": text}


class TestForbidden:
    @pytest.mark.parametrize("module", ["virtio_blk", "virtio-blk", "virtio_pci"])
    def test_a_blacklisted_driver_is_not_loaded_by_its_alias(self, module: str) -> None:
        found = on("virtio-blk", machine(texts=modprobe(f"# why\nblacklist {module}")))
        assert said(found) == "does-not-boot: driver-blacklisted"
        assert (
            found.reasons[0].evidence[0].source
            == f"etc/modprobe.d/local.conf in /boot/initrd.img-{RELEASE}, line 2"
        )

    def test_a_blacklist_of_the_root_file_system_alone_matters_when_the_initramfs_is_made_anew(
        self,
    ) -> None:
        rules = told("modprobe_conf", "/etc/modprobe.d/a.conf", "blacklist virtio_blk\n")
        assert said(on("virtio-blk", machine(more=[rules]))) == "boots: !driver-blacklisted-later"

    @pytest.mark.parametrize("module", ["virtio_ring", "virtio", "scsi_mod"])
    def test_a_blacklisted_dependency_is_loaded_all_the_same(self, module: str) -> None:
        assert said(on("virtio-scsi", machine(texts=modprobe(f"blacklist {module}")))) == "boots"

    @pytest.mark.parametrize("command", ["/bin/true", "/bin/false", "/usr/bin/false", ":"])
    @pytest.mark.parametrize("module", ["virtio_blk", "virtio_ring"])
    def test_a_command_in_place_of_loading_holds_for_dependencies_too(
        self, command: str, module: str
    ) -> None:
        found = on("virtio-blk", machine(texts=modprobe(f"install {module} {command}")))
        assert (found.verdict, found.reasons[0].id) == ("does-not-boot", "driver-blacklisted")

    def test_a_command_that_loads_after_all_is_none(self) -> None:
        text = "install virtio_blk /sbin/modprobe --ignore-install virtio_blk && echo loaded"
        assert said(on("virtio-blk", machine(texts=modprobe(text)))) == "boots"

    def test_a_command_that_nobody_knows_leaves_it_open(self) -> None:
        assert (
            said(
                on("virtio-blk", machine(texts=modprobe("install virtio_blk /usr/local/bin/load")))
            )
            == "unknown: ?driver-blacklisted"
        )

    @pytest.mark.parametrize(
        "option",
        [
            "module_blacklist=foo,virtio_blk",
            "modprobe.blacklist=virtio-blk",
            "blacklist=virtio_blk",
        ],
    )
    def test_the_command_line_can_forbid_it(self, option: str) -> None:
        found = on("virtio-blk", machine(options=f"ro {option}"))
        assert said(found) == "does-not-boot: driver-blacklisted"
        assert found.reasons[0].evidence[0].says == option

    def test_the_kernel_refuses_dependencies_too(self) -> None:
        assert (
            on("virtio-blk", machine(options="ro module_blacklist=virtio_ring")).verdict
            == "does-not-boot"
        )
        assert (
            said(on("virtio-blk", machine(options="ro modprobe.blacklist=virtio_ring"))) == "boots"
        )

    def test_an_option_of_another_tool_is_none(self) -> None:
        assert (
            said(on("virtio-blk", machine(options="ro rd.driver.blacklist=virtio_blk"))) == "boots"
        )
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(options="ro rd.driver.blacklist=virtio_blk", generator="dracut"),
                )
            )
            == "does-not-boot: driver-blacklisted"
        )
        assert (
            said(on("virtio-blk", machine(options="ro blacklist=virtio_blk", generator="dracut")))
            == "boots"
        )

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ("blacklist=virtio_blk", "does-not-boot"),
            ("blacklist=floppy,virtio_blk", "does-not-boot"),
            ("modprobe.blacklist=virtio_blk", "does-not-boot"),
            ("modules=ext4,virtio_blk blacklist=virtio_blk", "boots"),
            ("rd.driver.blacklist=virtio_blk", "boots"),  # dracut's word
        ],
    )
    def test_mkinitfs_has_words_of_its_own(self, options: str, expected: str) -> None:
        guest = machine(options=f"ro {options}", generator="mkinitfs")
        assert on("virtio-blk", guest).verdict == expected

    def test_dracut_loads_by_name_what_it_is_told_to_load_first(self) -> None:
        inventory = machine(
            options="ro rd.driver.blacklist=virtio_blk rd.driver.pre=virtio_blk", generator="dracut"
        )
        assert said(on("virtio-blk", inventory)) == "boots"

    def test_dracut_s_words_may_stand_in_the_image(self) -> None:
        texts = {"etc/cmdline.d/20-force.conf": "rd.driver.blacklist=foo,virtio_blk"}
        assert (
            said(on("virtio-blk", machine(texts=texts, generator="dracut")))
            == "does-not-boot: driver-blacklisted"
        )
        texts["etc/cmdline.d/21-x.conf"] = "rd.driver.pre=virtio-blk"
        assert said(on("virtio-blk", machine(texts=texts, generator="dracut"))) == "boots"
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(
                        texts={"etc/cmdline.d/a.conf": "module_blacklist=virtio_blk"},
                        generator="dracut",
                    ),
                )
            )
            == "boots"
        )

    def test_mkinitcpio_has_a_word_of_its_own(self) -> None:
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(options="ro disablemodules=virtio_blk", generator="mkinitcpio"),
                )
            )
            == "unknown: ?driver-blacklisted"
        )
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(options="ro disablemodules=virtio_blk", generator="dracut"),
                )
            )
            == "boots"
        )

    def test_an_initcall_that_is_left_out_may_be_the_driver_s(self) -> None:
        assert (
            said(on("virtio-blk", machine(options="ro initcall_blacklist=virtio_blk_init")))
            == "unknown: ?driver-blacklisted"
        )
        assert (
            said(
                on(
                    "virtio-blk",
                    machine(
                        builtin="virtio_blk", options="ro initcall_blacklist=x,virtio_blk_init"
                    ),
                )
            )
            == "unknown: ?driver-blacklisted"
        )
        assert said(on("virtio-blk", machine(options="ro initcall_blacklist=hpet_init"))) == "boots"

    def test_initramfs_tools_asks_the_blacklist_for_listed_modules_as_well(self) -> None:
        texts = {**modprobe("blacklist virtio_blk"), "conf/modules": "virtio_blk"}
        assert said(on("virtio-blk", machine(texts=texts))) == "does-not-boot: driver-blacklisted"

    def test_what_is_built_in_cannot_be_blacklisted(self) -> None:
        inventory = machine(builtin="virtio_blk", options="ro module_blacklist=virtio_blk")
        assert said(on("virtio-blk", inventory)) == "boots"


def test_every_installed_kernel_has_a_verdict_of_its_own() -> None:
    other = "5.10.0-9-amd64"
    old = f"/boot/initrd.img-{other}"
    inventory = machine(
        without("virtio_scsi"),
        entries=(f"{RELEASE} /boot/initrd.img-{RELEASE} root=UUID=1", f"{other} {old} root=UUID=1"),
        images={
            f"/boot/initrd.img-{RELEASE}": image(without("virtio_scsi")),
            old: image(release=other),
        },
        more=[
            told("modules_dep", f"/lib/modules/{other}/modules.dep", dependencies()),
            told("modules_builtin", f"/lib/modules/{other}/modules.builtin", "kernel/a.ko\n"),
            told(
                "module_files",
                "/lib/modules/*",
                "".join(f"/lib/modules/{other}/kernel/{name}.ko\n" for name in EVERYTHING.split()),
            ),
        ],
    )
    found = assess(inventory, (BY_ID["virtio-scsi"],))
    assert [(one.kernel, one.default, one.verdict) for one in found] == [
        (RELEASE, True, "does-not-boot"),
        (other, False, "boots"),
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            "CONFIG_VIRTIO_PCI=m\n# CONFIG_VIRTIO_PCI_LEGACY is not set\n",
            "boots: !virtio-modern-only",
        ),
        ("CONFIG_VIRTIO_PCI=m\nCONFIG_VIRTIO_PCI_LEGACY=y\n", "boots"),
    ],
)
def test_a_kernel_of_one_generation_of_virtio_warns(config: str, expected: str) -> None:
    lines = (
        "".join(f"CONFIG_X{number}=y\n" for number in range(400))
        + "CONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=m\n"
        + config
    )
    assert (
        said(
            on(
                "virtio-blk",
                machine(more=[told("kernel_config", f"/boot/config-{RELEASE}", lines)]),
            )
        )
        == expected
    )


@pytest.mark.parametrize(
    ("release", "warns"),
    [
        ("2.6.32-754.el6.x86_64", True),
        ("3.10.0-1160.el7.x86_64", False),
        ("3.16.0-4-amd64", True),
        ("4.9.0-19-amd64", False),
    ],
)
def test_kernels_before_virtio_1_warn(release: str, warns: bool) -> None:
    from guestcheck.model.guest import Kernel
    from guestcheck.readiness.linux.boots import NONE, Boot
    from guestcheck.readiness.linux.drivers import generation

    boot = Boot(Kernel(release, True, True), True, (), "", (), NONE, Hint("", ""))
    assert [reason.id for reason in generation(BY_ID["virtio-net"], boot)] == [
        "virtio-legacy-only"
    ] * warns


def test_no_kernel_is_unknown() -> None:
    from guestcheck.model.guest import Guest
    from tests.makers import an_inventory

    (found,) = assess(an_inventory(guest=Guest("test")), (BY_ID["virtio-blk"],))
    assert (found.verdict, found.reasons[0].id) == ("unknown", "no-kernel-seen")


def test_what_a_guest_cannot_know_is_said() -> None:
    assert any("firmware" in text for text in on("virtio-blk", machine()).not_examined)
