"""What lies beneath the guest: a hypervisor, a container, a cloud, each clue by where it was read.

systemd-detect-virt(1) and lscpu(1) read CPUID, which a script cannot; DMI, the device tree, the
ACPI tables and /proc/sysinfo are read as files. A container is a fact of its own: never
`systemd-detect-virt` without --vm or
--container, for alone it names the innermost.
"""

from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.catalogue.hypervisors import HYPERVISORS
from guestcheck.evidence.linux.dmidecode import parse_dmidecode
from guestcheck.evidence.linux.lscpu import parse_lscpu
from guestcheck.model.guest import Hint
from guestcheck.model.source import OK, Answer, Command, File, Listing, Question


def first_line(text: str) -> str:
    """Return the first line of `text` that is not empty, stripped."""
    for line in text.split("\n"):
        if line.strip():
            return line.strip()
    return ""


class Detected(NamedTuple):
    """systemd-detect-virt's words, and the hypervisor vendor that lscpu prints ("" where not
    asked).
    """

    vm: str
    container: str
    cpuid: str


def _parse_detected(answers: List[Answer]) -> Detected:
    vm = container = cpuid = ""
    read = False  # whether something was read that names a hypervisor where there is one
    for answer in answers:
        word = _word(first_line(answer.text))
        if answer.asked.startswith("lscpu"):
            told = _lscpu_vendor(answer.text)
            read, cpuid = read or told is not None, cpuid or told or ""
        elif answer.asked.startswith("dmesg"):
            read, cpuid = True, cpuid or _booted(answer.text)
        elif answer.asked.startswith("hostnamectl"):
            word = _word(_field(answer.text, "Virtualization"))
            vm, container = (
                (vm, container or word) if word in _CONTAINERS else (vm or word, container)
            )
        elif answer.asked.startswith("virt-what"):
            vm = vm or _virt_what(answer.text)
        elif "--container" in answer.asked or word in _CONTAINERS:
            container = container or word
        else:
            vm = vm or word
    if not (vm or container or cpuid or read):
        raise ValueError("no word of a hypervisor in it")
    return Detected(vm, container, cpuid)


def _word(text: str) -> str:
    """Take a word of the kind that systemd-detect-virt prints, also one that it learns tomorrow; a
    sentence is none.
    """
    plain = (
        text.isascii()
        and text.replace("-", "").isalnum()
        and text == text.lower()
        and len(text) < 40
    )
    return text if plain else ""


# What systemd-detect-virt without an option calls the innermost of a container and a machine
# (systemd, virt.c).
_CONTAINERS = frozenset(
    (
        "systemd-nspawn",
        "lxc-libvirt",
        "lxc",
        "openvz",
        "docker",
        "podman",
        "rkt",
        "wsl",
        "proot",
        "pouch",
        "container-other",
    )
)
# virt-what(1)'s words for hypervisors by systemd-detect-virt's; its others tell of clouds and of
# what it is not sure.
_VIRT_WHAT = {word: row.id for row in HYPERVISORS for word in row.virt_what}


# How the kernel calls the hypervisor whose CPUID it found when it booted
# (arch/x86/kernel/cpu/hypervisor.c), as lscpu does.
_BOOTED = {word: row.lscpu[0] for row in HYPERVISORS for word in row.booted}


def _booted(text: str) -> str:
    return _BOOTED.get(_field(text, "Hypervisor detected"), "")


def _field(text: str, name: str) -> str:
    for line in text.split("\n"):
        _, found, value = line.partition(f"{name}: ")
        if found:
            return value.strip()
    return ""


def _virt_what(text: str) -> str:
    return next(
        (_VIRT_WHAT[line.strip()] for line in text.split("\n") if line.strip() in _VIRT_WHAT), ""
    )


def _lscpu_vendor(text: str) -> Optional[str]:
    try:
        return parse_lscpu(text).vendor
    except ValueError:
        return None


DETECTED = Question[Detected](
    "detect_virt",
    "which hypervisor and container the system's own tools see (CPUID among others)",
    (
        # It prints "none" and exits with 1 where there is none (systemd-detect-virt(1)).
        Command(("systemd-detect-virt", "--vm"), codes=(0, 1)),
        Command(("lscpu",)),
        Command(("systemd-detect-virt", "--container"), codes=(0, 1)),
    ),
    _parse_detected,
    "which hypervisor the processor names (CPUID), beyond what DMI and devices tell",
    also=(Command(("hostnamectl", "status")), Command(("virt-what",)), Command(("dmesg",))),
)


class Cpu(NamedTuple):
    """The first processor's model and architecture, and whether it has the "hypervisor" flag (None
    where flags are not listed).
    """

    model: str
    hypervisor_flag: Optional[bool]
    architecture: str = ""


def _parse_cpuinfo(answers: List[Answer]) -> Cpu:
    found = Cpu("", None)
    read = False  # a part of lscpu's output, in whatever language, may name the hypervisor alone
    for answer in answers:
        lscpu = answer.asked.startswith("lscpu")
        told = _lscpu(answer.text) if lscpu else _cpuinfo(answer.text)
        read = read or (lscpu and _lscpu_vendor(answer.text) is not None)
        flag = told.hypervisor_flag if found.hypervisor_flag is None else found.hypervisor_flag
        found = Cpu(found.model or told.model, flag, found.architecture or told.architecture)
    if not read and not found.model and found.hypervisor_flag is None:
        raise ValueError("no processor in it")
    return found


def _lscpu(text: str) -> Cpu:
    try:
        told = parse_lscpu(text)
    except ValueError:
        return Cpu("", None)
    return Cpu(told.model, told.hypervisor_flag, told.architecture)


def _cpuinfo(text: str) -> Cpu:
    model, architecture = "", ""
    flag: Optional[bool] = None
    for line in text.split("\n"):
        name, mark, value = line.partition(":")
        name = name.strip().lower()
        if not mark:
            continue
        if name in ("model name", "model", "cpu", "machine", "hardware") and not model:
            model = value.strip()
        if name == "flags" and flag is None:
            words = value.split()
            flag = "hypervisor" in words
            # x86 alone has a line of this name with a floating-point unit in it; "lm" is long mode.
            architecture = "" if "fpu" not in words else "x86_64" if "lm" in words else "i686"
    return Cpu(model, flag, architecture)


CPU = Question[Cpu](
    "cpuinfo",
    "the processor's model and whether it says that it runs under a hypervisor",
    # The file has a part for each processor; the first holds all that is wanted, and 16 KiB is
    # several times its size.
    (File("/proc/cpuinfo", limit=16384, head=True),),
    _parse_cpuinfo,
    "the processor's hypervisor flag",
    quiet=True,
    also=(Command(("lscpu",)),),
)

_DMI_FIELDS = (
    "sys_vendor",
    "product_name",
    "product_version",
    "product_family",
    "bios_vendor",
    "bios_version",
    "board_vendor",
    "board_name",
    "chassis_vendor",
    "chassis_asset_tag",
    "product_sku",
)


def _parse_dmi(answers: List[Answer]) -> Dict[str, str]:
    found = {
        a.asked.rpartition("/")[2]: first_line(a.text)
        for a in answers
        if a.status == OK and a.asked.startswith("/")
    }
    found = {field: value for field, value in found.items() if value}
    printed = "\n".join(answer.text for answer in answers if answer.asked.startswith("dmidecode"))
    if printed and not found:
        return parse_dmidecode(printed)
    try:
        return {**parse_dmidecode(printed), **found}
    except ValueError:
        return found


DMI = Question[Dict[str, str]](
    "dmi",
    "the machine's maker and model, from DMI (SMBIOS)",
    tuple(File(f"/sys/class/dmi/id/{field}", limit=4096) for field in _DMI_FIELDS),
    _parse_dmi,
    "the maker of the machine; some platforms can be told by it alone",
    also=(Command(("dmidecode",)),),
)


def _parse_firmware(answers: List[Answer]) -> Tuple[Hint, ...]:
    hints = []
    for answer in answers:
        if answer.status == OK and answer.text:
            text = answer.text.replace("\0", " ")
            says = (
                _acpi_oem(text)
                if "/acpi/" in answer.asked
                else _control_program(text) or first_line(text)
            )
            if says:
                hints.append(Hint(answer.asked, says))
    return tuple(hints)


def _control_program(text: str) -> str:
    # /proc/sysinfo of s390x: "VM00 Control Program: KVM/Linux", far down; an LPAR has no such line.
    return next((line for line in text.split("\n") if "Control Program:" in line), "")


def _acpi_oem(text: str) -> str:
    # ACPI specification 6.5, table 5.4: the OEM id stands at bytes 10 to 15 of the header, the OEM
    # table id after it.
    header = text[10:24]
    return header.strip() if header.isprintable() else ""


FIRMWARE = Question[Tuple[Hint, ...]](
    "firmware",
    "what the device tree, the hypervisor node, the ACPI tables and /proc/sysinfo say of the "
    "machine",
    (
        File("/sys/hypervisor/type", limit=4096),
        File("/sys/hypervisor/uuid", limit=4096),
        File("/sys/firmware/devicetree/base/hypervisor/compatible", limit=4096),
        File("/sys/firmware/devicetree/base/compatible", limit=4096),
        File("/sys/firmware/devicetree/base/model", limit=4096),
        File("/sys/firmware/acpi/tables/FACP", limit=36, head=True),
        File("/proc/sysinfo", limit=65536),
        File("/proc/device-tree/hypervisor/compatible", limit=4096),
    ),
    _parse_firmware,
    "hypervisors that show themselves in the device tree or ACPI tables only",
    quiet=True,
)


def _parse_container(answers: List[Answer]) -> Tuple[Hint, ...]:
    hints = []
    for answer in answers:
        if answer.status != OK or not answer.text:
            continue
        if answer.asked.startswith("/.dockerenv"):
            found = first_line(answer.text)
            hints.append(Hint(found, "docker" if "docker" in found else "podman"))
        elif answer.asked == "/proc/1/environ":
            marks = [
                entry[10:].strip()
                for entry in answer.text.split("\0")
                if entry.startswith("container=")
            ]
            hints += [Hint(answer.asked, mark or "other") for mark in marks]
        elif first_line(answer.text):
            hints.append(Hint(answer.asked, first_line(answer.text)))
    return tuple(hints)


CONTAINER = Question[Tuple[Hint, ...]](
    "container",
    "whether this is a container, apart from the machine beneath it",
    (
        File("/run/systemd/container", limit=4096),
        File("/run/host/container-manager", limit=4096),
        File("/proc/1/environ", limit=65536, only="container="),
        Listing("/.dockerenv /run/.containerenv"),
    ),
    _parse_container,
    "whether this is a container",
    quiet=True,
)
