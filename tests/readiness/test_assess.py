"""Assessing never raises, whatever a guest's files hold; a verdict follows from its reasons, and
unknown says what would settle it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Sequence, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestcheck.catalogue.rows import TARGETS
from guestcheck.messages import words
from guestcheck.model.device import Inventory
from guestcheck.model.source import Question, Raw, Source
from guestcheck.model.target import OPEN, STOPS, VERDICTS, WARNS, Readiness
from guestcheck.readiness import assess
from guestcheck.run import preflight
from guestcheck.sources.bundle import Bundle
from tests.examples import examples
from tests.readiness.making import RELEASE, a_card, ide_disk, ide_part, image, machine, on, told
from tests.test_guests import GUESTS, reader

ODD = """/dev/sda1 /dev/nvme0n1p2 /dev/disk/by-id/x /dev/disk/by-path/-ata- UUID=1 / /boot none swap ext4 nofail root=/dev/sda1 resume= cryptdevice=/dev/sda:x
module_blacklist=virtio_blk,, blacklist install virtio_blk /bin/true = [ ] { } " ' # : a|.*| r|(| filter IDTYPE=sys_wwid DEVNAME=/dev/sda
auto iface ens3 inet static bridge_ports [Match] Name=* MACAddress= [Link] ethernets: match: - DEVICE=eth0 HWADDR= NAME="a"
What=/dev/sda1 BindsTo=dev-sda1.device search --fs-uuid --set=root set root=(hd1,1) alias
root=8:1 root=801 root=block:/dev/sda
device=/dev/sda mount.usr=/dev/sdb1 initcall_blacklist=virtio_blk_init ID=x /dev/mapper/mpatha RESUME=/dev/sda5 GRUB_DEVICE=/dev/sda - [ vda ] \\ \0 \x1b[31m"""
WORDS = st.sampled_from(ODD.split())
TEXT = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\t", ""])), max_size=30).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)
PLACES = [
    ("fstab", "/etc/fstab"),
    ("crypttab", "/etc/crypttab"),
    ("mdadm_conf", "/etc/mdadm.conf"),
    ("lvm_conf", "/etc/lvm/lvm.conf"),
    ("lvm_conf", "/etc/lvm/devices/system.devices"),
    ("grub_files", "/boot/grub/device.map"),
    ("grub_files", "/etc/default/grub"),
    ("cloud_disks", "/etc/cloud/cloud.cfg"),
    ("storage_units", "/etc/systemd/system/a.mount"),
    ("storage_units", "/etc/systemd/system/*.requires/*"),
    ("multipath_conf", "/etc/multipath.conf"),
    ("resume_conf", "/etc/initramfs-tools/conf.d/resume"),
    ("overlayroot", "/etc/overlayroot.conf"),
    ("modprobe_conf", "/etc/modprobe.d/a.conf"),
    ("boot_entries", "/boot/grub/grub.cfg"),
    ("modules_dep", f"/lib/modules/{RELEASE}/modules.dep"),
    ("network_config", "/etc/network/interfaces"),
    ("network_config", "/etc/netplan/a.yaml"),
    ("network_config", "/etc/systemd/network/a.link"),
    ("network_config", "/etc/systemd/network/a.network"),
    ("network_config", "/etc/udev/rules.d/70-x.rules"),
    ("network_config", "/etc/sysconfig/network-scripts/ifcfg-eth0"),
]


def sound(found: Tuple[Readiness, ...]) -> None:
    """Hold each verdict against its reasons."""
    for one in found:
        good, bad, unknown = VERDICTS[one.kind]
        weights = {reason.weight for reason in one.reasons}
        assert one.verdict == (bad if STOPS in weights else unknown if OPEN in weights else good)
        assert all(reason.settle for reason in one.reasons if reason.weight == OPEN), [
            reason for reason in one.reasons if reason.weight == OPEN
        ]
        assert all(reason.evidence for reason in one.reasons if reason.weight != WARNS)
        assert one.not_examined


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.sampled_from(PLACES), TEXT), max_size=5), TEXT, TEXT)
def test_nothing_in_a_guests_files_makes_it_raise(
    files: List[Tuple[Tuple[str, str], str]], options: str, inside: str
) -> None:
    devices = (ide_disk(), ide_part(), a_card())
    more = [told(question, path, text) for (question, path), text in files]
    texts = {
        "etc/modprobe.d/a.conf": inside,
        "etc/cmdline.d/a.conf": inside,
        "conf/conf.d/a": inside,
    }
    inventory = machine(
        options=" ".join(options.split()),
        devices=devices,
        more=more,
        images={f"/boot/initrd.img-{RELEASE}": image(texts=texts)},
    )
    sound(assess(inventory, TARGETS))


class Shallow(Source):
    """A recording as an older collector made it: without what only a preflight asks."""

    def __init__(self, whole: Bundle) -> None:
        self.name = whole.name
        self._whole = whole

    @property
    def running(self) -> bool:
        return self._whole.running

    def gather(self, questions: Sequence[Question[object]]) -> Raw:
        told = self._whole.gather([question for question in questions if not question.deep])
        return told._replace(
            answers={question.name: told.answers.get(question.name, ()) for question in questions}
        )


@pytest.mark.parametrize("folder", GUESTS, ids=lambda folder: folder.name)
def test_a_recording_without_the_answers_leaves_it_open_and_says_what_would_settle_it(
    folder: Path,
) -> None:
    found = preflight(Shallow(Bundle(folder.name, reader(folder))), TARGETS).readiness
    sound(found)
    assert found
    open_ = [one for one in found if one.verdict == "unknown"]
    assert open_
    # What its kernels lack, and the name on its command line, are known without them; nothing else
    # is.
    certain = {
        reason.id
        for one in found
        if one.verdict != "unknown"
        for reason in one.reasons
        if reason.weight == STOPS
    }
    assert certain <= {"driver-not-in-kernel", "root-by-name"}
    assert not [one for one in found if one.kind == "disk" and one.verdict == "boots"]


def _deep(folder: Path) -> bool:
    answers = json.loads((folder / "manifest.json").read_text())["answers"]
    return any(answer["question"] == "initramfs" and answer["file"] for answer in answers)


@pytest.mark.parametrize(
    "folder", [folder for folder in GUESTS if _deep(folder)], ids=lambda folder: folder.name
)
def test_a_whole_recording_leaves_nothing_open(folder: Path) -> None:
    found = preflight(Bundle(folder.name, reader(folder)), TARGETS).readiness
    sound(found)
    assert {one.target for one in found} == {target.id for target in TARGETS}
    # A port of a bond that no file configures may be named in a script: that it lost nothing was
    # said without a proof.
    undecided = [
        one
        for one in found
        if one.verdict not in ("boots", "does-not-boot", "network-up", "network-lost")
    ]
    assert not [
        one for one in undecided if [reason.id for reason in one.reasons] != ["card-not-configured"]
    ]
    # Debian's kernel and initramfs have these, whatever bus the guest was recorded on.
    default = {one.target: one.verdict for one in found if one.kind == "disk" and one.default}
    assert {default[target] for target in ("virtio-blk", "virtio-scsi", "nvme", "sata")} == {
        "boots"
    }


def test_reasons_that_stop_it_come_first() -> None:
    weights = [
        reason.weight
        for reason in on(
            "virtio-blk",
            machine("ext4", root="root=/dev/sda1", options="ro resume=/dev/sda5", fstab=None),
        ).reasons
    ]
    assert weights == sorted(weights, key=(STOPS, OPEN, WARNS).index)
    assert set(weights) == {STOPS, OPEN, WARNS}


def test_the_same_thing_is_said_once() -> None:
    inventory: Inventory = machine("ext4 jbd2 mbcache crc16")
    ids = [(reason.id, words(reason.says)) for reason in on("virtio-scsi", inventory).reasons]
    assert len(ids) == len(set(ids))
