"""Lines that are pasted edit the file itself where a name is a link to it, and keep a copy of each;
so does the script, in the file that was named.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from guestcheck.advice.linux import edits
from guestcheck.advice.linux.network import _Nic, _renamed
from guestcheck.advice.script import shell
from tests.advice.laid import HARMLESS, Laid

MENU = "linux /vmlinuz root=/dev/sda1 ro\n"
GIVEN = "uuid=0a-1b\n"
LINES: Dict[str, Tuple[str, str, str, str]] = {
    "field": (
        "/etc/fstab",
        "/dev/sda2 /data ext4 x 0 2\n",
        "UUID=0a-1b /data ext4 x 0 2\n",
        edits.field("/etc/fstab", "/dev/sda2"),
    ),
    "unit": (
        "/etc/systemd/system/data.mount",
        "What=/dev/sda2\n",
        "What=/dev/disk/by-uuid/0a-1b\n",
        edits.unit("/etc/systemd/system/data.mount", "/dev/sda2"),
    ),
    "option": (
        "/etc/default/grub",
        'GRUB_CMDLINE_LINUX="root=/dev/sda2"\n',
        'GRUB_CMDLINE_LINUX="root=UUID=0a-1b"\n',
        edits.option("/etc/default/grub", "/dev/sda2", "UUID"),
    ),
    "lilo": (
        "/etc/lilo.conf",
        "root=/dev/sda2\n",
        'addappend = "root=PARTUUID=0a-1b"\n',
        edits.lilo("/etc/lilo.conf", "/dev/sda2"),
    ),
    "allow_option": (
        "/boot/grub/grub.cfg",
        "linux /v module_blacklist=virtio_blk,x\n",
        "linux /v module_blacklist=x\n",
        edits.allow_option("/boot/grub/grub.cfg", "virtio_blk"),
    ),
    "allow": (
        "/etc/modprobe.d/a.conf",
        "blacklist virtio_blk\n",
        "# blacklist virtio_blk\n",
        "\n".join(edits.allow("virtio_blk")),
    ),
    "drop": (
        "/etc/default/grub",
        'GRUB_CMDLINE_LINUX="quiet break x"\n',
        'GRUB_CMDLINE_LINUX="quiet x"\n',
        edits.drop("/etc/default/grub", "break"),
    ),
    "interfaces": (
        "/etc/network/interfaces",
        "iface ens3 inet dhcp\n",
        "iface lan0 inet dhcp\n",
        "\n".join(_renamed(_Nic("", "", "ens3", "", "", "lan0", (), (), ""))),
    ),
}


@pytest.fixture(params=["gnu", "busybox"])
def guest(request: pytest.FixtureRequest, tmp_path: Path) -> Laid:
    """Make a guest whose programs are those of GNU, or all of busybox."""
    here = Laid(tmp_path, {"root/x": ""})
    busybox = shutil.which("busybox")
    if request.param == "busybox":
        if not busybox:
            pytest.skip("busybox is not installed")
        for name in HARMLESS.split():
            here.stub(name, f'exec {busybox} {name} "$@"', noted=False)
    return here


def folded(text: str) -> Tuple[str, ...]:
    """Return the lines as they are printed."""
    return tuple(part for line in text.split("\n") for part in edits.fold(line))


def pasted(guest: Laid, *lines: str) -> None:
    done = guest.run("\n".join(["#!/bin/sh", GIVEN, *lines, ""]))
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", LINES)
def test_a_link_stays_one_and_what_it_leads_to_is_edited(name: str, guest: Laid) -> None:
    file, before, after, line = LINES[name]
    guest.write("srv/real", before)
    link = guest.top / file[1:]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(guest.top / "srv/real")
    pasted(guest, *folded(line))
    assert link.is_symlink()
    assert guest.read("srv/real").split() == after.split()
    copies = [one for one in (guest.top / "root").rglob("*") if one.is_file() and one.name != "x"]
    assert [one.read_text() for one in copies] == [before]
    pasted(guest, *folded(line))
    assert guest.read("srv/real").split() == after.split(), "a second time changes more"


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        (
            ["/etc/modprobe.d/a.conf", "/usr/lib/modprobe.d/a.conf"],
            ["\n".join(edits.allow("virtio_blk"))],
        ),
        (
            ["/boot/grub/grub.cfg", "/boot/efi/EFI/debian/grub.cfg"],
            [
                edits.allow_option("/boot/grub/grub.cfg", "virtio_blk"),
                edits.allow_option("/boot/efi/EFI/debian/grub.cfg", "virtio_blk"),
            ],
        ),
    ],
)
def test_two_files_of_one_name_have_two_copies(
    files: List[str], lines: List[str], guest: Laid
) -> None:
    texts = {
        file: f"blacklist virtio_blk\nlinux v module_blacklist=virtio_blk\n# {file}\n"
        for file in files
    }
    for file, text in texts.items():
        guest.write(file, text)
    pasted(guest, *(part for line in lines for part in folded(line)))
    copies = [one for one in (guest.top / "root").rglob("*") if one.is_file() and one.name != "x"]
    assert sorted(one.read_text() for one in copies) == sorted(texts.values())
    assert all(guest.read(file) != text for file, text in texts.items())


def test_a_name_with_a_blank_is_edited(guest: Laid) -> None:
    guest.write("etc/modprobe.d/my own.conf", "blacklist virtio_blk\n")
    pasted(guest, *folded("\n".join(edits.allow("virtio_blk"))))
    assert guest.read("etc/modprobe.d/my own.conf") == "# blacklist virtio_blk\n"


def by_uuid(guest: Laid, file: str) -> str:
    """Run the script's own function on what names /dev/sda1; return what it says."""
    guest.stub(
        "blkid",
        'case "$1" in */dev/sd*) echo "$1: UUID=\\"0a-1b\\" TYPE=\\"ext4\\"" ;; esac',
    )
    text = (
        "#!/bin/sh\nset -eu\nbackup=/var/backups/guestcheck\nundone=\n"
        + "".join(shell.FUNCTIONS.values())
        + f"option_by_uuid /dev/sda1 UUID {file}\n"
    )
    done = guest.run(text)
    assert done.returncode == 0, done.stderr
    return done.stderr.replace(str(guest.top), "")


MENUS = ("/boot/loader/entries/a.conf", "/boot/loader/entries/b.conf", "/boot/grub2/grub.cfg")


@pytest.mark.parametrize("file", MENUS)
def test_the_script_edits_the_menu_that_was_named_and_what_menus_are_made_from(
    file: str, guest: Laid
) -> None:
    for name in (*MENUS, "/etc/default/grub"):
        guest.write(name, MENU)
    said = by_uuid(guest, file)
    changed = MENU.replace("/dev/sda1", "UUID=0a-1b")
    assert guest.read(file) == guest.read("/etc/default/grub") == changed
    for other in set(MENUS) - {file}:
        assert guest.read(other) == MENU
        assert f"{other} names /dev/sda1 too: it is left as it is" in said
    assert f"{file} names" not in said


@pytest.mark.parametrize("file", ["/proc/cmdline", "''", "/boot/gone.cfg"])
def test_where_no_menu_was_named_all_are_edited(file: str, guest: Laid) -> None:
    for name in MENUS:
        guest.write(name, MENU)
    assert by_uuid(guest, file) == ""
    for name in MENUS:
        assert guest.read(name) == MENU.replace("/dev/sda1", "UUID=0a-1b")
