"""Does what configures a NIC start at boot, and does it take this NIC: units that are enabled, and
NetworkManager's lists of devices.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from guestcheck.catalogue.managers import STARTED
from guestcheck.model.guest import Guest
from guestcheck.model.guest_config import (
    DISABLED,
    ENABLED,
    MASKED,
    MISSING,
    Binding,
    Manager,
    Managers,
    Network,
)
from guestcheck.model.hint import Hint
from guestcheck.readiness.linux.nic_names import Name, all_of, any_of, name_holds

_NAMES = {
    "networkd": "systemd-networkd",
    "networkmanager": "NetworkManager",
    "network": "the service network",
    "netplan": "netplan",
}


class Start(NamedTuple):
    """Whether a manager starts at boot (None: not known), what it is called, and where that was
    seen.
    """

    runs: Optional[bool]
    name: str
    hint: Hint


def starts(one: Binding, guest: Guest) -> Start:
    """Tell whether what reads this piece of configuration starts at boot; where several programs
    read it, whether one does.
    """
    managers = guest.setup.managers
    known = {manager.name: manager for manager in managers.found} if managers else {}
    kind = one.renderer or ("networkd" if one.kind == "netplan" else one.kind)
    if one.kind == "ifcfg":
        return _best(
            [
                _started("network", known, guest),
                *(
                    []
                    if kind == "network" or _without_plugin(managers)
                    else [_started("networkmanager", known, guest)]
                ),
            ]
        )
    if one.kind == "openwrt":
        return _started("network", known, guest)
    if one.kind == "wicked":
        return _best([_started("wicked", known, guest), _started("network", known, guest)])
    found = _started(kind, known, guest)
    by_netplan = one.kind == "netplan" or (
        "/netplan" in one.line.file.replace("10-netplan", "/netplan")
        and one.line.file.startswith("/run/")
    )
    if not by_netplan:
        return found
    if managers and managers.netplan is False:
        return Start(False, "netplan", Hint("netplan", "is not installed"))
    if kind == "networkd" and managers and managers.netplan and found.runs is not None:
        # Its generator starts networkd, whether or not that is enabled.
        state = known["networkd"].state
        return found._replace(runs=state not in (MASKED, MISSING))
    return found


def _without_plugin(managers: Optional[Managers]) -> bool:
    return bool(managers and managers.ifcfg_plugin is False)


def _best(found: List[Start]) -> Start:
    for wanted in (True, None):
        for one in found:
            if one.runs is wanted:
                return one
    return found[0]


def _started(name: str, known: Dict[str, Manager], guest: Guest) -> Start:
    manager = known.get(name)
    shown = _NAMES.get(name, name)
    if manager is None or manager.state == "":
        hint = manager.hint if manager else Hint(shown, "whether it starts at boot was not asked")
        if (
            not any(one.state for one in known.values())
            and guest.setup.managers is not None
            and name in _usual(guest)
        ):
            return Start(
                True, shown, Hint("/etc/os-release", f"{guest.os_id}, which starts {shown}")
            )
        return Start(None, shown, hint)
    return Start(manager.state == ENABLED, shown, manager.hint)


def _usual(guest: Guest) -> Tuple[str, ...]:
    """Return what the distribution starts, where nothing else is known."""
    for id_ in (f"{guest.os_id} {guest.os_version.partition('.')[0]}", guest.os_id, *guest.os_like):
        if id_ in STARTED:
            return STARTED[id_]
    return ()


# The units that a kernel's command line may mask: systemd-debug-generator(8).
_UNITS = {
    "systemd-networkd.service": "networkd",
    "NetworkManager.service": "networkmanager",
    "networking.service": "ifupdown",
    "wicked.service": "wicked",
}


def masked_by(options: Sequence[str], source: str, guest: Guest) -> Guest:
    """Return the guest with the managers masked that systemd.mask= of the command line names."""
    words = [
        word.partition("=")[2].strip("\"'") for word in options if word.startswith("systemd.mask=")
    ]
    units = (word if "." in word else f"{word}.service" for word in words)
    masked = {_UNITS[unit] for unit in units if unit in _UNITS}
    managers = guest.setup.managers
    if not masked or managers is None:
        return guest
    hint = Hint(source, "systemd.mask=")
    found = tuple(
        one._replace(state=MASKED, hint=hint) if one.name in masked else one
        for one in managers.found
    )
    return guest._replace(setup=guest.setup._replace(managers=managers._replace(found=found)))


def why_not(start: Start, guest: Guest) -> str:
    """Return the end of a sentence: why a manager does not start."""
    managers = guest.setup.managers
    state = (
        next(
            (one.state for one in managers.found if _NAMES.get(one.name, one.name) == start.name),
            "",
        )
        if managers
        else ""
    )
    return {MASKED: "is masked", MISSING: "is not installed", DISABLED: "is not enabled"}.get(
        state, "is not installed"
    )


def restricted(bindings: Tuple[Binding, ...], managers: Optional[Managers]) -> List[Binding]:
    """Return the bindings as far as their managers are started for them: netctl@PROFILE, net.ens3,
    dhcpcd@ens3 start one each.
    """
    only = (
        {manager.name: manager.only for manager in managers.found if manager.only}
        if managers
        else {}
    )
    found: List[Binding] = []
    for one in bindings:
        words = only.get(one.kind, ())
        if not words:
            found.append(one)
        elif one.kind == "dhcpcd":
            found.append(one._replace(name=" ".join(words)) if not one.name else one)
        elif (one.line.file.rpartition("/")[2] if one.kind == "netctl" else one.name) in words:
            found.append(one)
    return found


class Device(NamedTuple):
    """A NIC as NetworkManager's lists match it; None and () where not known. `mac` is "" where it
    is not known, None where it is a new one.
    """

    name: Optional[Name]
    mac: Optional[str]
    drivers: Tuple[str, ...]


def is_managed(told: Network, device: Device) -> Optional[bool]:
    """Tell whether NetworkManager takes the NIC: keyfile.unmanaged-devices, then the [device]
    sections, of which later ones come first.
    """
    unmanaged = _listed(_joined(told, "unmanaged"), device)
    if unmanaged is not False:
        return None if unmanaged is None else False
    for one in reversed([one for one in told.lists if one.what in ("managed", "not-managed")]):
        hit = _listed([one.devices], device)
        if hit is not False:
            return None if hit is None else one.what == "managed"
    return True


def has_own_profile(told: Network, device: Device) -> Optional[bool]:
    """Tell whether NetworkManager would make a profile with DHCP for a NIC that has none: it does,
    unless no-auto-default has it.
    """
    listed = _listed(_joined(told, "no-auto-default"), device)
    return None if listed is None else not listed


def keeps_off(told: Network) -> Hint:
    """Return the last line that keeps NetworkManager from devices."""
    lines = [
        one.line.hint for one in told.lists if one.what.startswith(("unmanaged", "not-managed"))
    ]
    return lines[-1] if lines else Hint("NetworkManager.conf", "was not read")


def _joined(told: Network, what: str) -> List[str]:
    """Return the value that counts, and what is added to it; "-" takes away, which is not followed."""
    found: List[str] = []
    for one in told.lists:
        if one.what == what:
            found = [one.devices]
        elif one.what.startswith(what):
            found.append(one.devices if one.what.endswith("+") else "udev:")
    return found


def _listed(lists: List[str], device: Device) -> Optional[bool]:
    """Tell whether a device is in a list of NetworkManager.conf(5), "Device List Format"."""
    words = [word for text in lists for word in re.split(r"[;,\s]+", text) if word]
    if not words:
        return False
    but = any_of(_is_device(word[7:], device) for word in words if word.startswith("except:"))
    plain = [word for word in words if not word.startswith("except:")]
    hit = any_of(_is_device(word, device) for word in plain) if plain else True
    return all_of([hit, None if but is None else not but])


def _is_device(word: str, device: Device) -> Optional[bool]:
    if word == "*":
        return True
    key, mark, value = word.partition(":")
    if key == "type":
        return value == "ethernet"
    if key == "driver":
        return (
            any(driver == value.partition("/")[0] for driver in device.drivers)
            if device.drivers
            else None
        )
    if key in ("mac", "hwaddr") or re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", word):
        address = (value if key in ("mac", "hwaddr") else word).lower()
        return False if device.mac is None else device.mac == address if device.mac else None
    if key == "interface-name" or not mark:
        return (
            name_holds((value if mark else word).lstrip("=~"), device.name) if device.name else None
        )
    return None
