"""The printed steps about an initramfs, carried out twice in sh and in bash: they change the file
that the tool reads, keep what is in it, and do nothing the second time.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from guestcheck.model.device import Inventory
from tests.advice import acts
from tests.advice.laid import Laid

RELEASE = "6.1.0-56-amd64"
IMAGE = f"/boot/initrd.img-{RELEASE}"
PROGRAMS = """update-initramfs dracut mkinitcpio booster mkinitfs mkinitrd make-initrd update-tirfs
    lsinitrd lsinitramfs lsinitcpio zcat cpio kernel-install transactional-update systemctl"""
MODULES = f"lib/modules/{RELEASE}/kernel/drivers"
Make = Callable[..., Inventory]


def lines_of(action: str, about: Dict[str, Any], inventory: Inventory) -> str:
    """Return what is to be pasted; of what installs a package nothing."""
    steps = acts.say("guest", action, {"kernel": RELEASE, **about}, inventory)
    made = [step for step in steps if "Install" not in step.text]
    return "\n".join(line for step in made for line in step.code) + "\n"


def pasted(code: str, shell: str, here: Laid) -> None:
    """Carry it out twice; the second time changes nothing."""
    for name in ("touch", "sort", "find", "mkdir"):
        assert (here.programs / name).exists()
    for name in PROGRAMS.split():
        here.stub(name, "true")
    ways = []
    for _ in range(2):
        led = re.sub(r"/usr/lib/booster/regenerate_images", "booster", code)
        done = here.run(f"#\n{led}") if shell == "sh" else in_bash(led, here)
        assert not re.search("[Ss]yntax|not found", done.stderr)
        ways.append({path: path.read_bytes() for path in here.top.rglob("*") if path.is_file()})
    assert ways[0] == ways[1]


def in_bash(code: str, here: Laid) -> "subprocess.CompletedProcess[str]":
    (here.programs / "bash").unlink(missing_ok=True)
    (here.programs / "bash").symlink_to(str(shutil.which("bash")))
    wrapped = code.replace("'", "'\\''")
    return here.run(f"#\nbash -c '{wrapped}'\n")


def value(here: Laid, file: str, name: str, shell: str = "sh") -> str:
    """Return what the shell has in a variable, or an array, once it has read the file."""
    told = f'. "$1"; printf %s "${{{name}[*]}}"' if shell == "bash" else f'. "$1"; echo "${name}"'
    ran = subprocess.run(
        [shell, "-c", told, shell, str(here.top / file)],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


SHELLS = pytest.mark.parametrize("shell", ["sh", "bash"])


def prepared(tool: str, inventory: Make, image: str = IMAGE) -> str:
    about = {"tool": tool, "modules": ("virtio_pci", "virtio_blk"), "image": image}
    return lines_of("prepare-driver", about, inventory())


@SHELLS
@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("MODULES=()\nHOOKS=(base)\n", ""),
        ("MODULES=(ext4 dm_mod)\n", "ext4 dm_mod"),
        ("MODULES=(\n  ext4\n  # one more\n  dm_mod\n)\n", "ext4 dm_mod"),
        ('MODULES="ext4 dm_mod"\n', "ext4 dm_mod"),
        ("MODULES=ext4\nMODULES+=(dm_mod)", "ext4 dm_mod"),
        ("HOOKS=(base)", ""),
    ],
)
def test_mkinitcpio_keeps_its_modules(
    shell: str, before: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    here = Laid(tmp_path, {"etc/mkinitcpio.conf": before, IMAGE: "image"})
    pasted(prepared("mkinitcpio", inventory), shell, here)
    found = value(here, "etc/mkinitcpio.conf", "MODULES", "bash")
    assert found.split() == [*wanted.split(), "virtio_pci", "virtio_blk"]
    assert here.read("etc/mkinitcpio.conf").startswith(before)


@SHELLS
@pytest.mark.parametrize(
    ("hooks", "layer", "wanted"),
    [
        ("HOOKS=(base udev block filesystems fsck)", "lvm", "lvm2"),
        ("HOOKS=(\n base udev\n block filesystems fsck)", "md", "mdadm_udev"),
        ('HOOKS="base udev block filesystems fsck"', "crypt", "encrypt"),
        ("HOOKS=(base systemd block filesystems fsck)", "crypt", "sd-encrypt"),
    ],
)
def test_mkinitcpio_has_the_hook_before_the_file_systems(
    shell: str, hooks: str, layer: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    here = Laid(tmp_path, {"etc/mkinitcpio.conf": hooks, IMAGE: "image"})
    code = lines_of(
        "open-root", {"tool": "mkinitcpio", "layer": layer, "package": "x"}, inventory()
    )
    pasted(code, shell, here)
    found = value(here, "etc/mkinitcpio.conf", "HOOKS", "bash").split()
    assert found[2:] == ["block", wanted, "filesystems", "fsck"]


@SHELLS
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_mkinitfs_keeps_its_features_and_other_drivers(
    shell: str, quote: str, tmp_path: Path, inventory: Make
) -> None:
    features = "base ext4" if quote else "base"
    older = "kernel/drivers/scsi/virtio_scsi.ko*\n"
    files = {
        "etc/mkinitfs/mkinitfs.conf": f"features={quote}{features}{quote}",
        "etc/mkinitfs/features.d/guestcheck.modules": older,
        f"{MODULES}/block/virtio_blk.ko.gz": "",
        f"{MODULES}/virtio/virtio_pci.ko": "",
        IMAGE: "image",
    }
    here = Laid(tmp_path, files)
    pasted(prepared("mkinitfs", inventory), shell, here)
    assert value(here, "etc/mkinitfs/mkinitfs.conf", "features") == f"{features} guestcheck"
    assert here.read("etc/mkinitfs/features.d/guestcheck.modules").split("\n")[:-1] == [
        "kernel/drivers/block/virtio_blk.ko*",
        older.strip(),
        "kernel/drivers/virtio/virtio_pci.ko*",
    ]


@SHELLS
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "modules: virtio_pci,virtio_blk"),
        ("network:\n  dhcp: on", "modules: virtio_pci,virtio_blk"),
        ("modules: ext4,dm_mod\n", "modules: virtio_pci,virtio_blk,ext4,dm_mod"),
        ("modules: -*,ext4 # few\n", "modules: virtio_pci,virtio_blk,-*,ext4 # few"),
        ('modules: "ext4"\n', 'modules: "virtio_pci,virtio_blk,ext4"'),
        ("modules: 'ext4'\n", "modules: 'virtio_pci,virtio_blk,ext4'"),
        ("modules:\n", "modules: virtio_pci,virtio_blk"),
        ("modules: # none\n", "modules: virtio_pci,virtio_blk"),
    ],
)
def test_booster_has_one_list_of_modules(
    shell: str, before: "str | None", after: str, tmp_path: Path, inventory: Make
) -> None:
    here = Laid(tmp_path, {"etc/x": "", IMAGE: "image"})
    if before is not None:
        here.write("etc/booster.yaml", before)
    pasted(prepared("booster", inventory), shell, here)
    lines = here.read("etc/booster.yaml").split("\n")
    assert [line for line in lines if line.startswith("modules")] == [after]
    if before and "modules" in before:  # the list was edited: the file of before is kept
        assert here.read("etc/booster.yaml.guestcheck") == before


@SHELLS
@pytest.mark.parametrize("quote", ['"', "'"])
def test_mkinitrd_keeps_its_modules(
    shell: str, quote: str, tmp_path: Path, inventory: Make
) -> None:
    before = f"X=1\nINITRD_MODULES={quote}piix ext3{quote}\nY=2\n"
    here = Laid(tmp_path, {"etc/sysconfig/kernel": before, IMAGE: "image"})
    code = lines_of(
        "prepare-driver",
        {"tool": "mkinitrd", "modules": ("virtio_pci", "virtio_blk"), "image": IMAGE},
        inventory(os_id="suse"),
    )
    pasted(code, shell, here)
    found = value(here, "etc/sysconfig/kernel", "INITRD_MODULES")
    assert found == "virtio_pci virtio_blk piix ext3"
    assert here.read("etc/sysconfig/kernel.guestcheck") == before


@SHELLS
@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("", "virtio_pci,virtio_blk"),
        ('INCLUDE_MODULES=""\n', "virtio_pci,virtio_blk"),
        ('INCLUDE_MODULES="ext4,piix"', "ext4,piix,virtio_pci,virtio_blk"),
        ("INCLUDE_MODULES=ext4\n", "ext4,virtio_pci,virtio_blk"),
    ],
)
def test_tiny_initramfs_keeps_its_modules(
    shell: str, before: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    file = "etc/tiny-initramfs/tiny-initramfs.conf"
    here = Laid(tmp_path, {file: before, IMAGE: "image"})
    pasted(prepared("tiny-initramfs", inventory), shell, here)
    assert value(here, file, "INCLUDE_MODULES") == wanted


@SHELLS
@pytest.mark.parametrize(
    ("tool", "file", "wanted"),
    [
        ("dracut", "etc/dracut.conf.d/guestcheck.conf", 'add_drivers+=" virtio_pci virtio_blk "'),
        (
            "transactional",
            "etc/dracut.conf.d/guestcheck.conf",
            'add_drivers+=" virtio_pci virtio_blk "',
        ),
        ("initramfs-tools", "etc/initramfs-tools/modules", "virtio_pci\n\nvirtio_blk"),
        ("make-initrd", "etc/initrd.mk", "MODULES_ADD += virtio_pci virtio_blk"),
    ],
)
def test_other_lines_stay(
    shell: str, tool: str, file: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    older = 'add_drivers+=" virtio_scsi "' if "dracut" in file else "# the last line\nvirtio_scsi"
    end = "\n" if "dracut" in file else ""  # a file of ours always has its last end
    here = Laid(tmp_path, {file: older + end, IMAGE: "image"})
    about = {"tool": tool, "modules": ("virtio_pci", "virtio_blk"), "image": IMAGE}
    os_id = "opensuse-microos" if tool == "transactional" else ""
    code = lines_of("prepare-driver", about, inventory(os_id=os_id))
    pasted(code, shell, here)
    assert here.read(file) in (f"{older}\n{wanted}\n", f"{older}\n\n{wanted}\n")


@SHELLS
def test_an_image_for_any_machine_keeps_the_tables(
    shell: str, tmp_path: Path, inventory: Make
) -> None:
    here = Laid(tmp_path, {"etc/x": "", IMAGE: "image"})
    pasted(
        lines_of("generic-initramfs", {"tool": "dracut", "image": IMAGE}, inventory()), shell, here
    )
    text = here.read("etc/dracut.conf.d/guestcheck-generic.conf")
    assert text == 'hostonly="no"\nmdadmconf="yes"\nlvmconf="yes"\n'
    assert here.called("dracut")[0] == f"dracut -f {IMAGE} {RELEASE}"


@pytest.mark.parametrize(
    ("tool", "image", "wanted"),
    [
        ("dracut", f"/boot/efi/abc/{RELEASE}/initrd", "dracut -f {image} {release}"),
        ("initramfs-tools", IMAGE, "update-initramfs -u -k {release}"),
        (
            "initramfs-tools",
            f"/boot/efi/abc/{RELEASE}/initrd",
            "kernel-install add {release} /boot/vmlinuz-{release} /boot/initrd.img-{release}",
        ),
        ("mkinitcpio", "/boot/initramfs-linux.img", "mkinitcpio -P"),
        ("mkinitcpio", "/efi/arch/initrd", "mkinitcpio -k {release} -g {image}"),
        ("booster", "/boot/booster-linux.img", "booster"),
        ("booster", "/efi/arch/initrd", "booster build --force --kernel-version {release} {image}"),
        ("mkinitfs", "/boot/initramfs-lts", "mkinitfs -o {image} {release}"),
        (
            "tiny-initramfs",
            f"/boot/efi/abc/{RELEASE}/initrd",
            "kernel-install add {release} /boot/vmlinuz-{release} /boot/initrd.img-{release}",
        ),
    ],
)
def test_the_file_that_is_loaded_is_made_and_a_copy_of_it_kept(
    tool: str, image: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    here = Laid(tmp_path, {image: "before", "etc/mkinitcpio.conf": "", "etc/initramfs-tools/x": ""})
    pasted(prepared(tool, inventory, image), "sh", here)
    command = wanted.format(image=image, release=RELEASE)
    assert any(command == line for line in here.called(command.split()[0]))
    if tool != "initramfs-tools":
        assert here.read(f"var/backups/guestcheck{image}") == "before"


def test_a_copy_of_an_earlier_time_is_not_written_over(tmp_path: Path, inventory: Make) -> None:
    here = Laid(tmp_path, {"boot/initramfs-lts": "now"})
    copy = "var/backups/guestcheck/boot/initramfs-lts"
    here.write(copy, "first")
    pasted(prepared("mkinitfs", inventory, "/boot/initramfs-lts"), "sh", here)
    assert here.read(copy) == "first"


@pytest.mark.parametrize(
    ("tool", "layer", "wanted"),
    [
        ("dracut", "crypt", 'add_dracutmodules+=" crypt "'),
        ("mkinitfs", "md", 'features="$features raid"'),
        ("booster", "lvm", "enable_lvm: true"),
        ("make-initrd", "crypt", "FEATURES += luks"),
        ("initramfs-tools", "crypt", f"update-initramfs -u -k {RELEASE}"),
    ],
)
def test_each_tool_is_asked_for_what_opens_root(
    tool: str, layer: str, wanted: str, tmp_path: Path, inventory: Make
) -> None:
    code = lines_of("open-root", {"tool": tool, "layer": layer, "image": IMAGE}, inventory())
    assert wanted in code
    files = {IMAGE: "", "etc/mkinitfs/mkinitfs.conf": "", "etc/booster.yaml": "enable_lvm: false"}
    pasted(code, "sh", Laid(tmp_path, files))


@pytest.mark.parametrize("tool", ["unified", "unknown", "nixos", "slackware"])
def test_where_it_is_not_known_how_it_says_so(tool: str, inventory: Make) -> None:
    steps = acts.say("guest", "open-root", {"tool": tool, "layer": "lvm"}, inventory())
    assert steps[-1].code == ()
    assert "is not known" in steps[-1].text
