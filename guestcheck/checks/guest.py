"""The guest as a whole: what it runs on, and whether host and guest can talk."""

from __future__ import annotations

import re

from guestcheck.catalogue.families import WORDING
from guestcheck.checks.support import is_machine, need, only
from guestcheck.model.action import BindDriver, RunAgent, Settle
from guestcheck.model.check import NOTE, PASS, SKIP, UNKNOWN, WARN, Finding, Findings
from guestcheck.model.device import Inventory
from guestcheck.model.family import WINDOWS
from guestcheck.model.guest import Hint

# The agent that each hypervisor's tools talk to, and the one that a cloud adds.
_AGENTS = {
    "kvm": "qemu-ga",
    "qemu": "qemu-ga",
    "vmware": "open-vm-tools",
    "microsoft": "hyperv-daemons",
    "xen": "xe-guest-utilities",
    "oracle": "virtualbox-guest-utils",
}
_CLOUD_AGENTS = {"azure": "waagent", "gce": "google-guest-agent"}
# Machine monitors without an agent of their own.
_NO_AGENT = ("ec2", "firecracker", "cloud-hypervisor", "crosvm")


def hypervisor_unknown(inventory: Inventory) -> Findings:
    """What this guest runs on could not be told.

    Why: Some devices are emulated under one hypervisor and paravirtual under another, and each has
    its own remedy.

    Fix: Run guestcheck inside the guest, where the processor and DMI can be asked, or add the
    output of systemd-detect-virt --vm.

    See: systemd-detect-virt(1).
    """
    evidence = inventory.hypervisor_evidence
    if inventory.hypervisor is None:
        yield Finding(
            UNKNOWN,
            "guest",
            "which hypervisor this is, if any, is not known",
            evidence,
            (Settle(),),
        )
    elif inventory.hypervisor == "vm-other" and "unknown" in inventory.hypervisor_name:
        yield Finding(
            NOTE,
            "guest",
            "this is a virtual machine, and which hypervisor it runs on is not known",
            evidence,
            (Settle(),),
        )
    elif inventory.hypervisor == "vm-other":
        yield Finding(
            NOTE, "guest", "this is a virtual machine, and the hypervisor gives no name", evidence
        )
    else:
        yield Finding(PASS, "guest", f"the hypervisor is {inventory.hypervisor_name}", evidence)


def clues_disagree(inventory: Inventory) -> Findings:
    """Clues to the hypervisor disagree.

    Why: One hypervisor may run inside another, or show itself as another to please some guests. The
    verdicts follow the first clue.

    Fix: Look at the machine's definition on the host.

    See: the guest's part of the report, which names every clue.
    """
    if inventory.disagreements:
        said = "; ".join(f"{hint.source} says {hint.says}" for hint in inventory.disagreements)
        yield Finding(
            NOTE,
            "guest",
            f"taken for {'no virtual machine' if is_machine(inventory) else inventory.hypervisor_name}, "
            f"but {said}",
            (*inventory.hypervisor_evidence, *inventory.disagreements),
        )
    else:
        yield Finding(
            PASS,
            "guest",
            "no clue to the hypervisor contradicts another",
            inventory.hypervisor_evidence,
        )


def agent_missing(inventory: Inventory) -> Findings:
    """The guest agent is missing or does not run.

    Why: Without it the host cannot freeze file systems for a consistent snapshot, learn the guest's
    addresses, or shut it down cleanly on every platform.

    Fix: Install and start it; on KVM the machine needs its channel too.

    See: QEMU guest agent protocol reference; open-vm-tools; Hyper-V integration services.
    """
    if is_machine(inventory) or inventory.hypervisor is None:
        yield Finding(SKIP, "guest", "no hypervisor is known whose agent could be missing")
        return
    name = _CLOUD_AGENTS.get(inventory.platform or "", _AGENTS.get(inventory.hypervisor, ""))
    if not name or inventory.platform in _NO_AGENT:
        yield Finding(SKIP, "guest", "this platform has no guest agent that guestcheck knows")
        return
    agents = {
        agent.name: agent for agent in need(inventory.guest.agents, "which agents are installed")
    }
    agent = agents.get(name)
    wording = WORDING[inventory.family]
    called = wording.agent_names.get(name, name)
    channel = inventory.guest.agent_channel if name == "qemu-ga" else None
    action = RunAgent(name, bool(agent and agent.installed), channel)
    hints = [
        Hint(
            agent.source if agent else wording.agents,
            f"{called} is {'there' if agent else 'not there'}",
        )
    ]
    if channel is not None:
        hints.append(
            Hint(
                "/sys/class/virtio-ports",
                f"the agent's channel is {'there' if channel else 'not there'}",
            )
        )
    if agent is None:
        yield Finding(
            NOTE,
            "guest",
            f"the guest agent ({called}) is not installed",
            tuple(hints),
            (action,),
        )
    elif channel is False:
        yield Finding(
            NOTE,
            "guest",
            f"{called} is installed, but the machine has no channel for it",
            tuple(hints),
            (action,),
        )
    elif agent.running is False:
        yield Finding(
            NOTE,
            "guest",
            f"{called} is installed and does not run",
            tuple(hints),
            (action,),
        )
    else:
        state = "runs" if agent.running else "is installed"
        yield Finding(PASS, "guest", f"{called} {state}", tuple(hints))


@only(WINDOWS, "only Windows tells problems of devices so")
def device_problem(inventory: Inventory) -> Findings:
    """Windows has a problem with a device of the hypervisor's.

    Why: Windows' Device Manager marks a device that it has no driver for (code 28) or that does not
    start (10, 31, 39, 52 and others). Until it works the guest goes without it: the balloon, the
    agent's channel, or a disk or card of which another check tells.

    Fix: Install the driver for its hardware id; for virtio devices the guest tools of virtio-win
    hold all of them.

    See: Microsoft, "Error codes in Device Manager in Windows".
    """
    problems = inventory.guest.problems
    told = {
        function.address
        for function in inventory.guest.pci or ()
        if function.driver == "" and _is_told(function.class_id)
    }
    seen = False
    for problem in need(problems, "which devices have problems"):
        pci = problem.hardware[0] if problem.hardware else problem.id
        if not _is_virtual(problem.id) or (problem.code == _NO_DRIVER and problem.id in told):
            continue
        seen = True
        what = (
            "has no driver"
            if problem.code == _NO_DRIVER
            else f"does not work (code {problem.code})"
        )
        hint = Hint("Device Manager", f"code {problem.code}: {pci}")
        # A disk's controller or a card that does not work is more than a device that the guest does
        # without; who disabled it meant to.
        grave = problem.code not in (_NO_DRIVER, _DISABLED) and any(
            map(_DISK_OR_CARD.search, (problem.id.upper(), *map(str.upper, problem.hardware)))
        )
        yield Finding(
            WARN if grave else NOTE,
            problem.id,
            f"{problem.name or 'a device'} {what}",
            (hint,),
            (BindDriver(problem.id, code=problem.code),),
        )
    if not seen:
        yield Finding(
            PASS, "guest", "Windows has no problem with another device of the hypervisor's"
        )


_NO_DRIVER = 28
_DISABLED = 22
_DISK_OR_CARD = re.compile(r"VEN_1AF4&DEV_(?:100[014]|104[128])|&CC_0[12]")
_VIRTUAL = (
    "PCI\\VEN_1AF4&",
    "PCI\\VEN_15AD&",
    "PCI\\VEN_5853&",
    "PCI\\VEN_80EE&",
    "PCI\\VEN_1D0F&",
    "VMBUS\\",
    "XENBUS\\",
    "XENVIF\\",
    "XENVBD\\",
)


def _is_virtual(identity: str) -> bool:
    return identity.upper().startswith(_VIRTUAL)


def _is_told(class_id: str) -> bool:
    """Tell whether a device is a disk's controller or a network card, whose lack of a driver other checks tell."""
    return class_id.startswith(("01", "02"))
