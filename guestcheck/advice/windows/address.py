r"""In a Windows guest, addresses that stay with a card when that is another: how they are saved,
freed, and given to the new card.

What a release has: pnputil /remove-device is there from Windows 10 2004 (build 19041, so in Server
2022 and not in 2016 and 2019), Get-PnpDevice from Windows 10 and Server 2016, and Device Manager
shows cards that are not there without an environment variable from Windows 8 on (Microsoft:
"PnPUtil Command Syntax", "Viewing Hidden Devices"). netsh's words are the same in all of them.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Tuple, Union

from guestcheck.advice.windows.commands import build_of, hidden_cards
from guestcheck.model.action import WindowsGhostAddress, WindowsKeepAddress
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory
from guestcheck.model.windows import WINDOWS_8

_WHERE = "in the Windows guest"
REMOVES_DEVICES = 19041
# They stand between double quotes: nothing in them ends these or means anything to cmd or
# PowerShell there.
_INSTANCE = re.compile(
    r"(?:PCI|VMBUS|XENVIF|XEN)\\[A-Za-z0-9_&{}.-]{1,120}\\[A-Za-z0-9_&{}.-]{1,80}", re.IGNORECASE
)
_CONNECTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._#-]{0,62}[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_INTERFACES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces"
# Before Windows 8 Device Manager shows what is not there only with this in its environment; cmd's
# words, so that PowerShell takes them too.
_SHOWING = 'cmd /c "set devmgr_show_nonpresent_devices=1&& start devmgmt.msc"'
_LOCALLY = "Do it at the machine's console: a remote desktop ends when its card's address changes."


class _Removal(NamedTuple):
    text: str
    code: Tuple[str, ...]
    note: str


def windows_keep_address(about: WindowsKeepAddress, inventory: Inventory) -> Steps:
    """Word how a static address comes to the new card."""
    yield Step(
        _WHERE,
        "Before the move write the addresses down, and look that they are all in what was "
        "written: address, mask, gateway, DNS.",
        _SAVE,
        order=-1,
    )
    removal = remove_hidden(inventory, "")
    yield Step(
        _WHERE,
        f"After the move {removal.text}",
        removal.code,
        " ".join(
            word
            for word in (
                removal.note,
                "As long as the hidden card has the address, Windows warns when the new one "
                "is to have it.",
            )
            if word
        ),
        order=2,
    )
    yield Step(_WHERE, f"Give the address to the new card. {_LOCALLY}", _give(about), order=2)


def windows_ghost_address(about: WindowsGhostAddress, inventory: Inventory) -> Steps:
    """Word how an address is freed that a card keeps which is no longer there."""
    yield Step(
        _WHERE,
        "Take a snapshot, and save what is kept for the card that is gone: its address, mask, "
        "gateway and DNS go with it.",
        _SAVE,
        "The first file has those of hidden cards too, the second those of the cards that are "
        "there.",
        order=-2,
    )
    removal = remove_hidden(inventory, about.address)
    yield Step(
        _WHERE, removal.text[0].upper() + removal.text[1:], removal.code, removal.note, order=-2
    )
    if about.has_address:
        return
    yield Step(
        _WHERE,
        "If this address is still the guest's, and no other machine has it by now, give it "
        f"to the card that is there. {_LOCALLY}",
        _give(about),
    )


def remove_hidden(inventory: Inventory, instance: str) -> _Removal:
    """Return how this Windows removes a card that is not there: what to do (without a capital),
    commands, and a note.
    """
    build = build_of(inventory)
    named = instance if _INSTANCE.fullmatch(instance) else "INSTANCE-ID"
    remove = f'pnputil /remove-device "{named}"'
    manager = (
        "remove the old card in Device Manager: View, Show hidden devices; Network adapters; "
        "the pale "
        "one; Uninstall"
    )
    keep = "Do not let it delete the driver's software."
    if build is None:
        note = (
            f"Windows 7 shows it only with {_SHOWING}. Windows 10 2004, Server 2022 and newer "
            "need no "
            f"Device Manager: {remove} does it."
        )
        return _Removal(f"{manager}.", ("devmgmt.msc",), note)
    if build >= REMOVES_DEVICES:
        return _Removal(
            "remove the hidden old card; the first line shows which cards are not there.",
            (*hidden_cards(inventory), remove),
            "As administrator; no restart.",
        )
    if build >= WINDOWS_8:
        return _Removal(f"{manager}.", (*hidden_cards(inventory), "devmgmt.msc"), keep)
    return _Removal(
        f"{manager}. Only a Device Manager that is started so shows it.", (_SHOWING,), keep
    )


_SAVE = (f"reg export {_INTERFACES} C:\\addresses.reg", "ipconfig /all > C:\\addresses.txt")


def _give(about: Union[WindowsKeepAddress, WindowsGhostAddress]) -> Tuple[str, ...]:
    card = about.card
    name = card if _CONNECTION.fullmatch(card) else "NEW CARD"
    gateways = (about.gateway,) if about.gateway else ()
    addresses, masks, gateway, dns = map(
        _addresses, (about.static, about.masks, gateways, about.dns)
    )
    if not masks:  # not read: then neither were the others
        gateway, dns = ["GATEWAY"], ["DNS"]
    pairs = [*zip(addresses or ["ADDRESS"], masks or ["MASK"])]
    lines = [
        f'netsh interface ipv4 set address name="{name}" '
        f"static {' '.join((*pairs[0], *gateway[:1]))}"
    ]
    lines += [
        f'netsh interface ipv4 add address name="{name}" {address} {mask}'
        for address, mask in pairs[1:3]
    ]
    lines += [
        f'netsh interface ipv4 set dnsservers name="{name}" static {server} primary'
        for server in dns[:1]
    ]
    lines += [f'netsh interface ipv4 add dnsservers name="{name}" {server}' for server in dns[1:3]]
    return tuple(lines)


def _addresses(words: Tuple[str, ...]) -> List[str]:
    """Return addresses, none of them where one is something else."""
    return list(words) if all(_ADDRESS.fullmatch(word) for word in words) else []
