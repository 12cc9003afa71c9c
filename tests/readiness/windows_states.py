"""States of a Windows volume, and what its boot from another controller would come to: a whole one,
and what each state changes in it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Callable, Dict, List, Optional, Tuple

from guestcheck.model.target import BOOTS, DOES_NOT_BOOT, UNKNOWN

State = Dict[str, Any]
DATABASE = {
    "viostor": ("PCI", ["VEN_1AF4&DEV_1001", "VEN_1AF4&DEV_1042"], "oem1.inf"),
    "vioscsi": ("PCI", ["VEN_1AF4&DEV_1004", "VEN_1AF4&DEV_1048"], "oem2.inf"),
    "stornvme": ("PCI", ["CC_010802"], "stornvme.inf"),
    "storahci": ("PCI", ["CC_010601"], "mshdc.inf"),
    "intelide": ("PCI", ["VEN_8086&DEV_7010", "VEN_8086&DEV_7111"], "mshdc2.inf"),
    "storvsc": ("VMBUS", ["{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}"], "wstorvsc.inf"),
    "vmbus": ("ACPI", ["VMBus"], "wvmbus.inf"),
    "pvscsi": ("PCI", ["VEN_15AD&DEV_07C0"], "oem4.inf"),
    "lsi_sas": ("PCI", ["VEN_1000&DEV_0054"], "lsi_sas.inf"),
}
CRITICAL = {
    "PCI#VEN_1AF4&DEV_1001&REV_00": "viostor",
    "PCI#VEN_1AF4&DEV_1042&REV_01": "viostor",
    "PCI#VEN_1AF4&DEV_1004&REV_00": "vioscsi",
    "PCI#VEN_1AF4&DEV_1048&REV_01": "vioscsi",
    "PCI#CC_010601": "msahci",
    "PCI#VEN_8086&DEV_7010": "intelide",
    "PCI#VEN_8086&DEV_7111": "intelide",
    "Internal_IDE_Channel": "atapi",
}
# What Windows has wherever its disk is, and what it puts upon disks and volumes.
STACK = (
    "pci",
    "acpi",
    "disk",
    "partmgr",
    "volmgr",
    "fvevol",
    "rdyboost",
    "iorate",
    "volsnap",
    "EhStorClass",
)
DISK, VOLUME = "{4d36e967-e325-11ce-bfc1-08002be10318}", "{71a27cdd-812a-11d0-bec7-08002be2092f}"
SCSI, ATA, PC = (f"{{4D36E9{number}-E325-11CE-BFC1-08002BE10318}}" for number in ("7B", "6A", "7D"))
CLASSES: State = {
    DISK: {"UpperFilters": ("partmgr", ""), "LowerFilters": ("EhStorClass", "")},
    VOLUME: {"UpperFilters": ("volsnap",), "LowerFilters": ("fvevol", "iorate", "rdyboost")},
}


def program(machine: int = 0x8664) -> bytes:
    """The head of a driver's file, for amd64, x86 (0x14c) or arm64 (0xaa64)."""
    return (
        b"MZ".ljust(60, b"\0")
        + (64).to_bytes(4, "little")
        + b"PE\0\0"
        + machine.to_bytes(2, "little")
        + bytes(64)
    )


def truncated() -> bytes:
    """The head of a driver's file with a section that ends behind the file's end."""
    head = bytearray(program().ljust(256, b"\0"))
    head[70] = 1
    head[88 + 16 : 88 + 24] = (0x1000).to_bytes(4, "little") + (0x80).to_bytes(4, "little")
    return bytes(head)


def version(*parts: int) -> bytes:
    """A package's Version: its class and date, which nobody asks for here, and four numbers."""
    return bytes(32) + b"".join(part.to_bytes(2, "little") for part in reversed(parts)) + bytes(8)


def service(name: str, start: int = 0) -> State:
    return {
        "Type": 1,
        "Start": start,
        "ErrorControl": 1,
        "Group": "SCSI miniport",
        "ImagePath": f"System32\\drivers\\{name}.sys",
    }


def windows(build: int = 20348) -> State:
    """Make a Windows with everything: the states below take something away."""
    names = (
        [*DATABASE, "atapi"]
        if build >= 9200
        else ["viostor", "vioscsi", "msahci", "intelide", "atapi"]
    )
    control: State = {
        "Services": {name: service(name) for name in (*names, *STACK)},
        "Control": {
            "Session Manager": {"Environment": {"PROCESSOR_ARCHITECTURE": "AMD64"}},
            "Class": deepcopy(CLASSES),
        },
        "Enum": {"PCI": {}},
    }
    system: State = {
        "Select": {"Current": 1, "Default": 1, "Failed": 0, "LastKnownGood": 1},
        "ControlSet001": control,
    }
    if build >= 9200:
        ids: State = {
            "PCI": {},
            "VMBUS": {},
            "ACPI": {},
            "Internal_IDE_Channel": {"mshdc2.inf": b"\1\xff\0\0"},
        }
        packages: State = {}
        for name, (bus, devices, inf) in DATABASE.items():
            package: State = {
                "": inf,
                "Version": SIGNED,
                "Configurations": {"Inst": {"Service": name}},
                "Descriptors": {bus: {}},
            }
            for device in devices:
                ids[bus][device] = {inf: b"\1\xff\0\0"}
                package["Descriptors"][bus][device] = {"Configuration": "Inst"}
            packages[f"{name}.inf_amd64_1"] = package
        packages["intelide.inf_amd64_1"]["Descriptors"]["Internal_IDE_Channel"] = {
            "Configuration": "Channel"
        }
        packages["intelide.inf_amd64_1"]["Configurations"]["Channel"] = {"Service": "atapi"}
        system["DriverDatabase"] = {"DeviceIds": ids, "DriverPackages": packages}
    else:
        control["Control"]["CriticalDeviceDatabase"] = {
            key: {"Service": name} for key, name in CRITICAL.items()
        }
    version = {
        "ProductName": "Windows Server 2022 Standard",
        "CurrentBuildNumber": str(build),
        "InstallationType": "Server",
    }
    servicing = {"Packages": {"Package_for_KB4474419~31bf~amd64~~6.1.3.2": {"CurrentState": 112}}}
    software: State = {
        "Microsoft": {
            "Windows NT": {"CurrentVersion": version},
            "Windows": {"CurrentVersion": {"Component Based Servicing": servicing}},
        }
    }
    return {
        "SYSTEM": system,
        "SOFTWARE": software,
        "files": [f"System32/drivers/{name}.sys" for name in (*names, *STACK)],
    }


def services(state: State) -> State:
    return state["SYSTEM"]["ControlSet001"]["Services"]


def ids(state: State) -> State:
    return state["SYSTEM"]["DriverDatabase"]["DeviceIds"]


# Cross-signed for Windows 8 to 2012 R2, and attestation-signed for 10 and newer: virtio-win
# 0.1.215.
SIGNED = version(63, 90, 104, 21500)

Change = Callable[[State], object]
CASES: List[Tuple[str, str, str, int, Optional[Change]]] = [
    # whole
    ("virtio-blk", BOOTS, "", 20348, None),
    ("virtio-scsi", BOOTS, "", 20348, None),
    ("nvme", BOOTS, "", 20348, None),
    ("sata", BOOTS, "", 20348, None),
    ("ide", BOOTS, "", 20348, None),
    ("pvscsi", BOOTS, "", 20348, None),
    ("lsi-sas", BOOTS, "", 20348, None),
    ("storvsc", BOOTS, "", 20348, None),
    ("virtio-blk", BOOTS, "", 7601, None),
    ("virtio-scsi", BOOTS, "", 7601, None),
    ("sata", BOOTS, "", 7601, None),
    ("virtio-blk", BOOTS, "", 9600, None),
    # not bootable
    ("virtio-blk", DOES_NOT_BOOT, "service-missing", 20348, lambda s: services(s).pop("viostor")),
    ("virtio-scsi", DOES_NOT_BOOT, "service-missing", 20348, lambda s: services(s).pop("vioscsi")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-not-boot",
        20348,
        lambda s: services(s)["viostor"].update(Start=3),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-not-boot",
        20348,
        lambda s: services(s)["viostor"].update(Start=4),
    ),
    (
        "sata",
        DOES_NOT_BOOT,
        "service-not-boot",
        7601,
        lambda s: services(s)["msahci"].update(Start=3),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-overridden",
        20348,
        lambda s: services(s)["viostor"].update(StartOverride={"0": 3}),
    ),
    (
        "nvme",
        DOES_NOT_BOOT,
        "service-overridden",
        20348,
        lambda s: services(s)["stornvme"].update(StartOverride={"0": 3}),
    ),
    (
        "storvsc",
        DOES_NOT_BOOT,
        "service-overridden",
        20348,
        lambda s: services(s)["vmbus"].update(StartOverride={"0": 3}),
    ),
    (
        "ide",
        DOES_NOT_BOOT,
        "service-overridden",
        20348,
        lambda s: services(s)["atapi"].update(StartOverride={"0": 3}),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-missing",
        20348,
        lambda s: s["files"].remove("System32/drivers/viostor.sys"),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-not-bound",
        20348,
        lambda s: [ids(s)["PCI"].pop(i) for i in DATABASE["viostor"][1]],
    ),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-not-bound",
        7601,
        lambda s: [
            s["SYSTEM"]["ControlSet001"]["Control"]["CriticalDeviceDatabase"].pop(i)
            for i in list(CRITICAL)[2:4]
        ],
    ),
    ("nvme", DOES_NOT_BOOT, "driver-not-bound", 7601, None),
    (
        "pvscsi",
        DOES_NOT_BOOT,
        "service-missing",
        20348,
        lambda s: services(s).update(pvscsi={"vwdk.installers": ("MSI",)}),
    ),
    # the store's own file, as virtio-win has it for Windows 11
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-missing",
        26100,
        lambda s: services(s)["viostor"].update(
            ImagePath="\\SystemRoot\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.sys"
        ),
    ),
    (
        "virtio-blk",
        BOOTS,
        "",
        26100,
        lambda s: (
            services(s)["viostor"].update(
                ImagePath="\\SystemRoot\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_1\\viostor.sys"
            ),
            s["files"].append(
                "System32/DriverStore/FileRepository/viostor.inf_amd64_1/viostor.sys"
            ),
        ),
    ),
    # left open
    (
        "virtio-blk",
        UNKNOWN,
        "driver-not-bound",
        20348,
        lambda s: ids(s)["PCI"].pop("VEN_1AF4&DEV_1042"),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "driver-staged-only",
        20348,
        lambda s: [
            s["SYSTEM"]["DriverDatabase"]["DriverPackages"]["viostor.inf_amd64_1"].pop(k)
            for k in ("Descriptors", "Configurations")
        ],
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "service-overridden",
        20348,
        lambda s: services(s)["viostor"].update(StartOverride={"1": 3}),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "signature-sha2",
        7601,
        lambda s: s["SOFTWARE"]["Microsoft"]["Windows"]["CurrentVersion"][
            "Component Based Servicing"
        ].update(Packages={"x": {}}),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "policy-restricts",
        20348,
        lambda s: s["SOFTWARE"].update(
            Policies={
                "Microsoft": {
                    "Windows": {"DeviceInstall": {"Restrictions": {"DenyUnspecified": 1}}}
                }
            }
        ),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "control-set-missing",
        20348,
        lambda s: s["SYSTEM"]["Select"].update(Default=7),
    ),
    ("virtio-blk", UNKNOWN, "control-set-unknown", 20348, lambda s: s["SYSTEM"].pop("Select")),
    (
        "virtio-blk",
        UNKNOWN,
        "control-set-missing",
        20348,
        lambda s: s["SYSTEM"].pop("ControlSet001"),
    ),
    ("virtio-blk", UNKNOWN, "policy-unread", 20348, lambda s: s.update(SOFTWARE=None)),
    (
        "virtio-blk",
        UNKNOWN,
        "registry-unread",
        20348,
        lambda s: s.update(SYSTEM=b"regf" + bytes(8192)),
    ),
    ("virtio-blk", UNKNOWN, "registry-doubtful", 20348, lambda s: s.update(first=2)),
    (
        "virtio-blk",
        UNKNOWN,
        "driver-file-unknown",
        20348,
        lambda s: services(s)["viostor"].update(ImagePath="D:\\x\\viostor.sys"),
    ),
    ("xen-blkfront", UNKNOWN, "windows-target-unknown", 20348, None),
]


def control(state: State, number: int = 1) -> State:
    return state["SYSTEM"][f"ControlSet{number:03d}"]


def critical(state: State) -> State:
    return control(state)["Control"]["CriticalDeviceDatabase"]


def packages(state: State) -> State:
    return state["SYSTEM"]["DriverDatabase"]["DriverPackages"]


def demoted(name: str) -> Change:
    """What Windows does to a boot driver that nothing used while it was installed."""
    return lambda state: services(state)[name].update(StartOverride={"0": 3})


def start(name: str, number: int) -> Change:
    return lambda state: services(state)[name].update(Start=number)


def no_file(name: str) -> Change:
    return lambda state: state["files"].remove(f"System32/drivers/{name}.sys")


def unbound(*names: str) -> Change:
    """Take packages out of the driver store, as pnputil does."""

    def change(state: State) -> None:
        for name in names:
            bus, devices, _ = DATABASE[name]
            for device in devices:
                ids(state)[bus].pop(device)
            packages(state).pop(f"{name}.inf_amd64_1")

    return change


def without(*names: str) -> Change:
    """Nothing of drivers is there: no service, no file, no package or entry of
    CriticalDeviceDatabase.
    """

    def change(state: State) -> None:
        for name in names:
            services(state).pop(name)
            state["files"].remove(f"System32/drivers/{name}.sys")
            if "DriverDatabase" in state["SYSTEM"]:
                unbound(name)(state)
            else:
                for key in [
                    key for key, value in critical(state).items() if value["Service"] == name
                ]:
                    critical(state).pop(key)

    return change


def only_netkvm(state: State) -> None:
    """The network card's driver was installed, and no disk's."""
    without("viostor", "vioscsi")(state)
    services(state)["netkvm"] = service("netkvm", 3)
    state["files"].append("System32/drivers/netkvm.sys")


def file_only(state: State) -> None:
    """Somebody copied the driver's file, and nothing else."""
    without("viostor")(state)
    state["files"].append("System32/drivers/viostor.sys")


def other_set(change: Optional[Change] = None) -> Change:
    """The next boot uses another control set than the last one, in which something is otherwise."""

    def changed(state: State) -> None:
        before = deepcopy(state["SYSTEM"]["ControlSet001"])
        if change:
            change(state)
        state["SYSTEM"]["ControlSet002"], state["SYSTEM"]["ControlSet001"] = control(state), before
        state["SYSTEM"]["Select"].update(Current=1, Default=2, LastKnownGood=2)

    return changed


def bound_to(id_: str, name: str, inf: str, known: Optional[State] = None) -> Change:
    """A further maker's package binds a PCI id to its service, which is `known`."""

    def change(state: State) -> None:
        if "DriverDatabase" not in state["SYSTEM"]:
            critical(state)["PCI#" + id_] = {"Service": name}
        else:
            ids(state)["PCI"].setdefault(id_, {})[inf] = b"\1\xff\0\0"
            packages(state)[f"{inf}_amd64_9"] = {
                "": inf,
                "Version": bytes(48),
                "Configurations": {"Made": {"Service": name}},
                "Descriptors": {"PCI": {id_: {"Configuration": "Made"}}},
            }
        if known is not None:
            services(state)[name] = known
            state["files"].append(f"System32/drivers/{name}.sys")

    return change


def all_of(*changes: Change) -> Change:
    def change(state: State) -> None:
        for one in changes:
            one(state)

    return change


def stored(folder: str) -> Change:
    """The service names a file in the driver store, as packages for Windows 11 do; it lies in
    `folder`.
    """

    def change(state: State) -> None:
        services(state)["viostor"]["ImagePath"] = (
            "\\SystemRoot\\System32\\DriverStore\\FileRepository\\viostor.inf_amd64_2\\viostor.sys"
        )
        no_file("viostor")(state)
        state["files"].append(f"System32/DriverStore/FileRepository/{folder}/viostor.sys")

    return change


_GUID = "{4d36e97b-e325-11ce-bfc1-08002be10318}"
_CARD = "{4d36e972-e325-11ce-bfc1-08002be10318}"


def injected(name: str, old: str, new: str, subsystem: str) -> Change:
    """A disk's driver as an image builder writes it into SYSTEM, that of the card into DRIVERS: all
    that Windows' own setup leaves there.
    """

    def change(state: State) -> None:
        without("viostor", "vioscsi")(state)
        inf, package = f"oem-{name}.inf", f"{name}.inf_amd64_0123456789abcdef"
        devices = [
            f"VEN_1AF4&DEV_{old}",
            f"VEN_1AF4&DEV_{old}&SUBSYS_{subsystem}1AF4&REV_00",
            f"VEN_1AF4&DEV_{new}",
            f"VEN_1AF4&DEV_{new}&SUBSYS_11001AF4&REV_01",
        ]
        for number, device in enumerate(devices):
            ids(state)["PCI"][device] = {inf: bytes((2 - number % 2, 255, 0, 0))}
        ids(state)[_GUID] = {inf: b""}
        state["SYSTEM"]["DriverDatabase"]["DriverInfFiles"] = {
            inf: {"": (package,), "Active": package, "Configurations": ("scsi_inst",)}
        }
        packages(state)[package] = {
            "": inf,
            "InfName": f"{name}.inf",
            "Provider": "Red Hat, Inc.",
            "SignerScore": 0x0D000004,
            "Version": bytes(48),
            "Configurations": {
                "scsi_inst": {
                    "ConfigFlags": 0,
                    "ConfigScope": 7,
                    "Service": name,
                    "Device": {},
                    "Services": {name: {"Parameters": {"BusType": 10}}},
                }
            },
            "Descriptors": {
                "PCI": {
                    device: {"Configuration": "scsi_inst", "Manufacturer": "%vendor%"}
                    for device in devices
                }
            },
            "Strings": {"vendor": "Red Hat, Inc."},
        }
        services(state)[name] = {
            **service(name),
            "Owners": (inf,),
            "Tag": 33,
            "Parameters": {"BusType": 10, "PnpInterface": {"5": 1}},
        }
        state["files"] += [
            f"System32/drivers/{name}.sys",
            f"System32/DriverStore/FileRepository/{package}/{name}.sys",
        ]
        card = "netkvm.inf_amd64_fedcba9876543210"
        state["DRIVERS"] = {
            "DriverDatabase": {
                "DeviceIds": {
                    "pci": {
                        "VEN_1AF4&DEV_1000": {"oem-netkvm.inf": b"\2\xff\0\0"},
                        "VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00": {
                            "oem-netkvm.inf": b"\1\xff\0\0"
                        },
                        "VEN_1AF4&DEV_1041": {"oem-netkvm.inf": b"\2\xff\0\0"},
                        "VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01": {
                            "oem-netkvm.inf": b"\1\xff\0\0"
                        },
                    },
                    _CARD: {"oem-netkvm.inf": b""},
                },
                "DriverInfFiles": {"oem-netkvm.inf": {"": (card,), "Active": card}},
                "DriverPackages": {
                    card: {
                        "": "oem-netkvm.inf",
                        "InfName": "netkvm.inf",
                        "Provider": "Red Hat, Inc.",
                    }
                },
            }
        }
        state["files"].append("System32/drivers/netkvm.sys")

    return change


_BLOCK = injected("viostor", "1001", "1042", "0002")
_SCSI = injected("vioscsi", "1004", "1048", "0008")


def converted(state: State) -> None:
    """A disk's driver as a converter writes it: the least that Windows 8 and newer take, of both
    forms of the device.
    """
    without("viostor", "vioscsi")(state)
    name = "guestor.inf_amd64_0000000000000000"
    devices = ("VEN_1AF4&DEV_1001&REV_00", "VEN_1AF4&DEV_1042&REV_01")
    for device in devices:
        ids(state)["PCI"][device] = {"guestor.inf": b"\1\xff\0\0"}
    state["SYSTEM"]["DriverDatabase"]["DriverInfFiles"] = {
        "guestor.inf": {"": (name,), "Active": name, "Configurations": ("guestor_conf",)}
    }
    packages(state)[name] = {
        "Version": bytes.fromhex("00ff0900000000007be9364d25e3ce11bfc108002be10318") + bytes(24),
        "Configurations": {"guestor_conf": {"ConfigFlags": 0, "Service": "viostor"}},
        "Descriptors": {"PCI": {device: {"Configuration": "guestor_conf"} for device in devices}},
    }
    services(state)["viostor"] = service("viostor")
    state["files"].append("System32/drivers/viostor.sys")


def no_version(state: State) -> None:
    packages(state)["guestor.inf_amd64_0000000000000000"].pop("Version")


def of_32_bits(state: State) -> None:
    control(state)["Control"]["Session Manager"]["Environment"]["PROCESSOR_ARCHITECTURE"] = "x86"


def no_updates(state: State) -> None:
    state["SOFTWARE"]["Microsoft"]["Windows"]["CurrentVersion"]["Component Based Servicing"][
        "Packages"
    ] = {"x": {}}


def filters(of: str, value: str, name: str, known: Optional[State] = None) -> Change:
    """A filter is put upon a class, after those that it has; its service is `known`, or there is
    none.
    """

    def change(state: State) -> None:
        values = control(state)["Control"]["Class"].setdefault(of, {})
        values[value] = (*values.get(value, ()), name)
        if known is not None:
            services(state)[name] = known
            state["files"].append(f"System32/drivers/{name}.sys")

    return change


def no_class(state: State) -> None:
    """Nothing stands upon any class, as in the registry of a made guest."""
    control(state)["Control"].pop("Class")


def update_in_state(number: int) -> Change:
    def change(state: State) -> None:
        servicing = state["SOFTWARE"]["Microsoft"]["Windows"]["CurrentVersion"][
            "Component Based Servicing"
        ]
        servicing["Packages"]["Package_for_KB4474419~31bf~amd64~~6.1.3.2"]["CurrentState"] = number

    return change


# Another maker's driver, whose service has a name that nobody knows beforehand, and Intel's for
# AHCI.
_FOREIGN = {**service("acmeblk")}
_INTEL = "VEN_8086&DEV_2922&CC_0106"

CASES += [
    # whole: other releases
    ("virtio-blk", BOOTS, "", 9200, None),
    ("sata", BOOTS, "", 9600, None),
    ("virtio-scsi", BOOTS, "", 14393, None),
    ("virtio-blk", BOOTS, "", 17763, None),
    ("storvsc", BOOTS, "", 19045, None),
    ("nvme", BOOTS, "", 26100, None),
    ("virtio-blk", BOOTS, "", 7601, all_of(of_32_bits, no_updates)),
    # whole: as others than Windows' own setup leave it
    ("virtio-blk", BOOTS, "", 19045, _BLOCK),
    ("virtio-scsi", BOOTS, "", 26100, _SCSI),
    ("virtio-blk", BOOTS, "", 20348, converted),
    ("virtio-blk", BOOTS, "", 26100, stored("viostor.inf_amd64_2")),
    ("virtio-blk", BOOTS, "", 20348, other_set()),
    ("sata", BOOTS, "", 19045, bound_to(_INTEL, "iaStorAC", "oem9.inf", service("iaStorAC"))),
    # not bootable: another target than the one that was made ready
    ("virtio-scsi", DOES_NOT_BOOT, "service-missing", 14393, without("vioscsi")),
    ("virtio-blk", DOES_NOT_BOOT, "service-missing", 7601, without("viostor")),
    ("virtio-blk", DOES_NOT_BOOT, "driver-not-bound", 19045, only_netkvm),
    ("virtio-blk", DOES_NOT_BOOT, "service-missing", 20348, file_only),
    ("virtio-scsi", DOES_NOT_BOOT, "driver-not-bound", 19045, _BLOCK),
    # not bootable: the control set that the next boot uses is another one
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-missing",
        20348,
        other_set(lambda s: services(s).pop("viostor")),
    ),
    ("virtio-blk", DOES_NOT_BOOT, "service-overridden", 19045, other_set(demoted("viostor"))),
    # not bootable: started too late, or never
    ("virtio-blk", DOES_NOT_BOOT, "service-not-boot", 26100, start("viostor", 1)),
    ("virtio-scsi", DOES_NOT_BOOT, "service-not-boot", 17763, start("vioscsi", 2)),
    ("ide", DOES_NOT_BOOT, "service-not-boot", 7601, start("intelide", 3)),
    ("ide", DOES_NOT_BOOT, "service-not-boot", 7601, start("atapi", 4)),
    ("storvsc", DOES_NOT_BOOT, "service-not-boot", 20348, start("vmbus", 4)),
    ("sata", DOES_NOT_BOOT, "service-overridden", 19045, demoted("storahci")),
    ("lsi-sas", DOES_NOT_BOOT, "service-overridden", 19045, demoted("lsi_sas")),
    ("pvscsi", DOES_NOT_BOOT, "service-overridden", 17763, demoted("pvscsi")),
    ("storvsc", DOES_NOT_BOOT, "service-overridden", 19045, demoted("storvsc")),
    ("virtio-scsi", DOES_NOT_BOOT, "service-overridden", 26100, all_of(_SCSI, demoted("vioscsi"))),
    # not bootable: bound to nothing that there is
    ("sata", DOES_NOT_BOOT, "service-missing", 7601, lambda s: services(s).pop("msahci")),
    ("nvme", DOES_NOT_BOOT, "service-missing", 19045, lambda s: services(s).pop("stornvme")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-missing",
        7601,
        lambda s: [critical(s)[key].update(Service="rhelscsi") for key in list(CRITICAL)[:2]],
    ),
    ("nvme", DOES_NOT_BOOT, "driver-not-bound", 9200, without("stornvme")),
    ("lsi-sas", DOES_NOT_BOOT, "driver-not-bound", 26100, without("lsi_sas")),
    ("virtio-scsi", DOES_NOT_BOOT, "driver-not-bound", 20348, unbound("vioscsi")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-not-bound",
        19045,
        all_of(_BLOCK, lambda s: ids(s).update(PCI={})),
    ),
    ("pvscsi", DOES_NOT_BOOT, "service-not-boot", 9600, start("pvscsi", 4)),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-not-boot",
        17763,
        all_of(
            unbound("viostor"),
            *(
                bound_to(id_, "xenvbd", "oem8.inf", service("xenvbd", 4))
                for id_ in DATABASE["viostor"][1]
            ),
        ),
    ),
    (
        "sata",
        DOES_NOT_BOOT,
        "service-overridden",
        19045,
        all_of(
            demoted("storahci"), bound_to(_INTEL, "iaStorAC", "oem9.inf", service("iaStorAC", 4))
        ),
    ),
    # not bootable: no file
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-missing", 26100, stored("viostor.inf_amd64_1")),
    ("storvsc", DOES_NOT_BOOT, "driver-file-missing", 20348, no_file("vmbus")),
    ("ide", DOES_NOT_BOOT, "driver-file-missing", 20348, no_file("atapi")),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-file-missing",
        19045,
        all_of(of_32_bits, no_file("vioscsi")),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-missing",
        20348,
        all_of(converted, no_file("viostor")),
    ),
    # left open
    (
        "virtio-blk",
        UNKNOWN,
        "service-unread",
        20348,
        all_of(unbound("viostor"), bound_to("VEN_1AF4&DEV_1001", "acme*blk", "oem8.inf", _FOREIGN)),
    ),
    (
        "sata",
        UNKNOWN,
        "service-overridden",
        19045,
        all_of(demoted("storahci"), bound_to(_INTEL, "iaStorAC", "oem9.inf", service("iaStorAC"))),
    ),
    (
        "sata",
        UNKNOWN,
        "service-not-boot",
        19045,
        bound_to(_INTEL, "iaStorAC", "oem9.inf", service("iaStorAC", 4)),
    ),
    (
        "sata",
        UNKNOWN,
        "service-not-boot",
        7601,
        bound_to(_INTEL, "iaStor", "", service("iaStor", 3)),
    ),
    (
        "nvme",
        UNKNOWN,
        "service-overridden",
        20348,
        all_of(
            demoted("stornvme"),
            bound_to("VEN_1D0F&DEV_8061", "awsnvme", "oem7.inf", service("awsnvme")),
        ),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "service-not-boot",
        20348,
        bound_to("VEN_1AF4&DEV_1001", "xenvbd", "oem8.inf", service("xenvbd", 3)),
    ),
    (
        "lsi-sas",
        UNKNOWN,
        "driver-bound-to-some",
        20348,
        all_of(
            without("lsi_sas"), bound_to("VEN_1000&DEV_0054&SUBSYS_1F041028", "lsi_sas", "oem8.inf")
        ),
    ),
    ("virtio-blk", UNKNOWN, "package-without-version", 20348, all_of(converted, no_version)),
    # whose signature it has only its version would say
    ("virtio-blk", UNKNOWN, "signature-test", 9600, all_of(converted, no_version)),
    # not bootable: bound to a card's id by mistake, as one tool for moving guests did
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-not-bound",
        20348,
        all_of(unbound("vioscsi"), bound_to("VEN_1AF4&DEV_1041", "vioscsi", "oem8.inf")),
    ),
]
CASES += [
    # not bootable: what all disks stand on is not started, as where Windows had no PCI bus
    ("virtio-blk", DOES_NOT_BOOT, "service-overridden", 20348, demoted("pci")),
    ("nvme", DOES_NOT_BOOT, "service-overridden", 20348, demoted("pci")),
    ("virtio-blk", DOES_NOT_BOOT, "service-not-boot", 7601, start("pci", 3)),
    ("sata", DOES_NOT_BOOT, "service-not-boot", 19045, start("pci", 4)),
    ("storvsc", DOES_NOT_BOOT, "service-overridden", 20348, demoted("acpi")),
    ("virtio-scsi", DOES_NOT_BOOT, "service-not-boot", 20348, start("disk", 4)),
    ("ide", DOES_NOT_BOOT, "service-overridden", 20348, demoted("partmgr")),
    ("lsi-sas", DOES_NOT_BOOT, "service-not-boot", 9600, start("volmgr", 3)),
    ("storvsc", BOOTS, "", 20348, demoted("pci")),
    ("virtio-blk", UNKNOWN, "stack-missing", 20348, lambda s: services(s).pop("pci")),
    (
        "virtio-blk",
        UNKNOWN,
        "stack-missing",
        20348,
        lambda s: services(s).update(volmgr={"StartOverride": {"0": 0}}),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "service-overridden",
        20348,
        lambda s: services(s)["disk"].update(StartOverride={"1": 3}),
    ),
    ("virtio-blk", BOOTS, "", 20348, lambda s: services(s)["pci"].update(StartOverride={"0": 0})),
    # not bootable: a filter without its driver
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-missing",
        20348,
        filters(SCSI, "UpperFilters", "scsifilt"),
    ),
    ("sata", DOES_NOT_BOOT, "filter-missing", 19045, filters(ATA, "UpperFilters", "xenfilt")),
    ("storvsc", DOES_NOT_BOOT, "filter-missing", 20348, filters(PC, "UpperFilters", "XENFILT")),
    ("nvme", DOES_NOT_BOOT, "filter-missing", 26100, filters(DISK, "LowerFilters", "snapman")),
    ("virtio-blk", DOES_NOT_BOOT, "filter-missing", 20348, lambda s: services(s).pop("rdyboost")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-disabled",
        7601,
        filters(SCSI, "UpperFilters", "xenfilt", service("xenfilt", 4)),
    ),
    ("virtio-scsi", DOES_NOT_BOOT, "filter-disabled", 20348, start("fvevol", 4)),
    # filters of a class that the disk is not behind, and of other makers whose services nobody asks
    # for
    ("virtio-blk", BOOTS, "", 20348, filters(ATA, "UpperFilters", "xenfilt")),
    ("ide", BOOTS, "", 20348, filters(SCSI, "UpperFilters", "scsifilt")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-missing",
        20348,
        filters(DISK, "UpperFilters", "acmefilt"),
    ),
    (
        "virtio-blk",
        BOOTS,
        "",
        20348,
        filters(DISK, "UpperFilters", "acmefilt", service("acmefilt")),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-missing",
        7601,
        filters(SCSI, "LowerFilters", "Acme Filter"),
    ),
    ("virtio-blk", BOOTS, "", 20348, filters(DISK, "UpperFilters", "acme*filt")),
    (
        "virtio-blk",
        BOOTS,
        "",
        20348,
        filters(DISK, "LowerFilters", "stdcfltn", service("stdcfltn")),
    ),
    ("virtio-blk", BOOTS, "", 20348, no_class),
    (
        "virtio-blk",
        UNKNOWN,
        "filter-of-xen",
        20348,
        filters(SCSI, "UpperFilters", "scsifilt", service("scsifilt")),
    ),
    (
        "nvme",
        UNKNOWN,
        "filter-of-xen",
        20348,
        filters(PC, "UpperFilters", "xenfilt", service("xenfilt")),
    ),
    ("virtio-blk", UNKNOWN, "filter-not-boot", 20348, start("EhStorClass", 3)),
    ("virtio-blk", UNKNOWN, "filter-not-boot", 20348, demoted("iorate")),
    (
        "sata",
        UNKNOWN,
        "filter-missing",
        19045,
        all_of(
            bound_to(_INTEL, "iaStorAC", "oem9.inf", service("iaStorAC")),
            filters(SCSI, "UpperFilters", "xenfilt"),
        ),
    ),
    # an update that was only staged, and one that was taken away again
    ("virtio-blk", UNKNOWN, "signature-sha2", 7601, update_in_state(64)),
    ("virtio-scsi", UNKNOWN, "signature-sha2", 7601, update_in_state(0)),
    # the disk's own driver once more, each on another release
    ("virtio-blk", DOES_NOT_BOOT, "service-overridden", 26100, all_of(_BLOCK, demoted("volmgr"))),
    ("virtio-scsi", DOES_NOT_BOOT, "service-not-boot", 26100, all_of(_SCSI, start("partmgr", 1))),
    (
        "pvscsi",
        DOES_NOT_BOOT,
        "filter-disabled",
        19045,
        filters(DISK, "UpperFilters", "xenfilt", service("xenfilt", 4)),
    ),
    ("virtio-blk", DOES_NOT_BOOT, "service-overridden", 20348, other_set(demoted("pci"))),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-missing",
        20348,
        all_of(converted, filters(SCSI, "LowerFilters", "scsifilt")),
    ),
    ("lsi-sas", DOES_NOT_BOOT, "filter-missing", 7601, filters(VOLUME, "LowerFilters", "stcvsm")),
]


def content(name: str, data: bytes) -> Change:
    """The file of a driver, in System32\\drivers, is something else."""

    def change(state: State) -> None:
        path = f"System32/drivers/{name}.sys"
        state["files"] += [] if path in state["files"] else [path]
        state.setdefault("programs", {})[path] = data

    return change


def driver_version(*parts: int, score: int = 0) -> Change:
    """The packages of virtio's disk drivers have that version, and perhaps a SignerScore."""

    def change(state: State) -> None:
        for name in ("viostor", "vioscsi"):
            packages(state)[f"{name}.inf_amd64_1"].update(
                Version=version(*parts), **({"SignerScore": score} if score else {})
            )

    return change


def started_with(options: str, secure_boot: int = 0) -> Change:
    """What the last start was given, as every Windows writes it down."""

    def change(state: State) -> None:
        control(state)["Control"].update(
            SystemStartOptions=options, SecureBoot={"State": {"UEFISecureBootEnabled": secure_boot}}
        )

    return change


def architecture(name: str) -> Change:
    return lambda state: control(state)["Control"]["Session Manager"]["Environment"].update(
        PROCESSOR_ARCHITECTURE=name
    )


def bound_to_virtio_blk(known: State) -> Change:
    both = {f"VEN_1AF4&DEV_{number}": {"Configuration": "Made"} for number in ("1001", "1042")}
    bound = [bound_to(id_, "virtio_blk", "oem9.inf", known) for id_ in both]
    return all_of(
        unbound("viostor"),
        *bound,
        lambda state: packages(state)["oem9.inf_amd64_9"]["Descriptors"].update(PCI=both),
    )


_PLAIN, _TESTING = started_with(" NOEXECUTE=OPTIN"), started_with(" TESTSIGNING NOEXECUTE=OPTIN")
_240 = driver_version(63, 93, 104, 24000)
CASES += [
    # 8 to 2012 R2 refuse what is only test-signed: builds after 0.1.215, with Secure Boot or not
    *(
        case
        for build, first in ((9200, 62), (9600, 63))
        for case in (
            (
                "virtio-blk",
                DOES_NOT_BOOT,
                "signature-test",
                build,
                all_of(driver_version(first, 93, 104, 24000), _PLAIN),
            ),
            (
                "virtio-scsi",
                DOES_NOT_BOOT,
                "signature-test",
                build,
                all_of(driver_version(first, 92, 104, 21700), _PLAIN),
            ),
            (
                "virtio-blk",
                BOOTS,
                "",
                build,
                all_of(driver_version(first, 93, 104, 24000), _TESTING),
            ),
            ("virtio-blk", BOOTS, "", build, all_of(driver_version(first, 90, 104, 21500), _PLAIN)),
        )
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "signature-test",
        9600,
        _240,
    ),  # of an old recording, which did not ask for SystemStartOptions
    ("virtio-blk", UNKNOWN, "signature-test", 9600, all_of(_240, started_with("TESTSIGNING", 1))),
    (
        "virtio-blk",
        UNKNOWN,
        "signature-test",
        9600,
        all_of(driver_version(63, 93, 104, 24000, score=0x0D000005), _PLAIN),
    ),
    ("virtio-blk", UNKNOWN, "signature-test", 9600, all_of(driver_version(0, 0, 0, 0), _PLAIN)),
    (
        "virtio-blk",
        UNKNOWN,
        "signature-test",
        9600,
        all_of(driver_version(1, 2, 4, 0), _PLAIN),
    ),  # of another maker's numbering
    (
        "virtio-blk",
        BOOTS,
        "",
        9600,
        all_of(driver_version(61, 77, 104, 17200), _PLAIN),
    ),  # that of 2008 R2, cross-signed
    (
        "virtio-blk",
        UNKNOWN,
        "signature-test",
        9600,
        all_of(driver_version(100, 90, 104, 21500), _PLAIN),
    ),  # that of Windows 10
    ("virtio-blk", BOOTS, "", 20348, all_of(driver_version(100, 95, 104, 26200), _PLAIN)),
    # Secure Boot of 10 and newer wants Microsoft's signature
    (
        "virtio-blk",
        UNKNOWN,
        "signature-attestation",
        20348,
        all_of(driver_version(100, 85, 104, 19000), started_with("", 1)),
    ),
    (
        "virtio-blk",
        BOOTS,
        "",
        20348,
        all_of(driver_version(100, 85, 104, 19000), started_with("", 0)),
    ),
    (
        "virtio-blk",
        BOOTS,
        "",
        20348,
        all_of(driver_version(100, 85, 104, 20400), started_with("", 1)),
    ),
    # another maker's driver, whose service is looked up by its name
    ("virtio-blk", BOOTS, "", 20348, bound_to_virtio_blk(service("virtio_blk"))),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "service-not-boot",
        20348,
        bound_to_virtio_blk(service("virtio_blk", 3)),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-empty",
        20348,
        all_of(bound_to_virtio_blk(service("virtio_blk")), content("virtio_blk", b"")),
    ),
    # files that are no drivers for this Windows
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-empty", 20348, content("viostor", b"")),
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-empty", 7601, content("viostor", b"")),
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-foreign", 20348, content("viostor", program(0x14C))),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-file-foreign",
        26100,
        content("vioscsi", program(0xAA64)),
    ),
    ("sata", DOES_NOT_BOOT, "driver-file-foreign", 20348, content("storahci", program(0x14C))),
    (
        "virtio-blk",
        BOOTS,
        "",
        26100,
        all_of(
            architecture("ARM64"),
            *(content(name, program(0xAA64)) for name in (*DATABASE, "atapi", *STACK)),
        ),
    ),
    (
        "virtio-blk",
        UNKNOWN,
        "driver-file-odd",
        20348,
        content("viostor", b"<html>not found</html>"),
    ),
    ("virtio-blk", UNKNOWN, "driver-file-odd", 20348, content("viostor", program(0x1C4))),
    ("virtio-blk", UNKNOWN, "driver-file-odd", 20348, content("viostor", truncated())),
    ("virtio-blk", UNKNOWN, "driver-file-odd", 20348, architecture("")),
    ("virtio-blk", DOES_NOT_BOOT, "driver-file-empty", 20348, content("partmgr", b"")),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-empty",
        20348,
        all_of(
            filters(SCSI, "UpperFilters", "acmefilt", service("acmefilt")), content("acmefilt", b"")
        ),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "driver-file-missing",
        20348,
        all_of(filters(SCSI, "UpperFilters", "acme", service("acme")), no_file("acme")),
    ),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "driver-file-foreign",
        9600,
        all_of(content("vioscsi", program(0x14C)), _PLAIN),
    ),
    ("nvme", DOES_NOT_BOOT, "driver-file-empty", 19045, content("stornvme", b"")),
    ("ide", DOES_NOT_BOOT, "driver-file-empty", 20348, content("atapi", b"")),
    ("pvscsi", DOES_NOT_BOOT, "driver-file-foreign", 20348, content("pvscsi", program(0x14C))),
    ("lsi-sas", DOES_NOT_BOOT, "driver-file-empty", 7601, content("disk", b"")),
    ("storvsc", DOES_NOT_BOOT, "driver-file-foreign", 20348, content("volmgr", program(0xAA64))),
    (
        "virtio-scsi",
        DOES_NOT_BOOT,
        "filter-missing",
        9600,
        all_of(_PLAIN, filters(VOLUME, "UpperFilters", "acmecrypt")),
    ),
    (
        "virtio-blk",
        DOES_NOT_BOOT,
        "filter-disabled",
        20348,
        filters(DISK, "LowerFilters", "acmefilt", service("acmefilt", 4)),
    ),
]
