"""Network cards: are they the fast ones, and do they use what the hypervisor offers."""

from __future__ import annotations

from typing import List, Tuple

from guestcheck.catalogue.interfaces import VIRTIO_NET
from guestcheck.catalogue.virtio import PCI_DRIVERS
from guestcheck.checks.support import (
    best_words,
    counted,
    is_machine,
    need,
    nic_target,
    only,
    prepare,
    would_settle,
)
from guestcheck.model.action import (
    NIC,
    Action,
    AddQueues,
    BindDriver,
    ChangeNic,
    InstallDriver,
    ModernVirtio,
    Settle,
    UnplugEmulated,
    UseQueues,
    WindowsDrivers,
    WindowsGhostAddress,
)
from guestcheck.model.check import NOTE, PASS, SKIP, UNKNOWN, WARN, Finding, Findings
from guestcheck.model.device import EMULATED, Inventory, Nic
from guestcheck.model.device import UNKNOWN as UNKNOWN_KIND
from guestcheck.model.family import WINDOWS
from guestcheck.model.guest import Hint
from guestcheck.model.source import GUEST, TEXTS
from guestcheck.model.windows import Address, Windows

_MANY_CPUS = 4


def emulated(inventory: Inventory) -> Findings:
    """A network card is emulated.

    Why: The hypervisor imitates a real card register by register: every packet costs several stops
    of the guest. A paravirtual card moves several times as much for less processor time.

    Fix: Change the card's model in the machine's definition and keep its MAC address. Its name in
    the guest may change with its place on the bus: bind the network configuration to the MAC
    address first.

    See: virtio specification 1.2, section 5.1.
    """
    if is_machine(inventory):
        yield Finding(SKIP, "guest", "this is no virtual machine")
        return
    for nic in need(inventory.nics, "the network cards"):
        name = nic.name or nic.address
        verdict = nic.verdict
        if verdict.kind == EMULATED:
            yield _emulated(nic, inventory)
        elif verdict.kind == UNKNOWN_KIND:
            settle = (Settle(name, NIC if nic.name else "function"),) if verdict.settle else ()
            yield Finding(
                UNKNOWN,
                name,
                f"cannot tell what {name} is{would_settle(verdict)}",
                verdict.evidence,
                settle,
            )
        else:
            yield Finding(
                PASS, name, f"{name} is {verdict.kind} ({verdict.interface})", verdict.evidence
            )


def _emulated(nic: Nic, inventory: Inventory) -> Finding:
    target = nic_target(inventory)
    name = nic.name or nic.address
    actions: List[Action] = [
        action for action in prepare(inventory, target) if isinstance(action, InstallDriver)
    ]
    if inventory.hypervisor == "xen":
        actions.append(UnplugEmulated(name))
    actions.append(ChangeNic(nic.name, nic.mac, target))
    actions.append(WindowsDrivers(name, NIC, target))
    return Finding(
        WARN,
        name,
        f"{name} is emulated: {nic.verdict.interface}; {target} would be faster",
        nic.verdict.evidence,
        tuple(actions),
    )


def virtio_legacy(inventory: Inventory) -> Findings:
    """A virtio network card speaks the legacy protocol (virtio 0.9).

    Why: Without virtio 1.x a card has no IOMMU support and no packed rings, and new machine types
    offer it no longer. It works and is not slow.

    Fix: Offer the device as transitional or modern; guests with Linux 4.0 or newer speak it. Old
    guests need legacy.

    See: virtio specification 1.2, section 1.3 (legacy interface) and bit 32, VIRTIO_F_VERSION_1.
    """
    seen = False
    for nic in need(inventory.nics, "the network cards"):
        if nic.virtio is None or nic.virtio.version_1 is None:
            continue
        seen = True
        name = nic.name or nic.address
        hint = Hint(
            "virtio features",
            "bit 32 (VERSION_1) is " + ("set" if nic.virtio.version_1 else "not set"),
        )
        if nic.virtio.version_1:
            yield Finding(PASS, name, f"{name} speaks virtio 1.x", (hint,))
        else:
            yield Finding(
                NOTE,
                name,
                f"{name} speaks legacy virtio (0.9)",
                (hint,),
                (ModernVirtio(name, nic.verdict.interface, nic.mac),),
            )
    if not seen:
        yield Finding(SKIP, "guest", "there is no virtio network card in use")


def single_queue(inventory: Inventory) -> Findings:
    """A virtio network card uses one pair of queues for many processors.

    Why: All packets pass through one queue, and its interrupt lands on one processor. Above a few
    hundred thousand packets a second that processor is the limit.

    Fix: Give the card several queues in the machine's definition (with vhost), and use them in the
    guest: `ethtool -L`.

    See: virtio specification 1.2, bit 22, VIRTIO_NET_F_MQ; ethtool(8).
    """
    cpus = inventory.guest.cpus
    if cpus is None:
        need(cpus, "the number of processors")
        return
    seen = False
    for nic in need(inventory.nics, "the network cards"):
        if nic.verdict.interface != VIRTIO_NET or nic.queues is None:
            continue
        seen = True
        yield _queues(nic, cpus)
    if not seen:
        yield Finding(SKIP, "guest", "there is no virtio network card in use")


def _queues(nic: Nic, cpus: int) -> Finding:
    queues, most = nic.queues or 0, nic.max_queues
    hint = Hint(
        f"/sys/class/net/{nic.name}/queues, ethtool -l",
        f"{queues} in use, {most if most else 'unknown'} possible, {counted(cpus, 'vCPU')}",
    )
    if queues == 1 and most is not None and most > 1 and cpus > 1:
        return Finding(
            NOTE,
            nic.name,
            f"{nic.name} uses 1 of {most} queues",
            (hint,),
            (UseQueues(nic.name, min(most, cpus)),),
        )
    if queues == 1 and cpus >= _MANY_CPUS:
        return Finding(
            NOTE,
            nic.name,
            f"{nic.name} has 1 queue for {cpus} vCPUs",
            (hint,),
            (AddQueues(nic.name, NIC, VIRTIO_NET, cpus, nic.mac),),
        )
    return Finding(
        PASS,
        nic.name,
        f"{nic.name} has {counted(queues, 'queue')} for {counted(cpus, 'vCPU')}",
        (hint,),
    )


def driver_missing(inventory: Inventory) -> Findings:
    """A network card has no driver bound.

    Why: The card is there and the guest cannot use it; were it the only one, the guest would have
    no network.

    Fix: Load the module, or install a kernel that has it. In Windows install the driver's package.

    See: `lspci -nnk`, line "Kernel driver in use"; Windows' Device Manager, code 28.
    """
    functions = {function.address: function for function in inventory.guest.pci or ()}
    # Who pastes lspci tells of cards and of no interface; that there is none only a list of all of
    # them shows.
    listed = inventory.guest.origin == GUEST or (
        inventory.guest.nics is not None and inventory.guest.origin != TEXTS
    )
    for nic in need(inventory.nics, "the network cards"):
        name = nic.name or nic.address
        function = functions.get(nic.address)
        if nic.name or function is None or function.driver is None:
            continue
        if (
            function.driver in PCI_DRIVERS
            and not nic.driver
            and (not listed or inventory.guest.virtio is None)
        ):
            continue  # what serves the device behind the transport is not to be seen in lspci
        if nic.driver and not listed:
            yield Finding(PASS, name, f"{name} is driven by {nic.driver}", nic.verdict.evidence)
            continue
        if nic.driver:
            yield Finding(
                NOTE,
                name,
                f"{name} is driven by {nic.driver} and has no interface",
                nic.verdict.evidence,
            )
            continue
        yield Finding(
            WARN,
            name,
            f"{nic.controller or 'network card'} at {name} has no driver",
            nic.verdict.evidence,
            (BindDriver(nic.address, nic.modules[0] if nic.modules else ""),),
        )
    if all(nic.name for nic in inventory.nics or ()):
        yield Finding(PASS, "guest", "every network card has a driver")


@only(WINDOWS, "only Windows keeps addresses for cards that are gone")
def ghost_address(inventory: Inventory) -> Findings:
    """Windows keeps a static address for a network card that is no longer there.

    Why: To Windows a card of another model, or in another slot, is another card. The address that
    somebody gave the old one stays with that, hidden: the new card asks DHCP, or Windows warns that
    the address belongs to a hidden adapter when it is given once more. If the old card comes back,
    both have it.

    Fix: Save the settings, remove the hidden card (Device Manager: View, Show hidden devices), and
    give the address to the card that is there.

    See: Microsoft, "Viewing Hidden Devices" and "PnPUtil Command Syntax". Only IPv4 addresses are
    looked at.
    """
    addresses = (inventory.guest.windows or Windows()).addresses
    if is_machine(inventory):  # whose dock or cable may be back tomorrow
        yield Finding(SKIP, "guest", "this is no virtual machine")
        return
    if addresses is None:
        yield Finding(SKIP, "guest", "which addresses Windows keeps was not read")
        return
    ghosts = [one for one in addresses if one.ghost]
    kept = [one for one in ghosts if one.static]
    unseen = [one for one in addresses if one.static and one.present is None]
    for one in kept:
        yield _ghost(one, inventory, addresses)
    if not kept and unseen:
        yield Finding(SKIP, "guest", f"whether the card of {unseen[0].name} is there was not read")
    elif not kept:
        without = (
            f"; {counted(len(ghosts), 'card')} that {'is' if len(ghosts) == 1 else 'are'} "
            "gone had none"
            if ghosts
            else ""
        )
        yield Finding(PASS, "guest", f"no card that is gone keeps a static address{without}")


def _ghost(one: Address, inventory: Inventory, kept: Tuple[Address, ...]) -> Finding:
    there = [other for other in kept if other.present]
    having = [
        nic.name or nic.address
        for nic in inventory.nics or ()
        if set(one.addresses) <= set(nic.addresses)
    ]
    having += [
        other.name
        for other in there
        if other.static and set(one.addresses) <= set(other.addresses) and other.name not in having
    ]
    # Told by all that are there: one whose settings were not read may have the address.
    asking = (
        bool(there)
        and not any(other.static for other in there)
        and all(other.present is not None for other in kept if not other.ghost)
    )
    said = (
        f"{one.name} is a card that is no longer there, and keeps the static "
        f"address {', '.join(one.addresses)}"
    )
    if having:
        said += f"; {having[0]} has it too"
    elif asking:
        said += (
            f"; {there[0].name} asks DHCP"
            if len(there) == 1
            else "; the cards that are there ask DHCP"
        )
    hints = (
        Hint(
            f"Tcpip\\Parameters\\Interfaces\\{one.interface}",
            best_words(("EnableDHCP = 0", f"IPAddress = {' '.join(one.addresses)}")),
        ),
        Hint("Win32_PnPEntity", f"{one.instance} is not there"),
    )
    action = WindowsGhostAddress(
        one.instance,
        bool(having),
        one.addresses,
        one.masks,
        one.gateway,
        one.dns,
        there[0].name if len(there) == 1 else "",
    )
    return Finding(
        WARN if asking and not having else NOTE,
        one.name,
        said,
        hints,
        (action,),
    )
