"""Network cards: what each is, what is built on it, and which interfaces are software and never
judged.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from guestcheck.catalogue.buses import ADDRESSED
from guestcheck.catalogue.virtio import PCI_DRIVERS
from guestcheck.classify.bus import function_of, judge_chain, on_function, virtio_of
from guestcheck.classify.index import Context
from guestcheck.classify.pci import is_network, judge_function, kind_in, modules_for
from guestcheck.classify.virtio import describe
from guestcheck.model.device import PARAVIRTUAL, PHYSICAL, UNKNOWN, Ignored, Nic, Verdict
from guestcheck.model.guard import each
from guestcheck.model.guest import Hint, Link, NetInterface, PciFunction

_WORDS = {
    "loopback": "the guest's own loopback",
    "bridge": "bridge, made by this guest",
    "bond": "bond, made by this guest",
    "vlan": "VLAN, made by this guest",
    "tun": "tunnel, made by this guest",
}


def classify_nics(context: Context) -> Tuple[Optional[Tuple[Nic, ...]], Tuple[Ignored, ...]]:
    """Return the network cards and what was left out; cards known by address alone have no name."""
    interfaces = context.guest.nics
    nics: List[Nic] = []
    ignored: List[Ignored] = []
    by_name = {one.name: one for one in interfaces or ()}
    above = _above(interfaces or ())
    for one in interfaces or ():
        if one.type == "hardware":
            nics += each(
                "classify",
                (one,),
                lambda card: _nic(card, by_name, above, context),
                lambda card: card.name,
            )
        else:
            says = _WORDS.get(one.type, "software, made by this guest")
            on = [name for name in one.lower if name]
            ignored.append(
                Ignored(one.name, one.type, says + (f", on {', '.join(on)}" if on else ""))
            )
    used = {nic.address for nic in nics}
    # An RDMA or multi-port card may have interfaces on other functions; only exact addresses are
    # compared so far.
    free = [
        function
        for function in context.guest.pci or ()
        if is_network(function) and function.address not in used
    ]
    nics += each(
        "classify",
        free,
        lambda function: _unnamed(function, context),
        lambda function: function.address,
    )
    if interfaces is None and not nics and context.guest.pci is None:
        return None, tuple(ignored)
    return tuple(nics), tuple(ignored)


def _nic(
    one: NetInterface,
    by_name: Dict[str, NetInterface],
    above: Dict[str, List[NetInterface]],
    context: Context,
) -> Nic:
    function = function_of(one.chain, context) or _by_bus_info(one, context)
    device = virtio_of(one.chain, context)
    verdict = judge_chain(one.chain, context, "nic") if one.chain else None
    if verdict is None and function is not None:
        verdict = judge_function(function, context)
    if verdict is None or (
        verdict.kind == UNKNOWN and one.driver and function is not None and not function.device
    ):
        verdict = _by_driver(one, context)
    told = (
        Hint(one.driver_source, f"driver {one.driver}")
        if one.driver and one.driver_source.startswith("ethtool")
        else None
    )
    runs = Hint("driver version", one.driver_says) if one.driver_says else None
    return Nic(
        name=one.name,
        verdict=verdict._replace(
            evidence=tuple(
                dict.fromkeys((*verdict.evidence, *(hint for hint in (told, runs) if hint)))
            )
        ),
        driver=one.driver,
        address=function.address
        if function
        else device.parent_name
        if device
        else _bus_address(one),
        mac=one.mac,
        state=one.state,
        queues=one.queues,
        max_queues=one.max_queues,
        carries=_carries(one.name, above),
        addresses=one.addresses,
        pair=_pair(one, by_name, above),
        virtio=describe(device, function if device and device.parent == "pci" else None)
        if device
        else None,
        controller=(function.device_name if function else "") or verdict.name,
        speed=one.speed,
    )


def _by_bus_info(one: NetInterface, context: Context) -> Optional[PciFunction]:
    return context.functions.get(one.bus_info) or context.functions.get("0000:" + one.bus_info)


def _bus_address(one: NetInterface) -> str:
    for link in one.chain:
        if link.subsystem in ADDRESSED:
            return link.name
    return one.bus_info


def _by_driver(one: NetInterface, context: Context) -> Verdict:
    """Judge by the driver alone, as where only ethtool -i is to be had."""
    settle = f"ls -l /sys/class/net/{one.name}/device, or lspci -nnk"
    if not one.name or one.name.startswith("("):  # pasted without the command before it
        settle = (
            f"lspci -nnk -s {one.bus_info}"
            if one.bus_info
            else "lspci -nnk, or whose driver this is: ethtool -i with the interface's name"
        )
    hint = Hint(
        one.driver_source or "driver",
        f"driver {one.driver}" if one.driver else "no driver is known",
    )
    rows = context.catalogue.drivers.get(one.driver.replace("-", "_"), [])
    interfaces = {row.interface for row in rows}
    if len(interfaces) == 1 and all(row.kind == PARAVIRTUAL and not row.kind_by for row in rows):
        return Verdict(rows[0].interface, PARAVIRTUAL, (hint,), "", rows[0].name)
    if len(interfaces) == 1 and context.hypervisor is not None:
        kinds = {kind_in(row, None, context)[0] for row in rows if row.decides}
        if len(kinds) == 1 and UNKNOWN not in kinds:
            return Verdict(rows[0].interface, kinds.pop(), (hint,), "", rows[0].name)
    interface = rows[0].interface if len(interfaces) == 1 else ""
    if context.hypervisor == "none":
        return Verdict(interface, PHYSICAL, (hint, Hint("hypervisor", "none was found")))
    return Verdict(interface, UNKNOWN, (hint,), settle)


def _above(interfaces: Tuple[NetInterface, ...]) -> Dict[str, List[NetInterface]]:
    """Return the software that is built on each interface, and under "=NAME" the cards whose master
    is NAME.
    """
    found: Dict[str, List[NetInterface]] = {}
    for one in interfaces:
        if one.type != "hardware":
            for lower in dict.fromkeys(one.lower):
                found.setdefault(lower, []).append(one)
        elif one.master:
            found.setdefault(f"={one.master}", []).append(one)
    return found


def _carries(name: str, above: Dict[str, List[NetInterface]]) -> Tuple[str, ...]:
    """Return the software built on a card, nearest first: "bond0 (bond)", "br0 (bridge)"."""
    found: Dict[str, None] = {}
    layer = [name]
    while layer:
        upper = {
            one.name: one
            for lower in layer
            for one in above.get(lower, ())
            if f"{one.name} ({one.type})" not in found
        }
        layer = list(upper)
        found.update((f"{one.name} ({one.type})", None) for one in upper.values())
    return tuple(found)


def _pair(
    one: NetInterface, by_name: Dict[str, NetInterface], above: Dict[str, List[NetInterface]]
) -> str:
    """Return the card that this one works with as a pair: netvsc with its VF, net_failover with its
    standby and primary.
    """
    master = by_name.get(one.master)
    if master and master.type == "hardware":
        return master.name
    slaves = above.get(f"={one.name}", ())
    return slaves[0].name if slaves and one.type == "hardware" else ""


def _unnamed(function: PciFunction, context: Context) -> Nic:
    verdict = judge_function(function, context)
    driver = function.driver or ""
    device = on_function(function, context)
    if driver in PCI_DRIVERS:
        driver = (device.driver or "") if device else ""
    described = describe(device, function) if device or function.vendor == "1af4" else None
    return Nic(
        "",
        verdict,
        driver=driver,
        address=function.address,
        virtio=described,
        controller=function.device_name or verdict.name,
        modules=modules_for(function, context),
    )


def chain_driver(chain: Tuple[Link, ...]) -> str:
    """Return the driver nearest to the card."""
    return next((link.driver for link in chain if link.driver), "")
