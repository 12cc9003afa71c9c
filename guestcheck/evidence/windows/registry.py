"""What is asked of the registry of a Windows guest: which keys and values, and which of its services
are asked for by name.
"""

from fnmatch import fnmatchcase
from re import compile as compile_pattern
from typing import Dict, Iterator, Tuple

from guestcheck.evidence.windows.registry_text import Keys, parse_answers, parse_last
from guestcheck.model.source import Answer, Question, Registry
from guestcheck.model.windows import CLASSES

# Drivers that a disk or card may need, by the names of their services; and what all of them stand
# on.
_SERVICES = (
    "viostor|vioscsi|netkvm*|balloon|virtioserial|virtrng|virtiofsdrv|viogpudod|virtioinput|"
    "qemu-ga|stornvme|storahci|msahci|iastor*|amdsata"
    "|atapi|intelide|pciide|disk|partmgr|volmgr|pci|acpi|vpci|vmbus|storvsc|storflt|netvsc|"
    "pvscsi|vmxnet3*|lsi_sas*|lsi_scsi|symc8xx|sym_hi"
    "|symmpi|megasas*|buslogic|vmscsi|xen*|rhel*|aws*|ena*|gve*|google*|e1*|igb*|rtl8*|rtnic*|"
    "pcnet*|usbstor|vmtools|vboxservice|fvevol"
)
# Filters upon disks and controllers: of Windows, of Xen's tools (but those that begin with xen),
# and of backups and encryption that are known to be left behind. They are asked for by themselves,
# so that what was recorded before still answers the question above.
_FILTERS = (
    "scsifilt|ehstorclass|rdyboost|iorate|volsnap|snapman|tdrpman*|fltsrv|vidsflt*|stcvsm|symsnap|"
    "hotcore3|dcrypt|veracrypt|truecrypt|mfeepepc|stdcfltn"
)
# Hardware that such drivers are bound to: virtio, NVMe, AHCI and IDE by class, PIIX, VMware, LSI,
# network cards that hypervisors imitate, Amazon's and Google's cards, XenServer's and Xen's
# platform device.
_PCI = (
    "VEN_1AF4*|CC_01*|VEN_8086&DEV_7010*|VEN_8086&DEV_7111*|VEN_8086&DEV_2922*|"
    "VEN_15AD&DEV_07*|VEN_1000&DEV_0012*|VEN_1000&DEV_0030*"
    "|VEN_1000&DEV_0054*|VEN_1000&DEV_0060*|VEN_1000&DEV_0411*|VEN_104B&DEV_1040*|"
    "VEN_8086&DEV_100E*|VEN_8086&DEV_100F*|VEN_8086&DEV_10D3*"
    "|VEN_8086&DEV_10C9*|VEN_10EC&DEV_8139*|VEN_1022&DEV_2000*|VEN_1D0F*|VEN_1AE0*|VEN_5853*|"
    "VEN_FFFD*"
)
_OTHERS = "*IDE_Channel|*PNP0600|GenDisk"


def asks_for_service(name: str) -> bool:
    """Tell whether the service `name` is among those that are asked for."""
    return _among(name, _SERVICES)


def asks_for_filter(name: str) -> bool:
    """Tell whether the service `name` is among those that are asked for because they may be
    filters.
    """
    return _among(name, _FILTERS)


def _among(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns.split("|"))


SELECT = Registry("HKLM\\SYSTEM\\Select")
SERVICES = Registry(
    f"HKLM\\SYSTEM\\ControlSet*\\Services\\{_SERVICES}",
    values=("Type", "Start", "ErrorControl", "Group", "ImagePath"),
)
FILTERS = Registry(
    f"HKLM\\SYSTEM\\ControlSet*\\Control\\Class\\{'|'.join(CLASSES)}",
    values=("UpperFilters", "LowerFilters"),
)
FILTER_SERVICES = Registry(
    f"HKLM\\SYSTEM\\ControlSet*\\Services\\{_FILTERS}", values=SERVICES.values
)
OVERRIDES = Registry("HKLM\\SYSTEM\\ControlSet*\\Services\\*\\StartOverride")
CRITICAL = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control\\CriticalDeviceDatabase\\*", values=("Service",)
)
INSTANCES = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Enum\\PCI|VMBUS|XENBUS\\*\\*",
    values=("Service", "DeviceDesc", "ConfigFlags", "Driver", "ClassGUID", "HardwareID"),
)
DEVICE_IDS = Registry(f"HKLM\\SYSTEM\\DriverDatabase\\DeviceIds\\PCI\\{_PCI}")
BUS_IDS = Registry("HKLM\\SYSTEM\\DriverDatabase\\DeviceIds\\ACPI|VMBUS|XENBUS|XENVIF\\*")
CHANNEL_IDS = Registry(f"HKLM\\SYSTEM\\DriverDatabase\\DeviceIds\\{_OTHERS}")
PACKAGES = Registry(
    "HKLM\\SYSTEM\\DriverDatabase\\DriverPackages\\*",
    values=("", "Version", "Provider", "SignerScore"),
)
# Which of the packages that came with an INF counts. Who writes a package by hand may say here
# alone to which INF it belongs.
INFS = Registry("HKLM\\SYSTEM\\DriverDatabase\\DriverInfFiles\\*", values=("Active",))
DESCRIPTORS = Registry(
    f"HKLM\\SYSTEM\\DriverDatabase\\DriverPackages\\*\\Descriptors\\PCI\\{_PCI}",
    values=("Configuration",),
)
BUS_DESCRIPTORS = Registry(
    "HKLM\\SYSTEM\\DriverDatabase\\DriverPackages\\*\\Descriptors\\ACPI|VMBUS|XENBUS|XENVIF\\*",
    values=("Configuration",),
)
CHANNEL_DESCRIPTORS = Registry(
    f"HKLM\\SYSTEM\\DriverDatabase\\DriverPackages\\*\\Descriptors\\{_OTHERS}",
    values=("Configuration",),
)
CONFIGURATIONS = Registry(
    "HKLM\\SYSTEM\\DriverDatabase\\DriverPackages\\*\\Configurations\\*", values=("Service",)
)
# Drivers that no boot needs, those of network cards among them, stand in a hive of their own, which
# a running Windows loads when it installs one: so in 8.1 (build 9600), 10 and 11.
MORE_IDS = Registry(f"HKLM\\DRIVERS\\DriverDatabase\\DeviceIds\\PCI\\{_PCI}")
MORE_BUS_IDS = Registry("HKLM\\DRIVERS\\DriverDatabase\\DeviceIds\\VMBUS|XENBUS|XENVIF\\*")
VERSION = Registry(
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
    values=(
        "ProductName",
        "EditionID",
        "InstallationType",
        "CurrentVersion",
        "CurrentMajorVersionNumber",
        "CurrentBuild",
        "CurrentBuildNumber",
        "UBR",
        "DisplayVersion",
        "ReleaseId",
        "CSDVersion",
    ),
)
# Updates without which Windows 7 and 2008 R2 take no SHA-2 signature, or have no NVMe driver.
UPDATES = Registry(
    "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"
    "\\Package_for_KB4474419*|Package_for_KB3033929*|Package_for_KB2990941*",
    values=("CurrentState",),
)
ARCHITECTURE = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control\\Session Manager\\Environment",
    values=("PROCESSOR_ARCHITECTURE",),
)
SECURE_BOOT = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control\\SecureBoot\\State", values=("UEFISecureBootEnabled",)
)
# What the last start was given says too whether test signatures count: "NOEXECUTE=OPTIN
# TESTSIGNING".
FIRMWARE = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control", values=("PEFirmwareType", "SystemStartOptions")
)
POLICIES = Registry(
    "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\DeviceInstall\\Restrictions", depth=1
)
EARLY_LAUNCH = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Policies\\EarlyLaunch", values=("DriverLoadPolicy",)
)
FAST_STARTUP = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control\\Session Manager\\Power", values=("HiberbootEnabled",)
)
BITLOCKER = Registry("HKLM\\SYSTEM\\ControlSet*\\Control\\BitlockerStatus", values=("BootStatus",))
SAN = Registry("HKLM\\SYSTEM\\ControlSet*\\Services\\partmgr\\Parameters", values=("SanPolicy",))
ADDRESSES = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Services\\Tcpip\\Parameters\\Interfaces\\*",
    values=("EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "NameServer"),
)
CONNECTIONS = Registry(
    "HKLM\\SYSTEM\\ControlSet*\\Control\\Network\\{4D36E972-*\\*\\Connection",
    values=("Name", "PnPInstanceId"),
)
# A service's name that is looked up by itself: nothing in it means anything in a pattern.
_NAMED = compile_pattern(r"[A-Za-z0-9_.+() -]{1,80}")
_MOST_NAMED = 256
_MOST_LOOKED_AT = 4096  # of a registry made to cost time


def named_services(keys: Keys) -> Tuple[str, ...]:
    """Return services, in lower case, that filters and bindings name and no fixed pattern asks for."""
    names = dict.fromkeys(
        name.strip().lower() for name in (*_filter_names(keys), *_bound_names(keys))
    )
    some = [name for name in names if _NAMED.fullmatch(name)][:_MOST_LOOKED_AT]
    return tuple(name for name in some if not asks_for_service(name) and not asks_for_filter(name))[
        :_MOST_NAMED
    ]


def _filter_names(keys: Keys) -> Iterator[str]:
    for top in keys.names("HKLM\\SYSTEM"):
        for of in CLASSES:
            key = keys.get(f"HKLM\\SYSTEM\\{top}\\Control\\Class\\{of}")
            yield from (*key.texts("UpperFilters"), *key.texts("LowerFilters"))


def _bound_names(keys: Keys) -> Iterator[str]:
    for top in keys.names("HKLM\\SYSTEM"):
        for key in keys.below(f"HKLM\\SYSTEM\\{top}\\Control\\CriticalDeviceDatabase"):
            yield key.text("Service")
    for package in keys.below("HKLM\\SYSTEM\\DriverDatabase\\DriverPackages"):
        # Only packages of the hardware that is asked for have descriptors here.
        if keys.has(f"{package.path}\\Descriptors"):
            yield from (
                one.text("Service") for one in keys.below(f"{package.path}\\Configurations")
            )


def _further(answers: Dict[str, Tuple[Answer, ...]]) -> Tuple[Registry, ...]:
    """Ask a hive for the services that it names elsewhere."""
    names = named_services(parse_answers(list(answers.get("windows_registry", ()))))
    return (
        (
            Registry(
                f"HKLM\\SYSTEM\\ControlSet*\\Services\\{'|'.join(names)}", values=SERVICES.values
            ),
        )
        if names
        else ()
    )


REGISTRY = Question[Keys](
    "windows_registry",
    "control sets, services of drivers, what they are bound to, and which Windows it is, from "
    "the registry",
    (
        SELECT,
        SERVICES,
        OVERRIDES,
        CRITICAL,
        INSTANCES,
        DEVICE_IDS,
        BUS_IDS,
        CHANNEL_IDS,
        PACKAGES,
        INFS,
        DESCRIPTORS,
        BUS_DESCRIPTORS,
        CHANNEL_DESCRIPTORS,
        CONFIGURATIONS,
        MORE_IDS,
        MORE_BUS_IDS,
        VERSION,
        UPDATES,
        ARCHITECTURE,
        SECURE_BOOT,
        FIRMWARE,
        FILTERS,
        FILTER_SERVICES,
    ),
    parse_last,
    "which Windows this is, and whether it would boot from another kind of disk",
    follow=_further,
)
WINDOWS_POLICIES = Question[Keys](
    "windows_policies",
    "policies that keep a driver from being installed or loaded",
    (POLICIES, EARLY_LAUNCH),
    parse_answers,
    "whether a policy keeps a driver from being installed or loaded",
    quiet=True,
)
WINDOWS_STATE = Question[Keys](
    "windows_state",
    "Fast Startup, BitLocker, the policy for new disks, and addresses that are bound to a card",
    (FAST_STARTUP, BITLOCKER, SAN, ADDRESSES, CONNECTIONS),
    parse_answers,
    "whether Windows was shut down whole, and what is bound to a card that would be another",
    quiet=True,
)
