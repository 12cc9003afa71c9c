"""A root file system, or its key, that is reached over the network needs the NIC's driver in the
initramfs.
"""

from __future__ import annotations

from typing import Any, Dict, Sequence

import pytest

from guestcheck.messages import words
from tests.readiness.making import EVERYTHING, RELEASE, image, machine, on, said

WITHOUT = " ".join(name for name in EVERYTHING.split() if name != "virtio_net")
INITRD = f"/boot/initrd.img-{RELEASE}"


def judged(
    modules: str,
    root: str,
    options: str = "ro",
    generator: str = "dracut",
    files: Sequence[str] = (),
    **fields: Any,
) -> str:
    """Return what is said of the drivers in the initramfs: the reasons about the network's
    configuration are left out.
    """
    images = {
        INITRD: image(modules, generator=generator, files=files, texts=fields.pop("texts", {}))
    }
    found = on("virtio-net", machine(root=root, options=options, images=images, **fields))
    reasons = [
        reason
        for reason in found.reasons
        if reason.id.startswith(("driver", "initramfs", "no-initramfs"))
    ]
    return said(found._replace(reasons=tuple(reasons))).partition(": ")[2]


@pytest.mark.parametrize(
    ("root", "options"),
    [
        ("root=/dev/nfs", "nfsroot=192.0.2.1:/srv ip=dhcp"),
        ("root=nfs:192.0.2.1:/srv", "ro"),
        ("root=nfs4:192.0.2.1:/srv", "ro"),
        ("root=iscsi:@192.0.2.9::3260::iqn.x:root", "ro"),
        ("root=nbd:192.0.2.1:10809", "ro"),
        ("root=dhcp", "ro"),
        ("root=live:http://192.0.2.1/a.img", "ro"),
        ("root=UUID=1", "netroot=iscsi:@192.0.2.9::3260::iqn.x:root"),
        ("root=UUID=1", "rd.iscsi.firmware=1"),
        ("root=UUID=1", "rd.nvmf.discover=tcp,192.0.2.1"),
    ],
)
def test_a_root_over_the_network_needs_the_driver(root: str, options: str) -> None:
    assert judged(WITHOUT, root, options) == "driver-not-in-initramfs"
    assert judged(EVERYTHING, root, options) == ""


def test_fstab_tells_too() -> None:
    assert (
        judged(WITHOUT, "root=UUID=1", fstab="192.0.2.1:/srv / nfs defaults 0 0")
        == "driver-not-in-initramfs"
    )


@pytest.mark.parametrize(
    "file",
    [
        "usr/bin/clevis-decrypt-tang",
        "usr/sbin/dropbear",
        "usr/sbin/sshd",
        "usr/lib/mandos/mandos-client",
    ],
)
def test_a_key_over_the_network_may_be_typed_at_the_console(file: str) -> None:
    fields: Dict[str, Any] = {
        "texts": {"etc/crypttab": "root UUID=7 none"},
        "without": ("sysfs", "mounts"),
    }
    assert (
        judged(WITHOUT, "root=/dev/mapper/root", "rd.luks.uuid=7", files=(file,), **fields)
        == "?driver-not-in-initramfs"
    )
    assert (
        judged(EVERYTHING, "root=/dev/mapper/root", "rd.luks.uuid=7", files=(file,), **fields) == ""
    )
    # Without an encrypted root nobody needs it.
    assert judged(WITHOUT, "root=UUID=1", files=(file,)) == ""


@pytest.mark.parametrize(
    "word", ["rd.neednet=1", "ip=dhcp", "ifname=lan0:52:54:00:12:34:56", "bootdev=lan0"]
)
def test_words_that_set_the_network_up_leave_it_open(word: str) -> None:
    assert judged(WITHOUT, "root=UUID=1", word) == "?driver-not-in-initramfs"


def test_a_local_root_needs_none() -> None:
    for options in ("ro", "rd.neednet=0", "ip=off"):
        assert judged(WITHOUT, "root=UUID=1", options) == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("ip=192.0.2.2::192.0.2.1:24:h:ens192:none", "?initramfs-card-by-name"),
        ("ip=ens192:dhcp", "?initramfs-card-by-name"),
        ("ip=lan0:dhcp ifname=lan0:52:54:00:12:34:56", ""),
        ("ip=dhcp", ""),
    ],
)
def test_a_card_that_is_named_by_its_slot_is_open(options: str, expected: str) -> None:
    assert judged(EVERYTHING, "root=/dev/nfs", options) == expected


def test_the_reason_says_why_the_initramfs_needs_it() -> None:
    found = on("virtio-net", machine(WITHOUT, root="root=/dev/nfs", options="ip=dhcp"))
    assert any(
        "root=/dev/nfs is reached over the network" in words(reason.says)
        for reason in found.reasons
    )
