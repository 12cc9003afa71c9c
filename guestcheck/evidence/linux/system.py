"""The guest itself: operating system, kernel, processors, memory, what is mounted, and which agents
there are.

psutil tells processors, memory, swap, partitions and the state and addresses of NICs; /proc tells
the same where psutil is missing, and an archive has only /proc. See proc(5) and os-release(5).
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from guestcheck.evidence.linux.hypervisor import first_line
from guestcheck.evidence.linux.lscpu import parse_lscpu
from guestcheck.model.digits import is_digits, number_of
from guestcheck.model.source import OK, Answer, Call, Command, File, FirstOf, Listing, Question


class System(NamedTuple):
    """os-release's fields, and the kernel's release, architecture and host name ("" where not
    told).
    """

    release: Dict[str, str]
    kernel: str
    architecture: str
    hostname: str
    version: str


def parse_os_release(text: str) -> Dict[str, str]:
    """Read os-release's shell assignments.

    >>> parse_os_release('ID=debian\\nPRETTY_NAME="Debian GNU/Linux 12"\\n')["PRETTY_NAME"]
    'Debian GNU/Linux 12'
    """
    fields = {}
    for line in text.split("\n"):
        name, mark, value = line.strip().partition("=")
        if mark and name.isupper() and not line.startswith("#"):
            fields[name] = value.strip().strip("\"'")
    return fields


# The machines that Linux knows itself to be on, as uname(1) prints them.
_MACHINES = re.compile(
    r"(?:x86_64|i[3-6]86|aarch64|arm\w+|ppc64\w*|s390x?|riscv[0-9]+|ia64|loongarch64|mips\w*|"
    r"sparc\w*|alpha|parisc\w*)$"
)


def parse_uname(text: str) -> Tuple[str, str, str]:
    """Return release, architecture and host name of what uname printed with -srm, -a or -r ("" for
    what it does not say).

    >>> parse_uname("Linux vm1 6.1.0-13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29) x86_64 GNU/Linux")
    ('6.1.0-13-amd64', 'x86_64', 'vm1')
    """
    words = first_line(text).split()
    if len(words) == 1 and is_digits(words[0][:1]):
        return words[0], "", ""
    if len(words) == 3 and words[0] == "Linux":
        return words[1], words[2], ""
    if len(words) < 4 or words[0] != "Linux" or not is_digits(words[2][:1]):
        return "", "", ""
    return words[2], next((word for word in reversed(words) if _MACHINES.match(word)), ""), words[1]


def _parse_system(answers: List[Answer]) -> System:
    release: Dict[str, str] = {}
    kernel = architecture = hostname = version = ""
    for answer in answers:
        if answer.status != OK:
            continue
        if answer.asked.endswith("os-release"):
            release = release or parse_os_release(answer.text)
        elif answer.asked.startswith("uname"):
            told = parse_uname(answer.text)
            kernel, architecture, hostname = (
                kernel or told[0],
                architecture or told[1],
                hostname or told[2],
            )
        elif answer.asked.endswith("osrelease"):
            kernel = first_line(answer.text)
        elif answer.asked.endswith("hostname"):
            hostname = hostname or _hostname(answer.text)
        elif answer.asked == "/proc/version":
            version = first_line(answer.text)
        elif not release and first_line(answer.text):
            # Before os-release there was a line of text per distribution: "CentOS release 6.10
            # (Final)".
            release = {"PRETTY_NAME": first_line(answer.text)}
            if answer.asked.endswith("debian_version"):
                release = {"PRETTY_NAME": "Debian " + first_line(answer.text), "ID": "debian"}
    if not (release or kernel or version):
        raise ValueError("neither an operating system nor a kernel in it")
    return System(release, kernel, architecture, hostname, version)


def _hostname(text: str) -> str:
    # hostname(5): a line of /etc/hostname that begins with # is a comment.
    return first_line("\n".join(line for line in text.split("\n") if not line.startswith("#")))


SYSTEM = Question[System](
    "system",
    "operating system, kernel and architecture",
    (
        File("/etc/os-release", limit=65536),
        File("/usr/lib/os-release", limit=65536),
        File("/etc/redhat-release", limit=4096),
        File("/etc/SuSE-release", limit=4096),
        File("/etc/debian_version", limit=4096),
        File("/proc/sys/kernel/osrelease", limit=4096),
        File("/proc/sys/kernel/hostname", limit=4096),
        File("/proc/version", limit=4096),
        FirstOf((Call("uname"), Command(("uname", "-srm")))),
    ),
    _parse_system,
    "the operating system, and with it which commands prepare an initramfs",
    also=(File("/etc/hostname", limit=4096), Command(("uname", "-a"))),
)
CMDLINE = Question[str](
    "cmdline",
    "the running kernel's command line",
    (File("/proc/cmdline", limit=65536),),
    lambda answers: first_line(answers[0].text),
    "which root= and driver options the kernel was started with",
)


class Machine(NamedTuple):
    """Processors, memory and swap in bytes, and by NIC its state, speed in Mbit/s and addresses."""

    cpus: Optional[int]
    memory: Optional[int]
    swap: Optional[int]
    nics: Dict[str, Dict[str, object]]


def _parse_machine(answers: List[Answer]) -> Machine:
    cpus = memory = swap = None
    nics: Dict[str, Dict[str, object]] = {}
    for answer in answers:
        if answer.status != OK:
            continue
        if answer.asked == "psutil":
            cpus, memory, swap, nics = _from_psutil(answer.text)
        elif answer.asked == "/proc/meminfo" and memory is None:
            memory, swap = _kib(answer.text, "MemTotal"), _kib(answer.text, "SwapTotal")
        elif answer.asked.endswith("/cpu/online") and cpus is None:
            cpus = count_cpus(first_line(answer.text))
        elif answer.asked == "/proc/stat" and cpus is None:
            cpus = answer.text.count("cpu") or None
        elif answer.asked.startswith("lscpu") and cpus is None:
            cpus = parse_lscpu(answer.text).cpus
    if cpus is None and memory is None:
        raise ValueError("neither processors nor memory in it")
    return Machine(cpus, memory, swap, nics)


def _from_psutil(
    text: str,
) -> Tuple[Optional[int], Optional[int], Optional[int], Dict[str, Dict[str, object]]]:
    import json

    try:
        told = json.loads(text)
    except RecursionError:
        raise ValueError("not what psutil tells") from None
    if not isinstance(told, dict) or not isinstance(told.get("nics", {}), dict):
        raise ValueError("not what psutil tells")
    cards = {name: card for name, card in told.get("nics", {}).items() if isinstance(card, dict)}
    return _count(told.get("cpus")), _count(told.get("memory")), _count(told.get("swap")), cards


def _count(value: object) -> Optional[int]:
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def _kib(text: str, field: str) -> Optional[int]:
    for line in text.split("\n"):
        if line.startswith(field + ":"):
            kibibytes = number_of(next(iter(line.partition(":")[2].split()), ""))
            return None if kibibytes is None else kibibytes * 1024
    return None


def count_cpus(ranges: str) -> Optional[int]:
    """Count the processors in a list of ranges as /sys writes it.

    >>> count_cpus("0-3,8")
    5
    """
    count = 0
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        start, end = number_of(first), number_of(last or first)
        if start is None or end is None:
            return None
        count += end - start + 1
    return count


MACHINE = Question[Machine](
    "machine",
    "processors, memory, swap, and the state and addresses of NICs",
    (
        Call("psutil"),
        File("/proc/meminfo", limit=65536),
        File("/sys/devices/system/cpu/online", limit=4096),
        # A container may lack that: proc(5), a line for each processor.
        File("/proc/stat", limit=1 << 20, keep=r"cpu[0-9]+[ ]"),
    ),
    _parse_machine,
    "the number of processors, against which queues are counted",
    also=(Command(("lscpu",)),),
)
FIRMWARE_TYPE = Question[str](
    "efi",
    "whether the guest was started by UEFI",
    (Listing("/sys/firmware/efi"),),
    lambda answers: "efi" if any(answer.text.strip() for answer in answers) else "bios",
    "whether the guest was started by UEFI or BIOS",
    quiet=True,
    also=(
        Command(("efibootmgr", "-v")),
    ),  # it prints nothing but a complaint where there is no UEFI
)
