"""The script that repairs: it is sound shell, does what preflight asked for, keeps copies, and
changes nothing when it is run again.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from guestcheck.advice.planning import repairs as repairs_of
from guestcheck.advice.script import shell
from guestcheck.advice.script.fix_script import script
from guestcheck.catalogue.rows import TARGETS
from guestcheck.model.action import PrepareDriver
from guestcheck.model.device import Inventory
from guestcheck.model.report import Preflight
from guestcheck.readiness import assess
from tests.advice.laid import Laid
from tests.readiness import making
from tests.readiness.making import EVERYTHING, RELEASE, a_card, ide_disk, ide_part, image, told

BY_ID = {target.id: target for target in TARGETS}
FEW = "ext4 jbd2 mbcache crc16"
NETWORK = told("network_config", "/etc/network/interfaces", "auto ens3\niface ens3 inet static\n")


def machine(*modules: str, system: str = "debian", **more: Any) -> Inventory:
    """Make a guest of Debian."""
    more["more"] = [
        *more.get("more", ()),
        told("system", "/etc/os-release", f'ID={system}\nVERSION_ID="12"\n'),
    ]
    return making.machine(*modules, **more)


def made(inventory: Inventory, *targets: str) -> str:
    found = assess(inventory, tuple(BY_ID[name] for name in targets or ("virtio-blk",)))
    return script(Preflight("0.0", "", inventory, found, {}, ()))


def everything() -> str:
    """Make a script in which every kind of step is."""
    inventory = machine(
        FEW,
        root="root=/dev/sda1",
        options="ro module_blacklist=virtio_blk resume=/dev/sda5",
        fstab="/dev/sda1 / ext4 x 0 1\n/dev/sda2 /boot ext4 x 0 2\n",
        texts={
            "etc/modprobe.d/a.conf": "blacklist virtio_pci",
            "etc/lvm/lvm.conf": 'filter = [ "a|/dev/sda|", "r|.*|" ]',
        },
        devices=(ide_disk(), ide_part(), a_card()),
        more=[NETWORK],
    )
    return made(inventory, "virtio-blk", "virtio-scsi", "virtio-net")


def clean(text: str) -> None:
    """Have the script looked at by those who know shell."""
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    if shutil.which("shellcheck"):
        found = subprocess.run(
            ["shellcheck", "-"], input=text, text=True, capture_output=True, check=False
        )
        assert found.stdout == ""


def test_it_is_sound_shell() -> None:
    clean(everything())
    clean(made(machine()))


# What every image holds in these tests, as a lister prints it; what else it holds is the text of
# its file.
IN_EACH = "init\n" + "".join(f"lib/modules/{name}.ko\n" for name in EVERYTHING.split())


class Guest(Laid):
    """A guest whose images are lists of names."""

    def __init__(self, top: Path, files: Dict[str, str]) -> None:
        super().__init__(top, files)
        self.write("in-each", IN_EACH)
        self.stub("lsinitramfs", f'cat {self.top}/in-each; cat "$2" 2>/dev/null; true', noted=False)
        self.stub(
            "blkid",
            'case "$1" in */dev/sd*|*/dev/disk/*) echo "$1: LABEL=\\"x\\" UUID=\\"0a-1b\\" '
            'TYPE=\\"ext4\\" PARTUUID=\\"0a1b2c3d-01\\"";; esac',
        )


@pytest.fixture
def guest(tmp_path: Path) -> Any:
    return lambda **files: Guest(
        tmp_path, {name.replace("__", "/"): text for name, text in files.items()}
    )


def _with_functions(call: str) -> str:
    """Make a script of every function and one call."""
    return (
        "#!/bin/sh\nset -eu\nLC_ALL=C\nexport LC_ALL\nbackup=/var/backups/guestcheck\nundone=\n"
        + "".join(shell.FUNCTIONS.values())
        + call
        + "\n"
    )


def ran(here: Guest, text: str) -> None:
    for _ in range(2):
        done = here.run(text)
        assert (done.returncode, done.stderr) == (0, "")


DRACUT = 'add_drivers+=" virtio_pci "\nadd_drivers+=" virtio_blk "\n'


class TestRun:
    def test_drivers_are_put_into_the_initramfs_once(self, guest: Any) -> None:
        here = guest(
            **{"etc/initramfs-tools/modules": "# mine\next4\n", f"boot/initrd.img-{RELEASE}": ""}
        )
        here.stub("update-initramfs", "")
        ran(here, made(machine(FEW)))
        assert here.read("etc/initramfs-tools/modules") == "# mine\next4\nvirtio_pci\nvirtio_blk\n"
        assert here.kept("etc/initramfs-tools/modules") == "# mine\next4\n"
        assert here.called("update-initramfs") == (f"update-initramfs -u -k {RELEASE}",) * 2

    @pytest.mark.parametrize(
        ("program", "file", "before", "after", "called"),
        [
            (
                "dracut",
                "etc/dracut.conf.d/guestcheck.conf",
                "",
                DRACUT,
                f"dracut -f /boot/initrd.img-{RELEASE} {RELEASE}",
            ),
            (
                "mkinitcpio",
                "etc/mkinitcpio.conf",
                "MODULES=(ext4)\n",
                "MODULES=(virtio_blk virtio_pci ext4)\n",
                "mkinitcpio -P",
            ),
            (
                "mkinitrd",
                "etc/sysconfig/kernel",
                'INITRD_MODULES="ext4"\n',
                'INITRD_MODULES="virtio_blk virtio_pci ext4"\n',
                "mkinitrd",
            ),
        ],
    )
    def test_each_tool_is_told_in_its_own_way(
        self, program: str, file: str, before: str, after: str, called: str, guest: Any
    ) -> None:
        here = guest(**{file: before})
        here.stub(program, "")
        # What made the image that is loaded decides, whatever else is installed.
        here.stub("update-initramfs", "")
        ran(here, made(machine(FEW, generator=program)))
        assert not here.called("update-initramfs")
        assert here.read(file) == after
        assert here.called(program)[0].strip() == called

    def test_names_become_uuids_where_they_are_fields(self, guest: Any) -> None:
        fstab = (
            "# /dev/sda2 was here\nUUID=1 / ext4 x 0 1\n/dev/sda2\t/boot ext4 x 0 "
            "2\n/dev/sda20 /a ext4 x "
            "0 2\n/dev/sda5 none swap sw 0 0\n"
        )
        here = guest(**{"etc/fstab": fstab})
        here.stub("update-initramfs", "")
        ran(here, made(machine(fstab=fstab.replace("/dev/sda20 /a ext4 x 0 2\n", ""))))
        assert here.read("etc/fstab") == fstab.replace("/dev/sda2\t", "UUID=0a-1b\t").replace(
            "/dev/sda5 ", "UUID=0a-1b "
        )
        assert here.kept("etc/fstab") == fstab

    def test_names_become_uuids_on_command_lines(self, guest: Any) -> None:
        menu = (
            "linux /vmlinuz root=/dev/sda1 ro resume=/dev/sda5\nlinux /other root=/dev/sda10 ro\n"
        )
        here = guest(
            **{
                "boot/grub/grub.cfg": menu,
                "etc/default/grub": 'GRUB_CMDLINE_LINUX="root=/dev/sda1"\n',
            }
        )
        here.stub("update-initramfs", "")
        ran(here, made(machine(root="root=/dev/sda1", options="ro resume=/dev/sda5")))
        assert here.read("boot/grub/grub.cfg") == menu.replace("/dev/sda1 ", "UUID=0a-1b ").replace(
            "/dev/sda5", "UUID=0a-1b"
        )
        assert here.read("etc/default/grub") == 'GRUB_CMDLINE_LINUX="root=UUID=0a-1b"\n'

    def test_without_an_initramfs_the_partition_is_named(self, guest: Any) -> None:
        here = guest(**{"boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n"})
        here.stub("update-initramfs", "")
        ran(
            here,
            made(machine(root="root=/dev/sda1", initrd="-", builtin="virtio_blk virtio_pci ext4")),
        )
        assert here.read("boot/grub/grub.cfg") == "linux /vmlinuz root=PARTUUID=0a1b2c3d-01 ro\n"

    def test_the_menu_is_made_after_the_initramfs_that_it_loads(self, guest: Any) -> None:
        here = guest(**{"boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n"})
        here.stub("update-initramfs", f"touch {here.top}/boot/initrd.img")
        here.stub(
            "update-grub",
            f"[ -e {here.top}/boot/initrd.img ] && echo initrd >>{here.top}/boot/grub/grub.cfg",
        )
        assert here.run(made(machine(initrd="-"))).returncode == 0
        assert here.read("boot/grub/grub.cfg").endswith("initrd\n")
        assert here.kept("boot/grub/grub.cfg") == "linux /vmlinuz root=/dev/sda1 ro\n"

    def test_what_is_forbidden_is_allowed_again(self, guest: Any) -> None:
        menu = (
            "linux root=UUID=1 module_blacklist=foo,virtio_blk,bar modprobe.blacklist=virtio-blk "
            "rd.driver.blacklist=a,virtio_blk quiet\n"
        )
        here = guest(
            **{
                "boot/grub/grub.cfg": menu,
                "etc/modprobe.d/a.conf": "blacklist virtio-blk\nblacklist virtio_blkx\ninstall virtio_blk /bin/true\n",
            }
        )
        here.stub("update-initramfs", "")
        texts = {"etc/modprobe.d/a.conf": "blacklist virtio-blk"}
        ran(here, made(machine(texts=texts)))
        assert (
            here.read("etc/modprobe.d/a.conf")
            == "# blacklist virtio-blk\nblacklist virtio_blkx\n# install virtio_blk /bin/true\n"
        )
        assert (
            here.read("boot/grub/grub.cfg")
            == "linux root=UUID=1 module_blacklist=foo,bar  rd.driver.blacklist=a quiet\n"
        )

    def test_a_device_without_a_uuid_stops_it(self, guest: Any) -> None:
        here = guest(**{"etc/fstab": "/dev/sda2 /boot ext4 x 0 2\n"})
        here.stub("blkid", "exit 2")
        done = here.run(made(machine(fstab="UUID=1 / ext4 x 0 1\n/dev/sda2 /boot ext4 x 0 2")))
        assert done.returncode != 0
        assert "/dev/sda2 has no UUID" in done.stderr
        assert here.read("etc/fstab") == "/dev/sda2 /boot ext4 x 0 2\n"

    @pytest.mark.parametrize(
        "uuid",
        [
            ",;e touch RAN #",
            "a,w RAN",
            "x\\nrm",
            "$(touch RAN)",
            "`touch RAN`",
            "12'34",
            "a b c d",
            "abc",
            "a" * 41,
            "\u00e9t\u00e9-1",
            "1/../2",
            "&&&&",
            "\\1\\1",
        ],
    )
    @pytest.mark.parametrize(
        "place",
        [
            "etc/fstab",
            "etc/crypttab",
            "etc/systemd/system/data.mount",
            "boot/grub/grub.cfg",
            "boot/grub2/grubenv",
        ],
    )
    def test_what_a_disk_says_of_itself_is_a_uuid_or_not_used(
        self, uuid: str, place: str, guest: Any
    ) -> None:
        """A LUKS header's UUID is 40 free characters, and GNU sed runs commands (e) and writes
        files (w).
        """
        files = {
            "etc/fstab": "/dev/sda2 /boot ext4 x 0 2\n",
            "etc/crypttab": "luks /dev/sda2 none luks\n",
            "etc/systemd/system/data.mount": "What=/dev/sda2\n",
            "boot/grub/grub.cfg": "linux /v root=/dev/sda2\n",
            "boot/grub2/grubenv": "kernelopts=root=/dev/sda2 ro\n",
        }
        here = guest(**{place: files[place]})
        (here.top / "says").write_text(uuid)
        here.stub("blkid", f'echo "$1: UUID=\\"$(cat {here.top}/says)\\" TYPE=\\"crypto_LUKS\\""')
        here.stub(
            "grub2-editenv", 'case "$2" in list) cat "$1";; set) printf "%s\\n" "$3" >"$1";; esac'
        )
        call = {
            "fstab": f"field_by_uuid /{place}",
            "crypttab": f"field_by_uuid /{place}",
            "data.mount": f"unit_by_uuid /{place}",
        }.get(place.rpartition("/")[2], "option_by_uuid")
        text = _with_functions(
            f"{call} /dev/sda2" + (f" UUID /{place}" if call == "option_by_uuid" else "")
        )
        assert here.run(text, here.top).returncode == 1
        assert here.read(place) == files[place]
        assert not list(here.top.rglob("*RAN*"))

    @pytest.mark.parametrize(
        "said",
        ["$(touch RAN)", "relative", "/etc/a;b", "/etc/a b", "/etc/none", "", "/etc/x\n/etc/y"],
    )
    def test_a_link_leads_to_a_plain_file_or_is_left_alone(self, said: str, guest: Any) -> None:
        here = guest(**{"etc/fstab": "/dev/sda2 /boot ext4 x 0 2\n"})
        (here.programs / "readlink").unlink()
        (here.top / "says").write_text(said)
        here.stub("readlink", f"cat {here.top}/says")
        assert here.run(_with_functions("change /etc/fstab s/a/b/"), here.top).returncode == 1
        assert here.read("etc/fstab") == "/dev/sda2 /boot ext4 x 0 2\n"

    @pytest.mark.parametrize(
        "said", ["a\nkernelopts=root=/dev/sda1", "root=/dev/sda1 \x1b[0m", "root=/dev/sda1 \u00e9"]
    )
    def test_an_environment_block_that_is_odd_is_left_alone(self, said: str, guest: Any) -> None:
        here = guest(**{"boot/grub2/grubenv": f"kernelopts={said}\n"})
        here.stub(
            "grub2-editenv", 'case "$2" in list) cat "$1";; set) printf "%s\\n" "$3" >"$1";; esac'
        )
        assert here.run(_with_functions("change_saved s,/dev/sda1,X,")).returncode == 1
        assert here.read("boot/grub2/grubenv") == f"kernelopts={said}\n"

    def test_one_that_the_boot_goes_on_without_does_not(self, guest: Any) -> None:
        fstab = "UUID=1 / ext4 x 0 1\n/dev/sda9 /x ext4 nofail 0 2\n/dev/sda2 /boot ext4 x 0 2\n"
        here = guest(**{"etc/fstab": fstab})
        here.stub("update-initramfs", "")
        here.stub("blkid", 'case "$1" in */dev/sda2) echo "$1: UUID=\\"0a-1b\\"";; esac')
        done = here.run(made(machine(fstab=fstab)))
        assert (done.returncode, "left as it is" in done.stderr) == (0, True)
        assert here.read("etc/fstab") == fstab.replace("/dev/sda2 ", "UUID=0a-1b ")

    def test_nobody_but_root_runs_it(self, guest: Any) -> None:
        here = guest()
        here.stub("id", "echo 1000")
        assert here.run(everything()).returncode == 1


class TestWhatANewInitramfsKeeps:
    """It is made on the old bus, where MODULES=dep leaves out what the target needs: a guest of the
    lab did not boot after its repair.
    """

    def text(
        self, told: str, rebuilt: bool = True, targets: Tuple[str, ...] = ("virtio-blk",)
    ) -> str:
        """Make the script of a guest whose image holds the drivers; it is rebuilt for the copy of
        modprobe.d in it.
        """
        texts = {
            "conf/initramfs.conf": told + "\n",
            **({"etc/modprobe.d/a.conf": "blacklist virtio_blk\n"} if rebuilt else {}),
        }
        return made(
            machine(texts=texts, devices=(ide_disk(), ide_part(), a_card()), more=[NETWORK]),
            *targets,
        )

    def test_drivers_that_are_in_it_now_are_asked_for(self, guest: Any) -> None:
        text = self.text("MODULES=dep")
        assert "with_modules virtio_pci virtio_blk\n" in text
        assert text.index("with_modules virtio_pci") < text.index(f"\nrebuild {RELEASE}")
        here = guest(
            **{
                "etc/initramfs-tools/modules": "",
                f"boot/initrd.img-{RELEASE}": "",
                "boot/grub/grub.cfg": "linux /v root=/dev/sda1\n",
            }
        )
        here.stub("update-initramfs", "")
        ran(here, text)
        assert here.read("etc/initramfs-tools/modules") == "virtio_pci\nvirtio_blk\n"

    def test_a_card_that_has_it_rebuilt_does_not_cost_the_disk_its_driver(self) -> None:
        text = self.text("MODULES=dep", False, ("virtio-blk", "virtio-net"))
        assert f"\nrebuild {RELEASE}" in text
        assert "with_modules virtio_pci virtio_blk\n" in text

    def test_how_the_image_was_made_tells_nothing_of_the_next_one(self) -> None:
        """As the lab saw: an image of MODULES=most was followed by one of MODULES=dep, and the
        guest did not boot.
        """
        text = self.text("MODULES=most")
        assert f"\nrebuild {RELEASE}" in text
        assert "\nwith_modules virtio_pci virtio_blk\n" in text

    def test_nothing_is_listed_where_nothing_is_made(self) -> None:
        assert "with_modules" not in self.text("MODULES=dep", False)

    def test_the_repairs_that_are_told_say_so_too(self) -> None:
        inventory = machine(
            texts={
                "conf/initramfs.conf": "MODULES=dep\n",
                "etc/modprobe.d/a.conf": "blacklist virtio_blk\n",
            }
        )
        (one,) = assess(inventory, (BY_ID["virtio-blk"],))
        assert [action.modules for action in one.again if isinstance(action, PrepareDriver)] == [
            ("virtio_pci", "virtio_blk")
        ]
        said = " ".join(
            line
            for steps in repairs_of((one,), inventory).values()
            for step in steps
            for line in step.code
        )
        assert "for module in virtio_pci virtio_blk; do" in said


class TestFamilies:
    """What differs from one distribution, or release, to the next."""

    def test_a_link_is_followed_and_stays_one(self, guest: Any) -> None:
        """As with Red Hat's menu.lst, which leads to the grub.conf that is read."""
        menu = "title A\n kernel /vmlinuz ro root=/dev/sda1\n"
        here = guest(**{"boot/grub/grub.conf": menu})
        (here.top / "boot/grub/menu.lst").symlink_to("./grub.conf")
        here.stub("dracut", "")
        ran(here, made(machine(root="root=/dev/sda1")))
        assert here.read("boot/grub/grub.conf") == menu.replace("/dev/sda1", "UUID=0a-1b")
        assert (here.top / "boot/grub/menu.lst").is_symlink()
        assert here.kept("boot/grub/grub.conf") == menu

    def test_an_old_dracut_is_told_the_image_and_not_kver(self, guest: Any) -> None:
        here = guest(**{"etc/dracut.conf.d/x.conf": ""})
        here.stub("dracut", "")
        ran(here, made(machine(FEW, generator="dracut", initrd=f"/boot/initramfs-{RELEASE}.img")))
        assert here.called("dracut")[0] == f"dracut -f /boot/initramfs-{RELEASE}.img {RELEASE}"

    def test_options_that_grub_saved_are_changed_by_its_own_tool(self, guest: Any) -> None:
        here = guest(
            **{
                "boot/grub2/grubenv": "# GRUB Environment Block\nkernelopts=root=/dev/sda1 ro quiet\n"
            }
        )
        here.stub("dracut", "")
        here.stub(
            "grub2-editenv", 'case "$2" in list) cat "$1";; set) printf "%s\\n" "$3" >"$1";; esac'
        )
        ran(here, made(machine(root="root=/dev/sda1")))
        assert here.read("boot/grub2/grubenv") == "kernelopts=root=UUID=0a-1b ro quiet\n"
        assert "/dev/sda1" in here.kept("boot/grub2/grubenv")

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("MODULES=()\n", "MODULES=(virtio_blk virtio_pci )\n"),
            ('MODULES="ext4"\n', 'MODULES="virtio_blk virtio_pci ext4"\n'),
            ("MODULES=(\n ext4\n)\n", "MODULES=(virtio_blk virtio_pci \n ext4\n)\n"),
        ],
    )
    def test_mkinitcpio_has_had_several_spellings(
        self, before: str, after: str, guest: Any
    ) -> None:
        here = guest(**{"etc/mkinitcpio.conf": before})
        here.stub("mkinitcpio", "")
        ran(here, made(machine(FEW, generator="mkinitcpio")))
        assert here.read("etc/mkinitcpio.conf") == after

    def test_alpine_has_a_feature_of_its_own(self, guest: Any) -> None:
        here = guest(
            **{
                "etc/mkinitfs/mkinitfs.conf": 'features="ata base ext4"\n',
                "etc/mkinitfs/features.d/base.modules": "",
                f"lib/modules/{RELEASE}/kernel/drivers/block/virtio_blk.ko.gz": "",
                f"lib/modules/{RELEASE}/kernel/drivers/virtio/virtio_pci.ko.gz": "",
            }
        )
        here.stub("mkinitfs", "")
        ran(here, made(machine(FEW, generator="mkinitfs", system="alpine")))
        assert here.read("etc/mkinitfs/mkinitfs.conf") == 'features="guestcheck ata base ext4"\n'
        assert (
            here.read("etc/mkinitfs/features.d/guestcheck.modules")
            == "kernel/drivers/virtio/virtio_pci.ko*\nkernel/drivers/block/virtio_blk.ko*\n"
        )
        assert here.called("mkinitfs")[0] == f"mkinitfs -o /boot/initrd.img-{RELEASE} {RELEASE}"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("compression: zstd\n", "compression: zstd\nmodules: ext4"),
            ("modules: ext4,xfs\n", "modules: ext4,xfs"),
            ("", "modules: ext4"),
        ],
    )
    def test_booster_has_a_list(self, before: str, after: str, guest: Any) -> None:
        here = guest(**{"etc/booster.yaml": before})
        here.stub("booster", "")
        here.stub("regenerate", "")
        ran(
            here,
            made(machine(FEW, generator="booster", system="arch")).replace(
                "/usr/lib/booster/regenerate_images", "regenerate"
            ),
        )
        assert here.read("etc/booster.yaml") == f"{after},virtio_pci,virtio_blk\n"
        assert here.called("regenerate")

    def test_where_no_program_makes_one_it_says_so(self, guest: Any) -> None:
        done = guest().run(made(machine(FEW)))
        assert done.returncode == 1
        assert "the program that makes it ended with an error" in done.stderr
        assert "done: guestcheck" not in done.stdout

    def test_a_kernel_without_an_initramfs_gets_none_for_a_name_alone(self, guest: Any) -> None:
        here = guest(**{"boot/grub/grub.cfg": "linux /vmlinuz root=/dev/sda1 ro\n"})
        text = made(
            machine(
                root="root=/dev/sda1",
                initrd="-",
                builtin="virtio_blk virtio_pci nvme nvme_core ext4",
            ),
            "virtio-blk",
            "nvme",
        )
        ran(here, text)
        assert "rebuild " not in text
        assert text.count("\noption_by_uuid /dev/sda1 PARTUUID") == 1

    def test_what_a_removed_kernel_has_left_gets_no_initramfs(self) -> None:
        left = told(
            "modules_builtin", "/lib/modules/6.1.0-9-amd64/modules.builtin", "kernel/virtio.ko\n"
        )
        text = made(machine(FEW, more=[left]))
        assert f"\nrebuild {RELEASE} " in text
        assert text.count("\nrebuild ") == 1
        other = {
            name: image(release=name.partition("-")[2])
            for name in (f"/boot/initrd.img-{RELEASE}", "/boot/initrd.img-6.1.0-9-amd64")
        }
        crypt = told("crypttab", "/etc/crypttab", "x /dev/sda2 none luks\n")
        fstab = "UUID=1 / ext4 x 0 1\n/dev/mapper/x /home ext4 x 0 2"
        both = made(machine(fstab=fstab, more=[left, crypt], images=other))
        assert both.count("\nrebuild ") == 2
        # Where no initramfs is seen, /boot was not: nothing speaks against one.
        unseen = machine(fstab=fstab, more=[left, crypt], images={}, without=("boot_entries",))
        assert made(unseen).count("\nrebuild ") == 2

    def test_the_menu_is_written_after_the_initramfs(self, guest: Any) -> None:
        here = guest()
        for name in ("update-initramfs", "update-grub"):
            here.stub(name, "")
        ran(here, made(machine(initrd="-", builtin="ext4")))
        assert [
            line.split(" ")[0]
            for line in here.log.read_text().split("\n")
            if line.startswith("update")
        ][:2] == ["update-initramfs", "update-grub"]

    def test_a_unit_is_found_by_uuid(self, guest: Any) -> None:
        here = guest(**{"etc/systemd/system/data.mount": "[Mount]\nWhat=/dev/sda3\nWhere=/data\n"})
        here.stub("update-initramfs", "")
        ran(
            here,
            made(
                machine(
                    more=[
                        told(
                            "storage_units",
                            "/etc/systemd/system/data.mount",
                            "[Mount]\nWhat=/dev/sda3\n",
                        )
                    ]
                )
            ),
        )
        assert (
            here.read("etc/systemd/system/data.mount")
            == "[Mount]\nWhat=/dev/disk/by-uuid/0a-1b\nWhere=/data\n"
        )

    def test_dracut_makes_an_image_for_any_machine(self, guest: Any) -> None:
        hook = (
            "lib/dracut/hooks/initqueue/finished/devexists-"
            + chr(92)
            + "x2fdev"
            + chr(92)
            + "x2fsda2.sh"
        )
        path = f"/boot/initrd.img-{RELEASE}"
        here = guest(**{"etc/dracut.conf.d/x.conf": ""})
        here.stub("dracut", "")
        ran(here, made(machine(images={path: image(generator="dracut", files=[hook])})))
        assert here.read("etc/dracut.conf.d/guestcheck-generic.conf") == 'hostonly="no"\n'
        assert here.called("dracut")


class TestWhatWaitsOrIsNotFound:
    """Reasons of which the boot does not fail for sure are repaired too."""

    ALONE: Dict[str, Any] = {
        "builtin": f"{EVERYTHING} xhci_pci ehci_pci usb_storage",
        "initrd": "-",
        "images": {},
    }

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('GRUB_CMDLINE_LINUX="quiet"\n', 'GRUB_CMDLINE_LINUX="rootwait quiet"\n'),
            ("GRUB_CMDLINE_LINUX=''\n", "GRUB_CMDLINE_LINUX='rootwait '\n"),
            ("GRUB_CMDLINE_LINUX=quiet\n", 'GRUB_CMDLINE_LINUX="rootwait quiet"\n'),
            ("GRUB_TIMEOUT=5\n", 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="rootwait"\n'),
        ],
    )
    def test_the_kernel_alone_is_told_to_wait(self, before: str, after: str, guest: Any) -> None:
        here = guest(etc__default__grub=before)
        here.stub("update-grub", "")
        ran(here, made(machine(root="root=PARTUUID=1", **self.ALONE), "usb"))
        assert here.read("etc/default/grub") == after
        assert here.kept("etc/default/grub") == before
        assert len(here.called("update-grub")) == 2

    def test_a_uuid_that_nobody_looks_up_asks_for_an_initramfs(self, guest: Any) -> None:
        here = guest()
        for name in ("update-initramfs", "update-grub"):
            here.stub(name, "")
        ran(here, made(machine(initrd="-", builtin="virtio_blk virtio_pci ext4")))
        assert here.called("update-initramfs") == (f"update-initramfs -c -k {RELEASE}",) * 2
        assert len(here.called("update-grub")) == 2

    def test_an_fstab_that_the_image_has_a_copy_of(self, guest: Any) -> None:
        here = guest(etc__fstab="/dev/sda3 /usr ext4 defaults 0 0\n")
        here.stub("dracut", "")
        ran(
            here,
            made(
                machine(generator="dracut", texts={"etc/fstab": "/dev/sda3 /usr ext4 defaults 0 0"})
            ),
        )
        assert here.read("etc/fstab") == "UUID=0a-1b /usr ext4 defaults 0 0\n"
        assert here.called("dracut")

    def test_without_udev_the_modules_are_named(self, guest: Any) -> None:
        here = guest(**{"etc/mkinitcpio.conf": "MODULES=()\n"})
        here.stub("mkinitcpio", "")
        path = f"/boot/initrd.img-{RELEASE}"
        images = {
            path: image(
                generator="mkinitcpio", texts={"config": 'MODULES=""\nHOOKS=""'}, udev=False
            )
        }
        ran(here, made(machine(initrd=path, images=images)))
        assert set(here.read("etc/mkinitcpio.conf").strip()[len("MODULES=(") : -1].split()) == {
            "virtio_pci",
            "virtio_blk",
        }

    def test_a_stale_device_map_is_put_aside(self, guest: Any) -> None:
        text = "(hd0) /dev/disk/by-id/ata-QEMU_HARDDISK_QM00001\n"
        here = guest(**{"boot/grub/device.map": text})
        ran(here, made(machine(more=[told("grub_files", "/boot/grub/device.map", text)])))
        assert not (here.top / "boot/grub/device.map").exists()
        assert here.kept("boot/grub/device.map") == text


@pytest.mark.slow
def test_every_function_is_sound_shell() -> None:
    calls = (
        "with_option rootwait; without_option rootwait; field_by_uuid f /dev/a; unit_by_uuid f /dev/a; option_by_uuid "
        "/dev/a "
        "UUID f; allow m; write_menu f x\n"
    )
    calls += (
        "bind f s w; has_kernel r; rebuild r i m; room_for i; copied r i; elsewhere; "
        "lilo_by_uuid f "
        "/dev/a UUID\nexit $undone\n"
    )
    head = (
        "#!/bin/sh\nset -eu\nextra=\nbackup=/b\nwork=/w\nopens=x\noffline=\nundone=\nmaking=\necho "
        '"$extra$offline$making"\n'
    )
    for maker in shell.MAKE_IMAGE:
        told_of = (
            f"with_modules() {{{shell.WITH_MODULES[maker]}}}\nmake_image() "
            f"{{{shell.MAKE_IMAGE[maker]}}}\nwith_modules m\nmake_image r i\n"
        )
        clean(head + "".join(shell.FUNCTIONS.values()) + told_of + calls)


def test_what_cannot_be_repaired_is_left_to_the_operator() -> None:
    text = made(machine(lacking=("nvme", "nvme_core")), "nvme")
    assert "by hand" in text
    clean(text)


@pytest.mark.parametrize(
    "spec",
    [
        "/dev/disk/by-id/$(reboot)",
        "/dev/disk/by-path/a;reboot",
        "/dev/disk/by-id/a`x`",
        "/dev/sda1'x",
    ],
)
def test_a_hostile_guest_does_not_speak_through_it(spec: str) -> None:
    text = made(machine(fstab=f"UUID=1 / ext4 x 0 1\n{spec} /boot ext4 x 0 2"))
    code = [line for line in text.split("\n") if not line.startswith("#")]
    assert not [line for line in code if "reboot" in line or "`x`" in line]
    clean(text)


def test_what_would_be_forbidden_in_the_next_initramfs_is_allowed_too() -> None:
    rules = told("modprobe_conf", "/etc/modprobe.d/a.conf", "blacklist virtio_blk\n")
    for inventory in (
        machine(FEW, more=[rules]),
        machine(FEW, texts={"etc/modprobe.d/a.conf": "blacklist virtio_blk"}),
    ):
        assert "allow 'virtio[_-]blk'" in made(inventory)


def test_nothing_to_do_is_said() -> None:
    assert "Nothing is to be done" in made(machine())
