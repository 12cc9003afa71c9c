"""Which programs that configure NICs start at boot: systemd's units and their links, init scripts,
OpenRC and runit.

A file of configuration does nothing where its program is not enabled, masked or not installed. See
systemd.unit(5), systemctl(1), rc-update(8) of OpenRC, runsvdir(8), insserv(8).
"""

import re
from typing import Dict, Iterator, List, Optional, Set, Tuple

from guestcheck.model.guest_config import DISABLED, ENABLED, MASKED, MISSING, Manager, Managers
from guestcheck.model.hint import Hint
from guestcheck.model.source import Answer, Command, File, Listing, Question

# By manager: its units, then its init scripts. A name that ends in "*" has instances:
# netctl@PROFILE.
UNITS: Dict[str, Tuple[str, ...]] = {
    "networkd": ("systemd-networkd.service", "systemd-networkd.socket"),
    "networkmanager": ("NetworkManager.service",),
    "wicked": ("wicked.service",),
    "ifupdown": ("networking.service",),
    "network": ("network.service",),
    "netctl": ("netctl.service", "netctl@*", "netctl-auto@*", "netctl-ifplugd@*"),
    "netifrc": ("net@*",),
    "dhcpcd": ("dhcpcd.service", "dhcpcd@*"),
    "connman": ("connman.service",),
}
SCRIPTS: Dict[str, Tuple[str, ...]] = {
    "networkmanager": ("NetworkManager", "network-manager", "networkmanager"),
    "wicked": ("wicked",),
    "ifupdown": ("networking",),
    "network": ("network",),
    "netifrc": ("net.*",),
    "dhcpcd": ("dhcpcd",),
    "connman": ("connman", "connmand"),
}
_UNIT_FOLDERS = ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system")
_INIT_D = "/etc/init.d"
# Where init finds what it starts: System V's runlevels, OpenRC's, runit's.
_STARTED = (
    "/etc/rc",
    "/etc/init.d/rc",
    "/etc/runlevels/",
    "/etc/runit/runsvdir/",
    "/var/service/",
    "/etc/service/",
)
_UNIT_FILE = re.compile(
    r"(\S+\.(?:service|socket))\s+(enabled|enabled-runtime|disabled|masked|masked-runtime|"
    r"static|indirect|alias|generated)(?:\s|$)"
)


def _parse(answers: List[Answer]) -> Managers:
    files = [answer for answer in answers if answer.asked in _FILES]
    listed = [answer for answer in answers if answer not in files]
    paths = [line for answer in listed for line in answer.text.split("\n") if line.startswith("/")]
    masked = {_name(answer.asked) for answer in files if not answer.text.strip()}
    rows = (_UNIT_FILE.match(line) for answer in listed for line in answer.text.split("\n"))
    told: Dict[str, str] = {row.group(1): row.group(2) for row in rows if row}
    found = tuple(_manager(name, paths, masked, told, _seen(answers)) for name in UNITS)
    programs = {_name(path) for path in paths}
    asked = {answer.asked for answer in answers}
    return Managers(
        found=found,
        udev=True if programs & _UDEVD else False if _UDEV.pattern in asked else None,
        netplan=True if "netplan" in programs else False if _NETPLAN.pattern in asked else None,
        ifcfg_plugin=_ifcfg_plugin(paths),
        numbers=next(
            (path for path in paths if path.endswith("/75-persistent-net-generator.rules")), ""
        ),
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _seen(answers: List[Answer]) -> Set[str]:
    """Return "units" and "scripts" where the folders with all of them could be looked at; of
    scripts one of these has to be there.
    """
    asked = {answer.asked: answer.text for answer in answers}
    units = any(word.pattern in asked for word in _INSTALLED)
    return {*(("units",) if units else ()), *(("scripts",) if asked.get(_SCRIPTS.pattern) else ())}


def _manager(
    name: str, paths: List[str], masked: Set[str], told: Dict[str, str], seen: Set[str]
) -> Manager:
    by_unit = _by_unit(name, paths, masked, told)
    if (
        by_unit.state == ENABLED
        and not told
        and "units" in seen
        and not _is_installed(by_unit, paths)
    ):
        by_unit = Manager(
            name, MISSING, Hint(by_unit.hint.source, "leads to a unit that is not installed")
        )
    by_script = _by_script(name, paths)
    for one in (by_unit, by_script):
        if one.state == ENABLED and MASKED not in (by_unit.state, by_script.state):
            # Which init reads links to scripts, and which units, is not known here: both have to
            # agree.
            return one if one is by_unit or by_unit.state == "" else one._replace(state="")
    if by_unit.state == MASKED and by_script.state == ENABLED:
        return by_unit._replace(state="")
    if by_unit.state:
        return by_unit
    if by_script.state:
        return by_script
    if told or "units" in seen or "scripts" in seen:
        where = (
            "systemctl list-unit-files"
            if told
            else _UNIT_FOLDERS[0]
            if "units" in seen
            else _INIT_D
        )
        return Manager(name, MISSING, Hint(where, f"{UNITS[name][0]} is not in it"))
    return Manager(name, "", Hint(UNITS[name][0], "whether it starts was not seen"))


def _is_installed(manager: Manager, paths: List[str]) -> bool:
    """Tell whether the unit is there that a link starts; of an instance, its template is."""
    unit = _name(manager.hint.source)
    template = f"{unit.partition('@')[0]}@.service" if "@" in unit else unit
    return any(
        _name(path) in (unit, template) and path.startswith(_UNIT_FOLDERS) and ".wants/" not in path
        for path in paths
    )


def _by_unit(name: str, paths: List[str], masked: Set[str], told: Dict[str, str]) -> Manager:
    units = UNITS[name]
    main = units[0]
    if main in masked:
        return Manager(
            name,
            MASKED,
            Hint(
                f"/etc/systemd/system/{main}",
                "is empty, or a link to /dev/null: the unit is masked",
            ),
        )
    wanted = [path for path in paths if ".wants/" in path and _is_one_of(_name(path), units)]
    if wanted:
        return Manager(name, ENABLED, Hint(wanted[0], "starts it"), _instances(wanted))
    states = {told[unit] for unit in units if unit in told}
    if states:
        state = (
            MASKED
            if any(one.startswith("masked") for one in states)
            else ENABLED
            if "enabled" in states
            else DISABLED
            if "disabled" in states
            else ""
        )
        return Manager(
            name, state, Hint("systemctl list-unit-files", f"{main} {' '.join(sorted(states))}")
        )
    # wicked is what network.service stands for on SUSE's systems.
    alias = next(
        (
            path
            for path in paths
            if name == "wicked" and path == "/etc/systemd/system/network.service"
        ),
        "",
    )
    if alias and any(_name(path) == main for path in paths):
        return Manager(name, ENABLED, Hint(alias, "stands for wicked.service"))
    there = [path for path in paths if _name(path) in units and path.startswith(_UNIT_FOLDERS)]
    return (
        Manager(name, DISABLED, Hint(there[0], "no link in a .wants folder starts it"))
        if there
        else Manager(name, "", Hint(main, ""))
    )


def _by_script(name: str, paths: List[str]) -> Manager:
    scripts = SCRIPTS.get(name, ())
    links = [
        path
        for path in paths
        if path.startswith(_STARTED) and _is_one_of(re.sub(r"^S[0-9]{2}", "", _name(path)), scripts)
    ]
    if links:
        return Manager(name, ENABLED, Hint(links[0], "starts it"), _instances(links))
    there = [
        path
        for path in paths
        if path.startswith(f"{_INIT_D}/")
        and path.count("/") == 3
        and _is_one_of(_name(path), scripts)
        and _name(path) != "net.lo"
    ]
    return (
        Manager(name, DISABLED, Hint(there[0], "no runlevel starts it"))
        if there
        else Manager(name, "", Hint("", ""))
    )


def _is_one_of(name: str, known: Tuple[str, ...]) -> bool:
    return any(
        name.startswith(one[:-1]) and name != "net.lo" if one.endswith("*") else name == one
        for one in known
    )


def _instances(paths: List[str]) -> Tuple[str, ...]:
    """Return what is started by instances alone: ("ens3",) of dhcpcd@ens3.service; () where all is.

    >>> _instances(["/etc/runlevels/default/net.ens3"]), _instances(["/x/dhcpcd.service", "/x/dhcpcd@a.service"])
    (('ens3',), ())
    """
    found: List[str] = []
    for path in paths:
        name = _name(path)
        if "@" in name:
            found.append(name.partition("@")[2].rpartition(".")[0])
        elif name.startswith("net."):
            found.append(name[4:])
        else:
            return ()
    return tuple(dict.fromkeys(found))


def _ifcfg_plugin(paths: List[str]) -> Optional[bool]:
    """Return whether NetworkManager reads ifcfg files: by a plugin, which newer releases leave out."""
    plugins = [path for path in paths if "/NetworkManager/" in path and path.endswith(".so")]
    return any("ifcfg-rh" in path for path in plugins) if plugins else None


def _unit_patterns(folder: str) -> Iterator[str]:
    for units in UNITS.values():
        yield from (f"{folder}/{unit.replace('@*', '@.service')}" for unit in units)


def _wants(folder: str) -> Listing:
    return Listing(
        " ".join(f"{folder}/*.wants/{unit}" for units in UNITS.values() for unit in units)
    )


_FILES = tuple(f"{_UNIT_FOLDERS[2]}/{units[0]}" for units in UNITS.values() if "*" not in units[0])
_INSTALLED = tuple(Listing(" ".join(_unit_patterns(folder))) for folder in _UNIT_FOLDERS[:2])
_NAMES = tuple(dict.fromkeys(name for names in SCRIPTS.values() for name in names))
_SCRIPTS = Listing(" ".join(f"{_INIT_D}/{name}" for name in _NAMES))
_UDEVD = {"systemd-udevd", "udevd", "udevadm", "eudevd"}
_UDEV = Listing(
    "/usr/lib/systemd/systemd-udevd /lib/systemd/systemd-udevd /lib/udev/udevd /sbin/udevd "
    "/usr/sbin/udevd /sbin/udevadm /bin/udevadm /usr/bin/udevadm"
)
_NETPLAN = Listing(
    "/usr/sbin/netplan /usr/lib/systemd/system-generators/netplan "
    "/lib/systemd/system-generators/netplan"
)

MANAGERS = Question[Managers](
    "network_managers",
    "which programs configure NICs at boot",
    (
        *_INSTALLED,
        Listing(" ".join(_unit_patterns(_UNIT_FOLDERS[2]))),
        *(_wants(folder) for folder in _UNIT_FOLDERS),
        *(File(path, limit=4096, keep=r"\s*\[") for path in _FILES),
        _SCRIPTS,
        Listing(
            " ".join(
                f"/etc/rc*.d/S*{name} /etc/rc.d/rc*.d/S*{name} /etc/init.d/rc*.d/S*{name}"
                for name in _NAMES
                if "*" not in name
            )
        ),
        Listing(" ".join(f"/etc/runlevels/*/{name}" for name in _NAMES)),
        Listing(
            " ".join(
                f"{folder}/{name}"
                for folder in ("/etc/runit/runsvdir/*", "/var/service", "/etc/service")
                for name in ("dhcpcd", "NetworkManager", "connmand")
            )
        ),
        _UDEV,
        _NETPLAN,
        Listing(
            "/usr/lib64/NetworkManager/*.so /usr/lib64/NetworkManager/*/*.so "
            "/usr/lib/NetworkManager/*/*.so"
        ),
        Listing(
            "/lib/udev/rules.d/75-persistent-net-generator.rules "
            "/usr/lib/udev/rules.d/75-persistent-net-generator.rules"
        ),
    ),
    _parse,
    "whether what configures a NIC starts at boot",
    quiet=True,
    deep=True,
    also=(Command(("systemctl", "list-unit-files")),),
)
