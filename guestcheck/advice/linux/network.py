"""In the guest, before its NIC is changed: its configuration is bound to the NIC itself, in the
form of the tool that reads it.

Forms are those of netplan(5), nmcli(1), nm-settings-keyfile(5), systemd.network(5),
systemd.link(5), interfaces(5), ifcfg files (/usr/share/doc/initscripts) and udev(7).
"""

from __future__ import annotations

import re
from typing import Callable, Dict, NamedTuple, Optional, Tuple, Union

from guestcheck.advice._quoting import mac, tokens
from guestcheck.advice.linux import edits
from guestcheck.model.action import (
    BY_DRIVER,
    BY_MAC,
    BindNic,
    ManageNic,
    OrderNetworks,
    PinNic,
)
from guestcheck.model.advice import Step, Steps
from guestcheck.model.device import Inventory

_WHERE = "in the guest"
_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/._@:+-]{0,200}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,14}")
_PIN = re.compile(r"[a-z][a-z0-9]{0,14}")
_SYSTEMD = "/etc/systemd/network/"
_NOT_OURS = ("/usr/lib/", "/lib/", "/run/")


class _Nic(NamedTuple):
    """What an action says, each part of it inert in a shell; "" or () where it is not, or not
    known.
    """

    file: str
    mac: str
    name: str
    id: str
    definition: str
    pin: str
    drivers: Tuple[str, ...]
    modules: Tuple[str, ...]
    by: str


class _Edit(NamedTuple):
    """A change of one file: the program for `sed -r`, and what the file has to hold then.

    `of` is the file of a package that it is a copy of; where `unless` is not found in it, `more` is
    put at its end before. `after` is the program that takes the change over.
    """

    file: str
    script: str
    wanted: str
    of: str = ""
    unless: str = ""
    more: str = ""
    after: str = ""


def _nic(about: Union[BindNic, PinNic]) -> _Nic:
    address = mac(about.mac)
    return _Nic(
        file=about.file if _PATH.fullmatch(about.file) and "/../" not in about.file else "",
        mac="" if address == "MAC" else address,
        name=about.name if _NAME.fullmatch(about.name) else "",
        id=about.id if _NAME.fullmatch(about.id) else "",
        definition=about.definition if _NAME.fullmatch(about.definition) else "",
        pin=about.pin if _PIN.fullmatch(about.pin) else "lan0",
        drivers=tokens(about.drivers),
        modules=tokens(about.modules),
        by=about.by,
    )


def bind_nic(about: BindNic, _inventory: Inventory) -> Steps:
    """Word how a piece of configuration comes to be for the NIC of this MAC address, whatever its
    driver and name.
    """
    nic = _nic(about)
    file, address = nic.file or "FILE", nic.mac or "MAC"
    if nic.by == BY_MAC:
        yield _without_mac(about, nic)
        return
    change = _change(about)
    code: Tuple[str, ...]
    instead = (
        f"the driver {' '.join(nic.drivers)}"
        if nic.by == BY_DRIVER and nic.drivers
        else f"the name {nic.name}"
        if nic.name
        else "what it is bound to now"
    )
    says = f"In {file} bind the configuration to the NIC's MAC address in place of {instead}."
    note = "" if nic.mac else "MAC is the address that `ip -brief link` shows for the NIC."
    if change:
        if change.wanted.startswith("Driver="):
            says = (
                f"In {change.file} add the driver of the new NIC: the MAC address is not known "
                "here, or will be another."
            )
        if change.of:
            note = (
                f"{change.file} takes the place of {change.of}, which an update would write over."
            )
        if "cloud-init" in file:
            note = (
                "cloud-init may write this file again, unless its configuration says network: "
                "{config: disabled}."
            )
        yield Step(_WHERE, says, _pasted(change), note)
    elif about.tool == "networkmanager":
        what = "match.driver ''" if nic.by == BY_DRIVER else "connection.interface-name ''"
        code = (
            "nmcli -f NAME,FILENAME connection show",
            f"nmcli con modify CON 802-3-ethernet.mac-address {address} {what}",
        )
        yield Step(
            _WHERE, f"By hand: {_small(says)} CON is the profile with that file.", code, note
        )
    elif about.tool == "netplan":
        code = (
            f"{nic.id or 'ID'}:",
            f'  match: {{macaddress: "{address}"}}',
            f"  set-name: {nic.pin}",
        )
        again = (
            "cloud-init may write this file again, unless its configuration says network: "
            "{config: disabled}."
            if "cloud-init" in file
            else ""
        )
        more = " ".join(word for word in ("Then: netplan generate.", again, note) if word)
        yield Step(
            _WHERE,
            f"By hand: {_small(says)} The definition becomes, with its other lines as they are:",
            code,
            more,
        )
    elif about.tool == "ifcfg":
        code = (
            edits.kept_copy(file),
            f"sed -i 's/^DEVICE=.*/HWADDR={address}/' {edits.linked(file)}",
            f"grep HWADDR= {file}",
        )
        yield Step(
            _WHERE,
            f"By hand: {_small(says)} Where the file has no line DEVICE=, add HWADDR={address}.",
            code,
            note,
        )
    else:
        yield Step(
            _WHERE,
            f"By hand: {_small(says)} The line becomes MACAddress={address}.",
            (edits.kept_copy(file), f"${{EDITOR:-vi}} {file}"),
            note,
        )


def _small(says: str) -> str:
    return says[:1].lower() + says[1:]


def _pasted(change: _Edit) -> Tuple[str, ...]:
    """Return the lines to paste: they do nothing to a file that holds what it has to, and put a
    copy of it into /root.
    """
    file = change.file
    wanted = f"grep -qsF -e '{change.wanted}' {file} ||"
    more = (f"grep -qE '{change.unless}' {file} || printf '{change.more}' >> {file}",)
    return (
        *_copied(change),
        f"{wanted} {edits.kept_copy(file)}",
        *(more if change.more else ()),
        f"{wanted} sed -i -r '{change.script}' {edits.linked(file)}",
        f"grep -F -e '{change.wanted}' {file}   # prints the line, or the file is laid out "
        "another way: edit it by hand",
        *((change.after,) if change.after else ()),
    )


def _copied(change: _Edit) -> Tuple[str, ...]:
    if not change.of:
        return ()
    folder = change.file.rpartition("/")[0]
    return (f"mkdir -p {folder}", f"[ -s {change.file} ] || cp -p {change.of} {change.file}")


def _without_mac(about: BindNic, nic: _Nic) -> Step:
    """Word how a configuration comes to be for a NIC whose MAC address will be another: by its
    driver, or by nothing.
    """
    driver = nic.modules[-1] if nic.modules else "DRIVER"
    forms = {
        "networkd": f"MACAddress=... becomes Driver={driver}",
        "netplan": f"macaddress: ... becomes driver: {driver}",
        "networkmanager": "nmcli con modify CON 802-3-ethernet.mac-address ''",
        "ifcfg": "the line HWADDR=... goes",
    }
    says = (
        f"By hand: in {nic.file or 'FILE'} take the MAC address out, for the platform gives the NIC "
        f"another: {forms.get(about.tool, 'by hand')}."
    )
    file = nic.file or "FILE"
    return Step(
        _WHERE,
        says,
        (edits.kept_copy(file), f"${{EDITOR:-vi}} {file}"),
        "With several NICs a driver is the same for all: ask the platform for addresses.",
    )


def manage_nic(about: ManageNic, _inventory: Inventory) -> Steps:
    """Word how NetworkManager comes to take a NIC that one of its lists excludes."""
    file = about.file
    file = file if _PATH.fullmatch(file) else "/etc/NetworkManager/conf.d/FILE"
    yield Step(
        _WHERE,
        f"By hand: take the new NIC out of what {file} excludes.",
        ("NetworkManager --print-config", edits.kept_copy(file), f"${{EDITOR:-vi}} {file}"),
    )


def order_networks(about: OrderNetworks, _inventory: Inventory) -> Steps:
    """Word how the file that configures a NIC comes to be the first that networkd finds for it."""
    before = about.before
    code = before_others(about) or ("cp -p FILE /etc/systemd/network/00-FIRST.network",)
    yield Step(
        _WHERE,
        "Let the file with the configuration come "
        f"before {before if _PATH.fullmatch(before) else 'FILE'}: networkd takes the first by "
        "name.",
        code,
    )


def before_others(about: OrderNetworks) -> Tuple[str, ...]:
    """Return the command that puts a copy of a .network file before all others; () where that is to
    be done by hand.
    """
    file = about.file
    if not _PATH.fullmatch(file) or "/../" in file or not file.endswith(".network"):
        return ()
    first = f"{_SYSTEMD}00-{file.rpartition('/')[2]}"
    return (f"[ -s {first} ] || cp -p {file} {first}",)


def pin_nic(about: PinNic, inventory: Inventory) -> Steps:
    """Word how a NIC gets a name that no other gets, and its configuration that name: for tools
    that know names alone.
    """
    nic = _nic(about)
    address, old = nic.mac or "MAC", nic.name or "NIC"
    file = nic.file or "FILE"
    if inventory.guest.setup.init not in ("systemd", ""):
        yield Step(
            _WHERE,
            f"Give the NIC the name {nic.pin} by a rule in {_RULES}.",
            (
                f"grep -qsF '{address}' {_RULES} || printf '%s\\n' '{_rule(nic, address)}' "
                f">> {_RULES}",
            ),
        )
    else:
        link = _link(nic)
        text = f"'[Match]' 'MACAddress={address}' '' '[Link]' 'Name={nic.pin}'"
        yield Step(
            _WHERE,
            f"Give the NIC the name {nic.pin} by {link}, and rebuild the initramfs, which has a "
            "copy of such files.",
            (
                f"mkdir -p {_SYSTEMD}",
                f"[ -s {link} ] ||",
                f"  printf '%s\\n' {text} \\",
                f"  > {link}",
            ),
            "Names like eth0 and ens3 are the kernel's and udev's own, and can clash.",
        )
    if nic.pin == old:
        return
    says = (
        f"se that name in place of {old} in {file}, and in whatever else of yours names the NIC "
        "(firewall, scripts)."
    )
    moved = _moved(about.tool, nic)
    if moved:
        lines = tuple(f"[ ! -e {before} ] || mv {before} {after}" for before, after in moved)
        yield Step(_WHERE, f"Then u{says}", lines)
    elif nic.name and about.tool == "ifupdown":
        yield Step(_WHERE, f"Then u{says}", _renamed(nic), "A copy is put into /root.")
    else:
        edited = (edits.kept_copy(file), f"${{EDITOR:-vi}} {file}")
        yield Step(_WHERE, f"By hand: then u{says}", edited)


_RULES = "/etc/udev/rules.d/70-persistent-net.rules"


def _rule(nic: _Nic, address: str) -> str:
    return (
        f'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{{address}}=="{address}", '
        f'ATTR{{type}}=="1", NAME="{nic.pin}"'
    )


def _link(nic: _Nic) -> str:
    return f"{_SYSTEMD}10-guestcheck-{nic.pin}.link"


def _renamed(nic: _Nic) -> Tuple[str, ...]:
    """Return the lines that put the new name where ifupdown's files have the old one."""
    named = f"(^|[^A-Za-z0-9_.-]){re.escape(nic.name)}([^A-Za-z0-9_-]|$)"
    files = "/etc/network/interfaces /etc/network/interfaces.d"
    return edits.each(files, "", named, f":a;s/$r/\\1{nic.pin}\\2/;ta")


def edit_for_nic(about: BindNic) -> Tuple[str, ...]:
    """Return the lines of the fix script that edit the file; () where that is to be done by hand."""
    change = _change(about)
    if not change:
        return ()
    file = change.file
    more = (
        f"grep -qE '{change.unless}' {file} || {{ keep {file}; printf '{change.more}' >>{file}; }}",
    )
    return (
        *_copied(change),
        *(more if change.more else ()),
        f"bind {file} '{change.script}' '{change.wanted}'",
        *((f"{change.after} || left '{file} is not taken over'",) if change.after else ()),
    )


def _change(about: BindNic) -> Optional[_Edit]:
    nic = _nic(about)
    make = _EDITS.get(about.tool)
    return make(nic) if make and nic.file else None


def _networkd(nic: _Nic) -> Optional[_Edit]:
    """Edit a .network file; one of a package or of /run stays, and a copy in /etc takes its place."""
    if not nic.file.endswith(".network") or "netplan" in nic.file:
        return None
    file, of = nic.file, ""
    if file.startswith(_NOT_OURS):
        file, of = _SYSTEMD + file.rpartition("/")[2], nic.file
    if nic.mac and (nic.by == BY_DRIVER or nic.name):
        key = "Driver" if nic.by == BY_DRIVER else "Name"
        return _Edit(file, f"s/^{key} *=.*/MACAddress={nic.mac}/", f"MACAddress={nic.mac}", of)
    if nic.by == BY_DRIVER and nic.drivers and nic.modules:
        wanted = f"Driver={' '.join(dict.fromkeys((*nic.drivers, *nic.modules)))}"
        return _Edit(file, f"s/^Driver *=.*/{wanted}/", wanted, of)
    return None


def _netplan(nic: _Nic) -> Optional[_Edit]:
    """Edit the definition in netplan's YAML; `netplan generate` writes what networkd and
    NetworkManager read from it, and touches no NIC: netplan-generate(8).
    """
    if not nic.mac:
        return None
    wanted = f'macaddress: "{nic.mac}"'
    generate = "netplan generate"
    if nic.by == BY_DRIVER and nic.drivers:
        one = f"s/(^|[{{, ])driver:[[:space:]]*(\\[[^]]*\\]|[A-Za-z0-9_-]+)/\\1{wanted}/"
        if nic.definition:
            # From the definition's line to its driver: others have drivers too.
            name = re.escape(nic.definition)
            one = f"/^[[:space:]]+{name}:[[:space:]]*$/,/driver:/{one}"
        return _Edit(nic.file, one, wanted, after=generate)
    if nic.by == BY_DRIVER or not nic.id:
        return None
    id_ = re.escape(nic.id)
    block = (
        f"/^[[:space:]]+{id_}:[[:space:]]*$/{{n;s/^([[:space:]]*)(.*)$/\\1match: "
        f"{{{wanted}}}\\n\\1set-name: {nic.pin}\\n\\1\\2/}}"
    )
    return _Edit(nic.file, block, wanted, after=generate)


def _keyfile(nic: _Nic) -> Optional[_Edit]:
    if (
        not nic.mac
        or not nic.file.startswith("/etc/NetworkManager/")
        or not (nic.drivers or nic.name)
    ):
        return None
    key = "driver" if nic.by == BY_DRIVER else "interface-name"
    section = "^\\[(ethernet|802-3-ethernet)\\]"
    wanted = f"mac-address={nic.mac}"
    return _Edit(
        nic.file,
        f"/^{key}[[:space:]]*=/d;s/{section}[[:space:]]*$/&\\n{wanted}/",
        wanted,
        unless=section,
        more="\\n[ethernet]\\n",
    )


def _ifcfg(nic: _Nic) -> Optional[_Edit]:
    if not nic.mac:
        return None
    wanted = f"HWADDR={nic.mac}"
    return _Edit(
        nic.file,
        f"s/^DEVICE=.*/{wanted}/",
        wanted,
        unless=f"^DEVICE=|^{wanted}",
        more=f"{wanted}\\n",
    )


_EDITS: Dict[str, Callable[[_Nic], Optional[_Edit]]] = {
    "networkd": _networkd,
    "netplan": _netplan,
    "networkmanager": _keyfile,
    "ifcfg": _ifcfg,
}


def _swap(nic: _Nic) -> str:
    """Return the program for `sed -r` that puts the new name where the old one is a word; ens3.5
    becomes lan0.5.
    """
    return f":a;s/(^|[^A-Za-z0-9_.-]){re.escape(nic.name)}([^A-Za-z0-9_-]|$)/\\1{nic.pin}\\2/;ta"


def _moved(tool: str, nic: _Nic) -> Tuple[Tuple[str, str], ...]:
    """Return the files of SUSE that have the NIC's name in their own, and what they are called
    then.
    """
    folder, _, name = nic.file.rpartition("/")
    if tool != "wicked" or name != f"ifcfg-{nic.name}":
        return ()
    return tuple(
        (f"{folder}/{kind}-{nic.name}", f"{folder}/{kind}-{nic.pin}")
        for kind in ("ifcfg", "ifroute")
    )


def _renaming(tool: str, nic: _Nic) -> Tuple[str, ...]:
    """Return the lines of the fix script that put the new name where the tool's configuration has
    the old one.
    """
    if not nic.name or not nic.file or nic.name == nic.pin:
        return ()
    moved = _moved(tool, nic)
    if moved:
        return tuple(f"[ ! -e {old} ] || {{ keep {old}; mv {old} {new}; }}" for old, new in moved)
    if tool == "ifupdown":
        return (
            "for file in /etc/network/interfaces /etc/network/interfaces.d/*; do",
            f'    if [ -f "$file" ]; then change "$file" \'{_swap(nic)}\'; fi',
            "done",
        )
    return ()


def name_for_nic(about: PinNic, inventory: Inventory) -> Optional[Tuple[str, ...]]:
    """Return the lines of the fix script that name the NIC, None where that is to be done by hand."""
    nic = _nic(about)
    renaming = _renaming(about.tool, nic)
    if (
        not nic.mac
        or inventory.guest.setup.init not in ("systemd", "sysvinit", "")
        or (not renaming and nic.name != nic.pin)
    ):
        return None
    if inventory.guest.setup.init == "sysvinit":
        rule, rules = _rule(nic, nic.mac), _RULES
        named: Tuple[str, ...] = (
            f"if [ -f {rules} ]; then keep {rules}; fi",
            f"grep -qsF '{nic.mac}' {rules} || echo '{rule}' >>{rules}",
        )
    else:
        file = _link(nic)
        text = (
            f"[ -s {file} ] || cat >{file} <<'EOF'",
            "[Match]",
            f"MACAddress={nic.mac}",
            "",
            "[Link]",
            f"Name={nic.pin}",
            "EOF",
        )
        named = (f"mkdir -p {_SYSTEMD}", *text)
    return (*named, *renaming)
