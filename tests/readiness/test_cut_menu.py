"""A boot menu that was not read whole proves nothing: neither what it would start, nor that a file
which it names is missing.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Dict

import pytest

from guestcheck.evidence.linux import _grub, _menus
from guestcheck.model.source import CUT, Answer
from tests.readiness.making import a_card, machine, on, said, started, told
from tests.readiness.test_families import What
from tests.readiness.test_menus_read import BAD, GOOD, INITRD, KERNEL, debian, on_virtio

OLD_GRUB = f"title a\n root (hd0,0)\n kernel {KERNEL} {BAD}\n initrd {INITRD}\n"
MENUS: Dict[str, Dict[str, What]] = {
    "grub.cfg": {"boot/grub/grub.cfg": f"menuentry 'a' {{\n linux {KERNEL} {BAD}\n}}\n"},
    "grub.cfg of grub2": {"boot/grub2/grub.cfg": f"menuentry 'a' {{\n linux {KERNEL} {BAD}\n}}\n"},
    "BLS entries": {
        "boot/grub2/grub.cfg": "blscfg\n",
        "boot/loader/entries/a.conf": f"linux {KERNEL}\ninitrd /gone.img\noptions {BAD}\n",
    },
    "systemd-boot": {
        "boot/loader/loader.conf": "default a.conf\n",
        "boot/loader/entries/a.conf": f"linux {KERNEL}\ninitrd /gone.img\noptions {BAD}\n",
    },
    "syslinux": {"boot/syslinux/syslinux.cfg": f"LABEL a\n LINUX {KERNEL}\n APPEND {BAD}\n"},
    "extlinux": {"boot/extlinux/extlinux.conf": f"LABEL a\n LINUX /gone\n APPEND {BAD}\n"},
    "GRUB legacy": {"boot/grub/menu.lst": OLD_GRUB},
    "lilo": {"etc/lilo.conf": f'image={KERNEL}\n label=a\n append="{BAD}"\n'},
    "rEFInd": {"boot/refind_linux.conf": f'"a" "{BAD}"\n'},
}
# How the file that is too long begins, and the bytes of it that are read at most.
LONGEST = 4 << 20


def world(kind: str) -> Dict[str, What]:
    files = debian()
    del files["boot/grub/grub.cfg"]
    return {**files, **MENUS[kind]}


@pytest.mark.parametrize("kind", MENUS)
def test_a_menu_that_was_read_whole_decides(kind: str, tmp_path: Path) -> None:
    assert on_virtio(tmp_path, world(kind)).verdict == "does-not-boot"


@pytest.mark.parametrize("kind", MENUS)
def test_the_beginning_of_a_menu_decides_nothing(kind: str, tmp_path: Path) -> None:
    files = world(kind)
    for name in MENUS[kind]:
        files[name] = f"{files[name]!s}# {'x' * LONGEST}\n"  # the rest is a comment
    found = on_virtio(tmp_path, files)
    assert found.verdict == "unknown"
    assert "boot-entry-unseen" in [reason.id for reason in found.reasons]


def test_a_second_loader_does_not_speak_for_a_menu_that_was_cut(tmp_path: Path) -> None:
    files = {**world("systemd-boot"), "boot/grub/grub.cfg": f"# {'x' * LONGEST}\n"}
    assert on_virtio(tmp_path, files).verdict == "unknown"


@pytest.mark.parametrize(
    ("kind", "module", "entry"),
    [
        ("grub.cfg", _grub, f"menuentry 'b' {{\n linux {KERNEL} {GOOD}\n initrd {INITRD}\n}}\n"),
        ("lilo", _menus, f'image={KERNEL}\n label=b\n append="{GOOD}"\n'),
        ("rEFInd", _menus, f'"b" "{GOOD}"\n'),
    ],
)
def test_entries_beyond_the_bound_may_be_the_default(
    kind: str, module: ModuleType, entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_ENTRIES", 1)
    files = world(kind)
    (name,) = MENUS[kind]
    files[name] = f"{files[name]!s}{entry}"
    assert on_virtio(tmp_path, files).verdict == "unknown"


def test_a_name_in_fstab_counts_without_the_menu(tmp_path: Path) -> None:
    files = world("grub.cfg")
    files["boot/grub/grub.cfg"] = f"# {'x' * LONGEST}\n"
    files["etc/fstab"] = "UUID=1 / ext4 x 0 1\n/dev/sda3 /data ext4 defaults 0 2\n"
    found = on_virtio(tmp_path, files)
    assert (found.verdict, found.reasons[0].id) == ("does-not-boot", "fstab-by-name")


IFUPDOWN = "auto {0}\niface {0} inet dhcp\n"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (IFUPDOWN.format("eth0"), "unknown"),
        (IFUPDOWN.format("ens3"), "unknown"),
        ("auto /e*\niface en inet dhcp\n", "unknown"),
    ],
)
def test_names_of_nics_are_unknown_without_the_command_line(text: str, verdict: str) -> None:
    card = (a_card("ens3", mac="52:54:00:12:34:56"),)
    more = [told("network_config", "/etc/network/interfaces", text), started("networking")]
    cut = "boot_entries", Answer("/boot/grub/grub.cfg", CUT, "set default=0\n")
    guest = machine(devices=card, more=[*more, cut], without=())
    assert on("virtio-net", guest).verdict == verdict, said(on("virtio-net", guest))
