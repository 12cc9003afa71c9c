"""Held true of each plan: what is kept and shut down before the first change, what is started after
the last, and that no data is lost.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import pytest

from guestcheck.model.advice import Step
from guestcheck.model.device import EMULATED, Disk, Inventory, Verdict, Virtio
from guestcheck.model.windows import Windows
from tests.advice import acts
from tests.advice.test_places import FULL, variants, wordings


class Way(NamedTuple):
    """How a place says that a machine is off, changed, and on again: patterns of its lines, or of
    its sentences.
    """

    off: str
    change: str
    on: str


WAYS = {
    "proxmox": Way(r"qm shutdown", r"qm set", r"qm start"),
    "libvirt": Way(
        r"domstate VM \| grep -q 'shut off'", r"virt-xml|virsh (attach|define|edit)", r"virsh start"
    ),
    "qemu": Way(r"shut the guest down", r"^-", r"Start QEMU again"),
    "OpenStack": Way(
        r"grep -x SHUTOFF", r"server (remove|add) (volume|port)", r"server (create|start)"
    ),
    "OpenStack, as operator": Way(
        r"grep -x SHUTOFF", r"image_property set|UPDATE", r"reboot --hard"
    ),
    "aws": Way(r"wait instance-stopped", r"modify-instance", r"start-instances"),
    "azure": Way(r"vm deallocate", r"az (disk|vm|network nic) update", r"az vm start"),
    "gcp": Way(r"instances stop", r"images create", r"instances create"),
    "vmware": Way(r"PoweredOff", r"Set-|Remove-|New-HardDisk|\.present", r"Start-VM"),
    "virtualbox": Way(
        r"grep VMState", r"storagectl VM|--type hdd|--medium none|modifyvm", r"startvm"
    ),
    "nutanix": Way(r"vm\.shutdown", r"vm\.(disk|nic)_|update_boot", r"acli vm\.on"),
    "hyperv": Way(
        r"Stop-VM",
        r"(Add|Remove|Set)-VM(Hard|Scsi)|(Add|Remove)-VMNet|-Path DISK\.vhdx",
        r"Start-VM",
    ),
    "kubevirt": Way(r"--for=delete vmi", r"kubectl edit", r"virtctl start"),
    "xen": Way(r"shutdown -w", r"^(disk|vif|hdtype|xen_platform_pci) =", r"xl create DOMAIN\.cfg"),
    "ovirt": Way(
        r"[Ss]hut the VM down",
        r"[Cc]hoose the (type|interface)|tick Enable Discard|Multi Queues",
        r"Run the VM",
    ),
    "other": Way(r"Shut the VM down", r"change the (bus|model)", r"and start"),
}
# What takes something away, or writes over it; the step itself has to say what becomes of the data.
TAKES_AWAY = re.compile(
    r"--delete|Remove-|disk_delete|nic_delete|--medium none|remove (port|volume)|UPDATE "
)
SAYS = re.compile(
    r"[Nn]ever|stays|stay as|deletes it|is deleted|leaves the file|others stay|the way "
    r"back|are the|create it with|If another disk|Detach and attach"
)
ERASES = re.compile(
    r"rebuild|server delete|volume "
    r"delete|-DeletePermanently|unused0|destroy|--wipe|--remove-all-storage|undefine|"
    r"unregistervm|lvremove|\brm\b"
)
# Places of devices that only the machine's definition tells; names that QEMU's own lines give are
# none.
SLOTS = re.compile(
    r"\b(?:ide|sata|scsi|virtio|net|nvme)\d\b|\b(?:ide|sata|scsi)[.-]\d|Hard disk "
    r"\d|ethernet\d|nictype\d|ControllerLocation \d|storagectl (?:IDE|SATA|SCSI)\b"
)
MILD = (
    "change-nic",
    "add-queues",
    "use-queues",
    "enable-discard",
    "run-agent",
    "modern-virtio",
    "fix-flush",
)
HOSTS = sorted(
    {(place, action) for place, action, _ in wordings()}
    - {(place, action) for place, action, _ in wordings() if place in ("guest", "windows")}
)
MMIO = Virtio("modern", True, (), (), transport="mmio")
LSI = Verdict("lsi", EMULATED)


def guests(make: Callable[..., Inventory]) -> Iterator[Inventory]:
    """Yield guests in which wordings go other ways: plain, with a boot disk on emulated SCSI,
    without PCI.
    """
    yield make()
    yield make()._replace(
        disks=(Disk("sda", Verdict("sata", EMULATED)), Disk("sdb", LSI, roles=("root",)))
    )
    yield make(pci=())._replace(
        disks=(Disk("vda", Verdict("virtio-blk", "paravirtual"), virtio=MMIO),)
    )


def plans(
    place: str, action: str, make: Callable[..., Inventory]
) -> Iterator[Tuple[Dict[str, Any], Tuple[Step, ...]]]:
    """Yield each plan that a place has for an action: its steps in a row of one `where`."""
    seen = set()
    for guest in guests(make):
        for about in [{}, *variants(FULL)]:
            for _, steps in groupby(
                acts.say(place, action, about, guest), key=lambda step: step.where
            ):
                plan = tuple(steps)
                if plan not in seen:
                    seen.add(plan)
                    yield about, plan


def lines(plan: Tuple[Step, ...]) -> List[str]:
    return [line for step in plan for line in (step.text, *step.code)]


def way(place: str, plan: Tuple[Step, ...]) -> Way:
    return WAYS[plan[0].where if place == "openstack" else place]


Every = pytest.mark.parametrize(("place", "action"), HOSTS)


@Every
def test_a_machine_is_off_from_before_the_first_change_until_after_the_last(
    place: str, action: str, inventory: Any
) -> None:
    for about, plan in plans(place, action, inventory):
        told = lines(plan)
        known = way(place, plan)
        changes = [number for number, line in enumerate(told) if re.search(known.change, line)]
        if not changes or (place, action) == (
            "virtualbox",
            "run-agent",
        ):  # a CD goes into a drive while the VM runs
            continue
        off = [number for number, line in enumerate(told) if re.search(known.off, line)]
        on = [number for number, line in enumerate(told) if re.search(known.on, line)]
        assert off, (about, told)
        assert off[0] <= changes[0], (about, told)
        assert on, (about, told)
        assert on[-1] >= changes[-1], (about, told)


@Every
def test_a_way_back_is_kept_before_and_said_at_the_end(
    place: str, action: str, inventory: Any
) -> None:
    for about, plan in plans(place, action, inventory):
        known = way(place, plan)
        if not any(re.search(known.change, line) for line in lines(plan)) or (place, action) == (
            "virtualbox",
            "run-agent",
        ):
            continue
        if place in ("gcp", "other"):  # the old instance stays; a single step says all
            assert "way back" in plan[0].text, about
            continue
        first = next(
            number
            for number, step in enumerate(plan)
            if any(re.search(known.change, line) for line in (step.text, *step.code))
        )
        assert any("way back" in step.text for step in plan[: first + 1]), (about, plan[0])


@Every
def test_a_snapshot_that_is_reverted_is_not_the_only_word(
    place: str, action: str, inventory: Any
) -> None:
    """What takes a device away says in the same step what becomes of it."""
    for about, plan in plans(place, action, inventory):
        for step in plan:
            if any(TAKES_AWAY.search(line) for line in step.code):
                assert SAYS.search(f"{step.text} {step.note}"), (about, step)


@Every
def test_nothing_erases(place: str, action: str, inventory: Any) -> None:
    for about, plan in plans(place, action, inventory):
        for step in plan:
            assert not any(ERASES.search(line) for line in step.code), (about, step)
            assert "rebuild" not in f"{step.text} {step.note}", (about, step)
            if action in MILD:
                assert not re.search(
                    r"disk_delete|Remove-HardDisk|server create|qm set VMID --delete",
                    "\n".join(step.code),
                ), (about, step)


@Every
def test_no_slot_is_named_that_was_not_seen(place: str, action: str, inventory: Any) -> None:
    for about, plan in plans(place, action, inventory):
        for step in plan:
            for line in (step.text, step.note, *step.code):
                allowed = line
                for own in (
                    ("unused0",)
                    if place != "qemu"
                    else ("id=scsi0", "bus=scsi0.0", "id=net0", "netdev=net0")
                ):
                    allowed = allowed.replace(own, "")
                if place == "xen":  # xl.cfg's own default for the kind of bus is no place
                    allowed = allowed.replace('hdtype = "ide"', "")
                assert not SLOTS.search(allowed), (about, line)
            if any(re.search(r"\bSLOT\b", line) for line in step.code):
                assert any("SLOT" in f"{one.text} {one.note}" for one in plan), (about, step)


def test_windows_on_emulated_scsi_keeps_its_controller_until_its_driver_starts_at_boot(
    inventory: Any,
) -> None:
    guest = inventory(windows=Windows())
    for ready in (False, True):
        steps = acts.say("proxmox", "move-disk", {**FULL, "bus": "scsi", "ready": ready}, guest)
        assert any("--scsihw" in line for step in steps for line in step.code) == ready


@pytest.mark.parametrize("bus", ["ide", "sata", "ata", "", "usb", "sd-card"])
@pytest.mark.parametrize("place", ["proxmox", "libvirt", "virtualbox", "nutanix", "vmware"])
def test_a_disk_that_is_not_scsi_moves_alike(place: str, bus: str, inventory: Any) -> None:
    """Whether an ATA disk is IDE or SATA is not known: the steps have to hold for both."""
    steps = acts.say(place, "move-disk", {**FULL, "bus": bus}, inventory())
    assert steps == acts.say(place, "move-disk", {**FULL, "bus": "sata"}, inventory())


@pytest.mark.parametrize(
    ("place", "action"),
    [("proxmox", "move-disk"), ("proxmox", "windows-drivers"), ("proxmox", "spread-disks")],
)
def test_a_controller_on_which_a_disk_hangs_is_left(
    place: str, action: str, inventory: Any
) -> None:
    guest = list(guests(inventory))[1]
    told = [
        line
        for step in acts.say(place, action, {**FULL, "to": "virtio-scsi"}, guest)
        for line in step.code
    ]
    assert not [line for line in told if "--scsihw" in line]
