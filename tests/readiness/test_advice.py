"""What the report says of being ready and what it advises agree: nobody is told to rebuild an
initramfs that has the driver already.
"""

from __future__ import annotations

import json
from typing import Sequence

import pytest

from guestcheck.advice.script.fix_script import script
from guestcheck.model.report import Report, Sink
from guestcheck.model.source import OK, Answer, Question, Raw, Source
from guestcheck.render.machine import json as json_format
from guestcheck.render.people import text
from guestcheck.run import examine, preflight
from tests.makers import nic
from tests.readiness.making import (
    BY_ID,
    EVERYTHING,
    RELEASE,
    ide_disk,
    ide_part,
    image,
    recorded,
    started,
    told,
)

WITHOUT = " ".join(name for name in EVERYTHING.split() if not name.startswith("virtio"))
GRUB = told("grub_files", "/etc/default/grub", 'GRUB_CMDLINE_LINUX="root=/dev/sda1"\n')
REBUILDING = (
    "add_drivers",
    "initramfs-tools/modules",
    "update-initramfs",
    "dracut -f",
    "mkinitcpio -P",
    "rebuild the initramfs",
    "has the new driver, and",
)


class Recorded(Source):
    """A source that has its answers."""

    name = "test"

    def __init__(self, raw: Raw) -> None:
        self._raw = raw._replace(
            answers={
                **raw.answers,
                "detect_virt": (Answer("systemd-detect-virt --vm", OK, "kvm\n"),),
            }
        )

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        """Return them."""
        del questions
        return self._raw


def report(*modules: str, **more: object) -> Report:
    return examine(
        Recorded(recorded(*modules, **more)), select=frozenset(["disk-emulated", "nic-emulated"])
    )  # type: ignore[arg-type]


def in_text(of: Report) -> str:
    return " ".join(text.render(of, Sink(80)).split())


def in_json(of: Report) -> str:
    return json_format.render(of, Sink())


@pytest.mark.parametrize("verbose", [False, True])
def test_where_the_initramfs_has_the_driver_nobody_is_told_to_add_it(verbose: bool) -> None:
    ready = report()
    said = " ".join(text.render(ready, Sink(80, verbose=verbose)).split())
    assert "ready to move to virtio-blk: yes" in said
    for rendered in (said, in_json(ready)):
        assert f"the initramfs of {RELEASE} already has its drivers" in rendered
        assert (
            f"By /boot/initrd.img-{RELEASE}: virtio_pci is in it and virtio_blk is in it."
            in rendered
        )
        assert not [word for word in REBUILDING if word in rendered]
    script_ = script(preflight(Recorded(recorded()), (BY_ID["virtio-blk"],)))
    assert "# Nothing is to be done in the guest." in script_


def test_where_it_lacks_the_driver_it_is_to_be_added() -> None:
    said = in_text(report(WITHOUT))
    assert "ready to move to virtio-blk: no" in said
    assert "already has its drivers" not in said
    assert "Have initramfs-tools add the drivers" in said


def test_a_driver_that_is_built_in_is_said_to_be_so() -> None:
    said = in_text(report(WITHOUT, builtin="virtio_pci virtio_blk virtio virtio_ring"))
    assert f"the kernel {RELEASE} has its driver where it is needed" in said
    assert "virtio_blk is built in" in said


def test_a_warning_is_told_and_its_names_are_still_to_be_looked_at() -> None:
    warned = report(more=[GRUB])
    said = in_text(warned)
    assert "ready to move to virtio-blk: yes, but" in said
    assert (
        f"No driver has to be added for virtio-blk, and the kernel {RELEASE} boots from it; "
        "but the next update-grub" in said
    )
    assert "put UUIDs where these files name disks" in said
    assert not [word for word in REBUILDING if word in said]


def test_an_initramfs_that_serves_is_not_rebuilt_for_a_warning() -> None:
    barred = report(
        more=[told("modprobe_conf", "/etc/modprobe.d/x.conf", "blacklist virtio_blk\n")]
    )
    assert [one.verdict for one in barred.readiness] == ["boots"]
    steps = [step.text for steps in barred.repairs.values() for step in steps]
    assert steps == [
        "Take virtio_blk out of what forbids it; the initramfs of now loads it, the next one "
        "would not."
    ]


def test_what_holds_for_one_disk_is_not_said_of_another() -> None:
    # Names of hd disks do not depend on how many others there are, as those of sd disks do.
    second = ide_disk("hdb").replace("ata1", "ata2").replace("8:0", "3:64")
    other = ide_part("hdb1", "hdb").replace("ata1", "ata2")
    both = report(
        devices=(ide_disk(), ide_part(), second, other),
        fstab="UUID=1 / ext4 defaults 0 1\n/dev/hdb1 /data ext4 defaults 0 2",
    )
    verdicts = {one.device: one.verdict for one in both.readiness}
    assert verdicts == {"sda": "boots", "hdb": "does-not-boot"}
    first, second = in_text(both).split("FINDINGS")[1].split("WARN ")[1:]
    assert "No driver has to be added" not in first
    assert "No driver has to be added" in second


def test_kernels_for_which_it_does_not_hold_are_named() -> None:
    older = "5.10.0-1"
    entries = (
        f"{RELEASE} /boot/initrd.img-{RELEASE} root=UUID=1 ro",
        f"{older} /boot/initrd.img-{older} root=UUID=1 ro",
    )
    images = {
        f"/boot/initrd.img-{RELEASE}": image(),
        f"/boot/initrd.img-{older}": image(WITHOUT, older),
    }
    more = [told("modules_builtin", f"/lib/modules/{older}/modules.builtin", "kernel/x.ko\n")]
    found = report(entries=entries, images=images, more=more)
    assert f"Not so, or not known, for {older}." in in_text(found)


def test_a_card_that_keeps_its_network_has_nothing_to_prepare() -> None:
    card = nic("eth0", "0000:00:03.0 pci e1000 8086:100e")
    network = told("network_config", "/etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n")
    found = report(
        devices=(ide_disk(), ide_part(), card),
        more=[network, started("networking")],
        options="ro net.ifnames=0",
    )
    verdicts = {one.device: one.verdict for one in found.readiness}
    assert verdicts["eth0"] == "network-up"
    remedies = [
        result for result in json.loads(in_json(found))["results"] if result["subject"] == "eth0"
    ]
    told_ = json.dumps(remedies)
    assert "Nothing has to be made ready for virtio-net" in told_
    assert "systemd/network/10-eth0.link" not in told_
