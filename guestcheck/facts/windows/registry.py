"""What a Windows guest's registry and files say of its drivers: control sets, bindings, policies;
judges nothing.

Of a value that several keys have, the control set that the next boot uses wins. What was not read
whole is None, never empty.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Optional, Set, Tuple

from guestcheck.evidence.windows.files import DRIVERS, HIBERNATED, STORE, WINDOWS_FILES
from guestcheck.evidence.windows.registry import (
    ADDRESSES,
    BUS_DESCRIPTORS,
    BUS_IDS,
    CHANNEL_DESCRIPTORS,
    CHANNEL_IDS,
    CONFIGURATIONS,
    CRITICAL,
    DESCRIPTORS,
    DEVICE_IDS,
    EARLY_LAUNCH,
    FILTER_SERVICES,
    FILTERS,
    INSTANCES,
    MORE_IDS,
    OVERRIDES,
    PACKAGES,
    POLICIES,
    REGISTRY,
    SELECT,
    SERVICES,
    UPDATES,
    WINDOWS_POLICIES,
    WINDOWS_STATE,
    asks_for_filter,
    asks_for_service,
)
from guestcheck.evidence.windows.registry_text import Keys
from guestcheck.model.digits import number_of
from guestcheck.model.source import Evidence
from guestcheck.model.windows import (
    CLASSES,
    ODD,
    Address,
    Binding,
    ControlSet,
    Filter,
    Package,
    Service,
    Windows,
)

_SYSTEM = "HKLM\\SYSTEM"
_NT = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_PACKAGES = f"{_SYSTEM}\\DriverDatabase\\DriverPackages"
_INFS = f"{_SYSTEM}\\DriverDatabase\\DriverInfFiles"
_IDS = f"{_SYSTEM}\\DriverDatabase\\DeviceIds"
_BUSES = ("PCI", "ACPI", "VMBUS", "XENBUS", "XENVIF")
_CARDS = (
    "PCI\\",
    "VMBUS\\",
    "XEN",
)  # where the instance ids of cards begin, and not those of what Windows makes itself
# What joins an id with a service: where one of these was not read whole, nothing is said to be
# bound to nothing.
_MOST_PACKAGES = 64  # of one INF; a Windows keeps some of its versions
_BINDING = (PACKAGES, DESCRIPTORS, BUS_DESCRIPTORS, CHANNEL_DESCRIPTORS, CONFIGURATIONS)
_INSTALLED = 112  # CurrentState of an update's package: Windows' servicing calls it installed
_DEVICE_INSTALL = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions"
# Policies of Group Policy's "Device Installation Restrictions", by the names of their values.
_DENIES = {
    "denyunspecified": "devices that no other policy names may not be installed",
    "denydeviceids": "devices with certain ids may not be installed",
    "denydeviceclasses": "devices of certain classes may not be installed",
    "denyinstanceids": "certain devices may not be installed",
    "denyremovabledevices": "removable devices may not be installed",
}


def windows(evidence: Evidence) -> Windows:
    """Return what is so of a Windows guest."""
    keys = evidence.get(REGISTRY) or Keys(())
    files = evidence.get(WINDOWS_FILES)
    select = keys.get(SELECT.key)
    boots_with = (
        select.number("Default") or None
    )  # of a Windows without that nothing is known; Current is what it last started with
    version = keys.get(_NT)
    build = version.text("CurrentBuildNumber") or version.text("CurrentBuild")
    number = number_of(build, 7)
    sets = _control_sets(keys)
    has_database = _has_database(keys)
    bindings = (
        _bindings(keys)
        if has_database and _ids_known(keys) and all(map(keys.knows, _BINDING))
        else None
    )
    bound = {binding.service for binding in bindings or ()} | {
        name for one in sets or () for name in (one.critical or {}).values()
    }
    found = Windows(
        build=number,
        product=_product(version.text("ProductName"), number),
        edition=version.text("EditionID"),
        server=None
        if not version.text("InstallationType")
        else version.text("InstallationType").lower() != "client",
        architecture=_of_set(
            keys, boots_with, "Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE"
        ).lower(),
        boots_with=boots_with,
        current=select.number("Current"),
        last_good=select.number("LastKnownGood"),
        sets=sets,
        has_database=has_database,
        bindings=bindings,
        unread=_unread(keys, bound, sets or ()),
        packages=_packages(keys) if has_database else (),
        staged=_staged(keys),
        files=files.paths if files else None,
        files_whole=frozenset(
            path.rpartition("/")[0]
            for path in files.whole
            if path in (DRIVERS.pattern.lower(), STORE.pattern.lower())
        )
        if files
        else frozenset(),
        file_kinds=files.kinds if files else {},
        updates=_updates(keys),
        start_options=_start_options(keys, boots_with),
        secure_boot=_flag(keys, boots_with, "Control\\SecureBoot\\State", "UEFISecureBootEnabled"),
        firmware={1: "bios", 2: "efi"}.get(
            keys.get(f"{_SYSTEM}\\ControlSet{boots_with or 0:03d}\\Control").number(
                "PEFirmwareType"
            )
            or 0,
            "",
        ),
        doubts=keys.doubts,
    )
    return _with_state(_with_policies(found, evidence), evidence)


def _product(name: str, build: Optional[int]) -> str:
    """Return what it is called: Windows 11 still says that it is Windows 10."""
    return (
        name.replace("Windows 10", "Windows 11", 1)
        if build is not None and build >= 22000 and name.startswith("Windows 10")
        else name
    )


def _control_sets(keys: Keys) -> Optional[Tuple[ControlSet, ...]]:
    if not keys.knows(SERVICES):
        return None
    names = [
        name
        for name in keys.names(_SYSTEM)
        if name.lower().startswith("controlset")
        and name[10:].isascii()
        and name[10:].isdigit()
        and len(name) == 13
    ]
    return tuple(_control_set(keys, name) for name in sorted(names))


def _control_set(keys: Keys, name: str) -> ControlSet:
    top = f"{_SYSTEM}\\{name}"
    services: Dict[str, Service] = {}
    for key in keys.below(f"{top}\\Services"):
        override = keys.get(f"{key.path}\\StartOverride")
        numbers = {name: override.number(name) for name in override.values}
        values = {name: ODD if value is None else value for name, value in numbers.items()}
        services[key.name.lower()] = Service(
            name=key.name,
            start=key.number("Start"),
            type=key.number("Type"),
            image=key.text("ImagePath") or ("(no text)" if "imagepath" in key.values else ""),
            group=key.text("Group"),
            overrides=values if keys.knows(OVERRIDES) else None,
        )
    critical = {
        key.name.lower(): key.text("Service")
        for key in keys.below(f"{top}\\Control\\CriticalDeviceDatabase")
    }
    instances = {
        f"{bus}\\{device}\\{key.name}".lower(): key.text("Service")
        for bus in keys.names(f"{top}\\Enum")
        for device in keys.names(f"{top}\\Enum\\{bus}")
        for key in keys.below(f"{top}\\Enum\\{bus}\\{device}")
    }
    return ControlSet(
        int(name[10:]),
        services,
        critical if keys.knows(CRITICAL) else None,
        instances if keys.knows(INSTANCES) else None,
        filters=_filters(keys, top) if keys.knows(FILTERS) else None,
    )


def _filters(keys: Keys, top: str) -> Tuple[Filter, ...]:
    found = [
        (of, value, keys.get(f"{top}\\Control\\Class\\{of}").texts(value))
        for of in CLASSES
        for value in ("UpperFilters", "LowerFilters")
    ]
    return tuple(
        Filter(of, value, name.strip())
        for of, value, names in found
        for name in names
        if name.strip()
    )


def _unread(keys: Keys, bound: Set[str], sets: Tuple[ControlSet, ...]) -> FrozenSet[str]:
    """Return services that the registry speaks of elsewhere, and that were not asked for."""
    filters = {one.service for found in sets for one in found.filters or ()}
    asked = {name for name in filters if keys.knows(FILTER_SERVICES) and asks_for_filter(name)}
    read = keys.services_read()
    return frozenset(
        name.lower()
        for name in bound | filters - asked
        if name and not asks_for_service(name) and name.lower() not in read
    )


def _has_database(keys: Keys) -> Optional[bool]:
    if keys.has(f"{_SYSTEM}\\DriverDatabase"):
        return True
    return False if _ids_known(keys) else None


def _ids_known(keys: Keys) -> bool:
    return all(map(keys.knows, (DEVICE_IDS, BUS_IDS, CHANNEL_IDS)))


def _bindings(keys: Keys) -> Tuple[Binding, ...]:
    """Join ids with the packages that they name: an id is bound if the package has it too, with a
    configuration that names a service.
    """
    by_inf: Dict[str, List[str]] = {}
    for package in keys.below(_PACKAGES):
        by_inf.setdefault(package.text("").lower(), []).append(package.path)
    for came in keys.below(_INFS):
        active = f"{_PACKAGES}\\{came.text('Active')}"
        if "active" in came.values:
            # One that is not there runs nothing, whatever other package has the INF's name.
            by_inf[came.name.lower()] = [active] if came.text("Active") and keys.has(active) else []
    found: List[Binding] = []
    for id_, infs in _ids(keys, _IDS).items():
        for inf in infs:
            services = [
                (_service(keys, path, id_), path) for path in by_inf.get(inf, ())[:_MOST_PACKAGES]
            ]
            service, path = next((pair for pair in services if pair[0]), ("", ""))
            versioned = (
                not service or not keys.knows(PACKAGES) or "version" in keys.get(path).values
            )
            found.append(Binding(id_.lower(), service, inf, versioned))
    return tuple(found)


def _ids(keys: Keys, top: str) -> Dict[str, Tuple[str, ...]]:
    """Return the INFs that each id below `top` names."""
    keyed = [(key.name, key) for key in keys.below(top)]
    keyed += [(f"{bus}\\{key.name}", key) for bus in _BUSES for key in keys.below(f"{top}\\{bus}")]
    return {name: tuple(key.values) for name, key in keyed if key.values}


def _service(keys: Keys, package: str, id_: str) -> str:
    configuration = keys.get(f"{package}\\Descriptors\\{id_}").text("Configuration")
    return (
        keys.get(f"{package}\\Configurations\\{configuration}").text("Service")
        if configuration
        else ""
    )


def _packages(keys: Keys) -> Tuple[Package, ...]:
    found: List[Package] = []
    for key in keys.below(_PACKAGES):
        value = key.values.get("version")
        data = value.data if value and isinstance(value.data, bytes) else b""
        parts = (
            [int.from_bytes(data[at : at + 2], "little") for at in (38, 36, 34, 32)]
            if len(data) >= 40
            else []
        )
        found.append(
            Package(
                key.name,
                key.text(""),
                ".".join(map(str, parts)),
                key.text("Provider"),
                key.number("SignerScore"),
            )
        )
    return tuple(found)


def _staged(keys: Keys) -> Optional[FrozenSet[str]]:
    """Return ids that some package in the driver store has, as far as they are drivers that no boot
    needs.
    """
    if not keys.knows(DEVICE_IDS):
        return None
    found = {
        id_.lower()
        for top in (_IDS, "HKLM\\DRIVERS\\DriverDatabase\\DeviceIds")
        for id_ in _ids(keys, top)
    }
    return frozenset(found) if keys.knows(MORE_IDS) or found else None


def _updates(keys: Keys) -> Optional[FrozenSet[str]]:
    if not keys.knows(UPDATES):
        return None
    # Windows keeps the key of an update that is only staged, or that it took away again.
    names = [
        key.name
        for key in keys.below(UPDATES.key.rpartition("\\")[0])
        if key.number("CurrentState") == _INSTALLED
    ]
    return frozenset(
        word
        for name in names
        for word in name.upper().replace("~", "_").split("_")
        if word.startswith("KB")
    )


def _of_set(keys: Keys, number: Optional[int], path: str, name: str) -> str:
    return keys.get(f"{_SYSTEM}\\ControlSet{number or 0:03d}\\{path}").text(name)


def _flag(keys: Keys, number: Optional[int], path: str, name: str) -> Optional[bool]:
    value = keys.get(f"{_SYSTEM}\\ControlSet{number or 0:03d}\\{path}").number(name)
    return None if value is None else value != 0


def _start_options(keys: Keys, number: Optional[int]) -> Optional[Tuple[str, ...]]:
    """Return what the last start was given; None where that was not read, as in recordings of
    before it was asked. Every Windows has the value.
    """
    key = keys.get(f"{_SYSTEM}\\ControlSet{number or 0:03d}\\Control")
    return (
        tuple(key.text("SystemStartOptions").upper().split())
        if "systemstartoptions" in key.values
        else None
    )


def _with_policies(found: Windows, evidence: Evidence) -> Windows:
    keys = evidence.get(WINDOWS_POLICIES)
    if keys is None:
        return found
    key = keys.get(_DEVICE_INSTALL)
    doubts = tuple(dict.fromkeys((*found.doubts, *keys.doubts)))
    denied = tuple(
        f"{key.path}\\{key.values[name].name}: {says}"
        for name, says in _DENIES.items()
        if key.number(name)
    )
    return found._replace(
        restrictions=denied if keys.knows(POLICIES) else None,
        load_policy=_load_policy(keys, found.boots_with),
        doubts=doubts,
    )


def _load_policy(keys: Keys, number: Optional[int]) -> Optional[int]:
    """Return which boot drivers early launch lets through, None where that is not set, ODD where it
    is not known.
    """
    key = keys.get(f"{_SYSTEM}\\ControlSet{number or 0:03d}\\Policies\\EarlyLaunch")
    value = key.number("DriverLoadPolicy")
    return (
        ODD
        if not keys.knows(EARLY_LAUNCH) or (value is None and "driverloadpolicy" in key.values)
        else value
    )


def _with_state(found: Windows, evidence: Evidence) -> Windows:
    keys = evidence.get(WINDOWS_STATE)
    files = evidence.get(WINDOWS_FILES)
    listed = files is not None and HIBERNATED.pattern.lower() in files.whole
    hibernated = True if files and "/hiberfil.sys" in files.paths else False if listed else None
    if keys is None:
        return found._replace(hibernated=hibernated)
    number = found.boots_with
    return found._replace(
        doubts=tuple(dict.fromkeys((*found.doubts, *keys.doubts))),
        hibernated=hibernated,
        fast_startup=_flag(keys, number, "Control\\Session Manager\\Power", "HiberbootEnabled"),
        bitlocker=_flag(keys, number, "Control\\BitlockerStatus", "BootStatus"),
        san_policy=keys.get(
            f"{_SYSTEM}\\ControlSet{number or 0:03d}\\Services\\partmgr\\Parameters"
        ).number("SanPolicy"),
        addresses=_addresses(keys, number) if keys.knows(ADDRESSES) else None,
    )


def _addresses(keys: Keys, number: Optional[int]) -> Tuple[Address, ...]:
    """Return the connections that belong to a card: each has an interface of its own."""
    top = f"{_SYSTEM}\\ControlSet{number or 0:03d}"
    cards: Dict[str, Tuple[str, str]] = {}
    for kind in keys.below(f"{top}\\Control\\Network"):
        for name in keys.names(kind.path):
            key = keys.get(f"{kind.path}\\{name}\\Connection")
            if key.values:
                cards[name.lower()] = (key.text("Name"), key.text("PnPInstanceId"))
    found: List[Address] = []
    for key in keys.below(f"{top}\\Services\\Tcpip\\Parameters\\Interfaces"):
        name, instance = cards.get(key.name.lower(), ("", ""))
        written = tuple(text for text in key.texts("IPAddress") if text != "0.0.0.0")
        static = key.number("EnableDHCP") == 0 and bool(written)
        if (
            name
            and instance.upper().startswith(_CARDS)
            and (static or key.number("EnableDHCP") is not None)
        ):
            gateway = next((text for text in key.texts("DefaultGateway") if text != "0.0.0.0"), "")
            dns = tuple(key.text("NameServer").replace(",", " ").split())
            found.append(
                Address(
                    key.name,
                    name,
                    instance,
                    written,
                    static,
                    None,
                    key.texts("SubnetMask"),
                    gateway,
                    dns,
                )
            )
    return tuple(found)
